//! Files: every format on every store.
//!
//! One file per batch, or one for all batches of a run; each appears under its final name when it is
//! complete. Names are `<name>-<batch, ten digits>.<extension>` or `<name>.<extension>`. A later run
//! of a schedule with one file for all has its first batch in the name, for the earlier file stays.
//!
//! `layout` names the files, `sink` writes them. Knows neither a format nor a store by name.

mod layout;
mod sink;
#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use super::{
    About, Connector, Destination, Durability, Holder, Opened, Payload, Promise, Published,
    Receipt, Start, Target, Workbench,
};
use crate::attributes::{Attribute, Reader};
use crate::columns::Table;
use crate::formats::{FORMATS, Format};
use crate::remote::{Failure, Io};
use crate::stores::{STORES, Sealed, StoreKind};
use layout::Layout;
use sink::FileSink;

pub(super) use layout::exclusive_key;

/// The connectors of files: for each store those of all formats.
pub(super) static CONNECTORS: LazyLock<Vec<FileConnector>> = LazyLock::new(|| {
    let connectors = |store: &&'static dyn StoreKind| {
        let store = *store;
        FORMATS.iter().map(move |format| FileConnector {
            store,
            format: *format,
            // Made once for the life of the process, as the lists that it is made of.
            name: String::leak(format!("{}{}", store.prefix(), format.name())),
        })
    };
    STORES.iter().flat_map(connectors).collect()
});

/// Settings of every file connector.
const FILE_ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "ONE_FILE_PER_ITERATION",
        "boolean",
        "true",
        "One file per batch, numbered; otherwise one file for the whole command.",
    ),
    Attribute::new(
        "DELETE_PREVIOUS",
        "boolean",
        "false",
        "Remove the files of earlier commands of this name before the first batch.",
    ),
];

#[derive(Debug)]
pub(super) struct FileConnector {
    store: &'static dyn StoreKind,
    format: &'static dyn Format,
    name: &'static str,
}

impl Connector for FileConnector {
    fn name(&self) -> &'static str {
        self.name
    }

    fn kind(&self) -> &'static str {
        self.store.prefix().strip_suffix('_').unwrap_or("local")
    }

    fn summary(&self) -> String {
        format!("{} {}", self.store.summary(), self.format.summary())
    }

    fn attributes(&self) -> Vec<Attribute> {
        [self.store.attributes(), FILE_ATTRIBUTES, self.format.attributes()].concat()
    }

    fn promise(&self) -> Promise {
        // A file is published under one name with the same bytes, however often.
        Promise::ExactlyOnce
    }

    fn file_format(&self) -> Option<&'static str> {
        Some(self.format.name())
    }

    fn compile(
        &self,
        table: &Table,
        settings: &mut Reader<'_>,
        bench: &Workbench,
    ) -> Option<Arc<dyn Target>> {
        let located = self.store.compile(settings, &bench.base);
        let one_file_per_batch = settings.boolean("ONE_FILE_PER_ITERATION").unwrap_or(true);
        let delete_previous = settings.boolean("DELETE_PREVIOUS").unwrap_or(false);
        let encoder = bench.encoders.compile(self.format, &table.visible, settings)?;
        let located = located?;
        let layout = Layout {
            store: located.store,
            extension: encoder.extension(),
            encoder,
            name: located.name,
            one_file_per_batch,
        };
        Some(Arc::new(FileTarget::new(self.name, layout, delete_previous)))
    }
}

/// Files of one layout.
#[derive(Debug)]
struct FileTarget {
    about: About,
    payload: Payload,
    layout: Arc<Layout>,
    delete_previous: bool,
}

impl FileTarget {
    fn new(connector: &'static str, layout: Layout, delete_previous: bool) -> Self {
        let shown = layout.store.path_of(&layout.file_name(0));
        let about = About {
            connector,
            destination: Destination {
                exclusive: Some(format!("{}/{}", layout.store.key(), layout.names())),
                identity: shown.clone(),
                shown,
            },
            durability: if layout.one_file_per_batch {
                Durability::Batches
            } else {
                Durability::Run
            },
            commits: layout.store.commits(),
            buffer_bytes: layout.store.buffer_bytes(),
        };
        let payload = Payload::files(Arc::clone(&layout.encoder));
        Self { about, payload, layout: Arc::new(layout), delete_previous }
    }
}

impl Target for FileTarget {
    fn about(&self) -> &About {
        &self.about
    }

    fn payload(&self) -> &Payload {
        &self.payload
    }

    fn probe(&self, io: &Io) -> Result<(), Failure> {
        self.layout.store.probe(io)
    }

    fn open(&self, start: &Start, io: &Io) -> Result<Opened, Failure> {
        let layout = &self.layout;
        layout.store.prepare(io)?;
        let claim = layout.store.claim(&layout.names(), &start.holder, io)?;
        let sealed: Vec<Sealed> = start.sealed.iter().filter_map(sealed_of).collect();
        layout.remove_unfinished(&start.holder, &claim, &sealed, io)?;
        if self.delete_previous && start.batches.start == 0 && sealed.is_empty() {
            let mut names = layout.store.list(&layout.name, io)?;
            names.retain(|name| layout.is_own(name));
            layout.store.remove(&names, io)?;
        }
        let beside = layout.beside(&start.batches, io)?;
        let sink = FileSink::new(layout, &start.holder, io);
        Ok(Opened { beside, hold: Box::new(claim), ..Opened::new(sink, start) })
    }

    fn publish(&self, receipt: &Receipt, io: &Io) -> Result<Published, Failure> {
        let Some(sealed) = sealed_of(receipt) else { return Ok(Published::Lost) };
        let is_there = self.layout.store.publish(&sealed, io)?;
        Ok(if is_there { Published::Done } else { Published::Lost })
    }

    fn discard(&self, receipt: &Receipt, io: &Io) -> Result<(), Failure> {
        let Some(sealed) = sealed_of(receipt) else { return Ok(()) };
        self.layout.store.discard(&sealed, io)
    }

    fn clean(&self, holder: &Holder, io: &Io) -> Result<(), Failure> {
        let layout = &self.layout;
        layout.store.prepare(io)?;
        let claim = layout.store.claim(&layout.names(), holder, io)?;
        layout.remove_unfinished(holder, &claim, &[], io)
    }
}

/// Key of the file's name in [`Receipt::detail`].
const NAME: &str = "name";

/// Key of what the store said there.
const STORE: &str = "store";

/// The detail of a receipt of the file `name`.
fn detail(name: &str, store: &Value) -> Value {
    json!({ NAME: name, STORE: store })
}

/// The file that a receipt is of; `None` where it is of no file, so that nothing of it is left.
fn sealed_of(receipt: &Receipt) -> Option<Sealed> {
    let file = receipt.committed.files.first()?;
    Some(Sealed {
        name: receipt.detail.get(NAME)?.as_str()?.to_owned(),
        bytes: file.bytes,
        crc32: file.crc32.clone(),
        detail: receipt.detail.get(STORE)?.clone(),
    })
}
