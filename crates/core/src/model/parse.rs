//! JSON text -> [`Model`], with every problem of the document's shape at once.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::duplicates::duplicate_keys;
use super::legacy::{find_key, read_section};
use super::{Field, MAX_FIELDS, MAX_MODEL_BYTES, Model};
use crate::attributes::{Reader, Settings, shown};
use crate::problems::{Problem, Problems, did_you_mean, excerpt};

/// Longest name of a field in bytes.
const MAX_NAME_BYTES: usize = 256;

/// Most values in a document: each takes up to a hundred bytes, however short it is written.
const MAX_VALUES: usize = 1_000_000;

/// Keys at the root of a model.
const ROOT_KEYS: &[&str] = &["model_name", "Fields", "Table_Names", "Options", "Primary_Keys"];

/// Reads a model. Answers `None` where an error leaves nothing to go on with; an answer may come
/// together with errors, so that later layers can add theirs.
pub fn parse(source: &str, problems: &mut Problems) -> Option<Model> {
    if source.len() > MAX_MODEL_BYTES {
        let message =
            format!("the model has {} bytes, expected at most {MAX_MODEL_BYTES}", source.len());
        problems.push(Problem::error("model_too_large", "", message));
        return None;
    }
    let values = count_values(source);
    if values > MAX_VALUES {
        let message = format!("the model has {values} values, expected at most {MAX_VALUES}");
        problems.push(
            Problem::error("too_many_values", "", message)
                .hint("draw from a CSV file instead of a long list"),
        );
        return None;
    }
    // A byte order mark is how some editors begin a file.
    let source = source.trim_start_matches('\u{feff}');
    let mut document = match serde_json::from_str(source) {
        Ok(document @ Value::Object(_)) => document,
        Ok(other) => {
            let message = format!("the model is {}, expected a JSON object", shown(&other));
            problems.push(Problem::error("not_an_object", "", message));
            return None;
        }
        Err(error) => {
            problems.push(
                Problem::error(
                    "malformed_json",
                    "",
                    format!("the model is not valid JSON: {error}"),
                )
                .hint("check commas, quotes and brackets at that place"),
            );
            return None;
        }
    };
    for problem in duplicate_keys(source) {
        problems.push(problem);
    }
    let mut settings = Settings::default();
    let empty = Map::new();
    let root = document.as_object().unwrap_or(&empty);
    // In this order: an option of today wins over the same one under `Primary_Keys`.
    for section in ["Table_Names", "Primary_Keys", "Options"] {
        read_section(root, section, &mut settings, problems);
    }
    let name = find_key(root, "model_name")
        .and_then(|(_, value)| value.as_str())
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned);
    warn_unknown_roots(root, problems);
    let pointer = find_fields(root, problems)?;
    // Taken, not copied: the fields are nearly all of the document.
    let entries = document.pointer_mut(&pointer).map(Value::take)?;
    let fields = read_fields(entries, &pointer, problems)?;
    Some(Model { name, fields, settings })
}

fn warn_unknown_roots(document: &Map<String, Value>, problems: &mut Problems) {
    for key in document.keys() {
        if ROOT_KEYS.iter().any(|known| known.eq_ignore_ascii_case(key)) {
            continue;
        }
        if !problems.has_room_for_warnings() {
            break;
        }
        let mut problem = Problem::warning(
            "unknown_key",
            format!("/{}", crate::problems::pointer_segment(key)),
            format!("unknown key `{}` has no effect", excerpt(key)),
        );
        if let Some(name) = did_you_mean(key, ROOT_KEYS.iter().copied()) {
            problem = problem.hint(format!("did you mean `{name}`?"));
        }
        problems.push(problem);
    }
}

/// Values in `source`, told by the commas and openings outside of texts: never too few.
fn count_values(source: &str) -> usize {
    let (mut count, mut in_text, mut escaped) = (0, false, false);
    for byte in source.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => count += 1,
            _ => {}
        }
    }
    count
}

