"""The measuring half of run.sh: one child at a time, CPU and peak memory from the kernel."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

DATAGEN, ROWS, OUT = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2]), pathlib.Path(sys.argv[3])
ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = {"W1": "customer", "W2": "sensor", "W3": "order_line", "W4": "customer_full"}
FORMATS = ["csv", "json", "avro", "parquet", "orc"]
ROUNDS = 3


def measure(command, rows):
    """Best of a few rounds: (wall seconds, CPU seconds, peak MiB, bytes written)."""
    best = None
    for _ in range(ROUNDS):
        shutil.rmtree(OUT / "data", ignore_errors=True)
        (OUT / "data").mkdir()
        start = time.monotonic()
        # Elsewhere than in the repository, whose folders of user code would be loaded too.
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=OUT)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
        if status:
            return None
        size = sum(path.stat().st_size for path in (OUT / "data").rglob("*") if path.is_file())
        cpu = usage.ru_utime + usage.ru_stime
        if best is None or cpu < best[1]:
            best = (wall, cpu, usage.ru_maxrss / 1024, size)
    return best


def show(name, rows, result):
    if result is None:
        print(f"{name:34} failed")
        return None
    wall, cpu, peak, size = result
    print(f"{name:34} {rows / wall / 1e6:8.2f} {size / wall / 1e6:8.0f} {rows / cpu / 1e6:10.2f} {peak:8.0f}", flush=True)
    return rows / cpu


def datagen(model, form, threads, rows=ROWS):
    return measure([DATAGEN, "generate", "--model", ROOT / f"models/{MODELS[model]}.json", "--connector", form,
                    "--rows", str(rows), "--threads", str(threads), "--seed", "1", "--quiet",
                    "--now", "2026-01-01T00:00:00Z", "--output-root", str(OUT / "data")], rows)


print(f"{'':34} {'M rows/s':>8} {'MB/s':>8} {'M rows/CPU':>10} {'peak MiB':>8}")
speed = {}
for model in MODELS:
    for form in FORMATS:
        for threads in (1, 2):
            rate = show(f"{model} {MODELS[model]} {form} {threads}t", ROWS, datagen(model, form, threads))
            if threads == 1:
                speed[model, form] = rate

python = os.environ.get("PYTHON", "python3")
duck = {
    "csv": "(FORMAT csv, HEADER, FORCE_QUOTE *)",
    "parquet": "(FORMAT parquet, COMPRESSION snappy)",
}
W1 = """SELECT 120001 + i AS id, first_name, last_name,
  first_name || '.' || last_name || '@mail.example' AS email,
  DATE '1940-01-01' + CAST(random() * 24800 AS INTEGER) AS birthdate,
  city, country, membership, CAST(random() * 25000 AS DECIMAL(12, 2)) AS balance, random() < 0.35 AS newsletter
FROM (SELECT i, 'First' || CAST(random() * 4000 AS INTEGER) AS first_name,
  'Last' || CAST(random() * 4000 AS INTEGER) AS last_name,
  'City' || CAST(random() * 40000 AS INTEGER) AS city,
  (['France', 'Germany', 'United Kingdom', 'United States'])[1 + CAST(floor(random() * 4) AS INTEGER)] AS country,
  (['BRONZE', 'SILVER', 'GOLD', 'PLATINUM'])[1 + CAST(floor(random() * 4) AS INTEGER)] AS membership
  FROM range({rows}) t(i))"""
if subprocess.run([python, "-c", "import duckdb"], capture_output=True).returncode == 0:
    for form, options in duck.items():
        copy = f"COPY ({W1.format(rows=ROWS)}) TO '{OUT}/data/x.{form}' {options}"
        script = f"import duckdb; duckdb.connect(config={{'threads': 1}}).execute({copy!r})"
        rate = show(f"W1 DuckDB {form} 1t", ROWS, measure([python, "-c", script], ROWS))
        if rate and speed.get(("W1", form)):
            print(f"{'':34} datagen / DuckDB, per CPU-second: {speed['W1', form] / rate:.1f}")
tpchgen = os.environ.get("TPCHGEN") or shutil.which("tpchgen-cli")
if tpchgen:
    lines = 6_001_215
    for form in ("csv", "parquet"):
        # The commands of version 4; Parquet is compressed with snappy unless told otherwise.
        command = [tpchgen, form, "--scale-factor", "1", "--tables", "lineitem", "--quiet",
                   "--num-threads", "1", "--output-dir", str(OUT / "data")]
        rate = show(f"W3 tpchgen-cli {form} 1t (SF 1)", lines, measure(command, lines))
        if rate and speed.get(("W3", form)):
            print(f"{'':34} datagen / tpchgen-cli, per CPU-second: {speed['W3', form] / rate:.1f}")
