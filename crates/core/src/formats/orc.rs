//! `orc`: ORC files as Hive, Spark, Trino and Arrow read them; a segment is a stripe.
//!
//! The file format itself is in [`orc_file`](crate::orc_file).

use std::sync::Arc;

use crate::attributes::{Attribute, Reader};
use crate::columns::{Block, DataType, Schema};
use crate::compression::{self, Method};
use crate::formats::{Detail, EncodeError, Encoder, FileEncoder, Format, Segment, SegmentEncoder};
use crate::orc_file::{
    Compression, FileWriter, Layout, LayoutColumn, OrcError, StripeEncoder, StripeSummary,
    Timestamps,
};
use crate::problems::{Problem, excerpt};

/// The format's registration.
#[derive(Debug)]
pub(super) struct Orc;

const TIMESTAMPS: &[&str] = &["local", "instant"];

const ATTRIBUTES: &[Attribute] = &[
    compression::ORC.own_option(),
    compression::ORC.common_option(),
    Attribute::new(
        "ORC_STRIPE_SIZE",
        "integer",
        "16777216",
        "Bytes of a stripe before compression, at most and roughly; at most 268435456 have an effect.",
    ),
    Attribute::new(
        "ORC_TIMESTAMP",
        "local or instant",
        "local",
        "Type of points in time: local (timestamp: date and time of day in UTC), which every reader \
         knows, or instant (timestamp with local time zone), which Hive does not.",
    ),
];

/// Bytes of a stripe before encoding: what a worker may hold of it.
const STRIPE_BYTES: u64 = 16 << 20;
/// Rows of a stripe where rows are narrow and no size is asked for.
const STRIPE_ROWS: u64 = 1 << 17;
/// Bytes of a stripe before encoding that may be asked for.
const MOST_STRIPE_BYTES: u64 = 256 << 20;

impl Format for Orc {
    fn name(&self) -> &'static str {
        "orc"
    }

    fn summary(&self) -> &'static str {
        "Optimized row columnar files with types, statistics and row index."
    }

    fn attributes(&self) -> &'static [Attribute] {
        ATTRIBUTES
    }

    fn compile(&self, schema: &Arc<Schema>, options: &mut Reader<'_>) -> Option<Arc<dyn Encoder>> {
        let compression = match compression::ORC.read(options) {
            Some(Method::None) => Compression::None,
            Some(Method::Deflate) => Compression::Zlib,
            Some(Method::Snappy) => Compression::Snappy,
            Some(Method::Zstd) => Compression::Zstd,
            None => return None,
        };
        let timestamps = match options.choice("ORC_TIMESTAMP", TIMESTAMPS) {
            Some("instant") => Timestamps::Instant,
            _ => Timestamps::Local,
        };
        let rows = stripe_rows(schema.row_width(), options);
        warn_of_last_second(schema, options);
        if options.has_errors() {
            return None;
        }
        let columns = schema.columns.iter();
        let columns = columns.map(|column| LayoutColumn::new(&column.name, column.data_type));
        Some(Arc::new(OrcEncoder {
            layout: Arc::new(Layout { compression, timestamps, columns: columns.collect() }),
            schema: schema.clone(),
            segment_rows: rows,
        }))
    }
}

/// Rows of a stripe: as many as the option says, as far as memory allows.
fn stripe_rows(row_width: u64, options: &mut Reader<'_>) -> usize {
    const KEY: &str = "ORC_STRIPE_SIZE";
    let bytes = options.integer(KEY, 1 << 16..=1 << 30).map(|bytes| bytes as u64);
    if bytes.is_some_and(|bytes| bytes > MOST_STRIPE_BYTES) {
        let message = format!(
            "`{KEY}` has no effect above {MOST_STRIPE_BYTES} bytes, for a stripe is made in memory"
        );
        options.warn(KEY, "bounded", message);
    }
    let rows = match bytes {
        None => (STRIPE_BYTES / row_width).min(STRIPE_ROWS),
        Some(bytes) => bytes.min(MOST_STRIPE_BYTES) / row_width,
    };
    1 << rows.max(1).ilog2()
}

