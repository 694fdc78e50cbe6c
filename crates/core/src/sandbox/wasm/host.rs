//! What stands behind a running module: its bounds of memory, and its log.

use std::time::Duration;

use tracing::debug;
use wasmtime::ResourceLimiter;

use super::bindings::datagen::field::{log, types};
use super::faults::first_line;
use crate::problems::excerpt;
use crate::sandbox::Limits;
use crate::sandbox::said::say;
use crate::sandbox::work_time::Deadline;

/// Lines that one call may log; the rest is dropped.
const MOST_LINES: u32 = 100;

/// State of one call.
#[derive(Debug)]
pub(super) struct Host {
    /// What messages call the module.
    label: String,
    memory_bytes: usize,
    most_memory_bytes: usize,
    most_table_elements: usize,
    lines: u32,
    /// The limit that was asked to be crossed last, in words.
    pub(super) refused: Option<String>,
    /// What it logged last as an error: the text of a panic, of an exception.
    pub(super) last_words: Option<String>,
    /// When it must be done.
    pub(super) deadline: Deadline,
}

impl Host {
    /// The state of a call that has not begun, which may work for `most`.
    pub(super) fn new(label: &str, limits: &Limits, most: Duration) -> Self {
        Self {
            label: label.to_owned(),
            memory_bytes: 0,
            most_memory_bytes: limits.module_memory_bytes,
            most_table_elements: limits.module_table_elements,
            lines: 0,
            refused: None,
            last_words: None,
            deadline: Deadline::after(most),
        }
    }
}

impl ResourceLimiter for Host {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // Of all memories together.
        let wanted = self.memory_bytes.saturating_add(desired.saturating_sub(current));
        if wanted > self.most_memory_bytes {
            let most = self.most_memory_bytes;
            let text = format!("it asked for more than {most} bytes of memory");
            self.refused = Some(Limits::reached("module_memory_bytes", &text));
            return Ok(false);
        }
        self.memory_bytes = wanted;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > self.most_table_elements {
            let most = self.most_table_elements;
            let text = format!("it asked for a table of more than {most} elements");
            self.refused = Some(Limits::reached("module_table_elements", &text));
            return Ok(false);
        }
        Ok(true)
    }
}

// The types of the interface have no functions.
impl types::Host for Host {}

impl log::Host for Host {
    fn log(&mut self, level: log::Level, message: String) {
        if level == log::Level::Error {
            // Some say it in pieces, the last of which is the end of a line.
            let words = first_line(&message);
            if !words.trim().is_empty() {
                self.last_words = Some(words);
            }
        }
        self.lines = self.lines.saturating_add(1);
        if self.lines <= MOST_LINES {
            say(&message, None);
            debug!(module = self.label, ?level, message = excerpt(&message), "a module logs");
        }
    }
}
