//! Columns in, columns out: a cell as a script's value, and back.

use rhai::{Dynamic, ImmutableString};

use super::host::dates::{Date, Timestamp, date_text, timestamp_text};
use super::host::decimal::Decimal;
use super::words;
use crate::columns::{Column, DataType, Values, uuid_text};
use crate::sandbox::data_type_name;

/// How a script reads an input that holds decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decimals {
    /// As decimals: the script says so, or does nothing with the input but to give it on.
    Exact,
    /// As numbers, where these keep all digits: the script makes decimals of them.
    Kept,
    /// As the numbers that are nearest.
    Nearest,
}

/// Up to here a number keeps every whole number apart from the next.
const WHOLE_NUMBERS: u128 = 1 << 53;

impl Decimals {
    /// The number that a decimal is read as; `None` where it would have other digits and may not.
    pub(super) fn number(self, digits: i128, scale: u8) -> Option<f64> {
        let number = decimal(digits, scale);
        let is_kept = || {
            digits.unsigned_abs() <= WHOLE_NUMBERS || digits_of(number, 38, scale) == Some(digits)
        };
        (self == Self::Nearest || is_kept()).then_some(number)
    }

    /// The value of a script.
    fn value(self, digits: i128, scale: u8) -> Result<Dynamic, String> {
        let exact = Decimal::new(digits, scale).unwrap_or(Decimal::ZERO);
        if self == Self::Exact {
            return Ok(Dynamic::from(exact));
        }
        self.number(digits, scale).map(Dynamic::from_float).ok_or_else(|| {
            format!(
                "it is {exact}, more digits than a number keeps: say `const exact_decimals = true;` \
                 at the top of the script"
            )
        })
    }
}

/// The value of `row` in `column`, whose type is `data_type`, with decimals read as `decimals` says.
///
/// # Errors
///
/// A decimal that cannot be read so.
pub(super) fn cell(
    column: &Column,
    data_type: DataType,
    decimals: Decimals,
    row: usize,
) -> Result<Dynamic, String> {
    if column.is_null(row) {
        return Ok(Dynamic::UNIT);
    }
    let text = |bytes: &[u8]| ImmutableString::from(&*String::from_utf8_lossy(bytes)).into();
    Ok(match &column.values {
        Values::Boolean(values) => values[row].into(),
        Values::Int32(values) => i64::from(values[row]).into(),
        Values::Int64(values) => values[row].into(),
        Values::Float32(values) => f64::from(values[row]).into(),
        Values::Float64(values) => values[row].into(),
        Values::Decimal(values) => {
            let DataType::Decimal { scale, .. } = data_type else { return Ok(Dynamic::UNIT) };
            decimals.value(values[row], scale)?
        }
        Values::Date(values) => Dynamic::from(Date(values[row])),
        Values::EpochMillis(values) => Dynamic::from(Timestamp(values[row].saturating_mul(1_000))),
        Values::Instant(values) => Dynamic::from(Timestamp(values[row])),
        Values::Text(values) => text(values.get(row)),
        Values::Choice { keys, dictionary } => text(dictionary.get(keys[row])),
        Values::Uuid(values) => text(&uuid_text(values[row])),
        Values::Bytes(values) => Dynamic::from_blob(values.get(row).to_vec()),
    })
}

/// The number that a decimal is nearest to.
fn decimal(digits: i128, scale: u8) -> f64 {
    digits as f64 / libm::pow(10.0, f64::from(scale))
}

/// Gathers the values of a column.
#[derive(Debug)]
pub(super) struct Builder {
    data_type: DataType,
    values: Values,
    validity: Vec<bool>,
    has_nulls: bool,
    nullable: bool,
}

impl Builder {
    pub(super) fn new(data_type: DataType, nullable: bool, rows: usize) -> Self {
        let values = Values::with_capacity(data_type, rows);
        let validity = Vec::with_capacity(rows);
        Self { data_type, values, validity, has_nulls: false, nullable }
    }

    /// Adds a value; the error says what it is instead of what was declared.
    pub(super) fn push(&mut self, value: &Dynamic) -> Result<(), String> {
        if value.is_unit() {
            if !self.nullable {
                return Err("the script gives null, but says that it never does".to_owned());
            }
            self.push_null();
            return Ok(());
        }
        let pushed = match &mut self.values {
            Values::Boolean(values) => value.as_bool().ok().map(|value| values.push(value)),
            Values::Int32(values) => value
                .as_int()
                .ok()
                .and_then(|value| i32::try_from(value).ok())
                .map(|value| values.push(value)),
            Values::Int64(values) => value.as_int().ok().map(|value| values.push(value)),
            Values::Float32(values) => number(value).map(|value| values.push(value as f32)),
            Values::Float64(values) => number(value).map(|value| values.push(value)),
            Values::Decimal(values) => {
                let DataType::Decimal { precision, scale } = self.data_type else { return Ok(()) };
                exact(value, precision, scale).map(|value| values.push(value))
            }
            Values::Date(values) => {
                value.clone().try_cast::<Date>().map(|value| values.push(value.0))
            }
            Values::EpochMillis(values) => value
                .clone()
                .try_cast::<Timestamp>()
                .map(|value| values.push(value.0.div_euclid(1_000))),
            Values::Instant(values) => {
                value.clone().try_cast::<Timestamp>().map(|value| values.push(value.0))
            }
            Values::Text(values) => {
                if let Some(text) = value.read_lock::<ImmutableString>() {
                    values.push(text.as_bytes());
                    Some(())
                } else {
                    value.as_char().ok().map(|letter| {
                        values.push(letter.encode_utf8(&mut [0; 4]).as_bytes());
                    })
                }
            }
            Values::Bytes(values) => {
                value.read_lock::<rhai::Blob>().map(|bytes| values.push(&bytes))
            }
            Values::Choice { .. } | Values::Uuid(_) => None,
        };
        let Some(()) = pushed else {
            let decimal = value.read_lock::<Decimal>().map(|value| value.to_string());
            let shown = match (value.read_lock::<Date>(), value.read_lock::<Timestamp>()) {
                (Some(date), _) => date_text(*date),
                (_, Some(time)) => timestamp_text(*time),
                _ if decimal.is_some() => decimal.unwrap_or_default(),
                _ => crate::problems::excerpt(&value.to_string()),
            };
            return Err(format!(
                "the script gives `{shown}` ({}), expected {}",
                words::type_name(value.type_name()),
                data_type_name(self.data_type)
            ));
        };
        self.validity.push(true);
        Ok(())
    }

