//! The connector `kafka` against a real broker, read back by confluent-kafka.
//!
//! `DATAGEN_KAFKA` names the folder of a broker that `tests/services/kafka/run start FOLDER` has started; without it
//! these tests say that they were left out. `DATAGEN_REGISTRIES` names registries, `confluent=URL` and `cloudera=URL`
//! with blanks between them, that `tests/services/apicurio/run` and `tests/services/hwx-registry/run` start.

#![expect(clippy::print_stdout, reason = "a test that is left out says so")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::Server;
use crate::support::{datagen, run, run_ok};

pub(crate) struct Broker(pub(crate) PathBuf);

impl Broker {
    pub(crate) fn find(test: &str) -> Option<Self> {
        let folder = std::env::var_os("DATAGEN_KAFKA").map(PathBuf::from);
        if folder.is_none() {
            println!("left out: {test} needs DATAGEN_KAFKA (tests/services/kafka/run start DIR)");
        }
        folder.map(Self)
    }

    pub(crate) fn address(&self, listener: &str) -> String {
        let ports = std::fs::read_to_string(self.0.join("ports")).unwrap();
        let port = ports.lines().find_map(|line| line.strip_prefix(&format!("{listener}=")));
        format!("127.0.0.1:{}", port.unwrap())
    }

    /// A token of `user` for OAUTHBEARER that holds so many seconds.
    pub(crate) fn token(&self, user: &str, seconds: i64) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/services/kafka/run");
        let output = Command::new(script)
            .arg("token")
            .arg(&self.0)
            .args([user, &seconds.to_string()])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn referee(&self, topic: &str, more: &[&str]) -> String {
        let python = std::env::var("DATAGEN_REFEREE").unwrap_or_else(|_| "python3".to_owned());
        let output = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/services/kafka_read.py"))
            .args([&self.address("KAFKA_PORT"), topic])
            .args(more)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What confluent-kafka reads, by partition and in the order of offsets.
    pub(crate) fn read_with(&self, topic: &str, more: &[&str]) -> BTreeMap<i64, Vec<Value>> {
        let text = self.referee(topic, &[&["settled"], more].concat());
        let mut partitions: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let message: Value = serde_json::from_str(line).unwrap();
            partitions.entry(message["partition"].as_i64().unwrap()).or_default().push(message);
        }
        partitions
    }

    /// The groups whose names end with that of the topic.
    pub(crate) fn groups(&self, topic: &str) -> String {
        self.referee(topic, &["groups"])
    }

    pub(crate) fn read(&self, topic: &str) -> BTreeMap<i64, Vec<Value>> {
        self.read_with(topic, &[])
    }

    /// A server that may reach it and its like.
    pub(crate) fn server(&self, folder: &Path) -> Server {
        // At any port: a cluster may have more brokers.
        Server::start_by(datagen(folder).env("DATAGEN_CONNECTORS_ALLOWED_HOSTS", "127.0.0.1"))
    }
}

/// The registries under test: kind and address of each; says so where there are none.
pub(crate) fn registries() -> Vec<(String, String)> {
    let named = std::env::var("DATAGEN_REGISTRIES").unwrap_or_default();
    if named.is_empty() {
        println!(
            "left out: kafka and registries need DATAGEN_REGISTRIES (confluent=URL cloudera=URL)"
        );
    }
    let one = |registry: &str| {
        let (kind, url) = registry.split_once('=').unwrap();
        (kind.to_owned(), url.to_owned())
    };
    named.split_whitespace().map(one).collect()
}

/// A topic of this test run's own.
pub(crate) fn topic(name: &str) -> String {
    format!("it-{}-{name}", std::process::id())
}

pub(crate) fn model(broker: &Broker, topic: &str, options: &Value) -> Value {
    let mut all =
        json!({"KAFKA_BROKERS": broker.address("KAFKA_PORT"), "KAFKA_COMPRESSION": "lz4"});
    all.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    json!({
        "Fields": [
            {"name": "id", "type": "INCREMENT_INTEGER", "min": 0},
            {"name": "city", "type": "STRING", "possible_values": ["Paris", "Łódź", "say \"hi\"\n, ok"]},
            {"name": "hidden", "type": "INTEGER", "min": 0, "max": 20, "ghost": true},
            {"name": "amount", "type": "DOUBLE", "min": 0, "max": 9}
        ],
        "Table_Names": {"KAFKA_TOPIC": topic, "LOCAL_FILE_PATH": "files/", "LOCAL_FILE_NAME": "rows"},
        "Options": all
    })
}

