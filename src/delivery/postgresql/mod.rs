//! `postgresql`: rows of a table, once each.
//!
//! A batch is a transaction, which also leaves the batch's number in a table of ours. It stays open while it is sealed, and
//! publishing commits it: so the server itself knows what it has, and a run that goes on asks it. Workers make the tuples
//! of `COPY … (FORMAT binary)`, the sink sends them. With keys, rows are copied into a temporary table first, and the last
//! one of each key goes on from there.
//!
//! | file | holds |
//! |---|---|
//! | `attributes`, `settings` | what models, calls and operators say |
//! | `server` | where the server is, login, encryption; an open connection |
//! | `types` | types of the server, and what fits into which |
//! | `table` | the table: made, or compared with the model |
//! | `copy`, `cells`, `numeric` | rows of a segment as tuples, in the workers |
//! | `target` | opening, publishing |
//! | `run`, `sink` | transactions, and what is sent in them |
//! | `failure` | what the server says, with the setting to change |

mod attributes;
mod cells;
mod copy;
mod failure;
mod numeric;
mod run;
mod server;
mod settings;
mod sink;
mod table;
mod target;
mod types;

use std::sync::Arc;

use super::{Connector, Promise, Target, Workbench};
use crate::attributes::{Attribute, Reader, Settings};
use crate::columns::Table;

/// The connector.
#[derive(Debug)]
pub(super) struct Postgresql;

const NAME: &str = "postgresql";

impl Connector for Postgresql {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> String {
        "Rows of a PostgreSQL table.".to_owned()
    }

    fn attributes(&self) -> Vec<Attribute> {
        attributes::ATTRIBUTES.to_vec()
    }

    fn promise(&self) -> Promise {
        Promise::ExactlyOnce
    }

    fn needs(&self, settings: &Settings) -> Vec<String> {
        settings::fields(settings)
    }

    fn dialect(&self) -> Option<&'static str> {
        Some("postgres")
    }

    fn statements(&self, table: &Table, settings: &mut Reader<'_>) -> Option<String> {
        settings::wanted(table, settings).map(|wanted| wanted.statements())
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
