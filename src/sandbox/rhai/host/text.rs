//! Texts: check digits, padding, encodings, hashes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rhai::{Blob, Dynamic, Engine, ImmutableString};

use super::{Answer, raised};
use crate::dictionaries::ascii;
use crate::rng::mix;

/// Most characters that padding makes.
const MOST_CHARACTERS: i64 = 1 << 20;

/// `digits` with its Luhn check digit (ISO/IEC 7812-1, annex B).
pub(in crate::sandbox::rhai) fn luhn(digits: &str) -> Answer<String> {
    let mut sum = 0;
    for (place, digit) in digits.bytes().rev().enumerate() {
        if !digit.is_ascii_digit() {
            return Err(format!("luhn: `{}` is no digit", digit.escape_ascii()));
        }
        let digit = u32::from(digit - b'0');
        let doubled = digit * 2;
        sum += if place % 2 == 1 { digit } else { doubled / 10 + doubled % 10 };
    }
    let check = char::from(b'0' + ((10 - sum % 10) % 10) as u8);
    let mut out = String::with_capacity(digits.len() + 1);
    out.push_str(digits);
    out.push(check);
    Ok(out)
}

/// The remainder by 97 of the number that `text` is, letters counting from 10 (ISO 7064; IBAN).
pub(in crate::sandbox::rhai) fn mod97(text: &str) -> Answer<i64> {
    let mut rest = 0_u32;
    for letter in text.chars() {
        let Some(value) = letter.to_digit(36) else {
            return Err(format!("mod97: `{}` is no digit or letter", letter.escape_default()));
        };
        rest = (rest * if value < 10 { 10 } else { 100 } + value) % 97;
    }
    Ok(i64::from(rest))
}

/// `text` with as many of `pad` before it as make `width` characters.
pub(in crate::sandbox::rhai) fn pad_left(text: &str, width: i64, pad: &str) -> Answer<String> {
    let mut pads = pad.chars();
    let (Some(pad), None) = (pads.next(), pads.next()) else {
        return Err("pad_left: expected one character to pad with".to_owned());
    };
    if width > MOST_CHARACTERS {
        return Err(format!("pad_left: expected at most {MOST_CHARACTERS} characters"));
    }
    let missing = width.saturating_sub(text.chars().count() as i64).max(0);
    let mut out = String::with_capacity(text.len() + missing as usize * pad.len_utf8());
    out.extend((0..missing).map(|_| pad));
    out.push_str(text);
    Ok(out)
}

/// Lower-case ASCII letters and digits, everything else as single `-` between them.
pub(in crate::sandbox::rhai) fn slug(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in ascii(text).chars() {
        if letter.is_ascii_alphanumeric() {
            out.push(letter.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.truncate(out.trim_end_matches('-').len());
    out
}

/// RFC 4648 section 6, with padding.
pub(in crate::sandbox::rhai) fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for group in bytes.chunks(5) {
        let mut word = [0; 8];
        word[3..3 + group.len()].copy_from_slice(group);
        let word = u64::from_be_bytes(word);
        let letters = (group.len() * 8).div_ceil(5);
        for place in 0..8 {
            let letter = LETTERS[(word >> (35 - 5 * place) & 31) as usize];
            out.push(if place < letters { char::from(letter) } else { '=' });
        }
    }
    out
}

/// RFC 4648 section 4, with padding.
pub(in crate::sandbox::rhai) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// 64 bits of `text`, spread evenly; the same in every version.
pub(in crate::sandbox::rhai) fn hash_text(text: &str) -> i64 {
    let mut hash = mix(text.len() as u64 ^ 0x9e37_79b9_7f4a_7c15);
    for chunk in text.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = mix(hash ^ u64::from_le_bytes(word));
    }
    hash as i64
}

/// 64 bits of `number`, spread evenly; the same in every version.
pub(in crate::sandbox::rhai) fn hash_int(number: i64) -> i64 {
    mix((number as u64).wrapping_add(0x9e37_79b9_7f4a_7c15)) as i64
}

/// Upper-case first letters of words, lower-case the others.
pub(in crate::sandbox::rhai) fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for letter in text.chars() {
        if inside {
            out.extend(letter.to_lowercase());
        } else {
            out.extend(letter.to_uppercase());
        }
        inside = letter.is_alphanumeric();
    }
    out
}

