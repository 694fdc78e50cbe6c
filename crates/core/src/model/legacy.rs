//! Older spellings of a model's outer parts, brought to one form.
//!
//! `Table_Names`, `Options` and `Primary_Keys` come as an object or, in the first generation, as an
//! array of objects; the entries of `Primary_Keys` are options of the same names today; booleans
//! and numbers may be texts. What concerns the inside of a field (type aliases, date bounds,
//! expressions) is known to the field types and to `expression`.

use serde_json::{Map, Value};

use crate::attributes::{Settings, scalar_text, shown};
use crate::problems::{Problem, Problems, pointer_segment};

/// Adds the entries of the section called `key` of `document` to `settings`.
pub(super) fn read_section(
    document: &Map<String, Value>,
    key: &str,
    settings: &mut Settings,
    problems: &mut Problems,
) {
    let Some((pointer, section)) = find_key(document, key) else { return };
    match section {
        Value::Null => {}
        Value::Object(entries) => read_entries(entries, &pointer, settings, problems),
        Value::Array(parts) => {
            for (index, part) in parts.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                match part {
                    Value::Object(entries) => read_entries(entries, &pointer, settings, problems),
                    other => problems.push(wrong_section(key, &pointer, other)),
                }
            }
        }
        other => problems.push(wrong_section(key, &pointer, other)),
    }
}

fn read_entries(
    entries: &Map<String, Value>,
    pointer: &str,
    settings: &mut Settings,
    problems: &mut Problems,
) {
    for (key, value) in entries {
        let pointer = format!("{pointer}/{}", pointer_segment(key));
        let list =
            value.as_array().is_some_and(|list| list.iter().all(|v| scalar_text(v).is_some()));
        if value.is_null() {
            continue;
        }
        if list || scalar_text(value).is_some() {
            settings.set(key, value.clone(), pointer);
        } else {
            problems.push(Problem::error(
                "wrong_value",
                pointer,
                format!("`{key}` is {}, expected a text, a number or true or false", shown(value)),
            ));
        }
    }
}

fn wrong_section(key: &str, pointer: &str, found: &Value) -> Problem {
    Problem::error(
        "wrong_section",
        pointer,
        format!("`{key}` is {}, expected an object such as {{\"KEY\": \"value\"}}", shown(found)),
    )
}

/// The value of `key`: at the root in any letter case, else, as the reference searches, the first one
/// anywhere in the document.
pub(super) fn find_key<'a>(
    document: &'a Map<String, Value>,
    key: &str,
) -> Option<(String, &'a Value)> {
    if let Some(value) = document.get(key) {
        return Some((format!("/{key}"), value));
    }
    let folded = |name: &str| name.eq_ignore_ascii_case(key);
    if let Some((name, value)) = document.iter().find(|(name, _)| folded(name)) {
        return Some((format!("/{}", pointer_segment(name)), value));
    }
    document.iter().find_map(|(name, value)| {
        let (pointer, value) = find_below(value, key)?;
        Some((format!("/{}{pointer}", pointer_segment(name)), value))
    })
}

/// Depth-first search; the parser bounds the depth of a document.
fn find_below<'a>(value: &'a Value, key: &str) -> Option<(String, &'a Value)> {
    match value {
        Value::Object(object) => {
            if let Some(value) = object.get(key) {
                return Some((format!("/{key}"), value));
            }
            object.iter().find_map(|(name, value)| {
                let (pointer, value) = find_below(value, key)?;
                Some((format!("/{}{pointer}", pointer_segment(name)), value))
            })
        }
        Value::Array(values) => values.iter().enumerate().find_map(|(index, value)| {
            let (pointer, value) = find_below(value, key)?;
            Some((format!("/{index}{pointer}"), value))
        }),
        _ => None,
    }
}
