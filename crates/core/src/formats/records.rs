//! Records: rows that go to a service one by one or in runs, not into a file.
//!
//! A [`RecordEncoder`] lays rows out as the service's protocol wants them, in the workers; what its sink has to
//! know to send them stands beside the bytes.

use std::fmt::Debug;

use super::SegmentEncoder;

/// How rows are laid out for a service: immutable, shared by the threads of a command.
pub trait RecordEncoder: Debug + Send + Sync {
    /// Rows of a segment: a power of two, made from schema and options alone.
    fn segment_rows(&self) -> usize;

    /// What makes segments smaller, in words: an option with what to give. `None` where nothing does.
    fn segment_option(&self) -> Option<&'static str> {
        None
    }

    /// A worker's own encoder, used for one segment after the other. Its segments have
    /// [`Detail::Records`](super::Detail::Records).
    fn segment_encoder(&self) -> Box<dyn SegmentEncoder>;
}

/// Where the records of a segment lie in its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    /// The number of the first row in the command; 0 where nobody asks for it.
    pub first_row: u64,
    /// One after the other, without gaps.
    pub parts: Vec<RecordPart>,
}

/// A record, or a run of records that go to the same place together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecordPart {
    /// Where it goes: a partition, a region, a tablet; 0 where there is one place only.
    pub shard: u32,
    /// Rows in it.
    pub rows: u32,
    /// Bytes of its key, which stand first; 0 where it has none or the bytes are the protocol's own.
    pub key_bytes: u32,
    /// Where it ends in the segment's bytes.
    pub end: usize,
}

impl Records {
    /// The parts of a segment with their bytes.
    pub fn of<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = (&'a RecordPart, &'a [u8])> {
        let mut start = 0;
        self.parts.iter().map(move |part| {
            let own = bytes.get(start..part.end).unwrap_or_default();
            start = part.end;
            (part, own)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_their_own_bytes() {
        let part = |shard, end| RecordPart { shard, rows: 1, key_bytes: 0, end };
        let records = Records { first_row: 0, parts: vec![part(1, 2), part(0, 2), part(1, 5)] };
        let cut: Vec<_> = records.of(b"abcde").map(|(part, bytes)| (part.shard, bytes)).collect();
        assert_eq!(cut, [(1, &b"ab"[..]), (0, b""), (1, b"cde")]);
    }
}
