//! `parquet`: Apache Parquet files, with pages of our own inside the `parquet` crate's file layout.
//!
//! One row group is one segment: a worker encodes its columns to pages, the writer of the file places
//! them and writes the footer. Going through Arrow arrays and the crate's column writers costs 1.5 to
//! 2.3 times as much, and their pages depend on how rows were cut into blocks.
//!
//! ```text
//! schema      columns -> message type            bounds      statistics of a chunk
//! column      values -> open page                dictionary  values that occur, by first occurrence
//! pages       page bodies -> column chunk        hybrid      bit-packed indices and levels
//! cells       rows of a block, plain forms       tests
//! ```
//!
//! A dictionary is used where it pays, not everywhere: for texts drawn from a list and for numbers with
//! few distinct values. Columns that a codec cannot shrink by a tenth (random numbers, uuids) are
//! stored as they are.

mod bounds;
mod cells;
mod column;
mod dictionary;
mod hybrid;
mod pages;
mod schema;

use std::sync::Arc;

use bytes::Bytes;
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor, TypePtr};

use self::column::ColumnEncoder;
use self::pages::Codec;
use self::schema::Types;
use super::{Detail, EncodeError, Encoder, FileEncoder, Format, Segment, SegmentEncoder};
use crate::attributes::{Attribute, Reader};
use crate::columns::{Block, ColumnInfo, Schema};
use crate::compression;
use crate::problems::Problem;

/// See the module.
#[derive(Debug)]
pub(super) struct Parquet;

/// Rows of a group where rows are narrow; larger groups help readers little.
const MOST_ROWS: u64 = 1 << 17;

/// A group is in a worker's memory, most of it compressed; few workers must stay far below 100 MB.
const GROUP_BYTES: u64 = 16 << 20;

/// Twice what other writers make by default; three of them, which is what a worker and the writer hold,
/// stay below the memory of a command.
const MOST_GROUP_BYTES: u64 = 256 << 20;

const ROW_GROUP_SIZE: &str = "PARQUET_ROW_GROUP_SIZE";
const ROW_GROUP_ROWS: &str = "PARQUET_ROW_GROUP_ROWS";

/// What the reference's options default to.
const PAGE_BYTES: u64 = 1 << 20;

/// Row groups of a file: the format numbers them by 16 bits with a sign.
const MOST_GROUPS: u64 = 32_767;

/// In every file: nothing in it may differ between two runs.
const CREATED_BY: &str = concat!("datagen version ", env!("CARGO_PKG_VERSION"));

impl Format for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn summary(&self) -> &'static str {
        "Apache Parquet files"
    }

    fn attributes(&self) -> &'static [Attribute] {
        const {
            &[
                compression::PARQUET.own_option(),
                compression::PARQUET.common_option(),
                Attribute::new(
                    "PARQUET_TIMESTAMP",
                    "instant, local or int96",
                    "instant",
                    "Type of points in time: instant (in UTC), local (date and time of day in UTC, \
                     without a zone), or int96 (nanoseconds, for Impala and Hive before 4).",
                ),
                Attribute::new(
                    "PARQUET_DECIMAL",
                    "integer or fixed",
                    "integer",
                    "Form of decimals of up to 18 digits: integer, or fixed (byte arrays, as longer \
                     ones always are) for Hive before 4, Impala and Spark's legacy format.",
                ),
                Attribute::new(
                    "PARQUET_PAGE_SIZE",
                    "integer",
                    "1048576",
                    "Size in bytes at which a page ends.",
                ),
                Attribute::new(
                    "PARQUET_DICTIONARY_ENCODING",
                    "boolean",
                    "true",
                    "Dictionaries for columns where they pay: texts from a list, few numbers.",
                ),
                Attribute::new(
                    "PARQUET_DICTIONARY_PAGE_SIZE",
                    "integer",
                    "1048576",
                    "Largest dictionary in bytes.",
                ),
                Attribute::new(
                    "PARQUET_ROW_GROUP_SIZE",
                    "integer",
                    "16777216",
                    "Largest row group in bytes before compression, by average widths of values; at \
                     most 268435456 have an effect.",
                ),
                Attribute::new(
                    "PARQUET_ROW_GROUP_ROWS",
                    "integer",
                    "",
                    "Rows of a row group, rounded down to a power of two, where the bytes of a group \
                     allow it; by default at most 131072, as many as fit with PARQUET_ROW_GROUP_SIZE.",
                ),
            ]
        }
    }

    fn compile(&self, schema: &Arc<Schema>, options: &mut Reader<'_>) -> Option<Arc<dyn Encoder>> {
        let codec = compression::PARQUET.read(options);
        let types = Types::read(options);
        let page_bytes = size("PARQUET_PAGE_SIZE", options).unwrap_or(PAGE_BYTES);
        let dictionary_page_bytes =
            size("PARQUET_DICTIONARY_PAGE_SIZE", options).unwrap_or(PAGE_BYTES);
        let dictionary = options.boolean("PARQUET_DICTIONARY_ENCODING").unwrap_or(true);
        let rows = group_rows(schema.row_width(), options);
        let message = message(schema, types, options)?;
        let settings = Settings {
            codec: Codec::of(codec?),
            page_bytes: page_bytes as usize,
            dictionary_page_bytes: dictionary_page_bytes as usize,
            dictionary,
            rows,
        };
        let notes = schema.notes.iter();
        let notes = notes.map(|(name, text)| KeyValue::new(name.clone(), text.clone()));
        let notes = Some(notes.collect::<Vec<_>>()).filter(|notes| !notes.is_empty());
        let properties = WriterProperties::builder()
            .set_created_by(CREATED_BY.to_owned())
            .set_key_value_metadata(notes)
            .set_offset_index_disabled(true)
            .build();
        Some(Arc::new(RowGroups {
            schema: schema.clone(),
            descriptor: Arc::new(SchemaDescriptor::new(message.clone())),
            message,
            settings: Arc::new(settings),
            properties: Arc::new(properties),
        }))
    }
}

