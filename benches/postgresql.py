#!/usr/bin/env python3
"""Rows a second into PostgreSQL: `datagen generate -c postgresql` beside `psql \\copy` of files that are there already.

    benches/postgresql.py FOLDER [ROWS]

FOLDER is that of `tests/services/postgresql/run start FOLDER`. The model has ten columns; psql copies the same rows as CSV
and in COPY's binary form, each into an empty table of the same statements, by turns. `datagen` (named by DATAGEN, else the
release build) also makes the rows. The best of three runs counts, with the seconds of the client's processor; the last
line of each is the ratio to psql's (issue 12 wants at least 0.9).
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
DATAGEN = os.environ.get("DATAGEN", os.path.join(ROOT, "target/release/datagen"))
SCRIPT = os.path.join(ROOT, "tests/services/postgresql/run")
RUNS = 3
MODEL = {"model_name": "bench", "Fields": [
    {"name": "id", "type": "INCREMENT_LONG", "min": 1},
    {"name": "name", "type": "NAME"},
    {"name": "email", "type": "STRING", "length": 24},
    {"name": "city", "type": "CITY"},
    {"name": "amount", "type": "DECIMAL", "precision": 12, "scale": 2, "min": 0, "max": 99999},
    {"name": "score", "type": "DOUBLE", "min": 0, "max": 1},
    {"name": "count", "type": "INTEGER", "min": 0, "max": 100000},
    {"name": "flag", "type": "BOOLEAN", "null_rate": 0.1},
    {"name": "born", "type": "BIRTHDATE"},
    {"name": "seen", "type": "DATE", "min_date": "2020-01-01T00:00:00Z", "max_date": "2026-01-01T00:00:00Z"}]}


def main():
    server, rows = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2_000_000
    environment = dict(line.split("=", 1) for line in subprocess.check_output([SCRIPT, "env", server], text=True).split())

    # psql comes by the socket, which is not encrypted either.
    environment["POSTGRESQL_URL"] += "?sslmode=disable"

    def sql(*statements):
        subprocess.run([SCRIPT, "psql", server, *(part for one in statements for part in ("-c", one))], check=True)

    def measured(arguments):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
        took, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    # Where the server's user may write, and ours.
    with tempfile.TemporaryDirectory(prefix="datagen-bench-") as folder:
        os.chmod(folder, 0o777)
        model = os.path.join(folder, "bench.json")
        json.dump(MODEL, open(model, "w"))
        settings = [part for key, value in environment.items() for part in ("--set", f"{key}={value}")]
        settings += ["--set", "POSTGRESQL_TABLE_NAME=bench"]
        ours = [DATAGEN, "generate", "-q", "-m", model, "-n", str(rows), "--seed", "7", "-c"]
        subprocess.run([*ours, "postgresql", *settings, "--set", "DELETE_PREVIOUS=true"], check=True)
        csv, binary = os.path.join(folder, "bench.csv"), os.path.join(folder, "bench.bin")
        sql(f"\\copy bench to '{csv}' (format csv, header)", f"\\copy bench to '{binary}' (format binary)")
        runs = {
            "psql csv": [SCRIPT, "psql", server, "-c", f"\\copy bench from '{csv}' (format csv, header)"],
            "psql binary": [SCRIPT, "psql", server, "-c", f"\\copy bench from '{binary}' (format binary)"],
            "datagen": [*ours, "postgresql", *settings],
        }
        best = {}
        for _ in range(RUNS):
            for name, arguments in runs.items():
                sql("TRUNCATE bench", "CHECKPOINT")
                best[name] = min(best.get(name, (1e9, 0)), measured(arguments))
                count = subprocess.check_output([SCRIPT, "psql", server, "-At", "-c", "SELECT count(*) FROM bench"], text=True)
                assert int(count) == rows, (name, count)
        sql("DROP TABLE bench")
    for name, (took, cpu) in best.items():
        print(f"{name:12} {rows / took:12,.0f} rows/s  {took:7.2f} s  client {cpu:6.2f} s of processor")
    for name in ("psql csv", "psql binary"):
        print(f"datagen / {name}: {best[name][0] / best['datagen'][0]:.2f}")


main()
