//! The user code that models may name: the files as they are now.
//!
//! What is in use is stored, so that a file which is broken by the next start is what it was then, too: before and
//! after a start the same models run, and say alike that they run an older version.

use std::sync::{Arc, Mutex};

use crate::fields;
use crate::home::{StoredCode, lock};
use crate::sandbox::{Extensions, Library, Settings};

/// The files of user code, and what was stored of them last.
#[derive(Debug)]
pub(super) struct PresentCode {
    library: Library,
    code: Arc<StoredCode>,
    stored: Mutex<Option<Arc<Extensions>>>,
}

impl PresentCode {
    /// Reads nothing yet.
    pub(super) fn new(settings: Settings, code: Arc<StoredCode>) -> Self {
        let earlier = Arc::clone(&code);
        let library = fields::library(settings).with_earlier(Box::new(move || {
            earlier.last_present().unwrap_or_else(|error| {
                tracing::warn!(%error, "the user code of before cannot be read");
                None
            })
        }));
        Self { library, code, stored: Mutex::default() }
    }

    /// The code as its files are now.
    pub(super) fn current(&self) -> Arc<Extensions> {
        let current = self.library.current();
        let mut stored = lock(&self.stored);
        if !stored.as_ref().is_some_and(|stored| Arc::ptr_eq(stored, &current)) {
            if let Err(error) = self.code.store_present(current.files()) {
                tracing::warn!(%error, "user code cannot be stored for the next start");
            }
            *stored = Some(Arc::clone(&current));
        }
        current
    }
}
