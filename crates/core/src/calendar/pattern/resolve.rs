//! Field values to an instant.
//!
//! Dates and hours are found by trial: the first candidate on which every given field has the given
//! value. So any set of fields works (`YYYY-'W'ww-e`, `yyyy DDD`, `h B`), what is said twice must
//! agree, and what is left open is the first that fits. A pattern with month and day tries two
//! dates at most; without them it is two years of days, for a few values of a model.

use super::{
    moment::Moment,
    part::Field,
    read::{ReadError, Values},
};
use crate::calendar::{MICROS_PER_SECOND, civil, days_from_civil};

/// The instant of the values in microseconds, UTC.
pub(super) fn instant(values: &Values) -> Result<i64, ReadError> {
    let time = time(values)?;
    let days = date(values)?;
    let offset = i64::from(values.offset_seconds.unwrap_or(0)) * MICROS_PER_SECOND;
    civil::instant_from_days(days, time - offset).ok_or(ReadError::Range)
}

const fn is_of_time(field: Field) -> bool {
    matches!(
        field,
        Field::HalfDay
            | Field::DayPeriod
            | Field::Hour
            | Field::ClockHour
            | Field::HourOfHalf
            | Field::ClockHourOfHalf
            | Field::Minute
            | Field::Second
            | Field::Micro
            | Field::NanoOfSecond
            | Field::MilliOfDay
            | Field::NanoOfDay
    )
}

/// Whether every given field of the date or of the time is what the moment has.
fn agrees(values: &Values, moment: &Moment, of_time: bool) -> bool {
    let mut fields = values.fields.iter().filter(|(field, _)| is_of_time(*field) == of_time);
    fields.all(|(field, value)| moment.value(*field) == *value)
}

fn conflict(values: &Values, of_time: bool) -> ReadError {
    let given: Vec<_> = values
        .fields
        .iter()
        .filter(|(field, _)| is_of_time(*field) == of_time)
        .map(|(field, value)| format!("{} {}", field.name(), field.shown(*value)))
        .collect();
    let what = if of_time { "time" } else { "date" };
    ReadError::Conflict { what, values: given.join(", ") }
}

/// Microseconds since midnight.
fn time(values: &Values) -> Result<i64, ReadError> {
    let given = |field| values.get(field);
    let micro = given(Field::Micro)
        .or_else(|| given(Field::NanoOfSecond).map(|nanos| nanos / 1_000))
        .unwrap_or(0);
    let candidate = |micros: i64| agrees(values, &Moment::new(0, micros), true).then_some(micros);
    if let Some(nanos) = given(Field::NanoOfDay) {
        return candidate(nanos / 1_000).ok_or_else(|| conflict(values, true));
    }
    if let Some(millis) = given(Field::MilliOfDay) {
        return candidate(millis * 1_000 + micro % 1_000).ok_or_else(|| conflict(values, true));
    }
    let second = given(Field::Second).unwrap_or(0);
    // Only midnight and noon depend on the minute, and they are over with the first one.
    let minutes = given(Field::Minute).map_or(0..=1, |minute| minute..=minute);
    let candidates = (0..24).flat_map(|hour| minutes.clone().map(move |minute| hour * 60 + minute));
    candidates
        .map(|minute| (minute * 60 + second) * MICROS_PER_SECOND + micro)
        .find_map(candidate)
        .ok_or_else(|| conflict(values, true))
}

/// Days since 1970-01-01.
fn date(values: &Values) -> Result<i32, ReadError> {
    let given = |field| values.get(field);
    if let Some(julian) = given(Field::JulianDay) {
        let days = julian - 40_587;
        // The range of the field keeps the day within `i32`.
        let moment = Moment::new(days as i32, 0);
        return agrees(values, &moment, false)
            .then_some(moment.days)
            .ok_or_else(|| conflict(values, false));
    }
    let of_era = given(Field::YearOfEra)
        .map(|year| if given(Field::Era) == Some(0) { 1 - year } else { year });
    let years = match (given(Field::Year).or(of_era), given(Field::WeekYear)) {
        (Some(year), _) => [year, year],
        // The last days of December can belong to the week-based year that follows.
        (None, Some(year)) => [year, year - 1],
        (None, None) => [1_970, 1_970],
    };
    let one_or = |field, last: i64| given(field).map_or(1..=last, |value| value..=value);
    for year in years {
        for month in one_or(Field::Month, 12) {
            for day in one_or(Field::DayOfMonth, 31) {
                // All three lie in their fields' ranges.
                let days = days_from_civil(year as i32, month as u32, day as u32);
                let moment = days.map(|days| Moment::new(days, 0));
                if let Some(moment) = moment.filter(|moment| agrees(values, moment, false)) {
                    return Ok(moment.days);
                }
            }
        }
    }
    Err(conflict(values, false))
}
