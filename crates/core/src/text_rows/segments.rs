//! Segments and files of text rows: what CSV and JSON lines share beyond the row itself.
//!
//! Knows nothing of quoting or of paths. Segments are written by workers, files by the writer.

use std::io;
use std::sync::Arc;

use super::RowTemplate;
use crate::columns::{Block, Schema};
use crate::compression::{Compression, Compressor};

/// Rows of a file as text.
#[derive(Debug)]
pub(crate) struct TextLayout {
    /// The columns' names, for messages.
    columns: Vec<String>,
    template: RowTemplate,
    /// What stands before the first row.
    head: Vec<u8>,
    compression: Compression,
    segment_rows: usize,
}

/// Why a segment could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TextError {
    /// A block that does not fit the schema.
    #[error("column `{0}` does not fit its declared type")]
    Mismatch(String),
    /// The compression library refused.
    #[error("compression")]
    Compression(#[from] io::Error),
}

impl TextLayout {
    /// Rows of `schema`, each with about `around` bytes of separators and keys besides its values.
    pub(crate) fn new(
        schema: &Schema,
        template: RowTemplate,
        head: Vec<u8>,
        compression: Compression,
        around: u64,
    ) -> Self {
        Self {
            columns: schema.columns.iter().map(|column| column.name.clone()).collect(),
            template,
            head,
            compression,
            segment_rows: segment_rows(schema.row_width().saturating_add(around), compression),
        }
    }

    /// The format's extension with that of the compression.
    pub(crate) fn extension(&self, format: &str) -> String {
        format!("{format}{}", self.compression.suffix())
    }

    /// Rows of a segment.
    pub(crate) fn segment_rows(&self) -> usize {
        self.segment_rows
    }
}

/// A power of two, so that a segment has about a megabyte; twice as much where it is compressed,
/// since every member or frame starts with an empty window.
fn segment_rows(row_width: u64, compression: Compression) -> usize {
    let (most_bytes, most_rows) = match compression {
        Compression::None => (2 << 20, 1 << 13),
        Compression::Gzip | Compression::Zstd => (4 << 20, 1 << 15),
    };
    let rows = (most_bytes / row_width.max(1)).clamp(1, most_rows);
    1 << rows.ilog2()
}

/// A worker's encoder.
#[derive(Debug)]
pub(crate) struct SegmentWriter {
    layout: Arc<TextLayout>,
    /// Made with the first segment, so that a failure has somewhere to go.
    compressor: Option<Compressor>,
    text: Vec<u8>,
    rows: u64,
    /// Bytes of the largest segment so far: what the next one is expected to need.
    largest: usize,
}

impl SegmentWriter {
    pub(crate) fn new(layout: &Arc<TextLayout>) -> Self {
        Self { layout: Arc::clone(layout), compressor: None, text: Vec::new(), rows: 0, largest: 0 }
    }

    /// Appends the next rows of the segment.
    ///
    /// # Errors
    ///
    /// When the block does not fit the schema.
    pub(crate) fn append(&mut self, block: &Block) -> Result<(), TextError> {
        self.text.reserve(self.largest.saturating_sub(self.text.len()));
        let appended = self.layout.template.append(block, &mut self.text);
        appended.map_err(|mismatch| {
            let name = self.layout.columns.get(mismatch.column);
            TextError::Mismatch(name.cloned().unwrap_or_default())
        })?;
        self.rows += block.rows.count as u64;
        Ok(())
    }

    /// The segment: its number of rows and its bytes. The writer is empty then.
    ///
    /// # Errors
    ///
    /// When the compression library refuses.
    pub(crate) fn finish(&mut self) -> Result<(u64, Vec<u8>), TextError> {
        let rows = std::mem::take(&mut self.rows);
        // A little more than before: a segment that grows a little is not moved for it.
        self.largest = self.largest.max(self.text.len() + self.text.len() / 64);
        if self.layout.compression == Compression::None {
            return Ok((rows, std::mem::take(&mut self.text)));
        }
        let compressor = match &mut self.compressor {
            Some(compressor) => compressor,
            none => none.insert(self.layout.compression.compressor()?),
        };
        let bytes = compressor.compress(&self.text);
        self.text.clear();
        Ok((rows, bytes?))
    }
}

/// The writer's encoder of one file.
#[derive(Debug)]
pub(crate) struct FileWriter {
    layout: Arc<TextLayout>,
    empty: bool,
}

impl FileWriter {
    pub(crate) fn new(layout: &Arc<TextLayout>) -> Self {
        Self { layout: Arc::clone(layout), empty: true }
    }

    /// Appends what stands before the first row.
    ///
    /// # Errors
    ///
    /// When the compression library refuses.
    pub(crate) fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), TextError> {
        if self.layout.head.is_empty() {
            return Ok(());
        }
        let head = self.layout.compression.compressor()?.compress(&self.layout.head)?;
        self.append(head, out);
        Ok(())
    }

    /// Appends a segment, without a copy where `out` is empty.
    pub(crate) fn append(&mut self, bytes: Vec<u8>, out: &mut Vec<u8>) {
        self.empty = false;
        if out.is_empty() {
            *out = bytes;
        } else {
            out.extend_from_slice(&bytes);
        }
    }

    /// Appends what stands behind the last row: nothing, but that a compressed file without rows
    /// needs one member or frame to be valid.
    ///
    /// # Errors
    ///
    /// When the compression library refuses.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), TextError> {
        if self.empty && self.layout.compression != Compression::None {
            out.extend(self.layout.compression.compressor()?.compress(b"")?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_powers_of_two_of_about_a_megabyte() {
        let none = [1, 148, 300, 2_000, 200_000, 16 << 20, u64::MAX];
        let none = none.map(|width| segment_rows(width, Compression::None));
        assert_eq!(none, [8_192, 8_192, 4_096, 1_024, 8, 1, 1]);
        assert_eq!(segment_rows(148, Compression::Zstd), 16_384);
    }
}
