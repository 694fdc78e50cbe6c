//! A record batch (magic 2) as it goes over the wire, and the 61 bytes in front of its records.
//!
//! Workers make all of it but those fields that only the producer knows; the checksum over the records is computed
//! by the worker, and joined with the one over the head.

use std::io;

use bytes::Bytes;

use crate::builder::RecordWriter;
use crate::compression::{Codec, Compression, decompress};

/// Bytes in front of the records.
pub(crate) const HEAD: usize = 61;
/// In place of the magic number of a batch that is not stamped: with times of its own, and without.
const TIMED: u8 = 0xfe;
const UNTIMED: u8 = 0xff;
/// The checksum covers everything from here on.
const SUMMED_FROM: usize = 21;

/// Messages of one partition, encoded, compressed and summed up; whoever sends it puts the last fields into its head.
#[derive(Debug, Clone)]
pub struct SealedBatch {
    /// Room for the head, then the records.
    bytes: Vec<u8>,
    records: u32,
    sum: u32,
    /// The first and the largest; none where messages get the time at which they are sent.
    times: Option<(i64, i64)>,
    compression: Compression,
}

/// What a producer puts into the head of a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    pub(crate) producer: i64,
    pub(crate) epoch: i16,
    pub(crate) sequence: i32,
    pub(crate) transactional: bool,
    /// Milliseconds since 1970, for messages without a time of their own.
    pub(crate) now: i64,
}

impl SealedBatch {
    /// # Errors
    /// The codec has no memory.
    pub(crate) fn new(
        records: &[u8],
        count: u32,
        times: Option<(i64, i64)>,
        codec: &mut Codec,
    ) -> io::Result<Self> {
        let mut bytes = Vec::with_capacity(
            HEAD + records.len() / if codec.compression() == Compression::None { 1 } else { 2 },
        );
        bytes.resize(HEAD, 0);
        codec.compress(records, &mut bytes)?;
        let sum = crc32c::crc32c(&bytes[HEAD..]);
        Ok(Self { bytes, records: count, sum, times, compression: codec.compression() })
    }

    /// Messages in it.
    pub fn records(&self) -> u32 {
        self.records
    }

    /// Bytes that go over the wire.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// A batch holds at least one message.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Appends the batch as bytes that [`read`](Self::read) understands: for a way that takes bytes only.
    pub fn append_to(&self, out: &mut Vec<u8>) {
        let from = out.len();
        out.extend_from_slice(&self.bytes);
        let head = &mut out[from..from + HEAD];
        let (first, largest) = self.times.unwrap_or_default();
        head[16] = if self.times.is_some() { TIMED } else { UNTIMED };
        head[17..21].copy_from_slice(&self.sum.to_be_bytes());
        head[21..23].copy_from_slice(&self.compression.attribute().to_be_bytes());
        head[27..35].copy_from_slice(&first.to_be_bytes());
        head[35..43].copy_from_slice(&largest.to_be_bytes());
        head[57..61].copy_from_slice(&self.records.to_be_bytes());
    }

    /// A batch of [`append_to`](Self::append_to); none where the bytes are something else.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let head = bytes.first_chunk::<HEAD>()?;
        let four = |from: usize| head[from..].first_chunk::<4>().copied().map(u32::from_be_bytes);
        let eight = |from: usize| head[from..].first_chunk::<8>().copied().map(i64::from_be_bytes);
        let times = match head[16] {
            TIMED => Some((eight(27)?, eight(35)?)),
            UNTIMED => None,
            _ => return None,
        };
        let compression = Compression::of_attribute(head[22])?;
        Some(Self { bytes: bytes.to_vec(), records: four(57)?, sum: four(17)?, times, compression })
    }

    /// The batch as it is sent.
    pub(crate) fn stamped(mut self, stamp: Stamp) -> Bytes {
        let (first, largest) = self.times.unwrap_or((stamp.now, stamp.now));
        let attributes = self.compression.attribute() | if stamp.transactional { 0x10 } else { 0 };
        let records = self.records as i32;
        let length = (self.bytes.len() - 12) as i32;
        let summed = self.bytes.len() - HEAD;
        let head = &mut self.bytes[..HEAD];
        head[8..12].copy_from_slice(&length.to_be_bytes());
        head[12..16].copy_from_slice(&(-1_i32).to_be_bytes());
        head[16] = 2;
        head[21..23].copy_from_slice(&attributes.to_be_bytes());
        head[23..27].copy_from_slice(&(records - 1).to_be_bytes());
        head[27..35].copy_from_slice(&first.to_be_bytes());
        head[35..43].copy_from_slice(&largest.to_be_bytes());
        head[43..51].copy_from_slice(&stamp.producer.to_be_bytes());
        head[51..53].copy_from_slice(&stamp.epoch.to_be_bytes());
        head[53..57].copy_from_slice(&stamp.sequence.to_be_bytes());
        head[57..61].copy_from_slice(&records.to_be_bytes());
        let sum = crc32c::crc32c_combine(crc32c::crc32c(&head[SUMMED_FROM..]), self.sum, summed);
        head[17..21].copy_from_slice(&sum.to_be_bytes());
        Bytes::from(self.bytes)
    }
}

