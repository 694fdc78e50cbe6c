//! What user code prints: to the log, and to whoever listens on the same thread.
//!
//! An author who tries a generator out wants to see it; in a command it goes to the log only. Either way it is
//! bounded: who calls [`say`] counts the lines of a block, and whoever listens keeps [`MOST_LINES`] of them.

use std::cell::RefCell;
use std::mem;

use crate::problems::excerpt;

/// Lines that are kept for who listens; the rest is counted.
const MOST_LINES: usize = 100;

/// What was printed while somebody listened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// The lines, the first ones.
    pub lines: Vec<String>,
    /// Lines beyond those.
    pub more: u64,
}

thread_local! {
    /// What this thread's user code prints, while somebody listens.
    static HEARD: RefCell<Option<Said>> = const { RefCell::new(None) };
}

/// Does `act`, and tells what user code printed on this thread meanwhile.
pub fn listen<T>(act: impl FnOnce() -> T) -> (T, Said) {
    let before = HEARD.replace(Some(Said::default()));
    let result = act();
    let said = HEARD.replace(before).unwrap_or_default();
    (result, said)
}

/// User code prints `text`, in `row` where that is known.
pub(super) fn say(text: &str, row: Option<u64>) {
    HEARD.with_borrow_mut(|heard| {
        let Some(said) = heard else { return };
        if said.lines.len() == MOST_LINES {
            said.more += 1;
            return;
        }
        let text = excerpt(text);
        said.lines.push(match row {
            Some(row) => format!("row {row}: {text}"),
            None => text,
        });
    });
}

/// Does `act`, whose prints are not heard: rows that are made once more.
pub(super) fn unheard<T>(act: impl FnOnce() -> T) -> T {
    let heard = HEARD.with_borrow_mut(mem::take);
    let result = act();
    HEARD.set(heard);
    result
}
