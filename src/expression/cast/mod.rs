//! The last step of a computed value: conversion to the field's type, without a detour over text.
//!
//! | from \ to | number | boolean | date, instant | text | bytes |
//! |---|---|---|---|---|---|
//! | number | a whole one for integer types; floats and decimals are rounded | not 0 and not NaN | refused (epoch milliseconds for EPOCH types) | as JavaScript writes it | of that text |
//! | boolean | refused | same | refused | `true`, `false` | of that text |
//! | text | read as a number | `true` in any letter case, else false | read as a date | same | UTF-8 |
//!
//! Null stays null. What is refused is a fault of the row, or of the line where it is a literal.

mod builder;
mod column;
mod scalar;

pub(super) use builder::{Builder, into_dictionary};
pub(super) use column::{cast_column, pick};
pub(super) use scalar::float_of_text;

use crate::columns::DataType;

/// The type that computed values are converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cast {
    /// The type of the field's column.
    pub data_type: DataType,
    /// For floats: round to that many digits behind the point.
    pub decimals: Option<u8>,
    /// For bytes: take the MD5 digest of the text instead of the text.
    pub md5: bool,
}

impl Cast {
    /// Conversion by the rule of the data type alone.
    pub const fn new(data_type: DataType) -> Self {
        Self { data_type, decimals: None, md5: false }
    }
}
