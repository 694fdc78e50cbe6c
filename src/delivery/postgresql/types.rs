//! Types: what a column becomes in a table that is made, and into which types of one that is there its values fit.

use crate::columns::{ColumnInfo, DataType};

/// A type of the server, as the values of a column are sent to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    Boolean,
    Int4,
    Int8,
    Float4,
    Float8,
    Numeric,
    Date,
    /// With or without a time zone: microseconds of UTC.
    Timestamp,
    /// Texts as they are; `json` is sent as one, too.
    Text,
    Jsonb,
    Uuid,
    Bytes,
}

/// A column of a table that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) name: String,
    /// The internal name of the type, or of what its domain is made of: `int4`, `timestamptz`.
    pub(super) base: String,
    /// The type as the server writes it: `character varying(20)`.
    pub(super) shown: String,
    /// Digits in all and behind the point, of a `numeric` that has limits.
    pub(super) digits: Option<(i32, i32)>,
    pub(super) not_null: bool,
    pub(super) has_default: bool,
    /// Values are the server's own: it is generated, or an identity that is always generated.
    pub(super) is_generated: bool,
}

/// The type of `column` in a table that is made.
pub(super) fn declared(column: &ColumnInfo) -> String {
    match column.data_type {
        DataType::Boolean => "boolean".into(),
        DataType::Int32 => "integer".into(),
        DataType::Int64 => "bigint".into(),
        DataType::Float32 => "real".into(),
        DataType::Float64 => "double precision".into(),
        DataType::Decimal { precision, scale } => format!("numeric({precision},{scale})"),
        DataType::Date => "date".into(),
        DataType::EpochMillis | DataType::Instant => "timestamp with time zone".into(),
        DataType::Text => "text".into(),
        DataType::Bytes => "bytea".into(),
    }
}

/// How `column` is sent to a table that is made.
pub(super) fn usual(data_type: DataType) -> Wire {
    match data_type {
        DataType::Boolean => Wire::Boolean,
        DataType::Int32 => Wire::Int4,
        DataType::Int64 => Wire::Int8,
        DataType::Float32 => Wire::Float4,
        DataType::Float64 => Wire::Float8,
        DataType::Decimal { .. } => Wire::Numeric,
        DataType::Date => Wire::Date,
        DataType::EpochMillis | DataType::Instant => Wire::Timestamp,
        DataType::Text => Wire::Text,
        DataType::Bytes => Wire::Bytes,
    }
}

/// How values of `data_type` are sent to the column `found`; `None` where some of them do not fit there exactly.
pub(super) fn fitting(data_type: DataType, found: &Found) -> Option<Wire> {
    let holds = |digits: i32, scale: i32| {
        found.digits.is_none_or(|(most, behind)| behind >= scale && most - behind >= digits - scale)
    };
    Some(match (data_type, found.base.as_str()) {
        (DataType::Boolean, "bool") => Wire::Boolean,
        (DataType::Int32, "int4") => Wire::Int4,
        (DataType::Int32 | DataType::Int64 | DataType::EpochMillis, "int8") => Wire::Int8,
        (DataType::Int32, "numeric") if holds(10, 0) => Wire::Numeric,
        (DataType::Int64, "numeric") if holds(19, 0) => Wire::Numeric,
        (DataType::Float32, "float4") => Wire::Float4,
        (DataType::Int32 | DataType::Float32 | DataType::Float64, "float8") => Wire::Float8,
        (DataType::Decimal { precision, scale }, "numeric")
            if holds(i32::from(precision), i32::from(scale)) =>
        {
            Wire::Numeric
        }
        (DataType::Date, "date") => Wire::Date,
        (
            DataType::Date | DataType::EpochMillis | DataType::Instant,
            "timestamp" | "timestamptz",
        ) => Wire::Timestamp,
        (DataType::Text, "text" | "varchar" | "json") => Wire::Text,
        (DataType::Text, "jsonb") => Wire::Jsonb,
        (DataType::Text, "uuid") => Wire::Uuid,
        (DataType::Text | DataType::Bytes, "bytea") => Wire::Bytes,
        _ => return None,
    })
}

/// A name between quotation marks, as statements take it whatever it holds.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Names with commas between them.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(base: &str, digits: Option<(i32, i32)>) -> Found {
        Found {
            name: "a".into(),
            base: base.into(),
            shown: base.into(),
            digits,
            not_null: false,
            has_default: false,
            is_generated: false,
        }
    }

    /// For all types: what is declared fits, and so does nothing that would lose a digit.
    #[test]
    fn values_fit_where_none_of_them_changes() {
        let decimal = DataType::Decimal { precision: 12, scale: 4 };
        for (data_type, base, digits, expected) in [
            (DataType::Int64, "int4", None, None),
            (DataType::Int64, "float8", None, None),
            (DataType::Int32, "int2", None, None),
            (DataType::Int32, "float8", None, Some(Wire::Float8)),
            (DataType::Int64, "numeric", None, Some(Wire::Numeric)),
            (DataType::Int64, "numeric", Some((18, 0)), None),
            (DataType::Float64, "float4", None, None),
            (DataType::Float32, "float8", None, Some(Wire::Float8)),
            (decimal, "numeric", Some((12, 4)), Some(Wire::Numeric)),
            (decimal, "numeric", Some((12, 5)), None),
            (decimal, "numeric", Some((14, 6)), Some(Wire::Numeric)),
            (decimal, "numeric", Some((38, 3)), None),
            (decimal, "float8", None, None),
            (DataType::Text, "uuid", None, Some(Wire::Uuid)),
            (DataType::Text, "bpchar", None, None),
            (DataType::Text, "bytea", None, Some(Wire::Bytes)),
            (DataType::EpochMillis, "int8", None, Some(Wire::Int8)),
            (DataType::Instant, "int8", None, None),
            (DataType::Instant, "date", None, None),
            (DataType::Date, "timestamptz", None, Some(Wire::Timestamp)),
        ] {
            assert_eq!(fitting(data_type, &found(base, digits)), expected, "{data_type:?} {base}");
        }
    }

    #[test]
    fn names_are_quoted_whatever_they_hold() {
        assert_eq!(listed(["a", "B c", "d\"e", "ž;"]), r#""a", "B c", "d""e", "ž;""#);
    }
}