/// `value` rounded to `digits` behind the point, halves away from zero.
pub(in crate::sandbox::rhai) fn round_to(value: f64, digits: i64) -> Answer<f64> {
    if !(0..=15).contains(&digits) {
        return Err(format!("round_to(…, {digits}): expected 0 to 15 digits"));
    }
    let scale = libm::pow(10.0, digits as f64);
    let rounded = libm::round(value * scale) / scale;
    // Beyond 2^53 there is no fraction left to round.
    Ok(if rounded.is_finite() { rounded } else { value })
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("luhn", |digits: ImmutableString| raised(luhn(&digits)));
    engine.register_fn("mod97", |text: ImmutableString| raised(mod97(&text)));
    engine.register_fn("pad_left", |text: ImmutableString, width: i64, pad: ImmutableString| {
        raised(pad_left(&text, width, &pad))
    });
    engine.register_fn("pad_left", |number: i64, width: i64, pad: ImmutableString| {
        raised(pad_left(&number.to_string(), width, &pad))
    });
    engine.register_fn("slug", |text: ImmutableString| slug(&text));
    engine.register_fn("title", |text: ImmutableString| title(&text));
    engine.register_fn("base32", |text: ImmutableString| base32(text.as_bytes()));
    engine.register_fn("base32", |bytes: Blob| base32(&bytes));
    engine.register_fn("base64", |text: ImmutableString| base64(text.as_bytes()));
    engine.register_fn("base64", |bytes: Blob| base64(&bytes));
    engine.register_fn("hash", |text: ImmutableString| hash_text(&text));
    engine.register_fn("hash", hash_int);
    engine.register_fn("round_to", |value: f64, digits: i64| raised(round_to(value, digits)));
    engine.register_fn("clamp", |value: i64, low: i64, high: i64| value.min(high).max(low));
    engine.register_fn("clamp", |value: f64, low: f64, high: f64| value.min(high).max(low));
    // Of the machine's own library these would differ in the last digit.
    for (name, function) in MATHS {
        engine.register_fn(*name, *function);
    }
    engine.register_fn("atan", libm::atan2);
    engine.register_fn("hypot", libm::hypot);
    engine.register_fn("pow", libm::pow);
    engine.register_fn("log", |value: f64, base: f64| libm::log(value) / libm::log(base));
    engine.register_fn("sleep", |_: Dynamic| {
        raised::<()>(Err("sleep: a generator has no time to wait".to_owned()))
    });
    // The standard ones take whole and broken seconds by type, which wins over the one above.
    engine.register_fn("sleep", |_: i64| {
        raised::<()>(Err("sleep: a generator has no time to wait".to_owned()))
    });
    engine.register_fn("sleep", |_: f64| {
        raised::<()>(Err("sleep: a generator has no time to wait".to_owned()))
    });
}

/// Functions of one number, bound to a library that is part of this program.
type Function = fn(f64) -> f64;
const MATHS: &[(&str, Function)] = &[
    ("sin", libm::sin),
    ("cos", libm::cos),
    ("tan", libm::tan),
    ("sinh", libm::sinh),
    ("cosh", libm::cosh),
    ("tanh", libm::tanh),
    ("asin", libm::asin),
    ("acos", libm::acos),
    ("atan", libm::atan),
    ("asinh", libm::asinh),
    ("acosh", libm::acosh),
    ("atanh", libm::atanh),
    ("sqrt", libm::sqrt),
    ("exp", libm::exp),
    ("ln", libm::log),
    ("log", libm::log10),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_and_encodings_are_those_of_their_standards() {
        assert_eq!(luhn("7992739871").unwrap(), "79927398713");
        assert_eq!(luhn("").unwrap(), "0");
        assert!(luhn("12a").is_err());
        // The example of ISO 13616: the check digits make the remainder 1.
        assert_eq!(mod97("WEST12345698765432GB82"), Ok(1));
        assert!(mod97("é").is_err());
        for (bytes, text) in [("", ""), ("f", "MY======"), ("foobar", "MZXW6YTBOI======")] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        assert_eq!(base64(b"foob"), "Zm9vYg==");
    }

    #[test]
    fn texts_are_padded_and_simplified() {
        assert_eq!(pad_left("7", 3, "0").unwrap(), "007");
        assert_eq!(pad_left("été", 5, "·").unwrap(), "··été");
        assert_eq!(pad_left("long", -5, " ").unwrap(), "long");
        assert!(pad_left("", 1, "ab").is_err() && pad_left("", i64::MAX, " ").is_err());
        assert_eq!(slug("  Crème Brûlée & Co. "), "creme-brulee-co");
        assert_eq!(title("hello o'NEIL"), "Hello O'Neil");
        assert_eq!(round_to(2.675, 1), Ok(2.7));
        assert_eq!(round_to(1e308, 15), Ok(1e308));
    }
}
