//! What somebody asks of a command, beside the model: one value from the door to the plan.
//!
//! The door makes an [`Order`], the store writes it as it is, as one JSON column, and the planner reads it.
//! To add a parameter: a field here with its default, its line in the form of `api/datagen.rs`, and the
//! place that heeds it. Orders of older versions are read with the defaults of what they lack.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Schedule;
use crate::delivery;
use crate::secrets::{MASK, Secret, Secrets};

/// What somebody asks of a command, beside the model.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Names of the connectors: as the user gave them, and each once as soon as the command is accepted.
    pub(crate) connectors: Vec<String>,
    /// Rows of a batch.
    #[serde(default = "one")]
    pub(crate) batch_rows: u64,
    /// Batches of a run.
    #[serde(default = "one")]
    pub(crate) batches: u64,
    /// Worker threads.
    #[serde(default = "one")]
    pub threads: u64,
    /// Seed of all random numbers.
    #[serde(default)]
    pub(crate) seed: u64,
    /// The point in time that the model takes for now: microseconds since 1970-01-01T00:00:00Z.
    #[serde(default)]
    pub(crate) now: i64,
    /// Settings of this call: they win over the model's.
    #[serde(default)]
    pub overrides: Vec<(String, String)>,
    /// Names of the settings of this call whose values are secrets, and stored elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) secrets: Vec<String>,
    /// Names of the credentials that it uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) credentials: Vec<String>,
    /// When it runs again.
    #[serde(default)]
    pub(crate) schedule: Option<Schedule>,
}

fn one() -> u64 {
    1
}

/// Without secrets.
impl fmt::Debug for Order {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Order")
            .field("connectors", &self.connectors)
            .field("batch_rows", &self.batch_rows)
            .field("batches", &self.batches)
            .field("threads", &self.threads)
            .field("seed", &self.seed)
            .field("now", &self.now)
            .field("overrides", &self.masked_overrides())
            .field("secrets", &self.secrets)
            .field("credentials", &self.credentials)
            .field("schedule", &self.schedule)
            .finish()
    }
}

impl Order {
    /// An order of one run of one row by one thread, with a seed that is drawn, at `now`: everything else is
    /// set by name.
    pub(crate) fn new(connectors: Vec<String>, now: i64) -> Self {
        Self {
            connectors,
            batch_rows: 1,
            batches: 1,
            threads: 1,
            seed: draw_seed(),
            now,
            overrides: Vec::new(),
            secrets: Vec::new(),
            credentials: Vec::new(),
            schedule: None,
        }
    }

    /// Rows of a run.
    pub(crate) fn total_rows(&self) -> u64 {
        self.batch_rows.saturating_mul(self.batches)
    }

    /// The settings of this call, those that are secrets without their values.
    pub(crate) fn masked_overrides(&self) -> BTreeMap<String, String> {
        let masked = |(key, value): &(String, String)| {
            let shown = if delivery::is_secret(key) { MASK.to_owned() } else { value.clone() };
            (key.clone(), shown)
        };
        let hidden = self.secrets.iter().map(|key| (key.clone(), MASK.to_owned()));
        self.overrides.iter().map(masked).chain(hidden).collect()
    }

    /// Takes the secrets out of the settings of the call; what is left may be stored and shown.
    pub(crate) fn take_secrets(&mut self) -> Secrets {
        let mut secrets = Secrets::new();
        for (key, text) in std::mem::take(&mut self.overrides) {
            if delivery::is_secret(&key) {
                if !self.secrets.contains(&key) {
                    self.secrets.push(key.clone());
                }
                secrets.insert(key.trim().to_uppercase(), Secret::new(text));
            } else {
                self.overrides.push((key, text));
            }
        }
        secrets
    }
}

/// A seed for a command that names none: at most 2^48, so that every JSON reader keeps it exact.
pub(crate) fn draw_seed() -> u64 {
    Uuid::new_v4().as_u64_pair().0 >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an older version stored is read with the defaults of what it does not have.
    #[test]
    fn an_order_comes_back_and_an_older_one_has_defaults() {
        let order = Order {
            seed: u64::MAX,
            overrides: vec![("CSV_HEADER".into(), "false".into())],
            schedule: Some(Schedule::Cron { expression: "@daily".into() }),
            ..Order::new(vec!["csv".into()], -1)
        };
        let text = serde_json::to_string(&order).unwrap();
        assert_eq!(serde_json::from_str::<Order>(&text).unwrap(), order);
        let older: Order = serde_json::from_str(r#"{"connectors": ["csv"]}"#).unwrap();
        assert_eq!((older.batch_rows, older.threads, older.schedule), (1, 1, None));
    }

    #[test]
    fn secrets_are_shown_to_nobody() {
        let settings =
            [("KAFKA_SSL_PASSWORD", "x"), ("s3_access_key_id", "y"), ("CSV_HEADER", "z")];
        let order = Order {
            overrides: settings.map(|(key, value)| (key.into(), value.into())).to_vec(),
            ..Order::new(Vec::new(), 0)
        };
        assert!(!format!("{order:?}").contains("\"x\""));
        let masked: Vec<_> = order.masked_overrides().into_iter().collect();
        assert_eq!(
            masked,
            [("CSV_HEADER", "z"), ("KAFKA_SSL_PASSWORD", "***"), ("s3_access_key_id", "***")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
    }
}
