//! The life of commands, stepped through its failure points. Nothing here sleeps: a [`Steps`] stands at
//! every point of a life, where it refuses, panics or holds the runner until the test lets it go.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use tempfile::TempDir;
use uuid::Uuid;

use super::live::lock;
use super::probe::{Point, Probe};
use super::*;
use crate::config::Config;

const MODEL: &str = r#"{
    "model_name": "people",
    "Fields": [
        {"name": "id", "type": "LONG", "min": 0, "max": 1000000},
        {"name": "score", "type": "INTEGER", "min": 0, "max": 99}
    ]
}"#;

/// What happens at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// The store refuses once.
    Refuse,
    /// The program has a fault, once.
    Panic,
    /// The process is gone: from here on the store takes nothing.
    Crash,
    /// The runner waits for the test, every time.
    Hold,
}

#[derive(Debug)]
struct Steps {
    fate: Mutex<Option<(Point, Fate)>>,
    crashed: AtomicBool,
    clock: Mutex<DateTime<Utc>>,
    arrived: (Sender<()>, Receiver<()>),
    go: (Sender<()>, Receiver<()>),
}

impl Steps {
    fn new(fate: Option<(Point, Fate)>) -> Arc<Self> {
        Arc::new(Self {
            fate: Mutex::new(fate),
            crashed: AtomicBool::new(false),
            clock: Mutex::new("2026-01-31T12:00:00Z".parse().unwrap()),
            arrived: unbounded(),
            go: bounded(100),
        })
    }

    fn advance(&self, seconds: i64) {
        *lock(&self.clock) += TimeDelta::seconds(seconds);
    }

    fn wait_for_arrival(&self) {
        self.arrived.1.recv().unwrap();
    }

    fn let_go(&self) {
        self.go.0.send(()).unwrap();
    }
}

impl Probe for Steps {
    fn at(&self, point: Point) -> Result<(), String> {
        let fate = {
            let mut set = lock(&self.fate);
            let here = set.filter(|(place, _)| *place == point).map(|(_, fate)| fate);
            if here.is_some_and(|fate| fate != Fate::Hold) {
                *set = None;
            }
            here
        };
        match fate {
            Some(Fate::Panic) => panic!("a fault of ours"),
            Some(Fate::Crash) => self.crashed.store(true, Ordering::SeqCst),
            Some(Fate::Refuse) => return Err("disk full".into()),
            Some(Fate::Hold) => {
                self.arrived.0.send(()).unwrap();
                self.go.1.recv().unwrap();
            }
            None => {}
        }
        if self.crashed.load(Ordering::SeqCst) { Err("crashed".into()) } else { Ok(()) }
    }

    fn now(&self) -> DateTime<Utc> {
        *lock(&self.clock)
    }
}

/// A home with its outputs.
struct Place {
    folder: TempDir,
    config: Config,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            home: folder.path().join("home"),
            output_root: Some(folder.path().join("out")),
            max_running_commands: 1,
            ..Config::default()
        };
        Self { folder, config }
    }

    fn open(&self, steps: &Arc<Steps>) -> Tracker {
        let probe: Arc<dyn Probe> = Arc::clone(steps) as Arc<dyn Probe>;
        Tracker::open_with(&self.config, probe).unwrap()
    }

    fn undisturbed(&self) -> Tracker {
        self.open(&Steps::new(None))
    }

    /// Every file below the outputs, hidden ones too.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        files_below(&self.folder.path().join("out"))
    }
}

/// Every file below `root`, by its path from there.
fn files_below(root: &Path) -> BTreeMap<String, Vec<u8>> {
    fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(root, &path, files);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    collect(root, root, &mut files);
    files
}

/// 3 batches of 500 rows to every format there is, all in one folder.
fn submission() -> Submission {
    let connectors = crate::sinks::names().into_iter().map(str::to_owned).collect();
    Submission {
        rows: 500,
        batches: 3,
        threads: 2,
        seed: Some(7),
        now: Some(0),
        overrides: vec![("LOCAL_FILE_PATH".into(), "here".into())],
        ..Submission::new(MODEL, connectors)
    }
}

