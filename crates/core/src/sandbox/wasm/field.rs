//! A field that a module makes: one call for the rows of a block.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::bindings::exports::datagen::field::generators::Request;
use super::engine::Effort;
use super::faults::refused;
use super::inputs::{Input, Passing};
use super::program::{Answered, Module, Parameter, checked};
use crate::columns::{DataType, Rows};
use crate::failures::OnError;
use crate::generator::{GenerateError, Generator, Inputs, Made, Spent, Tier};
use crate::rng::Stream;
use crate::sandbox::said::unheard;
use crate::sandbox::{Fault, FaultKind, WorkTime};

/// Purpose of the lane of the seed that all rows share.
const FIELD_SEED: u64 = 0x6669_656c_6473_6565;

/// Bits of a seed that are dropped: every language can hold 2^53.
const SEED_SHIFT: u32 = 11;

/// A failed block is searched for the row to blame as long as this: the command has failed, and its author wants to
/// know where.
const SEARCH: Duration = Duration::from_secs(5);

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
        self.make_within(self.effort(), block, range, columns)
    }

    fn make_within(
        &self,
        effort: Effort,
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
        let Answered { answer, fuel, refused: limit } = self.module.generate(effort, request)?;
        self.spent.fetch_add(fuel, Ordering::Relaxed);
        let answer =
            answer.map_err(|error| refused(label, &error, Some(rows.first), limit.as_deref()))?;
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

    /// What a call may take. However many rows it has: else a row that takes too much by itself could borrow
    /// from those beside it, and whether it is null would depend on how rows are cut.
    fn effort(&self) -> Effort {
        let limits = &self.module.runtime.limits;
        match self.on_error {
            OnError::Fail => Effort::of_call(limits),
            OnError::Null => Effort::of_rows(limits),
        }
    }

    /// Looks for the first row that fails by itself: values do not depend on how rows are cut. A row that takes
    /// too much is one that takes a good part of it alone.
    fn blame(&self, block: Rows, columns: &Inputs<'_>, fault: Box<Fault>) -> Box<Fault> {
        let is_too_much = matches!(fault.kind, FaultKind::Limit | FaultKind::Machine);
        let effort = if is_too_much { self.effort().part() } else { self.effort() };
        let make = |range: Range<usize>| self.make_within(effort, block, range, columns);
        let searching = WorkTime::of_thread();
        let mut fault = fault;
        let mut range = 0..block.count;
        while range.len() > 1 {
            let middle = range.start + range.len() / 2;
            if searching.elapsed() > SEARCH {
                return fault;
            }
            range = match make(range.start..middle) {
                Err(found) if is_too_much || found.row.is_none() => range.start..middle,
                Err(found) => return found,
                Ok(_) => middle..range.end,
            };
        }
        // The last half was never tried by itself when the others went well.
        let row = block.first + range.start as u64;
        match make(range) {
            Ok(_) => {}
            Err(_) if is_too_much => fault.row = Some(row),
            Err(found) if found.row.is_none() => fault = Box::new(found.in_row(row)),
            Err(found) => fault = found,
        }
        fault
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
        let made = self.make(rows, 0..rows.count, inputs).map_err(|fault| {
            // A wrong answer names its row where one is to blame.
            let is_searched =
                matches!(fault.kind, FaultKind::Failed | FaultKind::Limit | FaultKind::Machine);
            if fault.row.is_some() || !is_searched {
                return fault;
            }
            unheard(|| self.blame(rows, inputs, fault))
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
