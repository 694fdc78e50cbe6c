//! The folders of user code as they are now: read again when a file has changed.
//!
//! There is no thread that watches. Whoever starts something asks for [`Library::current`], which
//! compares names, sizes and times of the files with those of the last reading: a few microseconds,
//! and a change counts from the very next command on. What began earlier holds its own snapshot.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::{Extensions, KINDS, Settings};

/// Tells what has a type's name already, in words.
pub type Reserved = fn(&str) -> Option<String>;

/// The user code of some folders, kept up to date.
#[derive(Debug)]
pub struct Library {
    settings: Settings,
    reserved: Reserved,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    marks: Option<Vec<Mark>>,
    current: Arc<Extensions>,
}

/// What changes when a file does.
#[derive(Debug, PartialEq, Eq)]
struct Mark {
    path: PathBuf,
    bytes: u64,
    modified: Option<SystemTime>,
    /// Inode and time of its change: a file renamed into place may bring old times along.
    identity: (u64, i64, i64),
}

impl Library {
    /// Reads nothing yet.
    pub fn new(settings: Settings, reserved: Reserved) -> Self {
        Self { settings, reserved, state: Mutex::default() }
    }

    /// The files as they are now. A file whose new version does not compile stays what it was.
    pub fn current(&self) -> Arc<Extensions> {
        let marks = self.marks();
        // A panic in a compiler leaves the snapshot before it, which is whole.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.marks.as_ref() != Some(&marks) {
            let before = state.marks.is_some().then(|| Arc::clone(&state.current));
            let scanned =
                Extensions::scan(KINDS, &self.settings, &self.reserved, before.as_deref());
            for fault in scanned.faults() {
                tracing::warn!(error = %fault, "user code is refused");
            }
            state.current = Arc::new(scanned);
            state.marks = Some(marks);
        }
        Arc::clone(&state.current)
    }

    fn marks(&self) -> Vec<Mark> {
        let mut marks = Vec::new();
        for folder in &self.settings.folders {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                // The file behind a link counts.
                let Ok(metadata) = fs::metadata(entry.path()) else { continue };
                marks.push(Mark {
                    path: entry.path(),
                    bytes: metadata.len(),
                    modified: metadata.modified().ok(),
                    identity: identity(&metadata),
                });
            }
        }
        marks.sort_by(|a, b| a.path.cmp(&b.path));
        marks
    }
}

#[cfg(unix)]
fn identity(metadata: &fs::Metadata) -> (u64, i64, i64) {
    use std::os::unix::fs::MetadataExt as _;

    (metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn identity(_: &fs::Metadata) -> (u64, i64, i64) {
    (0, 0, 0)
}
