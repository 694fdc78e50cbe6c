//! Attributes: what a component accepts, declared once, and its typed reading from JSON.
//!
//! A field type, format or connector lists its [`Attribute`]s; from that list follow the check of what
//! a user wrote, the defaults, the did-you-mean, and the pages that `datagen fields` and
//! `datagen connectors` print. The reader is lenient as the reference is (numbers and booleans may
//! be given as text) and never stops at the first fault: it adds to [`Problems`].
//!
//! Knows nothing of what the attributes mean, but for two things that concern everybody: whether a value is a
//! [secret](Attribute::secret), and whether it names [hosts](Attribute::hosts) that are connected to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::problems::{Problem, Problems, did_you_mean, excerpt, pointer_segment};
use crate::reach::Reach;
use crate::secrets::Secret;

/// One key that a component accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    /// The key as documented.
    pub name: &'static str,
    /// What it holds, in words: `integer`, `number`, `boolean`, `text`, `list of texts`, …
    pub kind: &'static str,
    /// What holds when it is absent, as documented; empty when nothing does.
    pub default: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// Whether nobody may be shown its value, nor find it in a file: it is read by [`Reader::secret`].
    pub secret: bool,
    /// Whether its value names hosts that are connected to: an operator says which ones a server may reach.
    pub hosts: bool,
    /// What it has to do with logging in there, beside secrets.
    pub login: Login,
    /// Other names that it is known by.
    pub also: &'static [&'static str],
}

/// What a setting has to do with logging in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Login {
    /// Nothing, or it is the secret itself.
    #[default]
    Nothing,
    /// It says who logs in. What an operator sets goes to the operator's own hosts only, as secrets do.
    Chooses,
    /// It protects logins on their way: encryption, and whose certificates count. Whoever sets it in another way than
    /// the operator brings a login of their own.
    Protects,
}

impl Attribute {
    /// An optional key.
    pub const fn new(
        name: &'static str,
        kind: &'static str,
        default: &'static str,
        doc: &'static str,
    ) -> Self {
        Self {
            name,
            kind,
            default,
            doc,
            secret: false,
            hosts: false,
            login: Login::Nothing,
            also: &[],
        }
    }

    /// The same, of a value that nobody may be shown.
    #[must_use]
    pub const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// The same, of a value that names hosts.
    #[must_use]
    pub const fn hosts(self) -> Self {
        Self { hosts: true, ..self }
    }

    /// The same, of a value that says who logs in.
    #[must_use]
    pub const fn login(self) -> Self {
        Self { login: Login::Chooses, ..self }
    }

    /// The same, of a value that protects logins on their way.
    #[must_use]
    pub const fn protects(self) -> Self {
        Self { login: Login::Protects, ..self }
    }

    /// The same, known by other names too.
    #[must_use]
    pub const fn also(self, names: &'static [&'static str]) -> Self {
        Self { also: names, ..self }
    }

    /// What it holds, in words, for listings.
    pub fn shown_kind(&self) -> String {
        if self.secret { format!("{} (secret)", self.kind) } else { self.kind.to_owned() }
    }
}

/// The settings of a command's outputs: `Table_Names`, `Options` and the overrides of one call, merged.
///
/// Keys are upper case. Where a value came from is kept, so that a message can point at it. Values that are
/// secrets are kept apart as soon as [`hide`](Self::hide) has told them from the others.
#[derive(Clone, Default, PartialEq)]
pub struct Settings {
    values: Map<String, Value>,
    secrets: BTreeMap<String, Secret>,
    pointers: BTreeMap<String, String>,
    /// The keys that an operator has set.
    operators: BTreeSet<String>,
    /// What may be connected to where the model or the call says so.
    reach: Reach,
}

/// Without values: what is a secret may not be known yet.
impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Settings").field("pointers", &self.pointers).finish_non_exhaustive()
    }
}

impl Settings {
    /// Sets `key`, found at `pointer`; a later value wins over an earlier one.
    pub fn set(&mut self, key: &str, value: Value, pointer: impl Into<String>) {
        let key = key.trim().to_uppercase();
        self.secrets.remove(&key);
        self.operators.remove(&key);
        self.pointers.insert(key.clone(), pointer.into());
        self.values.insert(key, value);
    }

