//! File formats: CSV, JSON lines, Avro, Parquet, ORC.
//!
//! A [`Format`] checks its options and the schema once and gives an [`Encoder`], shared by all threads.
//! Work is split so that the bytes of a file never depend on threads or block size:
//!
//! ```text
//! worker:  SegmentEncoder  append(block)…  finish() -> Segment      (rows of one segment, encoded)
//! writer:  FileEncoder     begin · append(segment)… · finish -> bytes of the file, in order
//! ```
//!
//! A *segment* is a run of rows whose number the encoder fixes from the schema and its options alone
//! (an Avro block, a Parquet row group, an ORC stripe, a compression frame); only the last one of a
//! batch is shorter. Blocks never cross segments.
//!
//! Nothing here knows of paths, stores, threads or models.
//!
//! To add a format: write `formats/<name>.rs`, then its two lines below.

mod avro;
mod csv;
mod json;
mod messages;
mod orc;
mod parquet;
mod records;
#[cfg(test)]
pub(crate) mod samples;
mod text;

use std::fmt::Debug;
use std::sync::Arc;

use crate::attributes::{Attribute, Reader};
use crate::columns::{Block, Schema};

pub use self::messages::{MessageWriter, Messages};
pub(crate) use self::orc::Stripe;
pub(crate) use self::parquet::RowGroup;
pub use self::records::{RecordEncoder, RecordPart, Records};

/// Every format, in the order that listings show them.
pub static FORMATS: &[&dyn Format] =
    &[&csv::Csv, &json::Json, &avro::Avro, &parquet::Parquet, &orc::Orc];

/// The format called `name` (lower case).
pub fn find(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}

/// A way to lay out rows in a file.
pub trait Format: Sync + Debug {
    /// The name that connectors carry: `csv`, `parquet`.
    fn name(&self) -> &'static str;

    /// One sentence for listings.
    fn summary(&self) -> &'static str;

    /// Whether its files are lines of text: people read them from standard output, and they shrink when they are
    /// packed, unless they are compressed already.
    fn is_text(&self) -> bool {
        false
    }

    /// The options that this format reads.
    fn attributes(&self) -> &'static [Attribute];

    /// Checks the options and whether `schema` can be written; `None` after adding errors to `options`.
    fn compile(&self, schema: &Arc<Schema>, options: &mut Reader<'_>) -> Option<Arc<dyn Encoder>>;
}

/// A format with its options and schema: immutable, shared by the threads of a command.
pub trait Encoder: Debug + Send + Sync {
    /// What a file's name ends in, without the leading dot: `csv`, `csv.gz`, `parquet`.
    fn extension(&self) -> String;

    /// Rows of a segment: a power of two, made from schema and options alone.
    fn segment_rows(&self) -> usize;

    /// Rows that a file may have, where the format has a bound.
    fn most_file_rows(&self) -> u64 {
        u64::MAX
    }

    /// What makes segments smaller, in words: an option with what to give. `None` where nothing does.
    fn segment_option(&self) -> Option<&'static str> {
        None
    }

    /// A worker's own encoder, used for one segment after the other.
    fn segment_encoder(&self) -> Box<dyn SegmentEncoder>;

    /// The encoder of one file, used by the writer.
    fn file_encoder(&self) -> Box<dyn FileEncoder>;
}

/// Encodes the rows of one segment; a worker keeps it for the next one.
pub trait SegmentEncoder: Send {
    /// Encodes a block, the next rows of the segment.
    ///
    /// # Errors
    ///
    /// When a value cannot be written in this format; the segment is then lost.
    fn append(&mut self, block: &Block) -> Result<(), EncodeError>;

    /// Ends the segment and hands it over; the encoder is then empty again.
    ///
    /// # Errors
    ///
    /// When the format's library refuses.
    fn finish(&mut self) -> Result<Segment, EncodeError>;
}

