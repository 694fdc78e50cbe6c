//! Dates and points in time as text: `calendar`'s digits, and its long way for what has no constant width.
//!
//! Knows nothing of columns.

use super::cursor::Cursor;
use super::{DateForm, digits};
use crate::calendar::{MICROS_PER_SECOND, text};

/// Writes a date.
#[inline(always)]
pub(super) fn date(cursor: &mut Cursor<'_>, days: i32, form: DateForm) {
    let digits = match form {
        DateForm::Slashes => text::slash_date_fixed(days),
        DateForm::Iso => text::iso_date_fixed(days),
    };
    match digits {
        Some(digits) => cursor.put(&digits, 10),
        None => cursor.long(&far_date(days, form)),
    }
}

/// Writes a point in time: `2024-12-31T23:59:59Z`, with three or six digits of a fraction that is not zero.
#[inline(always)]
pub(super) fn instant(cursor: &mut Cursor<'_>, micros: i64) {
    // Floor, not truncation: before 1970 a fraction counts upwards too.
    let fraction = micros.rem_euclid(MICROS_PER_SECOND);
    // The first second of an i64 begins below what it holds.
    let Some(digits) = micros.checked_sub(fraction).and_then(text::iso_instant_fixed) else {
        cursor.long(&far_instant(micros));
        return;
    };
    if fraction == 0 {
        return cursor.put(&digits, 20);
    }
    cursor.put(&digits, 19);
    cursor.put(b".", 1);
    digits::six(cursor, fraction as u32, if fraction % 1_000 == 0 { 3 } else { 6 });
    cursor.put(b"Z", 1);
}

/// A date beyond the years 0 to 9999.
#[inline(never)]
fn far_date(days: i32, form: DateForm) -> Vec<u8> {
    let mut long = Vec::new();
    match form {
        DateForm::Slashes => text::slash_date(days, &mut long),
        DateForm::Iso => text::iso_date(days, &mut long),
    }
    long
}

/// A point in time beyond the years 0 to 9999.
#[inline(never)]
fn far_instant(micros: i64) -> Vec<u8> {
    let mut long = Vec::new();
    text::iso_instant(micros, &mut long);
    long
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text_rows::cursor::written;

    /// `calendar`'s text.
    fn defined(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    proptest! {
        /// For all dates, near and far, before and after 1970.
        #[test]
        fn dates_agree_with_the_calendar(any: i32, near in -800_000..3_000_000_i32) {
            for days in [any, near] {
                let slashes = defined(|out| text::slash_date(days, out));
                prop_assert_eq!(written(|cursor| date(cursor, days, DateForm::Slashes)), slashes);
                let iso = defined(|out| text::iso_date(days, out));
                prop_assert_eq!(written(|cursor| date(cursor, days, DateForm::Iso)), iso);
            }
        }

        /// For all instants, and those that are whole milliseconds, seconds, minutes or days.
        #[test]
        fn instants_agree_with_the_calendar(
            any: i64,
            near in -63_000_000_000_000_000..260_000_000_000_000_000_i64,
            unit in prop::sample::select(vec![1, 1_000, 1_000_000, 60_000_000, 86_400_000_000]),
        ) {
            for micros in [any / unit * unit, near / unit * unit] {
                let utc = defined(|out| text::iso_instant(micros, out));
                prop_assert_eq!(written(|cursor| instant(cursor, micros)), utc);
            }
        }
    }
}
