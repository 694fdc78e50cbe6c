//! A table with every type and its extremes, for the tests of all formats, and the way in which the
//! engine cuts it into blocks and segments.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Encoder, Format};
use crate::attributes::Settings;
use crate::columns::{
    Block, Column, ColumnInfo, DataType, Dictionary, Rows, Schema, Values, VarBytes,
};
use crate::problems::Problems;

/// A column's place in the schema.
pub(crate) fn info(name: &str, data_type: DataType, nullable: bool) -> ColumnInfo {
    let width = match data_type {
        DataType::Boolean => 1,
        DataType::Int32 | DataType::Float32 | DataType::Date => 4,
        DataType::Decimal { .. } | DataType::Text | DataType::Bytes => 16,
        _ => 8,
    };
    let name = name.to_owned();
    ColumnInfo { name, data_type, nullable, decimals: None, distinct: None, width, instants: None }
}

/// Some value of every kind for a row: the extremes first, then a spread.
fn number(row: u64) -> i64 {
    const EXTREMES: [i64; 8] = [0, -1, 1, i64::MIN, i64::MAX, 63, -64, 1 << 56];
    EXTREMES
        .get(row as usize)
        .copied()
        .unwrap_or_else(|| (row.wrapping_mul(0x9e37_79b9_7f4a_7c15) as i64) >> (row % 61))
}

fn text(row: u64) -> String {
    match row % 7 {
        0 => String::new(),
        1 => "comma, \"quote\" and\nline".to_owned(),
        2 => "Zoë 🦀 東京 \u{1F468}\u{200D}\u{1F469}".to_owned(),
        3 => "x".repeat((row % 300) as usize),
        _ => format!("row {row}"),
    }
}

/// Every type, without and with nulls, and both forms of a dictionary: a small one whose texts
/// repeat, and one of long texts.
#[expect(clippy::too_many_lines, reason = "one entry per type")]
pub(crate) fn table(rows: usize) -> (Arc<Schema>, Vec<Column>) {
    let all = || 0..rows as u64;
    let unit = |row| number(row) as f64 / 9.3e18;
    let repeated = Dictionary::new(["France", "", "Curaçao", "France", "España 🇪🇸"]);
    let long = Dictionary::new((0..3_000).map(|key| format!("{key:>40} of a long list 🦀")));
    let keys = |length: u64| {
        Arc::new(all().map(|row| (number(row).unsigned_abs() % length) as u32).collect::<Vec<_>>())
    };
    let days =
        |row: u64| [0, -301, -719_162, 2_932_596][(row % 4) as usize] + (row / 4) as i32 % 301;
    let columns: Vec<(&str, DataType, Values)> = vec![
        ("flag", DataType::Boolean, Values::Boolean(all().map(|row| row % 3 == 0).collect())),
        (
            "count",
            DataType::Int32,
            Values::Int32(all().map(|row| (number(row) >> 32) as i32).collect()),
        ),
        ("total", DataType::Int64, Values::Int64(all().map(number).collect())),
        (
            "score",
            DataType::Float32,
            Values::Float32(all().map(|row| unit(row) as f32 * 50.0).collect()),
        ),
        ("ratio", DataType::Float64, Values::Float64(all().map(unit).collect())),
        (
            "tiny",
            DataType::Decimal { precision: 9, scale: 2 },
            Values::Decimal(all().map(|row| i128::from(number(row) % 1_000_000_000)).collect()),
        ),
        (
            "price",
            DataType::Decimal { precision: 18, scale: 4 },
            Values::Decimal(
                all().map(|row| i128::from(number(row) % 1_000_000_000_000_000_000)).collect(),
            ),
        ),
        (
            "wealth",
            DataType::Decimal { precision: 38, scale: 10 },
            Values::Decimal(
                all()
                    .map(|row| match row % 3 {
                        0 => 10_i128.pow(38) - 1 - i128::from(row),
                        1 => 1 - 10_i128.pow(38) + i128::from(row),
                        _ => i128::from(number(row)) * i128::from(number(row + 8)) / 10_i128.pow(8),
                    })
                    .collect(),
            ),
        ),
        ("born", DataType::Date, Values::Date(all().map(days).collect())),
        (
            "seen",
            DataType::EpochMillis,
            Values::EpochMillis(
                all().map(|row| i64::from(days(row)) * 86_400_000 + 123 + row as i64).collect(),
            ),
        ),
        (
            "made",
            DataType::Instant,
            Values::Instant(
                all().map(|row| i64::from(days(row)) * 86_400_000_000 + 456_789).collect(),
            ),
        ),
        ("note", DataType::Text, Values::Text(all().map(text).collect::<VarBytes>())),
        ("country", DataType::Text, Values::Choice { keys: keys(5), dictionary: repeated }),
        ("title", DataType::Text, Values::Choice { keys: keys(3_000), dictionary: long }),
        (
            "id",
            DataType::Text,
            Values::Uuid(
                all()
                    .map(|row| {
                        u128::from(row).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
                    })
                    .collect(),
            ),
        ),
        (
            "hash",
            DataType::Bytes,
            Values::Bytes(
                all().map(|row| number(row).to_le_bytes()[..(row % 9) as usize].to_vec()).collect(),
            ),
        ),
    ];
    let mut schema = Schema::default();
    let mut table = Vec::new();
    for (index, (name, data_type, values)) in columns.into_iter().enumerate() {
        schema.columns.push(info(name, data_type, false));
        table.push(Column::new(values.clone()));
        schema.columns.push(info(&format!("{name}_or_null"), data_type, true));
        let validity = all().map(|row| !(row / 5 + index as u64).is_multiple_of(3)).collect();
        table.push(Column { values, validity: Some(validity) });
    }
    // Declared nullable, but nothing is null; and all null.
    schema.columns.push(info("never_null", DataType::Int32, true));
    table.push(Column::new(Values::Int32(vec![7; rows])));
    schema.columns.push(info("always_null", DataType::Text, true));
    table.push(Column {
        values: Values::Text((0..rows).map(|_| "hidden").collect()),
        validity: Some(vec![false; rows]),
    });
    (Arc::new(schema), table)
}

