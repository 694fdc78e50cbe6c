//! Runs a formula over the rows of a block: every operation once for all rows that take it.
//!
//! Branches are followed by the rows that take them: a [`Selection`] is split by a condition, and
//! what is computed for a part is compact. Variables remember what was assigned to which rows
//! ([`Slot`]); the formula's value is one of them.

use std::sync::Arc;

use super::blend::{Slot, blend};
use super::call::call;
use super::operate::{binary, concatenate, identical, is_truthy, map, truth};
use super::tree::{Entry, Logical, Node, NodeId, Statement, Value};
use super::vector::{Cell, Data, Slice, Vector};
use super::{EntryValues, Program};
use crate::columns::Column;
use crate::columnwise::Selection;
use crate::display::Form;
use crate::expression::error::Faults;
use crate::expression::lift::Group;

/// The run of a formula over one block.
pub(super) struct Evaluation<'a, 'f> {
    program: &'a Program,
    columns: &'a [&'a Column],
    types: &'a [Form],
    rows: usize,
    locals: Vec<Slot<'a>>,
    result: Slot<'a>,
    faults: &'f mut Faults,
    /// Whether nodes may be computed per dictionary entry: not while that is being done.
    lifts: bool,
}

impl<'a, 'f> Evaluation<'a, 'f> {
    pub(super) fn new(
        program: &'a Program,
        columns: &'a [&'a Column],
        types: &'a [Form],
        rows: usize,
        faults: &'f mut Faults,
    ) -> Self {
        let locals = (0..program.tree.locals).map(|_| Slot::default()).collect();
        let result = Slot::default();
        Self { program, columns, types, rows, locals, result, faults, lifts: true }
    }

    /// The formula's values in the rows of `selection`.
    pub(super) fn run(mut self, selection: &Selection) -> Vector<'a> {
        self.statements(&self.program.tree.statements, selection.clone());
        self.result.read(selection, self.rows, &self.program.constants)
    }

    /// Runs statements; gives the rows that did not leave by `break`.
    fn statements(&mut self, statements: &'a [Statement], selection: Selection) -> Selection {
        let mut selection = selection;
        for statement in statements {
            if selection.is_empty() {
                break;
            }
            selection = self.statement(statement, selection);
        }
        selection
    }

    fn statement(&mut self, statement: &'a Statement, selection: Selection) -> Selection {
        match statement {
            Statement::Expression { value, keep } => {
                let values = self.value(*value, &selection);
                if *keep {
                    self.result.assign(&selection, values);
                }
                selection
            }
            Statement::Declare(value) => {
                self.value(*value, &selection);
                selection
            }
            Statement::Break => Selection::NONE,
            Statement::If { arms, otherwise, reset } => {
                self.reset(*reset, &selection);
                let mut left = selection.clone();
                let mut stay = Vec::with_capacity(arms.len() + 1);
                for (test, body) in arms {
                    if left.is_empty() {
                        break;
                    }
                    let test = self.value(*test, &left);
                    let (yes, no) = left.split(&truth(&test, left.len()));
                    if !yes.is_empty() {
                        stay.push(self.statements(body, yes));
                    }
                    left = no;
                }
                if !left.is_empty() {
                    stay.push(self.statements(otherwise, left));
                }
                // Without `break` all rows are back: the selection they came with is known to variables.
                if stay.iter().map(Selection::len).sum::<usize>() == selection.len() {
                    return selection;
                }
                let rows = self.rows;
                stay.into_iter().fold(Selection::NONE, |all, part| all.union(part, rows))
            }
            Statement::Switch { entry, bodies, default, reset } => {
                self.reset(*reset, &selection);
                let entries = self.entries(entry, bodies.len(), *default, &selection);
                let mut running = Selection::NONE;
                for (body, entering) in bodies.iter().zip(entries) {
                    running = running.union(entering, self.rows);
                    if !running.is_empty() {
                        running = self.statements(body, running);
                    }
                }
                selection
            }
        }
    }

    fn reset(&mut self, reset: bool, selection: &Selection) {
        if reset {
            self.result.assign(selection, Vector::NULL);
        }
    }

    /// For each body of a `switch`: the rows that enter there.
    fn entries(
        &mut self,
        entry: &'a Entry,
        bodies: usize,
        default: Option<usize>,
        selection: &Selection,
    ) -> Vec<Selection> {
        // Tests belong to the bodies but the default, in order.
        let tested: Vec<usize> = (0..bodies).filter(|body| Some(*body) != default).collect();
        let body_of = |test: usize| tested.get(test).copied().or(default);
        let mut entries = vec![Selection::NONE; bodies];
        match entry {
            Entry::Constants(find) => {
                let found = self.value(*find, selection);
                if let Some(Value::Number(test)) = found.as_constant() {
                    if let Some(body) = body_of(*test as usize) {
                        entries[body] = selection.clone();
                    }
                    return entries;
                }
                let mut positions: Vec<Vec<u32>> = vec![Vec::new(); bodies];
                for index in 0..selection.len() {
                    if let Cell::Number(test) = found.at(index)
                        && let Some(body) = body_of(test as usize)
                    {
                        positions[body].push(selection.position(index) as u32);
                    }
                }
                for (entry, positions) in entries.iter_mut().zip(positions) {
                    if positions.len() == selection.len() {
                        *entry = selection.clone();
                    } else if !positions.is_empty() {
                        *entry = Selection::some(positions);
                    }
                }
            }
            Entry::Tests(subject, tests) => {
                let mut subject = self.value(*subject, selection);
                let mut left = selection.clone();
                for (number, test) in tests.iter().enumerate() {
                    if left.is_empty() {
                        return entries;
                    }
                    let test = self.value(*test, &left);
                    let same = |index| identical(subject.at(index), test.at(index));
                    let flags: Vec<bool> = (0..left.len()).map(same).collect();
                    let kept = (0..left.len() as u32).filter(|index| !flags[*index as usize]);
                    let rest = subject.gather(&Selection::some(kept.collect()));
                    let (yes, no) = left.split(&flags);
                    if let Some(body) = body_of(number) {
                        entries[body] = yes;
                    }
                    (left, subject) = (no, rest);
                }
                if let Some(body) = default {
                    entries[body] = left;
                }
            }
        }
        entries
    }

    /// The values of a node in the rows of `selection`, which has some.
    fn value(&mut self, id: NodeId, selection: &Selection) -> Vector<'a> {
        let program = self.program;
        if self.lifts
            && let Some(inputs) = program.lifted_inputs(id)
            && let Some(values) = self.lifted(id, inputs, selection)
        {
            return values;
        }
        let length = selection.len();
        match program.tree.node(id) {
            Node::Constant(value) => Vector::constant(value.clone()),
            Node::Now => Vector::constant(Value::Number(program.now)),
            Node::Input { input, quoted } => {
                Vector::load(self.columns[*input], self.types[*input], *quoted, selection)
            }
            Node::Day(input) => Vector::load_days(self.columns[*input], selection),
            Node::Local(local) => self.read(*local, selection),
            Node::Assign(local, value) => {
                let values = self.value(*value, selection);
                self.locals[*local].assign(selection, values.clone());
                values
            }
            Node::StepAfter { local, by } => {
                let before = map(&self.read(*local, selection), length, |x| x);
                let after = map(&before, length, |x| x + by);
                self.locals[*local].assign(selection, after);
                before
            }
            Node::Not(value) => {
                let value = self.value(*value, selection);
                if let Some(value) = value.as_constant() {
                    let flag = is_truthy(value.into());
                    return Vector::constant(Value::Boolean(!flag));
                }
                Vector::booleans(truth(&value, length).into_iter().map(|flag| !flag).collect())
            }
            Node::Negate(value) => map(&self.value(*value, selection), length, |x| -x),
            Node::ToNumber(value) => map(&self.value(*value, selection), length, |x| x),
            Node::Binary(operator, left, right) => {
                let left = self.value(*left, selection);
                let right = self.value(*right, selection);
                binary(*operator, &left, &right, selection, self.faults)
            }
            Node::Logical(operator, left, right) => {
                self.logical(*operator, *left, *right, selection)
            }
            Node::Choose(test, yes, no) => {
                let test = self.value(*test, selection);
                self.choose(&truth(&test, length), *yes, *no, selection)
            }
            Node::Sequence(parts) => {
                let mut last = Vector::NULL;
                for part in parts {
                    last = self.value(*part, selection);
                }
                last
            }
            Node::Concatenate(parts) => {
                let parts: Vec<_> = parts.iter().map(|part| self.value(*part, selection)).collect();
                concatenate(&parts, selection, self.faults)
            }
            Node::Find(value, constants) => find(&self.value(*value, selection), constants, length),
            Node::Call(function, operands) => {
                let operands: Vec<_> =
                    operands.iter().map(|operand| self.value(*operand, selection)).collect();
                call(*function, &operands, selection, self.faults)
            }
        }
    }

    fn read(&mut self, local: usize, selection: &Selection) -> Vector<'a> {
        self.locals[local].read(selection, self.rows, &self.program.constants)
    }

    fn choose(
        &mut self,
        flags: &[bool],
        yes: NodeId,
        no: NodeId,
        selection: &Selection,
    ) -> Vector<'a> {
        let (yes_indices, no_indices) = Selection::All(flags.len()).split(flags);
        if no_indices.is_empty() {
            return self.value(yes, selection);
        }
        if yes_indices.is_empty() {
            return self.value(no, selection);
        }
        let yes = self.value(yes, &selection.at(&yes_indices));
        let no = self.value(no, &selection.at(&no_indices));
        blend(flags.len(), &[(yes_indices, yes), (no_indices, no)], &self.program.constants)
    }

    fn logical(
        &mut self,
        operator: Logical,
        left: NodeId,
        right: NodeId,
        selection: &Selection,
    ) -> Vector<'a> {
        let left = self.value(left, selection);
        let length = selection.len();
        // Where the right side decides.
        let flags: Vec<bool> = match operator {
            Logical::And => truth(&left, length),
            Logical::Or => truth(&left, length).into_iter().map(|flag| !flag).collect(),
            Logical::Coalesce => (0..length).map(|index| left.at(index) == Cell::Null).collect(),
        };
        let (needed, _) = Selection::All(length).split(&flags);
        if needed.is_empty() {
            return left;
        }
        if needed.len() == length {
            return self.value(right, selection);
        }
        let right = self.value(right, &selection.at(&needed));
        let parts = [(Selection::All(length), left), (needed, right)];
        blend(length, &parts, &self.program.constants)
    }

    /// The values of a node by way of the dictionary entries of its inputs.
    fn lifted(
        &mut self,
        id: NodeId,
        inputs: &'a [usize],
        selection: &Selection,
    ) -> Option<Vector<'a>> {
        let program = self.program;
        let group = Group::of(inputs.iter().map(|input| self.columns[*input]))?;
        let table = program.memo(id)?.get(&group, || self.entry_values(id, inputs, &group))?;
        if table.faults.has_overflowed() {
            return None;
        }
        let key = |index: usize| group.keys[selection.position(index)];
        if !table.faults.is_empty() {
            for index in 0..selection.len() {
                if let Some(message) = table.faults.at(key(index) as usize) {
                    self.faults.push(selection.position(index), message.to_owned());
                }
            }
        }
        let keys = match selection {
            Selection::All(_) => Arc::clone(group.keys),
            Selection::Some(_) => Arc::new((0..selection.len()).map(key).collect()),
        };
        if let (Data::Texts(_), None, Some(dictionary)) =
            (&table.values.data, &table.values.valid, &table.dictionary)
        {
            let dictionary = Arc::clone(dictionary);
            return Some(Vector { data: Data::Choices { keys, dictionary }, valid: None });
        }
        Some(table.values.gather(&Selection::Some(keys)))
    }

    /// The node's value for each dictionary entry.
    fn entry_values(&self, id: NodeId, inputs: &[usize], group: &Group<'_>) -> EntryValues {
        let entries = group.entry_columns();
        let mut columns: Vec<&Column> = self.columns.to_vec();
        for (input, entries) in inputs.iter().zip(&entries) {
            columns[*input] = entries;
        }
        let mut faults = Faults::default();
        let rows = group.entries();
        let mut evaluation = Evaluation::new(self.program, &columns, self.types, rows, &mut faults);
        evaluation.lifts = false;
        let values = if rows == 0 {
            Vector::NULL
        } else {
            evaluation.value(id, &Selection::All(rows)).into_owned()
        };
        faults.sort();
        EntryValues::new(values, faults)
    }
}

/// Which of `constants` each value is identical to, by position; their number if none.
fn find<'a>(values: &Vector<'a>, constants: &[Value], length: usize) -> Vector<'a> {
    let position = |cell: Cell<'_>| {
        let same = |constant: &Value| identical(cell, constant.into());
        let found = constants.iter().position(same);
        found.unwrap_or(constants.len()) as f64
    };
    match &values.data {
        Data::Constant(value) => Vector::constant(Value::Number(position(value.into()))),
        _ => {
            let found = (0..length).map(|index| position(values.at(index))).collect();
            let data = Data::Numbers(Slice::Shared(Arc::new(found)));
            Vector { data, valid: None }
        }
    }
}
