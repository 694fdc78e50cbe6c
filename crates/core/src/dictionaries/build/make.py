"""Makes src/dictionaries/data from the pinned packages. The same versions give the same bytes.

    python3 -m venv .venv && .venv/bin/pip install -r src/dictionaries/build/requirements.txt
    .venv/bin/python src/dictionaries/build/make.py

A change of any byte changes values of existing models: raise `EPOCH` in src/rng.rs in the same commit.
"""

from importlib.metadata import version
from pathlib import Path

import cities
import countries
import latin
import names
import phones


def check_versions():
    """Refuses other versions than the pinned ones."""
    for line in (Path(__file__).parent / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            package, wanted = line.split("==")
            assert version(package) == wanted, f"{package} is {version(package)}, wanted {wanted}"


if __name__ == "__main__":
    check_versions()
    rows = countries.load()
    countries.write(rows)
    latin.write()
    cities.write(rows)
    names.write(rows)
    phones.write(rows)
