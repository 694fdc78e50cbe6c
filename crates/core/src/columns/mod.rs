//! Columns: native vectors in Arrow layout, the one form in which values travel.
//!
//! A generator fills one [`Column`] per block; expressions and encoders read columns. Texts drawn from
//! a list are [`Values::Choice`]: keys into a shared [`Dictionary`], so that quoting, escaping, links
//! and injections of such a column are computed once per dictionary value, not once per row.
//! Values that are cheaper to format late (uuid, dates) stay binary up to the encoder.
//!
//! Knows nothing of fields, formats or models.

mod texts;

use std::sync::Arc;

pub(crate) use self::texts::append_part;
pub use self::texts::{Dictionary, VarBytes};

/// The logical type of a column: what schemas of files and tables are made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataType {
    /// true or false.
    Boolean,
    /// 32-bit signed integer.
    Int32,
    /// 64-bit signed integer.
    Int64,
    /// IEEE 754 single precision.
    Float32,
    /// IEEE 754 double precision.
    Float64,
    /// Exact decimal number: at most `precision` digits, `scale` of them behind the point.
    Decimal {
        /// Digits in all, `1..=38`.
        precision: u8,
        /// Digits behind the point, `0..=precision`.
        scale: u8,
    },
    /// A civil date: days since 1970-01-01.
    Date,
    /// A point in time whose text form is the number of milliseconds since 1970-01-01T00:00:00Z.
    EpochMillis,
    /// A point in time: microseconds since 1970-01-01T00:00:00Z, with a calendar text form.
    Instant,
    /// UTF-8 text.
    Text,
    /// Bytes; upper-case hexadecimal in text formats.
    Bytes,
}

impl DataType {
    /// Whether values of this type are numbers that compare and calculate as such.
    pub(crate) const fn is_numeric(self) -> bool {
        matches!(
            self,
            Self::Int32
                | Self::Int64
                | Self::Float32
                | Self::Float64
                | Self::Decimal { .. }
                | Self::EpochMillis
        )
    }
}

/// A column's place in the output: name, type and what an encoder may rely on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    /// The field's name as the model writes it.
    pub name: String,
    /// The logical type.
    pub data_type: DataType,
    /// Whether a value may be null.
    pub nullable: bool,
    /// For floats: every value is a multiple of `10^-decimals`, and that many digits are shown.
    pub decimals: Option<u8>,
    /// Number of distinct values where the model knows it and it is small enough for a dictionary page.
    pub distinct: Option<u32>,
    /// Average width of a value in bytes: sizes blocks and buffers, never a limit.
    pub width: u32,
    /// For points in time: which ones there may be, where the model says it.
    pub instants: Option<TimePoints>,
}

/// Points in time at equal distances, in the unit of their column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimePoints {
    first: i64,
    last: i64,
    step: i64,
}

impl TimePoints {
    /// `first`, and then every `step` up to `last`; of one point where `last` is not above.
    pub(crate) fn new(first: i64, last: i64, step: i64) -> Self {
        Self { first, last: last.max(first), step: step.max(1) }
    }

    /// The fewest such points that hold all of `values`; `None` for no values.
    pub(crate) fn of(values: &[i64]) -> Option<Self> {
        let (first, last) = (*values.iter().min()?, *values.iter().max()?);
        let step = values.iter().fold(0, |step, value| gcd(step, value.abs_diff(first)));
        Some(Self::new(first, last, i64::try_from(step).unwrap_or(1)))
    }

    /// Whether some point lies in `low..=high`.
    pub(crate) fn meet(self, low: i64, high: i64) -> bool {
        let (first, step) = (i128::from(self.first), i128::from(self.step));
        let steps = (i128::from(low) - first).max(0).unsigned_abs().div_ceil(step.unsigned_abs());
        let at = first + steps as i128 * step;
        at <= i128::from(high.min(self.last))
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The visible columns of a plan, in output order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema {
    /// One entry per output column.
    pub columns: Vec<ColumnInfo>,
    /// What files say of themselves beside their rows, where their format has a place for it: names and texts.
    pub notes: Vec<(String, String)>,
}

impl Schema {
    /// These columns, and nothing to say beside them.
    pub const fn of(columns: Vec<ColumnInfo>) -> Self {
        Self { columns, notes: Vec::new() }
    }

    /// Average width of a row in bytes.
    pub fn row_width(&self) -> u64 {
        self.columns.iter().map(|column| u64::from(column.width)).sum::<u64>().max(1)
    }
}

/// The columns of a plan's blocks, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Those of the output.
    pub visible: Arc<Schema>,
    /// Those behind them, which connectors need beside the output.
    pub hidden: Arc<Schema>,
}

impl Table {
    /// The column called `name`, with its number in blocks.
    pub fn find(&self, name: &str) -> Option<(usize, &ColumnInfo)> {
        let columns = self.visible.columns.iter().chain(&self.hidden.columns);
        columns.enumerate().find(|(_, column)| column.name == name)
    }

