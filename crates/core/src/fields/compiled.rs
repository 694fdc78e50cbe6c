//! A field ready to generate, and the generators that many types are made of.

use super::shared::Listed;
use crate::columns::{Column, DataType, Rows, TimePoints, Values};
use crate::generator::{GenerateError, Generator, Inputs, Made};
use crate::rng::Stream;
use crate::sampling::Sampler;
use crate::sampling::choices::TextChoices;
use crate::sampling::linked::Linked;

/// A field ready to generate.
#[derive(Debug)]
pub struct Compiled {
    /// Makes the columns.
    pub(crate) generator: Box<dyn Generator>,
    /// The type of the columns.
    pub(crate) data_type: DataType,
    /// Whether the generator itself may give nulls (`null_rate` is the planner's).
    pub(crate) nullable: bool,
    /// For floats: digits behind the point, when they are fixed.
    pub(crate) decimals: Option<u8>,
    /// Number of distinct values, where it is known and at most a few hundred thousand.
    pub(crate) distinct: Option<u32>,
    /// Average width of a value's text in bytes.
    pub(crate) width: u32,
    /// For points in time: which ones there may be.
    pub(crate) instants: Option<TimePoints>,
    /// Whether a value may be a whole number that no double holds, beyond 2^53: formulas round it.
    pub(crate) beyond_doubles: bool,
    /// What LINK can read beside the value itself: each list has one entry per key of the
    /// [`Values::Choice`] column that the generator makes.
    pub(super) sub_values: Vec<(String, Linked)>,
    /// The most rows that can be made, for types whose values do not repeat.
    pub(super) capacity: Option<u64>,
}

impl Compiled {
    /// A field without nulls, sub-values or a limit of rows.
    pub(super) fn new(
        generator: impl Generator + 'static,
        data_type: DataType,
        width: u32,
    ) -> Self {
        Self::boxed(Box::new(generator), data_type, width)
    }

    /// [`new`](Self::new) of a generator of any type.
    pub(super) fn boxed(generator: Box<dyn Generator>, data_type: DataType, width: u32) -> Self {
        Self {
            generator,
            data_type,
            nullable: false,
            decimals: None,
            distinct: None,
            width,
            instants: None,
            beyond_doubles: false,
            sub_values: Vec::new(),
            capacity: None,
        }
    }

    /// A field whose cells are all drawn by one sampler; `values` is the variant of the column.
    pub(super) fn drawn<S: Sampler + 'static>(
        stream: Stream,
        sampler: S,
        values: fn(Vec<S::Value>) -> Values,
        data_type: DataType,
        width: u32,
    ) -> Self {
        Self::new(Drawn { stream, sampler, values }, data_type, width)
    }

    /// A field that draws from a list of texts.
    pub(super) fn drawn_text(stream: Stream, choices: TextChoices) -> Self {
        let (width, count) = (choices.width(), choices.alias.len() as u64);
        Self::new(DrawnText { stream, choices }, DataType::Text, width).with_distinct(count)
    }

    /// A field that draws from a list which other fields may draw from as well.
    pub(super) fn listed(stream: Stream, listed: &Listed) -> Self {
        let mut compiled = Self::drawn_text(stream, listed.choices.clone());
        compiled.sub_values.clone_from(&listed.sub_values);
        compiled
    }

    /// Tells which points in time there may be.
    pub(super) fn with_instants(mut self, instants: Option<TimePoints>) -> Self {
        self.instants = instants;
        self
    }

    /// Tells the range of whole numbers.
    pub(super) fn with_range(mut self, min: i64, max: i64) -> Self {
        const MOST: u64 = 1 << 53;
        self.beyond_doubles = min.unsigned_abs().max(max.unsigned_abs()) > MOST;
        self
    }

    /// Tells the number of distinct values, if it is small enough for a dictionary page.
    pub(super) fn with_distinct(mut self, count: u64) -> Self {
        const MOST: u32 = 1 << 18;
        self.distinct = u32::try_from(count).ok().filter(|count| *count <= MOST);
        self
    }
}

/// Draws every cell by one sampler.
#[derive(Debug)]
struct Drawn<S: Sampler> {
    stream: Stream,
    sampler: S,
    values: fn(Vec<S::Value>) -> Values,
}

impl<S: Sampler> Generator for Drawn<S> {
    fn generate(&self, rows: Rows, _: &Inputs<'_>) -> Result<Made, GenerateError> {
        Ok(Column::new((self.values)(self.sampler.column(self.stream, rows))).into())
    }
}

/// Draws every cell from a list of texts.
#[derive(Debug)]
struct DrawnText {
    stream: Stream,
    choices: TextChoices,
}

impl Generator for DrawnText {
    fn generate(&self, rows: Rows, _: &Inputs<'_>) -> Result<Made, GenerateError> {
        Ok(Column::new(self.choices.column(self.stream, rows)).into())
    }
}

/// A row beyond what a type without repetition can give.
#[derive(Debug, thiserror::Error)]
#[error("row {row} is beyond the {capacity} distinct values of the range")]
pub(super) struct Exhausted {
    /// The row's number.
    pub(super) row: u64,
    /// Number of distinct values.
    pub(super) capacity: u64,
}

impl Exhausted {
    /// Refuses rows beyond the first `capacity` ones.
    pub(super) fn check(rows: Rows, capacity: u64) -> Result<(), Self> {
        let end = rows.first.saturating_add(rows.count as u64);
        if end > capacity {
            return Err(Self { row: rows.first.max(capacity), capacity });
        }
        Ok(())
    }
}

impl From<Exhausted> for GenerateError {
    fn from(exhausted: Exhausted) -> Self {
        Self::new(exhausted)
    }
}
