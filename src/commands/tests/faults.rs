//! Faults: of the process, of the store, of the home, of a sink.

use super::*;

/// For every point at which the process may end: the next one makes what is missing, and the files are
/// those of an undisturbed run, with nothing beside them.
#[test]
fn a_resumed_command_leaves_the_files_of_an_undisturbed_one() {
    let points = [
        (Point::Store(Status::Starting), 0),
        (Point::Prepared, 0),
        (Point::Store(Status::Running), 0),
        (Point::StoreReceipt(0), 0),
        (Point::StoreBatch(0), 0),
        (Point::StoreReceipt(1), 0),
        (Point::StoreBatch(1), 1),
        (Point::Store(Status::Finished), 2),
    ];
    let reference = TestHome::new();
    let tracker = reference.undisturbed();
    let id = tracker.submit(submission()).unwrap();
    assert_eq!(wait_for_end(&tracker, id).comment, "");
    for (point, batches) in points {
        let home = TestHome::new();
        let crashing = home.open(&Steps::new(Some((point, Fate::Crash))));
        let id = crashing.submit(submission()).unwrap();
        wait_for_end(&crashing, id);
        drop(crashing);
        let here = home.folder.path().join("out/here");
        fs::create_dir_all(&here).unwrap();
        let leftover = format!(".people-{batches:010}.csv.{}.datagen-part", id.simple());
        fs::write(here.join(leftover), "half a ro").unwrap();

        let tracker = home.undisturbed();
        let command = wait_for_end(&tracker, id);
        assert_eq!((command.status, command.comment.as_str()), (Status::Finished, ""), "{point:?}");
        assert!(reference.files() == home.files(), "{point:?}: {:?}", home.files().keys());
        let made_again = tracker.counters().connectors["csv"].rows;
        // Each connector goes on at its own place, which may be further than the slowest one's.
        assert!(made_again <= 500 * (3 - batches) && made_again.is_multiple_of(500), "{point:?}");
        let totals = tracker.look(id).unwrap().unwrap().1.connectors;
        assert!(totals.iter().all(|total| (total.rows, total.files) == (1_500, 3)), "{totals:?}");
        assert_eq!(failed_rows(&command), [30], "{point:?}");
    }
}

#[test]
fn one_file_for_all_batches_begins_again_at_its_first() {
    let mut submission = submission();
    submission.order.overrides.push(("ONE_FILE_PER_ITERATION".into(), "false".into()));
    let reference = TestHome::new();
    let tracker = reference.undisturbed();
    let id = tracker.submit(submission.clone()).unwrap();
    assert_eq!(wait_for_end(&tracker, id).comment, "");
    assert!(reference.files().contains_key("here/people.csv"));
    let home = TestHome::new();
    let point = (Point::Store(Status::Finished), Fate::Crash);
    let crashing = home.open(&Steps::new(Some(point)));
    let id = crashing.submit(submission).unwrap();
    wait_for_end(&crashing, id);
    drop(crashing);
    let tracker = home.undisturbed();
    assert_eq!(wait_for_end(&tracker, id).comment, "");
    assert!(reference.files() == home.files());
    let totals = tracker.look(id).unwrap().unwrap().1.connectors;
    assert!(totals.iter().all(|total| (total.rows, total.files) == (1_500, 1)), "{totals:?}");
}

#[test]
fn a_fault_fails_one_command_and_a_retry_makes_the_rest() {
    let reference = undisturbed_run(submission());
    let faults = [
        (Point::Prepared, Fate::Panic, "internal error: a fault of ours"),
        (Point::StoreBatch(1), Fate::Panic, "internal error: a fault of ours"),
        (Point::StoreBatch(1), Fate::Refuse, "batch 1: command store: change a command: disk full"),
        (Point::Store(Status::Running), Fate::Refuse, "command store: change a command: disk full"),
        (
            Point::Store(Status::Finished),
            Fate::Refuse,
            "command store: change a command: disk full",
        ),
    ];
    for (point, fate, comment) in faults {
        let home = TestHome::new();
        let tracker = home.open(&Steps::new(Some((point, fate))));
        let id = tracker.submit(submission()).unwrap();
        let command = wait_for_end(&tracker, id);
        assert_eq!(command.status, Status::Failed);
        // A connector's own fault names it.
        assert!(command.comment.ends_with(comment), "{}", command.comment);
        // The runner lives.
        let other = tracker.submit(one_row()).unwrap();
        assert_eq!(wait_for_end(&tracker, other).comment, "");
        fs::remove_dir_all(home.folder.path().join("out").join(other.to_string())).unwrap();
        tracker.retry(id).unwrap();
        let command = wait_until(&tracker, id, |command| command.status == Status::Finished);
        assert_eq!(command.comment, "");
        assert!(reference.files() == home.files(), "{point:?} {fate:?}");
        assert_eq!(failed_rows(&command), [30], "{point:?} {fate:?}");
        assert!(tracker.retry(id).is_err());
    }
}

