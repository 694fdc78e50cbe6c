//! A [`Tree`] on the rows of a block.

use super::call::{Function, Value};
use super::tree::{Comparison, Node, Operator, Step, Tree, Type};
use crate::columns::{Column, DataType, Rows, Values, VarBytes, uuid_text};
use crate::rng::{Cell, Stream, scale, unit};
use crate::sandbox::rhai::engine::is_late;
use crate::sandbox::rhai::host::{self, Host};
use crate::sandbox::rhai::values::decimal;
use crate::sandbox::{InputType, Limits};

/// The interpreter must make this block: something in it has no value, or may reach a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox::rhai) struct Bail;

type Run<T> = Result<T, Bail>;

/// Most bytes of all texts of a block, also those that are only on the way.
const MOST_ARENA: usize = 64 << 20;

/// Where a text stands in the arena.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    start: u32,
    end: u32,
}

/// One value for all rows, or one for each.
#[derive(Debug, Clone)]
enum Many<T> {
    One(T),
    Each(Vec<T>),
}

impl<T: Copy> Many<T> {
    #[inline]
    fn get(&self, index: usize) -> T {
        match self {
            Self::One(value) => *value,
            Self::Each(values) => values[index],
        }
    }

    fn gather(&self, rows: &Selection) -> Self {
        match (self, rows) {
            (Self::Each(values), Selection::Some(rows)) => {
                Self::Each(rows.iter().map(|row| values[*row as usize]).collect())
            }
            _ => self.clone(),
        }
    }

    /// Puts `values` of the selected rows in their places among `count`.
    fn scatter(&mut self, values: Self, rows: &Selection, count: usize) {
        let Selection::Some(rows) = rows else {
            *self = values;
            return;
        };
        if let Self::One(value) = self {
            *self = Self::Each(vec![*value; count]);
        }
        if let Self::Each(all) = self {
            for (index, row) in rows.iter().enumerate() {
                all[*row as usize] = values.get(index);
            }
        }
    }
}

/// Values of one type for the selected rows.
#[derive(Debug, Clone)]
enum Vector {
    Int(Many<i64>),
    Float(Many<f64>),
    Bool(Many<bool>),
    Text(Many<Span>),
}

impl Vector {
    fn empty(kind: Type) -> Self {
        match kind {
            Type::Int => Self::Int(Many::One(0)),
            Type::Float => Self::Float(Many::One(0.0)),
            Type::Bool => Self::Bool(Many::One(false)),
            Type::Text => Self::Text(Many::One(Span::default())),
        }
    }

    fn gather(&self, rows: &Selection) -> Self {
        match self {
            Self::Int(values) => Self::Int(values.gather(rows)),
            Self::Float(values) => Self::Float(values.gather(rows)),
            Self::Bool(values) => Self::Bool(values.gather(rows)),
            Self::Text(values) => Self::Text(values.gather(rows)),
        }
    }

    fn scatter(&mut self, values: Self, rows: &Selection, count: usize) {
        match (self, values) {
            (Self::Int(all), Self::Int(some)) => all.scatter(some, rows, count),
            (Self::Float(all), Self::Float(some)) => all.scatter(some, rows, count),
            (Self::Bool(all), Self::Bool(some)) => all.scatter(some, rows, count),
            (Self::Text(all), Self::Text(some)) => all.scatter(some, rows, count),
            // Types are checked when the tree is made.
            _ => debug_assert!(false, "a value of another type"),
        }
    }
}

/// The rows that something is done to, in ascending order.
#[derive(Debug, Clone)]
enum Selection {
    All(usize),
    Some(Vec<u32>),
}

