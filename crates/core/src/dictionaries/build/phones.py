"""Phone plans: the mobile (else fixed-line) number ranges of every country, from libphonenumber's metadata.

A country's pattern such as `7[3-9]\\d{7}|6\\d{8}` is turned into an automaton and this into the intervals of
whole numbers that it accepts, so a number drawn from an interval matches the pattern by construction. Only what
other patterns forbid (a region that shares a calling code with another one) is left to the samples below.
"""

import random
import re._constants as constants
import re._parser as parser
import struct
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata

from blob import write_table

# The most intervals that a country keeps; the widest ones win.
MOST_RANGES = 512
SAMPLES_PER_RANGE = 12
REQUIRED_SHARE = 0.99


class Automaton:
    """A non-deterministic automaton over the ten digits, built from a regular expression."""

    def __init__(self, pattern):
        self.edges, self.empty = [], []
        self.start = self._state()
        self.end = self._sequence(parser.parse(pattern), self.start)

    def _state(self):
        self.edges.append([])
        self.empty.append([])
        return len(self.edges) - 1

    def _sequence(self, items, state):
        for item in items:
            state = self._item(item, state)
        return state

    def _item(self, item, state):
        kind, value = item
        if kind is constants.LITERAL:
            return self._digits({int(chr(value))}, state)
        if kind is constants.IN:
            return self._digits(self._class(value), state)
        if kind is constants.SUBPATTERN:
            return self._sequence(value[3], state)
        if kind is constants.BRANCH:
            end = self._state()
            for branch in value[1]:
                self.empty[self._sequence(branch, state)].append(end)
            return end
        if kind is constants.MAX_REPEAT:
            least, most, body = value
            for _ in range(least):
                state = self._sequence(body, state)
            end = self._state()
            self.empty[state].append(end)
            for _ in range(most - least):
                state = self._sequence(body, state)
                self.empty[state].append(end)
            return end
        raise ValueError(f"unexpected {kind} in a number pattern")

    @staticmethod
    def _class(items):
        digits = set()
        for kind, value in items:
            if kind is constants.LITERAL:
                digits.add(int(chr(value)))
            elif kind is constants.RANGE:
                digits.update(range(int(chr(value[0])), int(chr(value[1])) + 1))
            elif kind is constants.CATEGORY and value is constants.CATEGORY_DIGIT:
                digits.update(range(10))
            else:
                raise ValueError(f"unexpected {kind} in a class")
        return digits

    def _digits(self, digits, state):
        end = self._state()
        self.edges[state].append((frozenset(digits), end))
        return end

    def closure(self, states):
        """The states reached without reading a digit."""
        found, open_states = set(states), list(states)
        while open_states:
            for state in self.empty[open_states.pop()]:
                if state not in found:
                    found.add(state)
                    open_states.append(state)
        return frozenset(found)

    def step(self, states, digit):
        """The states after `digit`."""
        return self.closure({end for state in states for digits, end in self.edges[state] if digit in digits})


def intervals(pattern, length):
    """The numbers of `length` digits that `pattern` accepts, as sorted disjoint [first, last]."""
    automaton = Automaton(pattern)

    @lru_cache(maxsize=None)
    def accepted(states, left):
        if not states:
            return 0
        if left == 0:
            return int(automaton.end in states)
        return sum(accepted(automaton.step(states, digit), left - 1) for digit in range(10))

    found = []

    def walk(states, prefix, left):
        count = accepted(states, left)
        if count == 0:
            return
        width = 10**left
        if count == width:
            first = prefix * width
            if found and found[-1][1] + 1 == first:
                found[-1][1] = first + width - 1
            else:
                found.append([first, first + width - 1])
            return
        for digit in range(10):
            walk(automaton.step(states, digit), prefix * 10 + digit, left - 1)

    walk(automaton.closure({automaton.start}), 0, length)
    return found


def number(code, national, digits):
    """The number as libphonenumber parses it, leading zeros kept."""
    return phonenumbers.parse(f"+{code}{national:0{digits}d}")


def valid(code, region, national, digits):
    """Whether libphonenumber takes it for a valid number of just this region."""
    try:
        return phonenumbers.is_valid_number_for_region(number(code, national, digits), region)
    except phonenumbers.NumberParseException:
        return False


def ranges(region, code):
    """A region's ranges as (digits, first, last); empty when libphonenumber has no pattern for it."""
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None:
        return []
    for description in (metadata.mobile, metadata.fixed_line):
        pattern = description.national_number_pattern if description else None
        if not pattern:
            continue
        lengths = [length for length in description.possible_length or metadata.general_desc.possible_length
                   if length > 0]
        # Of several lengths the customary one: the longest would have nearly all the numbers.
        if description.example_number and len(description.example_number) in lengths:
            lengths = [len(description.example_number)]
        draw = random.Random(f"{region} {pattern}")
        kept = []
        for length in lengths:
            for first, last in intervals(pattern, length):
                samples = [first, last] + [draw.randint(first, last) for _ in range(SAMPLES_PER_RANGE)]
                if all(valid(code, region, sample, length) for sample in samples):
                    kept.append((length, first, last))
        # The widest ranges; among equals the lowest. Then in the order of the numbers.
        kept.sort(key=lambda entry: (entry[1] - entry[2], entry))
        if kept:
            return sorted(kept[:MOST_RANGES])
    return []


def check(region, code, plan):
    """The share of valid numbers among samples drawn as the program draws them."""
    total = sum(last - first + 1 for _, first, last in plan)
    draw = random.Random(f"check {region}")
    good = 0
    for _ in range(500):
        offset = draw.randrange(total)
        for digits, first, last in plan:
            if offset <= last - first:
                break
            offset -= last - first + 1
        good += valid(code, region, first + offset, digits)
    return good / 500


def write(countries):
    """`phones.bin`: u64 (digits << 56 | first number), u64 how many numbers this and the earlier ranges hold."""
    groups, without = [], []
    for row in countries:
        region, code = row["iso2"], row["calling_code"]
        plan = ranges(region, code)
        group, total = [], 0
        for digits, first, last in plan:
            total += last - first + 1
            group.append(("", struct.pack("<QQ", digits << 56 | first, total)))
        if plan:
            share = check(region, code, plan)
            assert share >= REQUIRED_SHARE, f"{region}: only {share:.1%} of the samples are valid"
        else:
            without.append(region)
        groups.append(group)
    count = write_table("phones", groups, texts=False)
    print(f"phones: {count} ranges; countries without: {' '.join(without)}")
