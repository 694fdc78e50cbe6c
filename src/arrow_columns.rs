//! Columns as Apache Arrow arrays, for libraries that take those. Numbers and texts move without a
//! copy: a column has Arrow's layout already.
//!
//! Knows nothing of formats or services.

use std::sync::Arc;

use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, UInt32Type,
};
use arrow_array::{
    ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, DictionaryArray, PrimitiveArray,
    RecordBatch, StringArray,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, Field, TimeUnit};

use crate::columns::{Block, Column, ColumnInfo, DataType, Schema, Values, VarBytes, uuid_text};

/// The zone of every point in time.
const ZONE: &str = "UTC";

/// The Arrow type of a column without dictionary.
pub fn data_type(data_type: DataType) -> arrow_schema::DataType {
    match data_type {
        DataType::Boolean => arrow_schema::DataType::Boolean,
        DataType::Int32 => arrow_schema::DataType::Int32,
        DataType::Int64 => arrow_schema::DataType::Int64,
        DataType::Float32 => arrow_schema::DataType::Float32,
        DataType::Float64 => arrow_schema::DataType::Float64,
        DataType::Decimal { precision, scale } => {
            arrow_schema::DataType::Decimal128(precision, scale as i8)
        }
        DataType::Date => arrow_schema::DataType::Date32,
        DataType::EpochMillis => {
            arrow_schema::DataType::Timestamp(TimeUnit::Millisecond, Some(ZONE.into()))
        }
        DataType::Instant => {
            arrow_schema::DataType::Timestamp(TimeUnit::Microsecond, Some(ZONE.into()))
        }
        DataType::Text => arrow_schema::DataType::Utf8,
        DataType::Bytes => arrow_schema::DataType::Binary,
    }
}

/// The Arrow schema of a table, texts as plain texts.
pub fn schema(schema: &Schema) -> arrow_schema::Schema {
    let field = |column: &ColumnInfo| {
        Field::new(&column.name, data_type(column.data_type), column.nullable)
    };
    arrow_schema::Schema::new(schema.columns.iter().map(field).collect::<Vec<_>>())
}

/// A block as a record batch of `schema`, which [`schema()`] made of the block's own schema.
///
/// # Errors
///
/// When a column does not fit its type.
pub fn batch(block: Block, schema: &Arc<arrow_schema::Schema>) -> Result<RecordBatch, ArrowError> {
    let arrays = block.columns.into_iter().zip(schema.fields());
    let arrays =
        arrays.map(|(column, field)| plain_array(Arc::unwrap_or_clone(column), field.data_type()));
    RecordBatch::try_new(schema.clone(), arrays.collect::<Result<_, _>>()?)
}

/// A column as an array of `data_type`, as [`data_type()`] gives it.
///
/// # Errors
///
/// When the values are of another type, or texts of more than 2 GiB.
pub fn plain_array(
    column: Column,
    data_type: &arrow_schema::DataType,
) -> Result<ArrayRef, ArrowError> {
    let Values::Choice { keys, dictionary } = &column.values else {
        return array(column, data_type);
    };
    let bytes = keys.iter().map(|key| dictionary.get(*key).len()).sum();
    let mut texts = VarBytes::with_capacity(keys.len(), bytes);
    for key in keys.iter() {
        texts.push(dictionary.get(*key));
    }
    array(Column { values: Values::Text(texts), ..column }, data_type)
}

/// The same, but texts drawn from a list become an array of Arrow's dictionary type.
///
/// # Errors
///
/// As [`plain_array`].
pub fn array(column: Column, data_type: &arrow_schema::DataType) -> Result<ArrayRef, ArrowError> {
    let nulls = column.validity.map(NullBuffer::from);
    let array: ArrayRef = match column.values {
        Values::Boolean(values) => Arc::new(BooleanArray::new(BooleanBuffer::from(values), nulls)),
        Values::Int32(values) => primitive::<Int32Type>(values, nulls)?,
        Values::Int64(values) => primitive::<Int64Type>(values, nulls)?,
        Values::Float32(values) => primitive::<Float32Type>(values, nulls)?,
        Values::Float64(values) => primitive::<Float64Type>(values, nulls)?,
        Values::Date(values) => primitive::<Date32Type>(values, nulls)?,
        Values::Decimal(values) => Arc::new(
            PrimitiveArray::<Decimal128Type>::try_new(values.into(), nulls)?
                .with_data_type(data_type.clone()),
        ),
        Values::EpochMillis(values) => Arc::new(
            PrimitiveArray::<TimestampMillisecondType>::try_new(values.into(), nulls)?
                .with_timezone(ZONE),
        ),
        Values::Instant(values) => Arc::new(
            PrimitiveArray::<TimestampMicrosecondType>::try_new(values.into(), nulls)?
                .with_timezone(ZONE),
        ),
        Values::Text(values) => {
            let (offsets, data) = parts(values)?;
            Arc::new(StringArray::try_new(offsets, data, nulls)?)
        }
        Values::Bytes(values) => {
            let (offsets, data) = parts(values)?;
            Arc::new(BinaryArray::try_new(offsets, data, nulls)?)
        }
        Values::Uuid(values) => {
            let (offsets, data) = parts(values.into_iter().map(uuid_text).collect())?;
            Arc::new(StringArray::try_new(offsets, data, nulls)?)
        }
        Values::Choice { keys, dictionary } => {
            let (offsets, data) = parts(dictionary.texts().clone())?;
            let texts = StringArray::try_new(offsets, data, None)?;
            let keys = Arc::unwrap_or_clone(keys);
            let keys = PrimitiveArray::<UInt32Type>::try_new(keys.into(), nulls)?;
            return Ok(Arc::new(DictionaryArray::try_new(keys, Arc::new(texts))?));
        }
    };
    if array.data_type() == data_type {
        return Ok(array);
    }
    let found = array.data_type();
    Err(ArrowError::SchemaError(format!("a column of {found}, expected {data_type}")))
}

