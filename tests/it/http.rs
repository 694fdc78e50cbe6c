//! The HTTP API against a real server, as the reference's clients use it.

use std::fs;

use serde_json::{Value, json};

use crate::server::Server;

const MODEL: &str = r#"{"Fields": [{"name": "name", "type": "NAME"}, {"name": "age", "type": "LONG", "min": 1, "max": 99}],
    "Table_Names": {"LOCAL_FILE_PATH": "/home/datagen/temp/", "LOCAL_FILE_NAME": "example"}}"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("example-model.json"), MODEL).unwrap();
    std::fs::create_dir(folder.path().join("models")).unwrap();
    std::fs::write(folder.path().join("models/stored.json"), MODEL).unwrap();
    folder
}

/// The keys of an object in their order.
fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_documented_calls_get_the_documented_answers() {
    let folder = folder();
    let server = Server::start(folder.path());
    let upload = format!(
        "model_file=@{};type=application/json",
        folder.path().join("example-model.json").display()
    );
    let (code, accepted) = server.post(
        "/datagen/csv",
        &[
            "-H",
            "accept: */*",
            "-H",
            "Content-Type: multipart/form-data",
            "-F",
            &upload,
            "-F",
            "rows=1",
            "-F",
            "batches=1",
        ],
    );
    assert_eq!((code, keys(&accepted)), (200, vec!["commandUuid", "error"]));
    assert_eq!(accepted["error"], "");
    let status = server.wait(accepted["commandUuid"].as_str().unwrap());
    assert_eq!(keys(&status)[..5], ["commandUuid", "status", "comment", "progress", "duration"]);
    assert_eq!((&status["status"], &status["progress"]), (&"FINISHED".into(), &"100.0".into()));
    assert!(status["duration"].as_str().unwrap().ends_with("ms"));
    let file = folder.path().join("out/home/datagen/temp/example-0000000000.csv");
    assert_eq!(std::fs::read_to_string(file).unwrap().lines().count(), 2);
}

/// Query parameters, a trailing slash, a body with only the model, older spellings, several connectors.
#[test]
fn a_client_of_the_reference_completes() {
    let folder = folder();
    let server = Server::start(folder.path());
    let upload = format!("model_file=@{}", folder.path().join("example-model.json").display());
    for path in [
        "/datagen/csv/?batches=2&rows=10&threads=2",
        "/api/v1/datagen/PARQUET?batches=1&rows=10&threads=10",
        "/datagen/multipleconnectors?connectors=json&connectors=avro&batches=1&rows=5",
        "/datagen/multipleconnectors/?connectors=csv,orc&batches=1&rows=5&scheduled=false",
    ] {
        let (code, accepted) = server.post(path, &["-F", &upload]);
        assert_eq!(code, 200, "{path}: {accepted}");
        let status = server.wait(accepted["commandUuid"].as_str().unwrap());
        assert_eq!(status["status"], "FINISHED", "{path}: {status}");
    }
}

#[test]
fn every_way_to_give_a_model_works() {
    let folder = folder();
    let server = Server::start(folder.path());
    let rows = ["-F", "rows=1", "-F", "batches=1"];
    let body = format!(
        r#"{{"model": {MODEL}, "rows": 1, "batches": 1, "seed": 4, "options": {{"CSV_HEADER": false}}}}"#
    );
    let json = ["-H", "content-type: application/json", "-d", &body];
    let ways: [&[&str]; 6] = [
        &["-F", "model=stored"],
        &["-F", "model_file=stored.json"],
        &["-F", "model=customer"],
        &["-d", "model=sensor&rows=1&batches=1"],
        &json,
        &["-F", "seed=3"],
    ];
    for way in ways {
        let form = if way[0] == "-F" { &rows[..] } else { &[] };
        let (code, accepted) = server.post("/datagen/csv", &[way, form].concat());
        assert_eq!(code, 200, "{way:?}: {accepted}");
        let status = server.wait(accepted["commandUuid"].as_str().unwrap());
        assert_eq!(status["status"], "FINISHED", "{way:?}: {status}");
    }
    let (_, all) = server.post("/command/getAll", &[]);
    assert_eq!(all.as_array().unwrap().len(), ways.len());
}

