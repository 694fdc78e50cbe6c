//! From acceptance to the end, without faults: what is made, told, refused, cancelled.

use super::*;

#[test]
fn a_command_lives_from_queued_to_finished() {
    let home = TestHome::new();
    let tracker = home.undisturbed();
    let id = tracker.submit(submission()).unwrap();
    let command = wait_for_end(&tracker, id);
    assert_eq!((command.status, command.comment.as_str()), (Status::Finished, ""));
    assert_eq!(life(&tracker, id), "QUEUED STARTING RUNNING FINISHED");
    let progress = tracker.look(id).unwrap().unwrap().1;
    assert_eq!((progress.percent, progress.committed_rows), (100.0, 1_500));
    assert!(progress.connectors.iter().all(|total| (total.rows, total.files) == (1_500, 3)));
    let made = tracker.files(id, 100, 0).unwrap().items;
    let files = home.files();
    assert_eq!(made.len(), files.len());
    for file in made {
        let bytes = fs::read(&file.path).unwrap();
        assert_eq!(bytes.len() as u64, file.bytes);
        assert_eq!(format!("{:08x}", crc32fast::hash(&bytes)), file.crc32);
    }
    assert_eq!(tracker.shared().store.model(id).unwrap().as_deref(), Some(MODEL));
}

#[test]
fn a_cancelled_command_keeps_what_is_committed_and_nothing_else() {
    let home = TestHome::new();
    let steps = Steps::new(Some((Point::StoreBatch(0), Fate::Hold)));
    let tracker = home.open(&steps);
    let id = tracker.submit(many_batches()).unwrap();
    let waiting = tracker.submit(one_row()).unwrap();
    steps.wait_for_arrival();
    tracker.cancel(waiting).unwrap();
    tracker.cancel(id).unwrap();
    steps.let_go();
    for id in [id, waiting] {
        let command = wait_for_end(&tracker, id);
        assert_eq!((command.status, command.comment.as_str()), (Status::Failed, "cancelled"));
        assert!(tracker.cancel(id).is_err());
    }
    assert_eq!(life(&tracker, waiting), "QUEUED FAILED");
    let names: Vec<_> = home.files().into_keys().collect();
    let listed = tracker.files(id, 100, 0).unwrap().items.len();
    assert_eq!(names.len(), listed);
    assert!(names.iter().all(|name| !name.contains("/.")), "{names:?}");
    assert!(names.contains(&"here/people-0000000000.csv".to_owned()), "{names:?}");
    tracker.retry(id).unwrap();
    wait_until(&tracker, id, |command| command.status == Status::Finished);
    assert_eq!(home.files().len(), 20 * tracker.get(id).unwrap().unwrap().order.connectors.len());
}

#[test]
fn a_full_queue_asks_to_come_again_and_loses_nothing() {
    let mut home = TestHome::new();
    home.config.max_queued_commands = 2;
    let steps = Steps::new(Some((Point::Prepared, Fate::Hold)));
    let tracker = home.open(&steps);
    let running = tracker.submit(one_row()).unwrap();
    steps.wait_for_arrival();
    let waiting = [tracker.submit(one_row()).unwrap(), tracker.submit(one_row()).unwrap()];
    let refused = tracker.submit(one_row()).unwrap_err();
    insta::assert_snapshot!(refused, @"2 commands wait already, come again in 1 s");
    let counters = tracker.counters();
    assert_eq!((counters.queued_commands, counters.running_commands), (2, 1));
    let csv = counters.connectors["csv"];
    assert_eq!((csv.queued_commands, csv.running_commands), (2, 1));
    let queued = Filter { status: Some(Status::Queued), ..Filter::default() };
    let queued: Vec<_> = tracker.list(&queued).unwrap().iter().map(|(c, _)| c.id).collect();
    assert_eq!(queued, [waiting[1], waiting[0]]);
    for id in [running, waiting[0], waiting[1]] {
        steps.let_go();
        assert_eq!(wait_for_end(&tracker, id).status, Status::Finished);
    }
}

#[test]
fn commands_to_one_destination_run_one_after_the_other() {
    let mut home = TestHome::new();
    home.config.max_running_commands = 3;
    let steps = Steps::new(Some((Point::Prepared, Fate::Hold)));
    let tracker = home.open(&steps);
    let first = tracker.submit(submission()).unwrap();
    let second = tracker.submit(with(submission(), |order| order.seed = 8)).unwrap();
    let elsewhere = tracker.submit(one_row()).unwrap();
    steps.wait_for_arrival();
    steps.wait_for_arrival();
    let status = |id| tracker.get(id).unwrap().unwrap().status;
    assert_eq!(status(first), Status::Starting);
    assert_eq!(status(second), Status::Queued);
    assert_eq!(status(elsewhere), Status::Starting);
    for _ in 0..3 {
        steps.let_go();
    }
    for id in [first, second, elsewhere] {
        assert_eq!(wait_for_end(&tracker, id).comment, "");
    }
    let crc = |id: Uuid| tracker.files(id, 1, 0).unwrap().items[0].crc32.clone();
    assert_ne!(crc(first), crc(second));
    let last = &home.files()["here/people-0000000000.csv"];
    assert_eq!(format!("{:08x}", crc32fast::hash(last)), crc(second));
}