fn primitive<T: ArrowPrimitiveType>(
    values: Vec<T::Native>,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(PrimitiveArray::<T>::try_new(values.into(), nulls)?))
}

/// Arrow counts in `i32` what columns count in `u32`.
fn parts(values: VarBytes) -> Result<(OffsetBuffer<i32>, Buffer), ArrowError> {
    let (offsets, data) = values.into_parts();
    if i32::try_from(data.len()).is_err() {
        return Err(ArrowError::OffsetOverflowError(data.len()));
    }
    let count = offsets.len();
    let offsets = ScalarBuffer::<i32>::new(Buffer::from_vec(offsets), 0, count);
    Ok((OffsetBuffer::new(offsets), Buffer::from_vec(data)))
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;

    use super::*;
    use crate::columns::{Dictionary, Rows};

    #[test]
    fn a_block_becomes_a_batch_value_by_value_and_null_by_null() {
        let info = |name: &str, data_type| ColumnInfo {
            name: name.to_owned(),
            data_type,
            nullable: true,
            decimals: None,
            distinct: None,
            width: 8,
        };
        let dictionary = Dictionary::new(["Zoë", "🦀"]);
        let decimal = DataType::Decimal { precision: 38, scale: 10 };
        let columns = [
            (DataType::Boolean, Values::Boolean(vec![true, false])),
            (DataType::Int32, Values::Int32(vec![i32::MIN, 2])),
            (DataType::Float32, Values::Float32(vec![1.5, 2.5])),
            (decimal, Values::Decimal(vec![-(10_i128.pow(38) - 1), 2])),
            (DataType::Date, Values::Date(vec![-1, 2])),
            (DataType::EpochMillis, Values::EpochMillis(vec![-1, 2])),
            (DataType::Instant, Values::Instant(vec![-1, 2])),
            (DataType::Text, Values::Text(["", "x"].into_iter().collect())),
            (DataType::Text, Values::Choice { keys: Arc::new(vec![1, 0]), dictionary }),
            (DataType::Text, Values::Uuid(vec![0, 1])),
            (DataType::Bytes, Values::Bytes([[255_u8], [0]].into_iter().collect())),
        ];
        let mut table = Schema::default();
        let mut block = Block { rows: Rows { first: 0, count: 2 }, columns: Vec::new() };
        for (index, (data_type, values)) in columns.into_iter().enumerate() {
            table.columns.push(info(&format!("c{index}"), data_type));
            block.columns.push(Arc::new(Column { values, validity: Some(vec![true, false]) }));
        }
        let schema = Arc::new(schema(&table));
        let batch = batch(block, &schema).unwrap();
        assert!(batch.columns().iter().all(|array| array.is_valid(0) && array.is_null(1)));
        assert_eq!(batch.column(1).as_primitive::<Int32Type>().value(0), i32::MIN);
        assert_eq!(
            batch.column(3).as_primitive::<Decimal128Type>().value_as_string(0),
            "-9999999999999999999999999999.9999999999"
        );
        assert_eq!(batch.column(8).as_string::<i32>().value(0), "🦀");
        assert_eq!(
            batch.column(9).as_string::<i32>().value(0),
            "00000000-0000-0000-0000-000000000000"
        );
        assert_eq!(batch.column(10).as_binary::<i32>().value(0), [255]);
    }

    #[test]
    fn a_column_of_another_type_is_refused() {
        let column = Column::new(Values::Int32(vec![1]));
        let error = array(column, &arrow_schema::DataType::Int64).unwrap_err();
        insta::assert_snapshot!(error, @"Schema error: a column of Int32, expected Int64");
    }
}