/// Warns of columns that may hold what ORC has no form for (see `orc_file`): such a value ends a command,
/// perhaps after hours, and perhaps it never comes.
fn warn_of_last_second(schema: &Schema, options: &mut Reader<'_>) {
    for column in &schema.columns {
        let per_second = if column.data_type == DataType::EpochMillis { 1_000 } else { 1_000_000 };
        let (low, high) = (per_second / 1_000 - per_second, -1);
        if column.instants.is_some_and(|instants| instants.meet(low, high)) {
            let message = "may hold milliseconds of 1969-12-31T23:59:59Z, the one second for which ORC \
                           has no form: a row with such a value ends the command";
            let hint = "let the range end before that second or begin after it";
            let problem = Problem::warning("orc_last_second", "/Fields", message).hint(hint);
            options.push(problem.field(excerpt(&column.name)));
        }
    }
}

/// The format with its options and schema.
#[derive(Debug)]
struct OrcEncoder {
    layout: Arc<Layout>,
    schema: Arc<Schema>,
    segment_rows: usize,
}

impl Encoder for OrcEncoder {
    fn extension(&self) -> String {
        "orc".to_owned()
    }

    fn segment_rows(&self) -> usize {
        self.segment_rows
    }

    fn segment_option(&self) -> Option<&'static str> {
        Some("a smaller `ORC_STRIPE_SIZE`")
    }

    fn segment_encoder(&self) -> Box<dyn SegmentEncoder> {
        let stripe = StripeEncoder::new(self.layout.clone());
        Box::new(OrcSegments { stripe, schema: self.schema.clone() })
    }

    fn file_encoder(&self) -> Box<dyn FileEncoder> {
        let file = FileWriter::new(self.layout.clone());
        Box::new(OrcFile { file, schema: self.schema.clone() })
    }
}

/// What a file has to know of a stripe.
#[derive(Debug, Clone)]
pub struct Stripe(StripeSummary);

struct OrcSegments {
    stripe: StripeEncoder,
    schema: Arc<Schema>,
}

impl SegmentEncoder for OrcSegments {
    fn append(&mut self, block: &Block) -> Result<(), EncodeError> {
        self.stripe.append(block).map_err(|error| named(error, &self.schema))
    }

    fn finish(&mut self) -> Result<Segment, EncodeError> {
        let stripe = self.stripe.finish().map_err(|error| named(error, &self.schema))?;
        let rows = stripe.summary.rows;
        Ok(Segment {
            rows,
            bytes: stripe.bytes,
            detail: Some(Detail::Stripe(Stripe(stripe.summary))),
        })
    }
}

struct OrcFile {
    file: FileWriter,
    schema: Arc<Schema>,
}

impl FileEncoder for OrcFile {
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.file.begin(out);
        Ok(())
    }

    fn append(&mut self, segment: Segment, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let Some(Detail::Stripe(Stripe(summary))) = segment.detail else {
            return Err(EncodeError::ForeignSegment { format: "orc" });
        };
        if self.file.append(summary) {
            out.extend_from_slice(&segment.bytes);
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.file.finish(out).map_err(|error| named(error, &self.schema))
    }
}

