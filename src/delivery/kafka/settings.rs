//! What models, calls and operators say about a topic and the way to it.

use std::sync::Arc;
use std::time::Duration;

use datagen_kafka::Compression;
use serde_json::Value;

use super::attributes::{HEADER_FIELDS, KEY_FIELDS, PARTITION_FIELD, TIME_FIELD};
use super::cluster::Cluster;
use super::records::{KafkaRecords, Layout, Placed};
use super::registry::{self, Registry};
use super::target::{KafkaTarget, Place};
use crate::attributes::{Reader, Settings};
use crate::columns::{ColumnInfo, DataType, Schema, Table};
use crate::formats::Messages;

/// Settings of the reference that have no effect here, with the reason.
const WITHOUT_EFFECT: &[(&str, &str)] = &[
    (
        "KAFKA_RETRIES_CONFIG",
        "what can be tried again is tried again until the time-out, without doubling anything",
    ),
    (
        "KAFKA_JAAS_FILE_PATH",
        "`KAFKA_SASL_MECHANISM`, `KAFKA_SASL_USERNAME` and `KAFKA_SASL_PASSWORD` say it",
    ),
];

/// Fields that are needed beside the output.
pub(super) fn fields(settings: &Settings) -> Vec<String> {
    let mut problems = crate::problems::Problems::default();
    let mut reader = settings.reader(&mut problems);
    let mut fields = reader.texts(KEY_FIELDS).unwrap_or_default();
    for key in [TIME_FIELD, PARTITION_FIELD] {
        fields.extend(reader.text(key).map(|field| field.trim().to_owned()));
    }
    fields.extend(reader.texts(HEADER_FIELDS).unwrap_or_default());
    fields
}

pub(super) fn compile(table: &Table, settings: &mut Reader<'_>) -> Option<KafkaTarget> {
    for (key, reason) in WITHOUT_EFFECT {
        if settings.has(key) {
            settings.warn(key, "no_effect", format!("`{key}` has no effect: {reason}"));
        }
    }
    settings.choice("KAFKA_ACKS_CONFIG", &["all", "-1"]);
    let (cluster, topic, mut place) = (Cluster::of(settings), topic(settings), place(settings));
    let registry = Registry::of(settings);
    let records = records(table, settings);
    if settings.has_errors() {
        return None;
    }
    let (records, registry) = (records?, registry.ok()?);
    let is_named = |name: &str| place.topic_config.iter().any(|(named, _)| named == name);
    if records.has_time() && !is_named("retention.ms") && !is_named("message.timestamp.type") {
        // Times of rows are often years back: the topic would delete them within minutes.
        place.topic_config.push(("retention.ms".to_owned(), "-1".to_owned()));
    }
    if registry.is_some() && !records.has_avro() {
        let message =
            format!("`{}` has no effect: neither values nor keys are Avro", registry::URL);
        settings.warn(registry::URL, "no_effect", message);
    }
    Some(KafkaTarget::new(cluster?, topic?, place, records, registry))
}

fn topic(settings: &mut Reader<'_>) -> Option<String> {
    let Some(topic) = settings.text("KAFKA_TOPIC") else {
        settings.error(
            "KAFKA_TOPIC",
            "missing_option",
            "`KAFKA_TOPIC` is missing: the topic to write to",
        );
        return None;
    };
    let topic = topic.trim().to_owned();
    let legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if topic.len() > 249 || matches!(topic.as_str(), "." | "..") || !topic.chars().all(legal) {
        let value = serde_json::Value::String(topic);
        let expected = "letters, digits, `.`, `_` and `-`, at most 249 of them";
        settings.wrong("KAFKA_TOPIC", &value, expected);
        return None;
    }
    Some(topic)
}

/// Entries `name=value` of a list.
fn pairs(key: &str, settings: &mut Reader<'_>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for entry in settings.texts(key).unwrap_or_default() {
        match entry.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => {
                pairs.push((name.trim().to_owned(), value.trim().to_owned()));
            }
            _ => settings.wrong(key, &entry.into(), "`name=value`"),
        }
    }
    pairs
}

fn place(settings: &mut Reader<'_>) -> Place {
    let seconds = |value: Option<i64>, usual: u64| {
        Duration::from_secs(value.and_then(|value| u64::try_from(value).ok()).unwrap_or(usual))
    };
    let topic_config = pairs("KAFKA_TOPIC_CONFIG", settings);
    Place {
        partitions: settings.integer("KAFKA_PARTITIONS_NUMBER", 1..=100_000).unwrap_or(3) as i32,
        replication: settings.integer("KAFKA_REPLICATION_FACTOR", 1..=1_000).unwrap_or(1) as i16,
        topic_config,
        delete_previous: settings.boolean("DELETE_PREVIOUS").unwrap_or(false),
        transactions: settings.boolean("KAFKA_TRANSACTIONS").unwrap_or(true),
        transaction_timeout: seconds(
            settings.integer("KAFKA_TRANSACTION_TIMEOUT", 1..=86_400),
            900,
        ),
        rows_per_second: settings
            .integer("KAFKA_ROWS_PER_SECOND", 1..=i64::MAX)
            .and_then(|rows| u64::try_from(rows).ok()),
    }
}