    /// Sets `key` to a secret, found at `pointer`; a later value wins over an earlier one.
    pub fn set_secret(&mut self, key: &str, secret: Secret, pointer: impl Into<String>) {
        let key = key.trim().to_uppercase();
        self.values.shift_remove(&key);
        self.operators.remove(&key);
        self.pointers.insert(key.clone(), pointer.into());
        self.secrets.insert(key, secret);
    }

    /// Says what the model and the call may have connected to.
    pub fn set_reach(&mut self, reach: Reach) {
        self.reach = reach;
    }

    /// Says that what `key` is set to now is its operator's word.
    pub fn trust(&mut self, key: &str) {
        self.operators.insert(key.trim().to_uppercase());
    }

    /// Whether `key` (upper case) is set to what an operator says.
    pub fn is_operators(&self, key: &str) -> bool {
        self.operators.contains(key)
    }

    /// Keeps the values of the keys that `is_secret` names apart from all others: from now on nothing but
    /// [`Reader::secret`] reads them.
    pub fn hide(&mut self, is_secret: impl Fn(&str) -> bool) {
        let keys: Vec<String> = self.values.keys().filter(|key| is_secret(key)).cloned().collect();
        for key in keys {
            if let Some(text) = self.values.shift_remove(&key).and_then(into_text) {
                self.secrets.insert(key, Secret::new(text));
            }
        }
    }

    /// The value of `key` (upper case), where it is set and no secret.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// The secret `key` (upper case), where it is set.
    pub fn secret(&self, key: &str) -> Option<&Secret> {
        self.secrets.get(key)
    }

    /// The secrets with their keys.
    pub fn secrets(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.secrets.iter().map(|(key, secret)| (key.as_str(), secret))
    }

    /// Calls what is set as `key` (upper case) by the name `name`, unless that is set itself.
    pub fn rename(&mut self, key: &str, name: &str) {
        let pointer = self.pointer(key).to_owned();
        let (value, secret) = (self.values.shift_remove(key), self.secrets.remove(key));
        if self.values.contains_key(name) || self.secrets.contains_key(name) {
            return;
        }
        match (value, secret) {
            (_, Some(secret)) => self.set_secret(name, secret, pointer),
            (Some(value), None) => self.set(name, value, pointer),
            (None, None) => {}
        }
    }

    /// Forgets what counts as not set: `null`, and blank texts.
    pub fn drop_blanks(&mut self) {
        let is_blank = |value: &Value| {
            value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
        };
        self.values.retain(|_, value| !is_blank(value));
        self.secrets.retain(|_, secret| !secret.is_blank());
    }

    /// Forgets `key` (upper case).
    pub fn remove(&mut self, key: &str) {
        self.values.shift_remove(key);
        self.secrets.remove(key);
        self.operators.remove(key);
    }

    /// A copy of what `attributes` name: a model may hold any number of others.
    #[must_use]
    pub fn of_attributes(&self, attributes: &[Attribute]) -> Self {
        let mut own = Self { reach: self.reach.clone(), ..Self::default() };
        for name in attributes.iter().map(|attribute| attribute.name) {
            let key = || name.to_owned();
            own.values.extend(self.values.get(name).map(|value| (key(), value.clone())));
            own.secrets.extend(self.secrets.get(name).map(|secret| (key(), secret.clone())));
            own.pointers.extend(self.pointers.get(name).map(|pointer| (key(), pointer.clone())));
            own.operators.extend(self.operators.get(name).cloned());
        }
        own
    }

    /// Puts `stronger` settings over these: where both say something, they count.
    pub fn lay_over(&mut self, mut stronger: Self) {
        for (key, value) in std::mem::take(&mut stronger.values) {
            let pointer = stronger.pointers.remove(&key).unwrap_or_default();
            self.set(&key, value, pointer);
        }
        for (key, secret) in std::mem::take(&mut stronger.secrets) {
            let pointer = stronger.pointers.remove(&key).unwrap_or_default();
            self.set_secret(&key, secret, pointer);
        }
        // Where something stood that counts as not set, a message may point.
        for (key, pointer) in stronger.pointers {
            self.pointers.entry(key).or_insert(pointer);
        }
        self.operators.append(&mut stronger.operators);
    }