/// The error with the column's name for its place.
fn named(error: OrcError, schema: &Schema) -> EncodeError {
    let name = |column: usize| {
        schema.columns.get(column).map(|column| column.name.clone()).unwrap_or_default()
    };
    match error {
        OrcError::Value { column, row, reason } => {
            EncodeError::Value { column: name(column), row, reason }
        }
        OrcError::Mismatch { column } => EncodeError::Mismatch { column: name(column) },
        OrcError::Compression(source) => {
            EncodeError::Library { format: "orc", source: Box::new(source) }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::samples;
    use super::*;
    use crate::columns::{Column, Dictionary, Rows, TimePoints, Values};
    use crate::problems::Problems;

    fn encoder(schema: &Arc<Schema>, options: Value) -> Arc<dyn Encoder> {
        samples::compile(&Orc, schema, options).unwrap()
    }

    /// For all ways to cut rows into blocks: the same bytes.
    #[test]
    fn bytes_do_not_depend_on_blocks() {
        let (schema, columns) = samples::table(20_000);
        for compression in ["none", "zlib", "snappy", "zstd"] {
            // Two stripes, the first of which has two row groups.
            let options = json!({"ORC_COMPRESSION": compression, "ORC_STRIPE_SIZE": 8 << 20});
            let encoder = encoder(&schema, options);
            assert_eq!(encoder.segment_rows(), 16_384);
            let whole = samples::encode(&*encoder, &columns, 8_192);
            for block_rows in [100, 7] {
                assert!(samples::encode(&*encoder, &columns, block_rows) == whole, "{block_rows}");
            }
        }
    }

    #[test]
    fn single_rows_make_the_same_bytes_too() {
        let (schema, columns) = samples::table(8_200);
        let encoder = encoder(&schema, json!({}));
        let whole = samples::encode(&*encoder, &columns, 8_192);
        assert!(samples::encode(&*encoder, &columns, 1) == whole);
    }

    #[test]
    fn a_file_starts_and_ends_with_its_magic_also_without_rows() {
        let (schema, columns) = samples::table(0);
        let file = samples::encode(&*encoder(&schema, json!({})), &columns, 100);
        assert!(file.starts_with(b"ORC") && file[..file.len() - 1].ends_with(b"ORC"));
        let postscript = usize::from(file[file.len() - 1]);
        assert!((10..100).contains(&postscript));
    }

    #[test]
    fn a_thousand_columns_share_the_memory_of_a_stripe() {
        let columns: Vec<_> =
            (0..1_000).map(|n| samples::info(&format!("c{n}"), DataType::Int64, true)).collect();
        let schema = Arc::new(Schema::of(columns));
        let encoder = encoder(&schema, json!({}));
        assert_eq!(encoder.segment_rows(), 2_048);
        let column = Column::new(Values::Int64((0..3_000).collect()));
        let file = samples::encode(&*encoder, &vec![column; 1_000], 64);
        assert!(file.len() < 500_000, "{}", file.len());
    }

    #[test]
    fn points_in_time_are_instants_or_local_by_option() {
        let schema = Arc::new(Schema::of(vec![samples::info("t", DataType::Instant, false)]));
        let columns = [Column::new(Values::Instant(vec![1_700_000_000_123_456]))];
        let file = |kind: &str| {
            let options = json!({"ORC_COMPRESSION": "none", "ORC_TIMESTAMP": kind});
            samples::encode(&*encoder(&schema, options), &columns, 1)
        };
        let (instant, local) = (file("instant"), file("LOCAL"));
        let at = instant.iter().zip(&local).position(|(a, b)| a != b).unwrap();
        // The type's message: its length and number, then what tells Spark the type of its own.
        let attribute = b"\x3a\x24\x0a\x17spark.sql.catalyst.type\x12\x09timestamp";
        assert_eq!(local[at..at + 3], [2, 8, 9]);
        assert_eq!(instant[at..at + 3], [40, 8, 18]);
        assert_eq!(instant[at + 3..at + 41], attribute[..]);
        let default =
            samples::encode(&*encoder(&schema, json!({"COMPRESSION": "none"})), &columns, 1);
        assert!(default == local, "the readers that people have know no other");
    }

    /// Issue 9, F10: readers take bounds for those of NaN as well.
    #[test]
    fn a_row_group_with_nan_has_no_bounds_and_neither_has_its_file() {
        // Double statistics: the smallest, the largest, the sum.
        let bounds = |value: f64| [&[9][..], &value.to_le_bytes()].concat();
        let file = |values: Vec<f64>| {
            let schema = Arc::new(Schema::of(vec![samples::info("n", DataType::Float64, false)]));
            let options = json!({"ORC_COMPRESSION": "none"});
            samples::encode(
                &*encoder(&schema, options),
                &[Column::new(Values::Float64(values))],
                100,
            )
        };
        let count = |file: &[u8], value: f64| {
            file.windows(9).filter(|bytes| *bytes == bounds(value)).count()
        };
        let mut values: Vec<f64> = (0..20_000).map(|row| f64::from(row) + 0.5).collect();
        // Three row groups, their stripe, the file.
        let whole = file(values.clone());
        assert_eq!([0.5, 8_192.5, 16_384.5].map(|least| count(&whole, least)), [3, 1, 1]);
        for (row, left) in [(5, [0, 1, 1]), (9_000, [1, 0, 1]), (19_999, [1, 1, 0])] {
            let number = std::mem::replace(&mut values[row], f64::NAN);
            let file = file(values.clone());
            assert_eq!([0.5, 8_192.5, 16_384.5].map(|least| count(&file, least)), left, "{row}");
            values[row] = number;
        }
    }

    /// Issue 9, F11, A4.
    #[test]
    fn stripes_have_the_size_that_is_asked_for_as_far_as_memory_allows() {
        let rows = |options| {
            let (mut problems, settings) = (Problems::default(), samples::settings(options));
            let rows = stripe_rows(64, &mut settings.reader(&mut problems));
            (rows, problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        };
        assert_eq!(rows(json!({})), (1 << 17, String::new()));
        assert_eq!(rows(json!({"ORC_STRIPE_SIZE": 1 << 16})), (1 << 10, String::new()));
        assert_eq!(rows(json!({"ORC_STRIPE_SIZE": 256 << 20})), (1 << 22, String::new()));
        let (rows, told) = rows(json!({"ORC_STRIPE_SIZE": 1 << 30}));
        assert_eq!(rows, 1 << 22);
        insta::assert_snapshot!(told, @"/Options/ORC_STRIPE_SIZE: `ORC_STRIPE_SIZE` has no effect above 268435456 bytes, for a stripe is made in memory");
    }

    /// Issue 9, F16 k: told before rows are made, where the model says which points in time there are.
    #[test]
    fn what_may_be_refused_later_is_told_at_once() {
        let told = |data_type, first, last, step| {
            let mut info = samples::info("t", data_type, false);
            info.instants = Some(TimePoints::new(first, last, step));
            let schema = Arc::new(Schema::of(vec![info]));
            let (mut problems, settings) = (Problems::default(), samples::settings(json!({})));
            assert!(Orc.compile(&schema, &mut settings.reader(&mut problems)).is_some());
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(told(DataType::Instant, -5_000_000, 5_000_000, 1_000_000), "");
        assert_eq!(told(DataType::Instant, -5_999_001, 5_000_000, 1_000_000), "");
        assert_ne!(told(DataType::Instant, -5_999_000, 5_000_000, 1_000_000), "");
        assert_eq!(told(DataType::EpochMillis, 0, 5, 1), "");
        assert_eq!(told(DataType::EpochMillis, -9_000, -1_000, 1), "");
        insta::assert_snapshot!(told(DataType::EpochMillis, -9_000, -999, 1), @"/Fields: field `t`: may hold milliseconds of 1969-12-31T23:59:59Z, the one second for which ORC has no form: a row with such a value ends the command (let the range end before that second or begin after it)");
    }

    fn append_one(data_type: DataType, values: Values) -> Result<(), EncodeError> {
        let schema = Arc::new(Schema::of(vec![samples::info("c", data_type, false)]));
        let column = Column::new(values);
        let rows = Rows { first: 70, count: column.len() };
        let mut segments = encoder(&schema, json!({})).segment_encoder();
        segments.append(&Block { rows, columns: vec![Arc::new(column)] })
    }

    #[test]
    fn what_orc_cannot_hold_is_refused_with_its_row() {
        let instant = |micros| append_one(DataType::Instant, Values::Instant(vec![0, micros]));
        for fine in [-1_000_000, -999_001, 0, i64::MIN, i64::MAX] {
            instant(fine).unwrap();
        }
        insta::assert_snapshot!(
            instant(-1).unwrap_err(),
            @"column `c`, row 71: ORC has no form for the milliseconds of 1969-12-31T23:59:59Z"
        );
        instant(-999_000).unwrap_err();
        let decimal = DataType::Decimal { precision: 3, scale: 1 };
        append_one(decimal, Values::Decimal(vec![-999, 999])).unwrap();
        insta::assert_snapshot!(
            append_one(decimal, Values::Decimal(vec![999, 5, -1_000])).unwrap_err(),
            @"column `c`, row 72: a decimal of more than 3 digits"
        );
        insta::assert_snapshot!(
            append_one(decimal, Values::Int32(vec![1])).unwrap_err(),
            @"column `c` does not fit its declared type"
        );
    }

    #[test]
    fn a_list_that_is_left_gives_the_values_of_plain_text() {
        let schema = Arc::new(Schema::of(vec![samples::info("c", DataType::Text, true)]));
        let encoder = encoder(&schema, json!({"ORC_COMPRESSION": "none"}));
        let dictionary = Dictionary::new(["a", "b", "c"]);
        let keys: Vec<u32> = (0..10_000).map(|row| row % 3).collect();
        let plain: Vec<&[u8]> = keys.iter().map(|key| dictionary.get(*key)).collect();
        let texts = |rows: std::ops::Range<usize>| Values::Text(plain[rows].iter().collect());
        let choice = |rows: std::ops::Range<usize>| Values::Choice {
            keys: Arc::new(keys[rows].to_vec()),
            dictionary: dictionary.clone(),
        };
        let stripe = |pieces: Vec<Values>| {
            let mut segments = encoder.segment_encoder();
            // A stripe of the list before leaves nothing behind.
            for pieces in [vec![choice(0..50)], pieces] {
                let mut first = 0;
                for values in pieces {
                    let columns = vec![Arc::new(Column::new(values))];
                    let rows = Rows { first, count: columns[0].len() };
                    segments.append(&Block { rows, columns }).unwrap();
                    first += rows.count as u64;
                }
                if first > 50 {
                    return segments.finish().unwrap().bytes;
                }
                segments.finish().unwrap();
            }
            Vec::new()
        };
        let expected = stripe(vec![texts(0..10_000)]);
        assert!(stripe(vec![choice(0..9_000), texts(9_000..10_000)]) == expected);
        assert!(stripe(vec![texts(0..9_000), choice(9_000..10_000)]) == expected);
        assert!(stripe(vec![choice(0..10_000)]).len() < expected.len());
    }

    #[test]
    fn options_are_checked() {
        let (schema, _) = samples::table(0);
        let error = |options| samples::compile(&Orc, &schema, options).unwrap_err();
        insta::assert_snapshot!(
            error(json!({"COMPRESSION": "snapy"})),
            @"/Options/COMPRESSION: `COMPRESSION` is the text `snapy`, expected one of zlib, snappy, zstd, none (did you mean `snappy`?)"
        );
        insta::assert_snapshot!(
            error(json!({"ORC_STRIPE_SIZE": 1})),
            @"/Options/ORC_STRIPE_SIZE: `ORC_STRIPE_SIZE` is `1`, expected a whole number from 65536 to 1073741824"
        );
        encoder(&schema, json!({"ORC_COMPRESSION": "SNAPPY", "COMPRESSION": "ignored"}));
    }
}
