//! Bytes that several tasks may hold together.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Failure, Io};

/// What one permit stands for: permits are counted in 32 bits.
const UNIT: u64 = 1 << 10;

/// A number of bytes that several tasks may hold together. Clones are the same budget.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    free: Arc<Semaphore>,
    units: u32,
}

/// A share of a [`Budget`]: it is free again when this goes.
#[derive(Debug)]
pub(crate) struct Share(#[expect(dead_code, reason = "it is held, not read")] OwnedSemaphorePermit);

impl Budget {
    /// A budget of `bytes`.
    pub(crate) fn new(bytes: u64) -> Self {
        let units = u32::try_from(bytes.div_ceil(UNIT).max(1)).unwrap_or(u32::MAX >> 3);
        Self { free: Arc::new(Semaphore::new(units as usize)), units }
    }

    /// A share of `bytes`, as soon as there is room; of all there is, where `bytes` is more.
    ///
    /// # Errors
    ///
    /// [`Kind::Cancelled`](super::Kind::Cancelled), when the run ends before.
    pub(crate) fn take(&self, bytes: u64, io: &Io) -> Result<Share, Failure> {
        if let Some(share) = self.try_take(bytes) {
            return Ok(share);
        }
        let (free, units) = (Arc::clone(&self.free), self.units_of(bytes));
        io.wait(
            async move { free.acquire_many_owned(units).await.map(Share).map_err(Failure::fault) },
        )
    }

    /// A share of `bytes`, where there is room at once.
    pub(crate) fn try_take(&self, bytes: u64) -> Option<Share> {
        let permit = Arc::clone(&self.free).try_acquire_many_owned(self.units_of(bytes));
        permit.ok().map(Share)
    }

    fn units_of(&self, bytes: u64) -> u32 {
        u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX).min(self.units)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_share_is_waited_for_and_comes_back() {
        let (budget, io) = (Budget::new(10 * UNIT), Io::default());
        let first = budget.take(6 * UNIT, &io).unwrap();
        assert!(budget.try_take(5 * UNIT).is_none() && budget.try_take(4 * UNIT).is_some());
        let waiter = thread::spawn({
            let (budget, io) = (budget.clone(), io.clone());
            // More than there is means all.
            move || budget.take(99 * UNIT, &io).map(drop)
        });
        drop(first);
        waiter.join().unwrap().unwrap();
        let all = budget.take(10 * UNIT, &io).unwrap();
        io.cancel().cancel();
        assert!(budget.take(1, &io).unwrap_err().is_cancelled());
        drop(all);
    }
}
