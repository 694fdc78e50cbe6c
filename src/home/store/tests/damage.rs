//! Damaged databases: each is told with its file, what is wrong and what to do, and nothing is made up or lost
//! without a word.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use rusqlite::Connection;
use uuid::Uuid;

use super::{command, committed, finished, scheduled, time};
use crate::access::{Account, Password, Role, Token};
use crate::home::store::{ModelText, Store, StoreError, StoredBatch};
use crate::home::{Filter, Right, Schedule, StoredCredential, StoredToken};
use crate::problems::{Problem, chain};

type Damage = fn(&Path);

/// A database with something in every table.
fn filled() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("datagen.db");
    let store = Store::open(&path).unwrap();
    let account = Account {
        name: "ann".to_owned(),
        role: Role::Admin,
        password: Password::hash("correct horse").unwrap(),
    };
    store.add_user(&account, time(0)).unwrap();
    let token = StoredToken {
        number: 0,
        user: "ann".to_owned(),
        label: "a".to_owned(),
        created: time(0),
        expires: time(1_000),
    };
    store.add_token("ann", &Token::draw().unwrap().digest(), &token, time(0)).unwrap();
    let text = ModelText { json: "{}".to_owned(), sealed: None };
    store.put_model("orders", "ann", &text, time(0), 10).unwrap();
    store.change_right("orders", Right::Users, "bob", true).unwrap();
    let credential = StoredCredential {
        number: 0,
        name: "bucket".to_owned(),
        owner: "ann".to_owned(),
        kind: "s3".to_owned(),
        shown: BTreeMap::new(),
        created: time(0),
        changed: time(0),
    };
    store.put_credential(&credential, b"sealed", 10).unwrap();
    for number in 1..=50 {
        let command = match number % 3 {
            0 => scheduled(finished(number), Schedule::Delay { seconds: 1 }),
            1 => command(number),
            _ => finished(number),
        };
        store.insert(&command, &"{}".repeat(500), Some("[{}]")).unwrap();
        let batch = StoredBatch { batch: 0, position: 0, committed: committed(1, "/out/a") };
        store.add_batches(&command, &[batch], time(0)).unwrap();
    }
    drop(store);
    let bytes = fs::read(&path).unwrap();
    assert!(bytes.len() > 40_000);
    bytes
}

/// `bytes` as a database in a folder of its own, damaged.
fn damaged(bytes: &[u8], damage: impl FnOnce(&Path)) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("datagen.db");
    fs::write(&path, bytes).unwrap();
    damage(&path);
    (folder, path)
}

