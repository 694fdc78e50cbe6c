//! `format`: values put into a text, with widths, digits and bases.
//!
//! The placeholders are those that Python, Rust and C++ share:
//! `{:[[fill]align][+][0][width][.precision][x|X|b|o|f]}`, `{}` alone, and `{{` and `}}` for braces.

use rhai::{Dynamic, Engine, ImmutableString};

use super::dates::{Date, Timestamp, date_text, timestamp_text};
use super::decimal::Decimal;
use super::function::{Function, Group};
use super::{Answer, raised};

/// Most characters that a placeholder may ask for.
const MOST_WIDTH: usize = 10_000;

/// Most digits behind the point.
const MOST_PRECISION: usize = 100;

/// A value that is put in.
#[derive(Debug, Clone, Copy)]
pub(in crate::sandbox::rhai) enum Shown<'a> {
    Int(i64),
    Float(f64),
    Decimal(Decimal),
    Text(&'a str),
}

/// What stands between the braces, behind the colon.
#[derive(Debug, Default)]
pub(in crate::sandbox::rhai) struct Placeholder {
    fill: Option<char>,
    align: Option<char>,
    plus: bool,
    zeros: bool,
    width: usize,
    precision: Option<usize>,
    kind: Option<char>,
}

fn number(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<usize> {
    let mut number = None;
    while let Some(digit) = letters.peek().and_then(|letter| letter.to_digit(10)) {
        let more = number.unwrap_or(0_usize).saturating_mul(10).saturating_add(digit as usize);
        number = Some(more);
        letters.next();
    }
    number
}

impl Placeholder {
    fn read(text: &str) -> Answer<Self> {
        let wrong = |what: &str| {
            format!(
                "format: `{{{text}}}` {what}, expected such as {{}}, {{:5}}, {{:05}} or {{:.2}}"
            )
        };
        let Some(rest) = text.strip_prefix(':') else {
            return if text.is_empty() { Ok(Self::default()) } else { Err(wrong("has no `:`")) };
        };
        let mut one = Self::default();
        let mut letters = rest.chars().peekable();
        let is_align = |letter: char| matches!(letter, '<' | '^' | '>');
        let mut ahead = rest.chars();
        match (ahead.next(), ahead.next()) {
            (Some(fill), Some(align)) if is_align(align) => {
                (one.fill, one.align) = (Some(fill), Some(align));
                letters.nth(1);
            }
            (Some(align), _) if is_align(align) => {
                one.align = Some(align);
                letters.next();
            }
            _ => {}
        }
        one.plus = letters.next_if_eq(&'+').is_some();
        one.zeros = letters.next_if_eq(&'0').is_some();
        one.width = number(&mut letters).unwrap_or(0);
        if letters.next_if_eq(&'.').is_some() {
            one.precision = Some(number(&mut letters).ok_or_else(|| wrong("has no precision"))?);
        }
        one.kind = letters.next_if(|letter| matches!(letter, 'x' | 'X' | 'b' | 'o' | 'f'));
        if letters.next().is_some() {
            return Err(wrong("cannot be read"));
        }
        if one.width > MOST_WIDTH || one.precision.is_some_and(|digits| digits > MOST_PRECISION) {
            return Err(format!(
                "format: `{{{text}}}` asks for too much, expected at most {MOST_WIDTH} characters \
                 and {MOST_PRECISION} digits behind the point"
            ));
        }
        Ok(one)
    }

    /// Whether nothing but a width, perhaps with zeros, is asked for.
    fn is_plain(&self) -> bool {
        self.kind.is_none() && self.precision.is_none() && self.align.is_none() && !self.plus
    }

    /// Appends `value`.
    fn show(&self, value: Shown<'_>, out: &mut String) -> Answer<()> {
        match value {
            Shown::Int(value) if self.is_plain() => {
                self.show_int(value, out);
                return Ok(());
            }
            Shown::Text(text) if self.is_plain() && self.width == 0 => {
                out.push_str(text);
                return Ok(());
            }
            _ => {}
        }
        // The sign by itself: zeros stand behind it.
        let (negative, body) = match (value, self.kind, self.precision) {
            (Shown::Int(value), kind, None) if kind != Some('f') => {
                (value < 0, in_base(value.unsigned_abs(), kind))
            }
            (Shown::Int(value), None | Some('f'), digits) => decimal(value as f64, digits),
            (Shown::Float(value), None, None) => {
                let text = Dynamic::from_float(value.abs()).to_string();
                (value.is_sign_negative() && !value.is_nan(), text)
            }
            (Shown::Float(value), None | Some('f'), digits) => decimal(value, digits),
            (Shown::Decimal(value), None | Some('f'), digits) => {
                (value.is_negative(), value.magnitude(digits))
            }
            (Shown::Text(text), None, None) => (false, text.to_owned()),
            (Shown::Text(text), None, Some(most)) => (false, text.chars().take(most).collect()),
            (Shown::Text(_), Some(kind), _) => {
                return Err(format!("format: `{kind}` is for numbers, not for a text"));
            }
            (Shown::Int(_) | Shown::Float(_) | Shown::Decimal(_), Some(kind), _) => {
                return Err(format!("format: `{kind}` is for whole numbers without a precision"));
            }
        };
        let is_number = !matches!(value, Shown::Text(_));
        let sign = match (is_number, negative) {
            (true, true) => "-",
            (true, false) if self.plus => "+",
            _ => "",
        };
        let missing = self.width.saturating_sub(sign.len() + body.chars().count());
        let fill = |count: usize, out: &mut String| {
            out.extend(std::iter::repeat_n(self.fill.unwrap_or(' '), count));
        };
        if self.zeros && is_number && self.align.is_none() {
            out.push_str(sign);
            out.extend(std::iter::repeat_n('0', missing));
            out.push_str(&body);
            return Ok(());
        }
        let before = match self.align {
            Some('<') => 0,
            Some('^') => missing / 2,
            Some(_) => missing,
            None => {
                if is_number {
                    missing
                } else {
                    0
                }
            }
        };
        fill(before, out);
        out.push_str(sign);
        out.push_str(&body);
        fill(missing - before, out);
        Ok(())
    }
}

impl Placeholder {
    /// Appends a whole number of which no more is asked than a width.
    fn show_int(&self, value: i64, out: &mut String) {
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut rest = value.unsigned_abs();
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        let sign = if value < 0 { "-" } else { "" };
        let missing = self.width.saturating_sub(sign.len() + digits.len() - at);
        if !self.zeros {
            out.extend(std::iter::repeat_n(self.fill.unwrap_or(' '), missing));
        }
        out.push_str(sign);
        if self.zeros {
            out.extend(std::iter::repeat_n('0', missing));
        }
        out.extend(digits[at..].iter().map(|digit| char::from(*digit)));
    }
}

/// The digits of `magnitude` in the base that `kind` names.
fn in_base(magnitude: u64, kind: Option<char>) -> String {
    match kind {
        Some('x') => format!("{magnitude:x}"),
        Some('X') => format!("{magnitude:X}"),
        Some('b') => format!("{magnitude:b}"),
        Some('o') => format!("{magnitude:o}"),
        _ => magnitude.to_string(),
    }
}

/// Whether `value` is negative, and its digits, six behind the point unless said otherwise.
fn decimal(value: f64, digits: Option<usize>) -> (bool, String) {
    let text = format!("{:.*}", digits.unwrap_or(6), value.abs());
    (value.is_sign_negative() && !value.is_nan(), text)
}

/// A pattern taken apart.
#[derive(Debug)]
pub(in crate::sandbox::rhai) struct Pattern {
    /// Texts before each placeholder.
    places: Vec<(String, Placeholder)>,
    /// The text behind the last one.
    end: String,
}

impl Pattern {
    /// Takes `pattern` apart for `count` values.
    pub(in crate::sandbox::rhai) fn read(pattern: &str, count: usize) -> Answer<Self> {
        let mut places = Vec::with_capacity(count);
        let mut before = String::new();
        let mut rest = pattern;
        while let Some(place) = rest.find(['{', '}']) {
            before.push_str(&rest[..place]);
            let brace = &rest[place..=place];
            rest = &rest[place + 1..];
            if let Some(behind) = rest.strip_prefix(brace) {
                before.push_str(brace);
                rest = behind;
                continue;
            }
            let end = if brace == "{" { rest.find('}') } else { None };
            let Some(end) = end else {
                return Err(format!(
                    "format: a single `{brace}`, expected `{brace}{brace}` for a brace"
                ));
            };
            let placeholder = Placeholder::read(&rest[..end])?;
            rest = &rest[end + 1..];
            if places.len() == count {
                return Err(format!("format: there are more placeholders than values ({count})"));
            }
            places.push((std::mem::take(&mut before), placeholder));
        }
        before.push_str(rest);
        if places.len() < count {
            return Err(format!("format: there are fewer placeholders than values ({count})"));
        }
        Ok(Self { places, end: before })
    }

    /// Appends the pattern with `values` in its places.
    pub(in crate::sandbox::rhai) fn write(
        &self,
        values: &[Shown<'_>],
        out: &mut String,
    ) -> Answer<()> {
        for ((before, placeholder), value) in self.places.iter().zip(values) {
            out.push_str(before);
            placeholder.show(*value, out)?;
        }
        out.push_str(&self.end);
        Ok(())
    }
}

/// `pattern` with `values` in the places of its placeholders, in their order.
pub(in crate::sandbox::rhai) fn format_values(
    pattern: &str,
    values: &[Shown<'_>],
) -> Answer<String> {
    let mut out = String::with_capacity(pattern.len() + values.len() * 8);
    Pattern::read(pattern, values.len())?.write(values, &mut out)?;
    Ok(out)
}

fn of_dynamics(pattern: &str, values: &[Dynamic]) -> Answer<String> {
    let text = |value: &Dynamic| match (value.read_lock::<Date>(), value.read_lock::<Timestamp>()) {
        (Some(date), _) => date_text(*date),
        (_, Some(time)) => timestamp_text(*time),
        _ => value.to_string(),
    };
    let texts: Vec<String> = values.iter().map(text).collect();
    let shown = values.iter().zip(&texts).map(|(value, text)| {
        let int = value.as_int().map(Shown::Int);
        let decimal = value.read_lock::<Decimal>().map(|value| Shown::Decimal(*value));
        int.or_else(|_| value.as_float().map(Shown::Float))
            .unwrap_or(decimal.unwrap_or(Shown::Text(text)))
    });
    format_values(pattern, &shown.collect::<Vec<_>>())
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[Function {
    group: Group::Form,
    signature: "format(pattern, value, …)",
    doc: "the pattern with one to eight values in its places, such as `{}`, `{:05}`, `{:.2}` or `{:>8}` (width, \
          `<^>`, zeros, `+`, digits, `x X b o`; at most 10,000 characters and 100 digits behind the point each)",
    // The lowered tier has it for as many values as there are.
    forms: &[],
    others: Some(register),
}];

fn register(engine: &mut Engine) {
    macro_rules! of {
        ($($value:ident)+) => {
            engine.register_fn("format", |pattern: ImmutableString, $($value: Dynamic),+| {
                raised(of_dynamics(&pattern, &[$($value),+]))
            });
        };
    }
    of!(a);
    of!(a b);
    of!(a b c);
    of!(a b c d);
    of!(a b c d e);
    of!(a b c d e f);
    of!(a b c d e f g);
    of!(a b c d e f g h);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(pattern: &str, value: Shown<'_>) -> String {
        format_values(pattern, &[value]).unwrap_or_else(|error| error)
    }

    #[test]
    fn placeholders_are_those_of_other_languages() {
        let (int, float, text) = (Shown::Int(-42), Shown::Float(2.71528), Shown::Text("né"));
        let shown = [
            one("{}", int),
            one("<{:6}>", int),
            one("{:06}", int),
            one("{:+}", Shown::Int(7)),
            one("{:x} {{}}", Shown::Int(255)),
            one("{:08b}", Shown::Int(5)),
            one("{:.1}", Shown::Int(7)),
            one("{:.2}", float),
            one("{:08.2f}", float),
            one("{:.2}", Shown::Float(-0.001)),
            one("{}", Shown::Float(1.0)),
            one("<{:5}>", text),
            one("<{:>5}>", text),
            one("<{:*^5}>", text),
            one("{:.1}", text),
            format_values("{}/{}/{:03}", &[text, float, Shown::Int(9)]).unwrap(),
        ];
        insta::assert_snapshot!(shown.join("\n"), @"
        -42
        <   -42>
        -00042
        +7
        ff {}
        00000101
        7.0
        2.72
        00002.72
        -0.00
        1.0
        <né   >
        <   né>
        <*né**>
        n
        né/2.71528/009
        ");
    }

    #[test]
    fn what_cannot_be_shown_is_told() {
        let (int, text) = (Shown::Int(1), Shown::Text("a"));
        let told = [
            one("{", int),
            one("}", int),
            one("{0}", int),
            one("{:q}", int),
            one("{:.}", int),
            one("{:x}", text),
            one("{:x}", Shown::Float(1.0)),
            one("{:99999999999999999999}", int),
            one("{:.101}", int),
            one("{}{}", int),
            one("none", int),
        ];
        insta::assert_snapshot!(told.join("\n"), @"
        format: a single `{`, expected `{{` for a brace
        format: a single `}`, expected `}}` for a brace
        format: `{0}` has no `:`, expected such as {}, {:5}, {:05} or {:.2}
        format: `{:q}` cannot be read, expected such as {}, {:5}, {:05} or {:.2}
        format: `{:.}` has no precision, expected such as {}, {:5}, {:05} or {:.2}
        format: `x` is for numbers, not for a text
        format: `x` is for whole numbers without a precision
        format: `{:99999999999999999999}` asks for too much, expected at most 10000 characters and 100 digits behind the point
        format: `{:.101}` asks for too much, expected at most 10000 characters and 100 digits behind the point
        format: there are more placeholders than values (1)
        format: there are fewer placeholders than values (1)
        ");
    }

    proptest! {
        #[test]
        fn no_pattern_panics(pattern in "[{}:<^>+0-9.xXf é]{0,12}", value: i64) {
            let _ = format_values(&pattern, &[Shown::Int(value)]);
            let _ = format_values(&pattern, &[Shown::Float(value as f64 / 7.0)]);
            let _ = format_values(&pattern, &[Shown::Text("é")]);
        }

        #[test]
        fn numbers_are_shown_as_rust_shows_them(value: i64, float: f64) {
            prop_assert_eq!(one("{:<+30}|", Shown::Int(value)), format!("{value:<+30}|"));
            prop_assert_eq!(one("{:030.3}", Shown::Float(float)), format!("{float:030.3}"));
            prop_assert_eq!(one("{:^25}", Shown::Int(value)), format!("{value:^25}"));
        }
    }
}
