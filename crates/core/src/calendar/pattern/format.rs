//! Instants to text: the plain writer, right for every instant.

use super::{
    moment::Moment,
    part::{Names, Part, Sign, Style},
};
use crate::calendar::text::{fraction_digits, padded, pair};

/// Appends all parts, right for every moment.
pub(super) fn write_all(parts: &[Part], moment: &Moment, out: &mut Vec<u8>) {
    for part in parts {
        write(part, moment, out);
    }
}

/// Appends one part.
pub(super) fn write(part: &Part, moment: &Moment, out: &mut Vec<u8>) {
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
