//! Files read back by the `parquet` crate, and what options do.

use std::collections::BTreeSet;

use parquet::basic::{Compression, Encoding, LogicalType, TimeUnit};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};

use super::*;
use crate::columns::{Column, DataType, Dictionary, Rows, Values, uuid_text};
use crate::formats::samples;
use crate::problems::Problems;

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
            let DataType::Decimal { precision, scale } = data_type else { panic!("no decimal") };
            let bytes = match schema::physical(data_type, Types::default()).1 {
                0 if precision <= 9 => (values[row] as i32).to_be_bytes().to_vec(),
                0 => (values[row] as i64).to_be_bytes().to_vec(),
                length => values[row].to_be_bytes()[16 - length..].to_vec(),
            };
            let (precision, scale) = (i32::from(precision), i32::from(scale));
            Field::Decimal(parquet::data_type::Decimal::from_bytes(bytes.into(), precision, scale))
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
    let schema = Arc::new(Schema::of(vec![info]));
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
    let random = |row: u64| (row + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_pow(5) as i64;
    let noise = chunk(info(), Values::Int64((0..9_000).map(random).collect()), json!({}));
    assert_eq!(noise.column(0).compression(), Compression::UNCOMPRESSED);
    let steps = chunk(info(), Values::Int64((0..9_000).map(|row| row / 9).collect()), json!({}));
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
        let schema = Arc::new(Schema::of((0..columns).map(info).collect()));
        samples::compile(&Parquet, &schema, options).unwrap().segment_rows()
    };
    assert_eq!(rows(10, json!({})), 131_072);
    assert_eq!(rows(1_000, json!({})), 2_048);
    assert_eq!(rows(1_000, json!({"PARQUET_ROW_GROUP_ROWS": 100_000})), 32_768);
    assert_eq!(rows(1, json!({"PARQUET_ROW_GROUP_ROWS": "100000"})), 65_536);
    assert_eq!(rows(10, json!({"PARQUET_ROW_GROUP_SIZE": 1_024})), 8);
    // Issue 9, F11: upwards as well.
    assert_eq!(rows(10, json!({"PARQUET_ROW_GROUP_SIZE": 128 << 20})), 1 << 20);
    assert_eq!(rows(10, json!({"PARQUET_ROW_GROUP_SIZE": 256 << 20})), 1 << 21);
    assert_eq!(rows(10, json!({"PARQUET_ROW_GROUP_SIZE": i32::MAX})), 1 << 21);
    let both = json!({"PARQUET_ROW_GROUP_SIZE": 128 << 20, "PARQUET_ROW_GROUP_ROWS": 5_000});
    assert_eq!(rows(10, both), 4_096);
}

