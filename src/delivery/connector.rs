//! Connectors: what the API and the command line call by name.

use std::cell::RefCell;
use std::fmt::{self, Debug};
use std::sync::Arc;

use serde_json::Value;

use super::Target;
use crate::attributes::{Attribute, Reader, Settings};
use crate::columns::{Schema, Table};
use crate::formats::{Encoder, Format};
use crate::stores::OutputBase;

/// What the API and the CLI call by name.
pub trait Connector: Sync + Debug {
    /// The name: `csv`, `s3_parquet`, `kafka`.
    fn name(&self) -> &'static str;

    /// What tells its settings from those of others: the section of an operator's settings, and in upper case the
    /// beginning of their names. Connectors that differ in their format only are of one kind.
    fn kind(&self) -> &'static str {
        self.name()
    }

    /// One sentence for listings.
    fn summary(&self) -> String;

    /// The settings that this connector reads.
    fn attributes(&self) -> Vec<Attribute>;

    /// What it promises of rows when the process or the place breaks down.
    fn promise(&self) -> Promise;

    /// What weakens the promise, in words that begin with `with` or `for`, and what is promised then.
    fn weakened(&self) -> Option<(&'static str, Promise)> {
        None
    }

    /// The format of the files that it makes; `None` where it makes none.
    fn file_format(&self) -> Option<&'static str> {
        None
    }

    /// The names of fields that it needs whether the output has them or not: keys may be ghosts. Asked
    /// before the plan is laid out; a name that is no field's is [`compile`](Self::compile)'s to refuse.
    fn needs(&self, _: &Settings) -> Vec<String> {
        Vec::new()
    }

    /// The dialect of its [`statements`](Self::statements), as `datagen ddl` calls it; `None`: it makes nothing by
    /// statements.
    fn dialect(&self) -> Option<&'static str> {
        None
    }

    /// The statements that make what rows go to, as they stand for people; `None` after adding errors to `settings`.
    /// Those that say where it is are not needed for it.
    fn statements(&self, _: &Table, _: &mut Reader<'_>) -> Option<String> {
        None
    }

    /// Checks settings and columns, without any input or output; `None` after adding errors to `settings`.
    fn compile(
        &self,
        table: &Table,
        settings: &mut Reader<'_>,
        bench: &Workbench,
    ) -> Option<Arc<dyn Target>>;
}

/// What a connector promises of rows, also where processes are killed and connections break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// Every row is there once.
    ExactlyOnce,
    /// No row is lost; those of the last batch under way may be there again, with the same keys and bytes.
    MayRepeatLastBatch,
}

/// The promise of a connector in one sentence, with what weakens it.
pub(crate) fn promised(connector: &dyn Connector) -> String {
    match connector.weakened() {
        Some((when, weaker)) => format!("{}; {when}: {weaker}", connector.promise()),
        None => connector.promise().to_string(),
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ExactlyOnce => "every row once, also after a crash",
            Self::MayRepeatLastBatch => {
                "no row is lost; after a crash the last batch may come again, with the same keys and bytes"
            }
        })
    }
}

/// What a command's connectors are compiled with beside their settings.
#[derive(Debug, Clone, Default)]
pub struct Workbench {
    /// Where files go, and what they are called, when the model does not say it.
    pub(crate) base: OutputBase,
    /// What formats have compiled already for this command.
    pub(crate) encoders: Encoders,
}

/// The encoders of a command: connectors that lay out the same rows in the same way share one, so that they
/// are encoded once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Encoders(RefCell<Vec<Shared>>);

#[derive(Debug, Clone)]
struct Shared {
    format: &'static str,
    /// The values of the settings that the format reads.
    options: Vec<Option<Value>>,
    schema: Arc<Schema>,
    encoder: Arc<dyn Encoder>,
}

impl Encoders {
    /// The encoder of `format` for `schema` and `settings`; `None` after adding errors to `settings`.
    pub(crate) fn compile(
        &self,
        format: &'static dyn Format,
        schema: &Arc<Schema>,
        settings: &mut Reader<'_>,
    ) -> Option<Arc<dyn Encoder>> {
        let value = |attribute: &Attribute| settings.value(attribute.name).cloned();
        let options: Vec<_> = format.attributes().iter().map(value).collect();
        let same = |shared: &&Shared| {
            shared.format == format.name() && shared.options == options && shared.schema == *schema
        };
        if let Some(shared) = self.0.borrow().iter().find(same) {
            return Some(Arc::clone(&shared.encoder));
        }
        let encoder = format.compile(schema, settings)?;
        self.0.borrow_mut().push(Shared {
            format: format.name(),
            options,
            schema: Arc::clone(schema),
            encoder: Arc::clone(&encoder),
        });
        Some(encoder)
    }
}