/// More batches than the workers make ahead, so that a stop finds some of them unmade.
fn many_batches() -> Submission {
    Submission { batches: 20, ..submission() }
}

fn one_row() -> Submission {
    Submission::new(MODEL, vec!["csv".into()])
}

/// Waits until the command is as `reached` wants it.
fn wait_until(tracker: &Tracker, id: Uuid, reached: impl Fn(&Command) -> bool) -> Command {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut ended = false;
    loop {
        let mut signal = tracker.subscribe(id).unwrap().unwrap();
        let command = tracker.get(id).unwrap().unwrap();
        if reached(&command) {
            return command;
        }
        assert!(!ended, "never reached: {command:?}");
        ended = runtime.block_on(signal.changed()).is_err();
    }
}

fn wait_for_end(tracker: &Tracker, id: Uuid) -> Command {
    wait_until(tracker, id, |command| command.status.is_over())
}

fn life(tracker: &Tracker, id: Uuid) -> String {
    let steps = tracker.transitions(id).unwrap();
    steps.iter().map(|step| step.status.name()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_command_lives_from_queued_to_finished() {
    let place = Place::new();
    let tracker = place.undisturbed();
    let id = tracker.submit(submission()).unwrap();
    let command = wait_for_end(&tracker, id);
    assert_eq!((command.status, command.comment.as_str()), (Status::Finished, ""));
    assert_eq!(life(&tracker, id), "QUEUED STARTING RUNNING FINISHED");
    let progress = tracker.progress(id).unwrap().unwrap();
    assert_eq!((progress.percent, progress.committed_rows), (100.0, 1_500));
    assert!(progress.connectors.iter().all(|total| (total.rows, total.files) == (1_500, 3)));
    let made = tracker.files(id, 100, 0).unwrap();
    let files = place.files();
    assert_eq!(made.len(), files.len());
    for file in made {
        let bytes = fs::read(&file.path).unwrap();
        assert_eq!(bytes.len() as u64, file.bytes);
        assert_eq!(format!("{:08x}", crc32fast::hash(&bytes)), file.crc32);
    }
    assert_eq!(tracker.model(id).unwrap().as_deref(), Some(MODEL));
}

/// For every point at which the process may end: the next one makes what is missing, and the files are
/// those of an undisturbed run, with nothing beside them.
#[test]
fn a_resumed_command_leaves_the_files_of_an_undisturbed_one() {
    let points = [
        (Point::Keep(Status::Starting), 0),
        (Point::Prepared, 0),
        (Point::Keep(Status::Running), 0),
        (Point::Record(0), 0),
        (Point::Record(1), 1),
        (Point::Keep(Status::Finished), 2),
    ];
    let reference = Place::new();
    let tracker = reference.undisturbed();
    let id = tracker.submit(submission()).unwrap();
    assert_eq!(wait_for_end(&tracker, id).comment, "");
    for (point, batches) in points {
        let place = Place::new();
        let crashing = place.open(&Steps::new(Some((point, Fate::Crash))));
        let id = crashing.submit(submission()).unwrap();
        wait_for_end(&crashing, id);
        drop(crashing);
        let here = place.folder.path().join("out/here");
        fs::create_dir_all(&here).unwrap();
        let leftover = format!(".people-{batches:010}.csv.{}.datagen-part", id.simple());
        fs::write(here.join(leftover), "half a ro").unwrap();

        let tracker = place.undisturbed();
        let command = wait_for_end(&tracker, id);
        assert_eq!((command.status, command.comment.as_str()), (Status::Finished, ""), "{point:?}");
        assert!(reference.files() == place.files(), "{point:?}: {:?}", place.files().keys());
        let made_again = tracker.counters().connectors["csv"].rows;
        assert_eq!(made_again, 500 * (3 - batches), "{point:?}");
        let totals = tracker.progress(id).unwrap().unwrap().connectors;
        assert!(totals.iter().all(|total| (total.rows, total.files) == (1_500, 3)), "{totals:?}");
    }
}

#[test]
fn one_file_for_all_batches_begins_again_at_its_first() {
    let mut submission = submission();
    submission.overrides.push(("ONE_FILE_PER_ITERATION".into(), "false".into()));
    let reference = Place::new();
    let tracker = reference.undisturbed();
    let id = tracker.submit(submission.clone()).unwrap();
    assert_eq!(wait_for_end(&tracker, id).comment, "");
    assert!(reference.files().contains_key("here/people.csv"));
    let place = Place::new();
    let point = (Point::Keep(Status::Finished), Fate::Crash);
    let crashing = place.open(&Steps::new(Some(point)));
    let id = crashing.submit(submission).unwrap();
    wait_for_end(&crashing, id);
    drop(crashing);
    let tracker = place.undisturbed();
    assert_eq!(wait_for_end(&tracker, id).comment, "");
    assert!(reference.files() == place.files());
    let totals = tracker.progress(id).unwrap().unwrap().connectors;
    assert!(totals.iter().all(|total| (total.rows, total.files) == (1_500, 1)), "{totals:?}");
}

#[test]
fn a_fault_fails_one_command_and_a_retry_makes_the_rest() {
    let reference = Place::new();
    let tracker = reference.undisturbed();
    let id = tracker.submit(submission()).unwrap();
    wait_for_end(&tracker, id);
    let faults = [
        (Point::Prepared, Fate::Panic, "internal error: a fault of ours"),
        (Point::Record(1), Fate::Panic, "internal error: a fault of ours"),
        (Point::Record(1), Fate::Refuse, "batch 1: command store: keep a change: disk full"),
        (Point::Keep(Status::Running), Fate::Refuse, "command store: keep a change: disk full"),
        (Point::Keep(Status::Finished), Fate::Refuse, "command store: keep a change: disk full"),
    ];
    for (point, fate, comment) in faults {
        let place = Place::new();
        let tracker = place.open(&Steps::new(Some((point, fate))));
        let id = tracker.submit(submission()).unwrap();
        let command = wait_for_end(&tracker, id);
        assert_eq!((command.status, command.comment.as_str()), (Status::Failed, comment));
        // The runner lives.
        let other = tracker.submit(one_row()).unwrap();
        assert_eq!(wait_for_end(&tracker, other).comment, "");
        fs::remove_dir_all(place.folder.path().join("out").join(other.to_string())).unwrap();
        tracker.retry(id).unwrap();
        let command = wait_until(&tracker, id, |command| command.status == Status::Finished);
        assert_eq!(command.comment, "");
        assert!(reference.files() == place.files(), "{point:?} {fate:?}");
        assert!(tracker.retry(id).is_err());
    }
}

#[test]
fn a_failed_sink_is_named_with_batch_and_cause() {
    let place = Place::new();
    let tracker = place.undisturbed();
    fs::create_dir_all(place.folder.path().join("out")).unwrap();
    fs::write(place.folder.path().join("out/here"), "a file where a folder should be").unwrap();
    let id = tracker.submit(submission()).unwrap();
    let comment = wait_for_end(&tracker, id).comment;
    let comment = comment.replace(place.folder.path().to_str().unwrap(), "/tmp");
    insta::assert_snapshot!(comment, @"connector `csv`, batch 0: open folder `/tmp/out/here/`: File exists (os error 17)");
}

#[test]
fn a_cancelled_command_keeps_what_is_committed_and_nothing_else() {
    let place = Place::new();
    let steps = Steps::new(Some((Point::Record(0), Fate::Hold)));
    let tracker = place.open(&steps);
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
    let names: Vec<_> = place.files().into_keys().collect();
    let listed = tracker.files(id, 100, 0).unwrap().len();
    assert_eq!(names.len(), listed);
    assert!(names.iter().all(|name| !name.contains("/.")), "{names:?}");
    assert!(names.contains(&"here/people-0000000000.csv".to_owned()), "{names:?}");
    tracker.retry(id).unwrap();
    wait_until(&tracker, id, |command| command.status == Status::Finished);
    assert_eq!(place.files().len(), 20 * tracker.get(id).unwrap().unwrap().connectors.len());
}

#[test]
fn a_full_queue_asks_to_come_again_and_loses_nothing() {
    let mut place = Place::new();
    place.config.max_queued_commands = 2;
    let steps = Steps::new(Some((Point::Prepared, Fate::Hold)));
    let tracker = place.open(&steps);
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
    let queued: Vec<_> = tracker.list(&queued).unwrap().iter().map(|c| c.id).collect();
    assert_eq!(queued, [waiting[1], waiting[0]]);
    for id in [running, waiting[0], waiting[1]] {
        steps.let_go();
        assert_eq!(wait_for_end(&tracker, id).status, Status::Finished);
    }
}

#[test]
fn commands_to_one_destination_run_one_after_the_other() {
    let mut place = Place::new();
    place.config.max_running_commands = 3;
    let steps = Steps::new(Some((Point::Prepared, Fate::Hold)));
    let tracker = place.open(&steps);
    let first = tracker.submit(submission()).unwrap();
    let second = tracker.submit(Submission { seed: Some(8), ..submission() }).unwrap();
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
    let crc = |id: Uuid| tracker.files(id, 1, 0).unwrap()[0].crc32.clone();
    assert_ne!(crc(first), crc(second));
    let last = &place.files()["here/people-0000000000.csv"];
    assert_eq!(format!("{:08x}", crc32fast::hash(last)), crc(second));
}

#[test]
fn rows_go_on_from_run_to_run_over_restarts() {
    let reference = Place::new();
    let tracker = reference.undisturbed();
    let whole = Submission { batches: 6, ..submission() };
    let id = tracker.submit(whole).unwrap();
    wait_for_end(&tracker, id);

    let place = Place::new();
    let steps = Steps::new(None);
    let schedule = Some(Schedule::Delay { seconds: 60 });
    let mut tracker = place.open(&steps);
    let id = tracker.submit(Submission { batches: 2, schedule, ..submission() }).unwrap();
    for run in 1..=3 {
        let command = wait_until(&tracker, id, |command| command.runs == run);
        assert_eq!((command.status, command.next_batch), (Status::Finished, run * 2));
        assert_eq!(command.next_run, Some(steps.now() + TimeDelta::seconds(60)));
        drop(tracker);
        tracker = place.open(&steps);
        if run < 3 {
            // Missed runs count as one.
            steps.advance(1_000);
            tracker.wake_timer();
        }
    }
    assert!(reference.files() == place.files(), "{:?}", place.files().keys());
    let scheduled = Filter { scheduled: Some(true), ..Filter::default() };
    assert_eq!(tracker.list(&scheduled).unwrap().len(), 1);
    tracker.remove_scheduled(id).unwrap();
    tracker.wake_timer();
    assert_eq!(tracker.list(&scheduled).unwrap(), []);
    let command = tracker.get(id).unwrap().unwrap();
    assert_eq!((command.runs, command.status, command.next_run), (3, Status::Finished, None));
}

#[test]
fn a_cron_schedule_waits_for_its_first_time_and_can_be_held() {
    let place = Place::new();
    let steps = Steps::new(None);
    let tracker = place.open(&steps);
    let schedule = Some(Schedule::Cron { expression: "30 12 * * *".into() });
    let id = tracker.submit(Submission { schedule, ..one_row() }).unwrap();
    let command = tracker.get(id).unwrap().unwrap();
    assert_eq!(command.status, Status::Queued);
    assert_eq!(command.next_run, Some("2026-01-31T12:30:00Z".parse().unwrap()));
    tracker.pause(id).unwrap();
    steps.advance(3_600);
    tracker.wake_timer();
    assert_eq!(tracker.get(id).unwrap().unwrap().status, Status::Queued);
    tracker.resume_schedule(id).unwrap();
    tracker.wake_timer();
    let command = wait_until(&tracker, id, |command| command.runs == 1);
    assert_eq!(command.next_run, Some("2026-02-01T12:30:00Z".parse().unwrap()));
    assert_eq!(life(&tracker, id), "QUEUED STARTING RUNNING FINISHED");
}

#[test]
fn a_failed_run_stops_its_schedule_until_it_is_retried() {
    let place = Place::new();
    let steps = Steps::new(Some((Point::Prepared, Fate::Refuse)));
    let tracker = place.open(&steps);
    let schedule = Some(Schedule::Delay { seconds: 1 });
    let id = tracker.submit(Submission { schedule, ..one_row() }).unwrap();
    let command = wait_for_end(&tracker, id);
    assert_eq!((command.status, command.next_run), (Status::Failed, None));
    assert_eq!(command.comment, "command store: keep a change: disk full");
    steps.advance(100);
    tracker.wake_timer();
    let scheduled = Filter { scheduled: Some(true), ..Filter::default() };
    assert_eq!(tracker.list(&scheduled).unwrap()[0].status, Status::Failed);
    tracker.retry(id).unwrap();
    let command = wait_until(&tracker, id, |command| command.runs == 1);
    assert!(command.next_run.is_some());
}

#[test]
fn a_graceful_stop_leaves_the_command_running_and_the_next_process_goes_on() {
    let reference = Place::new();
    let tracker = reference.undisturbed();
    let id = tracker.submit(many_batches()).unwrap();
    wait_for_end(&tracker, id);

    let place = Place::new();
    let steps = Steps::new(Some((Point::Record(0), Fate::Hold)));
    let tracker = place.open(&steps);
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
    let tracker = place.undisturbed();
    wait_for_end(&tracker, id);
    assert_eq!(life(&tracker, id), "QUEUED STARTING RUNNING QUEUED STARTING RUNNING FINISHED");
    assert!(reference.files() == place.files());
}

#[test]
fn queued_commands_are_queued_again_in_order() {
    let place = Place::new();
    let steps = Steps::new(Some((Point::Prepared, Fate::Hold)));
    let tracker = place.open(&steps);
    let mut ids = vec![tracker.submit(one_row()).unwrap()];
    steps.wait_for_arrival();
    ids.extend((0..3).map(|_| tracker.submit(one_row()).unwrap()));
    steps.crashed.store(true, Ordering::SeqCst);
    for _ in 0..4 {
        steps.let_go();
    }
    drop(tracker);
    let steps = Steps::new(Some((Point::Prepared, Fate::Hold)));
    let tracker = place.open(&steps);
    for id in ids {
        steps.wait_for_arrival();
        assert_eq!(tracker.get(id).unwrap().unwrap().status, Status::Starting);
        steps.let_go();
        assert_eq!(wait_for_end(&tracker, id).status, Status::Finished);
    }
}

#[test]
fn a_home_has_one_tracker() {
    let place = Place::new();
    let _tracker = place.undisturbed();
    let refused = Tracker::open(&place.config).unwrap_err();
    assert!(matches!(refused, OpenError::Home(HomeError::InUse { .. })), "{refused}");
}

#[test]
fn wrong_requests_are_refused_with_all_problems_and_leave_nothing() {
    let place = Place::new();
    let tracker = Tracker::in_memory(&place.config).unwrap();
    let wrong = Submission { threads: 0, rows: u64::MAX, batches: 2, ..one_row() };
    insta::assert_snapshot!(tracker.submit(wrong).unwrap_err(), @"
    rows: 18446744073709551615 rows x 2 batches is more than 9223372036854775807 rows (ask for fewer rows or batches)
    threads: 0 threads are not possible, expected 1 to 64
    ");
    let wrong = Submission { rows: 0, batches: u64::MAX, ..one_row() };
    insta::assert_snapshot!(tracker.submit(wrong).unwrap_err(), @"rows: 0 rows x 18446744073709551615 batches is more than 9223372036854775807 rows (ask for fewer rows or batches)");
    assert_eq!(tracker.list(&Filter::default()).unwrap(), []);
}

#[test]
fn no_rows_and_no_batches_are_finished_at_once() {
    let place = Place::new();
    let tracker = place.undisturbed();
    let header = tracker.submit(Submission { rows: 0, ..one_row() }).unwrap();
    assert_eq!(wait_for_end(&tracker, header).status, Status::Finished);
    let nothing = tracker.submit(Submission { batches: 0, ..one_row() }).unwrap();
    assert_eq!(wait_for_end(&tracker, nothing).status, Status::Finished);
    let files: Vec<_> = place.files().into_values().collect();
    assert_eq!(files, [b"id,score\n".to_vec()]);
}

/// Somebody holds the database when a batch is to be recorded: the command fails in memory, for the store
/// cannot even take that; when it is free again, a retry makes the rest.
#[test]
fn a_locked_store_fails_one_command_and_a_retry_makes_the_rest() {
    let reference = Place::new();
    let tracker = reference.undisturbed();
    let id = tracker.submit(many_batches()).unwrap();
    wait_for_end(&tracker, id);

    let place = Place::new();
    let steps = Steps::new(Some((Point::Record(2), Fate::Hold)));
    let tracker = place.open(&steps);
    let id = tracker.submit(many_batches()).unwrap();
    steps.wait_for_arrival();
    let held = super::store::hold(&place.config.home.join("datagen.db"));
    steps.let_go();
    let command = wait_for_end(&tracker, id);
    assert_eq!(
        (command.status, command.comment.as_str()),
        (Status::Failed, "batch 2: command store: keep a batch: database is locked")
    );
    let refused = tracker.submit(one_row()).unwrap_err();
    insta::assert_snapshot!(crate::problems::chain(&refused), @"command store: keep a command: database is locked");
    assert!(tracker.retry(id).is_err(), "the store takes nothing");
    assert_eq!(tracker.get(id).unwrap().unwrap().status, Status::Failed);
    drop(held);
    tracker.retry(id).unwrap();
    steps.let_go();
    let command = wait_until(&tracker, id, |command| command.status == Status::Finished);
    assert_eq!(command.comment, "");
    assert!(reference.files() == place.files());
    let totals = tracker.progress(id).unwrap().unwrap().connectors;
    assert!(totals.iter().all(|total| (total.rows, total.files) == (10_000, 20)), "{totals:?}");
}

/// The same, and the process ends before the store is free: the next one finds the command under way, and
/// goes on.
#[test]
fn a_failure_that_could_not_be_kept_is_taken_up_by_the_next_process() {
    let place = Place::new();
    let steps = Steps::new(Some((Point::Record(2), Fate::Hold)));
    let tracker = place.open(&steps);
    let id = tracker.submit(many_batches()).unwrap();
    steps.wait_for_arrival();
    let held = super::store::hold(&place.config.home.join("datagen.db"));
    steps.let_go();
    assert_eq!(wait_for_end(&tracker, id).status, Status::Failed);
    drop(tracker);
    drop(held);
    let tracker = place.undisturbed();
    let command = wait_until(&tracker, id, |command| command.status == Status::Finished);
    assert_eq!((command.comment.as_str(), command.next_batch), ("", 20));
    assert_eq!(life(&tracker, id), "QUEUED STARTING RUNNING QUEUED STARTING RUNNING FINISHED");
}
