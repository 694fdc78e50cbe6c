//! Rows of a segment as record batches: made by workers, one batch or more for each partition.

use std::sync::Arc;

use datagen_kafka::{
    BatchBuilder, Compression, Header, HeaderValues, Placement, Rows, Texts, Timestamps,
};

use super::attributes::TIME_FIELD;
use super::times::{Kept, milliseconds};
use crate::columns::{Block, Column, Values};
use crate::formats::{
    Detail, EncodeError, MessageWriter, Messages, RecordEncoder, RecordPart, Records, Segment,
    SegmentEncoder,
};

/// Record batches take no more bytes than this before compression, nor more than the topic allows.
const BATCH_BYTES: usize = 512 << 10;

/// What messages are made of. Blocks have the columns of the value first, then those of the key, the time, the
/// partition, and the headers.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) values: Arc<Messages>,
    pub(super) value_columns: usize,
    pub(super) keys: Option<Arc<Messages>>,
    /// Whether rows whose only field is null have no key: of records there is always one.
    pub(super) keys_are_texts: bool,
    pub(super) key_columns: usize,
    pub(super) has_time: bool,
    pub(super) placed: Placed,
    /// Headers that are the same everywhere.
    pub(super) headers: Vec<(String, String)>,
    /// Headers that are fields.
    pub(super) header_fields: Vec<(String, Arc<Messages>)>,
    pub(super) compression: Compression,
    pub(super) segment_rows: usize,
}

/// What chooses partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placed {
    /// The key, or turns where there is none.
    ByKey,
    /// Turns.
    InTurns,
    /// A field's number.
    ByField,
}

/// How rows become messages; a topic that is open has a number of partitions.
#[derive(Debug, Clone)]
pub(super) struct KafkaRecords {
    layout: Arc<Layout>,
    columns: Vec<usize>,
    partitions: u32,
    batch_bytes: usize,
    frames: Frames,
    kept: Option<Kept>,
}

/// What a registry wants in front of messages.
#[derive(Debug, Clone, Default)]
pub(super) struct Frames {
    pub(super) value: Vec<u8>,
    pub(super) key: Vec<u8>,
}

impl KafkaRecords {
    pub(super) fn new(layout: Layout, columns: Vec<usize>) -> Self {
        let (partitions, batch_bytes) = (1, BATCH_BYTES);
        Self {
            layout: Arc::new(layout),
            columns,
            partitions,
            batch_bytes,
            frames: Frames::default(),
            kept: None,
        }
    }

    /// Whether a field is the time of messages.
    pub(super) fn has_time(&self) -> bool {
        self.layout.has_time
    }

    /// The same for a topic of so many partitions, whose batches have at most so many bytes, and which keeps messages
    /// so long.
    pub(super) fn of_topic(
        &self,
        partitions: u32,
        largest_batch: Option<usize>,
        frames: Frames,
        kept: Option<Kept>,
    ) -> Self {
        let batch_bytes = largest_batch.map_or(BATCH_BYTES, |largest| largest.min(BATCH_BYTES));
        Self { partitions: partitions.max(1), batch_bytes, frames, kept, ..self.clone() }
    }

    /// The Avro schemas of values and of keys, where they are Avro.
    pub(super) fn schemas(&self) -> (Option<&str>, Option<&str>) {
        let keys = self.layout.keys.as_ref();
        (self.layout.values.avro_schema(), keys.and_then(|keys| keys.avro_schema()))
    }

    /// Whether anything in messages is Avro.
    pub(super) fn has_avro(&self) -> bool {
        let (values, keys) = self.schemas();
        values.or(keys).is_some()
    }

    /// The columns of blocks, as numbers into the table.
    pub(super) fn columns(&self) -> &[usize] {
        &self.columns
    }
}

impl RecordEncoder for KafkaRecords {
    fn segment_rows(&self) -> usize {
        self.layout.segment_rows
    }

    fn segment_encoder(&self) -> Box<dyn SegmentEncoder> {
        let layout = Arc::clone(&self.layout);
        Box::new(Batches {
            values: Texted::new(&layout.values, &self.frames.value),
            keys: layout.keys.as_ref().map(|keys| Texted::new(keys, &self.frames.key)),
            headers: layout
                .header_fields
                .iter()
                .map(|(_, texts)| Texted::new(texts, &[]))
                .collect(),
            times: Vec::new(),
            places: Vec::new(),
            first_row: None,
            partitions: self.partitions,
            kept: self.kept,
            builder: BatchBuilder::new(layout.compression, self.batch_bytes),
            layout,
        })
    }
}

/// A column of messages of the segment so far.
struct Texted {
    writer: MessageWriter,
    bytes: Vec<u8>,
    ends: Vec<u32>,
    /// Rows without a text: where it is of one field, and that is null.
    nulls: Vec<bool>,
}

impl Texted {
    fn new(messages: &Arc<Messages>, frame: &[u8]) -> Self {
        let writer = messages.writer(frame);
        Self { writer, bytes: Vec::new(), ends: Vec::new(), nulls: Vec::new() }
    }

    fn append(&mut self, block: &Block) -> Result<(), EncodeError> {
        self.writer.append(block, &mut self.bytes, &mut self.ends)
    }

    /// The same, with a null where the only column of `block` has one.
    fn append_nullable(&mut self, block: &Block) -> Result<(), EncodeError> {
        self.append(block)?;
        let validity = match block.columns.as_slice() {
            [column] => column.validity.as_deref(),
            _ => None,
        };
        match validity {
            Some(validity) => self.nulls.extend(validity.iter().map(|valid| !valid)),
            None => self.nulls.resize(self.nulls.len() + block.rows.count, false),
        }
        Ok(())
    }

