//! What the constants of a script declare: result, inputs, sub-values, parameters. What they do not say is
//! taken from how the script uses its arguments.

use rhai::{Dynamic, Position};
use serde_json::Value;

use super::host::decimal::Decimal;
use super::read::{Author, Constants, Found};
use crate::columns::DataType;
use crate::problems::did_you_mean;
use crate::sandbox::{
    Fault, InputDescription, Parameter, ParameterKind, SubValue, parse_data_type,
};

pub(super) fn output(
    constants: &Constants,
    at: Author<'_>,
) -> Result<Option<DataType>, Box<Fault>> {
    let Some((value, position)) = constants.get("output") else { return Ok(None) };
    let name = value.clone().into_string().unwrap_or_default();
    parse_data_type(&name).map(Some).ok_or_else(|| {
        let message = format!(
            "`output` is `{}`, expected one of boolean, int32, int64, float32, float64, decimal(p, s), \
             utf8, bytes, date, timestamp",
            crate::problems::excerpt(&name)
        );
        at.fault(*position, message)
    })
}

/// The version, as a text or a number; a script may mean something else by a constant of another type.
pub(super) fn version(constants: &Constants) -> String {
    let Some((value, _)) = constants.get("version") else { return String::new() };
    if value.is_string() || value.is_int() || value.is_float() {
        return crate::problems::excerpt(&value.to_string());
    }
    String::new()
}

