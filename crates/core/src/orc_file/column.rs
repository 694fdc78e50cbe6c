//! A column of a stripe: which rows are null, statistics and index, around the values' own encoding.

use std::ops::Range;

use super::bits::Bits;
use super::booleans::Booleans;
use super::compression::{Compression, Compressor};
use super::decimals::Decimals;
use super::floats::Floats;
use super::protobuf::Message;
use super::statistics::{Detail, Statistics};
use super::stream::OutStream;
use super::texts::Texts;
use super::timestamps::Timestamps;
use super::whole_numbers::WholeNumbers;
use super::{Layout, OrcError, ROW_GROUP};
use crate::columns::{Column, DataType};

/// How the values of a type become streams. Nulls are not values here: they never get that far.
pub(super) trait Body: Send {
    /// Takes the values of the rows of `piece`, all in one row group.
    fn append(&mut self, piece: &Piece<'_>, compressor: &mut Compressor) -> Result<(), OrcError>;

    /// Ends a row group and answers what is known of its values.
    fn end_group(&mut self, compressor: &mut Compressor) -> Result<Detail, OrcError>;

    /// Writes the streams and starts anew.
    fn finish(&mut self, target: &mut Target<'_>) -> Result<Finished, OrcError>;
}

/// Rows of a block's column.
pub(super) struct Piece<'a> {
    pub(super) column: &'a Column,
    /// Which rows of the block.
    pub(super) rows: Range<usize>,
    /// The block's first row in the command.
    pub(super) first_row: u64,
    /// The column's place in the layout.
    pub(super) index: usize,
}

impl Piece<'_> {
    /// Calls `take` with every row that is not null.
    #[inline]
    pub(super) fn each(&self, take: impl FnMut(usize)) {
        match &self.column.validity {
            None => self.rows.clone().for_each(take),
            Some(validity) => self.rows.clone().filter(|row| validity[*row]).for_each(take),
        }
    }

    /// The error that the block's values are of another type.
    pub(super) fn mismatch(&self) -> OrcError {
        OrcError::Mismatch { column: self.index }
    }

    /// The error that the value of `row` (of the block) cannot be written.
    pub(super) fn unwritable(&self, row: usize, reason: String) -> OrcError {
        OrcError::Value { column: self.index, row: self.first_row + row as u64, reason }
    }

    fn nulls(&self) -> usize {
        let validity = self.column.validity.as_deref().map(|validity| &validity[self.rows.clone()]);
        validity.map_or(0, |validity| validity.iter().filter(|valid| !**valid).count())
    }
}

/// Kinds of streams, by their number in the stripe footer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamKind {
    Present = 0,
    Data = 1,
    Length = 2,
    DictionaryData = 3,
    Secondary = 5,
    RowIndex = 6,
}

/// Where streams are written: the stripe so far and its directory.
pub(super) struct Target<'a> {
    pub(super) compressor: &'a mut Compressor,
    pub(super) bytes: &'a mut Vec<u8>,
    /// `Stream` messages.
    pub(super) directory: &'a mut Vec<Message>,
    /// The column's number in the file: 0 is the root.
    pub(super) column: u64,
}

impl Target<'_> {
    /// Writes a whole stream, which is empty then.
    pub(super) fn write(&mut self, kind: StreamKind, from: &mut OutStream) -> Result<(), OrcError> {
        let length = from.drain(self.compressor, self.bytes)?;
        self.directory.push(describe_stream(kind, self.column, length));
        Ok(())
    }
}

/// A `Stream` message.
pub(super) fn describe_stream(kind: StreamKind, column: u64, length: u64) -> Message {
    let mut message = Message::default();
    message.unsigned(1, kind as u64);
    message.unsigned(2, column);
    message.unsigned(3, length);
    message
}

/// How a column's values were written.
pub(super) struct Finished {
    pub(super) encoding: Encoding,
    /// Where each row group starts in the streams: as many numbers for each.
    pub(super) positions: Positions,
}

/// Encodings of columns, by their number in the stripe footer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Direct,
    DirectV2,
    DictionaryV2 { size: usize },
}

impl Encoding {
    /// As a `ColumnEncoding` message.
    pub(super) fn message(self) -> Message {
        let mut message = Message::default();
        match self {
            Self::Direct => message.unsigned(1, 0),
            Self::DirectV2 => message.unsigned(1, 2),
            Self::DictionaryV2 { size } => {
                message.unsigned(1, 3);
                message.unsigned(2, size as u64);
            }
        }
        message
    }
}

/// Where row groups start: the same number of entries for each group.
#[derive(Debug, Default)]
pub(super) struct Positions {
    entries: Vec<u64>,
    per_group: usize,
}

impl Positions {
    /// With so many entries per group in `entries`.
    pub(super) fn new(entries: Vec<u64>, per_group: usize) -> Self {
        debug_assert!(entries.len().is_multiple_of(per_group));
        Self { entries, per_group }
    }

