//! Reads the lines of a computed field from its JSON.

use serde_json::{Map, Value};

use super::condition::{self, Condition};
use super::formula::Formula;
use super::link;
use super::reference::{References, Report, place};
use super::template::{self, Template};
use super::{Expression, FieldPointer, Parsed};
use crate::problems::{Problem, Problems, excerpt, pointer_segment};

/// Bytes that a condition line, a formula or a link may have.
pub(super) const MOST_SOURCE_BYTES: usize = 64 << 10;
/// Lines that a field may have.
const MOST_LINES: usize = 10_000;

/// The attributes that make a field computed, in the order of precedence.
const KINDS: [&str; 4] = ["conditionals", "formula", "injection", "link"];

/// One line: when it holds, and its value.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Where the line stands: a JSON pointer below the field.
    pub(super) pointer: String,
    /// `None` = always.
    pub(super) condition: Option<Condition>,
    pub(super) value: LineValue,
}

impl Line {
    /// Whether it passes on an input, whatever the row.
    pub(super) fn is_link(&self) -> bool {
        self.condition.is_none() && matches!(self.value, LineValue::Link(_))
    }
}

/// What a line gives.
#[derive(Debug, Clone)]
pub(super) enum LineValue {
    /// Literal text, or null.
    Literal(Option<String>),
    Injection(Template),
    /// Index of the input that is passed on.
    Link(usize),
    Formula(Formula),
}

/// The contract is [`parse`](super::parse).
pub(super) fn parse(
    attributes: &Map<String, Value>,
    place: FieldPointer<'_>,
    problems: &mut Problems,
) -> Parsed {
    let mut given = KINDS.into_iter().filter(|kind| attributes.get(*kind).is_some_and(is_given));
    let Some(kind) = given.next() else { return Parsed::None };
    let errors = problems.errors();
    for ignored in given {
        let pointer = format!("{}/{ignored}", place.pointer);
        let message = format!("`{ignored}` has no effect beside `{kind}`");
        let problem = Problem::warning("ignored_expression", pointer, message);
        problems.push(problem.field(place.field));
    }
    let mut reading = Reading { place, references: References::new(kind), problems };
    let value = &attributes[kind];
    let at = format!("/{kind}");
    let lines = if kind == "conditionals" {
        reading.conditionals(value, &at)
    } else {
        let line = reading.value(kind, value, &at);
        line.map(|value| vec![Line { pointer: at, condition: None, value }])
    };
    let references = reading.references;
    match lines {
        Some(lines) if problems.errors() == errors => {
            Parsed::Expression(Expression { lines, references })
        }
        _ => Parsed::Wrong,
    }
}

/// Whether an attribute says anything: empty texts and objects and null do not.
fn is_given(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Object(lines) => !lines.is_empty(),
        _ => true,
    }
}

/// The text of a scalar, as the reference reads any of them.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

struct Reading<'a> {
    place: FieldPointer<'a>,
    references: References,
    problems: &'a mut Problems,
}

