"""First and last names per country: Faker and mimesis (both MIT) and our own lists.

To add a country: one line in COUNTRIES. To add a language: a list in own_names.py, or a locale of a package.
"""

import hashlib
import importlib
import json
import struct
import unicodedata
from pathlib import Path

import mimesis
from anyascii import anyascii

from blob import write_table
from own_names import OWN
from romanize import SYSTEMS

# What the weights of a country's names sum up to: 24 bits, so that sums over all countries stay small.
TOTAL = 1 << 24

MALE, FEMALE, UNISEX = 0, 1, 2

# The most names of one sex that a country keeps, so that the program stays small. Beyond it the most frequent ones
# win, and of equally frequent ones an even choice over the alphabet, by the SHA-256 of the name.
MOST_FIRST, MOST_LAST = 500, 700

# A name given to both sexes is unisex unless one sex has it this many times more often.
LOPSIDED = 20

# Country -> sources with their shares. `faker:`/`mimesis:` locale, `own:` language of own_names.py.
# A trailing `/first` or `/last` takes only these names of a source.
# Where no source is of the country itself it shares those of its languages or neighbours, and the line says so.
# All `own:ar` countries share one list, that of the Gulf and the Levant.
COUNTRIES = {
    "AE": "own:ar=1",
    "AL": "own:sq=1",
    "AM": "faker:hy_AM=1",
    "AR": "faker:es_AR=1",
    "AT": "faker:de_AT=1",
    "AU": "faker:en_GB=5 faker:en_NZ=4 faker:en_IE=1",  # shared: English of Britain, New Zealand, Ireland
    "AZ": "faker:az_AZ=1",
    "BA": "own:bs=5 own:sr=3 faker:hr_HR=2",  # its three peoples
    "BE": "faker:nl_BE=6 faker:fr_BE=4",
    "BG": "own:bg=1",
    "BH": "own:ar=1",
    "BO": "faker:es_CO=1 faker:es_CL=1",  # shared
    "BR": "faker:pt_BR=1",
    "BY": "own:be=7 faker:ru_RU=3",
    "CA": "faker:en_GB=4 faker:en_US=3 faker:fr_CA=3",  # English Canada shared
    "CH": "faker:de_CH=6 faker:fr_CH=3 faker:it_IT=1",
    "CL": "faker:es_CL=1",
    "CN": "faker:zh_CN=1 mimesis:zh/first=1",
    "CO": "faker:es_CO=1",
    "CR": "faker:es_MX=1 faker:es_CO=1",  # shared
    "CY": "faker:el_GR=8 faker:tr_TR=2",  # shared: its two languages
    "CZ": "faker:cs_CZ=1",
    "DE": "faker:de_DE=1",
    "DK": "faker:da_DK=1",
    "DZ": "faker:fr_DZ=1",
    "EC": "faker:es_CO=1",  # shared
    "EE": "faker:et_EE=3 mimesis:et/first=1",
    "EG": "own:ar=1",
    "ES": "faker:es_ES=1",
    "FI": "faker:fi_FI=1",
    "FR": "faker:fr_FR=3 faker:fr_BE=1",
    "GB": "faker:en_GB=1",
    "GE": "faker:ka_GE=1",
    "GH": "faker:tw_GH=1",
    "GR": "faker:el_GR=1",
    "HR": "faker:hr_HR=1",
    "HU": "faker:hu_HU=4 mimesis:hu/last=1",
    "ID": "faker:id_ID=1",
    "IE": "faker:en_IE=1",
    "IL": "own:he=1",
    "IN": "faker:en_IN=1",
    "IQ": "own:ar=1",
    "IS": "faker:is_IS=1",
    "IT": "faker:it_IT=1",
    "JO": "own:ar=1",
    "JP": "faker:ja_JP=1 own:ja=3",
    "KE": "faker:en_KE=1",
    "KR": "faker:ko_KR=3 mimesis:ko/first=1",
    "KW": "own:ar=1",
    "KZ": "mimesis:kk=8 faker:ru_RU=2",  # its two languages
    "LB": "own:ar=1",
    "LI": "faker:de_LI=1",
    "LT": "faker:lt_LT/first=1 own:lt/last=1",
    "LU": "faker:de_LU=1",
    "LV": "faker:lv_LV=1",
    "LY": "own:ar=1",
    "MA": "own:ma=1",
    "MC": "faker:fr_FR=2 faker:it_IT=1",  # shared
    "MD": "faker:ro_RO/first=8 own:ro/last=8 faker:ru_RU=2",  # shared: its two languages
    "ME": "own:sr=8 own:bs=1 own:sq=1",  # shared: its languages
    "MK": "faker:mk_MK=3 own:sq=1",
    "MX": "faker:es_MX=1",
    "NG": "faker:yo_NG=5 faker:ha_NG=3 faker:ig_NG=3 faker:en_NG=1",
    "NL": "faker:nl_NL=1",
    "NO": "faker:no_NO=3 mimesis:no/last=1",
    "NZ": "faker:en_NZ=1",
    "OM": "own:ar=1",
    "PE": "faker:es_CO=1 faker:es_CL=1",  # shared
    "PK": "faker:en_PK=1",
    "PL": "faker:pl_PL=4 mimesis:pl/first=1",
    "PS": "own:ar=1",
    "PT": "faker:pt_PT=1",
    "PY": "faker:es_AR=1",  # shared
    "QA": "own:ar=1",
    "RO": "faker:ro_RO/first=1 own:ro/last=1",
    "RS": "own:sr=1",
    "RU": "faker:ru_RU=1",
    "SA": "own:ar=1",
    "SE": "faker:sv_SE=1",
    "SI": "faker:sl_SI=1",
    "SK": "faker:sk_SK=1",
    "SY": "own:ar=1",
    "TH": "own:th/first=3 faker:en_TH=1",
    "TN": "own:tn=1",
    "TR": "faker:tr_TR=1 mimesis:tr/last=1",
    "TW": "faker:zh_TW=1",
    "TZ": "faker:sw=1",
    "UA": "faker:uk_UA=1 mimesis:uk/first=1",
    "UG": "faker:en_KE=1 faker:sw=1",  # shared
    "US": "faker:en_US=1",
    "UY": "faker:es_AR=1",  # shared
    "UZ": "faker:uz_UZ=1",
    "VE": "faker:es_CO=1",  # shared
    "VN": "own:vi=1",
    "XK": "own:sq=9 own:sr=1",
    "YE": "own:ar=1",
    "ZA": "faker:zu_ZA=1 faker:en_NZ=1 faker:nl_NL=1",  # Zulu; English and Afrikaans shared
}