#[test]
fn what_is_wrong_is_refused_with_words() {
    let folder = folder();
    let server = Server::start(folder.path());
    let cases: &[(&str, &[&str], u16, &str)] = &[
        ("/datagen/csv?rows=abc", &[], 400, "expected a whole number"),
        ("/datagen/csv?rows=-1", &[], 400, "expected a whole number"),
        (
            "/datagen/csv?rows=9223372036854775808&batches=1",
            &[],
            400,
            "more than 9223372036854775807 rows",
        ),
        ("/datagen/csv?threads=0", &[], 400, "threads"),
        ("/datagen/csv?threads=100000", &[], 400, "threads"),
        ("/datagen/csvv", &[], 400, "unknown connector `csvv`"),
        (
            "/datagen/hdfs-csv",
            &[],
            501,
            "not available yet; available: csv, json, avro, parquet, orc",
        ),
        ("/datagen/multipleconnectors", &[], 400, "no connector is given"),
        ("/datagen/csv", &["-F", "model={\"Fields\": [}"], 400, "not valid JSON"),
        ("/datagen/csv", &["-F", "model=nobody"], 400, "there is no model `nobody`"),
        ("/datagen/csv", &["-F", "model=../../etc/passwd"], 400, "`..`"),
        ("/datagen/csv", &["-F", "model=/etc/passwd"], 400, "there is no model"),
        ("/datagen/csv?LOCAL_FILE_PATH=../../x", &[], 400, "leads out of the output root"),
        ("/datagen/csv?LOCAL_FILE_NAME=a/b", &[], 400, "path separator"),
        ("/datagen/csv?now=yesterday", &[], 400, "no point in time"),
        ("/command/getCommandStatus?commandUuid=x", &[], 400, "no UUID"),
        (
            "/command/getCommandStatus?commandUuid=00000000-0000-0000-0000-000000000000",
            &[],
            404,
            "no command",
        ),
        ("/command/getByStatus?status=ODD", &[], 400, "ODD"),
        ("/nowhere", &[], 404, "no endpoint"),
    ];
    for (path, arguments, code, words) in cases {
        let (found, answer) = server.post(path, arguments);
        assert_eq!(found, *code, "{path}: {answer}");
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(error.contains(words), "{path}: {answer}");
        assert_eq!(answer["commandUuid"], "", "{path}");
    }
    // A model that is wrong comes with all its problems.
    let wrong = r#"model={"Fields": [{"name": "a", "type": "INTGER"}, {"name": "b", "type": "LINK", "link": "$c.d"}]}"#;
    let (code, answer) = server.post("/datagen/csv", &["-F", wrong]);
    assert_eq!((code, answer["problems"].as_array().unwrap().len()), (400, 2), "{answer}");
}

#[test]
fn an_upload_over_the_limit_is_refused() {
    let folder = folder();
    let server = Server::start(folder.path());
    let large = folder.path().join("large.json");
    std::fs::write(&large, vec![b' '; (16 << 20) + 1]).unwrap();
    let (code, answer) =
        server.post("/datagen/csv", &["-F", &format!("model=@{}", large.display())]);
    assert_eq!(code, 413, "{answer}");
}

