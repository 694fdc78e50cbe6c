//! The code of a file, which is brought up when it is first needed.
//!
//! What a module tells of itself is kept beside its compiled code, so a start neither reads that code nor
//! runs it: for a module with an interpreter inside, both take tens of milliseconds. Compiling bounds itself
//! wherever it is asked for: see [`compile`].

use std::hash::Hash as _;
use std::sync::{Arc, Mutex};

use super::cache::{Cache, Fnv};
use super::compile::compile;
use super::engine::{Runtime, locked};
use super::kept::Told;
use super::program::Module;
use super::{faults, kept};
use crate::sandbox::{Fault, FaultKind, Limits, Source};

/// Most bytes of a description that is kept: a longer one is asked for at every start.
const DESCRIPTION_BYTES: usize = 1 << 20;

/// A file, and the module that it is made to once.
pub(super) struct Code {
    /// What messages call it.
    pub(super) label: String,
    /// What was accepted: whatever happens to the file, it is these that are compiled.
    bytes: Arc<Vec<u8>>,
    digest: String,
    limits: Limits,
    cache: Option<Cache>,
    module: Mutex<Option<Result<Arc<Module>, Box<Fault>>>>,
}

impl std::fmt::Debug for Code {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Code").field("label", &self.label).finish_non_exhaustive()
    }
}

impl Code {
    /// The code of a file, not brought up yet.
    pub(super) fn new(source: &Source<'_>, limits: &Limits) -> Self {
        Self {
            label: source.label.to_owned(),
            bytes: Arc::clone(source.bytes),
            digest: source.digest.to_owned(),
            limits: limits.clone(),
            cache: source.cache.and_then(Cache::open),
            module: Mutex::new(None),
        }
    }

    /// The module. Who comes while another brings it up waits for that one.
    ///
    /// # Errors
    ///
    /// Why there is none. That stays so, but for what the machine lacked: finding out may take as long as
    /// compiling may.
    pub(super) fn module(&self) -> Result<Arc<Module>, Box<Fault>> {
        let mut module = locked(&self.module);
        if let Some(known) = &*module {
            return known.clone();
        }
        let found = self.bring_up().map(Arc::new);
        if !matches!(&found, Err(fault) if fault.kind == FaultKind::Machine) {
            *module = Some(found.clone());
        }
        found
    }

    fn bring_up(&self) -> Result<Module, Box<Fault>> {
        let runtime = Runtime::shared(&self.limits).map_err(|error| {
            let message = faults::first_line(&format!("no engine for these limits: {error:#}"));
            Box::new(Fault::new(FaultKind::Compile, &*self.label, message))
        })?;
        let source = Source {
            label: &self.label,
            stem: "",
            bytes: &self.bytes,
            digest: &self.digest,
            cache: None,
            attachments: &[],
        };
        let component = compile(&runtime, &source, self.cache.as_ref())?;
        Module::new(runtime, &self.label, &component)
    }

    /// What the module told of itself another time.
    pub(super) fn kept(&self) -> Option<Told> {
        kept::read(&self.cache.as_ref()?.read(&self.description_name())?)
    }

    /// Keeps what the module tells of itself.
    pub(super) fn keep(&self, told: &Told) {
        let Some(cache) = &self.cache else { return };
        if let Some(bytes) = kept::write(told)
            && bytes.len() <= DESCRIPTION_BYTES
        {
            cache.write(&self.description_name(), &bytes);
        }
    }

    /// Within other limits a module may tell nothing, or something else.
    fn description_name(&self) -> String {
        let mut hash = Fnv::new();
        self.limits.hash(&mut hash);
        hash.name(&self.digest, "description")
    }
}
