//! The store by itself: what comes back, what is counted, what is refused.

mod damage;
mod older;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params_from_iter};
use uuid::Uuid;

use super::commands::{COLUMNS, conditions};
use super::{Store, StoreError, StoredBatch};
use crate::delivery::{Committed, CommittedFile, Destination};
use crate::failures::Failures;
use crate::home::{Command, Filter, Order, Schedule, Status};

fn time(milliseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(milliseconds).unwrap()
}

fn command(number: u128) -> Command {
    Command {
        id: Uuid::from_u128(number),
        owner: "ann".into(),
        model_name: "orders".into(),
        model_label: "orders.json".into(),
        model_folder: Some("/models".into()),
        order: Order {
            batch_rows: 10,
            batches: 3,
            threads: 2,
            seed: u64::MAX,
            overrides: vec![("CSV_HEADER".into(), "false".into())],
            ..Order::new(vec!["csv".into(), "json".into()], -1)
        },
        destinations: ["/out/a.csv", "/out/a.json"]
            .map(|path| Destination::of_path(path.to_owned()))
            .to_vec(),
        paused: false,
        accepted: time(number as i64 * 1_000),
        started: None,
        finished: None,
        status: Status::Queued,
        comment: String::new(),
        runs: 0,
        next_run: None,
        first_batch: 0,
        next_batch: 0,
        failures: Failures::default(),
        interruptions: 0,
        run_milliseconds: None,
    }
}

fn scheduled(command: Command, schedule: Schedule) -> Command {
    Command { order: Order { schedule: Some(schedule), ..command.order }, ..command }
}

fn finished(number: u128) -> Command {
    let mut command = command(number);
    command.status = Status::Finished;
    command.finished = Some(command.accepted);
    command
}

fn committed(rows: u64, file: &str) -> Committed {
    let file = CommittedFile { path: file.into(), bytes: rows * 2, crc32: "00000000".into() };
    Committed { rows, bytes: rows * 2, files: vec![file] }
}

fn scalar(store: &Store, query: &str) -> i64 {
    store.reader().query_row(query, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_command_comes_back_as_it_was_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("datagen.db");
    let stored = Command {
        paused: true,
        started: Some(time(5)),
        finished: Some(time(6)),
        status: Status::Failed,
        comment: "no space".into(),
        runs: 4,
        next_run: Some(time(9)),
        first_batch: 6,
        next_batch: 8,
        interruptions: 2,
        run_milliseconds: Some(17),
        ..scheduled(command(1), Schedule::Cron { expression: "@daily".into() })
    };
    let store = Store::open(&path).unwrap();
    store.insert(&stored, "{\"a\": 1}", Some("[1]")).unwrap();
    store.sync().unwrap();
    drop(store);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.get(stored.id).unwrap(), Some(stored.clone()));
    assert_eq!(store.model(stored.id).unwrap().as_deref(), Some("{\"a\": 1}"));
    assert_eq!(store.warnings(stored.id).unwrap(), [1]);
    assert_eq!(store.get(Uuid::from_u128(2)).unwrap(), None);
}

#[test]
fn a_batch_that_is_made_again_counts_once() {
    let store = Store::in_memory().unwrap();
    let mut command = command(1);
    store.insert(&command, "{}", None).unwrap();
    let record =
        |position, rows| StoredBatch { batch: 0, position, committed: committed(rows, "/out/a") };
    store.add_batches(&command, &[record(0, 7)], time(0)).unwrap();
    command.next_batch = 1;
    let totals = store.add_batches(&command, &[record(0, 10), record(1, 10)], time(0)).unwrap();
    assert_eq!(totals[0].rows, 10);
    assert_eq!(totals[0].bytes, 20);
    assert_eq!(totals[0].files, 1);
    let (again, stored_totals) = store.get_with_totals(command.id).unwrap().unwrap();
    assert_eq!((stored_totals, again.next_batch), (totals, 1));
    let (files, records) = store.files(&command, 10, 0).unwrap();
    assert_eq!(records, 2);
    assert_eq!(files.iter().map(|file| &*file.connector).collect::<Vec<_>>(), ["csv", "json"]);
    assert_eq!(store.files(&command, 10, 1).unwrap().0.len(), 1);
}