/// Lays segments out as a file. Every call appends to `out`, which the caller drains to the store.
pub trait FileEncoder: Send {
    /// What stands before the first segment (a header line, magic bytes, the schema).
    ///
    /// # Errors
    ///
    /// When the format's library refuses.
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// The next segment.
    ///
    /// # Errors
    ///
    /// When the format's library refuses.
    fn append(&mut self, segment: Segment, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// What stands behind the last segment (a footer). The file is complete then.
    ///
    /// # Errors
    ///
    /// When the format's library refuses.
    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError>;
}

/// The encoded rows of one segment.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Number of rows in it.
    pub rows: u64,
    /// The encoded rows, as far as they are bytes already.
    pub bytes: Vec<u8>,
    /// What the format needs beside the bytes to place them in a file; `None` where they just follow
    /// those before.
    pub detail: Option<Detail>,
}

/// What whoever takes a segment has to know of it: one kind for each format that keeps a directory, and one for
/// services.
#[derive(Debug, Clone)]
pub enum Detail {
    /// Of `parquet`.
    RowGroup(RowGroup),
    /// Of `orc`.
    Stripe(Stripe),
    /// Of no format: rows of a service.
    Records(Records),
}

/// Why rows could not be encoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A value that the format cannot hold.
    #[error("column `{column}`, row {row}: {reason}")]
    Value {
        /// The column's name.
        column: String,
        /// The row's number in the command.
        row: u64,
        /// What is wrong with the value and what the format takes.
        reason: String,
    },
    /// The format's library refused.
    #[error("{format} encoder")]
    Library {
        /// The format's name.
        format: &'static str,
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A block that does not fit the schema: a fault in this program.
    #[error("column `{column}` does not fit its declared type")]
    Mismatch {
        /// The column's name.
        column: String,
    },
    /// A segment that another format's encoder made: a fault in this program.
    #[error("a segment of another format in a file of {format}")]
    ForeignSegment {
        /// The file's format.
        format: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::columns::{Column, DataType, Rows, Values};

    /// For every format and every cut of its segments into blocks, the bytes are the same.
    #[test]
    fn blocks_do_not_change_the_bytes() {
        let (schema, columns) = samples::table(700);
        for format in FORMATS {
            let encoder = samples::compile(*format, &schema, json!({})).unwrap();
            let whole = samples::encode(&*encoder, &columns, 700);
            for block_rows in [1, 37, 699] {
                let cut_up = samples::encode(&*encoder, &columns, block_rows);
                assert!(cut_up == whole, "{} depends on blocks", format.name());
            }
        }
    }

    #[test]
    fn a_block_that_does_not_fit_the_schema_is_refused() {
        let values = Column::new(Values::Boolean(vec![true]));
        let (declared, columns) = samples::schema(&[("a", DataType::Int32)], vec![values]);
        let columns = columns.into_iter().map(Arc::new).collect();
        let block = Block { rows: Rows { first: 0, count: 1 }, columns };
        for format in FORMATS {
            let encoder = samples::compile(*format, &declared, json!({})).unwrap();
            let error = encoder.segment_encoder().append(&block).unwrap_err();
            assert!(matches!(error, EncodeError::Mismatch { .. }), "{}: {error}", format.name());
        }
    }

    /// Issue 9, review 7.1, 27: told as what it is, by the formats that keep a directory.
    #[test]
    fn a_segment_of_another_format_is_refused() {
        let (schema, _) = samples::table(0);
        let mut told = String::new();
        for format in [&parquet::Parquet as &dyn Format, &orc::Orc] {
            let encoder = samples::compile(format, &schema, json!({})).unwrap();
            let (mut file, mut out) = (encoder.file_encoder(), Vec::new());
            file.begin(&mut out).unwrap();
            let segment = Segment { rows: 1, bytes: vec![0], detail: None };
            told += &format!("{}\n", file.append(segment, &mut out).unwrap_err());
        }
        insta::assert_snapshot!(told, @r"
        a segment of another format in a file of parquet
        a segment of another format in a file of orc
        ");
    }

    #[test]
    fn formats_are_found_by_name_and_segments_are_powers_of_two() {
        let (schema, _) = samples::table(1);
        for format in FORMATS {
            assert_eq!(find(format.name()).map(Format::name), Some(format.name()));
            let encoder = samples::compile(*format, &schema, json!({})).unwrap();
            assert!(encoder.segment_rows().is_power_of_two());
            assert!(encoder.extension().starts_with(format.name()));
        }
    }
}
