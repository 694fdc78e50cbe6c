//! `DATE_AS_STRING`: points in time as text in a pattern of Java's `DateTimeFormatter`.
//!
//! `{"name": "day", "type": "DATE_AS_STRING", "pattern": "EEEE d MMMM yyyy"}`. The empty pattern is
//! the ISO form `2011-12-03T10:15:30Z`. Bounds and listed values may follow the pattern or one of
//! the usual forms; listed values are shown in the pattern.

use std::collections::HashMap;
use std::sync::Arc;

use crate::attributes::{Attribute, Reader};
use crate::calendar::{DEFAULT_PATTERN, MICROS_PER_DAY, Pattern, Slip, slips};
use crate::columns::{Column, DataType, Dictionary, Rows, Values, VarBytes};
use crate::generator::{GenerateError, Generator, Inputs, Made};
use crate::problems::{Problem, excerpt};
use crate::rng::Stream;
use crate::sampling::Sampler;
use crate::sampling::choices::{POSSIBLE_VALUES, POSSIBLE_VALUES_WEIGHTED};
use crate::sampling::distribution::DISTRIBUTION;
use crate::sampling::ranges::Grid;

use super::date::{Instants, MAX, MAX_DATE, MIN, MIN_DATE, USE_NOW};
use super::{Compiled, Computed, Context, Conversion, Definition, FieldType};

#[derive(Debug)]
pub(super) struct DateAsString;

impl FieldType for DateAsString {
    fn name(&self) -> &'static str {
        "DATE_AS_STRING"
    }

    fn summary(&self) -> &'static str {
        "Points in time as text in a pattern."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[
            Attribute::new(
                "pattern",
                "text",
                DEFAULT_PATTERN,
                "Pattern of Java's DateTimeFormatter, in American English and UTC; empty for ISO.",
            ),
            MIN_DATE,
            MAX_DATE,
            MIN,
            MAX,
            USE_NOW,
            POSSIBLE_VALUES,
            POSSIBLE_VALUES_WEIGHTED,
            DISTRIBUTION,
        ];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "day", "type": "DATE_AS_STRING", "pattern": "EEEE d MMMM yyyy",
            "min_date": "2024-01-01", "max_date": "2024-12-31"}"#
    }

    fn computed(&self, attributes: &mut Reader<'_>) -> Option<Computed> {
        let pattern = read_pattern(attributes)?;
        let width = written(&pattern, 0).len() as u32;
        let conversion = Conversion::Written(Arc::new(pattern));
        Some(Computed { conversion, ..Computed::plain(DataType::Text, width) })
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        // Without the pattern no bound can be read.
        let pattern = read_pattern(attributes)?;
        match Instants::read(attributes, context, Some(&pattern))? {
            Instants::Listed(choices) => {
                let choices = choices.map(|instant| written(&pattern, instant));
                Some(Compiled::drawn_text(context.stream, choices.into_texts()).into())
            }
            Instants::Range(grid) => {
                if let Some(days) = Days::new(&pattern, &grid) {
                    let (distinct, longest) = (days.texts.len(), days.texts.longest());
                    let generator = OfDays { stream: context.stream, grid, days };
                    let compiled = Compiled::new(generator, DataType::Text, longest as u32);
                    return Some(compiled.with_distinct(distinct as u64).into());
                }
                let count = u64::try_from(grid.steps.count()).unwrap_or(u64::MAX);
                let width = written(&pattern, grid.start).len() as u32;
                let generator = Written { stream: context.stream, grid, pattern, width };
                Some(Compiled::new(generator, DataType::Text, width).with_distinct(count).into())
            }
        }
    }
}

/// The field's pattern; `None` after adding an error.
fn read_pattern(attributes: &mut Reader<'_>) -> Option<Pattern> {
    let text = if attributes.has("pattern") {
        attributes.text("pattern")?
    } else {
        DEFAULT_PATTERN.to_owned()
    };
    let slips = slips(&text);
    match Pattern::compile(&text) {
        Ok(pattern) => {
            for Slip { message, cure } in slips {
                let pointer = attributes.pointer_of("pattern");
                let problem = Problem::warning("pattern_slip", pointer, message);
                attributes.push(match cure {
                    Some(cure) => problem.hint(format!("did you mean `{}`?", excerpt(&cure))),
                    None => problem,
                });
            }
            Some(pattern)
        }
        Err(reason) => {
            let pointer = attributes.pointer_of("pattern");
            let problem = Problem::error("wrong_pattern", pointer, reason.to_string());
            attributes.push(match slips.into_iter().find_map(|slip| slip.cure) {
                Some(cure) => problem.hint(format!("did you mean `{}`?", excerpt(&cure))),
                None => problem,
            });
            None
        }
    }
}

