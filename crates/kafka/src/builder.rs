//! Record batches from columns: what workers do, so that the thread of the producer has nothing to do but send.

use std::io;
use std::ops::Range;

use crate::batch::{HEAD, SealedBatch};
use crate::compression::{Codec, Compression};
use crate::murmur2::partition_of_key;

/// A column of texts: row `i` is what stands between the ends of row `i - 1` and row `i`.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    /// All rows, one behind the other.
    pub bytes: &'a [u8],
    /// Where each row ends.
    pub ends: &'a [u32],
    /// Rows that are null (no key, a tombstone); none where no row is.
    pub nulls: Option<&'a [bool]>,
    /// Bytes at the end of each row that are no part of its text: a line end.
    pub line_end: usize,
}

impl<'a> Texts<'a> {
    /// A column without nulls.
    pub fn new(bytes: &'a [u8], ends: &'a [u32]) -> Self {
        Self { bytes, ends, nulls: None, line_end: 0 }
    }

    /// The row; none where it is null.
    #[inline]
    pub fn row(&self, row: usize) -> Option<&'a [u8]> {
        if self.nulls.is_some_and(|nulls| nulls[row]) {
            return None;
        }
        let start = if row == 0 { 0 } else { self.ends[row - 1] as usize };
        Some(&self.bytes[start..self.ends[row] as usize - self.line_end])
    }
}

/// The values of one header.
#[derive(Debug, Clone, Copy)]
pub enum HeaderValues<'a> {
    /// Every message has the same.
    Same(&'a [u8]),
    /// Every message has its own.
    Rows(Texts<'a>),
}

/// A header of every message.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// Its key.
    pub name: &'a str,
    /// Its values.
    pub values: HeaderValues<'a>,
}

/// The time of messages.
#[derive(Debug, Clone, Copy, Default)]
pub enum Timestamps<'a> {
    /// The moment at which their batch is handed to the producer.
    #[default]
    AtSending,
    /// Milliseconds since 1970 for each row.
    Rows(&'a [i64]),
}

/// Messages as columns of equal length.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// What the messages say.
    pub values: Texts<'a>,
    /// Their keys; none where no message has one.
    pub keys: Option<Texts<'a>>,
    /// Their headers.
    pub headers: &'a [Header<'a>],
    /// Their times.
    pub timestamps: Timestamps<'a>,
}

impl<'a> Rows<'a> {
    /// Messages that have nothing but a value.
    pub fn of_values(values: Texts<'a>) -> Self {
        Self { values, keys: None, headers: &[], timestamps: Timestamps::AtSending }
    }
}

/// Which partition a message goes to.
#[derive(Debug, Clone, Copy)]
pub enum Placement<'a> {
    /// All to one.
    One(u32),
    /// By the hash of the key, as Java's producer does; messages without a key to `without_key`.
    Key {
        /// Of the topic.
        partitions: u32,
        /// For messages without a key.
        without_key: u32,
    },
    /// As told, row by row.
    Rows(&'a [u32]),
}

/// Makes batches of columns; kept from segment to segment, so that its buffers are.
#[derive(Debug)]
pub struct BatchBuilder {
    codec: Codec,
    /// A batch is closed before its records take more bytes than this, before compression.
    limit: usize,
    /// By partition.
    open: Vec<Open>,
    sealed: Vec<(u32, SealedBatch)>,
}

/// A batch that is being filled.
#[derive(Debug, Default)]
struct Open {
    records: Vec<u8>,
    count: u32,
    times: Option<(i64, i64)>,
}

impl BatchBuilder {
    /// Batches of at most `limit` bytes before compression; a message that is larger has a batch of its own.
    pub fn new(compression: Compression, limit: usize) -> Self {
        Self {
            codec: Codec::new(compression),
            limit: limit.saturating_sub(HEAD),
            open: Vec::new(),
            sealed: Vec::new(),
        }
    }

