//! Tests of files: what lands where under which name, and what stays of dead runs.

use std::ops::Range;

use super::*;
use crate::delivery::{Committed, Sealing};
use crate::formats::{Encoder, FileEncoder, Segment};
use crate::stores::{Local, Store as _};

/// Rows as the digits of their number of bytes: enough to see what lands where.
#[derive(Debug)]
struct Plain;

impl Encoder for Plain {
    fn extension(&self) -> String {
        "txt".into()
    }
    fn segment_rows(&self) -> usize {
        1
    }
    fn segment_encoder(&self) -> Box<dyn crate::formats::SegmentEncoder> {
        unreachable!("the test writes segments itself")
    }
    fn file_encoder(&self) -> Box<dyn FileEncoder> {
        Box::new(PlainFile)
    }
}

struct PlainFile;

impl FileEncoder for PlainFile {
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), crate::formats::EncodeError> {
        out.extend_from_slice(b"<");
        Ok(())
    }
    fn append(
        &mut self,
        segment: Segment,
        out: &mut Vec<u8>,
    ) -> Result<(), crate::formats::EncodeError> {
        out.extend_from_slice(&segment.bytes);
        Ok(())
    }
    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), crate::formats::EncodeError> {
        out.extend_from_slice(b">");
        Ok(())
    }
}

fn target(root: &std::path::Path, one_file_per_batch: bool, delete_previous: bool) -> FileTarget {
    let layout = Layout {
        store: Box::new(Local::new(root, "").unwrap()),
        encoder: Arc::new(Plain),
        name: "data".into(),
        extension: "txt".into(),
        one_file_per_batch,
    };
    FileTarget::new("plain", layout, delete_previous)
}

fn start(id: &str, batches: Range<u64>) -> Start {
    let holder = Holder { id: id.to_owned(), shown: format!("command `{id}`") };
    Start { holder, batches, sealed: Vec::new() }
}

fn write_two_batches(target: &FileTarget) -> Vec<Committed> {
    let io = Io::default();
    let Opened { mut sink, hold: _hold, .. } = target.open(&start("1", 0..2), &io).unwrap();
    let publish = |sealing: Option<Sealing>| {
        let Some(sealing) = sealing else { return Committed::default() };
        let receipt = sealing.wait(&io).unwrap();
        assert_eq!(target.publish(&receipt, &io).unwrap(), Published::Done);
        receipt.committed
    };
    let mut committed = Vec::new();
    for batch in 0..2 {
        sink.begin(batch).unwrap();
        sink.write(Segment { rows: 3, bytes: b"abc".to_vec(), detail: None }).unwrap();
        committed.push(publish(sink.seal().unwrap()));
    }
    committed.push(publish(sink.end().unwrap()));
    committed
}

#[test]
fn a_batch_is_a_file_or_all_batches_are_one() {
    let root = tempfile::tempdir().unwrap();
    let committed = write_two_batches(&target(root.path(), true, false));
    assert_eq!(committed.iter().map(|c| c.rows).collect::<Vec<_>>(), [3, 3, 0]);
    let read = |name: &str| std::fs::read_to_string(root.path().join(name)).unwrap();
    assert_eq!(read("data-0000000000.txt") + read("data-0000000001.txt").as_str(), "<abc><abc>");
    let committed = write_two_batches(&target(root.path(), false, false));
    assert_eq!(committed.iter().map(|c| c.rows).collect::<Vec<_>>(), [0, 0, 6]);
    assert_eq!(read("data.txt"), "<abcabc>");
}

#[test]
fn delete_previous_takes_exact_names_only() {
    let root = tempfile::tempdir().unwrap();
    let kept = ["data2-0000000000.txt", "data-000.txt", "data-0000000009.csv", "data.txt.txt"];
    for name in kept.iter().chain(&["data-0000000009.txt", "data.txt"]) {
        std::fs::write(root.path().join(name), "old").unwrap();
    }
    write_two_batches(&target(root.path(), true, true));
    let mut names = Local::new(root.path(), "").unwrap().list("", &Io::default()).unwrap();
    names.retain(|name| !kept.contains(&name.as_str()));
    assert_eq!(names, ["data-0000000000.txt", "data-0000000001.txt"]);
}