    /// Average width of a row in bytes, hidden columns among it.
    pub fn row_width(&self) -> u64 {
        let hidden = self.hidden.columns.iter().map(|column| u64::from(column.width));
        self.visible.row_width() + hidden.sum::<u64>()
    }
}

/// The values of a column. A null's slot holds any value of the type.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// [`DataType::Boolean`].
    Boolean(Vec<bool>),
    /// [`DataType::Int32`].
    Int32(Vec<i32>),
    /// [`DataType::Int64`].
    Int64(Vec<i64>),
    /// [`DataType::Float32`].
    Float32(Vec<f32>),
    /// [`DataType::Float64`].
    Float64(Vec<f64>),
    /// [`DataType::Decimal`]: the digits without the point.
    Decimal(Vec<i128>),
    /// [`DataType::Date`]: days since 1970-01-01.
    Date(Vec<i32>),
    /// [`DataType::EpochMillis`].
    EpochMillis(Vec<i64>),
    /// [`DataType::Instant`]: microseconds.
    Instant(Vec<i64>),
    /// [`DataType::Text`]: UTF-8.
    Text(VarBytes),
    /// [`DataType::Text`] as keys into a dictionary. Columns linked to one another share `keys`.
    Choice {
        /// One key per row, each below `dictionary.len()`.
        keys: Arc<Vec<u32>>,
        /// The texts.
        dictionary: Arc<Dictionary>,
    },
    /// [`DataType::Text`] in the 36-character form of RFC 9562, formatted late.
    Uuid(Vec<u128>),
    /// [`DataType::Bytes`].
    Bytes(VarBytes),
}

impl Values {
    /// No values of `data_type` yet, with room for `rows`.
    pub(crate) fn with_capacity(data_type: DataType, rows: usize) -> Self {
        /// Room for a text or byte string, whose length nobody knows yet.
        const BYTES: usize = 16;
        match data_type {
            DataType::Boolean => Self::Boolean(Vec::with_capacity(rows)),
            DataType::Int32 => Self::Int32(Vec::with_capacity(rows)),
            DataType::Int64 => Self::Int64(Vec::with_capacity(rows)),
            DataType::Float32 => Self::Float32(Vec::with_capacity(rows)),
            DataType::Float64 => Self::Float64(Vec::with_capacity(rows)),
            DataType::Decimal { .. } => Self::Decimal(Vec::with_capacity(rows)),
            DataType::Date => Self::Date(Vec::with_capacity(rows)),
            DataType::EpochMillis => Self::EpochMillis(Vec::with_capacity(rows)),
            DataType::Instant => Self::Instant(Vec::with_capacity(rows)),
            DataType::Text => Self::Text(VarBytes::with_capacity(rows, rows * BYTES)),
            DataType::Bytes => Self::Bytes(VarBytes::with_capacity(rows, rows * BYTES)),
        }
    }

    /// Fills a null's slot at the end; [`with_capacity`](Self::with_capacity) makes no other forms than those
    /// that grow.
    pub(crate) fn push_empty(&mut self) {
        match self {
            Self::Boolean(values) => values.push(false),
            Self::Int32(values) | Self::Date(values) => values.push(0),
            Self::Int64(values) | Self::EpochMillis(values) | Self::Instant(values) => {
                values.push(0);
            }
            Self::Float32(values) => values.push(0.0),
            Self::Float64(values) => values.push(0.0),
            Self::Decimal(values) => values.push(0),
            Self::Text(values) | Self::Bytes(values) => values.push(b""),
            Self::Choice { .. } | Self::Uuid(_) => {}
        }
    }

    /// Whether these are values of `data_type`.
    pub(crate) const fn fits(&self, data_type: DataType) -> bool {
        matches!(
            (self, data_type),
            (Self::Boolean(_), DataType::Boolean)
                | (Self::Int32(_), DataType::Int32)
                | (Self::Int64(_), DataType::Int64)
                | (Self::Float32(_), DataType::Float32)
                | (Self::Float64(_), DataType::Float64)
                | (Self::Decimal(_), DataType::Decimal { .. })
                | (Self::Date(_), DataType::Date)
                | (Self::EpochMillis(_), DataType::EpochMillis)
                | (Self::Instant(_), DataType::Instant)
                | (Self::Text(_) | Self::Choice { .. } | Self::Uuid(_), DataType::Text)
                | (Self::Bytes(_), DataType::Bytes)
        )
    }
}

