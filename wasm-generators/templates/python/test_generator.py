"""Tests the generator without Datagen: `make test`."""

import unittest

from componentize_py_types import Err
from datagen_field import Random
from wit_world.imports.types import ParamValue_Int, ParamValue_Text
from generator import arguments, code


class Codes(unittest.TestCase):
    def test_codes_have_their_prefix_and_digits(self):
        codes = [code(Random(seed), "T", 4) for seed in (42, 7)]
        self.assertEqual(codes, ["T-7123", "T-3095"])

    def test_too_many_digits_are_refused(self):
        with self.assertRaises(Err):
            arguments([ParamValue_Text("T"), ParamValue_Int(19)])


if __name__ == "__main__":
    unittest.main()