impl Selection {
    fn len(&self) -> usize {
        match self {
            Self::All(count) => *count,
            Self::Some(rows) => rows.len(),
        }
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn row(&self, index: usize) -> usize {
        match self {
            Self::All(_) => index,
            Self::Some(rows) => rows[index] as usize,
        }
    }

    /// Those for which `keep` holds, with their places in this selection, and the others with theirs.
    fn split(&self, keep: &[bool]) -> (Part, Part) {
        let (mut yes, mut no) = (Part::default(), Part::default());
        for (index, keep) in keep.iter().enumerate() {
            let part = if *keep { &mut yes } else { &mut no };
            part.rows.push(self.row(index) as u32);
            part.places.push(index as u32);
        }
        (yes, no)
    }

    /// Both together; `count` is the number of all rows.
    fn join(self, other: Self, count: usize) -> Self {
        if other.is_empty() {
            return self;
        }
        if self.is_empty() {
            return other;
        }
        let (Self::Some(mut rows), Self::Some(more)) = (self, other) else {
            return Self::All(count);
        };
        rows.extend(more);
        if rows.len() == count {
            return Self::All(count);
        }
        rows.sort_unstable();
        Self::Some(rows)
    }
}

/// A part of a selection.
#[derive(Debug, Default)]
struct Part {
    rows: Vec<u32>,
    places: Vec<u32>,
}

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
    rows: Rows,
    inputs: &'a [Option<&'a Column>],
    types: &'a [Option<InputType>],
    limits: &'a Limits,
    slots: Vec<Vector>,
    arena: Vec<u8>,
    cells: Vec<Cell>,
    frames: Vec<Frame>,
    rounds: Vec<Round>,
    operations: u64,
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
        let cells =
            if self.draws { rows.iter().map(|row| stream.cell(row)).collect() } else { vec![] };
        let mut machine = Machine {
            tree: self,
            rows,
            inputs,
            types,
            limits,
            slots: self.slots.iter().map(|kind| Vector::empty(*kind)).collect(),
            arena: Vec::new(),
            cells,
            frames: Vec::new(),
            rounds: Vec::new(),
            operations: 0,
        };
        machine.spend(self.operations)?;
        let values = Vector::empty(self.result.unwrap_or(Type::Int));
        machine.frames.push(Frame { values, nulls: Vec::new() });
        let left = machine.steps(&self.body, Selection::All(rows.count))?;
        debug_assert!(left.is_empty(), "every row returns");
        let frame = machine.frames.pop().ok_or(Bail)?;
        machine.column(frame)
    }
}

