//! `avro`: object container files (Apache Avro specification 1.12), with an encoder of our own.
//!
//! One container block is one segment. The marker between blocks is made from the schema and the codec,
//! not drawn, so that equal commands give equal files.
//!
//! Knows nothing of other formats; [`rows`] encodes cells, [`schema`] writes the schema.

mod rows;
mod schema;

use std::io::Write;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use md5::{Digest, Md5};

pub(super) use self::rows::RowWriter;
use super::{EncodeError, Encoder, FileEncoder, Format, Segment, SegmentEncoder};
use crate::attributes::{Attribute, Reader};
use crate::columns::{Block, Schema};
use crate::compression::{self, Method};

/// See the module.
#[derive(Debug)]
pub(super) struct Avro;

/// Blocks hold half of this to all of it where rows are not very narrow or very wide: readers decode
/// a block at a time, and a codec gains little from more.
const BLOCK_BYTES: u64 = 1 << 20;

const MOST_ROWS: u64 = 8_192;

/// Level of deflate and zstandard: the balance that both libraries recommend.
const DEFLATE_LEVEL: u32 = 6;
const ZSTANDARD_LEVEL: i32 = 3;

impl Format for Avro {
    fn name(&self) -> &'static str {
        "avro"
    }

    fn summary(&self) -> &'static str {
        "Avro object container files"
    }

    fn attributes(&self) -> &'static [Attribute] {
        const {
            &[
                Attribute::new("AVRO_NAME", "text", schema::NAME, "Name of the record."),
                Attribute::new(
                    "AVRO_NAMESPACE",
                    "text",
                    schema::NAMESPACE,
                    "Namespace of the record.",
                ),
                Attribute::new(
                    "AVRO_TIMESTAMP",
                    "micros or millis",
                    "micros",
                    "Unit of points in time; millis for Hive, which reads microseconds as \
                     milliseconds. TIMESTAMP fields are milliseconds in both.",
                ),
                compression::AVRO.own_option(),
                compression::AVRO.common_option(),
            ]
        }
    }

    fn compile(&self, schema: &Arc<Schema>, options: &mut Reader<'_>) -> Option<Arc<dyn Encoder>> {
        let codec = compression::AVRO.read(options);
        let (unit, text) = rows_of(schema, options)?;
        let codec = Codec::of(codec?);
        let fitting = (BLOCK_BYTES / schema.row_width()).clamp(1, MOST_ROWS);
        Some(Arc::new(Container {
            schema: schema.clone(),
            header: header(&text, codec, &schema.notes),
            marker: marker(&text, codec),
            codec,
            unit,
            segment_rows: 1 << fitting.ilog2(),
        }))
    }
}

/// How rows are written, and the schema that says so; `None` after adding errors to `options`.
pub(super) fn rows_of(schema: &Schema, options: &mut Reader<'_>) -> Option<(InstantUnit, String)> {
    let unit = match options.choice("AVRO_TIMESTAMP", &["micros", "millis"]) {
        Some("millis") => InstantUnit::Millis,
        _ => InstantUnit::Micros,
    };
    Some((unit, schema::compile(schema, unit, options)?))
}

/// How points in time are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InstantUnit {
    Micros,
    Millis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Codec {
    Null,
    Deflate,
    Snappy,
    Zstandard,
}

impl Codec {
    const fn of(method: Method) -> Self {
        match method {
            Method::None => Self::Null,
            Method::Deflate => Self::Deflate,
            Method::Snappy => Self::Snappy,
            Method::Zstd => Self::Zstandard,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Deflate => "deflate",
            Self::Snappy => "snappy",
            Self::Zstandard => "zstandard",
        }
    }

