//! A command's files as one zip stream.
//!
//! Only files that the command has completed and that are still as it left them: their lengths are
//! checked before the first byte is written, their checksums while they are read. A file is opened
//! through a directory handle of the output root, so no name and no symbolic link leads out of it. Memory
//! holds one buffer and the directory of the archive, which [`MAX_FILES`] bounds.

use std::cell::Cell;
use std::io::{self, Read as _, Write};
use std::path::{Component, Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File};
use uuid::Uuid;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use super::{Command, CommandError, MadeFile, Status, Tracker, owned_outputs};
use crate::formats::FORMATS;

/// Most files of an archive: its directory comes last and is kept until then, some 300 bytes a file.
const MAX_FILES: u64 = 100_000;

/// Files that are asked of the store at a time.
const PAGE: u64 = 1_000;

/// Longest content of a file without the large fields of ZIP64, with room for what packing adds.
const SMALL: u64 = 4_000_000_000;

/// The files of a finished command, ready to be written.
#[derive(Debug)]
pub(crate) struct Archive {
    tracker: Tracker,
    command: Command,
    root: PathBuf,
    folder: Dir,
}

/// Why there is no archive, or why it ends early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ArchiveError {
    /// The command is unknown or not finished.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// None of its files is on this machine.
    #[error("command {id} has made no files on this machine")]
    NothingLocal {
        /// The command.
        id: Uuid,
    },
    /// There are more than one archive takes.
    #[error("command {id} has made more than {most} files; fetch its folder by other means")]
    TooMany {
        /// The command.
        id: Uuid,
        /// How many an archive takes.
        most: u64,
    },
    /// A file is gone or is another one now.
    #[error("`{path}` is no longer the file that the command made: {reason}")]
    Changed {
        /// Its path as a user would open it.
        path: String,
        /// What is different.
        reason: String,
    },
    /// The receiver is gone, or a file could not be read.
    #[error("write the archive")]
    Write(#[source] io::Error),
}

impl From<zip::result::ZipError> for ArchiveError {
    fn from(error: zip::result::ZipError) -> Self {
        Self::Write(error.into())
    }
}

impl Archive {
    /// Checks that `command` is finished and its files are there.
    pub(super) fn open(
        tracker: Tracker,
        command: Command,
        root: PathBuf,
    ) -> Result<Self, ArchiveError> {
        let id = command.id;
        if command.status != Status::Finished {
            let (status, expected) = (command.status, "FINISHED");
            return Err(CommandError::WrongStatus { id, status, expected }.into());
        }
        let folder = Dir::open_ambient_dir(&root, ambient_authority())
            .map_err(|_| ArchiveError::NothingLocal { id })?;
        let archive = Self { tracker, command, root, folder };
        let mut files = 0;
        archive.each_file(|_, _, _| {
            files += 1;
            if files > MAX_FILES {
                return Err(ArchiveError::TooMany { id, most: MAX_FILES });
            }
            Ok(())
        })?;
        if files == 0 { Err(ArchiveError::NothingLocal { id }) } else { Ok(archive) }
    }

    /// Writes the archive. When it fails, what was written is no complete archive.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`]: `out` refuses, or a file has changed.
    pub(crate) fn write(&self, out: impl Write) -> Result<(), ArchiveError> {
        let ended = Cell::new(false);
        let mut archive = ZipWriter::new_stream(Until { out, ended: &ended });
        let filled = self.each_file(|file, name, content| {
            let packable = is_packable(name);
            let method =
                if packable { CompressionMethod::Deflated } else { CompressionMethod::Stored };
            let options = SimpleFileOptions::default()
                .compression_method(method)
                .compression_level(packable.then_some(1))
                .large_file(file.bytes > SMALL);
            archive.start_file(entry_name(name, &self.command.owner), options)?;
            copy(file, content, &mut archive)
        });
        // Dropped half-way, an archive ends itself: not into what somebody takes for all of it.
        ended.set(filled.is_err());
        filled?;
        archive.finish()?.into_inner().flush().map_err(ArchiveError::Write)
    }

    /// Opens every file below the output root, and calls `work` with its path from there.
    fn each_file(
        &self,
        mut work: impl FnMut(&MadeFile, &Path, File) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        let mut offset = 0;
        loop {
            let (files, records) = self.tracker.page_of_files(&self.command, PAGE, offset)?;
            for file in &files {
                let Some(name) = name_below(&self.root, &file.path) else { continue };
                if let Some(content) = self.open_file(file, name)? {
                    work(file, name, content)?;
                }
            }
            if records < PAGE {
                return Ok(());
            }
            offset += PAGE;
        }
    }

