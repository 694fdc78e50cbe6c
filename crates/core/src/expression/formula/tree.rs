//! The typed tree of a formula: nodes in one list, children before parents.
//!
//! A list, not boxes: dropping and copying need no recursion, whatever was written.

use std::sync::Arc;

/// Place of a node in [`Tree::nodes`].
pub(super) type NodeId = u32;

/// A JavaScript value. `undefined` and `null` are one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Boolean(bool),
    Number(f64),
    Text(Arc<str>),
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Constant(Value),
    /// A field, as its type or (quoted) as its display text.
    Input {
        input: usize,
        quoted: bool,
    },
    /// The day of a field that is a point in time, as a text.
    Day(usize),
    /// A variable of the formula.
    Local(usize),
    /// `Date.now()`.
    Now,
    Not(NodeId),
    Negate(NodeId),
    /// Unary `+`.
    ToNumber(NodeId),
    Binary(Binary, NodeId, NodeId),
    Logical(Logical, NodeId, NodeId),
    /// `test ? yes : no`.
    Choose(NodeId, NodeId, NodeId),
    Assign(usize, NodeId),
    /// `x++` and `x--`: gives the number before.
    StepAfter {
        local: usize,
        by: f64,
    },
    /// Evaluates all, gives the last.
    Sequence(Vec<NodeId>),
    /// Texts one behind the other.
    Concatenate(Vec<NodeId>),
    /// Which of the constants the value is identical to, by position; their number if none.
    Find(NodeId, Vec<Value>),
    Call(Function, Vec<NodeId>),
}

/// Operators with two operands that are always both evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    Equal,
    NotEqual,
    Identical,
    NotIdentical,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Binary {
    /// Whether the operator calculates (the others compare).
    pub(super) fn is_arithmetic(self) -> bool {
        matches!(
            self,
            Self::Add
                | Self::Subtract
                | Self::Multiply
                | Self::Divide
                | Self::Remainder
                | Self::Power
        )
    }
}

/// Operators whose second operand may not be needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logical {
    And,
    Or,
    /// `??`.
    Coalesce,
}

pub(super) use super::functions::Function;

/// What a formula does, in order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Statement {
    /// An expression; `keep` = its value may be the formula's.
    Expression { value: NodeId, keep: bool },
    /// A declaration: its value is nobody's.
    Declare(NodeId),
    /// `if`, `else if` …, `else`; `reset` = that it was run may clear the formula's value.
    If { arms: Vec<(NodeId, Vec<Self>)>, otherwise: Vec<Self>, reset: bool },
    /// `switch`: bodies run on into the next up to a `break`.
    Switch { entry: Entry, bodies: Vec<Vec<Self>>, default: Option<usize>, reset: bool },
    /// Leaves the innermost `switch`.
    Break,
}

/// How a `switch` finds the body to start with. Tests are those of the bodies but the default.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entry {
    /// All tests are constants: a [`Node::Find`].
    Constants(NodeId),
    /// The subject and one test per body, tried in order.
    Tests(NodeId, Vec<NodeId>),
}

/// A formula.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) statements: Vec<Statement>,
    /// Number of variables.
    pub(super) locals: usize,
}

impl Tree {
    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// The nodes that `id` evaluates, in no special order.
    pub(super) fn children(&self, id: NodeId) -> Vec<NodeId> {
        match self.node(id) {
            Node::Constant(_)
            | Node::Input { .. }
            | Node::Day(_)
            | Node::Local(_)
            | Node::Now
            | Node::StepAfter { .. } => Vec::new(),
            Node::Not(one)
            | Node::Negate(one)
            | Node::ToNumber(one)
            | Node::Assign(_, one)
            | Node::Find(one, _) => vec![*one],
            Node::Binary(_, left, right) | Node::Logical(_, left, right) => vec![*left, *right],
            Node::Choose(test, yes, no) => vec![*test, *yes, *no],
            Node::Sequence(all) | Node::Concatenate(all) | Node::Call(_, all) => all.clone(),
        }
    }
}