/// The 36-character text of a uuid (RFC 9562, lower case), eight digits at a time without a table:
/// formats write millions of them.
#[inline]
pub fn uuid_text(uuid: u128) -> [u8; 36] {
    /// Eight digits in text order.
    #[inline]
    fn digits(part: u32) -> [u8; 8] {
        let mut nibbles = u64::from(part);
        nibbles = ((nibbles & 0xffff_0000) << 16) | (nibbles & 0xffff);
        nibbles = ((nibbles & 0x0000_ff00_0000_ff00) << 8) | (nibbles & 0x0000_00ff_0000_00ff);
        nibbles = ((nibbles & 0x00f0_00f0_00f0_00f0) << 4) | (nibbles & 0x000f_000f_000f_000f);
        // One in every byte whose digit is a letter; letters start 39 above `9` + 1.
        let letters = ((nibbles + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101;
        (nibbles + 0x3030_3030_3030_3030 + letters * 39).to_be_bytes()
    }
    let [a, b, c, d] = [96, 64, 32, 0].map(|shift| digits((uuid >> shift) as u32));
    let mut text = [b'-'; 36];
    text[0..8].copy_from_slice(&a);
    text[9..13].copy_from_slice(&b[..4]);
    text[14..18].copy_from_slice(&b[4..]);
    text[19..23].copy_from_slice(&c[..4]);
    text[24..28].copy_from_slice(&c[4..]);
    text[28..36].copy_from_slice(&d);
    text
}

/// One field's values in the rows of a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The values, null or not.
    pub values: Values,
    /// One flag per row: true = value, false = null. `None` = no nulls.
    pub validity: Option<Vec<bool>>,
}

impl Column {
    /// Bytes of texts and byte strings that were made for this block; 0 for everything that has a
    /// declared width or is drawn from a list.
    pub fn text_bytes(&self) -> u64 {
        match &self.values {
            Values::Text(texts) | Values::Bytes(texts) => texts.data().len() as u64,
            _ => 0,
        }
    }

    /// A column without nulls.
    pub const fn new(values: Values) -> Self {
        Self { values, validity: None }
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        match &self.values {
            Values::Boolean(values) => values.len(),
            Values::Int32(values) | Values::Date(values) => values.len(),
            Values::Int64(values) | Values::EpochMillis(values) | Values::Instant(values) => {
                values.len()
            }
            Values::Float32(values) => values.len(),
            Values::Float64(values) => values.len(),
            Values::Decimal(values) => values.len(),
            Values::Uuid(values) => values.len(),
            Values::Choice { keys, .. } => keys.len(),
            Values::Text(values) | Values::Bytes(values) => values.len(),
        }
    }

    /// Whether the value of `row` is null.
    #[inline]
    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.validity.as_ref().is_some_and(|validity| !validity[row])
    }
}

/// A contiguous range of rows of a command: what a worker makes at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    /// Row number of the first one, counted over the whole command from 0.
    pub first: u64,
    /// Number of rows.
    pub count: usize,
}

impl Rows {
    /// The row numbers in order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = u64> {
        (0..self.count).map(move |index| self.first + index as u64)
    }
}

/// The visible columns of some rows, in the order of the [`Schema`].
#[derive(Debug, Clone)]
pub struct Block {
    /// Which rows.
    pub rows: Rows,
    /// One column per entry of the schema, each `rows.count` long.
    pub columns: Vec<Arc<Column>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_at_equal_distances_meet_what_they_reach() {
        let seconds = TimePoints::new(-10_000_000, 10_000_000, 1_000_000);
        assert!(!seconds.meet(-999_999, -1) && seconds.meet(-1, 0) && seconds.meet(0, 0));
        assert!(TimePoints::new(-10_000_500, 0, 1_000_000).meet(-999_999, -1));
        assert!(
            !TimePoints::new(5, 10, 1).meet(-999, 4) && !TimePoints::new(-9, -2, 1).meet(-1, 7)
        );
        assert!(TimePoints::new(i64::MIN, i64::MAX, i64::MAX).meet(-1, -1));
        let listed = TimePoints::of(&[7, -3, 2]).unwrap();
        assert_eq!(listed, TimePoints::new(-3, 7, 5));
        assert_eq!(TimePoints::of(&[4]), Some(TimePoints::new(4, 4, 1)));
        assert_eq!(TimePoints::of(&[]), None);
        assert!(TimePoints::of(&[i64::MIN, i64::MAX]).unwrap().meet(i64::MAX, i64::MAX));
    }

    #[test]
    fn a_uuid_reads_as_the_uuid_crate_writes_it() {
        for seed in 0..2_000_u128 {
            let uuid = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
            let expected = uuid::Uuid::from_u128(uuid).hyphenated().to_string();
            assert_eq!(uuid_text(uuid), expected.as_bytes());
        }
    }
}
