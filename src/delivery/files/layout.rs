//! What files of a command are called, and which ones are of others.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::Holder;
use crate::delivery::Beside;
use crate::formats::Encoder;
use crate::remote::{Failure, Io};
use crate::stores::{Claim, Sealed, Store, real};

/// A file of a command: the one for all batches, or the one that begins with a batch.
enum Numbered {
    Whole,
    Batch(u64),
}

/// What the files of a command have in common.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) store: Box<dyn Store>,
    pub(super) encoder: Arc<dyn Encoder>,
    pub(super) name: String,
    pub(super) extension: String,
    pub(super) one_file_per_batch: bool,
}

impl Layout {
    /// The name of the file that begins with `batch`.
    pub(super) fn file_name(&self, batch: u64) -> String {
        if self.one_file_per_batch || batch > 0 {
            format!("{}-{batch:010}.{}", self.name, self.extension)
        } else {
            format!("{}.{}", self.name, self.extension)
        }
    }

    /// Whether `file` is one that a command of this layout makes: exact names, never a prefix.
    pub(super) fn is_own(&self, file: &str) -> bool {
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
    pub(super) fn names(&self) -> String {
        format!("{}.{}", without_numbers(&self.name), self.extension)
    }

    /// Removes unfinished files of `holder` that are not sealed, and with a sole claim those of all others: who holds the
    /// claim knows that their runs are dead.
    pub(super) fn remove_unfinished(
        &self,
        holder: &Holder,
        claim: &Claim,
        sealed: &[Sealed],
        io: &Io,
    ) -> Result<(), Failure> {
        let is_left = |file: &str, id: &str| self.is_own(file) && (claim.sole || id == holder.id);
        self.store.remove_unfinished(&is_left, sealed, io)
    }

    pub(super) fn beside(&self, batches: &Range<u64>, io: &Io) -> Result<Option<Beside>, Failure> {
        let names = self.store.list(&self.name, io)?;
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

/// What two commands must have in common to write the same files, where nothing but the path of a first file
/// is known. It only orders commands of one process: what keeps any two runs apart is the
/// [claim](Store::claim) that a target takes when it is opened.
pub(in crate::delivery) fn exclusive_key(destination: &str) -> String {
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
    real(folder).join(names.join(".")).to_string_lossy().into_owned()
}