# Locales whose script is not Latin -> the system of romanize.py.
SCRIPTS = {"ru_RU": "ru", "uk_UA": "uk", "uk": "uk", "mk_MK": "mk", "kk": "kk", "el_GR": "el",
           "hy_AM": "hy", "ka_GE": "ka", "ko_KR": "ko", "ko": "ko", "zh_CN": "zh", "zh_TW": "zh", "zh": "zh"}


class Names:
    """Names of one source: (sex, native, Latin or None) -> weight, first and last apart."""

    def __init__(self):
        self.first, self.last = {}, {}

    def add(self, table, sex, native, latin, weight=1.0):
        key = (sex, native, latin)
        table[key] = table.get(key, 0.0) + float(weight)


def items(values):
    """(name, weight) of a list or of a dictionary with weights."""
    return list(values.items()) if isinstance(values, dict) else [(value, 1.0) for value in values]


def from_faker(locale):
    """The names of one Faker locale."""
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    names = Names()

    def read(table, sex, attribute):
        values = vars(provider).get(attribute) or ()
        if isinstance(values, property):
            return False
        for name, weight in items(values):
            names.add(table, sex, name, None, weight)
        return bool(values)

    if locale == "ja_JP":
        for sex, pairs in ((MALE, provider.first_name_male_pairs), (FEMALE, provider.first_name_female_pairs)):
            for native, _kana, latin in pairs:
                names.add(names.first, sex, native, latin)
        for (native, _kana, latin), weight in provider.last_name_pairs.items():
            names.add(names.last, UNISEX, native, latin, weight)
        return names
    if locale == "is_IS":
        read(names.first, MALE, "first_names_male")
        read(names.first, FEMALE, "first_names_female")
        # Not surnames but the father's name: his genitive with son or daughter.
        for father in provider.last_names_without_suffix:
            names.add(names.last, MALE, father + "son", None)
            names.add(names.last, FEMALE, father + "dóttir", None)
        return names
    if locale == "lt_LT":
        for name in provider.first_names:
            names.add(names.first, MALE if name.endswith("s") else FEMALE, name, None)
        return names

    sexed = [read(names.first, MALE, "first_names_male"), read(names.first, FEMALE, "first_names_female")]
    read(names.first, UNISEX, "first_names_unisex")
    if not any(sexed):
        read(names.first, UNISEX, "first_names")

    if locale == "pl_PL":
        for name in provider.unisex_last_names:
            names.add(names.last, UNISEX, name, None)
        for name in provider.male_last_names:
            declined = name.endswith(("ski", "cki", "dzki"))
            names.add(names.last, MALE if declined else UNISEX, name, None, 10)
            if declined:
                names.add(names.last, FEMALE, name[:-1] + "a", None, 10)
        return names
    male = vars(provider).get("last_names_male")
    female = vars(provider).get("last_names_female")
    if male and female:
        both = set(male) & set(female)
        for name in sorted(both):
            names.add(names.last, UNISEX, name, None)
        for sex, values in ((MALE, male), (FEMALE, female)):
            for name, weight in items(values):
                if name not in both:
                    names.add(names.last, sex, name, None, weight)
        read(names.last, UNISEX, "last_names_unisex")
    else:
        read(names.last, UNISEX, "last_names")
    return names


