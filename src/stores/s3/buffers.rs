//! Buffers that come back: what is written is handed to requests as it is, and its memory is used again once the
//! last of them has gone out.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use object_store::PutPayload;

/// Most buffers that wait for their next use.
const MOST_SPARE: usize = 16;

/// Largest buffer that is kept.
const LARGEST_SPARE: usize = 16 << 20;

/// Buffers that wait for their next use. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

/// A buffer in use.
struct Used {
    bytes: Vec<u8>,
    home: Buffers,
}

impl AsRef<[u8]> for Used {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Used {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        if bytes.capacity() <= LARGEST_SPARE {
            bytes.clear();
            let mut spare = self.home.0.lock().unwrap_or_else(PoisonError::into_inner);
            if spare.len() < MOST_SPARE {
                spare.push(bytes);
            }
        }
    }
}

impl Buffers {
    /// Takes what is in `buffer` without copying it, and leaves an empty one.
    pub(super) fn exchange(&self, buffer: &mut Vec<u8>) -> Bytes {
        let spare = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let bytes = std::mem::replace(buffer, spare.unwrap_or_default());
        Bytes::from_owner(Used { bytes, home: self.clone() })
    }
}

/// Bytes in order that have not gone out yet.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pieces: VecDeque<Bytes>,
    bytes: u64,
}

impl Gathered {
    pub(super) fn push(&mut self, piece: Bytes) {
        self.bytes += piece.len() as u64;
        self.pieces.push_back(piece);
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The first `bytes` bytes, at most all there are.
    pub(super) fn cut(&mut self, bytes: u64) -> PutPayload {
        let mut rest = bytes.min(self.bytes);
        self.bytes -= rest;
        let mut cut = Vec::new();
        while rest > 0
            && let Some(mut piece) = self.pieces.pop_front()
        {
            if piece.len() as u64 > rest {
                cut.push(piece.split_to(rest as usize));
                self.pieces.push_front(piece);
                break;
            }
            rest -= piece.len() as u64;
            cut.push(piece);
        }
        cut.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For all ways to cut: the bytes stay in order, none is copied, and memory comes back with the last part.
    #[test]
    fn bytes_are_cut_where_parts_end_and_buffers_come_back() {
        let (buffers, mut gathered) = (Buffers::default(), Gathered::default());
        let mut buffer = Vec::with_capacity(100);
        for text in ["abc", "", "defgh"] {
            buffer.extend_from_slice(text.as_bytes());
            gathered.push(buffers.exchange(&mut buffer));
            assert!(buffer.is_empty());
        }
        let spare = || buffers.0.lock().unwrap().len();
        let parts = [2, 4, 9].map(|bytes| Bytes::from(gathered.cut(bytes)));
        assert_eq!(parts, ["ab", "cdef", "gh"]);
        assert_eq!((gathered.bytes(), spare()), (0, 1));
        drop(parts);
        assert!(spare() >= 2);
        assert_eq!(gathered.cut(1).content_length(), 0);
    }
}
