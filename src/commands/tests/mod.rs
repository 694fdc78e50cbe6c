//! The life of commands, stepped through its failure points. Nothing here sleeps: a [`Steps`] stands at
//! every point of a life, where it refuses, panics or holds the runner until the test lets it go.

mod faults;
mod life;
mod schedules;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use tempfile::TempDir;
use uuid::Uuid;

use super::error::OpenError;
use super::probe::{Point, Probe};
use super::*;
use crate::config::Config;
use crate::formats::FORMATS;
use crate::home::{self, Clock, HomeError, hold, lock};

const MODEL: &str = r#"{
    "model_name": "people",
    "Fields": [
        {"name": "id", "type": "LONG", "min": 0, "max": 1000000},
        {"name": "score", "type": "INTEGER", "min": 0, "max": 99},
        {"name": "odd", "type": "RHAI", "returns": "int32", "on_error": "null",
         "code": "fn generate(row, params) { if row_number() % 50 == 3 { throw \"no\" } 1 }"}
    ]
}"#;

/// Why a store takes nothing.
const DISK_FULL: &str = "disk full";

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
    /// The store takes nothing, and why.
    refusal: Mutex<Option<&'static str>>,
    /// The clock of the wall, and the steady one.
    clocks: Mutex<(DateTime<Utc>, Duration)>,
    arrived: (Sender<()>, Receiver<()>),
    go: (Sender<()>, Receiver<()>),
}

impl Steps {
    fn new(fate: Option<(Point, Fate)>) -> Arc<Self> {
        Arc::new(Self {
            fate: Mutex::new(fate),
            refusal: Mutex::default(),
            clocks: Mutex::new(("2026-01-31T12:00:00Z".parse().unwrap(), Duration::ZERO)),
            arrived: unbounded(),
            go: bounded(100),
        })
    }

    /// Time passes.
    fn advance(&self, seconds: u64) {
        let mut clocks = lock(&self.clocks);
        clocks.0 += Duration::from_secs(seconds);
        clocks.1 += Duration::from_secs(seconds);
    }

    /// Somebody sets the clock of the wall.
    fn set_clock(&self, by: TimeDelta) {
        lock(&self.clocks).0 += by;
    }

    fn refuse(&self, why: Option<&'static str>) {
        *lock(&self.refusal) = why;
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
            Some(Fate::Crash) => self.refuse(Some("crashed")),
            Some(Fate::Refuse) => return Err("disk full".into()),
            Some(Fate::Hold) => {
                self.arrived.0.send(()).unwrap();
                self.go.1.recv().unwrap();
            }
            None => {}
        }
        match *lock(&self.refusal) {
            // A file without content finds room where a database does not.
            Some(DISK_FULL) if point == Point::NoteFailure => Ok(()),
            Some(why) => Err(why.to_owned()),
            None => Ok(()),
        }
    }
}

impl Clock for Steps {
    fn now(&self) -> DateTime<Utc> {
        lock(&self.clocks).0
    }

    fn steady(&self) -> Duration {
        lock(&self.clocks).1
    }

    fn both(&self) -> (DateTime<Utc>, Duration) {
        *lock(&self.clocks)
    }
}

/// A home with its outputs.
struct TestHome {
    folder: TempDir,
    config: Config,
}

impl TestHome {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            home: folder.path().join("home"),
            output_root: Some(folder.path().join("out")),
            max_running_commands: 1,
            // The repository's own would be brought up anew for every home.
            extensions: Vec::new(),
            ..Config::default()
        };
        Self { folder, config }
    }

    fn open(&self, steps: &Arc<Steps>) -> Tracker {
        let probe: Arc<dyn Probe> = Arc::clone(steps) as Arc<dyn Probe>;
        loop {
            match Tracker::open_with(&self.config, Arc::clone(&probe)) {
                // A program that a test beside this one starts has our lock, too, until it is itself.
                Err(OpenError::Home(home::OpenError::Home(HomeError::InUse { .. }))) => {
                    std::thread::yield_now();
                }
                tracker => return tracker.unwrap(),
            }
        }
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

/// An order of `connectors`, changed by `edit`.
fn submission_of(connectors: Vec<String>, edit: impl FnOnce(&mut Order)) -> Submission {
    let mut order = Order::new(connectors, 0);
    edit(&mut order);
    let (model_folder, model_label, owner) = (None, String::new(), String::new());
    let secrets = std::collections::BTreeMap::new();
    Submission { model: MODEL.to_owned(), model_folder, model_label, order, owner, secrets }
}

/// 3 batches of 500 rows to every format there is, all in one folder.
fn submission() -> Submission {
    // Those of the local disk.
    let connectors = FORMATS.iter().map(|format| format.name().to_owned()).collect();
    submission_of(connectors, |order| {
        (order.batch_rows, order.batches, order.threads, order.seed) = (500, 3, 2, 7);
        order.overrides = vec![("LOCAL_FILE_PATH".into(), "here".into())];
    })
}

/// More batches than the workers make ahead, so that a stop finds some of them unmade.
fn many_batches() -> Submission {
    with(submission(), |order| order.batches = 20)
}

fn one_row() -> Submission {
    submission_of(vec!["csv".into()], |_| {})
}

/// One row, again and again.
fn scheduled(schedule: Schedule) -> Submission {
    with(one_row(), |order| order.schedule = Some(schedule))
}

fn with(mut submission: Submission, edit: impl FnOnce(&mut Order)) -> Submission {
    edit(&mut submission.order);
    submission
}

/// Waits until the command is as `reached` wants it.
fn wait_until(tracker: &Tracker, id: Uuid, reached: impl Fn(&Command) -> bool) -> Command {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut ended = false;
    loop {
        let mut signal = tracker.subscribe(id).unwrap().unwrap();
        let command = tracker.get(id).unwrap().unwrap();
        if reached(&command) {
            return command;
        }
        assert!(!ended, "never reached: {command:?}");
        // Every step comes within moments: a test that waits for ever tells nothing.
        let changed =
            async { tokio::time::timeout(Duration::from_secs(60), signal.changed()).await };
        ended = !matches!(runtime.block_on(changed), Ok(Ok(())));
    }
}

/// A home in which `submission` was run without faults.
fn undisturbed_run(submission: Submission) -> TestHome {
    let home = TestHome::new();
    let tracker = home.undisturbed();
    let id = tracker.submit(submission).unwrap();
    wait_for_end(&tracker, id);
    home
}

fn wait_for_end(tracker: &Tracker, id: Uuid) -> Command {
    wait_until(tracker, id, |command| command.status.is_over())
}

/// How many rows of each field failed.
fn failed_rows(command: &Command) -> Vec<u64> {
    command.failures.iter().map(|(_, failed)| failed.rows).collect()
}

fn life(tracker: &Tracker, id: Uuid) -> String {
    let steps = tracker.transitions(id).unwrap();
    steps.items.iter().map(|step| step.status.name()).collect::<Vec<_>>().join(" ")
}

/// A cron expression.
fn cron(expression: &str) -> Schedule {
    Schedule::Cron { expression: expression.to_owned() }
}
