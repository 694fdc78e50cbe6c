//! The fast way from an instant to text: what a pattern comes to in the years 1 to 9998.
//!
//! In these years no number needs a sign and all years have at most four digits, the week-based one
//! too (it can be one more than the year). So most parts have a constant width: neighbours become one
//! template, copied at once and filled in by pairs of digits. Everything else is left to `format`.

use super::{
    format,
    moment::Moment,
    part::{Field, Names, Part, Style},
};
use crate::calendar::{
    civil::us_weekday,
    text::{append_cut, pair},
};

/// Bytes copied at a time; a copy of constant length needs no call.
const CHUNK: usize = 32;
/// Bytes that hold the longest name, `in the afternoon`.
const NAME: usize = 16;

/// A compiled pattern for the years 1 to 9998.
#[derive(Debug, Clone)]
pub(super) struct Program {
    runs: Vec<Run>,
    /// Whether a run uses the second's fraction.
    fraction: bool,
    /// Whether a run uses the weekday or the week-based year.
    week: bool,
}

#[derive(Debug, Clone)]
enum Run {
    Template(Template),
    /// A number of one or two digits.
    Short(Source),
    /// One of several names of different lengths.
    Name(Index, Vec<LongName>),
    /// Any other part whose width depends on its value.
    Other(Part),
}

/// A name with room to copy it at once, and how many of the bytes count.
type LongName = ([u8; NAME], usize);

/// Bytes of constant length, copied and then filled in.
#[derive(Debug, Clone, Default)]
struct Template {
    /// `length` bytes, then zeros up to a whole chunk.
    chunks: Vec<[u8; CHUNK]>,
    length: usize,
    /// Where pairs of digits go.
    pairs: Vec<(u16, Source)>,
    /// Where other values go.
    values: Vec<(u16, Value)>,
}

/// A number below 100 that most patterns use: an index into [`Numbers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Century,
    YearOfCentury,
    Month,
    Day,
    Hour,
    ClockHour,
    HourOfHalf,
    ClockHourOfHalf,
    Minute,
    Second,
    /// Sunday is 1.
    Weekday,
    WeekCentury,
    WeekYearOfCentury,
    /// The second's fraction, two digits at a time.
    Hundredth,
    TenThousandth,
    Millionth,
}

/// The value of each [`Source`].
type Numbers = [u8; Source::Millionth as usize + 1];

/// Which name of a table is meant.
#[derive(Debug, Clone, Copy)]
enum Index {
    /// The number counts from 1.
    Source(Source),
    Field(Names),
}

#[derive(Debug, Clone, Copy)]
enum Value {
    /// The last digits of a field, as many as the width says.
    Digits(Field, u8),
    /// The first digit of a pair.
    Tens(Source),
    /// A name, all of which have two letters.
    TwoLetters(Index, &'static [&'static str]),
    /// A name, all of which have three letters.
    ThreeLetters(Index, &'static [&'static str]),
    /// A name, all of which are equally long.
    Letters(Index, &'static [&'static str]),
}

impl Program {
    pub(super) fn new(parts: &[Part]) -> Self {
        let mut builder = Builder::default();
        builder.push_all(parts);
        builder.end_template();
        let fraction = builder.uses(|source| source >= Source::Hundredth);
        let week = builder.uses(|source| (Source::Weekday..Source::Hundredth).contains(&source));
        Self { runs: builder.runs, fraction, week }
    }

    /// Whether the program is right for this moment.
    #[inline]
    pub(super) fn covers(moment: &Moment) -> bool {
        (1..=9_998).contains(&moment.year)
    }

    /// Appends the text of a moment that the program [`covers`](Self::covers).
    #[inline]
    pub(super) fn write(&self, moment: &Moment, out: &mut Vec<u8>) {
        let numbers = self.numbers(moment);
        for run in &self.runs {
            match run {
                Run::Template(template) => template.write(moment, &numbers, out),
                Run::Short(source) => {
                    let value = source.of(&numbers);
                    let [tens, ones] = pair(value);
                    let digits = if value < 10 { [ones, 0] } else { [tens, ones] };
                    append_cut(&digits, 1 + usize::from(value >= 10), out);
                }
                Run::Name(index, table) => {
                    let (bytes, length) = &table[index.of(moment, &numbers)];
                    append_cut(bytes, *length, out);
                }
                Run::Other(part) => format::write(part, moment, out),
            }
        }
    }