/// A number of bytes; `None` where it is not set, or wrong.
fn size(key: &str, options: &mut Reader<'_>) -> Option<u64> {
    options.integer(key, 1_024..=i64::from(i32::MAX)).map(|size| size as u64)
}

/// Rows of a group: as many as the options say, as far as memory allows.
fn group_rows(row_width: u64, options: &mut Reader<'_>) -> usize {
    let (bytes, rows) =
        (size(ROW_GROUP_SIZE, options), options.integer(ROW_GROUP_ROWS, 1..=1 << 24));
    let rows = rows.map(|rows| rows as u64);
    if bytes.is_some_and(|bytes| bytes > MOST_GROUP_BYTES) {
        let message = format!(
            "`{ROW_GROUP_SIZE}` has no effect above {MOST_GROUP_BYTES} bytes, for a row group is made \
             in memory"
        );
        options.warn(ROW_GROUP_SIZE, "bounded", message);
    }
    let (most_bytes, most_rows) = match (bytes, rows) {
        (None, None) => (GROUP_BYTES, MOST_ROWS),
        (Some(bytes), None) => (bytes.min(MOST_GROUP_BYTES), 1 << 24),
        (bytes, Some(rows)) => (bytes.unwrap_or(u64::MAX).min(MOST_GROUP_BYTES), rows),
    };
    let fitting = (most_bytes / row_width).max(1);
    if bytes.is_none() && fitting < most_rows && rows.is_some() {
        let message = format!(
            "`{ROW_GROUP_ROWS}` is {most_rows}, but {fitting} rows of this table take \
             {MOST_GROUP_BYTES} bytes, and a row group has no more"
        );
        options.warn(ROW_GROUP_ROWS, "bounded", message);
    }
    1 << fitting.min(most_rows).ilog2()
}

/// The message type; `None` after an error.
fn message(schema: &Schema, types: Types, options: &mut Reader<'_>) -> Option<TypePtr> {
    if schema.columns.is_empty() {
        let message = "a Parquet file needs at least one column, and no field is shown";
        options.push(Problem::error("no_columns", "/Fields", message));
        return None;
    }
    match schema::compile(schema, types) {
        Ok(message) => Some(message),
        Err(error) => {
            let message = format!("Parquet cannot hold this table: {error}");
            options.push(Problem::error("parquet_schema", "/Fields", message));
            None
        }
    }
}

fn refused(source: impl std::error::Error + Send + Sync + 'static) -> EncodeError {
    EncodeError::Library { format: "parquet", source: Box::new(source) }
}

/// What the options say.
#[derive(Debug)]
struct Settings {
    codec: Codec,
    page_bytes: usize,
    dictionary_page_bytes: usize,
    /// Whether dictionaries may be used at all.
    dictionary: bool,
    /// Rows of a group.
    rows: usize,
}

/// The compiled format.
#[derive(Debug)]
struct RowGroups {
    schema: Arc<Schema>,
    message: TypePtr,
    descriptor: Arc<SchemaDescriptor>,
    settings: Arc<Settings>,
    properties: WriterPropertiesPtr,
}

