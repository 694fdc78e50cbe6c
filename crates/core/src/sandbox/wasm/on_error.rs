//! Blocks of a field whose failing rows become null.
//!
//! A call that fails gives nothing for any of its rows, so it is tried again with fewer, down to one: a row
//! is null exactly if it fails by itself. Values depend on the row alone, and what a row takes by itself it
//! takes beside others too, so the same rows are null however they are cut into blocks.
//!
//! The number of rows is halved until a call goes well and doubled from there: a few calls for each row
//! that fails alone, and one for each of many that fail in a row.

use std::time::Duration;

use super::field::Field;
use crate::columns::{Column, DataType, Rows, Values, VarBytes};
use crate::failures::FailedRows;
use crate::generator::{Inputs, Made};
use crate::sandbox::work_time::Deadline;
use crate::sandbox::{Fault, FaultKind, Limits, PATIENCE};

impl Field {
    /// Makes the rows, null where the module fails.
    ///
    /// # Errors
    ///
    /// What is no fault of a row, or when so many rows fail so slowly that the time is over.
    pub(super) fn make_what_goes(
        &self,
        rows: Rows,
        inputs: &Inputs<'_>,
    ) -> Result<Made, Box<Fault>> {
        let seconds = self.module.runtime.limits.block_seconds.saturating_mul(PATIENCE);
        let mut deadline = Deadline::after(Duration::from_secs(seconds));
        let (mut next, mut step) = (0, rows.count);
        let mut gathered: Option<Made> = None;
        let mut failed: Option<FailedRows> = None;
        loop {
            let end = next + step.min(rows.count - next);
            let made = match self.make(rows, next..end, inputs) {
                Ok(made) => {
                    step = step.saturating_mul(2);
                    made
                }
                Err(fault) if fault.kind == FaultKind::Machine => return Err(fault),
                Err(_) if end - next > 1 => {
                    step = (end - next) / 2;
                    continue;
                }
                Err(fault) => {
                    let row = rows.first + next as u64;
                    FailedRows::count(&mut failed, row, &fault.in_row(row));
                    self.nothing()
                }
            };
            match &mut gathered {
                Some(gathered) => join(gathered, made),
                None => gathered = Some(made),
            }
            let bytes = gathered.as_ref().map_or(0, bytes);
            let most = self.module.runtime.limits.answer_bytes;
            if bytes > most {
                let text = format!("the texts of one block take more than {most} bytes");
                let message = Limits::reached("answer_bytes", &text);
                let fault = Fault::new(FaultKind::Machine, &*self.module.label, message);
                return Err(Box::new(fault.in_row(rows.first + next as u64)));
            }
            next = end;
            if next == rows.count {
                break;
            }
            if deadline.is_over() {
                let text = format!(
                    "making the failing rows of one block null takes more than {seconds} seconds, \
                     {PATIENCE} times the limit"
                );
                let message = Limits::reached("block_seconds", &text);
                let fault = Fault::new(FaultKind::Machine, &*self.module.label, message);
                return Err(Box::new(fault.in_row(rows.first + next as u64)));
            }
        }
        let made = gathered.unwrap_or_else(|| self.nothing());
        Ok(Made { failed, ..made })
    }

    /// One row of nulls.
    fn nothing(&self) -> Made {
        let null = |data_type: DataType| {
            let mut values = Values::with_capacity(data_type, 1);
            values.push_empty();
            Column { values, validity: Some(vec![false]) }
        };
        let sub_values = self.sub_values.iter().map(|data_type| null(*data_type)).collect();
        Made { column: null(self.output), sub_values, failed: None }
    }
}

/// Bytes of the texts.
fn bytes(made: &Made) -> usize {
    let of = |column: &Column| match &column.values {
        Values::Text(values) | Values::Bytes(values) => values.data().len(),
        _ => 0,
    };
    of(&made.column) + made.sub_values.iter().map(of).sum::<usize>()
}

/// Puts the rows of `more` behind those of `made`.
fn join(made: &mut Made, more: Made) {
    append(&mut made.column, more.column);
    for (column, more) in made.sub_values.iter_mut().zip(more.sub_values) {
        append(column, more);
    }
}

/// Puts the values of `more` behind those of `column`; both are of a type that modules give.
fn append(column: &mut Column, more: Column) {
    if column.validity.is_some() || more.validity.is_some() {
        let (before, after) = (column.len(), more.len());
        let validity = column.validity.get_or_insert_with(|| vec![true; before]);
        validity.extend(more.validity.unwrap_or_else(|| vec![true; after]));
    }
    match (&mut column.values, more.values) {
        (Values::Boolean(values), Values::Boolean(more)) => values.extend(more),
        (Values::Int32(values), Values::Int32(more))
        | (Values::Date(values), Values::Date(more)) => values.extend(more),
        (Values::Int64(values), Values::Int64(more))
        | (Values::Instant(values), Values::Instant(more)) => values.extend(more),
        (Values::Float32(values), Values::Float32(more)) => values.extend(more),
        (Values::Float64(values), Values::Float64(more)) => values.extend(more),
        (Values::Decimal(values), Values::Decimal(more)) => values.extend(more),
        (Values::Text(values), Values::Text(more))
        | (Values::Bytes(values), Values::Bytes(more)) => behind(values, &more),
        // Both are of the field's type, and of the one form that answers are read into.
        (_, _) => debug_assert!(false, "columns of two types"),
    }
}

fn behind(values: &mut VarBytes, more: &VarBytes) {
    more.iter().for_each(|value| values.push(value));
}
