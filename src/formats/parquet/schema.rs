//! The Parquet schema of a table: a flat message, columns `required` unless they may be null.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::ParquetError;
use parquet::schema::types::{Type, TypePtr};

use crate::columns::{ColumnInfo, DataType, Schema};

/// Bytes of a decimal of `precision` digits that no integer type holds.
pub(super) fn decimal_bytes(precision: u8) -> usize {
    let most = 10_u128.pow(u32::from(precision.min(38))) - 1;
    // A bit for the sign.
    (129 - most.leading_zeros() as usize).div_ceil(8)
}

/// The physical type, and the length of its values where that is fixed and not implied.
pub(super) fn physical(data_type: DataType) -> (Physical, usize) {
    let physical = match data_type {
        DataType::Boolean => Physical::BOOLEAN,
        DataType::Int32 | DataType::Date | DataType::Decimal { precision: ..=9, .. } => {
            Physical::INT32
        }
        DataType::Int64
        | DataType::EpochMillis
        | DataType::Instant
        | DataType::Decimal { precision: ..=18, .. } => Physical::INT64,
        DataType::Float32 => Physical::FLOAT,
        DataType::Float64 => Physical::DOUBLE,
        DataType::Decimal { precision, .. } => {
            return (Physical::FIXED_LEN_BYTE_ARRAY, decimal_bytes(precision));
        }
        DataType::Text | DataType::Bytes => Physical::BYTE_ARRAY,
    };
    (physical, 0)
}

/// The message type.
///
/// # Errors
///
/// Where the library refuses a column.
pub(super) fn compile(schema: &Schema) -> Result<TypePtr, ParquetError> {
    let fields = schema.columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?))
}

fn field(column: &ColumnInfo) -> Result<TypePtr, ParquetError> {
    let logical = match column.data_type {
        DataType::Decimal { precision, scale } => {
            Some(LogicalType::decimal(i32::from(scale), i32::from(precision)))
        }
        DataType::Date => Some(LogicalType::Date),
        DataType::EpochMillis => Some(LogicalType::timestamp(true, TimeUnit::MILLIS)),
        DataType::Instant => Some(LogicalType::timestamp(true, TimeUnit::MICROS)),
        DataType::Text => Some(LogicalType::String),
        _ => None,
    };
    let (physical, length) = physical(column.data_type);
    let repetition = if column.nullable { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    let mut builder = Type::primitive_type_builder(&column.name, physical)
        .with_repetition(repetition)
        .with_logical_type(logical)
        .with_length(length as i32);
    if let DataType::Decimal { precision, scale } = column.data_type {
        builder = builder.with_precision(i32::from(precision)).with_scale(i32::from(scale));
    }
    Ok(Arc::new(builder.build()?))
}
