//! Columns of decimal: digits as varints of any length, and the scale again for every value.

use super::OrcError;
use super::column::{
    Body, Encoding, Finished, Piece, Positions, StreamKind, Target, place_entries,
};
use super::compression::{Compression, Compressor};
use super::integers::encode_repeated;
use super::protobuf::write_varint;
use super::statistics::{Detail, Extent, widen};
use super::stream::OutStream;
use crate::columns::Values;

pub(super) struct Decimals {
    precision: u8,
    scale: u8,
    per_group: usize,
    data: OutStream,
    scales: OutStream,
    positions: Positions,
    /// Of the open group.
    count: usize,
    extent: Option<Extent<i128>>,
    sum: Option<i128>,
}

impl Decimals {
    pub(super) fn new(precision: u8, scale: u8, compression: Compression) -> Self {
        let per_group = 2 * place_entries(compression) + 1;
        Self {
            precision,
            scale,
            per_group,
            data: OutStream::new(compression),
            scales: OutStream::new(compression),
            positions: Positions::at_start(per_group),
            count: 0,
            extent: None,
            sum: Some(0),
        }
    }
}

impl Body for Decimals {
    fn append(&mut self, piece: &Piece<'_>, _: &mut Compressor) -> Result<(), OrcError> {
        let Values::Decimal(values) = &piece.column.values else { return Err(piece.mismatch()) };
        let limit = 10_u128.checked_pow(self.precision.into()).unwrap_or(u128::MAX);
        let (mut min, mut max, mut sum) = (i128::MAX, i128::MIN, self.sum);
        let mut count = 0;
        let out = self.data.open();
        piece.each(|row| {
            let value = values[row];
            (min, max) = (min.min(value), max.max(value));
            sum = sum.and_then(|sum| sum.checked_add(value));
            count += 1;
            write_digits(out, value);
        });
        if count == 0 {
            return Ok(());
        }
        if min.unsigned_abs() >= limit || max.unsigned_abs() >= limit {
            let mut place = None;
            piece.each(|row| {
                if values[row].unsigned_abs() >= limit {
                    place = place.or(Some(row));
                }
            });
            let reason = format!("a decimal of more than {} digits", self.precision);
            return Err(piece.unwritable(place.unwrap_or(piece.rows.start), reason));
        }
        widen(&mut self.extent, Some(Extent { min, max }));
        self.sum = sum;
        self.count += count;
        Ok(())
    }

    fn end_group(&mut self, compressor: &mut Compressor) -> Result<Detail, OrcError> {
        encode_repeated(self.scale.into(), self.count, true, self.scales.open());
        self.data.spill(compressor)?;
        self.scales.spill(compressor)?;
        self.positions.note(&self.data);
        self.positions.note_run(&self.scales);
        self.count = 0;
        let extent = self.extent.take();
        Ok(Detail::Decimal { extent, sum: self.sum.replace(0), scale: self.scale })
    }

    fn finish(&mut self, target: &mut Target<'_>) -> Result<Finished, OrcError> {
        target.write(StreamKind::Data, &mut self.data)?;
        target.write(StreamKind::Secondary, &mut self.scales)?;
        let positions = std::mem::replace(&mut self.positions, Positions::at_start(self.per_group));
        Ok(Finished { encoding: Encoding::DirectV2, positions })
    }
}

/// The zigzag form of `value`, seven bits at a time.
#[inline]
fn write_digits(out: &mut Vec<u8>, value: i128) {
    let mut rest = (value << 1 ^ value >> 127) as u128;
    while rest > u128::from(u64::MAX) {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    write_varint(out, rest as u64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_any_length_are_zigzag_varints() {
        for value in [0, -1, 1, i128::from(i64::MIN), 10_i128.pow(38) - 1, 1 - 10_i128.pow(38)] {
            let mut out = Vec::new();
            write_digits(&mut out, value);
            let raw = out.iter().rev().fold(0_u128, |raw, byte| raw << 7 | u128::from(byte & 127));
            assert_eq!((raw >> 1) as i128 ^ -((raw & 1) as i128), value);
            assert!(out.iter().rev().skip(1).all(|byte| *byte >= 128));
        }
    }
}
