//! Boolean columns: one bit per value.

use super::OrcError;
use super::bits::Bits;
use super::column::{
    Body, Encoding, Finished, Piece, Positions, StreamKind, Target, place_entries,
};
use super::compression::{Compression, Compressor};
use super::statistics::Detail;
use super::stream::OutStream;
use crate::columns::Values;

pub(super) struct Booleans {
    compression: Compression,
    bits: Bits,
    trues: u64,
    /// Values up to the end of each group.
    ends: Vec<usize>,
}

impl Booleans {
    pub(super) fn new(compression: Compression) -> Self {
        Self { compression, bits: Bits::default(), trues: 0, ends: Vec::new() }
    }
}

impl Body for Booleans {
    fn append(&mut self, piece: &Piece<'_>, _: &mut Compressor) -> Result<(), OrcError> {
        let Values::Boolean(values) = &piece.column.values else { return Err(piece.mismatch()) };
        let (bits, trues) = (&mut self.bits, &mut self.trues);
        piece.each(|row| {
            bits.push(values[row]);
            *trues += u64::from(values[row]);
        });
        Ok(())
    }

    fn end_group(&mut self, _: &mut Compressor) -> Result<Detail, OrcError> {
        self.ends.push(self.bits.len());
        Ok(Detail::Boolean { trues: std::mem::take(&mut self.trues) })
    }

    fn finish(&mut self, target: &mut Target<'_>) -> Result<Finished, OrcError> {
        let mut stream = OutStream::new(self.compression);
        let entries = self.bits.write(&self.ends, &mut stream, target.compressor)?;
        target.write(StreamKind::Data, &mut stream)?;
        self.bits.clear();
        self.ends.clear();
        let positions = Positions::new(entries, place_entries(self.compression) + 2);
        Ok(Finished { encoding: Encoding::Direct, positions })
    }
}
