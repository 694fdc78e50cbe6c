//! Model -> plan: resolves every name and refuses whatever can be refused, all of it at once.
//!
//! `drafts` checks each field by itself, `references` finds what they mention, and once their order is known
//! each is bound to the types of what it reads. Here is the way through that, and the lay-out of a plan.

mod drafts;
mod references;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use super::order::topological;
use super::{Nulls, Plan, Step, fixed_width};
use crate::attributes::Reader;
use crate::columns::{ColumnInfo, Schema, Table};
use crate::fields::{Catalogue, Compiled, Context, Definition, InputInfo, Shared};
use crate::model::{Field, Model};
use crate::problems::{Problem, Problems};
use crate::rng::Stream;
use crate::roots::ReadRoots;
use crate::sandbox::{ExtensionFile, Extensions};
use drafts::Draft;
use references::{Known, ResolvedInput, cycle_problem, input_info, input_of, resolve};

/// What values depend on beside the model, and what a plan must suffice for.
#[derive(Debug, Clone, Copy)]
pub struct Environment<'a> {
    /// The command's seed.
    pub seed: u64,
    /// The command's `now`: microseconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// Rows of the whole command, where they are known.
    pub total_rows: Option<u64>,
    /// Where files named in the model are read from.
    pub files: &'a ReadRoots,
    /// The scripts and modules that the model may name.
    pub extensions: &'a Extensions,
}

/// Compiles `model`, so that blocks have the ghosts called `also` behind the columns of the output; `None` after
/// adding errors to `problems`. Names of no field are left to whoever asks for them.
pub fn compile(
    model: &Model,
    environment: &Environment<'_>,
    also: &BTreeSet<String>,
    problems: &mut Problems,
) -> Option<Plan> {
    let errors_before = problems.errors();
    let names: BTreeSet<&str> = model.fields.iter().map(|field| field.name.as_str()).collect();
    let shared = Shared::default();
    let name = model.name.as_deref().unwrap_or_default();
    let catalogue = Catalogue::new(environment.extensions);
    let mut drafts: Vec<Option<Draft<'_>>> = Vec::with_capacity(model.fields.len());
    for field in &model.fields {
        let context = Context {
            stream: Stream::in_model(environment.seed, name, &field.name),
            now: environment.now,
            total_rows: environment.total_rows,
            files: environment.files,
            shared: &shared,
            names: &names,
            extensions: environment.extensions,
        };
        drafts.push(Draft::new(field, catalogue, &context, problems));
    }
    let references = resolve(&model.fields, &drafts, problems);
    let reads =
        references.iter().map(|inputs| inputs.iter().flatten().map(|input| input.field).collect());
    let reads: Vec<Vec<usize>> = reads.collect();
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
    build(drafts?, &references, &order, also, problems)
}

/// Binds fields to the types of their inputs and lays out steps and schema.
fn build(
    drafts: Vec<Draft<'_>>,
    references: &[Vec<Option<ResolvedInput>>],
    order: &[usize],
    also: &BTreeSet<String>,
    problems: &mut Problems,
) -> Option<Plan> {
    let needed = needed_fields(&drafts, references, order, also);
    let extension_files = extension_files(&drafts);
    let mut slots = drafts.len();
    // Where the columns begin that a field makes beside its own.
    let sub_slots: Vec<usize> = drafts
        .iter()
        .map(|draft| {
            let first = slots;
            slots += draft.sub_columns();
            first
        })
        .collect();
    let names: Vec<&str> = drafts.iter().map(|draft| draft.field.name.as_str()).collect();
    let ghosts: Vec<bool> = drafts.iter().map(|draft| draft.field.ghost).collect();
    let cells = needed.iter().filter(|needed| **needed).count();
    let mut known: Vec<Option<Known>> = vec![None; drafts.len()];
    let mut drafts: Vec<Option<Draft<'_>>> = drafts.into_iter().map(Some).collect();
    let mut steps = Vec::with_capacity(order.len());
    let errors_before = problems.errors();
    for &index in order {
        let Some(Draft { field, stream, definition }) = drafts[index].take() else { continue };
        let inputs = &references[index];
        let bound = bind(field, definition, inputs, &names, &known, problems);
        // What it lacks is told already, here or where an input of it was refused.
        let Some(compiled) = bound else { continue };
        known[index] = Some(Known {
            info: column_info(field, &compiled),
            beyond_doubles: compiled.beyond_doubles,
        });
        if needed[index] {
            let input = |input: &Option<ResolvedInput>| {
                input.as_ref().map(|input| input_of(input, &sub_slots))
            };
            steps.push(Step {
                field: field.name.clone(),
                slot: index,
                sub_slot: sub_slots[index],
                generator: compiled.generator,
                inputs: inputs.iter().map(input).collect(),
                nulls: Nulls::new(stream, field.null_rate),
            });
        }
    }
    if problems.errors() > errors_before {
        return None;
    }
    let mut outputs: Vec<usize> = (0..names.len()).filter(|index| !ghosts[*index]).collect();
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
    let mut infos: Vec<Option<ColumnInfo>> =
        known.into_iter().map(|known| known.map(|known| known.info)).collect();
    let memory_width: u64 = infos
        .iter()
        .flatten()
        .map(|info| u64::from(info.width) + u64::from(fixed_width(info.data_type)))
        .sum();
    if memory_width > MOST_ROW_BYTES {
        problems.push(row_too_long(infos.iter().flatten(), memory_width));
        return None;
    }
    let hidden: Vec<usize> =
        (0..names.len()).filter(|index| ghosts[*index] && also.contains(names[*index])).collect();
    let mut schema_of = |fields: &[usize]| {
        let columns = fields.iter().filter_map(|index| infos[*index].take()).collect();
        Schema::of(columns)
    };
    let (mut visible, hidden_columns) = (schema_of(&outputs), schema_of(&hidden));
    visible.notes.extend(code_note(&extension_files));
    let table = Table { visible: Arc::new(visible), hidden: Arc::new(hidden_columns) };
    outputs.extend(hidden);
    Some(Plan {
        table,
        steps,
        outputs,
        slots,
        block_rows: block_rows(cells, memory_width),
        extension_files,
    })
}

