//! A server whose home was damaged: it says which file and what to do, and runs nothing else in place of what was
//! accepted. What the store itself makes of damage is tested beside it.
// Issue 9, section E

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use crate::server::Server;
use crate::support::{datagen, run};

/// By the hand of somebody who knows SQL, beside the server.
fn by_sql(folder: &Path, sql: &str) {
    let connection = Connection::open(folder.join("home/datagen.db")).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(30)).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// What a program says that does not start.
fn refusal(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_damaged_home_is_named_and_a_server_does_not_start_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let id = server.submit("/datagen/csv?rows=1&batches=1", &["model=sensor"]);
    server.wait(&id);
    by_sql(folder.path(), "INSERT INTO warnings (command, json) VALUES (1, '[{')");
    let (code, answer) = server.post(&format!("/command/get?commandUuid={id}"), &[]);
    assert_eq!((code, &answer["code"]), (500, &"store_damaged".into()), "{answer}");
    let words = "the server's store is damaged and cannot answer this; stop the server and put a copy of its \
                 database back (the server's log says which)";
    assert_eq!(answer["error"], words);
    server.terminate();
    let database = folder.path().join("home/datagen.db");
    let bytes = fs::read(&database).unwrap();
    fs::write(&database, &bytes[..bytes.len() / 3]).unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--home", "home"];
    for arguments in [&serve[..], &["user", "list", "--home", "home"]] {
        let told = refusal(folder.path(), arguments);
        let expected = "error: command store `home/datagen.db` is damaged (";
        assert!(told.contains(expected), "{told}");
        assert!(told.contains("put a copy of the file back, or move it away"), "{told}");
    }
    // It may be a pipe: nobody waits for its other end.
    fs::remove_file(&database).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&database).status().unwrap().success());
    let told = refusal(folder.path(), &serve);
    assert!(told.contains("`home/datagen.db` cannot be used (open: it is no file)"), "{told}");
}

/// A row that cannot be read is left out, and comes back with the copy of the database.
#[test]
fn a_command_that_cannot_be_read_waits_for_its_database_to_be_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (code, _) = server.post(
        "/datagen/csv?rows=1&batches=1&cron=@yearly",
        &["-F", "model=sensor", "-F", "LOCAL_FILE_PATH=a"],
    );
    assert_eq!(code, 200);
    server.terminate();
    let copy = fs::read(folder.path().join("home/datagen.db")).unwrap();
    by_sql(folder.path(), "UPDATE commands SET order_json = '{'");
    let log = folder.path().join("log");
    let mut command = datagen(folder.path());
    let server = Server::start_by(command.stderr(fs::File::create(&log).unwrap()));
    let (code, all) = server.post("/command/getAll", &[]);
    assert_eq!((code, all.as_array().map(Vec::len)), (200, Some(0)), "{all}");
    server.terminate();
    let told = fs::read_to_string(&log).unwrap();
    assert!(told.contains("is damaged and left out"), "{told}");
    assert!(told.contains("home/datagen.db") && told.contains("EOF while parsing"), "{told}");
    fs::write(folder.path().join("home/datagen.db"), copy).unwrap();
    let server = Server::start(folder.path());
    let (_, all) = server.post("/command/getAll", &[]);
    assert_eq!(all.as_array().map(Vec::len), Some(1), "{all}");
}

/// For all damage of what is stored of user code: the command fails, and no other code runs.
#[test]
fn a_command_without_its_user_code_fails_and_runs_no_other() {
    type Damage = fn(&Path, &str);
    let damages: [(Damage, &str); 2] = [
        (
            |home, id| fs::remove_file(home.join(format!("extensions/{id}.json"))).unwrap(),
            "its list is gone from the home; submit the command again",
        ),
        (
            |home, _| {
                for file in fs::read_dir(home.join("extensions")).unwrap() {
                    let path = file.unwrap().path();
                    if path.extension().is_none() {
                        fs::write(path, "fn generate(row, params) { \"new\" }").unwrap();
                    }
                }
            },
            "its bytes are others than those that its name tells); submit the command again",
        ),
    ];
    for (damage, reason) in damages {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("scripts")).unwrap();
        let script = |text: &str| {
            let code =
                format!("const output = \"utf8\";\nfn generate(row, params) {{ \"{text}\" }}\n");
            fs::write(folder.path().join("scripts/stamp.rhai"), code).unwrap();
        };
        script("old");
        let server = Server::start(folder.path());
        let model = r#"model={"Fields": [{"name": "s", "type": "STAMP"}]}"#;
        let path = "/datagen/csv?rows=1&batches=1&cron=@yearly";
        let id = server.submit(path, &[model, "LOCAL_FILE_PATH=a"]);
        server.terminate();
        script("new");
        damage(&folder.path().join("home"), &id);
        // It is due now.
        by_sql(folder.path(), "UPDATE commands SET next_run = 0");
        let server = Server::start(folder.path());
        let status = server.wait(&id);
        assert_eq!(status["status"], "FAILED", "{status}");
        let comment = status["comment"].as_str().unwrap();
        assert!(
            comment.contains("the user code of this command cannot be read any more"),
            "{comment}"
        );
        assert!(comment.contains(reason), "{comment}");
        assert!(!folder.path().join("out/a").exists());
    }
}
