//! Instants to text: the plain writer, right for every instant, and the fast program.

use super::{
    moment::Moment,
    part::{Field, Names, Part, Sign, Style},
};
use crate::calendar::text::{fraction_digits, padded, pair};

/// Appends all parts, right for every moment.
pub(super) fn write_all(parts: &[Part], moment: &Moment, out: &mut Vec<u8>) {
    for part in parts {
        write(part, moment, out);
    }
}

/// Appends one part.
fn write(part: &Part, moment: &Moment, out: &mut Vec<u8>) {
    match part {
        Part::Literal(text) => out.extend_from_slice(text.as_bytes()),
        Part::Number { field, min, sign, .. } => {
            number(moment.value(*field), (*min).into(), *sign, out);
        }
        Part::TwoDigits(field) => {
            out.extend_from_slice(&pair((moment.value(*field).unsigned_abs() % 100) as u32));
        }
        Part::Fraction(digits) => {
            out.extend_from_slice(&fraction_digits(moment.micro)[..usize::from(*digits)]);
        }
        Part::Name(names, style) => out.extend_from_slice(name(*names, *style, moment).as_bytes()),
        Part::Zone(zone) => out.extend_from_slice(zone.text().as_bytes()),
        Part::Padded { width, part } => {
            let start = out.len();
            write(part, moment, out);
            // Every padded part is ASCII: its bytes are its characters. Java fails on a text that
            // is longer than the padding; here it stays as it is.
            let blanks = usize::from(*width).saturating_sub(out.len() - start);
            out.resize(out.len() + blanks, b' ');
            out[start..].rotate_right(blanks);
        }
        Part::Section(parts) => write_all(parts, moment, out),
    }
}

fn number(value: i64, min: usize, sign: Sign, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    } else if sign == Sign::ExceedsPad && value.checked_ilog10().unwrap_or(0) as usize >= min {
        out.push(b'+');
    }
    padded(value.unsigned_abs(), min, out);
}

#[inline]
fn name(names: Names, style: Style, moment: &Moment) -> &'static str {
    let index = moment.value(names.field()) - names.first();
    names.table(style)[index as usize]
}

/// A pattern for the years 1 to 9998, where neighbours of constant width are written at once.
///
/// In these years no number needs a sign and all years have at most four digits, the week-based
/// one too (it can be one more than the year).
#[derive(Debug, Clone)]
pub(super) struct Program {
    runs: Vec<Run>,
}

#[derive(Debug, Clone)]
enum Run {
    /// Bytes of constant length, copied and then filled in at the slots.
    Fixed { template: Vec<u8>, slots: Vec<Slot> },
    /// A part whose width depends on its value.
    Varying(Part),
}

/// Where a value goes in a template.
#[derive(Debug, Clone, Copy)]
struct Slot {
    at: u16,
    value: Value,
}

#[derive(Debug, Clone, Copy)]
enum Value {
    /// The last two digits.
    Pair(Field),
    /// The last four digits.
    Quad(Field),
    /// The last digits, as many as the width says.
    Digits(Field, u8),
    Fraction(u8),
    Name(Names, Style, u8),
}

impl Program {
    pub(super) fn new(parts: &[Part]) -> Self {
        let mut program = Self { runs: Vec::new() };
        program.push_all(parts);
        program
    }

    /// Whether the program is right for this moment.
    #[inline]
    pub(super) fn covers(moment: &Moment) -> bool {
        (1..=9_998).contains(&moment.year)
    }

    /// Appends the text of a moment that the program [`covers`](Self::covers).
    #[inline]
    pub(super) fn write(&self, moment: &Moment, out: &mut Vec<u8>) {
        for run in &self.runs {
            match run {
                Run::Fixed { template, slots } => {
                    let start = out.len();
                    out.extend_from_slice(template);
                    let target = &mut out[start..];
                    for slot in slots {
                        slot.value.fill(moment, &mut target[usize::from(slot.at)..]);
                    }
                }
                Run::Varying(part) => write(part, moment, out),
            }
        }
    }

    fn push_all(&mut self, parts: &[Part]) {
        for part in parts {
            match part {
                Part::Literal(text) => self.push_fixed(text.as_bytes(), None),
                Part::Zone(zone) => self.push_fixed(zone.text().as_bytes(), None),
                Part::Section(parts) => self.push_all(parts),
                _ => match Value::of(part) {
                    Some((value, width)) => self.push_fixed(&vec![b'0'; width], Some(value)),
                    None => self.runs.push(Run::Varying(part.clone())),
                },
            }
        }
    }

    fn push_fixed(&mut self, bytes: &[u8], value: Option<Value>) {
        if !matches!(self.runs.last(), Some(Run::Fixed { .. })) {
            self.runs.push(Run::Fixed { template: Vec::new(), slots: Vec::new() });
        }
        if let Some(Run::Fixed { template, slots }) = self.runs.last_mut() {
            slots.extend(value.map(|value| Slot { at: template.len() as u16, value }));
            template.extend_from_slice(bytes);
        }
    }
}

impl Value {
    /// The value of a part of constant width, and that width; `None` for any other part.
    fn of(part: &Part) -> Option<(Self, usize)> {
        match part {
            Part::Number { field, min, .. } => {
                let width = usize::from(*min);
                let digits = widest(*field)?;
                (width >= digits).then_some(match width {
                    2 => (Self::Pair(*field), 2),
                    4 => (Self::Quad(*field), 4),
                    _ => (Self::Digits(*field, *min), width),
                })
            }
            Part::TwoDigits(field) => Some((Self::Pair(*field), 2)),
            Part::Fraction(digits) => Some((Self::Fraction(*digits), usize::from(*digits))),
            Part::Name(names, style) => {
                let table = names.table(*style);
                let width = table.first()?.len();
                let same = table.iter().all(|name| name.len() == width);
                same.then_some((Self::Name(*names, *style, width as u8), width))
            }
            _ => None,
        }
    }

    /// Writes the value at the start of `target`.
    #[inline]
    fn fill(self, moment: &Moment, target: &mut [u8]) {
        match self {
            Self::Pair(field) => {
                let digits = pair((moment.value(field) as u32) % 100);
                target[..2].copy_from_slice(&digits);
            }
            Self::Quad(field) => {
                let value = moment.value(field) as u32;
                target[..2].copy_from_slice(&pair(value / 100 % 100));
                target[2..4].copy_from_slice(&pair(value % 100));
            }
            Self::Digits(field, width) => {
                let mut value = moment.value(field) as u64;
                for digit in target[..usize::from(width)].iter_mut().rev() {
                    *digit = b'0' + (value % 10) as u8;
                    value /= 10;
                }
            }
            Self::Fraction(digits) => {
                let digits = usize::from(digits);
                target[..digits].copy_from_slice(&fraction_digits(moment.micro)[..digits]);
            }
            Self::Name(names, style, width) => {
                let width = usize::from(width);
                target[..width].copy_from_slice(name(names, style, moment).as_bytes());
            }
        }
    }
}

/// The most digits of a field's value in the years of a [`Program`]; `None` when it can be negative.
fn widest(field: Field) -> Option<usize> {
    match field {
        Field::Year | Field::YearOfEra | Field::WeekYear => Some(4),
        Field::JulianDay => None,
        _ => Some(field.range().1.checked_ilog10().map_or(1, |log| log as usize + 1)),
    }
}