    /// Adds rows in their order.
    ///
    /// # Errors
    /// The codec has no memory.
    ///
    /// # Panics
    /// A column is shorter than `rows`, or its ends point behind its bytes.
    pub fn fill(
        &mut self,
        columns: &Rows<'_>,
        rows: Range<usize>,
        placement: Placement<'_>,
    ) -> io::Result<()> {
        for row in rows {
            let partition = match placement {
                Placement::One(partition) => partition,
                Placement::Rows(partitions) => partitions[row],
                Placement::Key { partitions, without_key } => {
                    let key = columns.keys.and_then(|keys| keys.row(row));
                    key.map_or(without_key, |key| partition_of_key(key, partitions))
                }
            };
            self.push(columns, row, partition)?;
        }
        Ok(())
    }

    #[inline]
    fn push(&mut self, columns: &Rows<'_>, row: usize, partition: u32) -> io::Result<()> {
        let place = partition as usize;
        if place >= self.open.len() {
            self.open.resize_with(place + 1, Open::default);
        }
        let writer = RecordWriter::new(columns, row);
        let length = writer.content + RecordWriter::MOST_IN_FRONT;
        let open = &mut self.open[place];
        if open.count > 0 && open.records.len() + length > self.limit {
            seal(open, partition, &mut self.codec, &mut self.sealed)?;
        }
        let time = match columns.timestamps {
            Timestamps::AtSending => 0,
            Timestamps::Rows(times) => {
                let time = times[row];
                let (first, largest) = open.times.get_or_insert((time, time));
                *largest = time.max(*largest);
                time - *first
            }
        };
        writer.write(&mut open.records, columns, row, time, open.count as i32);
        open.count += 1;
        Ok(())
    }

    /// Closes what is open, and hands over all batches: those of a partition in the order of their rows.
    ///
    /// # Errors
    /// The codec has no memory.
    pub fn finish(&mut self) -> io::Result<Vec<(u32, SealedBatch)>> {
        for (partition, open) in self.open.iter_mut().enumerate().filter(|(_, open)| open.count > 0)
        {
            seal(open, partition as u32, &mut self.codec, &mut self.sealed)?;
        }
        Ok(std::mem::take(&mut self.sealed))
    }
}

fn seal(
    open: &mut Open,
    partition: u32,
    codec: &mut Codec,
    sealed: &mut Vec<(u32, SealedBatch)>,
) -> io::Result<()> {
    sealed.push((partition, SealedBatch::new(&open.records, open.count, open.times, codec)?));
    open.records.clear();
    open.count = 0;
    open.times = None;
    Ok(())
}

/// One record: its length stands in front of it, so it is measured before it is written.
pub(crate) struct RecordWriter {
    /// Bytes of key, value and headers with their own lengths.
    content: usize,
}

impl RecordWriter {
    /// Length, attributes, time and offset at their longest.
    const MOST_IN_FRONT: usize = 5 + 1 + 10 + 5;

    #[inline]
    fn new(columns: &Rows<'_>, row: usize) -> Self {
        let key = columns.keys.map_or(1, |keys| nullable_size(keys.row(row)));
        let mut content = key
            + nullable_size(columns.values.row(row))
            + varint_size(columns.headers.len() as i64);
        for header in columns.headers {
            content += varint_size(header.name.len() as i64)
                + header.name.len()
                + nullable_size(header.value(row));
        }
        Self { content }
    }

    #[inline]
    fn write(&self, out: &mut Vec<u8>, columns: &Rows<'_>, row: usize, time: i64, offset: i32) {
        Self::front(out, self.content, time, offset);
        put_nullable(out, columns.keys.and_then(|keys| keys.row(row)));
        put_nullable(out, columns.values.row(row));
        put_varint(out, columns.headers.len() as i64);
        for header in columns.headers {
            put_varint(out, header.name.len() as i64);
            out.extend_from_slice(header.name.as_bytes());
            put_nullable(out, header.value(row));
        }
    }

