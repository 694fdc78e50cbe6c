"""Reads a table of PostgreSQL with psycopg, a client of its own, and says where it differs from what it should hold.

    postgresql_read.py URL TABLE same                            < rows as lines of JSON
    postgresql_read.py URL TABLE compare [last|first KEY] FILE…    Parquet files of the same rows, in their order
    postgresql_read.py URL TABLE rows                            prints each row as a list of texts, in any order

`same` and `compare` print nothing where every row is there once with its values, whatever the order. With `last KEY` the
last of the files' rows of a key is there, with `first KEY` the first. Values are compared exactly: decimals digit by
digit, floats bit by bit, points in time to the microsecond.
"""

import datetime
import json
import struct
import sys

import psycopg
from psycopg import sql


def table_rows(url, table):
    with psycopg.connect(url) as connection, connection.cursor(binary=True) as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
        cursor.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(*table.split(".", 1))))
        return [column.name for column in cursor.description], cursor.fetchall()


def text_of(value):
    """A value as formats of text have it."""
    if isinstance(value, datetime.datetime):
        value = value.astimezone(datetime.timezone.utc)
        fraction = f".{value.microsecond:06}".rstrip("0").rstrip(".")
        return value.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return value.hex().upper()
    return value


def single(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def same(rows):
    def key(row):
        return json.dumps([single(value) if isinstance(value, float) else value for value in row])

    expected = sorted(key(json.loads(line).values()) for line in sys.stdin)
    return expected, sorted(key(map(text_of, row)) for row in rows)


def compare(names, rows, arguments):
    import pyarrow.parquet

    files, keep = arguments, None
    if arguments[0] in ("last", "first"):
        keep, key, files = arguments[0], arguments[1], arguments[2:]
    expected = []
    for file in files:
        table = pyarrow.parquet.read_table(file)
        assert table.column_names == names, (table.column_names, names)
        expected += zip(*(column.to_pylist() for column in table.columns))
    if keep:
        place = names.index(key)
        kept = {}
        for row in expected:
            if keep == "last" or row[place] not in kept:
                kept[row[place]] = row
        expected = kept.values()

    def exact(value):
        if isinstance(value, float):
            return struct.pack(">d", value).hex()
        if isinstance(value, datetime.datetime):
            return value.astimezone(datetime.timezone.utc).isoformat()
        return f"{type(value).__name__} {value!r}"

    as_texts = lambda all_rows: sorted([exact(value) for value in row] for row in all_rows)
    return as_texts(expected), as_texts(rows)


def main():
    url, table, what, *arguments = sys.argv[1:]
    names, rows = table_rows(url, table)
    if what == "rows":
        for row in rows:
            print(json.dumps([None if value is None else str(text_of(value)) for value in row], ensure_ascii=False))
        return
    expected, found = same(rows) if what == "same" else compare(names, rows, arguments)
    if expected != found:
        print(f"{len(found)} rows are there, {len(expected)} should be")
        for one, other in [(one, other) for one, other in zip(expected, found) if one != other][:3]:
            print(f"expected {one}\nfound    {other}")


main()
