//! Syntax tree -> [`Tree`], or all constructs that stand in the way.
//!
//! Here are variables, scopes and types of what functions return; the other files lower what their names say:
//! `chains` what stands behind points and in brackets, `lists` draws from lists and questions to them, `results`
//! what is returned.

mod calls;
mod chains;
mod expressions;
mod lists;
mod loops;
mod results;
mod statements;
mod switch;

use std::collections::BTreeMap;

use rhai::{Position, Stmt};

use super::tables::Tables;
use super::tree::{Tree, Type};
use crate::columns::DataType;
use crate::sandbox::rhai::values::Decimals;
use crate::sandbox::{InputType, SubValue};
use results::Outcome;

/// Why a script is interpreted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox::rhai) struct NotLowered {
    /// The construct.
    pub(in crate::sandbox::rhai) what: String,
    pub(in crate::sandbox::rhai) position: Position,
}

type Lowered<T> = Result<T, NotLowered>;

impl NotLowered {
    /// Of a variable that could not be lowered where it was made: told there.
    const TOLD: &'static str = "";
}

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
    /// How the script reads each of them where it holds decimals.
    pub(in crate::sandbox::rhai) decimals: &'a [Decimals],
    pub(in crate::sandbox::rhai) data_type: DataType,
    /// What is returned beside the value.
    pub(in crate::sandbox::rhai) sub_values: &'a [SubValue],
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

/// Most constructs that are told.
const MOST_TOLD: usize = 12;

/// Lowers the script.
///
/// # Errors
///
/// The constructs that cannot be.
pub(in crate::sandbox::rhai) fn compile(script: &Script<'_>) -> Result<Tree, Vec<NotLowered>> {
    let mut compiler = Compiler {
        script,
        slots: Vec::new(),
        scopes: vec![Vec::new()],
        calls: Vec::new(),
        results: vec![Outcome::new(script.sub_values.len())],
        tables: Tables::default(),
        blockers: Vec::new(),
        draws: false,
        nodes: 0,
        loops: 0,
    };
    let body = compiler.tail(script.body);
    let body = compiler.noted(body);
    let outcome = compiler.results.pop();
    let outputs = outcome.map(|outcome| compiler.outputs(&outcome));
    let outputs = outputs.and_then(|outputs| compiler.noted(outputs));
    if compiler.slots.len() > MOST_VECTORS {
        compiler
            .note(NotLowered { what: "so many variables".to_owned(), position: Position::NONE });
    }
    match (body, outputs) {
        (Some(body), Some(outputs)) if compiler.blockers.is_empty() => Ok(Tree {
            body,
            slots: compiler.slots,
            outputs,
            decimals: script.decimals.to_vec(),
            tables: compiler.tables,
            draws: compiler.draws,
            operations: compiler.nodes * 2 + 16,
        }),
        _ => Err(compiler.blockers),
    }
}

/// Whether there is a variable of some name.
enum Found {
    Slot(usize),
    /// What it holds could not be lowered, which was told.
    Told,
    No,
}

struct Compiler<'a> {
    script: &'a Script<'a>,
    slots: Vec<Type>,
    /// Names of variables, the innermost scope last; `None`: what it holds could not be lowered.
    scopes: Vec<Vec<(String, Option<usize>)>>,
    /// Functions that are being put in place.
    calls: Vec<(String, usize)>,
    results: Vec<Outcome>,
    tables: Tables,
    blockers: Vec<NotLowered>,
    draws: bool,
    nodes: u64,
    loops: usize,
}

impl Compiler<'_> {
    fn count(&mut self, position: Position) -> Lowered<()> {
        self.nodes += 1;
        if self.nodes > MOST_NODES { cannot("a script of this length", position) } else { Ok(()) }
    }

    /// Tells what stands in the way, once for a place.
    fn note(&mut self, error: NotLowered) {
        let is_new = error.what != NotLowered::TOLD && !self.blockers.contains(&error);
        if is_new && self.blockers.len() < MOST_TOLD {
            self.blockers.push(error);
        }
    }

    /// What was lowered; what stood in the way is noted.
    fn noted<T>(&mut self, lowered: Lowered<T>) -> Option<T> {
        lowered.map_err(|error| self.note(error)).ok()
    }

    /// What all give; what stands in the way of each is noted.
    fn all<T, U>(
        &mut self,
        parts: impl IntoIterator<Item = T>,
        mut lower: impl FnMut(&mut Self, T) -> Lowered<U>,
    ) -> Lowered<Vec<U>> {
        let mut all = Ok(Vec::new());
        for part in parts {
            match (lower(self, part), &mut all) {
                (Ok(value), Ok(values)) => values.push(value),
                (Ok(_), Err(_)) => {}
                (Err(error), Err(_)) => self.note(error),
                (Err(error), Ok(_)) => all = Err(error),
            }
        }
        all
    }

    fn new_slot(&mut self, kind: Type) -> usize {
        self.slots.push(kind);
        self.slots.len() - 1
    }

    fn declare(&mut self, name: &str, kind: Type) -> usize {
        let slot = self.new_slot(kind);
        self.name(name, Some(slot));
        slot
    }

    /// Names a variable of the innermost scope.
    fn name(&mut self, name: &str, slot: Option<usize>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.push((name.to_owned(), slot));
        }
    }

    /// Whether the innermost block made the variable.
    fn is_own(&self, name: &str) -> bool {
        self.scopes.last().is_some_and(|scope| scope.iter().any(|(known, _)| known == name))
    }

    fn find(&self, name: &str) -> Found {
        let all = self.scopes.iter().rev().flat_map(|scope| scope.iter().rev());
        match all.into_iter().find(|(known, _)| known == name) {
            Some((_, Some(slot))) => Found::Slot(*slot),
            Some((_, None)) => Found::Told,
            None => Found::No,
        }
    }

    fn scoped<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        self.scopes.push(Vec::new());
        let result = act(self);
        self.scopes.pop();
        result
    }
}
