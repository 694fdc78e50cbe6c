//! Java `DateTimeFormatter` patterns: compiled once, written per cell, read back for bounds.
//!
//! Letters, counts, quotes and brackets are those of Java 17, with `Locale.US` and the zone
//! `ZoneOffset.UTC`; `golden.txt`, made by `Golden.java`, holds what Java itself writes. Deviations:
//! a text wider than its padding (`ppyyyy`) is written as it is, where Java fails; brackets close
//! at the end of the pattern, as in Java. `F` is what Java 17 writes (day within seven-day groups),
//! which later versions changed. `YYYY` is the week-based year: 2024-12-30 prints 2025.
//!
//! | file | does |
//! |---|---|
//! | `part` | what a pattern consists of |
//! | `names` | English names of months, weekdays and so on |
//! | `compile` | pattern text to parts; a new letter goes here and into `part` |
//! | `moment` | an instant to the fields that parts name |
//! | `format` | parts and a moment to text |
//! | `read` | text to field values |
//! | `resolve` | field values to an instant |

mod compile;
mod format;
mod moment;
mod names;
mod part;
mod read;
mod resolve;

use self::{format::Program, moment::Moment, part::Part};
use super::{iso, text};

/// The pattern of a field that gives none.
pub const DEFAULT_PATTERN: &str = "yyyy-MM-dd HH:mm:ss";

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: Box<str>,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    /// The empty pattern.
    IsoInstant,
    Parts {
        parts: Vec<Part>,
        program: Program,
    },
}

/// Why a pattern was refused. Positions count characters from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// The pattern is longer than any sensible one.
    #[error("the pattern has {length} characters, expected at most {limit}")]
    TooLong {
        /// Characters of the pattern.
        length: usize,
        /// Characters allowed.
        limit: usize,
    },
    /// A letter without a meaning.
    #[error(
        "unknown letter `{letter}` at character {position}, \
         expected text in quotes (`'{letter}'`) or a letter of Java's `DateTimeFormatter`"
    )]
    UnknownLetter {
        /// The letter.
        letter: char,
        /// Where it stands.
        position: usize,
    },
    /// A letter that is repeated too often, or not as often as it should be.
    #[error("`{letter}` is written {count} times at character {position}, expected {expected}")]
    Count {
        /// The letter.
        letter: char,
        /// How often it stands there.
        count: usize,
        /// Where it stands first.
        position: usize,
        /// The counts it takes.
        expected: &'static str,
    },
    /// A character that Java keeps for later.
    #[error(
        "`{character}` at character {position} is reserved, expected it in quotes (`'{character}'`)"
    )]
    Reserved {
        /// The character.
        character: char,
        /// Where it stands.
        position: usize,
    },
    /// A quote without its partner.
    #[error(
        "the quote at character {position} is never closed, \
         expected a second one (a quote itself is written `''`)"
    )]
    Unquoted {
        /// Where the quote stands.
        position: usize,
    },
    /// A closing bracket without an opening one.
    #[error("`]` at character {position} closes nothing, expected `[` before it or quotes (`']'`)")]
    Unopened {
        /// Where the bracket stands.
        position: usize,
    },
    /// Padding without a letter to pad.
    #[error("`p` at character {position} pads nothing, expected a letter after it, as in `ppH`")]
    Padding {
        /// Where the first `p` stands.
        position: usize,
    },
}

pub use read::ReadError;

