//! The typed reading of one JSON object, which tells every fault and stops at none.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::{Settings, scalar_text, shown, whole_number};
use crate::problems::{Problem, Problems, did_you_mean, pointer_segment};
use crate::reach::Reach;
use crate::secrets::Secret;

/// Reads the keys of one JSON object.
///
/// Every accessor answers `None` where the key is absent, `null`, or wrong; a wrong one is a problem.
pub struct Reader<'a> {
    object: &'a Map<String, Value>,
    pointer: &'a str,
    /// Where each key was set, when the object was merged from several places.
    pointers: Option<&'a BTreeMap<String, String>>,
    /// The settings that the object is of, with what is kept apart of it.
    settings: Option<&'a Settings>,
    field: Option<&'a str>,
    problems: &'a mut Problems,
}

/// Without values: some may be secrets.
impl fmt::Debug for Reader<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&String> = self.object.keys().collect();
        formatter
            .debug_struct("Reader")
            .field("pointer", &self.pointer)
            .field("keys", &keys)
            .finish_non_exhaustive()
    }
}

impl<'a> Reader<'a> {
    /// A reader of `object`, found at `pointer`, that belongs to the field called `field`.
    pub(crate) fn new(
        object: &'a Map<String, Value>,
        pointer: &'a str,
        field: Option<&'a str>,
        problems: &'a mut Problems,
    ) -> Self {
        Self { object, pointer, pointers: None, settings: None, field, problems }
    }

    /// A reader of `settings`.
    pub(super) fn of_settings(settings: &'a Settings, problems: &'a mut Problems) -> Self {
        Self {
            object: &settings.values,
            pointer: "/Options",
            pointers: Some(&settings.pointers),
            settings: Some(settings),
            field: None,
            problems,
        }
    }