/// Takes a stamped batch apart into two, for brokers that find it too large.
///
/// # Errors
/// The batch is not one that [`SealedBatch::stamped`] made, or it has one message only.
pub(crate) fn split(batch: &[u8]) -> io::Result<[SealedBatch; 2]> {
    let unclear =
        || io::Error::new(io::ErrorKind::InvalidData, "a batch of our own cannot be read");
    let number = |from: usize| {
        batch
            .get(from..from + 8)
            .and_then(|bytes| bytes.first_chunk::<8>().copied())
            .map(i64::from_be_bytes)
    };
    let first = number(27).ok_or_else(unclear)?;
    let count = batch
        .get(57..61)
        .and_then(|bytes| bytes.first_chunk::<4>())
        .map(|bytes| u32::from_be_bytes(*bytes))
        .ok_or_else(unclear)?;
    let compression = Compression::of_attribute(batch[22]).ok_or_else(unclear)?;
    let records = decompress(compression, batch.get(HEAD..).ok_or_else(unclear)?)?;
    let cut = count / 2;
    if cut == 0 {
        return Err(unclear());
    }
    let mut codec = Codec::new(compression);
    let mut rest = records.as_slice();
    let mut half = |count: u32| {
        let mut out = Vec::with_capacity(records.len() / 2 + 64);
        let mut largest = i64::MIN;
        for place in 0..count {
            let record = Record::read(&mut rest).ok_or_else(unclear)?;
            largest = largest.max(first + record.time);
            RecordWriter::raw(&mut out, record.time, place as i32, record.rest);
        }
        SealedBatch::new(&out, count, Some((first, largest)), &mut codec)
    };
    Ok([half(cut)?, half(count - cut)?])
}

/// One record of a batch: what stands behind its offset is not looked into.
struct Record<'a> {
    time: i64,
    rest: &'a [u8],
}

impl<'a> Record<'a> {
    fn read(from: &mut &'a [u8]) -> Option<Self> {
        let length = usize::try_from(read_varint(from)?).ok()?;
        let (mut record, rest) = from.split_at_checked(length)?;
        *from = rest;
        record = record.split_first()?.1;
        let time = read_varint(&mut record)?;
        read_varint(&mut record)?;
        Some(Self { time, rest: record })
    }
}

/// A zigzag number of variable length.
fn read_varint(from: &mut &[u8]) -> Option<i64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::{BatchBuilder, Placement, Rows, Texts, Timestamps};

    fn stamp() -> Stamp {
        Stamp {
            producer: 4_000,
            epoch: 3,
            sequence: 17,
            transactional: true,
            now: 1_700_000_000_000,
        }
    }

    fn batch(compression: Compression, timestamps: Timestamps<'_>) -> SealedBatch {
        let values = b"onetwothree";
        let ends = [3, 6, 11];
        let rows = Rows { timestamps, ..Rows::of_values(Texts::new(values, &ends)) };
        let mut builder = BatchBuilder::new(compression, 1 << 20);
        builder.fill(&rows, 0..3, Placement::One(0)).unwrap();
        let mut sealed = builder.finish().unwrap();
        assert_eq!(sealed.len(), 1);
        sealed.remove(0).1
    }

    #[test]
    fn the_checksum_covers_head_and_records() {
        let bytes = batch(Compression::Lz4, Timestamps::AtSending).stamped(stamp());
        let sum = u32::from_be_bytes(*bytes[17..21].first_chunk().unwrap());
        assert_eq!(sum, crc32c::crc32c(&bytes[21..]));
        assert_eq!(
            bytes.len() as i32,
            i32::from_be_bytes(*bytes[8..12].first_chunk().unwrap()) + 12
        );
    }

    #[test]
    fn a_batch_goes_through_bytes() {
        for timestamps in [Timestamps::AtSending, Timestamps::Rows(&[5, 9, 7])] {
            let sealed = batch(Compression::Snappy, timestamps);
            let mut bytes = Vec::new();
            sealed.append_to(&mut bytes);
            let read = SealedBatch::read(&bytes).unwrap();
            assert_eq!(read.stamped(stamp()), sealed.stamped(stamp()));
        }
        assert!(SealedBatch::read(&[0; 100]).is_none());
    }

    #[test]
    fn a_batch_is_split_into_its_halves_for_every_codec() {
        for compression in [
            Compression::None,
            Compression::Gzip,
            Compression::Snappy,
            Compression::Lz4,
            Compression::Zstd,
        ] {
            let times = [5, 9, 7];
            let bytes = batch(compression, Timestamps::Rows(&times)).stamped(stamp());
            let [first, second] = split(&bytes).unwrap();
            assert_eq!((first.records(), second.records()), (1, 2));
            assert_eq!((first.times, second.times), (Some((5, 5)), Some((5, 9))));
            let records = decompress(compression, &second.bytes[HEAD..]).unwrap();
            // Length, attributes, time, offset, no key, value, no headers; for "two", then "three".
            assert_eq!(records, b"\x12\0\x08\0\x01\x06two\0\x16\0\x04\x02\x01\x0athree\0");
            assert!(split(&first.stamped(stamp())).is_err());
        }
    }
}