#[test]
fn messages_are_the_rows_in_order_with_the_keys_of_a_ghost() {
    let Some(broker) = Broker::find("kafka messages") else { return };
    let folder = tempfile::tempdir().unwrap();
    let topic = topic("keys");
    let model =
        model(&broker, &topic, &json!({"KAFKA_MSG_KEY": "hidden", "DELETE_PREVIOUS": true}));
    std::fs::write(folder.path().join("m.json"), model.to_string()).unwrap();
    let arguments = [
        "generate",
        "-m",
        "m.json",
        "-c",
        "kafka,json",
        "-n",
        "5000",
        "-b",
        "3",
        "--seed",
        "7",
        "--now",
        "2026-11-27T00:00:00Z",
    ];
    // Twice: what was there before is deleted.
    for _ in 0..2 {
        run_ok(folder.path(), &arguments);
    }
    let mut files: Vec<Value> = Vec::new();
    for batch in 0..3 {
        let file = folder.path().join(format!("files/rows-{batch:010}.json"));
        let text = std::fs::read_to_string(file).unwrap();
        files.extend(text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
    }
    let partitions = broker.read(&topic);
    assert_eq!(partitions.len(), 3);
    let mut rows: Vec<Value> = Vec::new();
    let mut keys: BTreeMap<String, i64> = BTreeMap::new();
    for (partition, messages) in partitions {
        let mut last = -1;
        for message in messages {
            let row: Value = serde_json::from_str(message["value"].as_str().unwrap()).unwrap();
            let id = row["id"].as_i64().unwrap();
            assert!(id > last, "{id} after {last} in partition {partition}");
            last = id;
            let key = message["key"].as_str().unwrap().to_owned();
            assert_eq!(*keys.entry(key).or_insert(partition), partition);
            rows.push(row);
        }
    }
    assert_eq!(keys.len(), 21);
    rows.sort_by_key(|row| row["id"].as_i64());
    assert!(rows == files);
}

#[test]
fn what_does_not_fit_names_the_setting() {
    let Some(broker) = Broker::find("kafka refusals") else { return };
    let folder = tempfile::tempdir().unwrap();
    let refused = |options: Value| {
        let model = model(&broker, "any", &options);
        std::fs::write(folder.path().join("m.json"), model.to_string()).unwrap();
        let output = run(folder.path(), &["generate", "-m", "m.json", "-c", "kafka"]);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let sasl = broker.address("KAFKA_SASL_PORT");
    let login = refused(json!({
        "KAFKA_BROKERS": sasl, "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "KAFKA_SASL_USERNAME": "datagen", "KAFKA_SASL_PASSWORD": "wrong-canary"
    }));
    assert!(login.contains("KAFKA_SASL_PASSWORD") && !login.contains("canary"), "{login}");
    let plain = refused(json!({"KAFKA_BROKERS": broker.address("KAFKA_SSL_PORT")}));
    assert!(plain.contains("KAFKA_SECURITY_PROTOCOL"), "{plain}");
    let authority = broker.0.join("tls/other-ca.crt");
    let tls = refused(json!({
        "KAFKA_BROKERS": broker.address("KAFKA_SSL_PORT"), "KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CA": authority
    }));
    assert!(tls.contains("KAFKA_SSL_CA"), "{tls}");
    let field = refused(json!({"KAFKA_MSG_KEY": "nowhere"}));
    assert!(field.contains("KAFKA_MSG_KEY") && field.contains("nowhere"), "{field}");
    let few = refused(json!({"KAFKA_REPLICATION_FACTOR": 3, "KAFKA_TOPIC": topic("few")}));
    assert!(few.contains("KAFKA_REPLICATION_FACTOR"), "{few}");
}

/// The rows of the files that a command wrote beside, in their order.
pub(crate) fn json_rows(folder: &Path) -> Vec<Value> {
    let mut names: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let texts: Vec<String> =
        names.iter().map(|name| std::fs::read_to_string(name).unwrap()).collect();
    texts.concat().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The values of messages in the order of their ids; those of a partition are in that order already.
pub(crate) fn sorted(partitions: BTreeMap<i64, Vec<Value>>) -> Vec<Value> {
    let mut rows: Vec<Value> = Vec::new();
    for (partition, messages) in partitions {
        let mut last = -1;
        for message in messages {
            let row = match &message["value"] {
                Value::String(text) => serde_json::from_str(text).unwrap(),
                row => row.clone(),
            };
            let id = row["id"].as_i64().unwrap();
            assert!(id > last, "{id} after {last} in partition {partition}");
            last = id;
            rows.push(row);
        }
    }
    rows.sort_by_key(|row| row["id"].as_i64());
    rows
}

/// Issue 10: for all kills, readers of committed messages find every row once and in order, as the files of the same
/// command have them, and no transaction is left open.
#[test]
fn a_killed_server_delivers_every_row_once() {
    let Some(broker) = Broker::find("kafka and kills") else { return };
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("models")).unwrap();
    let topic = topic("kills");
    let model = model(&broker, &topic, &json!({"KAFKA_ROWS_PER_SECOND": 20_000}));
    let file = folder.path().join("m.json");
    std::fs::write(&file, model.to_string()).unwrap();
    let mut server = broker.server(folder.path());
    let form = format!("model_file=@{}", file.display());
    let id = server
        .submit("/datagen/multipleconnectors?connectors=kafka,json&rows=2000&batches=30", &[&form]);
    let mut random = std::process::id();
    for _ in 0..5 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        std::thread::sleep(Duration::from_millis(u64::from(random >> 16) % 900 + 100));
        server.kill();
        server = broker.server(folder.path());
    }
    let status = server.wait_after_kills(&id);
    assert_eq!(status["status"], "FINISHED", "{status}");
    let rows = sorted(broker.read(&topic));
    assert_eq!(rows.len(), 60_000);
    assert!(rows == json_rows(&folder.path().join("out/files")));
}

/// Issue 10: what is acknowledged and then removed is lost, and the command says so.
#[test]
fn a_topic_that_is_deleted_fails_its_command() {
    let Some(broker) = Broker::find("kafka and a deleted topic") else { return };
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("models")).unwrap();
    let topic = topic("deleted");
    let model = model(&broker, &topic, &json!({"KAFKA_ROWS_PER_SECOND": 1_000}));
    let file = folder.path().join("m.json");
    std::fs::write(&file, model.to_string()).unwrap();
    let server = broker.server(folder.path());
    let form = format!("model_file=@{}", file.display());
    let id = server.submit("/datagen/kafka?rows=1000&batches=100", &[&form]);
    std::thread::sleep(Duration::from_secs(2));
    broker.referee(&topic, &["delete"]);
    let status = server.wait(&id);
    assert_eq!(status["status"], "FAILED", "{status}");
    assert!(status.to_string().contains("it is not there any longer"), "{status}");
}

