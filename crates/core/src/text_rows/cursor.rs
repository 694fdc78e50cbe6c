//! The cursor that rows are written with, and literals.
//!
//! Values are written with copies of constant width: a cell of 9 bytes is copied as 16 and the next
//! cell overwrites what was too much. So a value costs one comparison and a few stores, without a call
//! of `memcpy` and without a branch on its length.
//!
//! Knows nothing of columns or formats.

use std::ptr;

/// Bytes that one copy of constant width moves at most.
pub(super) const WIDE: usize = 64;

/// The width of the copies that a column's texts take: known for the column, so that no branch
/// depends on one text's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// At most 16 bytes.
    Sixteen,
    /// At most 32 bytes.
    ThirtyTwo,
    /// Any length; up to [`WIDE`] bytes are one copy, longer texts a call of `memcpy`.
    Any,
}

impl Width {
    /// The width for texts of at most `longest` bytes.
    pub(super) const fn of(longest: usize) -> Self {
        match longest {
            0..=16 => Self::Sixteen,
            17..=32 => Self::ThirtyTwo,
            _ => Self::Any,
        }
    }
}

/// Where the next byte goes: behind what a buffer holds, in its spare capacity.
///
/// Everything that a cell passes through is inlined and nothing takes the cursor's address, so that
/// its parts stay in registers (measured: in memory, every copy waits for the one before).
/// What was written belongs to the buffer after [`finish`](Self::finish).
pub(super) struct Cursor<'a> {
    /// The buffer; its length is out of date until `finish`.
    out: &'a mut Vec<u8>,
    /// The buffer's memory.
    start: *mut u8,
    /// Number of bytes written: all before it are initialised.
    at: usize,
    /// The last position behind which the buffer has room for [`WIDE`] bytes.
    last: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor that appends to `out`.
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        let at = out.len();
        out.reserve(WIDE);
        let (start, last) = (out.as_mut_ptr(), out.capacity() - WIDE);
        Self { out, start, at, last }
    }

    /// Hands what was written to the buffer.
    pub(super) fn finish(self) {
        set_length(self.out, self.at);
    }

    /// Writes the first `length` of `bytes`.
    #[inline(always)]
    #[expect(
        unsafe_code,
        reason = "spares a checked page and the copy from it: 145 ns a row, not 163"
    )]
    pub(super) fn put<const N: usize>(&mut self, bytes: &[u8; N], length: usize) {
        const { assert!(N <= WIDE, "a copy is not wider than the room that is kept") };
        if self.at > self.last {
            self.grow(0);
        }
        // SAFETY: `start` is the memory of `out`, whose capacity is `last + WIDE` (`new`, `grow`; nothing
        // else touches `out` while the cursor borrows it). `at <= last` and `N <= WIDE`, so the copy
        // ends within that capacity. `bytes` cannot lie in it: `out` is borrowed mutably.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.start.add(self.at), N) };
        self.at += length.min(N);
    }

    /// Writes a literal.
    #[inline(always)]
    pub(super) fn literal(&mut self, literal: &Literal) {
        if literal.length <= 16 {
            self.put(&literal.head, literal.length);
        } else {
            self.text(&literal.bytes, 0, literal.length, Width::Any);
        }
    }

    /// Writes `data[start..start + length]`, which is not longer than `width` says.
    #[inline(always)]
    pub(super) fn text(&mut self, data: &[u8], start: usize, length: usize, width: Width) {
        match width {
            Width::Sixteen => {
                if let Some(chunk) = data[start..].first_chunk::<16>() {
                    return self.put(chunk, length);
                }
            }
            Width::ThirtyTwo => {
                if let Some(chunk) = data[start..].first_chunk::<32>() {
                    return self.put(chunk, length);
                }
            }
            Width::Any => {
                if length <= WIDE
                    && let Some(chunk) = data[start..].first_chunk::<WIDE>()
                {
                    return self.put(chunk, length);
                }
            }
        }
        self.long(&data[start..start + length]);
    }

    /// Writes `data[start..start + length]`, `length` at most `N`, of data that goes on for `N` bytes.
    #[inline(always)]
    pub(super) fn part<const N: usize>(&mut self, data: &[u8], start: usize, length: usize) {
        match data.get(start..start.wrapping_add(N)).and_then(<[u8]>::first_chunk) {
            Some(chunk) => self.put::<N>(chunk, length),
            None => self.long(&data[start..start + length]),
        }
    }

    /// Writes `bytes`, of any length.
    #[inline(always)]
    pub(super) fn long(&mut self, bytes: &[u8]) {
        set_length(self.out, self.at);
        append(self.out, bytes);
        self.renew();
    }

    /// Writes 8 to 32 bytes as two copies that overlap, fewer one by one.
    #[inline(always)]
    pub(super) fn short(&mut self, bytes: &[u8]) {
        if let (Some(head), Some(tail)) = (bytes.first_chunk::<16>(), bytes.last_chunk::<16>()) {
            self.put(head, (bytes.len() - 16).min(16));
            self.put(tail, 16);
        } else if let (Some(head), Some(tail)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>())
        {
            self.put(head, bytes.len() - 8);
            self.put(tail, 8);
        } else {
            for byte in bytes {
                self.put(&[*byte], 1);
            }
        }
    }

    /// Number of bytes in the buffer so far.
    #[inline(always)]
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Goes back to `position`: what stands behind it will be overwritten.
    #[inline(always)]
    pub(super) fn go_back(&mut self, position: usize) {
        self.at = self.at.min(position);
    }

    /// Makes room for `more` bytes and a copy of constant width behind them.
    #[cold]
    #[inline(always)]
    fn grow(&mut self, more: usize) {
        set_length(self.out, self.at);
        reserve(self.out, more);
        self.renew();
    }

    /// Takes position and room from the buffer, which has room for a copy.
    #[inline(always)]
    fn renew(&mut self) {
        self.at = self.out.len();
        self.start = self.out.as_mut_ptr();
        self.last = self.out.capacity() - WIDE;
    }
}