    /// All keys, in the order of their first setting; those of secrets are the last.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().chain(self.secrets.keys()).map(String::as_str)
    }

    /// Where `key` was set: a JSON pointer, or the name of the parameter.
    pub fn pointer(&self, key: &str) -> &str {
        self.pointers.get(key).map_or("", String::as_str)
    }

    /// A reader of these settings.
    pub fn reader<'a>(&'a self, problems: &'a mut Problems) -> Reader<'a> {
        Reader {
            object: &self.values,
            pointer: "/Options",
            pointers: Some(&self.pointers),
            settings: Some(self),
            field: None,
            problems,
        }
    }
}

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
    pub fn new(
        object: &'a Map<String, Value>,
        pointer: &'a str,
        field: Option<&'a str>,
        problems: &'a mut Problems,
    ) -> Self {
        Self { object, pointer, pointers: None, settings: None, field, problems }
    }

    /// The whole object, for what has no accessor here.
    pub fn object(&self) -> &'a Map<String, Value> {
        self.object
    }

    /// The name of the field that is read, empty for none.
    pub fn field(&self) -> &'a str {
        self.field.unwrap_or_default()
    }

    /// The pointer of the object, the name of the field and the findings: for what reads the object in its own way.
    pub fn parts(&mut self) -> (&'a str, &'a str, &mut Problems) {
        (self.pointer, self.field(), self.problems)
    }

    /// The JSON pointer of `key`.
    pub fn pointer_of(&self, key: &str) -> String {
        match self.pointers.and_then(|pointers| pointers.get(key)) {
            Some(pointer) => pointer.clone(),
            None => format!("{}/{}", self.pointer, pointer_segment(key)),
        }
    }

    /// The JSON pointer of an entry of the list at `key`; of `key` itself where the list is one text.
    pub fn pointer_of_entry(&self, key: &str, index: usize) -> String {
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
    pub fn push(&mut self, mut problem: Problem) {
        if problem.field.is_none() {
            problem.field = self.field.map(str::to_owned);
        }
        self.problems.push(problem);
    }

    /// Whether further warnings are kept.
    pub fn has_room_for_warnings(&self) -> bool {
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
    pub fn number(&mut self, key: &str) -> Option<f64> {
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

    /// Warns of keys that no list in `known` declares, with a did-you-mean.
    pub fn warn_unknown(&mut self, known: &[&[Attribute]]) {
        let names = || known.iter().copied().flatten().map(|attribute| attribute.name);
        for key in self.object.keys() {
            if names().any(|name| name == key) {
                continue;
            }
            if !self.has_room_for_warnings() {
                break;
            }
            let mut problem = Problem::warning(
                "unknown_attribute",
                self.pointer_of(key),
                format!("unknown attribute `{}` has no effect", excerpt(key)),
            );
            if let Some(name) = did_you_mean(key, names()) {
                problem = problem.hint(format!("did you mean `{name}`?"));
            }
            self.push(problem);
        }
    }
}

/// What a setting says, as one text: of a list its entries with commas between them.
fn into_text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Array(values) => {
            let texts: Option<Vec<String>> = values.into_iter().map(into_text).collect();
            texts.map(|texts| texts.join(","))
        }
        other => scalar_text(&other),
    }
}

/// A scalar as text, as the reference coerces it.
pub fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A value as a message quotes it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("the text `{}`", excerpt(text)),
        Value::Array(values) => format!("a list of {}", values.len()),
        Value::Object(_) => "an object".to_owned(),
        other => format!("`{}`", excerpt(&other.to_string())),
    }
}

