//! `possible_values` and `possible_values_weighted`: the values that a field draws from.
//!
//! `"possible_values": ["a", "b", "a"]` draws `a` twice as often as `b`.
//! `"possible_values_weighted": {"a": 2, "b": 0.5}` gives the weights, also as text and also as a
//! list (`[{"a": 2}, {"b": 0.5}]`, `[{"value": "a", "weight": 2}, …]`). Given both, the lists are
//! joined; the weight of a value in both is the one of `possible_values_weighted`. Only the ratios
//! count: weights need not sum to anything. A value with weight 0 is never drawn.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::attributes::{Attribute, Reader, scalar_text, shown};
use crate::columns::{Dictionary, Rows, Values};
use crate::problems::{Problem, excerpt, pointer_segment};
use crate::rng::Stream;

use super::alias::{Alias, WeightError};
use super::{Refused, Sampler};

/// The attribute that lists values.
pub(crate) const POSSIBLE_VALUES: Attribute = Attribute::new(
    "possible_values",
    "list of values",
    "",
    "The values to draw from; a value listed twice is drawn twice as often.",
);

/// The attribute that lists values with their weights.
pub(crate) const POSSIBLE_VALUES_WEIGHTED: Attribute = Attribute::new(
    "possible_values_weighted",
    "object of weights by value",
    "",
    "The values to draw from, each as often as its weight says.",
);

/// Most different values of one field.
pub(crate) const MOST: usize = 1_000_000;

/// Most faults that are told of one list: the same mistake is usually made in all of its values.
const MOST_FAULTS: usize = 10;

/// Values to draw from, each by its weight.
#[derive(Debug, Clone)]
pub(crate) struct Choices<T> {
    values: Vec<T>,
    alias: Alias,
}

impl<T> Choices<T> {
    /// Reads both attributes; `None` when neither is given.
    ///
    /// `parse` turns a text (numbers and booleans are given as their text) into a value; its error
    /// is a sentence that says what was found and expected.
    ///
    /// # Errors
    ///
    /// After adding to the reader what is wrong with every value and weight.
    pub(crate) fn read(
        reader: &mut Reader<'_>,
        mut parse: impl FnMut(&str) -> Result<T, String>,
    ) -> Result<Option<Self>, Refused> {
        let mut list = List::default();
        list.read_plain(reader);
        list.read_weighted(reader);
        if list.entries.is_empty() && list.faults.is_empty() {
            return Ok(None);
        }
        let (mut values, mut weights) = (Vec::new(), Vec::new());
        for entry in std::mem::take(&mut list.entries) {
            match parse(&entry.text) {
                Ok(_) if entry.weight == 0.0 => {}
                Ok(value) => {
                    values.push(value);
                    weights.push(entry.weight);
                }
                Err(reason) => list.fault("wrong_value", entry.pointer, reason),
            }
        }
        list.tell(reader)?;
        // Values of weight 0 were left out above.
        let table =
            if weights.is_empty() { Err(WeightError::AllZero) } else { Alias::new(&weights) };
        match table {
            Ok(alias) => Ok(Some(Self { values, alias })),
            Err(reason) => {
                reader.error(POSSIBLE_VALUES_WEIGHTED.name, "wrong_weights", reason.to_string());
                Err(Refused)
            }
        }
    }

    /// Values given in code, drawn equally often; `None` when there are none.
    pub(crate) fn even(values: Vec<T>) -> Option<Self> {
        let alias = Alias::even(values.len()).ok()?;
        Some(Self { values, alias })
    }

    /// The values that can be drawn.
    pub(crate) fn values(&self) -> &[T] {
        &self.values
    }

    /// Draws by weight a key of [`values`](Self::values).
    pub(crate) fn alias(&self) -> &Alias {
        &self.alias
    }

    /// The same draws of other values, each made from the one in its place.
    pub(crate) fn map<U>(self, value: impl FnMut(T) -> U) -> Choices<U> {
        Choices { values: self.values.into_iter().map(value).collect(), alias: self.alias }
    }
}

impl<T: AsRef<str>> Choices<T> {
    /// The texts as a dictionary, to be drawn as a column of keys.
    pub(crate) fn into_texts(self) -> TextChoices {
        let dictionary = Dictionary::new(&self.values);
        TextChoices { dictionary, alias: self.alias }
    }
}

impl<T: Copy + Debug + Send + Sync + 'static> Sampler for Choices<T> {
    type Value = T;

    fn column(&self, stream: Stream, rows: Rows) -> Vec<T> {
        super::map_words(stream, rows, |word| self.values[self.alias.pick(word) as usize])
    }
}

