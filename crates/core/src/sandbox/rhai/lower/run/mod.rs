//! A [`Tree`] on the rows of a block.
//!
//! | file | holds |
//! |---|---|
//! | here | the machine: statements, branches, loops |
//! | `expressions` | what a node gives |
//! | `arithmetic`, `divisor` | operators on whole columns |
//! | `calls` | functions of the host, row by row |
//! | `columns` | inputs, and what is returned |
//! | `vector` | the values of some rows |

mod arithmetic;
mod calls;
mod columns;
mod divisor;
mod expressions;
mod vector;

use super::tree::{Node, Step, Tree, Type};
use crate::columns::{Column, Rows};
use crate::columnwise::Selection;
use crate::rng::{Cell, Stream};
use crate::sandbox::rhai::watch::is_late;
use crate::sandbox::{InputType, Limits};
use columns::Returned;
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
    frames: Vec<Frame>,
    rounds: Vec<Round>,
    operations: u64,
    /// Whether it was the memory of a chunk that did not suffice: fewer rows may do with it.
    full: bool,
}

impl Tree {
    /// The column of `rows`.
    pub(in crate::sandbox::rhai) fn run(
        &self,
        rows: Rows,
        inputs: &[Option<&Column>],
        types: &[Option<InputType>],
        stream: Stream,
        limits: &Limits,
    ) -> Run<Column> {
        let mut machine = Machine {
            tree: self,
            rows,
            start: 0,
            inputs,
            types,
            limits,
            slots: Vec::new(),
            arena: Vec::new(),
            cells: Vec::new(),
            frames: Vec::new(),
            rounds: Vec::new(),
            operations: 0,
            full: false,
        };
        let mut returned = Returned::new(self.data_type, rows.count);
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
        Ok(returned.column())
    }
}

impl Machine<'_> {
    /// Evaluates the rows of a chunk, and appends what they return.
    fn chunk(
        &mut self,
        start: usize,
        chunk: Rows,
        stream: Stream,
        returned: &mut Returned,
    ) -> Run<()> {
        self.turn_to(start, chunk, stream);
        self.spend(self.tree.operations)?;
        let values = Vector::empty(self.tree.result.unwrap_or(Type::Int));
        self.frames.push(Frame { values, nulls: Vec::new() });
        let left = self.steps(&self.tree.body, Selection::All(chunk.count))?;
        debug_assert!(left.is_empty(), "every row returns");
        let frame = self.frames.pop().ok_or(Bail)?;
        self.finish(frame, returned)
    }

    /// Forgets the chunk before; takes what memory it had.
    fn turn_to(&mut self, start: usize, rows: Rows, stream: Stream) {
        (self.start, self.rows, self.operations) = (start, rows, 0);
        self.slots.clear();
        self.slots.extend(self.tree.slots.iter().map(|kind| Vector::empty(*kind)));
        self.arena.clear();
        self.cells.clear();
        self.frames.clear();
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
            Step::For { slot, from, to, inclusive, body, operations } => {
                let bounds = (from, to, *inclusive);
                self.count_through(*slot, bounds, body, *operations, rows)
            }
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

    /// One round of a loop: answers the rows that may go round again; who broke out waits in the round.
    fn round(&mut self, body: &[Step], rows: Selection) -> Run<Selection> {
        let rows = self.steps(body, rows)?;
        let continued = self.rounds.last_mut().map(|round| std::mem::take(&mut round.continued));
        let continued = Selection::sorted(continued.unwrap_or_default());
        Ok(rows.union(continued, self.rows.count))
    }

    fn repeat(
        &mut self,
        condition: Option<&Node>,
        negated: bool,
        after: bool,
        body: &[Step],
        operations: u64,
        mut rows: Selection,
    ) -> Run<Selection> {
        let count = self.rows.count;
        let mut done = Selection::NONE;
        self.rounds.push(Round::default());
        let mut first = true;
        while !rows.is_empty() {
            self.spend(operations)?;
            if after {
                rows = self.round(body, rows)?;
                if rows.is_empty() {
                    break;
                }
            }
            if let Some(condition) = condition {
                match self.truth(condition, &rows)? {
                    Many::One(flag) if flag != negated => {}
                    Many::One(_) => {
                        done = done.union(rows, count);
                        break;
                    }
                    Many::Each(flags) => {
                        let flags: Vec<bool> = flags.iter().map(|flag| *flag != negated).collect();
                        let (stay, leave) = rows.split(&flags);
                        done = done.union(leave, count);
                        rows = stay;
                    }
                }
            }
            if !after && !rows.is_empty() {
                rows = self.round(body, rows)?;
            }
            first = false;
        }
        debug_assert!(!first || count == 0 || done.len() <= count);
        let round = self.rounds.pop().unwrap_or_default();
        Ok(done.union(Selection::sorted(round.broken), count))
    }

    fn count_through(
        &mut self,
        slot: usize,
        (from, to, inclusive): (&Node, &Node, bool),
        body: &[Step],
        operations: u64,
        mut rows: Selection,
    ) -> Run<Selection> {
        let count = self.rows.count;
        let from = self.ints(from, &rows)?;
        let to = self.ints(to, &rows)?;
        // Both by row number: rows leave as their ends come.
        let mut all_from = Many::One(0);
        all_from.scatter(from, &rows, count);
        let mut all_to = Many::One(0);
        all_to.scatter(to, &rows, count);
        let mut done = Selection::NONE;
        self.rounds.push(Round::default());
        let mut step: i64 = 0;
        loop {
            let inside =
                |row: usize| {
                    let at = all_from.get(row).checked_add(step);
                    at.is_some_and(|at| {
                        if inclusive { at <= all_to.get(row) } else { at < all_to.get(row) }
                    })
                };
            if let (Many::One(_), Many::One(_)) = (&all_from, &all_to) {
                if !inside(0) {
                    done = done.union(rows, count);
                    break;
                }
            } else {
                let flags: Vec<bool> =
                    (0..rows.len()).map(|index| inside(rows.position(index))).collect();
                let (stay, leave) = rows.split(&flags);
                done = done.union(leave, count);
                rows = stay;
            }
            if rows.is_empty() {
                break;
            }
            self.spend(operations)?;
            let places = match all_from.gather(&rows) {
                Many::One(from) => Many::One(from + step),
                Many::Each(from) => Many::Each(from.iter().map(|from| from + step).collect()),
            };
            self.slots[slot].scatter(Vector::Int(places), &rows, count);
            rows = self.round(body, rows)?;
            if rows.is_empty() {
                break;
            }
            step = step.checked_add(1).ok_or(Bail)?;
        }
        let round = self.rounds.pop().unwrap_or_default();
        Ok(done.union(Selection::sorted(round.broken), count))
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