    /// The whole object, for what has no accessor here.
    pub(crate) fn object(&self) -> &'a Map<String, Value> {
        self.object
    }

    /// The name of the field that is read, empty for none.
    pub(crate) fn field(&self) -> &'a str {
        self.field.unwrap_or_default()
    }

    /// The pointer of the object, the name of the field and the findings: for what reads the object in its own way.
    pub(crate) fn parts(&mut self) -> (&'a str, &'a str, &mut Problems) {
        (self.pointer, self.field(), self.problems)
    }

    /// The JSON pointer of `key`.
    pub(crate) fn pointer_of(&self, key: &str) -> String {
        match self.pointers.and_then(|pointers| pointers.get(key)) {
            Some(pointer) => pointer.clone(),
            None => format!("{}/{}", self.pointer, pointer_segment(key)),
        }
    }

    /// The JSON pointer of an entry of the list at `key`; of `key` itself where the list is one text.
    pub(crate) fn pointer_of_entry(&self, key: &str, index: usize) -> String {
        let pointer = self.pointer_of(key);
        let is_list = self.value(key).is_some_and(Value::is_array);
        if is_list { format!("{pointer}/{index}") } else { pointer }
    }

    /// The value of `key`, where it is there and not `null`. A blank setting counts as not set.
    pub fn value(&self, key: &str) -> Option<&'a Value> {
        let blank = |value: &Value| value.as_str().is_some_and(|text| text.trim().is_empty());
        let value = self.object.get(key).filter(|value| !value.is_null())?;
        (self.pointers.is_none() || !blank(value)).then_some(value)
    }

    /// Whether `key` is there and not `null`; a secret, and not blank.
    pub fn has(&self, key: &str) -> bool {
        self.value(key).is_some() || self.hidden(key).is_some()
    }

    fn hidden(&self, key: &str) -> Option<&'a Secret> {
        self.settings?.secrets.get(key).filter(|secret| !secret.is_blank())
    }

    /// What may be connected to for the sake of `key`, which names hosts: where an operator has set it, what it
    /// names and whatever that refers to; else what a server lets models and calls name. Of a key that nobody
    /// has set, too.
    pub fn reach(&self, key: &str) -> Reach {
        match self.settings {
            Some(settings) if !settings.is_operators(key) => settings.reach.clone(),
            _ => Reach::free(),
        }
    }

    /// A secret: a text, or a number as its text. No message ever quotes it.
    pub fn secret(&mut self, key: &str) -> Option<Secret> {
        if let Some(secret) = self.hidden(key) {
            return Some(secret.clone());
        }
        let secret = scalar_text(self.value(key)?).map(Secret::new);
        if secret.is_none() {
            let message = format!("`{key}` is no text, expected a text");
            self.error(key, "wrong_value", message);
        }
        secret
    }

    /// Adds an error at `key`.
    pub fn error(&mut self, key: &str, code: &'static str, message: impl Into<String>) {
        let problem = Problem::error(code, self.pointer_of(key), message);
        self.push(problem);
    }

    /// Adds an error at `key` with its cure.
    pub fn error_with_hint(
        &mut self,
        key: &str,
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let problem = Problem::error(code, self.pointer_of(key), message).hint(hint);
        self.push(problem);
    }

    /// Adds a warning at `key`.
    pub fn warn(&mut self, key: &str, code: &'static str, message: impl Into<String>) {
        let problem = Problem::warning(code, self.pointer_of(key), message);
        self.push(problem);
    }

    /// Adds a finding, named after the field that is read.
    pub(crate) fn push(&mut self, mut problem: Problem) {
        if problem.field.is_none() {
            problem.field = self.field.map(str::to_owned);
        }
        self.problems.push(problem);
    }

    /// Whether further warnings are kept.
    pub(crate) fn has_room_for_warnings(&self) -> bool {
        self.problems.has_room_for_warnings()
    }

    /// Whether this document has had an error so far.
    pub fn has_errors(&self) -> bool {
        self.problems.has_errors()
    }

    /// `true` or `false`, also as text in any letter case.
    pub fn boolean(&mut self, key: &str) -> Option<bool> {
        let value = self.value(key)?;
        match value {
            Value::Bool(flag) => return Some(*flag),
            Value::String(text) if text.trim().eq_ignore_ascii_case("true") => return Some(true),
            Value::String(text) if text.trim().eq_ignore_ascii_case("false") => return Some(false),
            _ => {}
        }
        self.wrong(key, value, "true or false");
        None
    }

    /// A whole number in `range`, also as text or with an empty fraction (`5.0`).
    pub fn integer(&mut self, key: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let value = self.value(key)?;
        let number = match value {
            Value::Number(number) => whole_number(&number.to_string()),
            Value::String(text) => whole_number(text),
            _ => None,
        };
        match number {
            Some(number) if range.contains(&number) => Some(number),
            _ => {
                let expected = match (*range.start(), *range.end()) {
                    (i64::MIN, i64::MAX) => "a whole number of 64 bits".to_owned(),
                    (i64::MIN, most) => format!("a whole number of at most {most}"),
                    (least, most) => format!("a whole number from {least} to {most}"),
                };
                self.wrong(key, value, &expected);
                None
            }
        }
    }

    /// A finite number, also as text.
    pub(crate) fn number(&mut self, key: &str) -> Option<f64> {
        let value = self.value(key)?;
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.filter(|number: &f64| number.is_finite());
        if number.is_none() {
            self.wrong(key, value, "a number");
        }
        number
    }

    /// A text; numbers and booleans are taken as their text.
    pub fn text(&mut self, key: &str) -> Option<String> {
        let value = self.value(key)?;
        let text = scalar_text(value);
        if text.is_none() {
            self.wrong(key, value, "a text");
        }
        text
    }

    /// A list of texts: an array of scalars, or one text that is split at commas.
    pub fn texts(&mut self, key: &str) -> Option<Vec<String>> {
        let value = self.value(key)?;
        let texts = match value {
            Value::Array(values) => values.iter().map(scalar_text).collect(),
            Value::String(text) => Some(
                text.split(',')
                    .map(|part| part.trim().to_owned())
                    .filter(|p| !p.is_empty())
                    .collect(),
            ),
            _ => None,
        };
        if texts.is_none() {
            self.wrong(key, value, "a list of texts");
        }
        texts
    }

    /// One of `choices`, in any letter case; answers the choice as listed.
    pub fn choice(&mut self, key: &str, choices: &[&'static str]) -> Option<&'static str> {
        let value = self.value(key)?;
        let found = scalar_text(value)
            .and_then(|text| choices.iter().find(|c| c.eq_ignore_ascii_case(text.trim())).copied());
        if found.is_none() {
            let expected = format!("one of {}", choices.join(", "));
            let hint =
                scalar_text(value).and_then(|text| did_you_mean(&text, choices.iter().copied()));
            let mut problem = self.wrong_problem(key, value, &expected);
            problem.hint = hint.map(|hint| format!("did you mean `{hint}`?"));
            self.push(problem);
        }
        found
    }

    /// Adds the error that `value` is not what `key` takes.
    pub fn wrong(&mut self, key: &str, value: &Value, expected: &str) {
        let problem = self.wrong_problem(key, value, expected);
        self.push(problem);
    }

    fn wrong_problem(&self, key: &str, value: &Value, expected: &str) -> Problem {
        let message = format!("`{key}` is {}, expected {expected}", shown(value));
        Problem::error("wrong_value", self.pointer_of(key), message)
    }
}
