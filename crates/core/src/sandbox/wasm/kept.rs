//! What a module told of itself, as it lies in the cache.
//!
//! That is its answer as it was, not what became of it: whatever is checked of an answer is checked again,
//! and a default value is read again from the same text.

use serde::{Deserialize, Serialize};

use super::bindings::exports::datagen::field::generators::{
    ColumnType, Descriptor, InputSpec, Kind, ParamKind, ParamSpec, SubValueSpec,
};

/// Kinds of columns and of parameters in the order of their numbers: what is kept of a kind is its number.
const KINDS: [Kind; 10] = [
    Kind::Boolean,
    Kind::Int32,
    Kind::Int64,
    Kind::Float32,
    Kind::Float64,
    Kind::Decimal,
    Kind::Date,
    Kind::Timestamp,
    Kind::Utf8,
    Kind::Bytes,
];
const PARAMETER_KINDS: [ParamKind; 5] =
    [ParamKind::Boolean, ParamKind::Int, ParamKind::Float, ParamKind::Text, ParamKind::Json];

#[derive(Serialize, Deserialize)]
struct Generator {
    name: String,
    summary: String,
    output: Output,
    nullable: bool,
    random: bool,
    parameters: Vec<Parameter>,
    inputs: Vec<Input>,
    sub_values: Vec<(String, Output)>,
}

#[derive(Serialize, Deserialize)]
struct Output {
    kind: u8,
    precision: u8,
    scale: u8,
}

#[derive(Serialize, Deserialize)]
struct Parameter {
    name: String,
    kind: u8,
    required: bool,
    default: Option<String>,
    doc: String,
}

#[derive(Serialize, Deserialize)]
struct Input {
    name: String,
    accepts: Vec<u8>,
    required: bool,
    doc: String,
}

/// What a module tells of itself.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) version: String,
    pub(super) generators: Vec<Descriptor>,
}

/// The same, as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: String,
    generators: Vec<Generator>,
}

/// The bytes of what a module tells.
pub(super) fn write(told: &Told) -> Option<Vec<u8>> {
    let generators = told.generators.iter().map(Generator::from).collect();
    serde_json::to_vec(&Kept { version: told.version.clone(), generators }).ok()
}

/// What a module told, where `bytes` tell it.
pub(super) fn read(bytes: &[u8]) -> Option<Told> {
    let Kept { version, generators } = serde_json::from_slice(bytes).ok()?;
    let generators = generators.into_iter().map(told).collect::<Option<_>>()?;
    Some(Told { version, generators })
}

impl From<&Descriptor> for Generator {
    fn from(told: &Descriptor) -> Self {
        let parameter = |one: &ParamSpec| Parameter {
            name: one.name.clone(),
            kind: one.kind as u8,
            required: one.required,
            default: one.default_value.clone(),
            doc: one.doc.clone(),
        };
        let input = |one: &InputSpec| Input {
            name: one.name.clone(),
            accepts: one.accepts.iter().map(|kind| *kind as u8).collect(),
            required: one.required,
            doc: one.doc.clone(),
        };
        let output = |one: ColumnType| Output {
            kind: one.kind as u8,
            precision: one.precision,
            scale: one.scale,
        };
        let sub_value = |one: &SubValueSpec| (one.name.clone(), output(one.output));
        Self {
            name: told.name.clone(),
            summary: told.summary.clone(),
            output: output(told.output),
            nullable: told.nullable,
            random: told.random,
            parameters: told.params.iter().map(parameter).collect(),
            inputs: told.inputs.iter().map(input).collect(),
            sub_values: told.sub_values.iter().map(sub_value).collect(),
        }
    }
}

fn told(kept: Generator) -> Option<Descriptor> {
    let kind = |kind: u8| KINDS.get(usize::from(kind)).copied();
    let parameter = |one: Parameter| {
        Some(ParamSpec {
            name: one.name,
            kind: *PARAMETER_KINDS.get(usize::from(one.kind))?,
            required: one.required,
            default_value: one.default,
            doc: one.doc,
        })
    };
    let input = |one: Input| {
        Some(InputSpec {
            name: one.name,
            accepts: one.accepts.into_iter().map(kind).collect::<Option<_>>()?,
            required: one.required,
            doc: one.doc,
        })
    };
    let output = |one: Output| {
        let (precision, scale) = (one.precision, one.scale);
        Some(ColumnType { kind: kind(one.kind)?, precision, scale })
    };
    let sub_value =
        |(name, one): (String, Output)| Some(SubValueSpec { name, output: output(one)? });
    Some(Descriptor {
        name: kept.name,
        summary: kept.summary,
        output: output(kept.output)?,
        nullable: kept.nullable,
        params: kept.parameters.into_iter().map(parameter).collect::<Option<_>>()?,
        inputs: kept.inputs.into_iter().map(input).collect::<Option<_>>()?,
        sub_values: kept.sub_values.into_iter().map(sub_value).collect::<Option<_>>()?,
        random: kept.random,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For all kinds: what is read is what was written.
    #[test]
    fn what_a_module_told_comes_back_whole() {
        let output = |kind| ColumnType { kind, precision: 9, scale: 2 };
        let told = Descriptor {
            name: "a".to_owned(),
            summary: "what\nit makes".to_owned(),
            output: output(Kind::Decimal),
            nullable: true,
            params: PARAMETER_KINDS
                .into_iter()
                .map(|kind| ParamSpec {
                    name: format!("{kind:?}"),
                    kind,
                    required: kind == ParamKind::Int,
                    // A number that changes when it is read and written.
                    default_value: (kind == ParamKind::Float)
                        .then(|| "0.30000000000000004e0".into()),
                    doc: "“doc”".to_owned(),
                })
                .collect(),
            inputs: vec![InputSpec {
                name: "b".to_owned(),
                accepts: KINDS.to_vec(),
                required: true,
                doc: String::new(),
            }],
            sub_values: KINDS
                .into_iter()
                .map(|kind| SubValueSpec { name: format!("{kind:?}"), output: output(kind) })
                .collect(),
            random: false,
        };
        let told = Told { version: "1.2".to_owned(), generators: vec![told] };
        let read = read(&write(&told).unwrap()).unwrap();
        assert_eq!(format!("{read:?}"), format!("{told:?}"));
    }

    #[test]
    fn what_no_module_told_is_nothing() {
        let kept = |kind: u8| {
            format!(
                r#"{{"version":"","generators":[{{"name":"a","summary":"","output":{{"kind":{kind},"precision":0,"scale":0}},"nullable":true,
                "random":true,"parameters":[],"inputs":[],"sub_values":[]}}]}}"#
            )
        };
        assert!(read(kept(9).as_bytes()).is_some());
        for wrong in [&*kept(10), "[{}]", "[]", "{}", "\0", ""] {
            assert!(read(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }
}
