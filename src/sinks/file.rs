//! Files: every format on every store.
//!
//! One file per batch, or one for all batches of a run; each appears under its final name when it is
//! complete. Names are `<name>-<batch, ten digits>.<extension>` or `<name>.<extension>`. A later run
//! of a schedule with one file for all has its first batch in the name, for the earlier file stays.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::names::{check_name, check_path};
use super::{
    Beside, Committed, CommittedFile, Connector, Holder, Opened, OutputBase, Sink, SinkError,
    Start, Target,
};
use crate::attributes::{Attribute, Reader};
use crate::columns::Schema;
use crate::formats::{Encoder, FORMATS, FileEncoder, Format, Segment};
use crate::stores::local::{self, Local};
use crate::stores::{Claim, Store, Upload};

/// The connectors of the local store: named as the formats are.
pub(super) static CONNECTORS: std::sync::LazyLock<Vec<FileConnector>> =
    std::sync::LazyLock::new(|| {
        FORMATS.iter().map(|format| FileConnector { format: *format }).collect()
    });

/// Settings of every file connector.
const FILE_ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "ONE_FILE_PER_ITERATION",
        "boolean",
        "true",
        "One file per batch, numbered; otherwise one file for the whole command.",
    ),
    Attribute::new(
        "DELETE_PREVIOUS",
        "boolean",
        "false",
        "Remove the files of earlier commands of this name before the first batch.",
    ),
];

/// Settings of the local store.
const LOCAL_ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "LOCAL_FILE_PATH",
        "text",
        "a folder named after the command; for `datagen generate` the output root itself",
        "Folder of the files, below the output root.",
    ),
    Attribute::new("LOCAL_FILE_NAME", "text", "the model's name", "Beginning of the files' names."),
];

#[derive(Debug)]
pub(super) struct FileConnector {
    format: &'static dyn Format,
}

impl Connector for FileConnector {
    fn name(&self) -> &'static str {
        self.format.name()
    }

    fn summary(&self) -> String {
        format!("Files in a local folder. {}", self.format.summary())
    }

    fn attributes(&self) -> Vec<Attribute> {
        [LOCAL_ATTRIBUTES, FILE_ATTRIBUTES, self.format.attributes()].concat()
    }

    fn compile(
        &self,
        schema: &Arc<Schema>,
        settings: &mut Reader<'_>,
        base: &OutputBase,
    ) -> Option<Arc<dyn Target>> {
        let folder =
            settings.text("LOCAL_FILE_PATH").unwrap_or_else(|| base.default_folder.clone());
        let name = settings.text("LOCAL_FILE_NAME").unwrap_or_else(|| base.default_name.clone());
        let names_are_good =
            check_name(&name, settings) & check_path(&folder, &base.output_root, settings);
        let store = match Local::new(&base.output_root, &folder) {
            Ok(store) => Some(store),
            Err(error) => {
                settings.error_with_hint(
                    "LOCAL_FILE_PATH",
                    "path_outside",
                    error.to_string(),
                    "give a path below the output root, without `..`",
                );
                None
            }
        };
        let one_file_per_batch = settings.boolean("ONE_FILE_PER_ITERATION").unwrap_or(true);
        let delete_previous = settings.boolean("DELETE_PREVIOUS").unwrap_or(false);
        let encoder = self.format.compile(schema, settings)?;
        if !names_are_good {
            return None;
        }
        Some(Arc::new(FileTarget {
            connector: self.format.name(),
            layout: Arc::new(Layout {
                store: Box::new(store?),
                extension: encoder.extension(),
                encoder,
                name,
                one_file_per_batch,
            }),
            delete_previous,
        }))
    }
}

/// A file of a command: the one for all batches, or the one that begins with a batch.
enum Numbered {
    Whole,
    Batch(u64),
}

/// What the files of a command have in common.
#[derive(Debug)]
struct Layout {
    store: Box<dyn Store>,
    encoder: Arc<dyn Encoder>,
    name: String,
    extension: String,
    one_file_per_batch: bool,
}

