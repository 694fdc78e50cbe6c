//! Columns of the same rows as a module reads them.
//!
//! Most are passed as they are; those of a narrower type than the module takes are widened, decimals become texts with
//! all their digits where it takes no decimals, or none so long, and texts
//! are laid out one behind the other whatever their own layout is.

use std::borrow::Cow;
use std::ops::Range;

use super::bindings::datagen::field::types::{
    ColumnDataParam, ColumnParam, ColumnType, Kind, VarlenParam,
};
use crate::columns::{Column, DataType, Values, VarBytes, uuid_text};
use crate::display::write_decimal;
use crate::sandbox::{InputType, data_type_name};

/// Most digits of a decimal that is handed over as a number: more go as text to a module that takes texts.
const MOST_DIGITS: u8 = 18;

fn too_long(data_type: DataType) -> String {
    format!(
        "is {}, expected at most {MOST_DIGITS} digits: a module reads more where its input accepts utf8",
        data_type_name(data_type)
    )
}

/// How an input is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Passing {
    kind: Kind,
    /// Of a decimal.
    precision: u8,
    scale: u8,
}

impl Passing {
    /// How columns of `input` are handed to a module that takes `accepts`.
    ///
    /// # Errors
    ///
    /// What is expected instead.
    pub(super) fn new(input: InputType, accepts: &[Kind]) -> Result<Self, String> {
        let (own, precision, scale) = match input.data_type {
            DataType::Boolean => (Kind::Boolean, 0, 0),
            DataType::Int32 => (Kind::Int32, 0, 0),
            DataType::Int64 => (Kind::Int64, 0, 0),
            DataType::Float32 => (Kind::Float32, 0, 0),
            DataType::Float64 => (Kind::Float64, 0, 0),
            DataType::Decimal { precision, scale } => (Kind::Decimal, precision, scale),
            DataType::Date => (Kind::Date, 0, 0),
            DataType::EpochMillis | DataType::Instant => (Kind::Timestamp, 0, 0),
            DataType::Text => (Kind::Utf8, 0, 0),
            DataType::Bytes => (Kind::Bytes, 0, 0),
        };
        let wider: &[Kind] = match own {
            Kind::Int32 => &[Kind::Int64, Kind::Float64],
            Kind::Float32 => &[Kind::Float64],
            Kind::Decimal => &[Kind::Utf8],
            _ => &[],
        };
        let is_long = precision > MOST_DIGITS;
        let found = if accepts.is_empty() || accepts.contains(&own) && !is_long {
            Some(own)
        } else {
            wider.iter().copied().find(|kind| accepts.contains(kind))
        };
        let Some(kind) = found else {
            if is_long && accepts.contains(&own) {
                return Err(too_long(input.data_type));
            }
            let names: Vec<&str> = accepts.iter().copied().map(kind_name).collect();
            let own = data_type_name(input.data_type);
            return Err(format!("is {own}, expected {}", names.join(" or ")));
        };
        if is_long && kind == own {
            return Err(too_long(input.data_type));
        }
        Ok(Self { kind, precision, scale })
    }

    /// What `check` is told.
    pub(super) fn column_type(self) -> ColumnType {
        ColumnType { kind: self.kind, precision: self.precision, scale: self.scale }
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "boolean",
        Kind::Int32 => "int32",
        Kind::Int64 => "int64",
        Kind::Float32 => "float32",
        Kind::Float64 => "float64",
        Kind::Decimal => "decimal",
        Kind::Date => "date",
        Kind::Timestamp => "timestamp",
        Kind::Utf8 => "utf8",
        Kind::Bytes => "bytes",
    }
}

/// A column in the layout of the interface, borrowed where it has it already.
#[derive(Debug)]
pub(super) struct Input<'a> {
    data: Data<'a>,
    validity: Option<Vec<u8>>,
}