/// Columns of the table that blocks have, in their order.
struct Columns<'a> {
    table: &'a Table,
    numbers: Vec<usize>,
}

impl Columns<'_> {
    /// The column of `field`, which `key` names.
    fn add(&mut self, field: &str, key: &str, settings: &mut Reader<'_>) -> Option<ColumnInfo> {
        let Some((number, column)) = self.table.find(field) else {
            let value = Value::String(field.to_owned());
            settings.wrong(key, &value, "the name of a field of the model");
            return None;
        };
        self.numbers.push(number);
        Some(column.clone())
    }

    /// The fields that the list `key` names.
    fn add_all(&mut self, key: &str, settings: &mut Reader<'_>) -> Vec<ColumnInfo> {
        let fields = settings.texts(key).unwrap_or_default();
        fields.iter().filter_map(|field| self.add(field.trim(), key, settings)).collect()
    }

    /// Whether `key` names a field, which then is one of `types`.
    fn add_one(
        &mut self,
        key: &str,
        types: impl Fn(&ColumnInfo) -> bool,
        expected: &str,
        settings: &mut Reader<'_>,
    ) -> bool {
        let Some(field) = settings.text(key) else { return false };
        let Some(column) = self.add(field.trim(), key, settings) else { return false };
        if !types(&column) {
            settings.wrong(key, &Value::String(field), expected);
        }
        true
    }
}

fn records(table: &Table, settings: &mut Reader<'_>) -> Option<KafkaRecords> {
    let format = settings.choice("KAFKA_MESSAGE_TYPE", Messages::FORMATS).unwrap_or("json");
    let values = Messages::compile(format, &table.visible, settings);
    let value_columns = table.visible.columns.len();
    let mut columns = Columns { table, numbers: (0..value_columns).collect() };
    let keys = Arc::new(Schema::of(columns.add_all(KEY_FIELDS, settings)));
    let key_columns = keys.columns.len();
    let is_time = |column: &ColumnInfo| {
        let kinds = [DataType::Instant, DataType::EpochMillis, DataType::Date];
        kinds.contains(&column.data_type) && !column.nullable
    };
    let expected = "a field of points in time or dates, without nulls";
    let has_time = columns.add_one(TIME_FIELD, is_time, expected, settings);
    let is_whole =
        |column: &ColumnInfo| matches!(column.data_type, DataType::Int32 | DataType::Int64);
    let partitioner = settings.choice("KAFKA_PARTITIONER", &["murmur2", "round_robin"]);
    let has_partition =
        columns.add_one(PARTITION_FIELD, is_whole, "a field of whole numbers", settings);
    let header_fields = columns.add_all(HEADER_FIELDS, settings);
    let width = table.visible.row_width()
        + keys.row_width()
        + Schema::of(header_fields.clone()).row_width();
    let header_fields = header_fields.into_iter().map(|column| {
        let name = column.name.clone();
        (name, Arc::new(Messages::texts(&Arc::new(Schema::of(vec![column])))))
    });
    let keys_are_texts = settings.choice("KAFKA_KEY_TYPE", &["text", "avro"]) != Some("avro");
    let keys = match (key_columns, keys_are_texts) {
        (0, _) => None,
        (_, true) => Some(Messages::texts(&keys)),
        (_, false) => Some(Messages::avro_keys(&keys, settings)?),
    };
    let layout = Layout {
        values: Arc::new(values?),
        value_columns,
        keys: keys.map(Arc::new),
        keys_are_texts,
        key_columns,
        has_time,
        placed: match partitioner {
            _ if has_partition => Placed::ByField,
            Some("round_robin") => Placed::InTurns,
            _ => Placed::ByKey,
        },
        headers: pairs("KAFKA_HEADERS", settings),
        header_fields: header_fields.collect(),
        compression: compression(settings),
        segment_rows: 1 << ((2 << 20) / width.max(1)).clamp(1, 1 << 13).ilog2(),
    };
    Some(KafkaRecords::new(layout, columns.numbers))
}

fn compression(settings: &mut Reader<'_>) -> Compression {
    match settings.choice("KAFKA_COMPRESSION", &["none", "gzip", "snappy", "lz4", "zstd"]) {
        Some("gzip") => Compression::Gzip,
        Some("snappy") => Compression::Snappy,
        Some("lz4") => Compression::Lz4,
        Some("zstd") => Compression::Zstd,
        _ => Compression::None,
    }
}
