//! Who may come in: TLS, users, tokens, roles and limits, through a real server and curl.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde_json::Value;

use crate::server::Server;
use crate::support::{PASSWORD, add_user, datagen, files_below, run, run_ok};

/// A certificate authority of the test's own.
struct Authority {
    folder: PathBuf,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new(folder: &Path) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Not the name that certificates have by default: whose issuer has its own name is its own.
        params.distinguished_name.push(DnType::CommonName, "authority of a test");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        fs::write(folder.join("ca.pem"), issuer.pem()).unwrap();
        Self { folder: folder.to_owned(), issuer }
    }

    /// Writes `server.pem` and `server.key` for `name`, the key first: the pair does not fit meanwhile.
    fn issue(&self, name: &str) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        fs::write(self.folder.join("server.key"), key.serialize_pem()).unwrap();
        fs::write(self.folder.join("server.pem"), certificate.pem()).unwrap();
    }
}

const TLS: [&str; 4] = ["--tls-certificate", "server.pem", "--tls-key", "server.key"];
fn login(name: &str) -> [String; 2] {
    ["-u".to_owned(), format!("{name}:{PASSWORD}")]
}

/// The status code of `path` for whom `arguments` show.
fn code(server: &Server, path: &str, arguments: &[&str]) -> u16 {
    server.post(path, arguments).0
}

const SMALL: &str = "/datagen/csv?rows=2&batches=1&model=customer";

#[test]
fn tls_is_served_and_a_new_certificate_is_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path());
    authority.issue("first.example");
    let server = Server::start_with(folder.path(), &TLS);
    assert!(server.address.starts_with("https://"), "{}", server.address);
    let ca = folder.path().join("ca.pem");
    let trust = ["--cacert", ca.to_str().unwrap()];
    let (code, body) = server.curl("/health/live", &trust);
    assert_eq!((code, &*body), (200, r#"{"status":"OK"}"#));
    // Without the CA, curl ends before it asks.
    assert_eq!(server.curl("/health/live", &[]).0, 0);
    let port = server.address.rsplit(':').next().unwrap();
    let named = |name: &str| {
        let (host, address) = (format!("{name}:{port}"), format!("{name}:{port}:127.0.0.1"));
        let output = Command::new("curl")
            .args(["-s", "-o", "/dev/null", "-w", "%{http_code}", "--resolve", &address])
            .args(trust)
            .arg(format!("https://{host}/health/live"))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap() == "200"
    };
    assert!(named("first.example") && !named("second.example"));
    authority.issue("second.example");
    let deadline = Instant::now() + Duration::from_secs(20);
    while !named("second.example") {
        assert!(Instant::now() < deadline, "the new certificate is not taken up");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(!named("first.example"));
    // What cannot be used leaves the old one in service.
    fs::write(folder.path().join("server.pem"), "rubbish").unwrap();
    std::thread::sleep(Duration::from_millis(1_500));
    assert!(named("second.example"));
}

#[test]
fn a_server_that_others_reach_wants_encryption_and_users() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path());
    authority.issue("localhost");
    let serve = ["serve", "--listen", "0.0.0.0:0", "--home", "home"];
    let refused = |more: &[&str]| {
        let output = run(folder.path(), &[&serve[..], more].concat());
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused(&[]).contains("give --tls-certificate and --tls-key"));
    assert!(refused(&TLS).contains("add somebody by `datagen user add NAME`"));
    assert!(refused(&TLS[..2]).contains("expected --tls-key too"));
    assert!(refused(&TLS[2..]).contains("expected --tls-certificate too"));
    assert!(
        refused(&["--tls-certificate", "server.key", "--tls-key", "server.key"])
            .contains("`server.key` holds no certificate")
    );
    add_user(folder.path(), "ann", "user");
    assert!(refused(&[]).contains("give --tls-certificate and --tls-key"));
    let listen = ["--listen", "0.0.0.0:0"];
    let server = Server::start_with(folder.path(), &[&listen[..], &TLS].concat());
    assert_eq!(code(&server, "/command/getAll", &["-k"]), 401);
    drop(server);
    // Said aloud, it works without encryption; the login is still asked, for there is a user.
    let server = Server::start_with(folder.path(), &[&listen[..], &["--insecure"]].concat());
    assert_eq!(code(&server, "/command/getAll", &[]), 401);
    let [flag, ann] = login("ann");
    assert_eq!(code(&server, "/command/getAll", &[&flag, &ann]), 200);
}