fn written(pattern: &Pattern, instant: i64) -> String {
    let mut text = Vec::new();
    pattern.format(instant, &mut text);
    // A pattern writes digits, names and its own literals: all of it is text.
    String::from_utf8_lossy(&text).into_owned()
}

/// Instants, each written in the pattern.
#[derive(Debug)]
struct Written {
    stream: Stream,
    grid: Grid,
    pattern: Pattern,
    width: u32,
}

impl Generator for Written {
    fn generate(&self, rows: Rows, _: &Inputs<'_>) -> Result<Made, GenerateError> {
        let mut texts = VarBytes::with_capacity(rows.count, rows.count * self.width as usize);
        for instant in self.grid.column(self.stream, rows) {
            self.pattern.format(instant, texts.open());
            texts.close();
        }
        Ok(Column::new(Values::Text(texts)).into())
    }
}

/// Most days whose texts are kept: some 89 years.
const MOST_DAYS: i64 = 1 << 15;

/// The texts of some days, for a pattern that shows no time.
#[derive(Debug)]
struct Days {
    /// Days since 1970.
    first: i64,
    /// The text of each day from the first on.
    keys: Vec<u32>,
    texts: Arc<Dictionary>,
}

impl Days {
    /// The days of `grid`; `None` where they are too many or the pattern tells more than the day.
    fn new(pattern: &Pattern, grid: &Grid) -> Option<Self> {
        let steps = i64::try_from(grid.steps.count()).ok()?.checked_sub(1)?;
        let end = grid.step.checked_mul(steps)?.checked_add(grid.start)?;
        let (first, last) = (day_of(grid.start), day_of(end));
        if !pattern.is_of_days() || grid.step <= 0 || last - first >= MOST_DAYS {
            return None;
        }
        let (mut texts, mut known) = (Vec::new(), HashMap::new());
        let keys = (first..=last)
            .map(|day| {
                let text = written(pattern, day * MICROS_PER_DAY);
                *known.entry(text).or_insert_with_key(|text| {
                    texts.push(text.clone());
                    texts.len() as u32 - 1
                })
            })
            .collect();
        Some(Self { first, keys, texts: Dictionary::new(texts) })
    }
}

const fn day_of(instant: i64) -> i64 {
    instant.div_euclid(MICROS_PER_DAY)
}

/// Instants of which only the day is written.
#[derive(Debug)]
struct OfDays {
    stream: Stream,
    grid: Grid,
    days: Days,
}