impl Layout {
    /// The name of the file that begins with `batch`.
    fn file_name(&self, batch: u64) -> String {
        if self.one_file_per_batch || batch > 0 {
            format!("{}-{batch:010}.{}", self.name, self.extension)
        } else {
            format!("{}.{}", self.name, self.extension)
        }
    }

    /// Whether `file` is one that a command of this layout makes: exact names, never a prefix.
    fn is_own(&self, file: &str) -> bool {
        self.numbered(file).is_some()
    }

    /// Which file of a command of this layout `file` is, if it is one.
    fn numbered(&self, file: &str) -> Option<Numbered> {
        let rest = file.strip_prefix(&self.name)?.strip_suffix(&self.extension)?;
        let number = rest.strip_suffix('.')?;
        if number.is_empty() {
            return Some(Numbered::Whole);
        }
        let digits = number.strip_prefix('-').filter(|digits| is_number(digits))?;
        digits.parse().ok().map(Numbered::Batch)
    }

    /// Whether an earlier command made `file`, and the run of `batches` leaves it there. Files of
    /// earlier batches are those of earlier runs of the same command.
    fn stays_beside(&self, file: &str, batches: &Range<u64>) -> bool {
        match self.numbered(file) {
            None => false,
            Some(Numbered::Whole) => self.one_file_per_batch,
            Some(Numbered::Batch(number)) if self.one_file_per_batch => number >= batches.end,
            Some(Numbered::Batch(number)) => batches.start == 0 || number > batches.start,
        }
    }

    /// The key of all names that a command of this layout may use.
    fn names(&self) -> String {
        format!("{}.{}", without_numbers(&self.name), self.extension)
    }

    /// Removes unfinished files of `holder`, and with a sole claim those of all others: who holds the
    /// claim knows that their runs are dead.
    fn remove_unfinished(&self, holder: &Holder, claim: &Claim) -> Result<(), SinkError> {
        let is_left = |file: &str, id: &str| self.is_own(file) && (claim.sole || id == holder.id);
        Ok(self.store.remove_unfinished(&is_left)?)
    }

    fn beside(&self, batches: &Range<u64>) -> Result<Option<Beside>, SinkError> {
        let names = self.store.list()?;
        let mut beside = names.iter().filter(|name| self.stays_beside(name, batches));
        let Some(first) = beside.next() else { return Ok(None) };
        Ok(Some(Beside { files: 1 + beside.count() as u64, first: self.store.path_of(first) }))
    }
}

/// Whether `digits` are the number of a batch in a file's name.
fn is_number(digits: &str) -> bool {
    digits.len() >= 10 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The name of files without the numbers of batches at its end: `x-0000000001` may be the whole name of
/// one command's file and the first of another's, so both count as `x`.
fn without_numbers(mut name: &str) -> &str {
    while let Some((before, digits)) = name.rsplit_once('-')
        && is_number(digits)
    {
        name = before;
    }
    name
}

/// What two commands must have in common to write the same files, made from a
/// [destination](Target::destination). It only orders commands of one process: what keeps any two runs
/// apart is the [claim](Store::claim) that a target takes when it is opened.
pub fn exclusive_key(destination: &str) -> String {
    let path = Path::new(destination);
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return destination.to_owned();
    };
    if !path.is_absolute() {
        return destination.to_owned();
    }
    let name = name.to_string_lossy();
    // An extension has no number, so the name may end at any of its dots.
    let names: Vec<_> = name.split('.').map(without_numbers).collect();
    local::real(folder).join(names.join(".")).to_string_lossy().into_owned()
}

#[derive(Debug)]
struct FileTarget {
    connector: &'static str,
    layout: Arc<Layout>,
    delete_previous: bool,
}

