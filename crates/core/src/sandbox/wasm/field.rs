//! A field that a module makes: one call for the rows of a block.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::bindings::exports::datagen::field::generators::Request;
use super::faults::refused;
use super::inputs::{Input, Passing};
use super::program::{Module, Parameter, checked};
use crate::columns::{DataType, Rows};
use crate::failures::OnError;
use crate::generator::{GenerateError, Generator, Inputs, Made, Spent, Tier};
use crate::rng::Stream;
use crate::sandbox::{Fault, FaultKind};

/// Purpose of the lane of the seed that all rows share.
const FIELD_SEED: u64 = 0x6669_656c_6473_6565;

/// Bits of a seed that are dropped: every language can hold 2^53.
const SEED_SHIFT: u32 = 11;

/// A failed block is searched for the row to blame as long as this.
const SEARCH: Duration = Duration::from_secs(1);

/// A generator of a module with its parameters and inputs fixed.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) module: Arc<Module>,
    /// The name that calls give.
    pub(super) generator: String,
    pub(super) name: String,
    pub(super) parameters: Vec<Parameter>,
    /// One entry per declared input.
    pub(super) passings: Vec<Option<Passing>>,
    pub(super) output: DataType,
    pub(super) nullable: bool,
    pub(super) sub_values: Vec<DataType>,
    pub(super) stream: Stream,
    pub(super) on_error: OnError,
    pub(super) random: bool,
    pub(super) table_rows: Option<u64>,
    /// Fuel that all calls have used.
    pub(super) spent: AtomicU64,
}

impl Field {
    /// Makes the rows of `range`, counted from the start of the block.
    pub(super) fn make(
        &self,
        block: Rows,
        range: Range<usize>,
        columns: &Inputs<'_>,
    ) -> Result<Made, Box<Fault>> {
        let label = &*self.module.label;
        let rows = Rows { first: block.first + range.start as u64, count: range.len() };
        let mut inputs = Vec::with_capacity(columns.len());
        for (column, passing) in columns.iter().zip(&self.passings) {
            let input = column.zip(*passing).map(|(column, passing)| {
                Input::new(column, range.clone(), passing).ok_or_else(|| {
                    let message = "an input is a point in time beyond what the interface can tell";
                    Box::new(Fault::new(FaultKind::Failed, label, message))
                })
            });
            inputs.push(input.transpose()?);
        }
        let lowered: Vec<_> =
            inputs.iter().map(|input| input.as_ref().map(Input::lowered)).collect();
        let parameters: Vec<_> = self.parameters.iter().map(Parameter::lowered).collect();
        let mut seeds = vec![0; if self.random { rows.count } else { 0 }];
        self.stream.fill(rows.first, &mut seeds);
        for seed in &mut seeds {
            *seed >>= SEED_SHIFT;
        }
        let request = Request {
            generator: &self.generator,
            field: &self.name,
            params: &parameters,
            row_seeds: &seeds,
            field_seed: self.stream.lane(FIELD_SEED).key() >> SEED_SHIFT,
            first_row: rows.first,
            rows: u32::try_from(rows.count).unwrap_or(u32::MAX),
            table_rows: self.table_rows,
            inputs: &lowered,
        };
        let (answer, spent) = self.module.generate(self.fuel(), request)?;
        self.spent.fetch_add(spent, Ordering::Relaxed);
        let answer = answer.map_err(|error| refused(label, &error, Some(rows.first)))?;
        let column = checked(label, answer.values, rows, self.output, self.nullable)?;
        let (given, expected) = (answer.sub_values.len(), self.sub_values.len());
        if given != expected {
            let message = format!("it gives {given} columns of sub-values, expected {expected}");
            return Err(Box::new(Fault::new(FaultKind::Answer, label, message)));
        }
        let sub_values = answer.sub_values.into_iter().zip(&self.sub_values);
        let sub_values =
            sub_values.map(|(one, data_type)| checked(label, one, rows, *data_type, true));
        Ok(Made { column, sub_values: sub_values.collect::<Result<_, _>>()?, failed: None })
    }

    /// Fuel of a call. However many rows it has: else a row that takes too much by itself could borrow
    /// from those beside it, and whether it is null would depend on how rows are cut.
    fn fuel(&self) -> u64 {
        let limits = &self.module.runtime.limits;
        match self.on_error {
            OnError::Fail => limits.module_fuel,
            OnError::Null => limits.module_row_fuel,
        }
    }

    /// Looks for the first row that fails by itself: values do not depend on how rows are cut.
    fn blame(&self, block: Rows, columns: &Inputs<'_>, fault: Box<Fault>) -> Box<Fault> {
        let started = Instant::now();
        let mut fault = fault;
        let mut range = 0..block.count;
        while range.len() > 1 {
            let middle = range.start + range.len() / 2;
            if started.elapsed() > SEARCH {
                return fault;
            }
            range = match self.make(block, range.start..middle, columns) {
                Err(found) => {
                    fault = found;
                    range.start..middle
                }
                Ok(_) => middle..range.end,
            };
        }
        // The last half was never tried by itself when the others went well.
        match self.make(block, range.clone(), columns) {
            Err(found) if found.row.is_none() => {
                Box::new(found.in_row(block.first + range.start as u64))
            }
            Err(found) => found,
            Ok(_) => fault,
        }
    }
}

impl Generator for Field {
    fn tier(&self) -> Tier {
        Tier::Module
    }

    fn generate(&self, rows: Rows, inputs: &Inputs<'_>) -> Result<Made, GenerateError> {
        if self.on_error == OnError::Null {
            return Ok(self.make_what_goes(rows, inputs)?);
        }
        let started = Instant::now();
        let made = self.make(rows, 0..rows.count, inputs).map_err(|fault| {
            // A wrong answer names its row where one is to blame; what took long would take long again.
            let searched = matches!(fault.kind, FaultKind::Failed | FaultKind::Limit);
            if fault.row.is_some() || !searched || started.elapsed() > SEARCH {
                return fault;
            }
            self.blame(rows, inputs, fault)
        });
        Ok(made?)
    }

    fn spend(&self, rows: Rows, inputs: &Inputs<'_>) -> Result<Option<Spent>, GenerateError> {
        let before = self.spent.load(Ordering::Relaxed);
        self.generate(rows, inputs)?;
        let spent = self.spent.load(Ordering::Relaxed).saturating_sub(before);
        Ok(Some(Spent::Fuel(spent)))
    }
}