/// Where the list of fields stands: a JSON pointer.
fn find_fields(document: &Map<String, Value>, problems: &mut Problems) -> Option<String> {
    let Some((pointer, _)) = find_key(document, "Fields") else {
        problems.push(
            Problem::error(
                "no_fields",
                "/Fields",
                "the model has no `Fields`, expected a list of fields",
            )
            .hint(r#"the smallest model is {"Fields": [{"name": "id", "type": "SEQUENCE"}]}"#),
        );
        return None;
    };
    Some(pointer)
}

fn read_fields(value: Value, pointer: &str, problems: &mut Problems) -> Option<Vec<Field>> {
    let Value::Array(entries) = value else {
        let message = format!("`Fields` is {}, expected a list of fields", shown(&value));
        problems.push(Problem::error("wrong_fields", pointer, message));
        return None;
    };
    if entries.is_empty() {
        problems.push(Problem::error(
            "no_fields",
            pointer,
            "`Fields` is empty, expected at least one field",
        ));
        return None;
    }
    if entries.len() > MAX_FIELDS {
        let message =
            format!("the model has {} fields, expected at most {MAX_FIELDS}", entries.len());
        problems.push(Problem::error("too_many_fields", pointer, message));
        return None;
    }
    let mut fields = Vec::with_capacity(entries.len());
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut folded: BTreeMap<String, usize> = BTreeMap::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let pointer = format!("{pointer}/{index}");
        let Some(field) = read_field(entry, pointer.clone(), problems) else { continue };
        if let Some(first) = places.insert(field.name.clone(), index) {
            problems.push(
                Problem::error(
                    "duplicate_field",
                    format!("{pointer}/name"),
                    format!("the name is taken by entry {first} of `Fields` already"),
                )
                .field(field.name.clone())
                .hint("give each field its own name"),
            );
            continue;
        }
        if let Some(first) = folded.insert(field.name.to_lowercase(), fields.len()) {
            warn_of_letter_case(&field, &fields[first], problems);
        }
        fields.push(field);
    }
    Some(fields)
}

/// Files with such columns can be written, but many readers take both for one column.
fn warn_of_letter_case(field: &Field, other: &Field, problems: &mut Problems) {
    let message = format!("the name differs from `{}` in letter case only", excerpt(&other.name));
    problems.push(
        Problem::warning("similar_names", format!("{}/name", field.pointer), message)
            .field(field.name.clone())
            .hint("rename one: Spark, Hive and databases take them for one column"),
    );
}

