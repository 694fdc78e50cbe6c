//! Broken models: each is refused, or warned of, in words that name the field and the cure.
//!
//! A row of a table is what is broken, the model (or its fields), and what the message must hold. Every
//! message names the field, so that is not repeated there. To add a case: one row.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use datagen::draft::{Amount, Draft, Site, Surroundings};
use datagen::model;
use datagen::plan::{self, Environment};
use datagen::problems::{Problem, Problems, Severity};
use datagen::roots::ReadRoots;
use datagen::sandbox::Extensions;

use crate::support::run;

/// What is broken, the fields, what the message about the field `f` must hold.
pub(crate) type Row = (&'static str, &'static str, &'static [&'static str]);

/// Refused; the culprit is called `f`.
pub(crate) const REFUSED: &[Row] = &[
    // Names and types.
    (
        "a name given twice",
        r#"{"name": "f", "type": "UUID"}, {"name": "f", "type": "IP"}"#,
        &["/Fields/1/name", "taken by entry 0", "give each field its own name"],
    ),
    (
        "a slip in a type",
        r#"{"name": "f", "type": "INTGER"}"#,
        &["unknown field type `INTGER`", "did you mean `INTEGER`?"],
    ),
    (
        "a type nobody knows",
        r#"{"name": "f", "type": "BANANA"}"#,
        &["unknown field type `BANANA`", "expected one of INTEGER, LONG"],
    ),
    ("no type", r#"{"name": "f"}"#, &["no `type`", "`datagen fields` lists them"]),
    ("a type that is a list", r#"{"name": "f", "type": ["UUID"]}"#, &["`type`", "expected a text"]),
    (
        "a type that is still to come",
        r#"{"name": "f", "type": "OLLAMA", "request": "hello"}"#,
        &["not available yet", "use a STRING with `possible_values`"],
    ),
    (
        "a ghost that may be",
        r#"{"name": "f", "type": "UUID", "ghost": "maybe"}"#,
        &["true or false"],
    ),
    (
        "a share of nulls above 1",
        r#"{"name": "f", "type": "UUID", "null_rate": 1.5}"#,
        &["`null_rate` is `1.5`", "from 0 to 1"],
    ),
    (
        "a share of nulls in words",
        r#"{"name": "f", "type": "UUID", "null_rate": "half"}"#,
        &["`half`", "expected a number"],
    ),
    // Ranges.
    (
        "an integer range upside down",
        r#"{"name": "f", "type": "INTEGER", "min": 5, "max": 3}"#,
        &["`min` 5 is above `max` 3"],
    ),
    (
        "an integer beyond 32 bits",
        r#"{"name": "f", "type": "INTEGER", "max": 3000000000}"#,
        &["from -2147483648 to 2147483647"],
    ),
    (
        "a long beyond 64 bits",
        r#"{"name": "f", "type": "LONG", "max": 9223372036854775808}"#,
        &["`max`", "whole number of 64 bits"],
    ),
    (
        "a bound in words",
        r#"{"name": "f", "type": "LONG", "min": "ten"}"#,
        &["`min` is the text `ten`", "expected a whole number"],
    ),
    (
        "a float range upside down",
        r#"{"name": "f", "type": "FLOAT", "min": 0.5, "max": 0.25}"#,
        &["`min` 0.5 is above `max` 0.25"],
    ),
    (
        "a double bound in words",
        r#"{"name": "f", "type": "DOUBLE", "min": "low"}"#,
        &["`min` is the text `low`", "expected a number"],
    ),
    (
        "more decimals than a float has",
        r#"{"name": "f", "type": "DOUBLE", "decimals": 99}"#,
        &["`decimals` is `99`", "expected a whole number from 0 to"],
    ),
    (
        "a decimal of 40 digits",
        r#"{"name": "f", "type": "DECIMAL", "precision": 40, "scale": 2}"#,
        &["`precision` is `40`", "from 1 to 38"],
    ),
    (
        "a decimal with more scale than precision",
        r#"{"name": "f", "type": "DECIMAL", "precision": 4, "scale": 6}"#,
        &["`scale` is 6", "expected at most the `precision` 4"],
    ),
    (
        "a sequence that stands still",
        r#"{"name": "f", "type": "SEQUENCE", "step": 0}"#,
        &["`step`", "0"],
    ),
    (
        "a permutation of an empty range",
        r#"{"name": "f", "type": "UNIQUE_INTEGER", "min": 9, "max": 1}"#,
        &["`min` 9 is above `max` 1"],
    ),
    (
        "a permutation smaller than the rows",
        r#"{"name": "f", "type": "UNIQUE_INTEGER", "min": 1, "max": 9}"#,
        &["20 rows", "9 different values"],
    ),
    (
        "a length in words",
        r#"{"name": "f", "type": "STRING", "length": "long"}"#,
        &["`length` is the text `long`", "expected a whole number"],
    ),
    (
        "a length of 1 GB",
        r#"{"name": "f", "type": "STRING", "length": 1000000000}"#,
        &["`length` is `1000000000`", "at most 16777216"],
    ),
    // Distributions.
    (
        "a distribution nobody knows",
        r#"{"name": "f", "type": "INTEGER", "distribution": "gausian"}"#,
        &["gausian", "expected one of uniform, normal"],
    ),
    (
        "a negative deviation",
        r#"{"name": "f", "type": "INTEGER", "distribution": {"type": "normal", "stddev": -1}}"#,
        &["`stddev` is `-1`", "expected a number from 0 on"],
    ),
    (
        "a zipf exponent below 0",
        r#"{"name": "f", "type": "INTEGER", "distribution": {"type": "zipf", "exponent": -2}}"#,
        &["`exponent`", "expected a number"],
    ),
    // Dates.
    (
        "a date that no calendar has",
        r#"{"name": "f", "type": "BIRTHDATE", "min_date": "31/02/2000"}"#,
        &["`31/02/2000`", "expected"],
    ),
    (
        "dates upside down",
        r#"{"name": "f", "type": "DATE", "min_date": "2025-01-02", "max_date": "2025-01-01"}"#,
        &["`min_date`", "is above `max_date`"],
    ),
    (
        "a timestamp in words",
        r#"{"name": "f", "type": "TIMESTAMP", "min_date": "yesterday"}"#,
        &["`yesterday`", "expected"],
    ),
    (
        "a pattern with an unknown letter",
        r#"{"name": "f", "type": "DATE_AS_STRING", "pattern": "yyyy-bb"}"#,
        &["/pattern", "unknown letter `b` at character 6", "text in quotes"],
    ),
    (
        "a pattern with an open quote",
        r#"{"name": "f", "type": "DATE_AS_STRING", "pattern": "yyyy 'at"}"#,
        &["/pattern", "the quote at character 6 is never closed", "expected a second one"],
    ),
    // Lists and weights.
    (
        "a value that is no integer",
        r#"{"name": "f", "type": "INTEGER", "possible_values": [1, "two"]}"#,
        &["/possible_values/1", "`two` is not possible", "expected a whole number"],
    ),
    (
        "a value that is no date",
        r#"{"name": "f", "type": "BIRTHDATE", "possible_values": ["1/1/2000", "soon"]}"#,
        &["/possible_values/1", "`soon`", "expected"],
    ),
    (
        "a value that is an object",
        r#"{"name": "f", "type": "STRING", "possible_values": [{"a": 1}]}"#,
        &["found an object", "expected a text, a number, true or false"],
    ),
    (
        "values that are no list",
        r#"{"name": "f", "type": "STRING", "possible_values": "a,b"}"#,
        &["`possible_values` is the text `a,b`", "expected a list of values"],
    ),
    (
        "a negative weight",
        r#"{"name": "f", "type": "STRING", "possible_values_weighted": {"a": 1, "b": -2}}"#,
        &["the weight of `b` is `-2`", "expected a number from 0 on"],
    ),
    (
        "a weight in words",
        r#"{"name": "f", "type": "STRING", "possible_values_weighted": {"a": "much"}}"#,
        &["the weight of `a` is the text `much`", "expected a number from 0 on"],
    ),
    (
        "weights that are all 0",
        r#"{"name": "f", "type": "STRING", "possible_values_weighted": {"a": 0, "b": 0}}"#,
        &["all weights are 0", "expected at least one above it"],
    ),
    // Filters.
    (
        "names of a country that is none",
        r#"{"name": "f", "type": "NAME", "filters": ["Atlantis"]}"#,
        &["/filters/0", "`Atlantis`"],
    ),
    (
        "phones of a misspelt country",
        r#"{"name": "f", "type": "PHONE", "filters": ["France", "Germny"]}"#,
        &["/filters/1", "`Germny`", "did you mean Germany"],
    ),
    (
        "cities of a misspelt country",
        r#"{"name": "f", "type": "CITY", "filters": ["Frnace"]}"#,
        &["`Frnace`", "did you mean France?"],
    ),
    (
        "mails of a country that is none",
        r#"{"name": "f", "type": "EMAIL", "filters": ["Mordor"]}"#,
        &["`Mordor`"],
    ),
    (
        "filters that are a number",
        r#"{"name": "f", "type": "NAME", "filters": 7}"#,
        &["`filters` is `7`", "expected a list of texts"],
    ),
    // Forms of texts.
    (
        "a form that is missing",
        r#"{"name": "f", "type": "STRING_REGEX"}"#,
        &["`regex` is missing", "such as `[A-Z]{2}-[0-9]{3}`"],
    ),
    (
        "a group without choices",
        r#"{"name": "f", "type": "STRING_REGEX", "regex": "[]{3}"}"#,
        &["/regex", "character 1 has nothing to choose from", "expected"],
    ),
    (
        "an interval backwards",
        r#"{"name": "f", "type": "STRING_REGEX", "regex": "[Z-A]{2}"}"#,
        &["/regex", "`Z-A` at character 2 is reversed", "the order is a-z"],
    ),
    (
        "a count that is missing",
        r#"{"name": "f", "type": "STRING_REGEX", "regex": "[A-Z]{}"}"#,
        &["/regex", "no count, expected one such as `{3}`"],
    ),
    (
        "a regular expression that is open",
        r#"{"name": "f", "type": "STRING_REGEX", "syntax": "regex", "regex": "(a|b"}"#,
        &["/regex", "unclosed group at character 1"],
    ),
    // CSV files.
    (
        "a file that is missing",
        r#"{"name": "f", "type": "CSV", "file": "nowhere.csv", "field": "name"}"#,
        &["`nowhere.csv` cannot be read", "no file"],
    ),
    (
        "a file that is not named",
        r#"{"name": "f", "type": "CSV", "field": "name"}"#,
        &["`file` is missing", "expected a path"],
    ),
    (
        "a column that is not named",
        r#"{"name": "f", "type": "CSV", "file": "people.csv", "separator": ";"}"#,
        &["`field` is missing", "expected the column", "department"],
    ),
    (
        "a column that the file has not",
        r#"{"name": "f", "type": "CSV", "file": "people.csv", "separator": ";", "field": "nmae"}"#,
        &["`nmae`", "did you mean `name`?"],
    ),
    (
        "the wrong separator",
        r#"{"name": "f", "type": "CSV", "file": "people.csv", "field": "name"}"#,
        &["`name`", "is `separator` the right one?"],
    ),
    (
        "a filter of an unknown column",
        r#"{"name": "f", "type": "CSV", "file": "people.csv", "separator": ";", "field": "name", "filters": ["town=Rome"]}"#,
        &["/filters/0", "`town`"],
    ),
    (
        "a filter without a value",
        r#"{"name": "f", "type": "CSV", "file": "people.csv", "separator": ";", "field": "name", "filters": ["country"]}"#,
        &["/filters/0", "`country`", "column=value"],
    ),
    (
        "filters that leave no row",
        r#"{"name": "f", "type": "CSV", "file": "people.csv", "separator": ";", "field": "name", "filters": ["country=Peru"]}"#,
        &["/filters", "none of the 2 rows of the file passes all filters"],
    ),
    (
        "a separator that is a line end",
        r#"{"name": "f", "type": "CSV", "file": "people.csv", "separator": "\n", "field": "name"}"#,
        &["`separator`", "other than quotes and line ends"],
    ),
    (
        "weights that are no numbers",
        r#"{"name": "f", "type": "CSV", "file": "people.csv", "separator": ";", "field": "name", "weight_field": "country"}"#,
        &["/weight_field", "the weight in row 1 is `France`", "expected a number from 0 on"],
    ),
    // References.
    (
        "a formula over an unknown field",
        r#"{"name": "price", "type": "INTEGER"}, {"name": "f", "type": "INTEGER", "formula": "${prize} * 2"}"#,
        &["/formula", "unknown field `prize`", "did you mean `price`?"],
    ),
    (
        "an injection of an unknown field",
        r#"{"name": "f", "type": "STRING", "injection": "${nobody}@x.org"}"#,
        &["/injection", "unknown field `nobody`", "the model has `f`"],
    ),
    (
        "a condition on an unknown field",
        r#"{"name": "f", "type": "STRING", "conditionals": {"$nobody=1": "a", "default": "b"}}"#,
        &["/conditionals", "unknown field `nobody`", "the model has `f`"],
    ),
    (
        "a link to an unknown field",
        r#"{"name": "city", "type": "CITY"}, {"name": "f", "type": "LINK", "link": "$ctiy.lat"}"#,
        &["/link", "unknown field `ctiy`", "did you mean `city`?"],
    ),
    (
        "a link to what a city has not",
        r#"{"name": "city", "type": "CITY"}, {"name": "f", "type": "LINK", "link": "$city.mayor"}"#,
        &["`mayor` of field `city`", "which offers", "lat"],
    ),
    (
        "a link to a slip",
        r#"{"name": "city", "type": "CITY"}, {"name": "f", "type": "LINK", "link": "$city.contry"}"#,
        &["did you mean `country`?"],
    ),
    (
        "a link into a number",
        r#"{"name": "age", "type": "INTEGER"}, {"name": "f", "type": "LINK", "link": "$age.sex"}"#,
        &["`sex` of field `age`", "nothing to link to"],
    ),
    (
        "a link of dollars",
        r#"{"name": "f", "type": "LINK", "link": "$$"}"#,
        &["a link names a field, such as `$city.country`"],
    ),
    (
        "a field of itself",
        r#"{"name": "f", "type": "INTEGER", "formula": "${f} + 1"}"#,
        &["`f` -> `f`", "compute one of them without the other"],
    ),
    (
        "a circle of three",
        r#"{"name": "f", "type": "INTEGER", "formula": "${b} + 1"}, {"name": "b", "type": "INTEGER", "formula": "${c} + 1"}, {"name": "c", "type": "STRING", "injection": "${f}"}"#,
        &["`f` -> `b` -> `c` -> `f`", "compute one of them without the other"],
    ),
    // Conditions.
    (
        "conditions that are a text",
        r#"{"name": "f", "type": "STRING", "conditionals": "$a=1"}"#,
        &["`conditionals` must be an object of condition lines"],
    ),
    (
        "a condition without an operator",
        r#"{"name": "a", "type": "INTEGER"}, {"name": "f", "type": "STRING", "conditionals": {"$a": "x", "default": "y"}}"#,
        &["condition `$a`", "expected one of `=`, `!=`", "write `$field=value`"],
    ),
    (
        "a condition without a field",
        r#"{"name": "a", "type": "INTEGER"}, {"name": "f", "type": "STRING", "conditionals": {"a=1": "x", "default": "y"}}"#,
        &["expected a field, such as `$age`"],
    ),
    (
        "an operator nobody knows",
        r#"{"name": "a", "type": "INTEGER"}, {"name": "f", "type": "STRING", "conditionals": {"$a~5": "x", "default": "y"}}"#,
        &["condition `$a~5`", "expected one of `=`, `!=`"],
    ),
    (
        "conditions that nothing joins",
        r#"{"name": "a", "type": "INTEGER"}, {"name": "f", "type": "STRING", "conditionals": {"$a=5 $a=6": "x", "default": "y"}}"#,
        &["expected `&` or `|`"],
    ),
    (
        "an open parenthesis",
        r#"{"name": "a", "type": "INTEGER"}, {"name": "f", "type": "STRING", "conditionals": {"($a=5": "x", "default": "y"}}"#,
        &["expected `)`"],
    ),
    (
        "a number compared with a word",
        r#"{"name": "a", "type": "INTEGER"}, {"name": "f", "type": "STRING", "conditionals": {"$a<old": "x", "default": "y"}}"#,
        &["`old`", "a number"],
    ),
    (
        "a literal that the type cannot hold",
        r#"{"name": "a", "type": "INTEGER"}, {"name": "f", "type": "INTEGER", "conditionals": {"$a<5": "1", "default": "none"}}"#,
        &["/conditionals/default", "`none` is not a whole number", "for no value write null"],
    ),
    (
        "a condition's value that is a list",
        r#"{"name": "a", "type": "INTEGER"}, {"name": "f", "type": "STRING", "conditionals": {"$a<5": [1], "default": "y"}}"#,
        &["the value of line `$a<5` must be a text"],
    ),
    // Formulas and injections.
    (
        "a formula that breaks off",
        r#"{"name": "f", "type": "INTEGER", "formula": "1 +"}"#,
        &["formula `1 +`", "column"],
    ),
    (
        "a formula of another language",
        r#"{"name": "a", "type": "INTEGER"}, {"name": "f", "type": "BOOLEAN", "formula": "if( $a > 8 ) then true; else false"}"#,
        &["formula `if( $a > 8 ) then true; else false`", "column 18", "not JavaScript"],
    ),
    (
        "a formula that loops",
        r#"{"name": "f", "type": "INTEGER", "formula": "while (true) {}"}"#,
        &["formula `while (true) {}`", "column 1"],
    ),
    (
        "a formula that calls a stranger",
        r#"{"name": "f", "type": "STRING", "formula": "fetch('http://x')"}"#,
        &["`fetch`"],
    ),
    (
        "a formula that is a list",
        r#"{"name": "f", "type": "INTEGER", "formula": [1]}"#,
        &["`formula` must be a text"],
    ),
    (
        "an injection without a name",
        r#"{"name": "f", "type": "STRING", "injection": "a ${} b"}"#,
        &["`${}` without a name", "column 3"],
    ),
    (
        "an unavailable type that is computed",
        r#"{"name": "a", "type": "NAME"}, {"name": "f", "type": "OPENAI", "injection": "${a}"}"#,
        &["language model", "use a STRING"],
    ),
];

/// Warned of; the culprit is called `f`.
pub(crate) const WARNED: &[Row] = &[
    (
        "a LINK without a link",
        r#"{"name": "f", "type": "LINK"}"#,
        &["a LINK without `link` gives an empty text", "such as"],
    ),
    (
        "a slip in an attribute",
        r#"{"name": "f", "type": "INTEGER", "mim": 3}"#,
        &["unknown attribute `mim` has no effect", "did you mean `min`?"],
    ),
    (
        "an attribute of other types",
        r#"{"name": "f", "type": "UUID", "min": 3}"#,
        &["attribute `min` has no effect on type UUID"],
    ),
    (
        "a range beside a list",
        r#"{"name": "f", "type": "INTEGER", "min": 3, "possible_values": [1, 2]}"#,
        &["`min` has no effect beside `possible_values`"],
    ),
    (
        "a list without values",
        r#"{"name": "f", "type": "STRING", "possible_values": []}"#,
        &["`possible_values` is empty and has no effect"],
    ),
    (
        "a length of 0",
        r#"{"name": "f", "type": "STRING", "length": 0}"#,
        &["the default 20 is taken", "a length is at least 1"],
    ),
    (
        "a boolean that is neither",
        r#"{"name": "f", "type": "BOOLEAN", "possible_values_weighted": {"true": 1, "yes": 2}}"#,
        &["`yes`", "false"],
    ),
    (
        "conditions without a default",
        r#"{"name": "a", "type": "INTEGER"}, {"name": "f", "type": "INTEGER", "conditionals": {"$a<5": "1"}}"#,
        &["no `default` line", "null"],
    ),
    (
        "a line behind the default",
        r#"{"name": "a", "type": "INTEGER"}, {"name": "f", "type": "STRING", "conditionals": {"default": "x", "$a<5": "y"}}"#,
        &["line `$a<5` is never reached", "the line `default` before it always holds"],
    ),
    (
        "two ways to compute",
        r#"{"name": "f", "type": "STRING", "formula": "1", "injection": "x"}"#,
        &["`injection` has no effect beside `formula`"],
    ),
    (
        "a request without effect",
        r#"{"name": "f", "type": "STRING", "request": "hello"}"#,
        &["attribute `request` has no effect on type STRING"],
    ),
];

/// Models that the reference refused or died of, and that mean something.
pub(crate) const ACCEPTED: &[(&str, &str)] = &[
    ("half of all integers", r#"{"name": "f", "type": "INTEGER", "min": 0}"#),
    (
        "all longs",
        r#"{"name": "f", "type": "LONG", "min": "-9223372036854775808", "max": 9223372036854775807}"#,
    ),
    ("a float of one value", r#"{"name": "f", "type": "FLOAT", "min": 5, "max": 5}"#),
    (
        "fractional weights",
        r#"{"name": "f", "type": "STRING", "possible_values_weighted": {"a": 0.3, "b": "0.7"}}"#,
    ),
    ("phones of everywhere", r#"{"name": "f", "type": "PHONE"}"#),
    ("a pattern by default", r#"{"name": "f", "type": "DATE_AS_STRING"}"#),
    ("a date of today", r#"{"name": "f", "type": "DATE", "use_now": "true"}"#),
    (
        "blanks around an operator",
        r#"{"name": "a", "type": "INTEGER"}, {"name": "f", "type": "STRING", "conditionals": {"$a  >=  5": "x", "default": "y"}}"#,
    ),
    (
        "a field computed later",
        r#"{"name": "f", "type": "INTEGER", "formula": "${later} + 1"}, {"name": "later", "type": "INTEGER", "formula": "40 + 1"}"#,
    ),
];

/// Whole documents that are refused.
pub(crate) const DOCUMENTS: &[Row] = &[
    ("nothing", "", &["not valid JSON", "check commas, quotes and brackets"]),
    ("an open brace", r#"{"Fields": ["#, &["not valid JSON", "line 1 column"]),
    ("a trailing comma", r#"{"Fields": [],}"#, &["not valid JSON", "line 1 column 15"]),
    ("a list", "[]", &["the model is a list of 0", "expected a JSON object"]),
    ("no fields", "{}", &["no `Fields`", "the smallest model is"]),
    ("an empty list of fields", r#"{"Fields": []}"#, &["`Fields` is empty", "at least one field"]),
    (
        "fields that are an object",
        r#"{"Fields": {"a": 1}}"#,
        &["`Fields` is an object", "expected a list of fields"],
    ),
    (
        "a field that is a text",
        r#"{"Fields": ["a"]}"#,
        &["/Fields/0", "expected an object with `name` and `type`"],
    ),
    (
        "a field without a name",
        r#"{"Fields": [{"type": "UUID"}]}"#,
        &["/Fields/0/name", "no `name`", "a text that is not empty"],
    ),
    (
        "a field with a blank name",
        r#"{"Fields": [{"name": " ", "type": "UUID"}]}"#,
        &["/Fields/0/name", "no `name`"],
    ),
    (
        "ghosts only",
        r#"{"Fields": [{"name": "a", "type": "UUID", "ghost": true}]}"#,
        &["every field is a ghost", "remove `ghost`"],
    ),
    (
        "options that are a text",
        r#"{"Fields": [{"name": "a", "type": "UUID"}], "Options": "all"}"#,
        &["/Options", "expected an object such as"],
    ),
    (
        "an option that is an object",
        r#"{"Fields": [{"name": "a", "type": "UUID"}], "Options": {"CSV_HEADER": {"on": true}}}"#,
        &["/Options/CSV_HEADER", "expected a text, a number or true or false"],
    ),
];

/// Requests that are refused: connector, settings, what the message must hold.
const REQUESTS: &[Row] = &[
    ("cvs", "", &["unknown connector `cvs`", "did you mean `csv`?"]),
    ("hbase", "", &["`hbase` is not available yet", "available: csv"]),
    ("", "", &["no connector is given", "expected one of csv"]),
    ("csv", "CSV_HEADER=maybe", &["`CSV_HEADER` is the text `maybe`", "true or false"]),
    ("csv", "CSV_COMPRESSION=rar", &["`CSV_COMPRESSION`", "expected one of none, gzip, zstd"]),
    (
        "csv",
        "LOCAL_FILE_NAME=../x",
        &["`../x` holds a path separator", "folders belong into LOCAL_FILE_PATH"],
    ),
    ("csv", "LOCAL_FILE_NAME=.x", &["`.x` begins with a dot"]),
    ("csv", "LOCAL_FILE_PATH=../x", &["give a path below the output root, without `..`"]),
    ("csv", "ONE_FILE_PER_ITERATION=sometimes", &["`ONE_FILE_PER_ITERATION`", "true or false"]),
    (
        "parquet",
        "PARQUET_PAGE_SIZE=big",
        &["`PARQUET_PAGE_SIZE` is the text `big`", "expected a whole number"],
    ),
    ("parquet", "PARQUET_COMPRESSION=snapy", &["did you mean `snappy`?"]),
    ("avro", "AVRO_NAME=1 x", &["AVRO_NAME", "1 x", "expected"]),
    ("orc", "ORC_COMPRESSION=lzo", &["`ORC_COMPRESSION`", "expected one of zlib"]),
];

pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let people = "name;department;country\nAnne;sales;France\nBruno;support;Italy\n";
    fs::write(folder.path().join("people.csv"), people).unwrap();
    folder
}

/// Everything that is told of a model, asked for 20 rows.
fn told(model: &str, folder: &Path) -> Problems {
    let mut problems = Problems::default();
    if let Some(model) = model::parse(model, &mut problems) {
        let files = ReadRoots::new(Some(folder), &[]);
        let environment = Environment {
            seed: 1,
            now: 0,
            total_rows: Some(20),
            files: &files,
            extensions: &Extensions::default(),
        };
        let plan = plan::compile(&model, &environment, &BTreeSet::new(), &mut problems);
        assert!(plan.is_some() || problems.has_errors(), "refused without a reason");
    }
    problems
}

fn lines(problems: &Problems) -> Vec<String> {
    problems.iter().map(|problem| format!("{:?} {problem}", problem.severity)).collect()
}

/// Adds to `report` unless one problem satisfies `wanted` and holds all `words`.
fn expect(
    report: &mut String,
    what: &str,
    words: &[&str],
    problems: &Problems,
    wanted: impl Fn(&Problem) -> bool,
) {
    let holds = |problem: &Problem| {
        let line = problem.to_string();
        wanted(problem) && words.iter().all(|word| line.contains(word))
    };
    if !problems.iter().any(holds) {
        let _ = writeln!(report, "{what}: expected {words:?}\n  {}", lines(problems).join("\n  "));
    }
}

pub(crate) fn with_fields(fields: &str) -> String {
    format!(r#"{{"Fields": [{fields}]}}"#)
}

#[test]
fn every_broken_field_is_refused_in_words_that_name_it_and_the_cure() {
    let folder = folder();
    let mut report = String::new();
    for (what, fields, words) in REFUSED {
        let problems = told(&with_fields(fields), folder.path());
        expect(&mut report, what, words, &problems, |problem| {
            problem.severity == Severity::Error && problem.field.as_deref() == Some("f")
        });
    }
    assert!(report.is_empty(), "{report}");
    assert!(REFUSED.len() + DOCUMENTS.len() >= 50);
}

#[test]
fn what_has_no_effect_is_told_but_not_refused() {
    let folder = folder();
    let mut report = String::new();
    for (what, fields, words) in WARNED {
        let problems = told(&with_fields(fields), folder.path());
        assert!(!problems.has_errors(), "{what}: {problems}");
        expect(&mut report, what, words, &problems, |problem| {
            problem.field.as_deref() == Some("f")
        });
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn what_the_reference_died_of_is_accepted_without_a_word() {
    let folder = folder();
    for (what, fields) in ACCEPTED {
        let problems = told(&with_fields(fields), folder.path());
        assert_eq!(lines(&problems), Vec::<String>::new(), "{what}");
    }
}

#[test]
fn every_broken_document_is_refused_with_its_place() {
    let folder = folder();
    let mut report = String::new();
    for (what, document, words) in DOCUMENTS {
        let problems = told(document, folder.path());
        expect(&mut report, what, words, &problems, |problem| problem.severity == Severity::Error);
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn every_broken_request_is_refused_with_what_it_takes() {
    let folder = folder();
    let model = with_fields(r#"{"name": "a", "type": "UUID"}"#);
    let mut report = String::new();
    for (connector, setting, words) in REQUESTS {
        let surroundings = Surroundings {
            output_root: folder.path().to_owned(),
            read_roots: Vec::new(),
            tells_folders: true,
            default_folder: String::new(),
            extensions: Arc::default(),
            site: Site::default(),
        };
        let overrides: Vec<_> = setting.split_once('=').into_iter().collect();
        let overrides: Vec<_> =
            overrides.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let draft = Draft {
            text: &model,
            folder: Some(folder.path()),
            connectors: Some(&[(*connector).to_owned()]),
            overrides: &overrides,
            amount: Some(Amount { batch_rows: 20, batches: 1 }),
            seed: 1,
            now: 0,
            ..Draft::default()
        };
        let refusal = draft.compile(&surroundings).ready().unwrap_err().to_string();
        if !words.iter().all(|word| refusal.contains(word)) {
            let _ = writeln!(report, "{connector} {setting}: expected {words:?}\n  {refusal}");
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn all_problems_of_a_model_are_told_at_once_for_programs() {
    let folder = folder();
    let model = with_fields(
        r#"{"name": "age", "type": "INTGER"}, {"name": "f", "type": "UUID", "null_rate": 2},
           {"name": "g", "type": "STRING", "injection": "${nobody}"}, {"name": "h", "type": "IP", "mim": 1}"#,
    );
    fs::write(folder.path().join("m.json"), model).unwrap();
    let output = run(folder.path(), &["check", "m.json", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["ok"], false);
    let problems = answer["models"][0]["problems"].as_array().unwrap();
    let told: Vec<_> = problems
        .iter()
        .map(|problem| {
            let text = |key: &str| problem[key].as_str().unwrap().to_owned();
            (text("severity"), text("code"), text("pointer"), text("field"))
        })
        .collect();
    let told: Vec<_> =
        told.iter().map(|(a, b, c, d)| [a.as_str(), b.as_str(), c.as_str(), d.as_str()]).collect();
    assert_eq!(
        told,
        [
            ["error", "wrong_value", "/Fields/1/null_rate", "f"],
            ["error", "unknown_type", "/Fields/0/type", "age"],
            ["warning", "unknown_attribute", "/Fields/3/mim", "h"],
            ["error", "unknown_reference", "/Fields/2/injection", "g"],
        ]
    );
    assert_eq!(problems[1]["hint"], "did you mean `INTEGER`?");
}

#[test]
fn a_model_that_only_warns_passes_the_check() {
    let folder = folder();
    fs::write(
        folder.path().join("m.json"),
        with_fields(r#"{"name": "a", "type": "UUID", "mim": 1}"#),
    )
    .unwrap();
    let output = run(folder.path(), &["check", "m.json", "--format", "json"]);
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(answer["ok"], true);
    assert_eq!(answer["models"][0]["problems"][0]["severity"], "warning");
}
