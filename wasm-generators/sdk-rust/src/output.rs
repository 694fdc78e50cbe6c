//! Columns that a generator writes.

use crate::bindings::datagen::field::types;
use crate::bindings::exports::datagen::field::generators::ColumnType;
use crate::Kind;

/// A column being written, one value per row.
pub trait Column {
    /// Its type.
    fn column_type() -> ColumnType;

    /// Whether a value may be null.
    const NULLABLE: bool = false;

    /// An empty column with room for `rows` values.
    fn with_capacity(rows: usize) -> Self;

    /// Writes what stands in the place of a null.
    fn placeholder(&mut self);

    /// Values written so far.
    fn rows(&self) -> usize;

    /// The column for the host.
    fn finish(self) -> types::Column;
}

/// What a generator writes: a column, or a tuple of them, the value first and its sub-values behind.
pub trait Output {
    /// Types, the value's first.
    fn column_types() -> Vec<ColumnType>;

    /// Whether the value may be null.
    fn nullable() -> bool;

    /// Empty columns with room for `rows` values.
    fn with_capacity(rows: usize) -> Self;

    /// Whether every column has exactly so many values.
    fn has(&self, rows: usize) -> bool;

    /// The columns for the host.
    fn finish(self) -> Vec<types::Column>;
}

impl<C: Column> Output for C {
    fn column_types() -> Vec<ColumnType> {
        vec![C::column_type()]
    }

    fn nullable() -> bool {
        C::NULLABLE
    }

    fn with_capacity(rows: usize) -> Self {
        <C as Column>::with_capacity(rows)
    }

    #[inline]
    fn has(&self, rows: usize) -> bool {
        self.rows() == rows
    }

    fn finish(self) -> Vec<types::Column> {
        vec![Column::finish(self)]
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),+))+) => {$(
        impl<$($name: Column),+> Output for ($($name,)+) {
            fn column_types() -> Vec<ColumnType> {
                vec![$($name::column_type()),+]
            }

            fn nullable() -> bool {
                A::NULLABLE
            }

            fn with_capacity(rows: usize) -> Self {
                ($(<$name as Column>::with_capacity(rows),)+)
            }

            #[inline]
            fn has(&self, rows: usize) -> bool {
                $(self.$index.rows() == rows)&&+
            }

            fn finish(self) -> Vec<types::Column> {
                vec![$(Column::finish(self.$index)),+]
            }
        }
    )+};
}

tuples! {
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
}

fn plain(kind: Kind) -> ColumnType {
    ColumnType { kind, precision: 0, scale: 0 }
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident $item:ty, $kind:ident)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub struct $name(pub Vec<$item>);

        impl $name {
            /// Writes one value.
            #[inline]
            pub fn push(&mut self, value: $item) {
                self.0.push(value);
            }

            /// Writes `value` of every index below `rows`: faster than one by one, as a module is metered
            /// at every round of a loop, and this goes round once for eight.
            #[inline]
            pub fn fill(&mut self, rows: usize, mut value: impl FnMut(usize) -> $item) {
                self.0.reserve(rows);
                let whole = rows - rows % 8;
                for index in (0..whole).step_by(8) {
                    let eight: [$item; 8] = std::array::from_fn(|place| value(index + place));
                    self.0.extend_from_slice(&eight);
                }
                self.0.extend((whole..rows).map(value));
            }
        }

        impl Column for $name {
            fn column_type() -> ColumnType {
                plain(Kind::$kind)
            }

            fn with_capacity(rows: usize) -> Self {
                Self(Vec::with_capacity(rows))
            }

            fn placeholder(&mut self) {
                self.0.push(Default::default());
            }

            #[inline]
            fn rows(&self) -> usize {
                self.0.len()
            }

            fn finish(self) -> types::Column {
                types::Column { data: types::ColumnData::$kind(self.0), validity: None }
            }
        }
    )+};
}

numbers! {
    /// 32-bit whole numbers.
    Int32s i32, Int32
    /// 64-bit whole numbers.
    Int64s i64, Int64
    /// Numbers of single precision.
    Float32s f32, Float32
    /// Numbers of double precision.
    Float64s f64, Float64
    /// Days since 1970-01-01.
    Dates i32, Date
    /// Microseconds since 1970-01-01T00:00:00Z.
    Timestamps i64, Timestamp
}

/// true and false.
#[derive(Debug, Default)]
pub struct Booleans(Vec<u8>);

impl Booleans {
    /// Writes one value.
    #[inline]
    pub fn push(&mut self, value: bool) {
        self.0.push(u8::from(value));
    }
}

impl Column for Booleans {
    fn column_type() -> ColumnType {
        plain(Kind::Boolean)
    }

    fn with_capacity(rows: usize) -> Self {
        Self(Vec::with_capacity(rows))
    }

    fn placeholder(&mut self) {
        self.push(false);
    }

    #[inline]
    fn rows(&self) -> usize {
        self.0.len()
    }

    fn finish(self) -> types::Column {
        types::Column { data: types::ColumnData::Boolean(self.0), validity: None }
    }
}

