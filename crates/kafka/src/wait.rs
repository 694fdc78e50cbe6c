//! How long a wait may last, and what ends it before.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// No wait is longer than this without asking whether it is still wanted.
pub(crate) const SLICE: Duration = Duration::from_millis(100);

/// Asks whether the caller still wants what it asked for.
#[derive(Clone)]
pub struct Cancel(Arc<dyn Fn() -> bool + Send + Sync>);

impl Cancel {
    /// Waits end within a tenth of a second once `is_cancelled` says so.
    pub fn new(is_cancelled: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(is_cancelled))
    }

    /// Nothing ends a wait but its deadline.
    pub fn never() -> Self {
        Self::new(|| false)
    }

    /// Whether the caller has given up.
    pub fn is_cancelled(&self) -> bool {
        (self.0)()
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cancel").field(&self.is_cancelled()).finish()
    }
}

/// The moment at which a wait ends, and how long it was meant to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    at: Instant,
    pub(crate) after: Duration,
}

impl Deadline {
    pub(crate) fn after(after: Duration) -> Self {
        Self { at: Instant::now() + after, after }
    }

    pub(crate) fn has_passed(&self) -> bool {
        Instant::now() >= self.at
    }

    /// What is left, at most `limit`.
    pub(crate) fn left(&self, limit: Duration) -> Duration {
        self.at.saturating_duration_since(Instant::now()).min(limit)
    }
}

/// Pauses between attempts: they double from `first` up to one second, and vary by a fifth so that many clients do
/// not come back at once.
#[derive(Debug, Clone)]
pub(crate) struct Pauses {
    next: Duration,
}

impl Pauses {
    const LONGEST: Duration = Duration::from_secs(1);

    pub(crate) fn new() -> Self {
        Self { next: Duration::from_millis(20) }
    }

    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(Self::LONGEST);
        // Where the system gives no random byte, all pauses are in the middle: that is no fault.
        let mut byte = [128_u8];
        let _ = getrandom::fill(&mut byte);
        pause.mul_f64(0.8 + 0.4 * f64::from(byte[0]) / 255.0)
    }
}
