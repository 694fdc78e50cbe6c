//! Columns of float and double: IEEE 754, little end first.

use super::OrcError;
use super::column::{
    Body, Encoding, Finished, Piece, Positions, StreamKind, Target, place_entries,
};
use super::compression::{Compression, Compressor};
use super::statistics::{Detail, Extent};
use super::stream::OutStream;
use crate::columns::Values;

pub(super) struct Floats {
    per_group: usize,
    data: OutStream,
    positions: Positions,
    group: Seen,
}

impl Floats {
    pub(super) fn new(compression: Compression) -> Self {
        let per_group = place_entries(compression);
        Self {
            per_group,
            data: OutStream::new(compression),
            positions: Positions::at_start(per_group),
            group: Seen::default(),
        }
    }
}

impl Body for Floats {
    fn append(&mut self, piece: &Piece<'_>, compressor: &mut Compressor) -> Result<(), OrcError> {
        let mut seen = self.group;
        let out = self.data.open();
        match &piece.column.values {
            Values::Float32(values) => piece.each(|row| {
                out.extend_from_slice(&values[row].to_le_bytes());
                seen.note(values[row].into());
            }),
            Values::Float64(values) => piece.each(|row| {
                out.extend_from_slice(&values[row].to_le_bytes());
                seen.note(values[row]);
            }),
            _ => return Err(piece.mismatch()),
        }
        self.group = seen;
        self.data.spill(compressor)
    }

    fn end_group(&mut self, _: &mut Compressor) -> Result<Detail, OrcError> {
        self.positions.note(&self.data);
        let Seen { min, max, sum, nan } = std::mem::take(&mut self.group);
        let extent = (min <= max).then_some(Extent { min, max });
        Ok(Detail::Float { extent, sum, nan })
    }

    fn finish(&mut self, target: &mut Target<'_>) -> Result<Finished, OrcError> {
        target.write(StreamKind::Data, &mut self.data)?;
        let positions = std::mem::replace(&mut self.positions, Positions::at_start(self.per_group));
        Ok(Finished { encoding: Encoding::Direct, positions })
    }
}

/// The extent is turned round as long as no number was seen; NaN never gets into it.
#[derive(Debug, Clone, Copy)]
struct Seen {
    min: f64,
    max: f64,
    sum: f64,
    nan: bool,
}

impl Default for Seen {
    fn default() -> Self {
        Self { min: f64::INFINITY, max: f64::NEG_INFINITY, sum: 0.0, nan: false }
    }
}

impl Seen {
    #[inline]
    fn note(&mut self, value: f64) {
        if value < self.min {
            self.min = value;
        }
        if value > self.max {
            self.max = value;
        }
        self.sum += value;
        self.nan |= value.is_nan();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(values: &[f64]) -> Seen {
        let mut seen = Seen::default();
        for value in values {
            seen.note(*value);
        }
        seen
    }

    #[test]
    fn nan_stays_out_of_the_extent_and_spoils_the_sum() {
        let mixed = seen(&[f64::NAN, 2.0, -1.0]);
        assert_eq!((mixed.min, mixed.max), (-1.0, 2.0));
        assert!(mixed.sum.is_nan() && mixed.nan);
        let nothing = seen(&[f64::NAN]);
        assert!(nothing.min > nothing.max);
    }

    #[test]
    fn infinities_are_numbers() {
        let seen = seen(&[f64::INFINITY]);
        assert_eq!((seen.min, seen.max, seen.nan), (f64::INFINITY, f64::INFINITY, false));
    }
}
