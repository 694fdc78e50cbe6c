//! The plan: the executable form of a model.
//!
//! Every name is resolved, every attribute checked, every field in its order of computation. A plan
//! makes the block of any range of rows, on any thread, in any order; see [`Plan::generate`]. It knows
//! nothing of batches, encoders or connectors.

mod compile;
mod order;

pub use compile::{Environment, compile};

use std::sync::Arc;

use crate::columns::{Block, Column, DataType, Dictionary, Rows, Schema, Table, Values};
use crate::failures::Failures;
use crate::generator::{GenerateError, Generator, Inputs, Made, Spent, Tier};
use crate::rng::Stream;
use crate::sandbox::ExtensionFile;

/// A model ready to run.
#[derive(Debug)]
pub struct Plan {
    table: Table,
    /// In order of computation: a step reads only what earlier ones made.
    steps: Vec<Step>,
    /// Per column of blocks the slot that holds it.
    outputs: Vec<usize>,
    slots: usize,
    block_rows: usize,
    extension_files: Vec<Arc<ExtensionFile>>,
}

/// Makes the column of one field.
#[derive(Debug)]
struct Step {
    field: String,
    slot: usize,
    /// Where the columns begin that it makes beside its own.
    sub_slot: usize,
    generator: Box<dyn Generator>,
    /// What the generator reads; `None`: an input that is not bound.
    inputs: Vec<Option<Input>>,
    nulls: Option<Nulls>,
}

/// What a generator reads: a field, or one of its sub-values.
#[derive(Debug)]
struct Input {
    slot: usize,
    /// The sub-value's texts, by the keys of the field's own column.
    sub_value: Option<Arc<Dictionary>>,
}

/// Turns a share of the values into nulls.
#[derive(Debug)]
struct Nulls {
    stream: Stream,
    /// A row whose word is below is null.
    below: u64,
    /// Every row is null: the one share that a 64-bit threshold cannot say.
    all: bool,
}

/// The lane of a field's stream that draws nulls: using it moves no value.
const NULL_LANE: u64 = 1;

impl Nulls {
    fn new(stream: Stream, rate: f64) -> Option<Self> {
        // 2^64 is exact; the product saturates just below it.
        let below = (rate * 18_446_744_073_709_551_616.0) as u64;
        (rate > 0.0).then(|| Self { stream: stream.lane(NULL_LANE), below, all: rate >= 1.0 })
    }

    fn apply(&self, rows: Rows, column: &mut Column) {
        let mut words = vec![0; rows.count];
        self.stream.fill(rows.first, &mut words);
        let valid = |word: &u64| !self.all && *word >= self.below;
        match &mut column.validity {
            Some(validity) => {
                for (flag, word) in validity.iter_mut().zip(&words) {
                    *flag &= valid(word);
                }
            }
            none => *none = Some(words.iter().map(valid).collect()),
        }
    }
}

/// Why rows could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateRowsError {
    /// A row has no value.
    #[error("field `{field}`")]
    Value {
        /// The field's name.
        field: String,
        /// What is wrong.
        source: GenerateError,
    },
    /// Nobody wants the rows any more.
    #[error("stopped, as nobody wants the rows any more")]
    Unwanted,
}

impl GenerateRowsError {
    /// The name of the field that has no value; empty where that is not why.
    pub fn field(&self) -> &str {
        match self {
            Self::Value { field, .. } => field,
            Self::Unwanted => "",
        }
    }
}

