//! Model -> plan: resolves every name and refuses whatever can be refused, all of it at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::extension::{self, is_extension};
use super::order::topological;
use super::{Input, Nulls, Plan, Source, Step, fixed_width};
use crate::attributes::{Attribute, Reader};
use crate::columns::{ColumnInfo, DataType, Dictionary, Schema};
use crate::expression::{self, Cast, Expression, InputInfo};
use crate::fields::{self, Compiled, Computed, Context, Conversion, FieldType, Files};
use crate::model::{COMMON_ATTRIBUTES, Field, Model};
use crate::problems::{Problem, Problems, did_you_mean, excerpt, pointer_segment};
use crate::rng::Stream;
use crate::sandbox::{ExtensionFile, Extensions, Fault, InputType, SubValue, fold_name};

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
    /// The user code that the model may name.
    pub extensions: &'a Extensions,
    /// Whether scripts may be turned into compiled code; off only to compare it with the interpreter.
    pub may_lower: bool,
}

/// Compiles `model`; `None` after adding errors to `problems`.
pub fn compile(
    model: &Model,
    environment: &Environment<'_>,
    problems: &mut Problems,
) -> Option<Plan> {
    let errors_before = problems.errors();
    let names: BTreeSet<&str> = model.fields.iter().map(|field| field.name.as_str()).collect();
    let drafts: Vec<Option<Draft<'_>>> =
        model.fields.iter().map(|field| Draft::new(field, environment, &names, problems)).collect();
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
    Extension(extension::Draft),
}

/// A mention of another field, or of one of its sub-values.
#[derive(Clone, Copy)]
struct Mention<'a> {
    field: &'a str,
    sub_value: Option<&'a str>,
    /// The attribute that holds it.
    attribute_key: &'a str,
}

/// A mention whose field is found.
struct ResolvedInput {
    field: usize,
    sub_value: Option<ResolvedSubValue>,
}

/// How a sub-value is read.
#[derive(Clone)]
enum ResolvedSubValue {
    /// By the keys of the field's own column.
    Dictionary(Arc<Dictionary>),
    /// From a column that the field makes beside its own.
    Column { index: usize, data_type: DataType },
}