/// Texts drawn by weight.
#[derive(Debug, Clone)]
pub(crate) struct TextChoices {
    /// The texts.
    pub(crate) dictionary: Arc<Dictionary>,
    /// Draws a key of the dictionary.
    pub(crate) alias: Alias,
}

impl TextChoices {
    /// Texts, each drawn as often as the weight in its place says.
    ///
    /// # Errors
    ///
    /// As for [`Alias::new`].
    pub(crate) fn weighted<S: AsRef<str>>(
        texts: impl IntoIterator<Item = S>,
        weights: &[f64],
    ) -> Result<Self, WeightError> {
        Ok(Self { dictionary: Dictionary::new(texts), alias: Alias::new(weights)? })
    }

    /// The texts of `rows` as a [`Values::Choice`].
    pub(crate) fn column(&self, stream: Stream, rows: Rows) -> Values {
        Values::Choice {
            keys: Arc::new(self.alias.column(stream, rows)),
            dictionary: Arc::clone(&self.dictionary),
        }
    }

    /// Average length of the texts in bytes, weights left aside; at least 1.
    pub(crate) fn width(&self) -> u32 {
        let texts = self.dictionary.texts();
        u32::try_from(texts.data().len() / texts.len().max(1)).unwrap_or(u32::MAX).max(1)
    }
}

/// Warns of attributes in `keys` that have no effect because values are listed.
pub(crate) fn warn_beside_values(reader: &mut Reader<'_>, keys: &[&str]) {
    let source = if reader.has(POSSIBLE_VALUES.name) {
        POSSIBLE_VALUES.name
    } else {
        POSSIBLE_VALUES_WEIGHTED.name
    };
    warn_ignored(reader, keys, source);
}

/// Warns of attributes in `keys` that have no effect because `source` is given.
pub(crate) fn warn_ignored(reader: &mut Reader<'_>, keys: &[&str], source: &str) {
    for key in keys.iter().filter(|key| reader.has(key)).collect::<Vec<_>>() {
        reader.warn(key, "ignored_attribute", format!("`{key}` has no effect beside `{source}`"));
    }
}

/// One value before it is parsed.
#[derive(Debug)]
struct Entry {
    text: String,
    weight: f64,
    weighted: bool,
    pointer: String,
}

/// The values of both attributes, joined by their texts.
#[derive(Debug, Default)]
struct List {
    entries: Vec<Entry>,
    /// Position in `entries` by text; looked up, never iterated.
    places: HashMap<String, usize>,
    faults: Vec<Problem>,
    more_faults: usize,
    full: bool,
}

impl List {
    fn read_plain(&mut self, reader: &mut Reader<'_>) {
        let key = POSSIBLE_VALUES.name;
        let Some(value) = reader.value(key) else { return };
        let Value::Array(values) = value else {
            let message = format!("`{key}` is {}, expected a list of values", shown(value));
            return self.fault("wrong_value", reader.pointer_of(key), message);
        };
        warn_if_empty(reader, key, values.is_empty());
        for (index, value) in values.iter().enumerate() {
            let pointer = format!("{}/{index}", reader.pointer_of(key));
            match scalar_text(value) {
                Some(text) => self.add(text, 1.0, false, pointer),
                None => self.not_scalar(value, pointer),
            }
        }
    }

    fn read_weighted(&mut self, reader: &mut Reader<'_>) {
        let key = POSSIBLE_VALUES_WEIGHTED.name;
        let pointer = reader.pointer_of(key);
        match reader.value(key) {
            None => {}
            Some(Value::Object(weights)) => {
                warn_if_empty(reader, key, weights.is_empty());
                self.read_weights(weights, &pointer);
            }
            Some(Value::Array(objects)) => {
                warn_if_empty(reader, key, objects.is_empty());
                for (index, object) in objects.iter().enumerate() {
                    self.read_entry(object, &format!("{pointer}/{index}"));
                }
            }
            Some(other) => {
                let found = shown(other);
                let message = format!("`{key}` is {found}, expected an object of weights by value");
                self.fault("wrong_value", pointer, message);
            }
        }
    }

