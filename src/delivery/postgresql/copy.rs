//! `COPY … (FORMAT binary)`: rows of a segment as tuples, made by workers.
//!
//! Column by column: first what every row takes is added up, then each column writes its cells to where its row is. So
//! nothing is decided per cell, and the bytes come out in row order.

use std::sync::Arc;

use super::cells::{Cells, Sent, put};
use crate::columns::Block;
use crate::formats::{
    Detail, EncodeError, RecordEncoder, RecordPart, Records, Segment, SegmentEncoder,
};

/// What stands in front of the tuples of a `COPY`: signature, flags, no extension.
pub(super) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What stands behind them.
pub(super) const TRAILER: &[u8] = &(-1_i16).to_be_bytes();

/// How rows become tuples.
#[derive(Debug, Clone)]
pub(super) struct CopyRows {
    columns: Arc<[Sent]>,
    /// Whether the number of the row is the last column: where the order of rows decides which one stays.
    numbered: bool,
    segment_rows: usize,
}

impl CopyRows {
    pub(super) fn new(columns: Vec<Sent>, numbered: bool, row_width: u64) -> Self {
        let width = usize::try_from(row_width).unwrap_or(usize::MAX).max(1);
        // Rows of about two megabytes, as each cell has its length in front of it.
        let segment_rows = 1 << ((1 << 20) / width).clamp(1, 1 << 13).ilog2();
        Self { columns: columns.into(), numbered, segment_rows }
    }
}

impl RecordEncoder for CopyRows {
    fn segment_rows(&self) -> usize {
        self.segment_rows
    }

    fn segment_encoder(&self) -> Box<dyn SegmentEncoder> {
        Box::new(Tuples {
            columns: Arc::clone(&self.columns),
            numbered: self.numbered,
            out: Vec::new(),
            places: Vec::new(),
            rows: 0,
            first_row: None,
        })
    }
}

/// A worker's encoder.
struct Tuples {
    columns: Arc<[Sent]>,
    numbered: bool,
    out: Vec<u8>,
    /// Of each row of a block what it takes, then where its next cell goes.
    places: Vec<usize>,
    rows: u64,
    first_row: Option<u64>,
}

impl SegmentEncoder for Tuples {
    fn append(&mut self, block: &Block) -> Result<(), EncodeError> {
        self.first_row.get_or_insert(block.rows.first);
        let mut cells = Vec::with_capacity(self.columns.len() + 1);
        for (sent, column) in self.columns.iter().zip(&block.columns) {
            let made = Cells::of(sent, column, block.rows)?;
            cells.push((made, column.validity.as_deref()));
        }
        if self.numbered {
            cells.push((Cells::Eight(block.rows.iter().collect()), None));
        }
        let fields = (cells.len() as i16).to_be_bytes();
        self.places.clear();
        self.places.resize(block.rows.count, fields.len() + 4 * cells.len());
        for (cells, validity) in &cells {
            cells.measure(*validity, &mut self.places);
        }
        let mut end = self.out.len();
        for place in &mut self.places {
            end += std::mem::replace(place, end);
        }
        self.out.resize(end, 0);
        for place in &mut self.places {
            put(&mut self.out, place, &fields);
        }
        for (cells, validity) in &cells {
            cells.write(*validity, &mut self.places, &mut self.out);
        }
        self.rows += block.rows.count as u64;
        Ok(())
    }

    fn finish(&mut self) -> Result<Segment, EncodeError> {
        let (rows, bytes) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.out));
        let first_row = self.first_row.take().unwrap_or_default();
        let part = RecordPart { shard: 0, rows: rows as u32, key_bytes: 0, end: bytes.len() };
        let detail = Some(Detail::Records(Records { first_row, parts: vec![part] }));
        Ok(Segment { rows, bytes, detail })
    }
}

#[cfg(test)]
mod tests {
    use super::super::types::Wire;
    use super::*;
    use crate::columns::{Column, ColumnInfo, DataType, Dictionary, Rows, Values};

    fn sent(name: &str, data_type: DataType, wire: Wire) -> Sent {
        let (name, nullable) = (name.to_owned(), true);
        let info = ColumnInfo {
            name,
            data_type,
            nullable,
            decimals: None,
            distinct: None,
            width: 8,
            instants: None,
        };
        Sent { info, wire }
    }

    /// The tuples of one column from row 100 on, as the cells that they hold.
    fn cells(count: usize, sent: Sent, column: Column) -> Result<Vec<Option<Vec<u8>>>, String> {
        let rows = Rows { first: 100, count };
        let encoder = CopyRows::new(vec![sent], false, 8);
        let mut worker = encoder.segment_encoder();
        let block = Block { rows, columns: vec![Arc::new(column)] };
        worker.append(&block).map_err(|error| error.to_string())?;
        let segment = worker.finish().unwrap();
        let (mut rest, mut cells) = (&segment.bytes[..], Vec::new());
        while let Some((head, tail)) = rest.split_first_chunk::<6>() {
            assert_eq!(head[..2], [0, 1]);
            let length = i32::from_be_bytes([head[2], head[3], head[4], head[5]]);
            let (cell, tail) = tail.split_at(usize::try_from(length).unwrap_or(0));
            cells.push((length >= 0).then(|| cell.to_vec()));
            rest = tail;
        }
        assert!(rest.is_empty() && segment.rows == cells.len() as u64);
        Ok(cells)
    }

