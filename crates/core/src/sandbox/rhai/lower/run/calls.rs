//! Calls of the host: row by row, each with its own draws.

use super::vector::{Many, Span, Vector, moved, one};
use super::{Bail, Machine, Run};
use crate::columnwise::Selection;
use crate::rng::{scale, unit};
use crate::sandbox::Limits;
use crate::sandbox::rhai::host::function::{Form, Value};
use crate::sandbox::rhai::host::{self, Host};
use crate::sandbox::rhai::lower::tree::{Node, Type};

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
        // The draws that most scripts are made of, without a call for each.
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
        answers.push(answer.map_err(|_| Bail)?, self.limits)?;
        self.fits(answers.texts.len())
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
