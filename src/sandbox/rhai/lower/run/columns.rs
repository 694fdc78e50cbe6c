//! Columns in, a column out.

use super::selection::Selection;
use super::vector::{Many, Span, Vector, all_of, selected};
use super::{Bail, Frame, Machine, Run};
use crate::columns::{Column, DataType, Values, VarBytes, uuid_text};
use crate::sandbox::rhai::values::decimal;

impl Machine<'_> {
    pub(super) fn input(&mut self, index: usize, rows: &Selection) -> Run<Vector> {
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

    /// What was returned as a column of the field's type.
    pub(super) fn column(self, frame: Frame) -> Run<Column> {
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
                // The interpreter refuses it in words.
                if texts.data().len() > self.limits.answer_bytes {
                    return Err(Bail);
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
