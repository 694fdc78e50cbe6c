"""What user code costs a whole command: rows/s beside built-in fields, and the time that loading takes.

    python3 benches/extensions.py [DATAGEN]      (default: target/release/datagen)

1. A ten-field model against the same one with a WebAssembly field and a lowered Rhai field among the ten:
   the ratio of rows per CPU-second, in turns.
2. A one-row command without user code against one beside 50 scripts and 20 modules (one of them JavaScript)
   whose code is cached.
"""
import json
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATAGEN = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/release/datagen").resolve()
ROWS, ROUNDS = 1_000_000, 7

BUILT_IN = [
    {"name": "id", "type": "SEQUENCE"},
    {"name": "first", "type": "NAME"},
    {"name": "last", "type": "LAST_NAME"},
    {"name": "city", "type": "CITY"},
    {"name": "born", "type": "BIRTHDATE"},
    {"name": "amount", "type": "DECIMAL", "precision": 9, "scale": 2, "min": 0, "max": 99999},
    {"name": "visits", "type": "INTEGER", "min": 0, "max": 100000},
    {"name": "bin", "type": "INTEGER", "min": 400000, "max": 499999},
]
WITHOUT = [
    {"name": "card", "type": "STRING_REGEX", "regex": "[0-9]{16}"},
    {"name": "points", "type": "LONG", "formula": "${visits} * 3 + 7"},
]
WITH = [
    {"name": "card", "type": "PAYMENT_CARD", "inputs": ["bin"]},
    {"name": "points", "type": "RHAI", "returns": "int64",
     "code": "fn generate(row, params) { if row.visits > 50 { row.visits * 3 + 7 } else { row.visits } }"},
]


def run(folder, model, rows):
    """Seconds of the processor and of the clock."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(
        [DATAGEN, "generate", "--model", model, "--connector", "csv", "--rows", str(rows), "--threads", "1",
         "--seed", "1", "--quiet", "--output-root", folder / "out"],
        cwd=folder, check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.monotonic() - began


def write_model(folder, name, fields):
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"model_name": name, "Fields": fields}))
    return path


def rows_per_second(folder):
    generators = folder / "wasm-generators"
    generators.mkdir()
    (generators / "cards.wasm").write_bytes((ROOT / "wasm-generators/cards.wasm").read_bytes())
    models = [write_model(folder, "without", BUILT_IN + WITHOUT), write_model(folder, "with", BUILT_IN + WITH)]
    times = [[], []]
    for _ in range(ROUNDS):
        for model, seconds in zip(models, times):
            seconds.append(run(folder, model, ROWS)[0])
    without, user_code = (ROWS / statistics.median(seconds) for seconds in times)
    print(f"ten fields, CSV: {without / 1e6:.2f} M rows per CPU-second, {user_code / 1e6:.2f} M with a module and a "
          f"lowered script: {user_code / without:.2f} (goal: at least 0.8)")


def loading(folder):
    empty, full = folder / "empty", folder / "full"
    for one in (empty, full / "scripts", full / "wasm-generators"):
        one.mkdir(parents=True)
    scripts = sorted((ROOT / "scripts").glob("*.rhai"))
    for number in range(50):
        text = scripts[number % len(scripts)].read_text()
        (full / f"scripts/kind_{number}.rhai").write_text(text)
    names = {"cards": [b"payment-card", b"points"], "lookup": [b"airport"], "walk": [b"walk"]}
    for number in range(19):
        name = list(names)[number % 3]
        code = (ROOT / f"wasm-generators/{name}.wasm").read_bytes()
        for type_name in names[name]:
            # A type of its own, as long as the one before.
            code = code.replace(type_name, b"q" + bytes([97 + number]) + type_name[2:])
        (full / f"wasm-generators/{name}_{number}.wasm").write_bytes(code)
    (full / "wasm-generators/markov.wasm").write_bytes((ROOT / "wasm-generators/markov.wasm").read_bytes())
    model = write_model(folder, "one", [{"name": "id", "type": "SEQUENCE"}])
    run(full, model, 1)
    times = [[run(one, model, 1)[1] for _ in range(3 * ROUNDS)] for one in (empty, full)]
    without, beside = (statistics.median(seconds) * 1000 for seconds in times)
    print(f"start to end of one row: {without:.0f} ms, {beside:.0f} ms beside 50 scripts and 20 modules: "
          f"{beside - without:.0f} ms more (goal: less than 100 ms)")


with tempfile.TemporaryDirectory(dir="/dev/shm") as temporary:
    rows_per_second(pathlib.Path(temporary))
    loading(pathlib.Path(temporary))
