"""A reader's values in the one form in which they are compared."""
import datetime
import decimal
import struct

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)


def float32(value):
    return None if value is None else struct.unpack("f", struct.pack("f", value))[0]


def micros(value):
    """An instant as microseconds since 1970; one without a zone is in UTC."""
    if value is None or isinstance(value, int):
        return value
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return (value - EPOCH) // datetime.timedelta(microseconds=1)


def normal(value, kind):
    """The value as it is compared."""
    if value is None:
        return None
    if kind == "float":
        return float32(float(value))
    if kind == "double":
        return float(value)
    if kind == "decimal":
        return decimal.Decimal(value)
    if kind == "millis":
        return value if isinstance(value, int) else micros(value) // 1000
    if kind == "instant":
        return micros(value)
    if kind == "bytes":
        return bytes(value)
    return value
