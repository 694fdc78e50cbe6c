//! The folders of user code as they are now: read again when a file has changed.
//!
//! There is no thread that watches. Whoever starts something asks for [`Library::current`], which
//! compares names, sizes and times of the files with those of the last reading: a few microseconds,
//! and a change counts from the very next command on. What began earlier holds its own snapshot. Files
//! that changed a moment ago are read once more, for another change in that moment would not show.
//!
//! A file may take a minute to compile, and not everybody shall wait for one bad file: while a reading
//! takes longer than [`PATIENCE`], whoever asks gets the snapshot before.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::{Extensions, KINDS, Settings};

/// Tells what has a type's name already, in words.
pub(super) type Reserved = fn(&str) -> Option<String>;

/// Gives the code that was in use at another time.
pub(super) type Earlier = Box<dyn Fn() -> Option<Arc<Extensions>> + Send + Sync>;

/// How long a reading is waited for where there is a snapshot of an earlier one.
const PATIENCE: Duration = Duration::from_secs(5);

/// The user code of some folders, kept up to date.
#[derive(Debug)]
pub struct Library {
    shared: Arc<Shared>,
}

/// What the library shares with the thread that reads.
struct Shared {
    settings: Settings,
    /// Asked where a file does not compile that this process has not seen whole.
    earlier: Option<Earlier>,
    reserved: Reserved,
    /// Whether files that are refused are told in the log as a warning.
    is_loud: bool,
    state: Mutex<State>,
    /// A reading has ended.
    read: Condvar,
}

#[derive(Debug, Default)]
struct State {
    marks: Option<Vec<Mark>>,
    /// Whether a later change of a file is sure to show in its mark.
    settled: bool,
    current: Arc<Extensions>,
    /// Readings begun, and the number of the last one that ended.
    begun: u64,
    ended: u64,
    /// When the last one began.
    since: Option<Instant>,
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

/// Two changes within this may bear the same time: clocks of files tick some hundred times a second.
const TICK: Duration = Duration::from_millis(50);

/// The same on file systems that count whole seconds, some of them by two.
const COARSE_TICK: Duration = Duration::from_millis(2_050);

impl Mark {
    /// Whether the file was left alone for long enough before `now` that another change, of the same size,
    /// bears another time.
    fn is_settled(&self, now: SystemTime) -> bool {
        let (_, seconds, nanoseconds) = self.identity;
        let since = Duration::from_secs(seconds.max(0).cast_unsigned())
            .saturating_add(Duration::from_nanos(nanoseconds.max(0).cast_unsigned()));
        let Some(changed) = UNIX_EPOCH.checked_add(since) else { return true };
        let tick = if nanoseconds == 0 { COARSE_TICK } else { TICK };
        // A time in the future is another machine's: there is nothing to compare it with.
        now.duration_since(changed).map_or(true, |age| age > tick)
    }
}

impl Library {
    /// Reads nothing yet.
    pub(crate) fn new(settings: Settings, reserved: Reserved) -> Self {
        Self::made(settings, reserved, true, None)
    }

    /// The same, which uses what `earlier` gives in place of files that do not compile when they are read first.
    #[must_use]
    pub fn with_earlier(self, earlier: Earlier) -> Self {
        let Shared { settings, reserved, is_loud, .. } = &*self.shared;
        Self::made(settings.clone(), *reserved, *is_loud, Some(earlier))
    }

    fn made(
        settings: Settings,
        reserved: Reserved,
        is_loud: bool,
        earlier: Option<Earlier>,
    ) -> Self {
        let (state, read) = (Mutex::default(), Condvar::new());
        Self { shared: Arc::new(Shared { settings, earlier, reserved, is_loud, state, read }) }
    }

    /// The same, which does not warn of files that are refused: whoever uses one of them is told.
    #[must_use]
    pub fn quiet(self) -> Self {
        let Shared { settings, reserved, .. } = &*self.shared;
        Self::made(settings.clone(), *reserved, false, None)
    }

