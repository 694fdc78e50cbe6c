//! Days since 1970-01-01 to year, month and day, and back; weekdays and weeks.
//!
//! The conversions are Euclidean affine functions: Neri and Schneider, "Euclidean affine functions
//! and their application to calendar algorithms" (Software: Practice and Experience, 2023), the
//! successor of Hinnant's `chrono`-compatible algorithms. Multiplications and shifts, no branch that
//! data decides. Widened to 64 bits so that every `i32` has its date (years -5877641 to 5881580).
//!
//! Knows nothing of text.

use super::MICROS_PER_DAY;

/// Whole 400-year cycles added before the division, so that every `i32` becomes positive.
const CYCLES: i64 = 14_700;
/// Days of one 400-year cycle.
const CYCLE_DAYS: i64 = 146_097;
/// Days from 0000-03-01, where the computational calendar starts, to 1970-01-01.
const EPOCH_SHIFT: i64 = 719_468;
/// Years that [`CYCLES`] adds.
const YEAR_SHIFT: i32 = 400 * CYCLES as i32;

/// The year, month (1 to 12) and day (1 to 31) of a date.
///
/// The year is astronomical: 0 is 1 BC, -1 is 2 BC.
#[inline]
pub(crate) const fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let shifted = (days as i64 + EPOCH_SHIFT + CYCLES * CYCLE_DAYS) as u64;
    // Century and day of the century; the year starts on 1 March.
    let quarters = 4 * shifted + 3;
    let century = (quarters / CYCLE_DAYS as u64) as u32;
    let day_of_century = (quarters % CYCLE_DAYS as u64) as u32 / 4;
    // Year and day of the year: 2939745 / 2^32 is 1 / 1461, the high word is the quotient.
    let product = 2_939_745 * (4 * day_of_century + 3) as u64;
    let year_of_century = (product >> 32) as u32;
    let day_of_year = (product as u32) / 2_939_745 / 4;
    // Month and day: 2141 / 2^16 is about 1 / 30.61, the mean length of the months from March on.
    let linear = 2_141 * day_of_year + 197_913;
    let month = linear >> 16;
    let day = (linear & 0xffff) / 2_141;
    let next_year = (day_of_year >= 306) as u32;
    let year = (100 * century + year_of_century + next_year) as i32 - YEAR_SHIFT;
    (year, month - 12 * next_year, day + 1)
}

/// Days from 0000-01-01 to 1970-01-01.
pub(super) const DAYS_BEFORE_EPOCH: u32 = 719_528;
/// Days of the years 0 to 9999.
pub(super) const FOUR_DIGIT_DAYS: u32 = 3_652_425;

/// The year and the day of the year that starts on 1 March (0 to 365) of a day since 0000-01-01.
///
/// For the writers: day is below [`FOUR_DIGIT_DAYS`], all is 32 bits wide, and a table knows month
/// and day. January and February have the days from 306 on, and are counted to their own year.
#[inline(always)]
pub(super) const fn march_date(day: u32) -> (u32, u32) {
    // One cycle is added, so that January and February of year 0 are not negative.
    let quarters = 4 * (day + CYCLE_DAYS as u32 - 60) + 3;
    let century = quarters / CYCLE_DAYS as u32;
    let product = 2_939_745 * ((quarters % CYCLE_DAYS as u32) | 3) as u64;
    let year_of_century = (product >> 32) as u32;
    let day_of_year = (product as u32) / 2_939_745 / 4;
    let next_year = (day_of_year >= 306) as u32;
    (100 * century + year_of_century + next_year - 400, day_of_year)
}

/// The date of a year, month and day; `None` when there is no such day or it is beyond `i32`.
#[inline]
pub(crate) const fn days_from_civil(year: i32, month: u32, day: u32) -> Option<i32> {
    if month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let before_march = (month <= 2) as i64;
    let shifted_year = year as i64 - before_march;
    let shifted_month = month as i64 + 12 * before_march;
    let century = shifted_year.div_euclid(100);
    let year_days = 1_461 * shifted_year.div_euclid(4) + 365 * shifted_year.rem_euclid(4);
    let month_days = (979 * shifted_month - 2_919) >> 5;
    let days =
        year_days - century + century.div_euclid(4) + month_days + day as i64 - 1 - EPOCH_SHIFT;
    if days < i32::MIN as i64 || days > i32::MAX as i64 { None } else { Some(days as i32) }
}

/// Whether February has 29 days.
#[inline]
pub(crate) const fn is_leap_year(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days in a month; 0 for a month outside 1 to 12.
#[inline]
pub(crate) const fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + is_leap_year(year) as u32,
        _ => 0,
    }
}

/// The ISO weekday: Monday is 1, Sunday is 7.
#[inline]
pub(crate) const fn iso_weekday(days: i32) -> u32 {
    // 1970-01-01 was a Thursday.
    (days as i64 + 3).rem_euclid(7) as u32 + 1
}

/// The American weekday: Sunday is 1, Saturday is 7.
#[inline]
pub(crate) const fn us_weekday(days: i32) -> u32 {
    (days as i64 + 4).rem_euclid(7) as u32 + 1
}

/// The day of the year, 1 to 366.
#[inline]
pub(crate) const fn day_of_year(days: i32) -> u32 {
    let (year, month, day) = civil_from_days(days);
    ordinal(year, month, day)
}

/// The day of the year of a valid year, month and day.
#[inline]
pub(super) const fn ordinal(year: i32, month: u32, day: u32) -> u32 {
    if month <= 2 {
        31 * (month - 1) + day
    } else {
        ((979 * month - 2_919) >> 5) + 59 + is_leap_year(year) as u32 + day
    }
}

