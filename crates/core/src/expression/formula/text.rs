//! Functions of texts with JavaScript's results.
//!
//! JavaScript counts in UTF-16 units, we hold UTF-8: texts of ASCII are counted as they are, others
//! are converted. Half a pair of units, which UTF-8 cannot hold, becomes U+FFFD.

use std::cmp::Ordering;

use super::functions::Method;
use super::numbers::{is_blank, utf8, write_fixed};
use super::operate::{number_of, write_text};
use super::vector::Cell;
use crate::expression::error::MOST_BLOCK_BYTES;

/// Bytes that one text may have.
const MOST_BYTES: usize = 1 << 20;

/// Watches the length of texts and their sum.
#[derive(Debug, Default)]
pub(super) struct TextLimit {
    sum: usize,
}

impl TextLimit {
    /// Counts a text that was made.
    pub(super) fn check(&mut self, length: usize) -> Result<(), String> {
        self.sum += length;
        if length > MOST_BYTES {
            return Err(format!("a text of {length} bytes, at most {MOST_BYTES} are allowed"));
        }
        if self.sum > MOST_BLOCK_BYTES {
            return Err("the texts of a block are too long".to_owned());
        }
        Ok(())
    }
}

/// What a method gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Outcome {
    Null,
    Boolean(bool),
    Number(f64),
    /// The text was appended.
    Text,
}

/// The order of UTF-16 units.
pub(super) fn order(left: &[u8], right: &[u8]) -> Ordering {
    if left.is_ascii() && right.is_ascii() {
        return left.cmp(right);
    }
    utf8(left).encode_utf16().cmp(utf8(right).encode_utf16())
}

/// Number of UTF-16 units.
pub(super) fn length(text: &[u8]) -> usize {
    if text.is_ascii() { text.len() } else { utf8(text).encode_utf16().count() }
}

/// Appends the units `start..end`.
fn write_units(text: &[u8], start: usize, end: usize, out: &mut Vec<u8>) {
    if start >= end {
        return;
    }
    if text.is_ascii() {
        out.extend_from_slice(&text[start..end]);
    } else {
        let units: Vec<u16> = utf8(text).encode_utf16().skip(start).take(end - start).collect();
        out.extend_from_slice(String::from_utf16_lossy(&units).as_bytes());
    }
}

/// `ToIntegerOrInfinity`.
fn integer(cell: Option<&Cell<'_>>, absent: f64) -> f64 {
    let value = cell.map_or(absent, |cell| number_of(*cell));
    if value.is_nan() { 0.0 } else { value.trunc() }
}

/// A position counted from the start, from 0 to `length`.
fn clamped(value: f64, length: usize) -> usize {
    value.clamp(0.0, length as f64) as usize
}

/// A position that counts from the end when it is negative.
fn relative(value: f64, length: usize) -> usize {
    clamped(if value < 0.0 { value + length as f64 } else { value }, length)
}

/// Calls a method; texts are appended to `out`.
///
/// # Errors
/// A sentence, where JavaScript would throw.
pub(super) fn call(
    method: Method,
    receiver: Cell<'_>,
    arguments: &[Cell<'_>],
    out: &mut Vec<u8>,
) -> Result<Outcome, String> {
    if receiver == Cell::Null || arguments.contains(&Cell::Null) {
        return Ok(Outcome::Null);
    }
    match (method, receiver) {
        (Method::ToString, _) => {
            write_text(receiver, out);
            Ok(Outcome::Text)
        }
        (Method::ToFixed, Cell::Number(value)) => {
            let digits = integer(arguments.first(), 0.0);
            if !(0.0..=100.0).contains(&digits) {
                return Err(format!("`toFixed` takes 0 to 100 digits, not {digits}"));
            }
            write_fixed(value, digits as usize, out);
            Ok(Outcome::Text)
        }
        (Method::ToFixed, _) => Err("`toFixed` needs a number; write `Number(…)`".to_owned()),
        (_, Cell::Text(text)) => {
            let length = length(text);
            find(method, text, length, arguments)
                .map_or_else(|| make(method, text, length, arguments, out), Ok)
        }
        _ => Err("a method of texts needs a text; write `String(…)`".to_owned()),
    }
}

/// The text of an argument.
fn argument<'c>(arguments: &'c [Cell<'c>], index: usize, scratch: &'c mut Vec<u8>) -> &'c [u8] {
    match arguments.get(index) {
        Some(Cell::Text(text)) => text,
        Some(other) => {
            write_text(*other, scratch);
            scratch
        }
        None => b"",
    }
}