#[test]
fn a_locked_file_is_told_and_is_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("datagen.db");
    let store = Store::open(&path).unwrap();
    let somebody = Connection::open(&path).unwrap();
    somebody.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = store.insert(&command(1), "{}", None).unwrap_err();
    insta::assert_snapshot!(refused, @"command store: add a command: another program holds the database");
    assert!(refused.is_busy());
    assert_eq!(store.list(&Filter::default()).unwrap(), []);
    somebody.execute_batch("ROLLBACK").unwrap();
    store.insert(&command(1), "{}", None).unwrap();
}

// Issue 9, D6
#[test]
fn a_probe_tells_a_full_disk_and_a_held_database_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("datagen.db");
    let probed = |damage: &str| {
        let store = Store::open(&path).unwrap();
        store.writer().execute_batch(damage).unwrap();
        store.probe().map_err(|refused| (refused.is_busy(), refused))
    };
    // As large as it may get: what SQLite says is what it says where the disk is full.
    let (_, refused) = probed("VACUUM; PRAGMA max_page_count = 1").unwrap_err();
    assert!(matches!(refused, StoreError::Full { .. }), "{refused}");
    let held = super::hold(&path);
    assert!(probed("").unwrap_err().0);
    drop(held);
    let store = Store::open(&path).unwrap();
    store.probe().unwrap();
    let count = |sql: &str| store.writer().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM models"), 0);
    // Once a second at most.
    let _held = super::hold(&path);
    store.probe().unwrap();
}

#[test]
fn old_commands_are_forgotten_with_all_that_is_theirs_but_schedules_stay() {
    let store = Store::in_memory().unwrap();
    for number in 1..=3 {
        store.insert(&finished(number), &format!("{{\"n\": {number}}}"), Some("[]")).unwrap();
    }
    let schedule = scheduled(finished(4), Schedule::Delay { seconds: 1 });
    store.insert(&schedule, "{\"n\": 1}", None).unwrap();
    store.insert(&command(5), "{}", None).unwrap();
    assert_eq!(store.forget_before(time(3_000)).unwrap(), 2);
    let left: Vec<_> = store.list(&Filter::default()).unwrap();
    let left: Vec<_> = left.iter().map(|(command, _)| command.id.as_u128()).collect();
    assert_eq!(left, [5, 4, 3]);
    assert_eq!(scalar(&store, "SELECT count(*) FROM models"), 3);
    assert_eq!(scalar(&store, "SELECT count(*) FROM warnings"), 1);
    assert_eq!(scalar(&store, "SELECT count(DISTINCT command) FROM transitions"), 3);
    assert_eq!(scalar(&store, "SELECT count(DISTINCT command) FROM connectors"), 3);
}

#[test]
fn a_list_holds_what_the_filter_passes_newest_first() {
    let store = Store::in_memory().unwrap();
    for number in 1..=6 {
        let mut command = if number % 2 == 0 { finished(number) } else { command(number) };
        command.owner = if number > 3 { "bob".into() } else { "ann".into() };
        store.insert(&command, "{}", None).unwrap();
    }
    let list = |filter: Filter| -> Vec<u128> {
        let list = store.list(&filter).unwrap();
        list.iter().map(|(command, _)| command.id.as_u128()).collect()
    };
    let all = Filter::default();
    assert_eq!(list(all.clone()), [6, 5, 4, 3, 2, 1]);
    assert_eq!(list(Filter { limit: Some(2), offset: 1, ..all.clone() }), [5, 4]);
    assert_eq!(list(Filter { status: Some(Status::Finished), ..all.clone() }), [6, 4, 2]);
    assert_eq!(list(Filter { owner: Some("ann".into()), ..all.clone() }), [3, 2, 1]);
    assert_eq!(list(Filter { since: Some(time(5_000)), ..all.clone() }), [6, 5]);
    assert_eq!(list(Filter { since: Some(time(99_000)), ..all.clone() }), []);
    assert_eq!(list(Filter { scheduled: Some(true), ..all }), []);
    assert_eq!(list(Filter { status: Some(Status::Queued), ..Filter::default() }), [5, 3, 1]);
}