/// A field compiled for the types of what it reads; `None` after adding errors, or where an input was refused.
fn bind(
    field: &Field,
    definition: Box<dyn Definition>,
    inputs: &[Option<ResolvedInput>],
    names: &[&str],
    known: &[Option<Known>],
    problems: &mut Problems,
) -> Option<Compiled> {
    let input = |input: &'_ Option<ResolvedInput>| match input {
        Some(input) => input_info(input, names, known).map(Some),
        None => Some(None),
    };
    let inputs: Option<Vec<Option<InputInfo<'_>>>> = inputs.iter().map(input).collect();
    let mut attributes =
        Reader::new(&field.attributes, &field.pointer, Some(&field.name), problems);
    definition.bind(&inputs?, &mut attributes)
}

fn column_info(field: &Field, compiled: &Compiled) -> ColumnInfo {
    ColumnInfo {
        name: field.name.clone(),
        data_type: compiled.data_type,
        nullable: compiled.nullable || field.null_rate > 0.0,
        decimals: compiled.decimals,
        distinct: compiled.distinct,
        width: compiled.width,
        instants: compiled.instants,
    }
}

/// The files of extensions that fields run, each once.
fn extension_files(drafts: &[Draft<'_>]) -> Vec<Arc<ExtensionFile>> {
    let mut files: Vec<Arc<ExtensionFile>> = Vec::new();
    for file in drafts.iter().filter_map(|draft| draft.definition.extension_file()) {
        if !files.iter().any(|known| Arc::ptr_eq(known, file)) {
            files.push(Arc::clone(file));
        }
    }
    files
}

/// What files say of the user code that made their rows.
fn code_note(files: &[Arc<ExtensionFile>]) -> Option<(String, String)> {
    let told = |file: &Arc<ExtensionFile>| {
        let version = file.program.version();
        let version = (!version.is_empty()).then_some(version);
        json!({ "file": file.name, "version": version, "sha256": file.digest })
    };
    let all: Vec<_> = files.iter().map(told).collect();
    (!all.is_empty()).then(|| (CODE_NOTE.to_owned(), json!(all).to_string()))
}

/// The name by which files tell the user code of their rows.
const CODE_NOTE: &str = "datagen.user_code";

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

/// Which fields reach an output: a ghost that nothing reads, and no connector asks for, costs nothing.
fn needed_fields(
    drafts: &[Draft<'_>],
    references: &[Vec<Option<ResolvedInput>>],
    order: &[usize],
    also: &BTreeSet<String>,
) -> Vec<bool> {
    let is_wanted = |draft: &Draft<'_>| !draft.field.ghost || also.contains(&draft.field.name);
    let mut needed: Vec<bool> = drafts.iter().map(is_wanted).collect();
    for &index in order.iter().rev() {
        if needed[index] {
            for input in references[index].iter().flatten() {
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