impl Machine<'_> {
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
        let none = Selection::Some(Vec::new());
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
                    let taken = self.steps(yes, Selection::Some(taken.rows))?;
                    let left = self.steps(no, Selection::Some(left.rows))?;
                    Ok(taken.join(left, self.rows.count))
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
                let count = rows.len();
                let left = (0..count).map(|index| rows.row(index) as u32);
                if let Some(round) = self.rounds.last_mut() {
                    round.broken.extend(left);
                }
                Ok(none)
            }
            Step::Continue => {
                let count = rows.len();
                let left = (0..count).map(|index| rows.row(index) as u32);
                if let Some(round) = self.rounds.last_mut() {
                    round.continued.extend(left);
                }
                Ok(none)
            }
            Step::Return(node) => {
                let values = node.as_ref().map(|node| self.value(node, &rows)).transpose()?;
                let count = self.rows.count;
                let frame = self.frames.last_mut().ok_or(Bail)?;
                match values {
                    Some(values) => frame.values.scatter(values, &rows, count),
                    None => {
                        let left = (0..rows.len()).map(|index| rows.row(index) as u32);
                        frame.nulls.extend(left);
                    }
                }
                Ok(none)
            }
        }
    }

    /// One round of a loop: answers the rows that may go round again; who broke out waits in the round.
    fn round(&mut self, body: &[Step], rows: Selection) -> Run<Selection> {
        let rows = self.steps(body, rows)?;
        let continued = self.rounds.last_mut().map(|round| std::mem::take(&mut round.continued));
        let continued = sorted(continued.unwrap_or_default());
        Ok(rows.join(continued, self.rows.count))
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
        let mut done = Selection::Some(Vec::new());
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
                        done = done.join(rows, count);
                        break;
                    }
                    Many::Each(flags) => {
                        let flags: Vec<bool> = flags.iter().map(|flag| *flag != negated).collect();
                        if flags.contains(&false) {
                            let (stay, leave) = rows.split(&flags);
                            done = done.join(whole(leave.rows, count), count);
                            rows = whole(stay.rows, count);
                        }
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
        Ok(done.join(sorted(round.broken), count))
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
        let mut done = Selection::Some(Vec::new());
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
                    done = done.join(rows, count);
                    break;
                }
            } else {
                let flags: Vec<bool> =
                    (0..rows.len()).map(|index| inside(rows.row(index))).collect();
                if flags.contains(&false) {
                    let (stay, leave) = rows.split(&flags);
                    done = done.join(whole(leave.rows, count), count);
                    rows = whole(stay.rows, count);
                }
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
        Ok(done.join(sorted(round.broken), count))
    }

    fn ints(&mut self, node: &Node, rows: &Selection) -> Run<Many<i64>> {
        if let Vector::Int(values) = self.value(node, rows)? { Ok(values) } else { Err(Bail) }
    }

    fn truth(&mut self, node: &Node, rows: &Selection) -> Run<Many<bool>> {
        if let Vector::Bool(values) = self.value(node, rows)? { Ok(values) } else { Err(Bail) }
    }

    fn texts(&mut self, node: &Node, rows: &Selection) -> Run<Many<Span>> {
        if let Vector::Text(values) = self.value(node, rows)? { Ok(values) } else { Err(Bail) }
    }

    fn value(&mut self, node: &Node, rows: &Selection) -> Run<Vector> {
        Ok(match node {
            Node::Int(value) => Vector::Int(Many::One(*value)),
            Node::Float(value) => Vector::Float(Many::One(*value)),
            Node::Bool(value) => Vector::Bool(Many::One(*value)),
            Node::Text(value) => Vector::Text(Many::One(self.keep(value.as_bytes())?)),
            Node::Slot(slot) => self.slots[*slot].gather(rows),
            Node::Input(index) => self.input(*index, rows)?,
            Node::IsNull(index) => {
                let column = self.inputs[*index].ok_or(Bail)?;
                if column.validity.is_none() {
                    return Ok(Vector::Bool(Many::One(false)));
                }
                let flags = (0..rows.len()).map(|place| column.is_null(rows.row(place)));
                Vector::Bool(Many::Each(flags.collect()))
            }
            Node::RowNumber => {
                let number = |place| (self.rows.first + rows.row(place) as u64) as i64;
                Vector::Int(Many::Each((0..rows.len()).map(number).collect()))
            }
            Node::Widen(inner) => match self.ints(inner, rows)? {
                Many::One(value) => Vector::Float(Many::One(value as f64)),
                Many::Each(values) => {
                    Vector::Float(Many::Each(values.iter().map(|value| *value as f64).collect()))
                }
            },
            Node::Negate(inner) => match self.value(inner, rows)? {
                Vector::Int(values) => {
                    Vector::Int(checked(Many::One(0), values, i64::overflowing_sub)?)
                }
                Vector::Float(values) => {
                    Vector::Float(combine(Many::One(0.0), values, |_: f64, value: f64| -value))
                }
                _ => return Err(Bail),
            },
            Node::Not(inner) => {
                let values = self.truth(inner, rows)?;
                Vector::Bool(combine(values, Many::One(true), |a, b| a != b))
            }
            Node::Arithmetic(operator, left, right) => {
                let (left, right) = (self.value(left, rows)?, self.value(right, rows)?);
                arithmetic(*operator, left, right)?
            }
            Node::Compare(comparison, left, right) => {
                let (left, right) = (self.value(left, rows)?, self.value(right, rows)?);
                Vector::Bool(self.compare(*comparison, left, right)?)
            }
            Node::And(parts) => Vector::Bool(self.chain(parts, rows, true)?),
            Node::Or(parts) => Vector::Bool(self.chain(parts, rows, false)?),
            Node::Concat(parts) => self.concat(parts, rows)?,
            Node::Show(inner) => self.show(inner, rows)?,
            Node::Block(steps, value) => {
                let left = self.steps(steps, rows.clone())?;
                // A row that returned or left a loop from within a value: too rare to follow.
                if left.len() != rows.len() {
                    return Err(Bail);
                }
                self.value(value, rows)?
            }
            Node::If(condition, yes, no) => match self.truth(condition, rows)? {
                Many::One(true) => self.value(yes, rows)?,
                Many::One(false) => self.value(no, rows)?,
                Many::Each(flags) => {
                    let (taken, left) = rows.split(&flags);
                    let count = rows.len();
                    if left.rows.is_empty() {
                        return self.value(yes, rows);
                    }
                    if taken.rows.is_empty() {
                        return self.value(no, rows);
                    }
                    let mut result = {
                        let values = self.value(yes, &Selection::Some(taken.rows))?;
                        let mut all = like(&values);
                        all.scatter(values, &Selection::Some(taken.places), count);
                        all
                    };
                    let values = self.value(no, &Selection::Some(left.rows))?;
                    result.scatter(values, &Selection::Some(left.places), count);
                    result
                }
            },
            Node::Call(function, arguments) => self.call(function, arguments, rows)?,
            Node::Inline { arguments, body, result } => {
                for (slot, argument) in arguments {
                    let values = self.value(argument, rows)?;
                    self.slots[*slot].scatter(values, rows, self.rows.count);
                }
                let rounds = std::mem::take(&mut self.rounds);
                self.frames.push(Frame { values: Vector::empty(*result), nulls: Vec::new() });
                let left = self.steps(body, rows.clone())?;
                self.rounds = rounds;
                let frame = self.frames.pop().ok_or(Bail)?;
                debug_assert!(left.is_empty(), "every row returns");
                frame.values.gather(rows)
            }
        })
    }

    fn keep(&mut self, text: &[u8]) -> Run<Span> {
        let start = self.arena.len();
        self.arena.extend_from_slice(text);
        self.span_from(start)
    }

    /// The span of what was appended since `start`.
    fn span_from(&self, start: usize) -> Run<Span> {
        let end = self.arena.len();
        if end > MOST_ARENA || end - start > self.limits.script_text_bytes {
            return Err(Bail);
        }
        Ok(Span { start: start as u32, end: end as u32 })
    }

    fn text(&self, span: Span) -> &[u8] {
        &self.arena[span.start as usize..span.end as usize]
    }

    fn input(&mut self, index: usize, rows: &Selection) -> Run<Vector> {
        let column = self.inputs[index].ok_or(Bail)?;
        let kind = self.types[index].ok_or(Bail)?.data_type;
        if column.validity.is_some() && (0..rows.len()).any(|place| column.is_null(rows.row(place)))
        {
            return Err(Bail);
        }
        Ok(match &column.values {
            Values::Boolean(values) => Vector::Bool(selected(values, rows, |value| value)),
            Values::Int32(values) => Vector::Int(selected(values, rows, i64::from)),
            Values::Int64(values) => Vector::Int(selected(values, rows, |value| value)),
            Values::Float32(values) => Vector::Float(selected(values, rows, f64::from)),
            Values::Float64(values) => Vector::Float(selected(values, rows, |value| value)),
            Values::Decimal(values) => {
                let DataType::Decimal { scale, .. } = kind else { return Err(Bail) };
                Vector::Float(selected(values, rows, |value| decimal(value, scale)))
            }
            Values::Text(values) => self.spans(rows, |row| values.get(row))?,
            Values::Choice { keys, dictionary } => {
                self.spans(rows, |row| dictionary.get(keys[row]))?
            }
            Values::Uuid(values) => {
                let mut spans = Vec::with_capacity(rows.len());
                for place in 0..rows.len() {
                    spans.push(self.keep(&uuid_text(values[rows.row(place)]))?);
                }
                Vector::Text(Many::Each(spans))
            }
            _ => return Err(Bail),
        })
    }

    fn spans<'t>(&mut self, rows: &Selection, text: impl Fn(usize) -> &'t [u8]) -> Run<Vector> {
        let mut spans = Vec::with_capacity(rows.len());
        for place in 0..rows.len() {
            spans.push(self.keep(text(rows.row(place)))?);
        }
        Ok(Vector::Text(Many::Each(spans)))
    }

    /// All true, or any: each part is evaluated for the rows that are still open.
    fn chain(&mut self, parts: &[Node], rows: &Selection, all: bool) -> Run<Many<bool>> {
        let mut flags = vec![all; rows.len()];
        let mut open: Vec<u32> = (0..rows.len() as u32).collect();
        for part in parts {
            if open.is_empty() {
                break;
            }
            let selected = if open.len() == rows.len() {
                rows.clone()
            } else {
                Selection::Some(open.iter().map(|place| rows.row(*place as usize) as u32).collect())
            };
            let values = self.truth(part, &selected)?;
            let mut still = Vec::with_capacity(open.len());
            for (index, place) in open.iter().enumerate() {
                let value = values.get(index);
                flags[*place as usize] = value;
                if value == all {
                    still.push(*place);
                }
            }
            open = still;
        }
        Ok(Many::Each(flags))
    }

    fn concat(&mut self, parts: &[Node], rows: &Selection) -> Run<Vector> {
        let mut texts = Vec::with_capacity(parts.len());
        for part in parts {
            let spans = self.texts(part, rows)?;
            texts.push(spans);
        }
        let each = texts.iter().any(|spans| matches!(spans, Many::Each(_)));
        let mut join = |index: usize| {
            let start = self.arena.len();
            for spans in &texts {
                let span = spans.get(index);
                self.arena.extend_from_within(span.start as usize..span.end as usize);
            }
            self.span_from(start)
        };
        if !each {
            return Ok(Vector::Text(Many::One(join(0)?)));
        }
        let spans: Run<Vec<Span>> = (0..rows.len()).map(join).collect();
        Ok(Vector::Text(Many::Each(spans?)))
    }

    fn show(&mut self, node: &Node, rows: &Selection) -> Run<Vector> {
        fn each<T: Copy>(values: &Many<T>, mut write: impl FnMut(T) -> Run<Span>) -> Run<Vector> {
            Ok(Vector::Text(match values {
                Many::One(value) => Many::One(write(*value)?),
                Many::Each(values) => {
                    Many::Each(values.iter().map(|value| write(*value)).collect::<Run<_>>()?)
                }
            }))
        }
        let mut digits = itoa::Buffer::new();
        match self.value(node, rows)? {
            Vector::Int(values) => {
                each(&values, |value| self.keep(digits.format(value).as_bytes()))
            }
            // As the interpreter writes it, which has rules of its own.
            Vector::Float(values) => each(&values, |value| {
                self.keep(rhai::Dynamic::from_float(value).to_string().as_bytes())
            }),
            Vector::Bool(values) => {
                each(&values, |value| self.keep(if value { b"true" } else { b"false" }))
            }
            Vector::Text(values) => Ok(Vector::Text(values)),
        }
    }

    fn compare(&self, comparison: Comparison, left: Vector, right: Vector) -> Run<Many<bool>> {
        macro_rules! by {
            ($left:expr, $right:expr, $view:expr) => {{
                let view = $view;
                match comparison {
                    Comparison::Equal => combine($left, $right, |a, b| view(a) == view(b)),
                    Comparison::NotEqual => combine($left, $right, |a, b| view(a) != view(b)),
                    Comparison::Less => combine($left, $right, |a, b| view(a) < view(b)),
                    Comparison::LessOrEqual => combine($left, $right, |a, b| view(a) <= view(b)),
                    Comparison::Greater => combine($left, $right, |a, b| view(a) > view(b)),
                    Comparison::GreaterOrEqual => combine($left, $right, |a, b| view(a) >= view(b)),
                }
            }};
        }
        Ok(match (left, right) {
            (Vector::Int(left), Vector::Int(right)) => by!(left, right, |value: i64| value),
            (Vector::Float(left), Vector::Float(right)) => by!(left, right, |value: f64| value),
            (Vector::Bool(left), Vector::Bool(right)) => by!(left, right, |value: bool| value),
            (Vector::Text(left), Vector::Text(right)) => by!(left, right, |span| self.text(span)),
            _ => return Err(Bail),
        })
    }

    fn call(
        &mut self,
        function: &'static Function,
        arguments: &[Node],
        rows: &Selection,
    ) -> Run<Vector> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let value = self.value(argument, rows)?;
            values.push(value);
        }
        // The draws that most scripts are made of, without a call for each.
        match (function.name, &values[..]) {
            ("rand_int", [Vector::Int(low), Vector::Int(high)]) => {
                let mut drawn = Vec::with_capacity(rows.len());
                for place in 0..rows.len() {
                    let (low, high) = (low.get(place), high.get(place));
                    if low > high {
                        return Err(Bail);
                    }
                    let word = self.cells[rows.row(place)].word();
                    let count = (high.wrapping_sub(low) as u64).checked_add(1);
                    let offset = count.map_or(word, |count| scale(word, count));
                    drawn.push(low.wrapping_add_unsigned(offset));
                }
                return Ok(Vector::Int(Many::Each(drawn)));
            }
            ("rand_float", []) => {
                let draw = |place| unit(self.cells[rows.row(place)].word());
                return Ok(Vector::Float(Many::Each((0..rows.len()).map(draw).collect())));
            }
            _ => {}
        }
        let is_one = |value: &Vector| {
            matches!(
                value,
                Vector::Int(Many::One(_))
                    | Vector::Float(Many::One(_))
                    | Vector::Bool(Many::One(_))
                    | Vector::Text(Many::One(_))
            )
        };
        let once = !function.draws && values.iter().all(is_one);
        let count = if once { 1 } else { rows.len() };
        let mut answers = Answers::new(function.result, count);
        host::with(|host| {
            for place in 0..count {
                self.call_once(host, function, &values, place, rows.row(place), &mut answers)?;
            }
            Ok(())
        })?;
        let (offset, vector) = (self.arena.len(), answers.vector);
        self.arena.extend_from_slice(&answers.texts);
        if self.arena.len() > MOST_ARENA {
            return Err(Bail);
        }
        let vector = moved(vector, offset as u32);
        Ok(if once { one(&vector) } else { vector })
    }

    fn call_once(
        &mut self,
        host: &mut Host,
        function: &Function,
        values: &[Vector],
        place: usize,
        row: usize,
        answers: &mut Answers,
    ) -> Run<()> {
        let mut arguments = [const { Value::Int(0) }; 3];
        for (slot, value) in arguments.iter_mut().zip(values) {
            *slot = match value {
                Vector::Int(values) => Value::Int(values.get(place)),
                Vector::Float(values) => Value::Float(values.get(place)),
                Vector::Bool(values) => Value::Bool(values.get(place)),
                Vector::Text(values) => {
                    let span = values.get(place);
                    let bytes = &self.arena[span.start as usize..span.end as usize];
                    Value::Text(std::str::from_utf8(bytes).map_err(|_| Bail)?)
                }
            };
        }
        if function.draws {
            host.swap(&mut self.cells[row]);
        }
        let answer = (function.run)(host, &arguments[..values.len().min(3)]);
        if function.draws {
            host.swap(&mut self.cells[row]);
        }
        answers.push(answer.map_err(|_| Bail)?, self.limits)
    }

    /// What was returned as a column of the field's type.
    fn column(self, frame: Frame) -> Run<Column> {
        let count = self.rows.count;
        let canonical = |value: f64| if value.is_nan() { f64::NAN } else { value };
        let validity = (!frame.nulls.is_empty()).then(|| {
            let mut validity = vec![true; count];
            for row in &frame.nulls {
                validity[*row as usize] = false;
            }
            validity
        });
        let values = match (frame.values, self.tree.data_type) {
            (Vector::Bool(values), DataType::Boolean) => {
                Values::Boolean(all_of(&values, count, |value| value))
            }
            (Vector::Int(values), DataType::Int64) => Values::Int64(match values {
                Many::One(value) => vec![value; count],
                Many::Each(values) => values,
            }),
            (Vector::Int(values), DataType::Int32) => {
                let narrow = all_of(&values, count, |value| i32::try_from(value).ok());
                Values::Int32(narrow.into_iter().collect::<Option<_>>().ok_or(Bail)?)
            }
            (Vector::Int(values), DataType::Float64) => {
                Values::Float64(all_of(&values, count, |value| value as f64))
            }
            (Vector::Int(values), DataType::Float32) => {
                Values::Float32(all_of(&values, count, |value| value as f64 as f32))
            }
            (Vector::Float(values), DataType::Float64) => {
                Values::Float64(all_of(&values, count, canonical))
            }
            (Vector::Float(values), DataType::Float32) => {
                Values::Float32(all_of(&values, count, |value| canonical(value) as f32))
            }
            (Vector::Text(spans), DataType::Text) => {
                let mut texts = VarBytes::with_capacity(count, count * 16);
                for row in 0..count {
                    let null = validity.as_ref().is_some_and(|validity| !validity[row]);
                    let span = if null { Span::default() } else { spans.get(row) };
                    texts.push(&self.arena[span.start as usize..span.end as usize]);
                }
                Values::Text(texts)
            }
            // Nothing but null.
            (_, data_type) => {
                let mut builder =
                    crate::sandbox::rhai::values::Builder::new(data_type, true, count);
                for _ in 0..count {
                    builder.push(&rhai::Dynamic::UNIT).map_err(|_| Bail)?;
                }
                return Ok(builder.finish());
            }
        };
        Ok(Column { values, validity })
    }
}

