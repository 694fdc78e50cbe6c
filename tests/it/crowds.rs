//! Many connections and large bodies of one address: everybody else is served, and memory stays bounded.
//!
//! The crowd comes from 127.0.0.1; who else there is, curl is, from 127.0.0.2.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::server::Server;
use crate::support::datagen;

const SOMEBODY_ELSE: [&str; 4] = ["--interface", "127.0.0.2", "--max-time", "10"];

/// The beginning of a request with a body that announces `length` bytes.
fn head(length: usize) -> String {
    format!(
        "POST /generators/try HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n"
    )
}

fn connect(server: &Server, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

fn start(folder: &Path, settings: &str) -> Server {
    fs::write(folder.join("datagen.toml"), settings).unwrap();
    Server::start(folder)
}

// Issue 9, C6
#[test]
fn one_address_does_not_keep_others_out() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "max_connections = 8\n");
    let trickle = head(1_000);
    // Four places: two idle, two with a body that does not come. Then four more, for a short time.
    let texts = ["", &trickle, "", &trickle, "", "", "", ""];
    let mut crowd: Vec<_> = texts.iter().map(|text| connect(&server, text)).collect();
    let began = Instant::now();
    for path in ["/health/live", "/health/ready", "/models"] {
        assert_eq!(server.curl(path, &SOMEBODY_ELSE).0, 200, "{path}");
    }
    // The same address is told its health, and to come again for everything else.
    let same = |path: &str| server.curl(path, &["-i", "--max-time", "10"]);
    assert_eq!(same("/health/live").0, 200);
    assert_eq!(same("/api/v1/health/ready/").0, 200);
    let (code, answer) = same("/models");
    assert_eq!(code, 503, "{answer}");
    let body: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(body["error"], "too many connections are open, come again in 1 s");
    assert!(answer.to_ascii_lowercase().contains("retry-after: 1\r\n"), "{answer}");
    // Beyond all of that, connections are closed at once, and others are still served.
    let flood: Vec<_> = (0..40).map(|_| connect(&server, "")).collect();
    assert_eq!(server.curl("/health/live", &SOMEBODY_ELSE).0, 200);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    drop(flood);
    // Crowded connections end soon, those with a place are left in peace.
    let mut answer = Vec::new();
    crowd[4].read_to_end(&mut answer).unwrap();
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    crowd[1].write_all(&[b' '; 1_000]).unwrap();
    let mut begin = [0; 12];
    crowd[1].read_exact(&mut begin).unwrap();
    assert_eq!(&begin, b"HTTP/1.1 400");
}

// Issue 9, C6
#[test]
fn bodies_of_one_address_take_bounded_memory_and_leave_room_for_others() {
    const LARGE: usize = 15_000_000;
    let folder = tempfile::tempdir().unwrap();
    let mut body = b"{\"params\": [[]".to_vec();
    body.extend(b",[]".repeat((LARGE - 20) / 3));
    body.extend(b"]}");
    fs::write(folder.path().join("body.json"), &body).unwrap();
    let file = format!("@{}", folder.path().join("body.json").display());
    let server = start(folder.path(), "");
    // Four bodies of which the last byte does not come.
    let crowd: Vec<_> = (0..4)
        .map(|_| {
            let mut stream = connect(&server, &head(body.len()));
            stream.write_all(&body[..body.len() - 1]).unwrap();
            stream
        })
        .collect();
    let send = |more: &[&str]| {
        let form = ["-H", "content-type: application/json", "--data-binary", &file];
        server.post("/generators/try", &[&form, more].concat())
    };
    let (code, answer) = send(&[]);
    assert_eq!(code, 429, "{answer}");
    let told = "bodies of 67108864 bytes are being received already, come again in 1 s";
    assert_eq!((&answer["error"], &answer["code"]), (&told.into(), &"too_many_bodies".into()));
    let (code, answer) = send(&SOMEBODY_ELSE);
    assert_eq!((code, &answer["code"]), (400, &"wrong_parameter".into()), "{answer}");
    assert_eq!(server.curl("/health/live", &[]).0, 200);
    // All four are read at the same time, then their room is free again.
    for mut stream in crowd {
        stream.write_all(b"}").unwrap();
        let mut begin = [0; 12];
        stream.read_exact(&mut begin).unwrap();
        assert_eq!(&begin, b"HTTP/1.1 400");
    }
    assert_eq!(send(&[]).0, 400);
    let peak = server.peak_memory();
    assert!(peak < 400 << 20, "{peak}");
}

// Issue 9, D8
#[test]
fn the_line_that_tells_the_address_is_json_where_logs_are() {
    use std::io::{BufRead as _, BufReader};

    let folder = tempfile::tempdir().unwrap();
    let mut command = datagen(folder.path());
    let mut child = Server::spawn(command.env("DATAGEN_LOG_FORMAT", "json"));
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    let url = line["fields"]["url"].as_str().unwrap();
    assert!(url.starts_with("http://127.0.0.1:"), "{line}");
    let message = format!("listening on {url}, API pages at {url}/swagger-ui/");
    assert_eq!((&line["fields"]["message"], &line["level"]), (&message.into(), &"INFO".into()));
}

// Issue 9, D12
#[test]
fn metrics_are_told_to_nobody_who_calls_by_a_foreign_name() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "allowed_hosts = [\"metrics.example\"]\n");
    for path in ["/metrics", "/metrics/all"] {
        for (host, expected) in [("evil.example", 403), ("metrics.example", 200)] {
            let header = format!("Host: {host}");
            assert_eq!(server.curl(path, &["-H", &header]).0, expected, "{host} {path}");
        }
        assert_eq!(server.curl(path, &[]).0, 200, "{path}");
    }
    let (code, answer) = server.post("/datagen/csv?model=nothing", &[]);
    let told = "there is no model `nothing`: no file `nothing` in the models folder";
    assert_eq!((code, &answer["problems"][0]["message"]), (400, &told.into()), "{answer}");
}
