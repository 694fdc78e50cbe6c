//! S3 as its users meet it, on real servers: read back by clients that are not ours.
//!
//! `DATAGEN_S3` names the servers: addresses with commas between them, which take any key pair. `tests/services/moto/run`
//! and `tests/services/ozone/run` start them.

#![expect(clippy::print_stdout, reason = "a test that is left out says so")]

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use crate::s3_services::Moto;
use crate::server::Server;
use crate::support::{datagen, files_below, run_ok};

pub(crate) const FORMATS: [&str; 5] = ["csv", "json", "avro", "parquet", "orc"];

/// The servers under test; says that the test is left out where there are none.
pub(crate) fn servers() -> Vec<String> {
    let named = std::env::var("DATAGEN_S3").unwrap_or_default();
    let servers: Vec<String> =
        named.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if servers.is_empty() {
        println!("left out: DATAGEN_S3 names no server of S3 (tests/services/moto/run start DIR)");
    }
    servers
}

/// A name of a bucket that nobody else has.
pub(crate) fn bucket() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("it-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn script(name: &str) -> String {
    format!("{}/tests/services/{name}", env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn python() -> String {
    std::env::var("DATAGEN_REFEREE").unwrap_or_else(|_| "python3".to_owned())
}

/// What `tests/services/s3.py` answers.
pub(crate) fn referee(endpoint: &str, arguments: &[&str]) -> Value {
    let output = Command::new(python()).arg(script("s3.py")).arg(endpoint).args(arguments).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Settings for the bucket of a server, as `--set` takes them.
pub(crate) fn settings(endpoint: &str, bucket: &str) -> Vec<String> {
    vec![
        format!("S3_ENDPOINT={endpoint}"),
        format!("S3_BUCKET={bucket}"),
        "S3_ACCESS_KEY_ID=datagen".to_owned(),
        "S3_ACCESS_KEY_SECRET=any".to_owned(),
    ]
}

/// Arguments of `generate` for the shipped model `sensor`, the same rows for everybody.
pub(crate) fn arguments<'a>(
    connectors: &'a [String],
    settings: &'a [String],
    more: &[&'a str],
) -> Vec<&'a str> {
    let mut arguments =
        vec!["generate", "-q", "-m", "sensor", "--seed", "7", "--now", "2026-01-01T00:00:00Z"];
    arguments.extend(connectors.iter().flat_map(|name| ["-c", name.as_str()]));
    arguments.extend(settings.iter().flat_map(|setting| ["--set", setting.as_str()]));
    arguments.extend(more);
    arguments
}

fn named(prefix: &str) -> Vec<String> {
    FORMATS.iter().map(|format| format!("{prefix}{format}")).collect()
}

/// The objects below `prefix`, as the files of a folder.
pub(crate) fn objects(
    endpoint: &str,
    bucket: &str,
    prefix: &str,
) -> std::collections::BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    referee(endpoint, &["dump", bucket, prefix, folder.path().to_str().unwrap()]);
    files_below(&folder.path().join(prefix))
}

/// Issue 10: for all formats, one file a batch or one for all, objects are the files of the local disk, and
/// independent readers find every row over S3.
#[test]
fn objects_are_the_files_of_the_local_disk() {
    for endpoint in servers() {
        let (folder, bucket) = (tempfile::tempdir().unwrap(), bucket());
        for (directory, one_for_each) in [("many/deep", "true"), ("one", "false")] {
            let mut settings = settings(&endpoint, &bucket);
            settings.push(format!("S3_DIRECTORY=/{directory}/"));
            settings.push("S3_LOCAL_FILE_PATH=/somewhere".to_owned());
            settings.push(format!("ONE_FILE_PER_ITERATION={one_for_each}"));
            let more = ["-b", "3", "-r", "4000", "--output-root", directory];
            let connectors = [named("s3_"), named("")].concat();
            run_ok(folder.path(), &arguments(&connectors, &settings, &more));
            let local = files_below(&folder.path().join(directory));
            assert_eq!(local.len(), if one_for_each == "true" { 15 } else { 5 });
            assert!(objects(&endpoint, &bucket, directory) == local, "{endpoint} {directory}");
            let rows = referee(&endpoint, &["rows", &bucket, directory]);
            assert!(FORMATS.iter().all(|format| rows[format] == 12_000), "{endpoint}: {rows}");
        }
        assert_eq!(referee(&endpoint, &["uploads", &bucket]), serde_json::json!([]));
    }
}

/// Issue 10: objects that do not fit into memory go out in parts, and are the same bytes.
#[test]
fn large_objects_go_out_in_parts() {
    for endpoint in servers() {
        let (folder, bucket) = (tempfile::tempdir().unwrap(), bucket());
        let connectors = ["s3_csv", "csv"].map(str::to_owned);
        let mut settings = settings(&endpoint, &bucket);
        settings.push("S3_DIRECTORY=large".to_owned());
        let more = ["-b", "2", "-r", "400000", "--output-root", "large"];
        run_ok(folder.path(), &arguments(&connectors, &settings, &more));
        let local = files_below(&folder.path().join("large"));
        assert!(local.values().all(|bytes| bytes.len() > 20 << 20), "{:?}", local.keys());
        assert!(objects(&endpoint, &bucket, "large") == local, "{endpoint}");
        assert_eq!(referee(&endpoint, &["uploads", &bucket]), serde_json::json!([]));
    }
}

/// Issue 10: listings have pages; names are exact, never prefixes.
#[test]
fn delete_previous_takes_exact_names_of_listings_of_any_length() {
    for endpoint in servers() {
        let (folder, bucket) = (tempfile::tempdir().unwrap(), bucket());
        let (connectors, mut settings) = (["s3_csv".to_owned()], settings(&endpoint, &bucket));
        settings.push("S3_DIRECTORY=d".to_owned());
        run_ok(folder.path(), &arguments(&connectors, &settings, &["-b", "1"]));
        let old: Vec<String> =
            (1..1050).map(|number| format!("d/sensor-{number:010}.csv")).collect();
        let kept = [
            "d/sensor-12.csv",
            "d/sensor2-0000000009.csv",
            "d/sensor-0000000001.csv.gz",
            "d/sensor/x.csv",
        ];
        let put: Vec<&str> = ["put", &bucket]
            .into_iter()
            .chain(old.iter().map(String::as_str))
            .chain(kept)
            .collect();
        referee(&endpoint, &put);
        settings.push("DELETE_PREVIOUS=true".to_owned());
        run_ok(folder.path(), &arguments(&connectors, &settings, &["-b", "2"]));
        let left = objects(&endpoint, &bucket, "d");
        let mut expected: Vec<&str> = kept.iter().map(|name| &name[2..]).collect();
        expected.extend(["sensor-0000000000.csv", "sensor-0000000001.csv"]);
        expected.sort_unstable();
        assert_eq!(left.keys().map(String::as_str).collect::<Vec<_>>(), expected, "{endpoint}");
    }
}

/// Issue 10: headers that an operator asks for reach the objects, whole ones and those of parts.
#[test]
fn class_encryption_tags_and_checksums_reach_the_objects() {
    let Some(moto) = Moto::start(&[]) else { return };
    let (folder, endpoint) = (tempfile::tempdir().unwrap(), moto.endpoint());
    for (rows, checksum) in
        [("10", "sha256"), ("10", "crc64nvme"), ("400000", "sha256"), ("400000", "none")]
    {
        let mut settings = settings(&endpoint, "headers");
        settings.extend(
            [
                "S3_STORAGE_CLASS=STANDARD_IA",
                "S3_ENCRYPTION=aes256",
                "S3_TAGS=team=data, made by=datagen",
            ]
            .map(str::to_owned),
        );
        settings.push(format!("S3_CHECKSUM={checksum}"));
        run_ok(folder.path(), &arguments(&["s3_csv".to_owned()], &settings, &["-r", rows]));
        let about = referee(&endpoint, &["about", "headers", "sensor-0000000000.csv"]);
        let expected = serde_json::json!({
            "class": "STANDARD_IA", "encryption": "AES256", "metadata": ["datagen-id"],
            "tags": {"team": "data", "made by": "datagen"},
        });
        assert_eq!(about, expected, "{rows} {checksum}");
    }
}

/// A server whose operator lets it reach what stands on this machine.
pub(crate) fn server(folder: &Path) -> Server {
    Server::start_by(datagen(folder).env("DATAGEN_CONNECTORS_ALLOWED_HOSTS", "127.0.0.1"))
}
