//! What a compiled pattern consists of: its parts, and the fields of an instant that they name.
//!
//! Plain data; reading, writing and compiling are siblings.

/// One element of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Text as it stands.
    Literal(Box<str>),
    /// A number with zeros to its left up to `min` digits.
    Number { field: Field, min: u8, max: u8, sign: Sign },
    /// The last two digits of a year; read as 2000 to 2099.
    TwoDigits(Field),
    /// The first digits of the second's fraction, 1 to 9 of them.
    Fraction(u8),
    /// A name of the field's value.
    Name(Names, Style),
    /// The offset from UTC or the zone's name.
    Zone(Zone),
    /// A part with blanks to its left up to `width` characters.
    Padded { width: u8, part: Box<Part> },
    /// A section in brackets: always written, but it may be missing when read.
    Section(Vec<Part>),
}

/// How a [`Part::Number`] treats its sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// `-` before a negative number.
    Normal,
    /// As [`Normal`](Self::Normal), and `+` before a number longer than the minimum width.
    ExceedsPad,
    /// The number is never negative.
    Never,
}

/// A field of an instant: something with a whole number as value. First those of a day, then those within one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    /// 0 before Christ, 1 after.
    Era,
    /// The astronomical year: 0 is 1 BC.
    Year,
    YearOfEra,
    WeekYear,
    Quarter,
    Month,
    Week,
    WeekOfMonth,
    DayOfMonth,
    DayOfYear,
    /// Which day of a seven-day group that starts on the first of the month: 1 to 7.
    AlignedDay,
    /// Sunday is 1.
    Weekday,
    /// Days since 1858-11-17.
    JulianDay,
    /// 0 in the morning, 1 in the afternoon.
    HalfDay,
    /// Index into [`DayPeriod`](Names::DayPeriod)'s names.
    DayPeriod,
    /// 0 to 23.
    Hour,
    /// 1 to 24.
    ClockHour,
    /// 0 to 11.
    HourOfHalf,
    /// 1 to 12.
    ClockHourOfHalf,
    Minute,
    Second,
    /// Microsecond of the second.
    Micro,
    NanoOfSecond,
    MilliOfDay,
    NanoOfDay,
}

impl Part {
    /// Whether the part is the same all day long.
    pub(super) fn is_of_days(&self) -> bool {
        match self {
            Self::Literal(_) | Self::TwoDigits(_) | Self::Zone(_) => true,
            Self::Number { field, .. } => field.is_of_days(),
            Self::Fraction(_) => false,
            Self::Name(names, _) => names.field().is_of_days(),
            Self::Padded { part, .. } => part.is_of_days(),
            Self::Section(parts) => parts.iter().all(Self::is_of_days),
        }
    }
}

impl Field {
    /// Whether the field is the same all day long.
    pub(super) fn is_of_days(self) -> bool {
        self <= Self::JulianDay
    }

    /// The smallest and the largest value there is.
    pub(super) const fn range(self) -> (i64, i64) {
        match self {
            Self::Era | Self::HalfDay => (0, 1),
            // The years that an instant can hold, rounded outwards.
            Self::Year | Self::WeekYear => (-300_000, 300_000),
            Self::YearOfEra => (1, 300_000),
            Self::Quarter => (1, 4),
            Self::Month | Self::ClockHourOfHalf => (1, 12),
            Self::Week => (1, 53),
            Self::WeekOfMonth => (1, 6),
            Self::DayOfMonth => (1, 31),
            Self::DayOfYear => (1, 366),
            Self::AlignedDay | Self::Weekday => (1, 7),
            Self::JulianDay => (-110_000_000, 110_000_000),
            Self::DayPeriod => (0, 5),
            Self::Hour => (0, 23),
            Self::ClockHour => (1, 24),
            Self::HourOfHalf => (0, 11),
            Self::Minute | Self::Second => (0, 59),
            Self::Micro => (0, 999_999),
            Self::NanoOfSecond => (0, 999_999_999),
            Self::MilliOfDay => (0, 86_399_999),
            Self::NanoOfDay => (0, 86_399_999_999_999),
        }
    }

    /// What a message calls it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Era => "era",
            Self::Year | Self::YearOfEra => "year",
            Self::WeekYear => "week-based year",
            Self::Quarter => "quarter",
            Self::Month => "month",
            Self::Week => "week",
            Self::WeekOfMonth => "week of month",
            Self::DayOfMonth => "day",
            Self::DayOfYear => "day of year",
            Self::AlignedDay => "aligned day",
            Self::Weekday => "weekday",
            Self::JulianDay => "modified Julian day",
            Self::HalfDay => "half of the day",
            Self::DayPeriod => "period of the day",
            Self::Hour => "hour (0 to 23)",
            Self::ClockHour => "hour (1 to 24)",
            Self::HourOfHalf => "hour (0 to 11)",
            Self::ClockHourOfHalf => "hour (1 to 12)",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::Micro => "fraction of a second",
            Self::NanoOfSecond => "nanosecond",
            Self::MilliOfDay => "millisecond of the day",
            Self::NanoOfDay => "nanosecond of the day",
        }
    }
}

/// A field whose values have names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    Era,
    Quarter,
    Month,
    Weekday,
    HalfDay,
    DayPeriod,
}

/// How long a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Short,
    Full,
    Narrow,
}

/// A form of the offset or the zone; the zone is always UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    /// `Z`: `z`, `VV`, `v`, `X` to `XXXXX`, `ZZZZZ`.
    Letter,
    /// `GMT`: `O`, `OOOO`, `ZZZZ`.
    Greenwich,
    /// `+00`: `x`.
    Hours,
    /// `+0000`: `Z` to `ZZZ`, `xx`, `xxxx`.
    Digits,
    /// `+00:00`: `xxx`, `xxxxx`.
    Colon,
}

impl Zone {
    /// How UTC looks in this form.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Letter => "Z",
            Self::Greenwich => "GMT",
            Self::Hours => "+00",
            Self::Digits => "+0000",
            Self::Colon => "+00:00",
        }
    }
}
