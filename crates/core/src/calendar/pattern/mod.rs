//! Java `DateTimeFormatter` patterns: compiled once, written per cell, read back for bounds.
//!
//! Letters, counts, quotes and brackets are those of Java 17, with `Locale.US` and the zone
//! `ZoneOffset.UTC`; `golden.txt`, made by `golden.java`, holds what Java itself writes. Deviations:
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
//! | `format` | parts and a moment to text, right for every instant |
//! | `program` | the same for the years 1 to 9998, fast |
//! | `read` | text to field values |
//! | `resolve` | field values to an instant |
//! | `slips` | valid letters that probably mean something else |

mod compile;
mod format;
mod moment;
mod names;
mod part;
mod program;
mod read;
mod resolve;
mod slips;

use self::{moment::Moment, part::Part, program::Program};
use super::{MICROS_PER_DAY, iso, text};

/// The pattern of a field that gives none.
pub(crate) const DEFAULT_PATTERN: &str = "yyyy-MM-dd HH:mm:ss";

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
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
        /// Whether this is [`DEFAULT_PATTERN`], which has a writer of its own.
        is_default: bool,
    },
}

/// 0001-01-01T00:00:00Z: before it `yyyy`, the year of the era, is not the year.
const FIRST_OF_ERA: i64 = -719_162 * MICROS_PER_DAY;

/// Why a pattern was refused. Positions count characters from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum PatternError {
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

pub(crate) use read::ReadError;
pub(crate) use slips::{Slip, slips};

impl Pattern {
    /// Whether all instants of a day have the same text.
    pub(crate) fn is_of_days(&self) -> bool {
        match &self.kind {
            Kind::IsoInstant => false,
            Kind::Parts { parts, .. } => parts.iter().all(Part::is_of_days),
        }
    }