impl Reading<'_> {
    fn report(&mut self, pointer: &str) -> Report<'_> {
        let pointer = format!("{}{pointer}", self.place.pointer);
        Report { pointer, field: self.place.field, problems: self.problems }
    }

    fn conditionals(&mut self, value: &Value, pointer: &str) -> Option<Vec<Line>> {
        let Some(object) = value.as_object() else {
            let message = "`conditionals` must be an object of condition lines".to_owned();
            self.report(pointer).error("conditionals_form", message, None);
            return None;
        };
        if object.len() > MOST_LINES {
            let message = format!("{} lines, at most {MOST_LINES} are allowed", object.len());
            self.report(pointer).error("too_many_lines", message, None);
            return None;
        }
        let mut lines = Vec::new();
        let mut always: Option<&str> = None;
        for (key, value) in object {
            let at = format!("{pointer}/{}", pointer_segment(key));
            if let Some(always) = always {
                let message = format!("line `{}` is never reached", excerpt(key));
                let hint = format!("the line `{}` before it always holds", excerpt(always));
                self.report(&at).warning("unreachable_line", message, Some(&hint));
            }
            let line = self.line(key, value, &at);
            if line.as_ref().is_some_and(|line| line.condition.is_none()) {
                always = always.or(Some(key));
            }
            lines.extend(line);
        }
        if always.is_none() {
            let message = "no `default` line: rows for which no line holds are null".to_owned();
            self.report(pointer).warning("no_default_line", message, None);
        }
        Some(lines)
    }

    fn line(&mut self, key: &str, value: &Value, pointer: &str) -> Option<Line> {
        let special = key.trim().to_ascii_lowercase();
        if ["formula", "injection", "link"].contains(&special.as_str()) {
            let value = self.value(&special, value, pointer)?;
            return Some(Line { pointer: pointer.to_owned(), condition: None, value });
        }
        let text = scalar(value);
        if text.is_none() && !value.is_null() {
            let message = format!("the value of line `{}` must be a text", excerpt(key));
            self.report(pointer).error("line_value", message, None);
        }
        let value = LineValue::Literal(text);
        if special == "default" {
            return Some(Line { pointer: pointer.to_owned(), condition: None, value });
        }
        let condition = Some(self.condition(key, pointer)?);
        Some(Line { pointer: pointer.to_owned(), condition, value })
    }

    fn condition(&mut self, text: &str, pointer: &str) -> Option<Condition> {
        if !self.fits("condition", text, pointer) {
            return None;
        }
        match condition::parse(text, &mut self.references) {
            Ok(condition) => Some(condition),
            Err(error) => {
                let place = place(text, error.offset);
                let message = format!("condition `{}`, {place}: {}", excerpt(text), error.message);
                let hint = "write `$field=value`, joined by `&` or `|`: `datagen help expressions`";
                self.report(pointer).error("condition_syntax", message, Some(hint));
                None
            }
        }
    }

    fn fits(&mut self, what: &str, text: &str, pointer: &str) -> bool {
        if text.len() > MOST_SOURCE_BYTES {
            let message =
                format!("{what} of {} bytes, at most {MOST_SOURCE_BYTES} are allowed", text.len());
            self.report(pointer).error("too_long", message, None);
        }
        text.len() <= MOST_SOURCE_BYTES
    }

    fn value(&mut self, kind: &str, value: &Value, pointer: &str) -> Option<LineValue> {
        let Some(text) = scalar(value) else {
            let message = format!("`{kind}` must be a text");
            self.report(pointer).error("expression_form", message, None);
            return None;
        };
        if !self.fits(kind, &text, pointer) {
            return None;
        }
        match kind {
            "injection" => match Template::parse(&text, &mut self.references) {
                Ok(template) => Some(LineValue::Injection(template)),
                Err(offset) => {
                    let message = format!("{}, {}", template::unnamed(&text), place(&text, offset));
                    self.report(pointer).error("injection_syntax", message, None);
                    None
                }
            },
            "link" => match link::parse(&text) {
                Ok((field, sub_value)) => {
                    Some(LineValue::Link(self.references.sub_value(field, sub_value)))
                }
                Err(message) => {
                    let message = format!("link `{}`: {message}", excerpt(&text));
                    self.report(pointer).error("link_syntax", message, None);
                    None
                }
            },
            _ => match Formula::parse(&text, &mut self.references) {
                Ok(formula) => {
                    for warning in formula.warnings() {
                        let message = format!("formula: {warning}");
                        self.report(pointer).warning("formula", message, None);
                    }
                    Some(LineValue::Formula(formula))
                }
                Err(error) => {
                    let message = format!(
                        "formula `{}`, {}: {}",
                        excerpt(&text.split_whitespace().collect::<Vec<_>>().join(" ")),
                        place(&text, error.offset),
                        error.message
                    );
                    self.report(pointer).error("formula_syntax", message, error.hint.as_deref());
                    None
                }
            },
        }
    }
}
