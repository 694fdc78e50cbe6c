//! From JavaScript text to our tree, on a thread of its own: the parser is recursive and its depth is
//! the user's, so it gets a stack that fits whatever `source` lets through.

use std::thread;

use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;

use super::lower::{Lowered, Lowerer};
use super::source;
use crate::problems::excerpt_of;

/// Longest message of the parser that is passed on, in characters.
const LONGEST_MESSAGE: usize = 200;

/// Bytes of stack for reading one formula; only what is used costs memory. Measured: the deepest
/// formulas that `source` accepts take less than half of it without optimisation.
const STACK_BYTES: usize = 128 << 20;

/// Why a formula cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::expression) struct FormulaError {
    /// Byte offset into the formula.
    pub(in crate::expression) offset: usize,
    pub(in crate::expression) message: String,
    pub(in crate::expression) hint: Option<String>,
}

impl FormulaError {
    fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into(), hint: None }
    }
}

/// Reads a formula. The inputs of the tree are numbered in the order of [`Lowered::fields`].
pub(super) fn parse(formula: &str) -> Result<Lowered, FormulaError> {
    let read = || read(formula);
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("formula".to_owned()).stack_size(STACK_BYTES);
        let reading = builder.spawn_scoped(scope, read);
        let reading =
            reading.map_err(|error| FormulaError::new(0, format!("cannot be read: {error}")))?;
        reading.join().unwrap_or_else(|_| Err(FormulaError::new(0, "cannot be read")))
    })
}

fn read(formula: &str) -> Result<Lowered, FormulaError> {
    let source = source::prepare(formula).map_err(|error| FormulaError {
        offset: error.offset,
        message: error.message,
        hint: None,
    })?;
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, &source.text, SourceType::script()).parse();
    if let Some(fault) = parsed.diagnostics.errors().next() {
        let offset = fault.labels.first().map_or(0, |label| label.offset() as usize);
        let message = fault.message.trim_end_matches(['.', '`']).trim_start_matches('`');
        // The parser quotes the formula, whose words may be long and hold what a terminal obeys.
        let message = excerpt_of(&message.replace('`', ""), LONGEST_MESSAGE);
        let message = format!("not JavaScript: {message}");
        return Err(FormulaError::new(source.original(offset), message));
    }
    let lowered = Lowerer::new(&source).program(&parsed.program);
    lowered.map_err(|error| FormulaError {
        offset: source.original(error.offset as usize),
        message: error.message,
        hint: error.hint,
    })
}