#[test]
fn a_home_has_one_tracker() {
    let home = TestHome::new();
    let _tracker = home.undisturbed();
    let refused = Tracker::open(&home.config).unwrap_err();
    assert!(
        matches!(refused, OpenError::Home(home::OpenError::Home(HomeError::InUse { .. }))),
        "{refused}"
    );
}

#[test]
fn wrong_requests_are_refused_with_all_problems_and_leave_nothing() {
    let home = TestHome::new();
    let tracker = home.undisturbed();
    let wrong = with(one_row(), |order| {
        (order.threads, order.batch_rows, order.batches) = (0, u64::MAX, 2);
    });
    insta::assert_snapshot!(tracker.submit(wrong).unwrap_err(), @"
    rows: 18446744073709551615 rows x 2 batches is more than 9223372036854775807 rows (ask for fewer rows or batches)
    threads: 0 threads are not possible, expected 1 to 64
    ");
    let wrong = with(one_row(), |order| (order.batch_rows, order.batches) = (0, u64::MAX));
    insta::assert_snapshot!(tracker.submit(wrong).unwrap_err(), @"rows: 0 rows x 18446744073709551615 batches is more than 9223372036854775807 rows (ask for fewer rows or batches)");
    assert_eq!(tracker.list(&Filter::default()).unwrap(), []);
}

#[test]
fn no_rows_and_no_batches_are_finished_at_once() {
    let home = TestHome::new();
    let tracker = home.undisturbed();
    let header = tracker.submit(with(one_row(), |order| order.batch_rows = 0)).unwrap();
    assert_eq!(wait_for_end(&tracker, header).status, Status::Finished);
    let nothing = tracker.submit(with(one_row(), |order| order.batches = 0)).unwrap();
    assert_eq!(wait_for_end(&tracker, nothing).status, Status::Finished);
    let files: Vec<_> = home.files().into_values().collect();
    assert_eq!(files, [b"id,score,odd\n".to_vec()]);
}

// Issue 9, F16 n
#[test]
fn a_run_that_is_told_to_end_says_so() {
    let home = TestHome::new();
    let steps = Steps::new(Some((Point::StoreBatch(0), Fate::Hold)));
    let tracker = home.open(&steps);
    let id = tracker.submit(many_batches()).unwrap();
    steps.wait_for_arrival();
    tracker.cancel(id).unwrap();
    let (_, progress) = tracker.look(id).unwrap().unwrap();
    assert_eq!((progress.status, progress.comment.as_str()), (Status::Running, "cancelling"));
    steps.let_go();
    assert_eq!(wait_for_end(&tracker, id).comment, "cancelled");
}

// Issue 9, C4
#[test]
fn settings_of_a_call_are_bounded_and_those_without_effect_are_not_stored() {
    let home = TestHome::new();
    let tracker = home.undisturbed();
    let set = |name: &str, length: usize| {
        with(one_row(), |order| order.overrides = vec![(name.into(), "z".repeat(length))])
    };
    let refused = tracker.submit(set("FOO", 15_000_000)).unwrap_err();
    insta::assert_snapshot!(refused, @"FOO: the value of the setting `FOO` has 15000000 bytes, expected at most 4096");
    let refused = tracker.submit(set("CSV_NULL", 4_097)).unwrap_err();
    assert!(refused.to_string().contains("4097 bytes, expected at most 4096"), "{refused}");
    let refused = tracker.submit(set(&"N".repeat(201), 1)).unwrap_err().to_string();
    assert!(refused.contains("the name of the setting `NNN"), "{refused}");
    let many = with(one_row(), |order| {
        order.overrides = (0..20).map(|n| (format!("FOO{n}"), "z".repeat(4_000))).collect();
    });
    insta::assert_snapshot!(tracker.submit(many).unwrap_err(), @"the settings have 80090 bytes, expected at most 65536");
    assert_eq!(tracker.list(&Filter::default()).unwrap(), []);
    let mixed = with(one_row(), |order| {
        order.overrides =
            vec![("FOO".into(), "z".repeat(4_096)), ("CSV_HEADER".into(), "false".into())];
    });
    let id = tracker.submit(mixed).unwrap();
    assert_eq!(tracker.warnings(id).unwrap().len(), 1);
    let command = wait_for_end(&tracker, id);
    assert_eq!(command.order.overrides, [("CSV_HEADER".to_owned(), "false".to_owned())]);
}

// Issue 9, D12
#[test]
fn one_user_leaves_places_for_others() {
    let mut home = TestHome::new();
    home.config.max_queued_commands = 4;
    let steps = Steps::new(Some((Point::Prepared, Fate::Hold)));
    let tracker = home.open(&steps);
    let of = |owner: &str| Submission { owner: owner.into(), ..one_row() };
    let mut ids = vec![tracker.submit(of("ann")).unwrap()];
    steps.wait_for_arrival();
    ids.extend([tracker.submit(of("ann")).unwrap(), tracker.submit(of("ann")).unwrap()]);
    let refused = tracker.submit(of("ann")).unwrap_err();
    insta::assert_snapshot!(refused, @"2 commands of yours wait already, come again in 1 s");
    ids.extend([tracker.submit(of("bob")).unwrap(), tracker.submit(of("bob")).unwrap()]);
    let refused = tracker.submit(of("eve")).unwrap_err();
    insta::assert_snapshot!(refused, @"4 commands wait already, come again in 1 s");
    for id in ids {
        steps.let_go();
        assert_eq!(wait_for_end(&tracker, id).status, Status::Finished);
    }
}
