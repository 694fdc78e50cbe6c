//! Check digits beside Luhn's, digests, and texts as URLs and JSON have them; the way between two places.

use std::fmt::Write as _;

use md5::Md5;
use rhai::{Array, Blob, Dynamic, Map, NativeCallContext};
use sha2::{Digest, Sha256};

use super::dates::{Date, Timestamp, date_text, timestamp_text};
use super::decimal::Decimal;
use super::function::{Function, Group, form};
use super::{Answer, raised};
use crate::display::hexadecimal;

/// The mean radius of the earth in kilometers (IUGG).
const EARTH_RADIUS: f64 = 6_371.008_8;

/// Values inside one another that JSON is made of.
const MOST_DEPTH: usize = 32;

/// The sum of `digits`, each by its weight, which is counted from the last one on.
fn weighted(name: &str, digits: &str, weight: impl Fn(usize) -> u64) -> Answer<u64> {
    let mut sum = 0;
    for (place, digit) in digits.bytes().rev().enumerate() {
        if !digit.is_ascii_digit() {
            return Err(format!("{name}: `{}` is no digit", digit.escape_ascii()));
        }
        sum += u64::from(digit - b'0') * weight(place);
    }
    Ok(sum)
}

/// The check digit of the numbers of GS1: EAN, GTIN, ISBN of 13 digits.
fn mod10(digits: &str) -> Answer<i64> {
    let sum = weighted("mod10", digits, |place| if place % 2 == 0 { 3 } else { 1 })?;
    Ok(((10 - sum % 10) % 10) as i64)
}

/// The check number by 11, 0 to 10, with the weights 2, 3 and so on up to `highest`, then from 2 on again.
fn mod11(digits: &str, highest: i64) -> Answer<i64> {
    let Some(count) = u64::try_from(highest).ok().filter(|highest| (2..=1_000).contains(highest))
    else {
        return Err(format!("mod11: the highest weight is {highest}, expected 2 to 1000"));
    };
    let sum = weighted("mod11", digits, |place| place as u64 % (count - 1) + 2)?;
    Ok(((11 - sum % 11) % 11) as i64)
}

/// RFC 3986: everything but letters, digits and `-._~` as `%` and its bytes.
fn url_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// RFC 8259, section 7, without the quotes.
fn json_escape(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
}

fn json_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    json_escape(text, &mut out);
    out.push('"');
    out
}

/// JSON has no numbers without an end.
fn json_number(value: f64) -> Answer<String> {
    if value.is_finite() {
        Ok(Dynamic::from_float(value).to_string())
    } else {
        Err(format!("to_json: {value} is no number of JSON"))
    }
}

/// Appends `value`, and stops where `out` has more than `most` bytes: no list makes much more of it.
fn json(value: &Dynamic, most: usize, depth: usize, out: &mut String) -> Answer<()> {
    if depth > MOST_DEPTH {
        return Err(format!("to_json: more than {MOST_DEPTH} values inside one another"));
    }
    if out.len() > most {
        return Err(format!("to_json: more than {most} bytes"));
    }
    if value.is_unit() {
        out.push_str("null");
    } else if let Some(text) = value.read_lock::<rhai::ImmutableString>() {
        out.push_str(&json_text(&text));
    } else if let Ok(letter) = value.as_char() {
        out.push_str(&json_text(letter.encode_utf8(&mut [0; 4])));
    } else if let Ok(number) = value.as_float() {
        out.push_str(&json_number(number)?);
    } else if let Some(date) = value.read_lock::<Date>() {
        out.push_str(&json_text(&date_text(*date)));
    } else if let Some(time) = value.read_lock::<Timestamp>() {
        out.push_str(&json_text(&timestamp_text(*time)));
    } else if let Some(list) = value.read_lock::<Array>() {
        for (place, item) in list.iter().enumerate() {
            out.push(if place == 0 { '[' } else { ',' });
            json(item, most, depth + 1, out)?;
        }
        out.push_str(if list.is_empty() { "[]" } else { "]" });
    } else if let Some(map) = value.read_lock::<Map>() {
        for (place, (name, item)) in map.iter().enumerate() {
            out.push(if place == 0 { '{' } else { ',' });
            out.push_str(&json_text(name));
            out.push(':');
            json(item, most, depth + 1, out)?;
        }
        out.push_str(if map.is_empty() { "{}" } else { "}" });
    } else if value.is_int() || value.is_bool() || value.is::<Decimal>() {
        let decimal = value.read_lock::<Decimal>().map(|value| value.to_string());
        out.push_str(&decimal.unwrap_or_else(|| value.to_string()));
    } else {
        return Err(format!("to_json: there is no JSON of {}", value.type_name()));
    }
    Ok(())
}