#[test]
fn connectors_that_are_not_ready_are_named_together_with_the_cause() {
    let home = TestHome::new();
    let tracker = home.undisturbed();
    fs::create_dir_all(home.folder.path().join("out")).unwrap();
    fs::write(home.folder.path().join("out/here"), "a file where a folder should be").unwrap();
    let id = tracker.submit(submission()).unwrap();
    let comment = wait_for_end(&tracker, id).comment;
    let comment = comment.replace(home.folder.path().to_str().unwrap(), "/tmp");
    insta::assert_snapshot!(comment, @"connectors `csv`, `json`, `avro`, `parquet`, `orc`: write to `/tmp/out/here`: Not a directory (os error 20) (set LOCAL_FILE_PATH to a folder that can be written to)");
}

#[test]
fn a_graceful_stop_leaves_the_command_running_and_the_next_process_goes_on() {
    let reference = undisturbed_run(many_batches());

    let home = TestHome::new();
    let steps = Steps::new(Some((Point::StoreBatch(0), Fate::Hold)));
    let tracker = home.open(&steps);
    let id = tracker.submit(many_batches()).unwrap();
    steps.wait_for_arrival();
    let stopping = tracker.clone();
    let stopped = std::thread::spawn(move || stopping.shutdown(Duration::from_secs(60)));
    // The runner goes on only after it was asked to stop.
    while !tracker.is_stopping() {
        std::thread::yield_now();
    }
    assert!(matches!(tracker.submit(one_row()), Err(SubmitError::Stopping)));
    steps.let_go();
    assert!(stopped.join().unwrap());
    let command = tracker.get(id).unwrap().unwrap();
    assert_eq!(command.status, Status::Running);
    assert!((1..20).contains(&command.next_batch), "{command:?}");
    drop(tracker);
    let tracker = home.undisturbed();
    wait_for_end(&tracker, id);
    assert_eq!(life(&tracker, id), "QUEUED STARTING RUNNING QUEUED STARTING RUNNING FINISHED");
    assert!(reference.files() == home.files());
}

#[test]
fn queued_commands_are_queued_again_in_order() {
    let home = TestHome::new();
    let steps = Steps::new(Some((Point::Prepared, Fate::Hold)));
    let tracker = home.open(&steps);
    let mut ids = vec![tracker.submit(one_row()).unwrap()];
    steps.wait_for_arrival();
    ids.extend((0..3).map(|_| tracker.submit(one_row()).unwrap()));
    steps.refuse(Some("crashed"));
    for _ in 0..4 {
        steps.let_go();
    }
    drop(tracker);
    let steps = Steps::new(Some((Point::Prepared, Fate::Hold)));
    let tracker = home.open(&steps);
    for id in ids {
        steps.wait_for_arrival();
        assert_eq!(tracker.get(id).unwrap().unwrap().status, Status::Starting);
        steps.let_go();
        assert_eq!(wait_for_end(&tracker, id).status, Status::Finished);
    }
}

/// Another program holds the database when a batch is to be stored: the command waits, and loses nothing.
// Issue 9, D7
#[test]
fn a_run_waits_while_another_program_holds_the_database() {
    let reference = undisturbed_run(many_batches());

    let home = TestHome::new();
    let steps = Steps::new(Some((Point::StoreBatch(2), Fate::Hold)));
    let tracker = home.open(&steps);
    let id = tracker.submit(many_batches()).unwrap();
    steps.wait_for_arrival();
    let held = hold(&home.config.home.join("datagen.db"));
    steps.let_go();
    let refused = tracker.submit(one_row()).unwrap_err();
    insta::assert_snapshot!(refused, @"command store: add a command: another program holds the database");
    assert_eq!(tracker.get(id).unwrap().unwrap().status, Status::Running);
    drop(held);
    let command = wait_for_end(&tracker, id);
    assert_eq!((command.status, command.comment.as_str()), (Status::Finished, ""));
    assert!(reference.files() == home.files());
    let totals = tracker.look(id).unwrap().unwrap().1.connectors;
    assert!(totals.iter().all(|total| (total.rows, total.files) == (10_000, 20)), "{totals:?}");
}

/// The store takes nothing, not even that the command has failed: it is FAILED for everybody who asks, and
/// for the store as soon as there is room; a retry makes the rest.
// Issue 9, B7
#[test]
fn a_failure_that_could_not_be_stored_is_stored_as_soon_as_there_is_room() {
    let home = TestHome::new();
    let steps = Steps::new(Some((Point::StoreBatch(2), Fate::Hold)));
    let tracker = home.open(&steps);
    let id = tracker.submit(many_batches()).unwrap();
    steps.wait_for_arrival();
    steps.refuse(Some(DISK_FULL));
    steps.let_go();
    let command = wait_for_end(&tracker, id);
    assert_eq!(command.status, Status::Failed);
    // Any of the connectors may be the first that the store refuses.
    assert!(command.comment.ends_with("command store: change a command: disk full"));
    assert!(tracker.retry(id).is_err(), "the store takes nothing");
    assert_eq!(tracker.get(id).unwrap().unwrap().status, Status::Failed);
    assert!(!tracker.store_failures());
    steps.refuse(None);
    assert!(tracker.store_failures());
    assert_eq!(life(&tracker, id), "QUEUED STARTING RUNNING FAILED");
    drop(tracker);
    let tracker = home.undisturbed();
    assert_eq!(tracker.get(id).unwrap().unwrap().status, Status::Failed);
    tracker.retry(id).unwrap();
    let command = wait_until(&tracker, id, |command| command.status == Status::Finished);
    assert_eq!((command.comment.as_str(), command.next_batch), ("", 20));
}