impl Generator for OfDays {
    fn generate(&self, rows: Rows, _: &Inputs<'_>) -> Result<Made, GenerateError> {
        let instants = self.grid.column(self.stream, rows).into_iter();
        let Days { first, keys, texts } = &self.days;
        let keys = instants.map(|instant| keys[(day_of(instant) - first) as usize]).collect();
        let dictionary = Arc::clone(texts);
        Ok(Column::new(Values::Choice { keys: Arc::new(keys), dictionary }).into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{compile, refusal, texts, told};
    use super::*;

    fn first(json: &str) -> String {
        texts(&compile(&DateAsString, json).column(0, 1)).remove(0)
    }

    #[test]
    fn patterns_are_written() {
        let at = r#""min": "2024-02-14T13:56:59Z", "max": "2024-02-14T13:56:59Z""#;
        let written = |pattern: &str| first(&format!(r#"{{"pattern": "{pattern}", {at}}}"#));
        assert_eq!(written(""), "2024-02-14T13:56:59Z");
        assert_eq!(written("yyyy_MM_dd-K a mm:ss.SSS ZZZ"), "2024_02_14-1 PM 56:59.000 +0000");
        assert_eq!(first(&format!("{{{at}}}")), "2024-02-14 13:56:59");
    }

    #[test]
    fn bounds_may_follow_the_pattern() {
        let json = r#"{"pattern": "yyyy_MM_dd-h a mm:ss.SSS Z",
            "min": "2024_02_14-7 am 31:53.000 +0000", "max": "2024_02_14-7 AM 31:53.050 +0000"}"#;
        assert_eq!(first(json), "2024_02_14-7 AM 31:53.000 +0000");
    }

    // Issue 9, F1.
    #[test]
    fn the_last_day_is_as_frequent_as_others() {
        let days = |json: &str| {
            let mut counts = std::collections::BTreeMap::new();
            for text in texts(&compile(&DateAsString, json).column(0, 100_000)) {
                *counts.entry(text).or_insert(0_u32) += 1;
            }
            counts
        };
        let year = days(
            r#"{"pattern": "EEEE d MMMM yyyy", "min_date": "2024-01-01", "max_date": "2024-12-31"}"#,
        );
        assert_eq!(year.len(), 366);
        // 273 of each by 100,000 draws; six deviations are 100.
        assert!((173..373).contains(&year["Tuesday 31 December 2024"]), "{year:?}");
        // Bounds in the field's own pattern are days, months and years as well.
        let own = days(r#"{"pattern": "dd.MM.yyyy", "min": "30.12.2024", "max": "31.12.2024"}"#);
        assert!(own.len() == 2 && own.values().all(|count| (49_000..51_000).contains(count)));
        let months = days(r#"{"pattern": "MM/yyyy", "min": "11/2024", "max": "12/2024"}"#);
        assert!(months.len() == 2 && months["12/2024"] > 50_000);
    }

    #[test]
    fn use_now_and_listed_values_are_written_in_the_pattern() {
        assert_eq!(first(r#"{"pattern": "dd/MM/yyyy", "use_now": true}"#), "14/02/2024");
        let listed =
            r#"{"pattern": "dd/MM/yyyy", "possible_values": ["2001-02-03", "03/02/2001"]}"#;
        assert_eq!(first(listed), "03/02/2001");
    }

    /// For each pattern, the texts of days are those that the pattern writes of the instants.
    #[test]
    fn texts_of_days_are_those_of_their_instants() {
        let bounds = r#""min": "1968-11-30T17:00:00Z", "max": "1971-02-03T04:05:06Z""#;
        let seconds = compile(
            &DateAsString,
            &format!(r#"{{"pattern": "yyyy-MM-dd'T'HH:mm:ss'Z'", {bounds}}}"#),
        );
        let instants = texts(&seconds.column(0, 3_000));
        for pattern in ["MM/yy", "EEEE d MMMM yyyy G", "YYYY 'W'w e Q D", "ppd[ F]'h'"] {
            let json = format!(r#"{{"pattern": "{pattern}", {bounds}}}"#);
            let column = compile(&DateAsString, &json).column(0, 3_000);
            assert!(matches!(column.values, Values::Choice { .. }), "{pattern}");
            let pattern = Pattern::compile(pattern).unwrap();
            let expected = instants
                .iter()
                .map(|instant| written(&pattern, crate::calendar::parse_instant(instant).unwrap()));
            assert_eq!(texts(&column), expected.collect::<Vec<_>>(), "{pattern:?}");
        }
        for pattern in ["dd HH", "dd a", "dd B", "dd S", "dd A", ""] {
            let json = format!(r#"{{"pattern": "{pattern}", {bounds}}}"#);
            let column = compile(&DateAsString, &json).column(0, 10);
            assert!(matches!(column.values, Values::Text(_)), "{pattern}");
        }
    }

    // Issue 9, F12.
    #[test]
    fn letters_that_mean_something_else_are_told_with_the_right_ones() {
        insta::assert_snapshot!(told(&DateAsString, r#"{"pattern": "%Y-%m-%d"}"#), @"/Fields/0/pattern: field `f`: `%` stands for itself, and the letters are those of Java's DateTimeFormatter (did you mean `yyyy-MM-dd`?)");
        insta::assert_snapshot!(told(&DateAsString, r#"{"pattern": "YYYY-MM-DD"}"#), @"
        /Fields/0/pattern: field `f`: `Y` is the year that the week belongs to: 2025 on 2024-12-30 (did you mean `yyyy-MM-DD`?)
        /Fields/0/pattern: field `f`: `D` is the day of the year, 1 to 366 (did you mean `YYYY-MM-dd`?)
        ");
        insta::assert_snapshot!(refusal(&DateAsString, r#"{"pattern": "%d %b %Y"}"#), @"/Fields/0/pattern: field `f`: unknown letter `b` at character 5, expected text in quotes (`'b'`) or a letter of Java's `DateTimeFormatter` (did you mean `dd MMM yyyy`?)");
        assert_eq!(told(&DateAsString, "{}"), "");
    }

    #[test]
    fn wrong_attributes_are_told() {
        insta::assert_snapshot!(refusal(&DateAsString, r#"{"pattern": "yyyy-bb"}"#), @"/Fields/0/pattern: field `f`: unknown letter `b` at character 6, expected text in quotes (`'b'`) or a letter of Java's `DateTimeFormatter`");
        insta::assert_snapshot!(refusal(&DateAsString, r#"{"pattern": "HH:mm", "max": "x", "possible_values": ["y"]}"#), @"
        /Fields/0/max: field `f`: `x` is not a date, expected the pattern `HH:mm`, `d/M/yyyy`, `yyyy-MM-dd`, `yyyy-MM-dd HH:mm:ss` or `yyyy-MM-ddTHH:mm:ss` (with `.fraction` and `Z` or an offset such as `+02:00` if wanted)
        /Fields/0/possible_values/0: field `f`: `y` is not a date, expected the pattern `HH:mm`, `d/M/yyyy`, `yyyy-MM-dd`, `yyyy-MM-dd HH:mm:ss` or `yyyy-MM-ddTHH:mm:ss` (with `.fraction` and `Z` or an offset such as `+02:00` if wanted)
        ");
    }
}
