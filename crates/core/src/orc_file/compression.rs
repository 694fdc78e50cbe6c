//! Compression of ORC: chunks of at most 256 KiB, each with a header of three bytes.

use std::io;

use flate2::{Compress, FlushCompress, Status};

use super::OrcError;

/// Bytes of a chunk before compression, at most.
pub(super) const CHUNK: usize = 256 * 1024;

/// Fast levels: test data is written once and often read once. Level 1 of deflate compresses
/// generated texts markedly worse than level 2 at nearly the same speed.
const DEFLATE_LEVEL: u32 = 2;
const ZSTD_LEVEL: i32 = 1;

/// How every part of a file but its last one is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    /// Not at all.
    None,
    /// Deflate without header, as ORC calls it.
    Zlib,
    /// Snappy without framing.
    Snappy,
    /// Zstandard.
    Zstd,
}

impl Compression {
    /// Its number in the postscript.
    pub(super) const fn code(self) -> u64 {
        match self {
            Self::None => 0,
            Self::Zlib => 1,
            Self::Snappy => 2,
            Self::Zstd => 5,
        }
    }
}

/// Compresses chunk after chunk with the same buffers.
pub(super) struct Compressor {
    compression: Compression,
    deflate: Option<Compress>,
    snappy: snap::raw::Encoder,
    zstd: Option<zstd::bulk::Compressor<'static>>,
    scratch: Vec<u8>,
}

impl Compressor {
    pub(super) fn new(compression: Compression) -> Self {
        Self {
            compression,
            deflate: None,
            snappy: snap::raw::Encoder::new(),
            zstd: None,
            scratch: Vec::new(),
        }
    }

    /// Appends one chunk, its header in front; without compression just the bytes.
    pub(super) fn write_chunk(&mut self, raw: &[u8], out: &mut Vec<u8>) -> Result<(), OrcError> {
        if self.compression == Compression::None {
            out.extend_from_slice(raw);
            return Ok(());
        }
        let compressed = self.compress(raw)?.filter(|length| *length < raw.len());
        let (bytes, original) = match compressed {
            Some(length) => (&self.scratch[..length], 0),
            None => (raw, 1),
        };
        let header = (bytes.len() as u32) << 1 | original;
        out.extend_from_slice(&header.to_le_bytes()[..3]);
        out.extend_from_slice(bytes);
        Ok(())
    }

    /// Appends a section of its own: as many chunks as it takes.
    pub(super) fn write_section(&mut self, raw: &[u8], out: &mut Vec<u8>) -> Result<(), OrcError> {
        raw.chunks(CHUNK).try_for_each(|chunk| self.write_chunk(chunk, out))
    }

    /// Compresses into the scratch buffer; `None` when the result would not be smaller.
    fn compress(&mut self, raw: &[u8]) -> Result<Option<usize>, OrcError> {
        let room = match self.compression {
            Compression::None => 0,
            // More than it ever takes. Too little would end early what grows anyway, but zlib-rs
            // 0.6.8 panics at some levels when its output ends.
            Compression::Zlib => raw.len() + raw.len() / 8 + 1_024,
            Compression::Snappy => snap::raw::max_compress_len(raw.len()),
            Compression::Zstd => zstd::zstd_safe::compress_bound(raw.len()),
        };
        if self.scratch.len() < room {
            self.scratch.resize(room, 0);
        }
        let scratch = &mut self.scratch[..room];
        let length = match self.compression {
            Compression::None => return Ok(None),
            Compression::Zlib => {
                let level = flate2::Compression::new(DEFLATE_LEVEL);
                let deflate = self.deflate.get_or_insert_with(|| Compress::new(level, false));
                deflate.reset();
                let status = deflate
                    .compress(raw, scratch, FlushCompress::Finish)
                    .map_err(|source| OrcError::Compression(io::Error::other(source)))?;
                if status != Status::StreamEnd {
                    return Ok(None);
                }
                deflate.total_out() as usize
            }
            Compression::Snappy => self
                .snappy
                .compress(raw, scratch)
                .map_err(|source| OrcError::Compression(io::Error::other(source)))?,
            Compression::Zstd => {
                let zstd = match &mut self.zstd {
                    Some(zstd) => zstd,
                    empty => empty.insert(
                        zstd::bulk::Compressor::new(ZSTD_LEVEL).map_err(OrcError::Compression)?,
                    ),
                };
                zstd.compress_to_buffer(raw, scratch).map_err(OrcError::Compression)?
            }
        };
        Ok(Some(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(compression: Compression, raw: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        Compressor::new(compression).write_chunk(raw, &mut out).unwrap();
        out
    }

    #[test]
    fn what_does_not_shrink_is_stored_as_it_is() {
        for compression in [Compression::Zlib, Compression::Snappy, Compression::Zstd] {
            assert_eq!(chunk(compression, b"abcde"), b"\x0b\x00\x00abcde");
        }
        assert_eq!(chunk(Compression::None, b"abcde"), b"abcde");
    }

    #[test]
    fn the_header_holds_the_compressed_length() {
        let raw = vec![7; CHUNK];
        for compression in [Compression::Zlib, Compression::Snappy, Compression::Zstd] {
            let out = chunk(compression, &raw);
            let header = u32::from_le_bytes([out[0], out[1], out[2], 0]);
            assert_eq!((header >> 1) as usize, out.len() - 3);
            assert_eq!(header & 1, 0, "{compression:?} shrinks a run");
        }
    }
}
