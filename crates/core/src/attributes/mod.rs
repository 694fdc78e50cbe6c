//! Attributes: what a component accepts, declared once, and its typed reading from JSON.
//!
//! A field type, format or connector lists its [`Attribute`]s; from that list follow the check of what
//! a user wrote, the defaults, the did-you-mean, and the pages that `datagen fields` and
//! `datagen connectors` print. The reader is lenient as the reference is (numbers and booleans may
//! be given as text) and never stops at the first fault: it adds to
//! [`Problems`](crate::problems::Problems).
//!
//! Knows nothing of what the attributes mean, but for two things that concern everybody: whether a value is a
//! [secret](Attribute::secret), and whether it names [hosts](Attribute::hosts) that are connected to.

mod reader;
mod settings;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use self::reader::Reader;
pub use self::settings::Settings;
use crate::problems::excerpt;

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
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("the text `{}`", excerpt(text)),
        Value::Array(values) => format!("a list of {}", values.len()),
        Value::Object(_) => "an object".to_owned(),
        other => format!("`{}`", excerpt(&other.to_string())),
    }
}

/// A text as a whole number of 64 bits, where it is one: `5`, ` 5 `, `5.0` or `5e3`. No digit is lost on the way.
pub(crate) fn whole_number(text: &str) -> Option<i64> {
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
