"""The engines that filter files, each in its own words; an engine answers the number of rows per filter."""
import datetime
import json
import os
import subprocess
import tempfile

import duckdb
import pyarrow
import pyarrow.dataset

from filters import NAN
from values import EPOCH

HERE = os.path.dirname(os.path.abspath(__file__))


def instant(value, kind):
    return EPOCH + datetime.timedelta(microseconds=value if kind == "instant" else 1000 * value)


def sql(column, operator, operands, literal, starts_with):
    """A filter as SQL; `literal` and `starts_with` are what engines write unlike each other."""
    name = f'"{column.name}"' if starts_with == "starts_with" else f"`{column.name}`"
    values = [literal(column.kind, value) for value in operands]
    if operator == "between":
        return f"{name} BETWEEN {values[0]} AND {values[1]}"
    if operator in ("in", "not in"):
        return f"{name} {operator.upper()} ({', '.join(values)})"
    if operator == "starts with":
        return f"{starts_with}({name}, {values[0]})"
    return " ".join([name, operator.upper(), *values])


def number(kind, value):
    types = {"int": "INT", "long": "BIGINT", "float": "FLOAT", "double": "DOUBLE"}
    text = "NaN" if value is NAN else repr(value).replace("inf", "Infinity")
    return f"CAST('{text}' AS {types[kind]})"


def duckdb_literal(kind, value):
    if kind == "text":
        return "'" + value.decode().replace("'", "''") + "'"
    if kind == "bytes":
        return f"from_hex('{value.hex()}')"
    if kind == "bool":
        return str(value)
    if kind == "date":
        return f"DATE '{value}'"
    if kind in ("millis", "instant"):
        return f"TIMESTAMPTZ '{instant(value, kind)}'"
    if kind.startswith("decimal"):
        return f"CAST('{value}' AS {kind})"
    return number(kind, value)


def spark_literal(kind, value):
    if kind == "text":
        return f"CAST(X'{value.hex()}' AS STRING)"
    if kind == "bytes":
        return f"X'{value.hex()}'"
    if kind in ("millis", "instant"):
        return f"TIMESTAMP '{instant(value, kind)}'"
    return duckdb_literal(kind, value)


def count_by_duckdb(folder, name, filters):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    table = f"read_parquet('{folder}/{name}-0000000000.parquet')"
    queries = (sql(*made, duckdb_literal, "starts_with") for made in filters)
    return {"Parquet": [connection.execute(f"SELECT count(*) FROM {table} WHERE {q}").fetchone()[0] for q in queries]}


def arrow_literal(column, value, data_type):
    if value is NAN:
        value = float("nan")
    elif column.kind in ("millis", "instant"):
        value = instant(value, column.kind)
        value = value if data_type.tz else value.replace(tzinfo=None)
    elif column.kind == "text":
        value = value.decode()
    return pyarrow.scalar(value, data_type)


def arrow_filter(column, operator, operands, data_type):
    field = pyarrow.dataset.field(column.name)
    values = [arrow_literal(column, value, data_type) for value in operands]
    match operator:
        case "is null":
            return field.is_null()
        case "is not null":
            return ~field.is_null()
        case "=":
            return field == values[0]
        case "<>":
            return field != values[0]
        case "<":
            return field < values[0]
        case "<=":
            return field <= values[0]
        case ">":
            return field > values[0]
        case ">=":
            return field >= values[0]
        case "between":
            return (field >= values[0]) & (field <= values[1])
        case "in":
            return field.isin(pyarrow.array([v.as_py() for v in values], data_type))
        case "not in":
            return ~field.isin(pyarrow.array([v.as_py() for v in values], data_type)) & ~field.is_null()
    return pyarrow.compute.starts_with(field, pattern=operands[0].decode())


def count_by_pyarrow(folder, name, filters):
    """`None` where pyarrow's floats follow IEEE 754 and not SQL: NaN is not compared with it."""
    found = {}
    for ending, label in {"parquet": "Parquet", "orc": "ORC"}.items():
        dataset = pyarrow.dataset.dataset(f"{folder}/{name}-0000000000.{ending}", format=ending)
        found[label] = []
        for column, operator, operands in filters:
            if column.nans and operands:
                found[label].append(None)
                continue
            data_type = dataset.schema.field(column.name).type
            made = arrow_filter(column, operator, operands, data_type)
            found[label].append(dataset.count_rows(filter=made))
    return found


def count_by_spark(python, folder, name, filters):
    """Spark runs in a Python of its own, which has `pyspark`."""
    queries = [sql(*made, spark_literal, "startswith") for made in filters]
    with tempfile.TemporaryDirectory() as scratch:
        job = os.path.join(scratch, "job.json")
        with open(job, "w", encoding="utf-8") as file:
            json.dump({"folder": os.path.abspath(folder), "name": name, "filters": queries}, file)
        program = os.path.join(HERE, "spark.py")
        made = subprocess.run(
            [python, program, job],
            capture_output=True,
            text=True,
            cwd=scratch,
            env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"},
            check=False,
        )
        if made.returncode != 0:
            raise SystemExit(f"{python} failed:\n{made.stderr[-4000:]}")
    answer = json.loads(made.stdout.splitlines()[-1])
    return answer["version"], answer["counts"]
