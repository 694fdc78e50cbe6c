//! American English names, as Java's CLDR data has them.
//!
//! Standalone forms (`L`, `q`, `c`) equal the others in this language.

use super::part::{Field, Names, Style};

static MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
static MONTHS_SHORT: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
static MONTHS_NARROW: [&str; 12] = ["J", "F", "M", "A", "M", "J", "J", "A", "S", "O", "N", "D"];
static WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
static WEEKDAYS_SHORT: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
static WEEKDAYS_NARROW: [&str; 7] = ["S", "M", "T", "W", "T", "F", "S"];
static QUARTERS: [&str; 4] = ["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"];
static QUARTERS_SHORT: [&str; 4] = ["Q1", "Q2", "Q3", "Q4"];
static QUARTERS_NARROW: [&str; 4] = ["1", "2", "3", "4"];
static ERAS: [&str; 2] = ["Before Christ", "Anno Domini"];
static ERAS_SHORT: [&str; 2] = ["BC", "AD"];
static ERAS_NARROW: [&str; 2] = ["B", "A"];
static HALVES: [&str; 2] = ["AM", "PM"];
static PERIODS: [&str; 6] =
    ["midnight", "at night", "in the morning", "noon", "in the afternoon", "in the evening"];
static PERIODS_NARROW: [&str; 6] =
    ["mi", "at night", "in the morning", "n", "in the afternoon", "in the evening"];

impl Names {
    /// The names in the order of the field's values.
    pub(super) fn table(self, style: Style) -> &'static [&'static str] {
        match (self, style) {
            (Self::Month, Style::Full) => &MONTHS,
            (Self::Month, Style::Short) => &MONTHS_SHORT,
            (Self::Month, Style::Narrow) => &MONTHS_NARROW,
            (Self::Weekday, Style::Full) => &WEEKDAYS,
            (Self::Weekday, Style::Short) => &WEEKDAYS_SHORT,
            (Self::Weekday, Style::Narrow) => &WEEKDAYS_NARROW,
            (Self::Quarter, Style::Full) => &QUARTERS,
            (Self::Quarter, Style::Short) => &QUARTERS_SHORT,
            (Self::Quarter, Style::Narrow) => &QUARTERS_NARROW,
            (Self::Era, Style::Full) => &ERAS,
            (Self::Era, Style::Short) => &ERAS_SHORT,
            (Self::Era, Style::Narrow) => &ERAS_NARROW,
            (Self::HalfDay, _) => &HALVES,
            (Self::DayPeriod, Style::Full | Style::Short) => &PERIODS,
            (Self::DayPeriod, Style::Narrow) => &PERIODS_NARROW,
        }
    }

    /// The field that the names stand for.
    pub(super) const fn field(self) -> Field {
        match self {
            Self::Era => Field::Era,
            Self::Quarter => Field::Quarter,
            Self::Month => Field::Month,
            Self::Weekday => Field::Weekday,
            Self::HalfDay => Field::HalfDay,
            Self::DayPeriod => Field::DayPeriod,
        }
    }

    /// The value of the first name in the [`table`](Self::table).
    pub(super) const fn first(self) -> i64 {
        self.field().range().0
    }
}

impl Field {
    /// A value as a message shows it: weekdays and the like by name.
    pub(super) fn shown(self, value: i64) -> String {
        let named = [Names::Weekday, Names::Era, Names::HalfDay, Names::DayPeriod];
        named
            .into_iter()
            .find(|names| names.field() == self)
            .and_then(|names| names.table(Style::Full).get((value - names.first()) as usize))
            .map_or_else(|| value.to_string(), |name| (*name).to_owned())
    }
}