    /// Opens a file that is as the command left it. A file of an earlier run may be gone: a schedule
    /// can be told to remove those.
    fn open_file(&self, file: &MadeFile, name: &Path) -> Result<Option<File>, ArchiveError> {
        let changed = |reason: String| ArchiveError::Changed { path: file.path.clone(), reason };
        let content = match self.folder.open(name) {
            Ok(content) => content,
            Err(error)
                if error.kind() == io::ErrorKind::NotFound
                    && file.batch < self.command.first_batch =>
            {
                return Ok(None);
            }
            Err(error) => return Err(changed(error.to_string())),
        };
        let about = content.metadata().map_err(|error| changed(error.to_string()))?;
        if !about.is_file() || about.len() != file.bytes {
            return Err(changed(format!("it has {} bytes, not {}", about.len(), file.bytes)));
        }
        Ok(Some(content))
    }
}

/// A writer that takes and drops everything once it has ended: an archive that is left half-way writes its end
/// when it is dropped, and prints an error to stderr where it cannot.
struct Until<'a, W> {
    out: W,
    ended: &'a Cell<bool>,
}

impl<W: Write> Write for Until<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.ended.get() {
            return Ok(bytes.len());
        }
        self.out.write(bytes).inspect_err(|_| self.ended.set(true))
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.ended.get() {
            return Ok(());
        }
        self.out.flush().inspect_err(|_| self.ended.set(true))
    }
}

/// Whether the file shrinks when it is packed: text as it is. The others are packed already.
fn is_packable(path: &Path) -> bool {
    let is_ending = |name: &str| path.extension().is_some_and(|ending| ending == name);
    FORMATS.iter().any(|format| format.is_text() && is_ending(format.name()))
}

/// The path of a file from the root, when it is one below it, made of plain names.
fn name_below<'a>(root: &Path, path: &'a str) -> Option<&'a Path> {
    let name = Path::new(path).strip_prefix(root).ok()?;
    let plain = name.components().all(|part| matches!(part, Component::Normal(_)));
    (plain && name.file_name().is_some()).then_some(name)
}

/// The name of an entry for the file at `path` below the output root: below the owner's share, and
/// without anything that leads elsewhere on another system (APPNOTE.TXT 4.4.17.1).
fn entry_name(path: &Path, owner: &str) -> String {
    let own =
        (!owner.is_empty()).then(|| path.strip_prefix(owned_outputs::share(owner)).ok()).flatten();
    let path = own.unwrap_or(path);
    let plain = |part: Component<'_>| {
        let part = part.as_os_str().to_string_lossy();
        part.replace(|c: char| c.is_control() || "\\:".contains(c), "_")
    };
    path.components().map(plain).collect::<Vec<_>>().join("/")
}

fn copy<W: Write>(
    file: &MadeFile,
    mut content: File,
    archive: &mut ZipWriter<StreamWriter<W>>,
) -> Result<(), ArchiveError> {
    let mut buffer = vec![0; 256 << 10];
    let mut checksum = crc32fast::Hasher::new();
    let mut left = file.bytes;
    while left > 0 {
        let length = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let length = content.read(&mut buffer[..length]).map_err(ArchiveError::Write)?;
        if length == 0 {
            break;
        }
        checksum.update(&buffer[..length]);
        archive.write_all(&buffer[..length]).map_err(ArchiveError::Write)?;
        left -= length as u64;
    }
    let found = format!("{:08x}", checksum.finalize());
    if left > 0 || found != file.crc32 {
        let reason = format!("its checksum is {found}, not {}", file.crc32);
        return Err(ArchiveError::Changed { path: file.path.clone(), reason });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Issue 9, C3.
    #[test]
    fn names_of_entries_lead_nowhere_else() {
        for (path, name) in [
            ("a/b.csv", "a/b.csv"),
            ("users/bob/a/b.csv", "a/b.csv"),
            ("users/ann/b.csv", "users/ann/b.csv"),
            (r"..\..\x/C:b.csv", ".._.._x/C_b.csv"),
        ] {
            assert_eq!(entry_name(Path::new(path), "bob"), name);
        }
        assert_eq!(entry_name(Path::new("users/b.csv"), ""), "users/b.csv");
    }

    #[test]
    fn text_is_packed_and_what_is_packed_already_is_not() {
        let packed = ["a.csv", "b/c.json", "a.csv.gz", "a.parquet", "a.orc", "csv"];
        let packed = packed.map(|path| is_packable(Path::new(path)));
        assert_eq!(packed, [true, true, false, false, false, false]);
    }

    #[test]
    fn only_plain_names_below_the_root_are_taken() {
        let name = |path| name_below(Path::new("/out"), path).map(|name| name.to_str().unwrap());
        assert_eq!(name("/out/a/b.csv"), Some("a/b.csv"));
        for path in ["/out", "/out/../etc/passwd", "/outside/a", "s3://bucket/a", "a"] {
            assert_eq!(name(path), None, "{path}");
        }
    }
}