pub(super) fn inputs(
    constants: &Constants,
    found: &Found,
    at: Author<'_>,
) -> Result<Vec<InputDescription>, Box<Fault>> {
    let input =
        |name: &str| InputDescription { name: name.to_owned(), required: true, doc: String::new() };
    let Some((value, position)) = constants.get("inputs") else {
        if let Some(position) = found.whole_row {
            let message =
                "the row is used as a whole: name its fields, as in `const inputs = [\"a\"]`";
            return Err(at.fault(position, message.to_owned()));
        }
        return Ok(found.inputs.iter().map(|(name, _)| input(name)).collect());
    };
    let wrong = || at.fault(*position, "`inputs` is no list of texts".to_owned());
    let list = value.read_lock::<rhai::Array>().ok_or_else(wrong)?;
    let mut names = Vec::new();
    for name in list.iter() {
        let name = name.clone().into_string().map_err(|_| wrong())?;
        let name = name.strip_prefix('$').unwrap_or(&name).to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if let Some((missing, position)) = found.inputs.iter().find(|(name, _)| !names.contains(name)) {
        let message = format!("`{missing}` is read, but `inputs` does not name it");
        return Err(at.fault(*position, hinted(message, missing, names.iter().map(String::as_str))));
    }
    Ok(names.iter().map(|name| input(name)).collect())
}

/// The inputs that are sub-values of fields, such as `city.country`.
pub(super) fn named_sub_values(constants: &Constants) -> Vec<String> {
    let list = constants.get("inputs").and_then(|(value, _)| value.read_lock::<rhai::Array>());
    let names = list.iter().flat_map(|list| list.iter());
    let names = names.filter_map(|name| name.clone().into_string().ok());
    let names = names.map(|name| name.strip_prefix('$').map_or(name.clone(), str::to_owned));
    names.filter(|name| name.contains('.')).collect()
}

pub(super) fn sub_values(
    constants: &Constants,
    at: Author<'_>,
) -> Result<Vec<SubValue>, Box<Fault>> {
    let Some((value, position)) = constants.get("sub_values") else { return Ok(Vec::new()) };
    let wrong = || at.fault(*position, "`sub_values` is no map of names and types".to_owned());
    let map = value.read_lock::<rhai::Map>().ok_or_else(wrong)?;
    let mut sub_values = Vec::new();
    for (name, data_type) in map.iter() {
        let data_type = data_type.clone().into_string().map_err(|_| wrong())?;
        let data_type = parse_data_type(&data_type).ok_or_else(wrong)?;
        sub_values.push(SubValue { name: name.to_string(), data_type });
    }
    Ok(sub_values)
}

pub(super) fn parameters(
    constants: &Constants,
    found: &Found,
    at: Author<'_>,
) -> Result<Vec<Parameter>, Box<Fault>> {
    let Some((value, position)) = constants.get("params") else {
        let required = |(name, _): &(String, Position)| Parameter {
            name: name.clone(),
            kind: ParameterKind::Json,
            default: None,
            required: true,
            doc: String::new(),
        };
        return Ok(found.parameters.iter().map(required).collect());
    };
    let wrong = || at.fault(*position, "`params` is no map of names and defaults".to_owned());
    let map = value.read_lock::<rhai::Map>().ok_or_else(wrong)?;
    let mut parameters = Vec::new();
    for (name, declared) in map.iter() {
        let parameter =
            parameter(name, declared).map_err(|message| at.fault(*position, message))?;
        parameters.push(parameter);
    }
    let is_known = |name: &str| parameters.iter().any(|known| known.name == name);
    if let Some((missing, position)) = found.parameters.iter().find(|(name, _)| !is_known(name)) {
        let message = format!("`{missing}` is read, but `params` does not name it");
        let names = parameters.iter().map(|known| known.name.as_str());
        return Err(at.fault(*position, hinted(message, missing, names)));
    }
    Ok(parameters)
}

/// `message`, and the name that was probably meant.
pub(super) fn hinted<'a>(
    message: String,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> String {
    match did_you_mean(name, known) {
        Some(meant) => format!("{message} (did you mean `{meant}`?)"),
        None => message,
    }
}

/// What a parameter says in full.
const KEYS: [&str; 4] = ["value", "kind", "required", "doc"];

/// `digits: 16`, or in full `digits: #{ value: 16, kind: "integer", required: false, doc: "…" }`, where
/// `value` is the default: that word is taken in the language.
fn parameter(name: &str, declared: &Dynamic) -> Result<Parameter, String> {
    let full = declared.read_lock::<rhai::Map>();
    let full = full.filter(|map| map.contains_key("kind") || map.contains_key("value"));
    let Some(full) = full else {
        let default = to_json(declared)?;
        return Ok(Parameter {
            name: name.to_owned(),
            kind: kind_of(&default),
            required: default.is_null(),
            default: Some(default).filter(|default| !default.is_null()),
            doc: String::new(),
        });
    };
    if let Some(key) = full.keys().find(|key| !KEYS.contains(&key.as_str())) {
        let message = format!(
            "the parameter `{name}` says `{key}`, which has no effect, expected value, kind, required or doc"
        );
        return Err(hinted(message, key, KEYS.into_iter()));
    }
    if full.get("doc").is_some_and(|doc| !doc.is_string()) {
        return Err(format!("the parameter `{name}` has a `doc` that is no text"));
    }
    if full.get("kind").is_some_and(|kind| !kind.is_string()) {
        return Err(format!("the parameter `{name}` has a `kind` that is no text"));
    }
    if full.get("required").is_some_and(|required| !required.is_bool()) {
        return Err(format!("the parameter `{name}` has a `required` that is no true or false"));
    }
    let default = full.get("value").map(to_json).transpose()?.filter(|value| !value.is_null());
    let text = |key: &str| full.get(key).and_then(|value| value.clone().into_string().ok());
    let kind = match text("kind").as_deref() {
        None => default.as_ref().map_or(ParameterKind::Json, kind_of),
        Some("boolean") => ParameterKind::Boolean,
        Some("integer") => ParameterKind::Integer,
        Some("number") => ParameterKind::Number,
        Some("decimal") => ParameterKind::Decimal,
        Some("text") => ParameterKind::Text,
        Some("json") => ParameterKind::Json,
        Some(other) => {
            return Err(format!(
                "the parameter `{name}` is of kind `{}`, expected boolean, integer, number, decimal, text or json",
                crate::problems::excerpt(other)
            ));
        }
    };
    let default = match (kind, default) {
        (ParameterKind::Decimal, Some(default)) => match kind.accept(&default) {
            Some(default) => Some(default),
            None => {
                let message = format!("the parameter `{name}` has a `value` that is no decimal");
                return Err(format!("{message}, expected {}", kind.words()));
            }
        },
        (_, default) => default,
    };
    let required = full.get("required").is_some_and(|value| value.as_bool().unwrap_or(false));
    Ok(Parameter {
        name: name.to_owned(),
        kind,
        required: required || default.is_none(),
        default,
        doc: text("doc").unwrap_or_default(),
    })
}

fn kind_of(value: &Value) -> ParameterKind {
    match value {
        Value::Bool(_) => ParameterKind::Boolean,
        Value::Number(number) if number.is_i64() => ParameterKind::Integer,
        Value::Number(_) => ParameterKind::Number,
        Value::String(_) => ParameterKind::Text,
        _ => ParameterKind::Json,
    }
}

/// A script's value as JSON.
pub(super) fn to_json(value: &Dynamic) -> Result<Value, String> {
    if value.is_unit() {
        return Ok(Value::Null);
    }
    if let Ok(flag) = value.as_bool() {
        return Ok(flag.into());
    }
    if let Ok(number) = value.as_int() {
        return Ok(number.into());
    }
    if let Ok(number) = value.as_float() {
        return Ok(number.into());
    }
    if let Some(list) = value.read_lock::<rhai::Array>() {
        return list.iter().map(to_json).collect::<Result<Vec<_>, _>>().map(Value::Array);
    }
    if let Some(map) = value.read_lock::<rhai::Map>() {
        let entries = map.iter().map(|(name, value)| Ok((name.to_string(), to_json(value)?)));
        return entries.collect::<Result<_, String>>().map(Value::Object);
    }
    value
        .clone()
        .into_string()
        .map(Value::String)
        .map_err(|found| format!("a value of type {found} cannot be a parameter"))
}

/// The value that a parameter was given, as scripts get it.
pub(super) fn given(kind: ParameterKind, value: &Value) -> Dynamic {
    match (kind, value) {
        (ParameterKind::Decimal, Value::String(text)) => {
            Decimal::parse(text).map_or(Dynamic::UNIT, Dynamic::from)
        }
        _ => from_json(value),
    }
}

/// JSON as a script's value.
pub(super) fn from_json(value: &Value) -> Dynamic {
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64().unwrap_or(f64::NAN).into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(values) => values.iter().map(from_json).collect::<rhai::Array>().into(),
        Value::Object(entries) => {
            let entries =
                entries.iter().map(|(name, value)| (name.as_str().into(), from_json(value)));
            entries.collect::<rhai::Map>().into()
        }
    }
}