/// A schema and its columns.
pub(crate) fn schema(
    columns: &[(&str, DataType)],
    values: Vec<Column>,
) -> (Arc<Schema>, Vec<Column>) {
    let columns = columns
        .iter()
        .zip(&values)
        .map(|((name, data_type), column)| info(name, *data_type, column.validity.is_some()));
    let schema = Arc::new(Schema::of(columns.collect()));
    (schema, values)
}

/// Columns of text.
pub(crate) fn texts(columns: &[(&str, &[&str])]) -> (Arc<Schema>, Vec<Column>) {
    let types: Vec<_> = columns.iter().map(|(name, _)| (*name, DataType::Text)).collect();
    let values = columns.iter().map(|(_, texts)| texts.iter().collect()).map(Values::Text);
    schema(&types, values.map(Column::new).collect())
}

/// Five rows that show every type's text form, with the values that hurt: limits, nulls, quotes, far years.
pub(crate) fn zoo() -> (Arc<Schema>, Vec<Column>) {
    const DAY: i64 = 86_400_000_000;
    let texts = ["plain", "say \"hi\", ok", "line\r\nbreak\t\u{1}", "\u{1f600} \\ é", ""];
    let dictionary = Dictionary::new(["Paris", "a \"quoted\" city, far away", "NULL"]);
    let nulls = Some(vec![true, false, true, true, false]);
    let precise = DataType::Decimal { precision: 38, scale: 2 };
    let far = [0, -1, 2_932_897, -719_529, 19_782];
    let columns: Vec<(&str, DataType, Values)> = vec![
        ("boolean", DataType::Boolean, Values::Boolean(vec![true, false, true, false, true])),
        ("int32", DataType::Int32, Values::Int32(vec![0, -1, i32::MAX, i32::MIN, 1_234_567])),
        (
            "int64",
            DataType::Int64,
            Values::Int64(vec![0, -1, i64::MAX, i64::MIN, 9_007_199_254_740_993]),
        ),
        (
            "float32",
            DataType::Float32,
            Values::Float32(vec![3.6, -0.1, 1e10, f32::NAN, f32::INFINITY]),
        ),
        (
            "float64",
            DataType::Float64,
            Values::Float64(vec![10.0, 1e-7, f64::MAX, f64::NEG_INFINITY, -0.0]),
        ),
        ("fixed", DataType::Float64, Values::Float64(vec![12.3, -0.5, 0.0, 1e9, 1e300])),
        (
            "decimal",
            precise,
            Values::Decimal(vec![0, -5, 1_230, 10_i128.pow(38) - 1, -(10_i128.pow(37))]),
        ),
        ("date", DataType::Date, Values::Date(far.to_vec())),
        (
            "millis",
            DataType::EpochMillis,
            Values::EpochMillis(vec![0, -1, 1_700_000_000_000, i64::MIN, i64::MAX]),
        ),
        (
            "instant",
            DataType::Instant,
            Values::Instant(vec![0, -1, 19_782 * DAY + 61_500_000, 2_932_897 * DAY, i64::MIN]),
        ),
        ("text", DataType::Text, Values::Text(texts.iter().collect())),
        (
            "choice",
            DataType::Text,
            Values::Choice { keys: Arc::new(vec![0, 1, 2, 1, 0]), dictionary },
        ),
        ("uuid", DataType::Text, Values::Uuid(vec![0, u128::MAX, 1 << 100, 0xabc, 7])),
        (
            "bytes",
            DataType::Bytes,
            Values::Bytes(
                [&b"\x00\xff"[..], b"", b"0123456789abcdefg", b"\x1b", b"x"].iter().collect(),
            ),
        ),
    ];
    let types: Vec<_> = columns.iter().map(|(name, data_type, _)| (*name, *data_type)).collect();
    let columns = columns.into_iter().map(|(name, _, values)| {
        let nullable = ["int32", "text", "choice", "date"].contains(&name);
        Column { values, validity: nulls.clone().filter(|_| nullable) }
    });
    let (schema, columns) = schema(&types, columns.collect());
    let mut schema = Schema::clone(&schema);
    for column in &mut schema.columns {
        column.decimals = (column.name == "fixed").then_some(2);
    }
    (Arc::new(schema), columns)
}

