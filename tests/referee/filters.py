"""Filters on every column, and how many rows they find: the truth, computed without a reader's filter.

The truth comes from the Avro file by fastavro, which knows no statistics: the values of each column are
sorted once, and a filter's rows are counted by binary search.
"""
import bisect
import random

import fastavro

from values import normal

# SQL's order of floats, as DuckDB and Spark have it: NaN equals itself and is above everything.
NAN = ("nan",)


class Column:
    """The sorted values of a column."""

    def __init__(self, name, kind, values):
        self.name, self.kind = name, kind
        self.rows = len(values)
        values = [value for value in values if value is not None]
        self.nulls = self.rows - len(values)
        if kind == "text":
            # The order of bytes is the one of files, and of both engines.
            values = [value.encode() for value in values]
        self.nans = sum(value != value for value in values)
        self.sorted = sorted(value for value in values if value == value)

    def below(self, value):
        return len(self.sorted) if value is NAN else bisect.bisect_left(self.sorted, value)

    def not_above(self, value):
        if value is NAN:
            return len(self.sorted) + self.nans
        return bisect.bisect_right(self.sorted, value)

    def starting_with(self, start):
        above = start
        while above and above[-1] == 0xFF:
            above = above[:-1]
        end = len(self.sorted) if not above else self.below(above[:-1] + bytes([above[-1] + 1]))
        return end - self.below(start)

    def count(self, operator, operands):
        """Rows that a filter finds."""
        values = self.rows - self.nulls
        first = operands[0] if operands else None
        equal = lambda value: self.not_above(value) - self.below(value)
        match operator:
            case "is null":
                return self.nulls
            case "is not null":
                return values
            case "=":
                return equal(first)
            case "<>":
                return values - equal(first)
            case "<":
                return self.below(first)
            case "<=":
                return self.not_above(first)
            case ">":
                return values - self.not_above(first)
            case ">=":
                return values - self.below(first)
            case "between":
                return max(0, self.not_above(operands[1]) - self.below(first))
            case "in":
                return sum(map(equal, set(operands)))
            case "not in":
                return values - sum(map(equal, set(operands)))
            case "starts with":
                return self.starting_with(first)


def read_columns(avro):
    """The columns of an Avro file."""
    with open(avro, "rb") as file:
        reader = fastavro.reader(file)
        fields = [(field["name"], kind_of(field["type"])) for field in reader.writer_schema["fields"]]
        values = {name: [] for name, _ in fields}
        for record in reader:
            for name, kind in fields:
                values[name].append(normal(record[name], kind))
    return [Column(name, kind, values[name]) for name, kind in fields]


def kind_of(schema):
    if isinstance(schema, list):
        schema = next(branch for branch in schema if branch != "null")
    if isinstance(schema, dict):
        logical = schema["logicalType"]
        if logical == "decimal":
            return f"decimal({schema['precision']},{schema['scale']})"
        return {"date": "date", "timestamp-millis": "millis", "timestamp-micros": "instant"}[logical]
    return {"string": "text", "boolean": "bool"}.get(schema, schema)


OPERATORS = ["=", "<>", "<", "<=", ">", ">=", "between", "in", "not in", "is null", "is not null", "starts with"]


def make_filters(columns, count, seed):
    """At least `count` filters `(column, operator, operands)`: all operators on all columns, in turns."""
    chosen, filters = random.Random(seed), []
    while len(filters) < count:
        for column in columns:
            for operator in OPERATORS:
                if operator == "starts with" and column.kind != "text":
                    continue
                filters.append((column, operator, operands(column, operator, chosen)))
    return filters


def operands(column, operator, chosen):
    if operator in ("is null", "is not null"):
        return []
    if operator == "starts with":
        value = operand(column, chosen).decode()
        return [value[: chosen.randint(1, 3)].encode()]
    if operator == "between":
        return ordered([operand(column, chosen), operand(column, chosen)])
    if operator in ("in", "not in"):
        return [operand(column, chosen) for _ in range(chosen.randint(1, 5))]
    return [operand(column, chosen)]


def ordered(values):
    return sorted(values, key=lambda value: (value is NAN, 0 if value is NAN else value))


def operand(column, chosen):
    """A value of the column, often an extreme one, sometimes one that is not there."""
    if column.nans and chosen.random() < 0.2:
        return NAN
    values = column.sorted
    if not values:
        return 7
    draw = chosen.random()
    if draw < 0.15:
        return values[0]
    if draw < 0.3:
        return values[-1]
    value = values[chosen.randrange(len(values))]
    if draw < 0.8:
        return value
    match column.kind:
        case "int" | "long" | "millis" | "instant":
            return value + chosen.choice([-1, 1]) if abs(value) < 2**31 - 1 else value
        case "text":
            return value + b"!"
        case "bytes":
            return value[:-1]
    return value