/// Issue 10: headers, times and partitions are those of fields, for all compressions; CSV is the line of the file.
#[test]
fn headers_times_and_partitions_come_from_fields() {
    let Some(broker) = Broker::find("kafka headers") else { return };
    for compression in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let folder = tempfile::tempdir().unwrap();
        let topic = topic(compression);
        let mut model = model(
            &broker,
            &topic,
            &json!({
                "KAFKA_COMPRESSION": compression, "KAFKA_MESSAGE_TYPE": "csv", "CSV_HEADER": false,
                "KAFKA_PARTITION_FIELD": "hidden", "KAFKA_PARTITIONS_NUMBER": 4,
                "KAFKA_HEADERS": "source=datagen", "KAFKA_HEADER_FIELDS": "hidden",
                "KAFKA_TIMESTAMP": "at", "KAFKA_TOPIC_CONFIG": "retention.ms=-1"
            }),
        );
        let at = json!({
            "name": "at", "type": "TIMESTAMP", "min_date": "2026-01-01T00:00:00Z",
            "max_date": "2026-01-02T00:00:00Z", "ghost": true
        });
        model["Fields"].as_array_mut().unwrap().push(at);
        std::fs::write(folder.path().join("m.json"), model.to_string()).unwrap();
        let arguments =
            ["generate", "-q", "-m", "m.json", "-c", "kafka,csv", "-n", "900", "--seed", "7"];
        run_ok(folder.path(), &arguments);
        let file = folder.path().join("files/rows-0000000000.csv");
        let file = std::fs::read_to_string(file).unwrap();
        let mut rows = Vec::new();
        for (partition, messages) in broker.read(&topic) {
            for message in messages {
                assert_eq!(message["headers"][0], json!(["source", "datagen"]));
                assert_eq!(message["headers"][1][0], "hidden");
                let hidden: i64 = message["headers"][1][1].as_str().unwrap().parse().unwrap();
                assert_eq!(hidden % 4, partition);
                let day = 1_767_225_600_000..=1_767_312_000_000;
                assert!(day.contains(&message["timestamp"].as_i64().unwrap()), "{message}");
                assert_eq!(message["key"], Value::Null);
                rows.push(message["value"].as_str().unwrap().to_owned());
            }
        }
        rows.sort_by_key(|row| row.split(['"', ',']).find_map(|text| text.parse::<i64>().ok()));
        assert!(format!("{}\n", rows.join("\n")) == file, "{compression}");
    }
}

