//! Text to field values: the mirror of `format`, one pass, no search but that of brackets.
//!
//! Knows nothing of what the values mean together; that is `resolve`'s.

use super::part::{Field, Names, Part, Sign, Style};
use crate::calendar::iso::{Fault, Scanner};
use crate::problems::excerpt;

/// Why a text is not an instant in a pattern. Positions count characters from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ReadError {
    /// The text leaves the pattern.
    #[error("found {} at character {position}, expected {expected}", shown(found))]
    Mismatch {
        /// The beginning of what stands there; empty at the end of the text.
        found: String,
        /// Where it stands.
        position: usize,
        /// What the pattern has there.
        expected: String,
    },
    /// A number that its field cannot be.
    #[error("the {field} is {value}, expected {min} to {max}")]
    Value {
        /// The field.
        field: &'static str,
        /// The number found.
        value: i64,
        /// The smallest one allowed.
        min: i64,
        /// The largest one allowed.
        max: i64,
    },
    /// A name that stands for more than one value.
    #[error("the {field} `{found}` can mean several, expected a pattern with longer names")]
    Ambiguous {
        /// The field.
        field: &'static str,
        /// The name found.
        found: &'static str,
    },
    /// The same field is given twice, with different values.
    #[error("the {field} is both {first} and {second}, expected one value")]
    Twice {
        /// The field.
        field: &'static str,
        /// Its first value.
        first: i64,
        /// Its second value.
        second: i64,
    },
    /// There is no date or time with all these values.
    #[error("no {what} has {values}, expected values that exist together")]
    Conflict {
        /// `date` or `time`.
        what: &'static str,
        /// The values, as in `month 2, day 30`.
        values: String,
    },
    /// The pattern is the ISO instant, and the text is not.
    #[error("expected `yyyy-MM-ddTHH:mm:ssZ`")]
    Iso,
    /// The instant exists but cannot be held.
    #[error("the instant is too far away, expected a year from -290307 to 294246")]
    Range,
}

fn shown(found: &str) -> String {
    if found.is_empty() { "the end".to_owned() } else { format!("`{found}`") }
}

/// The values that a text gives.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    /// Each field at most once, in the order of the text.
    pub(super) fields: Vec<(Field, i64)>,
    pub(super) offset_seconds: Option<i32>,
}

impl Values {
    pub(super) fn get(&self, field: Field) -> Option<i64> {
        self.fields.iter().find(|(known, _)| *known == field).map(|(_, value)| *value)
    }

    fn set(&mut self, field: Field, value: i64) -> Result<(), ReadError> {
        let (min, max) = field.range();
        if !(min..=max).contains(&value) {
            return Err(ReadError::Value { field: field.name(), value, min, max });
        }
        match self.get(field) {
            Some(first) if first != value => {
                Err(ReadError::Twice { field: field.name(), first, second: value })
            }
            Some(_) => Ok(()),
            None => {
                self.fields.push((field, value));
                Ok(())
            }
        }
    }
}

/// Reads the whole of `text`.
pub(super) fn read(parts: &[Part], text: &str) -> Result<Values, ReadError> {
    let mut reader = Reader { text, at: 0, values: Values::default() };
    reader.parts(parts)?;
    if reader.at < text.len() {
        return Err(reader.mismatch("the end"));
    }
    Ok(reader.values)
}

