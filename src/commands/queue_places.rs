//! Places in the queue: how many there are, and how many one user may have.

use std::time::Duration;

use super::live::Shared;
use crate::home::lock;

/// Why there is no place in the queue.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoPlace {
    /// How many wait already.
    pub(super) waiting: usize,
    /// Whether they are all of the user who asks.
    pub(super) of_one_user: bool,
    /// When to come again: whole seconds.
    pub(super) retry_after: Duration,
}

impl NoPlace {
    /// Whose commands wait, as a message says it.
    pub(super) fn whose(self) -> &'static str {
        if self.of_one_user { " of yours" } else { "" }
    }
}

impl Shared {
    /// Holds a place in the queue for `owner` until [`unreserve`](Self::unreserve). One of several users may
    /// have half of all places, so that others find one.
    pub(super) fn reserve(&self, owner: &str) -> Result<(), NoPlace> {
        let mut state = lock(&self.state);
        let wait = state.typical_run / u32::try_from(self.limits.max_running).unwrap_or(1);
        let wait = wait.clamp(Duration::from_secs(1), Duration::from_secs(60));
        let retry_after = Duration::from_secs(wait.as_secs_f64().ceil() as u64);
        if state.queue.len() + state.reserved.len() >= self.limits.max_queued {
            return Err(NoPlace { waiting: state.queue.len(), of_one_user: false, retry_after });
        }
        if !owner.is_empty() {
            let queued = state.queue.iter().filter(|live| live.owner == owner).count();
            let reserved = state.reserved.iter().filter(|other| *other == owner).count();
            if queued + reserved >= self.limits.max_queued.div_ceil(2) {
                return Err(NoPlace { waiting: queued, of_one_user: true, retry_after });
            }
        }
        state.reserved.push(owner.to_owned());
        Ok(())
    }

    pub(super) fn unreserve(&self, owner: &str) {
        let mut state = lock(&self.state);
        if let Some(index) = state.reserved.iter().position(|other| other == owner) {
            state.reserved.swap_remove(index);
        }
    }
}