/// Decimal numbers of at most `PRECISION` digits (1 to 18), `SCALE` of them behind the point.
#[derive(Debug, Default)]
pub struct Decimals<const PRECISION: u8, const SCALE: u8>(Vec<i64>);

impl<const PRECISION: u8, const SCALE: u8> Decimals<PRECISION, SCALE> {
    /// Writes one value: its digits without the point.
    #[inline]
    pub fn push(&mut self, digits: i64) {
        self.0.push(digits);
    }
}

impl<const PRECISION: u8, const SCALE: u8> Column for Decimals<PRECISION, SCALE> {
    fn column_type() -> ColumnType {
        ColumnType { kind: Kind::Decimal, precision: PRECISION, scale: SCALE }
    }

    fn with_capacity(rows: usize) -> Self {
        Self(Vec::with_capacity(rows))
    }

    fn placeholder(&mut self) {
        self.push(0);
    }

    #[inline]
    fn rows(&self) -> usize {
        self.0.len()
    }

    fn finish(self) -> types::Column {
        types::Column { data: types::ColumnData::Decimal(self.0), validity: None }
    }
}

/// Bytes, one value behind the other.
#[derive(Debug)]
pub struct Bytes {
    offsets: Vec<u32>,
    data: Vec<u8>,
}

impl Bytes {
    /// Adds one byte to the value being written.
    #[inline]
    pub fn byte(&mut self, byte: u8) {
        self.data.push(byte);
    }

    /// Adds bytes to the value being written.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.data.extend_from_slice(bytes);
    }

    /// Ends the value.
    #[inline]
    pub fn close(&mut self) {
        self.offsets.push(self.data.len() as u32);
    }

    /// Writes one value.
    #[inline]
    pub fn push(&mut self, value: &[u8]) {
        self.bytes(value);
        self.close();
    }

    fn varlen(self) -> types::Varlen {
        types::Varlen { offsets: self.offsets, data: self.data }
    }
}

impl Column for Bytes {
    fn column_type() -> ColumnType {
        plain(Kind::Bytes)
    }

    fn with_capacity(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, data: Vec::with_capacity(rows * 16) }
    }

    fn placeholder(&mut self) {
        self.close();
    }

    #[inline]
    fn rows(&self) -> usize {
        self.offsets.len() - 1
    }

    fn finish(self) -> types::Column {
        types::Column { data: types::ColumnData::Bytes(self.varlen()), validity: None }
    }
}

/// Texts, one value behind the other.
#[derive(Debug)]
pub struct Texts(Bytes);

impl Texts {
    /// Adds an ASCII character to the value being written.
    #[inline]
    pub fn byte(&mut self, ascii: u8) {
        self.0.byte(ascii & 0x7f);
    }

    /// Adds ASCII characters to the value being written, fast. Others are told by the host as an error.
    #[inline]
    pub fn ascii(&mut self, ascii: &[u8]) {
        self.0.bytes(ascii);
    }

    /// Adds a text to the value being written. Numbers and the like: `write!(out, "{}", 7)`.
    #[inline]
    pub fn text(&mut self, text: &str) {
        self.0.bytes(text.as_bytes());
    }

    /// Ends the value.
    #[inline]
    pub fn close(&mut self) {
        self.0.close();
    }

    /// Writes one value.
    #[inline]
    pub fn push(&mut self, value: &str) {
        self.0.push(value.as_bytes());
    }
}

impl std::fmt::Write for Texts {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.text(text);
        Ok(())
    }
}

impl Column for Texts {
    fn column_type() -> ColumnType {
        plain(Kind::Utf8)
    }

    fn with_capacity(rows: usize) -> Self {
        Self(Column::with_capacity(rows))
    }

    fn placeholder(&mut self) {
        self.0.close();
    }

    #[inline]
    fn rows(&self) -> usize {
        self.0.rows()
    }

    fn finish(self) -> types::Column {
        types::Column { data: types::ColumnData::Utf8(self.0.varlen()), validity: None }
    }
}

/// A column that may have nulls.
#[derive(Debug)]
pub struct Nullable<C> {
    column: C,
    validity: Vec<u8>,
}

impl<C: Column> Nullable<C> {
    /// Writes a null.
    #[inline]
    pub fn null(&mut self) {
        self.validity.push(0);
        self.column.placeholder();
    }

    /// The column, to write one value.
    #[inline]
    pub fn value(&mut self) -> &mut C {
        self.validity.push(1);
        &mut self.column
    }
}

impl<C: Column> Column for Nullable<C> {
    const NULLABLE: bool = true;

    fn column_type() -> ColumnType {
        C::column_type()
    }

    fn with_capacity(rows: usize) -> Self {
        Self { column: C::with_capacity(rows), validity: Vec::with_capacity(rows) }
    }

    fn placeholder(&mut self) {
        self.null();
    }

    /// None where a null and a value were mixed up.
    #[inline]
    fn rows(&self) -> usize {
        if self.column.rows() == self.validity.len() { self.validity.len() } else { 0 }
    }

    fn finish(self) -> types::Column {
        types::Column { validity: Some(self.validity), ..self.column.finish() }
    }
}