/// Issue 9, F11, A4: what an option asks for and memory does not allow is told.
#[test]
fn a_row_group_that_is_made_smaller_than_asked_for_is_told() {
    let told = |options| {
        let (mut problems, settings) = (Problems::default(), samples::settings(options));
        group_rows(200, &mut settings.reader(&mut problems));
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(told(json!({"PARQUET_ROW_GROUP_SIZE": 256 << 20})), "");
    assert_eq!(told(json!({"PARQUET_ROW_GROUP_ROWS": 1 << 20})), "");
    insta::assert_snapshot!(told(json!({"PARQUET_ROW_GROUP_SIZE": 1 << 30})), @"/Options/PARQUET_ROW_GROUP_SIZE: `PARQUET_ROW_GROUP_SIZE` has no effect above 268435456 bytes, for a row group is made in memory");
    insta::assert_snapshot!(told(json!({"PARQUET_ROW_GROUP_ROWS": 1 << 24})), @"/Options/PARQUET_ROW_GROUP_ROWS: `PARQUET_ROW_GROUP_ROWS` is 16777216, but 1342177 rows of this table take 268435456 bytes, and a row group has no more");
}

/// Issue 9, F4: what older readers know.
#[test]
fn times_and_decimals_take_older_forms_by_option() {
    let (schema, columns) = samples::table(3_000);
    let options = json!({"PARQUET_TIMESTAMP": "int96", "PARQUET_DECIMAL": "FIXED"});
    let reader = open(write(&schema, &columns, options));
    let descriptor = reader.metadata().file_metadata().schema_descr();
    let kinds = |data_type: fn(DataType) -> bool| -> BTreeSet<String> {
        let columns = schema.columns.iter().zip(descriptor.columns());
        let columns = columns.filter(|(info, _)| data_type(info.data_type));
        columns.map(|(_, column)| column.physical_type().to_string()).collect()
    };
    let times = |data_type| matches!(data_type, DataType::Instant | DataType::EpochMillis);
    assert_eq!(kinds(times), BTreeSet::from(["INT96".to_owned()]));
    let decimals = |data_type| matches!(data_type, DataType::Decimal { .. });
    assert_eq!(kinds(decimals), BTreeSet::from(["FIXED_LEN_BYTE_ARRAY".to_owned()]));
    for (row, record) in reader.get_row_iter(None).unwrap().enumerate() {
        for (index, (name, found)) in record.unwrap().get_column_iter().enumerate() {
            let wanted = field(&columns[index], row, schema.columns[index].data_type);
            match (found, wanted) {
                // The library's reader knows INT96 as milliseconds alone.
                (Field::TimestampMillis(found), Field::TimestampMicros(wanted)) => {
                    assert_eq!(*found, wanted.div_euclid(1_000), "{name} {row}");
                }
                (Field::Decimal(found), Field::Decimal(wanted)) => {
                    let number = |bytes: &[u8]| {
                        let sign = if bytes[0] < 128 { 0 } else { -1 };
                        bytes
                            .iter()
                            .fold(sign, |number: i128, byte| number << 8 | i128::from(*byte))
                    };
                    assert_eq!(number(found.data()), number(wanted.data()), "{name} {row}");
                }
                (found, wanted) => assert_eq!(*found, wanted, "{name} {row}"),
            }
        }
    }
    let local = open(write(&schema, &columns, json!({"PARQUET_TIMESTAMP": "local"})));
    let descriptor = local.metadata().file_metadata().schema_descr();
    let at = schema.columns.iter().position(|column| column.name == "made").unwrap();
    assert_eq!(
        descriptor.column(at).logical_type_ref(),
        Some(&LogicalType::timestamp(false, TimeUnit::MICROS))
    );
}

#[test]
fn times_too_far_away_for_int96_are_refused_with_their_row() {
    let info = samples::info("t", DataType::EpochMillis, true);
    let schema = Arc::new(Schema::of(vec![info]));
    let encoder =
        samples::compile(&Parquet, &schema, json!({"PARQUET_TIMESTAMP": "int96"})).unwrap();
    let column = Column {
        values: Values::EpochMillis(vec![0, i64::MAX, i64::MIN]),
        validity: Some(vec![true, false, true]),
    };
    let rows = Rows { first: 70, count: 3 };
    let block = Block { rows, columns: vec![Arc::new(column)] };
    insta::assert_snapshot!(encoder.segment_encoder().append(&block).unwrap_err(), @"column `t`, row 72: -9223372036854775808 milliseconds are too far away for INT96");
}

/// Issue 9, F10: readers take bounds for those of NaN as well.
#[test]
fn a_chunk_with_nan_has_no_bounds() {
    let bounds = |data_type, values| {
        let group = chunk(samples::info("n", data_type, false), values, json!({}));
        let statistics = group.column(0).statistics().unwrap().clone();
        assert_eq!(statistics.null_count_opt(), Some(0));
        (statistics.min_bytes_opt().is_some(), statistics.max_bytes_opt().is_some())
    };
    let single = |values: &[f32]| bounds(DataType::Float32, Values::Float32(values.to_vec()));
    let double = |values: &[f64]| bounds(DataType::Float64, Values::Float64(values.to_vec()));
    for nan in [f64::NAN, -f64::NAN] {
        assert_eq!(double(&[1.0, nan, 2.0]), (false, false));
        assert_eq!(single(&[nan as f32]), (false, false));
    }
    assert_eq!(double(&[f64::INFINITY, f64::NEG_INFINITY]), (true, true));
    assert_eq!(single(&[0.5]), (true, true));
}

#[test]
fn wrong_options_are_all_told() {
    let schema = Arc::new(Schema::default());
    let options = json!({"PARQUET_PAGE_SIZE": 0, "COMPRESSION": "lzo"});
    insta::assert_snapshot!(samples::compile(&Parquet, &schema, options).unwrap_err(), @r"
    /Options/COMPRESSION: `COMPRESSION` is the text `lzo`, expected one of snappy, zstd, gzip, none
    /Options/PARQUET_PAGE_SIZE: `PARQUET_PAGE_SIZE` is `0`, expected a whole number from 1024 to 2147483647
    /Fields: a Parquet file needs at least one column, and no field is shown
    ");
}
