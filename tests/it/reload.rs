//! Files of user code replaced while a server works: a command runs what it was accepted with.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::server::Server;
use crate::support::datagen;
use crate::wasm_text::Text;

/// Two versions of a script and of a module, of the same size each, so that no size betrays a change.
const VERSIONS: [u64; 2] = [1, 2];

const SCRIPT: &str = "scripts/stamp.rhai";
const MODULE: &str = "wasm-generators/count.wasm";

fn script(version: u64) -> Vec<u8> {
    format!("const output = \"utf8\";\nfn generate(row, params) {{ \"s{version}\" }}\n")
        .into_bytes()
}

/// Gives the row number and a million for each version.
fn module(version: u64) -> Vec<u8> {
    let text = Text {
        generate: format!(
            "(local.set $row (i32.const 0))
             (block $end (loop $each
               (br_if $end (i32.ge_u (local.get $row) (local.get $rows)))
               (i64.store (i32.add (local.get $values) (i32.shl (local.get $row) (i32.const 3)))
                 (i64.add (i64.const {version}000000)
                   (i64.add (local.get $first) (i64.extend_i32_u (local.get $row)))))
               (local.set $row (i32.add (local.get $row) (i32.const 1)))
               (br $each)))"
        ),
        ..Text::default()
    };
    text.bytes()
}

fn content(file: &str, version: u64) -> Vec<u8> {
    if file == SCRIPT { script(version) } else { module(version) }
}

const MODEL: &str =
    r#"{"Fields": [{"name": "s", "type": "STAMP"}, {"name": "n", "type": "COUNT"}]}"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["scripts", "wasm-generators", "models"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    for file in [SCRIPT, MODULE] {
        fs::write(folder.path().join(file), content(file, VERSIONS[0])).unwrap();
    }
    fs::write(folder.path().join("models/m.json"), MODEL).unwrap();
    folder
}

fn submit(server: &Server) -> String {
    server.submit("/datagen/csv?rows=2500&batches=2&threads=2&seed=1", &["model=m"])
}

/// The versions of script and module that made the files of a command; the test fails where they mix.
fn versions(folder: &Path, id: &str) -> [u64; 2] {
    let mut found = None;
    let files: Vec<_> = fs::read_dir(folder.join("out").join(id)).unwrap().collect();
    assert_eq!(files.len(), 2, "{id}");
    for file in files {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        assert_eq!(text.lines().count(), 2_501, "{id}");
        for line in text.lines().skip(1) {
            let (stamp, count) = line.split_once(',').unwrap();
            let stamp = stamp.trim_matches('"').strip_prefix('s').unwrap();
            let count: u64 = count.trim_matches('"').parse().unwrap();
            let row = [stamp.parse().unwrap(), count / 1_000_000];
            assert_eq!(*found.get_or_insert(row), row, "{id} mixes versions");
        }
    }
    found.unwrap()
}

/// The versions whose digests the command shows.
fn shown_versions(server: &Server, id: &str) -> [u64; 2] {
    let (_, command) = server.post(&format!("/command/get?commandUuid={id}"), &[]);
    let sha256 = |bytes: &[u8]| -> String {
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    [SCRIPT, MODULE].map(|file| {
        let name = Path::new(file).file_name().unwrap().to_str().unwrap();
        let shown = command["userCode"].as_array().unwrap().iter();
        let shown = shown.filter(|one| one["file"] == name).map(|one| &one["sha256"]);
        let shown = shown.collect::<Vec<&Value>>();
        assert_eq!(shown.len(), 1, "{command}");
        let version =
            VERSIONS.iter().find(|version| *shown[0] == sha256(&content(file, **version)));
        *version.unwrap()
    })
}

/// A hundred replacements, half of them by renaming, while three clients submit: no command fails, none
/// mixes, each made by what it shows; and what is submitted after a replacement has the new version.
#[test]
fn files_replaced_under_load_never_mix_in_a_command() {
    let folder = folder();
    let server = Server::start(folder.path());
    let ended = AtomicBool::new(false);
    let accepted = Mutex::new(Vec::new());
    let mut fresh: Vec<(String, [u64; 2])> = Vec::new();
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !ended.load(Ordering::Relaxed) {
                    accepted.lock().unwrap().push(submit(&server));
                }
            });
        }
        let mut current = [VERSIONS[0]; 2];
        for step in 0..100_usize {
            let which = step % 2;
            let file = [SCRIPT, MODULE][which];
            current[which] = VERSIONS[(step / 2 + 1) % 2];
            let (path, bytes) = (folder.path().join(file), content(file, current[which]));
            if step % 4 < 2 {
                let beside = path.with_extension("new");
                fs::write(&beside, bytes).unwrap();
                fs::rename(&beside, &path).unwrap();
            } else {
                fs::write(&path, bytes).unwrap();
            }
            // Now and then two changes follow one another at once.
            if step % 5 != 0 {
                fresh.push((submit(&server), current));
            }
        }
        ended.store(true, Ordering::Relaxed);
    });
    let replaced = started.elapsed();
    let accepted = accepted.into_inner().unwrap();
    for id in accepted.iter().chain(fresh.iter().map(|(id, _)| id)) {
        let status = server.wait(id);
        assert_eq!(status["status"], "FINISHED", "{status}");
    }
    for (id, expected) in &fresh {
        assert_eq!(versions(folder.path(), id), *expected, "{id}");
    }
    let seen: Vec<_> = accepted.iter().map(|id| versions(folder.path(), id)).collect();
    assert!(seen.iter().any(|one| *one != seen[0]), "nothing changed");
    for id in accepted.iter().step_by(10).chain(fresh.iter().step_by(10).map(|(id, _)| id)) {
        assert_eq!(shown_versions(&server, id), versions(folder.path(), id), "{id}");
    }
    println!(
        "100 replacements in {replaced:?}, {} commands, {:?} in all",
        accepted.len() + fresh.len(),
        started.elapsed()
    );
}

/// Accepted, then the server ends by a kill or a stop before the command runs, then the files change.
#[test]
fn a_command_accepted_before_a_restart_runs_what_it_was_accepted_with() {
    let folder = folder();
    let path = folder.path();
    let start = || Server::start_by(datagen(path).env("DATAGEN_MAX_RUNNING_COMMANDS", "1"));
    let mut server = start();
    let endless = r#"model={"Fields": [{"name": "n", "type": "INCREMENT_LONG", "min": 0}]}"#;
    let busy = server.submit("/datagen/csv?rows=100000&batches=100000", &[endless]);
    let mut waiting = Vec::new();
    for (restart, version) in [VERSIONS[0], VERSIONS[1]].into_iter().enumerate() {
        waiting.push((submit(&server), [version; 2]));
        if restart == 0 {
            server.kill();
        } else {
            server.terminate();
        }
        for file in [SCRIPT, MODULE] {
            fs::write(path.join(file), content(file, VERSIONS[(restart + 1) % 2])).unwrap();
        }
        server = start();
    }
    fs::remove_file(path.join(SCRIPT)).unwrap();
    let (code, answer) = server.post(&format!("/command/cancel?commandUuid={busy}"), &[]);
    assert_eq!(code, 200, "{answer}");
    for (id, expected) in &waiting {
        let status = server.wait(id);
        assert_eq!(status["status"], "FINISHED", "{status}");
        assert_eq!(versions(path, id), *expected);
        assert_eq!(shown_versions(&server, id), *expected);
    }
    let output = datagen(path)
        .args(["commands", "status", &waiting[0].0, "--server", &server.address])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("stamp.rhai") && told.contains("SHA-256"), "{told}");
}
