//! A JSON body: texts, numbers and booleans are parameters, lists are repeated ones, `model` may be an
//! object, the entries of `options` are settings, and an object with `Fields` is a model itself.
//!
//! Values are cut out as they are written and never made into a tree: a body takes no more memory than its
//! own, numbers keep all their digits, and a model reaches its parser as the client wrote it.

use std::fmt;

use axum::body::Bytes;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::body::looks_like_json;
use super::{MAX_PARAMETERS, Parameters};
use crate::api::error::ApiError;
use crate::problems::excerpt;

/// Parameters that are JSON themselves: as a text, or in a JSON body as they are.
const JSON_PARAMETERS: [&str; 3] = ["params", "inputs", "fields"];

/// The parameter whose entries are settings.
const OPTIONS: &str = "options";

/// What a model that is a body or a part of one is called.
const MODEL_FILE: &str = "model.json";

/// Adds what the body holds.
pub(super) fn add(parameters: &mut Parameters, body: &Bytes) -> Result<(), ApiError> {
    // A byte order mark is how some editors begin a file.
    let text = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    if text.trim_ascii_start().first() != Some(&b'{') {
        let reason =
            "the JSON body is no object, expected one such as {\"model\": {…}, \"rows\": 10}";
        return Err(ApiError::Body { reason: reason.to_owned() });
    }
    let Entries(entries) = parse(text)?;
    let is_model = |(name, value): &(String, &RawValue)| {
        name.eq_ignore_ascii_case("Fields") && value.get().starts_with('[')
    };
    if parameters.form.takes_model() && entries.iter().any(is_model) {
        return parameters.add_upload("model", MODEL_FILE, body.clone());
    }
    for (name, value) in entries {
        add_entry(parameters, body, &name, value)?;
    }
    Ok(())
}

fn add_entry(
    parameters: &mut Parameters,
    body: &Bytes,
    name: &str,
    value: &RawValue,
) -> Result<(), ApiError> {
    let json = value.get();
    let takes_file = parameters.form.takes(name).is_some_and(|takes| takes.file);
    match json.as_bytes().first() {
        Some(b'n') => Ok(()),
        // A text is taken for JSON text, as in a form.
        Some(b'{' | b'[') if JSON_PARAMETERS.contains(&name) => {
            parameters.add(name, json.to_owned())
        }
        Some(b'{') if takes_file => {
            parameters.add_upload(name, MODEL_FILE, body.slice_ref(json.as_bytes()))
        }
        Some(b'{') if name == OPTIONS => {
            let Entries(options) = parse(json.as_bytes())?;
            for (key, value) in options {
                parameters.add(&key, scalar(&key, value)?)?;
            }
            Ok(())
        }
        Some(b'[') => {
            let Elements(values) = parse(json.as_bytes())?;
            for value in values {
                parameters.add(name, scalar(name, value)?)?;
            }
            Ok(())
        }
        _ => parameters.add(name, scalar(name, value)?),
    }
}

/// The text that a scalar means: of a text what it holds, otherwise what is written.
fn scalar(name: &str, value: &RawValue) -> Result<String, ApiError> {
    let json = value.get();
    if json.starts_with('"') {
        return parse(json.as_bytes());
    }
    if !looks_like_json(json.as_bytes()) {
        return Ok(if json == "null" { String::new() } else { json.to_owned() });
    }
    let what = if json.starts_with('{') { "an object" } else { "a list" };
    let name_shown = excerpt(name);
    let message = format!(
        "`{name_shown}` is {what}, expected a text, a number or true or false; a model stands in `model`, \
         settings in `{OPTIONS}`"
    );
    Err(ApiError::parameter(name, message))
}

fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, ApiError> {
    serde_json::from_slice(json)
        .map_err(|error| ApiError::Body { reason: format!("not valid JSON: {error}") })
}

/// The entries of an object in their order, repeated keys among them.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Deserialize<'a> for Entries<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'a> Visitor<'a> for Collect {
            type Value = Entries<'a>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    if entries.len() >= MAX_PARAMETERS {
                        return Err(too_many());
                    }
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// The elements of a list.
struct Elements<'a>(Vec<&'a RawValue>);

impl<'a> Deserialize<'a> for Elements<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'a> Visitor<'a> for Collect {
            type Value = Elements<'a>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = list.next_element()? {
                    if elements.len() >= MAX_PARAMETERS {
                        return Err(too_many());
                    }
                    elements.push(element);
                }
                Ok(Elements(elements))
            }
        }
        deserializer.deserialize_seq(Collect)
    }
}

fn too_many<E: serde::de::Error>() -> E {
    E::custom(format!("more than {MAX_PARAMETERS} values"))
}
