//! What breaks under the connector `postgresql`: its server, its table, its connections. Each test has a server of its own,
//! so that nobody else is disturbed; they run where `DATAGEN_POSTGRESQL` says that there are servers.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::postgresql::{Database, model, table};
use crate::server::Server;
use crate::support::{run, run_ok};

/// Far more than a busy machine needs.
const LIMIT: Duration = Duration::from_secs(240);

/// A server of one test, ended with it.
struct Own {
    database: Database,
    folder: tempfile::TempDir,
}

impl Own {
    fn start(test: &str) -> Option<Self> {
        Database::find(test)?;
        let folder = tempfile::tempdir().unwrap();
        let database = Database(folder.path().join("server"));
        // Whoever runs the server must get there.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).unwrap();
        let own = Self { database, folder };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        own.script("start", Some(port));
        Some(own)
    }

    /// Its script does `action`; what a server prints would keep a pipe open for as long as it lives.
    fn script(&self, action: &str, port: Option<u16>) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/services/postgresql/run");
        let mut command = Command::new(script);
        command.arg(action).arg(&self.database.0).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(port) = port {
            command.env("POSTGRESQL_PORT", port.to_string());
        }
        assert!(command.status().unwrap().success(), "{action}");
    }

    /// A command of rows for a table and for files, which has begun to commit.
    fn submit(&self, server: &Server, table: &str, options: &Value) -> String {
        self.submit_to("postgresql,parquet", server, table, options)
    }

    fn submit_to(&self, connectors: &str, server: &Server, table: &str, options: &Value) -> String {
        let file = self.folder.path().join(format!("{table}.json"));
        std::fs::write(&file, model(&self.database, table, 400, options).to_string()).unwrap();
        let form = format!("model_file=@{}", file.display());
        let connectors = format!("connectors={connectors}");
        let path = format!("/datagen/multipleconnectors?{connectors}&rows=1000&batches=150");
        server.submit(&path, &[&form])
    }

    fn server(&self) -> Server {
        std::fs::create_dir_all(self.folder.path().join("models")).unwrap();
        self.database.server(self.folder.path())
    }

    fn files(&self) -> std::path::PathBuf {
        self.folder.path().join("out/files")
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.script("thaw", None);
        self.script("stop", None);
    }
}

