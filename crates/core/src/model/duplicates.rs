//! Keys that stand twice in one object of a JSON document.
//!
//! JSON readers keep the last one without a word (RFC 8259 leaves it open), so that a line of a model is lost. The
//! document is read as text, before it becomes values: it is known to be valid JSON by then, or the answer does not
//! matter.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::problems::{Problem, excerpt, pointer_segment};

/// Most duplicates that are told of one document.
const MOST: usize = 100;

/// An object or a list that is open.
enum Open<'a> {
    Object { keys: HashSet<Cow<'a, str>>, key: Cow<'a, str>, expects_key: bool },
    List { index: usize },
}

/// A problem at every key of `document` that its object has already.
pub fn duplicate_keys(document: &str) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut rest = document;
    while let Some(place) = rest.find(['"', '{', '}', '[', ']', ',', ':']) {
        let (token, after) = (rest.as_bytes()[place], &rest[place + 1..]);
        rest = after;
        match token {
            b'{' => open.push(Open::Object {
                keys: HashSet::new(),
                key: Cow::Borrowed(""),
                expects_key: true,
            }),
            b'[' => open.push(Open::List { index: 0 }),
            b'}' | b']' => drop(open.pop()),
            b'"' => {
                let length = text_length(after);
                let (text, behind) = after.split_at(length);
                rest = behind.get(1..).unwrap_or_default();
                let is_new = match open.last_mut() {
                    Some(Open::Object { keys, key, expects_key: true }) => {
                        *key = unescaped(text);
                        keys.insert(key.clone())
                    }
                    _ => true,
                };
                if !is_new && found.len() < MOST {
                    found.push(problem(&open));
                }
            }
            b':' => {
                if let Some(Open::Object { expects_key, .. }) = open.last_mut() {
                    *expects_key = false;
                }
            }
            _ => match open.last_mut() {
                Some(Open::Object { expects_key, .. }) => *expects_key = true,
                Some(Open::List { index }) => *index += 1,
                None => {}
            },
        }
    }
    found
}

/// Bytes up to the closing quote.
fn text_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    });
    end.unwrap_or(text.len())
}

/// A key as it is meant: `"\u0061"` is `"a"`.
fn unescaped(key: &str) -> Cow<'_, str> {
    if !key.contains('\\') {
        return Cow::Borrowed(key);
    }
    match serde_json::from_str(&format!("\"{key}\"")) {
        Ok(key) => Cow::Owned(key),
        Err(_) => Cow::Borrowed(key),
    }
}

fn problem(open: &[Open<'_>]) -> Problem {
    let mut pointer = String::new();
    let mut last = "";
    for level in open {
        pointer.push('/');
        match level {
            Open::Object { key, .. } => {
                pointer.push_str(&pointer_segment(key));
                last = key;
            }
            Open::List { index } => pointer.push_str(&index.to_string()),
        }
    }
    let message = format!("the key `{}` stands more than once in its object", excerpt(last));
    Problem::error("duplicate_key", pointer, message)
        .hint("remove one of them: only one could have an effect")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(document: &str) -> Vec<String> {
        duplicate_keys(document).into_iter().map(|problem| problem.pointer).collect()
    }

    // Issue 9, B6.
    #[test]
    fn every_key_that_stands_twice_is_found() {
        assert_eq!(places(r#"{"a": 1, "b": {"a": 1}, "c": ["a", "a", {"a": 1}]}"#), [""; 0]);
        assert_eq!(
            places(r#"{"Fields": [{"x": 1}, {"max": 5, "max": 9, "max": 7}], "Fields": []}"#),
            ["/Fields/1/max", "/Fields/1/max", "/Fields"]
        );
        assert_eq!(
            places(r#"{"conditionals": {"$a=1 & $b=\"{\"": "x", "$a=1 & $b=\"{\"": "y"}}"#),
            [r#"/conditionals/$a=1 & $b="{""#]
        );
        assert_eq!(
            places(r#"{"a/b": 1, "\u0061\/b": [[], {}], "c": {"\\": 1, "\\": 2}}"#),
            ["/a~1b", "/c/\\"]
        );
        // Values are no keys, whatever they look like.
        assert_eq!(places(r#"{"a": "b", "b": "a", "c": "\"a\": 1, {\"a\": 2}"}"#), [""; 0]);
        let message = duplicate_keys(r#"{"Fields": [{"max": 5, "max": 9}]}"#)[0].to_string();
        insta::assert_snapshot!(message, @"/Fields/0/max: the key `max` stands more than once in its object (remove one of them: only one could have an effect)");
    }

    #[test]
    fn no_text_panics() {
        for text in
            ["", "\"", "{\"", "{\"a\\", "}]", "{,:}", "[[[", "\"\\u", "{\"\\u12\":1,\"\\u12\":2}"]
        {
            let _ = duplicate_keys(text);
        }
        let many = format!("{{{}}}", vec!["\"a\": 1"; 10_000].join(","));
        assert_eq!(duplicate_keys(&many).len(), MOST);
    }
}
