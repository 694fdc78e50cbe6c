//! Formulas: a subset of JavaScript without a JavaScript engine.
//!
//! ```text
//! text ── source ──► JavaScript with placeholders ── parse, lower ──► Tree ── bind ──► Program
//!                                                        columns of a block ── evaluate ──► Column
//! ```
//!
//! The language: expressions with JavaScript's operators but the bitwise ones, `if`, `switch`,
//! variables, `Math`, `Date.now()` (the command's `now`), functions of texts and numbers. The value of
//! a formula is the completion value of JavaScript: that of the last expression statement run.
//!
//! A field is `${name}`: a number, a boolean or a text by its type; inside a quoted text it is the
//! display text. Dates are texts that compare as dates do (see `days`). `undefined` and `null` are one value: arithmetic and joining of texts give null when
//! an operand is null, `??` replaces it, conditions take it for false.
//!
//! To add an operator or function: see `functions`; a construct: `tree`, `lower`, `evaluate`.

mod blend;
mod call;
mod complete;
mod days;
mod evaluate;
mod functions;
mod infer;
mod lower;
mod lower_expression;
mod numbers;
mod operate;
mod parse;
mod result;
mod scope;
mod source;
mod text;
mod tree;
mod vector;

#[cfg(test)]
mod tests;

pub(super) use functions::formula_calls;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cast::Cast;
use super::condition::Scope;
use super::error::Faults;
use super::lift::Memo;
use super::reference::{References, Report};
use crate::columns::{Column, DataType, Dictionary};
use crate::columnwise::Selection;
use crate::display::Form;
use blend::Constants;
use evaluate::Evaluation;
use infer::Kinds;
pub(super) use parse::FormulaError;
use tree::{Node, NodeId, Statement, Tree, Value};
use vector::{Data, Vector};

/// A parsed formula.
#[derive(Debug, Clone)]
pub(super) struct Formula {
    /// Inputs are numbered as the expression's references.
    tree: Arc<Tree>,
    warnings: Vec<String>,
}

impl Formula {
    /// Reads a formula; names become references.
    pub(super) fn parse(text: &str, references: &mut References) -> Result<Self, FormulaError> {
        let lowered = parse::parse(text)?;
        let inputs: Vec<usize> = lowered.fields.iter().map(|name| references.field(name)).collect();
        let mut tree = lowered.tree;
        for node in &mut tree.nodes {
            if let Node::Input { input, .. } = node {
                *input = inputs[*input];
            }
        }
        Ok(Self { tree: Arc::new(tree), warnings: lowered.warnings })
    }

    /// What is probably not meant so.
    pub(super) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The input, when the formula is `${name}` alone.
    pub(super) fn single_input(&self) -> Option<usize> {
        match self.tree.statements[..] {
            [Statement::Expression { value, .. }] => match self.tree.node(value) {
                Node::Input { input, .. } => Some(*input),
                _ => None,
            },
            _ => None,
        }
    }

    /// The inputs that are taken as their type and not as their text.
    pub(super) fn calculates_with(&self) -> BTreeSet<usize> {
        let input = |node: &Node| match node {
            Node::Input { input, quoted: false } => Some(*input),
            _ => None,
        };
        self.tree.nodes.iter().filter_map(input).collect()
    }

    /// Checks what the types of the inputs allow, and prepares evaluation.
    pub(super) fn bind(&self, scope: Scope<'_>, report: &mut Report<'_>) -> Program {
        let tree = match days::compared(&self.tree, scope.inputs) {
            Some(tree) => Arc::new(tree),
            None => Arc::clone(&self.tree),
        };
        let kinds = infer::check(&tree, scope, report);
        let texts = tree.nodes.iter().filter_map(|node| match node {
            Node::Constant(Value::Text(text)) => Some(Arc::clone(text)),
            _ => None,
        });
        Program {
            constants: Constants::new(texts.collect()),
            lifts: lifts(&tree, scope),
            tree,
            now: (scope.now.div_euclid(1_000)) as f64,
            cast: scope.cast.clone(),
            kinds,
        }
    }
}

