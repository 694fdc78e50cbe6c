//! Delivery: where rows go, and what is promised of them.
//!
//! A [`Connector`] checks its settings against the columns once and gives a [`Target`]; an opened target is a
//! [`Sink`], which takes encoded segments in row order. A batch is the unit of delivery:
//!
//! ```text
//! begin · write … · seal ──► receipt, recorded ──► publish ──► counted
//! ```
//!
//! What is *sealed* is at the destination and invisible; *publishing* it is idempotent. So a crash at any moment
//! repeats or completes, and loses nothing. What the parts must keep stands at [`Target`] and [`Sink`]; what a
//! connector promises of it at [`Promise`].
//!
//! | file | holds |
//! |---|---|
//! | `connector`, `target`, `sink` | the contract |
//! | `files` | the connectors of files: every store of [`stores`](crate::stores) with every format |
//! | `stdout` | the command line's own target |
//! | `declared` | what the connectors say of settings |
//!
//! Delivery knows formats and stores; it knows nothing of models, threads or commands.
//!
//! To add a service: write `delivery/<name>.rs`, then its `mod` line and its line in `SERVICES` below. Its name
//! leaves [`to_come`] by itself.

mod connector;
mod declared;
mod files;
mod kafka;
mod postgresql;
mod sink;
mod stdout;
mod target;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::attributes::Settings;
use crate::formats::{EncodeError, FORMATS};
use crate::problems::{Problem, Problems, did_you_mean, excerpt};
use crate::remote::{Failure, Kind};

pub use self::connector::Connector;
pub(crate) use self::connector::{Promise, Workbench, promised};
pub(crate) use self::declared::{is_secret, rename};
pub use self::sink::{Sealing, Sink};
pub(crate) use self::stdout::Stdout;
pub use self::target::{
    About, Destination, Durability, Opened, Payload, Published, Receipt, Start, Target,
};
pub(crate) use self::target::{Beside, Committed, CommittedFile, Encoding};
pub use crate::stores::Holder;
pub(crate) use crate::stores::OutputBase;

/// Connectors of services, in the order that listings show them.
static SERVICES: &[&dyn Connector] = &[&kafka::Kafka, &postgresql::Postgresql];

/// Every connector that works, in the order that listings show them.
pub fn connectors() -> impl Iterator<Item = &'static dyn Connector> {
    let files = files::CONNECTORS.iter().map(|connector| connector as &dyn Connector);
    files.chain(SERVICES.iter().copied())
}

/// The stores of the reference, as the first parts of connectors' names; each takes every format.
const STORES_OF_REFERENCE: &[&str] = &["", "hdfs_", "ozone_", "s3_", "adls_", "gcs_"];

/// Connectors of the reference that are no files on a store, and whether it counts what they have.
const SERVICES_OF_REFERENCE: &[(&str, bool)] = &[
    ("hive", true),
    ("hbase", true),
    ("kafka", true),
    ("kudu", true),
    ("solr", true),
    ("ozone", false),
    ("api", false),
];

/// A connector of the reference, whether it works here or is still to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// Its name.
    pub(crate) name: String,
    /// Whether it makes files.
    pub(crate) makes_files: bool,
    /// Whether counters of the reference's names count it.
    pub(crate) is_counted: bool,
}

/// Every connector of the reference, then those that are ours alone.
pub(crate) static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let files = STORES_OF_REFERENCE.iter().flat_map(|store| {
        FORMATS.iter().map(move |format| Known {
            name: format!("{store}{}", format.name()),
            makes_files: true,
            is_counted: true,
        })
    });
    let services = SERVICES_OF_REFERENCE.iter().map(|(name, is_counted)| Known {
        name: (*name).to_owned(),
        makes_files: false,
        is_counted: *is_counted,
    });
    let mut known: Vec<Known> = files.chain(services).collect();
    for connector in connectors() {
        if !known.iter().any(|known| known.name == connector.name()) {
            let makes_files = connector.file_format().is_some();
            let name = connector.name().to_owned();
            known.push(Known { name, makes_files, is_counted: true });
        }
    }
    known
});

/// Connectors of the reference that are still to come: they are known, and refused by name.
pub(crate) fn to_come() -> impl Iterator<Item = &'static str> {
    let works = |name: &str| connectors().any(|connector| connector.name() == name);
    KNOWN.iter().map(|known| known.name.as_str()).filter(move |name| !works(name))
}

/// Beginnings of settings of connectors that are still to come: a model may hold them, and they have no effect
/// yet.
fn is_to_come(key: &str) -> bool {
    to_come().any(|name| {
        let family = name.split('_').next().unwrap_or(name);
        key.to_ascii_lowercase().strip_prefix(family).is_some_and(|rest| rest.starts_with('_'))
    })
}

/// What a connector's name stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Named {
    /// It works.
    Known(&'static dyn Connector),
    /// It is the name of one that does not exist yet.
    ToCome(&'static str),
}

/// The connector that a user calls `name`: letter case and `-` or `_` do not matter.
///
/// # Errors
///
/// [`UnknownConnector`], when there is none of that name.
pub(crate) fn find(name: &str) -> Result<Named, UnknownConnector> {
    let folded = name.trim().to_ascii_lowercase().replace('-', "_");
    if let Some(connector) = connectors().find(|connector| connector.name() == folded) {
        return Ok(Named::Known(connector));
    }
    if let Some(name) = to_come().find(|name| *name == folded) {
        return Ok(Named::ToCome(name));
    }
    let closest = did_you_mean(&folded, connectors().map(Connector::name)).map(str::to_owned);
    Err(UnknownConnector { name: excerpt(name), closest })
}

/// The names of all connectors that work.
pub(crate) fn names() -> Vec<&'static str> {
    connectors().map(Connector::name).collect()
}

/// A name that is no connector's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown connector `{name}`, expected one of {}", names().join(", "))]
pub(crate) struct UnknownConnector {
    /// The name as given.
    pub(crate) name: String,
    /// The name that was probably meant.
    pub(crate) closest: Option<String>,
}

/// Warns of settings that no connector of the call reads, each once.
pub(crate) fn warn_unused(
    settings: &Settings,
    used: &[&'static dyn Connector],
    problems: &mut Problems,
) {
    let names =
        |connectors: &mut dyn Iterator<Item = &'static dyn Connector>| -> BTreeSet<&'static str> {
            connectors.flat_map(Connector::attributes).map(|attribute| attribute.name).collect()
        };
    let read = names(&mut used.iter().copied());
    let known = names(&mut connectors());
    for key in settings.keys() {
        if read.contains(key) || known.contains(key) {
            continue;
        }
        if !problems.has_room_for_warnings() {
            break;
        }
        let pointer = settings.pointer(key);
        if is_to_come(key) {
            continue;
        }
        let mut problem = Problem::warning(
            "unknown_option",
            pointer,
            format!("unknown option `{}` has no effect", excerpt(key)),
        );
        if let Some(name) = did_you_mean(key, known.iter().copied()) {
            problem = problem.hint(format!("did you mean `{name}`?"));
        }
        problems.push(problem);
    }
}

/// Rows that cannot be laid out are lost for every attempt.
impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Self {
        let kind = match &error {
            EncodeError::Value { .. } => Kind::Refused,
            // A fault of ours, or of a library.
            _ => Kind::Fault,
        };
        Self::new(kind, error)
    }
}
