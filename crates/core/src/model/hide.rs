//! A model without its secrets: its text as it was given, but for the values that nobody may be shown.
//!
//! The text is read once by its marks alone, so that everything else stays as it was written, to the last
//! blank. Whatever is named like a secret is masked, wherever it stands, but for the attributes of fields:
//! they are values' affair.

use crate::problems::{Problems, pointer_segment};
use crate::secrets::{MASK, Secrets};

use super::parse;

/// The text of a model with [`MASK`] in place of its secrets, and the secrets of its settings. A value that is
/// masked already stays so, and is no secret.
pub fn hide_secrets(text: &str, is_secret: impl Fn(&str) -> bool) -> (String, Secrets) {
    let entries = entries(text);
    if !entries.iter().any(|entry| is_secret(&entry.key)) {
        return (text.to_owned(), Secrets::new());
    }
    let mut secrets = Secrets::new();
    let mut pointers = Vec::new();
    if let Some(mut settings) = parse(text, &mut Problems::default()).map(|model| model.settings) {
        settings.hide(&is_secret);
        for (key, secret) in settings.secrets() {
            pointers.push(settings.pointer(key).to_owned());
            if secret.expose() != MASK && !secret.is_blank() {
                secrets.insert(key.to_owned(), secret.clone());
            }
        }
    }
    let mut masked = String::with_capacity(text.len());
    let mut written = 0;
    for entry in entries {
        let hidden =
            (!entry.in_fields || pointers.contains(&entry.pointer)) && is_secret(&entry.key);
        let value = &text[entry.start..entry.end];
        if hidden && entry.start >= written && !["null", "\"\""].contains(&value) {
            masked.push_str(&text[written..entry.start]);
            masked.push('"');
            masked.push_str(MASK);
            masked.push('"');
            written = entry.end;
        }
    }
    masked.push_str(&text[written..]);
    (masked, secrets)
}

/// An entry of an object whose value is a scalar or a list.
struct Entry {
    key: String,
    /// Where it stands: a JSON pointer.
    pointer: String,
    /// Where its value begins and ends, in bytes.
    start: usize,
    end: usize,
    /// Whether it stands in the list of fields.
    in_fields: bool,
}

/// What is open while a text is read.
struct Open {
    /// Where it stands: a JSON pointer.
    pointer: String,
    in_fields: bool,
    /// `None`: an object.
    index: Option<usize>,
    /// The key that waits for its value.
    key: Option<String>,
    /// The list's place among the entries, where it is the value of one.
    entry: Option<usize>,
}

/// The entries of all objects of `text` in the order of their values. Of what is no JSON, what looks like it.
fn entries(text: &str) -> Vec<Entry> {
    let bytes = text.as_bytes();
    let (mut found, mut open, mut at): (Vec<Entry>, Vec<Open>, usize) = (Vec::new(), Vec::new(), 0);
    while at < bytes.len() {
        match bytes[at] {
            mark @ (b'{' | b'[') => {
                let (pointer, in_fields, entry) = place(&mut open, &mut found, at, mark == b'[');
                let index = (mark == b'[').then_some(0);
                open.push(Open { pointer, in_fields, index, key: None, entry });
                at += 1;
            }
            b'}' | b']' => {
                at += 1;
                if let Some(entry) = open.pop().and_then(|closed| closed.entry) {
                    found[entry].end = at;
                }
            }
            b',' => {
                if let Some(Open { index: Some(index), .. }) = open.last_mut() {
                    *index += 1;
                }
                at += 1;
            }
            b'"' => {
                let end = end_of_text(bytes, at);
                match open.last_mut() {
                    Some(Open { index: None, key: key @ None, .. }) => {
                        *key = Some(serde_json::from_str(&text[at..end]).unwrap_or_default());
                    }
                    _ => scalar(&mut open, &mut found, at, end),
                }
                at = end;
            }
            b':' | b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            _ => {
                let ends = |byte: &u8| b",:{}[]\" \t\n\r".contains(byte);
                let end =
                    bytes[at..].iter().position(ends).map_or(bytes.len(), |length| at + length);
                scalar(&mut open, &mut found, at, end);
                at = end;
            }
        }
    }
    found
}

/// Where the value that begins now stands, whether among fields, and its entry, where it is a list.
fn place(
    open: &mut [Open],
    found: &mut Vec<Entry>,
    start: usize,
    is_list: bool,
) -> (String, bool, Option<usize>) {
    let Some(outer) = open.last_mut() else { return (String::new(), false, None) };
    let in_fields = outer.in_fields;
    if let Some(index) = outer.index {
        return (format!("{}/{index}", outer.pointer), in_fields, None);
    }
    let key = outer.key.take().unwrap_or_default();
    let pointer = format!("{}/{}", outer.pointer, pointer_segment(&key));
    let inside = in_fields || (is_list && key.eq_ignore_ascii_case("Fields"));
    let entry = is_list.then(|| {
        let pointer = pointer.clone();
        found.push(Entry { key, pointer, start, end: start, in_fields });
        found.len() - 1
    });
    (pointer, inside, entry)
}

