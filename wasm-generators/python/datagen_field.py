"""Field types for Datagen in Python: random numbers, columns, and failures that say what failed. See iban.py for an
example. Import it before other modules: it takes out what would make a value depend on more than its row."""

import os
import random as random_module
import sys
import time

from wit_world import exports
from wit_world.imports import log
from wit_world.imports import types as t

NO_RANDOM = "draw from the row's own numbers: Random(seed).unit(), below(bound), pick(items)"
NO_CLOCK = "read the time from a field (inputs) or a parameter"


def _lacking(name, cure):
    def fail(*_, **__):
        raise RuntimeError(f"{name} is not there: a value depends on its row alone; {cure}")

    return fail


def _take_out(module, names, cure):
    for name in names:
        if hasattr(module, name):
            setattr(module, name, _lacking(f"{module.__name__}.{name}()", cure))


# In tests without Datagen there is a system, which the tests themselves need.
_INSIDE = sys.platform == "wasi"

if _INSIDE:
    # `random.Random(seed)` with a seed of the row stays.
    _take_out(random_module, [name for name in random_module.__all__ if name != "Random"], NO_RANDOM)
    _take_out(os, ["urandom", "getrandom"], NO_RANDOM)
    _CLOCKS = ["time", "monotonic", "perf_counter", "process_time"]
    _take_out(time, [*_CLOCKS, *(f"{clock}_ns" for clock in _CLOCKS), "sleep"], NO_CLOCK)


class _Printed:
    """A stream whose lines go to the log of Datagen: `datagen try` shows them."""

    def __init__(self, level):
        self.level, self.text = level, ""

    def write(self, text):
        *lines, self.text = (self.text + text).split("\n")
        for line in lines:
            log.log(self.level, line)
        return len(text)

    def flush(self):
        if self.text:
            log.log(self.level, self.text)
            self.text = ""


def _place(error):
    """Where in the author's files an error came up."""
    place, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if os.path.dirname(file) == os.path.dirname(__file__) and file != __file__:
            place = f" ({os.path.basename(file)}:{trace.tb_lineno})"
        trace = trace.tb_next
    return place


def _told(error):
    """An exception as the interface tells it."""
    if isinstance(error, _WrongType):
        return t.Error(t.ErrorKind.INTERNAL, str(error), error.row, None)
    text = f"{type(error).__name__}: {error}{_place(error)}"
    return t.Error(t.ErrorKind.INTERNAL, text, getattr(error, "row", None), None)


def _speaking(function):
    """The same function, whose failures tell what failed."""

    def call(*arguments):
        from componentize_py_types import Err

        if _INSIDE:
            sys.stdout, sys.stderr = _Printed(log.Level.INFO), _Printed(log.Level.WARN)
        try:
            return function(*arguments)
        except Err:
            raise
        except Exception as error:
            if function.__name__ == "describe" and _INSIDE:
                # It has no other way to say it.
                log.log(log.Level.ERROR, _told(error).message)
                raise
            raise Err(_told(error)) from error
        finally:
            sys.stdout.flush()
            sys.stderr.flush()

    return call


def _begin(cls, **options):
    """Whoever writes a class of generators need not do anything for its failures to speak."""
    super(exports.Generators, cls).__init_subclass__(**options)
    for name in ("describe", "check", "generate"):
        if name in vars(cls):
            setattr(cls, name, _speaking(vars(cls)[name]))


exports.Generators.__init_subclass__ = classmethod(_begin)


