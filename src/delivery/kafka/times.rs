//! The times of messages: milliseconds of a field, and how far back a topic keeps them.

use crate::columns::{Column, Values};
use crate::formats::EncodeError;

/// Settings of a topic that say what it keeps.
pub(super) const SETTINGS: [&str; 3] = ["retention.ms", "cleanup.policy", "message.timestamp.type"];

const DAY: i64 = 86_400_000;

/// Milliseconds since 1970 of points in time and dates; those of nulls are what stands there.
pub(super) fn milliseconds(column: &Column) -> Option<Vec<i64>> {
    Some(match &column.values {
        Values::Instant(micros) => micros.iter().map(|micros| micros.div_euclid(1_000)).collect(),
        Values::EpochMillis(millis) => millis.clone(),
        Values::Date(days) => days.iter().map(|days| i64::from(*days) * DAY).collect(),
        _ => return None,
    })
}

/// How far back a topic keeps messages by their own times: what is older is taken, and deleted within minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept {
    now: i64,
    retention: i64,
}

impl Kept {
    /// What `settings` of a topic mean at `now`; none where nothing is deleted by messages' own times.
    pub(super) fn of(settings: &[(String, Option<String>)], now: i64) -> Option<Self> {
        let value = |name: &str| {
            let found = settings.iter().find(|(found, _)| found == name);
            found.and_then(|(_, value)| value.as_deref())
        };
        let deletes = value("cleanup.policy").is_some_and(|policies| policies.contains("delete"));
        let is_own = value("message.timestamp.type").is_none_or(|kind| kind == "CreateTime");
        let retention = value("retention.ms")?.parse().ok().filter(|retention| *retention >= 0)?;
        (deletes && is_own).then_some(Self { now, retention })
    }

    /// Refuses `times` of rows from `first_row` on that the topic would delete.
    pub(super) fn check(
        self,
        times: &[i64],
        first_row: u64,
        setting: &str,
    ) -> Result<(), EncodeError> {
        let is_lost = |time: &i64| self.now.saturating_sub(*time) > self.retention;
        let Some(row) = times.iter().position(is_lost) else { return Ok(()) };
        let back = self.now.saturating_sub(times[row]) / DAY;
        let reason = format!(
            "its time lies {back} days back, and the topic deletes messages after {} days (`retention.ms`): give the \
             topic `retention.ms=-1` or `message.timestamp.type=LogAppendTime`, or leave `{setting}` out",
            self.retention / DAY
        );
        Err(EncodeError::Value { column: setting.to_owned(), row: first_row + row as u64, reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_topic_would_delete_is_refused() {
        let settings = |policy: &str, kind: &str, retention: &str| -> Vec<_> {
            let all = [
                ("cleanup.policy", policy),
                ("message.timestamp.type", kind),
                ("retention.ms", retention),
            ];
            all.map(|(name, value)| (name.to_owned(), Some(value.to_owned()))).into()
        };
        let kept = |settings: &[(String, Option<String>)]| Kept::of(settings, 10 * DAY);
        let week = (7 * DAY).to_string();
        assert_eq!(kept(&settings("delete", "CreateTime", "-1")), None);
        assert_eq!(kept(&settings("compact", "CreateTime", &week)), None);
        assert_eq!(kept(&settings("delete", "LogAppendTime", &week)), None);
        assert_eq!(kept(&[]), None);
        let kept = kept(&settings("compact,delete", "CreateTime", &week)).unwrap();
        kept.check(&[3 * DAY, 20 * DAY], 0, "T").unwrap();
        let error = kept.check(&[4 * DAY, 2 * DAY], 100, "T").unwrap_err();
        assert_eq!(
            error.to_string(),
            "column `T`, row 101: its time lies 8 days back, and the topic deletes messages after 7 days \
             (`retention.ms`): give the topic `retention.ms=-1` or `message.timestamp.type=LogAppendTime`, or leave \
             `T` out"
        );
    }
}
