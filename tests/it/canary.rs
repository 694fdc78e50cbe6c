//! Secrets: a canary that is given in every place where one can be given is found nowhere afterwards.
//!
//! Looked through are all answers, the log at its finest level, the messages of refusals, every file of the home
//! and of the outputs, database pages and write-ahead log among them, and the API's document.

use std::cell::RefCell;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::server::Server;
use crate::support::{datagen, files_below, run};

/// What every secret of the test begins with.
const CANARY: &str = "canary-7f3a";

/// A server that logs everything, and all that it answered.
struct Watched {
    server: Server,
    answers: RefCell<Vec<String>>,
}

impl Watched {
    fn start(folder: &Path, outside: &Path) -> Self {
        let log = outside.join("log");
        let log = File::options().create(true).append(true).open(log).unwrap();
        let mut command = datagen(folder);
        command.env("DATAGEN_LOG", "trace").stderr(Stdio::from(log));
        command.env("DATAGEN_CONFIG", operators_file(outside));
        command.env("DATAGEN_CONNECTORS_S3_LAKE_SESSION_TOKEN", secret("variable"));
        Self { server: Server::start_by(&mut command), answers: RefCell::default() }
    }

    fn ask(&self, path: &str, arguments: &[&str]) -> (u16, String) {
        let (code, body) = self.server.curl(path, &[&["-D", "-"], arguments].concat());
        self.answers.borrow_mut().push(body.clone());
        (code, body.rsplit("\r\n\r\n").next().unwrap().to_owned())
    }

    /// The key of the command that was accepted.
    fn submit(&self, path: &str, arguments: &[&str]) -> String {
        let (code, body) = self.ask(path, arguments);
        assert_eq!(code, 200, "{path}: {body}");
        let answer: Value = serde_json::from_str(&body).unwrap();
        answer["commandUuid"].as_str().unwrap().to_owned()
    }

    fn expect(&self, expected: u16, path: &str, arguments: &[&str]) -> String {
        let (code, body) = self.ask(path, arguments);
        assert_eq!(code, expected, "{path}: {body}");
        body
    }
}

fn is_clean(name: &str, bytes: &[u8]) {
    let found = bytes.windows(CANARY.len()).position(|window| window == CANARY.as_bytes());
    let around = found.map(|at| &bytes[at.saturating_sub(80)..bytes.len().min(at + 40)]);
    assert!(found.is_none(), "{name}: {}", String::from_utf8_lossy(around.unwrap_or_default()));
}

fn secret(place: &str) -> String {
    format!("{CANARY}-{place}")
}

/// What an operator sets, with secrets of a place where nobody answers.
fn operators_file(outside: &Path) -> PathBuf {
    let file = outside.join("datagen.toml");
    let toml = format!(
        "[connectors.s3]\nendpoint = \"http://127.0.0.1:1\"\naccess_key_id = \"{}\"\n\
         secret_access_key = \"{}\"\nlocked = [\"secret_access_key\"]\n\
         [connectors.s3.lake]\ncustomer_key = \"{}\"\n\
         [connectors.postgresql]\nurl = \"postgresql://127.0.0.1:1/lake\"\nuser = \"ann\"\ntimeout = 1\npassword = \"{}\"\n",
        secret("id"),
        secret("operator"),
        secret("profile"),
        secret("postgresql")
    );
    fs::write(&file, toml).unwrap();
    file
}

/// Keeps credentials in both forms, and some that are refused.
fn keep_credentials(watched: &Watched) {
    let password = &format!("KAFKA_SASL_PASSWORD={}", secret("credential"));
    let user = "KAFKA_SASL_USERNAME=ann";
    watched.expect(200, "/credentials", &["-F", "name=nest", "-F", user, "-F", password]);
    watched.expect(409, "/credentials", &["-F", "name=nest", "-F", user, "-F", password]);
    watched.expect(400, "/credentials", &["-F", "name=a b", "-F", password]);
    let content = &format!("content={}", secret("reference"));
    let reference =
        ["-F", "name=lake", "-F", "type=S3_ACCESS_KEY", "-F", "account=AKIA", "-F", content];
    watched.expect(200, "/api/v1/credentials/addCredentials", &reference);
    watched.expect(
        400,
        "/credentials/addCredentials",
        &["-F", "name=x", "-F", "type=KEYTAB", "-F", content],
    );
}