#[derive(Debug)]
enum Data<'a> {
    Boolean(Vec<u8>),
    Int32(&'a [i32]),
    Int64(Cow<'a, [i64]>),
    Float32(&'a [f32]),
    Float64(Cow<'a, [f64]>),
    Decimal(Vec<i64>),
    Date(&'a [i32]),
    Timestamp(Cow<'a, [i64]>),
    Utf8(Cow<'a, VarBytes>),
    Bytes(Cow<'a, VarBytes>),
}

impl<'a> Input<'a> {
    /// The values of `range` of `column`; `None` where a value has no counterpart in the interface.
    pub(super) fn new(column: &'a Column, range: Range<usize>, passing: Passing) -> Option<Self> {
        let data = match (&column.values, passing.kind) {
            (Values::Boolean(values), _) => {
                Data::Boolean(values[range.clone()].iter().map(|value| u8::from(*value)).collect())
            }
            (Values::Int32(values), Kind::Int64) => Data::Int64(widened(&values[range.clone()])),
            (Values::Int32(values), Kind::Float64) => {
                Data::Float64(widened(&values[range.clone()]))
            }
            (Values::Int32(values), _) => Data::Int32(&values[range.clone()]),
            (Values::Int64(values), _) => Data::Int64(Cow::Borrowed(&values[range.clone()])),
            (Values::Float32(values), Kind::Float64) => {
                Data::Float64(widened(&values[range.clone()]))
            }
            (Values::Float32(values), _) => Data::Float32(&values[range.clone()]),
            (Values::Float64(values), _) => Data::Float64(Cow::Borrowed(&values[range.clone()])),
            (Values::Decimal(values), Kind::Utf8) => {
                let mut text = Vec::new();
                let texts = values[range.clone()].iter().map(|digits| {
                    text.clear();
                    write_decimal(*digits, passing.scale, &mut text);
                    text.clone()
                });
                Data::Utf8(Cow::Owned(texts.collect()))
            }
            (Values::Decimal(values), _) => {
                // Of at most 18 digits; what stands in a null's slot does not matter.
                Data::Decimal(values[range.clone()].iter().map(|value| *value as i64).collect())
            }
            (Values::Date(values), _) => Data::Date(&values[range.clone()]),
            (Values::Instant(values), _) => Data::Timestamp(Cow::Borrowed(&values[range.clone()])),
            (Values::EpochMillis(values), _) => {
                let micros = |millis: &i64| millis.checked_mul(1_000);
                Data::Timestamp(values[range.clone()].iter().map(micros).collect::<Option<_>>()?)
            }
            (Values::Text(values), _) => Data::Utf8(laid_out(values, &range)),
            (Values::Bytes(values), _) => Data::Bytes(laid_out(values, &range)),
            (Values::Choice { keys, dictionary }, _) => {
                let texts = keys[range.clone()].iter().map(|key| dictionary.get(*key));
                Data::Utf8(Cow::Owned(texts.collect()))
            }
            (Values::Uuid(values), _) => {
                let texts: Vec<u8> =
                    values[range.clone()].iter().flat_map(|one| uuid_text(*one)).collect();
                Data::Utf8(Cow::Owned(VarBytes::of_width(range.len(), 36, texts)))
            }
        };
        let flags =
            |validity: &Vec<bool>| validity[range].iter().map(|one| u8::from(*one)).collect();
        Some(Self { data, validity: column.validity.as_ref().map(flags) })
    }

    /// The same for a call.
    pub(super) fn lowered(&self) -> ColumnParam<'_> {
        let data = match &self.data {
            Data::Boolean(values) => ColumnDataParam::Boolean(values),
            Data::Int32(values) => ColumnDataParam::Int32(values),
            Data::Int64(values) => ColumnDataParam::Int64(values),
            Data::Float32(values) => ColumnDataParam::Float32(values),
            Data::Float64(values) => ColumnDataParam::Float64(values),
            Data::Decimal(values) => ColumnDataParam::Decimal(values),
            Data::Date(values) => ColumnDataParam::Date(values),
            Data::Timestamp(values) => ColumnDataParam::Timestamp(values),
            Data::Utf8(values) => ColumnDataParam::Utf8(varlen(values)),
            Data::Bytes(values) => ColumnDataParam::Bytes(varlen(values)),
        };
        ColumnParam { data, validity: self.validity.as_deref() }
    }
}

fn varlen(values: &VarBytes) -> VarlenParam<'_> {
    VarlenParam { offsets: values.offsets(), data: values.data() }
}

fn widened<T: Copy, U: From<T> + Clone>(values: &[T]) -> Cow<'static, [U]> {
    Cow::Owned(values.iter().map(|value| U::from(*value)).collect())
}

fn laid_out<'a>(values: &'a VarBytes, range: &Range<usize>) -> Cow<'a, VarBytes> {
    if range.len() == values.len() {
        return Cow::Borrowed(values);
    }
    Cow::Owned(range.clone().map(|index| values.get(index)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Issue 11, D1.
    #[test]
    fn decimals_reach_modules_with_all_their_digits_or_not_at_all() {
        let of = |precision| InputType {
            data_type: DataType::Decimal { precision, scale: 2 },
            nullable: false,
        };
        let kinds: [&[Kind]; 4] =
            [&[], &[Kind::Decimal], &[Kind::Decimal, Kind::Utf8], &[Kind::Utf8]];
        let passed = |precision, accepts| Passing::new(of(precision), accepts).map(|one| one.kind);
        assert_eq!(passed(18, kinds[0]), Ok(Kind::Decimal));
        assert_eq!(passed(18, kinds[2]), Ok(Kind::Decimal));
        assert_eq!(passed(18, kinds[3]), Ok(Kind::Utf8));
        assert_eq!(passed(20, kinds[2]), Ok(Kind::Utf8));
        for accepts in [kinds[0], kinds[1]] {
            insta::allow_duplicates! {
                insta::assert_snapshot!(passed(20, accepts).unwrap_err(), @"is decimal(20, 2), expected at most 18 digits: a module reads more where its input accepts utf8");
            }
        }
        let column = Column::new(Values::Decimal(vec![0, 1_234_567_890_123_456_789, -5]));
        let passing = Passing::new(of(20), kinds[3]).unwrap();
        let input = Input::new(&column, 1..3, passing).unwrap();
        let Data::Utf8(texts) = &input.data else { panic!("{input:?}") };
        assert_eq!(texts.iter().collect::<Vec<_>>(), [&b"12345678901234567.89"[..], b"-0.05"]);
    }
}