/// Gives `out` the length `length`.
#[inline(always)]
#[expect(unsafe_code, reason = "a cursor writes to the spare capacity")]
fn set_length(out: &mut Vec<u8>, length: usize) {
    // SAFETY: only cursors call this, with their `at`. It never passes the end of a copy, hence not
    // the capacity, and all bytes before it were the buffer's or were written.
    unsafe { out.set_len(length) };
}

/// Appends `bytes`, and keeps room for a copy of constant width.
#[inline(never)]
fn append(out: &mut Vec<u8>, bytes: &[u8]) {
    reserve(out, bytes.len());
    out.extend_from_slice(bytes);
}

#[inline(never)]
fn reserve(out: &mut Vec<u8>, more: usize) {
    out.reserve(more.saturating_add(WIDE));
}

/// Bytes that stand in every row: separators, quotes, keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Literal {
    head: [u8; 16],
    length: usize,
    /// Longer by [`WIDE`] bytes: a copy of constant width never reads beyond the end.
    bytes: Vec<u8>,
}

impl Literal {
    pub(super) fn new(bytes: &[u8]) -> Self {
        let mut head = [0; 16];
        let shown = bytes.len().min(16);
        head[..shown].copy_from_slice(&bytes[..shown]);
        let mut padded = bytes.to_vec();
        padded.resize(bytes.len() + WIDE, 0);
        Self { head, length: bytes.len(), bytes: padded }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// What `write` writes, for the tests of this folder.
#[cfg(test)]
pub(super) fn written(write: impl FnOnce(&mut Cursor<'_>)) -> String {
    let mut out = b"kept ".to_vec();
    let mut cursor = Cursor::new(&mut out);
    write(&mut cursor);
    cursor.finish();
    String::from_utf8(out).unwrap().strip_prefix("kept ").unwrap().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For all lengths around the widths of copies, bytes arrive in order and complete.
    ///
    /// Small enough for Miri: `tests/miri`.
    #[test]
    fn values_of_every_length_arrive_in_order() {
        let mut out = b"before".to_vec();
        let mut expected = out.clone();
        for length in (0..130).chain([1_000, 3]) {
            let value: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
            let mut padded = value.clone();
            padded.extend_from_slice(&[0xff; WIDE]);
            // As little room as there may be.
            out.shrink_to_fit();
            let mut cursor = Cursor::new(&mut out);
            cursor.text(&padded, 0, length, Width::of(length));
            cursor.text(&value, 0, length, Width::of(length));
            cursor.literal(&Literal::new(&value));
            if length <= 32 {
                cursor.short(&value);
                expected.extend_from_slice(&value);
            }
            let position = cursor.position();
            cursor.long(&[7; 100]);
            cursor.go_back(position + 1);
            cursor.finish();
            for _ in 0..3 {
                expected.extend_from_slice(&value);
            }
            expected.push(7);
        }
        assert_eq!(out, expected);
    }

    #[test]
    fn a_cursor_that_is_dropped_leaves_the_buffer_as_it_was() {
        let mut out = b"before".to_vec();
        Cursor::new(&mut out).put(b"lost", 4);
        assert_eq!(out, b"before");
    }
}