impl Encoder for RowGroups {
    fn extension(&self) -> String {
        "parquet".to_owned()
    }

    fn segment_rows(&self) -> usize {
        self.settings.rows
    }

    fn most_file_rows(&self) -> u64 {
        MOST_GROUPS * self.settings.rows as u64
    }

    fn segment_option(&self) -> Option<&'static str> {
        Some("a smaller `PARQUET_ROW_GROUP_ROWS`")
    }

    fn segment_encoder(&self) -> Box<dyn SegmentEncoder> {
        let columns = self.schema.columns.iter().zip(self.descriptor.columns());
        let encoder = |(info, descriptor): (&ColumnInfo, &ColumnDescPtr)| {
            ColumnEncoder::new(info, descriptor.clone(), &self.settings)
        };
        Box::new(RowGroupEncoder {
            columns: columns.map(encoder).collect(),
            rows: 0,
            last_bytes: 0,
        })
    }

    fn file_encoder(&self) -> Box<dyn FileEncoder> {
        Box::new(ParquetFile {
            message: self.message.clone(),
            properties: self.properties.clone(),
            writer: None,
        })
    }
}

/// The chunks of a row group, their places counted from its first byte.
#[derive(Debug, Clone)]
pub struct RowGroup(Vec<ColumnCloseResult>);

struct RowGroupEncoder {
    columns: Vec<ColumnEncoder>,
    rows: u64,
    /// Size of the last group: the next one will be like it.
    last_bytes: usize,
}

impl SegmentEncoder for RowGroupEncoder {
    fn append(&mut self, block: &Block) -> Result<(), EncodeError> {
        for (index, encoder) in self.columns.iter_mut().enumerate() {
            match block.columns.get(index).filter(|column| column.len() == block.rows.count) {
                Some(column) => encoder.append(column, block.rows.first)?,
                None => return Err(encoder.mismatch()),
            }
        }
        self.rows += block.rows.count as u64;
        Ok(())
    }

    fn finish(&mut self) -> Result<Segment, EncodeError> {
        let mut bytes = Vec::with_capacity(self.last_bytes + self.last_bytes / 16);
        let chunks: Result<Vec<ColumnCloseResult>, EncodeError> =
            self.columns.iter_mut().map(|column| column.finish(&mut bytes)).collect();
        let rows = std::mem::take(&mut self.rows);
        self.last_bytes = bytes.len();
        Ok(Segment { rows, bytes, detail: Some(Detail::RowGroup(RowGroup(chunks?))) })
    }
}

struct ParquetFile {
    message: TypePtr,
    properties: WriterPropertiesPtr,
    /// Writes to memory, which is emptied after every call.
    writer: Option<SerializedFileWriter<Vec<u8>>>,
}

impl ParquetFile {
    /// The writer, which `begin` opened.
    fn writer(&mut self) -> Result<&mut SerializedFileWriter<Vec<u8>>, EncodeError> {
        self.writer.as_mut().ok_or_else(|| refused(OutOfTurn))
    }
}

/// A call out of order: a fault in this program.
#[derive(Debug, thiserror::Error)]
#[error("a file's parts were not written in order")]
struct OutOfTurn;

impl FileEncoder for ParquetFile {
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let (message, properties) = (self.message.clone(), self.properties.clone());
        let writer = SerializedFileWriter::new(Vec::new(), message, properties).map_err(refused)?;
        drain(self.writer.insert(writer), out)
    }

    fn append(&mut self, segment: Segment, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let writer = self.writer()?;
        if segment.rows == 0 {
            return Ok(());
        }
        let Some(Detail::RowGroup(RowGroup(chunks))) = segment.detail else {
            return Err(EncodeError::ForeignSegment { format: "parquet" });
        };
        let bytes = Bytes::from(segment.bytes);
        let mut group = writer.next_row_group().map_err(refused)?;
        for chunk in chunks {
            group.append_column(&bytes, chunk).map_err(refused)?;
        }
        group.close().map_err(refused)?;
        drain(writer, out)
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let mut writer = self.writer.take().ok_or_else(|| refused(OutOfTurn))?;
        writer.finish().map_err(refused)?;
        drain(&mut writer, out)
    }
}

/// Moves what was written so far to `out`.
fn drain(writer: &mut SerializedFileWriter<Vec<u8>>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    writer.flush().map_err(refused)?;
    out.append(writer.inner_mut());
    Ok(())
}

#[cfg(test)]
mod tests;
