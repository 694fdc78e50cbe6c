//! Messages as programs of others read them: Kafka's own consumer, and the deserializers of registries.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::kafka::{Broker, json_rows, model, registries, sorted, topic};
use crate::support::{files_below, run, run_ok};

/// What a script of `tests/services` writes.
fn output_of(script: &str, arguments: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/services").join(script);
    let output = Command::new(script).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Writes `rows` rows of `model` to its topic, and as files of `format` beside; the folder of the files.
fn generate(model: &Value, format: &str, rows: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m.json"), model.to_string()).unwrap();
    let connectors = format!("kafka,{format}");
    let arguments =
        ["generate", "-q", "-m", "m.json", "-c", &connectors, "-n", rows, "--seed", "7"];
    run_ok(folder.path(), &[&arguments[..], &["-b", "2"]].concat());
    folder
}

/// Issue 10: Kafka's own consumer, which is Java, reads every row, in order within its partition, with the line of the
/// CSV of the same seed, its key, header and time.
#[test]
fn the_java_consumer_reads_every_row_as_the_files_have_it() {
    let Some(broker) = Broker::find("Kafka's own consumer") else { return };
    for format in ["csv", "json"] {
        let topic = topic(&format!("java-{format}"));
        let options = json!({
            "KAFKA_MESSAGE_TYPE": format, "CSV_HEADER": false, "KAFKA_MSG_KEY": "hidden",
            "KAFKA_HEADERS": "source=datagen", "KAFKA_HEADER_FIELDS": "hidden", "KAFKA_TIMESTAMP": "at"
        });
        let model = model(&broker, &topic, &options);
        let model = with_time(model, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", true);
        let folder = generate(&model, format, "1500");
        let folder_of_broker = broker.0.to_str().unwrap();
        let mut arguments = vec!["tool", folder_of_broker, "consume", "--topic", &topic];
        arguments.extend(["--from-beginning", "--max-messages", "3000", "--timeout-ms", "30000"]);
        arguments.extend(["--isolation-level", "read_committed"]);
        // Rows have line ends of their own.
        let shown = ["key.separator=\u{1f}", "line.separator=\u{1e}", "print.key=true"];
        let more = ["print.headers=true", "print.timestamp=true", "print.partition=true"];
        for property in shown.iter().chain(&more) {
            arguments.extend(["--formatter-property", property]);
        }
        let text = output_of("kafka/run", &arguments);
        let mut partitions: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut places: BTreeMap<String, String> = BTreeMap::new();
        for message in text.split('\u{1e}').filter(|text| text.contains('\u{1f}')) {
            let parts: Vec<&str> = message.split('\u{1f}').collect();
            let [time, partition, headers, key, value] = parts[..] else { panic!("{message}") };
            let time: i64 = time.rsplit_once("CreateTime:").unwrap().1.parse().unwrap();
            assert!((1_767_225_600_000..=1_767_312_000_000).contains(&time), "{message}");
            assert_eq!(headers, format!("source:datagen,hidden:{key}"));
            // Java's partitioner and ours agree.
            let place = places.entry(key.to_owned()).or_insert_with(|| partition.to_owned());
            assert_eq!(place, partition, "{message}");
            partitions.entry(partition.to_owned()).or_default().push(value.to_owned());
        }
        assert_eq!((partitions.len(), places.len()), (3, 21));
        let files = files_below(&folder.path().join("files"));
        let lines: String =
            files.into_values().map(|file| String::from_utf8(file).unwrap()).collect();
        let id = |row: &str| -> i64 {
            row.split([':', '"', ',', '{']).find_map(|text| text.parse().ok()).unwrap()
        };
        for rows in partitions.values() {
            assert!(rows.is_sorted_by_key(|row| id(row)));
        }
        let mut rows: Vec<String> = partitions.into_values().flatten().collect();
        rows.sort_by_key(|row| id(row));
        assert!(format!("{}\n", rows.join("\n")) == lines, "{format}");
    }
}

/// A model with a field `at`, a ghost, between the dates.
fn with_time(mut model: Value, from: &str, to: &str, is_ghost: bool) -> Value {
    let at = json!({
        "name": "at", "type": "TIMESTAMP", "min_date": from, "max_date": to, "ghost": is_ghost
    });
    model["Fields"].as_array_mut().unwrap().push(at);
    model
}

/// Issue 10: a topic that is made keeps rows of any age; rows that one would delete are refused with the way out.
#[test]
fn rows_that_a_topic_would_delete_by_their_age_are_refused() {
    let Some(broker) = Broker::find("kafka and retention") else { return };
    let topic = topic("ages");
    let dated = |more: Value| {
        let mut options = json!({"KAFKA_TIMESTAMP": "at"});
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let model = model(&broker, &topic, &options);
        with_time(model, "2001-01-01T00:00:00Z", "2001-01-02T00:00:00Z", true)
    };
    // Seven days, as topics have unless told otherwise.
    generate(&model(&broker, &topic, &json!({})), "json", "10");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m.json"), dated(json!({})).to_string()).unwrap();
    let output = run(folder.path(), &["generate", "-q", "-m", "m.json", "-c", "kafka", "-n", "10"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("deletes messages after 7 days (`retention.ms`)"), "{told}");
    assert_eq!(broker.read(&topic).into_values().flatten().count(), 20);
    generate(&dated(json!({"DELETE_PREVIOUS": true})), "json", "10");
    // It is there now, and keeps them.
    generate(&dated(json!({})), "json", "10");
    assert_eq!(broker.read(&topic).into_values().flatten().count(), 40);
}

/// Issue 10: a type that differs in its meaning only is another version of a schema, also where a registry compares
/// without meanings.
#[test]
fn meanings_of_types_are_part_of_what_registries_keep() {
    let Some(broker) = Broker::find("registries and meanings") else { return };
    for (kind, url) in registries() {
        let topic = topic(&format!("meanings-{kind}"));
        let mut plain = model(&broker, &topic, &avro(&kind, &url));
        let at = json!({"name": "at", "type": "LONG", "min": 5, "max": 5});
        plain["Fields"].as_array_mut().unwrap().push(at);
        generate(&plain, "json", "10");
        let dated = model(&broker, &topic, &avro(&kind, &url));
        let dated = with_time(dated, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", false);
        generate(&dated, "json", "10");
        let reader = if kind == "cloudera" { "cloudera" } else { "registry" };
        let found = broker.read_with(&topic, &[&format!("{reader}={url}")]);
        let found: Vec<Value> = found.into_values().flatten().collect();
        let count = |is: fn(&Value) -> bool| {
            found.iter().filter(|message| is(&message["value"]["at"])).count()
        };
        assert_eq!(count(|at| *at == 5), 20, "{kind}");
        assert_eq!(
            count(|at| at.as_str().is_some_and(|at| at.starts_with("2026-01-0"))),
            20,
            "{kind}"
        );
    }
}

/// Options of Avro messages with Avro keys.
fn avro(kind: &str, url: &str) -> Value {
    json!({
        "KAFKA_MESSAGE_TYPE": "avro", "KAFKA_KEY_TYPE": "avro", "KAFKA_MSG_KEY": "hidden,city",
        "SCHEMA_REGISTRY_URL": url, "SCHEMA_REGISTRY_TYPE": kind
    })
}

/// Issue 10: the deserializer of Cloudera's registry, which is Java, reads keys and values in each of its four framings.
#[test]
fn cloudera_s_deserializer_reads_each_of_its_framings() {
    let Some(broker) = Broker::find("Cloudera's deserializer") else { return };
    let registries = registries();
    let Some((kind, url)) = registries.iter().find(|(kind, _)| kind == "cloudera") else { return };
    for framing in 0..=3 {
        let topic = topic(&format!("framing-{framing}"));
        let mut options = avro(kind, url);
        options["SCHEMA_REGISTRY_PROTOCOL"] = framing.into();
        let folder = generate(&model(&broker, &topic, &options), "json", "500");
        let servers = broker.address("KAFKA_PORT");
        let base = format!("{}/api/v1", url.trim_end_matches('/'));
        let text = output_of("hwx-registry/run", &["read", &servers, &base, &topic]);
        let mut rows: Vec<Value> = Vec::new();
        for line in text.lines() {
            let parts: Vec<&str> = line.splitn(4, '\t').collect();
            let key: Value = serde_json::from_str(parts[2]).unwrap();
            let row: Value = serde_json::from_str(parts[3]).unwrap();
            assert_eq!(key["city"], row["city"]);
            assert!(key["hidden"].is_i64(), "{line}");
            rows.push(row);
        }
        rows.sort_by_key(|row| row["id"].as_i64());
        assert!(rows == json_rows(&folder.path().join("files")), "{framing}");
    }
}

/// Issue 10: subjects are named after topics, records, or both, as Confluent's own serializers name them, and its
/// deserializer reads them all.
#[test]
fn subjects_are_named_as_confluent_s_strategies_do() {
    let Some(broker) = Broker::find("subjects of registries") else { return };
    let registries = registries();
    let Some((kind, url)) = registries.iter().find(|(kind, _)| kind == "confluent") else { return };
    for strategy in ["topic", "record", "topic_record"] {
        let topic = topic(strategy);
        let record = topic.replace('-', "_");
        let mut options = avro(kind, url);
        options["SCHEMA_REGISTRY_SUBJECTS"] = strategy.into();
        options["AVRO_NAME"] = record.as_str().into();
        let folder = generate(&model(&broker, &topic, &options), "json", "500");
        let rows = sorted(broker.read_with(&topic, &[&format!("registry={url}")]));
        assert!(rows == json_rows(&folder.path().join("files")), "{strategy}");
        let subjects = Command::new("curl").args(["-sf", &format!("{url}/subjects")]).output();
        let subjects: Vec<String> = serde_json::from_slice(&subjects.unwrap().stdout).unwrap();
        let whole = format!("org.apache.avro.ipc.{record}");
        let own = |subject: &&String| subject.contains(&topic) || subject.contains(&record);
        let mut own: Vec<&str> = subjects.iter().filter(own).map(String::as_str).collect();
        own.sort_unstable();
        let expected = match strategy {
            "record" => [whole.clone(), format!("{whole}_key")],
            "topic_record" => [format!("{topic}-{whole}"), format!("{topic}-{whole}_key")],
            _ => [format!("{topic}-key"), format!("{topic}-value")],
        };
        assert_eq!(own, expected, "{strategy}");
    }
}
