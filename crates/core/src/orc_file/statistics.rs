//! Statistics of a column: for a row group, a stripe and the file, merged upwards.

use super::protobuf::Message;
use crate::columns::DataType;

/// Longer texts are cut to bounds, as the Apache writers do.
const LONGEST_TEXT: usize = 1_024;

/// The smallest and the largest value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Extent<T> {
    pub(super) min: T,
    pub(super) max: T,
}

/// What is known of the values of a type; extents are `None` without values.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Detail {
    /// The root: nothing but its rows.
    Rows,
    Boolean {
        trues: u64,
    },
    Integer {
        extent: Option<Extent<i64>>,
        sum: i128,
    },
    /// NaN stays out of the extent and makes the sum NaN: some readers then do not prune. Others would
    /// take the extent for that of all values, so it is not written where there is a NaN.
    Float {
        extent: Option<Extent<f64>>,
        sum: f64,
        nan: bool,
    },
    /// The sum is `None` once it overflowed.
    Decimal {
        extent: Option<Extent<i128>>,
        sum: Option<i128>,
        scale: u8,
    },
    /// Days since 1970-01-01.
    Date {
        extent: Option<Extent<i64>>,
    },
    /// Milliseconds since 1970-01-01T00:00:00Z, rounded down.
    Timestamp {
        extent: Option<Extent<i64>>,
    },
    Text {
        extent: Option<Extent<Vec<u8>>>,
        length: u64,
    },
    Bytes {
        length: u64,
    },
}

/// Statistics of some rows of a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statistics {
    /// Rows that are not null.
    pub(super) values: u64,
    pub(super) has_null: bool,
    pub(super) detail: Detail,
}

impl Statistics {
    /// Of no rows.
    pub(super) fn empty(data_type: DataType) -> Self {
        let detail = match data_type {
            DataType::Boolean => Detail::Boolean { trues: 0 },
            DataType::Int32 | DataType::Int64 => Detail::Integer { extent: None, sum: 0 },
            DataType::Float32 | DataType::Float64 => {
                Detail::Float { extent: None, sum: 0.0, nan: false }
            }
            DataType::Decimal { scale, .. } => {
                Detail::Decimal { extent: None, sum: Some(0), scale }
            }
            DataType::Date => Detail::Date { extent: None },
            DataType::EpochMillis | DataType::Instant => Detail::Timestamp { extent: None },
            DataType::Text => Detail::Text { extent: None, length: 0 },
            DataType::Bytes => Detail::Bytes { length: 0 },
        };
        Self { values: 0, has_null: false, detail }
    }

    /// Of the root with so many rows.
    pub(super) fn of_rows(rows: u64) -> Self {
        Self { values: rows, has_null: false, detail: Detail::Rows }
    }

    /// Adds the statistics of other rows of the same column.
    pub(super) fn merge(&mut self, other: Self) {
        self.values += other.values;
        self.has_null |= other.has_null;
        match (&mut self.detail, other.detail) {
            (Detail::Boolean { trues }, Detail::Boolean { trues: more }) => *trues += more,
            (Detail::Integer { extent, sum }, Detail::Integer { extent: other, sum: more }) => {
                widen(extent, other);
                *sum += more;
            }
            (
                Detail::Float { extent, sum, nan },
                Detail::Float { extent: other, sum: more, nan: also },
            ) => {
                widen(extent, other);
                *sum += more;
                *nan |= also;
            }
            (
                Detail::Decimal { extent, sum, .. },
                Detail::Decimal { extent: other, sum: more, .. },
            ) => {
                widen(extent, other);
                *sum = sum.zip(more).and_then(|(sum, more)| sum.checked_add(more));
            }
            (Detail::Date { extent }, Detail::Date { extent: other })
            | (Detail::Timestamp { extent }, Detail::Timestamp { extent: other }) => {
                widen(extent, other);
            }
            (Detail::Text { extent, length }, Detail::Text { extent: other, length: more }) => {
                widen(extent, other);
                *length += more;
            }
            (Detail::Bytes { length }, Detail::Bytes { length: more }) => *length += more,
            (own, other) => debug_assert_eq!((own, other), (&mut Detail::Rows, Detail::Rows)),
        }
    }

