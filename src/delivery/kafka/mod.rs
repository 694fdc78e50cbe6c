//! `kafka`: rows as messages of a topic, once each.
//!
//! A batch is a transaction. The offset that is committed with it, in a group of the command's own, names the next
//! batch: so the cluster itself knows what it has, and a run that goes on asks it. Workers make the record batches,
//! the sink sends them.
//!
//! | file | holds |
//! |---|---|
//! | `attributes`, `settings` | what models, calls and operators say |
//! | `cluster`, `encryption` | brokers, login; whom connections trust |
//! | `registry` | where the schemas of Avro messages are kept |
//! | `records`, `times` | rows of a segment as record batches, in the workers; the times of messages |
//! | `target` | topics, opening, publishing |
//! | `probe` | what the user may do, looked at before the first row |
//! | `sink` | sending |
//! | `failure` | errors of the client with the setting to change |

mod attributes;
mod cluster;
mod encryption;
mod failure;
mod kerberos;
mod probe;
mod records;
mod registry;
mod settings;
mod sink;
mod target;
mod times;

use std::sync::Arc;

use super::{Connector, Promise, Target, Workbench};
use crate::attributes::{Attribute, Reader, Settings};
use crate::columns::Table;

/// The connector.
#[derive(Debug)]
pub(super) struct Kafka;

const NAME: &str = "kafka";

impl Connector for Kafka {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> String {
        "Messages of a Kafka topic: JSON, CSV or Avro.".to_owned()
    }

    fn attributes(&self) -> Vec<Attribute> {
        attributes::attributes()
    }

    fn promise(&self) -> Promise {
        Promise::ExactlyOnce
    }

    fn weakened(&self) -> Option<(&'static str, Promise)> {
        let when = "with `KAFKA_TRANSACTIONS=false`, and for readers without `isolation.level=read_committed`";
        Some((when, Promise::MayRepeatLastBatch))
    }

    fn needs(&self, settings: &Settings) -> Vec<String> {
        settings::fields(settings)
    }

    fn compile(
        &self,
        table: &Table,
        settings: &mut Reader<'_>,
        _: &Workbench,
    ) -> Option<Arc<dyn Target>> {
        let target = settings::compile(table, settings)?;
        Some(Arc::new(target))
    }
}
