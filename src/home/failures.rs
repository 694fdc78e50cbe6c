//! Failures that the database could not take, noted beside it.
//!
//! A command that was told as failed must not go on by itself, also when the process ends before its
//! database is free or has room again. A note is a file named after the command; its text, which may not find
//! room, is the comment.

use std::fs;
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// Beginning of a note's name.
const PREFIX: &str = "failed-";

/// What is told of a command whose note found no room for more.
const NO_COMMENT: &str = "it failed, and there was no room to store why";

fn path(home: &Path, id: Uuid) -> PathBuf {
    home.join(format!("{PREFIX}{id}"))
}

/// Notes that the command `id` failed, as well as there is room.
pub(super) fn note(home: &Path, id: Uuid, comment: &str) {
    if let Err(error) = fs::write(path(home, id), comment) {
        tracing::warn!(%id, %error, "the note of a failure is not whole");
    }
}

/// Removes the note of `id`, where there is one.
pub(super) fn remove(home: &Path, id: Uuid) {
    // Where there is none, there is nothing to do; one that stays is read at the next start, and heeded only
    // if the command is still under way.
    let _ = fs::remove_file(path(home, id));
}

/// The comment that was noted for `id`.
pub(super) fn read(home: &Path, id: Uuid) -> Option<String> {
    let path = path(home, id);
    let comment = path.is_file().then(|| fs::read(&path).unwrap_or_default())?;
    let comment = String::from_utf8_lossy(&comment).trim().to_owned();
    Some(if comment.is_empty() { NO_COMMENT.to_owned() } else { comment })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_there_also_without_its_text() {
        let home = tempfile::tempdir().unwrap();
        let id = Uuid::from_u128(1);
        assert_eq!(read(home.path(), id), None);
        note(home.path(), id, "disk full");
        assert_eq!(read(home.path(), id).as_deref(), Some("disk full"));
        fs::write(path(home.path(), id), "").unwrap();
        assert_eq!(read(home.path(), id).as_deref(), Some(NO_COMMENT));
        remove(home.path(), id);
        assert_eq!(read(home.path(), id), None);
    }
}