#[test]
fn login_is_asked_once_there_are_users_and_each_sees_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path());
    authority.issue("localhost");
    let server = Server::start_with(folder.path(), &TLS);
    let nobody: &[&str] = &["-k"];
    assert_eq!(code(&server, SMALL, nobody), 200);
    // A running server heeds the command line at once.
    for (name, role) in [("ann", "user"), ("bob", "user"), ("eve", "viewer"), ("root", "admin")] {
        add_user(folder.path(), name, role);
    }
    let (status, answer) = server.post(SMALL, nobody);
    assert_eq!((status, &answer["code"]), (401, &"login_required".into()));
    assert_eq!(answer["commandUuid"], "");
    let as_user = |name: &str| {
        let [flag, user] = login(name);
        move |server: &Server, path: &str| server.post(path, &["-k", &flag, &user])
    };
    let (ann, bob, eve, root) = (as_user("ann"), as_user("bob"), as_user("eve"), as_user("root"));
    let (status, accepted) = ann(&server, SMALL);
    assert_eq!(status, 200, "{accepted}");
    let id = accepted["commandUuid"].as_str().unwrap();
    let scheduled = ann(
        &server,
        "/datagen/csv?rows=1&batches=1&delay_between_executions_seconds=900&model=sensor",
    )
    .1;
    let scheduled = scheduled["commandUuid"].as_str().unwrap();
    // Somebody else's command answers to the letter as an unknown one.
    let unknown = "00000000-0000-4000-8000-000000000000";
    for call in ["getCommandStatus", "get", "cancel", "retry", "pause", "resume", "removeScheduled"]
    {
        for command in [id, scheduled] {
            let (status, theirs) = bob(&server, &format!("/command/{call}?commandUuid={command}"));
            let none = bob(&server, &format!("/command/{call}?commandUuid={unknown}")).1;
            let theirs = theirs.to_string().replace(command, unknown);
            assert_eq!((status, theirs), (404, none.to_string()), "{call}");
        }
    }
    for call in ["events", "data"] {
        let [flag, user] = login("bob");
        let path = format!("/command/{call}?commandUuid={id}");
        assert_eq!(server.curl(&path, &["-k", &flag, &user]).0, 404, "{call}");
    }
    let count = |answer: (u16, Value)| answer.1.as_array().unwrap().len();
    for (list, own, all) in [
        ("/command/getAll", 2, 3),
        ("/command/getAllScheduled", 1, 1),
        ("/command/getByStatus?status=FAILED", 0, 0),
    ] {
        assert_eq!(count(bob(&server, list)), 0, "{list}");
        assert_eq!(count(ann(&server, list)), own, "{list}");
        assert_eq!(count(eve(&server, list)), all, "{list}");
        assert_eq!(count(root(&server, list)), all, "{list}");
    }
    let (status, whole) = root(&server, &format!("/command/get?commandUuid={id}"));
    assert_eq!((status, &whole["owner"]), (200, &"ann".into()));
    // A viewer reads, and that is all.
    assert_eq!(eve(&server, &format!("/command/get?commandUuid={id}")).0, 200);
    for call in [
        SMALL.to_owned(),
        "/datagen/multipleconnectors?connectors=csv".to_owned(),
        "/model/test".to_owned(),
        format!("/command/cancel?commandUuid={id}"),
        format!("/command/removeScheduled?commandUuid={scheduled}"),
    ] {
        let (status, answer) = eve(&server, &call);
        assert_eq!((status, &answer["code"]), (403, &"may_only_read".into()), "{call}");
    }
    assert_eq!(root(&server, &format!("/command/removeScheduled?commandUuid={scheduled}")).0, 200);
    // Health, metrics and the documentation ask nobody; whoever is removed is out at once.
    for path in ["/health/live", "/health/ready", "/metrics", "/metrics/all", "/openapi.json"] {
        assert_eq!(server.curl(path, nobody).0, 200, "{path}");
    }
    run_ok(folder.path(), &["user", "remove", "ann", "--home", "home"]);
    assert_eq!(ann(&server, "/command/getAll").0, 401);
}

