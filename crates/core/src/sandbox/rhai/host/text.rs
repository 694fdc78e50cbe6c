//! Texts: check digits, padding, encodings, hashes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rhai::{Blob, Dynamic, Engine, EvalAltResult};

use super::function::{Function, Group, form};
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

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        group: Group::CheckDigits,
        signature: "luhn(digits)",
        doc: "the digits with their check digit behind them, as on payment cards",
        forms: &[form!(pure "luhn"(digits: Text) -> Text, |_| luhn(digits))],
        others: None,
    },
    Function {
        group: Group::CheckDigits,
        signature: "mod97(text)",
        doc: "the remainder by 97 of the number that digits and letters make, as in an IBAN",
        forms: &[form!(pure "mod97"(text: Text) -> Int, |_| mod97(text))],
        others: None,
    },
    Function {
        group: Group::Form,
        signature: "pad_left(value, width, letter)",
        doc: "a text or whole number with the letter before it up to so many characters",
        forms: &[
            form!(pure "pad_left"(text: Text, width: Int, pad: Text) -> Text, |_| {
                pad_left(text, width, pad)
            }),
            form!(pure "pad_left"(number: Int, width: Int, pad: Text) -> Text, |_| {
                pad_left(&number.to_string(), width, pad)
            }),
        ],
        others: None,
    },
    Function {
        group: Group::Form,
        signature: "slug(text)",
        doc: "lower-case letters and digits of ASCII, with `-` between words",
        forms: &[form!(pure "slug"(text: Text) -> Text, |_| Ok(slug(text)))],
        others: None,
    },
    Function {
        group: Group::Form,
        signature: "title(text)",
        doc: "the text with words in lower case and their first letters in upper case",
        forms: &[form!(pure "title"(text: Text) -> Text, |_| Ok(title(text)))],
        others: None,
    },
    Function {
        group: Group::Form,
        signature: "base32(value)",
        doc: "the bytes of a text or blob in base 32 (RFC 4648)",
        forms: &[form!(pure "base32"(text: Text) -> Text, |_| Ok(base32(text.as_bytes())))],
        others: Some(|engine| {
            engine.register_fn("base32", |bytes: Blob| base32(&bytes));
        }),
    },
    Function {
        group: Group::Form,
        signature: "base64(value)",
        doc: "the bytes of a text or blob in base 64 (RFC 4648)",
        forms: &[form!(pure "base64"(text: Text) -> Text, |_| Ok(base64(text.as_bytes())))],
        others: Some(|engine| {
            engine.register_fn("base64", |bytes: Blob| base64(&bytes));
        }),
    },
    Function {
        group: Group::Form,
        signature: "hash(value)",
        doc: "64 bits of a text or whole number, spread evenly, the same in every version",
        forms: &[
            form!(pure "hash"(text: Text) -> Int, |_| Ok(hash_text(text))),
            form!(pure "hash"(number: Int) -> Int, |_| Ok(hash_int(number))),
        ],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "round_to(value, digits)",
        doc: "the number with so many digits behind the point, halves away from zero",
        forms: &[form!(pure "round_to"(value: Float, digits: Int) -> Float, |_| {
            round_to(value, digits)
        })],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "clamp(value, low, high)",
        doc: "the number, or the end of the range that it is beyond",
        forms: &[
            form!(pure "clamp"(value: Int, low: Int, high: Int) -> Int, |_| {
                Ok(value.min(high).max(low))
            }),
            form!(pure "clamp"(value: Float, low: Float, high: Float) -> Float, |_| {
                Ok(value.min(high).max(low))
            }),
        ],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "sin(value)",
        doc: "the sine of an angle in radians",
        forms: &[form!(pure "sin"(value: Float) -> Float, |_| Ok(libm::sin(value)))],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "cos(value)",
        doc: "the cosine of an angle in radians",
        forms: &[form!(pure "cos"(value: Float) -> Float, |_| Ok(libm::cos(value)))],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "tan(value)",
        doc: "the tangent of an angle in radians",
        forms: &[form!(pure "tan"(value: Float) -> Float, |_| Ok(libm::tan(value)))],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "asin(value)",
        doc: "the angle of a sine",
        forms: &[form!(pure "asin"(value: Float) -> Float, |_| Ok(libm::asin(value)))],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "acos(value)",
        doc: "the angle of a cosine",
        forms: &[form!(pure "acos"(value: Float) -> Float, |_| Ok(libm::acos(value)))],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "sinh(value)",
        doc: "the hyperbolic sine",
        forms: &[form!(pure "sinh"(value: Float) -> Float, |_| Ok(libm::sinh(value)))],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "cosh(value)",
        doc: "the hyperbolic cosine",
        forms: &[form!(pure "cosh"(value: Float) -> Float, |_| Ok(libm::cosh(value)))],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "tanh(value)",
        doc: "the hyperbolic tangent",
        forms: &[form!(pure "tanh"(value: Float) -> Float, |_| Ok(libm::tanh(value)))],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "asinh(value)",
        doc: "the inverse hyperbolic sine",
        forms: &[form!(pure "asinh"(value: Float) -> Float, |_| Ok(libm::asinh(value)))],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "acosh(value)",
        doc: "the inverse hyperbolic cosine",
        forms: &[form!(pure "acosh"(value: Float) -> Float, |_| Ok(libm::acosh(value)))],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "atanh(value)",
        doc: "the inverse hyperbolic tangent",
        forms: &[form!(pure "atanh"(value: Float) -> Float, |_| Ok(libm::atanh(value)))],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "sqrt(value)",
        doc: "the square root",
        forms: &[form!(pure "sqrt"(value: Float) -> Float, |_| Ok(libm::sqrt(value)))],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "exp(value)",
        doc: "e to the power of the number",
        forms: &[form!(pure "exp"(value: Float) -> Float, |_| Ok(libm::exp(value)))],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "ln(value)",
        doc: "the natural logarithm",
        forms: &[form!(pure "ln"(value: Float) -> Float, |_| Ok(libm::log(value)))],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "atan(value), atan(y, x)",
        doc: "the angle of a tangent, or of a point",
        forms: &[
            form!(pure "atan"(value: Float) -> Float, |_| Ok(libm::atan(value))),
            form!(pure "atan"(y: Float, x: Float) -> Float, |_| Ok(libm::atan2(y, x))),
        ],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "log(value), log(value, base)",
        doc: "the logarithm of base 10, or of another",
        forms: &[
            form!(pure "log"(value: Float) -> Float, |_| Ok(libm::log10(value))),
            form!(pure "log"(value: Float, base: Float) -> Float, |_| {
                Ok(libm::log(value) / libm::log(base))
            }),
        ],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "pow(value, power)",
        doc: "the number to a power",
        forms: &[form!(pure "pow"(value: Float, power: Float) -> Float, |_| {
            Ok(libm::pow(value, power))
        })],
        others: None,
    },
    Function {
        group: Group::Maths,
        signature: "hypot(x, y)",
        doc: "the length of the vector of two numbers",
        forms: &[form!(pure "hypot"(x: Float, y: Float) -> Float, |_| Ok(libm::hypot(x, y)))],
        others: None,
    },
];

/// Takes away what the language has and a generator must not.
pub(super) fn refuse(engine: &mut Engine) {
    fn no_time() -> Result<(), Box<EvalAltResult>> {
        raised(Err("sleep: a generator has no time to wait".to_owned()))
    }
    engine.register_fn("sleep", |_: Dynamic| no_time());
    // The standard ones take whole and broken seconds by type, which wins over the one above.
    engine.register_fn("sleep", |_: i64| no_time());
    engine.register_fn("sleep", |_: f64| no_time());
}

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
