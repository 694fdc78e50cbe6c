//! The Parquet schema of a table: a flat message, columns `required` unless they may be null.
//!
//! [`Types`] says which of the forms that Parquet has for a type a file uses.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::ParquetError;
use parquet::schema::types::{Type, TypePtr};

use crate::attributes::Reader;
use crate::columns::{ColumnInfo, DataType, Schema};

/// The forms of types that have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Types {
    pub(super) times: Times,
    /// Whether decimals are byte arrays whatever their precision.
    pub(super) fixed_decimals: bool,
}

/// How points in time are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Times {
    /// Since 1970 in UTC.
    #[default]
    Instant,
    /// Date and time of day, of no zone: those in UTC.
    Local,
    /// Nanoseconds of the day and the Julian day, the form before there were others.
    Int96,
}

impl Types {
    /// What the options say.
    pub(super) fn read(options: &mut Reader<'_>) -> Self {
        let times = match options.choice("PARQUET_TIMESTAMP", &["instant", "local", "int96"]) {
            Some("int96") => Times::Int96,
            Some("local") => Times::Local,
            _ => Times::Instant,
        };
        let decimals = options.choice("PARQUET_DECIMAL", &["integer", "fixed"]);
        Self { times, fixed_decimals: decimals == Some("fixed") }
    }
}

/// Bytes of a decimal of `precision` digits that no integer type holds.
pub(super) fn decimal_bytes(precision: u8) -> usize {
    let most = 10_u128.pow(u32::from(precision.min(38))) - 1;
    // A bit for the sign.
    (129 - most.leading_zeros() as usize).div_ceil(8)
}

/// The physical type, and the length of its values where that is fixed and not implied.
pub(super) fn physical(data_type: DataType, types: Types) -> (Physical, usize) {
    let physical = match data_type {
        DataType::Decimal { precision, .. } if types.fixed_decimals => {
            return (Physical::FIXED_LEN_BYTE_ARRAY, decimal_bytes(precision));
        }
        DataType::EpochMillis | DataType::Instant if types.times == Times::Int96 => Physical::INT96,
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
pub(super) fn compile(schema: &Schema, types: Types) -> Result<TypePtr, ParquetError> {
    let field = |column| field(column, types);
    let fields = schema.columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?))
}

fn field(column: &ColumnInfo, types: Types) -> Result<TypePtr, ParquetError> {
    let (physical, length) = physical(column.data_type, types);
    let in_utc = types.times == Times::Instant;
    let logical = match column.data_type {
        _ if physical == Physical::INT96 => None,
        DataType::Decimal { precision, scale } => {
            Some(LogicalType::decimal(i32::from(scale), i32::from(precision)))
        }
        DataType::Date => Some(LogicalType::Date),
        DataType::EpochMillis => Some(LogicalType::timestamp(in_utc, TimeUnit::MILLIS)),
        DataType::Instant => Some(LogicalType::timestamp(in_utc, TimeUnit::MICROS)),
        DataType::Text => Some(LogicalType::String),
        _ => None,
    };
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