    /// As a `ColumnStatistics` message.
    pub(super) fn message(&self) -> Message {
        let mut message = Message::default();
        message.unsigned(1, self.values);
        let mut inner = Message::default();
        let field = match &self.detail {
            Detail::Rows => None,
            Detail::Boolean { trues } => {
                inner.packed(1, [*trues]);
                Some(5)
            }
            Detail::Integer { extent, sum } => {
                write_extent(extent.as_ref(), 1, &mut inner);
                if let Ok(sum) = i64::try_from(*sum) {
                    inner.signed(3, sum);
                }
                Some(2)
            }
            Detail::Float { extent, sum, nan } => {
                if let Some(Extent { min, max }) = extent.as_ref().filter(|_| !nan) {
                    inner.double(1, *min);
                    inner.double(2, *max);
                }
                if !sum.is_infinite() {
                    inner.double(3, *sum);
                }
                Some(3)
            }
            Detail::Decimal { extent, sum, scale } => {
                if let Some(Extent { min, max }) = extent {
                    inner.bytes(1, decimal_text(*min, *scale).as_bytes());
                    inner.bytes(2, decimal_text(*max, *scale).as_bytes());
                }
                if let Some(sum) = sum.filter(|sum| sum.unsigned_abs() < 10_u128.pow(38)) {
                    inner.bytes(3, decimal_text(sum, *scale).as_bytes());
                }
                Some(6)
            }
            Detail::Date { extent } => {
                write_extent(extent.as_ref(), 1, &mut inner);
                Some(7)
            }
            Detail::Timestamp { extent } => {
                write_extent(extent.as_ref(), 3, &mut inner);
                Some(9)
            }
            Detail::Text { extent, length } => {
                if let Some(Extent { min, max }) = extent {
                    write_text_extent(min, max, &mut inner);
                }
                inner.signed(3, *length as i64);
                Some(4)
            }
            Detail::Bytes { length } => {
                inner.signed(1, *length as i64);
                Some(8)
            }
        };
        if let Some(field) = field {
            message.message(field, &inner);
        }
        message.unsigned(10, self.has_null.into());
        message
    }
}

/// Makes `extent` hold `other` too.
pub(super) fn widen<T: PartialOrd>(extent: &mut Option<Extent<T>>, other: Option<Extent<T>>) {
    match (extent, other) {
        (Some(own), Some(other)) => {
            if other.min < own.min {
                own.min = other.min;
            }
            if other.max > own.max {
                own.max = other.max;
            }
        }
        (own @ None, other) => *own = other,
        (Some(_), None) => {}
    }
}

fn write_extent(extent: Option<&Extent<i64>>, field: u32, message: &mut Message) {
    if let Some(Extent { min, max }) = extent {
        message.signed(field, *min);
        message.signed(field + 1, *max);
    }
}

fn write_text_extent(min: &[u8], max: &[u8], message: &mut Message) {
    if min.len() <= LONGEST_TEXT {
        message.bytes(1, min);
    } else {
        message.bytes(4, cut(min).as_bytes());
    }
    if max.len() <= LONGEST_TEXT {
        message.bytes(2, max);
    } else if let Some(bound) = next_text(cut(max)) {
        message.bytes(5, bound.as_bytes());
    }
}

/// The longest run of whole characters from the start that may be stored.
fn cut(text: &[u8]) -> &str {
    match std::str::from_utf8(&text[..text.len().min(LONGEST_TEXT)]) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&text[..error.valid_up_to()]).unwrap_or_default(),
    }
}

/// The shortest text behind all that start with `text`; `None` when there is none.
fn next_text(text: &str) -> Option<String> {
    let mut characters: Vec<char> = text.chars().collect();
    while let Some(last) = characters.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

/// Digits with a point in front of the last `scale` ones.
fn decimal_text(value: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let digits = format!("{:0width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if value < 0 { "-" } else { "" };
    let point = if scale > 0 { "." } else { "" };
    format!("{sign}{whole}{point}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_sign_and_scale() {
        assert_eq!(decimal_text(-5, 2), "-0.05");
        assert_eq!(decimal_text(12_345, 2), "123.45");
        assert_eq!(decimal_text(7, 0), "7");
        assert_eq!(decimal_text(0, 3), "0.000");
    }

    #[test]
    fn long_texts_become_bounds_at_whole_characters() {
        let long = "é".repeat(600);
        assert_eq!(cut(long.as_bytes()), "é".repeat(512));
        assert_eq!(next_text("aé").as_deref(), Some("aê"));
        assert_eq!(next_text("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(next_text("\u{d7ff}").as_deref(), Some("\u{e000}"));
        assert_eq!(next_text("\u{10ffff}"), None);
    }

    #[test]
    fn statistics_of_no_values_leave_the_others_alone() {
        let mut all = Statistics::empty(DataType::Int32);
        let nulls = Statistics { has_null: true, ..Statistics::empty(DataType::Int32) };
        let some = Statistics {
            values: 2,
            has_null: false,
            detail: Detail::Integer { extent: Some(Extent { min: -3, max: 5 }), sum: 2 },
        };
        all.merge(nulls);
        all.merge(some.clone());
        assert_eq!(all, Statistics { has_null: true, ..some });
    }

    #[test]
    fn a_sum_beyond_64_bits_is_left_out() {
        let far = i128::from(i64::MAX) + 1;
        let message = |sum| {
            let detail = Detail::Integer { extent: None, sum };
            Statistics { values: 1, has_null: false, detail }.message()
        };
        assert_eq!(message(far).as_bytes(), [8, 1, 0x12, 0, 0x50, 0]);
        assert_eq!(message(1).as_bytes(), [8, 1, 0x12, 2, 0x18, 2, 0x50, 0]);
    }
}
