//! Expressions: each gives a value for every row that it is evaluated for.

use super::arithmetic::{arithmetic, difference};
use super::vector::{Many, Span, Vector, combine, like, merge};
use super::{Bail, Frame, Machine, Run};
use crate::columnwise::{Comparator, Selection};
use crate::display::write_integer;
use crate::sandbox::rhai::host::dates::{Date, Timestamp, date_text, timestamp_text};
use crate::sandbox::rhai::host::decimal::Decimal;
use crate::sandbox::rhai::lower::tree::{Node, Step, Type};

impl Machine<'_> {
    pub(super) fn ints(&mut self, node: &Node, rows: &Selection) -> Run<Many<i64>> {
        if let Vector::Int(values) = self.value(node, rows)? { Ok(values) } else { Err(Bail) }
    }

    pub(super) fn truth(&mut self, node: &Node, rows: &Selection) -> Run<Many<bool>> {
        if let Vector::Bool(values) = self.value(node, rows)? { Ok(values) } else { Err(Bail) }
    }

    pub(super) fn texts(&mut self, node: &Node, rows: &Selection) -> Run<Many<Span>> {
        if let Vector::Text(values) = self.value(node, rows)? { Ok(values) } else { Err(Bail) }
    }

    pub(super) fn value(&mut self, node: &Node, rows: &Selection) -> Run<Vector> {
        Ok(match node {
            Node::Int(value) => Vector::Int(Many::One(*value)),
            Node::Float(value) => Vector::Float(Many::One(*value)),
            Node::Bool(value) => Vector::Bool(Many::One(*value)),
            Node::Text(value) => Vector::Text(Many::One(self.keep(value.as_bytes())?)),
            Node::Char(value) => Vector::Char(Many::One(*value)),
            Node::Decimal(value) => Vector::Decimal(Many::One(*value)),
            Node::Date(value) => Vector::Date(Many::One(*value)),
            Node::Time(value) => Vector::Time(Many::One(*value)),
            Node::Table(value) => Vector::Table(Many::One(*value)),
            Node::Slot(slot) => self.slots[*slot].gather(rows),
            Node::Input(index) => self.input(*index, rows)?,
            Node::IsNull(index) => Vector::Bool(self.is_null(*index, rows)?),
            Node::RowNumber => {
                let number = |place| (self.rows.first + rows.position(place) as u64) as i64;
                Vector::Int(Many::Each((0..rows.len()).map(number).collect()))
            }
            Node::Widen(inner) => Vector::Float(self.ints(inner, rows)?.map(|value| value as f64)),
            Node::Negate(inner) => match self.value(inner, rows)? {
                Vector::Int(values) => Vector::Int(difference(Many::One(0), values)?),
                Vector::Float(values) => {
                    Vector::Float(merge(Many::One(0.0), values, |_: f64, value: f64| -value))
                }
                Vector::Decimal(values) => Vector::Decimal(values.map(Decimal::negated)),
                _ => return Err(Bail),
            },
            Node::Not(inner) => {
                let values = self.truth(inner, rows)?;
                Vector::Bool(merge(values, Many::One(true), |a, b| a != b))
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
            Node::Show(inner) => {
                let values = self.value(inner, rows)?;
                Vector::Text(self.shown(values)?)
            }
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
                    let count = rows.len();
                    // By their places among `rows`, as the result has them.
                    let (taken, left) = Selection::All(count).split(&flags);
                    if left.is_empty() {
                        return self.value(yes, rows);
                    }
                    if taken.is_empty() {
                        return self.value(no, rows);
                    }
                    let values = self.value(yes, &rows.at(&taken))?;
                    let mut result = like(&values);
                    result.scatter(values, &taken, count);
                    let values = self.value(no, &rows.at(&left))?;
                    result.scatter(values, &left, count);
                    result
                }
            },
            Node::Call(function, arguments) => self.call(function, arguments, rows)?,
            Node::Format(pattern, values) => self.format(pattern, values, rows)?,
            Node::Switch(value, cases, arms, kind) => {
                self.switch_value(value, cases, (arms, *kind), rows)?
            }
            Node::At(list, place, kind) => {
                let lists = self.tables_of(list, rows)?;
                let places = self.ints(place, rows)?;
                self.at(&lists, &places, *kind, rows.len())?
            }
            Node::Entry(map, name, kind) => self.entry((map, name, *kind), rows)?,
            Node::Letter(text, place) => self.letter(text, place, rows)?,
            Node::Projected(list, made) => self.projected(list, made, rows)?,
            Node::Length(table) => self.length(table, rows)?,
            Node::Contains(table, value) => self.contains(table, value, rows)?,
            Node::Pick(list, kind) => self.pick(list, *kind, rows)?,
            Node::PickWeighted(list, weights, kind) => {
                self.pick_weighted((list, weights, *kind), rows)?
            }
            Node::Choose(values, place, kind) => self.choose((values, place, *kind), rows)?,
            Node::Place(count) => self.places(*count, rows)?,
            Node::Weighted(count, weights) => self.weighted(*count, weights, rows)?,
            Node::Inline { arguments, body, result } => {
                self.inline(arguments, body, *result, rows)?
            }
        })
    }

    fn is_null(&self, input: usize, rows: &Selection) -> Run<Many<bool>> {
        let column = self.inputs[input].ok_or(Bail)?;
        if column.validity.is_none() {
            return Ok(Many::One(false));
        }
        let null = |place| column.is_null(self.start + rows.position(place));
        Ok(Many::Each((0..rows.len()).map(null).collect()))
    }

    /// A function of the script in the place of its call.
    fn inline(
        &mut self,
        arguments: &[(usize, Node)],
        body: &[Step],
        result: Type,
        rows: &Selection,
    ) -> Run<Vector> {
        for (slot, argument) in arguments {
            let values = self.value(argument, rows)?;
            self.slots[*slot].scatter(values, rows, self.rows.count);
        }
        let rounds = std::mem::take(&mut self.rounds);
        self.frames.push(Frame::new(Some(result)));
        let left = self.steps(body, rows.clone())?;
        self.rounds = rounds;
        let frame = self.frames.pop().ok_or(Bail)?;
        debug_assert!(left.is_empty(), "every row returns");
        Ok(frame.values.gather(rows))
    }

    /// All true, or any: each part is evaluated for the rows that are still open.
    pub(super) fn chain(&mut self, parts: &[Node], rows: &Selection, all: bool) -> Run<Many<bool>> {
        let mut flags = vec![all; rows.len()];
        let mut open: Vec<u32> = (0..rows.len() as u32).collect();
        for part in parts {
            if open.is_empty() {
                break;
            }
            let selected = if open.len() == rows.len() {
                rows.clone()
            } else {
                Selection::some(
                    open.iter().map(|place| rows.position(*place as usize) as u32).collect(),
                )
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

    pub(super) fn concat(&mut self, parts: &[Node], rows: &Selection) -> Run<Vector> {
        /// A part of every text.
        enum Part<'n> {
            Fixed(&'n [u8]),
            Texts(Many<Span>),
            /// Shown only where they are joined.
            Ints(Many<i64>),
        }
        let mut pieces = Vec::with_capacity(parts.len());
        for part in parts {
            pieces.push(match part {
                Node::Text(text) => Part::Fixed(text.as_bytes()),
                Node::Show(inner) => match self.value(inner, rows)? {
                    Vector::Int(values) => Part::Ints(values),
                    other => Part::Texts(self.shown(other)?),
                },
                _ => Part::Texts(self.texts(part, rows)?),
            });
        }
        let each = pieces
            .iter()
            .any(|piece| matches!(piece, Part::Texts(Many::Each(_)) | Part::Ints(Many::Each(_))));
        let mut join = |index: usize| {
            let start = self.arena.len();
            for piece in &pieces {
                match piece {
                    Part::Fixed(text) => self.arena.extend_from_slice(text),
                    Part::Texts(spans) => {
                        let span = spans.get(index);
                        self.arena.extend_from_within(span.start as usize..span.end as usize);
                    }
                    Part::Ints(values) => write_integer(values.get(index), &mut self.arena),
                }
            }
            self.span_from(start)
        };
        if !each {
            return Ok(Vector::Text(Many::One(join(0)?)));
        }
        let mut spans = Vec::with_capacity(rows.len());
        for index in 0..rows.len() {
            spans.push(join(index)?);
        }
        Ok(Vector::Text(Many::Each(spans)))
    }

    /// The texts of values.
    pub(super) fn shown(&mut self, values: Vector) -> Run<Many<Span>> {
        fn each<T: Copy>(
            values: &Many<T>,
            mut write: impl FnMut(T) -> Run<Span>,
        ) -> Run<Many<Span>> {
            Ok(match values {
                Many::One(value) => Many::One(write(*value)?),
                Many::Each(values) => {
                    Many::Each(values.iter().map(|value| write(*value)).collect::<Run<_>>()?)
                }
            })
        }
        match values {
            Vector::Int(values) => each(&values, |value| {
                let start = self.arena.len();
                write_integer(value, &mut self.arena);
                self.span_from(start)
            }),
            // As the interpreter writes it, which has rules of its own.
            Vector::Float(values) => each(&values, |value| {
                self.keep(rhai::Dynamic::from_float(value).to_string().as_bytes())
            }),
            Vector::Bool(values) => {
                each(&values, |value| self.keep(if value { b"true" } else { b"false" }))
            }
            Vector::Text(values) => Ok(values),
            Vector::Char(values) => {
                each(&values, |value| self.keep(value.encode_utf8(&mut [0; 4]).as_bytes()))
            }
            Vector::Decimal(values) => {
                each(&values, |value| self.keep(value.to_string().as_bytes()))
            }
            Vector::Date(values) => {
                each(&values, |value| self.keep(date_text(Date(value)).as_bytes()))
            }
            Vector::Time(values) => {
                each(&values, |value| self.keep(timestamp_text(Timestamp(value)).as_bytes()))
            }
            Vector::Table(_) => Err(Bail),
        }
    }

    pub(super) fn compare(
        &self,
        comparator: Comparator,
        left: Vector,
        right: Vector,
    ) -> Run<Many<bool>> {
        macro_rules! by {
            ($left:expr, $right:expr, $view:expr) => {{
                let view = $view;
                match comparator {
                    Comparator::Equal => combine($left, $right, |a, b| view(a) == view(b)),
                    Comparator::NotEqual => combine($left, $right, |a, b| view(a) != view(b)),
                    Comparator::Less => combine($left, $right, |a, b| view(a) < view(b)),
                    Comparator::LessOrEqual => combine($left, $right, |a, b| view(a) <= view(b)),
                    Comparator::Greater => combine($left, $right, |a, b| view(a) > view(b)),
                    Comparator::GreaterOrEqual => combine($left, $right, |a, b| view(a) >= view(b)),
                }
            }};
        }
        Ok(match (left, right) {
            (Vector::Int(left), Vector::Int(right)) => by!(left, right, |value: i64| value),
            (Vector::Float(left), Vector::Float(right)) => {
                combine(left, right, |a, b| compare_floats(comparator, a, b))
            }
            (Vector::Bool(left), Vector::Bool(right)) => by!(left, right, |value: bool| value),
            (Vector::Char(left), Vector::Char(right)) => by!(left, right, |value: char| value),
            (Vector::Date(left), Vector::Date(right)) => by!(left, right, |value: i32| value),
            (Vector::Time(left), Vector::Time(right)) => by!(left, right, |value: i64| value),
            (Vector::Text(left), Vector::Text(right)) => by!(left, right, |span| self.text(span)),
            _ => return Err(Bail),
        })
    }
}

/// Compares floats as the interpreter does (`func/builtin.rs` of Rhai 1.27): numbers that differ by no
/// more than the last bit are equal, numbers about zero are told apart by their distance, and neither
/// infinities nor NaN equal anything.
fn compare_floats(comparator: Comparator, a: f64, b: f64) -> bool {
    let scale = if a * b == 0.0 { 1.0 } else { a.abs().max(b.abs()) };
    match comparator {
        Comparator::Equal => (a - b).abs() / scale <= f64::EPSILON,
        Comparator::NotEqual => (a - b).abs() / scale > f64::EPSILON,
        Comparator::Less => (b - a) / scale > f64::EPSILON,
        Comparator::LessOrEqual => (b - a) / scale > -f64::EPSILON,
        Comparator::Greater => (a - b) / scale > f64::EPSILON,
        Comparator::GreaterOrEqual => (a - b) / scale > -f64::EPSILON,
    }
}
