//! A [`Tree`] on the rows of a block.
//!
//! | file | holds |
//! |---|---|
//! | here | the machine: statements, branches, loops |
//! | `expressions` | what a node gives |
//! | `arithmetic`, `divisor` | operators on whole columns |
//! | `calls` | functions of the host, row by row |
//! | `format` | values put into patterns |
//! | `loops` | loops |
//! | `switch` | where values lead |
//! | `tables` | constant lists and maps |
//! | `columns` | inputs, and what is returned |
//! | `vector` | the values of some rows |

mod arithmetic;
mod calls;
mod columns;
mod divisor;
mod expressions;
mod format;
mod loops;
mod switch;
mod tables;
mod vector;

use super::tree::{Node, Output, Step, Tree, Type};
use crate::columns::{Column, Rows};
use crate::columnwise::Selection;
use crate::generator::Made;
use crate::rng::{Cell, Stream};
use crate::sandbox::rhai::watch::is_late;
use crate::sandbox::{InputType, Limits};
use columns::Returned;
use loops::Rounds;
use vector::{Many, Span, Vector};

/// The interpreter must make this block: something in it has no value, or may reach a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox::rhai) struct Bail;

type Run<T> = Result<T, Bail>;

/// Rows that are evaluated at a time: vectors of their values stay in the processor's second cache, and what
/// a vector costs whatever its length (0.1 µs, mostly for its memory) is shared by many.
const CHUNK: usize = 4_096;

/// Rows of a chunk whose texts may take what the texts of one row may: less would not help.
const LEAST_CHUNK: usize = 64;

/// What a function has returned so far.
#[derive(Debug)]
struct Frame {
    values: Vector,
    /// The rows that returned null.
    nulls: Vec<u32>,
}

impl Frame {
    fn new(kind: Option<Type>) -> Self {
        Self { values: Vector::empty(kind.unwrap_or(Type::Int)), nulls: Vec::new() }
    }
}

/// Rows that left the round of a loop early.
#[derive(Debug, Default)]
struct Round {
    broken: Vec<u32>,
    continued: Vec<u32>,
}

struct Machine<'a> {
    tree: &'a Tree,
    /// The rows of this chunk.
    rows: Rows,
    /// Where the chunk starts in the block.
    start: usize,
    inputs: &'a [Option<&'a Column>],
    types: &'a [Option<InputType>],
    limits: &'a Limits,
    slots: Vec<Vector>,
    arena: Vec<u8>,
    cells: Vec<Cell>,
    /// What the script and the functions inside returned, the innermost last.
    frames: Vec<Frame>,
    /// What the script returned beside its value.
    beside: Vec<Frame>,
    rounds: Vec<Round>,
    operations: u64,
    /// Whether it was the memory of a chunk that did not suffice: fewer rows may do with it.
    full: bool,
}

impl Tree {
    /// The column of `rows`, and those of the sub-values.
    pub(in crate::sandbox::rhai) fn run(
        &self,
        rows: Rows,
        inputs: &[Option<&Column>],
        types: &[Option<InputType>],
        stream: Stream,
        limits: &Limits,
    ) -> Run<Made> {
        let mut machine = Machine {
            tree: self,
            rows,
            start: 0,
            inputs,
            types,
            limits,
            slots: Vec::new(),
            arena: self.tables.texts.clone(),
            cells: Vec::new(),
            frames: Vec::new(),
            beside: Vec::new(),
            rounds: Vec::new(),
            operations: 0,
            full: false,
        };
        let new = |output: &Output| Returned::new(output.data_type, rows.count);
        let mut returned: Vec<Returned> = self.outputs.iter().map(new).collect();
        let (mut start, mut most) = (0, CHUNK);
        while start < rows.count {
            let count = most.min(rows.count - start);
            let chunk = Rows { first: rows.first + start as u64, count };
            match machine.chunk(start, chunk, stream, &mut returned) {
                Ok(()) => start += count,
                Err(Bail) if machine.full && most > LEAST_CHUNK => most /= 4,
                Err(bail) => return Err(bail),
            }
        }
        let mut columns = returned.into_iter().map(Returned::column);
        let column = columns.next().ok_or(Bail)?;
        Ok(Made { column, sub_values: columns.collect(), failed: None })
    }
}