    /// `{"value": "a", "weight": 2}` or `{"a": 2}`.
    fn read_entry(&mut self, entry: &Value, pointer: &str) {
        let Value::Object(object) = entry else {
            let message =
                format!("found {}, expected an object such as {{\"a\": 2}}", shown(entry));
            return self.fault("wrong_value", pointer.to_owned(), message);
        };
        match (object.get("value"), object.get("weight")) {
            (Some(value), Some(weight)) if object.len() == 2 => match scalar_text(value) {
                Some(text) => self.add_weighted(text, weight, format!("{pointer}/weight")),
                None => self.not_scalar(value, format!("{pointer}/value")),
            },
            _ => self.read_weights(object, pointer),
        }
    }

    fn read_weights(&mut self, weights: &Map<String, Value>, pointer: &str) {
        for (text, weight) in weights {
            let pointer = format!("{pointer}/{}", pointer_segment(text));
            self.add_weighted(text.clone(), weight, pointer);
        }
    }

    fn add_weighted(&mut self, text: String, weight: &Value, pointer: String) {
        let number = match weight {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        match number.filter(|number: &f64| number.is_finite() && *number >= 0.0) {
            Some(number) => self.add(text, number, true, pointer),
            None => {
                let message = format!(
                    "the weight of `{}` is {}, expected a number from 0 on",
                    excerpt(&text),
                    shown(weight)
                );
                self.fault("wrong_weight", pointer, message);
            }
        }
    }

    fn add(&mut self, text: String, weight: f64, weighted: bool, pointer: String) {
        if let Some(place) = self.places.get(&text) {
            let entry = &mut self.entries[*place];
            if weighted && !entry.weighted {
                entry.weight = weight;
                entry.weighted = true;
            } else {
                entry.weight += weight;
            }
        } else if self.entries.len() < MOST {
            self.places.insert(text.clone(), self.entries.len());
            self.entries.push(Entry { text, weight, weighted, pointer });
        } else if !self.full {
            self.full = true;
            let message = format!("there are more than {MOST} different values");
            self.fault("too_many_values", pointer, message);
        }
    }

    fn not_scalar(&mut self, value: &Value, pointer: String) {
        let message = format!("found {}, expected a text, a number, true or false", shown(value));
        self.fault("wrong_value", pointer, message);
    }

    fn fault(&mut self, code: &'static str, pointer: String, message: String) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(Problem::error(code, pointer, message));
        } else {
            self.more_faults += 1;
        }
    }

    /// Adds the faults to the reader.
    fn tell(&mut self, reader: &mut Reader<'_>) -> Result<(), Refused> {
        if self.faults.is_empty() {
            return Ok(());
        }
        if let (Some(last), more @ 1..) = (self.faults.last_mut(), self.more_faults) {
            last.hint = Some(format!("{more} more of these values are wrong"));
        }
        for fault in self.faults.drain(..) {
            reader.push(fault);
        }
        Err(Refused)
    }
}

fn warn_if_empty(reader: &mut Reader<'_>, key: &str, is_empty: bool) {
    if is_empty {
        reader.warn(key, "no_values", format!("`{key}` is empty and has no effect"));
    }
}

#[cfg(test)]
mod tests {
    use crate::problems::Problems;

    use super::*;

    /// The values read as 32-bit numbers, and everything that was found.
    fn read(json: &str) -> (Option<Choices<i32>>, String) {
        let object: Map<String, Value> = serde_json::from_str(json).unwrap();
        let mut problems = Problems::default();
        let mut reader = Reader::new(&object, "/Fields/0", Some("n"), &mut problems);
        let parse = |text: &str| {
            text.parse().map_err(|_| format!("`{text}` is not a whole number of 32 bits"))
        };
        let choices = Choices::read(&mut reader, parse).ok().flatten();
        if choices.is_some() {
            warn_beside_values(&mut reader, &["min", "max"]);
        }
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        (choices, lines.join("\n"))
    }

    /// How often each value is drawn in a million rows.
    fn shares(json: &str) -> Vec<(i32, f64)> {
        let (choices, problems) = read(json);
        assert_eq!(problems, "");
        let choices = choices.unwrap();
        let rows = Rows { first: 0, count: 1_000_000 };
        let drawn = choices.column(Stream::new(1, "n"), rows);
        let share = |value: &i32| drawn.iter().filter(|other| *other == value).count() as f64 / 1e6;
        choices.values().iter().map(|value| (*value, share(value))).collect()
    }

    fn assert_shares(json: &str, expected: &[(i32, f64)]) {
        let shares = shares(json);
        assert_eq!(shares.len(), expected.len(), "{shares:?}");
        for ((value, share), (expected_value, expected_share)) in shares.iter().zip(expected) {
            assert_eq!(value, expected_value);
            assert!((share - expected_share).abs() < 0.002, "{json}: {shares:?}");
        }
    }

