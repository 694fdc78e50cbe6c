//! Model -> plan: resolves every name and refuses whatever can be refused, all of it at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::order::topological;
use super::{Input, Nulls, Plan, Source, Step, fixed_width};
use crate::attributes::{Attribute, Reader};
use crate::columns::{ColumnInfo, DataType, Dictionary, Schema};
use crate::expression::{self, Cast, Expression, InputInfo, Reference};
use crate::fields::{self, Compiled, Computed, Context, Conversion, FieldType, Files};
use crate::model::{COMMON_ATTRIBUTES, Field, Model};
use crate::problems::{Problem, Problems, did_you_mean, excerpt, pointer_segment};
use crate::rng::Stream;

/// What values depend on beside the model, and what a plan must suffice for.
#[derive(Debug, Clone, Copy)]
pub struct Environment<'a> {
    /// The command's seed.
    pub seed: u64,
    /// The command's `now`: microseconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// Rows of the whole command, where they are known.
    pub rows: Option<u64>,
    /// Where files named in the model are read from.
    pub files: &'a dyn Files,
}

/// Compiles `model`; `None` after adding errors to `problems`.
pub fn compile(
    model: &Model,
    environment: &Environment<'_>,
    problems: &mut Problems,
) -> Option<Plan> {
    let errors_before = problems.errors();
    let drafts: Vec<Option<Draft<'_>>> =
        model.fields.iter().map(|field| Draft::new(field, environment, problems)).collect();
    let references = resolve(&model.fields, &drafts, problems);
    let reads: Vec<Vec<usize>> =
        references.iter().map(|inputs| inputs.iter().map(|input| input.field).collect()).collect();
    let order = match topological(&reads) {
        Ok(order) => order,
        Err(cycle) => {
            problems.push(cycle_problem(&model.fields, &cycle));
            return None;
        }
    };
    let drafts: Option<Vec<Draft<'_>>> = drafts.into_iter().collect();
    // Binding needs the types of all inputs, so it waits until every field is good by itself.
    if problems.errors() > errors_before {
        return None;
    }
    build(drafts?, &references, &order, environment, problems)
}

/// A field checked by itself.
struct Draft<'a> {
    field: &'a Field,
    stream: Stream,
    body: Body,
}

enum Body {
    Generated(Compiled),
    Computed { expression: Expression, result: Computed },
}

/// A reference of one field's expression to another field.
struct ResolvedInput {
    field: usize,
    sub_value: Option<Arc<Dictionary>>,
}

