//! Schedules: when a command runs again.
//!
//! A pure calculation over points in time; it knows no clock, no thread and no store.

use chrono::{DateTime, TimeDelta, Utc};
use croner::Cron;
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};

/// Seconds between two runs when a schedule names none.
pub const DEFAULT_DELAY_SECONDS: u64 = 60;

/// Longest delay: a hundred years.
const MAX_DELAY_SECONDS: u64 = 100 * 366 * 86_400;

/// When a command runs again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// The first run at once, each other one this many seconds after the end of the one before.
    Delay {
        /// Seconds between end and start.
        seconds: u64,
    },
    /// At the times of a cron expression, in UTC.
    Cron {
        /// Five parts (minute, hour, day, month, weekday), a part for seconds before them if need be.
        expression: String,
    },
}

/// Why there is no such schedule.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// The delay is too long to be meant.
    #[error("delay of {seconds} seconds is above {MAX_DELAY_SECONDS}")]
    LongDelay {
        /// The delay.
        seconds: u64,
    },
    /// The cron expression cannot be read, or has no time to come.
    #[error(
        "cron expression `{expression}`: {reason}, expected five parts such as `*/15 * * * *` \
         (minute, hour, day of month, month, day of week)"
    )]
    Cron {
        /// The expression.
        expression: String,
        /// What the parser said.
        reason: String,
    },
    /// Two answers to one question.
    #[error(
        "both a delay of {seconds} seconds and the cron expression `{expression}` are given, expected one of them"
    )]
    DelayAndCron {
        /// The delay.
        seconds: u64,
        /// The expression.
        expression: String,
    },
}

impl Schedule {
    /// The schedule that a request asks for. A delay or an expression alone implies `scheduled`;
    /// `scheduled` alone means a minute; `scheduled=false` with a delay means none.
    ///
    /// # Errors
    ///
    /// [`ScheduleError`].
    pub fn from_parameters(
        scheduled: Option<bool>,
        delay_seconds: Option<u64>,
        cron: Option<&str>,
    ) -> Result<Option<Self>, ScheduleError> {
        let cron = cron.map(str::trim).filter(|expression| !expression.is_empty());
        if scheduled == Some(false) {
            return Ok(None);
        }
        let schedule = match (delay_seconds, cron) {
            (Some(seconds), Some(expression)) => {
                let expression = crate::problems::excerpt(expression);
                return Err(ScheduleError::DelayAndCron { seconds, expression });
            }
            (None, Some(expression)) => Self::Cron { expression: expression.to_owned() },
            (Some(seconds), None) => Self::Delay { seconds },
            (None, None) if scheduled == Some(true) => {
                Self::Delay { seconds: DEFAULT_DELAY_SECONDS }
            }
            (None, None) => return Ok(None),
        };
        schedule.check(Utc::now())?;
        Ok(Some(schedule))
    }

    /// Whether there is a run after `now`.
    ///
    /// # Errors
    ///
    /// [`ScheduleError`], saying why not.
    pub fn check(&self, now: DateTime<Utc>) -> Result<(), ScheduleError> {
        match self {
            Self::Delay { seconds } if *seconds > MAX_DELAY_SECONDS => {
                Err(ScheduleError::LongDelay { seconds: *seconds })
            }
            Self::Delay { .. } => Ok(()),
            Self::Cron { expression } => next_time(expression, now).map(drop),
        }
    }

    /// The time of the first run of a command accepted at `now`; `None`: at once.
    pub fn first_run(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Delay { .. } => None,
            Self::Cron { expression } => next_time(expression, now).ok(),
        }
    }

    /// The time of the run after one that was due at `due` and ended at `finished`.
    ///
    /// Times that passed while it ran count as one, which is due at once. `None`: never again.
    pub fn next_run(
        &self,
        due: Option<DateTime<Utc>>,
        finished: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        match self {
            Self::Delay { seconds } => {
                finished.checked_add_signed(TimeDelta::try_seconds(i64::try_from(*seconds).ok()?)?)
            }
            Self::Cron { expression } => {
                let next = next_time(expression, due.unwrap_or(finished)).ok()?;
                Some(next.max(finished))
            }
        }
    }
}

