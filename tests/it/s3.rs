//! S3 as its users meet it, on real servers: read back by clients that are not ours.
//!
//! `DATAGEN_S3` names the servers: addresses with commas between them, which take any key pair. `tests/services/moto/run`
//! and `tests/services/ozone/run` start them.

#![expect(clippy::print_stdout, reason = "a test that is left out says so")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use tempfile::TempDir;

use crate::server::Server;
use crate::support::{datagen, files_below, run, run_ok};

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

fn script(name: &str) -> String {
    format!("{}/tests/services/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn python() -> String {
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
fn arguments<'a>(
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

/// A server of moto that the test may kill, with its settings.
struct Moto {
    folder: TempDir,
    port: u16,
}

impl Moto {
    /// `None` where no service is tested.
    fn start(variables: &[(&str, &str)]) -> Option<Self> {
        if servers().is_empty() {
            return None;
        }
        let port = free_port();
        let moto = Self { folder: tempfile::tempdir().unwrap(), port };
        moto.run("start", variables);
        Some(moto)
    }

    fn run(&self, what: &str, variables: &[(&str, &str)]) -> String {
        let output = Command::new(script("moto/run"))
            .args([what, self.folder.path().to_str().unwrap()])
            .env("MOTO_PORT", self.port.to_string())
            .env("MOTO_PYTHON", python())
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What `env` prints.
    fn variable(&self, name: &str) -> String {
        let text = self.run("env", &[]);
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.unwrap_or_default().to_owned()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.run("stop", &[]);
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A proxy before a server that answers badly.
struct Proxy {
    child: Child,
    endpoint: String,
}

impl Proxy {
    fn start(target: &str, arguments: &[&str]) -> Self {
        let port = free_port().to_string();
        let target = target.rsplit(':').next().unwrap();
        let mut child = Command::new(python())
            .arg(script("faulty_proxy.py"))
            .args([&port, target])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Self { child, endpoint: format!("http://127.0.0.1:{port}") }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Issue 10: for all ways in which a server answers badly now and then, the command finishes with the same bytes, and
/// nothing stays behind.
#[test]
fn a_server_that_answers_badly_now_and_then_is_asked_again() {
    for endpoint in servers() {
        let (folder, bucket) = (tempfile::tempdir().unwrap(), bucket());
        for fault in ["503", "429", "500", "cut", "lost"] {
            let proxy = Proxy::start(&endpoint, &[fault, "4"]);
            let connectors = ["s3_csv", "csv", "s3_parquet", "parquet"].map(str::to_owned);
            let directory = format!("f{fault}");
            let mut settings = settings(&proxy.endpoint, &bucket);
            settings.push(format!("S3_DIRECTORY={directory}"));
            let more = ["-b", "3", "-r", "120000", "--output-root", &directory];
            run_ok(folder.path(), &arguments(&connectors, &settings, &more));
            drop(proxy);
            let local = files_below(&folder.path().join(&directory));
            assert!(objects(&endpoint, &bucket, &directory) == local, "{endpoint} {fault}");
            let uploads = referee(&endpoint, &["uploads", &bucket]);
            assert_eq!(uploads, serde_json::json!([]), "{endpoint} {fault}");
        }
    }
}

/// The refusal of a command that writes with `settings`, without addresses.
fn refusal(folder: &Path, settings: &[String]) -> String {
    let connectors = ["s3_csv".to_owned()];
    let output = run(folder, &arguments(&connectors, settings, &[]));
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    let port = |text: String| match text.find("127.0.0.1:") {
        Some(at) => {
            let end = text[at + 10..]
                .find(|c: char| !c.is_ascii_digit())
                .map_or(text.len(), |end| at + 10 + end);
            format!("{}SERVER{}", &text[..at], &text[end..])
        }
        None => text,
    };
    port(text).trim().to_owned()
}

/// A server says the same as the command line has `told` when it is asked to look, and makes nothing.
fn a_server_says_the_same_of(
    with: &impl Fn(&[(&str, &str)]) -> Vec<String>,
    (reader, ca, closed): (&[String; 2], &str, &str),
    told: &[String],
) {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let check = |settings: &[String]| {
        let mut form = vec!["-F", "model=sensor", "-F", "check=true"];
        form.extend(settings.iter().flat_map(|setting| ["-F", setting.as_str()]));
        server.post("/datagen/s3_csv", &form)
    };
    let certificate = std::fs::read_to_string(ca).unwrap();
    let (other, certificate) = (
        std::fs::read_to_string(ca.replace("ca.crt", "other-ca.crt")).unwrap(),
        certificate.as_str(),
    );
    let refused = [
        with(&[("S3_SSL_CA", certificate), ("S3_ACCESS_KEY_ID", "AKIAUNKNOWN")]),
        with(&[("S3_SSL_CA", certificate), ("S3_ACCESS_KEY_SECRET", "wrong")]),
        with(&[
            ("S3_SSL_CA", certificate),
            ("S3_ACCESS_KEY_ID", &reader[0]),
            ("S3_ACCESS_KEY_SECRET", &reader[1]),
        ]),
        with(&[
            ("S3_SSL_CA", certificate),
            ("S3_BUCKET", "missing"),
            ("S3_CREATE_BUCKET", "false"),
        ]),
        with(&[("S3_SSL_CA", &other)]),
        with(&[("S3_ENDPOINT", closed), ("S3_SSL_CA", "")]),
    ];
    for (settings, told) in refused.iter().zip(told) {
        let (code, answer) = check(settings);
        assert_eq!((code, &answer["code"]), (400, &"not_ready".into()), "{answer}");
        let (_, cure) = told.rsplit_once(" (").unwrap();
        let message = answer["problems"][0]["message"].as_str().unwrap();
        assert!(message.ends_with(&format!("({cure}")), "{message}, expected {told}");
    }
    let (code, answer) = check(&with(&[("S3_SSL_CA", certificate), ("S3_BUCKET", "to-come")]));
    assert_eq!(code, 200, "{answer}");
    let connectors = serde_json::json!([
        {"connector": "s3_csv", "destination": answer["connectors"][0]["destination"]}
    ]);
    assert_eq!(
        answer,
        serde_json::json!({"commandUuid": "", "error": "", "connectors": connectors})
    );
    // It fails when it starts, before a row is made.
    let form: Vec<&str> = refused[1].iter().map(String::as_str).chain(["model=sensor"]).collect();
    let ended = server.wait(&server.submit("/datagen/s3_csv", &form));
    assert_eq!(
        (&ended["status"], &ended["generatedRows"]),
        (&"FAILED".into(), &0.into()),
        "{ended}"
    );
    let comment = ended["comment"].as_str().unwrap();
    assert!(
        comment.contains("(set S3_ACCESS_KEY_SECRET to the secret of S3_ACCESS_KEY_ID)"),
        "{comment}"
    );
}

/// Issue 10, acceptance 5: refused before the first row, with the setting to change.
#[test]
fn a_refusal_names_the_setting_to_change() {
    let Some(moto) = Moto::start(&[("MOTO_TLS", "1"), ("MOTO_AUTH", "1")]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (id, secret) = (moto.variable("S3_ACCESS_KEY_ID"), moto.variable("S3_ACCESS_KEY_SECRET"));
    let reader =
        ["S3_READER_ACCESS_KEY_ID", "S3_READER_ACCESS_KEY_SECRET"].map(|name| moto.variable(name));
    let ca = moto.variable("S3_CA");
    let with = |changes: &[(&str, &str)]| {
        let mut settings = vec![
            ("S3_ENDPOINT", moto.variable("S3_ENDPOINT")),
            ("S3_ACCESS_KEY_ID", id.clone()),
            ("S3_ACCESS_KEY_SECRET", secret.clone()),
            ("S3_SSL_CA", ca.clone()),
            ("S3_BUCKET", "there".to_owned()),
        ];
        for (key, value) in changes {
            settings.retain(|(name, _)| name != key);
            settings.push((key, (*value).to_owned()));
        }
        settings.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>()
    };
    // The bucket is made by who may.
    run_ok(folder.path(), &arguments(&["s3_csv".to_owned()], &with(&[]), &[]));
    let other_ca = ca.replace("ca.crt", "other-ca.crt");
    let closed = format!("http://127.0.0.1:{}", free_port());
    let told = [
        refusal(folder.path(), &with(&[("S3_ACCESS_KEY_ID", "AKIAUNKNOWN")])),
        refusal(folder.path(), &with(&[("S3_ACCESS_KEY_SECRET", "wrong")])),
        refusal(
            folder.path(),
            &with(&[("S3_ACCESS_KEY_ID", &reader[0]), ("S3_ACCESS_KEY_SECRET", &reader[1])]),
        ),
        refusal(folder.path(), &with(&[("S3_BUCKET", "missing"), ("S3_CREATE_BUCKET", "false")])),
        refusal(folder.path(), &with(&[("S3_SSL_CA", &other_ca)])),
        refusal(folder.path(), &with(&[("S3_SSL_CA", "/nowhere.pem")])),
        refusal(folder.path(), &with(&[("S3_ENDPOINT", &closed)])),
        refusal(folder.path(), &with(&[("S3_ACCESS_KEY_ID", "")])),
        refusal(folder.path(), &with(&[("S3_ACCESS_KEY_ID", ""), ("S3_ACCESS_KEY_SECRET", "")])),
    ];
    insta::assert_snapshot!(told.join("\n"), @r"
    error: connector `s3_csv`: `SERVER`: InvalidAccessKeyId (403): The AWS Access Key Id you provided does not exist in our records. (set S3_ACCESS_KEY_ID to a key that the server knows)
    error: connector `s3_csv`: `SERVER`: SignatureDoesNotMatch (403): The request signature we calculated does not match the signature you provided. Check your key and signing method. (set S3_ACCESS_KEY_SECRET to the secret of S3_ACCESS_KEY_ID)
    error: connector `s3_csv`: `SERVER`: AccessDenied (403): Access Denied (allow S3_ACCESS_KEY_ID to list the bucket, to put and to delete objects)
    error: connector `s3_csv`: `SERVER`: NoSuchBucket (404): The specified bucket does not exist (set S3_BUCKET to one that exists, or leave S3_CREATE_BUCKET at `true`)
    error: connector `s3_csv`: `SERVER`: invalid peer certificate: UnknownIssuer (set S3_SSL_CA to the certificate of the authority that signed the server's, and S3_ENDPOINT to a name that it is made for)
    error: connector `s3_csv`: `SERVER`: read `/nowhere.pem`: No such file or directory (os error 2) (set S3_SSL_CA to a file that is there)
    error: connector `s3_csv`: `SERVER`: Connection refused (os error 111) (set S3_ENDPOINT to a server that answers)
    error: sensor: S3_ACCESS_KEY_ID: `S3_ACCESS_KEY_ID` is missing (both halves of a key pair are needed)
    error: connector `s3_csv`: `SERVER`: there are no keys (set S3_ACCESS_KEY_ID and S3_ACCESS_KEY_SECRET, S3_AWS_PROFILE, or `S3_CREDENTIALS_TYPE` to `environment`, `instance` or, for a public bucket, `none`)
    ");
    let refused = [told[0..5].to_vec(), vec![told[6].clone()]].concat();
    a_server_says_the_same_of(&with, (&reader, &ca, &closed), &refused);
    let everything = told.join("\n");
    assert!(!everything.contains(&secret) && !everything.contains(&reader[1]), "{everything}");
}

/// Issue 10: headers that an operator asks for reach the objects, whole ones and those of parts.
#[test]
fn class_encryption_tags_and_checksums_reach_the_objects() {
    let Some(moto) = Moto::start(&[]) else { return };
    let (folder, endpoint) =
        (tempfile::tempdir().unwrap(), format!("http://127.0.0.1:{}", moto.port));
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

/// Issue 10: for any moment at which our server is killed, the command ends with the bytes of an undisturbed run, and no
/// upload stays behind.
#[test]
fn a_killed_server_leaves_no_upload() {
    let kills: u32 = std::env::var("DATAGEN_KILLS").map_or(6, |kills| kills.parse().unwrap());
    for endpoint in servers() {
        let (folder, bucket) = (tempfile::tempdir().unwrap(), bucket());
        let mut ids = Vec::new();
        for kill in 0..kills {
            let server = server(folder.path());
            let form: Vec<String> = settings(&endpoint, &bucket)
                .into_iter()
                .chain([format!("S3_DIRECTORY=k{kill}"), format!("seed={kill}")])
                .chain(
                    ["model=sensor", "rows=250000", "batches=4", "now=2026-01-01T00:00:00Z"]
                        .map(str::to_owned),
                )
                .collect();
            let form: Vec<&str> = form.iter().map(String::as_str).collect();
            let path = if kill % 2 == 0 { "/datagen/s3_csv" } else { "/datagen/s3_parquet" };
            ids.push(server.submit(path, &form));
            std::thread::sleep(std::time::Duration::from_millis(u64::from(kill * 137 % 900)));
            server.kill();
        }
        let server = server(folder.path());
        for (kill, id) in ids.iter().enumerate() {
            let ended = server.wait_after_kills(id);
            assert_eq!(ended["status"], "FINISHED", "{endpoint}: {ended}");
            let (seed, root) = (kill.to_string(), format!("k{kill}"));
            let format = if kill % 2 == 0 { "csv" } else { "parquet" };
            run_ok(
                folder.path(),
                &[
                    "generate",
                    "-q",
                    "-m",
                    "sensor",
                    "-c",
                    format,
                    "--seed",
                    &seed,
                    "--now",
                    "2026-01-01T00:00:00Z",
                    "-b",
                    "4",
                    "-r",
                    "250000",
                    "--output-root",
                    &root,
                ],
            );
            let local = files_below(&folder.path().join(&root));
            assert!(objects(&endpoint, &bucket, &root) == local, "{endpoint} {kill}");
        }
        assert_eq!(referee(&endpoint, &["uploads", &bucket]), serde_json::json!([]), "{endpoint}");
    }
}

/// Issue 10: a command of the command line that is killed leaves uploads; the next one of these names gives them up.
#[test]
fn the_next_run_of_the_same_names_gives_up_what_a_killed_one_left() {
    for endpoint in servers() {
        let (folder, bucket) = (tempfile::tempdir().unwrap(), bucket());
        let connectors = ["s3_csv".to_owned()];
        let settings = settings(&endpoint, &bucket);
        let mut child = datagen(folder.path());
        let mut child =
            child.args(arguments(&connectors, &settings, &["-r", "50000000"])).spawn().unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        let began = || {
            let found = Command::new(python())
                .arg(script("s3.py"))
                .args([&endpoint, "uploads", &bucket])
                .output();
            found.unwrap().stdout.starts_with(b"[\"")
        };
        while !began() {
            assert!(std::time::Instant::now() < deadline);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        run_ok(folder.path(), &arguments(&connectors, &settings, &["-r", "10"]));
        assert_eq!(referee(&endpoint, &["uploads", &bucket]), serde_json::json!([]), "{endpoint}");
        assert_eq!(objects(&endpoint, &bucket, "").len(), 1);
    }
}
