//! The last step of a computed value: conversion to the field's type, without a detour over text.
//!
//! | from \ to | number | boolean | date, instant | text | bytes |
//! |---|---|---|---|---|---|
//! | number | a whole one for integer types; floats and decimals are rounded | not 0 and not NaN | refused (epoch milliseconds for EPOCH types) | its display text | of that text |
//! | boolean | refused | same | refused | `true`, `false` | of that text |
//! | text | read as a number | `true` in any letter case, else false | read as a date | same | UTF-8 |
//!
//! What becomes text in a pattern (`DATE_AS_STRING`) becomes an instant first and is written at the end; numbers
//! and texts are read in the pattern, too.
//!
//! Null stays null. What is refused is a fault of the row, or of the line where it is a literal.

mod builder;
mod column;
mod scalar;

pub(super) use builder::{Builder, into_dictionary};
pub(super) use column::{cast_column, pick};
pub(super) use scalar::float_of_text;

use std::sync::Arc;

use crate::calendar::Pattern;
use crate::columns::{Column, DataType, Values, VarBytes};

/// How computed values become those of the field.
#[derive(Debug, Clone)]
pub(crate) struct Cast {
    /// What values are converted to.
    pub(crate) data_type: DataType,
    /// For floats: round to that many digits behind the point.
    pub(crate) decimals: Option<u8>,
    /// For bytes: take the MD5 digest of the text instead of the text.
    pub(crate) md5: bool,
    /// For instants: write them in this pattern, which makes a column of texts.
    pub(crate) pattern: Option<Arc<Pattern>>,
}

impl Cast {
    /// Conversion by the rule of the data type alone.
    pub(crate) const fn new(data_type: DataType) -> Self {
        Self { data_type, decimals: None, md5: false, pattern: None }
    }

    /// Conversion to instants that are shown as texts.
    pub(crate) fn written(pattern: Arc<Pattern>) -> Self {
        Self { pattern: Some(pattern), ..Self::new(DataType::Instant) }
    }

    /// The type of the field's column.
    pub(crate) fn column_type(&self) -> DataType {
        if self.pattern.is_some() { DataType::Text } else { self.data_type }
    }

    /// Whether values of `data_type` become those of the field without a detour over doubles: whole numbers and
    /// decimals have more digits than those.
    pub(super) fn is_exact_from(&self, data_type: DataType) -> bool {
        let has_all_digits = |data_type| {
            matches!(data_type, DataType::Int32 | DataType::Int64 | DataType::Decimal { .. })
        };
        has_all_digits(data_type) && has_all_digits(self.data_type)
    }

    /// Whether values are texts that are taken as they are.
    pub(super) fn is_plain_text(&self) -> bool {
        self.data_type == DataType::Text
    }

    /// Whether a value of `data_type` is one of the field as it is.
    fn is_identity(&self, data_type: DataType) -> bool {
        data_type == self.data_type && !self.md5 && self.decimals.is_none()
    }

    /// The last step: converted values as the field's column.
    pub(super) fn finish(&self, column: Column) -> Column {
        /// Bytes that most patterns write.
        const WIDTH: usize = 20;
        let (Some(pattern), Values::Instant(instants)) = (&self.pattern, &column.values) else {
            return column;
        };
        let mut texts = VarBytes::with_capacity(instants.len(), WIDTH * instants.len());
        for (row, instant) in instants.iter().enumerate() {
            let out = texts.open();
            if !column.is_null(row) {
                pattern.format(*instant, out);
            }
            texts.close();
        }
        Column { values: Values::Text(texts), validity: column.validity }
    }
}
