//! Counters: what this process has done since it started.
//!
//! Numbers for watching, kept in memory only. Rows and files are those that were acknowledged.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::delivery::{self, Committed, Known};

/// What was done since the process started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    /// Per connector, by name.
    pub(crate) connectors: BTreeMap<String, ConnectorCounter>,
    /// Runs that were finished, counted once per connector.
    pub(crate) generations: u64,
    /// Commands accepted.
    pub(crate) accepted_commands: u64,
    /// Runs that were finished.
    pub(crate) finished_runs: u64,
    /// Runs that failed, cancelled ones among them.
    pub(crate) failed_runs: u64,
    /// Time spent in runs, all together.
    pub(crate) running_time: Duration,
    /// Commands that wait for their turn now.
    pub(crate) queued_commands: u64,
    /// Commands under way now.
    pub(crate) running_commands: u64,
}

/// What one connector has acknowledged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ConnectorCounter {
    /// Rows.
    pub(crate) rows: u64,
    /// Bytes.
    pub(crate) bytes: u64,
    /// Files.
    pub(crate) files: u64,
    /// Requests that were repeated.
    pub(crate) retries: u64,
    /// Runs that were finished.
    pub(crate) finished_runs: u64,
    /// Runs that failed.
    pub(crate) failed_runs: u64,
    /// Time spent in runs with this connector.
    pub(crate) running_time: Duration,
    /// Commands for it that wait for their turn now.
    pub(crate) queued_commands: u64,
    /// Commands for it under way now.
    pub(crate) running_commands: u64,
}

impl Counters {
    /// The counters under the reference's names, all of them present: `CSV_ROWS_GENERATED`,
    /// `ALL_ROWS_GENERATED`, `GENERATIONS_MADE` and so on.
    pub(crate) fn reference_names(&self) -> Vec<(String, u64)> {
        let rows = self.connectors.values().map(|counter| counter.rows).sum();
        let mut named = vec![
            ("ALL_ROWS_GENERATED".to_owned(), rows),
            ("GENERATIONS_MADE".to_owned(), self.generations),
        ];
        let known = delivery::KNOWN.iter().filter(|known| known.is_counted);
        for Known { name, makes_files, .. } in known {
            let counter = self.connectors.get(name).copied().unwrap_or_default();
            let key = name.to_ascii_uppercase();
            if *makes_files {
                named.push((format!("{key}_FILES_GENERATED"), counter.files));
            }
            named.push((format!("{key}_ROWS_GENERATED"), counter.rows));
        }
        named
    }
}

/// Counters that several threads add to.
#[derive(Debug, Default)]
pub(super) struct Counting(Mutex<Counters>);

impl Counting {
    pub(super) fn read(&self) -> Counters {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, change: impl FnOnce(&mut Counters)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn accepted(&self) {
        self.add(|counters| counters.accepted_commands += 1);
    }

    pub(super) fn committed(&self, connector: &str, committed: &Committed) {
        self.add(|counters| {
            let counter = entry(counters, connector);
            counter.rows += committed.rows;
            counter.bytes += committed.bytes;
            counter.files += committed.files.len() as u64;
        });
    }

    pub(super) fn repeated(&self, connector: &str, retries: u64) {
        self.add(|counters| entry(counters, connector).retries += retries);
    }

    pub(super) fn ended(&self, connectors: &[String], finished: bool, duration: Duration) {
        self.add(|counters| {
            let (finished_runs, failed_runs) = (u64::from(finished), u64::from(!finished));
            counters.finished_runs += finished_runs;
            counters.failed_runs += failed_runs;
            counters.running_time += duration;
            counters.generations += finished_runs * connectors.len() as u64;
            for connector in connectors {
                let counter = entry(counters, connector);
                counter.finished_runs += finished_runs;
                counter.failed_runs += failed_runs;
                counter.running_time += duration;
            }
        });
    }
}

fn entry<'a>(counters: &'a mut Counters, connector: &str) -> &'a mut ConnectorCounter {
    counters.connectors.entry(connector.to_owned()).or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_of_the_reference_is_there() {
        let counting = Counting::default();
        let committed = Committed { rows: 7, bytes: 9, files: Vec::new() };
        counting.committed("csv", &committed);
        counting.ended(&["csv".into(), "json".into()], true, Duration::ZERO);
        let named = counting.read().reference_names();
        let find = |name: &str| named.iter().find(|(key, _)| key == name).map(|(_, count)| *count);
        assert_eq!(find("ALL_ROWS_GENERATED"), Some(7));
        assert_eq!(find("GENERATIONS_MADE"), Some(2));
        assert_eq!(find("CSV_ROWS_GENERATED"), Some(7));
        assert_eq!(find("GCS_ORC_FILES_GENERATED"), Some(0));
        assert_eq!(find("KAFKA_ROWS_GENERATED"), Some(0));
        assert_eq!(find("KAFKA_FILES_GENERATED"), None);
        for place in ["", "HDFS_", "OZONE_", "S3_", "ADLS_", "GCS_"] {
            for format in ["CSV", "JSON", "AVRO", "PARQUET", "ORC"] {
                for what in ["FILES", "ROWS"] {
                    let name = format!("{place}{format}_{what}_GENERATED");
                    assert!(find(&name).is_some(), "{name}");
                }
            }
        }
        for service in ["HIVE", "HBASE", "KAFKA", "KUDU", "SOLR"] {
            assert!(find(&format!("{service}_ROWS_GENERATED")).is_some(), "{service}");
        }
        // The reference knows them, and counts them nowhere.
        for service in ["OZONE", "API"] {
            assert_eq!(find(&format!("{service}_ROWS_GENERATED")), None, "{service}");
        }
    }
}
