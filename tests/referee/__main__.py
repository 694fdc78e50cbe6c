"""Other implementations read what Datagen writes, and say the same.

    python tests/referee cells FOLDER NAME
        the five files FOLDER/NAME-0000000000.{csv,json,avro,parquet,orc} of one run, cell by cell
    python tests/referee filters FOLDER NAME [--filters N] [--seed N] [--spark PYTHON]...
        N filters on all columns of the Parquet and ORC file by DuckDB, pyarrow and Spark; the truth is
        what the Avro file holds. PYTHON is an interpreter with `pyspark`, one for each version.

Exits with 1 and the first differences where one says otherwise.
"""
import argparse
import time

import cells
import engines
import filters


def compare_filters(folder, name, count, seed, sparks):
    columns = filters.read_columns(f"{folder}/{name}-0000000000.avro")
    made = filters.make_filters(columns, count, seed)
    truth = [column.count(operator, operands) for column, operator, operands in made]
    found = {}
    for engine, count_by in {"DuckDB": engines.count_by_duckdb, "pyarrow": engines.count_by_pyarrow}.items():
        start = time.monotonic()
        for label, counts in count_by(folder, name, made).items():
            found[f"{engine}, {label}"] = counts
        print(f"{engine}: {time.monotonic() - start:.0f} s", flush=True)
    for python in sparks:
        start = time.monotonic()
        version, counts_by_format = engines.count_by_spark(python, folder, name, made)
        for label, counts in counts_by_format.items():
            found[f"Spark {version}, {label}"] = counts
        print(f"Spark {version}: {time.monotonic() - start:.0f} s", flush=True)
    wrong = 0
    for reader, counts in found.items():
        compared = [entry for entry in zip(made, truth, counts) if entry[2] is not None]
        differing = [entry for entry in compared if entry[1] != entry[2]]
        for (column, operator, operands), want, have in differing[:5]:
            print(f"{reader}: {column.name} {operator} {operands}: {have} rows, expected {want}")
        wrong += len(differing)
        print(f"{reader}: {len(compared)} filters, {len(differing)} wrong")
    total = sum(count is not None for counts in found.values() for count in counts)
    selective = sum(0 < count < columns[0].rows for count in truth)
    print(
        f"{columns[0].rows} rows, {len(columns)} columns, {len(made)} filters ({selective} find some rows), "
        f"{total} counts, {wrong} wrong"
    )
    if wrong:
        raise SystemExit(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("cells", "filters"):
        command = commands.add_parser(name)
        command.add_argument("folder")
        command.add_argument("name")
        if name == "filters":
            command.add_argument("--filters", type=int, default=2_000)
            command.add_argument("--seed", type=int, default=1)
            command.add_argument("--spark", action="append", default=[], metavar="PYTHON")
    arguments = parser.parse_args()
    if arguments.command == "cells":
        cells.compare(arguments.folder, arguments.name)
    else:
        compare_filters(arguments.folder, arguments.name, arguments.filters, arguments.seed, arguments.spark)


main()