    /// The start of a stripe, where every position is 0.
    pub(super) fn at_start(per_group: usize) -> Self {
        Self::new(vec![0; per_group], per_group)
    }

    /// Notes the next byte of a stream as the start of the next group.
    pub(super) fn note(&mut self, stream: &OutStream) {
        stream.position(&mut self.entries);
    }

    /// The same for a stream of runs, which always starts with a run there.
    pub(super) fn note_run(&mut self, stream: &OutStream) {
        self.note(stream);
        self.entries.push(0);
    }

    fn of_group(&self, group: usize) -> &[u64] {
        &self.entries[group * self.per_group..(group + 1) * self.per_group]
    }
}

/// Number of entries by which a place in a stream is described.
pub(super) const fn place_entries(compression: Compression) -> usize {
    match compression {
        Compression::None => 1,
        _ => 2,
    }
}

/// Encodes one column of a stripe.
pub(super) struct ColumnWriter {
    body: Box<dyn Body>,
    data_type: DataType,
    compression: Compression,
    /// Bits only from the first null on.
    present: Bits,
    rows: usize,
    /// Of the open row group.
    group_values: u64,
    group_has_null: bool,
    /// Of the groups that ended.
    groups: Vec<Statistics>,
}

impl ColumnWriter {
    /// Column `index` of `layout`.
    pub(super) fn new(layout: &Layout, index: usize) -> Self {
        let compression = layout.compression;
        let column = &layout.columns[index];
        let body: Box<dyn Body> = match column.data_type {
            DataType::Boolean => Box::new(Booleans::new(compression)),
            DataType::Int32 | DataType::Int64 | DataType::Date => {
                Box::new(WholeNumbers::new(column.data_type, compression))
            }
            DataType::Float32 | DataType::Float64 => Box::new(Floats::new(compression)),
            DataType::Decimal { precision, scale } => {
                Box::new(Decimals::new(precision, scale, compression))
            }
            DataType::EpochMillis | DataType::Instant => Box::new(Timestamps::new(compression)),
            DataType::Text | DataType::Bytes => {
                Box::new(Texts::new(column.data_type, column.ranking.clone(), compression))
            }
        };
        Self {
            body,
            data_type: column.data_type,
            compression,
            present: Bits::default(),
            rows: 0,
            group_values: 0,
            group_has_null: false,
            groups: Vec::new(),
        }
    }

    /// Takes rows of the open row group.
    pub(super) fn append(
        &mut self,
        piece: &Piece<'_>,
        compressor: &mut Compressor,
    ) -> Result<(), OrcError> {
        let nulls = piece.nulls();
        if nulls > 0 && self.present.len() == 0 {
            self.present.push_true(self.rows);
        }
        if nulls > 0 {
            for row in piece.rows.clone() {
                self.present.push(!piece.column.is_null(row));
            }
        } else if self.present.len() > 0 {
            self.present.push_true(piece.rows.len());
        }
        self.rows += piece.rows.len();
        self.group_values += (piece.rows.len() - nulls) as u64;
        self.group_has_null |= nulls > 0;
        self.body.append(piece, compressor)
    }

    /// Ends the open row group.
    pub(super) fn end_group(&mut self, compressor: &mut Compressor) -> Result<(), OrcError> {
        let detail = self.body.end_group(compressor)?;
        let (values, has_null) = (self.group_values, self.group_has_null);
        self.groups.push(Statistics { values, has_null, detail });
        (self.group_values, self.group_has_null) = (0, false);
        Ok(())
    }

    /// Writes all streams but the row index, which is the first answer; starts anew.
    pub(super) fn finish(
        &mut self,
        mut target: Target<'_>,
    ) -> Result<(Message, Encoding, Statistics), OrcError> {
        let mut present = Positions::default();
        if self.present.len() > 0 {
            let ends: Vec<usize> =
                (1..self.groups.len()).map(|group| group * ROW_GROUP).chain([self.rows]).collect();
            let mut stream = OutStream::new(self.compression);
            let entries = self.present.write(&ends, &mut stream, target.compressor)?;
            present = Positions::new(entries, place_entries(self.compression) + 2);
            target.write(StreamKind::Present, &mut stream)?;
        }
        let Finished { encoding, positions } = self.body.finish(&mut target)?;
        let mut index = Message::default();
        let mut statistics = Statistics::empty(self.data_type);
        for (number, group) in self.groups.drain(..).enumerate() {
            let places = present.of_group(number).iter().chain(positions.of_group(number));
            let mut entry = Message::default();
            entry.packed(1, places.copied());
            entry.message(2, &group.message());
            index.message(1, &entry);
            statistics.merge(group);
        }
        self.present.clear();
        self.rows = 0;
        Ok((index, encoding, statistics))
    }
}