#[test]
fn wrong_logins_are_refused_alike_and_slowed() {
    let folder = tempfile::tempdir().unwrap();
    add_user(folder.path(), "ann", "user");
    let server = Server::start(folder.path());
    let (status, wrong) = server.post("/command/getAll", &["-u", "ann:wrong password"]);
    assert_eq!((status, &wrong["code"]), (401, &"wrong_login".into()));
    let unknown = server.post("/command/getAll", &["-u", "nobody:wrong password"]);
    assert_eq!(unknown, (401, wrong), "the answer tells whether a name exists");
    for odd in ["Basic", "Basic %%%", "Basic YW5u", "Bearer", "Digest x=y", "Bearer datagen_guess"]
    {
        let header = format!("Authorization: {odd}");
        assert_eq!(code(&server, "/command/getAll", &["-H", &header]), 401, "{odd}");
    }
    let (_, challenge) = server.curl("/command/getAll", &["-X", "POST", "-D", "-"]);
    let challenge = challenge.to_ascii_lowercase();
    assert!(challenge.contains("www-authenticate: basic realm=\"datagen\""), "{challenge}");
    assert!(challenge.contains("www-authenticate: bearer"), "{challenge}");
    let [flag, ann] = login("ann");
    assert_eq!(code(&server, "/command/getAll", &[&flag, &ann]), 200);
    // Issue 9, D12: names that cannot stand side by side are one name.
    let [_, same] = login("ANN");
    assert_eq!(code(&server, "/command/getAll", &[&flag, &same]), 200);
    let mut slowed = 0;
    for _ in 0..12 {
        let (status, body) =
            server.curl("/command/getAll", &["-X", "POST", "-i", "-u", "ann:wrong password"]);
        assert!(status == 401 || status == 429, "{body}");
        slowed += usize::from(status == 429 && body.to_ascii_lowercase().contains("retry-after: "));
    }
    assert!(slowed >= 4, "{slowed} of 12 guesses were slowed");
    // Who has shown the password of late is not kept out by it.
    assert_eq!(code(&server, "/command/getAll", &[&flag, &ann]), 200);
}

/// Issue 9, A5: password checks share their memory, however many there are and wherever they come from.
#[test]
fn failed_logins_take_no_memory_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    add_user(folder.path(), "ann", "user");
    let server = Server::start(folder.path());
    let before = server.peak_memory();
    let mut answers = std::collections::BTreeMap::new();
    for wave in 0..4 {
        let ask = |number: usize| {
            let name = format!("user{number}:wrong password");
            let from = format!("127.2.{wave}.{}", number % 60 + 1);
            Command::new("curl")
                .args(["-s", "-o", "/dev/null", "-w", "%{http_code}", "--interface", &from])
                .args(["-X", "POST", "-u", &name, &format!("{}/command/getAll", server.address)])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        };
        let clients: Vec<_> = (wave * 60..wave * 60 + 60).map(ask).collect();
        for client in clients {
            let code = String::from_utf8(client.wait_with_output().unwrap().stdout).unwrap();
            *answers.entry(code).or_insert(0) += 1;
        }
    }
    assert_eq!(answers, [("401".to_owned(), 240)].into(), "each was checked");
    let grown = server.peak_memory() - before;
    assert!(grown < 64 << 20, "{} MiB", grown >> 20);
}

#[test]
fn a_token_logs_in_until_it_is_taken_back_or_expires() {
    let folder = tempfile::tempdir().unwrap();
    add_user(folder.path(), "ann", "user");
    let server = Server::start(folder.path());
    let issue = || {
        let arguments = ["user", "token", "ann", "--label", "ci", "--days", "1", "--home", "home"];
        run_ok(folder.path(), &arguments).trim().to_owned()
    };
    let token = issue();
    let ask = |token: &str| {
        server.post("/command/getAll", &["-H", &format!("Authorization: Bearer {token}")])
    };
    assert_eq!(ask(&token).0, 200);
    assert_eq!(ask(&format!("{token}x")).0, 401);
    let (other, table) = (issue(), run_ok(folder.path(), &["user", "list", "--home", "home"]));
    assert!(table.contains("ann") && table.contains("ci") && !table.contains(&token), "{table}");
    run_ok(folder.path(), &["user", "revoke", "1", "--home", "home"]);
    assert_eq!((ask(&token).0, ask(&other).0), (401, 200));
    // Time passes in the store.
    let sql = "import sqlite3; db = sqlite3.connect('home/datagen.db'); \
               db.execute('UPDATE tokens SET expires = 1'); db.commit()";
    let python = Command::new("python3").args(["-c", sql]).current_dir(folder.path()).status();
    assert!(python.unwrap().success());
    let (status, answer) = ask(&other);
    assert_eq!((status, &answer["code"]), (401, &"token_expired".into()));
}

