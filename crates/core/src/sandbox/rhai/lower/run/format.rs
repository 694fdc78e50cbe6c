//! Values put into patterns.

use super::vector::{Many, Span, Vector};
use super::{Bail, Machine, Run};
use crate::columnwise::Selection;
use crate::sandbox::rhai::host::format::{Pattern, Shown};
use crate::sandbox::rhai::lower::tree::Node;

impl Machine<'_> {
    pub(super) fn format(
        &mut self,
        pattern: &Pattern,
        nodes: &[Node],
        rows: &Selection,
    ) -> Run<Vector> {
        let mut values = Vec::with_capacity(nodes.len());
        for node in nodes {
            values.push(self.value(node, rows)?);
        }
        let mut line = String::new();
        if values.iter().all(Vector::is_one) {
            return Ok(Vector::Text(Many::One(self.line(pattern, &values, 0, &mut line)?)));
        }
        let mut spans = Vec::with_capacity(rows.len());
        for place in 0..rows.len() {
            spans.push(self.line(pattern, &values, place, &mut line)?);
        }
        Ok(Vector::Text(Many::Each(spans)))
    }

    fn line(
        &mut self,
        pattern: &Pattern,
        values: &[Vector],
        place: usize,
        line: &mut String,
    ) -> Run<Span> {
        let mut shown = [const { Shown::Int(0) }; 8];
        for (shown, value) in shown.iter_mut().zip(values) {
            *shown = match value {
                Vector::Int(values) => Shown::Int(values.get(place)),
                Vector::Float(values) => Shown::Float(values.get(place)),
                Vector::Decimal(values) => Shown::Decimal(values.get(place)),
                Vector::Text(values) => {
                    let text = self.text(values.get(place));
                    Shown::Text(std::str::from_utf8(text).map_err(|_| Bail)?)
                }
                _ => return Err(Bail),
            };
        }
        line.clear();
        pattern.write(&shown[..values.len().min(8)], line).map_err(|_| Bail)?;
        self.keep(line.as_bytes())
    }
}