/// The way over the earth, a sphere, in kilometers, between places in degrees.
fn haversine(from: (f64, f64), to: (f64, f64)) -> f64 {
    let half = |angle: f64| libm::sin((angle).to_radians() / 2.0);
    let (north, east) = (half(to.0 - from.0), half(to.1 - from.1));
    let cosines = libm::cos(from.0.to_radians()) * libm::cos(to.0.to_radians());
    let chord = north * north + cosines * east * east;
    2.0 * EARTH_RADIUS * libm::asin(libm::sqrt(chord.min(1.0)))
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        group: Group::CheckDigits,
        signature: "mod10(digits)",
        doc: "the check digit of EAN, GTIN and ISBN of 13 digits, as a whole number: weights 3 and 1 from the end",
        forms: &[form!(pure "mod10"(digits: Text) -> Int, |_| mod10(digits))],
        others: None,
    },
    Function {
        group: Group::CheckDigits,
        signature: "mod11(digits), mod11(digits, highest)",
        doc: "the check number by 11, 0 to 10 (often written X): weights 2, 3 … from the end as in an ISBN of 10 digits, \
              or up to `highest` and then from 2 on again",
        forms: &[
            form!(pure "mod11"(digits: Text) -> Int, |_| mod11(digits, 1_000)),
            form!(pure "mod11"(digits: Text, highest: Int) -> Int, |_| mod11(digits, highest)),
        ],
        others: None,
    },
    Function {
        group: Group::Form,
        signature: "sha256(value)",
        doc: "the SHA-256 digest of a text or blob, 64 digits of base 16",
        forms: &[
            form!(pure "sha256"(text: Text) -> Text, |_| Ok(hexadecimal(&Sha256::digest(text)))),
        ],
        others: Some(|engine| {
            engine.register_fn("sha256", |bytes: Blob| hexadecimal(&Sha256::digest(bytes)));
        }),
    },
    Function {
        group: Group::Form,
        signature: "md5(value)",
        doc: "the MD5 digest of a text or blob, 32 digits of base 16",
        forms: &[form!(pure "md5"(text: Text) -> Text, |_| Ok(hexadecimal(&Md5::digest(text))))],
        others: Some(|engine| {
            engine.register_fn("md5", |bytes: Blob| hexadecimal(&Md5::digest(bytes)));
        }),
    },
    Function {
        group: Group::Form,
        signature: "url_encode(text)",
        doc: "the text as it may stand in any part of a URL (RFC 3986)",
        forms: &[form!(pure "url_encode"(text: Text) -> Text, |_| Ok(url_encode(text)))],
        others: None,
    },
    Function {
        group: Group::Form,
        signature: "json_escape(text)",
        doc: "the text as it stands between the quotes of a text of JSON",
        forms: &[form!(pure "json_escape"(text: Text) -> Text, |_| {
            let mut out = String::with_capacity(text.len());
            json_escape(text, &mut out);
            Ok(out)
        })],
        others: None,
    },
    Function {
        group: Group::Form,
        signature: "to_json(value)",
        doc: "JSON of a text, number, date, list or map, lists in their order, maps by their names",
        forms: &[
            form!(pure "to_json"(text: Text) -> Text, |_| Ok(json_text(text))),
            form!(pure "to_json"(value: Int) -> Text, |_| Ok(value.to_string())),
            form!(pure "to_json"(value: Float) -> Text, |_| json_number(value)),
            form!(pure "to_json"(value: Bool) -> Text, |_| Ok(value.to_string())),
            form!(pure "to_json"(value: Decimal) -> Text, |_| Ok(value.to_string())),
            form!(pure "to_json"(value: Date) -> Text, |_| Ok(json_text(&date_text(value)))),
            form!(pure "to_json"(value: Time) -> Text, |_| Ok(json_text(&timestamp_text(value)))),
        ],
        others: Some(|engine| {
            engine.register_fn("to_json", |context: NativeCallContext<'_>, list: Array| {
                let (most, mut out) = (context.engine().max_string_size(), String::new());
                raised(json(&Dynamic::from_array(list), most, 0, &mut out).map(|()| out))
            });
            engine.register_fn("to_json", |(): ()| "null");
        }),
    },
    Function {
        group: Group::Maths,
        signature: "haversine(latitude, longitude, latitude, longitude)",
        doc: "the way in kilometers from one place to another, in degrees, over the earth as a sphere",
        forms: &[
            form!(pure "haversine"(south: Float, west: Float, north: Float, east: Float) -> Float, |_| {
                Ok(haversine((south, west), (north, east)))
            }),
        ],
        others: None,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_those_of_known_numbers() {
        // An EAN of GS1's manual, an ISBN, a bank's number with weights up to 7.
        assert_eq!(mod10("629104150021"), Ok(3));
        assert_eq!(mod10("400638133393"), Ok(1));
        assert_eq!(mod11("030640615", 1_000), Ok(2));
        assert_eq!(mod11("080442957", 1_000), Ok(10));
        assert_eq!(mod11("12345678", 7), Ok(5));
        assert!(mod10("12a").is_err() && mod11("1", 1).is_err() && mod11("é", 7).is_err());
    }

    #[test]
    fn digests_and_escapes_are_those_of_their_standards() {
        assert_eq!(
            hexadecimal(&Sha256::digest("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(hexadecimal(&Md5::digest("abc")), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(url_encode("a b/é~"), "a%20b%2F%C3%A9~");
        assert_eq!(json_text("\"é\\\n\u{1}"), "\"\\\"é\\\\\\n\\u0001\"");
        let shown = |list: Array| {
            let mut out = String::new();
            json(&Dynamic::from_array(list), 100, 0, &mut out).map(|()| out)
        };
        let inner = Dynamic::from_array(vec![Dynamic::UNIT, "x".into()]);
        assert_eq!(
            shown(vec![1_i64.into(), 0.5.into(), inner, true.into()]),
            Ok("[1,0.5,[null,\"x\"],true]".into())
        );
        assert!(
            shown(vec!["0123456789".into(); 20]).is_err() && shown(vec![f64::NAN.into()]).is_err()
        );
    }

    #[test]
    fn the_way_between_two_places_is_the_sphere_s() {
        // Paris and New York; a quarter of the equator; nowhere.
        let way = haversine((48.8566, 2.3522), (40.7128, -74.006));
        assert!((way - 5_837.2).abs() < 0.5, "{way}");
        let quarter = haversine((0.0, 0.0), (0.0, 90.0));
        assert!((quarter - EARTH_RADIUS * std::f64::consts::FRAC_PI_2).abs() < 1e-6);
        assert!(haversine((12.5, 7.0), (12.5, 7.0)) == 0.0);
    }
}
