//! Rows as messages: the text or the Avro binary of each row by itself, and where it ends.
//!
//! Values are laid out by the formats `json`, `csv` and `avro` with their options, but without what belongs to
//! files: a header line, line ends, blocks, compression. Keys are plain texts.
//!
//! Knows nothing of services or of what stands around a message there.

use std::sync::Arc;

use serde_json::Value;

use super::avro::{self, InstantUnit, RowWriter};
use super::{EncodeError, csv, json};
use crate::attributes::{Attribute, Reader};
use crate::columns::{Block, Schema};
use crate::text_rows::{CellTemplate, DateForm, Escape, NotFinite, RowTemplate, Style};

/// A way to lay out each row of a schema by itself: immutable, shared by the threads of a command.
#[derive(Debug)]
pub struct Messages {
    schema: Arc<Schema>,
    layout: Layout,
}

#[derive(Debug)]
enum Layout {
    /// Rows end in a line end of so many bytes, which is no part of the message.
    Text {
        template: RowTemplate,
        line_end: usize,
    },
    Avro {
        unit: InstantUnit,
        text: String,
    },
}

/// Lays out blocks of rows; a worker keeps it.
#[derive(Debug)]
pub struct MessageWriter {
    messages: Arc<Messages>,
    avro: Option<RowWriter>,
    /// What stands in front of each message.
    frame: Vec<u8>,
    /// Rows before their frames are put in front of them.
    rows: Vec<u8>,
    row_ends: Vec<usize>,
}

impl Messages {
    /// The names of the formats that [`compile`](Self::compile) takes.
    pub const FORMATS: &[&str] = &["json", "csv", "avro"];

    /// The options that the formats read for messages.
    pub fn attributes() -> Vec<Attribute> {
        let file_only = ["CSV_HEADER", "CSV_LINE_END"];
        super::FORMATS
            .iter()
            .filter(|format| Self::FORMATS.contains(&format.name()))
            .flat_map(|format| format.attributes())
            .filter(|attribute| {
                !file_only.contains(&attribute.name) && !attribute.name.ends_with("COMPRESSION")
            })
            .filter(|attribute| !attribute.name.ends_with("CODEC"))
            .copied()
            .collect()
    }

    /// The values of `schema` in `format`, one of [`FORMATS`](Self::FORMATS); `None` after adding errors.
    pub fn compile(format: &str, schema: &Arc<Schema>, options: &mut Reader<'_>) -> Option<Self> {
        let layout = match format {
            "avro" => {
                let (unit, text) = avro::rows_of(schema, options)?;
                Layout::Avro { unit, text }
            }
            "csv" => {
                let (template, line_end) = csv::rows(schema, options)?;
                Layout::Text { template, line_end }
            }
            _ => Layout::Text { template: json::rows(schema, options)?, line_end: 1 },
        };
        Some(Self { schema: Arc::clone(schema), layout })
    }

    /// Rows of `schema` as Avro records that are keys: the record's name is that of values with `_key` behind it, for
    /// a registry tells records by their names. `None` after adding errors.
    pub fn avro_keys(schema: &Arc<Schema>, options: &mut Reader<'_>) -> Option<Self> {
        let (unit, text) = avro::rows_of(schema, options)?;
        let mut record: Value = serde_json::from_str(&text).unwrap_or_default();
        if let Some(Value::String(name)) = record.get_mut("name") {
            name.push_str("_key");
        }
        let layout = Layout::Avro { unit, text: record.to_string() };
        Some(Self { schema: Arc::clone(schema), layout })
    }

    /// The texts of `schema`'s columns one behind the other, nothing in place of nulls: what a key is.
    pub fn texts(schema: &Arc<Schema>) -> Self {
        let style =
            Style { escape: Escape::Plain, date: DateForm::Iso, not_finite: NotFinite::Named };
        let cells = schema
            .columns
            .iter()
            .map(|column| CellTemplate::new(column.data_type, column.decimals, b"", b"", b""));
        let template = RowTemplate::new(style, cells.collect());
        Self { schema: Arc::clone(schema), layout: Layout::Text { template, line_end: 0 } }
    }

    /// The Avro schema of the messages, where they are Avro.
    pub fn avro_schema(&self) -> Option<&str> {
        match &self.layout {
            Layout::Avro { text, .. } => Some(text),
            Layout::Text { .. } => None,
        }
    }

    /// Bytes behind each row that are no part of its message.
    pub fn line_end(&self) -> usize {
        match &self.layout {
            Layout::Text { line_end, .. } => *line_end,
            Layout::Avro { .. } => 0,
        }
    }