/// American week: the week-based year and the week, 1 to 53.
///
/// Weeks start on Sunday; week 1 is the one that holds 1 January. What Java's `YYYY` and `ww` mean
/// in `Locale.US`: 2024-12-30 lies in week 1 of 2025.
pub(crate) const fn us_week(days: i32) -> (i32, u32) {
    // The Saturday of this week lies in the year that the week belongs to.
    let saturday = days.saturating_add(7 - us_weekday(days) as i32);
    let (year, ..) = civil_from_days(saturday);
    (year, (day_of_year(saturday) - 1) / 7 + 1)
}

/// American week of the month, 1 to 6: weeks start on Sunday, week 1 is the one that holds the 1st.
pub(crate) const fn us_week_of_month(days: i32) -> u32 {
    let (_, _, day) = civil_from_days(days);
    (day + 6 + 7 - us_weekday(days)) / 7
}

/// The date of an instant and the microseconds since its midnight, `0..MICROS_PER_DAY`.
#[inline]
pub(crate) const fn split_instant(micros: i64) -> (i32, i64) {
    // i64::MAX microseconds are about 107 million days.
    (micros.div_euclid(MICROS_PER_DAY) as i32, micros.rem_euclid(MICROS_PER_DAY))
}

/// The instant `micros_of_day` after midnight of a date; `None` beyond `i64`.
#[inline]
pub(crate) const fn instant_from_days(days: i32, micros_of_day: i64) -> Option<i64> {
    // The sum is made in 128 bits: the first day of `i64` begins before its first microsecond.
    let micros = days as i128 * MICROS_PER_DAY as i128 + micros_of_day as i128;
    if micros < i64::MIN as i128 || micros > i64::MAX as i128 { None } else { Some(micros as i64) }
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, NaiveDate};
    use proptest::prelude::*;

    use super::*;

    /// chrono's date of `days`; it reaches from -262143 to 262142.
    fn referee(days: i32) -> NaiveDate {
        NaiveDate::from_epoch_days(days).unwrap()
    }

    fn check(days: i32) {
        let date = referee(days);
        let (year, month, day) = civil_from_days(days);
        assert_eq!((year, month, day), (date.year(), date.month(), date.day()), "{days}");
        assert_eq!(days_from_civil(year, month, day), Some(days));
        assert_eq!(iso_weekday(days), date.weekday().number_from_monday());
        assert_eq!(us_weekday(days), date.weekday().number_from_sunday());
        assert_eq!(day_of_year(days), date.ordinal());
        // The week's Saturday decides; its ordinal counts whole weeks.
        let saturday = date + chrono::Days::new(u64::from(7 - us_weekday(days)));
        assert_eq!(us_week(days), (saturday.year(), saturday.ordinal().div_ceil(7)));
        let first = date.with_day(1).unwrap();
        let week = (day + first.weekday().num_days_from_sunday()).div_ceil(7);
        assert_eq!(us_week_of_month(days), week);
    }

    #[test]
    fn four_centuries_of_days_agree_with_chrono() {
        let first = days_from_civil(1_799, 12, 1).unwrap();
        let last = days_from_civil(2_200, 2, 1).unwrap();
        (first..=last).for_each(check);
    }

    proptest! {
        #[test]
        fn any_day_that_chrono_knows_agrees(days in -95_000_000..95_000_000_i32) {
            check(days);
        }

        #[test]
        fn every_day_comes_back(days: i32) {
            let (year, month, day) = civil_from_days(days);
            prop_assert_eq!(days_from_civil(year, month, day), Some(days));
            // None of these panics at the ends.
            let _ = (us_week(days), us_week_of_month(days));
        }

        #[test]
        fn impossible_days_are_refused(year: i32, month in 0..20_u32, day in 0..40_u32) {
            if (-262_000..262_000).contains(&year) {
                let expected = NaiveDate::from_ymd_opt(year, month, day).map(|date| date.to_epoch_days());
                prop_assert_eq!(days_from_civil(year, month, day), expected);
            } else {
                let _ = days_from_civil(year, month, day);
            }
        }

        #[test]
        fn every_instant_is_its_day_and_the_rest(micros: i64) {
            let (days, rest) = split_instant(micros);
            prop_assert!((0..MICROS_PER_DAY).contains(&rest));
            prop_assert_eq!(instant_from_days(days, rest), Some(micros));
        }
    }

    #[test]
    fn the_ends_of_the_range_have_dates() {
        assert_eq!(civil_from_days(i32::MIN), (-5_877_641, 6, 23));
        assert_eq!(civil_from_days(i32::MAX), (5_881_580, 7, 11));
        assert_eq!(days_from_civil(5_881_580, 7, 12), None);
        assert_eq!(days_from_civil(i32::MAX, 12, 31), None);
        assert_eq!(instant_from_days(i32::MAX, 0), None);
        for micros in [i64::MIN, i64::MAX] {
            let (days, rest) = split_instant(micros);
            assert_eq!(instant_from_days(days, rest), Some(micros));
        }
        for days in [i32::MIN, i32::MAX] {
            assert!((1..=53).contains(&us_week(days).1));
        }
    }

    #[test]
    fn weeks_turn_with_the_year() {
        let date = |year, month, day| days_from_civil(year, month, day).unwrap();
        assert_eq!(us_week(date(2024, 12, 28)), (2024, 52));
        assert_eq!(us_week(date(2024, 12, 29)), (2025, 1));
        assert_eq!(us_week(date(2024, 12, 30)), (2025, 1));
    }
}