    fn texts(&self) -> Texts<'_> {
        let nulls = (!self.nulls.is_empty()).then_some(self.nulls.as_slice());
        Texts { nulls, ..Texts::new(&self.bytes, &self.ends) }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.nulls.clear();
    }
}

/// A worker's encoder.
struct Batches {
    layout: Arc<Layout>,
    values: Texted,
    keys: Option<Texted>,
    headers: Vec<Texted>,
    times: Vec<i64>,
    places: Vec<u32>,
    first_row: Option<u64>,
    partitions: u32,
    kept: Option<Kept>,
    builder: BatchBuilder,
}

impl Batches {
    /// Where a segment's messages go that nothing sends elsewhere: in turns by the number of the segment, the same on
    /// every thread and when it is made again.
    fn turn(&self, first_row: u64) -> u32 {
        (first_row / self.layout.segment_rows as u64 % u64::from(self.partitions)) as u32
    }

    fn append_place(&mut self, column: &Column, first_row: u64) -> Option<()> {
        let turn = self.turn(first_row);
        let numbers: Vec<i64> = match &column.values {
            Values::Int32(numbers) => numbers.iter().map(|number| i64::from(*number)).collect(),
            Values::Int64(numbers) => numbers.clone(),
            _ => return None,
        };
        let partitions = i64::from(self.partitions);
        self.places.extend(numbers.iter().enumerate().map(|(row, number)| {
            let is_null = column.validity.as_ref().is_some_and(|validity| !validity[row]);
            if is_null { turn } else { number.rem_euclid(partitions) as u32 }
        }));
        Some(())
    }
}

fn mismatch(setting: &str) -> EncodeError {
    EncodeError::Mismatch { column: setting.to_owned() }
}

impl SegmentEncoder for Batches {
    fn append(&mut self, block: &Block) -> Result<(), EncodeError> {
        let first_row = *self.first_row.get_or_insert(block.rows.first);
        let layout = Arc::clone(&self.layout);
        let mut from = 0;
        let mut next = |count: usize| {
            let columns = block.columns.iter().skip(from).take(count).cloned().collect();
            from += count;
            Block { rows: block.rows, columns }
        };
        self.values.append(&next(layout.value_columns))?;
        let key = next(layout.key_columns);
        match &mut self.keys {
            Some(keys) if layout.keys_are_texts => keys.append_nullable(&key)?,
            Some(keys) => keys.append(&key)?,
            None => {}
        }
        if layout.has_time {
            let times = next(1);
            let times = times.columns.first().and_then(|column| milliseconds(column));
            let times = times.ok_or_else(|| mismatch(TIME_FIELD))?;
            if let Some(kept) = self.kept {
                kept.check(&times, block.rows.first, TIME_FIELD)?;
            }
            self.times.extend(times);
        }
        if layout.placed == Placed::ByField {
            let places = next(1);
            let column = places.columns.first();
            column
                .and_then(|column| self.append_place(column, first_row))
                .ok_or_else(|| mismatch("KAFKA_PARTITION_FIELD"))?;
        }
        for header in &mut self.headers {
            header.append_nullable(&next(1))?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Segment, EncodeError> {
        let refused = |source: std::io::Error| EncodeError::Library {
            format: "kafka",
            source: source.into(),
        };
        let rows = self.values.ends.len();
        let first = self.first_row.take().unwrap_or_default();
        let turn = self.turn(first);
        let same = self
            .layout
            .headers
            .iter()
            .map(|(name, text)| Header { name, values: HeaderValues::Same(text.as_bytes()) });
        let fields =
            self.layout.header_fields.iter().zip(&self.headers).map(|((name, _), texts)| Header {
                name,
                values: HeaderValues::Rows(texts.texts()),
            });
        let headers: Vec<Header<'_>> = same.chain(fields).collect();
        let line_end = self.layout.values.line_end();
        let columns = Rows {
            values: Texts { line_end, ..self.values.texts() },
            keys: self.keys.as_ref().map(Texted::texts),
            headers: &headers,
            timestamps: if self.layout.has_time {
                Timestamps::Rows(&self.times)
            } else {
                Timestamps::AtSending
            },
        };
        let placement = match self.layout.placed {
            Placed::ByField => Placement::Rows(&self.places),
            Placed::ByKey if self.keys.is_some() => {
                Placement::Key { partitions: self.partitions, without_key: turn }
            }
            Placed::ByKey | Placed::InTurns => Placement::One(turn),
        };
        self.builder.fill(&columns, 0..rows, placement).map_err(refused)?;
        let batches = self.builder.finish().map_err(refused)?;
        let mut bytes = Vec::with_capacity(batches.iter().map(|(_, batch)| batch.len()).sum());
        let mut parts = Vec::with_capacity(batches.len());
        for (shard, batch) in batches {
            batch.append_to(&mut bytes);
            parts.push(RecordPart { shard, rows: batch.records(), key_bytes: 0, end: bytes.len() });
        }
        self.values.clear();
        self.keys.iter_mut().chain(&mut self.headers).for_each(Texted::clear);
        self.times.clear();
        self.places.clear();
        Ok(Segment {
            rows: rows as u64,
            bytes,
            detail: Some(Detail::Records(Records { first_row: first, parts })),
        })
    }
}