/// Methods that look something up; `None` for the others.
fn find(method: Method, text: &[u8], length: usize, arguments: &[Cell<'_>]) -> Option<Outcome> {
    let mut scratch = Vec::new();
    let sought = argument(arguments, 0, &mut scratch);
    let from = |absent| clamped(integer(arguments.get(1), absent), length);
    let found = |position: Option<usize>| {
        Outcome::Number(position.map_or(-1.0, |position| position as f64))
    };
    Some(match method {
        Method::IndexOf => found(first_at(text, sought, from(0.0))),
        Method::LastIndexOf => found(last(text, sought)),
        Method::Includes => Outcome::Boolean(first_at(text, sought, from(0.0)).is_some()),
        Method::StartsWith => {
            let mut rest = Vec::new();
            write_units(text, from(0.0), length, &mut rest);
            Outcome::Boolean(rest.starts_with(sought))
        }
        Method::EndsWith => {
            let mut rest = Vec::new();
            write_units(text, 0, from(length as f64), &mut rest);
            Outcome::Boolean(rest.ends_with(sought))
        }
        Method::CharCodeAt => {
            let index = integer(arguments.first(), 0.0);
            let unit = (index >= 0.0).then(|| utf8(text).encode_utf16().nth(index as usize));
            Outcome::Number(unit.flatten().map_or(f64::NAN, f64::from))
        }
        _ => return None,
    })
}

/// Where `sought` is found first, in units, not before `from`.
fn first_at(text: &[u8], sought: &[u8], from: usize) -> Option<usize> {
    if text.is_ascii() {
        return utf8(&text[from..]).find(utf8(sought)).map(|position| from + position);
    }
    let text: Vec<u16> = utf8(text).encode_utf16().collect();
    let sought: Vec<u16> = utf8(sought).encode_utf16().collect();
    if sought.is_empty() {
        return Some(from);
    }
    text[from..].windows(sought.len()).position(|units| units == sought).map(|at| from + at)
}

fn last(text: &[u8], sought: &[u8]) -> Option<usize> {
    let text = utf8(text);
    text.rfind(utf8(sought)).map(|end| length(&text.as_bytes()[..end]))
}

/// Methods that make a text.
fn make(
    method: Method,
    text: &[u8],
    length: usize,
    arguments: &[Cell<'_>],
    out: &mut Vec<u8>,
) -> Result<Outcome, String> {
    let end = integer(arguments.get(1), f64::INFINITY);
    let start = integer(arguments.first(), 0.0);
    match method {
        Method::ToUpperCase if text.is_ascii() => {
            out.extend(text.iter().map(u8::to_ascii_uppercase));
        }
        Method::ToLowerCase if text.is_ascii() => {
            out.extend(text.iter().map(u8::to_ascii_lowercase));
        }
        Method::ToUpperCase => out.extend_from_slice(utf8(text).to_uppercase().as_bytes()),
        Method::ToLowerCase => out.extend_from_slice(utf8(text).to_lowercase().as_bytes()),
        Method::Trim => out.extend_from_slice(utf8(text).trim_matches(is_blank).as_bytes()),
        Method::TrimStart => {
            out.extend_from_slice(utf8(text).trim_start_matches(is_blank).as_bytes());
        }
        Method::TrimEnd => out.extend_from_slice(utf8(text).trim_end_matches(is_blank).as_bytes()),
        Method::CharAt => {
            if (0.0..length as f64).contains(&start) {
                write_units(text, start as usize, start as usize + 1, out);
            }
        }
        Method::Slice => {
            write_units(text, relative(start, length), relative(end, length), out);
        }
        Method::Substring => {
            let (start, end) = (clamped(start, length), clamped(end, length));
            write_units(text, start.min(end), start.max(end), out);
        }
        Method::Substr => {
            let start = relative(start, length);
            let count = clamped(end, length - start);
            write_units(text, start, start + count, out);
        }
        Method::Concat => {
            out.extend_from_slice(text);
            for argument in arguments {
                write_text(*argument, out);
            }
        }
        Method::Repeat => repeat(text, start, out)?,
        Method::PadStart | Method::PadEnd => pad(method, text, length, arguments, out)?,
        _ => replace(method == Method::ReplaceAll, text, arguments, out)?,
    }
    Ok(Outcome::Text)
}

fn too_long(length: f64) -> String {
    format!("a text of {length} bytes, at most {MOST_BYTES} are allowed")
}

fn repeat(text: &[u8], count: f64, out: &mut Vec<u8>) -> Result<(), String> {
    if count < 0.0 || count.is_infinite() {
        return Err(format!("`repeat` takes a count from 0, not {count}"));
    }
    let length = text.len() as f64 * count;
    if length > MOST_BYTES as f64 {
        return Err(too_long(length));
    }
    if !text.is_empty() {
        for _ in 0..count as usize {
            out.extend_from_slice(text);
        }
    }
    Ok(())
}

fn pad(
    method: Method,
    text: &[u8],
    length: usize,
    arguments: &[Cell<'_>],
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let mut scratch = Vec::new();
    let filler = match arguments.len() {
        0 | 1 => b" ",
        _ => argument(arguments, 1, &mut scratch),
    };
    let wanted = integer(arguments.first(), 0.0);
    if wanted > MOST_BYTES as f64 {
        return Err(too_long(wanted));
    }
    let missing = (wanted.max(0.0) as usize).saturating_sub(length);
    let mut padding = Vec::new();
    if missing > 0 && !filler.is_empty() {
        let units: Vec<u16> = utf8(filler).encode_utf16().cycle().take(missing).collect();
        padding = String::from_utf16_lossy(&units).into_bytes();
    }
    let (first, second) =
        if method == Method::PadStart { (&padding[..], text) } else { (text, &padding[..]) };
    out.extend_from_slice(first);
    out.extend_from_slice(second);
    Ok(())
}

fn replace(
    all: bool,
    text: &[u8],
    arguments: &[Cell<'_>],
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let sought = utf8(argument(arguments, 0, &mut first));
    let by = utf8(argument(arguments, 1, &mut second));
    let text = utf8(text);
    let start = out.len();
    let mut copied = 0;
    let most = if all { usize::MAX } else { 1 };
    for (at, found) in text.match_indices(sought).take(most) {
        out.extend_from_slice(&text.as_bytes()[copied..at]);
        write_replacement(text, at, found, by, out);
        copied = at + found.len();
        // Each replacement may hold the whole text again.
        if out.len() - start > MOST_BYTES {
            return Err(too_long((out.len() - start) as f64));
        }
    }
    out.extend_from_slice(&text.as_bytes()[copied..]);
    Ok(())
}

/// A replacement with `$$`, `$&`, `` $` `` and `$'` resolved.
fn write_replacement(text: &str, at: usize, found: &str, by: &str, out: &mut Vec<u8>) {
    let mut rest = by;
    while let Some(dollar) = rest.find('$') {
        out.extend_from_slice(&rest.as_bytes()[..dollar]);
        let meant: &str = match rest.as_bytes().get(dollar + 1) {
            Some(b'$') => "$",
            Some(b'&') => found,
            Some(b'`') => &text[..at],
            Some(b'\'') => &text[at + found.len()..],
            _ => {
                out.push(b'$');
                rest = &rest[dollar + 1..];
                continue;
            }
        };
        out.extend_from_slice(meant.as_bytes());
        rest = &rest[dollar + 2..];
    }
    out.extend_from_slice(rest.as_bytes());
}