    #[inline]
    fn numbers(&self, moment: &Moment) -> Numbers {
        let mut numbers = [0; _];
        let mut set = |source: Source, value: u32| numbers[source as usize] = value as u8;
        let year = moment.year as u32;
        set(Source::Century, year / 100);
        set(Source::YearOfCentury, year % 100);
        set(Source::Month, moment.month);
        set(Source::Day, moment.day);
        let hour = moment.hour;
        let half = if hour < 12 { hour } else { hour - 12 };
        set(Source::Hour, hour);
        set(Source::ClockHour, if hour == 0 { 24 } else { hour });
        set(Source::HourOfHalf, half);
        set(Source::ClockHourOfHalf, if half == 0 { 12 } else { half });
        set(Source::Minute, moment.minute);
        set(Source::Second, moment.second);
        if self.week {
            let weekday = us_weekday(moment.days);
            set(Source::Weekday, weekday);
            // The week belongs to the year of its Saturday.
            let next_year = moment.month == 12 && moment.day + 7 - weekday > 31;
            let year = year + u32::from(next_year);
            set(Source::WeekCentury, year / 100);
            set(Source::WeekYearOfCentury, year % 100);
        }
        if self.fraction {
            set(Source::Hundredth, moment.micro / 10_000);
            set(Source::TenThousandth, moment.micro / 100 % 100);
            set(Source::Millionth, moment.micro % 100);
        }
        numbers
    }
}

/// Makes a [`Program`]: the runs before, and the template that is still growing.
#[derive(Default)]
struct Builder {
    runs: Vec<Run>,
    template: Template,
}

impl Builder {
    fn push_all(&mut self, parts: &[Part]) {
        for part in parts {
            match part {
                Part::Literal(text) => self.template.push(text.as_bytes()),
                Part::Zone(zone) => self.template.push(zone.text().as_bytes()),
                Part::Section(parts) => self.push_all(parts),
                Part::Number { field: Field::Year | Field::YearOfEra, min: 4, .. } => {
                    self.template.push_pair(Source::Century);
                    self.template.push_pair(Source::YearOfCentury);
                }
                Part::Number { field: Field::WeekYear, min: 4, .. } => {
                    self.template.push_pair(Source::WeekCentury);
                    self.template.push_pair(Source::WeekYearOfCentury);
                }
                Part::TwoDigits(Field::WeekYear) => {
                    self.template.push_pair(Source::WeekYearOfCentury);
                }
                Part::TwoDigits(_) => self.template.push_pair(Source::YearOfCentury),
                Part::Number { field, min, .. } => match (Source::from(*field), *min) {
                    (Some(source), 1) => self.push_run(Run::Short(source)),
                    (Some(source), 2) => self.template.push_pair(source),
                    _ if widest(*field).is_some_and(|digits| *min >= digits) => {
                        self.template.push_value(Value::Digits(*field, *min), (*min).into());
                    }
                    _ => self.push_run(Run::Other(part.clone())),
                },
                Part::Fraction(digits) => self.push_fraction(*digits),
                Part::Name(names, style) => self.push_name(*names, *style),
                Part::Padded { .. } => self.push_run(Run::Other(part.clone())),
            }
        }
    }

    fn push_run(&mut self, run: Run) {
        self.end_template();
        self.runs.push(run);
    }

    /// Whether a run uses a number that `wanted` says yes to.
    fn uses(&self, wanted: impl Fn(Source) -> bool) -> bool {
        self.runs.iter().any(|run| match run {
            Run::Template(template) => {
                let of_values = template.values.iter().filter_map(|(_, value)| value.source());
                template.pairs.iter().map(|(_, source)| *source).chain(of_values).any(&wanted)
            }
            Run::Short(source) | Run::Name(Index::Source(source), _) => wanted(*source),
            Run::Name(..) | Run::Other(_) => false,
        })
    }

    fn end_template(&mut self) {
        let template = std::mem::take(&mut self.template);
        if template.length > 0 {
            self.runs.push(Run::Template(template));
        }
    }

    fn push_fraction(&mut self, digits: u8) {
        let template = &mut self.template;
        let sources = [Source::Hundredth, Source::TenThousandth, Source::Millionth];
        for (source, first) in sources.into_iter().zip([0, 2, 4]) {
            match digits.saturating_sub(first) {
                0 => {}
                1 => template.push_value(Value::Tens(source), 1),
                _ => template.push_pair(source),
            }
        }
        // Beyond microseconds there are zeros.
        template.push(&b"000"[..usize::from(digits.saturating_sub(6))]);
    }

