//! Columns of timestamp: seconds since 2015-01-01T00:00:00Z, and nanoseconds without their zeros.
//!
//! Seconds of a moment before 1970 that has milliseconds are rounded up, and readers take the second
//! off again: a fault of Java's `Timestamp` that became part of the format (ORC-763). It leaves the
//! milliseconds of 1969-12-31T23:59:59 without a form: they would come back as those of the first
//! second of 1970, so they are refused.

use super::OrcError;
use super::column::{
    Body, Encoding, Finished, Piece, Positions, StreamKind, Target, place_entries,
};
use super::compression::{Compression, Compressor};
use super::integers::encode;
use super::statistics::{Detail, Extent, widen};
use super::stream::OutStream;
use crate::columns::Values;

/// 2015-01-01T00:00:00Z in seconds since 1970.
const EPOCH: i64 = 1_420_070_400;

pub(super) struct Timestamps {
    per_group: usize,
    /// Of the open group.
    seconds: Vec<i64>,
    nanoseconds: Vec<i64>,
    /// In milliseconds, rounded down.
    extent: Option<Extent<i64>>,
    data: OutStream,
    secondary: OutStream,
    positions: Positions,
}

impl Timestamps {
    pub(super) fn new(compression: Compression) -> Self {
        let per_group = 2 * (place_entries(compression) + 1);
        Self {
            per_group,
            seconds: Vec::new(),
            nanoseconds: Vec::new(),
            extent: None,
            data: OutStream::new(compression),
            secondary: OutStream::new(compression),
            positions: Positions::at_start(per_group),
        }
    }

    /// `PER_SECOND` is the unit of the values, a constant so that it is divided by cheaply.
    fn append_all<const PER_SECOND: i64>(
        &mut self,
        piece: &Piece<'_>,
        values: &[i64],
    ) -> Result<(), OrcError> {
        let mut refused = None;
        let (mut min, mut max) = (i64::MAX, i64::MIN);
        piece.each(|row| {
            let (second, fraction) =
                (values[row].div_euclid(PER_SECOND), values[row].rem_euclid(PER_SECOND));
            let microseconds = fraction * (1_000_000 / PER_SECOND);
            let late = second < 0 && microseconds >= 1_000;
            if late && second == -1 {
                refused = refused.or(Some(row));
            }
            self.seconds.push(second + i64::from(late) - EPOCH);
            self.nanoseconds.push(without_zeros(microseconds));
            (min, max) = (min.min(values[row]), max.max(values[row]));
        });
        if min <= max {
            let [min, max] = [min, max].map(|value| value.div_euclid(PER_SECOND / 1_000));
            widen(&mut self.extent, Some(Extent { min, max }));
        }
        match refused {
            None => Ok(()),
            Some(row) => {
                let reason = "ORC has no form for the milliseconds of 1969-12-31T23:59:59Z";
                Err(piece.unwritable(row, reason.to_owned()))
            }
        }
    }
}

impl Body for Timestamps {
    fn append(&mut self, piece: &Piece<'_>, _: &mut Compressor) -> Result<(), OrcError> {
        match &piece.column.values {
            Values::EpochMillis(values) => self.append_all::<1_000>(piece, values),
            Values::Instant(values) => self.append_all::<1_000_000>(piece, values),
            _ => Err(piece.mismatch()),
        }
    }

    fn end_group(&mut self, compressor: &mut Compressor) -> Result<Detail, OrcError> {
        encode(&self.seconds, true, self.data.open());
        encode(&self.nanoseconds, false, self.secondary.open());
        self.data.spill(compressor)?;
        self.secondary.spill(compressor)?;
        self.positions.note_run(&self.data);
        self.positions.note_run(&self.secondary);
        let extent = self.extent.take();
        self.seconds.clear();
        self.nanoseconds.clear();
        Ok(Detail::Timestamp { extent })
    }

    fn finish(&mut self, target: &mut Target<'_>) -> Result<Finished, OrcError> {
        target.write(StreamKind::Data, &mut self.data)?;
        target.write(StreamKind::Secondary, &mut self.secondary)?;
        let positions = std::mem::replace(&mut self.positions, Positions::at_start(self.per_group));
        Ok(Finished { encoding: Encoding::DirectV2, positions })
    }
}

/// Microseconds as nanoseconds without trailing zeros, whose number less one is in the lowest bits.
fn without_zeros(microseconds: i64) -> i64 {
    if microseconds == 0 {
        return 0;
    }
    let (mut digits, mut zeros) =
        if microseconds % 1_000 == 0 { (microseconds / 1_000, 6) } else { (microseconds, 3) };
    while digits % 10 == 0 {
        digits /= 10;
        zeros += 1;
    }
    digits << 3 | (zeros - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_zeros_are_counted() {
        assert_eq!(without_zeros(1), 0x0a);
        assert_eq!(without_zeros(100), 0x0c);
        assert_eq!(without_zeros(0), 0);
        for microseconds in [1, 10, 999, 1_000, 120_000, 500_000, 999_999] {
            let form = without_zeros(microseconds);
            assert_eq!((form >> 3) * 10_i64.pow((form & 7) as u32 + 1), microseconds * 1_000);
        }
    }
}
