//! Databases of earlier versions, and of later ones.

use std::fs;

use rusqlite::Connection;
use uuid::Uuid;

use super::{command, scalar};
use crate::home::store::schema::older;
use crate::home::store::{Store, StoreError};
use crate::home::{Filter, Order, Schedule, Sealer};

#[test]
fn a_file_of_a_later_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("datagen.db");
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let refused = Store::open(&path).unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 99, .. }), "{refused}");
}

/// A database of the version before orders, with commands of every kind: all is there after it is opened.
#[test]
fn an_older_database_is_brought_up_to_date_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("datagen.db");
    let mut connection = Connection::open(&path).unwrap();
    older(&mut connection, 4);
    connection
        .execute_batch(
            "INSERT INTO models (digest, json) VALUES (x'00', '{}');
             INSERT INTO commands (id, owner, model, model_name, model_label, connectors, destinations, \
             rows, batches, threads, seed, now, overrides, accepted, scheduled, delay_seconds, cron, \
             paused, status, comment, runs, first_batch, next_batch) VALUES \
             (x'00000000000000000000000000000001', 'ann', 1, 'orders', 'o.json', '[\"csv\",\"json\"]', \
             '[\"/a\",\"/b\"]', 10, 3, 2, -1, -5, '[[\"CSV_HEADER\",\"false\"]]', 1000, 0, NULL, NULL, \
             0, 'QUEUED', '', 0, 0, 0), \
             (x'00000000000000000000000000000002', '', 1, 'orders', '', '[\"csv\"]', '[\"/a\"]', 1, 1, 1, 7, \
             0, '[]', 2000, 1, 60, NULL, 0, 'FINISHED', '', 1, 0, 1), \
             (x'00000000000000000000000000000003', '', 1, 'orders', '', '[\"csv\"]', '[\"/a\"]', 1, 1, 1, 7, \
             0, '[]', 3000, 1, NULL, '@daily', 1, 'FINISHED', '', 1, 0, 1);
             INSERT INTO connectors (command, position, rows, bytes, files) VALUES (1, 1, 4, 5, 6);
             INSERT INTO transitions (command, status, time, comment) VALUES (1, 'QUEUED', 1000, '');",
        )
        .unwrap();
    drop(connection);
    let store = Store::open(&path).unwrap();
    let (first, totals) = store.get_with_totals(Uuid::from_u128(1)).unwrap().unwrap();
    assert_eq!(first.order, Order { now: -5, ..command(1).order });
    assert_eq!((totals[0].connector.as_str(), totals[0].rows), ("json", 4));
    assert_eq!(store.transitions(first.id).unwrap().total, 1);
    let schedule = |number| store.get(Uuid::from_u128(number)).unwrap().unwrap().order.schedule;
    assert_eq!(schedule(2), Some(Schedule::Delay { seconds: 60 }));
    assert_eq!(schedule(3), Some(Schedule::Cron { expression: "@daily".into() }));
    assert_eq!(
        store.list(&Filter { scheduled: Some(true), ..Filter::default() }).unwrap().len(),
        2
    );
}

/// A database of the version before secrets were sealed: nothing of them is in its files afterwards, and
/// everything that needs them has them.
#[test]
fn secrets_of_an_older_database_are_sealed_and_leave_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("datagen.db");
    let mut connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    older(&mut connection, 5);
    let model = |secret: &str| {
        format!(
            r#"{{"Options": {{"X_PASSWORD": "{secret}"}}, "Fields": [{{"name": "a", "type": "LONG"}}]}}"#
        )
    };
    let (one, two) = (model("canary-one"), model("canary-two"));
    let order = r#"{"connectors": ["csv"], "overrides": [["y_token", "canary-call"], ["A", "b"]]}"#;
    let insert = |id: &str, number: i64| {
        format!(
            "INSERT INTO commands (id, owner, model, model_name, model_label, destinations, accepted, \
             scheduled, paused, status, comment, runs, first_batch, next_batch, order_json) VALUES \
             (x'{id:0>32}', 'ann', {number}, 'orders', '', '[]', 1000, 0, 0, 'QUEUED', '', 0, 0, 0, \
             '{order}');"
        )
    };
    connection
        .execute_batch(&format!(
            "INSERT INTO models (number, digest, json) VALUES (1, x'01', '{one}'), (2, x'02', '{two}');
             {} {}
             INSERT INTO stored_models (name, owner, json, changed) VALUES ('kept', 'ann', '{two}', 0);",
            insert("1", 1),
            insert("2", 2)
        ))
        .unwrap();
    drop(connection);
    let store = Store::open(&path).unwrap();
    let sealer = Sealer::of_home(folder.path()).unwrap();
    for _ in 0..2 {
        store.seal_clear_texts(&sealer).unwrap();
    }
    let given = |number: u128| {
        let id = Uuid::from_u128(number);
        let sealed = store.sealed(id).unwrap().unwrap();
        sealer.open_given(&crate::home::purpose_of_command(id), &sealed).unwrap()
    };
    assert_eq!(given(1).model["X_PASSWORD"].expose(), "canary-one");
    assert_eq!(given(2).model["X_PASSWORD"].expose(), "canary-two");
    assert_eq!(given(2).call["Y_TOKEN"].expose(), "canary-call");
    let command = store.get(Uuid::from_u128(1)).unwrap().unwrap();
    assert_eq!(command.order.overrides, [("A".to_owned(), "b".to_owned())]);
    assert_eq!(command.order.secrets, ["y_token"]);
    for number in 1..=2 {
        assert_eq!(store.model(Uuid::from_u128(number)).unwrap(), Some(model("***")));
    }
    assert_eq!(scalar(&store, "SELECT count(*) FROM models"), 1, "the two differ in nothing else");
    let kept = store.model_text("kept").unwrap().unwrap();
    assert_eq!((kept.json, kept.sealed.unwrap().1), (model("***"), "ann".to_owned()));
    // A key that is replaced opens all of them.
    sealer.add_key().unwrap();
    assert_eq!(store.seal_anew(&sealer).unwrap(), 3);
    sealer.forget_older_keys().unwrap();
    assert_eq!(given(1).model["X_PASSWORD"].expose(), "canary-one");
    for entry in fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"canary-"), "{}", path.display());
    }
}