/// Issue 9, F14.
#[test]
fn files_of_earlier_commands_that_stay_are_told() {
    let root = tempfile::tempdir().unwrap();
    for name in ["data-0000000001.txt", "data-0000000002.txt", "data-0000000003.txt", "data.txt"] {
        std::fs::write(root.path().join(name), "old").unwrap();
    }
    let beside = |target: &FileTarget, batches| {
        let beside = target.open(&start("1", batches), &Io::default()).unwrap().beside;
        beside.map_or(String::new(), |beside| {
            beside.to_string().replace(root.path().to_str().unwrap(), "/out")
        })
    };
    let (many, one) = (target(root.path(), true, false), target(root.path(), false, false));
    let told = [
        beside(&many, 0..2),
        beside(&many, 0..4),
        // A later run of a schedule: the earlier numbers are its own.
        beside(&many, 2..4),
        beside(&one, 0..2),
        beside(&one, 3..4),
        beside(&target(root.path(), true, true), 0..2),
        beside(&many, 0..2),
    ];
    insta::assert_snapshot!(told.join("\n"), @r"
    3 files of earlier runs stay beside those of this one, the first is `/out/data-0000000002.txt`
    a file of an earlier run stays beside those of this one: `/out/data.txt`
    a file of an earlier run stays beside those of this one: `/out/data.txt`
    3 files of earlier runs stay beside those of this one, the first is `/out/data-0000000001.txt`
    ");
}

/// Issue 9, B1: patterns of names overlap, not only equal names.
#[test]
fn runs_whose_names_may_meet_exclude_each_other() {
    let root = tempfile::tempdir().unwrap();
    let named = |name: &str, one_file_per_batch| {
        let layout = Layout {
            store: Box::new(Local::new(root.path(), "").unwrap()),
            encoder: Arc::new(Plain),
            name: name.to_owned(),
            extension: "txt".into(),
            one_file_per_batch,
        };
        FileTarget::new("plain", layout, false)
    };
    let key = |target: &FileTarget| target.about.destination.exclusive.clone().unwrap();
    let io = Io::default();
    let x = named("x", true).open(&start("1", 0..2), &io).unwrap();
    for (name, one_file_per_batch) in [("x", true), ("x", false), ("x-0000000001", false)] {
        let other = named(name, one_file_per_batch);
        let refused = other.open(&start("2", 0..1), &io).err().unwrap().to_string();
        let expected = format!("`x.txt` of `{}` are being written by", root.path().display());
        assert!(refused.contains(&expected), "{refused}");
        assert!(refused.contains("command `1`, process "), "{refused}");
        assert_eq!(key(&other), key(&named("x", true)));
    }
    for name in ["x-1", "xx", "x-000000001"] {
        let other = named(name, true);
        assert_ne!(key(&other), key(&named("x", true)));
        other.open(&start("2", 0..1), &io).unwrap();
    }
    drop(x);
    named("x", false).open(&start("2", 0..1), &io).unwrap();
}

/// Issue 9, B1: who has the claim knows that other runs of these names are dead.
#[test]
fn leftovers_of_dead_runs_go_and_others_stay() {
    let root = tempfile::tempdir().unwrap();
    let own = [".data-0000000007.txt.1.datagen-part", ".data.txt.99.datagen-part"];
    let others = [".data2-0000000000.txt.1.datagen-part", ".data-0000000000.csv.1.datagen-part"];
    for name in own.iter().chain(&others) {
        std::fs::write(root.path().join(name), "half a ro").unwrap();
    }
    drop(target(root.path(), true, false).open(&start("2", 0..1), &Io::default()).unwrap());
    let exists = |name: &&str| root.path().join(name).exists();
    assert!(!own.iter().any(exists) && others.iter().all(exists));
}
