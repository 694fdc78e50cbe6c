"""Field types for Datagen in Python: random numbers and columns. See iban.py for an example."""

from wit_world.imports import types as t


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


def column_type(kind, precision=0, scale=0):
    return t.ColumnType(kind, precision, scale)


def texts(values):
    """A column of texts; None is a null."""
    offsets, data, validity = [0], bytearray(), bytearray()
    for value in values:
        validity.append(value is not None)
        data += (value or "").encode()
        offsets.append(len(data))
    column = t.ColumnData_Utf8(t.Varlen(offsets, bytes(data)))
    return t.Column(column, None if all(validity) else bytes(validity))


def integers(values):
    """A column of whole numbers of 64 bits; None is a null."""
    return _numbers(t.ColumnData_Int64, values, 0)


def floats(values):
    """A column of numbers of double precision; None is a null."""
    return _numbers(t.ColumnData_Float64, values, 0.0)


def _numbers(data, values, placeholder):
    values = list(values)
    validity = bytes(value is not None for value in values)
    column = data([placeholder if value is None else value for value in values])
    return t.Column(column, None if all(validity) else validity)


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