/// The same, and the process ends before there is room: what was told as failed does not go on by itself.
// Issue 9, B7
#[test]
fn a_failure_that_was_never_stored_is_one_for_the_next_process() {
    let home = TestHome::new();
    let steps = Steps::new(Some((Point::StoreBatch(2), Fate::Hold)));
    let tracker = home.open(&steps);
    let id = tracker.submit(many_batches()).unwrap();
    steps.wait_for_arrival();
    steps.refuse(Some(DISK_FULL));
    steps.let_go();
    let failed = wait_for_end(&tracker, id);
    assert_eq!(failed.status, Status::Failed);
    drop(tracker);
    let tracker = home.undisturbed();
    let command = tracker.get(id).unwrap().unwrap();
    assert_eq!((command.status, &command.comment), (Status::Failed, &failed.comment));
    tracker.retry(id).unwrap();
    let command = wait_until(&tracker, id, |command| command.status == Status::Finished);
    assert_eq!(command.comment, "");
    assert!(tracker.cancel(id).is_err());
}

/// The end of the process, brought about at `point` of the first command.
fn end_early(home: &TestHome, point: Point) {
    let steps = Steps::new(Some((point, Fate::Crash)));
    let tracker = home.open(&steps);
    let filter = Filter::default();
    let ids: Vec<_> =
        tracker.list(&filter).unwrap().iter().map(|(command, _)| command.id).collect();
    let id = ids.last().copied().unwrap_or_else(|| tracker.submit(many_batches()).unwrap());
    wait_for_end(&tracker, id);
}

/// A command that ends the process every time it runs is no crash loop.
// Issue 9, A3
#[test]
fn a_command_that_brings_the_process_down_three_times_has_failed() {
    let home = TestHome::new();
    for _ in 0..3 {
        end_early(&home, Point::Prepared);
    }
    let tracker = home.undisturbed();
    let (command, _) = tracker.list(&Filter::default()).unwrap().remove(0);
    assert_eq!(command.status, Status::Failed);
    insta::assert_snapshot!(command.comment, @"the server ended 3 times while this command ran and committed nothing; `retry` takes it up again");
    tracker.retry(command.id).unwrap();
    let command = wait_until(&tracker, command.id, |command| command.status == Status::Finished);
    assert_eq!((command.comment.as_str(), command.interruptions), ("", 0));
}

/// A command that gets on is none of them, however often its process is killed.
// Issue 9, A3
#[test]
fn a_command_that_gets_on_is_taken_up_every_time() {
    let home = TestHome::new();
    for batch in 1..8 {
        end_early(&home, Point::StoreBatch(batch));
    }
    let tracker = home.undisturbed();
    let (command, _) = tracker.list(&Filter::default()).unwrap().remove(0);
    let command = wait_for_end(&tracker, command.id);
    assert_eq!((command.status, command.interruptions), (Status::Finished, 0));
}

/// Who stops the server as it should be stopped does not count as a fault of what runs.
// Issue 9, A3
#[test]
fn a_clean_stop_is_no_interruption() {
    let home = TestHome::new();
    let mut id = None;
    for _ in 0..5 {
        let steps = Steps::new(Some((Point::Prepared, Fate::Hold)));
        let tracker = home.open(&steps);
        let id = *id.get_or_insert_with(|| tracker.submit(many_batches()).unwrap());
        steps.wait_for_arrival();
        assert_eq!(tracker.get(id).unwrap().unwrap().interruptions, 0);
        let stopping = tracker.clone();
        let stopped = std::thread::spawn(move || stopping.shutdown(Duration::from_secs(60)));
        while !tracker.is_stopping() {
            std::thread::yield_now();
        }
        steps.let_go();
        assert!(stopped.join().unwrap());
    }
    let tracker = home.undisturbed();
    assert_eq!(wait_for_end(&tracker, id.unwrap()).status, Status::Finished);
}

// Issue 9, C8
#[test]
fn a_home_that_is_gone_accepts_nothing() {
    let home = TestHome::new();
    let tracker = home.undisturbed();
    tracker.ready().unwrap();
    fs::remove_dir_all(&home.config.home).unwrap();
    let refused = tracker.submit(one_row()).unwrap_err().to_string();
    assert!(
        refused.contains("no longer the one that this server opened (`lock` is gone)"),
        "{refused}"
    );
    assert!(tracker.ready().is_err());
}
