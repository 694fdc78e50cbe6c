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
//! ```
//!
//! A dictionary is used where it pays, not everywhere: for texts drawn from a list and for numbers with
//! few distinct values. Columns that a codec cannot shrink by a tenth (random numbers, uuids) are
//! stored as they are.

mod bounds;
mod column;
mod dictionary;
mod hybrid;
mod pages;
mod schema;

use std::sync::Arc;

use bytes::Bytes;
use parquet::column::writer::ColumnCloseResult;
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor, TypePtr};

use self::column::ColumnEncoder;
use self::pages::Codec;
use super::{EncodeError, Encoder, FileEncoder, Format, Segment, SegmentEncoder};
use crate::attributes::{Attribute, Reader};
use crate::columns::{Block, ColumnInfo, Schema};
use crate::problems::Problem;

/// See the module.
#[derive(Debug)]
pub(super) struct Parquet;

/// Rows of a group where rows are narrow; larger groups help readers little.
const MOST_ROWS: u64 = 1 << 17;

/// A group is in a worker's memory, most of it compressed; few workers must stay far below 100 MB.
const GROUP_BYTES: u64 = 16 << 20;

/// What the reference's options default to.
const PAGE_BYTES: u64 = 1 << 20;
const ROW_GROUP_BYTES: u64 = 128 << 20;

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
                Attribute::new(
                    "PARQUET_COMPRESSION",
                    "snappy, zstd, gzip or none",
                    "snappy",
                    "How pages are compressed; columns that would not shrink are left alone.",
                ),
                Attribute::new(
                    "COMPRESSION",
                    "snappy, zstd, gzip or none",
                    "snappy",
                    "The same for all formats; PARQUET_COMPRESSION wins.",
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
                    "134217728",
                    "Largest row group in bytes, before compression.",
                ),
                Attribute::new(
                    "PARQUET_ROW_GROUP_ROWS",
                    "integer",
                    "",
                    "Rows of a row group, rounded down to a power of two; by default at most \
                     131072, and 16 MiB.",
                ),
            ]
        }
    }

    fn compile(&self, schema: &Arc<Schema>, options: &mut Reader<'_>) -> Option<Arc<dyn Encoder>> {
        let codec = codec(options);
        let size = |options: &mut Reader<'_>, key, default| {
            options.integer(key, 1_024..=i64::from(i32::MAX)).map_or(default, |size| size as u64)
        };
        let page_bytes = size(options, "PARQUET_PAGE_SIZE", PAGE_BYTES);
        let dictionary_page_bytes = size(options, "PARQUET_DICTIONARY_PAGE_SIZE", PAGE_BYTES);
        let row_group_bytes = size(options, "PARQUET_ROW_GROUP_SIZE", ROW_GROUP_BYTES);
        let dictionary = options.boolean("PARQUET_DICTIONARY_ENCODING").unwrap_or(true);
        let wished = options.integer("PARQUET_ROW_GROUP_ROWS", 1..=1 << 24);
        let fitting = match wished {
            Some(rows) => (rows as u64).min(row_group_bytes / schema.row_width()),
            None => MOST_ROWS.min(row_group_bytes.min(GROUP_BYTES) / schema.row_width()),
        };
        let message = message(schema, options)?;
        let settings = Settings {
            codec: codec?,
            page_bytes: page_bytes as usize,
            dictionary_page_bytes: dictionary_page_bytes as usize,
            dictionary,
            rows: 1 << fitting.max(1).ilog2(),
        };
        let properties = WriterProperties::builder()
            .set_created_by(CREATED_BY.to_owned())
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

/// The codec that the options name; `None` after an error.
fn codec(options: &mut Reader<'_>) -> Option<Codec> {
    const NAMES: &[&str] = &["snappy", "zstd", "zstandard", "gzip", "none", "uncompressed"];
    let key = ["PARQUET_COMPRESSION", "COMPRESSION"].into_iter().find(|key| options.has(key));
    let Some(key) = key else { return Some(Codec::Snappy) };
    Some(match options.choice(key, NAMES)? {
        "snappy" => Codec::Snappy,
        "zstd" | "zstandard" => Codec::Zstandard,
        "gzip" => Codec::Gzip,
        _ => Codec::None,
    })
}