    /// A worker's own writer, which puts `frame` in front of each message that is Avro.
    pub fn writer(self: &Arc<Self>, frame: &[u8]) -> MessageWriter {
        let avro = match &self.layout {
            Layout::Avro { unit, .. } => Some(RowWriter::new(Arc::clone(&self.schema), *unit)),
            Layout::Text { .. } => None,
        };
        MessageWriter {
            messages: Arc::clone(self),
            avro,
            frame: frame.to_vec(),
            rows: Vec::new(),
            row_ends: Vec::new(),
        }
    }
}

impl MessageWriter {
    /// Appends the rows of `block` to `out`, and where each ends there, with its [line end](Messages::line_end).
    ///
    /// # Errors
    ///
    /// When the block does not fit the schema, or a value has no form here.
    pub fn append(
        &mut self,
        block: &Block,
        out: &mut Vec<u8>,
        ends: &mut Vec<u32>,
    ) -> Result<(), EncodeError> {
        match (&self.messages.layout, &mut self.avro) {
            (Layout::Text { template, .. }, _) => {
                let appended = template.append_each(block, out, |end| ends.push(end as u32));
                appended.map_err(|mismatch| {
                    let column = self.messages.schema.columns.get(mismatch.column);
                    let column = column.map(|column| column.name.clone()).unwrap_or_default();
                    EncodeError::Mismatch { column }
                })
            }
            (Layout::Avro { .. }, Some(rows)) if self.frame.is_empty() => {
                rows.append_each(block, out, |end| ends.push(end as u32))
            }
            (Layout::Avro { .. }, Some(rows)) => {
                self.rows.clear();
                self.row_ends.clear();
                rows.append_each(block, &mut self.rows, |end| self.row_ends.push(end))?;
                out.reserve(self.rows.len() + self.row_ends.len() * self.frame.len());
                let mut start = 0;
                for end in &self.row_ends {
                    out.extend_from_slice(&self.frame);
                    out.extend_from_slice(&self.rows[start..*end]);
                    ends.push(out.len() as u32);
                    start = *end;
                }
                Ok(())
            }
            (Layout::Avro { .. }, None) => Err(EncodeError::ForeignSegment { format: "avro" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::Settings;
    use crate::columns::{Column, Rows};
    use crate::formats::samples::{texts, zoo};
    use crate::problems::Problems;

    /// The messages of the rows of `columns`.
    fn written(messages: Messages, columns: Vec<Column>, frame: &[u8]) -> Vec<Vec<u8>> {
        let messages = Arc::new(messages);
        let rows = Rows { first: 0, count: columns[0].len() };
        let block = Block { rows, columns: columns.into_iter().map(Arc::new).collect() };
        let (mut out, mut ends) = (Vec::new(), Vec::new());
        messages.writer(frame).append(&block, &mut out, &mut ends).unwrap();
        let starts = std::iter::once(&0).chain(&ends);
        starts
            .zip(&ends)
            .map(|(start, end)| out[*start as usize..*end as usize - messages.line_end()].to_vec())
            .collect()
    }

    /// Every type in `format`, with an option and something in front.
    fn values(format: &str, key: &str, value: &str, frame: &[u8]) -> Vec<Vec<u8>> {
        let (schema, columns) = zoo();
        let (mut settings, mut problems) = (Settings::default(), Problems::default());
        settings.set(key, value.into(), "");
        let reader = &mut settings.reader(&mut problems);
        written(Messages::compile(format, &schema, reader).unwrap(), columns, frame)
    }

    #[test]
    fn every_row_is_a_message_of_its_own() {
        let objects = values("json", "JSON_NULLS", "omit", b"");
        assert_eq!(objects.len(), 5);
        for object in &objects {
            serde_json::from_slice::<serde_json::Map<_, _>>(object).unwrap();
        }
        let lines = values("csv", "CSV_LINE_END", "crlf", b"");
        assert!(lines.len() == 5 && lines.iter().all(|line| !line.ends_with(b"\r\n")));
        let records = values("avro", "AVRO_NAME", "row", b"");
        let framed = values("avro", "AVRO_NAME", "row", b"\0\x07");
        assert_eq!(records.len(), 5);
        assert!(
            framed == records.iter().map(|row| [b"\0\x07", &row[..]].concat()).collect::<Vec<_>>()
        );
    }

    #[test]
    fn keys_are_their_texts_without_quotes() {
        let (schema, columns) = texts(&[("a", &["x\n", "", "\"y"]), ("b", &["1", "2", "3"])]);
        assert_eq!(written(Messages::texts(&schema), columns, b""), [&b"x\n1"[..], b"2", b"\"y3"]);
    }
}