    /// The files as they are now. A file whose new version does not compile stays what it was.
    pub fn current(&self) -> Arc<Extensions> {
        let marks = self.shared.marks();
        let asked = Instant::now();
        let mut state = self.shared.state();
        if state.settled && state.marks.as_ref() == Some(&marks) {
            return Arc::clone(&state.current);
        }
        // One that has begun already may have missed what we know of.
        let wanted = state.begun + 1;
        while state.ended < wanted {
            // A caller waits at most `PATIENCE`, counted from when the reading that is under way began.
            let under_way = state.since.filter(|_| state.begun > state.ended);
            let waited = under_way.map_or(asked, |since| since.min(asked)).elapsed();
            if state.marks.is_some() && waited >= PATIENCE {
                break;
            }
            if state.begun == state.ended {
                state.begun += 1;
                state.since = Some(Instant::now());
                let shared = Arc::clone(&self.shared);
                let number = state.begun;
                let thread = thread::Builder::new().name("user-code".to_owned());
                if thread.spawn(move || shared.read(number)).is_err() {
                    drop(state);
                    self.shared.read(number);
                    state = self.shared.state();
                    continue;
                }
            }
            state = if state.marks.is_some() {
                let waiting = self.shared.read.wait_timeout(state, PATIENCE.saturating_sub(waited));
                waiting.unwrap_or_else(PoisonError::into_inner).0
            } else {
                self.shared.read.wait(state).unwrap_or_else(PoisonError::into_inner)
            };
        }
        Arc::clone(&state.current)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Shared").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Shared {
    /// A panic leaves the state before it, which is whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the files; this is reading `number`.
    fn read(&self, number: u64) {
        let began = SystemTime::now();
        let marks = self.marks();
        let (before, is_news) = {
            let state = self.state();
            let before = state.marks.is_some().then(|| Arc::clone(&state.current));
            (before, state.marks.as_ref() != Some(&marks))
        };
        // A fault in a compiler: what was read before stays, and nobody waits for ever.
        let scanned = catch_unwind(AssertUnwindSafe(|| {
            let scan = |before| Extensions::scan(KINDS, &self.settings, &self.reserved, before);
            let scanned = scan(before.as_deref());
            let earlier =
                self.earlier.as_ref().filter(|_| before.is_none() && scanned.has_broken());
            match earlier.and_then(|earlier| earlier()) {
                Some(earlier) => scan(Some(&*earlier)),
                None => scanned,
            }
        }));
        if let Ok(scanned) = &scanned
            && is_news
        {
            for fault in scanned.faults() {
                if self.is_loud {
                    tracing::warn!(error = %fault, "user code is refused");
                } else {
                    tracing::info!(error = %fault, "user code is refused");
                }
            }
        }
        let mut state = self.state();
        match scanned {
            Ok(scanned) => state.current = Arc::new(scanned),
            Err(_) => tracing::error!("reading user code failed"),
        }
        state.settled = marks.iter().all(|mark| mark.is_settled(began));
        state.marks = Some(marks);
        state.ended = number;
        drop(state);
        self.read.notify_all();
    }

    /// Of all files of the folders, and of those below them that code names.
    fn marks(&self) -> Vec<Mark> {
        let current = Arc::clone(&self.state().current);
        let mut paths: Vec<PathBuf> = current.attached().to_vec();
        for folder in &self.settings.folders {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            paths.extend(entries.map(|entry| entry.path()));
        }
        paths.sort();
        paths.dedup();
        let mark = |path: PathBuf| {
            // The file behind a link counts.
            let metadata = fs::metadata(&path).ok()?;
            let (bytes, modified) = (metadata.len(), metadata.modified().ok());
            Some(Mark { path, bytes, modified, identity: identity(&metadata) })
        };
        paths.into_iter().filter_map(mark).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// For changes as fast as they can be made, of one size: each is seen.
    #[test]
    fn a_change_shows_at_once_whatever_the_clock_of_files_tells() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { folders: vec![folder.path().to_owned()], ..Settings::default() };
        let library = Library::new(settings, |_| None);
        for change in 0..200 {
            let script = format!("fn generate(row, params) {{ {} }}", change % 10);
            fs::write(folder.path().join("a.rhai"), &script).unwrap();
            assert_eq!(*library.current().files()[0].bytes, script.as_bytes());
        }
    }

    #[test]
    fn a_file_changed_within_a_tick_is_read_again() {
        let mark = |nanoseconds| Mark {
            path: PathBuf::new(),
            bytes: 1,
            modified: None,
            identity: (1, 1_000, nanoseconds),
        };
        let at = |milliseconds| UNIX_EPOCH + Duration::from_millis(milliseconds);
        assert!(!mark(500_000_000).is_settled(at(1_000_510)));
        assert!(mark(500_000_000).is_settled(at(1_000_560)));
        // Whole seconds tell of a clock that counts nothing else.
        assert!(!mark(0).is_settled(at(1_001_900)));
        assert!(mark(0).is_settled(at(1_002_100)));
        assert!(mark(0).is_settled(at(5)));
    }
}
