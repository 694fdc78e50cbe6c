//! A cancel and the signals that end a process reach a sink that waits for a place which does not answer.

#![expect(
    clippy::print_stdout,
    reason = "how long it took is told; how long it may take says the request"
)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::kafka::{Broker, topic};
use crate::s3::{arguments, bucket, referee, server, servers, settings};
use crate::s3_services::{Proxy, Service};
use crate::server::Server;
use crate::support::{datagen, run_ok};

/// Far less than a request may take, and far more than a busy machine needs for one that was told.
const SOON: Duration = Duration::from_secs(20);

/// Cancels `id` while its sink hangs: how long that took.
fn cancel(server: &Server, id: &str) -> Duration {
    let began = Instant::now();
    let (code, answer) = server.post(&format!("/command/cancel?commandUuid={id}"), &[]);
    assert_eq!(code, 200, "{answer}");
    let ended = server.wait_within(SOON, id, &[]);
    assert_eq!((&ended["status"], &ended["comment"]), (&"FAILED".into(), &"cancelled".into()));
    began.elapsed()
}

/// Ends `generate` by SIGTERM as soon as its sink `hangs`: how long that took.
fn terminate(folder: &Path, arguments: &[&str], hangs: impl FnOnce()) -> Duration {
    // The tests may run where signals are ignored.
    let program = datagen(folder);
    let mut child = Command::new("env")
        .arg("--default-signal=TERM")
        .arg(program.get_program())
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .spawn()
        .unwrap();
    hangs();
    let began = Instant::now();
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(143));
    began.elapsed()
}

/// All three took less than a request has; tells the figures.
fn check(what: &str, took: [Duration; 3]) {
    let [cancel, server, generate] = took.map(|took| took.as_secs_f64());
    println!(
        "{what}: cancel {cancel:.2} s, SIGTERM of a server {server:.2} s, of generate {generate:.2} s"
    );
    assert!(took.iter().all(|took| *took < SOON), "{what}: {took:?}");
}

/// Issue 10: of S3, while it opens the bucket, publishes small objects, or uploads parts.
#[test]
fn a_cancel_reaches_a_sink_that_waits_for_s3() {
    for endpoint in servers() {
        let (folder, bucket) = (tempfile::tempdir().unwrap(), bucket());
        // The bucket is there.
        run_ok(folder.path(), &arguments(&["s3_csv".into()], &settings(&endpoint, &bucket), &[]));
        for (what, hang, rows, batches) in [
            ("opening", "4", "1000", "1000"),
            ("small objects", "30", "1000", "10000"),
            ("parts", "12", "5000000", "4"),
        ] {
            let hang = || Proxy::start(&endpoint, &["hang", hang]);
            let submit = |server: &Server, proxy: &mut Proxy| {
                let mut form = settings(&proxy.endpoint, &bucket);
                form.extend(["model=sensor".to_owned(), format!("S3_DIRECTORY={}", &what[..4])]);
                form.extend([format!("rows={rows}"), format!("batches={batches}")]);
                let form: Vec<&str> = form.iter().map(String::as_str).collect();
                let id = server.submit("/datagen/s3_csv", &form);
                proxy.wait_for("hangs");
                id
            };
            let (server, mut proxy) = (server(folder.path()), hang());
            let id = submit(&server, &mut proxy);
            let cancelled = cancel(&server, &id);
            let mut proxy = hang();
            submit(&server, &mut proxy);
            let stopped = server.terminate();
            let mut proxy = hang();
            let settings = settings(&proxy.endpoint, &bucket);
            let more = ["-r", rows, "-b", batches];
            let arguments = arguments(&["s3_csv".to_owned()], &settings, &more).join("\n");
            let arguments: Vec<&str> = arguments.split('\n').collect();
            let ended = terminate(folder.path(), &arguments, || proxy.wait_for("hangs"));
            check(&format!("{endpoint} {what}"), [cancelled, stopped, ended]);
            std::fs::remove_dir_all(folder.path().join("home")).unwrap();
        }
    }
}

/// Issue 10: a cancelled command gives up what it has uploaded, where the server answers.
#[test]
fn a_cancelled_command_leaves_no_upload() {
    for endpoint in servers() {
        let (folder, bucket) = (tempfile::tempdir().unwrap(), bucket());
        let server = server(folder.path());
        let mut form = settings(&endpoint, &bucket);
        form.extend(["model=sensor", "rows=50000000", "batches=1"].map(str::to_owned));
        let form: Vec<&str> = form.iter().map(String::as_str).collect();
        run_ok(folder.path(), &arguments(&["s3_csv".into()], &settings(&endpoint, &bucket), &[]));
        let id = server.submit("/datagen/s3_csv", &form);
        let deadline = Instant::now() + Duration::from_secs(60);
        let wait_for = |wanted: &dyn Fn(&Value) -> bool| {
            while !wanted(&referee(&endpoint, &["uploads", &bucket])) {
                assert!(Instant::now() < deadline, "{endpoint}");
            }
        };
        wait_for(&|uploads| *uploads != json!([]));
        cancel(&server, &id);
        wait_for(&|uploads| *uploads == json!([]));
    }
}

/// Issue 10: of Kafka, whose broker stands still; it disturbs other tests as an outage does.
#[test]
fn outages_of_a_broker_let_a_cancel_reach_a_sink_that_waits() {
    let Some(broker) = Broker::find("a cancel of Kafka") else { return };
    if std::env::var_os("DATAGEN_KAFKA_OUTAGES").is_none() {
        return println!(
            "left out: a frozen broker disturbs other tests; DATAGEN_KAFKA_OUTAGES=1 runs it"
        );
    }
    let (folder, frozen) = (tempfile::tempdir().unwrap(), Service::kafka(&broker.0));
    let server = broker.server(folder.path());
    let named = [
        format!("KAFKA_BROKERS={}", broker.address("KAFKA_PORT")),
        format!("KAFKA_TOPIC={}", topic("cancelled")),
        "KAFKA_ROWS_PER_SECOND=2000".to_owned(),
    ];
    let submit = || {
        let mut form: Vec<&str> = named.iter().map(String::as_str).collect();
        form.extend(["model=sensor", "rows=1000", "batches=1000"]);
        let id = server.submit("/datagen/kafka", &form);
        let deadline = Instant::now() + Duration::from_secs(60);
        let status = || server.post(&format!("/command/getCommandStatus?commandUuid={id}"), &[]).1;
        while status()["rows"].as_u64().unwrap_or(0) == 0 {
            assert!(Instant::now() < deadline, "{}", status());
        }
        id
    };
    // What was sent is answered no more, and the next rows wait for that.
    let freeze = || {
        frozen.freeze();
        std::thread::sleep(Duration::from_secs(3));
    };
    let id = submit();
    freeze();
    let cancelled = cancel(&server, &id);
    frozen.thaw();
    let id = submit();
    freeze();
    let stopped = server.terminate();
    frozen.thaw();
    assert!(!id.is_empty());
    let mut arguments = vec!["generate", "-q", "-m", "sensor", "-c", "kafka"];
    arguments.extend(["-r", "1000", "-b", "1000"]);
    arguments.extend(named.iter().flat_map(|setting| ["--set", setting.as_str()]));
    let ended = terminate(folder.path(), &arguments, || {
        std::thread::sleep(Duration::from_secs(5));
        freeze();
    });
    frozen.thaw();
    check("kafka", [cancelled, stopped, ended]);
}