/// Rows `first..end` of a column.
pub(crate) fn slice(column: &Column, first: usize, end: usize) -> Column {
    let bytes = |values: &VarBytes| (first..end).map(|row| values.get(row)).collect::<VarBytes>();
    let values = match &column.values {
        Values::Boolean(values) => Values::Boolean(values[first..end].to_vec()),
        Values::Int32(values) => Values::Int32(values[first..end].to_vec()),
        Values::Int64(values) => Values::Int64(values[first..end].to_vec()),
        Values::Float32(values) => Values::Float32(values[first..end].to_vec()),
        Values::Float64(values) => Values::Float64(values[first..end].to_vec()),
        Values::Decimal(values) => Values::Decimal(values[first..end].to_vec()),
        Values::Date(values) => Values::Date(values[first..end].to_vec()),
        Values::EpochMillis(values) => Values::EpochMillis(values[first..end].to_vec()),
        Values::Instant(values) => Values::Instant(values[first..end].to_vec()),
        Values::Uuid(values) => Values::Uuid(values[first..end].to_vec()),
        Values::Text(values) => Values::Text(bytes(values)),
        Values::Bytes(values) => Values::Bytes(bytes(values)),
        Values::Choice { keys, dictionary } => Values::Choice {
            keys: Arc::new(keys[first..end].to_vec()),
            dictionary: dictionary.clone(),
        },
    };
    let validity = column.validity.as_ref().map(|validity| validity[first..end].to_vec());
    Column { values, validity }
}

/// The options of a test as settings.
pub(crate) fn settings(options: Value) -> Settings {
    let mut settings = Settings::default();
    let options: Map<String, Value> = serde_json::from_value(options).unwrap();
    for (key, value) in options {
        settings.set(&key, value, format!("/Options/{key}"));
    }
    settings
}

/// The compiled format, or what is wrong.
pub(crate) fn compile(
    format: &dyn Format,
    schema: &Arc<Schema>,
    options: Value,
) -> Result<Arc<dyn Encoder>, String> {
    let mut problems = Problems::default();
    let settings = settings(options);
    let encoder = format.compile(schema, &mut settings.reader(&mut problems));
    let found: Vec<String> = problems.iter().map(ToString::to_string).collect();
    encoder.filter(|_| !problems.has_errors()).ok_or_else(|| found.join("\n"))
}

/// The file that an engine with blocks of `block_rows` rows writes; blocks never cross segments.
pub(crate) fn encode(encoder: &dyn Encoder, columns: &[Column], block_rows: usize) -> Vec<u8> {
    let rows = columns[0].len();
    let mut file = Vec::new();
    let mut file_encoder = encoder.file_encoder();
    let mut segment_encoder = encoder.segment_encoder();
    file_encoder.begin(&mut file).unwrap();
    let mut first = 0;
    while first < rows {
        let segment_end = rows.min(first + encoder.segment_rows());
        while first < segment_end {
            let end = segment_end.min(first + block_rows);
            let block = Block {
                rows: Rows { first: first as u64, count: end - first },
                columns: columns.iter().map(|column| Arc::new(slice(column, first, end))).collect(),
            };
            segment_encoder.append(&block).unwrap();
            first = end;
        }
        file_encoder.append(segment_encoder.finish().unwrap(), &mut file).unwrap();
    }
    file_encoder.finish(&mut file).unwrap();
    file
}
