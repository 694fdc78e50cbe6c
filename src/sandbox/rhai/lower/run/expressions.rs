//! Expressions: each gives a value for every row that it is evaluated for.

use super::arithmetic::{arithmetic, checked};
use super::selection::Selection;
use super::vector::{Many, Span, Vector, combine, like};
use super::{Bail, Frame, Machine, Run};
use crate::sandbox::rhai::lower::tree::{Comparison, Node};

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

    pub(super) fn concat(&mut self, parts: &[Node], rows: &Selection) -> Run<Vector> {
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

    pub(super) fn show(&mut self, node: &Node, rows: &Selection) -> Run<Vector> {
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

    pub(super) fn compare(
        &self,
        comparison: Comparison,
        left: Vector,
        right: Vector,
    ) -> Run<Many<bool>> {
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
}