impl Pattern {
    /// Compiles a pattern. The empty one is [`iso_instant`](Self::iso_instant).
    ///
    /// # Errors
    /// When Java would refuse the pattern, or it has more than 256 characters.
    pub fn compile(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Ok(Self::iso_instant());
        }
        let parts = compile::compile(text)?;
        let program = Program::new(&parts);
        Ok(Self { text: text.into(), kind: Kind::Parts { parts, program } })
    }

    /// `yyyy-MM-ddTHH:mm:ssZ`, with `.SSS` or `.SSSSSS` when the fraction is not zero.
    pub fn iso_instant() -> Self {
        Self { text: "".into(), kind: Kind::IsoInstant }
    }

    /// The pattern as the user wrote it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Appends an instant (microseconds, UTC) to `out`: at most a few kilobytes, usually 20 bytes.
    #[inline]
    pub fn format(&self, micros: i64, out: &mut Vec<u8>) {
        match &self.kind {
            Kind::IsoInstant => text::iso_instant(micros, out),
            Kind::Parts { parts, program } => {
                let moment = Moment::at(micros);
                if Program::covers(&moment) {
                    program.write(&moment, out);
                } else {
                    format::write_all(parts, &moment, out);
                }
            }
        }
    }

    /// Reads an instant (microseconds, UTC) written in this pattern.
    ///
    /// Letter case does not matter, blanks do. An offset or zone in the text is applied. What the
    /// text leaves open is the first possible one from 1970-01-01T00:00:00 on; what it says twice,
    /// such as the weekday beside the date, must agree. Digits beyond microseconds are cut.
    ///
    /// # Errors
    /// When the text does not follow the pattern, contradicts itself, or names what does not exist.
    pub fn parse(&self, text: &str) -> Result<i64, ReadError> {
        match &self.kind {
            Kind::IsoInstant => {
                iso::read(text).map_err(|_| ReadError::Iso)?.instant().ok_or(ReadError::Range)
            }
            Kind::Parts { parts, .. } => resolve::instant(&read::read(parts, text)?),
        }
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::calendar::parse_instant;

    fn compile(pattern: &str) -> Pattern {
        Pattern::compile(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"))
    }

    fn written(pattern: &Pattern, micros: i64) -> String {
        let mut out = b"kept ".to_vec();
        pattern.format(micros, &mut out);
        String::from_utf8(out).unwrap().strip_prefix("kept ").unwrap().to_owned()
    }

    fn instant(iso: &str) -> i64 {
        parse_instant(iso).unwrap()
    }

    /// Java's short form of a far year has no sign rule of ours: `+12345-09-30T...`.
    #[test]
    fn java_writes_the_same_and_refuses_the_same() {
        let mut lines = include_str!("golden.txt").lines();
        let instants: Vec<_> = lines.next().unwrap().split('\t').map(instant).collect();
        let mut compared = 0;
        for line in lines {
            let (pattern, expected) = line.split_once('\t').unwrap();
            if expected == "!" {
                assert!(Pattern::compile(pattern).is_err(), "Java refuses `{pattern}`");
                continue;
            }
            let compiled = compile(pattern);
            for (micros, expected) in instants.iter().zip(expected.split('\t')) {
                assert_eq!(written(&compiled, *micros), expected, "`{pattern}` at {micros}");
                compared += 1;
            }
        }
        assert!(compared > 1_000, "only {compared} texts compared");
    }

    #[test]
    fn shipped_models_read_as_documented() {
        let pattern = compile("yyyy_MM_dd-K a mm:ss.SSS ZZZ");
        for (text, expected) in [
            ("2024_02_14-7 am 31:53.000 +0000", "2024-02-14T07:31:53Z"),
            ("2024_03_14-7 pm 31:53.050 +0330", "2024-03-14T19:31:53.050+03:30"),
            ("2024_02_14-11 PM 56:59.000 +0000", "2024-02-14T23:56:59Z"),
        ] {
            assert_eq!(pattern.parse(text), Ok(instant(expected)), "{text}");
        }
        let pattern = compile("EEEE',' dd 'of' LLLL YYYY, 'at' h a");
        let text = "Wednesday, 14 of February 2024, at 1 PM";
        assert_eq!(written(&pattern, instant("2024-02-14T13:56:59Z")), text);
        assert_eq!(pattern.parse(text), Ok(instant("2024-02-14T13:00:00Z")));
    }
}
