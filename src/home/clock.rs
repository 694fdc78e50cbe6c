//! The clocks: that of the wall, which people set, and one that only goes on.
//!
//! Everything of a home and of its commands asks here, so that tests can set both.

use std::fmt::Debug;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

/// Tells the time.
pub(crate) trait Clock: Debug + Send + Sync {
    /// The present, as the machine's clock of the wall tells it.
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    /// Time since a fixed moment of this process. It never goes back and never leaps.
    fn steady(&self) -> Duration {
        static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);
        BEGINNING.elapsed()
    }

    /// What both clocks show at one moment.
    fn both(&self) -> (DateTime<Utc>, Duration) {
        (self.now(), self.steady())
    }
}

/// The machine's clocks.
#[derive(Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {}