/// A formula ready to evaluate.
#[derive(Debug)]
pub(super) struct Program {
    tree: Arc<Tree>,
    constants: Constants,
    /// Nodes that are worth computing once per dictionary entry.
    lifts: BTreeMap<NodeId, Lift>,
    /// `Date.now()`.
    now: f64,
    cast: Cast,
    kinds: Kinds,
}

/// A node of which only text inputs decide.
#[derive(Debug)]
struct Lift {
    inputs: Vec<usize>,
    memo: Memo<EntryValues>,
}

/// A node's value for each dictionary entry.
#[derive(Debug)]
struct EntryValues {
    values: Vector<'static>,
    /// The values, where they are texts without nulls: rows keep their keys.
    dictionary: Option<Arc<Dictionary>>,
    faults: Faults,
}

impl EntryValues {
    fn new(values: Vector<'static>, faults: Faults) -> Self {
        let dictionary = match (&values.data, &values.valid) {
            (Data::Texts(texts), None) => Some(Dictionary::from_texts((**texts).clone())),
            _ => None,
        };
        Self { values, dictionary, faults }
    }
}

impl Program {
    /// Whether a value may be null.
    pub(super) fn is_nullable(&self) -> bool {
        self.kinds.has_null()
    }

    /// The values at `selection` of a block of `rows` rows, converted.
    pub(super) fn evaluate(
        &self,
        columns: &[&Column],
        types: &[Form],
        selection: &Selection,
        rows: usize,
        faults: &mut Faults,
    ) -> Column {
        let values = Evaluation::new(self, columns, types, rows, faults).run(selection);
        result::column(&values, &self.cast, &self.constants, selection, faults)
    }

    fn lifted_inputs(&self, node: NodeId) -> Option<&[usize]> {
        self.lifts.get(&node).map(|lift| lift.inputs.as_slice())
    }

    fn memo(&self, node: NodeId) -> Option<&Memo<EntryValues>> {
        self.lifts.get(&node).map(|lift| &lift.memo)
    }
}

/// The largest parts of a formula that only text inputs decide.
fn lifts(tree: &Tree, scope: Scope<'_>) -> BTreeMap<NodeId, Lift> {
    /// More inputs than that rarely share their keys.
    const MOST_INPUTS: usize = 4;
    // Per node: its text inputs, `None` once anything else decides. Constants and `now` decide nothing.
    let mut inputs: Vec<Option<Vec<usize>>> = Vec::with_capacity(tree.nodes.len());
    let mut lifts = BTreeMap::new();
    for (id, node) in tree.nodes.iter().enumerate() {
        let id = id as NodeId;
        let mut own = match node {
            Node::Input { input, .. } if scope.inputs[*input].data_type == DataType::Text => {
                Some(vec![*input])
            }
            Node::Input { .. }
            | Node::Day(_)
            | Node::Local(_)
            | Node::Assign(..)
            | Node::StepAfter { .. } => None,
            _ => Some(Vec::new()),
        };
        let children = tree.children(id);
        for child in &children {
            own = match (own, &inputs[*child as usize]) {
                (Some(mut own), Some(of_child)) => {
                    own.extend(of_child);
                    own.sort_unstable();
                    own.dedup();
                    (own.len() <= MOST_INPUTS).then_some(own)
                }
                _ => None,
            };
        }
        // A part goes into the larger one that the same inputs decide.
        for child in children {
            if lifts.get(&child).is_some_and(|lift: &Lift| Some(&lift.inputs) == own.as_ref()) {
                lifts.remove(&child);
            }
        }
        let is_plain = matches!(node, Node::Input { .. });
        if let Some(of_node) = own.as_ref().filter(|own| !own.is_empty() && !is_plain) {
            lifts.insert(id, Lift { inputs: of_node.clone(), memo: Memo::default() });
        }
        inputs.push(own);
    }
    lifts
}
