//! The lowered tier: a script's tree with types, evaluated column by column.
//!
//! ```text
//!  body of generate ── compile ──► Tree: every variable has one type and one slot
//!                                    │ run (rows, inputs)
//!                              a column, or Bail: the interpreter makes this block
//! ```
//!
//! What a script does to one row is done to all rows of a block at once: a branch runs its parts on the
//! rows that take it, a loop goes round as long as one row stays in it. Draws come from each row's own
//! stream, so the order of rows does not matter. Exactly the interpreter's values come out: where
//! something has no value (an overflow, a limit, a refusal of a function) the whole block is left to the
//! interpreter, which makes it or tells what is wrong in its own words.
//!
//! Why columns and not compiled WebAssembly: both were measured at two to five times the native loop,
//! and this needs no second compiler.

mod call;
mod compile;
mod run;
mod tables;
#[cfg(test)]
mod tests;
mod tree;

/// Functions that take lists, or any number of values, and are lowered all the same.
pub(super) const LISTS: &[&str] = &["pick", "pick_weighted", "table", "format", "table_rows"];

pub(super) use compile::{Functions, Script, compile};
pub(super) use tree::Tree;
