//! Loops: they go round as long as one row stays in them.

use super::vector::{Many, Span, Vector};
use super::{Bail, Machine, Round, Run};
use crate::columnwise::Selection;
use crate::sandbox::rhai::lower::tree::{Node, Step, Through};

/// What a `for` does for every value.
pub(super) struct Rounds<'t> {
    /// The variable that gets the value.
    pub(super) slot: usize,
    /// The variable that counts.
    pub(super) counter: Option<usize>,
    pub(super) body: &'t [Step],
    /// Operations of one round.
    pub(super) operations: u64,
}

impl Machine<'_> {
    /// One round of a loop: answers the rows that may go round again; who broke out waits in the round.
    fn round(&mut self, body: &[Step], rows: Selection) -> Run<Selection> {
        let rows = self.steps(body, rows)?;
        let continued = self.rounds.last_mut().map(|round| std::mem::take(&mut round.continued));
        let continued = Selection::sorted(continued.unwrap_or_default());
        Ok(rows.union(continued, self.rows.count))
    }

    pub(super) fn repeat(
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

    pub(super) fn go_through(
        &mut self,
        rounds: &Rounds<'_>,
        through: &Through,
        rows: Selection,
    ) -> Run<Selection> {
        let count = self.rows.count;
        // All by row number: rows leave as their ends come.
        match through {
            Through::Range { from, to, inclusive } => {
                let mut first = Many::One(0);
                first.scatter(self.ints(from, &rows)?, &rows, count);
                let mut last = Many::One(0);
                last.scatter(self.ints(to, &rows)?, &rows, count);
                let is_open = |step: i64, row: usize| {
                    let at = first.get(row).checked_add(step);
                    let last = last.get(row);
                    at.is_some_and(|at| if *inclusive { at <= last } else { at < last })
                };
                let alike = first.is_one() && last.is_one();
                self.rounds_of(rounds, rows, alike, is_open, |_, step, rows| {
                    Ok(Vector::Int(match first.gather(rows) {
                        Many::One(first) => Many::One(first + step),
                        Many::Each(all) => Many::Each(all.iter().map(|from| from + step).collect()),
                    }))
                })
            }
            Through::Table(list) => {
                let mut lists = Many::One(0);
                lists.scatter(self.tables_of(list, &rows)?, &rows, count);
                let tables = &self.tree.tables;
                let length = |row: usize| tables.get(lists.get(row)).cells.len() as i64;
                let kind = self.tree.slots[rounds.slot];
                let is_open = |step: i64, row: usize| step < length(row);
                self.rounds_of(rounds, rows, lists.is_one(), is_open, |this, step, rows| {
                    this.at(&lists.gather(rows), &Many::One(step), kind, rows.len())
                })
            }
            Through::Letters(text) => {
                let mut texts = Many::One(Span::default());
                texts.scatter(self.texts(text, &rows)?, &rows, count);
                let letters = |span| {
                    let bytes = self.text(span);
                    // Bytes that go on with a letter begin none.
                    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count() as i64
                };
                let lengths = texts.map(letters);
                let is_open = |step: i64, row: usize| step < lengths.get(row);
                self.rounds_of(rounds, rows, texts.is_one(), is_open, |this, step, rows| {
                    let letter = |span| this.letter_at(span, step);
                    let letters = texts.gather(rows).map(letter);
                    letters.all_or_none().map(Vector::Char).ok_or(Bail)
                })
            }
            Through::Values(nodes) => {
                let mut values = Vec::with_capacity(nodes.len());
                for node in nodes {
                    let mut all = Vector::empty(self.tree.slots[rounds.slot]);
                    all.scatter(self.value(node, &rows)?, &rows, count);
                    values.push(all);
                }
                let is_open = |step: i64, _| (step as usize) < nodes.len();
                self.rounds_of(rounds, rows, true, is_open, |_, step, rows| {
                    Ok(values[step as usize].gather(rows))
                })
            }
        }
    }

    /// Goes round with 0, 1 and so on as long as `is_open` says so of a row, which is for all rows what it is for the
    /// first where they are `alike`; `value` is what the variable gets.
    fn rounds_of(
        &mut self,
        rounds: &Rounds<'_>,
        mut rows: Selection,
        alike: bool,
        is_open: impl Fn(i64, usize) -> bool,
        value: impl Fn(&mut Self, i64, &Selection) -> Run<Vector>,
    ) -> Run<Selection> {
        let count = self.rows.count;
        let mut done = Selection::NONE;
        self.rounds.push(Round::default());
        let mut step: i64 = 0;
        loop {
            if alike {
                if !is_open(step, 0) {
                    done = done.union(rows, count);
                    break;
                }
            } else {
                let flags: Vec<bool> =
                    (0..rows.len()).map(|index| is_open(step, rows.position(index))).collect();
                let (stay, leave) = rows.split(&flags);
                done = done.union(leave, count);
                rows = stay;
            }
            if rows.is_empty() {
                break;
            }
            self.spend(rounds.operations)?;
            let values = value(self, step, &rows)?;
            self.slots[rounds.slot].scatter(values, &rows, count);
            if let Some(counter) = rounds.counter {
                self.slots[counter].scatter(Vector::Int(Many::One(step)), &rows, count);
            }
            rows = self.round(rounds.body, rows)?;
            if rows.is_empty() {
                break;
            }
            step = step.checked_add(1).ok_or(Bail)?;
        }
        let round = self.rounds.pop().unwrap_or_default();
        Ok(done.union(Selection::sorted(round.broken), count))
    }
}
