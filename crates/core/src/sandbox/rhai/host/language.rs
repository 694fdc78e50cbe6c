//! Functions of the language in forms of plain values, for the lowered tier: the interpreter has them already.
//!
//! Each does what Rhai 1.27 does (`packages/string_more.rs`, `math_basic.rs`, `arithmetic.rs`, `logic.rs` there), also
//! where that is odd; a test calls all of them in both tiers.

use super::Answer;
use super::function::{Form, form};

/// Why a function of the language has no answer: the interpreter says it in its own words.
fn none<T>() -> Answer<T> {
    Err(String::new())
}

/// The forms.
pub(super) const FORMS: &[Form] = &[
    form!(lowered pure "to_float"(value: Int) -> Float, |_| Ok(value as f64)),
    form!(lowered pure "to_float"(value: Float) -> Float, |_| Ok(value)),
    form!(lowered pure "to_int"(value: Int) -> Int, |_| Ok(value)),
    form!(lowered pure "to_int"(value: Float) -> Int, |_| to_int(value)),
    form!(lowered pure "parse_int"(text: Text) -> Int, |_| parse_int(text, 10)),
    form!(lowered pure "parse_int"(text: Text, radix: Int) -> Int, |_| parse_int(text, radix)),
    form!(lowered pure "parse_float"(text: Text) -> Float, |_| {
        text.trim().parse().or_else(|_| none())
    }),
    form!(lowered pure "to_hex"(value: Int) -> Text, |_| Ok(format!("{value:x}"))),
    form!(lowered pure "to_octal"(value: Int) -> Text, |_| Ok(format!("{value:o}"))),
    form!(lowered pure "to_binary"(value: Int) -> Text, |_| Ok(format!("{value:b}"))),
    form!(lowered pure "len"(text: Text) -> Int, |_| Ok(text.chars().count() as i64)),
    form!(lowered pure "bytes"(text: Text) -> Int, |_| Ok(text.len() as i64)),
    form!(lowered pure "is_empty"(text: Text) -> Bool, |_| Ok(text.is_empty())),
    form!(lowered pure "contains"(text: Text, part: Text) -> Bool, |_| Ok(text.contains(part))),
    form!(lowered pure "starts_with"(text: Text, part: Text) -> Bool, |_| Ok(text.starts_with(part))),
    form!(lowered pure "ends_with"(text: Text, part: Text) -> Bool, |_| Ok(text.ends_with(part))),
    form!(lowered pure "index_of"(text: Text, part: Text) -> Int, |_| Ok(index_of(text, part))),
    form!(lowered pure "sub_string"(text: Text, start: Int) -> Text, |_| {
        Ok(part_of(text, start, i64::MAX).to_owned())
    }),
    form!(lowered pure "sub_string"(text: Text, start: Int, count: Int) -> Text, |_| {
        Ok(part_of(text, start, count).to_owned())
    }),
    form!(lowered pure "to_upper"(text: Text) -> Text, |_| Ok(text.to_uppercase())),
    form!(lowered pure "to_lower"(text: Text) -> Text, |_| Ok(text.to_lowercase())),
    form!(lowered pure "contains"(text: Text, letter: Char) -> Bool, |_| Ok(text.contains(letter))),
    form!(lowered pure "starts_with"(text: Text, letter: Char) -> Bool, |_| {
        Ok(text.starts_with(letter))
    }),
    form!(lowered pure "ends_with"(text: Text, letter: Char) -> Bool, |_| Ok(text.ends_with(letter))),
    form!(lowered pure "index_of"(text: Text, letter: Char) -> Int, |_| {
        Ok(index_of(text, letter.encode_utf8(&mut [0; 4])))
    }),
    form!(lowered pure "to_upper"(letter: Char) -> Char, |_| Ok(only(letter.to_uppercase(), letter))),
    form!(lowered pure "to_lower"(letter: Char) -> Char, |_| Ok(only(letter.to_lowercase(), letter))),
    form!(lowered pure "to_int"(letter: Char) -> Int, |_| Ok(i64::from(u32::from(letter)))),
    form!(lowered pure "set$trim"(text: Text) -> Text, |_| Ok(text.trim().to_owned())),
    form!(lowered pure "set$make_upper"(text: Text) -> Text, |_| Ok(text.to_uppercase())),
    form!(lowered pure "set$make_lower"(text: Text) -> Text, |_| Ok(text.to_lowercase())),
    form!(lowered pure "set$clear"(_text: Text) -> Text, |_| Ok(String::new())),
    form!(lowered pure "set$truncate"(text: Text, count: Int) -> Text, |_| {
        Ok(part_of(text, 0, count).to_owned())
    }),
    form!(lowered pure "set$crop"(text: Text, start: Int) -> Text, |_| {
        Ok(part_of(text, start, i64::MAX).to_owned())
    }),
    form!(lowered pure "set$crop"(text: Text, start: Int, count: Int) -> Text, |_| {
        Ok(part_of(text, start, count).to_owned())
    }),
    form!(lowered pure "set$replace"(text: Text, find: Text, by: Text) -> Text, |_| {
        replaced(text, find, by)
    }),
    form!(lowered pure "set$pad"(text: Text, count: Int, letter: Char) -> Text, |_| {
        padded(text, count, letter)
    }),
    form!(lowered pure "abs"(value: Int) -> Int, |_| value.checked_abs().ok_or_else(String::new)),
    form!(lowered pure "abs"(value: Float) -> Float, |_| Ok(value.abs())),
    form!(lowered pure "sign"(value: Int) -> Int, |_| Ok(value.signum())),
    form!(lowered pure "sign"(value: Float) -> Int, |_| sign(value)),
    form!(lowered pure "is_zero"(value: Int) -> Bool, |_| Ok(value == 0)),
    form!(lowered pure "is_zero"(value: Float) -> Bool, |_| Ok(value == 0.0)),
    form!(lowered pure "is_odd"(value: Int) -> Bool, |_| Ok(value % 2 != 0)),
    form!(lowered pure "is_even"(value: Int) -> Bool, |_| Ok(value % 2 == 0)),
    form!(lowered pure "is_nan"(value: Float) -> Bool, |_| Ok(value.is_nan())),
    form!(lowered pure "is_finite"(value: Float) -> Bool, |_| Ok(value.is_finite())),
    form!(lowered pure "is_infinite"(value: Float) -> Bool, |_| Ok(value.is_infinite())),
    form!(lowered pure "floor"(value: Float) -> Float, |_| Ok(value.floor())),
    form!(lowered pure "ceiling"(value: Float) -> Float, |_| Ok(value.ceil())),
    form!(lowered pure "round"(value: Float) -> Float, |_| Ok(value.round())),
    form!(lowered pure "int"(value: Float) -> Float, |_| Ok(value.trunc())),
    form!(lowered pure "fraction"(value: Float) -> Float, |_| Ok(value.fract())),
    form!(lowered pure "to_radians"(value: Float) -> Float, |_| Ok(value.to_radians())),
    form!(lowered pure "to_degrees"(value: Float) -> Float, |_| Ok(value.to_degrees())),
    form!(lowered pure "max"(a: Int, b: Int) -> Int, |_| Ok(if a >= b { a } else { b })),
    form!(lowered pure "min"(a: Int, b: Int) -> Int, |_| Ok(if a <= b { a } else { b })),
    form!(lowered pure "max"(a: Float, b: Float) -> Float, |_| Ok(more(a, b))),
    form!(lowered pure "max"(a: Int, b: Float) -> Float, |_| Ok(more(a as f64, b))),
    form!(lowered pure "max"(a: Float, b: Int) -> Float, |_| Ok(more(a, b as f64))),
    form!(lowered pure "min"(a: Float, b: Float) -> Float, |_| Ok(less(a, b))),
    form!(lowered pure "min"(a: Int, b: Float) -> Float, |_| Ok(less(a as f64, b))),
    form!(lowered pure "min"(a: Float, b: Int) -> Float, |_| Ok(less(a, b as f64))),
];

