"""Apache Hive reads ORC, Parquet and Avro files of every type, and says what the JSON file says.

    python tests/hive.py [--datagen PROGRAM] [--rows N] [--port PORT] [--keep FOLDER]

Not a part of `.ci/run`: a cold start fetches 280 MB, and a warm run takes some minutes. It needs Java 17,
Maven, a built `datagen` and the packages of `tests/services/hive/requirements.txt`:

    python3 -m venv ~/.cache/datagen/hive
    ~/.cache/datagen/hive/bin/pip install -r tests/services/hive/requirements.txt
    ~/.cache/datagen/hive/bin/python tests/hive.py

Hive's `timestamp` has no zone: it shows the date and time of day in UTC. Which options Hive needs stands
in `FORMS`; everything else is Datagen's default. The truth is the JSON file of the same run.
"""
import argparse
import datetime
import decimal
import json
import os
import struct
import subprocess
import sys
import tempfile

from impala import dbapi

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests/services/hive"))
import server  # noqa: E402

FIELDS = {
    "id": ("bigint", {"type": "SEQUENCE"}),
    "flag": ("boolean", {"type": "BOOLEAN"}),
    "small": ("int", {"type": "INTEGER", "min": -2147483648, "max": 2147483647}),
    "large": ("bigint", {"type": "LONG"}),
    "single": ("float", {"type": "FLOAT", "min": -1000, "max": 1000}),
    "double_one": ("double", {"type": "DOUBLE", "min": -1e15, "max": 1e15}),
    "price": ("decimal(9,2)", {"type": "DECIMAL", "precision": 9, "scale": 2, "min": -9999999, "max": 9999999}),
    "amount": ("decimal(18,4)", {"type": "DECIMAL", "precision": 18, "scale": 4, "min": -9e10, "max": 9e10}),
    "money": ("decimal(38,10)", {"type": "DECIMAL", "precision": 38, "scale": 10, "min": -9e17, "max": 9e17}),
    "born": ("date", {"type": "BIRTHDATE", "min_date": "1/1/1900", "max_date": "31/12/2030"}),
    "at": ("timestamp", {"type": "DATE", "min_date": "1900-01-01T00:00:00Z"}),
    "stamp": ("timestamp", {"type": "TIMESTAMP", "min_date": "1970-01-01T00:00:00Z", "max_date": "2200-12-31T23:59:59Z"}),
    "word": ("string", {"type": "STRING", "possible_values": ["plain", "", " padded ", "👍 線", "two\nlines", "NULL"]}),
    "any_text": ("string", {"type": "STRING", "length": 12}),
    "uuid": ("string", {"type": "UUID"}),
    "bytes": ("binary", {"type": "BYTES", "length": 5}),
}
# What Hive 4.0.1 reads, and the option that it takes.
FORMS = [
    ("orc", "orc", []),
    ("parquet", "parquet", []),
    ("parquet_local", "parquet", ["PARQUET_TIMESTAMP=local"]),
    ("parquet_old", "parquet", ["PARQUET_TIMESTAMP=int96", "PARQUET_DECIMAL=fixed"]),
    ("avro", "avro", ["AVRO_TIMESTAMP=millis"]),
]
# What it does not read, so that the help of the options stays true.
UNREADABLE = [
    ("orc_instant", "orc", ["ORC_TIMESTAMP=instant"]),
    ("avro_micros", "avro", ["AVRO_TIMESTAMP=micros"]),
]


def write(program, folder, rows):
    """Every form of the files, and the rows as JSON."""
    fields = [{"name": name, **field} for name, (_, field) in FIELDS.items()]
    fields += [{"name": f"{name}_or_null", "null_rate": 0.3, **field} for name, (_, field) in FIELDS.items() if name != "id"]
    model = os.path.join(folder, "model.json")
    with open(model, "w", encoding="utf-8") as file:
        json.dump({"model_name": "t", "Fields": fields}, file)
    for table, connector, options in [("json", "json", []), *FORMS, *UNREADABLE]:
        options = [part for option in options for part in ("--set", option)]
        subprocess.run(
            [program, "generate", "--model", model, "--connector", connector, "--rows", str(rows), "--seed", "5",
             "--quiet", "--output-root", os.path.join(folder, table), *options],
            check=True,
        )
    with open(os.path.join(folder, "json/t-0000000000.json"), encoding="utf-8") as file:
        lines = [json.loads(line, parse_float=decimal.Decimal) for line in file]
    names = [field["name"] for field in fields]
    return [(name, FIELDS[name.removesuffix("_or_null")][0], [line[name] for line in lines]) for name in names]


def float32(value):
    return struct.unpack("f", struct.pack("f", float(value)))[0]


def truth(value, kind):
    """A value of the JSON file."""
    if value is None:
        return None
    if kind == "float":
        return float32(value)
    if kind == "double":
        return float(value)
    if kind == "date":
        return datetime.date.fromisoformat(value)
    if kind == "timestamp" and isinstance(value, int):
        return datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=value)
    if kind == "timestamp":
        return datetime.datetime.fromisoformat(value).replace(tzinfo=None)
    if kind == "binary":
        return bytes.fromhex(value)
    return decimal.Decimal(value) if kind.startswith("decimal") else value


