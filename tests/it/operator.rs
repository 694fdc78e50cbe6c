//! What an operator sets of connectors, and what a server may reach: seen through HTTP and the command line.
//!
//! Issue 10, "Operator's settings".

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::server::Server;
use crate::support::{datagen, run, run_ok};

/// A server whose settings file holds `toml`.
fn server(folder: &Path, toml: &str) -> Server {
    fs::write(folder.join("datagen.toml"), toml).unwrap();
    Server::start(folder)
}

/// The code of a submission with `settings`, and what is wrong.
fn submitted(server: &Server, connector: &str, settings: &[&str]) -> (u16, String) {
    let path = format!("/datagen/{connector}?model=sensor&rows=1&batches=1");
    let form: Vec<&str> = settings.iter().flat_map(|setting| ["-F", setting]).collect();
    let (code, answer) = server.post(&path, &form);
    let told = |problem: &Value| {
        let text = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
        format!("{}: {} ({})", text("code"), text("message"), text("hint"))
    };
    let problems = answer["problems"].as_array().into_iter().flatten().map(told);
    (code, problems.collect::<Vec<_>>().join("\n"))
}

/// A place that counts who comes, and sends everybody `answer`.
fn place(address: &str, answer: String) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(address).unwrap();
    let (address, calls) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&calls);
    // It ends with the test's process.
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            let mut buffer = [0; 4096];
            // Whoever comes may go again without a word.
            let _ = connection.read(&mut buffer);
            let _ = connection.write_all(answer.as_bytes());
        }
    });
    (address, calls)
}

const KEYS: [&str; 3] = ["S3_BUCKET=b", "S3_ACCESS_KEY_ID=a", "S3_SECRET_ACCESS_KEY=b"];