fn scalar(open: &mut [Open], found: &mut Vec<Entry>, start: usize, end: usize) {
    let Some(outer) = open.last_mut() else { return };
    if outer.index.is_some() {
        return;
    }
    let Some(key) = outer.key.take() else { return };
    let pointer = format!("{}/{}", outer.pointer, pointer_segment(&key));
    found.push(Entry { key, pointer, start, end, in_fields: outer.in_fields });
}

/// Where the text that begins at `start` ends.
fn end_of_text(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::sounds_secret;

    fn hidden(text: &str) -> (String, String) {
        let (masked, secrets) = hide_secrets(text, sounds_secret);
        let secrets = secrets.iter().map(|(key, secret)| format!("{key}={}", secret.expose()));
        (masked, secrets.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn the_rest_of_a_model_stays_as_it_was_written() {
        let text = "{ \"Options\" :\n{\"A\": 1.50, \"kafka_sasl_password\" : \"hun\\\"ter2\" , \"B\":[1,2]},\n\
                    \"Fields\":[{\"name\":\"password\",\"type\":\"STRING\",\"password\":\"x\"}] }";
        let (masked, secrets) = hidden(text);
        assert_eq!(masked, text.replace("\"hun\\\"ter2\"", "\"***\""));
        assert_eq!(secrets, "KAFKA_SASL_PASSWORD=hun\"ter2");
        // Once more: nothing is left to hide.
        assert_eq!(hidden(&masked), (masked.clone(), String::new()));
        let plain = r#"{"Fields": [{"name": "password", "type": "STRING"}]}"#;
        assert_eq!(hidden(plain), (plain.to_owned(), String::new()));
    }

    /// For all places where a setting may stand: it is masked there, and the one that counts is the secret.
    #[test]
    fn secrets_are_found_wherever_settings_may_stand() {
        for (text, secret) in [
            (r#"{"Table_Names": {"S3_TOKEN": "hunter2"}, "Fields": []}"#, "S3_TOKEN=hunter2"),
            (r#"{"table_names": [{"A": 1}, {"s3_token": "hunter2"}]}"#, "S3_TOKEN=hunter2"),
            (r#"{"Options": {"S3_TOKEN": 7772}}"#, "S3_TOKEN=7772"),
            (r#"{"Options": {"S3_TOKEN": ["hunter2", 7772]}}"#, "S3_TOKEN=hunter2,7772"),
            (r#"{"Options": {"S3\u005fTOKEN": "hunter2"}}"#, "S3_TOKEN=hunter2"),
            (
                r#"{"Table_Names": {"S3_TOKEN": "hunter2"}, "Options": {"S3_TOKEN": "7772"}}"#,
                "S3_TOKEN=7772",
            ),
            (r#"{"Options": {"S3_TOKEN": "hunter2", "S3_TOKEN": "7772"}}"#, "S3_TOKEN=7772"),
            (
                r#"{"Fields": [{"name": "a", "Options": {"S3_TOKEN": "hunter2"}}]}"#,
                "S3_TOKEN=hunter2",
            ),
            (r#"{"password": "hunter2", "Fields": []}"#, ""),
            (r#"{"other": {"deep": [{"password": "hunter2"}]}, "Fields": []}"#, ""),
        ] {
            // Fields are needed for settings to be read.
            let text = if text.contains("Fields") {
                text.replace("[]", r#"[{"name": "a", "type": "LONG"}]"#)
            } else {
                text.replacen('{', r#"{"Fields": [{"name": "a", "type": "LONG"}], "#, 1)
            };
            let (masked, secrets) = hidden(&text);
            assert!(!masked.contains("hunter2") && !masked.contains("7772"), "{masked}");
            assert_eq!(secrets, secret, "{text}");
            serde_json::from_str::<serde_json::Value>(&masked).unwrap();
        }
    }

    /// For all texts: nothing panics, and what is no JSON comes back somehow.
    #[test]
    fn what_is_no_model_is_no_harm() {
        let text = r#"{"password": ["a", {"b": "\"}], "c": tru, "password": "\u00"#;
        for end in 0..=text.len() {
            hidden(&text[..end]);
        }
        for text in
            ["}", "]]", "\"", "{\"a", "[1,2", ",", "{:1}", "{\"password\"", "{\"password\":"]
        {
            hidden(text);
        }
    }
}
