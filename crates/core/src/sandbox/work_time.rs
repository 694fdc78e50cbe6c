//! How long user code worked, whatever else the machine has to do.
//!
//! Limits of time are meant to end what takes too long, not what has to wait for a processor. So they are of the
//! processor's time that the thread took; and far behind them stands the time of the clock on the wall, so that what
//! waits for ever ends as well. Where the system keeps no such clocks, both are the clock on the wall.

use std::time::{Duration, Instant};

/// How many times its limit a work may take by the clock on the wall.
pub(super) const PATIENCE: u32 = 30;

/// What a thread, or the whole process, worked since some moment.
#[derive(Debug, Clone, Copy)]
pub struct WorkTime {
    clock: Clock,
    before: Option<Duration>,
    began: Instant,
}

/// Whose time is taken.
#[derive(Debug, Clone, Copy)]
enum Clock {
    Thread,
    Process,
}

impl WorkTime {
    /// What the calling thread works from now on. Asking for it makes sense on the same thread only.
    pub fn of_thread() -> Self {
        Self::of(Clock::Thread)
    }

    /// What all threads of this process work from now on.
    pub(super) fn of_process() -> Self {
        Self::of(Clock::Process)
    }

    fn of(clock: Clock) -> Self {
        Self { clock, before: clock.now(), began: Instant::now() }
    }

    /// How long it was.
    pub fn elapsed(&self) -> Duration {
        let worked = self.clock.now().zip(self.before);
        worked.map_or_else(|| self.wall(), |(now, before)| now.saturating_sub(before))
    }

    /// How long it was by the clock on the wall.
    pub fn wall(&self) -> Duration {
        self.began.elapsed()
    }
}

impl Clock {
    #[cfg(unix)]
    #[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
    fn now(self) -> Option<Duration> {
        use rustix::time::{ClockId, clock_gettime};

        let time = clock_gettime(match self {
            Self::Thread => ClockId::ThreadCPUTime,
            Self::Process => ClockId::ProcessCPUTime,
        });
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        Some(Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0)))
    }

    #[cfg(not(unix))]
    fn now(self) -> Option<Duration> {
        None
    }
}

/// The end of what a thread may work.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    time: WorkTime,
    most: Duration,
    /// Nobody has worked longer than the clock on the wall says, which is asked at far less expense.
    not_before: Instant,
}

impl Deadline {
    /// From now on the calling thread may work for `most`.
    pub(super) fn after(most: Duration) -> Self {
        let time = WorkTime::of_thread();
        // Centuries are no deadline.
        let not_before = time.began.checked_add(most).unwrap_or(time.began);
        Self { time, most, not_before }
    }

    /// Whether the calling thread, for which this was made, has worked for so long.
    pub(super) fn is_over(&mut self) -> bool {
        let now = Instant::now();
        now >= self.not_before && self.left(now).is_zero()
    }

    /// What is left, as far as is known without a look at the thread's own clock.
    fn left(&mut self, now: Instant) -> Duration {
        let left = if self.time.wall() >= self.most.saturating_mul(PATIENCE) {
            Duration::ZERO
        } else {
            self.most.saturating_sub(self.time.elapsed())
        };
        self.not_before = now.checked_add(left).unwrap_or(now);
        left
    }

    /// What is left of it: no time where it is over.
    pub(super) fn rest(&mut self) -> Duration {
        self.left(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;

    use super::*;

    /// Works until the thread's clock has gone on by `most`.
    fn work(most: Duration) {
        let time = WorkTime::of_thread();
        while time.elapsed() < most {
            std::hint::spin_loop();
        }
    }

    /// For all deadlines: waiting does not bring them nearer, working does.
    #[cfg(unix)]
    #[test]
    fn who_waits_has_its_time_left() {
        let mut deadline = Deadline::after(Duration::from_millis(20));
        sleep(Duration::from_millis(60));
        assert!(!deadline.is_over());
        assert!(deadline.rest() > Duration::from_millis(10));
        work(Duration::from_millis(20));
        assert!(deadline.is_over());
        assert_eq!(deadline.rest(), Duration::ZERO);
    }

    #[test]
    fn who_waits_for_ever_is_ended() {
        let mut deadline = Deadline::after(Duration::from_millis(1));
        sleep(Duration::from_millis(1) * PATIENCE);
        assert!(deadline.is_over());
    }
}