    fn compress(self, rows: Vec<u8>) -> Result<Vec<u8>, EncodeError> {
        match self {
            Self::Null => Ok(rows),
            Self::Deflate => {
                let out = Vec::with_capacity(rows.len() / 2);
                let mut encoder = DeflateEncoder::new(out, Compression::new(DEFLATE_LEVEL));
                encoder.write_all(&rows).map_err(refused)?;
                encoder.finish().map_err(refused)
            }
            Self::Snappy => {
                let mut out = snap::raw::Encoder::new().compress_vec(&rows).map_err(refused)?;
                out.extend_from_slice(&crc32fast::hash(&rows).to_be_bytes());
                Ok(out)
            }
            Self::Zstandard => zstd::bulk::compress(&rows, ZSTANDARD_LEVEL).map_err(refused),
        }
    }
}

fn refused(source: impl std::error::Error + Send + Sync + 'static) -> EncodeError {
    EncodeError::Library { format: "avro", source: Box::new(source) }
}

/// Magic bytes and metadata, up to the marker.
fn header(schema: &str, codec: Codec, notes: &[(String, String)]) -> Vec<u8> {
    let mut out = b"Obj\x01".to_vec();
    let mut metadata = vec![("avro.schema", schema), ("avro.codec", codec.name())];
    metadata.extend(notes.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    rows::push_long(&mut out, metadata.len() as i64);
    for text in metadata.iter().flat_map(|(key, value)| [key, value]) {
        rows::push_long(&mut out, text.len() as i64);
        out.extend_from_slice(text.as_bytes());
    }
    rows::push_long(&mut out, 0);
    out
}

fn marker(schema: &str, codec: Codec) -> [u8; 16] {
    Md5::new()
        .chain_update("datagen\n")
        .chain_update(codec.name())
        .chain_update(schema)
        .finalize()
        .into()
}

/// The compiled format.
#[derive(Debug)]
struct Container {
    schema: Arc<Schema>,
    header: Vec<u8>,
    marker: [u8; 16],
    codec: Codec,
    unit: InstantUnit,
    segment_rows: usize,
}

impl Encoder for Container {
    fn extension(&self) -> String {
        "avro".to_owned()
    }

    fn segment_rows(&self) -> usize {
        self.segment_rows
    }

    fn segment_encoder(&self) -> Box<dyn SegmentEncoder> {
        let rows = RowWriter::new(self.schema.clone(), self.unit);
        Box::new(BlockEncoder {
            rows,
            codec: self.codec,
            count: 0,
            bytes: Vec::new(),
            last_bytes: 0,
        })
    }

    fn file_encoder(&self) -> Box<dyn FileEncoder> {
        Box::new(ContainerEncoder { header: self.header.clone(), marker: self.marker })
    }
}

struct BlockEncoder {
    rows: RowWriter,
    codec: Codec,
    count: u64,
    bytes: Vec<u8>,
    /// Size of the last block before compression: the next one will be like it.
    last_bytes: usize,
}

impl SegmentEncoder for BlockEncoder {
    fn append(&mut self, block: &Block) -> Result<(), EncodeError> {
        if self.bytes.capacity() == 0 {
            self.bytes.reserve(self.last_bytes + self.last_bytes / 16);
        }
        self.rows.append(block, &mut self.bytes)?;
        self.count += block.rows.count as u64;
        Ok(())
    }

    fn finish(&mut self) -> Result<Segment, EncodeError> {
        let bytes = std::mem::take(&mut self.bytes);
        let rows = std::mem::take(&mut self.count);
        self.last_bytes = bytes.len();
        Ok(Segment { rows, bytes: self.codec.compress(bytes)?, detail: None })
    }
}

struct ContainerEncoder {
    header: Vec<u8>,
    marker: [u8; 16],
}

impl FileEncoder for ContainerEncoder {
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(&self.header);
        out.extend_from_slice(&self.marker);
        Ok(())
    }

    fn append(&mut self, segment: Segment, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if segment.rows == 0 {
            return Ok(());
        }
        rows::push_long(out, segment.rows as i64);
        rows::push_long(out, segment.bytes.len() as i64);
        out.extend_from_slice(&segment.bytes);
        out.extend_from_slice(&self.marker);
        Ok(())
    }

    fn finish(&mut self, _: &mut Vec<u8>) -> Result<(), EncodeError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::columns::{Column, DataType, Values};
    use crate::formats::samples;
    use crate::problems::Problems;

    #[test]
    fn a_small_file_is_what_the_specification_says_byte_for_byte() {
        let schema = Arc::new(Schema::of(vec![
            samples::info("n", DataType::Int32, false),
            samples::info("s", DataType::Text, true),
        ]));
        let columns = [
            Column::new(Values::Int32(vec![-3, 64])),
            Column {
                values: Values::Text(["hé", "hidden"].into_iter().collect()),
                validity: Some(vec![true, false]),
            },
        ];
        let encoder =
            samples::compile(&Avro, &schema, json!({"AVRO_NAME": "org.example.Point"})).unwrap();
        let file = samples::encode(&*encoder, &columns, 1);
        let schema = r#"{"type":"record","name":"Point","namespace":"org.example","fields":[{"name":"n","type":"int"},{"name":"s","type":["null","string"],"default":null}]}"#;
        let marker = marker(schema, Codec::Null);
        let mut expected = b"Obj\x01\x04\x16avro.schema".to_vec();
        expected.extend_from_slice(&[0xa8, 0x02]); // 148 bytes of schema
        expected.extend_from_slice(schema.as_bytes());
        expected.extend_from_slice(b"\x14avro.codec\x08null\x00");
        expected.extend_from_slice(&marker);
        expected.extend_from_slice(b"\x04\x12"); // 2 rows, 9 bytes
        expected.extend_from_slice(b"\x05\x02\x06h\xc3\xa9"); // -3, value, 3 bytes
        expected.extend_from_slice(b"\x80\x01\x00"); // 64, null
        expected.extend_from_slice(&marker);
        assert_eq!(file, expected);
    }

    #[test]
    fn blocks_of_any_size_give_the_same_file_with_every_codec() {
        let (schema, columns) = samples::table(5_000);
        for codec in ["null", "deflate", "snappy", "zstandard"] {
            let encoder = samples::compile(&Avro, &schema, json!({"AVRO_CODEC": codec})).unwrap();
            assert!(encoder.segment_rows() < 5_000, "several blocks");
            let whole = samples::encode(&*encoder, &columns, 8_192);
            for block_rows in [1, 7, 100, 1_000] {
                assert!(samples::encode(&*encoder, &columns, block_rows) == whole, "{block_rows}");
            }
        }
    }

    #[test]
    fn a_file_without_rows_is_a_header() {
        let (schema, columns) = samples::table(0);
        let encoder = samples::compile(&Avro, &schema, json!({})).unwrap();
        let file = samples::encode(&*encoder, &columns, 100);
        let mut expected = Vec::new();
        encoder.file_encoder().begin(&mut expected).unwrap();
        assert_eq!(file, expected);
    }

    #[test]
    fn a_column_of_another_type_is_refused() {
        let schema = Arc::new(Schema::of(vec![samples::info("n", DataType::Int32, false)]));
        let encoder = samples::compile(&Avro, &schema, json!({})).unwrap();
        let mut segment = encoder.segment_encoder();
        let block = |column| Block {
            rows: crate::columns::Rows { first: 0, count: 1 },
            columns: vec![Arc::new(column)],
        };
        let wrong = [
            Column::new(Values::Int64(vec![1])),
            Column::new(Values::Int32(vec![1, 2])),
            Column { values: Values::Int32(vec![1]), validity: Some(vec![false]) },
        ];
        for column in wrong {
            let error = segment.append(&block(column)).unwrap_err();
            assert_eq!(error.to_string(), "column `n` does not fit its declared type");
        }
    }

    /// Issue 9, F4: Hive takes microseconds for milliseconds.
    #[test]
    fn instants_are_microseconds_or_milliseconds_rounded_down() {
        let columns = vec![
            samples::info("at", DataType::Instant, false),
            samples::info("stamp", DataType::EpochMillis, false),
        ];
        let schema = Arc::new(Schema::of(columns));
        let columns = [
            Column::new(Values::Instant(vec![-1, 1_700_000_000_123_456])),
            Column::new(Values::EpochMillis(vec![-1, 5])),
        ];
        let body = |unit: &str| {
            let options = json!({"AVRO_TIMESTAMP": unit});
            let encoder = samples::compile(&Avro, &schema, options).unwrap();
            let file = samples::encode(&*encoder, &columns, 1);
            let mut head = Vec::new();
            encoder.file_encoder().begin(&mut head).unwrap();
            let types = String::from_utf8_lossy(&head).matches("timestamp-millis").count();
            (types, file[head.len() + 2..file.len() - 16].to_vec())
        };
        let longs = |values: [i64; 4]| {
            let mut bytes = Vec::new();
            for value in values {
                rows::push_long(&mut bytes, value);
            }
            bytes
        };
        assert_eq!(body("micros"), (1, longs([-1, -1, 1_700_000_000_123_456, 5])));
        assert_eq!(body("MILLIS"), (2, longs([-1, -1, 1_700_000_000_123, 5])));
    }

    /// Issue 9, F16 i: "a namespace also specified is ignored" (specification, "Names").
    #[test]
    fn a_name_with_dots_is_a_full_name() {
        let schema = Arc::new(Schema::of(vec![samples::info("n", DataType::Int32, false)]));
        let (mut problems, settings) = (
            Problems::default(),
            samples::settings(json!({"AVRO_NAME": "a.b", "AVRO_NAMESPACE": "com.example"})),
        );
        let text =
            schema::compile(&schema, InstantUnit::Micros, &mut settings.reader(&mut problems));
        let start = r#"{"type":"record","name":"b","namespace":"a","#;
        assert!(text.unwrap().starts_with(start));
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(told.join("\n"), @"/Options/AVRO_NAMESPACE: `AVRO_NAMESPACE` has no effect beside an `AVRO_NAME` with dots, which is a full name");
    }

    fn refusal(names: &[&str], options: Value) -> String {
        let columns =
            names.iter().map(|name| samples::info(name, DataType::Int32, false)).collect();
        samples::compile(&Avro, &Arc::new(Schema::of(columns)), options).unwrap_err()
    }

    #[test]
    fn names_that_avro_cannot_hold_are_refused_with_a_cure() {
        insta::assert_snapshot!(refusal(&["first-name", "1st", "ok", "ok", ""], json!({})), @r"
        /Fields: field `first-name`: Avro names are made of letters, digits and `_` and do not start with a digit (rename it, for instance to `first_name`)
        /Fields: field `1st`: Avro names are made of letters, digits and `_` and do not start with a digit (rename it, for instance to `_1st`)
        /Fields: field `ok`: an Avro record holds every name once (rename one of the two)
        /Fields: field ``: Avro names are made of letters, digits and `_` and do not start with a digit (rename it, for instance to `_`)
        ");
        insta::assert_snapshot!(
            refusal(&["n"], json!({"AVRO_NAME": "my table", "AVRO_CODEC": "snapy", "AVRO_NAMESPACE": "a..b"})), @r"
        /Options/AVRO_CODEC: `AVRO_CODEC` is the text `snapy`, expected one of null, deflate, snappy, zstandard (did you mean `snappy`?)
        /Options/AVRO_NAME: `AVRO_NAME` is `my table`, expected letters, digits and `_`, parts separated by dots (for instance `my_table`)
        /Options/AVRO_NAMESPACE: `AVRO_NAMESPACE` is `a..b`, expected letters, digits and `_`, parts separated by dots (for instance `a._.b`)
        "
        );
    }
}
