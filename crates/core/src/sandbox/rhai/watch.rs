//! What ends a script that runs: the time of a block, the memory and the operations of a row.
//!
//! The interpreter asks [`look`] at every operation, also at those of callbacks, and before every call of a
//! native function. Memory is what the thread's allocator counts: all values that live at a time, however
//! they hang together. One operation can add to them no more than a few times what a value may be large
//! (see [`Limits`]); the functions of which that does not hold are in
//! `host/measured.rs`.
//!
//! A stop stays until the script has ended: functions such as `sort` go on without the answer of a callback
//! that was stopped, so every later operation is stopped as well, and [`stopped`] tells it at the end.
//!
//! Time and memory are no fault of a row: whether they are reached depends, by a little, on what a thread did
//! before. Operations are.

use std::cell::Cell;
use std::time::Duration;

use rhai::Dynamic;

use crate::memory::held;
use crate::sandbox::work_time::Deadline;
use crate::sandbox::{FaultKind, Limits};

/// Operations between two looks at the time. One may compare long lists, and take a good part of a second.
const LOOK_EVERY: u32 = 32;

/// Why a script is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    Time,
    Memory,
    Operations,
}

impl Stop {
    /// Whose fault it is: the row's, or that of the time and the memory there are.
    pub(super) const fn kind(self) -> FaultKind {
        match self {
            Self::Time | Self::Memory => FaultKind::Machine,
            Self::Operations => FaultKind::Limit,
        }
    }

    /// How it is told.
    pub(super) fn told(self, limits: &Limits) -> String {
        match self {
            Self::Time => {
                let text =
                    format!("the rows of one block take more than {} seconds", SECONDS.get());
                Limits::reached("block_seconds", &text)
            }
            Self::Memory => {
                let most = limits.script_memory_bytes;
                let text = format!("the values of one row take more than {most} bytes of memory");
                Limits::reached("script_memory_bytes", &text)
            }
            Self::Operations => {
                let most = limits.script_operations;
                let text = format!("one row takes more than {most} operations");
                Limits::reached("script_operations", &text)
            }
        }
    }
}

thread_local! {
    /// When this thread's script must be done.
    static DEADLINE: Cell<Option<Deadline>> = const { Cell::new(None) };
    /// How long it may work, for messages.
    static SECONDS: Cell<u64> = const { Cell::new(0) };
    /// What this thread may hold while its script runs, as [`own`] counts.
    static MOST_HELD: Cell<isize> = const { Cell::new(isize::MAX) };
    /// Bytes that [`aside`] kept.
    static ASIDE: Cell<isize> = const { Cell::new(0) };
    /// Looks since a look at the time.
    static LOOKS: Cell<u32> = const { Cell::new(0) };
    /// Why a script was stopped since the block began.
    static STOPPED: Cell<Option<Stop>> = const { Cell::new(None) };
}

/// From now on this thread's scripts may work for `seconds`, and hold `bytes` more than now.
pub(super) fn begin_block(seconds: u64, bytes: usize) {
    STOPPED.set(None);
    SECONDS.set(seconds);
    DEADLINE.set(Some(Deadline::after(Duration::from_secs(seconds))));
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

/// A row ends: the next one may do as much as it did.
pub(super) fn end_row() {
    if STOPPED.get() == Some(Stop::Operations) {
        STOPPED.set(None);
    }
}

/// Why a script was stopped since the block began.
pub(super) fn stopped() -> Option<Stop> {
    STOPPED.get()
}

/// Whether the time is over.
pub(super) fn is_late() -> bool {
    let Some(mut deadline) = DEADLINE.get() else { return false };
    let is_over = deadline.is_over();
    DEADLINE.set(Some(deadline));
    is_over
}

/// Ends a script whose time is over, that holds too much, or that did more than `most_operations`: what the
/// interpreter asks at every operation.
///
/// The interpreter's number of `operations` forgets those of callbacks that are over. Looks at the time are
/// counted here for that reason.
pub(super) fn look(operations: u64, most_operations: u64) -> Option<Dynamic> {
    let stop = match STOPPED.get() {
        Some(stop) => stop,
        None if operations > most_operations => Stop::Operations,
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
    Some(Dynamic::UNIT)
}