/// `change` of the values of the selected rows.
fn selected<T: Copy, U>(values: &[T], rows: &Selection, change: impl Fn(T) -> U) -> Many<U> {
    Many::Each((0..rows.len()).map(|place| change(values[rows.row(place)])).collect())
}

/// `change` of the values of all rows.
fn all_of<T: Copy, U: Clone>(values: &Many<T>, count: usize, change: impl Fn(T) -> U) -> Vec<U> {
    match values {
        Many::One(value) => vec![change(*value); count],
        Many::Each(values) => values.iter().map(|value| change(*value)).collect(),
    }
}

/// Answers of a function, row by row; texts stand one behind the other.
struct Answers {
    vector: Vector,
    texts: Vec<u8>,
}

impl Answers {
    fn new(kind: Type, count: usize) -> Self {
        let vector = match kind {
            Type::Int => Vector::Int(Many::Each(Vec::with_capacity(count))),
            Type::Float => Vector::Float(Many::Each(Vec::with_capacity(count))),
            Type::Bool => Vector::Bool(Many::Each(Vec::with_capacity(count))),
            Type::Text => Vector::Text(Many::Each(Vec::with_capacity(count))),
        };
        Self { vector, texts: Vec::new() }
    }

    fn push(&mut self, value: Value<'_>, limits: &Limits) -> Run<()> {
        match (&mut self.vector, value) {
            (Vector::Int(Many::Each(values)), Value::Int(value)) => values.push(value),
            (Vector::Float(Many::Each(values)), Value::Float(value)) => values.push(value),
            (Vector::Bool(Many::Each(values)), Value::Bool(value)) => values.push(value),
            (Vector::Text(Many::Each(values)), Value::Made(text)) => {
                if text.len() > limits.script_text_bytes || self.texts.len() > MOST_ARENA {
                    return Err(Bail);
                }
                let start = self.texts.len() as u32;
                self.texts.extend_from_slice(text.as_bytes());
                values.push(Span { start, end: self.texts.len() as u32 });
            }
            _ => return Err(Bail),
        }
        Ok(())
    }
}

