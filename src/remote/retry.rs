//! The one policy by which requests are repeated.
//!
//! Full jitter: before repetition `n` a request waits for a random part of `first * 2^n`, at most `longest`, so
//! that clients which failed together do not come again together; or as long as the place asks for. Only
//! transient failures are repeated, until a deadline. The last failure is what is told.
//!
//! Repeating by hand instead of by the crate `backon` (its jitter adds to the delay, and it knows neither a
//! cancel nor a limit for an attempt) costs forty lines.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::io::late;
use super::{Failure, Io, Kind};

/// How often and how long a request is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Most that is waited before the first repetition.
    pub(crate) first: Duration,
    /// Most that is waited before any repetition that the place does not ask for.
    pub(crate) longest: Duration,
    /// How long one attempt may take.
    pub(crate) attempt: Duration,
    /// No attempt begins later than that after the first one.
    pub(crate) deadline: Duration,
}

impl Policy {
    /// For requests of ordinary size: a place that restarts, or stands still for a minute, is waited for.
    pub(crate) const USUAL: Self = Self {
        first: Duration::from_millis(100),
        longest: Duration::from_secs(10),
        attempt: Duration::from_secs(30),
        deadline: Duration::from_secs(120),
    };

    /// For a look at a place that somebody waits for: one or two more attempts.
    pub(crate) const PROBE: Self = Self {
        first: Duration::from_millis(100),
        longest: Duration::from_secs(1),
        attempt: Duration::from_secs(5),
        deadline: Duration::from_secs(5),
    };

    /// The wait before repetition `repetition`, counted from 0, where `random` is any number.
    fn wait(&self, repetition: u32, random: u64) -> Duration {
        let factor = 2_u32.saturating_pow(repetition);
        let most = self.first.saturating_mul(factor).min(self.longest);
        let nanoseconds = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
        // The upper half of a product of 128 bits: any number up to the most, evenly.
        let part = (u128::from(random) * (u128::from(nanoseconds) + 1)) >> 64;
        Duration::from_nanos(part as u64)
    }
}

impl Io {
    /// Makes an **idempotent** request until it goes well, fails for good, the policy's deadline is over, or
    /// the run ends. A request that must not be made twice is awaited by itself.
    ///
    /// # Errors
    ///
    /// The last failure of the request, or [`Kind::Cancelled`].
    pub(crate) async fn repeat<T, F>(
        &self,
        policy: &Policy,
        mut request: impl FnMut() -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let began = Instant::now();
        let mut repetition = 0;
        loop {
            let attempt = async {
                let attempt = timeout(policy.attempt, request()).await;
                attempt.unwrap_or_else(|_| Err(late(policy.attempt)))
            };
            let failure = match self.cancel().until(attempt).await {
                Err(failure) if failure.kind().is_transient() => failure,
                settled => return settled,
            };
            let left = policy.deadline.saturating_sub(began.elapsed());
            let wait = match failure.kind() {
                Kind::Transient { after: Some(after) } => after,
                // The last attempt begins at the deadline, however long the wait would be.
                _ => policy.wait(repetition, random()).min(left),
            };
            if left.is_zero() || wait > left {
                return Err(failure);
            }
            tracing::debug!(error = crate::problems::chain(&failure), ?wait, "request is repeated");
            self.count_retry();
            self.cancel()
                .until(async {
                    sleep(wait).await;
                    Ok(())
                })
                .await?;
            repetition += 1;
        }
    }
}

/// Any number: it only spreads clients, no value ever depends on it.
fn random() -> u64 {
    // A system without randomness still has clients that wait differently long for their answers.
    getrandom::u64().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const FAST: Policy = Policy {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(2),
        attempt: Duration::from_millis(50),
        deadline: Duration::from_millis(400),
    };

    fn after(kinds: &[Kind]) -> (Result<u32, Failure>, u64) {
        let (io, made) = (Io::default(), AtomicU32::new(0));
        let result = io.wait(io.repeat(&FAST, || async {
            let number = made.fetch_add(1, Ordering::Relaxed);
            match kinds.get(number as usize).or(kinds.last().filter(|_| kinds.len() > 3)) {
                Some(kind) => Err(Failure::new(*kind, format!("attempt {number}"))),
                None => Ok(number),
            }
        }));
        (result, io.retry_counter().load(Ordering::Relaxed))
    }

    #[test]
    fn only_what_may_go_well_later_is_repeated_and_only_until_the_deadline() {
        let transient = Kind::Transient { after: None };
        let (result, retries) = after(&[transient, transient]);
        assert_eq!((result.unwrap(), retries), (2, 2));
        let (result, retries) = after(&[transient, Kind::NotAllowed]);
        assert_eq!((result.unwrap_err().to_string(), retries), ("attempt 1".to_owned(), 1));
        // It always fails: the last failure is told, in bounded time.
        let (result, retries) = after(&[transient; 4]);
        assert!(result.unwrap_err().to_string().starts_with("attempt ") && retries > 3);
        // The place asks for more time than there is.
        let (result, retries) = after(&[Kind::Transient { after: Some(FAST.deadline) }]);
        assert_eq!((result.unwrap_err().to_string(), retries), ("attempt 0".to_owned(), 0));
    }

    /// For all waits that chance would have: a place that is away is asked until the deadline, and not much longer.
    #[test]
    fn the_last_attempt_begins_at_the_deadline() {
        let (io, began) = (Io::default(), Instant::now());
        let deadline = Duration::from_millis(300);
        let policy = Policy { longest: Duration::from_secs(3600), deadline, ..FAST };
        let mut last = began;
        let away = || {
            last = Instant::now();
            async { Err::<(), _>(Failure::transient("away")) }
        };
        io.wait(io.repeat(&policy, away)).unwrap_err();
        assert!(last - began >= deadline, "{:?}", last - began);
    }

    #[test]
    fn an_attempt_without_an_answer_is_given_up() {
        let io = Io::default();
        let policy = Policy { deadline: Duration::from_millis(60), ..FAST };
        let pending = || std::future::pending::<Result<(), Failure>>();
        let failure = io.wait(io.repeat(&policy, pending)).unwrap_err();
        assert_eq!(failure.to_string(), "no answer within 0.05 s");
    }

    #[test]
    fn waits_are_random_parts_of_a_bound_that_doubles() {
        let waits =
            [(0, u64::MAX), (1, u64::MAX), (2, u64::MAX), (9, u64::MAX), (1, 0), (1, 1 << 63)]
                .map(|(repetition, random)| Policy::USUAL.wait(repetition, random).as_millis());
        assert_eq!(waits, [100, 200, 400, 10_000, 0, 100]);
    }
}