/// For all ways to name a host that no operator has named: nothing is connected, and the refusal says what to do.
#[test]
fn a_server_reaches_only_what_its_operator_names() {
    let folder = tempfile::tempdir().unwrap();
    let (here, calls) = place("127.0.0.1:0", String::new());
    let port = here.port();
    let server = server(
        folder.path(),
        "[connectors]\nallowed_hosts = [\"*.allowed.example\", \"10.1.2.3\"]\n",
    );
    for host in [
        "127.0.0.1",
        "localhost",
        "LOCALHOST.",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "127.1",
        "017700000001",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "0.0.0.0",
        "0",
        "169.254.169.254",
        "metadata.google.internal",
        "allowed.example",
        "a.allowed.example.evil.example",
        "11.0.0.1",
        // Userinfo, and what one reader takes for it and another one for a path.
        "a.allowed.example@127.0.0.1",
        "a.allowed.example:80@127.0.0.1",
        "127.0.0.1\\@a.allowed.example",
        "127.0.0.1#@a.allowed.example",
        "127.0.0.1?@a.allowed.example",
        "127.0.0.1/@a.allowed.example",
        "127。0。0。1",
        "１２７.0.0.1",
    ] {
        for endpoint in [format!("http://{host}:{port}"), format!("http://{host}:{port}/a/b")] {
            let endpoint = &format!("S3_ENDPOINT={endpoint}");
            let (code, told) = submitted(&server, "s3_csv", &[&KEYS[..], &[endpoint]].concat());
            assert_eq!(code, 400, "{endpoint}");
            let expected = ["host_not_allowed: `S3_ENDPOINT`", "wrong_endpoint: "];
            assert!(expected.iter().any(|code| told.contains(code)), "{endpoint}: {told}");
        }
    }
    // Also where nobody names a host: the usual one is one.
    let (code, told) = submitted(&server, "s3_csv", &KEYS);
    assert_eq!(code, 400);
    insta::assert_snapshot!(told, @r#"host_not_allowed: `S3_ENDPOINT`: `b.s3.us-east-1.amazonaws.com:443` is not among the hosts that this server may reach (the server's operator allows it by `allowed_hosts = ["b.s3.us-east-1.amazonaws.com:443"]` in `[connectors]` of datagen.toml, or by DATAGEN_CONNECTORS_ALLOWED_HOSTS=b.s3.us-east-1.amazonaws.com:443)"#);
    // The name of a bucket is no way out either.
    let bucket = ["S3_BUCKET=127.0.0.1", "S3_PATH_STYLE=false", "S3_ENDPOINT=http://evil.example"];
    assert_eq!(submitted(&server, "s3_csv", &[&KEYS[1..], &bucket].concat()).0, 400);
    for endpoint in ["https://a.allowed.example", "http://10.1.2.3:9000"] {
        let endpoint = &format!("S3_ENDPOINT={endpoint}");
        let (code, told) = submitted(&server, "s3_csv", &[&KEYS[..], &[endpoint]].concat());
        assert_eq!((code, told.as_str()), (200, ""), "{endpoint}");
    }
    assert_eq!(calls.load(Ordering::SeqCst), 0);
}

/// A name that is allowed and leads to the machine itself, and a place that sends its callers there.
#[test]
fn names_and_redirects_lead_nowhere_that_is_not_named() {
    let folder = tempfile::tempdir().unwrap();
    let (inside, calls) = place("127.0.0.1:0", String::new());
    let answer = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{inside}/secret\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    let (outside, called) = place("127.0.0.1:0", answer);
    let toml = format!("[connectors]\nallowed_hosts = [\"*\", \"{outside}\"]\n");
    let server = server(folder.path(), &toml);
    let ended = |host: &str| {
        let endpoint = format!("S3_ENDPOINT=http://{host}");
        let form = [&KEYS[..], &["model=sensor", "rows=1", "batches=1", &endpoint]].concat();
        let status = server.wait(&server.submit("/datagen/s3_csv", &form));
        assert_eq!(status["status"], "FAILED");
        let port =
            |text: String, address: SocketAddr| text.replace(&address.port().to_string(), "PORT");
        port(port(status["comment"].as_str().unwrap().to_owned(), inside), outside)
    };
    insta::assert_snapshot!(ended(&format!("localhost:{}", inside.port())), @r#"connector `s3_csv`: `localhost:PORT`: `localhost:PORT` is 127.0.0.1, a loopback address: a server reaches it only where its operator names it (the server's operator allows it by `allowed_hosts = ["127.0.0.1:PORT"]` in `[connectors]` of datagen.toml, or by DATAGEN_CONNECTORS_ALLOWED_HOSTS=127.0.0.1:PORT)"#);
    insta::assert_snapshot!(ended(&outside.to_string()), @"connector `s3_csv`: `127.0.0.1:PORT`: TemporaryRedirect (307) (set S3_REGION to the bucket's, and S3_ENDPOINT to its server)");
    assert!(called.load(Ordering::SeqCst) > 0);
    assert_eq!(calls.load(Ordering::SeqCst), 0);
}

/// The settings of `[connectors.local]` are those of files: they need no service.
const TOML: &str = r#"
[connectors.local]
csv_delimiter = ";"
one_file_per_iteration = true
locked = ["one_file_per_iteration"]
[connectors.local.piped]
csv_delimiter = "|"
[connectors.s3]
endpoint = "https://s3.example"
secret_access_key = "hunter2"
"#;

#[test]
fn what_the_operator_sets_stands_below_models_and_calls() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path(), TOML);
    let first_line = |settings: &[&str]| {
        let folder = format!("LOCAL_FILE_PATH={}", settings.len() + settings.concat().len());
        let form = [settings, &["model=sensor", "rows=1", "batches=1", &folder]].concat();
        let id = server.submit("/datagen/csv", &form);
        assert_eq!(server.wait(&id)["status"], "FINISHED");
        let (_, command) = server.post(&format!("/command/get?commandUuid={id}"), &[]);
        let path = command["files"][0]["path"].as_str().unwrap().to_owned();
        fs::read_to_string(path).unwrap().lines().next().unwrap().to_owned()
    };
    assert_eq!(first_line(&[]), "sensor_id;measured_at;kind;value;quality");
    assert_eq!(first_line(&["profile=Piped"]), "sensor_id|measured_at|kind|value|quality");
    assert_eq!(
        first_line(&["CSV_DELIMITER=,", "PROFILE=piped"]),
        "sensor_id,measured_at,kind,value,quality"
    );
    let refused = [
        submitted(&server, "csv", &["ONE_FILE_PER_ITERATION=false"]),
        submitted(&server, "csv", &["PROFILE=pipe"]),
        submitted(&server, "s3_csv", &["S3_BUCKET=b", "PROFILE=piped"]),
        submitted(
            &server,
            "multipleconnectors",
            &["connectors=csv", "connectors=json", "ONE_FILE_PER_ITERATION=no"],
        ),
    ];
    let told: Vec<String> = refused.iter().map(|(code, told)| format!("{code} {told}")).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    400 locked_setting: `ONE_FILE_PER_ITERATION` is locked by the operator: no model and no call sets it (leave it out; the operator locks it by `locked` in [connectors.local])
    400 unknown_profile: there is no profile `pipe`, expected one of piped (did you mean `piped`?)
    400 unknown_profile: there is no profile `piped`, the operator has set none for these connectors ()
    missing_option: `S3_ACCESS_KEY_ID` is missing (both halves of a key pair are needed)
    400 locked_setting: `ONE_FILE_PER_ITERATION` is locked by the operator: no model and no call sets it (leave it out; the operator locks it by `locked` in [connectors.local])
    ");
    assert_eq!(submitted(&server, "csv", &["ONE_FILE_PER_ITERATION=true"]).0, 200);
}