/// The texts of `vector` after their bytes were moved up by `offset`.
fn moved(vector: Vector, offset: u32) -> Vector {
    match vector {
        Vector::Text(Many::Each(mut spans)) => {
            for span in &mut spans {
                span.start += offset;
                span.end += offset;
            }
            Vector::Text(Many::Each(spans))
        }
        other => other,
    }
}

/// The only value of `vector`, for all rows.
fn one(vector: &Vector) -> Vector {
    match vector {
        Vector::Int(values) => Vector::Int(Many::One(values.get(0))),
        Vector::Float(values) => Vector::Float(Many::One(values.get(0))),
        Vector::Bool(values) => Vector::Bool(Many::One(values.get(0))),
        Vector::Text(values) => Vector::Text(Many::One(values.get(0))),
    }
}

/// A vector of the type of `values`, to be filled.
fn like(values: &Vector) -> Vector {
    Vector::empty(match values {
        Vector::Int(_) => Type::Int,
        Vector::Float(_) => Type::Float,
        Vector::Bool(_) => Type::Bool,
        Vector::Text(_) => Type::Text,
    })
}

fn sorted(mut rows: Vec<u32>) -> Selection {
    rows.sort_unstable();
    Selection::Some(rows)
}

fn whole(rows: Vec<u32>, count: usize) -> Selection {
    if rows.len() == count { Selection::All(count) } else { Selection::Some(rows) }
}

