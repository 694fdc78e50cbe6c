//! Schedules: when a command runs again.
//!
//! A pure calculation over points in time; it knows no clock, no thread and no store.

use chrono::{DateTime, TimeDelta, Utc};
use croner::Cron;
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use serde::{Deserialize, Serialize};

/// Seconds between two runs when a schedule names none.
pub(crate) const DEFAULT_DELAY_SECONDS: u64 = 60;

/// Shortest delay.
const MIN_DELAY_SECONDS: u64 = 1;

/// Longest delay: a hundred years.
const MAX_DELAY_SECONDS: u64 = 100 * 366 * 86_400;

/// When a command runs again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Schedule {
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
pub(crate) enum ScheduleError {
    /// The delay would let the runs follow without a pause, or is too long to be meant.
    #[error(
        "a delay of {seconds} seconds is not possible, expected {MIN_DELAY_SECONDS} to {MAX_DELAY_SECONDS}"
    )]
    Delay {
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
    /// `scheduled` alone means a minute; `scheduled=false` with a delay means none. Whether it has a time to
    /// come is the question of [`check`](Self::check).
    ///
    /// # Errors
    ///
    /// [`ScheduleError`].
    pub(crate) fn from_parameters(
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
        Ok(Some(schedule))
    }

    /// Whether there is a run after `now`.
    ///
    /// # Errors
    ///
    /// [`ScheduleError`], saying why not.
    pub(crate) fn check(&self, now: DateTime<Utc>) -> Result<(), ScheduleError> {
        match self {
            Self::Delay { seconds }
                if (MIN_DELAY_SECONDS..=MAX_DELAY_SECONDS).contains(seconds) =>
            {
                Ok(())
            }
            Self::Delay { seconds } => Err(ScheduleError::Delay { seconds: *seconds }),
            Self::Cron { expression } => next_time(expression, now).map(drop),
        }
    }

    /// The time of the first run of a command accepted at `now`; `None`: at once.
    pub(crate) fn first_run(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Delay { .. } => None,
            Self::Cron { expression } => next_time(expression, now).ok(),
        }
    }

    /// The time of the run after one that began at `started` and ended at `finished`.
    ///
    /// Times that passed before the run began count as that run; those that passed while it ran count as
    /// one, which is due at once. `None`: never again.
    pub(crate) fn next_run(
        &self,
        started: DateTime<Utc>,
        finished: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        match self {
            Self::Delay { seconds } => after(finished, *seconds),
            Self::Cron { expression } => {
                let next = next_time(expression, started.min(finished)).ok()?;
                Some(next.max(finished))
            }
        }
    }

    /// `next_run`, or what the rule allows at most from `now` on, where that is sooner: a time that was
    /// reckoned by a clock which was set back since would not come for long.
    pub(crate) fn not_later(&self, next_run: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
        let latest = match self {
            Self::Delay { seconds } => after(now, *seconds),
            Self::Cron { expression } => next_time(expression, now).ok(),
        };
        latest.map_or(next_run, |latest| latest.min(next_run))
    }
}

fn after(time: DateTime<Utc>, seconds: u64) -> Option<DateTime<Utc>> {
    time.checked_add_signed(TimeDelta::try_seconds(i64::try_from(seconds).ok()?)?)
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
        assert!(read(None, Some(1), Some("* * * * *")).is_err());
    }

    #[test]
    fn a_broken_expression_is_explained() {
        let refused = |expression| {
            cron(expression).check(time("2026-01-31T12:00:00Z")).unwrap_err().to_string()
        };
        insta::assert_snapshot!(refused("61 * * * *"), @"cron expression `61 * * * *`: number out of bounds, expected five parts such as `*/15 * * * *` (minute, hour, day of month, month, day of week)");
        insta::assert_snapshot!(refused("soon"), @"cron expression `soon`: it does not have 5 or 6 parts, expected five parts such as `*/15 * * * *` (minute, hour, day of month, month, day of week)");
        insta::assert_snapshot!(refused("0 0 30 2 *"), @"cron expression `0 0 30 2 *`: there is no such time, expected five parts such as `*/15 * * * *` (minute, hour, day of month, month, day of week)");
        assert!(refused(&"*".repeat(100_000)).len() < 400);
    }

    // Issue 9, F8
    #[test]
    fn a_delay_is_at_least_a_second() {
        let now = time("2026-01-31T12:00:00Z");
        assert!(Schedule::Delay { seconds: 1 }.check(now).is_ok());
        let refused = Schedule::Delay { seconds: 0 }.check(now).unwrap_err();
        insta::assert_snapshot!(refused, @"a delay of 0 seconds is not possible, expected 1 to 3162240000");
        assert!(Schedule::Delay { seconds: u64::MAX }.check(now).is_err());
    }

    #[test]
    fn a_delay_counts_from_the_end() {
        let end = time("2026-01-31T12:00:07Z");
        let next = Schedule::Delay { seconds: 60 }.next_run(end, end);
        assert_eq!(next, Some(time("2026-01-31T12:01:07Z")));
    }

    // Issue 9, D2
    #[test]
    fn missed_times_count_as_one() {
        let quarter = cron("*/15 * * * *");
        let due = time("2026-01-31T12:00:00Z");
        let first = quarter.first_run(time("2026-01-31T11:50:00Z"));
        assert_eq!(first, Some(due));
        let quick = quarter.next_run(due, time("2026-01-31T12:00:01Z"));
        assert_eq!(quick, Some(time("2026-01-31T12:15:00Z")));
        let slow = time("2026-01-31T12:50:00Z");
        assert_eq!(quarter.next_run(due, slow), Some(slow), "times passed while it ran");
        let late = time("2026-01-31T14:07:00Z");
        let next = quarter.next_run(late, late + TimeDelta::seconds(1));
        assert_eq!(next, Some(time("2026-01-31T14:15:00Z")), "times passed before it ran");
    }

    // Issue 9, D3
    #[test]
    fn a_time_that_a_wrong_clock_reckoned_is_reckoned_anew() {
        let far = time("2036-11-24T00:00:00Z");
        let now = time("2026-01-31T12:01:00Z");
        let next = cron("*/15 * * * *").not_later(far, now);
        assert_eq!(next, time("2026-01-31T12:15:00Z"));
        assert_eq!(cron("*/15 * * * *").not_later(now, now), now);
        let next = Schedule::Delay { seconds: 60 }.not_later(far, now);
        assert_eq!(next, time("2026-01-31T12:02:00Z"));
    }
}