#[test]
fn listings_show_who_has_set_what_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("datagen.toml"), TOML).unwrap();
    let with_variables = || {
        let mut command = datagen(folder.path());
        command.env("DATAGEN_CONNECTORS_S3_REGION", "eu-1");
        command.env("DATAGEN_CONNECTORS_S3_LAKE_ENDPOINT", "https://lake.example");
        command
    };
    let server = Server::start_by(&mut with_variables());
    let (code, body) = server.curl("/connectors", &[]);
    assert_eq!(code, 200);
    assert!(!body.contains("hunter2"));
    let list: Vec<Value> = serde_json::from_str(&body).unwrap();
    let s3 = list.iter().find(|connector| connector["name"] == "s3_csv").unwrap();
    assert_eq!(
        (&s3["section"], &s3["promise"]),
        (&"s3".into(), &"every row once, also after a crash".into())
    );
    let set = |settings: &Value| -> Vec<String> {
        let set = settings.as_array().unwrap().iter().filter(|one| one["origin"] != "default");
        let told = set.map(|one| {
            format!("{} {} {} {}", one["key"], one["value"], one["origin"], one["place"])
        });
        told.collect()
    };
    insta::assert_snapshot!(set(&s3["settings"]).join("\n"), @r#"
    "endpoint" "https://s3.example" "file" "[connectors.s3]"
    "region" "eu-1" "environment" "DATAGEN_CONNECTORS_S3_REGION"
    "access_key_secret" null "file" "[connectors.s3]"
    "#);
    assert_eq!(s3["profiles"][0]["name"], "lake");
    insta::assert_snapshot!(set(&s3["profiles"][0]["settings"]).join("\n"), @r#""endpoint" "https://lake.example" "environment" "DATAGEN_CONNECTORS_S3_LAKE_ENDPOINT""#);
    let csv = list.iter().find(|connector| connector["name"] == "csv").unwrap();
    let locked = csv["settings"].as_array().unwrap().iter().filter(|one| one["locked"] == true);
    assert_eq!(
        locked.map(|one| one["key"].as_str().unwrap()).collect::<Vec<_>>(),
        ["one_file_per_iteration"]
    );

    let output = with_variables().args(["connectors", "s3_csv"]).output().unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(!page.contains("hunter2"));
    let (_, told) = page.split_once("\nAn operator sets").unwrap();
    let told: Vec<&str> = told.lines().map(str::trim_end).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
     them below what models and calls say: `S3_BUCKET` as `bucket` of `[connectors.s3]` in datagen.toml, or by DATAGEN_CONNECTORS_S3_BUCKET. Keys of the list `locked` there are the operator's alone; PROFILE=NAME of a model or call chooses `[connectors.s3.NAME]`.

    Set by the operator:
     S3_ENDPOINT           https://s3.example  file: [connectors.s3]
     S3_REGION             eu-1                environment: DATAGEN_CONNECTORS_S3_REGION
     S3_ACCESS_KEY_SECRET  set                 file: [connectors.s3]

    Set by the operator, by PROFILE=lake:
     S3_ENDPOINT  https://lake.example  environment: DATAGEN_CONNECTORS_S3_LAKE_ENDPOINT

    Example:
      datagen generate --model customer --connector s3_csv --rows 1000
    ");
}

/// A server or a command line does not begin with settings that nobody reads.
#[test]
fn what_nobody_reads_is_refused_before_anything_happens() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = Vec::new();
    for toml in [
        "[connectors.s4]\nendpoint = \"x\"\n",
        "[connectors.s3_csv]\nendpoint = \"x\"\n",
        "[connectors.s3]\nendpiont = \"x\"\n",
        "[connectors.s3]\nsecret_acces_key = \"hunter2\"\n",
        "[connectors.s3]\nlocked = [\"endpoin\"]\n",
        "[connectors.s3]\nsecret_access_key = \"hunter2\n",
    ] {
        fs::write(folder.path().join("datagen.toml"), toml).unwrap();
        for arguments in [
            &["generate", "-m", "sensor"][..],
            &["serve", "--listen", "127.0.0.1:0", "--home", "home"],
            &["connectors", "csv"],
        ] {
            let output = run(folder.path(), arguments);
            assert!(!output.status.success(), "{arguments:?}");
            let text = String::from_utf8(output.stderr).unwrap();
            // Whatever connectors there are.
            let text = match (text.find(", expected one of"), text.find(" (did you mean")) {
                (Some(from), Some(to)) => format!("{}{}", &text[..from], &text[to..]),
                _ => text,
            };
            if !told.contains(&text) {
                told.push(text);
            }
        }
    }
    let told = told.concat();
    assert!(!told.contains("hunter2"));
    insta::assert_snapshot!(told, @r"
    error: settings: [connectors]: unknown connector `s4` (did you mean `s3`?)
    error: settings: [connectors]: unknown connector `s3_csv` (did you mean `s3`?)
    error: settings: [connectors.s3]: unknown key `endpiont` (did you mean `endpoint`?); `datagen connectors s3_csv` lists them
    error: settings: [connectors.s3]: unknown key `secret_acces_key` (did you mean `secret_access_key`?); `datagen connectors s3_csv` lists them
    error: settings: [connectors.s3]: unknown key `endpoin` (did you mean `endpoint`?); `datagen connectors s3_csv` lists them
    error: settings: TOML parse error at line 2, column 29, invalid basic string, in datagen.toml TOML file
    ");
}

/// The command line is its user's own: it reaches what it is told, and heeds the file like a server.
#[test]
fn the_command_line_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let (_, calls) = {
        let (here, calls) =
            place("127.0.0.1:0", "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n".to_owned());
        fs::write(
            folder.path().join("datagen.toml"),
            format!("[connectors.s3.here]\nendpoint = \"http://{here}\"\naccess_key_id = \"a\"\nsecret_access_key = \"b\"\n"),
        )
        .unwrap();
        (here, calls)
    };
    let refused = run(
        folder.path(),
        &[
            "generate",
            "-qm",
            "sensor",
            "-c",
            "s3_csv",
            "--set",
            "S3_BUCKET=b",
            "--set",
            "PROFILE=here",
        ],
    );
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("Forbidden (403)"), "{told}");
    assert!(calls.load(Ordering::SeqCst) > 0);
    run_ok(folder.path(), &["check", "sensor"]);
}

