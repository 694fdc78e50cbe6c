//! Blocks of made-up columns to time encoders with: the same ones for every format.
//!
//! Knows nothing of formats; values are spread like those of a model, but come from no field type.

use std::sync::Arc;

use datagen::columns::{Block, Column, ColumnInfo, DataType, Dictionary, Rows, Schema, Values};
use datagen::rng::Stream;

/// Rows of every block here.
pub(crate) const ROWS: usize = 8_192;

/// One made-up column: its place in the schema and its values.
pub(crate) type Made = (ColumnInfo, Column);

/// A table: schema and one block.
pub(crate) struct Table {
    /// What the benchmark is called.
    pub(crate) name: &'static str,
    /// The columns' types.
    pub(crate) schema: Arc<Schema>,
    /// [`ROWS`] rows.
    pub(crate) block: Block,
}

impl Table {
    /// A table of these columns.
    pub(crate) fn new(name: &'static str, columns: Vec<Made>) -> Self {
        let (infos, columns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let columns = columns.into_iter().map(Arc::new).collect();
        let block = Block { rows: Rows { first: 0, count: ROWS }, columns };
        Self { name, schema: Arc::new(Schema::of(infos)), block }
    }
}

/// A customer: ten columns, about 148 bytes as quoted CSV.
pub(crate) fn customer() -> Table {
    let cities = dictionary("city", 40_000, 4..14);
    let countries = Dictionary::new((0..40_000).map(|key| format!("Country{}", key % 198)));
    let city_keys = keys("city", cities.len());
    let names = dictionary("name", 4_000, 4..10);
    let emails = Dictionary::new(
        names.texts().iter().map(|name| format!("{}@example.com", String::from_utf8_lossy(name))),
    );
    let name_keys = keys("name", names.len());
    let phones = words("phone").map(|word| format!("+33 {:09}", word % 1_000_000_000));
    let choice =
        |keys: &Arc<Vec<u32>>, dictionary| Values::Choice { keys: keys.clone(), dictionary };
    Table::new(
        "customer",
        vec![
            made(
                "id",
                DataType::Int64,
                Values::Int64((0..ROWS as i64).map(|row| row + 1_000_000).collect()),
            ),
            made("name", DataType::Text, choice(&name_keys, names)),
            made("email", DataType::Text, choice(&name_keys, emails)),
            made(
                "born",
                DataType::Date,
                Values::Date(words("born").map(|word| (word % 38_000) as i32 - 18_000).collect()),
            ),
            made("city", DataType::Text, choice(&city_keys, cities)),
            made("country", DataType::Text, choice(&city_keys, countries)),
            made("phone", DataType::Text, Values::Text(phones.collect())),
            made("key", DataType::Text, uuids()),
            made(
                "score",
                DataType::Float32,
                Values::Float32(
                    words("score").map(|word| 1.0 + (word >> 40) as f32 / 1_864_135.0).collect(),
                ),
            ),
            made(
                "active",
                DataType::Boolean,
                Values::Boolean(words("active").map(|word| word % 2 == 0).collect()),
            ),
        ],
    )
}

/// A sensor's measurements: five columns, with full floats and milliseconds.
pub(crate) fn sensor() -> Table {
    Table::new(
        "sensor",
        vec![
            made(
                "sensor",
                DataType::Int32,
                Values::Int32(words("sensor").map(|word| (word % 100_000) as i32).collect()),
            ),
            made("at", DataType::Instant, instants(1_000)),
            made("value", DataType::Float64, floats()),
            made(
                "battery",
                DataType::Int32,
                Values::Int32(words("battery").map(|word| (word % 101) as i32).collect()),
            ),
            made(
                "state",
                DataType::Text,
                Values::Choice {
                    keys: keys("state", 4),
                    dictionary: Dictionary::new(["OK", "WARN", "ERROR", "OFF"]),
                },
            ),
        ],
    )
}

/// One table for each kind of column.
pub(crate) fn kinds() -> Vec<Table> {
    let decimal = DataType::Decimal { precision: 15, scale: 2 };
    let fixed = floats_of_two_decimals();
    let columns = [
        (
            "int64_million",
            DataType::Int64,
            Values::Int64(words("a").map(|word| (word % 1_000_000) as i64).collect()),
        ),
        (
            "int64_full",
            DataType::Int64,
            Values::Int64(words("a").map(|word| word as i64).collect()),
        ),
        ("float64_shortest", DataType::Float64, floats()),
        (
            "decimal",
            decimal,
            Values::Decimal(words("a").map(|word| i128::from(word % 10_000_000)).collect()),
        ),
        (
            "date",
            DataType::Date,
            Values::Date(words("a").map(|word| (word % 38_000) as i32 - 18_000).collect()),
        ),
        ("instant_seconds", DataType::Instant, instants(1_000_000)),
        ("instant_millis", DataType::Instant, instants(1_000)),
        (
            "choice_4",
            DataType::Text,
            Values::Choice { keys: keys("a", 4), dictionary: dictionary("a", 4, 4..10) },
        ),
        (
            "choice_40000",
            DataType::Text,
            Values::Choice { keys: keys("a", 40_000), dictionary: dictionary("a", 40_000, 4..14) },
        ),
        ("text_30", DataType::Text, texts(10..43, "")),
        ("text_30_quotes", DataType::Text, texts(10..43, "\"")),
        ("text_1000", DataType::Text, texts(990..1_010, "")),
        ("uuid", DataType::Text, uuids()),
        (
            "bytes_20",
            DataType::Bytes,
            Values::Bytes(
                words("a").map(|word| word.to_le_bytes().repeat(3)[..20].to_vec()).collect(),
            ),
        ),
    ];
    let mut tables: Vec<Table> = columns
        .into_iter()
        .map(|(name, data_type, values)| Table::new(name, vec![made("a", data_type, values)]))
        .collect();
    let (mut info, column) = made("a", DataType::Float64, fixed);
    info.decimals = Some(2);
    tables.push(Table::new("float64_two_decimals", vec![(info, column)]));
    tables
}

fn made(name: &str, data_type: DataType, values: Values) -> Made {
    let width = match &values {
        Values::Text(texts) | Values::Bytes(texts) => (texts.data().len() / ROWS) as u32,
        Values::Choice { dictionary, .. } => {
            (dictionary.texts().data().len() / dictionary.len()) as u32
        }
        Values::Uuid(_) => 36,
        Values::Instant(_) => 20,
        _ => 8,
    };
    let name = name.to_owned();
    let info = ColumnInfo {
        name,
        data_type,
        nullable: false,
        decimals: None,
        distinct: None,
        width,
        instants: None,
    };
    (info, Column::new(values))
}

/// A random number for each row.
fn words(stream: &str) -> impl Iterator<Item = u64> {
    let stream = Stream::new(1, stream);
    (0..ROWS as u64).map(move |row| stream.word(row))
}

fn keys(stream: &str, length: usize) -> Arc<Vec<u32>> {
    Arc::new(words(stream).map(|word| (word % length as u64) as u32).collect())
}

/// A word of `length` letters made from a random number.
fn letters(mut word: u64, length: u64) -> String {
    let mut text = String::new();
    for _ in 0..length {
        text.push(char::from(b'a' + (word % 26) as u8));
        word = word.rotate_right(5).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    text
}

fn dictionary(stream: &str, entries: u64, lengths: std::ops::Range<u64>) -> Arc<Dictionary> {
    let stream = Stream::new(2, stream);
    Dictionary::new((0..entries).map(|key| {
        let word = stream.word(key);
        letters(word, lengths.start + word % (lengths.end - lengths.start))
    }))
}

fn texts(lengths: std::ops::Range<u64>, end: &str) -> Values {
    let text = |word| letters(word, lengths.start + word % (lengths.end - lengths.start)) + end;
    Values::Text(words("text").map(text).collect())
}

fn uuids() -> Values {
    let halves = words("high").zip(words("low"));
    Values::Uuid(halves.map(|(high, low)| u128::from(high) << 64 | u128::from(low)).collect())
}

fn floats() -> Values {
    Values::Float64(
        words("f").map(|word| (word >> 11) as f64 / 90_071_992_547_409.92 - 50.0).collect(),
    )
}

fn floats_of_two_decimals() -> Values {
    Values::Float64(words("f").map(|word| (word % 1_000_000) as f64 / 100.0 - 5_000.0).collect())
}

/// Points in time of this century, in whole `unit`s of microseconds.
fn instants(unit: u64) -> Values {
    let century = 3_155_760_000_000_000 / unit;
    Values::Instant(
        words("t").map(|word| ((word % century) * unit) as i64 + 946_684_800_000_000).collect(),
    )
}
