"""ACCOUNT: international bank account numbers with right check digits (ISO 13616, ISO 7064 mod 97-10)."""

from datagen_field import Random, column_type, refusal, texts
from wit_world import exports
from wit_world.exports.generators import Answer, Descriptor, ModuleInfo, ParamKind, ParamSpec
from wit_world.imports.types import Kind

# How the account part is made: n = digit, a = capital letter, c = either.
PATTERNS = {
    "AT": "16n",
    "BE": "12n",
    "CH": "5n12c",
    "DE": "18n",
    "ES": "20n",
    "FR": "10n11c2n",
    "GB": "4a14n",
    "IT": "1a10n12c",
    "NL": "4a10n",
    "PL": "24n",
}
DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ALPHABETS = {"n": DIGITS, "a": LETTERS, "c": DIGITS + LETTERS}


def alphabets(pattern):
    """One alphabet per character."""
    found, count = [], ""
    for letter in pattern:
        if letter in DIGITS:
            count += letter
        else:
            found += [ALPHABETS[letter]] * int(count)
            count = ""
    return found


def iban(country, account):
    digits = "".join(str(int(letter, 36)) for letter in account + country + "00")
    return f"{country}{98 - int(digits) % 97:02}{account}"


def country_of(params):
    country = params[0].value.upper()
    if country and country not in PATTERNS:
        raise refusal(f"`{country}` is none of {', '.join(PATTERNS)}", "country")
    return country


class Generators(exports.Generators):
    def describe(self):
        doc = "Two letters; any of those known where it is empty."
        country = ParamSpec("country", ParamKind.TEXT, False, '""', doc)
        summary = "International bank account numbers with right check digits."
        output = column_type(Kind.UTF8)
        descriptor = Descriptor("account", summary, output, False, [country], [], [], True)
        return ModuleInfo("iban", "1.0.0", [descriptor])

    def check(self, generator, params, inputs):
        country_of(params)
        return column_type(Kind.UTF8)

    def generate(self, request):
        country = country_of(request.params)
        countries = [country] if country else list(PATTERNS)
        patterns = {country: alphabets(PATTERNS[country]) for country in countries}

        def value(seed):
            random = Random(seed)
            country = countries[random.below(len(countries))]
            account = "".join(letters[random.below(len(letters))] for letters in patterns[country])
            return iban(country, account)

        return Answer(texts([value(seed) for seed in request.row_seeds]), [])