/// By the hand of somebody who knows SQL.
fn by_sql(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// Opens the database and reads and writes all that a server does.
fn use_all(path: &Path) -> Result<(), StoreError> {
    let store = Store::open(path)?;
    store.probe()?;
    store.has_users()?;
    store.unfinished()?;
    store.latest_step()?;
    store.users()?;
    store.tokens()?;
    store.stored_models()?;
    store.credentials()?;
    store.account("ann")?;
    store.stored_model("orders")?;
    store.model_text("orders")?;
    store.credential("bucket")?;
    for (index, (command, _)) in store.list(&Filter::default())?.into_iter().enumerate() {
        store.get_with_totals(command.id)?;
        store.model(command.id)?;
        store.warnings(command.id)?;
        store.transitions(command.id)?;
        store.file_page(&command, 100, 0)?;
        store.remembered(&command)?;
        store.sealed(command.id)?;
        if index % 10 > 0 {
            continue;
        }
        let batch = StoredBatch { batch: 1, position: 1, committed: committed(1, "/out/b") };
        store.update(&command, Some(time(9)), &[batch], time(9))?;
        store.replace_warning(command.id, &Problem::error("a", "", "b"))?;
    }
    store.insert(&command(99), "{}", None)?;
    store.forget_before(time(10))?;
    Ok(())
}

/// What is told of the damage, which must name the file and what to do.
fn told(name: &str, path: &Path, refused: &StoreError) -> String {
    let told = chain(refused);
    assert!(matches!(refused, StoreError::Damaged { .. }), "{name}: {told}");
    let expected = format!("command store `{}` is damaged (", path.display());
    assert!(told.starts_with(&expected), "{name}: {told}");
    assert!(told.contains("put a copy of the file back, or move it away"), "{told}");
    told
}

// Issue 9, D12 and section E: damage that was done to a database by hand
#[test]
fn a_damaged_database_is_told_with_its_name_and_what_to_do() {
    let whole = filled();
    let damages: [(&str, Damage, &str); 13] = [
        (
            "text",
            |path| fs::write(path, "this is no database at all, it is a text").unwrap(),
            "not a database",
        ),
        ("noise", |path| fs::write(path, vec![0x5a; 8_192]).unwrap(), "not a database"),
        (
            "header",
            |path| {
                let mut bytes = fs::read(path).unwrap();
                bytes[..16].fill(0);
                fs::write(path, bytes).unwrap();
            },
            "not a database",
        ),
        (
            "cut",
            |path| {
                let bytes = fs::read(path).unwrap();
                fs::write(path, &bytes[..bytes.len() / 3]).unwrap();
            },
            "malformed",
        ),
        (
            "cut in the first page",
            |path| {
                let bytes = fs::read(path).unwrap();
                fs::write(path, &bytes[..1_000]).unwrap();
            },
            "",
        ),
        (
            "pages",
            |path| {
                let mut bytes = fs::read(path).unwrap();
                bytes[4_096..32_768].fill(0xff);
                fs::write(path, bytes).unwrap();
            },
            "malformed",
        ),
        ("a table is gone", |path| by_sql(path, "DROP TABLE transitions"), "no such table: "),
        (
            "a column is gone",
            |path| by_sql(path, "ALTER TABLE commands DROP COLUMN comment"),
            "no such column: comment)",
        ),
        (
            "an earlier number of the schema",
            |path| by_sql(path, "PRAGMA user_version = 4"),
            "duplicate column name: ",
        ),
        (
            "the number of the schema is lost",
            |path| by_sql(path, "PRAGMA user_version = 0"),
            "its schema's number is lost",
        ),
        (
            "an impossible number of the schema",
            |path| by_sql(path, "PRAGMA user_version = -3"),
            "schema is of number -3",
        ),
        (
            "another program's database",
            |path| {
                fs::remove_file(path).unwrap();
                by_sql(path, "CREATE TABLE cookies (host TEXT)");
            },
            "tables of another program",
        ),
        (
            "a connector's sums are gone",
            |path| by_sql(path, "DELETE FROM connectors WHERE position = 1"),
            "no sums of connector 1",
        ),
    ];
    for (name, damage, reason) in damages {
        let (_folder, path) = damaged(&whole, damage);
        let refused = use_all(&path).expect_err(name);
        let told = told(name, &path, &refused);
        assert!(told.contains(reason), "{name}: {told}");
    }
    let (_folder, path) = damaged(&whole, |_| {});
    use_all(&path).unwrap();
}

// Issue 9, section E: what lies in the file's place
#[test]
fn what_cannot_be_a_database_is_told_with_its_name_and_what_to_do() {
    let damages: [(Damage, &str); 4] = [
        (|path| fs::create_dir(path).unwrap(), "it is no file"),
        (
            |path| assert!(Process::new("mkfifo").arg(path).status().unwrap().success()),
            "it is no file",
        ),
        (|path| symlink(path, path).unwrap(), "Too many levels of symbolic links"),
        (
            |path| {
                fs::create_dir(path.with_file_name("datagen.db-wal")).unwrap();
                fs::write(path.with_file_name("datagen.db-wal").join("a"), "").unwrap();
            },
            "disk I/O error",
        ),
    ];
    for (damage, reason) in damages {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("datagen.db");
        damage(&path);
        let refused = Store::open(&path).unwrap_err();
        let told = chain(&refused);
        let expected = format!("command store `{}` cannot be used (open: ", path.display());
        assert!(told.starts_with(&expected) && told.contains(reason), "{told}");
        assert!(told.contains("see to it that it is a file that this user may read"), "{told}");
    }
}

// Issue 9, D12 and section E: rows that somebody changed by hand
#[test]
fn a_row_that_cannot_be_read_hides_no_other() {
    let whole = filled();
    // What is done, and how many of which are left.
    let damages = [
        ("UPDATE commands SET status = 'RESTING' WHERE number = 2", 49, 1, 1),
        ("UPDATE commands SET order_json = '{' WHERE number = 2", 49, 1, 1),
        ("UPDATE commands SET destinations = '7' WHERE number = 2", 49, 1, 1),
        ("UPDATE commands SET failures = x'ff' || '' WHERE number = 2", 49, 1, 1),
        ("UPDATE commands SET accepted = 9223372036854775807 WHERE number = 2", 49, 1, 1),
        ("UPDATE commands SET next_run = -9223372036854775807 WHERE number = 2", 49, 1, 1),
        ("UPDATE commands SET id = x'00' WHERE number = 2", 49, 1, 1),
        ("UPDATE users SET role = 'god'", 50, 0, 1),
        ("UPDATE tokens SET expires = 9223372036854775807", 50, 1, 0),
    ];
    for (sql, commands, users, tokens) in damages {
        let (_folder, path) = damaged(&whole, |path| by_sql(path, sql));
        let store = Store::open(&path).unwrap();
        assert_eq!(store.list(&Filter::default()).unwrap().len(), commands, "{sql}");
        assert_eq!(store.users().unwrap().len(), users, "{sql}");
        assert_eq!(store.tokens().unwrap().len(), tokens, "{sql}");
        assert!(store.has_users().unwrap(), "{sql}");
        if commands == 49 && !sql.contains("SET id") {
            let refused = store.get(Uuid::from_u128(2)).unwrap_err();
            told(sql, &path, &refused);
        }
        if users == 0 {
            let refused = store.account("ann").unwrap_err();
            assert!(told(sql, &path, &refused).contains("god"));
        }
    }
    let (_folder, path) = damaged(&whole, |path| {
        by_sql(
            path,
            "INSERT INTO model_rights (model, kind, name) VALUES (1, 'eat', 'bob');
             UPDATE credentials SET shown = '[';
             UPDATE warnings SET json = '{' WHERE command = 1;
             UPDATE batches SET files = '{' WHERE command = 1;
             UPDATE transitions SET status = 'RESTING' WHERE command = 1;
             DELETE FROM models;",
        );
    });
    let store = Store::open(&path).unwrap();
    let rights = store.stored_model("orders").unwrap().unwrap().rights;
    assert_eq!(rights.into_iter().collect::<Vec<_>>(), [(Right::Users, vec!["bob".to_owned()])]);
    assert_eq!(store.stored_models().unwrap().len(), 1);
    assert_eq!(store.credentials().unwrap().len(), 0);
    let id = Uuid::from_u128(1);
    told("warnings", &path, &store.warnings(id).unwrap_err());
    told("warnings", &path, &store.replace_warning(id, &Problem::error("a", "", "b")).unwrap_err());
    told("files", &path, &store.file_page(&command(1), 10, 0).unwrap_err());
    let steps = store.transitions(id).unwrap();
    assert_eq!((steps.items.len(), steps.total), (0, 1));
    assert_eq!(store.model(id).unwrap(), None);
}

// Issue 9, section E. For all bytes that are turned: the store answers, or tells the damage; it never panics.
#[test]
fn whatever_bytes_are_turned_the_store_answers_or_tells() {
    let whole = filled();
    let mut state = 7_u64;
    let mut random = move |most: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % most
    };
    let mut refusals = 0;
    for round in 0..60 {
        let mut bytes = whole.clone();
        for _ in 0..=random(40) {
            let at = random(bytes.len());
            bytes[at] ^= 1 << random(8);
        }
        let (_folder, path) = damaged(&bytes, |_| {});
        match use_all(&path) {
            Ok(())
            | Err(
                StoreError::Newer { .. } | StoreError::NoUsers { .. } | StoreError::Gone { .. },
            ) => {}
            Err(refused) => {
                told(&format!("round {round}"), &path, &refused);
                refusals += 1;
            }
        }
    }
    assert!(refusals > 10, "{refusals}");
}