impl<'a> Draft<'a> {
    fn new(
        field: &'a Field,
        environment: &Environment<'_>,
        names: &BTreeSet<&str>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let stream = Stream::new(environment.seed, &field.name);
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

    /// Every other field that it reads.
    fn mentions(&self) -> Vec<Mention<'_>> {
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
    fn sub_columns(&self) -> &[SubValue] {
        match &self.body {
            Body::Extension(draft) => &draft.description().sub_values,
            _ => &[],
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
        for (draft, mention) in
            draft.iter().flat_map(|draft| draft.mentions().into_iter().map(move |m| (draft, m)))
        {
            match resolve_one(draft.field, mention, &places, drafts, problems) {
                Ok(Some(input)) => inputs.push(input),
                // The field referred to has an error of its own.
                Ok(None) => {}
                Err(problem) => problems.push(*problem),
            }
        }
        resolved.push(inputs);
    }
    resolved
}

fn resolve_one(
    field: &Field,
    mention: Mention<'_>,
    places: &BTreeMap<&str, usize>,
    drafts: &[Option<Draft<'_>>],
    told: &Problems,
) -> Result<Option<ResolvedInput>, Box<Problem>> {
    let pointer = format!("{}/{}", field.pointer, pointer_segment(mention.attribute_key));
    let Some(&place) = places.get(mention.field) else {
        let message = format!("refers to the unknown field `{}`", excerpt(mention.field));
        let problem =
            Problem::error("unknown_reference", pointer, message).field(field.name.clone());
        if !told.is_worth_a_guess() {
            return Err(Box::new(problem));
        }
        let hint = match did_you_mean(mention.field, places.keys().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("the model has {}", some_names(places.keys().copied())),
        };
        return Err(Box::new(problem.hint(hint)));
    };
    let Some(sub_value) = mention.sub_value else {
        return Ok(Some(ResolvedInput { field: place, sub_value: None }));
    };
    let Some(draft) = &drafts[place] else { return Ok(None) };
    let offered: Vec<(&str, ResolvedSubValue)> = match &draft.body {
        Body::Generated(compiled) => compiled
            .sub_values
            .iter()
            .map(|(name, texts)| (name.as_str(), ResolvedSubValue::Dictionary(Arc::clone(texts))))
            .collect(),
        Body::Computed { .. } => Vec::new(),
        Body::Extension(_) => draft
            .sub_columns()
            .iter()
            .enumerate()
            .map(|(index, sub)| {
                let data_type = sub.data_type;
                (sub.name.as_str(), ResolvedSubValue::Column { index, data_type })
            })
            .collect(),
    };
    if let Some((_, found)) = offered.iter().find(|(name, _)| name.eq_ignore_ascii_case(sub_value))
    {
        return Ok(Some(ResolvedInput { field: place, sub_value: Some(found.clone()) }));
    }
    let names: Vec<&str> = offered.iter().map(|(name, _)| *name).collect();
    let message = format!(
        "links to `{}` of field `{}`, which offers {}",
        excerpt(sub_value),
        mention.field,
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
    let extension_files = extension_files(&drafts);
    let mut slots = drafts.len();
    // Where the columns begin that a field makes beside its own.
    let sub_slots: Vec<usize> = drafts
        .iter()
        .map(|draft| {
            let first = slots;
            slots += draft.sub_columns().len();
            first
        })
        .collect();
    let names: Vec<&str> = drafts.iter().map(|draft| draft.field.name.as_str()).collect();
    let ghosts: Vec<bool> = drafts.iter().map(|draft| draft.field.ghost).collect();
    let cells = needed.iter().filter(|needed| **needed).count();
    let mut infos: Vec<Option<ColumnInfo>> = vec![None; drafts.len()];
    let mut drafts: Vec<Option<Draft<'_>>> = drafts.into_iter().map(Some).collect();
    let mut steps = Vec::with_capacity(order.len());
    let errors_before = problems.errors();
    for &index in order {
        let Some(draft) = drafts[index].take() else { continue };
        let site = Site {
            field: draft.field,
            references: &references[index],
            names: &names,
            infos: &infos,
            sub_slots: &sub_slots,
            environment,
        };
        let bound = match draft.body {
            Body::Generated(compiled) => Some(generated(draft.field, compiled)),
            Body::Computed { expression, result } => site.computed(&expression, result, problems),
            Body::Extension(extension) => site.extension(&extension, draft.stream, problems),
        };
        // What it lacks is told already, here or where an input of it was refused.
        let Some((source, info)) = bound else { continue };
        infos[index] = Some(info);
        if needed[index] {
            let nulls = Nulls::new(draft.stream, draft.field.null_rate);
            steps.push(Step {
                field: draft.field.name.clone(),
                slot: index,
                sub_slot: sub_slots[index],
                source,
                nulls,
            });
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
        slots,
        block_rows: block_rows(cells, memory_width),
        extension_files,
    })
}

/// The files of user code that fields run, each once.
fn extension_files(drafts: &[Draft<'_>]) -> Vec<Arc<ExtensionFile>> {
    let mut files: Vec<Arc<ExtensionFile>> = Vec::new();
    for draft in drafts {
        if let Body::Extension(extension::Draft { file: Some(file), .. }) = &draft.body
            && !files.iter().any(|known| Arc::ptr_eq(known, file))
        {
            files.push(Arc::clone(file));
        }
    }
    files
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

/// Width of user code's values, of which nothing is known before they are made.
const EXTENSION_WIDTH: u32 = 24;

/// A field about to be bound to what it reads.
struct Site<'a> {
    field: &'a Field,
    references: &'a [ResolvedInput],
    names: &'a [&'a str],
    /// What the fields before it in the order are: its inputs among them, unless they were refused.
    infos: &'a [Option<ColumnInfo>],
    sub_slots: &'a [usize],
    environment: &'a Environment<'a>,
}

impl Site<'_> {
    fn computed(
        &self,
        expression: &Expression,
        result: Computed,
        problems: &mut Problems,
    ) -> Option<(Source, ColumnInfo)> {
        let inputs: Option<Vec<InputInfo<'_>>> =
            self.references.iter().map(|input| self.input_info(input)).collect();
        let cast = Cast {
            data_type: result.data_type,
            decimals: result.decimals,
            md5: result.conversion == Conversion::Md5,
        };
        let place = expression::Place { pointer: &self.field.pointer, field: &self.field.name };
        let bound = expression.bind(&inputs?, cast, self.environment.now, place, problems)?;
        let info = ColumnInfo {
            name: self.field.name.clone(),
            data_type: result.data_type,
            nullable: bound.is_nullable() || self.field.null_rate > 0.0,
            decimals: result.decimals,
            distinct: None,
            width: result.width,
        };
        let inputs = self.references.iter().map(|input| input_of(input, self.sub_slots)).collect();
        Some((Source::Expression { bound: Box::new(bound), inputs }, info))
    }

    fn extension(
        &self,
        extension: &extension::Draft,
        stream: Stream,
        problems: &mut Problems,
    ) -> Option<(Source, ColumnInfo)> {
        let mut resolved = self.references.iter();
        let mut types = Vec::with_capacity(extension.inputs.len());
        let mut inputs = Vec::with_capacity(extension.inputs.len());
        for bound in &extension.inputs {
            let Some(input) = bound.as_ref().and_then(|_| resolved.next()) else {
                types.push(None);
                inputs.push(None);
                continue;
            };
            let InputInfo { data_type, nullable, .. } = self.input_info(input)?;
            types.push(Some(InputType { data_type, nullable }));
            inputs.push(Some(input_of(input, self.sub_slots)));
        }
        let prepared = extension.prepare(self.field, &types, self.environment, stream, problems)?;
        let info = ColumnInfo {
            name: self.field.name.clone(),
            data_type: prepared.data_type(),
            nullable: prepared.nullable() || self.field.null_rate > 0.0,
            decimals: None,
            distinct: None,
            width: EXTENSION_WIDTH,
        };
        Some((Source::Extension { prepared, inputs }, info))
    }

    fn input_info(&self, input: &ResolvedInput) -> Option<InputInfo<'_>> {
        let info = self.infos[input.field].as_ref()?;
        let (data_type, nullable) = match &input.sub_value {
            None => (info.data_type, info.nullable),
            Some(ResolvedSubValue::Dictionary(_)) => (DataType::Text, info.nullable),
            Some(ResolvedSubValue::Column { data_type, .. }) => (*data_type, true),
        };
        Some(InputInfo { name: self.names[input.field], data_type, nullable })
    }
}

/// Where an input is read from.
fn input_of(input: &ResolvedInput, sub_slots: &[usize]) -> Input {
    match &input.sub_value {
        None => Input { slot: input.field, sub_value: None },
        Some(ResolvedSubValue::Dictionary(texts)) => {
            Input { slot: input.field, sub_value: Some(Arc::clone(texts)) }
        }
        Some(ResolvedSubValue::Column { index, .. }) => {
            Input { slot: sub_slots[input.field] + index, sub_value: None }
        }
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