    /// A record whose key, value and headers are encoded already.
    pub(crate) fn raw(out: &mut Vec<u8>, time: i64, offset: i32, content: &[u8]) {
        Self::front(out, content.len(), time, offset);
        out.extend_from_slice(content);
    }

    #[inline]
    fn front(out: &mut Vec<u8>, content: usize, time: i64, offset: i32) {
        let length = 1 + varint_size(time) + varint_size(i64::from(offset)) + content;
        put_varint(out, length as i64);
        out.push(0);
        put_varint(out, time);
        put_varint(out, i64::from(offset));
    }
}

impl<'a> Header<'a> {
    #[inline]
    fn value(&self, row: usize) -> Option<&'a [u8]> {
        match self.values {
            HeaderValues::Same(value) => Some(value),
            HeaderValues::Rows(texts) => texts.row(row),
        }
    }
}

#[inline]
fn nullable_size(text: Option<&[u8]>) -> usize {
    text.map_or(1, |text| varint_size(text.len() as i64) + text.len())
}

#[inline]
fn put_nullable(out: &mut Vec<u8>, text: Option<&[u8]>) {
    match text {
        None => out.push(1),
        Some(text) => {
            put_varint(out, text.len() as i64);
            out.extend_from_slice(text);
        }
    }
}

#[inline]
fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

#[inline]
fn varint_size(value: i64) -> usize {
    let bits = 64 - (zigzag(value) | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}

#[inline]
fn put_varint(out: &mut Vec<u8>, value: i64) {
    let mut value = zigzag(value);
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_bytes_that_were_counted() {
        for value in
            [0, 1, -1, 63, 64, -64, -65, 8_191, 8_192, i64::from(i32::MAX), i64::MAX, i64::MIN]
        {
            let mut out = Vec::new();
            put_varint(&mut out, value);
            assert_eq!(out.len(), varint_size(value), "{value}");
        }
    }

    #[test]
    fn rows_go_where_their_keys_send_them_and_keep_their_order() {
        let text = |words: &[&str]| {
            let ends: Vec<u32> = words
                .iter()
                .scan(0, |end, word| {
                    *end += word.len() as u32;
                    Some(*end)
                })
                .collect();
            (words.concat().into_bytes(), ends)
        };
        let (values, value_ends) = text(&["a", "b", "c", "d"]);
        let (keys, key_ends) = text(&["21", "abc", "21", ""]);
        let nulls = [false, false, false, true];
        let rows = Rows {
            keys: Some(Texts { nulls: Some(&nulls), ..Texts::new(&keys, &key_ends) }),
            ..Rows::of_values(Texts::new(&values, &value_ends))
        };
        let mut builder = BatchBuilder::new(Compression::None, 1 << 20);
        builder.fill(&rows, 0..4, Placement::Key { partitions: 1_000, without_key: 7 }).unwrap();
        let sealed = builder.finish().unwrap();
        let counts: Vec<_> =
            sealed.iter().map(|(partition, batch)| (*partition, batch.records())).collect();
        let of = |key: &[u8]| partition_of_key(key, 1_000);
        let mut expected = vec![(7, 1), (of(b"21"), 2), (of(b"abc"), 1)];
        expected.sort_unstable();
        assert_eq!(counts, expected);
    }

    #[test]
    fn batches_end_before_the_limit_and_large_messages_stand_alone() {
        let bytes = vec![b'x'; 5_000];
        let ends: Vec<u32> = (1..=40).map(|row| row * 100).chain([5_000]).collect();
        let mut builder = BatchBuilder::new(Compression::None, 1_000);
        builder
            .fill(&Rows::of_values(Texts::new(&bytes, &ends)), 0..41, Placement::One(0))
            .unwrap();
        let sealed = builder.finish().unwrap();
        assert_eq!(sealed.iter().map(|(_, batch)| batch.records()).sum::<u32>(), 41);
        let (last, others) = sealed.split_last().unwrap();
        assert_eq!(last.1.records(), 1);
        assert!(others.iter().all(|(_, batch)| batch.len() <= 1_000 && batch.records() > 1));
    }
}
