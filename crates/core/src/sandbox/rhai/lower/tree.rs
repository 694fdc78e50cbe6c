//! A script with types.

use super::tables::Tables;
use crate::columns::DataType;
use crate::columnwise::Comparator;
use crate::sandbox::rhai::host::decimal::Decimal;
use crate::sandbox::rhai::host::format::Pattern;
use crate::sandbox::rhai::host::function::Form;
pub(super) use crate::sandbox::rhai::host::function::Type;
use crate::sandbox::rhai::values::Decimals;

/// A lowered script.
#[derive(Debug)]
pub(in crate::sandbox::rhai) struct Tree {
    pub(super) body: Vec<Step>,
    /// Type of every variable.
    pub(super) slots: Vec<Type>,
    /// The value, then the sub-values.
    pub(super) outputs: Vec<Output>,
    /// How each input is read where it holds decimals.
    pub(super) decimals: Vec<Decimals>,
    /// The constants that are lists or maps.
    pub(super) tables: Tables,
    /// Whether anything is drawn.
    pub(super) draws: bool,
    /// More operations than the interpreter counts for one pass without loops.
    pub(super) operations: u64,
}

/// A column that a script makes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    pub(super) data_type: DataType,
    /// What is returned; `None`: nothing but null.
    pub(super) result: Option<Type>,
    /// Whether any row may be null.
    pub(super) nullable: bool,
}

impl Tree {
    /// Whether a value may be null.
    pub(in crate::sandbox::rhai) fn is_nullable(&self) -> bool {
        self.outputs.first().is_some_and(|output| output.nullable)
    }
}

/// An expression; each part is of the type that its place needs.
#[derive(Debug)]
pub(super) enum Node {
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(Box<str>),
    Char(char),
    Decimal(Decimal),
    Date(i32),
    Time(i64),
    Table(u32),
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
    /// The value of the case that a value leads to.
    Switch(Box<Node>, Cases, Vec<Node>, Type),
    Call(&'static Form, Vec<Node>),
    /// Values put into a pattern.
    Format(Box<Pattern>, Vec<Node>),
    /// A function of the script: its arguments go to slots, its body ends by returning.
    Inline {
        arguments: Vec<(usize, Node)>,
        body: Vec<Step>,
        result: Type,
    },
    /// The value at a place of a list.
    At(Box<Node>, Box<Node>, Type),
    /// The value that a map has by a text.
    Entry(Box<Node>, Box<Node>, Type),
    /// The letter at a place of a text.
    Letter(Box<Node>, Box<Node>),
    /// The list that was made of each list beforehand.
    Projected(Box<Node>, Vec<u32>),
    /// How many values a list or map has.
    Length(Box<Node>),
    /// Whether a list has a value, or a map a name.
    Contains(Box<Node>, Box<Node>),
    /// One of a list, drawn.
    Pick(Box<Node>, Type),
    /// One of a list, drawn by the weights of another.
    PickWeighted(Box<Node>, Box<Node>, Type),
    /// All values, then the one at the place that is worked out behind them.
    Choose(Vec<Node>, Box<Node>, Type),
    /// A place among so many, drawn.
    Place(usize),
    /// A place among so many, drawn by the weights of a list.
    Weighted(usize, Box<Node>),
}

/// Where the values of a `switch` lead: numbers of cases, and of the last one for all others.
#[derive(Debug, Default)]
pub(super) struct Cases {
    pub(super) ints: Vec<(i64, u32)>,
    pub(super) texts: Vec<(Box<str>, u32)>,
    pub(super) bools: [Option<u32>; 2],
    /// From the first to the second, which is in it, in the order of the script.
    pub(super) ranges: Vec<(i64, i64, u32)>,
    pub(super) otherwise: u32,
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

/// What a `for` goes through.
#[derive(Debug)]
pub(super) enum Through {
    /// Whole numbers from the first to before, or up to, the second.
    Range { from: Node, to: Node, inclusive: bool },
    /// The values of a list.
    Table(Node),
    /// These values.
    Values(Vec<Node>),
    /// The letters of a text.
    Letters(Node),
}

/// A statement.
#[derive(Debug)]
pub(super) enum Step {
    Set(usize, Node),
    /// Evaluated for its draws alone.
    Run(Node),
    If(Node, Vec<Step>, Vec<Step>),
    Switch(Node, Cases, Vec<Vec<Step>>),
    /// `while` with the condition, which is looked at first unless `after`; `operations` of one round.
    Loop {
        condition: Option<Node>,
        negated: bool,
        after: bool,
        body: Vec<Step>,
        operations: u64,
    },
    /// `for`; the counter, where there is one, gets 0, 1 and so on.
    For {
        slot: usize,
        counter: Option<usize>,
        through: Through,
        body: Vec<Step>,
        operations: u64,
    },
    Break,
    Continue,
    /// Returns from a function, or a value without sub-values; `None`: null.
    Return(Option<Node>),
    /// Returns a value with its sub-values, in the order in which they are worked out; those that are missing are null.
    Give(Vec<(usize, Node)>),
    /// Something that fails: the interpreter says what.
    Fail,
}