/// A look at connectors says what is wrong, once, and makes nothing.
#[test]
fn a_check_looks_at_connectors_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (there, _) =
        place("127.0.0.1:0", "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n".to_owned());
    let server = server(
        folder.path(),
        &format!(
            "[connectors.s3]\nendpoint = \"http://{there}\"\naccess_key_id = \"a\"\nsecret_access_key = \"b\"\n"
        ),
    );
    let check = |connectors: &[&str], more: &[&str]| {
        let mut form = vec!["model=sensor", "check=true"];
        form.extend(connectors.iter().chain(more));
        let form: Vec<&str> = form.iter().flat_map(|part| ["-F", part]).collect();
        let (code, answer) = server.post("/datagen/multipleconnectors", &form);
        format!("{code} {answer}")
            .replace(folder.path().to_str().unwrap(), "FOLDER")
            .replace(&there.to_string(), "THERE")
    };
    let told = [
        check(&["connectors=csv", "connectors=json"], &["LOCAL_FILE_PATH=new"]),
        check(&["connectors=s3_csv", "connectors=s3_orc", "connectors=csv"], &["S3_BUCKET=b"]),
        check(&["connectors=csv"], &["CSV_HEADER=maybe"]),
    ];
    assert!(!folder.path().join("out").exists(), "nothing is made");
    insta::assert_snapshot!(told.join("\n"), @r#"
    200 {"commandUuid":"","error":"","connectors":[{"connector":"csv","destination":"FOLDER/out/new/sensor-0000000000.csv"},{"connector":"json","destination":"FOLDER/out/new/sensor-0000000000.json"}]}
    400 {"commandUuid":"","error":"connectors/s3_csv,s3_orc: `THERE`: Forbidden (403) (allow S3_ACCESS_KEY_ID to list the bucket, to put and to delete objects)","code":"not_ready","problems":[{"severity":"error","code":"not_ready","pointer":"connectors/s3_csv,s3_orc","message":"`THERE`: Forbidden (403) (allow S3_ACCESS_KEY_ID to list the bucket, to put and to delete objects)"}]}
    400 {"commandUuid":"","error":"CSV_HEADER: `CSV_HEADER` is the text `maybe`, expected true or false","code":"wrong_model","problems":[{"severity":"error","code":"wrong_value","pointer":"CSV_HEADER","message":"`CSV_HEADER` is the text `maybe`, expected true or false"}]}
    "#);
    assert_eq!(server.post("/command/getAll", &[]).1, serde_json::json!([]));

    fs::create_dir(folder.path().join("full")).unwrap();
    fs::write(folder.path().join("full/file"), "").unwrap();
    let check = |connectors: &[&str], more: &[&str]| {
        let connectors: Vec<&str> = connectors.iter().flat_map(|name| ["-c", *name]).collect();
        let settings: Vec<&str> = more.iter().flat_map(|setting| ["--set", setting]).collect();
        let arguments =
            [&["check", "sensor", "--connect"], &connectors[..], &settings[..]].concat();
        let output = run(folder.path(), &arguments);
        let text = String::from_utf8([output.stderr, output.stdout].concat()).unwrap();
        text.replace(folder.path().to_str().unwrap(), "FOLDER").replace(&there.to_string(), "THERE")
    };
    let told = [
        check(&["csv", "s3_csv", "s3_orc"], &["S3_BUCKET=b", "LOCAL_FILE_PATH=full/file"]),
        check(&["csv", "parquet"], &["LOCAL_FILE_PATH=full/new"]),
    ];
    insta::assert_snapshot!(told.concat(), @r"
    error: sensor: connectors/csv: write to `FOLDER/full/file`: Not a directory (os error 20) (set LOCAL_FILE_PATH to a folder that can be written to)
    error: sensor: connectors/s3_csv,s3_orc: `THERE`: Forbidden (403) (allow S3_ACCESS_KEY_ID to list the bucket, to put and to delete objects)
    sensor: refused
    sensor: ok
    ");
    assert_eq!(fs::read_dir(folder.path().join("full")).unwrap().count(), 1);
    let refused = run(folder.path(), &["check", "sensor", "--connect"]);
    assert_eq!(refused.status.code(), Some(2), "without a connector there is nothing to look at");
}

/// A link that was put in the way of a folder leads no look out of the output root.
#[test]
fn a_look_stays_below_the_output_root() {
    let [folder, outside] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let server = Server::start(folder.path());
    let submit = |path: &str| {
        let folder = format!("LOCAL_FILE_PATH={path}");
        submitted(&server, "csv", &["check=true", &folder])
    };
    assert_eq!(submit("a").0, 200);
    fs::create_dir(folder.path().join("out")).unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("out/link")).unwrap();
    let (code, told) = submit("link/deep");
    assert_eq!(code, 400);
    assert!(told.starts_with("path_outside: "), "{told}");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

/// How the memory of a command is divided is shown before.
#[test]
fn check_explains_the_memory_of_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let explain = |more: &[&str]| {
        let mut command = datagen(folder.path());
        command.env("DATAGEN_COMMAND_MEMORY_BYTES", "1073741824");
        let output = command.args(["check", "sensor", "--explain"]).args(more).output().unwrap();
        String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .skip_while(|line| !line.contains("memory"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let s3 = ["-c", "s3_csv", "-c", "orc", "--set", "S3_BUCKET=b"];
    insta::assert_snapshot!([explain(&[]), explain(&s3)].join("\n"), @r"
    memory of a command (`command_memory_bytes`): 1024.0 MiB
      rows under way: 1024.0 MiB
    memory of a command (`command_memory_bytes`): 1024.0 MiB
      buffers of s3_csv: 88.0 MiB
      rows under way: 936.0 MiB; orc lays out 131072 rows together, 29.0 MiB
    ");
    let json = run_ok(
        folder.path(),
        &[&["check", "sensor", "--explain", "--format", "json"], &s3[..]].concat(),
    );
    let json: Value = serde_json::from_str(&json).unwrap();
    let memory = &json["models"][0]["memory"];
    assert_eq!(memory["budget"], 1 << 30);
    let buffers = memory["buffers"].as_array().unwrap().iter();
    let buffers: u64 = buffers.map(|one| one["bytes"].as_u64().unwrap()).sum();
    assert_eq!(memory["rows_under_way"], (1 << 30) - buffers);
}

/// What the operator logs in with is not sent to another place that models may name, in no part of a request.
#[test]
fn logins_of_the_operator_are_sent_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let there = listener.local_addr().unwrap();
    let (sender, requests) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let (mut connection, mut buffer) = (connection.unwrap(), [0; 16 << 10]);
            let read = connection.read(&mut buffer).unwrap_or_default();
            // The test may have ended.
            let _ = sender.send(String::from_utf8_lossy(&buffer[..read]).into_owned());
            let _ = connection.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
        }
    });
    let server = server(
        folder.path(),
        &format!(
            "[connectors]\nallowed_hosts = [\"{there}\"]\n[connectors.s3]\nendpoint = \"https://s3.example\"\n\
             access_key_id = \"OPERATORS\"\nsecret_access_key = \"hunter2\"\nsession_token = \"hunter3\"\n"
        ),
    );
    let endpoint = &format!("S3_ENDPOINT=http://{there}");
    let (code, told) = submitted(&server, "s3_csv", &["S3_BUCKET=b", "check=true", endpoint]);
    assert_eq!(code, 400);
    insta::assert_snapshot!(told, @r"
    operators_login_unused: `S3_ENDPOINT` is not as the operator sets it, so the operator's login is not used: S3_ACCESS_KEY_ID, S3_ACCESS_KEY_SECRET, S3_SESSION_TOKEN (leave `S3_ENDPOINT` out, or give a login of your own)
    no_credentials: there are no keys, and those of the server's machine are its operator's (set S3_ACCESS_KEY_ID and S3_ACCESS_KEY_SECRET, or `S3_CREDENTIALS_TYPE=none` for a public bucket; the operator can set `credentials_type` of `[connectors.s3]` in datagen.toml)
    ");
    let mine = ["S3_ACCESS_KEY_ID=MINE", "S3_ACCESS_KEY_SECRET=b"];
    let form = [&["S3_BUCKET=b", "check=true", endpoint], &mine[..]].concat();
    assert_eq!(submitted(&server, "s3_csv", &form).0, 400);
    let request = requests.recv().unwrap();
    assert!(request.contains("Credential=MINE/"), "{request}");
    for secret in ["OPERATORS", "hunter"] {
        assert!(!request.contains(secret), "{request}");
    }
}

/// Nobody takes the protection off an operator's login: the password of a topic does not go over the wire in clear.
#[test]
fn logins_of_the_operator_are_sent_in_no_other_way() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(
        folder.path(),
        "[connectors.kafka]\nbrokers = \"127.0.0.1:1\"\nsecurity_protocol = \"SASL_SSL\"\nsasl_username = \"ann\"\n\
         sasl_password = \"hunter2\"\n",
    );
    for (key, value) in [
        ("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT"),
        ("KAFKA_SASL_MECHANISM", "PLAIN"),
        ("KAFKA_SSL_CA", "-----BEGIN CERTIFICATE-----"),
    ] {
        let set = format!("{key}={value}");
        let (code, told) = submitted(&server, "kafka", &["KAFKA_TOPIC=t", "check=true", &set]);
        let expected = format!(
            "operators_login_unused: `{key}` is not as the operator sets it, so the operator's login is not used: \
             KAFKA_SASL_PASSWORD, KAFKA_SASL_USERNAME"
        );
        assert!(code == 400 && told.starts_with(&expected), "{code} {told}");
    }
}
