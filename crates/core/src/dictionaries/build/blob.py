"""Writes one table of the dictionaries: a text file that people read and a binary file that code slices.

Text file: one entry a line, UTF-8, `name` or `name<TAB>native form`.
Binary file, little endian, read by `src/dictionaries/table.rs`:
  per country, in the order of countries.tsv: u32 first record, u32 records, u32 first text byte, u32 text bytes;
  then the records, all of one width. Countries with the same entries share them.
"""

import struct
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"


def write_text(name, text):
    """Writes a text file of the data folder with `\\n` line ends on every system."""
    (DATA / name).write_bytes(text.encode("utf-8"))


def write_table(name, groups, texts):
    """Writes `<name>.bin` and, when `texts`, `<name>.txt`.

    `groups` holds, per country, a list of (line, record bytes).
    """
    index, records, lines, known = b"", [], [], {}
    text_bytes = 0
    for group in groups:
        key = tuple(group)
        if key not in known:
            text = "".join(line + "\n" for line, _ in group) if texts else ""
            known[key] = struct.pack("<IIII", len(records), len(group), text_bytes, len(text.encode("utf-8")))
            records.extend(record for _, record in group)
            lines.append(text)
            text_bytes += len(text.encode("utf-8"))
        index += known[key]
    assert len({len(record) for record in records}) == 1, f"{name}: records differ in width"
    (DATA / f"{name}.bin").write_bytes(index + b"".join(records))
    if texts:
        write_text(f"{name}.txt", "".join(lines))
    return sum(len(group) for group in groups)
