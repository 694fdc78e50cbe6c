//! Model -> plan: resolves every name and refuses whatever can be refused, all of it at once.
//!
//! `drafts` checks each field by itself, `references` finds what they mention, and once their order is known
//! `binding` gives each the types of what it reads. Here is the way through them, and the lay-out of a plan.

mod binding;
mod drafts;
mod references;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::order::topological;
use super::{Nulls, Plan, Step, extension, fixed_width};
use crate::columns::{ColumnInfo, Schema};
use crate::fields::Shared;
use crate::model::Model;
use crate::problems::{Problem, Problems};
use crate::roots::ReadRoots;
use crate::sandbox::{ExtensionFile, Extensions};
use binding::{Site, generated};
use drafts::{Body, Draft};
use references::{ResolvedInput, cycle_problem, resolve};

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
    /// The user code that the model may name.
    pub extensions: &'a Extensions,
}

/// Compiles `model`; `None` after adding errors to `problems`.
pub fn compile(
    model: &Model,
    environment: &Environment<'_>,
    problems: &mut Problems,
) -> Option<Plan> {
    let errors_before = problems.errors();
    let names: BTreeSet<&str> = model.fields.iter().map(|field| field.name.as_str()).collect();
    let shared = Shared::default();
    let name = model.name.as_deref().unwrap_or_default();
    let draft = |field| Draft::new(field, name, environment, &names, &shared, problems);
    let drafts: Vec<Option<Draft<'_>>> = model.fields.iter().map(draft).collect();
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
