//! Syntax tree -> [`Tree`], or the first construct that stands in the way.
//!
//! Here are variables, scopes and types of what functions return; `statements`, `switch`, `expressions` and
//! `calls` lower what their names say.

mod calls;
mod expressions;
mod statements;
mod switch;

use std::collections::BTreeMap;

use rhai::{Position, Stmt};

use super::tree::{Tree, Type};
use crate::columns::DataType;
use crate::sandbox::InputType;

/// Why a script is interpreted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox::rhai) struct NotLowered {
    /// The construct.
    pub(in crate::sandbox::rhai) what: String,
    pub(in crate::sandbox::rhai) position: Position,
}

type Lowered<T> = Result<T, NotLowered>;

fn cannot<T>(what: impl Into<String>, position: Position) -> Lowered<T> {
    Err(NotLowered { what: what.into(), position })
}

/// What is known of the script that is lowered.
pub(in crate::sandbox::rhai) struct Script<'a> {
    /// The body of `generate`, parameters in place.
    pub(in crate::sandbox::rhai) body: &'a [Stmt],
    /// The other functions by name and number of arguments: names of arguments, and body.
    pub(in crate::sandbox::rhai) functions: &'a Functions,
    /// Variables of the inputs, with their types where they are bound.
    pub(in crate::sandbox::rhai) inputs: &'a [(String, Option<InputType>)],
    pub(in crate::sandbox::rhai) data_type: DataType,
    /// Whether null may be returned.
    pub(in crate::sandbox::rhai) nullable: bool,
}

/// Functions of a script.
pub(in crate::sandbox::rhai) type Functions = BTreeMap<(String, usize), (Vec<String>, Vec<Stmt>)>;

/// Most calls inside one another that are put in place of each other.
const MOST_DEPTH: usize = 8;

/// Most nodes of a tree: calls in place multiply what is called often.
const MOST_NODES: u64 = 20_000;

/// Most variables, those of functions counted at every call, and most parts of a text: each is a vector for
/// the rows of a chunk, and takes up to 64 KiB.
const MOST_VECTORS: usize = 256;

/// Lowers the script.
///
/// # Errors
///
/// The first construct that cannot be.
pub(in crate::sandbox::rhai) fn compile(script: &Script<'_>) -> Lowered<Tree> {
    let mut compiler = Compiler {
        script,
        slots: Vec::new(),
        scopes: vec![Vec::new()],
        calls: Vec::new(),
        results: vec![Outcome::default()],
        draws: false,
        nodes: 0,
        loops: 0,
    };
    let body = compiler.tail(script.body)?;
    let outcome = compiler.results.pop().unwrap_or_default();
    let wanted = script.data_type;
    let fits = match (outcome.value, wanted) {
        (None, _) => true,
        (
            Some(Type::Int),
            DataType::Int32 | DataType::Int64 | DataType::Float32 | DataType::Float64,
        )
        | (Some(Type::Float), DataType::Float32 | DataType::Float64)
        | (Some(Type::Bool), DataType::Boolean)
        | (Some(Type::Text), DataType::Text) => true,
        (Some(_), _) => false,
    };
    if !fits {
        let wanted = crate::sandbox::data_type_name(wanted);
        return cannot(format!("the conversion of the result to {wanted}"), Position::NONE);
    }
    if outcome.null && !script.nullable {
        return cannot("null where there shall be none", Position::NONE);
    }
    if compiler.slots.len() > MOST_VECTORS {
        return cannot("so many variables", Position::NONE);
    }
    Ok(Tree {
        body,
        slots: compiler.slots,
        result: outcome.value,
        data_type: wanted,
        nullable: outcome.null,
        draws: compiler.draws,
        operations: compiler.nodes * 2 + 16,
    })
}

/// What returns of a function gave so far.
#[derive(Debug, Default, Clone, Copy)]
struct Outcome {
    value: Option<Type>,
    null: bool,
}

struct Compiler<'a> {
    script: &'a Script<'a>,
    slots: Vec<Type>,
    /// Names of variables, the innermost scope last.
    scopes: Vec<Vec<(String, usize)>>,
    /// Functions that are being put in place.
    calls: Vec<(String, usize)>,
    results: Vec<Outcome>,
    draws: bool,
    nodes: u64,
    loops: usize,
}

impl Compiler<'_> {
    fn count(&mut self, position: Position) -> Lowered<()> {
        self.nodes += 1;
        if self.nodes > MOST_NODES { cannot("a script of this length", position) } else { Ok(()) }
    }

    fn new_slot(&mut self, kind: Type) -> usize {
        self.slots.push(kind);
        self.slots.len() - 1
    }

    fn declare(&mut self, name: &str, kind: Type) -> usize {
        let slot = self.new_slot(kind);
        if let Some(scope) = self.scopes.last_mut() {
            scope.push((name.to_owned(), slot));
        }
        slot
    }

    fn find(&self, name: &str) -> Option<usize> {
        let all = self.scopes.iter().rev().flat_map(|scope| scope.iter().rev());
        all.into_iter().find(|(known, _)| known == name).map(|(_, slot)| *slot)
    }

    fn scoped<T>(&mut self, act: impl FnOnce(&mut Self) -> Lowered<T>) -> Lowered<T> {
        self.scopes.push(Vec::new());
        let result = act(self);
        self.scopes.pop();
        result
    }
}
