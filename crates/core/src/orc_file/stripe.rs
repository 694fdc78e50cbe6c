//! Stripes: blocks in, the bytes of a stripe and its statistics out.

use std::sync::Arc;

use super::column::{ColumnWriter, Encoding, Piece, StreamKind, Target, describe_stream};
use super::compression::Compressor;
use super::protobuf::Message;
use super::statistics::Statistics;
use super::{Layout, OrcError, ROW_GROUP};
use crate::columns::Block;

/// An encoded stripe, complete but for its place in the file.
#[derive(Debug)]
pub(crate) struct Stripe {
    /// Its bytes: row indexes, streams, footer.
    pub(crate) bytes: Vec<u8>,
    /// What the file has to know of it.
    pub(crate) summary: StripeSummary,
}

/// What a file keeps of a stripe.
#[derive(Debug, Clone)]
pub(crate) struct StripeSummary {
    /// Rows in it.
    pub(crate) rows: u64,
    pub(super) index_bytes: u64,
    pub(super) data_bytes: u64,
    pub(super) footer_bytes: u64,
    /// Of the root, then of each column.
    pub(super) statistics: Vec<Statistics>,
}

/// Encodes stripe after stripe; its buffers are kept.
pub(crate) struct StripeEncoder {
    layout: Arc<Layout>,
    columns: Vec<ColumnWriter>,
    compressor: Compressor,
    rows: usize,
}

impl StripeEncoder {
    /// An encoder of stripes of `layout`.
    pub(crate) fn new(layout: Arc<Layout>) -> Self {
        let compressor = Compressor::new(layout.compression);
        let columns = Self::columns(&layout);
        Self { layout, columns, compressor, rows: 0 }
    }

    fn columns(layout: &Layout) -> Vec<ColumnWriter> {
        (0..layout.columns.len()).map(|index| ColumnWriter::new(layout, index)).collect()
    }

    /// The next rows of the stripe.
    ///
    /// # Errors
    ///
    /// When a value cannot be written; the stripe is then lost and the next one starts.
    pub(crate) fn append(&mut self, block: &Block) -> Result<(), OrcError> {
        let result = self.try_append(block);
        if result.is_err() {
            self.columns = Self::columns(&self.layout);
            self.rows = 0;
        }
        result
    }

    fn try_append(&mut self, block: &Block) -> Result<(), OrcError> {
        let count = block.rows.count;
        let fits = |index: usize| {
            block.columns.get(index).is_some_and(|column| {
                let validity = column.validity.as_ref().map_or(count, Vec::len);
                column.len() == count && validity == count
            })
        };
        if let Some(column) = (0..self.columns.len()).find(|index| !fits(*index)) {
            return Err(OrcError::Mismatch { column });
        }
        let mut start = 0;
        while start < count {
            let end = count.min(start + ROW_GROUP - self.rows % ROW_GROUP);
            self.rows += end - start;
            let group_ends = self.rows.is_multiple_of(ROW_GROUP);
            for (index, column) in self.columns.iter_mut().enumerate() {
                let piece = Piece {
                    column: &block.columns[index],
                    rows: start..end,
                    first_row: block.rows.first,
                    index,
                };
                column.append(&piece, &mut self.compressor)?;
                if group_ends {
                    column.end_group(&mut self.compressor)?;
                }
            }
            start = end;
        }
        Ok(())
    }

    /// Ends the stripe; the encoder is empty then.
    ///
    /// # Errors
    ///
    /// When the compressor refuses.
    pub(crate) fn finish(&mut self) -> Result<Stripe, OrcError> {
        let rows = std::mem::take(&mut self.rows);
        if !rows.is_multiple_of(ROW_GROUP) {
            for column in &mut self.columns {
                column.end_group(&mut self.compressor)?;
            }
        }
        let mut statistics = vec![Statistics::of_rows(rows as u64)];
        let mut encodings = vec![Encoding::Direct];
        let mut indexes = vec![root_index(rows)];
        let mut data = Vec::new();
        let mut data_directory = Vec::new();
        for (number, column) in self.columns.iter_mut().enumerate() {
            let target = Target {
                compressor: &mut self.compressor,
                bytes: &mut data,
                directory: &mut data_directory,
                column: number as u64 + 1,
            };
            let (index, encoding, column_statistics) = column.finish(target)?;
            indexes.push(index);
            encodings.push(encoding);
            statistics.push(column_statistics);
        }
        let mut bytes = Vec::new();
        let mut directory = Vec::new();
        for (number, index) in indexes.iter().enumerate() {
            let start = bytes.len();
            self.compressor.write_section(index.as_bytes(), &mut bytes)?;
            let length = (bytes.len() - start) as u64;
            directory.push(describe_stream(StreamKind::RowIndex, number as u64, length));
        }
        let index_bytes = bytes.len() as u64;
        bytes.reserve_exact(data.len());
        bytes.extend_from_slice(&data);
        let data_bytes = data.len() as u64;
        directory.append(&mut data_directory);
        let footer = footer(&directory, &encodings);
        self.compressor.write_section(footer.as_bytes(), &mut bytes)?;
        let footer_bytes = bytes.len() as u64 - index_bytes - data_bytes;
        let rows = rows as u64;
        let summary = StripeSummary { rows, index_bytes, data_bytes, footer_bytes, statistics };
        Ok(Stripe { bytes, summary })
    }
}

/// The row index of the root, which has no stream and so no places.
fn root_index(rows: usize) -> Message {
    let mut index = Message::default();
    for start in (0..rows).step_by(ROW_GROUP) {
        let group = Statistics::of_rows((rows - start).min(ROW_GROUP) as u64);
        let mut entry = Message::default();
        entry.message(2, &group.message());
        index.message(1, &entry);
    }
    index
}

/// A `StripeFooter` message.
fn footer(directory: &[Message], encodings: &[Encoding]) -> Message {
    let mut footer = Message::default();
    for stream in directory {
        footer.message(1, stream);
    }
    for encoding in encodings {
        footer.message(2, &encoding.message());
    }
    footer.bytes(3, b"UTC");
    footer
}
