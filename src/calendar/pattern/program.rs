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
use crate::calendar::text::{append_cut, pair};

/// Bytes copied at a time; a copy of constant length needs no call.
const CHUNK: usize = 32;
/// Bytes that hold the longest name, `in the afternoon`.
const NAME: usize = 16;

/// A compiled pattern for the years 1 to 9998.
#[derive(Debug, Clone)]
pub(super) struct Program {
    runs: Vec<Run>,
}

#[derive(Debug, Clone)]
enum Run {
    Template(Template),
    /// A number of one or two digits.
    Short(Source),
    /// One of several names of different lengths: the bytes and how many of them count.
    Name(Names, Vec<([u8; NAME], usize)>),
    /// Any other part whose width depends on its value.
    Other(Part),
}

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
#[derive(Debug, Clone, Copy)]
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
    /// The second's fraction, two digits at a time.
    Hundredth,
    TenThousandth,
    Millionth,
}

/// The value of each [`Source`]; longer than needed so that a mask replaces the bounds check.
type Numbers = [u8; 16];

#[derive(Debug, Clone, Copy)]
enum Value {
    /// The last digits of a field, as many as the width says.
    Digits(Field, u8),
    /// The first digit of a pair.
    Tens(Source),
    /// A name, all of which are equally long.
    Name(Names, Style),
}

impl Program {
    pub(super) fn new(parts: &[Part]) -> Self {
        let mut builder = Builder::default();
        builder.push_all(parts);
        builder.end_template();
        Self { runs: builder.runs }
    }

    /// Whether the program is right for this moment.
    #[inline]
    pub(super) fn covers(moment: &Moment) -> bool {
        (1..=9_998).contains(&moment.year)
    }

    /// Appends the text of a moment that the program [`covers`](Self::covers).
    #[inline]
    pub(super) fn write(&self, moment: &Moment, out: &mut Vec<u8>) {
        let numbers = numbers(moment);
        for run in &self.runs {
            match run {
                Run::Template(template) => template.write(moment, &numbers, out),
                Run::Short(source) => {
                    let value = source.of(&numbers);
                    let [tens, ones] = pair(value);
                    let digits = if value < 10 { [ones, 0] } else { [tens, ones] };
                    append_cut(&digits, 1 + usize::from(value >= 10), out);
                }
                Run::Name(names, table) => {
                    let (bytes, length) = &table[index(*names, moment)];
                    append_cut(bytes, *length, out);
                }
                Run::Other(part) => format::write(part, moment, out),
            }
        }
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
                Part::TwoDigits(Field::Year | Field::YearOfEra) => {
                    self.template.push_pair(Source::YearOfCentury);
                }
                Part::Number { field, min, .. } => match (Source::from(*field), *min) {
                    (Some(source), 1) => self.push_run(Run::Short(source)),
                    (Some(source), 2) => self.template.push_pair(source),
                    _ if widest(*field).is_some_and(|digits| *min >= digits) => {
                        self.template.push_value(Value::Digits(*field, *min), (*min).into());
                    }
                    _ => self.push_run(Run::Other(part.clone())),
                },
                Part::TwoDigits(field) => {
                    self.template.push_value(Value::Digits(*field, 2), 2);
                }
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
        if table.iter().all(|name| name.len() == width) {
            self.template.push_value(Value::Name(names, style), width);
            return;
        }
        let padded = table.iter().map(|name| {
            let mut bytes = [0; NAME];
            bytes[..name.len()].copy_from_slice(name.as_bytes());
            (bytes, name.len())
        });
        self.push_run(Run::Name(names, padded.collect()));
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
        numbers[self as usize & 15].into()
    }
}

#[inline]
fn numbers(moment: &Moment) -> Numbers {
    let year = moment.year as u32;
    let hour = moment.hour as u8;
    let mut numbers = [0; 16];
    numbers[Source::Century as usize] = (year / 100) as u8;
    numbers[Source::YearOfCentury as usize] = (year % 100) as u8;
    numbers[Source::Month as usize] = moment.month as u8;
    numbers[Source::Day as usize] = moment.day as u8;
    numbers[Source::Hour as usize] = hour;
    numbers[Source::ClockHour as usize] = if hour == 0 { 24 } else { hour };
    let half = if hour < 12 { hour } else { hour - 12 };
    numbers[Source::HourOfHalf as usize] = half;
    numbers[Source::ClockHourOfHalf as usize] = if half == 0 { 12 } else { half };
    numbers[Source::Minute as usize] = moment.minute as u8;
    numbers[Source::Second as usize] = moment.second as u8;
    numbers[Source::Hundredth as usize] = (moment.micro / 10_000) as u8;
    numbers[Source::TenThousandth as usize] = (moment.micro / 100 % 100) as u8;
    numbers[Source::Millionth as usize] = (moment.micro % 100) as u8;
    numbers
}

#[inline]
fn index(names: Names, moment: &Moment) -> usize {
    (moment.value(names.field()) - names.first()) as usize
}

impl Value {
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
            Self::Name(names, style) => {
                let name = names.table(style)[index(names, moment)].as_bytes();
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