impl<'a> Draft<'a> {
    fn new(
        field: &'a Field,
        environment: &Environment<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let Some(kind) = fields::find(&field.type_name) else {
            problems.push(unknown_type(field));
            return None;
        };
        let stream = Stream::new(environment.seed, &field.name);
        let expression =
            expression::parse(&field.attributes, &field.pointer, &field.name, problems);
        let mut reader =
            Reader::new(&field.attributes, &field.pointer, Some(&field.name), problems);
        warn_unknown(&mut reader, kind);
        let body = match expression {
            expression::Parsed::None => {
                let context = Context {
                    stream,
                    now: environment.now,
                    rows: environment.rows,
                    files: environment.files,
                };
                let compiled = kind.compile(&mut reader, &context)?;
                check_capacity(&compiled, environment.rows, &mut reader);
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

    fn data_type(&self) -> DataType {
        match &self.body {
            Body::Generated(compiled) => compiled.data_type,
            Body::Computed { result, .. } => result.data_type,
        }
    }
}

fn check_capacity(compiled: &Compiled, rows: Option<u64>, reader: &mut Reader<'_>) {
    if let (Some(capacity), Some(rows)) = (compiled.capacity, rows)
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

fn unknown_type(field: &Field) -> Problem {
    let message = format!("unknown field type `{}`", excerpt(&field.type_name));
    let problem = Problem::error("unknown_type", format!("{}/type", field.pointer), message)
        .field(field.name.clone());
    match fields::closest(&field.type_name) {
        Some(name) => problem.hint(format!("did you mean `{name}`?")),
        None => {
            let names: Vec<_> = fields::FIELD_TYPES.iter().map(|kind| kind.name()).collect();
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

/// Finds the field and sub-value of every reference; unknown ones are errors.
fn resolve(
    fields: &[Field],
    drafts: &[Option<Draft<'_>>],
    problems: &mut Problems,
) -> Vec<Vec<ResolvedInput>> {
    let places: BTreeMap<&str, usize> =
        fields.iter().enumerate().map(|(index, field)| (field.name.as_str(), index)).collect();
    let mut resolved = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let mut inputs = Vec::new();
        if !problems.has_room_for_errors() {
            resolved.push(inputs);
            continue;
        }
        if let Some(Draft { field, body: Body::Computed { expression, .. }, .. }) = draft {
            for reference in expression.inputs() {
                match resolve_one(field, reference, &places, drafts, problems) {
                    Ok(Some(input)) => inputs.push(input),
                    // The field referred to has an error of its own.
                    Ok(None) => {}
                    Err(problem) => problems.push(*problem),
                }
            }
        }
        resolved.push(inputs);
    }
    resolved
}

fn resolve_one(
    field: &Field,
    reference: &Reference,
    places: &BTreeMap<&str, usize>,
    drafts: &[Option<Draft<'_>>],
    told: &Problems,
) -> Result<Option<ResolvedInput>, Box<Problem>> {
    let pointer = format!("{}/{}", field.pointer, pointer_segment(reference.attribute_key()));
    let Some(&place) = places.get(reference.field()) else {
        let message = format!("refers to the unknown field `{}`", excerpt(reference.field()));
        let problem =
            Problem::error("unknown_reference", pointer, message).field(field.name.clone());
        if !told.is_worth_a_guess() {
            return Err(Box::new(problem));
        }
        let hint = match did_you_mean(reference.field(), places.keys().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("the model has {}", some_names(places.keys().copied())),
        };
        return Err(Box::new(problem.hint(hint)));
    };
    let Some(sub_value) = reference.sub_value() else {
        return Ok(Some(ResolvedInput { field: place, sub_value: None }));
    };
    let Some(draft) = &drafts[place] else { return Ok(None) };
    let offered: &[(String, Arc<Dictionary>)] = match &draft.body {
        Body::Generated(compiled) => &compiled.sub_values,
        Body::Computed { .. } => &[],
    };
    if let Some((_, dictionary)) =
        offered.iter().find(|(name, _)| name.eq_ignore_ascii_case(sub_value))
    {
        return Ok(Some(ResolvedInput { field: place, sub_value: Some(Arc::clone(dictionary)) }));
    }
    let names: Vec<&str> = offered.iter().map(|(name, _)| name.as_str()).collect();
    let message = format!(
        "links to `{}` of field `{}`, which offers {}",
        excerpt(sub_value),
        reference.field(),
        if names.is_empty() { "nothing to link to".to_owned() } else { names.join(", ") }
    );
    let problem = Problem::error("unknown_sub_value", pointer, message).field(field.name.clone());
    let hint = did_you_mean(sub_value, names.iter().copied())
        .map(|name| format!("did you mean `{name}`?"));
    Err(Box::new(Problem { hint, ..problem }))
}

/// The first few of `names`, for a hint.
fn some_names<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 8;
    let more = names.len().saturating_sub(SHOWN);
    let shown: Vec<_> = names.take(SHOWN).map(|name| format!("`{}`", excerpt(name))).collect();
    let shown = shown.join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

fn cycle_problem(fields: &[Field], cycle: &[usize]) -> Problem {
    let names: Vec<_> = cycle.iter().map(|index| format!("`{}`", fields[*index].name)).collect();
    let first = cycle.first().map(|index| &fields[*index]);
    let pointer = first.map_or_else(String::new, |field| field.pointer.clone());
    let message = format!("fields depend on each other: {}", names.join(" -> "));
    let problem =
        Problem::error("cycle", pointer, message).hint("compute one of them without the other");
    match first {
        Some(field) => problem.field(field.name.clone()),
        None => problem,
    }
}

/// Binds expressions to the types of their inputs and lays out steps and schema.
fn build(
    drafts: Vec<Draft<'_>>,
    references: &[Vec<ResolvedInput>],
    order: &[usize],
    environment: &Environment<'_>,
    problems: &mut Problems,
) -> Option<Plan> {
    let needed = needed_fields(&drafts, references, order);
    let types: Vec<DataType> = drafts.iter().map(Draft::data_type).collect();
    let names: Vec<&str> = drafts.iter().map(|draft| draft.field.name.as_str()).collect();
    let ghosts: Vec<bool> = drafts.iter().map(|draft| draft.field.ghost).collect();
    let cells = needed.iter().filter(|needed| **needed).count();
    let mut infos: Vec<Option<ColumnInfo>> = vec![None; drafts.len()];
    let mut drafts: Vec<Option<Draft<'_>>> = drafts.into_iter().map(Some).collect();
    let mut steps = Vec::with_capacity(order.len());
    let errors_before = problems.errors();
    for &index in order {
        let Some(draft) = drafts[index].take() else { continue };
        let (source, info) = match draft.body {
            Body::Generated(compiled) => generated(draft.field, compiled),
            Body::Computed { expression, result } => {
                let inputs: Vec<InputInfo<'_>> = references[index]
                    .iter()
                    .map(|input| input_info(input, &names, &types, &infos))
                    .collect();
                let cast = Cast {
                    data_type: result.data_type,
                    decimals: result.decimals,
                    md5: result.conversion == Conversion::Md5,
                };
                let place =
                    expression::Place { pointer: &draft.field.pointer, field: &draft.field.name };
                let Some(bound) = expression.bind(&inputs, cast, environment.now, place, problems)
                else {
                    continue;
                };
                let nullable = bound.is_nullable() || draft.field.null_rate > 0.0;
                let info = ColumnInfo {
                    name: draft.field.name.clone(),
                    data_type: result.data_type,
                    nullable,
                    decimals: result.decimals,
                    distinct: None,
                    width: result.width,
                };
                let inputs = references[index]
                    .iter()
                    .map(|input| Input { slot: input.field, sub_value: input.sub_value.clone() })
                    .collect();
                (Source::Expression { bound: Box::new(bound), inputs }, info)
            }
        };
        infos[index] = Some(info);
        if needed[index] {
            let nulls = Nulls::new(draft.stream, draft.field.null_rate);
            steps.push(Step { field: draft.field.name.clone(), slot: index, source, nulls });
        }
    }
    if problems.errors() > errors_before {
        return None;
    }
    let outputs: Vec<usize> = (0..names.len()).filter(|index| !ghosts[*index]).collect();
    if outputs.is_empty() {
        // Fields that could not be read are missing here: their problems are told already.
        if !problems.has_errors() {
            problems.push(
                Problem::error(
                    "all_ghosts",
                    "/Fields",
                    "every field is a ghost, expected a column to output",
                )
                .hint("remove `ghost` from at least one field"),
            );
        }
        return None;
    }
    let memory_width: u64 = infos
        .iter()
        .flatten()
        .map(|info| u64::from(info.width) + u64::from(fixed_width(info.data_type)))
        .sum();
    if memory_width > MOST_ROW_BYTES {
        problems.push(row_too_long(infos.iter().flatten(), memory_width));
        return None;
    }
    let columns = outputs.iter().filter_map(|index| infos[*index].take()).collect();
    Some(Plan {
        schema: Arc::new(Schema { columns }),
        steps,
        outputs,
        slots: names.len(),
        block_rows: block_rows(cells, memory_width),
    })
}

/// Bytes that a row may take: a block holds at least one, and every thread some blocks.
const MOST_ROW_BYTES: u64 = 32 << 20;

fn row_too_long<'a>(columns: impl Iterator<Item = &'a ColumnInfo>, bytes: u64) -> Problem {
    let message = format!("a row takes {bytes} bytes, expected at most {MOST_ROW_BYTES}");
    let problem = Problem::error("row_too_long", "/Fields", message);
    match columns.max_by_key(|column| column.width) {
        Some(widest) => problem
            .field(widest.name.clone())
            .hint(format!("shorten this field, which takes {}, or others", widest.width)),
        None => problem,
    }
}

fn generated(field: &Field, compiled: Compiled) -> (Source, ColumnInfo) {
    let info = ColumnInfo {
        name: field.name.clone(),
        data_type: compiled.data_type,
        nullable: compiled.nullable || field.null_rate > 0.0,
        decimals: compiled.decimals,
        distinct: compiled.distinct,
        width: compiled.width,
    };
    (Source::Generator(compiled.generator), info)
}

fn input_info<'a>(
    input: &ResolvedInput,
    names: &[&'a str],
    types: &[DataType],
    infos: &[Option<ColumnInfo>],
) -> InputInfo<'a> {
    InputInfo {
        name: names[input.field],
        data_type: if input.sub_value.is_some() { DataType::Text } else { types[input.field] },
        // Inputs come earlier in the order, so what they are is known.
        nullable: infos[input.field].as_ref().is_none_or(|info| info.nullable),
    }
}

/// Which fields reach an output: a ghost that nothing reads costs nothing.
fn needed_fields(
    drafts: &[Draft<'_>],
    references: &[Vec<ResolvedInput>],
    order: &[usize],
) -> Vec<bool> {
    let mut needed: Vec<bool> = drafts.iter().map(|draft| !draft.field.ghost).collect();
    for &index in order.iter().rev() {
        if needed[index] {
            for input in &references[index] {
                needed[input.field] = true;
            }
        }
    }
    needed
}

/// Rows of a block: about 80,000 cells and at most 4 MiB, so that a block stays in the cache and wide
/// models stay small (measured: a fixed number of rows costs 1,000-column models 2.7 times).
fn block_rows(cells: usize, row_width: u64) -> usize {
    const CELLS: usize = 80_000;
    const BYTES: u64 = 4 << 20;
    let by_cells = (CELLS / cells.max(1)).clamp(64, 8_192);
    let by_bytes = (BYTES / row_width.max(1)).clamp(1, 8_192) as usize;
    let rows = by_cells.min(by_bytes);
    // Downwards to a power of two: blocks then fill segments evenly.
    1 << rows.ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_shrinks_with_columns_and_bytes() {
        assert_eq!(block_rows(10, 100), 4_096);
        assert_eq!(block_rows(1_000, 10_000), 64);
        assert_eq!(block_rows(2, 2_000_000), 2);
        assert_eq!(block_rows(1, u64::MAX), 1);
    }
}