def from_mimesis(locale):
    """The names of one mimesis locale."""
    path = Path(mimesis.__file__).parent / "datasets" / locale / "person.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    names = Names()
    for sex, key in ((MALE, "male"), (FEMALE, "female")):
        for name in data["names"][key]:
            names.add(names.first, sex, name, None)
        if isinstance(data["surnames"], dict):
            for name in data["surnames"][key]:
                names.add(names.last, sex, name, None)
    if not isinstance(data["surnames"], dict):
        for name in data["surnames"]:
            names.add(names.last, UNISEX, name, None)
    return names


def from_own(language):
    """The names of our own lists; Hebrew weights are those of Faker where it has the native form."""
    names = Names()
    frequency = {}
    if language == "he":
        provider = importlib.import_module("faker.providers.person.he_IL").Provider
        for group, values in (("male", provider.first_names_male), ("female", provider.first_names_female),
                              ("last", provider.last_names)):
            least = min(values.values())
            frequency[group] = (values, least)
    for group, sex in (("male", MALE), ("female", FEMALE), ("unisex", UNISEX)):
        for word in OWN[language].get(group, "").split():
            native, _, latin = word.partition("=")
            values, least = frequency.get(group, ({}, 1.0))
            names.add(names.first, sex, native, latin or None, values.get(native, least))
    for group, sex in (("last", UNISEX), ("last_male", MALE), ("last_female", FEMALE)):
        for word in OWN[language].get(group, "").split():
            native, _, latin = word.partition("=")
            values, least = frequency.get(group, ({}, 1.0))
            names.add(names.last, sex, native, latin or None, values.get(native, least))
    return names


SOURCES = {"faker": from_faker, "mimesis": from_mimesis, "own": from_own}


def plain(name):
    """Whether the name is one word of Latin letters, hyphens and apostrophes inside, capital first."""
    return (
        len(name) >= 2
        and all(letter in "-'" or "LATIN" in unicodedata.name(letter, "") for letter in name)
        and name[0].isupper() and name[-1].isalpha() and "--" not in name
        # Not an abbreviation, and free of what the source typed in capitals.
        and not (len(name) > 2 and name.isupper())
    )