    fn nullable(values: Values, validity: &[bool]) -> Column {
        Column { values, validity: Some(validity.to_vec()) }
    }

    #[test]
    fn cells_have_the_forms_of_the_protocol() {
        let date = sent("a", DataType::Date, Wire::Date);
        let days = nullable(Values::Date(vec![10_957, i32::MIN, 0]), &[true, false, true]);
        let expected = vec![Some(vec![0; 4]), None, Some((-10_957_i32).to_be_bytes().to_vec())];
        assert_eq!(cells(3, date, days).unwrap(), expected);
        let at = sent("a", DataType::EpochMillis, Wire::Timestamp);
        let millis = Column::new(Values::EpochMillis(vec![946_684_800_001]));
        assert_eq!(cells(1, at, millis).unwrap(), [Some(1_000_u64.to_be_bytes().to_vec())]);
        let text = sent("a", DataType::Text, Wire::Jsonb);
        let texts = Column::new(Values::Text(["{}"].iter().collect()));
        assert_eq!(cells(1, text, texts).unwrap(), [Some(b"\x01{}".to_vec())]);
        let uuid = sent("a", DataType::Text, Wire::Text);
        let uuids = Column::new(Values::Uuid(vec![7]));
        let shown = b"00000000-0000-0000-0000-000000000007".to_vec();
        assert_eq!(cells(1, uuid, uuids).unwrap(), [Some(shown)]);
    }

    /// Issue 12: what the server has no place for is told with its row, unless it is null.
    #[test]
    fn values_without_a_place_are_refused_with_their_row() {
        let last = [true, false, true];
        let millis = Values::EpochMillis(vec![0, i64::MAX, i64::MIN]);
        let days = Values::Date(vec![0, i32::MIN, i32::MAX]);
        let texts = || Values::Text(["a", "\0", "b\0"].iter().collect());
        let choice = Values::Choice {
            keys: Arc::new(vec![0, 1, 1]),
            dictionary: Dictionary::new(["a", "b\0"]),
        };
        let told = [
            (DataType::EpochMillis, Wire::Timestamp, millis),
            (DataType::Date, Wire::Date, days),
            (DataType::Text, Wire::Text, texts()),
            (DataType::Text, Wire::Jsonb, texts()),
            (DataType::Text, Wire::Text, choice),
            (
                DataType::Text,
                Wire::Uuid,
                Values::Text(["7d444840-9dc0-11d1-b245-5ffdce74fad2", "", "b"].iter().collect()),
            ),
        ]
        .map(|(data_type, wire, values)| {
            cells(3, sent("a", data_type, wire), nullable(values, &last)).unwrap_err()
        });
        insta::assert_snapshot!(told.join("\n"), @r"
            column `a`, row 102: a point in time of PostgreSQL lies between 4714-11-24 BC and the year 294276
            column `a`, row 102: a date of PostgreSQL lies between 4714-11-24 BC and 5874897-12-31
            column `a`, row 102: texts of PostgreSQL have no NUL character (U+0000): let the field make none, or let the table's column be `bytea`
            column `a`, row 102: texts of PostgreSQL have no NUL character (U+0000): let the field make none, or let the table's column be `bytea`
            column `a`, row 102: texts of PostgreSQL have no NUL character (U+0000): let the field make none, or let the table's column be `bytea`
            column `a`, row 102: its text is no uuid, and the table's column is of that type: let the column be `text`
        ");
        let bytes =
            cells(3, sent("a", DataType::Text, Wire::Bytes), nullable(texts(), &last)).unwrap();
        assert_eq!(bytes, [Some(b"a".to_vec()), None, Some(b"b\0".to_vec())]);
    }

    /// For all cuts of rows into blocks, the bytes are the same, and each row has its number where it is asked for.
    #[test]
    fn blocks_do_not_change_the_bytes() {
        let texts: Vec<String> = (0..300).map(|row| "x".repeat(row % 7)).collect();
        let whole = |first: usize, end: usize| Block {
            rows: Rows { first: first as u64, count: end - first },
            columns: vec![
                Arc::new(Column::new(Values::Int32((first..end).map(|row| row as i32).collect()))),
                Arc::new(nullable(
                    Values::Text(texts[first..end].iter().collect()),
                    &(first..end).map(|row| row % 3 > 0).collect::<Vec<_>>(),
                )),
            ],
        };
        let columns =
            vec![sent("a", DataType::Int32, Wire::Int8), sent("b", DataType::Text, Wire::Text)];
        let encoder = CopyRows::new(columns, true, 8);
        let bytes = |step: usize| {
            let mut worker = encoder.segment_encoder();
            for first in (0..300).step_by(step) {
                worker.append(&whole(first, (first + step).min(300))).unwrap();
            }
            worker.finish().unwrap().bytes
        };
        let all = bytes(300);
        assert!(all == bytes(7) && all == bytes(299));
        assert_eq!(all[all.len() - 8..], 299_u64.to_be_bytes());
    }
}
