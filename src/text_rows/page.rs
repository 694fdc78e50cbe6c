//! The page that rows are written to, and the cursor that writes.
//!
//! A page stays in the processor's nearest cache and is written with copies of constant width: a
//! cell of 9 bytes is copied as 32, and the next cell overwrites what was too much. Room is checked once a
//! row, against a bound of all that the row writes without asking; texts beyond [`WIDE`] bytes ask
//! for themselves. Full pages are appended to the segment.
//!
//! Knows nothing of columns or formats.

use std::fmt;

/// Bytes that one copy of constant width moves at most.
pub(super) const WIDE: usize = 64;

/// Smallest page: half of a first-level cache.
const SMALLEST_PAGE: usize = 16 * 1024;

/// Bytes of a cell's end that stay on the page: as many as can be taken back.
const KEPT: usize = 16;

/// A page of constant size, kept by a worker.
pub(super) struct Page {
    bytes: Vec<u8>,
}

impl fmt::Debug for Page {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Page").field("size", &self.bytes.len()).finish()
    }
}

impl Page {
    /// A page for rows that write at most `row_bound` bytes without asking for room.
    pub(super) fn new(row_bound: usize) -> Self {
        Self { bytes: vec![0; SMALLEST_PAGE.max(4 * row_bound)] }
    }

    /// A cursor at the start of the page that appends full pages to `out`.
    pub(super) fn cursor<'a>(&'a mut self, row_bound: usize, out: &'a mut Vec<u8>) -> Cursor<'a> {
        Cursor { page: &mut self.bytes, at: 0, row_bound, out }
    }
}

/// Where the next byte goes.
///
/// Everything that a cell passes through is inlined and nothing takes the cursor's address, so that
/// the position stays in a register (measured: in memory, every copy waits for the one before).
pub(super) struct Cursor<'a> {
    page: &'a mut [u8],
    at: usize,
    row_bound: usize,
    out: &'a mut Vec<u8>,
}

impl Cursor<'_> {
    /// Makes room for one row's bound.
    #[inline(always)]
    pub(super) fn start_row(&mut self) {
        if self.page.len() - self.at < self.row_bound {
            self.flush();
        }
    }

    /// Appends what is on the page to the segment.
    #[inline(always)]
    pub(super) fn flush(&mut self) {
        self.out.extend_from_slice(&self.page[..self.at]);
        self.at = 0;
    }

    /// Writes the first `length` of `bytes`.
    #[inline(always)]
    pub(super) fn put<const N: usize>(&mut self, bytes: &[u8; N], length: usize) {
        debug_assert!(length <= N, "the copy covers the value");
        self.page[self.at..self.at + N].copy_from_slice(bytes);
        self.at += length;
    }

    /// Writes a literal.
    #[inline(always)]
    pub(super) fn literal(&mut self, literal: &Literal) {
        if literal.length <= 16 {
            self.put(&literal.head, literal.length);
        } else {
            self.text(&literal.bytes, 0, literal.length);
        }
    }

    /// Writes `data[start..start + length]`, of any length.
    #[inline(always)]
    pub(super) fn text(&mut self, data: &[u8], start: usize, length: usize) {
        if length <= 32
            && let Some(chunk) = data[start..].first_chunk::<32>()
        {
            self.put(chunk, length);
        } else if length <= WIDE
            && let Some(chunk) = data[start..].first_chunk::<WIDE>()
        {
            self.put(chunk, length);
        } else {
            self.long(&data[start..start + length]);
        }
    }

    /// Writes `bytes`, of any length.
    #[inline(always)]
    pub(super) fn long(&mut self, bytes: &[u8]) {
        self.at = spill(self.page, self.at, self.row_bound, self.out, bytes);
    }

    /// Takes the last `count` bytes of the row back: a separator that nothing follows.
    #[inline(always)]
    pub(super) fn take_back(&mut self, count: usize) {
        debug_assert!(count <= self.at, "a cell's last bytes stay on the page");
        self.at -= count;
    }

    /// A position to compare a later one with: differs whenever something was written between.
    #[inline(always)]
    pub(super) fn written(&self) -> usize {
        self.out.len() + self.at
    }
}

/// Appends `bytes` and leaves room for a whole row; the new position.
#[inline(never)]
fn spill(
    page: &mut [u8],
    mut at: usize,
    row_bound: usize,
    out: &mut Vec<u8>,
    bytes: &[u8],
) -> usize {
    if page.len() - at < row_bound.saturating_add(bytes.len()) {
        out.extend_from_slice(&page[..at]);
        at = 0;
    }
    let mut rest = bytes;
    if page.len() - at < row_bound.saturating_add(bytes.len()) {
        // Too long for a page. Its end goes there all the same: see `take_back`.
        let (most, end) = bytes.split_at(bytes.len().saturating_sub(KEPT));
        out.extend_from_slice(most);
        rest = end;
    }
    page[at..at + rest.len()].copy_from_slice(rest);
    at + rest.len()
}

/// Bytes that stand in every row: separators, quotes, keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Literal {
    head: [u8; 16],
    length: usize,
    bytes: Vec<u8>,
}

impl Literal {
    pub(super) fn new(bytes: &[u8]) -> Self {
        let mut head = [0; 16];
        let shown = bytes.len().min(16);
        head[..shown].copy_from_slice(&bytes[..shown]);
        let mut padded = bytes.to_vec();
        // So that a copy of constant width never reads beyond the end.
        padded.resize(bytes.len() + WIDE, 0);
        Self { head, length: bytes.len(), bytes: padded }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Bytes that writing it takes from a row's bound; longer ones ask for themselves.
    pub(super) fn bound(&self) -> usize {
        self.length.min(WIDE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For all lengths around the widths of copies and pages, bytes arrive in order and complete.
    #[test]
    fn values_of_every_length_arrive_in_order() {
        let mut page = Page::new(256);
        let (mut out, mut expected) = (Vec::new(), Vec::new());
        let mut cursor = page.cursor(256, &mut out);
        for length in (0..200).chain([16_000, 16_128, 16_129, 16_384, 100_000, 3]) {
            let value: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
            let mut padded = value.clone();
            padded.extend_from_slice(&[0xff; WIDE]);
            cursor.start_row();
            cursor.text(&padded, 0, length);
            cursor.text(&value, 0, length);
            cursor.literal(&Literal::new(&value));
            for _ in 0..3 {
                expected.extend_from_slice(&value);
            }
        }
        cursor.flush();
        assert_eq!(out, expected);
    }
}
