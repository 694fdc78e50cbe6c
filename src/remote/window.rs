//! Requests in flight: bounded in number and bytes.

use std::ops::Range;

use tokio::task::JoinSet;

use super::{Failure, Io, Policy};

/// Requests in flight, each with the bytes that it holds.
///
/// [`send`](Self::send) waits while the window is full, and ends with the first failure of any request;
/// [`drain`](Self::drain) waits for all. Dropped, what is in flight is given up.
#[derive(Debug)]
pub(crate) struct Window<T> {
    io: Io,
    policy: Policy,
    most_requests: usize,
    most_bytes: u64,
    requests: JoinSet<Sent<T>>,
    bytes: u64,
    /// Number of the next request.
    next: u64,
    /// What requests came to, with their numbers.
    answers: Vec<(u64, T)>,
    failed: bool,
}

#[derive(Debug)]
struct Sent<T> {
    number: u64,
    bytes: u64,
    result: Result<T, Failure>,
}

impl<T: Send + 'static> Window<T> {
    /// At most `most_requests` requests with `most_bytes` bytes; one request alone may have more.
    pub(crate) fn new(io: &Io, policy: Policy, most_requests: usize, most_bytes: u64) -> Self {
        Self {
            io: io.clone(),
            policy,
            most_requests: most_requests.max(1),
            most_bytes,
            requests: JoinSet::new(),
            bytes: 0,
            next: 0,
            answers: Vec::new(),
            failed: false,
        }
    }

    /// Makes an **idempotent** request of `bytes` bytes for `rows`: it is repeated by the policy. Waits until
    /// there is room.
    ///
    /// # Errors
    ///
    /// The first failure of any request so far; then nothing more is sent.
    pub(crate) fn send<F>(
        &mut self,
        bytes: u64,
        rows: Option<Range<u64>>,
        request: impl Fn() -> F + Send + Sync + 'static,
    ) -> Result<(), Failure>
    where
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        while !self.requests.is_empty()
            && (self.requests.len() >= self.most_requests || self.bytes + bytes > self.most_bytes)
        {
            self.settle_one()?;
        }
        // What is there already costs no wait, and may be a failure.
        while let Some(sent) = self.requests.try_join_next() {
            self.settle(sent.map_err(Failure::fault))?;
        }
        let (io, policy, number) = (self.io.clone(), self.policy, self.next);
        self.next += 1;
        self.bytes += bytes;
        let handle = self.io.handle()?;
        self.requests.spawn_on(
            async move {
                let result = io.repeat(&policy, request).await;
                let result = result.map_err(|failure| match rows {
                    Some(rows) => failure.of_rows(rows),
                    None => failure,
                });
                Sent { number, bytes, result }
            },
            &handle,
        );
        Ok(())
    }

    /// Waits for all requests, and answers what they came to, in the order in which they were sent.
    ///
    /// # Errors
    ///
    /// The first failure of any of them.
    pub(crate) fn drain(&mut self) -> Result<Vec<T>, Failure> {
        while !self.requests.is_empty() {
            self.settle_one()?;
        }
        let mut answers = std::mem::take(&mut self.answers);
        answers.sort_unstable_by_key(|(number, _)| *number);
        Ok(answers.into_iter().map(|(_, answer)| answer).collect())
    }

    fn settle_one(&mut self) -> Result<(), Failure> {
        let requests = &mut self.requests;
        let sent =
            self.io.wait(async { requests.join_next().await.transpose().map_err(Failure::fault) });
        match sent {
            Ok(Some(sent)) => self.settle(Ok(sent)),
            Ok(None) => Ok(()),
            Err(failure) => self.settle(Err(failure)),
        }
    }

    /// Takes note of a request that has ended; after a failure all others are given up.
    fn settle(&mut self, sent: Result<Sent<T>, Failure>) -> Result<(), Failure> {
        let failure = match sent {
            Ok(Sent { number, bytes, result }) => {
                self.bytes = self.bytes.saturating_sub(bytes);
                match result {
                    Ok(answer) => {
                        self.answers.push((number, answer));
                        return Ok(());
                    }
                    Err(failure) => failure,
                }
            }
            Err(failure) => failure,
        };
        debug_assert!(!self.failed, "nothing is sent after a failure");
        self.failed = true;
        self.requests.abort_all();
        Err(failure)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::remote::Kind;

    const POLICY: Policy = Policy {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(1),
        attempt: Duration::from_secs(5),
        deadline: Duration::from_secs(5),
    };

    #[test]
    fn answers_come_in_order_and_the_window_is_never_exceeded() {
        let io = Io::default();
        let mut window = Window::new(&io, POLICY, 3, 100);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        for number in 0..20_u64 {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            let request = move || {
                let (now, most) = (Arc::clone(&now), Arc::clone(&most));
                async move {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(20 - number)).await;
                    now.fetch_sub(1, Ordering::SeqCst);
                    Ok(number)
                }
            };
            // Two of them fill the window by their bytes.
            window.send(40, None, request).unwrap();
            assert!(window.bytes <= 80);
        }
        assert_eq!(window.drain().unwrap(), (0..20).collect::<Vec<_>>());
        assert!(most.load(Ordering::SeqCst) <= 2 && window.bytes == 0);
    }

    #[test]
    fn the_first_failure_is_told_with_its_rows_and_ends_the_window() {
        let io = Io::default();
        let mut window = Window::new(&io, POLICY, 2, 100);
        let pending = std::future::pending::<Result<(), Failure>>;
        window.send(1, None, pending).unwrap();
        let refused = || async { Err(Failure::new(Kind::Refused, "too large")) };
        window.send(1, Some(5..7), refused).unwrap();
        let failure = window.drain().unwrap_err();
        assert_eq!(failure.to_string(), "rows 5 to 6: too large");
    }

    #[test]
    fn a_full_window_hears_of_the_end() {
        let io = Io::default();
        let mut window = Window::new(&io, POLICY, 1, 100);
        let pending = || std::future::pending::<Result<(), Failure>>();
        window.send(1, None, pending).unwrap();
        io.cancel().cancel();
        assert!(window.send(1, None, pending).unwrap_err().is_cancelled());
    }
}
