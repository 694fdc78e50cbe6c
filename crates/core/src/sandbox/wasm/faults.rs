//! Tells why a call ended without an answer.

use rustc_demangle::demangle;
use wasmtime::{Error, Trap, WasmBacktrace};

use super::bindings::datagen::field::types::{Error as GuestError, ErrorKind};
use super::host::Host;
use crate::problems::excerpt;
use crate::sandbox::{Fault, FaultKind, Limits};

/// Calls of a backtrace that are shown.
const MOST_CALLS: usize = 16;

/// The fault of a call that trapped, or that could not be begun or ended.
pub(super) fn trapped(
    label: &str,
    error: &Error,
    host: &Host,
    limits: &Limits,
    fuel: u64,
) -> Box<Fault> {
    let (kind, message) = told(error, host, limits, fuel);
    let mut fault = Fault::new(kind, label, message);
    if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
        let frames = backtrace.frames().iter().take(MOST_CALLS);
        fault.trace = frames
            .map(|frame| {
                let unnamed = || format!("function {}", frame.func_index());
                frame.func_name().map_or_else(unnamed, |name| format!("{:#}", demangle(name)))
            })
            .collect();
    }
    Box::new(fault)
}

fn told(error: &Error, host: &Host, limits: &Limits, fuel: u64) -> (FaultKind, String) {
    let trap = error.downcast_ref::<Trap>();
    match trap {
        Some(Trap::Interrupt) => {
            let seconds = limits.block_seconds;
            return (FaultKind::Machine, format!("one call runs for more than {seconds} seconds"));
        }
        Some(Trap::OutOfFuel) => {
            return (FaultKind::Limit, format!("one call takes more than {fuel} units of fuel"));
        }
        Some(Trap::StackOverflow) => {
            let bytes = limits.module_stack_bytes;
            return (FaultKind::Limit, format!("its calls need more than {bytes} bytes of stack"));
        }
        _ => {}
    }
    if let Some(refused) = &host.refused {
        return (FaultKind::Limit, format!("it {refused}"));
    }
    let text = first_line(&format!("{}", error.root_cause()));
    if text.contains("fuel allocated for hostcalls") {
        let bytes = limits.answer_bytes;
        return (FaultKind::Limit, format!("its answer has more than {bytes} bytes"));
    }
    match trap {
        Some(trap) => {
            let shown = trap.to_string();
            (FaultKind::Failed, shown.strip_prefix("wasm trap: ").unwrap_or(&shown).to_owned())
        }
        // A list beyond the module's memory, a text that is not UTF-8, a variant that does not exist.
        None => (FaultKind::Answer, text),
    }
}

/// The first line of `text`, shortened.
pub(super) fn first_line(text: &str) -> String {
    const LONGEST: usize = 400;
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The fault of a call whose answer is an error; `first_row` is that of its block.
pub(super) fn refused(label: &str, error: &GuestError, first_row: Option<u64>) -> Box<Fault> {
    let kind = match error.kind {
        ErrorKind::BadParams => FaultKind::Refused,
        ErrorKind::BadInput
        | ErrorKind::OutOfRange
        | ErrorKind::Exhausted
        | ErrorKind::Internal => {
            if first_row.is_some() {
                FaultKind::Failed
            } else {
                FaultKind::Refused
            }
        }
    };
    let mut message = match &*error.message {
        "" => "it fails without a word".to_owned(),
        message => first_line(message),
    };
    if let Some(name) = &error.param {
        message = format!("`{}`: {message}", excerpt(name));
    }
    let mut fault = Fault::new(kind, label, message);
    fault.row = first_row.zip(error.row).map(|(first, row)| first.saturating_add(u64::from(row)));
    Box::new(fault)
}
