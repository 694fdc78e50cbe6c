//! Requests as bytes: how they are framed, against one server. None is answered as two, or ends the server.
//!
//! Issue 9, attacks section E. Hosts and announced lengths are tested in `http`, slow clients in `access`.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::server::Server;

/// A health check that asks for the end of the connection, with more lines of its head.
fn get(lines: &str) -> String {
    format!("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{lines}\r\n")
}

/// A call for the list of commands, whose body is a form, with more lines of its head.
fn post(lines: &str, body: &str) -> String {
    format!(
        "POST /command/getAll HTTP/1.1\r\nHost: 127.0.0.1\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n{lines}\r\n{body}"
    )
}

/// A request with this first line.
fn first(line: &str) -> String {
    format!("{line}\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
}

const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";
const CLOSE: &str = "Connection: close\r\n";

/// What is sent, and the codes of all answers up to the end of the connection; none: it only ends.
fn versions_and_first_lines() -> Vec<(String, &'static [u16])> {
    vec![
        (get(""), &[200]),
        (first("GET /health/live HTTP/1.0"), &[200]),
        (first("GET /health/live HTTP/1.2"), &[400]),
        (first("GET /health/live HTTP/2.0"), &[400]),
        (first("GET /health/live HTTP/11"), &[400]),
        (first("GET /health/live http/1.1"), &[400]),
        (first("GET /health/live"), &[400]),
        (first("GET  /health/live HTTP/1.1"), &[400]),
        (first("GET\t/health/live\tHTTP/1.1"), &[400]),
        (first("GET /health/live HTTP/1.1 x"), &[400]),
        (first("GET /health live HTTP/1.1"), &[400]),
        (first(" GET /health/live HTTP/1.1"), &[400]),
        (first("G(T /health/live HTTP/1.1"), &[400]),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), &[]),
        ("\u{16}\u{3}\u{1}\0\u{5}\u{1}\0\0\u{1}\u{3}".to_owned(), &[400]),
        // RFC 9112 section 2.2 lets servers take these.
        (format!("\r\n\r\n{}", get("")), &[200]),
        (get("").replace("\r\n", "\n"), &[200]),
    ]
}

fn methods_and_paths() -> Vec<(String, &'static [u16])> {
    vec![
        (first("HEAD /health/live HTTP/1.1"), &[200]),
        (first("get /health/live HTTP/1.1"), &[405]),
        (first("BREW /health/live HTTP/1.1"), &[405]),
        (first("TRACE /health/live HTTP/1.1"), &[405]),
        (first("OPTIONS * HTTP/1.1"), &[404]),
        (first("CONNECT 127.0.0.1:22 HTTP/1.1"), &[404]),
        (first("GET health/live HTTP/1.1"), &[400]),
        (first("GET //health/live HTTP/1.1"), &[404]),
        (first("GET /health/../models HTTP/1.1"), &[404]),
        (first("GET /health/%2e%2e/models HTTP/1.1"), &[404]),
        (first("GET /health%2flive HTTP/1.1"), &[404]),
        (first("GET /health/live%00 HTTP/1.1"), &[404]),
        (first("GET /health/live\0 HTTP/1.1"), &[400]),
        (first("GET /health/%zz HTTP/1.1"), &[404]),
        (first("GET /%ff%fe HTTP/1.1"), &[404]),
        (first(&format!("GET /{} HTTP/1.1", "a".repeat(100 << 10))), &[431]),
    ]
}

fn heads() -> Vec<(String, &'static [u16])> {
    vec![
        (get("X : y\r\n"), &[400]),
        (get(": y\r\n"), &[400]),
        (get("no colon\r\n"), &[400]),
        (get("X: y\r\n folded\r\n"), &[400]),
        (get("X: a\0b\r\n"), &[400]),
        (get("X: a\rb\r\n"), &[400]),
        (get("X\u{e9}: y\r\n"), &[400]),
        (get(&format!("X: {}\r\n", "y".repeat(70 << 10))), &[431]),
        (get(&"X: y\r\n".repeat(120)), &[431]),
        (get("Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"), &[200]),
        // Two requests in one go are two answers.
        (get("").replace("close", "keep-alive") + get("").as_str(), &[200, 200]),
        (
            post(&format!("Expect: 100-continue\r\nContent-Length: 7\r\n{CLOSE}"), "limit=5"),
            &[100, 200],
        ),
    ]
}

