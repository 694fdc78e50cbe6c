//! Codecs of record batches, each in the frame that Kafka's Java clients read.

use std::io::{self, Read as _, Write as _};

use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use lz4_flex::frame::{BlockMode, BlockSize, FrameDecoder, FrameEncoder, FrameInfo};

/// Magic, version and least version of xerial's frame.
const SNAPPY_HEAD: &[u8; 16] = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01";

/// How the records of a batch are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// RFC 1952, at level 6.
    Gzip,
    /// Snappy blocks of 32 KB in the frame of xerial's Java library.
    Snappy,
    /// An LZ4 frame of independent blocks of 64 KB.
    Lz4,
    /// A Zstandard frame, at level 3.
    Zstd,
}

impl Compression {
    /// The number in the attributes of a batch.
    pub(crate) fn attribute(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Gzip => 1,
            Self::Snappy => 2,
            Self::Lz4 => 3,
            Self::Zstd => 4,
        }
    }

    /// The codec that the low byte of a batch's attributes names.
    pub(crate) fn of_attribute(attributes: u8) -> Option<Self> {
        match attributes & 0x07 {
            0 => Some(Self::None),
            1 => Some(Self::Gzip),
            2 => Some(Self::Snappy),
            3 => Some(Self::Lz4),
            4 => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// A codec with its buffers, which are kept from batch to batch.
pub(crate) struct Codec {
    compression: Compression,
    snappy: snap::raw::Encoder,
    zstd: Option<zstd::bulk::Compressor<'static>>,
}

impl Codec {
    pub(crate) fn new(compression: Compression) -> Self {
        Self { compression, snappy: snap::raw::Encoder::new(), zstd: None }
    }

    pub(crate) fn compression(&self) -> Compression {
        self.compression
    }

    /// Appends `records`, compressed, to `out`.
    ///
    /// # Errors
    /// The codec has no memory; nothing else goes wrong with vectors.
    pub(crate) fn compress(&mut self, records: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        match self.compression {
            Compression::None => out.extend_from_slice(records),
            Compression::Gzip => {
                let mut encoder = GzEncoder::new(out, flate2::Compression::new(6));
                encoder.write_all(records)?;
                encoder.finish()?;
            }
            Compression::Snappy => self.snappy(records, out)?,
            Compression::Lz4 => {
                let frame = FrameInfo::new()
                    .block_mode(BlockMode::Independent)
                    .block_size(BlockSize::Max64KB);
                let mut encoder = FrameEncoder::with_frame_info(frame, out);
                encoder.write_all(records)?;
                encoder.finish()?;
            }
            Compression::Zstd => {
                if self.zstd.is_none() {
                    self.zstd = Some(zstd::bulk::Compressor::new(3)?);
                }
                if let Some(zstd) = self.zstd.as_mut() {
                    let from = out.len();
                    out.resize(from + zstd::zstd_safe::compress_bound(records.len()), 0);
                    let written = zstd.compress_to_buffer(records, &mut out[from..])?;
                    out.truncate(from + written);
                }
            }
        }
        Ok(())
    }

    /// The frame's head, then blocks, each with its length in front.
    fn snappy(&mut self, records: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        out.extend_from_slice(SNAPPY_HEAD);
        for block in records.chunks(32 << 10) {
            let length_at = out.len();
            let from = length_at + 4;
            out.resize(from + snap::raw::max_compress_len(block.len()), 0);
            let written = self.snappy.compress(block, &mut out[from..])?;
            out.truncate(from + written);
            out[length_at..from].copy_from_slice(&(written as u32).to_be_bytes());
        }
        Ok(())
    }
}

/// What [`Codec::compress`] made of records, as they were.
///
/// # Errors
/// `compressed` is not what the codec makes.
pub(crate) fn decompress(compression: Compression, compressed: &[u8]) -> io::Result<Vec<u8>> {
    let mut records = Vec::new();
    match compression {
        Compression::None => records.extend_from_slice(compressed),
        Compression::Gzip => {
            GzDecoder::new(compressed).read_to_end(&mut records)?;
        }
        Compression::Snappy => {
            let unclear =
                || io::Error::new(io::ErrorKind::InvalidData, "not a frame of snappy blocks");
            let mut rest = compressed.get(SNAPPY_HEAD.len()..).ok_or_else(unclear)?;
            while let Some((length, blocks)) = rest.split_first_chunk::<4>() {
                let (block, behind) = blocks
                    .split_at_checked(u32::from_be_bytes(*length) as usize)
                    .ok_or_else(unclear)?;
                records.extend(snap::raw::Decoder::new().decompress_vec(block)?);
                rest = behind;
            }
        }
        Compression::Lz4 => {
            FrameDecoder::new(compressed).read_to_end(&mut records)?;
        }
        Compression::Zstd => zstd::stream::copy_decode(compressed, &mut records)?,
    }
    Ok(records)
}

impl std::fmt::Debug for Codec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Codec").field(&self.compression).finish()
    }
}
