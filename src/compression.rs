//! Compression of whole segments: every segment becomes a gzip member or a zstd frame of its own.
//!
//! Members and frames one behind the other are one valid file (RFC 1952 section 2.2, RFC 8878 section
//! 3.1), so workers compress side by side and the bytes do not depend on how many there are.
//!
//! Knows nothing of rows, formats or files.

use std::io;

use flate2::{Compress, FlushCompress, Status};
use zstd::bulk;
use zstd::zstd_safe::CParameter;

use crate::attributes::{Attribute, Reader};

/// The option that all formats share.
const COMMON_KEY: &str = "COMPRESSION";

/// The option that all formats of text share, for the listings of each.
pub(crate) const COMMON_OPTION: Attribute = Attribute::new(
    COMMON_KEY,
    "none, gzip or zstd",
    "none",
    "Compression of the file, where the format's own option is not set.",
);

/// Level of gzip members.
const GZIP_LEVEL: u32 = 6;
/// Level of zstd frames.
const ZSTD_LEVEL: i32 = 3;
/// Base-two logarithm of gzip's window: the largest, which every reader takes.
const GZIP_WINDOW: u8 = 15;

/// A way to make a file smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    /// Bytes as they are.
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl Compression {
    /// The names that options take, the default first.
    pub(crate) const NAMES: &'static [&'static str] = &["none", "gzip", "zstd"];

    /// The compression called `name`, one of [`NAMES`](Self::NAMES).
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "gzip" => Some(Self::Gzip),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }

    /// Reads `key`, or the option that all formats share.
    pub(crate) fn read(key: &str, options: &mut Reader<'_>) -> Self {
        let key = if options.has(key) { key } else { COMMON_KEY };
        options.choice(key, Self::NAMES).and_then(Self::named).unwrap_or(Self::None)
    }

    /// What is added to a file's name, with the dot.
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
        }
    }

    /// A worker's compressor.
    ///
    /// # Errors
    ///
    /// When zstd has no memory for its tables.
    pub(crate) fn compressor(self) -> io::Result<Compressor> {
        let state = match self {
            Self::None => State::None,
            Self::Gzip => State::Gzip(Box::new(Compress::new_gzip(
                flate2::Compression::new(GZIP_LEVEL),
                GZIP_WINDOW,
            ))),
            Self::Zstd => {
                let mut context = bulk::Compressor::new(ZSTD_LEVEL)?;
                context.set_parameter(CParameter::ChecksumFlag(true))?;
                State::Zstd(context)
            }
        };
        Ok(Compressor { state })
    }
}

/// Compresses one segment after the other.
pub(crate) struct Compressor {
    state: State,
}

enum State {
    None,
    Gzip(Box<Compress>),
    Zstd(bulk::Compressor<'static>),
}

impl std::fmt::Debug for Compressor {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self.state {
            State::None => "None",
            State::Gzip(_) => "Gzip",
            State::Zstd(_) => "Zstd",
        };
        out.debug_tuple("Compressor").field(&name).finish()
    }
}

impl Compressor {
    /// The whole of `segment` compressed, as a member or frame of its own.
    ///
    /// # Errors
    ///
    /// When the library refuses.
    pub(crate) fn compress(&mut self, segment: &[u8]) -> io::Result<Vec<u8>> {
        match &mut self.state {
            State::None => Ok(segment.to_vec()),
            State::Gzip(state) => gzip(state, segment),
            State::Zstd(context) => context.compress(segment),
        }
    }
}

fn gzip(state: &mut Compress, segment: &[u8]) -> io::Result<Vec<u8>> {
    state.reset();
    let mut out = Vec::with_capacity(segment.len() / 3 + 64);
    loop {
        // The position restarts with every member; a segment lies in memory, so `usize` holds it.
        let input = &segment[state.total_in() as usize..];
        match state.compress_vec(input, &mut out, FlushCompress::Finish)? {
            Status::StreamEnd => return Ok(out),
            Status::Ok | Status::BufError => out.reserve(out.capacity().max(64)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn read_back(compression: Compression, bytes: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        match compression {
            Compression::None => text.extend_from_slice(bytes),
            Compression::Gzip => {
                flate2::bufread::MultiGzDecoder::new(bytes).read_to_end(&mut text).unwrap();
            }
            Compression::Zstd => text = zstd::decode_all(bytes).unwrap(),
        }
        text
    }

    #[test]
    fn segments_one_behind_the_other_are_one_file() {
        let noise: Vec<u8> =
            (0..100_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for name in Compression::NAMES {
            let compression = Compression::named(name).unwrap();
            let mut compressor = compression.compressor().unwrap();
            let (mut file, mut expected) = (Vec::new(), Vec::new());
            for segment in [&b"a\n"[..], b"", &b"bc\n".repeat(100_000), &noise, b"d\n"] {
                file.extend(compressor.compress(segment).unwrap());
                expected.extend_from_slice(segment);
            }
            assert_eq!(read_back(compression, &file), expected, "{name}");
        }
    }

    /// For all segments: the bytes depend on nothing that the compressor has done before.
    #[test]
    fn a_used_compressor_gives_the_bytes_of_a_new_one() {
        for compression in [Compression::Gzip, Compression::Zstd] {
            let segment = b"some rows\n".repeat(5_000);
            let mut used = compression.compressor().unwrap();
            used.compress(&b"other rows\n".repeat(9_000)).unwrap();
            let fresh = compression.compressor().unwrap().compress(&segment).unwrap();
            assert_eq!(used.compress(&segment).unwrap(), fresh);
        }
    }
}