impl Plan {
    /// The output columns.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.table.visible
    }

    /// The columns of blocks: the output's, and those that connectors need beside it.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The files of extensions that the plan runs, each once.
    pub fn extension_files(&self) -> &[Arc<ExtensionFile>] {
        &self.extension_files
    }

    /// Every field in the order of computation and how its values are made, in words.
    pub fn explain(&self) -> Vec<(&str, String)> {
        self.steps.iter().map(|step| (step.field.as_str(), step.generator.tier().words())).collect()
    }

    /// A good number of rows for a block: what fits a processor's cache, `1..=8192`.
    pub fn block_rows(&self) -> usize {
        self.block_rows
    }

    /// Makes the [columns](Self::table) of `rows`, and counts the rows that became null because making them
    /// failed.
    ///
    /// The same rows give the same values whatever else is made before, after or beside them.
    ///
    /// # Errors
    ///
    /// When a value cannot be made; the error names field and row.
    pub fn generate(
        &self,
        rows: Rows,
        failures: &mut Failures,
    ) -> Result<Block, GenerateRowsError> {
        self.generate_while(rows, failures, &|| true)
    }

    /// [`generate`](Self::generate) as long as `is_wanted` says so: it is asked before each
    /// field.
    ///
    /// # Errors
    ///
    /// When a value cannot be made, or the rows are not wanted any more.
    pub fn generate_while(
        &self,
        rows: Rows,
        failures: &mut Failures,
        is_wanted: &dyn Fn() -> bool,
    ) -> Result<Block, GenerateRowsError> {
        let mut slots: Vec<Option<Arc<Column>>> = vec![None; self.slots];
        for step in &self.steps {
            if !is_wanted() {
                return Err(GenerateRowsError::Unwanted);
            }
            step.fill(rows, &mut slots, failures)?;
        }
        let columns = self.outputs.iter().filter_map(|slot| slots[*slot].clone()).collect();
        Ok(Block { rows, columns })
    }

    /// How the values of `field` are made; `None` for a field that is not made.
    pub fn tier(&self, field: &str) -> Option<Tier> {
        let step = self.steps.iter().find(|step| step.field == field)?;
        Some(step.generator.tier())
    }

    /// What the generator of `field` uses for `rows`; `None` where nothing is counted.
    ///
    /// # Errors
    ///
    /// When a value cannot be made; the error names field and row.
    pub fn spend(&self, field: &str, rows: Rows) -> Result<Option<Spent>, GenerateRowsError> {
        let mut slots: Vec<Option<Arc<Column>>> = vec![None; self.slots];
        for step in &self.steps {
            if step.field == field {
                return step.with_inputs(&slots, |inputs| step.generator.spend(rows, inputs));
            }
            step.fill(rows, &mut slots, &mut Failures::default())?;
        }
        Ok(None)
    }
}

impl Step {
    /// Makes the columns of this field.
    fn fill(
        &self,
        rows: Rows,
        slots: &mut [Option<Arc<Column>>],
        failures: &mut Failures,
    ) -> Result<(), GenerateRowsError> {
        let Made { mut column, sub_values, failed } =
            self.with_inputs(slots, |inputs| self.generator.generate(rows, inputs))?;
        if let Some(failed) = failed {
            failures.note(&self.field, failed);
        }
        debug_assert_eq!(column.len(), rows.count, "field `{}`", self.field);
        if let Some(nulls) = &self.nulls {
            nulls.apply(rows, &mut column);
        }
        for (slot, column) in (self.sub_slot..).zip(sub_values) {
            slots[slot] = Some(Arc::new(column));
        }
        slots[self.slot] = Some(Arc::new(column));
        Ok(())
    }

    /// What `make` gives of the columns that the field reads.
    fn with_inputs<T>(
        &self,
        slots: &[Option<Arc<Column>>],
        make: impl FnOnce(&Inputs<'_>) -> Result<T, GenerateError>,
    ) -> Result<T, GenerateRowsError> {
        let read = |input: &Option<Input>| input.as_ref().and_then(|input| input.column(slots));
        let columns: Vec<Option<Arc<Column>>> = self.inputs.iter().map(read).collect();
        let inputs: Vec<Option<&Column>> = columns.iter().map(Option::as_deref).collect();
        make(&inputs)
            .map_err(|source| GenerateRowsError::Value { field: self.field.clone(), source })
    }
}

impl Input {
    /// The column that is read. Always there: the order of steps puts inputs first.
    fn column(&self, slots: &[Option<Arc<Column>>]) -> Option<Arc<Column>> {
        let column = slots[self.slot].as_ref()?;
        match (&self.sub_value, &column.values) {
            (Some(dictionary), Values::Choice { keys, .. }) => Some(Arc::new(Column {
                values: Values::Choice {
                    keys: Arc::clone(keys),
                    dictionary: Arc::clone(dictionary),
                },
                validity: column.validity.clone(),
            })),
            _ => Some(Arc::clone(column)),
        }
    }
}

/// The bytes that a value of `data_type` takes in memory beside its text.
fn fixed_width(data_type: DataType) -> u32 {
    match data_type {
        DataType::Decimal { .. } => 16,
        DataType::Boolean => 1,
        _ => 8,
    }
}