/// Waits until the table has rows of the command.
fn wait_for_rows(server: &Server, id: &str) {
    let deadline = Instant::now() + LIMIT;
    loop {
        let (_, status) = server.post(&format!("/command/getCommandStatus?commandUuid={id}"), &[]);
        if status["connectors"][0]["rows"].as_u64().unwrap_or(0) > 0 {
            return;
        }
        assert!(status["status"] != "FAILED" && Instant::now() < deadline, "{status}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Issue 12: a server that is killed, that restarts, or that stands still is waited for; the batch under way is made again,
/// and every row is there once.
#[test]
fn a_server_that_comes_back_is_waited_for() {
    let Some(own) = Own::start("outages of postgresql") else { return };
    let server = own.server();
    for (action, back) in [("kill", "start"), ("stop", "start"), ("freeze", "thaw")] {
        let table = table(action);
        // With and without a temporary table on the way.
        let options =
            if action == "kill" { json!({"POSTGRESQL_PRIMARY_KEYS": "n"}) } else { json!({}) };
        let id = own.submit(&server, &table, &options);
        for _ in 0..2 {
            wait_for_rows(&server, &id);
            own.script(action, None);
            own.script(back, None);
        }
        let status = server.wait_within(LIMIT, &id, &[]);
        assert_eq!(status["status"], "FINISHED", "{action}: {status}");
        assert_eq!(status["connectors"][0]["rows"], 150_000, "{action}: {status}");
        own.database.check(&table, &[], &own.files());
        std::fs::remove_dir_all(own.files()).unwrap();
    }
}

/// Issue 12: a server that stays away, or does not answer, fails the command at its time-out, with the reason.
#[test]
fn a_server_that_stays_away_fails_the_command() {
    let Some(own) = Own::start("postgresql that stays away") else { return };
    let server = own.server();
    let mut told = Vec::new();
    for (action, back) in [("freeze", "thaw"), ("kill", "start")] {
        let options = json!({"POSTGRESQL_TIMEOUT": 3});
        let id = own.submit(&server, &table(action), &options);
        wait_for_rows(&server, &id);
        own.script(action, None);
        let status = server.wait_within(LIMIT, &id, &[]);
        own.script(back, None);
        assert_eq!(status["status"], "FAILED", "{status}");
        told.push(status["comment"].as_str().unwrap().to_owned());
    }
    assert!(told[0].contains("no answer within 3 s (POSTGRESQL_TIMEOUT"), "{told:?}");
    assert!(
        told[1].contains("Connection refused") && told[1].contains("POSTGRESQL_URL"),
        "{told:?}"
    );
}

/// Issue 12: a table that is dropped or altered under a command fails it, and the reason says so.
#[test]
fn a_table_that_is_changed_fails_the_command() {
    let Some(own) = Own::start("postgresql and a changed table") else { return };
    let server = own.server();
    for (name, change, expected) in [
        ("dropped", "DROP TABLE", "the table was dropped or renamed meanwhile"),
        ("altered", "ALTER TABLE", "the table was altered meanwhile"),
    ] {
        let table = table(name);
        let id = own.submit(&server, &table, &json!({}));
        wait_for_rows(&server, &id);
        let rest = if change == "ALTER TABLE" { "DROP COLUMN city" } else { "" };
        own.database.sql(&format!("{change} {table} {rest}"));
        let status = server.wait_within(LIMIT, &id, &[]);
        assert_eq!(status["status"], "FAILED", "{name}: {status}");
        assert!(status["comment"].as_str().unwrap().contains(expected), "{status}");
    }
}

/// Issue 12: no connection is free at first; the command waits for one.
#[test]
fn a_server_without_a_free_connection_is_asked_again() {
    let Some(own) = Own::start("postgresql without a free connection") else { return };
    let server = own.server();
    own.database.sql("ALTER ROLE datagen CONNECTION LIMIT 0");
    let table = table("full");
    let id = own.submit(&server, &table, &json!({}));
    std::thread::sleep(Duration::from_secs(1));
    own.database.sql("ALTER ROLE datagen CONNECTION LIMIT -1");
    let status = server.wait_within(LIMIT, &id, &[]);
    assert_eq!(status["status"], "FINISHED", "{status}");
    own.database.check(&table, &[], &own.files());
}

/// Issue 12: commands that replace the same rows at a time do not stop one another.
#[test]
fn upserts_of_the_same_rows_go_on_side_by_side() {
    let Some(own) = Own::start("postgresql and several upserts") else { return };
    let server = own.server();
    let table = table("shared");
    let options = json!({"POSTGRESQL_PRIMARY_KEYS": "id"});
    // Files of the same names would let them run one after the other.
    let ids = [(); 3].map(|()| own.submit_to("postgresql", &server, &table, &options));
    for id in ids {
        let status = server.wait_within(LIMIT, &id, &[]);
        assert_eq!(status["status"], "FINISHED", "{status}");
    }
    let counted = own.database.sql(&format!("SELECT count(*), count(DISTINCT id) FROM {table}"));
    assert_eq!(counted, "400|400\n");
}

/// Issue 12: a cancel reaches a sink that waits for a lock, and nothing of it stays at the server.
#[test]
fn a_cancel_reaches_a_sink_that_waits_for_a_lock() {
    let Some(own) = Own::start("a cancel of postgresql") else { return };
    let server = own.server();
    let table = table("locked");
    let id = own.submit(&server, &table, &json!({}));
    wait_for_rows(&server, &id);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/services/postgresql/run");
    let lock = format!("BEGIN; LOCK TABLE {table}; SELECT pg_sleep(600)");
    let mut locker = Command::new(script)
        .args([std::ffi::OsStr::new("psql"), own.database.0.as_os_str()])
        .args(["-c", &lock])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'datagen' AND wait_event_type = 'Lock'";
    let stays = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'datagen'";
    let wait_until = |question: &str, answer: &str| {
        let deadline = Instant::now() + LIMIT;
        while own.database.sql(question) != answer {
            assert!(Instant::now() < deadline, "{question}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    wait_until(waits, "1\n");
    let (code, answer) = server.post(&format!("/command/cancel?commandUuid={id}"), &[]);
    assert_eq!(code, 200, "{answer}");
    let ended = server.wait_within(Duration::from_secs(20), &id, &[]);
    assert_eq!((&ended["status"], &ended["comment"]), (&"FAILED".into(), &"cancelled".into()));
    wait_until(stays, "0\n");
    own.database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()");
    locker.wait().unwrap();
}

/// Issue 12: connections are encrypted as `sslmode` says, with authorities and a client certificate of settings.
#[test]
fn connections_are_encrypted_as_the_url_says() {
    let Some(database) = Database::find("postgresql and TLS") else { return };
    let folder = tempfile::tempdir().unwrap();
    let tls = |name: &str| database.0.join("tls").join(name).to_str().unwrap().to_owned();
    let table = table("tls");
    let mut outcomes = String::new();
    for (host, mode, user, ca) in [
        ("127.0.0.1", "require", "encrypted", None),
        ("127.0.0.1", "prefer", "encrypted", None),
        ("127.0.0.1", "require", "encrypted", Some("other-ca.crt")),
        ("127.0.0.1", "verify-ca", "encrypted", Some("ca.crt")),
        ("127.0.0.1", "verify-full", "encrypted", Some("ca.crt")),
        ("localhost", "verify-full", "encrypted", Some("ca.crt")),
        ("localhost", "verify-full", "certified", Some("ca.crt")),
    ] {
        let url = format!("postgresql://{user}@{host}:{}/datagen?sslmode={mode}", database.port());
        let mut options = json!({"POSTGRESQL_URL": url, "POSTGRESQL_USER": user});
        if let Some(ca) = ca {
            options["POSTGRESQL_SSL_CA"] = tls(ca).into();
        }
        if user == "certified" {
            options["POSTGRESQL_SSL_CERTIFICATE"] = tls("client.crt").into();
            options["POSTGRESQL_SSL_KEY"] =
                std::fs::read_to_string(tls("client.key")).unwrap().into();
            options["POSTGRESQL_PASSWORD"] = Value::Null;
        }
        let model = model(&database, &table, 9, &options);
        std::fs::write(folder.path().join("m.json"), model.to_string()).unwrap();
        let output = run(folder.path(), &["check", "m.json", "--connect", "-c", "postgresql"]);
        let told = String::from_utf8(output.stderr).unwrap().replace(&database.port(), "PORT");
        let told = if output.status.success() { "ok\n".to_owned() } else { told };
        outcomes += &format!("{mode} {host} {user} {}: {told}", ca.unwrap_or("no authority"));
    }
    insta::assert_snapshot!(outcomes, @r#"
        require 127.0.0.1 encrypted no authority: ok
        prefer 127.0.0.1 encrypted no authority: ok
        require 127.0.0.1 encrypted other-ca.crt: error: m.json: connectors/postgresql: `127.0.0.1:PORT`: invalid peer certificate: UnknownIssuer (POSTGRESQL_SSL_CA names the authorities that are trusted, and POSTGRESQL_URL the host as its certificate does)
        verify-ca 127.0.0.1 encrypted ca.crt: ok
        verify-full 127.0.0.1 encrypted ca.crt: error: m.json: connectors/postgresql: `127.0.0.1:PORT`: invalid peer certificate: certificate not valid for name "127.0.0.1"; certificate is only valid for DnsName("localhost") (POSTGRESQL_SSL_CA names the authorities that are trusted, and POSTGRESQL_URL the host as its certificate does)
        verify-full localhost encrypted ca.crt: ok
        verify-full localhost certified ca.crt: ok
    "#);
    run_ok(folder.path(), &["generate", "-q", "-m", "m.json", "-c", "postgresql", "-n", "10"]);
    assert_eq!(database.sql(&format!("SELECT count(*) FROM {table}")), "10\n");
}
