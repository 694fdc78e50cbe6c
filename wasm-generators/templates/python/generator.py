"""@TYPE@: a code of letters and digits. Say here what your type gives."""

from datagen_field import column_type, refusal, texts, values
from wit_world import exports
from wit_world.exports.generators import Answer, Descriptor, ModuleInfo, ParamKind, ParamSpec
from wit_world.imports.types import Kind

# What is returned: UTF8, INT64, FLOAT64, BOOLEAN …
OUTPUT = column_type(Kind.UTF8)


def code(random, prefix, digits):
    """The value of one row, from the row's own random numbers."""
    return prefix + "-" + "".join(str(random.below(10)) for _ in range(digits))


def arguments(params):
    """What the field gives, refused where it makes no sense."""
    prefix, digits = (param.value for param in params)
    if not 1 <= digits <= 18:
        raise refusal("expected 1 to 18", "digits")
    return prefix, digits


class Generators(exports.Generators):
    def describe(self):
        params = [
            ParamSpec("prefix", ParamKind.TEXT, False, '"A"', "What every code begins with."),
            ParamSpec("digits", ParamKind.INT, False, "6", "Digits of a code, 1 to 18."),
        ]
        summary = "A code of letters and digits."
        descriptor = Descriptor("@kebab@", summary, OUTPUT, False, params, [], [], True)
        return ModuleInfo("@kebab@", "1.0.0", [descriptor])

    def check(self, generator, params, inputs):
        """Once for a field."""
        arguments(params)
        return OUTPUT

    def generate(self, request):
        """Once for a block of rows. `number` is a row's number, `index` its place in the block;
        `cells(request.inputs[0])` are the values of the first input."""
        prefix, digits = arguments(request.params)
        return Answer(texts(values(request, lambda random, number, index: code(random, prefix, digits))), [])