#[test]
fn models_metrics_health_and_documents_answer() {
    let folder = folder();
    let server = Server::start(folder.path());
    let get = |path: &str| {
        let (code, body) = server.curl(path, &[]);
        assert_eq!(code, 200, "{path}: {body}");
        body
    };
    assert_eq!(get("/health/status"), r#"{"status":"OK"}"#);
    assert!(get("/metrics/all").contains("\"CSV_ROWS_GENERATED\":0"));
    assert!(get("/metrics").contains("# TYPE datagen_rows_total counter"));
    assert!(get("/models").contains("\"stored\""));
    assert!(get("/swagger-ui/").contains("swagger"));
    let document: Value = serde_json::from_str(&get("/v3/api-docs")).unwrap();
    assert!(document["paths"]["/datagen/{connector}"]["post"].is_object());
    assert_eq!(get("/openapi.json"), get("/v3/api-docs"));
    let (code, row) = server.post("/model/test", &["-F", "model=customer", "-F", "seed=1"]);
    assert_eq!((code, row["id"].as_i64()), (200, Some(120_001)));
    let (_, rows) = server.post("/model/test", &["-F", "model=customer", "-F", "rows=3"]);
    assert_eq!(rows.as_array().unwrap().len(), 3);
}

/// Issue 9, D9: hosts and announced lengths, in bytes as they travel.
#[test]
fn a_request_says_which_server_it_means_and_how_long_it_is() {
    use std::io::{Read as _, Write as _};
    let folder = folder();
    let server = Server::start(folder.path());
    let address = server.address.trim_start_matches("http://");
    let ask = |head: &str| {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[9..]).into_owned()
    };
    let own = "Host: 127.0.0.1\r\n";
    for (head, code) in [
        (format!("GET /health/live HTTP/1.1\r\n{own}\r\n"), "200"),
        ("GET /health/live HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("GET /health/live HTTP/1.0\r\n\r\n".to_owned(), "200"),
        (format!("GET /models HTTP/1.1\r\n{own}Host: evil.example\r\n\r\n"), "400"),
        (format!("GET /models HTTP/1.1\r\n{own}{own}\r\n"), "400"),
        (format!("GET http://evil.example/models HTTP/1.1\r\n{own}\r\n"), "403"),
        ("GET http://127.0.0.1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned(), "200"),
        // The body does not come, and is not waited for.
        (format!("POST /datagen/csv HTTP/1.1\r\n{own}Content-Length: 99000000\r\n\r\n"), "413"),
    ] {
        assert_eq!(ask(&head), code, "{head}");
    }
}

/// Issue 9, F14: files of an earlier run that stay beside those of this one are told with the command.
#[test]
fn files_of_an_earlier_run_are_told_with_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let warnings = |batches: &str, more: &[&str]| -> Vec<String> {
        let form = [&["model=sensor", "LOCAL_FILE_PATH=a"], more].concat();
        let id = server.submit(&format!("/datagen/csv?rows=7&batches={batches}"), &form);
        assert_eq!(server.wait(&id)["status"], "FINISHED");
        let (_, command) = server.post(&format!("/command/get?commandUuid={id}"), &[]);
        let warnings = command["warnings"].as_array().unwrap();
        warnings.iter().map(|warning| warning["message"].as_str().unwrap().to_owned()).collect()
    };
    let none: [String; 0] = [];
    assert_eq!(warnings("4", &[]), none);
    let told = warnings("2", &[]);
    let root = folder.path().canonicalize().unwrap();
    let expected = format!(
        "2 files of earlier runs stay beside those of this one, the first is \
         `{}/out/a/sensor-0000000002.csv`",
        root.display()
    );
    assert_eq!(told, [expected]);
    assert_eq!(warnings("2", &["DELETE_PREVIOUS=true"]), none);
}

/// Issue 9, D12: what a model reads is called as the model calls it; where folders of the server are is nobody's
/// business.
#[test]
fn no_message_about_a_file_that_a_model_reads_tells_where_folders_are() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["roots", "models"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("roots/empty.csv"), "").unwrap();
    let model = |file: &str| json!({"Fields": [{"name": "who", "type": "CSV", "file": file, "field": "name"}]});
    let named = model("nowhere.csv").to_string();
    fs::write(folder.path().join("models/named.json"), named).unwrap();
    let root = folder.path().canonicalize().unwrap();
    let server =
        Server::start_with(folder.path(), &["--read-root", root.join("roots").to_str().unwrap()]);
    let inside = root.join("roots/x.csv");
    let cases = [
        (
            format!("model={}", model("nowhere.csv")),
            "the file `nowhere.csv` cannot be read: no file `nowhere.csv` in the read roots".to_owned(),
        ),
        (
            "model=named".to_owned(),
            "the file `nowhere.csv` cannot be read: no file `nowhere.csv` in the model's folder and the read \
             roots"
                .to_owned(),
        ),
        (
            format!("model={}", model("/etc/passwd")),
            "the file `/etc/passwd` cannot be read: `/etc/passwd` is outside of the read roots; a model reads \
             files of its own folder and of the read roots (`--read-root`, the setting `read_roots`)"
                .to_owned(),
        ),
        (
            format!("model={}", model("../roots/empty.csv")),
            "the file `../roots/empty.csv` cannot be read: `../roots/empty.csv` holds `..`, which may not be read"
                .to_owned(),
        ),
        (
            format!("model={}", model("empty.csv")),
            "the file `empty.csv` cannot be read: it is empty, expected a header line and rows".to_owned(),
        ),
        // Who names it so knows it already.
        (
            format!("model={}", model(inside.to_str().unwrap())),
            format!(
                "the file `{0}` cannot be read: no file `{0}` in the read roots",
                inside.display()
            ),
        ),
    ];
    for (form, expected) in cases {
        for path in ["/datagen/csv?rows=1&batches=1", "/model/test?rows=1"] {
            let (code, answer) = server.post(path, &["-F", &form]);
            assert_eq!(code, 400, "{answer}");
            assert_eq!(answer["problems"][0]["message"], expected.as_str(), "{path}");
            let text = answer.to_string();
            let told = text.contains(root.to_str().unwrap());
            assert_eq!(told, form.contains(root.to_str().unwrap()), "{text}");
        }
    }
}
