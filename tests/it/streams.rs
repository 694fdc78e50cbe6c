//! Watching a command and fetching what it has made.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::server::Server;
use crate::support::datagen;

/// The events of a stream: name and status.
fn events(text: &str) -> Vec<(String, Value)> {
    let mut events = Vec::new();
    for event in text.split("\n\n") {
        let line = |key: &str| event.lines().find_map(|line| line.strip_prefix(key));
        if let (Some(name), Some(data)) = (line("event: "), line("data: ")) {
            events.push((name.to_owned(), serde_json::from_str(data).unwrap()));
        }
    }
    events
}

#[test]
fn a_command_is_watched_until_it_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let id = server.submit("/datagen/csv?rows=200000&batches=10&threads=2", &["model=sensor"]);
    let path = format!("/command/events?commandUuid={id}");
    let (code, text) = server.curl(&path, &["-N", "-H", "Last-Event-ID: 17"]);
    assert_eq!(code, 200);
    let events = events(&text);
    let (name, last) = events.last().unwrap();
    assert_eq!((name.as_str(), &last["status"]), ("end", &"FINISHED".into()), "{text}");
    assert_eq!(last["rows"], 2_000_000);
    let rows: Vec<_> = events.iter().map(|(_, status)| status["generatedRows"].as_u64()).collect();
    assert!(rows.is_sorted(), "{rows:?}");
    assert!(events[..events.len() - 1].iter().all(|(name, _)| name == "progress"), "{text}");
    // Over already: its end at once, and nothing to a browser that has seen it.
    let (code, text) = server.curl(&path, &[]);
    assert_eq!((code, text.matches("event: ").count()), (200, 1), "{text}");
    assert_eq!(server.curl(&path, &["-H", "Last-Event-ID: end"]).0, 204);
    let unknown = "/command/events?commandUuid=00000000-0000-0000-0000-000000000000";
    assert_eq!(server.curl(unknown, &[]).0, 404);
}

#[test]
fn a_client_watches_a_bounded_number_and_a_stop_ends_them() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let cron = "0 0 1 1 *";
    let (_, answer) =
        server.post("/datagen/csv", &["-F", "model=sensor", "-F", &format!("cron={cron}")]);
    let path = format!("/command/events?commandUuid={}", answer["commandUuid"].as_str().unwrap());
    let mut watchers = Vec::new();
    for _ in 0..16 {
        let mut watcher = Command::new("curl")
            .args(["-s", "-N", &format!("{}{path}", server.address)])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(watcher.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert_eq!(first, "event: progress\n");
        watchers.push(watcher);
    }
    let (code, text) = server.curl(&path, &[]);
    assert_eq!(code, 429, "{text}");
    assert!(server.terminate() < Duration::from_secs(5));
    for mut watcher in watchers {
        watcher.wait().unwrap();
    }
}

/// Python's own reader is the referee: names, lengths and checksums.
fn unpack(archive: &Path, into: &Path) -> Vec<String> {
    let script = "import sys, zipfile\n\
        archive = zipfile.ZipFile(sys.argv[1])\n\
        assert archive.testzip() is None\n\
        archive.extractall(sys.argv[2])\n\
        print('\\n'.join(archive.namelist()))";
    let output =
        Command::new("python3").args(["-c", script]).args([archive, into]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn the_files_of_a_command_are_one_archive() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let path = "/datagen/multipleconnectors?connectors=csv,json,avro,parquet,orc&rows=3000\
                &batches=3&LOCAL_FILE_PATH=/deep/er&LOCAL_FILE_NAME=d%C3%A9j%C3%A0";
    let id = server.submit(path, &["model=sensor"]);
    assert_eq!(server.wait(&id)["status"], "FINISHED");
    let fetch = format!("/command/data?commandUuid={id}");
    let archive = folder.path().join("fetched.zip");
    let (code, _) = server.curl(&fetch, &["-o", archive.to_str().unwrap()]);
    assert_eq!(code, 200);
    let unpacked = folder.path().join("unpacked");
    let names = unpack(&archive, &unpacked);
    assert_eq!(names.len(), 15, "{names:?}");
    assert!(names.contains(&"deep/er/déjà-0000000002.parquet".to_owned()), "{names:?}");
    for name in names {
        let read = |root: &Path| std::fs::read(root.join(&name)).unwrap();
        assert!(read(&unpacked) == read(&folder.path().join("out")), "{name}");
    }
    // A file that is another one now is told before anything is sent.
    let file = folder.path().join("out/deep/er/déjà-0000000001.csv");
    std::fs::write(&file, "something else").unwrap();
    let (code, text) = server.curl(&fetch, &[]);
    assert_eq!((code, text.contains("it has 14 bytes, not ")), (409, true), "{text}");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "").unwrap();
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink(&secret, &file).unwrap();
    assert_eq!(server.curl(&fetch, &[]).0, 409);
}

#[test]
fn what_is_not_there_or_not_finished_is_not_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let fetch = |id: &str| server.curl(&format!("/command/data?commandUuid={id}"), &[]);
    let nothing = server.submit("/datagen/csv?batches=0", &["model=sensor"]);
    assert_eq!(server.wait(&nothing)["status"], "FINISHED");
    let (code, text) = fetch(&nothing);
    assert_eq!((code, text.contains("has made no files on this machine")), (404, true), "{text}");
    let waiting = server.submit("/datagen/csv?cron=0%200%201%201%20*", &["model=sensor"]);
    let (code, text) = fetch(&waiting);
    assert_eq!((code, text.contains("is QUEUED, expected FINISHED")), (409, true), "{text}");
    assert_eq!(fetch("00000000-0000-0000-0000-000000000000").0, 404);
}

// Issue 9, D8: an archive whose receiver leaves ends without a word that is no line of the log.
#[test]
fn a_download_whose_client_leaves_breaks_no_line_of_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut program = datagen(folder.path());
    program.env("DATAGEN_LOG_FORMAT", "json").env("DATAGEN_LOG", "debug");
    let server = Server::start_by(program.stderr(fs::File::create(&log).unwrap()));
    // Parquet is not packed again: more than the buffers of both ends of a connection hold.
    let path = "/datagen/parquet?rows=200000&batches=2&PARQUET_COMPRESSION=none";
    let model = r#"model={"Fields": [{"name": "s", "type": "STRING", "length": 100}]}"#;
    let id = server.submit(path, &[model]);
    assert_eq!(server.wait(&id)["status"], "FINISHED");
    let fetch = format!("/command/data?commandUuid={id}");
    for _ in 0..5 {
        let mut stream = TcpStream::connect(server.address.trim_start_matches("http://")).unwrap();
        write!(stream, "GET {fetch} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").unwrap();
        let mut begin = [0; 4_096];
        stream.read_exact(&mut begin).unwrap();
        assert!(begin.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&begin));
    }
    // Who stays has all of it.
    let archive = folder.path().join("fetched.zip");
    assert_eq!(server.curl(&fetch, &["-o", archive.to_str().unwrap()]).0, 200);
    assert_eq!(unpack(&archive, &folder.path().join("unpacked")).len(), 2);
    server.terminate();
    let told = fs::read_to_string(&log).unwrap();
    for line in told.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object()), "{line}");
    }
    assert!(told.contains("\"level\""), "{told}");
}
