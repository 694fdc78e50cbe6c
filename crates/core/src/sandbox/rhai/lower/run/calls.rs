//! Calls of the host: row by row, each with its own draws.

use super::vector::{Many, Span, Vector, moved, one};
use super::{Bail, Machine, Run};
use crate::columnwise::Selection;
use crate::rng::{scale, unit};
use crate::sandbox::Limits;
use crate::sandbox::rhai::host::dates::{Date, Timestamp};
use crate::sandbox::rhai::host::function::{Form, Value};
use crate::sandbox::rhai::host::{self, Host, part_of};
use crate::sandbox::rhai::lower::tree::{Node, Type};

/// Most arguments that a form takes.
const MOST_ARGUMENTS: usize = 4;

impl Machine<'_> {
    pub(super) fn call(
        &mut self,
        function: &'static Form,
        arguments: &[Node],
        rows: &Selection,
    ) -> Run<Vector> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let value = self.value(argument, rows)?;
            values.push(value);
        }
        // What most scripts are made of, without a call for each row.
        match (function.name, &values[..]) {
            ("rand_int", [Vector::Int(low), Vector::Int(high)]) => {
                let mut drawn = Vec::with_capacity(rows.len());
                for place in 0..rows.len() {
                    let (low, high) = (low.get(place), high.get(place));
                    if low > high {
                        return Err(Bail);
                    }
                    let word = self.cells[rows.position(place)].word();
                    let count = (high.wrapping_sub(low) as u64).checked_add(1);
                    let offset = count.map_or(word, |count| scale(word, count));
                    drawn.push(low.wrapping_add_unsigned(offset));
                }
                return Ok(Vector::Int(Many::Each(drawn)));
            }
            ("rand_float", []) => {
                let draw = |place| unit(self.cells[rows.position(place)].word());
                return Ok(Vector::Float(Many::Each((0..rows.len()).map(draw).collect())));
            }
            ("sub_string", [Vector::Text(texts), Vector::Int(starts), rest @ ..]) => {
                let counts = match rest {
                    [Vector::Int(counts)] => counts.clone(),
                    _ => Many::One(i64::MAX),
                };
                return Ok(Vector::Text(self.parts(texts, starts, &counts, rows.len())?));
            }
            ("parse_int", [Vector::Text(texts)]) => return self.whole_numbers(texts),
            _ => {}
        }
        let once = !function.draws && values.iter().all(Vector::is_one);
        let count = if once { 1 } else { rows.len() };
        let mut answers = Answers::new(function.result, count);
        host::with(|host| {
            for place in 0..count {
                self.call_once(host, function, &values, place, rows.position(place), &mut answers)?;
            }
            Ok(())
        })?;
        let (offset, vector) = (self.arena.len(), answers.vector);
        self.arena.extend_from_slice(&answers.texts);
        self.fits(self.arena.len())?;
        let vector = moved(vector, offset as u32);
        Ok(if once { one(&vector) } else { vector })
    }

    fn call_once(
        &mut self,
        host: &mut Host,
        function: &Form,
        values: &[Vector],
        place: usize,
        row: usize,
        answers: &mut Answers,
    ) -> Run<()> {
        let mut arguments = [const { Value::Int(0) }; MOST_ARGUMENTS];
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
                Vector::Char(values) => Value::Char(values.get(place)),
                Vector::Decimal(values) => Value::Decimal(values.get(place)),
                Vector::Date(values) => Value::Date(Date(values.get(place))),
                Vector::Time(values) => Value::Time(Timestamp(values.get(place))),
                Vector::Table(_) => return Err(Bail),
            };
        }
        if function.draws {
            host.swap(&mut self.cells[row]);
        }
        let answer = (function.run)(host, &arguments[..values.len().min(MOST_ARGUMENTS)]);
        if function.draws {
            host.swap(&mut self.cells[row]);
        }
        answers.push(answer.map_err(|_| Bail)?, self.limits)?;
        self.fits(answers.texts.len())
    }
}

impl Machine<'_> {
    /// Parts of texts: the same bytes, seen from another place.
    fn parts(
        &self,
        texts: &Many<Span>,
        starts: &Many<i64>,
        counts: &Many<i64>,
        rows: usize,
    ) -> Run<Many<Span>> {
        let part = |place: usize| {
            let span = texts.get(place);
            let text = std::str::from_utf8(self.text(span)).map_err(|_| Bail)?;
            let part = part_of(text, starts.get(place), counts.get(place));
            let start = if part.is_empty() {
                span.start
            } else {
                span.start + (part.as_ptr() as usize - text.as_ptr() as usize) as u32
            };
            Ok(Span { start, end: start + part.len() as u32 })
        };
        if texts.is_one() && starts.is_one() && counts.is_one() {
            return part(0).map(Many::One);
        }
        (0..rows).map(part).collect::<Run<_>>().map(Many::Each)
    }

    /// Texts of digits as numbers.
    fn whole_numbers(&self, texts: &Many<Span>) -> Run<Vector> {
        let number = |span: Span| match self.text(span) {
            [digit @ b'0'..=b'9'] => Ok(i64::from(digit - b'0')),
            bytes => {
                let text = std::str::from_utf8(bytes).map_err(|_| Bail)?;
                text.trim().parse().map_err(|_| Bail)
            }
        };
        Ok(Vector::Int(match texts {
            Many::One(span) => Many::One(number(*span)?),
            Many::Each(spans) => {
                Many::Each(spans.iter().map(|span| number(*span)).collect::<Run<_>>()?)
            }
        }))
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
            Type::Char => Vector::Char(Many::Each(Vec::with_capacity(count))),
            Type::Decimal => Vector::Decimal(Many::Each(Vec::with_capacity(count))),
            Type::Date => Vector::Date(Many::Each(Vec::with_capacity(count))),
            Type::Time => Vector::Time(Many::Each(Vec::with_capacity(count))),
            Type::Table(_) => Vector::Table(Many::Each(Vec::new())),
        };
        Self { vector, texts: Vec::new() }
    }

    fn push(&mut self, value: Value<'_>, limits: &Limits) -> Run<()> {
        match (&mut self.vector, value) {
            (Vector::Int(Many::Each(values)), Value::Int(value)) => values.push(value),
            (Vector::Float(Many::Each(values)), Value::Float(value)) => values.push(value),
            (Vector::Bool(Many::Each(values)), Value::Bool(value)) => values.push(value),
            (Vector::Char(Many::Each(values)), Value::Char(value)) => values.push(value),
            (Vector::Decimal(Many::Each(values)), Value::Decimal(value)) => values.push(value),
            (Vector::Date(Many::Each(values)), Value::Date(value)) => values.push(value.0),
            (Vector::Time(Many::Each(values)), Value::Time(value)) => values.push(value.0),
            (Vector::Text(Many::Each(values)), Value::Made(text)) => {
                if text.len() > limits.script_text_bytes {
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