/// Passwords and tokens stand neither in the store, nor in the logs at their most talkative, nor in
/// what commands answer.
#[test]
fn no_secret_is_told() {
    let folder = tempfile::tempdir().unwrap();
    add_user(folder.path(), "ann", "user");
    let log = fs::File::create(folder.path().join("log")).unwrap();
    let mut command = datagen(folder.path());
    let server = Server::start_as(command.env("DATAGEN_LOG", "trace").stderr(log), &[]);
    let token = run_ok(folder.path(), &["user", "token", "ann", "--home", "home"]);
    let bearer = format!("Authorization: Bearer {}", token.trim());
    let [flag, ann] = login("ann");
    assert_eq!(code(&server, "/command/getAll", &[&flag, &ann]), 200);
    assert_eq!(code(&server, "/command/getAll", &["-H", &bearer]), 200);
    assert_eq!(code(&server, "/command/getAll", &["-u", "ann:mistyped secret"]), 401);
    assert_eq!(code(&server, "/command/getAll?S3_SECRET=hidden-in-query", &["-H", &bearer]), 400);
    drop(server);
    let secrets = [PASSWORD, token.trim(), "mistyped secret", "hidden-in-query"];
    let encoded = ["YW5uOmNvcnJlY3QgaG9yc2U="];
    let mut read = 0;
    for path in ["log", "home/datagen.db", "home/datagen.db-wal"] {
        let bytes = fs::read(folder.path().join(path)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        read += bytes.len();
        for secret in secrets.iter().chain(&encoded) {
            assert!(!text.contains(secret), "{path} holds `{secret}`");
        }
    }
    assert!(read > 10_000, "{read}");
}

#[test]
fn path_tricks_in_names_lead_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["../ann", "a/b", "ann:x", "", "a b", "anonymous", "..%2fann"] {
        let output = run(folder.path(), &["user", "add", name, "--home", "home"]);
        assert_eq!(output.status.code(), Some(1), "{name}");
    }
    add_user(folder.path(), "ann", "user");
    let server = Server::start(folder.path());
    let [flag, ann] = login("ann");
    for path in [
        "/datagen/csv?model=../../../etc/passwd",
        "/datagen/csv?model=/etc/passwd",
        "/datagen/csv?model=..%2f..%2fetc%2fpasswd",
        "/datagen/csv?model_file=models/../../x.json",
        "/datagen/csv?model=customer&LOCAL_FILE_PATH=../../../tmp/x",
        "/datagen/csv?model=customer&LOCAL_FILE_NAME=../x",
        "/datagen/csv?model=customer%00.json",
    ] {
        let (status, answer) = server.post(path, &[&flag, &ann]);
        assert_eq!(status, 400, "{path}: {answer}");
    }
    // Nobody gets past the gate by another spelling.
    for path in [
        "/api/v1/command/getAll",
        "/command/getAll/",
        "//command/getAll",
        "/health/../command/getAll",
        "/health/%2e%2e/command/getAll",
        "/swagger-ui/../command/getAll",
        "/COMMAND/getAll",
        "/command/getAll?x=/health/live",
        "/command/getAll;/health/live",
    ] {
        let status = code(&server, path, &["--path-as-is"]);
        assert!([401, 404, 405].contains(&status), "{path}: {status}");
    }
}

/// The pages of other sites, and other names of this machine, are kept out where nobody logs in.
#[test]
fn a_page_of_another_site_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let own = format!("Origin: {}", server.address);
    assert_eq!(code(&server, SMALL, &["-H", &own]), 200);
    for header in ["Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"] {
        let (status, answer) = server.post(SMALL, &["-H", header]);
        assert_eq!((status, &answer["code"]), (403, &"foreign_site".into()), "{header}");
    }
    let (status, answer) = server.post(SMALL, &["-H", "Host: rebound.example"]);
    assert_eq!((status, &answer["code"]), (403, &"foreign_name".into()));
    let cors = ["-X", "OPTIONS", "-i", "-H", "Origin: https://evil.example", "-H"];
    let ask = "Access-Control-Request-Method: POST";
    let (_, answer) = server.curl("/datagen/csv", &[&cors[..], &[ask]].concat());
    assert!(!answer.to_ascii_lowercase().contains("access-control-allow"), "{answer}");
}

