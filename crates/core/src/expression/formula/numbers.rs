//! Numbers read from texts and written as texts, with JavaScript's results.

use crate::display::write_number;

/// What JavaScript takes for blank.
pub(super) fn is_blank(character: char) -> bool {
    matches!(
        character,
        '\t' | '\n' | '\u{B}' | '\u{C}' | '\r' | ' ' | '\u{A0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200A}'
                | '\u{2028}'
                | '\u{2029}'
                | '\u{202F}'
                | '\u{205F}'
                | '\u{3000}'
                | '\u{FEFF}'
    )
}

/// Texts are UTF-8 wherever they come from.
pub(super) fn utf8(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or("")
}

/// A text as a number: `Number(text)`.
pub(super) fn number(bytes: &[u8]) -> f64 {
    let text = utf8(bytes).trim_matches(is_blank);
    let radix = match text.as_bytes() {
        [] => return 0.0,
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => {
            let end = decimal_length(text);
            return if end == text.len() { decimal(text) } else { f64::NAN };
        }
    };
    let digits = &text[2..];
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return f64::NAN;
    }
    whole(digits, radix)
}

/// Digits of `radix` as a number.
fn whole(digits: &str, radix: u32) -> f64 {
    if radix == 10 {
        return digits.parse().unwrap_or(f64::NAN);
    }
    let value = digits.chars().filter_map(|digit| digit.to_digit(radix));
    value.fold(0.0, |value, digit| value * f64::from(radix) + f64::from(digit))
}

/// Length of the longest decimal number at the start of `text`, 0 when there is none.
fn decimal_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits =
        |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    if text[sign..].starts_with("Infinity") {
        return sign + "Infinity".len();
    }
    let whole = digits(sign);
    let mut end = sign + whole;
    let mut fraction = 0;
    if bytes.get(end) == Some(&b'.') {
        fraction = digits(end + 1);
        if whole + fraction > 0 {
            end += 1 + fraction;
        }
    }
    if whole + fraction == 0 {
        return 0;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = if bytes.len() > end + 1 + sign { digits(end + 1 + sign) } else { 0 };
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    end
}

fn decimal(text: &str) -> f64 {
    match text.trim_start_matches(['+', '-']) {
        "Infinity" if text.starts_with('-') => f64::NEG_INFINITY,
        "Infinity" => f64::INFINITY,
        _ => text.parse().unwrap_or(f64::NAN),
    }
}

/// `parseFloat(text)`.
pub(super) fn parse_float(bytes: &[u8]) -> f64 {
    let text = utf8(bytes).trim_start_matches(is_blank);
    match decimal_length(text) {
        0 => f64::NAN,
        end => decimal(&text[..end]),
    }
}

/// `parseInt(text, radix)`.
pub(super) fn parse_int(bytes: &[u8], radix: f64) -> f64 {
    let text = utf8(bytes).trim_start_matches(is_blank);
    let negative = text.starts_with('-');
    let mut digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut radix = if radix.is_finite() { radix.trunc() } else { 0.0 };
    let has_prefix = digits.starts_with("0x") || digits.starts_with("0X");
    if (radix == 0.0 || radix == 16.0) && has_prefix {
        digits = &digits[2..];
        radix = 16.0;
    }
    if radix == 0.0 {
        radix = 10.0;
    }
    if !(2.0..=36.0).contains(&radix) {
        return f64::NAN;
    }
    let radix = radix as u32;
    let end = digits.find(|digit: char| !digit.is_digit(radix)).unwrap_or(digits.len());
    if end == 0 {
        return f64::NAN;
    }
    let value = whole(&digits[..end], radix);
    if negative { -value } else { value }
}

/// `value.toFixed(digits)`: halves of the exact value go away from zero.
pub(super) fn write_fixed(value: f64, digits: usize, out: &mut Vec<u8>) {
    /// More digits than any double has behind the point.
    const ALL: usize = 1_100;
    if value.is_nan() || value.abs() >= 1e21 {
        return write_number(value, out);
    }
    let magnitude = value.abs();
    let mut text = format!("{magnitude:.digits$}");
    // Rust rounds a half to the even neighbour. Only what ends in a 5 there can be a half.
    let longer = format!("{magnitude:.0$}", digits + 1);
    if longer.ends_with('5') {
        let exact = format!("{magnitude:.ALL$}");
        let is_half =
            exact.starts_with(&longer) && exact[longer.len()..].bytes().all(|d| d == b'0');
        if is_half {
            // A digit further the half is no longer one.
            text = increased(&longer, digits);
        }
    }
    if value < 0.0 {
        out.push(b'-');
    }
    out.extend_from_slice(text.as_bytes());
}

/// `longer`, which ends in 5, rounded up at `digits` behind the point.
fn increased(longer: &str, digits: usize) -> String {
    let mut kept: Vec<u8> = longer.bytes().collect();
    kept.pop();
    if digits == 0 {
        kept.pop();
    }
    let mut carry = true;
    for digit in kept.iter_mut().rev().filter(|digit| digit.is_ascii_digit()) {
        if !carry {
            break;
        }
        carry = *digit == b'9';
        *digit = if carry { b'0' } else { *digit + 1 };
    }
    let kept = String::from_utf8(kept).unwrap_or_default();
    if carry { format!("1{kept}") } else { kept }
}
