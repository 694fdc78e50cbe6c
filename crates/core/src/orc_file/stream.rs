//! A stream of a stripe: bytes that are compressed chunk by chunk while they are made.

use super::OrcError;
use super::compression::{CHUNK, Compression, Compressor};

/// One stream; memory is its compressed bytes and at most a chunk and a row group of raw ones.
#[derive(Debug)]
pub(super) struct OutStream {
    compressed: bool,
    /// Chunks that are done.
    sealed: Vec<u8>,
    /// Raw bytes of the chunk that is filled.
    open: Vec<u8>,
}

impl OutStream {
    pub(super) fn new(compression: Compression) -> Self {
        let compressed = compression != Compression::None;
        Self { compressed, sealed: Vec::new(), open: Vec::new() }
    }

    /// The bytes so far: append here, then [`spill`](Self::spill).
    #[inline]
    pub(super) fn open(&mut self) -> &mut Vec<u8> {
        &mut self.open
    }

    /// Compresses what is more than a chunk; a full one waits, so that no position points behind
    /// the last chunk of a stream.
    pub(super) fn spill(&mut self, compressor: &mut Compressor) -> Result<(), OrcError> {
        if !self.compressed || self.open.len() <= CHUNK {
            return Ok(());
        }
        let mut start = 0;
        while self.open.len() - start > CHUNK {
            compressor.write_chunk(&self.open[start..start + CHUNK], &mut self.sealed)?;
            start += CHUNK;
        }
        self.open.drain(..start);
        Ok(())
    }

    /// Appends the place of the next byte as the row index writes it: the chunk's place and the
    /// place in it, or only the latter without compression.
    pub(super) fn position(&self, positions: &mut Vec<u64>) {
        if self.compressed {
            positions.push(self.sealed.len() as u64);
        }
        positions.push(self.open.len() as u64);
    }

    /// Appends the whole stream to `out` and empties it; answers its length.
    pub(super) fn drain(
        &mut self,
        compressor: &mut Compressor,
        out: &mut Vec<u8>,
    ) -> Result<u64, OrcError> {
        self.spill(compressor)?;
        let start = out.len();
        out.append(&mut self.sealed);
        if !self.open.is_empty() {
            compressor.write_chunk(&self.open, out)?;
        }
        self.open.clear();
        Ok((out.len() - start) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_name_chunk_and_byte() {
        let mut compressor = Compressor::new(Compression::Snappy);
        let mut stream = OutStream::new(Compression::Snappy);
        let mut positions = Vec::new();
        stream.position(&mut positions);
        stream.open().resize(CHUNK, 1);
        stream.spill(&mut compressor).unwrap();
        stream.position(&mut positions);
        stream.open().push(2);
        stream.spill(&mut compressor).unwrap();
        stream.position(&mut positions);
        let first_chunk = stream.sealed.len() as u64;
        assert_eq!(positions, [0, 0, 0, CHUNK as u64, first_chunk, 1]);
        let mut out = Vec::new();
        let length = stream.drain(&mut compressor, &mut out).unwrap();
        assert_eq!(length, out.len() as u64);
        assert_eq!(out[first_chunk as usize..], [3, 0, 0, 2]);
    }
}