    #[test]
    fn a_value_listed_twice_is_drawn_twice_as_often() {
        assert_shares(r#"{"possible_values": [1, "2", 1, 3]}"#, &[(1, 0.5), (2, 0.25), (3, 0.25)]);
    }

    #[test]
    fn all_forms_of_weights_are_read() {
        let expected = [(1, 0.1), (2, 0.9)];
        for weights in [
            r#"{"1": 10, "2": 90}"#,
            r#"{"1": 0.3, "2": "2.7", "3": 0}"#,
            r#"[{"1": 1}, {"2": 9}]"#,
            r#"[{"value": 1, "weight": 1}, {"value": "2", "weight": "9"}]"#,
            r#"[{"1": 1}, {"2": 4}, {"2": 5}]"#,
        ] {
            assert_shares(&format!(r#"{{"possible_values_weighted": {weights}}}"#), &expected);
        }
    }

    #[test]
    fn of_a_value_in_both_lists_the_given_weight_holds() {
        assert_shares(
            r#"{"possible_values": [1, 1, 2], "possible_values_weighted": {"1": 3, "4": 4}}"#,
            &[(1, 0.375), (2, 0.125), (4, 0.5)],
        );
    }

    #[test]
    fn without_a_list_nothing_is_drawn_from() {
        assert!(read("{}").0.is_none());
        let (choices, problems) = read(r#"{"possible_values": []}"#);
        assert!(choices.is_none());
        insta::assert_snapshot!(problems, @"/Fields/0/possible_values: field `n`: `possible_values` is empty and has no effect");
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let (choices, problems) = read(
            r#"{"possible_values": [1, "one", null, [2]],
                "possible_values_weighted": {"a/b": 1, "5": -1, "6": "many"}}"#,
        );
        assert!(choices.is_none());
        insta::assert_snapshot!(problems, @"
        /Fields/0/possible_values/2: field `n`: found `null`, expected a text, a number, true or false
        /Fields/0/possible_values/3: field `n`: found a list of 1, expected a text, a number, true or false
        /Fields/0/possible_values_weighted/5: field `n`: the weight of `5` is `-1`, expected a number from 0 on
        /Fields/0/possible_values_weighted/6: field `n`: the weight of `6` is the text `many`, expected a number from 0 on
        /Fields/0/possible_values/1: field `n`: `one` is not a whole number of 32 bits
        /Fields/0/possible_values_weighted/a~1b: field `n`: `a/b` is not a whole number of 32 bits
        ");
    }

    #[test]
    fn weights_that_cannot_be_drawn_by_are_refused() {
        let (_, problems) = read(r#"{"possible_values_weighted": {"1": 0, "2": 0.0}}"#);
        insta::assert_snapshot!(problems, @"/Fields/0/possible_values_weighted: field `n`: all weights are 0, expected at least one above it");
        let (_, problems) = read(r#"{"possible_values_weighted": [{"1": 1e308}, {"1": 1e308}]}"#);
        insta::assert_snapshot!(problems, @"/Fields/0/possible_values_weighted: field `n`: weight inf is not possible, expected a number from 0 on");
        let (_, problems) = read(r#"{"possible_values": "1", "possible_values_weighted": 3}"#);
        insta::assert_snapshot!(problems, @"
        /Fields/0/possible_values: field `n`: `possible_values` is the text `1`, expected a list of values
        /Fields/0/possible_values_weighted: field `n`: `possible_values_weighted` is `3`, expected an object of weights by value
        ");
    }

    #[test]
    fn a_long_list_of_wrong_values_gives_a_short_answer() {
        let values: Vec<String> = (0..100).map(|index| format!("x{index}")).collect();
        let json = serde_json::json!({ "possible_values": values }).to_string();
        let (_, problems) = read(&json);
        assert_eq!(problems.lines().count(), 10);
        insta::assert_snapshot!(problems.lines().last().unwrap(), @"/Fields/0/possible_values/9: field `n`: `x9` is not a whole number of 32 bits (90 more of these values are wrong)");
    }

    #[test]
    fn a_range_beside_values_is_told_to_have_no_effect() {
        let (choices, problems) = read(r#"{"possible_values": [1], "min": 3, "max": 9}"#);
        assert_eq!(choices.unwrap().values(), [1]);
        insta::assert_snapshot!(problems, @"
        /Fields/0/min: field `n`: `min` has no effect beside `possible_values`
        /Fields/0/max: field `n`: `max` has no effect beside `possible_values`
        ");
    }
}