impl Machine<'_> {
    /// Evaluates the rows of a chunk, and appends what they return.
    fn chunk(
        &mut self,
        start: usize,
        chunk: Rows,
        stream: Stream,
        returned: &mut [Returned],
    ) -> Run<()> {
        self.turn_to(start, chunk, stream);
        self.spend(self.tree.operations)?;
        let mut frames = self.tree.outputs.iter().map(|output| Frame::new(output.result));
        self.frames.extend(frames.next());
        self.beside.extend(frames);
        let left = self.steps(&self.tree.body, Selection::All(chunk.count))?;
        debug_assert!(left.is_empty(), "every row returns");
        let frame = self.frames.pop().ok_or(Bail)?;
        let beside = std::mem::take(&mut self.beside);
        for (frame, returned) in [frame].into_iter().chain(beside).zip(returned) {
            self.finish(frame, returned)?;
        }
        Ok(())
    }

    /// Forgets the chunk before; takes what memory it had.
    fn turn_to(&mut self, start: usize, rows: Rows, stream: Stream) {
        (self.start, self.rows, self.operations) = (start, rows, 0);
        self.slots.clear();
        self.slots.extend(self.tree.slots.iter().map(|kind| Vector::empty(*kind)));
        // The texts of constants stay at its beginning.
        self.arena.truncate(self.tree.tables.texts.len());
        self.cells.clear();
        self.frames.clear();
        self.beside.clear();
        self.rounds.clear();
        self.full = false;
        if self.tree.draws {
            self.cells.extend(rows.iter().map(|row| stream.cell(row)));
        }
    }

    fn spend(&mut self, operations: u64) -> Run<()> {
        self.operations = self.operations.saturating_add(operations);
        if self.operations > self.limits.script_operations || is_late() {
            return Err(Bail);
        }
        Ok(())
    }

    /// Runs `steps` on `rows`; answers those that go on behind them.
    fn steps(&mut self, steps: &[Step], mut rows: Selection) -> Run<Selection> {
        for step in steps {
            if rows.is_empty() {
                break;
            }
            rows = self.step(step, rows)?;
        }
        Ok(rows)
    }

    fn step(&mut self, step: &Step, rows: Selection) -> Run<Selection> {
        let none = Selection::NONE;
        match step {
            Step::Set(slot, node) => {
                let values = self.value(node, &rows)?;
                self.slots[*slot].scatter(values, &rows, self.rows.count);
                Ok(rows)
            }
            Step::Run(node) => {
                self.value(node, &rows)?;
                Ok(rows)
            }
            Step::If(condition, yes, no) => match self.truth(condition, &rows)? {
                Many::One(true) => self.steps(yes, rows),
                Many::One(false) => self.steps(no, rows),
                Many::Each(flags) => {
                    let (taken, left) = rows.split(&flags);
                    let taken = self.steps(yes, taken)?;
                    let left = self.steps(no, left)?;
                    Ok(taken.union(left, self.rows.count))
                }
            },
            Step::Loop { condition, negated, after, body, operations } => {
                self.repeat(condition.as_ref(), *negated, *after, body, *operations, rows)
            }
            Step::For { slot, counter, through, body, operations } => {
                let rounds =
                    Rounds { slot: *slot, counter: *counter, body, operations: *operations };
                self.go_through(&rounds, through, rows)
            }
            Step::Switch(value, cases, arms) => self.switch(value, cases, arms, rows),
            Step::Give(fields) => self.give(fields, &rows),
            Step::Fail => Err(Bail),
            Step::Break => {
                if let Some(round) = self.rounds.last_mut() {
                    round.broken.extend(rows.positions());
                }
                Ok(none)
            }
            Step::Continue => {
                if let Some(round) = self.rounds.last_mut() {
                    round.continued.extend(rows.positions());
                }
                Ok(none)
            }
            Step::Return(node) => {
                let values = node.as_ref().map(|node| self.value(node, &rows)).transpose()?;
                let count = self.rows.count;
                let frame = self.frames.last_mut().ok_or(Bail)?;
                match values {
                    Some(values) => frame.values.scatter(values, &rows, count),
                    None => frame.nulls.extend(rows.positions()),
                }
                Ok(none)
            }
        }
    }

    /// Returns a value and its sub-values from the script.
    fn give(&mut self, fields: &[(usize, Node)], rows: &Selection) -> Run<Selection> {
        let count = self.rows.count;
        let mut given = vec![false; self.tree.outputs.len()];
        for (place, node) in fields {
            let values = self.value(node, rows)?;
            given[*place] = true;
            let frame = self.output(*place).ok_or(Bail)?;
            frame.values.scatter(values, rows, count);
        }
        for place in (0..given.len()).filter(|place| !given[*place]) {
            self.output(place).ok_or(Bail)?.nulls.extend(rows.positions());
        }
        Ok(Selection::NONE)
    }

    /// What was returned for the value, or for a sub-value.
    fn output(&mut self, place: usize) -> Option<&mut Frame> {
        match place.checked_sub(1) {
            None => self.frames.first_mut(),
            Some(place) => self.beside.get_mut(place),
        }
    }

    fn keep(&mut self, text: &[u8]) -> Run<Span> {
        let start = self.arena.len();
        self.arena.extend_from_slice(text);
        self.span_from(start)
    }

    /// The span of what was appended since `start`.
    fn span_from(&mut self, start: usize) -> Run<Span> {
        let end = self.arena.len();
        self.fits(end)?;
        if end - start > self.limits.script_text_bytes {
            return Err(Bail);
        }
        Ok(Span { start: start as u32, end: end as u32 })
    }

    /// Whether the chunk may hold so many bytes of texts, also of those that are only on the way.
    fn fits(&mut self, bytes: usize) -> Run<()> {
        self.full = bytes > self.limits.script_memory_bytes;
        if self.full { Err(Bail) } else { Ok(()) }
    }

    fn text(&self, span: Span) -> &[u8] {
        &self.arena[span.start as usize..span.end as usize]
    }
}
