//! Conversion of whole columns: what a link passes on.

use std::sync::Arc;

use super::{Builder, Cast};
use crate::calendar::MICROS_PER_DAY;
use crate::calendar::civil::split_instant;
use crate::columns::{Column, DataType, Values};
use crate::columnwise::Selection;
use crate::display::{Form, write_display};
use crate::expression::error::Faults;
use crate::expression::load;

/// The values of `column` at `selection`, converted; faults hold block positions.
pub(in crate::expression) fn cast_column(
    column: &Column,
    form: Form,
    cast: &Cast,
    selection: &Selection,
    faults: &mut Faults,
) -> Column {
    let data_type = form.data_type;
    if cast.is_identity(data_type) {
        return pick(column, selection);
    }
    if let Some(values) = native(column, data_type, cast, selection) {
        return Column { values, validity: load::validity(column, selection) };
    }
    let mut builder = Builder::new(cast, selection.len());
    let numbers = if cast.data_type == DataType::Text || cast.is_exact_from(data_type) {
        None
    } else {
        load::numbers(column, data_type, selection)
    };
    let mut scratch = Vec::new();
    for index in 0..selection.len() {
        let position = selection.position(index);
        if column.is_null(position) {
            builder.push_null();
            continue;
        }
        let pushed = if let (Some(numbers), false) = (&numbers, cast.data_type == DataType::Bytes) {
            builder.push_number(numbers[index])
        } else if let Values::Boolean(values) = &column.values {
            builder.push_boolean(values[position])
        } else {
            scratch.clear();
            write_display(column, form, position, &mut scratch);
            builder.push_text(&scratch)
        };
        if let Err(message) = pushed {
            builder.push_null();
            faults.push(position, message);
        }
    }
    builder.finish()
}

/// Conversions that neither a double nor a text carries exactly.
fn native(
    column: &Column,
    data_type: DataType,
    cast: &Cast,
    selection: &Selection,
) -> Option<Values> {
    const MILLIS_PER_DAY: i64 = MICROS_PER_DAY / 1_000;
    let whole = load::integers(column, selection)?;
    let map = |map: fn(i64) -> i64| whole.iter().map(|value| map(*value)).collect();
    Some(match (data_type, cast.data_type) {
        (DataType::Int32 | DataType::EpochMillis, DataType::Int64) => Values::Int64(whole.to_vec()),
        (DataType::Int32 | DataType::Int64, DataType::EpochMillis) => {
            Values::EpochMillis(whole.to_vec())
        }
        (DataType::Date, DataType::Instant) => Values::Instant(map(|days| days * MICROS_PER_DAY)),
        (DataType::Date, DataType::EpochMillis) => {
            Values::EpochMillis(map(|days| days * MILLIS_PER_DAY))
        }
        (DataType::Instant, DataType::Date) => {
            Values::Date(whole.iter().map(|micros| split_instant(*micros).0).collect())
        }
        (DataType::Instant, DataType::EpochMillis) => {
            Values::EpochMillis(map(|micros| micros.div_euclid(1_000)))
        }
        (DataType::EpochMillis, DataType::Instant) => {
            let micros = whole.iter().map(|millis| millis.checked_mul(1_000));
            Values::Instant(micros.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

/// The values of `column` at `selection`, as they are.
pub(in crate::expression) fn pick(column: &Column, selection: &Selection) -> Column {
    if matches!(selection, Selection::All(count) if *count == column.len()) {
        return column.clone();
    }
    let values = match &column.values {
        Values::Boolean(values) => Values::Boolean(selection.gather(values)),
        Values::Int32(values) => Values::Int32(selection.gather(values)),
        Values::Int64(values) => Values::Int64(selection.gather(values)),
        Values::Float32(values) => Values::Float32(selection.gather(values)),
        Values::Float64(values) => Values::Float64(selection.gather(values)),
        Values::Decimal(values) => Values::Decimal(selection.gather(values)),
        Values::Date(values) => Values::Date(selection.gather(values)),
        Values::EpochMillis(values) => Values::EpochMillis(selection.gather(values)),
        Values::Instant(values) => Values::Instant(selection.gather(values)),
        Values::Uuid(values) => Values::Uuid(selection.gather(values)),
        Values::Choice { keys, dictionary } => Values::Choice {
            keys: Arc::new(selection.gather(keys)),
            dictionary: Arc::clone(dictionary),
        },
        Values::Text(values) => Values::Text(
            (0..selection.len()).map(|index| values.get(selection.position(index))).collect(),
        ),
        Values::Bytes(values) => Values::Bytes(
            (0..selection.len()).map(|index| values.get(selection.position(index))).collect(),
        ),
    };
    Column { values, validity: load::validity(column, selection) }
}
