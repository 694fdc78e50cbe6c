"""Compares the five files of one run cell by cell, each read by another implementation.

The readers: Python's csv and json, fastavro, pyarrow (Parquet, ORC) and DuckDB (CSV, JSON, Parquet).
"""
import csv
import datetime
import decimal
import json
import math

import duckdb
import fastavro
import pyarrow
import pyarrow.orc
import pyarrow.parquet

from values import normal


def text_value(text, kind):
    """A CSV cell."""
    if kind in ("int", "millis"):
        return int(text)
    if kind == "bool":
        return {"true": True, "false": False}[text]
    if kind == "date":
        return datetime.datetime.strptime(text, "%d/%m/%Y").date()
    if kind == "instant":
        return datetime.datetime.fromisoformat(text)
    if kind == "bytes":
        return bytes.fromhex(text)
    return text


def json_value(value, kind):
    if value is None:
        return None
    if kind == "date":
        return datetime.date.fromisoformat(value)
    if kind == "instant":
        return datetime.datetime.fromisoformat(value)
    if kind == "bytes":
        return bytes.fromhex(value)
    return value


def kind_of(field):
    kind = field.type
    if pyarrow.types.is_boolean(kind):
        return "bool"
    if pyarrow.types.is_integer(kind):
        return "int"
    if pyarrow.types.is_float32(kind):
        return "float"
    if pyarrow.types.is_float64(kind):
        return "double"
    if pyarrow.types.is_decimal(kind):
        return "decimal"
    if pyarrow.types.is_date(kind):
        return "date"
    if pyarrow.types.is_timestamp(kind):
        return "millis" if kind.unit == "ms" else "instant"
    if pyarrow.types.is_binary(kind):
        return "bytes"
    return "text"


def compare(folder, name):
    stem = f"{folder}/{name}-0000000000"

    def path(ending):
        return f"{stem}.{ending}"

    table = pyarrow.parquet.read_table(path("parquet"))
    kinds = {field.name: kind_of(field) for field in table.schema}
    names = list(kinds)
    expected = {name: [normal(v, kinds[name]) for v in table.column(name).to_pylist()] for name in names}
    rows = table.num_rows
    nulls = sum(value is None for column in expected.values() for value in column)

    found = {}
    orc = pyarrow.orc.read_table(path("orc"))
    # It refuses numbers of writers that it does not know (issue 9, F16 l).
    assert pyarrow.orc.ORCFile(path("orc")).writer
    found["orc by pyarrow"] = {n: [normal(v, kinds[n]) for v in orc.column(n).to_pylist()] for n in names}
    with open(path("avro"), "rb") as file:
        records = list(fastavro.reader(file))
    found["avro by fastavro"] = {n: [normal(record[n], kinds[n]) for record in records] for n in names}
    with open(path("json"), encoding="utf-8") as file:
        lines = [json.loads(line, parse_float=decimal.Decimal) for line in file]
    found["json by Python"] = {n: [normal(json_value(line[n], kinds[n]), kinds[n]) for line in lines] for n in names}
    with open(path("csv"), encoding="utf-8", newline="") as file:
        # QUOTE_NOTNULL tells an empty unquoted cell (null) from "" only from Python 3.12 on, so nulls are
        # taken from the expectation, and must be empty cells.
        reader = csv.reader(file)
        assert next(reader) == names, "csv header"
        cells = list(reader)
    assert len(cells) == rows, f"csv has {len(cells)} rows"
    columns = {}
    for index, name in enumerate(names):
        column = []
        for row, want in zip(cells, expected[name]):
            if want is None:
                assert row[index] == "", f"csv {name}: {row[index]!r} for null"
                column.append(None)
            else:
                column.append(normal(text_value(row[index], kinds[name]), kinds[name]))
        columns[name] = column
    found["csv by Python"] = columns

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for ending, read in {
        "parquet": f"read_parquet('{path('parquet')}')",
        "csv": f"read_csv('{path('csv')}', all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"', strict_mode = true)",
        "json": f"read_json('{path('json')}', format = 'newline_delimited')",
    }.items():
        count = connection.execute(f"SELECT count(*) FROM {read}").fetchone()[0]
        assert count == rows, f"duckdb reads {count} rows of {ending}"
        lengths = connection.execute(f"SELECT sum(length(random_text)), count(distinct uuid) FROM {read}").fetchone()
        assert lengths == (13 * rows, rows), f"duckdb {ending}: {lengths}"

    for reader, columns in found.items():
        for name in names:
            have, want = columns[name], expected[name]
            assert len(have) == rows, f"{reader}: {len(have)} rows"
            for row, (a, b) in enumerate(zip(have, want)):
                same = a == b or (isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b))
                assert same, f"{reader}, column {name}, row {row}: {a!r}, parquet has {b!r}"
    print(f"{rows} rows, {len(names)} columns, {nulls} nulls: equal in parquet, {', '.join(found)}; DuckDB agrees")