/// The message type; `None` after an error.
fn message(schema: &Schema, options: &mut Reader<'_>) -> Option<TypePtr> {
    if schema.columns.is_empty() {
        let message = "a Parquet file needs at least one column, and no field is shown";
        options.push(Problem::error("no_columns", "/Fields", message));
        return None;
    }
    match schema::compile(schema) {
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
                Some(column) => encoder.append(column)?,
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
        Ok(Segment { rows, bytes, detail: Some(Box::new(chunks?)) })
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
        let chunks = segment
            .detail
            .and_then(|detail| detail.downcast::<Vec<ColumnCloseResult>>().ok())
            .ok_or_else(|| refused(OutOfTurn))?;
        let bytes = Bytes::from(segment.bytes);
        let mut group = writer.next_row_group().map_err(refused)?;
        for chunk in *chunks {
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
mod tests {
    use parquet::basic::{Compression, Encoding};
    use parquet::file::metadata::RowGroupMetaData;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;
    use serde_json::{Value, json};

    use super::*;
    use crate::columns::{Column, DataType, Dictionary, Values, uuid_text};
    use crate::formats::samples;

    fn open(file: Vec<u8>) -> SerializedFileReader<Bytes> {
        SerializedFileReader::new(Bytes::from(file)).unwrap()
    }

    fn write(schema: &Arc<Schema>, columns: &[Column], options: Value) -> Vec<u8> {
        let encoder = samples::compile(&Parquet, schema, options).unwrap();
        samples::encode(&*encoder, columns, 1_000)
    }

    /// What the library's reader should say of a cell.
    fn field(column: &Column, row: usize, data_type: DataType) -> Field {
        let text = |bytes: &[u8]| Field::Str(String::from_utf8(bytes.to_vec()).unwrap());
        if column.is_null(row) {
            return Field::Null;
        }
        match &column.values {
            Values::Boolean(values) => Field::Bool(values[row]),
            Values::Int32(values) => Field::Int(values[row]),
            Values::Int64(values) => Field::Long(values[row]),
            Values::Float32(values) => Field::Float(values[row]),
            Values::Float64(values) => Field::Double(values[row]),
            Values::Date(values) => Field::Date(values[row]),
            Values::EpochMillis(values) => Field::TimestampMillis(values[row]),
            Values::Instant(values) => Field::TimestampMicros(values[row]),
            Values::Text(values) => text(values.get(row)),
            Values::Choice { keys, dictionary } => text(dictionary.get(keys[row])),
            Values::Uuid(values) => text(&uuid_text(values[row])),
            Values::Bytes(values) => Field::Bytes(values.get(row).to_vec().into()),
            Values::Decimal(values) => {
                let DataType::Decimal { precision, scale } = data_type else {
                    panic!("no decimal")
                };
                let bytes = match schema::physical(data_type).1 {
                    0 if precision <= 9 => (values[row] as i32).to_be_bytes().to_vec(),
                    0 => (values[row] as i64).to_be_bytes().to_vec(),
                    length => values[row].to_be_bytes()[16 - length..].to_vec(),
                };
                let (precision, scale) = (i32::from(precision), i32::from(scale));
                Field::Decimal(parquet::data_type::Decimal::from_bytes(
                    bytes.into(),
                    precision,
                    scale,
                ))
            }
        }
    }

    #[test]
    fn every_type_null_and_extreme_reads_back_with_every_codec() {
        let (schema, columns) = samples::table(3_000);
        for codec in ["snappy", "zstd", "gzip", "none"] {
            let options = json!({
                "COMPRESSION": codec, "PARQUET_ROW_GROUP_ROWS": 1_024, "PARQUET_PAGE_SIZE": 4_096
            });
            let reader = open(write(&schema, &columns, options));
            assert_eq!(reader.metadata().num_row_groups(), 3);
            let mut count = 0;
            for (row, record) in reader.get_row_iter(None).unwrap().enumerate() {
                let record = record.unwrap();
                for (index, (name, found)) in record.get_column_iter().enumerate() {
                    let info = &schema.columns[index];
                    assert_eq!(*name, info.name);
                    assert_eq!(*found, field(&columns[index], row, info.data_type), "{name} {row}");
                }
                count += 1;
            }
            assert_eq!(count, 3_000);
        }
    }

    #[test]
    fn blocks_of_any_size_give_the_same_file() {
        let (mut schema, columns) = samples::table(5_000);
        for column in &mut Arc::make_mut(&mut schema).columns {
            // Kept by dates, broken by most others: both ways through a dictionary of numbers.
            column.distinct = Some(300);
        }
        for options in [
            json!({}),
            json!({"PARQUET_ROW_GROUP_ROWS": 2_048, "PARQUET_PAGE_SIZE": 3_000}),
            json!({"PARQUET_DICTIONARY_ENCODING": false, "COMPRESSION": "none"}),
        ] {
            let encoder = samples::compile(&Parquet, &schema, options).unwrap();
            let whole = samples::encode(&*encoder, &columns, 8_192);
            for block_rows in [1, 7, 100, 1_000] {
                assert!(samples::encode(&*encoder, &columns, block_rows) == whole, "{block_rows}");
            }
        }
    }

    #[test]
    fn a_file_without_rows_has_its_schema() {
        let (schema, columns) = samples::table(0);
        let reader = open(write(&schema, &columns, json!({})));
        assert_eq!(reader.metadata().num_row_groups(), 0);
        let file = reader.metadata().file_metadata();
        assert_eq!(file.schema_descr().num_columns(), schema.columns.len());
        assert_eq!(file.created_by(), Some(CREATED_BY));
    }

    /// The only column of a file with one row group.
    fn chunk(info: ColumnInfo, values: Values, options: Value) -> RowGroupMetaData {
        let schema = Arc::new(Schema { columns: vec![info] });
        open(write(&schema, &[Column::new(values)], options)).metadata().row_group(0).clone()
    }

    #[test]
    fn dictionaries_are_used_where_they_pay_and_may_be_forbidden() {
        let names = Dictionary::new((0..100).map(|key| format!("somebody {key}")));
        let keys = Arc::new((0..20_000_u32).map(|row| row * row % 100).collect::<Vec<_>>());
        let choice = || Values::Choice { keys: keys.clone(), dictionary: names.clone() };
        let info = |distinct| ColumnInfo { distinct, ..samples::info("n", DataType::Int64, false) };
        let text = || samples::info("n", DataType::Text, false);
        let numbers = || Values::Int64((0..20_000).map(|row| row % 50).collect());
        let indexed = |group: RowGroupMetaData| {
            group.column(0).encodings().any(|encoding| encoding == Encoding::RLE_DICTIONARY)
        };
        assert!(indexed(chunk(text(), choice(), json!({}))));
        assert!(indexed(chunk(info(Some(50)), numbers(), json!({}))));
        assert!(!indexed(chunk(info(None), numbers(), json!({}))), "nobody promised few values");
        let no = json!({"PARQUET_DICTIONARY_ENCODING": "false"});
        assert!(!indexed(chunk(text(), choice(), no.clone())));
        assert!(!indexed(chunk(info(Some(50)), numbers(), no)));
        let small = json!({"PARQUET_DICTIONARY_PAGE_SIZE": 1_024});
        assert!(!indexed(chunk(text(), choice(), small)), "the texts take more");
    }

    #[test]
    fn what_a_codec_cannot_shrink_is_stored_as_it_is() {
        let info = || samples::info("n", DataType::Int64, false);
        let random =
            |row: u64| (row + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_pow(5) as i64;
        let noise = chunk(info(), Values::Int64((0..9_000).map(random).collect()), json!({}));
        assert_eq!(noise.column(0).compression(), Compression::UNCOMPRESSED);
        let steps =
            chunk(info(), Values::Int64((0..9_000).map(|row| row / 9).collect()), json!({}));
        assert_eq!(steps.column(0).compression(), Compression::SNAPPY);
    }

    #[test]
    fn statistics_bound_the_values_and_count_the_nulls() {
        let (schema, columns) = samples::table(2_000);
        let reader = open(write(&schema, &columns, json!({})));
        let group = reader.metadata().row_group(0);
        for (index, column) in columns.iter().enumerate() {
            let statistics = group.column(index).statistics().unwrap();
            let nulls = (0..2_000).filter(|row| column.is_null(*row)).count();
            assert_eq!(statistics.null_count_opt(), Some(nulls as u64));
        }
        let bytes = |index: usize| {
            let statistics = group.column(index).statistics().unwrap();
            (statistics.min_bytes_opt().unwrap(), statistics.max_bytes_opt().unwrap())
        };
        let at = |name| schema.columns.iter().position(|column| column.name == name).unwrap();
        assert_eq!(bytes(at("total")), (&i64::MIN.to_le_bytes()[..], &i64::MAX.to_le_bytes()[..]));
        assert_eq!(bytes(at("country")), (&b""[..], "France".as_bytes()));
        assert_eq!(bytes(at("note")).1.len(), 64, "long texts are cut");
    }

    #[test]
    fn wide_tables_get_small_row_groups() {
        let rows = |columns: usize, options| {
            let info = |index| samples::info(&format!("c{index}"), DataType::Int64, false);
            let schema = Arc::new(Schema { columns: (0..columns).map(info).collect() });
            samples::compile(&Parquet, &schema, options).unwrap().segment_rows()
        };
        assert_eq!(rows(10, json!({})), 131_072);
        assert_eq!(rows(1_000, json!({})), 2_048);
        assert_eq!(rows(1_000, json!({"PARQUET_ROW_GROUP_ROWS": 100_000})), 16_384);
        assert_eq!(rows(1, json!({"PARQUET_ROW_GROUP_ROWS": "100000"})), 65_536);
        assert_eq!(rows(10, json!({"PARQUET_ROW_GROUP_SIZE": 1_024})), 8);
    }

    #[test]
    fn wrong_options_are_all_told() {
        let schema = Arc::new(Schema::default());
        let options = json!({"PARQUET_PAGE_SIZE": 0, "COMPRESSION": "lzo"});
        insta::assert_snapshot!(samples::compile(&Parquet, &schema, options).unwrap_err(), @r"
        /Options/COMPRESSION: `COMPRESSION` is the text `lzo`, expected one of snappy, zstd, zstandard, gzip, none, uncompressed
        /Options/PARQUET_PAGE_SIZE: `PARQUET_PAGE_SIZE` is `0`, expected a whole number from 1024 to 2147483647
        /Fields: a Parquet file needs at least one column, and no field is shown
        ");
    }
}