/// Issue 10: messages carry the ids of their schemas, and the readers of registries read them; a schema that does not
/// fit is refused with the registry's sentence before any row is made.
#[test]
fn registries_know_the_schemas_of_messages() {
    let Some(broker) = Broker::find("kafka and registries") else { return };
    for (kind, url) in registries() {
        let folder = tempfile::tempdir().unwrap();
        let topic = topic(&kind);
        let avro = |more: Value| {
            let mut options = json!({
                "KAFKA_MESSAGE_TYPE": "avro", "KAFKA_KEY_TYPE": "avro", "KAFKA_MSG_KEY": "hidden,city",
                "SCHEMA_REGISTRY_URL": url, "SCHEMA_REGISTRY_TYPE": kind
            });
            options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            model(&broker, &topic, &options)
        };
        let generate = |model: &Value| {
            std::fs::write(folder.path().join("m.json"), model.to_string()).unwrap();
            let arguments = ["generate", "-q", "-m", "m.json", "-c", "kafka,json", "-n", "3000"];
            run(folder.path(), &[&arguments[..], &["--seed", "7"]].concat())
        };
        let output = generate(&avro(json!({})));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let reader = if kind == "cloudera" { "cloudera" } else { "registry" };
        let partitions = broker.read_with(&topic, &[&format!("{reader}={url}")]);
        for message in partitions.values().flatten() {
            assert_eq!(message["key"]["city"], message["value"]["city"], "{message}");
            assert!(message["key"]["hidden"].is_i64(), "{message}");
        }
        assert!(sorted(partitions) == json_rows(&folder.path().join("files")), "{kind}");
        if kind == "confluent" {
            let set = Command::new("curl")
                .args(["-sf", "-X", "PUT", "-H", "Content-Type: application/json"])
                .args(["-d", r#"{"compatibility":"BACKWARD"}"#])
                .arg(format!("{url}/config/{topic}-value"))
                .output();
            assert!(set.unwrap().status.success());
        }
        let mut other = avro(json!({}));
        other["Fields"][3] = json!({"name": "amount", "type": "BOOLEAN"});
        let output = generate(&other);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{told}");
        // Apicurio says no more than that.
        let sentence = if kind == "cloudera" { "/fields/" } else { "incompatible" };
        assert!(told.contains(sentence) && told.contains("does not fit"), "{told}");
        let lost = generate(&avro(json!({"SCHEMA_REGISTRY_URL": format!("{url}/nowhere")})));
        let told = String::from_utf8_lossy(&lost.stderr).into_owned();
        assert!(told.contains("SCHEMA_REGISTRY_URL"), "{told}");
    }
}