class Random:
    """The random numbers of a row: SplitMix64, started from its seed."""

    MASK = (1 << 64) - 1

    def __init__(self, seed):
        self.state = seed

    def word(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & self.MASK
        value = self.state
        value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & self.MASK
        value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & self.MASK
        return value ^ (value >> 31)

    def below(self, bound):
        """Uniform in 0 .. bound - 1."""
        return ((self.word() >> 32) * bound) >> 32

    def unit(self):
        """Uniform in [0, 1)."""
        return (self.word() >> 11) / (1 << 53)

    def pick(self, items):
        return items[self.below(len(items))]


def values(request, value):
    """`value(random, number, index)` of every row: its random numbers, its number, its place in the block. A row
    that fails is named."""
    made = []
    for index, seed in enumerate(request.row_seeds):
        try:
            made.append(value(Random(seed), request.first_row + index, index))
        except Exception as error:
            if not hasattr(error, "row"):
                error.row = index
            raise
    return made


def column_type(kind, precision=0, scale=0):
    return t.ColumnType(kind, precision, scale)


class _WrongType(Exception):
    """A value that is none of its column's type."""

    def __init__(self, value, row, expected):
        shown = repr(value)
        shown = shown if len(shown) <= 100 else shown[:100] + "…"
        super().__init__(f"it gives {shown} ({type(value).__name__}), expected {expected}")
        self.row = row


def _validity(values):
    validity = bytes(value is not None for value in values)
    return None if all(validity) else validity


def _checked(values, types, expected, fits=lambda value: True):
    for row, value in enumerate(values):
        if value is not None and not (type(value) in types and fits(value)):
            raise _WrongType(value, row, expected)
    return values


def _laid_out(data, values, encode):
    offsets, laid = [0], bytearray()
    for value in values:
        if value is not None:
            laid += encode(value)
        offsets.append(len(laid))
    return t.Column(data(t.Varlen(offsets, bytes(laid))), _validity(values))


def texts(values):
    """A column of texts; None is a null."""
    values = _checked(list(values), (str,), "utf8: a str")
    return _laid_out(t.ColumnData_Utf8, values, str.encode)


def binaries(values):
    """A column of bytes; None is a null."""
    values = _checked(list(values), (bytes, bytearray), "bytes")
    return _laid_out(t.ColumnData_Bytes, values, bytes)


def _whole(bits):
    most = 1 << (bits - 1)
    return lambda value: -most <= value < most


def integers(values):
    """A column of whole numbers of 64 bits; None is a null."""
    values = _checked(list(values), (int,), "int64: an int of at most 64 bits", _whole(64))
    return _numbers(t.ColumnData_Int64, values, 0)


def timestamps(values):
    """A column of points in time, in microseconds since 1970-01-01; None is a null."""
    values = _checked(list(values), (int,), "timestamp: microseconds since 1970-01-01, an int", _whole(64))
    return _numbers(t.ColumnData_Timestamp, values, 0)


def dates(values):
    """A column of days since 1970-01-01; None is a null."""
    values = _checked(list(values), (int,), "date: days since 1970-01-01, an int of at most 32 bits", _whole(32))
    return _numbers(t.ColumnData_Date, values, 0)


def decimals(values):
    """A column of exact numbers: their digits without the point, of 64 bits; None is a null."""
    values = _checked(list(values), (int,), "decimal: the digits without the point, an int", _whole(64))
    return _numbers(t.ColumnData_Decimal, values, 0)


def booleans(values):
    """A column of True and False; None is a null."""
    values = _checked(list(values), (bool,), "boolean: a bool")
    data = t.ColumnData_Boolean(bytes(bool(value) for value in values))
    return t.Column(data, _validity(values))


def floats(values):
    """A column of numbers of double precision; None is a null."""
    values = _checked(list(values), (float, int), "float64: a float")
    return _numbers(t.ColumnData_Float64, [None if value is None else float(value) for value in values], 0.0)


def _numbers(data, values, placeholder):
    column = data([placeholder if value is None else value for value in values])
    return t.Column(column, _validity(values))


def cells(column):
    """The values of an input's column; nulls are None."""
    data = column.data.value
    if isinstance(column.data, (t.ColumnData_Utf8, t.ColumnData_Bytes)):
        ends = zip(data.offsets, data.offsets[1:])
        values = [data.data[start:end] for start, end in ends]
        if isinstance(column.data, t.ColumnData_Utf8):
            values = [value.decode() for value in values]
    else:
        values = list(data)
    if column.validity is None:
        return values
    return [value if valid else None for value, valid in zip(values, column.validity)]


def refusal(message, param=None):
    """What `check` raises."""
    from componentize_py_types import Err

    return Err(t.Error(t.ErrorKind.BAD_PARAMS, message, None, param))
