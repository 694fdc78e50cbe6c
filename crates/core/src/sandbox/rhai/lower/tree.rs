//! A script with types.

use crate::columns::DataType;
use crate::columnwise::Comparator;
use crate::sandbox::rhai::host::function::Form;
pub(super) use crate::sandbox::rhai::host::function::Type;

/// A lowered script.
#[derive(Debug)]
pub(in crate::sandbox::rhai) struct Tree {
    pub(super) body: Vec<Step>,
    /// Type of every variable.
    pub(super) slots: Vec<Type>,
    /// What is returned; `None`: nothing but null.
    pub(super) result: Option<Type>,
    pub(super) data_type: DataType,
    /// Whether any row may be null.
    pub(super) nullable: bool,
    /// Whether anything is drawn.
    pub(super) draws: bool,
    /// More operations than the interpreter counts for one pass without loops.
    pub(super) operations: u64,
}

impl Tree {
    /// Whether a value may be null.
    pub(in crate::sandbox::rhai) fn is_nullable(&self) -> bool {
        self.nullable
    }
}

/// An expression; each part is of the type that its place needs.
#[derive(Debug)]
pub(super) enum Node {
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(Box<str>),
    Slot(usize),
    Input(usize),
    IsNull(usize),
    RowNumber,
    Widen(Box<Node>),
    Negate(Box<Node>),
    Not(Box<Node>),
    Arithmetic(Operator, Box<Node>, Box<Node>),
    Compare(Comparator, Box<Node>, Box<Node>),
    /// All of them, up to the first that is false.
    And(Vec<Node>),
    /// Any of them, up to the first that is true.
    Or(Vec<Node>),
    /// Texts of the parts, one behind the other.
    Concat(Vec<Node>),
    /// A number or truth value as text.
    Show(Box<Node>),
    /// Steps, then a value.
    Block(Vec<Step>, Box<Node>),
    If(Box<Node>, Box<Node>, Box<Node>),
    Call(&'static Form, Vec<Node>),
    /// A function of the script: its arguments go to slots, its body ends by returning.
    Inline {
        arguments: Vec<(usize, Node)>,
        body: Vec<Step>,
        result: Type,
    },
}

/// Arithmetic; on whole numbers whatever overflows has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    ShiftLeft,
    ShiftRight,
    And,
    Or,
    Xor,
}

/// A statement.
#[derive(Debug)]
pub(super) enum Step {
    Set(usize, Node),
    /// Evaluated for its draws alone.
    Run(Node),
    If(Node, Vec<Step>, Vec<Step>),
    /// `while` with the condition, which is looked at first unless `after`; `operations` of one round.
    Loop {
        condition: Option<Node>,
        negated: bool,
        after: bool,
        body: Vec<Step>,
        operations: u64,
    },
    /// Whole numbers from the first to before, or up to, the second.
    For {
        slot: usize,
        from: Node,
        to: Node,
        inclusive: bool,
        body: Vec<Step>,
        operations: u64,
    },
    Break,
    Continue,
    /// `None`: null.
    Return(Option<Node>),
}