/// `change` of every pair.
#[inline]
fn combine<T: Copy, U>(left: Many<T>, right: Many<T>, change: impl Fn(T, T) -> U) -> Many<U> {
    match (left, right) {
        (Many::One(a), Many::One(b)) => Many::One(change(a, b)),
        (Many::Each(all), Many::One(b)) => Many::Each(all.iter().map(|a| change(*a, b)).collect()),
        (Many::One(a), Many::Each(all)) => Many::Each(all.iter().map(|b| change(a, *b)).collect()),
        (Many::Each(left), Many::Each(right)) => {
            Many::Each(left.iter().zip(&right).map(|(a, b)| change(*a, *b)).collect())
        }
    }
}

/// `change` of every pair, unless one of them overflows.
#[inline]
fn checked(
    left: Many<i64>,
    right: Many<i64>,
    change: impl Fn(i64, i64) -> (i64, bool),
) -> Run<Many<i64>> {
    // The flag is gathered, not asked for each: the loop stays free of branches.
    let wrong = std::cell::Cell::new(false);
    let result = combine(left, right, |a, b| {
        let (value, overflows) = change(a, b);
        wrong.set(wrong.get() | overflows);
        value
    });
    if wrong.get() { Err(Bail) } else { Ok(result) }
}

fn arithmetic(operator: Operator, left: Vector, right: Vector) -> Run<Vector> {
    /// A value that may not be there, as a pair.
    fn pair(value: Option<i64>) -> (i64, bool) {
        (value.unwrap_or(0), value.is_none())
    }
    Ok(match (left, right) {
        (Vector::Int(left), Vector::Int(right)) => Vector::Int(match operator {
            Operator::Add => checked(left, right, i64::overflowing_add)?,
            Operator::Subtract => checked(left, right, i64::overflowing_sub)?,
            Operator::Multiply => checked(left, right, i64::overflowing_mul)?,
            Operator::Divide => checked(left, right, |a, b| pair(a.checked_div(b)))?,
            Operator::Remainder => checked(left, right, |a, b| pair(a.checked_rem(b)))?,
            Operator::Power => checked(left, right, |a, b| {
                pair(u32::try_from(b).ok().and_then(|b| a.checked_pow(b)))
            })?,
            // Other distances have rules of their own.
            Operator::ShiftLeft => checked(left, right, |a, b| {
                pair((0..64).contains(&b).then(|| a.wrapping_shl(b as u32)))
            })?,
            Operator::ShiftRight => checked(left, right, |a, b| {
                pair((0..64).contains(&b).then(|| a.wrapping_shr(b as u32)))
            })?,
            Operator::And => combine(left, right, |a, b| a & b),
            Operator::Or => combine(left, right, |a, b| a | b),
            Operator::Xor => combine(left, right, |a, b| a ^ b),
        }),
        (Vector::Float(left), Vector::Float(right)) => Vector::Float(match operator {
            Operator::Add => combine(left, right, |a, b| a + b),
            Operator::Subtract => combine(left, right, |a, b| a - b),
            Operator::Multiply => combine(left, right, |a, b| a * b),
            Operator::Divide => combine(left, right, |a, b| a / b),
            Operator::Remainder => combine(left, right, |a, b| a % b),
            _ => return Err(Bail),
        }),
        _ => return Err(Bail),
    })
}
