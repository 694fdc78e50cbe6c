//! Columns of int, bigint and date.

use super::OrcError;
use super::column::{
    Body, Encoding, Finished, Piece, Positions, StreamKind, Target, place_entries,
};
use super::compression::{Compression, Compressor};
use super::integers::encode;
use super::statistics::{Detail, Extent};
use super::stream::OutStream;
use crate::columns::{DataType, Values};

pub(super) struct WholeNumbers {
    data_type: DataType,
    per_group: usize,
    /// Values of the open group.
    pending: Vec<i64>,
    data: OutStream,
    positions: Positions,
}

impl WholeNumbers {
    pub(super) fn new(data_type: DataType, compression: Compression) -> Self {
        let per_group = place_entries(compression) + 1;
        Self {
            data_type,
            per_group,
            pending: Vec::new(),
            data: OutStream::new(compression),
            positions: Positions::at_start(per_group),
        }
    }
}

impl Body for WholeNumbers {
    fn append(&mut self, piece: &Piece<'_>, _: &mut Compressor) -> Result<(), OrcError> {
        let pending = &mut self.pending;
        match (&piece.column.values, self.data_type) {
            (Values::Int32(values), DataType::Int32) | (Values::Date(values), DataType::Date) => {
                if piece.column.validity.is_none() {
                    pending.extend(values[piece.rows.clone()].iter().copied().map(i64::from));
                } else {
                    piece.each(|row| pending.push(values[row].into()));
                }
            }
            (Values::Int64(values), DataType::Int64) => {
                if piece.column.validity.is_none() {
                    pending.extend_from_slice(&values[piece.rows.clone()]);
                } else {
                    piece.each(|row| pending.push(values[row]));
                }
            }
            _ => return Err(piece.mismatch()),
        }
        Ok(())
    }

    fn end_group(&mut self, compressor: &mut Compressor) -> Result<Detail, OrcError> {
        encode(&self.pending, true, self.data.open());
        self.data.spill(compressor)?;
        self.positions.note_run(&self.data);
        let extent = extent(&self.pending);
        let detail = match self.data_type {
            DataType::Date => Detail::Date { extent },
            _ => {
                let sum = sum(&self.pending, extent.as_ref());
                Detail::Integer { extent, sum }
            }
        };
        self.pending.clear();
        Ok(detail)
    }

    fn finish(&mut self, target: &mut Target<'_>) -> Result<Finished, OrcError> {
        target.write(StreamKind::Data, &mut self.data)?;
        let positions = std::mem::replace(&mut self.positions, Positions::at_start(self.per_group));
        Ok(Finished { encoding: Encoding::DirectV2, positions })
    }
}

/// The smallest and largest of some values.
fn extent(values: &[i64]) -> Option<Extent<i64>> {
    let (first, rest) = values.split_first()?;
    let (min, max) =
        rest.iter().fold((*first, *first), |(min, max), value| (min.min(*value), max.max(*value)));
    Some(Extent { min, max })
}

fn sum(values: &[i64], extent: Option<&Extent<i64>>) -> i128 {
    let near = -(1 << 48)..1 << 48;
    if extent.is_some_and(|extent| near.contains(&extent.min) && near.contains(&extent.max)) {
        // A row group has far fewer than 2^15 values: their sum fits, and this loop is vectorised.
        return values.iter().sum::<i64>().into();
    }
    values.iter().copied().map(i128::from).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_do_not_overflow() {
        for values in [vec![i64::MAX; 8_192], vec![i64::MIN; 8_192], vec![-(1 << 48); 8_192]] {
            let expected = i128::from(values[0]) * 8_192;
            assert_eq!(sum(&values, extent(&values).as_ref()), expected);
        }
        assert_eq!(sum(&[], None), 0);
    }
}