/// Functions that are read like fields as well: `text.len`, `number.floor`.
pub(in crate::sandbox::rhai) const GETTERS: &[&str] = &[
    "len",
    "bytes",
    "is_empty",
    "is_zero",
    "is_odd",
    "is_even",
    "is_nan",
    "is_finite",
    "is_infinite",
    "floor",
    "ceiling",
    "round",
    "int",
    "fraction",
];

/// Functions of the language that give the same for the same arguments and change none of them: what may be worked out
/// before any row is made.
pub(in crate::sandbox::rhai) const PURE: &[&str] = &[
    "+",
    "-",
    "*",
    "/",
    "%",
    "**",
    "<<",
    ">>",
    "&",
    "|",
    "^",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "!",
    "to_string",
    "keys",
    "values",
    "map",
    "filter",
    "reduce",
    "some",
    "all",
    "split",
    "get",
    "to_json",
    "to_chars",
    "index_of",
    "PI",
    "E",
];

/// The only letter of `letters`, or `letter` where they are more.
fn only(mut letters: impl Iterator<Item = char>, letter: char) -> char {
    match (letters.next(), letters.next()) {
        (Some(one), None) => one,
        _ => letter,
    }
}

/// Most bytes of a text that is made here before its length is looked at: the limit of texts is below.
const MOST_BYTES: usize = 1 << 20;