/// A text as a whole number of 64 bits, where it is one: `5`, ` 5 `, `5.0` or `5e3`. No digit is lost on the way.
pub fn whole_number(text: &str) -> Option<i64> {
    /// Digits that an `i128` holds.
    const MOST_DIGITS: usize = 38;
    let text = text.trim();
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().ok()?;
    let (sign, mantissa) = match mantissa.strip_prefix(['-', '+']) {
        Some(rest) => (if mantissa.starts_with('-') { -1 } else { 1 }, rest),
        None => (1, mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let point = i64::try_from(whole.len()).ok()? + i64::from(exponent);
    let digits = digits.trim_end_matches('0');
    let leading = digits.len() - digits.trim_start_matches('0').len();
    let significant = &digits[leading..];
    if significant.is_empty() {
        return Some(0);
    }
    // Digits behind the point are those that are left at the end.
    let zeros = usize::try_from(point - i64::try_from(digits.len()).ok()?).ok()?;
    if significant.len() + zeros > MOST_DIGITS {
        return None;
    }
    let number = format!("{significant}{}", "0".repeat(zeros)).parse::<i128>().ok()?;
    i64::try_from(sign * number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(json: &str, read: impl FnOnce(&mut Reader<'_>) -> T) -> (T, Vec<String>) {
        let object: Map<String, Value> = serde_json::from_str(json).unwrap();
        let mut problems = Problems::default();
        let answer = read(&mut Reader::new(&object, "/Fields/0", Some("age"), &mut problems));
        (answer, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn numbers_and_booleans_may_be_given_as_text() {
        let (answer, problems) = read(r#"{"min": " 5 ", "ghost": "TRUE", "max": 7.0}"#, |reader| {
            (reader.integer("min", 0..=9), reader.boolean("ghost"), reader.integer("max", 0..=9))
        });
        assert_eq!(answer, (Some(5), Some(true), Some(7)));
        assert!(problems.is_empty());
    }

    // Issue 9, F3.
    #[test]
    fn whole_numbers_are_read_to_the_last_digit() {
        for (text, expected) in [
            ("9007199254740993", Some(9_007_199_254_740_993)),
            ("9007199254740993.0", Some(9_007_199_254_740_993)),
            ("-9223372036854775808.000", Some(i64::MIN)),
            ("9223372036854775807e0", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("922337203685477580.7e1", Some(i64::MAX)),
            ("1.5e3", Some(1_500)),
            ("1.5E+1", Some(15)),
            ("150e-1", Some(15)),
            ("15e-1", None),
            ("1.5", None),
            ("0.0e999999999", Some(0)),
            ("1e999999999", None),
            ("1e-999999999", None),
            ("+7", Some(7)),
            (" -0.0 ", Some(0)),
            (".", None),
            ("", None),
            ("-", None),
            ("1e", None),
            ("0x10", None),
            ("inf", None),
        ] {
            assert_eq!(whole_number(text), expected, "{text}");
        }
    }

    #[test]
    fn a_wrong_value_names_place_field_found_and_expected() {
        let ((), problems) = read(r#"{"min": "five", "mode": "fats"}"#, |reader| {
            reader.integer("min", 0..=9);
            reader.choice("mode", &["fast", "slow"]);
        });
        insta::assert_snapshot!(problems.join("\n"), @r"
        /Fields/0/min: field `age`: `min` is the text `five`, expected a whole number from 0 to 9
        /Fields/0/mode: field `age`: `mode` is the text `fats`, expected one of fast, slow (did you mean `fast`?)
        ");
    }

    #[test]
    fn secrets_are_read_as_such_and_never_quoted() {
        let mut settings = Settings::default();
        settings.set("key_password", "hunter2".into(), "/Options/key_password");
        settings.set("BROKERS", "one:9092".into(), "/Options/BROKERS");
        settings.set("PIN", 1234.into(), "PIN");
        settings.hide(|key| ["KEY_PASSWORD", "PIN"].contains(&key));
        assert!(!format!("{settings:?}").contains("hunter2"));
        assert_eq!(settings.keys().collect::<Vec<_>>(), ["BROKERS", "KEY_PASSWORD", "PIN"]);
        let mut problems = Problems::default();
        let mut reader = settings.reader(&mut problems);
        assert!(!format!("{reader:?}").contains("hunter2"));
        assert_eq!(reader.secret("KEY_PASSWORD").unwrap().expose(), "hunter2");
        assert_eq!(reader.secret("PIN").unwrap().expose(), "1234");
        assert!(reader.has("PIN") && reader.secret("OTHER").is_none());
        assert!(reader.text("KEY_PASSWORD").is_none() && reader.boolean("PIN").is_none());
        reader.error("KEY_PASSWORD", "wrong_value", "`KEY_PASSWORD` is refused");
        let told = problems.iter().next().unwrap().to_string();
        assert_eq!(told, "/Options/key_password: `KEY_PASSWORD` is refused");
        // A later value wins, whether it is told from the others yet or not.
        settings.set("PIN", "5".into(), "PIN");
        assert!(settings.secret("PIN").is_none());
        settings.set_secret("pin", Secret::new("6".to_owned()), "PIN");
        assert!(settings.get("PIN").is_none() && settings.secret("PIN").is_some());
    }

    #[test]
    fn an_unknown_key_warns_with_a_guess() {
        let known = [Attribute::new("min", "integer", "0", "Smallest value.")];
        let ((), problems) = read(r#"{"mim": 3}"#, |reader| reader.warn_unknown(&[&known]));
        insta::assert_snapshot!(problems.join("\n"), @"/Fields/0/mim: field `age`: unknown attribute `mim` has no effect (did you mean `min`?)");
    }
}
