//! What a module says of itself, checked and in the words of the contract.

use std::collections::BTreeSet;

use serde_json::Value;

use super::bindings::exports::datagen::field::generators::{
    ColumnType, Descriptor, InputSpec, Kind, ParamKind, ParamSpec,
};
use super::faults::first_line;
use crate::columns::DataType;
use crate::problems::excerpt;
use crate::sandbox::{Description, InputDescription, Parameter, ParameterKind, SubValue};

/// Most generators of a module, and most parameters, inputs and sub-values of each.
const MOST: usize = 100;

/// Most bytes of a default value.
const DEFAULT_BYTES: usize = 64 << 10;

/// What the contract does not carry of a descriptor but a call needs.
#[derive(Debug)]
pub(super) struct Entry {
    /// The name that calls give.
    pub(super) name: String,
    pub(super) nullable: bool,
    pub(super) random: bool,
    /// Kinds that each input takes, the best first; empty: any.
    pub(super) accepts: Vec<Vec<Kind>>,
}

/// The generators of a module, from what it told of them.
///
/// # Errors
///
/// The first thing that is wrong.
pub(super) fn describe(told: Vec<Descriptor>) -> Result<(Vec<Description>, Vec<Entry>), String> {
    let count = told.len();
    if count == 0 || count > MOST {
        return Err(format!("it offers {count} generators, expected 1 to {MOST}"));
    }
    let mut names = BTreeSet::new();
    let mut described = (Vec::new(), Vec::new());
    for descriptor in told {
        let name = descriptor.name.clone();
        let wrong = |message| format!("generator `{}`: {message}", excerpt(&name));
        if !is_name(&name) {
            return Err(wrong(
                "the name must match [a-z][a-z0-9-]* in at most 64 letters".to_owned(),
            ));
        }
        if !names.insert(name.clone()) {
            return Err(wrong("there are two of this name".to_owned()));
        }
        let (description, entry) = generator(descriptor).map_err(wrong)?;
        described.0.push(description);
        described.1.push(entry);
    }
    Ok(described)
}

fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(inner)
}

fn generator(descriptor: Descriptor) -> Result<(Description, Entry), String> {
    let most = [descriptor.params.len(), descriptor.inputs.len(), descriptor.sub_values.len()];
    if most.iter().any(|count| *count > MOST) {
        return Err(format!("it has more than {MOST} parameters, inputs or sub-values"));
    }
    different("parameter", descriptor.params.iter().map(|one| one.name.as_str()))?;
    different("input", descriptor.inputs.iter().map(|one| one.name.as_str()))?;
    different("sub-value", descriptor.sub_values.iter().map(|one| one.name.as_str()))?;
    let sub_value = |one: &super::bindings::exports::datagen::field::generators::SubValueSpec| {
        Ok(SubValue { name: one.name.clone(), data_type: data_type(one.output)? })
    };
    let description = Description {
        name: descriptor.name.clone(),
        summary: first_line(&descriptor.summary),
        parameters: descriptor.params.into_iter().map(parameter).collect::<Result<_, _>>()?,
        inputs: descriptor.inputs.iter().map(input).collect(),
        output: Some(data_type(descriptor.output)?),
        sub_values: descriptor.sub_values.iter().map(sub_value).collect::<Result<_, String>>()?,
    };
    let entry = Entry {
        name: descriptor.name,
        nullable: descriptor.nullable,
        random: descriptor.random,
        accepts: descriptor.inputs.into_iter().map(|input| input.accepts).collect(),
    };
    Ok((description, entry))
}

fn different<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for name in names {
        if name.is_empty() || name.len() > 100 {
            return Err(format!("the name of a {what} must have 1 to 100 bytes"));
        }
        if !seen.insert(name) {
            return Err(format!("there are two {what}s called `{}`", excerpt(name)));
        }
    }
    Ok(())
}

fn parameter(spec: ParamSpec) -> Result<Parameter, String> {
    let kind = match spec.kind {
        ParamKind::Boolean => ParameterKind::Boolean,
        ParamKind::Int => ParameterKind::Integer,
        ParamKind::Float => ParameterKind::Number,
        ParamKind::Text => ParameterKind::Text,
        ParamKind::Json => ParameterKind::Json,
    };
    let default = match spec.default_value {
        None => None,
        Some(text) => Some(default_value(kind, &text).ok_or_else(|| {
            let (name, words) = (excerpt(&spec.name), kind.words());
            format!("parameter `{name}`: the default `{}` is not {words}", excerpt(&text))
        })?),
    };
    let (name, required, doc) = (spec.name, spec.required, first_line(&spec.doc));
    Ok(Parameter { name, kind, default, required, doc })
}

fn default_value(kind: ParameterKind, text: &str) -> Option<Value> {
    if text.len() > DEFAULT_BYTES {
        return None;
    }
    kind.accept(&serde_json::from_str(text).ok()?)
}

fn input(spec: &InputSpec) -> InputDescription {
    InputDescription {
        name: spec.name.clone(),
        required: spec.required,
        doc: first_line(&spec.doc),
    }
}

/// The type of a column that a module announces.
///
/// # Errors
///
/// A decimal that cannot be.
pub(super) fn data_type(column: ColumnType) -> Result<DataType, String> {
    Ok(match column.kind {
        Kind::Boolean => DataType::Boolean,
        Kind::Int32 => DataType::Int32,
        Kind::Int64 => DataType::Int64,
        Kind::Float32 => DataType::Float32,
        Kind::Float64 => DataType::Float64,
        Kind::Decimal => {
            let (precision, scale) = (column.precision, column.scale);
            if !(1..=18).contains(&precision) || scale > precision {
                return Err(format!(
                    "there is no decimal({precision}, {scale}), expected 1 to 18 digits, at most \
                     all of them behind the point"
                ));
            }
            DataType::Decimal { precision, scale }
        }
        Kind::Date => DataType::Date,
        Kind::Timestamp => DataType::Instant,
        Kind::Utf8 => DataType::Text,
        Kind::Bytes => DataType::Bytes,
    })
}