/// Asks for what is refused, with a secret each time.
fn refuse(watched: &Watched, outside: &Path, [upload, form, masked]: [&str; 3]) {
    let twice = format!("/datagen/csv?A_TOKEN={}&A_TOKEN={}", secret("first"), secret("second"));
    watched.expect(400, &twice, &["-X", "POST"]);
    let url = &format!("SCHEMA_REGISTRY_URL=https://ann:{}@registry.example", secret("url"));
    watched.expect(400, "/datagen/csv", &["-F", upload, "-F", url]);
    let url = &format!("POSTGRESQL_URL=postgresql://ann:{}@127.0.0.1:1/lake", secret("url"));
    watched.expect(400, "/datagen/postgresql", &["-F", upload, "-F", url]);
    watched.expect(400, "/datagen/csv", &["-F", masked]);
    let form_of_wrong = &format!("ROWS_PASSWORD={}", secret("wrong"));
    watched.expect(400, "/datagen/csv?rows=x", &["-F", upload, "-F", form_of_wrong]);
    watched.expect(400, "/datagen/csv", &["-F", upload, "-F", form, "-F", "CREDENTIAL=nowhere"]);
    watched.ask(&format!("/datagen/nowhere?PASSWORD={}", secret("path")), &["-X", "POST"]);
    let broken = outside.join("broken.json");
    fs::write(&broken, format!(r#"{{"Options": {{"PASSWORD": "{}"#, secret("broken"))).unwrap();
    let broken = &format!("model_file=@{}", broken.display());
    watched.expect(400, "/datagen/csv", &["-F", broken]);
}

/// A place where nobody answers, another place, a key that is locked.
fn use_what_the_operator_sets(watched: &Watched) {
    let bucket = ["-F", "model=birds", "-F", "S3_BUCKET=b", "-F", "PROFILE=lake"];
    watched.submit("/datagen/s3_csv?rows=1&batches=1", &bucket);
    let table = ["-F", "model=birds", "-F", "POSTGRESQL_TABLE_NAME=t"];
    watched.submit("/datagen/postgresql?rows=1&batches=1", &table);
    let own = &format!("POSTGRESQL_PASSWORD={}", secret("own"));
    watched.submit("/datagen/postgresql?rows=1&batches=1", &[&table[..], &["-F", own]].concat());
    let elsewhere = ["-F", "S3_ENDPOINT=https://elsewhere.example"];
    watched.expect(400, "/datagen/s3_csv", &[&bucket[..], &elsewhere].concat());
    let locked = &format!("S3_ACCESS_KEY_SECRET={}", secret("locked"));
    let told = watched.expect(400, "/datagen/s3_csv", &[&bucket[..], &["-F", locked]].concat());
    assert!(told.contains("locked_setting"), "{told}");
}

#[test]
fn a_secret_is_found_nowhere_wherever_it_was_given() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let model = format!(
        r#"{{"model_name": "birds", "Table_Names": {{"X_ACCESS_KEY": "{}"}},
             "Options": {{"KAFKA_SASL_PASSWORD": "{}"}}, "Fields": [{{"name": "a", "type": "LONG"}}]}}"#,
        secret("model"),
        secret("options")
    );
    let file = outside.path().join("birds.json");
    fs::write(&file, &model).unwrap();
    let upload = &format!("model_file=@{}", file.display());
    let log = outside.path().join("log");
    let watched = Watched::start(folder.path(), outside.path());

    // Query, form, JSON, header, schedule.
    let query = format!("/datagen/csv?rows=1&batches=1&MY_TOKEN={}", secret("query"));
    let mut ids = vec![watched.submit(&query, &["-F", upload])];
    let form = &format!("SOME_SECRET={}", secret("form"));
    ids.push(watched.submit("/datagen/csv?rows=1&batches=1", &["-F", upload, "-F", form]));
    let json = outside.path().join("request.json");
    let request = format!(
        r#"{{"model": {model}, "rows": 1, "batches": 1, "options": {{"API_KEY": "{}"}}}}"#,
        secret("json")
    );
    fs::write(&json, request).unwrap();
    let body = &format!("@{}", json.display());
    let as_json = ["-H", "content-type: application/json", "--data-binary", body];
    ids.push(watched.submit("/datagen/csv", &as_json));
    let headers = [
        &format!("authorization: Bearer {}", secret("bearer")),
        &format!("x-api-key: {}", secret("header")),
        &format!("cookie: password={}", secret("cookie")),
    ];
    let [one, two, three] = headers.map(String::as_str);
    watched.ask("/command/getAll", &["-X", "POST", "-H", one, "-H", two, "-H", three]);
    watched.ask(&format!("/credentials?password={}", secret("refused")), &[]);

    keep_credentials(&watched);
    let scheduled = watched.submit(
        "/datagen/csv?rows=1&batches=1&delay_between_executions_seconds=1",
        &["-F", upload, "-F", form, "-F", "CREDENTIAL=nest"],
    );
    let listed = watched.expect(200, "/credentials", &[]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[1]["settings"]["KAFKA_SASL_PASSWORD"], "***", "{listed}");
    assert_eq!(listed[1]["usedByCommands"], serde_json::json!([scheduled]), "{listed}");
    watched.expect(200, "/credentials/listCredentialsForUser?user=anonymous", &[]);
    watched.expect(409, "/credentials?name=nest", &["-X", "DELETE"]);

    // The model store: what is read back is masked, and may be stored again.
    watched.expect(200, "/model/store", &["-F", upload]);
    let stored = watched.expect(200, "/model/store?model=birds", &[]);
    assert_eq!(stored, model.replace(&secret("model"), "***").replace(&secret("options"), "***"));
    let masked = outside.path().join("masked.json");
    fs::write(&masked, &stored).unwrap();
    let masked = &format!("model_file=@{}", masked.display());
    watched.expect(200, "/model/store", &["-F", masked, "-F", "name=birds"]);
    watched.expect(400, "/model/store", &["-F", masked, "-F", "name=others"]);
    ids.push(watched.submit("/datagen/csv?rows=1&batches=1", &["-F", "model=birds"]));
    watched.expect(200, "/model/test", &["-F", "model=birds"]);

    refuse(&watched, outside.path(), [upload, form, masked]);

    for id in &ids {
        let status = watched.server.wait(id);
        assert_eq!(status["status"], "FINISHED", "{status}");
        let details =
            watched.expect(200, &format!("/command/get?commandUuid={id}"), &["-X", "POST"]);
        assert!(details.contains("***") || id == &ids[3], "{details}");
    }
    use_what_the_operator_sets(&watched);
    for path in ["/openapi.json", "/v3/api-docs", "/connectors", "/metrics", "/models"] {
        watched.ask(path, &[]);
    }

    // A server that is killed takes the schedule up again, with its secrets and its credential.
    let runs = |watched: &Watched| {
        let path = format!("/command/getCommandStatus?commandUuid={scheduled}");
        watched.server.post(&path, &[]).1["runs"].as_u64().unwrap()
    };
    let before = runs(&watched);
    let Watched { server, answers } = watched;
    server.kill();
    let watched = Watched { answers, ..Watched::start(folder.path(), outside.path()) };
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while runs(&watched) <= before {
        assert!(std::time::Instant::now() < deadline, "{before} runs");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    watched.expect(200, &format!("/command/get?commandUuid={scheduled}"), &["-X", "POST"]);
    // While the server runs, its log of changes is there; afterwards it is in the database.
    for (name, bytes) in files_below(&folder.path().join("home")) {
        is_clean(&name, &bytes);
    }
    watched.server.post(&format!("/command/removeScheduled?commandUuid={scheduled}"), &[]);
    watched.server.wait(&scheduled);
    watched.expect(200, "/credentials?name=nest", &["-X", "DELETE"]);
    for answer in watched.answers.borrow().iter() {
        is_clean("answer", answer.as_bytes());
    }
    watched.server.terminate();
    is_clean("log", &fs::read(&log).unwrap());
    let files = files_below(folder.path());
    assert!(files.contains_key("home/datagen.db") && files.contains_key("home/secret-key"));
    for (name, bytes) in files {
        is_clean(&name, &bytes);
    }
    let log = String::from_utf8_lossy(&fs::read(&log).unwrap()).into_owned();
    assert!(log.contains("DEBUG request"), "requests are logged at that level: {log}");
}

