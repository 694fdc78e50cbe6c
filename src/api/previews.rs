//! Previews and trials: rows that are made for an answer. How many there are, what each may use, and that they
//! end when nobody waits for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::{ApiError, blocking};
use super::permits::Permits;
use crate::draft::Bounds;

/// Most previews of one client, and of all: each has a core and its memory for as long as its code wants to.
const MOST_PER_CLIENT: usize = 2;
const MOST: usize = 4;

/// The previews of a server.
#[derive(Debug, Clone)]
pub(crate) struct Previews {
    permits: Permits,
}

impl Default for Previews {
    fn default() -> Self {
        Self { permits: Permits::new(MOST_PER_CLIENT, MOST) }
    }
}

/// Tells the work that nobody waits for it any more: dropped with the request that wanted it.
struct Leaving(Arc<AtomicBool>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Previews {
    /// Does `work` for `client` within `bytes`, away from the threads that serve.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        client: String,
        bytes: u64,
        work: impl FnOnce(&Bounds) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let permit = self.permits.enter(client).map_err(|most| ApiError::BusyPreviews { most })?;
        let bounds = Bounds::of_bytes(bytes);
        let _leaving = Leaving(Arc::clone(&bounds.unwanted));
        blocking(move || {
            // Held to the end of the work, which may be later than that of the request.
            let _permit = permit;
            work(&bounds)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    #[tokio::test]
    async fn work_learns_that_its_request_has_gone_and_keeps_its_place_until_then() {
        let previews = Previews::default();
        let (began_tx, began) = mpsc::channel();
        let (told_tx, told) = mpsc::channel();
        let work = move |bounds: &Bounds| {
            began_tx.send(()).unwrap();
            while !bounds.unwanted.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            told_tx.send(()).unwrap();
            Ok(())
        };
        let same = previews.clone();
        let request = tokio::spawn(async move { same.run("ann".to_owned(), 1, work).await });
        let began =
            tokio::task::spawn_blocking(move || began.recv_timeout(Duration::from_secs(20)));
        began.await.unwrap().unwrap();
        let second = previews.permits.enter("ann".to_owned()).unwrap();
        let third = previews.run("ann".to_owned(), 1, |_| Ok(())).await;
        assert!(matches!(third, Err(ApiError::BusyPreviews { most: 2 })));
        drop(second);
        request.abort();
        let told = tokio::task::spawn_blocking(move || told.recv_timeout(Duration::from_secs(20)));
        told.await.unwrap().unwrap();
    }
}