/// With 100,000 commands, no list may walk through them: every filter has its index.
#[test]
fn every_filter_is_answered_by_an_index() {
    let store = Store::in_memory().unwrap();
    let filters = [
        Filter { status: Some(Status::Running), ..Filter::default() },
        Filter { owner: Some("ann".into()), ..Filter::default() },
        Filter { scheduled: Some(true), ..Filter::default() },
        Filter { since: Some(time(0)), ..Filter::default() },
    ];
    for filter in filters {
        let (condition, values) = conditions(&filter);
        let statement = format!(
            "EXPLAIN QUERY PLAN SELECT {COLUMNS} FROM commands WHERE {condition} \
             ORDER BY number DESC"
        );
        let reader = store.reader();
        let mut query = reader.prepare(&statement).unwrap();
        let steps: Vec<String> = query
            .query_map(params_from_iter(values), |row| row.get("detail"))
            .and_then(Iterator::collect)
            .unwrap();
        let plan = steps.join("; ");
        assert!(!plan.contains("TEMP B-TREE"), "{filter:?}: {plan}");
        assert!(
            plan.starts_with("SEARCH commands") || plan.contains("commands_scheduled"),
            "{filter:?}: {plan}"
        );
    }
}

// Issue 9, D5 and F8
#[test]
fn a_schedule_of_many_runs_has_a_short_history() {
    let store = Store::in_memory().unwrap();
    let mut command = scheduled(command(1), Schedule::Delay { seconds: 1 });
    store.insert(&command, "{}", None).unwrap();
    for number in 1..=1_000 {
        store.update(&command, Some(time(number)), &[], time(number)).unwrap();
    }
    let steps = store.transitions(command.id).unwrap();
    assert_eq!((steps.items.len(), steps.total), (200, 1_001));
    assert_eq!(steps.items[199].time, time(1_000));
    let batch = |batch| StoredBatch { batch, position: 0, committed: committed(1, "/out/a") };
    let batches: Vec<_> = (0..20).map(batch).collect();
    store.add_batches(&command, &batches, time(0)).unwrap();
    (command.first_batch, command.next_batch) = (10_015, 10_015);
    store.update(&command, Some(time(2_000)), &[], time(2_000)).unwrap();
    let files = store.file_page(&command, 100, 0).unwrap();
    assert_eq!((files.items[0].batch, files.total), (15, 5));
    assert_eq!(store.get_with_totals(command.id).unwrap().unwrap().1[0].files, 20, "sums stay");
}

// Issue 9, D5
#[test]
fn files_are_told_in_pages_that_say_how_many_there_are() {
    let store = Store::in_memory().unwrap();
    let command = command(1);
    store.insert(&command, "{}", None).unwrap();
    let file = |name: String| CommittedFile { path: name, bytes: 1, crc32: String::new() };
    let share = |batch: u64, position: usize| StoredBatch {
        batch,
        position,
        committed: Committed {
            rows: 1,
            bytes: 1,
            files: (0..3).map(|part| file(format!("{batch}-{position}-{part}"))).collect(),
        },
    };
    let shares: Vec<_> = (0..5).flat_map(|batch| [share(batch, 0), share(batch, 1)]).collect();
    store.add_batches(&command, &shares, time(0)).unwrap();
    let all = store.file_page(&command, 1_000, 0).unwrap();
    assert_eq!((all.items.len(), all.total), (30, 30));
    for (limit, offset) in [(4, 0), (4, 4), (7, 25), (0, 0), (5, 99), (30, 29)] {
        let page = store.file_page(&command, limit, offset).unwrap();
        let expected: Vec<_> =
            all.items.iter().skip(offset as usize).take(limit as usize).cloned().collect();
        assert_eq!((page.items, page.total), (expected, 30), "{limit} from {offset}");
    }
}