struct Reader<'a> {
    text: &'a str,
    /// Bytes read; always between two characters.
    at: usize,
    values: Values,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn mismatch(&self, expected: impl Into<String>) -> ReadError {
        ReadError::Mismatch {
            found: excerpt(self.rest()),
            position: self.text[..self.at].chars().count() + 1,
            expected: expected.into(),
        }
    }

    fn parts(&mut self, parts: &[Part]) -> Result<(), ReadError> {
        for (index, part) in parts.iter().enumerate() {
            self.part(part, &parts[index + 1..])?;
        }
        Ok(())
    }

    fn part(&mut self, part: &Part, following: &[Part]) -> Result<(), ReadError> {
        match part {
            Part::Literal(literal) => {
                if !self.take(literal) {
                    return Err(self.mismatch(format!("`{}`", excerpt(literal))));
                }
            }
            Part::Number { field, min, max, sign } => {
                let value = self.number(*field, *min, *max, *sign, following)?;
                // Nanoseconds are cut to microseconds, as every instant is.
                let cut = matches!(field, Field::NanoOfSecond | Field::NanoOfDay);
                self.values.set(*field, if cut { value - value % 1_000 } else { value })?;
            }
            Part::TwoDigits(field) => {
                let value = self.number(*field, 2, 2, Sign::Never, following)?;
                self.values.set(*field, 2_000 + value)?;
            }
            Part::Fraction(digits) => {
                let value = self.number(Field::Micro, *digits, *digits, Sign::Never, following)?;
                let nanos = value * 10_i64.pow(9 - u32::from(*digits));
                self.values.set(Field::Micro, nanos / 1_000)?;
            }
            Part::Name(names, style) => self.name(*names, *style)?,
            Part::Zone(_) => self.zone()?,
            Part::Padded { part, .. } => {
                self.at += self.rest().len() - self.rest().trim_start_matches(' ').len();
                self.part(part, following)?;
            }
            Part::Section(parts) => {
                let before = (self.at, self.values.clone());
                if self.parts(parts).is_err() {
                    (self.at, self.values) = before;
                }
            }
        }
        Ok(())
    }

    /// Takes `expected` if it comes next in any letter case.
    fn take(&mut self, expected: &str) -> bool {
        let found = self.rest().get(..expected.len());
        let same = found.is_some_and(|found| found.eq_ignore_ascii_case(expected));
        if same {
            self.at += expected.len();
        }
        same
    }

    /// Takes a number of `min` to `max` digits, leaving what adjacent numbers of constant width need.
    fn number(
        &mut self,
        field: Field,
        min: u8,
        max: u8,
        sign: Sign,
        following: &[Part],
    ) -> Result<i64, ReadError> {
        let (min, max) = (usize::from(min), usize::from(max));
        let bytes = self.rest().as_bytes();
        let signed = match bytes.first() {
            Some(b'-') => sign != Sign::Never,
            Some(b'+') => sign == Sign::ExceedsPad,
            _ => false,
        };
        let digits = &bytes[usize::from(signed)..];
        let present = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let reserved: usize = following.iter().map_while(constant_width).sum();
        let count = if min == max { min } else { present.saturating_sub(reserved).clamp(min, max) };
        if present < count {
            let width = if min == max { format!("{min}") } else { format!("{min} to {max}") };
            return Err(self.mismatch(format!("the {} ({width} digits)", field.name())));
        }
        // At most 19 digits; one beyond i64 is beyond every field's range as well.
        let value = digits[..count].iter().fold(0_i64, |value, digit| {
            value.saturating_mul(10).saturating_add((digit - b'0').into())
        });
        let negative = signed && bytes[0] == b'-';
        self.at += usize::from(signed) + count;
        Ok(if negative { -value } else { value })
    }

    fn name(&mut self, names: Names, style: Style) -> Result<(), ReadError> {
        let table = names.table(style);
        let starts = |name: &&str| {
            self.rest().get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
        };
        // The longest: `n` must not hide a longer name that begins with it.
        let Some(found) = table.iter().copied().filter(starts).max_by_key(|name| name.len()) else {
            let (first, last) = (table[0], table[table.len() - 1]);
            let between = if table.len() == 2 { "or" } else { "to" };
            let field = names.field().name();
            return Err(self.mismatch(format!("the {field}, `{first}` {between} `{last}`")));
        };
        if table.iter().filter(|name| **name == found).count() > 1 {
            return Err(ReadError::Ambiguous { field: names.field().name(), found });
        }
        self.at += found.len();
        let index = table.iter().position(|name| *name == found).unwrap_or(0);
        self.values.set(names.field(), names.first() + index as i64)
    }

    /// Takes a zone or an offset in any form that one of the zone letters writes.
    fn zone(&mut self) -> Result<(), ReadError> {
        let named = ["UTC", "GMT", "UT"].into_iter().any(|name| self.take(name));
        if named && !self.rest().starts_with(['+', '-']) {
            return self.offset(0);
        }
        let mut scanner = Scanner::new(self.rest());
        let read = if named { scanner.short_offset() } else { scanner.offset() };
        let length = self.rest().len() - scanner.rest.len();
        match read {
            Ok(seconds) => {
                self.at += length;
                self.offset(seconds)
            }
            Err(Fault::Offset) => Err(self.mismatch("an offset of at most 18 hours")),
            Err(_) => Err(self.mismatch("`Z` or an offset such as `+02:00`")),
        }
    }

    fn offset(&mut self, seconds: i32) -> Result<(), ReadError> {
        match self.values.offset_seconds.replace(seconds) {
            Some(first) if first != seconds => Err(ReadError::Twice {
                field: "offset in seconds",
                first: first.into(),
                second: seconds.into(),
            }),
            _ => Ok(()),
        }
    }
}

/// The digits of a number that always has the same count of them; `None` for any other part.
fn constant_width(part: &Part) -> Option<usize> {
    match part {
        Part::Number { min, max, sign: Sign::Never, .. } if min == max => Some((*min).into()),
        Part::TwoDigits(_) => Some(2),
        Part::Fraction(digits) => Some((*digits).into()),
        _ => None,
    }
}
