//! What the formats of text share: a [`TextLayout`] as an [`Encoder`] under the format's name.
//!
//! Knows nothing of quoting; `csv` and `json` make the layouts, `text_rows` writes them.

use std::sync::Arc;

use super::{EncodeError, Encoder, FileEncoder, Segment, SegmentEncoder};
use crate::columns::Block;
use crate::text_rows::{FileWriter, SegmentWriter, TextError, TextLayout};

/// The format called `format`, whose rows are laid out as text.
#[derive(Debug)]
pub(super) struct TextEncoder {
    format: &'static str,
    layout: Arc<TextLayout>,
}

impl TextEncoder {
    /// The encoder of `layout`.
    pub(super) fn new(format: &'static str, layout: TextLayout) -> Self {
        Self { format, layout: Arc::new(layout) }
    }
}

impl Encoder for TextEncoder {
    fn extension(&self) -> String {
        self.layout.extension(self.format)
    }

    fn segment_rows(&self) -> usize {
        self.layout.segment_rows()
    }

    fn segment_encoder(&self) -> Box<dyn SegmentEncoder> {
        Box::new(Rows { format: self.format, rows: SegmentWriter::new(&self.layout) })
    }

    fn file_encoder(&self) -> Box<dyn FileEncoder> {
        Box::new(File { format: self.format, file: FileWriter::new(&self.layout) })
    }
}

struct Rows {
    format: &'static str,
    rows: SegmentWriter,
}

impl SegmentEncoder for Rows {
    fn append(&mut self, block: &Block) -> Result<(), EncodeError> {
        self.rows.append(block).map_err(|error| told(self.format, error))
    }

    fn finish(&mut self) -> Result<Segment, EncodeError> {
        let (rows, bytes) = self.rows.finish().map_err(|error| told(self.format, error))?;
        Ok(Segment { rows, bytes, detail: None })
    }
}

struct File {
    format: &'static str,
    file: FileWriter,
}

impl FileEncoder for File {
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.file.begin(out).map_err(|error| told(self.format, error))
    }

    fn append(&mut self, segment: Segment, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.file.append(segment.bytes, out);
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.file.finish(out).map_err(|error| told(self.format, error))
    }
}

/// The error of a text format's rows.
fn told(format: &'static str, error: TextError) -> EncodeError {
    match error {
        TextError::Mismatch(column) => EncodeError::Mismatch { column },
        TextError::Compression(source) => EncodeError::Library { format, source: source.into() },
    }
}