#[test]
fn every_answer_carries_the_security_headers() {
    let folder = tempfile::tempdir().unwrap();
    Authority::new(folder.path()).issue("localhost");
    let plain = Server::start(folder.path());
    let wanted = [
        "content-security-policy: default-src 'none'",
        "frame-ancestors 'none'",
        "x-content-type-options: nosniff",
        "x-frame-options: deny",
        "referrer-policy: no-referrer",
        "x-request-id: ",
    ];
    for path in ["/swagger-ui/", "/openapi.json", "/health/live", "/nowhere", "/command/getAll"] {
        let (_, answer) = plain.curl(path, &["-i"]);
        let answer = answer.to_ascii_lowercase();
        for header in wanted {
            assert!(answer.contains(header), "{path}: {header}: {answer}");
        }
        assert!(!answer.contains("strict-transport-security"), "{path}");
    }
    drop(plain);
    let encrypted = Server::start_with(folder.path(), &TLS);
    let (_, answer) = encrypted.curl("/health/live", &["-k", "-i"]);
    assert!(answer.to_ascii_lowercase().contains("strict-transport-security: max-age=31536000"));
}

/// Clients that hold connections without asking: each has a time, and the number is bounded.
#[test]
fn slow_clients_are_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "max_connections = 4\nheader_timeout_seconds = 1\nrequest_timeout_seconds = 2\n";
    fs::write(folder.path().join("datagen.toml"), settings).unwrap();
    let server = Server::start(folder.path());
    let address = server.address.trim_start_matches("http://");
    let connect = |text: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    let ended = |stream: &mut TcpStream| {
        let (started, mut answer) = (Instant::now(), Vec::new());
        stream.read_to_end(&mut answer).unwrap();
        (started.elapsed(), String::from_utf8(answer).unwrap())
    };
    // Heads that never end take the places of their address: two of four, then those of a short time.
    let mut slow: Vec<_> =
        (0..4).map(|_| connect("POST /command/getAll HTTP/1.1\r\nHost: localhost\r\nX-")).collect();
    assert_eq!(server.curl("/health/live", &[]).0, 200);
    for stream in &mut slow {
        let (after, _) = ended(stream);
        assert!(after < Duration::from_secs(5), "{after:?}");
    }
    // A body that does not come is told so.
    let mut body = connect(
        "POST /datagen/csv HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: 100\r\n\r\n{",
    );
    let (after, answer) = ended(&mut body);
    assert!(after < Duration::from_secs(8) && answer.starts_with("HTTP/1.1 408"), "{answer}");
    // Too large a head, too large a body.
    let large = format!("X-Large: {}", "x".repeat(100 << 10));
    assert_eq!(code(&server, "/command/getAll", &["-H", &large]), 431);
    fs::write(folder.path().join("big"), vec![b' '; (16 << 20) + 1]).unwrap();
    let big = format!("@{}", folder.path().join("big").display());
    let json = "content-type: application/json";
    assert_eq!(code(&server, "/datagen/csv", &["-H", json, "--data-binary", &big]), 413);
}

/// `datagen run` and `datagen commands` over TLS: by password, by netrc file and not at all.
#[test]
fn the_command_line_logs_in_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    Authority::new(folder.path()).issue("first.example");
    add_user(folder.path(), "ann", "user");
    add_user(folder.path(), "bob", "user");
    let server = Server::start_with(folder.path(), &TLS);
    let ask = |arguments: &[&str], password: Option<&str>| {
        let mut command = datagen(folder.path());
        command.args(arguments).args(["--server", &server.address]);
        if let Some(password) = password {
            command.env("DATAGEN_PASSWORD", password);
        }
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let run = ["run", "-m", "sensor", "-r", "5", "--json", "-o", "files.zip"];
    let trusted = [&run[..], &["--cacert", "ca.pem"]].concat();
    let (status, _, told) = ask(&[&run[..], &["--user", "ann"]].concat(), Some(PASSWORD));
    assert!(
        status == 1 && told.contains("cannot be reached"),
        "the CA is not the system's: {told}"
    );
    let (status, _, told) = ask(&trusted, None);
    assert!(status == 1 && told.contains("log in by DATAGEN_TOKEN"), "{told}");
    let (status, _, told) = ask(&[&trusted[..], &["--user", "ann"]].concat(), Some("wrong horse"));
    assert!(status == 1 && told.contains("log in by DATAGEN_TOKEN"), "{told}");
    let (status, shown, told) = ask(&[&trusted[..], &["--user", "ann"]].concat(), Some(PASSWORD));
    assert_eq!(status, 0, "{told}");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["owner"], &shown["status"]), (&"ann".into(), &"FINISHED".into()));
    let id = shown["commandUuid"].as_str().unwrap();
    let netrc = "machine 127.0.0.1 login bob password wrong";
    fs::write(folder.path().join("netrc"), netrc).unwrap();
    let list = ["commands", "--cacert", "ca.pem", "--netrc-file", "netrc", "--json"];
    assert_eq!(ask(&list, None).0, 1);
    // Another user's command does not exist for bob, in any form.
    let ca = folder.path().join("ca.pem");
    let trust = ["--cacert", ca.to_str().unwrap(), "-o", "/dev/null"];
    for path in ["/command/events", "/command/data"] {
        let path = format!("{path}?commandUuid={id}");
        for (name, expected) in [("bob", 404), ("ann", 200)] {
            let login = login(name);
            let asks = [&trust[..], &[&login[0], &login[1]]].concat();
            assert_eq!(server.curl(&path, &asks).0, expected, "{name} {path}");
        }
    }
}

