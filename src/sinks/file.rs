//! Files: every format on every store.
//!
//! One file per batch, or one for all batches of a run; each appears under its final name when it is
//! complete. Names are `<name>-<batch, ten digits>.<extension>` or `<name>.<extension>`. A later run
//! of a schedule with one file for all has its first batch in the name, for the earlier file stays.

use std::sync::Arc;

use super::{Committed, CommittedFile, Connector, Place, Sink, SinkError, Target};
use crate::attributes::{Attribute, Reader};
use crate::columns::Schema;
use crate::formats::{Encoder, FORMATS, FileEncoder, Format, Segment};
use crate::stores::local::Local;
use crate::stores::{Store, Upload};

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
        "a folder named after the command",
        "Folder of the files, below the output root.",
    ),
    Attribute::new("LOCAL_FILE_NAME", "text", "the model's name", "Beginning of the files' names."),
];

/// Longest beginning of a file name: leaves room for number, extension and temporary ending.
const MAX_NAME_BYTES: usize = 200;

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
        place: &Place,
    ) -> Option<Arc<dyn Target>> {
        let folder =
            settings.text("LOCAL_FILE_PATH").unwrap_or_else(|| place.default_folder.clone());
        let name = settings.text("LOCAL_FILE_NAME").unwrap_or_else(|| place.default_name.clone());
        let name_is_good = check_name(&name, settings);
        let store = match Local::new(&place.output_root, &folder) {
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
        if !name_is_good {
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

fn check_name(name: &str, settings: &mut Reader<'_>) -> bool {
    let reason = if name.contains(['/', '\\', '\0']) {
        "holds a path separator"
    } else if name.len() > MAX_NAME_BYTES {
        "has more than 200 bytes"
    } else if name.starts_with('.') {
        "begins with a dot"
    } else {
        return true;
    };
    settings.error_with_hint(
        "LOCAL_FILE_NAME",
        "wrong_file_name",
        format!("the file name `{}` {reason}", crate::problems::excerpt(name)),
        "folders belong into LOCAL_FILE_PATH",
    );
    false
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
        let Some(rest) = file.strip_prefix(&self.name) else { return false };
        let Some(rest) = rest.strip_suffix(&self.extension) else { return false };
        let Some(number) = rest.strip_suffix('.') else { return false };
        number.is_empty()
            || number.strip_prefix('-').is_some_and(|digits| {
                digits.len() >= 10 && digits.bytes().all(|byte| byte.is_ascii_digit())
            })
    }
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

    fn open(&self, first_batch: u64) -> Result<Box<dyn Sink>, SinkError> {
        let layout = &self.layout;
        layout.store.prepare()?;
        layout.store.remove_unfinished(&layout.file_name(first_batch))?;
        if self.delete_previous && first_batch == 0 {
            for name in layout.store.list()?.iter().filter(|name| layout.is_own(name)) {
                layout.store.remove(name)?;
            }
        }
        Ok(Box::new(FileSink {
            layout: Arc::clone(layout),
            open: None,
            rows: 0,
            buffer: Vec::new(),
        }))
    }
}

struct FileSink {
    layout: Arc<Layout>,
    open: Option<OpenFile>,
    /// Rows written since the last commit.
    rows: u64,
    /// Bytes on their way to the store; kept for its capacity.
    buffer: Vec<u8>,
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
            upload: self.layout.store.create(&name)?,
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
    use crate::attributes::Settings;
    use crate::problems::Problems;

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

    fn write_two_batches(target: &FileTarget) -> Vec<Committed> {
        let mut sink = target.open(0).unwrap();
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

    #[test]
    fn a_name_with_a_path_is_refused() {
        let mut settings = Settings::default();
        settings.set("local_file_name", "../x".into(), "/Table_Names/LOCAL_FILE_NAME");
        let mut problems = Problems::default();
        assert!(!check_name("../x", &mut settings.reader(&mut problems)));
        insta::assert_snapshot!(problems, @"/Table_Names/LOCAL_FILE_NAME: the file name `../x` holds a path separator (folders belong into LOCAL_FILE_PATH)");
    }
}
