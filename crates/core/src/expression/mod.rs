//! Expression fields: conditions, injections, links and formulas.
//!
//! ```text
//! JSON of a field ── parse ──► Expression ── bind (types of the inputs, cast) ──► Bound
//!                                │ inputs(): names, for the planner's order        │
//!                                               columns of a block ── evaluate ──► Column
//! ```
//!
//! Everything is parsed once into typed trees and evaluated column-wise. A computed field is a ladder
//! of lines, the first whose condition holds gives the value; a field with just a `formula`,
//! `injection` or `link` is a ladder of one line without condition.
//!
//! | file | holds |
//! |---|---|
//! | `ladder` | reading the lines from a field's JSON |
//! | [`condition`], [`template`], [`link`], [`formula`] | the four small languages |
//! | [`bound`] | a ladder ready to evaluate |
//! | [`cast`] | conversion to the field's type |
//! | [`lift`] | computing once per dictionary entry |
//!
//! Nulls: an injection, and an operation of a formula, gives null when an input is null; a null
//! satisfies no comparison but `!=`; a row for which no line holds is null.
//!
//! Knows nothing of models, plans or generators: the planner resolves names and orders fields.

#![expect(clippy::float_cmp, reason = "values are compared exactly, as their texts show them")]

mod bound;
mod cast;
mod condition;
mod error;
mod formula;
mod ladder;
mod lift;
mod link;
mod load;
mod reference;
mod template;

#[cfg(test)]
mod tests;

pub(crate) use bound::Bound;
pub(crate) use cast::Cast;
pub(crate) use reference::Reference;

use serde_json::{Map, Value};

use crate::columns::DataType;
use crate::problems::Problems;
use ladder::Line;
use reference::References;

/// The spellings of the operators that conditions compare with.
pub fn condition_operators() -> impl Iterator<Item = &'static str> {
    condition::condition_operators()
}

/// Every call that a formula may make, by kind, as people write it: `Math.pow(2)` takes two arguments.
pub fn formula_calls() -> Vec<(&'static str, Vec<String>)> {
    formula::formula_calls()
}

/// What a field's attributes say about computing it.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// Nothing: the field generates its values.
    None,
    /// Something that cannot be read; the errors are among the problems.
    Wrong,
    /// How it is computed.
    Expression(Expression),
}

/// Reads `conditionals`, `formula`, `injection` or `link` of a field, in this order of precedence.
///
/// `pointer` is the field's place in the document, `field` its name.
pub(crate) fn parse(
    attributes: &Map<String, Value>,
    pointer: &str,
    field: &str,
    problems: &mut Problems,
) -> Parsed {
    ladder::parse(attributes, FieldPointer { pointer, field }, problems)
}

/// A field's place in the document and its name, for problems.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldPointer<'a> {
    /// JSON pointer of the field.
    pub(crate) pointer: &'a str,
    /// The field's name.
    pub(crate) field: &'a str,
}

/// What the planner knows of an input when an expression is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputInfo<'a> {
    /// The name of the field that is read.
    pub(crate) name: &'a str,
    /// The type of the column.
    pub(crate) data_type: DataType,
    /// For floats: digits behind the point, when they are fixed.
    pub(crate) decimals: Option<u8>,
    /// Whether a value may be null.
    pub(crate) nullable: bool,
    /// Whether a value may be a whole number that no double holds, beyond 2^53.
    pub(crate) beyond_doubles: bool,
}

/// How a field is computed, parsed but not yet bound to types.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    lines: Vec<Line>,
    references: References,
}

impl Expression {
    /// What is read, each once: the columns given to [`Bound::evaluate`] follow this order.
    pub(crate) fn inputs(&self) -> &[Reference] {
        self.references.list()
    }

    /// Whether it is a link and nothing else.
    pub(crate) fn is_link(&self) -> bool {
        matches!(&self.lines[..], [line] if line.is_link())
    }

    /// Checks types and converts literals; `None` after adding errors to `problems`.
    ///
    /// `inputs[i]` describes `self.inputs()[i]`; `cast` is what the field's type holds; `now` is that
    /// of the command, microseconds since 1970-01-01T00:00:00Z: what `Date.now()` gives.
    pub(crate) fn bind(
        &self,
        inputs: &[InputInfo<'_>],
        cast: Cast,
        now: i64,
        place: FieldPointer<'_>,
        problems: &mut Problems,
    ) -> Option<Bound> {
        Bound::new(self, Settings { inputs, cast, now, place }, problems)
    }
}

/// What an expression is bound with.
#[derive(Debug, Clone)]
struct Settings<'a> {
    inputs: &'a [InputInfo<'a>],
    cast: Cast,
    now: i64,
    place: FieldPointer<'a>,
}
