//! What ends a script that runs: the time of a block and the memory of a row.
//!
//! The interpreter asks [`look`] at every operation, also at those of callbacks, and before every call of a
//! native function. Memory is what the thread's allocator counts: all values that live at a time, however
//! they hang together. One operation can add to them no more than a few times what a value may be large
//! (see [`Limits`](crate::sandbox::Limits)); the functions of which that does not hold are in
//! `host/measured.rs`.
//!
//! What is stopped here is no fault of a row: whether it is reached depends, by a little, on what a thread
//! did before.

use std::cell::Cell;
use std::time::{Duration, Instant};

use rhai::Dynamic;

use crate::memory::held;

/// Operations between two looks at the time. One may compare long lists, and take a good part of a second.
const LOOK_EVERY: u32 = 32;

/// Why a script is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    Time,
    Memory,
}

impl Stop {
    /// The text by which it is told.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Time => "the time for one block is over",
            Self::Memory => {
                "the values of one row take too much memory (the limit `script_memory_bytes`)"
            }
        }
    }
}

thread_local! {
    /// When this thread's script must be done.
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
    /// What this thread may hold while its script runs, as [`own`] counts.
    static MOST_HELD: Cell<isize> = const { Cell::new(isize::MAX) };
    /// Bytes that [`aside`] kept.
    static ASIDE: Cell<isize> = const { Cell::new(0) };
    /// Looks since a look at the time.
    static LOOKS: Cell<u32> = const { Cell::new(0) };
    /// Why a script was stopped since the block began: functions such as `sort` go on without the answer
    /// of a callback that was.
    static STOPPED: Cell<Option<Stop>> = const { Cell::new(None) };
}

/// From now on this thread's scripts may take `seconds`, and hold `bytes` more than now.
pub(super) fn begin_block(seconds: u64, bytes: usize) {
    STOPPED.set(None);
    DEADLINE.set(Instant::now().checked_add(Duration::from_secs(seconds)));
    MOST_HELD.set(own().saturating_add_unsigned(bytes));
}

/// What this thread holds of memory, without what was kept aside: only differences tell something.
pub(super) fn own() -> isize {
    held() - ASIDE.get()
}

/// What `act` leaves behind is not the script's: answers, and what the host keeps for later rows.
pub(super) fn aside<T>(act: impl FnOnce() -> T) -> T {
    let before = held();
    let result = act();
    ASIDE.set(ASIDE.get() + held() - before);
    result
}

/// Why a script was stopped since the block began.
pub(super) fn stopped() -> Option<Stop> {
    STOPPED.get()
}

/// Whether the time is over.
pub(super) fn is_late() -> bool {
    DEADLINE.get().is_some_and(|deadline| Instant::now() >= deadline)
}

/// Ends a script whose time is over, or that holds too much: what the interpreter asks at every operation.
///
/// Operations are counted here, not by the interpreter: it forgets those of a callback.
pub(super) fn look() -> Option<Dynamic> {
    let stop = match STOPPED.get() {
        Some(stop) => stop,
        None if own() > MOST_HELD.get() => Stop::Memory,
        None => {
            let looks = LOOKS.get() + 1;
            LOOKS.set(looks % LOOK_EVERY);
            if looks < LOOK_EVERY || !is_late() {
                return None;
            }
            Stop::Time
        }
    };
    STOPPED.set(Some(stop));
    Some(Dynamic::from(stop.words()))
}