/// Issue 9, B2: nobody replaces, removes or downloads files of somebody else.
#[test]
fn the_outputs_of_a_user_are_their_own() {
    let folder = tempfile::tempdir().unwrap();
    for (name, role) in [("ann", "admin"), ("bob", "user"), ("carl", "user")] {
        add_user(folder.path(), name, role);
    }
    // Of unknown origin: nobody's but an admin's.
    let out = folder.path().join("out");
    fs::create_dir_all(out.join("sales")).unwrap();
    fs::write(out.join("sales/sensor-0000000000.csv"), "found\n").unwrap();
    let server = Server::start(folder.path());
    let make = |name: &str, form: &[&str]| {
        let login = login(name);
        let login = login.each_ref().map(String::as_str);
        let form: Vec<_> = form.iter().flat_map(|part| ["-F", part]).chain(login).collect();
        let (code, answer) = server.post("/datagen/csv?rows=3&model=sensor&seed=1", &form);
        assert_eq!(code, 200, "{answer}");
        let id = answer["commandUuid"].as_str().unwrap().to_owned();
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let path = format!("/command/getCommandStatus?commandUuid={id}");
            let (_, status) = server.post(&path, &login);
            match status["status"].as_str().unwrap() {
                "FINISHED" => return id,
                "FAILED" => panic!("{status}"),
                _ => assert!(Instant::now() < deadline),
            }
        }
    };
    let bobs = make("bob", &["batches=3", "LOCAL_FILE_PATH=/sales"]);
    make("carl", &["batches=1", "LOCAL_FILE_PATH=sales", "DELETE_PREVIOUS=true"]);
    let told = out.join("users/bob/sales");
    let path = format!("LOCAL_FILE_PATH={}", told.canonicalize().unwrap().display());
    make("carl", &["batches=1", &path, "DELETE_PREVIOUS=true"]);
    let of_bob = files_below(&told);
    let names = [0, 1, 2].map(|batch| format!("sensor-{batch:010}.csv"));
    assert!(of_bob.keys().eq(&names), "{:?}", of_bob.keys());
    assert_eq!(fs::read(out.join("sales/sensor-0000000000.csv")).unwrap(), b"found\n");
    // Their own they get, by the names they gave; others do not.
    let archive = |name: &str| {
        let login = login(name);
        let path = folder.path().join(format!("{name}.zip"));
        let arguments = ["-o", path.to_str().unwrap(), &login[0], &login[1]];
        let (code, _) = server.curl(&format!("/command/data?commandUuid={bobs}"), &arguments);
        (code, fs::read(path).unwrap())
    };
    let (code, zip) = archive("bob");
    assert_eq!(code, 200);
    let holds = |name: &str| zip.windows(name.len()).any(|window| window == name.as_bytes());
    assert!(holds("sales/sensor-0000000002.csv") && !holds("users/bob"));
    assert_eq!(archive("carl").0, 404);
    // An admin's outputs are below the root itself, and may be anywhere there.
    make("ann", &["batches=1", "LOCAL_FILE_PATH=sales"]);
    assert_ne!(fs::read(out.join("sales/sensor-0000000000.csv")).unwrap(), b"found\n");
    make("ann", &["batches=0", "LOCAL_FILE_PATH=users/bob/sales", "DELETE_PREVIOUS=true"]);
    assert!(files_below(&told).is_empty());
}