    fn push_name(&mut self, names: Names, style: Style) {
        let table = names.table(style);
        let width = table[0].len();
        let index = Index::from(names);
        if table.iter().all(|name| name.len() == width) {
            let value = match width {
                2 => Value::TwoLetters(index, table),
                3 => Value::ThreeLetters(index, table),
                _ => Value::Letters(index, table),
            };
            self.template.push_value(value, width);
            return;
        }
        let padded = table.iter().map(|name| {
            let mut bytes = [0; NAME];
            bytes[..name.len()].copy_from_slice(name.as_bytes());
            (bytes, name.len())
        });
        self.push_run(Run::Name(index, padded.collect()));
    }
}

impl Template {
    fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.length.is_multiple_of(CHUNK) {
                self.chunks.push([0; CHUNK]);
            }
            self.chunks[self.length / CHUNK][self.length % CHUNK] = *byte;
            self.length += 1;
        }
    }

    fn push_pair(&mut self, source: Source) {
        self.pairs.push((self.length as u16, source));
        self.push(b"00");
    }

    fn push_value(&mut self, value: Value, width: usize) {
        self.values.push((self.length as u16, value));
        self.push(&vec![b'0'; width]);
    }

    #[inline]
    fn write(&self, moment: &Moment, numbers: &Numbers, out: &mut Vec<u8>) {
        let start = out.len();
        for chunk in &self.chunks {
            out.extend_from_slice(chunk);
        }
        out.truncate(start + self.length);
        let target = &mut out[start..];
        for (at, source) in &self.pairs {
            let at = usize::from(*at);
            target[at..at + 2].copy_from_slice(&pair(source.of(numbers)));
        }
        for (at, value) in &self.values {
            value.fill(moment, numbers, &mut target[usize::from(*at)..]);
        }
    }
}

impl Source {
    const fn from(field: Field) -> Option<Self> {
        Some(match field {
            Field::Month => Self::Month,
            Field::DayOfMonth => Self::Day,
            Field::Hour => Self::Hour,
            Field::ClockHour => Self::ClockHour,
            Field::HourOfHalf => Self::HourOfHalf,
            Field::ClockHourOfHalf => Self::ClockHourOfHalf,
            Field::Minute => Self::Minute,
            Field::Second => Self::Second,
            _ => return None,
        })
    }

    #[inline(always)]
    fn of(self, numbers: &Numbers) -> u32 {
        numbers[self as usize].into()
    }
}

impl Index {
    const fn from(names: Names) -> Self {
        match names {
            Names::Month => Self::Source(Source::Month),
            Names::Weekday => Self::Source(Source::Weekday),
            _ => Self::Field(names),
        }
    }

    #[inline(always)]
    fn of(self, moment: &Moment, numbers: &Numbers) -> usize {
        match self {
            Self::Source(source) => source.of(numbers) as usize - 1,
            Self::Field(names) => (moment.value(names.field()) - names.first()) as usize,
        }
    }
}

impl Value {
    /// The number that the value is made of, if it is one.
    const fn source(self) -> Option<Source> {
        match self {
            Self::Tens(source)
            | Self::TwoLetters(Index::Source(source), _)
            | Self::ThreeLetters(Index::Source(source), _)
            | Self::Letters(Index::Source(source), _) => Some(source),
            _ => None,
        }
    }

    /// Writes the value at the start of `target`.
    #[inline]
    fn fill(self, moment: &Moment, numbers: &Numbers, target: &mut [u8]) {
        match self {
            Self::Digits(field, width) => {
                let mut value = moment.value(field) as u64;
                for digit in target[..usize::from(width)].iter_mut().rev() {
                    *digit = b'0' + (value % 10) as u8;
                    value /= 10;
                }
            }
            Self::Tens(source) => {
                let [tens, _] = pair(source.of(numbers));
                target[0] = tens;
            }
            Self::TwoLetters(index, table) => {
                let name = table[index.of(moment, numbers)].as_bytes();
                target[..2].copy_from_slice(&name[..2]);
            }
            Self::ThreeLetters(index, table) => {
                let name = table[index.of(moment, numbers)].as_bytes();
                target[..3].copy_from_slice(&name[..3]);
            }
            Self::Letters(index, table) => {
                let name = table[index.of(moment, numbers)].as_bytes();
                target[..name.len()].copy_from_slice(name);
            }
        }
    }
}

/// The most digits of a field's value in the years of a [`Program`]; `None` when it can be negative.
fn widest(field: Field) -> Option<u8> {
    match field {
        Field::Year | Field::YearOfEra | Field::WeekYear => Some(4),
        Field::JulianDay => None,
        _ => Some(field.range().1.checked_ilog10().map_or(1, |log| log as u8 + 1)),
    }
}
