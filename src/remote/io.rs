//! Where a client's requests run, and until when.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

use super::{Cancel, Failure, Kind};

/// Threads that drive connections: the work is waiting, encryption and copying.
const THREADS: usize = 2;

/// The threads that drive connections, begun when the first one is needed: a command that writes local files
/// has none. Clones are the same threads.
#[derive(Debug, Clone, Default)]
pub struct Network(Arc<Threads>);

#[derive(Debug, Default)]
struct Threads(Mutex<Option<Runtime>>);

impl Network {
    fn handle(&self) -> Result<Handle, Failure> {
        let mut runtime = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = &*runtime {
            return Ok(runtime.handle().clone());
        }
        let mut builder = Builder::new_multi_thread();
        let begun = builder.worker_threads(THREADS).thread_name("network").enable_all().build();
        let begun = begun.map_err(|error| Failure::new(Kind::from(&error), error))?;
        Ok(runtime.insert(begun).handle().clone())
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let runtime = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(runtime) = runtime {
            // Whoever drops it may be async, and must not wait.
            runtime.shutdown_background();
        }
    }
}

/// What a client needs to speak with its place: where its requests run, until when, and who counts.
///
/// One for each connector of a run; clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Io {
    network: Network,
    cancel: Cancel,
    retries: Arc<AtomicU64>,
    /// Nobody waits longer than that: for what is said when a run is over.
    limit: Option<Duration>,
}

/// How long a client may be waited for after its run was cancelled: enough for a round trip or two, and whoever
/// cancelled sees the end within a second, though the place hangs.
pub(crate) const LAST_WORDS: Duration = Duration::from_millis(800);

/// How long the removal of what is of no more use may take: nobody who cancelled waits for it.
pub(crate) const TIDYING: Duration = Duration::from_secs(3);

impl Io {
    /// Requests that run on `network` until `cancel`.
    pub(crate) fn new(network: &Network, cancel: &Cancel) -> Self {
        Self { network: network.clone(), cancel: cancel.clone(), ..Self::default() }
    }

    /// Requests that run on `network` until `cancel`, and are counted by `retries` when they are repeated.
    pub(crate) fn counting(network: &Network, cancel: &Cancel, retries: &Arc<AtomicU64>) -> Self {
        Self { retries: Arc::clone(retries), ..Self::new(network, cancel) }
    }

    /// For what must be said though the run is cancelled (that an upload is given up): it does not hear of
    /// the end, and waits for [`LAST_WORDS`] at most.
    #[must_use]
    pub(crate) fn last_words(&self) -> Self {
        Self {
            network: self.network.clone(),
            cancel: Cancel::default(),
            retries: Arc::clone(&self.retries),
            limit: Some(LAST_WORDS),
        }
    }

    /// The token that ends what waits.
    pub(crate) fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// The counter of repeated requests, for a client that repeats them by itself.
    pub(crate) fn retry_counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.retries)
    }

    pub(super) fn count_retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits for `future` on a thread that is not async, at most until the run ends.
    ///
    /// # Errors
    ///
    /// Its own; [`Kind::Cancelled`] within a moment after the end of the run.
    pub fn wait<T>(&self, future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let handle = self.network.handle()?;
        handle.block_on(async {
            let future = self.cancel.until(future);
            match self.limit {
                None => future.await,
                Some(limit) => within(limit, future).await,
            }
        })
    }

    /// Lets `future` go on beside whoever calls.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<JoinHandle<T>, Failure> {
        Ok(self.network.handle()?.spawn(future))
    }

    /// Says something though the run is cancelled (that an upload is given up). Whoever calls waits for
    /// [`LAST_WORDS`] at most; what is not answered by then goes on as long as the process lives.
    ///
    /// # Errors
    ///
    /// Its own; [`Kind::Transient`], when there was no answer so far.
    pub(crate) fn say<T: Send + 'static>(
        &self,
        words: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        let said = self.spawn(words)?;
        self.last_words().wait(async { said.await.map_err(Failure::fault)? })
    }

    /// Where futures run, for a client that has to be told.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub(crate) fn handle(&self) -> Result<Handle, Failure> {
        self.network.handle()
    }
}

/// What `future` comes to within `limit`.
///
/// # Errors
///
/// Its own; [`Kind::Transient`], when it takes longer.
pub(crate) async fn within<T>(
    limit: Duration,
    future: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::time::timeout(limit, future).await.unwrap_or_else(|_| Err(late(limit)))
}

/// Nothing was answered in time.
pub(super) fn late(limit: Duration) -> Failure {
    Failure::transient(format!("no answer within {} s", limit.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use std::future;
    use std::thread;
    use std::time::Instant;

    use super::*;

    #[test]
    fn whoever_waits_hears_of_the_end_at_once() {
        let io = Io::default();
        let cancel = io.cancel().clone();
        let stopper = thread::spawn(move || cancel.cancel());
        let began = Instant::now();
        let failure = io.wait(future::pending::<Result<(), Failure>>()).unwrap_err();
        assert!(failure.is_cancelled() && began.elapsed() < Duration::from_secs(1));
        stopper.join().unwrap();
        // What is to be said afterwards is still said.
        assert_eq!(io.last_words().wait(async { Ok(7) }).unwrap(), 7);
        assert!(io.wait(async { Ok(7) }).unwrap_err().is_cancelled());
    }

    /// What is said at the end of a run is heard, and what is not answered goes on while nobody waits.
    #[test]
    fn last_words_are_waited_for_for_a_moment_and_go_on() {
        let io = Io::default();
        io.cancel().cancel();
        assert_eq!(io.say(async { Ok(7) }).unwrap(), 7);
        let (answer, answered) = tokio::sync::oneshot::channel();
        let (told, heard) = std::sync::mpsc::channel();
        let words = async move {
            answered.await.map_err(Failure::fault)?;
            told.send(()).map_err(Failure::fault)
        };
        assert_eq!(io.say(words).unwrap_err().to_string(), "no answer within 0.8 s");
        answer.send(()).unwrap();
        heard.recv().unwrap();
    }
}
