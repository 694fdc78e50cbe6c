//! What a module answers, checked and turned into a column.

use super::bindings::datagen::field::types::{ColumnDataResult, ColumnResult, VarlenResult};
use crate::columns::{Column, DataType, Values, VarBytes};
use crate::sandbox::data_type_name;

/// What is wrong with an answer, and in which row of the block where there is one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) message: String,
    pub(super) row: Option<usize>,
}

impl Wrong {
    fn all(message: String) -> Self {
        Self { message, row: None }
    }

    fn at(row: usize, message: impl Into<String>) -> Self {
        Self { message: message.into(), row: Some(row) }
    }
}

/// The column of `rows` values of `data_type` that `answer` is.
///
/// # Errors
///
/// What the interface forbids: other lengths, other types, texts that are not UTF-8 …
pub(super) fn column(
    answer: ColumnResult,
    rows: usize,
    data_type: DataType,
    nullable: bool,
) -> Result<Column, Wrong> {
    let validity = validity(answer.validity, rows, nullable)?;
    let present = |row: usize| validity.as_ref().is_none_or(|validity| validity[row]);
    let values = values(answer.data, rows, data_type, &present)?;
    Ok(Column { values, validity })
}

fn validity(
    flags: Option<Vec<u8>>,
    rows: usize,
    nullable: bool,
) -> Result<Option<Vec<bool>>, Wrong> {
    let Some(flags) = flags else { return Ok(None) };
    if flags.len() != rows {
        let count = flags.len();
        return Err(Wrong::all(format!("its validity has {count} entries for {rows} rows")));
    }
    if let Some(row) = flags.iter().position(|flag| *flag > 1) {
        let flag = flags[row];
        return Err(Wrong::at(row, format!("its validity has an entry {flag}, expected 0 or 1")));
    }
    let Some(null) = flags.iter().position(|flag| *flag == 0) else { return Ok(None) };
    if !nullable {
        return Err(Wrong::at(null, "it gives a null, though it says that it never does"));
    }
    Ok(Some(flags.into_iter().map(|flag| flag == 1).collect()))
}

fn values(
    data: ColumnDataResult,
    rows: usize,
    data_type: DataType,
    present: &dyn Fn(usize) -> bool,
) -> Result<Values, Wrong> {
    use ColumnDataResult as Data;

    let values = match (data, data_type) {
        (Data::Boolean(flags), DataType::Boolean) => {
            if let Some(row) = flags.iter().position(|flag| *flag > 1) {
                let flag = flags[row];
                return Err(Wrong::at(
                    row,
                    format!("it gives the boolean {flag}, expected 0 or 1"),
                ));
            }
            Values::Boolean(flags.into_iter().map(|flag| flag == 1).collect())
        }
        (Data::Int32(values), DataType::Int32) => Values::Int32(values),
        (Data::Int64(values), DataType::Int64) => Values::Int64(values),
        (Data::Float32(mut values), DataType::Float32) => {
            // NaNs differ in bits from processor to processor.
            values.iter_mut().filter(|value| value.is_nan()).for_each(|value| *value = f32::NAN);
            Values::Float32(values)
        }
        (Data::Float64(mut values), DataType::Float64) => {
            values.iter_mut().filter(|value| value.is_nan()).for_each(|value| *value = f64::NAN);
            Values::Float64(values)
        }
        (Data::Decimal(values), DataType::Decimal { precision, .. }) => {
            let bound = 10_i64.pow(u32::from(precision.min(18)));
            let fits = |value: i64| -bound < value && value < bound;
            if let Some(row) =
                (0..values.len().min(rows)).find(|row| present(*row) && !fits(values[*row]))
            {
                let digits = values[row];
                let message =
                    format!("it gives a decimal of the digits {digits}, expected {precision}");
                return Err(Wrong::at(row, message));
            }
            let within = |value: i64| if fits(value) { i128::from(value) } else { 0 };
            Values::Decimal(values.into_iter().map(within).collect())
        }
        (Data::Date(values), DataType::Date) => Values::Date(values),
        (Data::Timestamp(values), DataType::Instant) => Values::Instant(values),
        (Data::Utf8(values), DataType::Text) => Values::Text(texts(values, rows)?),
        (Data::Bytes(values), DataType::Bytes) => Values::Bytes(laid_out(values, rows)?),
        (data, _) => {
            let (announced, given) = (data_type_name(data_type), given(&data));
            return Err(Wrong::all(format!("it gives {given}, though it announced {announced}")));
        }
    };
    let column = Column::new(values);
    let count = column.len();
    if count != rows {
        return Err(Wrong::all(format!("it gives {count} values for {rows} rows")));
    }
    Ok(column.values)
}

fn given(data: &ColumnDataResult) -> &'static str {
    match data {
        ColumnDataResult::Boolean(_) => "boolean",
        ColumnDataResult::Int32(_) => "int32",
        ColumnDataResult::Int64(_) => "int64",
        ColumnDataResult::Float32(_) => "float32",
        ColumnDataResult::Float64(_) => "float64",
        ColumnDataResult::Decimal(_) => "decimal",
        ColumnDataResult::Date(_) => "date",
        ColumnDataResult::Timestamp(_) => "timestamp",
        ColumnDataResult::Utf8(_) => "utf8",
        ColumnDataResult::Bytes(_) => "bytes",
    }
}

/// Values one behind the other, whose offsets lead nowhere else.
fn laid_out(answer: VarlenResult, rows: usize) -> Result<VarBytes, Wrong> {
    let VarlenResult { offsets, data } = answer;
    let count = offsets.len();
    if count != rows + 1 {
        return Err(Wrong::all(format!(
            "it gives {count} offsets for {rows} rows, expected one more than rows"
        )));
    }
    if offsets[0] != 0 {
        return Err(Wrong::at(0, format!("its offsets start at {}, expected 0", offsets[0])));
    }
    if let Some(row) = offsets.windows(2).position(|pair| pair[0] > pair[1]) {
        return Err(Wrong::at(row, "its offsets fall"));
    }
    if offsets[rows] as usize != data.len() {
        let (last, bytes) = (offsets[rows], data.len());
        return Err(Wrong::all(format!(
            "its offsets end at {last}, though there are {bytes} bytes"
        )));
    }
    Ok(VarBytes::from_parts(offsets, data))
}

fn texts(answer: VarlenResult, rows: usize) -> Result<VarBytes, Wrong> {
    let values = laid_out(answer, rows)?;
    // All at once, then the cuts: far cheaper than text by text.
    let whole = std::str::from_utf8(values.data()).is_ok_and(|text| {
        values.offsets().iter().all(|offset| text.is_char_boundary(*offset as usize))
    });
    if !whole {
        let row = values.iter().position(|text| std::str::from_utf8(text).is_err());
        return Err(Wrong { message: "it gives a text that is not UTF-8".to_owned(), row });
    }
    Ok(values)
}
