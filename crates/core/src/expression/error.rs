//! What goes wrong while values are computed: faults of single rows.

/// Why the value of a row could not be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row}: {message}")]
pub(crate) struct EvaluateError {
    /// The row's number, counted over the whole command.
    pub(crate) row: u64,
    /// What was found and what was expected.
    pub(crate) message: String,
}

/// Bytes of text that one column of a block may take: offsets are 32 bits wide, memory is not free.
pub(super) const MOST_BLOCK_BYTES: usize = 1 << 26;

/// The faults met so far in one evaluation, by position in the block (or in a dictionary).
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    found: Vec<(u32, String)>,
    overflow: bool,
}

impl Faults {
    /// Messages that are kept: beyond it, only the fact that there are more.
    const MOST: usize = 10_000;

    /// Notes that the value at `position` cannot be computed; its slot holds null.
    #[cold]
    pub(super) fn push(&mut self, position: usize, message: String) {
        if self.found.len() < Self::MOST {
            self.found.push((position as u32, message));
        } else {
            self.overflow = true;
        }
    }

    /// Takes the faults of a part, whose positions `place` translates.
    pub(super) fn extend(&mut self, part: Self, place: impl Fn(usize) -> usize) {
        self.overflow |= part.overflow;
        for (index, message) in part.found {
            self.push(place(index as usize), message);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether faults were met that are not listed.
    pub(super) fn has_overflowed(&self) -> bool {
        self.overflow
    }

    /// Orders the faults by position, one for each.
    pub(super) fn sort(&mut self) {
        self.found.sort_by_key(|(position, _)| *position);
        self.found.dedup_by_key(|(position, _)| *position);
    }

    /// The fault at `position`, once [sorted](Self::sort).
    pub(super) fn at(&self, position: usize) -> Option<&str> {
        let index =
            self.found.binary_search_by_key(&(position as u32), |(place, _)| *place).ok()?;
        Some(&self.found[index].1)
    }

    /// The faults as errors of rows counted from `first`, in row order.
    pub(super) fn into_errors(mut self, first: u64) -> Vec<EvaluateError> {
        self.sort();
        let error =
            |(position, message)| EvaluateError { row: first + u64::from(position), message };
        self.found.into_iter().map(error).collect()
    }
}
