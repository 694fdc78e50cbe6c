//! Tells why a call ended without an answer.

use rustc_demangle::demangle;
use wasmtime::{Error, Trap, WasmBacktrace};

use super::bindings::datagen::field::types::{Error as GuestError, ErrorKind};
use super::engine::Effort;
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
    effort: Effort,
) -> Box<Fault> {
    let trace = trace(error);
    let (kind, message) = told(error, &trace, host, limits, effort);
    Box::new(Fault { trace, ..Fault::new(kind, label, message) })
}

/// The calls that led to a trap, the innermost first.
fn trace(error: &Error) -> Vec<String> {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else { return Vec::new() };
    let frames = backtrace.frames().iter().take(MOST_CALLS);
    frames
        .map(|frame| {
            let unnamed = || format!("function {}", frame.func_index());
            frame.func_name().map_or_else(unnamed, |name| format!("{:#}", demangle(name)))
        })
        .collect()
}

fn told(
    error: &Error,
    trace: &[String],
    host: &Host,
    limits: &Limits,
    effort: Effort,
) -> (FaultKind, String) {
    let limit = |kind, name, text: String| (kind, Limits::reached(name, &text));
    let trap = error.downcast_ref::<Trap>();
    match trap {
        Some(Trap::Interrupt) => {
            let text = format!("one call runs for more than {} seconds", limits.block_seconds);
            return limit(FaultKind::Machine, "block_seconds", text);
        }
        Some(Trap::OutOfFuel) => {
            let text = format!("one call takes more than {} units of fuel", effort.fuel);
            return limit(FaultKind::Limit, effort.fuel_limit, text);
        }
        Some(Trap::StackOverflow) => {
            let text =
                format!("its calls need more than {} bytes of stack", limits.module_stack_bytes);
            return limit(FaultKind::Limit, "module_stack_bytes", text);
        }
        _ => {}
    }
    if let Some(refused) = &host.refused {
        return (FaultKind::Limit, refused.clone());
    }
    let text = first_line(&format!("{}", error.root_cause()));
    if text.contains("fuel allocated for hostcalls") {
        let text = format!("its answer has more than {} bytes", limits.answer_bytes);
        return limit(FaultKind::Limit, "answer_bytes", text);
    }
    let Some(trap) = trap else {
        // A list beyond the module's memory, a text that is not UTF-8, a variant that does not exist.
        return (FaultKind::Answer, with_last_words(text, host));
    };
    let shown = trap.to_string();
    let shown = shown.strip_prefix("wasm trap: ").unwrap_or(&shown);
    let message = match (trap, &host.last_words) {
        // Languages end what fails in this way, and said why before.
        (Trap::UnreachableCodeReached, Some(words)) => words.clone(),
        (Trap::UnreachableCodeReached, None) => match lacking(trace) {
            Some(lacking) => lacking.to_owned(),
            None => format!("{shown}: {SILENT}"),
        },
        (Trap::MemoryOutOfBounds, None) => format!("{shown}: {BELOW_THE_STACK}"),
        _ => with_last_words(shown.to_owned(), host),
    };
    (FaultKind::Failed, message)
}

/// What a trap without a word may be.
const SILENT: &str = "a panic, an exception, a failed assertion or a call of an operating system that there is none \
    of; built with the present library of its language (`datagen new wasm`) it tells which";

/// Functions of an operating system, by parts of their names in the library of C, and what to do without.
const SYSTEM: &[(&[&str], &str)] = &[
    (
        &["clock_now", "clock_time_get", "clock_resolution"],
        "it asks for the time, and there is no clock: a value depends on its row alone; read the time from a field \
         or a parameter",
    ),
    (
        &["get_random", "random_get", "getentropy"],
        "it asks the system for random numbers: a value depends on its row alone; draw from the row's own numbers \
         (`random.unit()`)",
    ),
    (
        &["filesystem_", "preopens", "path_open", "fd_read"],
        "it opens a file, and there are none: put the data into the module, or read it from a field or a parameter",
    ),
    (
        &["poll_oneoff"],
        "it waits for something (a time, another thread), and nothing happens while a row is made",
    ),
    (&["proc_exit", "proc_raise"], "it ends its process; return an error instead, or panic"),
];

/// Calls from the innermost on that may be those of the system.
const SYSTEM_CALLS: usize = 4;

/// What a module wants of an operating system, where its stand-in for one traps.
fn lacking(trace: &[String]) -> Option<&'static str> {
    let mut calls = trace.iter().take(SYSTEM_CALLS);
    let cure = |call: &String| {
        SYSTEM.iter().find(|(names, _)| names.iter().any(|name| call.contains(name)))
    };
    calls.find_map(cure).map(|(_, cure)| *cure)
}

/// Where compilers put the stack first into memory, calls that go too deep read below address 0.
const BELOW_THE_STACK: &str =
    "an index or a pointer that is wrong, or a stack too small for its calls (`-z stack-size`)";

fn with_last_words(text: String, host: &Host) -> String {
    match &host.last_words {
        Some(words) => format!("{text}; its last words: {words}"),
        None => text,
    }
}

/// The first line of `text`, shortened.
pub(super) fn first_line(text: &str) -> String {
    const LONGEST: usize = 400;
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The fault of a call whose answer is an error; `first_row` is that of its block, `limit` what it asked for in
/// vain before.
pub(super) fn refused(
    label: &str,
    error: &GuestError,
    first_row: Option<u64>,
    limit: Option<&str>,
) -> Box<Fault> {
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
    if let Some(limit) = limit {
        message = format!("{message}; {limit}");
    }
    if let Some(name) = &error.param {
        message = format!("`{}`: {message}", excerpt(name));
    }
    let mut fault = Fault::new(kind, label, message);
    fault.row = first_row.zip(error.row).map(|(first, row)| first.saturating_add(u64::from(row)));
    Box::new(fault)
}