fn replaced(text: &str, find: &str, by: &str) -> Answer<String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    if text.len() + text.matches(find).count() * by.len() > MOST_BYTES {
        return none();
    }
    Ok(text.replace(find, by))
}

fn padded(text: &str, count: i64, letter: char) -> Answer<String> {
    let Ok(missing) = usize::try_from(count.saturating_sub(text.chars().count() as i64)) else {
        return Ok(text.to_owned());
    };
    if missing > MOST_BYTES {
        return none();
    }
    Ok(text.chars().chain(std::iter::repeat_n(letter, missing)).collect())
}

fn to_int(value: f64) -> Answer<i64> {
    if value > i64::MAX as f64 || value < i64::MIN as f64 {
        return none();
    }
    Ok(value.trunc() as i64)
}

fn parse_int(text: &str, radix: i64) -> Answer<i64> {
    match u32::try_from(radix) {
        Ok(radix @ 2..=36) => i64::from_str_radix(text.trim(), radix).or_else(|_| none()),
        _ => none(),
    }
}

fn sign(value: f64) -> Answer<i64> {
    if value == 0.0 {
        return Ok(0);
    }
    if value.is_nan() { none() } else { Ok(value.signum() as i64) }
}

fn more(a: f64, b: f64) -> f64 {
    if a >= b { a } else { b }
}

fn less(a: f64, b: f64) -> f64 {
    if a <= b { a } else { b }
}

/// Letters before the first `part`; -1 where there is none, as in a text of no letters.
fn index_of(text: &str, part: &str) -> i64 {
    if text.is_empty() {
        return -1;
    }
    text.find(part).map_or(-1, |place| text[..place].chars().count() as i64)
}

/// At most `count` letters of `text` from the letter `start` on, counted from the end where it is negative.
pub(in crate::sandbox::rhai) fn part_of(text: &str, start: i64, count: i64) -> &str {
    if count <= 0 || text.is_empty() {
        return "";
    }
    let (from, count) =
        (start.unsigned_abs() as usize, usize::try_from(count).unwrap_or(usize::MAX));
    if text.is_ascii() {
        let from = if start < 0 { text.len().saturating_sub(from) } else { from.min(text.len()) };
        return &text[from..from.saturating_add(count).min(text.len())];
    }
    let from = if start < 0 { text.chars().count().saturating_sub(from) } else { from };
    let place = |text: &str, letters: usize| {
        text.char_indices().nth(letters).map_or(text.len(), |(place, _)| place)
    };
    let rest = &text[place(text, from)..];
    &rest[..place(rest, count)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_texts_are_counted_in_letters() {
        assert_eq!(part_of("hello", 1, 3), "ell");
        assert_eq!(part_of("hello", -2, 9), "lo");
        assert_eq!(part_of("hello", -9, 2), "he");
        assert_eq!(part_of("hello", 5, 1), "");
        assert_eq!(part_of("日本語é", 1, 2), "本語");
        assert_eq!(part_of("日本語é", -1, i64::MAX), "é");
        assert_eq!(part_of("日本語é", i64::MAX, i64::MAX), "");
        assert_eq!(part_of("abc", i64::MIN, i64::MAX), "abc");
        assert_eq!(index_of("日本語", "語"), 2);
        assert_eq!((index_of("", ""), index_of("a", "")), (-1, 0));
    }
}