def answered(value, kind):
    """A value as the client gives it."""
    if value is None:
        return None
    if kind == "float":
        return float32(value)
    if kind == "date" and isinstance(value, str):
        return datetime.date.fromisoformat(value)
    if kind == "timestamp" and isinstance(value, str):
        return datetime.datetime.fromisoformat(value)
    if kind == "binary" and isinstance(value, str):
        return value.encode("latin-1", "surrogateescape")
    return value


def create(cursor, folder, table, connector, columns):
    # `hex` because clients take binary for text.
    types = ", ".join(f"`{name}` {kind}" for name, kind, _ in columns)
    cursor.execute(f"DROP TABLE IF EXISTS {table}")
    cursor.execute(
        f"CREATE EXTERNAL TABLE {table} ({types}) STORED AS {connector.upper()} LOCATION 'file://{folder}/{table}'"
    )


def read(cursor, table, columns):
    names = ", ".join(f"hex(`{name}`)" if kind == "binary" else f"`{name}`" for name, kind, _ in columns)
    cursor.execute(f"SELECT {names} FROM {table}")
    rows = sorted(cursor.fetchall(), key=lambda row: row[0])
    return [
        [bytes.fromhex(row[at]) if kind == "binary" and row[at] is not None else answered(row[at], kind) for row in rows]
        for at, (_, kind, _) in enumerate(columns)
    ]


def differences(found, columns):
    for (name, kind, values), have in zip(columns, found):
        want = [truth(value, kind) for value in values]
        if len(have) != len(want):
            yield f"{len(have)} rows, expected {len(want)}"
            return
        wrong = [row for row, (a, b) in enumerate(zip(have, want)) if a != b]
        if wrong:
            row = wrong[0]
            yield f"{name} {kind}: {len(wrong)} cells differ, the first in row {row}: {have[row]!r}, expected {want[row]!r}"


def filtered(cursor, table, columns):
    """Some filters, which Hive's readers skip rows by; answers how many and what is wrong."""
    count, wrong = 0, []
    for name, kind, values in columns:
        conditions = [("IS NULL", sum(value is None for value in values))]
        if kind in ("int", "bigint", "date", "timestamp") or kind.startswith("decimal"):
            known = sorted(value for value in (truth(value, kind) for value in values) if value is not None)
            middle = known[len(known) // 2]
            literal = f"CAST('{middle}' AS {kind})"
            conditions += [
                (f"= {literal}", known.count(middle)),
                (f"< {literal}", sum(value < middle for value in known)),
                (f">= {literal}", sum(value >= middle for value in known)),
            ]
        for condition, want in conditions:
            cursor.execute(f"SELECT count(*) FROM {table} WHERE `{name}` {condition}")
            have = cursor.fetchone()[0]
            count += 1
            if have != want:
                wrong.append(f"{name} {condition}: {have} rows, expected {want}")
    return count, wrong


def compare(port, folder, columns, with_filters):
    connection = dbapi.connect(host="127.0.0.1", port=port, auth_mechanism="PLAIN", user="datagen", password="x")
    cursor, failed = connection.cursor(), False
    for table, connector, options in FORMS:
        create(cursor, folder, table, connector, columns)
        wrong = list(differences(read(cursor, table, columns), columns))
        told = f"{table} {' '.join(options)}".strip()
        if with_filters and table in ("orc", "parquet"):
            count, more = filtered(cursor, table, columns)
            wrong += more
            told += f", {count} filters"
        failed |= bool(wrong)
        print(f"{told}: {len(columns)} columns, {len(columns[0][2])} rows: {'equal' if not wrong else 'WRONG'}", flush=True)
        print("".join(f"  {line}\n" for line in wrong), end="")
    for table, connector, options in UNREADABLE:
        create(cursor, folder, table, connector, columns)
        try:
            reads = not list(differences(read(cursor, table, columns), columns))
        except Exception as error:  # the client's own kind
            reads = False
            print(f"{table}: {str(error)[:120]}")
        failed |= reads
        print(f"{table} {' '.join(options)}: {'reads, so the help is wrong' if reads else 'does not read, as the help says'}")
    if failed:
        raise SystemExit(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datagen", default=os.path.join(ROOT, "target/release/datagen"))
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--port", type=int, default=10_000)
    parser.add_argument("--keep", metavar="FOLDER", help="where tables and files stay")
    parser.add_argument("--no-filters", action="store_true", help="values alone, in half a minute")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.abspath(arguments.keep or scratch)
        os.makedirs(folder, exist_ok=True)
        columns = write(os.path.abspath(arguments.datagen), folder, arguments.rows)
        with server.Server(os.path.join(folder, "server"), arguments.port) as hive:
            connect = lambda: dbapi.connect(
                host="127.0.0.1", port=arguments.port, auth_mechanism="PLAIN", user="datagen", password="x"
            ).cursor()
            hive.wait(connect)
            compare(arguments.port, folder, columns, not arguments.no_filters)


main()