// Issue 9, D12 and section E: what is odd but no damage
#[test]
fn an_empty_file_is_a_new_database_and_a_lost_log_is_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("datagen.db");
    fs::write(&path, "").unwrap();
    let store = Store::open(&path).unwrap();
    store.insert(&command(1), "{}", None).unwrap();
    drop(store);
    for suffix in ["-wal", "-shm"] {
        fs::write(format!("{}{suffix}", path.display()), vec![7; 5_000]).unwrap();
    }
    let store = Store::open(&path).unwrap();
    assert_eq!(store.list(&Filter::default()).unwrap().len(), 1);
}

// Issue 9, C8
#[test]
fn a_database_that_lost_its_users_opens_no_door() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("datagen.db");
    let store = Store::open(&path).unwrap();
    assert!(!store.has_users().unwrap());
    let account = Account {
        name: "ann".to_owned(),
        role: Role::Admin,
        password: Password::hash("correct horse").unwrap(),
    };
    store.add_user(&account, time(0)).unwrap();
    assert!(store.has_users().unwrap());
    store.writer().execute("DELETE FROM users", []).unwrap();
    let refused = store.has_users().unwrap_err();
    assert!(matches!(refused, StoreError::NoUsers { .. }), "{refused}");
    assert!(!store.remove_user("ann").unwrap());
    drop(store);
    fs::remove_file(&path).unwrap();
    let store = Store::open(&path).unwrap();
    assert!(store.has_users().is_err(), "also another database in the same home");
    store.add_user(&account, time(0)).unwrap();
    assert!(store.has_users().unwrap());
    store.remove_user("ann").unwrap();
    assert!(!store.has_users().unwrap(), "who removes the last one means it");
}