    /// Compiles a pattern. The empty one is [`iso_instant`](Self::iso_instant).
    ///
    /// # Errors
    /// When Java would refuse the pattern, or it has more than 256 characters.
    pub(crate) fn compile(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Ok(Self::iso_instant());
        }
        let parts = compile::compile(text)?;
        let program = Program::new(&parts);
        let kind = Kind::Parts { parts, program, is_default: text == DEFAULT_PATTERN };
        Ok(Self { text: text.into(), kind })
    }

    /// `yyyy-MM-ddTHH:mm:ssZ`, with `.SSS` or `.SSSSSS` when the fraction is not zero.
    pub(crate) fn iso_instant() -> Self {
        Self { text: "".into(), kind: Kind::IsoInstant }
    }

    /// The pattern as the user wrote it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Appends an instant (microseconds, UTC) to `out`: at most a few kilobytes, usually 20 bytes.
    #[inline]
    pub(crate) fn format(&self, micros: i64, out: &mut Vec<u8>) {
        match &self.kind {
            Kind::IsoInstant => text::iso_instant(micros, out),
            Kind::Parts { parts, program, is_default } => {
                if *is_default
                    && micros >= FIRST_OF_ERA
                    && let Some(mut digits) = text::iso_instant_fixed(micros)
                {
                    digits[10] = b' ';
                    return text::append_cut(&digits, DEFAULT_PATTERN.len(), out);
                }
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
    pub(crate) fn parse(&self, text: &str) -> Result<i64, ReadError> {
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
    use proptest::prelude::*;

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

    /// For every letter and count, at instants of all kinds (see `golden.java`).
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

    /// Patterns of known letters, with numbers, names, zones, quotes, brackets and padding.
    fn any_pattern() -> impl Strategy<Value = String> {
        let letters = "[GuyYQqMLwWdDFEecgaBhHKkmsSAnNVvzOXxZ]"
            .prop_flat_map(|letter| (1..6_usize).prop_map(move |count| letter.repeat(count)));
        let padded =
            (1..9_usize, "[dHMyE]").prop_map(|(pad, letter)| "p".repeat(pad) + letter.as_str());
        let part =
            prop_oneof![6 => letters, 1 => padded, 3 => "[-:/. ,_T'é\\[\\]]", 1 => "'[a-z ]{0,9}'"];
        prop::collection::vec(part, 1..12).prop_map(|parts| parts.concat())
    }

    proptest! {
        /// For all patterns and instants of the years 1 to 9998: the fast program writes what the
        /// plain writer does.
        #[test]
        fn the_fast_program_agrees_with_the_plain_writer(
            pattern in prop_oneof![9 => any_pattern(), 1 => Just(DEFAULT_PATTERN.to_owned())],
            seconds in -62_135_596_800..253_370_764_800_i64,
            micro in prop_oneof![Just(0), 0..1_000_000_i64],
        ) {
            let Ok(pattern) = Pattern::compile(&pattern) else { return Ok(()) };
            let Kind::Parts { parts, .. } = &pattern.kind else { return Ok(()) };
            let micros = seconds * 1_000_000 + micro;
            let mut plain = Vec::new();
            format::write_all(parts, &Moment::at(micros), &mut plain);
            prop_assert_eq!(written(&pattern, micros), String::from_utf8(plain).unwrap());
        }

        #[test]
        fn no_pattern_text_or_instant_panics(
            pattern in prop_oneof![any_pattern(), "\\PC{0,40}", "[a-zA-Z'\\[\\]{}#]{0,300}"],
            text in "\\PC{0,40}",
            micros: i64,
        ) {
            if let Ok(pattern) = Pattern::compile(&pattern) {
                let own = written(&pattern, micros);
                let _ = (pattern.parse(&text), pattern.parse(&own));
                let middle = own.char_indices().nth(own.chars().count() / 2);
                let _ = pattern.parse(&own[..middle.map_or(0, |(at, _)| at)]);
            }
        }

        /// For all instants, and patterns that leave nothing open: what is written comes back.
        #[test]
        fn what_is_written_is_read_back(micros: i64) {
            for pattern in [
                "uuuu-MM-dd HH:mm:ss.SSSSSS",
                "y-M-d G h:m:s.SSSSSS a XXX",
                "EEEE, d MMMM uuuu K:mm:ss,SSSSSS a O",
                "YYYY-'W'ww-e N",
                "uuuu DDD kk:mm:ss n",
                "g A SSSSSS",
                "QQQ uuuu MMM ppd [HH:mm:ss[.SSSSSSSSS]] B zzzz",
                "yyyyyyyy/MM/dd G HHmmssSSSSSS Z",
            ] {
                let pattern = compile(pattern);
                let text = written(&pattern, micros);
                prop_assert_eq!(pattern.parse(&text), Ok(micros), "{:?} {}", pattern.text(), text);
                prop_assert_eq!(pattern.parse(&text.to_lowercase()), Ok(micros));
            }
        }
    }

    #[test]
    fn refusals_say_where_and_what_to_do() {
        let message = |pattern: &str| Pattern::compile(pattern).unwrap_err().to_string();
        insta::assert_snapshot!(message("yyyy-MM-ddTHH"), @"unknown letter `T` at character 11, expected text in quotes (`'T'`) or a letter of Java's `DateTimeFormatter`");
        insta::assert_snapshot!(message("yyyy-MM-ddd"), @"`d` is written 3 times at character 9, expected 1 or 2");
        insta::assert_snapshot!(message("HH {mm}"), @"`{` at character 4 is reserved, expected it in quotes (`'{'`)");
        insta::assert_snapshot!(message("h 'o clock"), @"the quote at character 3 is never closed, expected a second one (a quote itself is written `''`)");
        insta::assert_snapshot!(message("yyyy]"), @"`]` at character 5 closes nothing, expected `[` before it or quotes (`']'`)");
        insta::assert_snapshot!(message("dd pp"), @"`p` at character 4 pads nothing, expected a letter after it, as in `ppH`");
        insta::assert_snapshot!(message(&"-".repeat(257)), @"the pattern has 257 characters, expected at most 256");
    }

    #[test]
    fn unreadable_texts_say_what_was_found_and_expected() {
        let message =
            |pattern: &str, text: &str| compile(pattern).parse(text).unwrap_err().to_string();
        insta::assert_snapshot!(message("yyyy-MM-dd", "2024/02/14"), @"found `/02/14` at character 5, expected `-`");
        insta::assert_snapshot!(message("yyyy-MM-dd", "2024-2-14"), @"found `2-14` at character 6, expected the month (2 digits)");
        insta::assert_snapshot!(message("yyyy-MM-dd", "2024-02-14 "), @"found ` ` at character 11, expected the end");
        insta::assert_snapshot!(message("yyyy-MM-dd", "2024-13-14"), @"the month is 13, expected 1 to 12");
        insta::assert_snapshot!(message("yyyy-MM-dd", "2023-02-29"), @"no date has year 2023, month 2, day 29, expected values that exist together");
        insta::assert_snapshot!(message("EEE d MMM uuuu", "Thu 14 Feb 2024"), @"no date has weekday Thursday, day 14, month 2, year 2024, expected values that exist together");
        insta::assert_snapshot!(message("d MMMM uuuu", "14 Febuary 2024"), @"found `Febuary 2024` at character 4, expected the month, `January` to `December`");
        insta::assert_snapshot!(message("h:mm a", "1:30"), @"found the end at character 5, expected ` `");
        insta::assert_snapshot!(message("h:mm a", "1:30 xm"), @"found `xm` at character 6, expected the half of the day, `AM` or `PM`");
        insta::assert_snapshot!(message("HH Z", "10 +0x"), @"found `+0x` at character 4, expected `Z` or an offset such as `+02:00`");
        insta::assert_snapshot!(message("HH XX", "10 +1900"), @"found `+1900` at character 4, expected an offset of at most 18 hours");
        insta::assert_snapshot!(message("MMMMM", "J"), @"the month `J` can mean several, expected a pattern with longer names");
        insta::assert_snapshot!(message("HH HH", "10 11"), @"the hour (0 to 23) is both 10 and 11, expected one value");
        insta::assert_snapshot!(message("uuuu", "294248"), @"the instant is too far away, expected a year from -290307 to 294246");
        insta::assert_snapshot!(message("", "2024"), @"expected `yyyy-MM-ddTHH:mm:ssZ`");
    }

    #[test]
    fn what_a_text_leaves_open_is_the_first_possible() {
        for (pattern, text, expected) in [
            ("uuuu", "2024", "2024-01-01T00:00:00Z"),
            ("MM/yy", "03/24", "2024-03-01T00:00:00Z"),
            ("HH:mm", "13:56", "1970-01-01T13:56:00Z"),
            ("h a", "12 am", "1970-01-01T00:00:00Z"),
            ("h B", "7 in the evening", "1970-01-01T19:00:00Z"),
            ("QQQ uuuu", "q3 2024", "2024-07-01T00:00:00Z"),
            ("YYYY-'W'ww", "2025-W01", "2025-01-01T00:00:00Z"),
            ("uuuu[-MM[-dd]]", "2024-05", "2024-05-01T00:00:00Z"),
            ("d MMMM YYYY", "30 December 2025", "2024-12-30T00:00:00Z"),
            ("EEEE d MMMM YYYY", "Friday 31 December 2022", "2021-12-31T00:00:00Z"),
        ] {
            assert_eq!(compile(pattern).parse(text), Ok(instant(expected)), "{pattern}: {text}");
        }
    }
}
