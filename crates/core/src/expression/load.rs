//! Reads columns as the kinds of values that expressions calculate with.

use std::borrow::Cow;

use crate::columns::{Column, DataType, Values, VarBytes};
use crate::columnwise::Selection;
use crate::display::{Form, write_display};

/// The numbers of a column at `selection`; `None` when it holds no numbers.
///
/// A single-precision number counts as the decimal number that its text shows: 3.6, not
/// 3.5999999046325684, because formulas see the text. A whole number beyond 2^53 is rounded.
pub(super) fn numbers<'a>(
    column: &'a Column,
    data_type: DataType,
    selection: &Selection,
) -> Option<Cow<'a, [f64]>> {
    Some(Cow::Owned(match &column.values {
        Values::Float64(values) => match selection {
            Selection::All(count) => return Some(Cow::Borrowed(&values[..*count])),
            Selection::Some(_) => selection.gather(values),
        },
        Values::Int32(values) => selection.map(values, f64::from),
        Values::Int64(values) | Values::EpochMillis(values) => {
            selection.map(values, |value| value as f64)
        }
        Values::Float32(values) => selection.map(values, shown_number),
        Values::Decimal(values) => {
            let scale = if let DataType::Decimal { scale, .. } = data_type { scale } else { 0 };
            selection.map(values, |digits| decimal_number(digits, scale))
        }
        _ => return None,
    }))
}

/// The double nearest to the decimal number that the text of `value` shows.
#[inline]
pub(super) fn shown_number(value: f32) -> f64 {
    /// Powers of ten that are exact, as are their quotients of whole numbers below 2^53 correctly rounded.
    const POWERS: [f64; 10] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
    let wide = f64::from(value);
    if wide.trunc() == wide && wide.abs() < 16_777_216.0 {
        return wide;
    }
    // Beyond nine digits a single has no more to tell; outside this range they do not fit.
    if (1e-3..1e6).contains(&wide.abs()) {
        for power in POWERS {
            // Ties to even, as the writer of the shortest text decides them.
            let candidate = (wide * power).round_ties_even() / power;
            if candidate as f32 == value {
                return candidate;
            }
        }
    }
    let mut text = Vec::new();
    crate::display::write_float32(value, &mut text);
    std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok()).unwrap_or(wide)
}

/// The double nearest to a decimal.
fn decimal_number(digits: i128, scale: u8) -> f64 {
    /// Up to here digits and power of ten are exact, so that one division rounds once.
    const EXACT: u128 = 1 << 53;
    if digits.unsigned_abs() <= EXACT && scale <= 22 {
        return digits as f64 / 10_f64.powi(i32::from(scale));
    }
    let mut text = Vec::new();
    crate::display::write_decimal(digits, scale, &mut text);
    std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
}

/// The whole numbers of a column at `selection`; `None` when it holds none.
pub(super) fn integers<'a>(column: &'a Column, selection: &Selection) -> Option<Cow<'a, [i64]>> {
    Some(match &column.values {
        Values::Int64(values) | Values::EpochMillis(values) | Values::Instant(values) => {
            match selection {
                Selection::All(count) => Cow::Borrowed(&values[..*count]),
                Selection::Some(_) => Cow::Owned(selection.gather(values)),
            }
        }
        Values::Int32(values) | Values::Date(values) => {
            Cow::Owned(selection.map(values, i64::from))
        }
        _ => return None,
    })
}

/// The display texts of a column at `selection`.
pub(super) fn texts<'a>(
    column: &'a Column,
    form: Form,
    selection: &Selection,
) -> Cow<'a, VarBytes> {
    match (&column.values, selection) {
        (Values::Text(values), Selection::All(count)) if *count == values.len() => {
            Cow::Borrowed(values)
        }
        _ => {
            let mut texts = VarBytes::with_capacity(selection.len(), 16 * selection.len());
            for index in 0..selection.len() {
                write_display(column, form, selection.position(index), texts.open());
                texts.close();
            }
            Cow::Owned(texts)
        }
    }
}

/// One flag per index of `selection`, true = value; `None` when there is no null.
pub(super) fn validity(column: &Column, selection: &Selection) -> Option<Vec<bool>> {
    column.validity.as_ref().map(|validity| selection.gather(validity))
}

/// Combines two validities: a value only where both have one.
pub(super) fn both(left: Option<Vec<bool>>, right: Option<Vec<bool>>) -> Option<Vec<bool>> {
    match (left, right) {
        (Some(mut left), Some(right)) => {
            for (left, right) in left.iter_mut().zip(&right) {
                *left &= right;
            }
            Some(left)
        }
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// For all singles: calculating starts from the decimal number that the text shows.
        #[test]
        fn a_single_counts_as_its_text(value: f32, cents in -1_000_000_i32..1_000_000) {
            for value in [value, cents as f32 / 100.0] {
                prop_assume!(value.is_finite());
                let mut text = Vec::new();
                crate::display::write_float32(value, &mut text);
                let expected: f64 = std::str::from_utf8(&text).unwrap().parse().unwrap();
                prop_assert_eq!(shown_number(value), expected);
            }
        }
    }
}
