//! Signals that end a job: Ctrl-C, `kill`, a terminal that closes.
//!
//! The first one ends the run after the blocks under way, so that no partial file stays behind. A second
//! Ctrl-C ends the process at once. A signal that was ignored when the program began stays ignored:
//! `nohup` and shells ask for that.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::{fs, io, process, thread};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::engine::Control;

/// Which signal has ended a run.
#[derive(Debug)]
pub(super) struct Interruption {
    /// 0 as long as there was none.
    signal: Arc<AtomicI32>,
}

impl Interruption {
    /// Lets signals cancel the run of `control`.
    pub(super) fn cancels(control: &Arc<Control>) -> io::Result<Self> {
        let ignored = ignored();
        let wanted = [SIGHUP, SIGINT, SIGTERM].into_iter();
        let mut signals = Signals::new(wanted.filter(|signal| ignored & (1 << (signal - 1)) == 0))?;
        let seen = Arc::new(AtomicI32::new(0));
        let interruption = Self { signal: Arc::clone(&seen) };
        let control = Arc::clone(control);
        thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in signals.forever() {
                let first = seen.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
                if first == Err(SIGINT) && signal == SIGINT {
                    process::exit(128 + signal);
                }
                control.cancel();
            }
        })?;
        Ok(interruption)
    }

    /// The first signal that came.
    pub(super) fn signal(&self) -> Option<i32> {
        Some(self.signal.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
    }
}

/// What shells show for a process that `signal` ended.
pub(super) fn exit_code(signal: i32) -> ExitCode {
    ExitCode::from(128_u8.saturating_add(u8::try_from(signal).unwrap_or(0)))
}

/// The name of a signal that [`Interruption`] hears.
pub(super) fn name(signal: i32) -> &'static str {
    match signal {
        SIGHUP => "SIGHUP",
        SIGINT => "SIGINT",
        _ => "SIGTERM",
    }
}

/// The signals that this process ignores, a bit each. None where the system does not tell.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