    /// Makes the value of `row` null, the last one or the next one.
    pub(super) fn fail(&mut self, row: usize) {
        match self.validity.get_mut(row) {
            Some(validity) => {
                *validity = false;
                self.has_nulls = true;
            }
            None => self.push_null(),
        }
    }

    /// Bytes gathered so far, where they count.
    pub(super) fn bytes(&self) -> usize {
        match &self.values {
            Values::Text(values) | Values::Bytes(values) => values.data().len(),
            _ => 0,
        }
    }

    fn push_null(&mut self) {
        self.has_nulls = true;
        self.validity.push(false);
        self.values.push_empty();
    }

    pub(super) fn finish(self) -> Column {
        Column { values: self.values, validity: self.has_nulls.then_some(self.validity) }
    }
}

/// A number; whole ones are widened.
fn number(value: &Dynamic) -> Option<f64> {
    let exact = || value.read_lock::<Decimal>().map(|value| value.to_float());
    let whole = || value.as_int().ok().map(|whole| whole as f64);
    let number = value.as_float().ok().or_else(whole).or_else(exact)?;
    // One form of "not a number": its bits must not tell which processor made it.
    Some(if number.is_nan() { f64::NAN } else { number })
}

/// The digits of a decimal, if they fit.
fn exact(value: &Dynamic, precision: u8, scale: u8) -> Option<i128> {
    if let Some(value) = value.read_lock::<Decimal>() {
        return exact_digits(*value, precision, scale);
    }
    match value.as_int() {
        Ok(whole) => whole_digits(whole, precision, scale),
        Err(_) => digits_of(value.as_float().ok()?, precision, scale),
    }
}

/// The digits of a decimal with `scale` behind the point, halves away from zero, if they fit.
pub(super) fn exact_digits(value: Decimal, precision: u8, scale: u8) -> Option<i128> {
    let digits = value.digits_at(scale)?;
    (digits.abs() < 10_i128.checked_pow(u32::from(precision))?).then_some(digits)
}

/// The digits of a whole number as a decimal, if they fit.
pub(super) fn whole_digits(value: i64, precision: u8, scale: u8) -> Option<i128> {
    let digits = i128::from(value).checked_mul(10_i128.checked_pow(u32::from(scale))?)?;
    (digits.abs() < 10_i128.checked_pow(u32::from(precision))?).then_some(digits)
}

/// The digits of a number as a decimal, if they fit.
pub(super) fn digits_of(value: f64, precision: u8, scale: u8) -> Option<i128> {
    let scaled = libm::round(value * libm::pow(10.0, f64::from(scale)));
    // Above that a cast would saturate, and the comparison below would not see it.
    let digits = (scaled.abs() < 1e38).then_some(scaled as i128)?;
    (digits.abs() < 10_i128.checked_pow(u32::from(precision))?).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_other_types_are_refused_with_what_they_are() {
        let mut builder = Builder::new(DataType::Int32, true, 4);
        builder.push(&5_i64.into()).unwrap();
        builder.push(&Dynamic::UNIT).unwrap();
        let mut told = String::new();
        for wrong in [Dynamic::from(1_i64 << 40), "x".into(), Dynamic::from(Date(3)), 1.5.into()] {
            let message = Builder::new(DataType::Int32, true, 1).push(&wrong).unwrap_err();
            told.push_str(&message);
            told.push('\n');
        }
        insta::assert_snapshot!(told, @"
        the script gives `1099511627776` (int64), expected int32
        the script gives `x` (utf8), expected int32
        the script gives `1970-01-04` (date), expected int32
        the script gives `1.5` (float64), expected int32
        ");
        let column = builder.finish();
        assert_eq!(column.values, Values::Int32(vec![5, 0]));
        assert_eq!(column.validity, Some(vec![true, false]));
    }

    #[test]
    fn a_decimal_takes_what_fits_its_digits() {
        assert_eq!(exact(&12.345.into(), 5, 2), Some(1_235));
        assert_eq!(exact(&999_i64.into(), 5, 2), Some(99_900));
        assert_eq!(exact(&1_000_i64.into(), 5, 2), None);
        assert_eq!(exact(&f64::NAN.into(), 5, 2), None);
        assert_eq!(exact(&1e300.into(), 38, 0), None);
    }
}