impl Target for FileTarget {
    fn connector(&self) -> &'static str {
        self.connector
    }

    fn encoder(&self) -> &Arc<dyn Encoder> {
        &self.layout.encoder
    }

    fn destination(&self) -> String {
        self.layout.store.path_of(&self.layout.file_name(0))
    }

    fn commits_batches(&self) -> bool {
        self.layout.one_file_per_batch
    }

    fn open(&self, start: &Start) -> Result<Opened, SinkError> {
        let layout = &self.layout;
        layout.store.prepare()?;
        let claim = layout.store.claim(&layout.names(), &start.holder)?;
        layout.remove_unfinished(&start.holder, &claim)?;
        if self.delete_previous && start.batches.start == 0 {
            for name in layout.store.list()?.iter().filter(|name| layout.is_own(name)) {
                layout.store.remove(name)?;
            }
        }
        let beside = layout.beside(&start.batches)?;
        let sink = FileSink {
            layout: Arc::clone(layout),
            holder: start.holder.clone(),
            open: None,
            rows: 0,
            buffer: Vec::new(),
            _claim: claim,
        };
        Ok(Opened { sink: Box::new(sink), beside })
    }

    fn discard(&self, holder: &Holder) -> Result<(), SinkError> {
        let layout = &self.layout;
        layout.store.prepare()?;
        let claim = layout.store.claim(&layout.names(), holder)?;
        layout.remove_unfinished(holder, &claim)
    }
}

struct FileSink {
    layout: Arc<Layout>,
    holder: Holder,
    open: Option<OpenFile>,
    /// Rows written since the last commit.
    rows: u64,
    /// Bytes on their way to the store; kept for its capacity.
    buffer: Vec<u8>,
    /// Last, so that an unfinished file is gone before others may write there.
    _claim: Claim,
}

struct OpenFile {
    name: String,
    encoder: Box<dyn FileEncoder>,
    upload: Box<dyn Upload>,
    bytes: u64,
    crc32: crc32fast::Hasher,
}

impl OpenFile {
    fn drain(&mut self, buffer: &mut Vec<u8>) -> Result<(), SinkError> {
        self.upload.write(buffer)?;
        self.bytes += buffer.len() as u64;
        self.crc32.update(buffer);
        buffer.clear();
        Ok(())
    }
}

impl FileSink {
    /// Completes the open file, if there is one.
    fn complete(&mut self) -> Result<Committed, SinkError> {
        let Some(mut file) = self.open.take() else { return Ok(Committed::default()) };
        file.encoder.finish(&mut self.buffer)?;
        file.drain(&mut self.buffer)?;
        file.upload.complete()?;
        let committed = CommittedFile {
            path: self.layout.store.path_of(&file.name),
            bytes: file.bytes,
            crc32: format!("{:08x}", file.crc32.finalize()),
        };
        Ok(Committed {
            rows: std::mem::take(&mut self.rows),
            bytes: file.bytes,
            files: vec![committed],
        })
    }
}

impl Sink for FileSink {
    fn begin_batch(&mut self, batch: u64) -> Result<(), SinkError> {
        if self.open.is_some() {
            return Ok(());
        }
        let name = self.layout.file_name(batch);
        let mut file = OpenFile {
            encoder: self.layout.encoder.file_encoder(),
            upload: self.layout.store.create(&name, &self.holder)?,
            name,
            bytes: 0,
            crc32: crc32fast::Hasher::new(),
        };
        file.encoder.begin(&mut self.buffer)?;
        file.drain(&mut self.buffer)?;
        self.open = Some(file);
        Ok(())
    }

    fn write(&mut self, segment: Segment) -> Result<(), SinkError> {
        self.rows += segment.rows;
        if let Some(file) = &mut self.open {
            file.encoder.append(segment, &mut self.buffer)?;
            file.drain(&mut self.buffer)?;
        }
        Ok(())
    }

    fn commit_batch(&mut self) -> Result<Committed, SinkError> {
        if self.layout.one_file_per_batch { self.complete() } else { Ok(Committed::default()) }
    }