/// The command line shows no secret of models, settings, credentials and of the settings file.
#[test]
fn the_command_line_shows_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let model = format!(
        r#"{{"Options": {{"KAFKA_SASL_PASSWORD": "{}"}}, "Fields": [{{"name": "a", "type": "LONG"}}]}}"#,
        secret("model")
    );
    fs::write(folder.path().join("birds.json"), model).unwrap();
    fs::write(folder.path().join("password"), secret("file")).unwrap();
    let token = &format!("MY_TOKEN={}", secret("set"));
    let argument = &format!("KAFKA_SASL_PASSWORD={}", secret("argument"));
    let shown = |arguments: &[&str], good: bool| {
        let mut command = datagen(folder.path());
        let output = command.args(arguments).env("DATAGEN_LOG", "trace").output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        assert_eq!(output.status.success(), good, "{}", String::from_utf8_lossy(&text));
        is_clean(&arguments.join(" "), &text);
        String::from_utf8(text).unwrap()
    };
    shown(&["generate", "--model", "birds.json", "--rows", "1", "--set", token], true);
    shown(&["check", "birds.json", "--set", token, "--explain"], true);
    let outside = tempfile::tempdir().unwrap();
    let file = operators_file(outside.path());
    let with_file = |arguments: &[&str], good| {
        shown(&[&["--config", file.to_str().unwrap()], arguments].concat(), good)
    };
    let page = with_file(&["connectors", "s3_csv"], true);
    assert!(page.contains("S3_ACCESS_KEY_SECRET") && page.contains("set"), "{page}");
    let lake =
        ["-m", "birds.json", "-c", "s3_csv", "--set", "S3_BUCKET=b", "--set", "PROFILE=lake"];
    with_file(&[&["generate"], &lake[..]].concat(), false);
    let toml = fs::read_to_string(&file).unwrap();
    for broken in
        [toml.replace("\"\n", "\n"), toml.replace(" = ", " : "), toml.replace("_key", "_kex")]
    {
        fs::write(&file, broken).unwrap();
        with_file(&["generate", "-m", "birds.json"], false);
    }
    let refused = shown(&["credential", "add", "nest", argument], false);
    assert!(refused.contains("arguments are seen by every process of this machine"), "{refused}");
    shown(
        &["credential", "add", "nest", "KAFKA_SASL_USERNAME=ann", "KAFKA_SASL_PASSWORD=@password"],
        true,
    );
    let listed = shown(&["credential", "list"], true);
    assert!(listed.contains("KAFKA_SASL_PASSWORD=*** KAFKA_SASL_USERNAME=ann"), "{listed}");
    shown(&["generate", "--model", "birds.json", "--rows", "1", "--set", "CREDENTIAL=nest"], true);
    shown(
        &["generate", "--model", "birds.json", "--rows", "1", "--set", "CREDENTIAL=nests"],
        false,
    );
    shown(&["credential", "rotate"], true);
    shown(&["credential", "remove", "nest"], true);
    let piped = Command::new("sh")
        .args([
            "-c",
            "printf '%s\\n' \"$1\" | \"$2\" credential add nest KAFKA_SASL_PASSWORD",
            "sh",
        ])
        .args([&secret("stdin"), env!("CARGO_BIN_EXE_datagen")])
        .env("HOME", folder.path())
        .output()
        .unwrap();
    assert!(piped.status.success(), "{}", String::from_utf8_lossy(&piped.stderr));
    assert!(run(folder.path(), &["credential", "list"]).status.success());
    for (name, bytes) in files_below(&folder.path().join(".datagen")) {
        is_clean(&name, &bytes);
    }
}