/// The first time of `expression` after `from`.
fn next_time(expression: &str, from: DateTime<Utc>) -> Result<DateTime<Utc>, ScheduleError> {
    parse(expression).and_then(|cron| cron.find_next_occurrence(&from, false)).map_err(|error| {
        ScheduleError::Cron {
            expression: crate::problems::excerpt(expression),
            reason: reason(&error),
        }
    })
}

fn parse(expression: &str) -> Result<Cron, CronError> {
    /// No meaningful expression is longer, and a hostile one is not parsed.
    const LONGEST: usize = 200;
    if expression.len() > LONGEST {
        return Err(CronError::InvalidPattern("it is too long".to_owned()));
    }
    let parser = CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build();
    parser.parse(expression)
}

/// What is wrong, in our spelling.
fn reason(error: &CronError) -> String {
    match error {
        CronError::EmptyPattern => "it is empty".to_owned(),
        CronError::InvalidDate | CronError::InvalidTime | CronError::TimeSearchLimitExceeded => {
            "there is no such time".to_owned()
        }
        CronError::InvalidPattern(text) if text.contains("fields") => {
            "it does not have 5 or 6 parts".to_owned()
        }
        CronError::InvalidPattern(text)
        | CronError::IllegalCharacters(text)
        | CronError::ComponentError(text) => text.trim_end_matches('.').to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn cron(expression: &str) -> Schedule {
        Schedule::Cron { expression: expression.to_owned() }
    }

    #[test]
    fn a_delay_implies_a_schedule_and_a_schedule_has_a_delay() {
        let read = |scheduled, delay, cron| Schedule::from_parameters(scheduled, delay, cron);
        assert_eq!(read(None, None, None).unwrap(), None);
        assert_eq!(read(None, Some(5), None).unwrap(), Some(Schedule::Delay { seconds: 5 }));
        assert_eq!(read(Some(true), None, None).unwrap(), Some(Schedule::Delay { seconds: 60 }));
        assert_eq!(read(Some(false), Some(5), None).unwrap(), None);
        assert_eq!(read(None, None, Some("@hourly")).unwrap(), Some(cron("@hourly")));
        assert!(read(None, Some(u64::MAX), None).is_err());
        assert!(read(None, Some(1), Some("* * * * *")).is_err());
    }

    #[test]
    fn a_broken_expression_is_explained() {
        let refused = |expression| {
            Schedule::from_parameters(None, None, Some(expression)).unwrap_err().to_string()
        };
        insta::assert_snapshot!(refused("61 * * * *"), @"cron expression `61 * * * *`: number out of bounds, expected five parts such as `*/15 * * * *` (minute, hour, day of month, month, day of week)");
        insta::assert_snapshot!(refused("soon"), @"cron expression `soon`: it does not have 5 or 6 parts, expected five parts such as `*/15 * * * *` (minute, hour, day of month, month, day of week)");
        insta::assert_snapshot!(refused("0 0 30 2 *"), @"cron expression `0 0 30 2 *`: there is no such time, expected five parts such as `*/15 * * * *` (minute, hour, day of month, month, day of week)");
        assert!(refused(&"*".repeat(100_000)).len() < 400);
    }

    #[test]
    fn a_delay_counts_from_the_end() {
        let end = time("2026-01-31T12:00:07Z");
        let next = Schedule::Delay { seconds: 60 }.next_run(None, end);
        assert_eq!(next, Some(time("2026-01-31T12:01:07Z")));
    }

    #[test]
    fn missed_times_count_as_one() {
        let quarter = cron("*/15 * * * *");
        let due = time("2026-01-31T12:00:00Z");
        let first = quarter.first_run(time("2026-01-31T11:50:00Z"));
        assert_eq!(first, Some(due));
        let quick = quarter.next_run(Some(due), time("2026-01-31T12:00:01Z"));
        assert_eq!(quick, Some(time("2026-01-31T12:15:00Z")));
        let slow = time("2026-01-31T12:50:00Z");
        assert_eq!(quarter.next_run(Some(due), slow), Some(slow));
        assert_eq!(quarter.next_run(Some(slow), slow), Some(time("2026-01-31T13:00:00Z")));
    }
}
