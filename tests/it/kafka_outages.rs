//! Outages of a Kafka broker in the middle of a command. They disturb every other test of the broker, so they run
//! alone: where `DATAGEN_KAFKA_OUTAGES` is set, beside `DATAGEN_KAFKA`.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::kafka::{Broker, json_rows, model, sorted, topic};
use crate::server::Server;

/// What outages are made by.
pub(crate) struct Outage<'a>(pub(crate) &'a Broker);

impl Outage<'_> {
    pub(crate) fn service(&self, action: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/services/kafka/run");
        // Its output would keep a pipe open for as long as the broker lives.
        let done = Command::new(script).arg(action).arg(&self.0.0).status().unwrap();
        assert!(done.success(), "{action}");
    }

    fn signal(&self, signal: &str) {
        let id = std::fs::read_to_string(self.0.0.join("pid")).unwrap();
        assert!(Command::new("kill").args([signal, id.trim()]).status().unwrap().success());
    }
}

/// What became of a command, which has so long for it.
fn end_of(server: &Server, id: &str, within: Duration) -> Value {
    let deadline = Instant::now() + within;
    loop {
        let path = format!("/command/getCommandStatus?commandUuid={id}");
        let (_, status) = server.post(&path, &[]);
        if ["FINISHED", "FAILED"].contains(&status["status"].as_str().unwrap_or_default()) {
            return status;
        }
        assert!(Instant::now() < deadline, "{status}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Runs 20,000 rows in 10 seconds with `outage` in their middle. Where the command is finished, every row is read back.
pub(crate) fn run(
    broker: &Broker,
    name: &str,
    options: &Value,
    within: u64,
    outage: impl FnOnce(),
) -> Value {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("models")).unwrap();
    let topic = topic(name);
    let mut all = json!({"KAFKA_ROWS_PER_SECOND": 2_000});
    all.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    let file = folder.path().join("m.json");
    std::fs::write(&file, model(broker, &topic, &all).to_string()).unwrap();
    let server = broker.server(folder.path());
    let form = format!("model_file=@{}", file.display());
    let path = "/datagen/multipleconnectors?connectors=kafka,json&rows=1000&batches=20";
    let id = server.submit(path, &[&form]);
    std::thread::sleep(Duration::from_secs(4));
    outage();
    let status = end_of(&server, &id, Duration::from_secs(within));
    if status["status"] == "FINISHED" {
        let rows = sorted(broker.read(&topic));
        assert!(rows == json_rows(&folder.path().join("out/files")), "{name}: {}", rows.len());
    }
    status
}

/// Issue 10: a broker that is killed and comes back, or stands still for a minute, is waited for, and no row is lost or
/// doubled; one that stays away fails the command at its time-out, with the reason.
#[test]
fn outages_of_a_broker_are_survived_or_told() {
    let Some(broker) = Broker::find("outages of a broker") else { return };
    if std::env::var_os("DATAGEN_KAFKA_OUTAGES").is_none() {
        println!(
            "left out: outages of a broker disturb other tests; DATAGEN_KAFKA_OUTAGES=1 runs them"
        );
        return;
    }
    let outage = Outage(&broker);
    let killed = run(&broker, "killed", &json!({}), 200, || {
        outage.service("kill");
        outage.service("start");
    });
    assert_eq!(killed["status"], "FINISHED", "{killed}");
    assert!(killed["connectors"][0]["retries"].as_u64().unwrap() > 0, "{killed}");
    let frozen = run(&broker, "frozen", &json!({}), 200, || {
        outage.signal("-STOP");
        std::thread::sleep(Duration::from_secs(60));
        outage.signal("-CONT");
    });
    assert_eq!(frozen["status"], "FINISHED", "{frozen}");
    let away = run(&broker, "away", &json!({"KAFKA_TIMEOUT": 8}), 40, || outage.service("kill"));
    outage.service("start");
    assert_eq!(away["status"], "FAILED", "{away}");
    let told = away.to_string();
    assert!(told.contains("KAFKA_BROKERS") && told.contains("Connection refused"), "{told}");
}