    fn finish(&mut self) -> Result<Committed, SinkError> {
        self.complete()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn target(
        root: &std::path::Path,
        one_file_per_batch: bool,
        delete_previous: bool,
    ) -> FileTarget {
        let layout = Layout {
            store: Box::new(Local::new(root, "").unwrap()),
            encoder: Arc::new(Plain),
            name: "data".into(),
            extension: "txt".into(),
            one_file_per_batch,
        };
        FileTarget { connector: "plain", layout: Arc::new(layout), delete_previous }
    }

    fn start(id: &str, batches: Range<u64>) -> Start {
        let holder = Holder { id: id.to_owned(), shown: format!("command `{id}`") };
        Start { holder, batches }
    }

    fn write_two_batches(target: &FileTarget) -> Vec<Committed> {
        let mut sink = target.open(&start("1", 0..2)).unwrap().sink;
        let mut committed = Vec::new();
        for batch in 0..2 {
            sink.begin_batch(batch).unwrap();
            sink.write(Segment { rows: 3, bytes: b"abc".to_vec(), detail: None }).unwrap();
            committed.push(sink.commit_batch().unwrap());
        }
        committed.push(sink.finish().unwrap());
        committed
    }

    #[test]
    fn a_batch_is_a_file_or_all_batches_are_one() {
        let root = tempfile::tempdir().unwrap();
        let committed = write_two_batches(&target(root.path(), true, false));
        assert_eq!(committed.iter().map(|c| c.rows).collect::<Vec<_>>(), [3, 3, 0]);
        let read = |name: &str| std::fs::read_to_string(root.path().join(name)).unwrap();
        assert_eq!(
            read("data-0000000000.txt") + read("data-0000000001.txt").as_str(),
            "<abc><abc>"
        );
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
        let mut names = Local::new(root.path(), "").unwrap().list().unwrap();
        names.retain(|name| !kept.contains(&name.as_str()));
        assert_eq!(names, ["data-0000000000.txt", "data-0000000001.txt"]);
    }

    /// Issue 9, F14.
    #[test]
    fn files_of_earlier_commands_that_stay_are_told() {
        let root = tempfile::tempdir().unwrap();
        for name in
            ["data-0000000001.txt", "data-0000000002.txt", "data-0000000003.txt", "data.txt"]
        {
            std::fs::write(root.path().join(name), "old").unwrap();
        }
        let beside = |target: &FileTarget, batches| {
            let beside = target.open(&start("1", batches)).unwrap().beside;
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
            FileTarget { connector: "plain", layout: Arc::new(layout), delete_previous: false }
        };
        let x = named("x", true).open(&start("1", 0..2)).unwrap();
        for (name, one_file_per_batch) in [("x", true), ("x", false), ("x-0000000001", false)] {
            let other = named(name, one_file_per_batch);
            let refused = other.open(&start("2", 0..1)).err().unwrap().to_string();
            let expected = format!("`x.txt` of `{}` are being written by", root.path().display());
            assert!(refused.contains(&expected), "{refused}");
            assert!(refused.contains("command `1`, process "), "{refused}");
            let key = |target: &FileTarget| exclusive_key(&target.destination());
            assert_eq!(key(&other), key(&named("x", true)));
        }
        for name in ["x-1", "xx", "x-000000001"] {
            let other = named(name, true);
            assert_ne!(
                exclusive_key(&other.destination()),
                exclusive_key(&named("x", true).destination())
            );
            other.open(&start("2", 0..1)).unwrap();
        }
        drop(x);
        named("x", false).open(&start("2", 0..1)).unwrap();
    }

    /// Issue 9, B1: who has the claim knows that other runs of these names are dead.
    #[test]
    fn leftovers_of_dead_runs_go_and_others_stay() {
        let root = tempfile::tempdir().unwrap();
        let own = [".data-0000000007.txt.1.datagen-part", ".data.txt.99.datagen-part"];
        let others =
            [".data2-0000000000.txt.1.datagen-part", ".data-0000000000.csv.1.datagen-part"];
        for name in own.iter().chain(&others) {
            std::fs::write(root.path().join(name), "half a ro").unwrap();
        }
        drop(target(root.path(), true, false).open(&start("2", 0..1)).unwrap());
        let exists = |name: &&str| root.path().join(name).exists();
        assert!(!own.iter().any(exists) && others.iter().all(exists));
    }
}
