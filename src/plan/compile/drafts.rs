//! A field checked by itself: its type found, its attributes read, nothing of others known yet.

use std::collections::BTreeSet;
use std::path::Path;

use super::Environment;

use crate::attributes::{Attribute, Reader};
use crate::expression::{self, Expression};
use crate::fields::{self, Compiled, Computed, Context, FieldType, Shared};
use crate::model::{COMMON_ATTRIBUTES, Field};
use crate::plan::extension::{self, is_extension};
use crate::problems::{Problem, Problems, did_you_mean, excerpt, fold_name};
use crate::rng::Stream;
use crate::sandbox::{Fault, SubValue};

/// A field checked by itself.
pub(super) struct Draft<'a> {
    pub(super) field: &'a Field,
    pub(super) stream: Stream,
    pub(super) body: Body,
}

pub(super) enum Body {
    Generated(Compiled),
    Computed { expression: Expression, result: Computed },
    Extension(extension::Draft),
}

/// A mention of another field, or of one of its sub-values.
#[derive(Clone, Copy)]
pub(super) struct Mention<'a> {
    pub(super) field: &'a str,
    pub(super) sub_value: Option<&'a str>,
    /// The attribute that holds it.
    pub(super) attribute_key: &'a str,
}

impl<'a> Draft<'a> {
    /// `model` is the name of the field's model, empty where it has none.
    pub(super) fn new(
        field: &'a Field,
        model: &str,
        environment: &Environment<'_>,
        names: &BTreeSet<&str>,
        shared: &Shared,
        problems: &mut Problems,
    ) -> Option<Self> {
        let stream = Stream::in_model(environment.seed, model, &field.name);
        let kind = fields::find(&field.type_name);
        if kind.is_none() && !is_extension(&field.type_name, environment) {
            problems.push(unknown_type(field, environment));
            return None;
        }
        let expression =
            expression::parse(&field.attributes, &field.pointer, &field.name, problems);
        let Some(kind) = kind else {
            if let expression::Parsed::Expression(_) = expression {
                let pointer = format!("{}/type", field.pointer);
                let message = "a field of user code cannot be computed by an expression as well";
                problems.push(
                    Problem::error("not_computable", pointer, message)
                        .field(field.name.clone())
                        .hint("give the script what it needs by `inputs`"),
                );
                return None;
            }
            let draft = extension::Draft::new(field, environment, names, problems)?;
            return Some(Self { field, stream, body: Body::Extension(draft) });
        };
        let mut reader =
            Reader::new(&field.attributes, &field.pointer, Some(&field.name), problems);
        warn_unknown(&mut reader, kind);
        let body = match expression {
            expression::Parsed::None => {
                let context = Context {
                    stream,
                    now: environment.now,
                    total_rows: environment.total_rows,
                    files: environment.files,
                    shared,
                };
                let compiled = kind.compile(&mut reader, &context)?;
                check_capacity(&compiled, environment.total_rows, &mut reader);
                Body::Generated(compiled)
            }
            expression::Parsed::Wrong => return None,
            expression::Parsed::Expression(expression) => {
                let errors = reader.has_errors();
                let Some(result) = kind.computed(&mut reader) else {
                    if !errors && !reader.has_errors() {
                        let message = format!("a field of type {} cannot be computed", kind.name());
                        reader.error("type", "not_computable", message);
                    }
                    return None;
                };
                Body::Computed { expression, result }
            }
        };
        Some(Self { field, stream, body })
    }

    /// Every other field that it reads.
    pub(super) fn mentions(&self) -> Vec<Mention<'_>> {
        match &self.body {
            Body::Generated(_) => Vec::new(),
            Body::Computed { expression, .. } => {
                let inputs = expression.inputs().iter();
                inputs
                    .map(|reference| Mention {
                        field: reference.field(),
                        sub_value: reference.sub_value(),
                        attribute_key: reference.attribute_key(),
                    })
                    .collect()
            }
            Body::Extension(draft) => {
                let inputs = draft.inputs.iter().flatten();
                inputs
                    .map(|bound| Mention {
                        field: &bound.field,
                        sub_value: bound.sub_value.as_deref(),
                        attribute_key: "inputs",
                    })
                    .collect()
            }
        }
    }

    /// The columns that it makes beside its own.
    pub(super) fn sub_columns(&self) -> &[SubValue] {
        match &self.body {
            Body::Extension(draft) => &draft.description().sub_values,
            _ => &[],
        }
    }
}

fn check_capacity(compiled: &Compiled, total_rows: Option<u64>, reader: &mut Reader<'_>) {
    if let (Some(capacity), Some(rows)) = (compiled.capacity, total_rows)
        && rows > capacity
    {
        reader.error_with_hint(
            "type",
            "too_few_values",
            format!(
                "the field has {capacity} distinct values, but the command asks for {rows} rows"
            ),
            "widen the range or ask for fewer rows",
        );
    }
}

fn unknown_type(field: &Field, environment: &Environment<'_>) -> Problem {
    let message = format!("unknown field type `{}`", excerpt(&field.type_name));
    let problem = Problem::error("unknown_type", format!("{}/type", field.pointer), message)
        .field(field.name.clone());
    let extensions = environment.extensions;
    let folded = fold_name(&field.type_name);
    let stem = |fault: &Fault| Path::new(&fault.file).file_stem()?.to_str().map(fold_name);
    if let Some(fault) =
        extensions.faults().iter().find(|fault| stem(fault) == Some(folded.clone()))
    {
        return problem.hint(fault.to_string());
    }
    if let Some(meant) = fields::equivalent(&field.type_name) {
        return problem.hint(format!("write {meant}"));
    }
    match fields::closest(&field.type_name).or_else(|| extensions.closest(&field.type_name)) {
        Some(name) => problem.hint(format!("did you mean `{name}`?")),
        None => {
            let own = extensions.types().map(|extension| extension.type_name.as_str());
            let names: Vec<_> =
                fields::FIELD_TYPES.iter().map(|kind| kind.name()).chain(own).collect();
            problem.hint(format!("expected one of {}", names.join(", ")))
        }
    }
}

/// Warns of attributes that nothing reads: those of other types apart from those of none.
fn warn_unknown(reader: &mut Reader<'_>, kind: &dyn FieldType) {
    let known = |attributes: &[Attribute], key: &str| attributes.iter().any(|a| a.name == key);
    for key in reader.object().keys() {
        if known(COMMON_ATTRIBUTES, key) || known(kind.attributes(), key) {
            continue;
        }
        if !reader.has_room_for_warnings() {
            break;
        }
        let elsewhere = fields::FIELD_TYPES.iter().any(|other| known(other.attributes(), key));
        let problem = if elsewhere {
            let message = format!("attribute `{key}` has no effect on type {}", kind.name());
            Problem::warning("attribute_without_effect", reader.pointer_of(key), message)
        } else {
            let message = format!("unknown attribute `{}` has no effect", excerpt(key));
            let problem = Problem::warning("unknown_attribute", reader.pointer_of(key), message);
            let names = COMMON_ATTRIBUTES.iter().chain(kind.attributes()).map(|a| a.name);
            match did_you_mean(key, names) {
                Some(name) => problem.hint(format!("did you mean `{name}`?")),
                None => problem,
            }
        };
        reader.push(problem);
    }
}