def tidy(name):
    """NFC, straight apostrophes, no invisible characters."""
    name = "".join(letter for letter in name if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFC", name.strip()).replace("’", "'").replace("ʻ", "'").replace("‘", "'")


def latin_names(table, script, last):
    """(sex, Latin, native or "") -> weight, after transliteration; what is no plain name is dropped."""
    result = {}
    for (sex, native, latin), weight in table.items():
        native = tidy(native)
        if latin is None:
            latin = SYSTEMS[script][1 if last else 0](native) if script else native
        latin = tidy(latin)
        native = native if native != latin else ""
        if weight > 0 and plain(latin):
            key = (sex, latin, native)
            result[key] = result.get(key, 0.0) + weight
    return result


def balance(table, share):
    """Scales the weights so that they sum to `share`, male and female names to the same sum."""
    sums = [sum(weight for (sex, _, _), weight in table.items() if sex == wanted) for wanted in (MALE, FEMALE, UNISEX)]
    total = sum(sums)
    if not total:
        return {}
    half = (sums[MALE] + sums[FEMALE]) / 2
    scales = [share / total * (half / sums[sex] if sums[sex] and sums[MALE] and sums[FEMALE] else 1.0)
              for sex in (MALE, FEMALE)] + [share / total]
    return {key: weight * scales[key[0]] for key, weight in table.items()}


def merge(tables):
    """One table of (Latin) -> [native, sex, weight]: no name twice, sexes merged, natives the most frequent."""
    entries = {}
    for table in tables:
        for (sex, latin, native), weight in table.items():
            entry = entries.setdefault(latin, {"sexes": [0.0, 0.0, 0.0], "natives": {}})
            entry["sexes"][sex] += weight
            entry["natives"][native] = entry["natives"].get(native, 0.0) + weight
    result = {}
    for latin, entry in entries.items():
        male, female, unisex = entry["sexes"]
        if unisex == 0 and male > LOPSIDED * female:
            sex = MALE
        elif unisex == 0 and female > LOPSIDED * male:
            sex = FEMALE
        else:
            sex = UNISEX
        natives = {native: weight for native, weight in entry["natives"].items() if native}
        native = min(natives, key=lambda text: (-natives[text], text)) if natives else ""
        result[latin] = (native, sex, male + female + unisex)
    return result


def group(entries, most):
    """The records of one country, by falling weight, then name; `most` of each sex."""
    ranked = sorted(entries, key=lambda name: (-entries[name][2], hashlib.sha256(name.encode("utf-8")).digest()))
    kept, counts = {}, [0, 0, 0]
    for name in ranked:
        sex = entries[name][1]
        counts[sex] += 1
        if counts[sex] <= most:
            kept[name] = entries[name]
    entries = kept
    total = sum(weight for _, _, weight in entries.values())
    rows = []
    for latin, (native, sex, weight) in entries.items():
        rows.append((max(1, round(weight / total * TOTAL)), latin, native, sex))
    rows.sort(key=lambda row: (-row[0], row[1]))
    result = []
    for weight, latin, native, sex in rows:
        line = latin + ("\t" + native if native else "")
        record = struct.pack("<BBBI", len(latin.encode("utf-8")), len(native.encode("utf-8")), sex, weight)
        result.append((line, record))
    return result


def country(sources):
    """(first, last) records of a country with these sources."""
    firsts, lasts = [], []
    for part in sources.split():
        source, _, share = part.partition("=")
        source, _, only = source.partition("/")
        package, _, locale = source.partition(":")
        names = SOURCES[package](locale)
        script = SCRIPTS.get(locale)
        if only != "last":
            firsts.append(balance(latin_names(names.first, script, last=False), float(share)))
        if only != "first":
            lasts.append(balance(latin_names(names.last, script, last=True), float(share)))
    return group(merge(firsts), MOST_FIRST), group(merge(lasts), MOST_LAST)


def write(countries):
    """`first_names` and `last_names`: u8 bytes of the name, u8 of the native form, u8 sex, u32 weight."""
    codes = [row["iso2"] for row in countries]
    assert set(COUNTRIES) <= set(codes)
    tables = [country(COUNTRIES[code]) if code in COUNTRIES else ([], []) for code in codes]
    for code, (first, last) in zip(codes, tables):
        assert code not in COUNTRIES or (len(first) >= 60 and len(last) >= 40), (code, len(first), len(last))
    print(f"first names: {write_table('first_names', [first for first, _ in tables], texts=True)}")
    print(f"last names: {write_table('last_names', [last for _, last in tables], texts=True)}")
    print("  " + " ".join(f"{code}:{len(f)}/{len(l)}" for code, (f, l) in zip(codes, tables) if f))
