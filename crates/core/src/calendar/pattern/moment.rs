//! The fields of one instant.

use super::part::Field;
use crate::calendar::{civil, civil_from_days};

/// An instant taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) days: i32,
    pub(super) year: i32,
    pub(super) month: u32,
    pub(super) day: u32,
    pub(super) hour: u32,
    pub(super) minute: u32,
    pub(super) second: u32,
    /// Microsecond of the second.
    pub(super) micro: u32,
}

impl Moment {
    /// The moment `micros_of_day` microseconds after midnight of a date; less than a day.
    #[inline]
    pub(super) fn new(days: i32, micros_of_day: i64) -> Self {
        let (year, month, day) = civil_from_days(days);
        let seconds = (micros_of_day as u64 / 1_000_000) as u32;
        let micro = (micros_of_day as u64 % 1_000_000) as u32;
        let minutes = seconds / 60;
        let (hour, minute, second) = (minutes / 60, minutes % 60, seconds % 60);
        Self { days, year, month, day, hour, minute, second, micro }
    }

    /// The moment of an instant in UTC.
    #[inline]
    pub(super) fn at(micros: i64) -> Self {
        let (days, micros_of_day) = civil::split_instant(micros);
        Self::new(days, micros_of_day)
    }

    /// The value of a field.
    #[inline]
    pub(super) fn value(&self, field: Field) -> i64 {
        match field {
            Field::Era => i64::from(self.year > 0),
            Field::Year => self.year.into(),
            Field::YearOfEra => {
                let year = i64::from(self.year);
                if year > 0 { year } else { 1 - year }
            }
            Field::WeekYear => civil::us_week(self.days).0.into(),
            Field::Quarter => self.month.div_ceil(3).into(),
            Field::Month => self.month.into(),
            Field::Week => civil::us_week(self.days).1.into(),
            Field::WeekOfMonth => civil::us_week_of_month(self.days).into(),
            Field::DayOfMonth => self.day.into(),
            Field::DayOfYear => civil::ordinal(self.year, self.month, self.day).into(),
            Field::AlignedDay => ((self.day - 1) % 7 + 1).into(),
            Field::Weekday => civil::us_weekday(self.days).into(),
            Field::JulianDay => i64::from(self.days) + 40_587,
            Field::HalfDay => i64::from(self.hour >= 12),
            Field::DayPeriod => self.period(),
            Field::Hour => self.hour.into(),
            Field::ClockHour => {
                if self.hour == 0 {
                    24
                } else {
                    self.hour.into()
                }
            }
            Field::HourOfHalf => (self.hour % 12).into(),
            Field::ClockHourOfHalf => ((self.hour + 11) % 12 + 1).into(),
            Field::Minute => self.minute.into(),
            Field::Second => self.second.into(),
            Field::Micro => self.micro.into(),
            Field::NanoOfSecond => i64::from(self.micro) * 1_000,
            Field::MilliOfDay => self.micro_of_day() / 1_000,
            Field::NanoOfDay => self.micro_of_day() * 1_000,
        }
    }

    fn micro_of_day(&self) -> i64 {
        let seconds = self.hour * 3_600 + self.minute * 60 + self.second;
        i64::from(seconds) * 1_000_000 + i64::from(self.micro)
    }

    /// Midnight and noon last one minute, as in CLDR's rules for English.
    fn period(&self) -> i64 {
        match (self.hour, self.minute) {
            (0, 0) => 0,
            (12, 0) => 3,
            (6..=11, _) => 2,
            (12..=17, _) => 4,
            (18..=20, _) => 5,
            _ => 1,
        }
    }
}