fn read_field(entry: Value, pointer: String, problems: &mut Problems) -> Option<Field> {
    let Value::Object(attributes) = entry else {
        let message =
            format!("the entry is {}, expected an object with `name` and `type`", shown(&entry));
        problems.push(Problem::error("wrong_field", pointer, message));
        return None;
    };
    let written =
        attributes.get("name").and_then(Value::as_str).filter(|name| !name.trim().is_empty());
    let mut reader = Reader::new(&attributes, &pointer, written, problems);
    let name = reader.text("name").filter(|name| {
        if name.len() > MAX_NAME_BYTES {
            let message =
                format!("the name has {} bytes, expected at most {MAX_NAME_BYTES}", name.len());
            reader.error("name", "name_too_long", message);
            return false;
        }
        true
    });
    if !reader.has("name") || name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        reader.error(
            "name",
            "no_name",
            "the field has no `name`, expected a text that is not empty",
        );
    }
    if name.as_ref().is_some_and(|name| name.contains(char::is_control)) {
        reader.error_with_hint(
            "name",
            "wrong_name",
            "the name holds a control character, expected a name that can be printed",
            "use letters, digits, `_` and `-`",
        );
    }
    let type_name = reader.text("type");
    if !reader.has("type") {
        reader.error_with_hint(
            "type",
            "no_type",
            "the field has no `type`, expected the name of a field type",
            "`datagen fields` lists them",
        );
    }
    let ghost = reader.boolean("ghost").unwrap_or(false);
    let null_rate = reader.number("null_rate").unwrap_or(0.0);
    if !(0.0..=1.0).contains(&null_rate)
        && let Some(value) = attributes.get("null_rate")
    {
        reader.wrong("null_rate", value, "a number from 0 to 1");
    }
    let name = name.filter(|name| !name.trim().is_empty())?;
    Some(Field { name, type_name: type_name?, ghost, null_rate, pointer, attributes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(source: &str) -> String {
        let mut problems = Problems::default();
        parse(source, &mut problems);
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn both_forms_of_the_sections_give_the_same_settings() {
        let mut problems = Problems::default();
        let fields = r#""Fields": [{"name": "a", "type": "STRING"}]"#;
        let today = parse(
            &format!(r#"{{{fields}, "Table_Names": {{"KAFKA_TOPIC": "t"}}, "Options": {{"KAFKA_MSG_KEY": "a", "csv_header": "false"}}}}"#),
            &mut problems,
        )
        .unwrap();
        let old = parse(
            &format!(r#"{{{fields}, "Table_Names": [{{"KAFKA_TOPIC": "t"}}], "Primary_Keys": [{{"kafka_msg_key": "a"}}], "Options": [{{"CSV_HEADER": "false"}}]}}"#),
            &mut problems,
        )
        .unwrap();
        assert_eq!(problems, Problems::default());
        for key in ["KAFKA_TOPIC", "KAFKA_MSG_KEY", "CSV_HEADER"] {
            assert!(today.settings.get(key).is_some());
            assert_eq!(today.settings.get(key), old.settings.get(key));
        }
    }

    // Issue 9, F16 s and B6.
    #[test]
    fn names_that_differ_in_letter_case_only_are_told() {
        insta::assert_snapshot!(messages(r#"{"Fields": [{"name": "id", "type": "X"}, {"name": "Id", "type": "X"}]}"#), @"/Fields/1/name: field `Id`: the name differs from `id` in letter case only (rename one: Spark, Hive and databases take them for one column)");
    }

    #[test]
    fn keys_that_stand_twice_are_refused_wherever_they_stand() {
        insta::assert_snapshot!(messages(r#"{"Fields": [{"name": "a", "type": "X", "type": "Y", "params": {"p": {"q": 1, "q": 1}},
            "conditionals": {"$b=1": "x", "$b=1": "y"}}], "Options": {"A": 1, "A": 2}, "Fields": [{"name": "b", "type": "X"}]}"#), @"
        /Fields/0/type: the key `type` stands more than once in its object (remove one of them: only one could have an effect)
        /Fields/0/params/p/q: the key `q` stands more than once in its object (remove one of them: only one could have an effect)
        /Fields/0/conditionals/$b=1: the key `$b=1` stands more than once in its object (remove one of them: only one could have an effect)
        /Options/A: the key `A` stands more than once in its object (remove one of them: only one could have an effect)
        /Fields: the key `Fields` stands more than once in its object (remove one of them: only one could have an effect)
        ");
    }

    #[test]
    fn all_faults_of_the_shape_are_told_at_once() {
        insta::assert_snapshot!(messages(r#"{"Fields": [{"name": "a", "type": "X"}, {"name": "a", "type": "X"}, {"type": "X"}, {"name": "b"}, 7, {"name": "", "type": "X", "null_rate": 2, "ghost": "maybe"}], "Option": {}, "Table_Names": 3}"#), @r#"
        /Table_Names: `Table_Names` is `3`, expected an object such as {"KEY": "value"}
        /Option: unknown key `Option` has no effect (did you mean `Options`?)
        /Fields/1/name: field `a`: the name is taken by entry 0 of `Fields` already (give each field its own name)
        /Fields/2/name: the field has no `name`, expected a text that is not empty
        /Fields/3/type: field `b`: the field has no `type`, expected the name of a field type (`datagen fields` lists them)
        /Fields/4: the entry is `7`, expected an object with `name` and `type`
        /Fields/5/name: the field has no `name`, expected a text that is not empty
        /Fields/5/ghost: `ghost` is the text `maybe`, expected true or false
        /Fields/5/null_rate: `null_rate` is `2`, expected a number from 0 to 1
        "#);
    }

    #[test]
    fn malformed_json_is_told_with_its_place() {
        insta::assert_snapshot!(messages("{\"Fields\": [\n,]}"), @"the model is not valid JSON: expected value at line 2 column 1 (check commas, quotes and brackets at that place)");
    }

    #[test]
    fn a_deep_document_is_refused() {
        let deep = format!("{{\"Fields\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(messages(&deep).contains("recursion limit"));
    }
}
