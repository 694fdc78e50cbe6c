//! What a field says, held against what its generator declares: parameters, inputs, the type that is returned.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::ON_ERROR;
use crate::attributes::{Reader, shown};
use crate::columns::DataType;
use crate::failures::OnError;
use crate::problems::{Problem, did_you_mean, excerpt, pointer_segment};
use crate::sandbox::{Description, data_type_name, parse_data_type};

/// A field, or a sub-value of one, that an input reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) field: String,
    pub(super) sub_value: Option<String>,
}

/// The parameters in the declared order; `None` after adding errors.
pub(super) fn parameters(description: &Description, reader: &mut Reader<'_>) -> Option<Vec<Value>> {
    let empty = Map::new();
    let given = match reader.object().get("params") {
        None | Some(Value::Null) => &empty,
        Some(Value::Object(given)) => given,
        Some(other) => {
            reader.wrong("params", other, "an object of parameters");
            return None;
        }
    };
    let mut good = true;
    let base = reader.pointer_of("params");
    for key in given.keys() {
        if description.parameters.iter().any(|parameter| parameter.name == *key) {
            continue;
        }
        good = false;
        let pointer = format!("{base}/{}", pointer_segment(key));
        let message = format!("`{}` has no parameter `{}`", description.name, excerpt(key));
        let names = description.parameters.iter().map(|parameter| parameter.name.as_str());
        let hint = match did_you_mean(key, names.clone()) {
            Some(close) => format!("did you mean `{close}`?"),
            None if description.parameters.is_empty() => "it has none".to_owned(),
            None => format!("it has {}", names.collect::<Vec<_>>().join(", ")),
        };
        let field = reader.field().to_owned();
        reader.push(Problem::error("unknown_parameter", pointer, message).field(field).hint(hint));
    }
    let mut values = Vec::with_capacity(description.parameters.len());
    for parameter in &description.parameters {
        let pointer = format!("{base}/{}", pointer_segment(&parameter.name));
        let field = reader.field().to_owned();
        match given.get(&parameter.name).filter(|value| !value.is_null()) {
            Some(value) => match parameter.kind.accept(value) {
                Some(value) => values.push(value),
                None => {
                    good = false;
                    let expected = parameter.kind.words();
                    let message =
                        format!("`{}` is {}, expected {expected}", parameter.name, shown(value));
                    reader.push(Problem::error("wrong_value", pointer, message).field(field));
                }
            },
            None if parameter.required => {
                good = false;
                let message = format!(
                    "`{}` needs the parameter `{}` ({})",
                    description.name,
                    parameter.name,
                    parameter.kind.words()
                );
                reader
                    .push(Problem::error("missing_parameter", base.clone(), message).field(field));
            }
            None => values.push(parameter.default.clone().unwrap_or_default()),
        }
    }
    good.then_some(values)
}

/// The fields of the declared inputs; `None` after adding errors.
pub(super) fn inputs(
    description: &Description,
    names: &BTreeSet<&str>,
    reader: &mut Reader<'_>,
) -> Option<Vec<Option<Bound>>> {
    let declared = &description.inputs;
    let place = |name: &str| declared.iter().position(|input| input.name == name);
    let mut bound: Vec<Option<Bound>> = declared
        .iter()
        .map(|input| {
            // A required one that is no field is told where references are resolved.
            (input.required || names.contains(input.name.as_str()))
                .then(|| reference(&input.name, names))
        })
        .collect();
    match reader.object().get("inputs") {
        None | Some(Value::Null) => {}
        Some(Value::Object(given)) => {
            for (name, value) in given {
                let (Some(place), Some(field)) = (place(name), value.as_str()) else {
                    unknown_input(name, description, reader);
                    return None;
                };
                bound[place] = Some(reference(field, names));
            }
        }
        Some(Value::Array(_)) => {
            let given = reader.texts("inputs")?;
            let by_name = given.iter().all(|name| place(name).is_some());
            if !by_name && given.len() > declared.len() {
                let surplus = given.iter().find(|name| place(name).is_none());
                unknown_input(surplus.map_or("", String::as_str), description, reader);
                return None;
            }
            if !by_name {
                for (slot, field) in bound.iter_mut().zip(&given) {
                    *slot = Some(reference(field, names));
                }
            }
        }
        Some(other) => {
            reader.wrong("inputs", other, "a list of field names");
            return None;
        }
    }
    Some(bound)
}

fn unknown_input(name: &str, description: &Description, reader: &mut Reader<'_>) {
    let message = format!("`{}` reads no input `{}`", description.name, excerpt(name));
    let names: Vec<_> = description.inputs.iter().map(|input| input.name.as_str()).collect();
    let hint = match did_you_mean(name, names.iter().copied()) {
        Some(close) => format!("did you mean `{close}`?"),
        None if names.is_empty() => "it reads none".to_owned(),
        None => format!("it reads {}", names.join(", ")),
    };
    reader.error_with_hint("inputs", "unknown_input", message, &hint);
}

/// `city`, or `city.country` for a sub-value, with or without the `$` of expressions.
fn reference(text: &str, names: &BTreeSet<&str>) -> Bound {
    let text = text.strip_prefix('$').unwrap_or(text);
    match text.rsplit_once('.') {
        Some((field, sub_value)) if !names.contains(text) && names.contains(field) => {
            Bound { field: field.to_owned(), sub_value: Some(sub_value.to_owned()) }
        }
        _ => Bound { field: text.to_owned(), sub_value: None },
    }
}

/// The model said something that the generator cannot do; the error is told.
#[derive(Debug)]
pub(super) struct Refused;

/// The type that the model says, if it says one.
pub(super) fn returns(
    description: &Description,
    reader: &mut Reader<'_>,
) -> Result<Option<DataType>, Refused> {
    if !reader.has("returns") {
        return Ok(None);
    }
    let name = reader.text("returns").ok_or(Refused)?;
    let returns = parse_data_type(&name);
    if returns.is_none() {
        let message = format!("`{}` is no type", excerpt(&name));
        let hint = "expected one of boolean, int32, int64, float32, float64, decimal(p, s), utf8, \
                    bytes, date, timestamp";
        reader.error_with_hint("returns", "wrong_value", message, hint);
        return Err(Refused);
    }
    if let (Some(declared), Some(wanted)) = (description.output, returns)
        && declared != wanted
    {
        let declared = data_type_name(declared);
        let message = format!("`{}` returns {declared}, not {}", description.name, excerpt(&name));
        reader.error("returns", "wrong_value", message);
        return Err(Refused);
    }
    Ok(returns)
}

/// What becomes of a row that fails.
pub(super) fn on_error(reader: &mut Reader<'_>) -> Result<OnError, Refused> {
    if !reader.has(ON_ERROR) {
        return Ok(OnError::Fail);
    }
    match reader.choice(ON_ERROR, &["fail", "null"]) {
        Some("null") => Ok(OnError::Null),
        Some(_) => Ok(OnError::Fail),
        None => Err(Refused),
    }
}