fn lengths_and_chunks() -> Vec<(String, &'static [u16])> {
    let sized = |length: &str| post(&format!("Content-Length: {length}\r\n{CLOSE}"), "limit=5");
    let chunks = |body: &str| post(&format!("{CHUNKED}{CLOSE}"), body);
    let coded = |coding: &str| {
        post(&format!("Transfer-Encoding: {coding}\r\n{CLOSE}"), "7\r\nlimit=5\r\n0\r\n\r\n")
    };
    vec![
        (sized("7"), &[200]),
        (sized("-7"), &[400]),
        (sized("+7"), &[400]),
        (sized("0x7"), &[400]),
        (sized("7 7"), &[400]),
        (sized("7,8"), &[400]),
        (sized(""), &[400]),
        (sized("99999999999999999999"), &[400]),
        (sized("7\r\nContent-Length: 8"), &[400]),
        (chunks("7\r\nlimit=5\r\n0\r\n\r\n"), &[200]),
        (chunks("7;name=value\r\nlimit=5\r\n0\r\nTrailer: x\r\n\r\n"), &[200]),
        (chunks("0007\r\nlimit=5\r\n0\r\n\r\n"), &[200]),
        (chunks("z\r\nlimit=5\r\n0\r\n\r\n"), &[400]),
        (chunks("-7\r\nlimit=5\r\n0\r\n\r\n"), &[400]),
        (chunks("0x7\r\nlimit=5\r\n0\r\n\r\n"), &[400]),
        (chunks("7\r\nlimit=50\r\n0\r\n\r\n"), &[400]),
        (chunks("fffffffffffffffff\r\nlimit=5\r\n0\r\n\r\n"), &[400]),
        (coded("gzip"), &[400]),
        (coded("identity"), &[400]),
        (coded("xchunked"), &[400]),
        (coded("chunked, identity"), &[400]),
        (coded("chunked").replacen("HTTP/1.1", "HTTP/1.0", 1), &[400]),
        // What follows is neither a request of its own nor a part of the body.
        (
            post(
                &format!("Content-Length: 7\r\n{CHUNKED}"),
                &format!("7\r\nlimit=5\r\n0\r\n\r\n{}", get("")),
            ),
            &[200],
        ),
        (
            post(&format!("{CHUNKED}Content-Length: 5\r\n"), &format!("0\r\n\r\n{}", get(""))),
            &[200],
        ),
    ]
}

/// The codes of all answers to `bytes`.
fn codes(address: &str, bytes: &str) -> Vec<u16> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    // The server may have answered and gone before it read all of it.
    let _ = stream.write_all(bytes.as_bytes());
    let (mut answers, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => answers.extend(&buffer[..length]),
            // It may also have reset the connection for what it did not read.
            Err(error) => {
                assert_eq!(
                    error.kind(),
                    ErrorKind::ConnectionReset,
                    "{:?}",
                    String::from_utf8_lossy(&answers)
                );
                break;
            }
        }
    }
    let text = String::from_utf8(answers).unwrap();
    text.split("HTTP/1.").skip(1).map(|answer| answer[2..5].parse().unwrap()).collect()
}

#[test]
fn requests_are_framed_as_http_1_1_says() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let address = server.address.trim_start_matches("http://");
    let cases =
        [versions_and_first_lines(), methods_and_paths(), heads(), lengths_and_chunks()].concat();
    let mut told = String::new();
    for (bytes, expected) in &cases {
        let found = codes(address, bytes);
        if found != *expected {
            let start: String = bytes.chars().take(300).collect();
            told.push_str(&format!("{start:?}\n    {found:?}, expected {expected:?}\n"));
        }
    }
    assert!(told.is_empty(), "{told}");
    assert_eq!(server.curl("/health/live", &[]).0, 200);
    assert!(server.peak_memory() < 200 << 20);
}
