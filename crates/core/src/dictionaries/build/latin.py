"""ASCII spellings of accented Latin letters, by the package anyascii: for look-ups and e-mail addresses."""

import unicodedata

from anyascii import anyascii

from blob import write_text

# Latin-1, Latin Extended-A and -B, IPA (African alphabets), Latin Extended Additional (Vietnamese).
LETTERS = [*range(0xC0, 0x2B0), *range(0x1E00, 0x1F00)]

# Where custom differs from anyascii.
CUSTOM = {"Ə": "A", "ə": "a"}


def write():
    """`latin.txt`: one `letter<TAB>spelling` a line, in the order of the code points."""
    lines = []
    for letter in map(chr, LETTERS):
        spelling = CUSTOM.get(letter, anyascii(letter))
        if unicodedata.name(letter, "").startswith("LATIN") and spelling.isalpha():
            lines.append(f"{letter}\t{spelling}\n")
    write_text("latin.txt", "".join(lines))
