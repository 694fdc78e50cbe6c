//! Compression: the one vocabulary of all formats, and the compression of whole segments of text.
//!
//! `COMPRESSION` means the same for every format: a [`Method`], which each writes in its own form
//! (deflate is a gzip member in CSV, raw in Avro, zlib in ORC). Who takes what stands in one list,
//! the [`Choice`]s of this file; what a format does not take is refused by name.
//!
//! Segments of text become a gzip member or a zstd frame each. Members and frames one behind the other
//! are one valid file (RFC 1952 section 2.2, RFC 8878 section 3.1), so workers compress side by side
//! and the bytes do not depend on how many there are.
//!
//! Knows nothing of rows or files.

use std::io;

use flate2::{Compress, FlushCompress, Status};
use zstd::bulk;
use zstd::zstd_safe::CParameter;

use crate::attributes::{Attribute, Reader, scalar_text};

/// The option that all formats share.
const COMMON_KEY: &str = "COMPRESSION";

/// A way to make bytes smaller, whatever a format calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// Bytes as they are.
    None,
    /// RFC 1951, in the wrapping of the format.
    Deflate,
    /// Snappy.
    Snappy,
    /// RFC 8878.
    Zstd,
}

/// Every name of every method, in any format.
const NAMES: &[(&str, Method)] = &[
    ("none", Method::None),
    ("null", Method::None),
    ("uncompressed", Method::None),
    ("gzip", Method::Deflate),
    ("deflate", Method::Deflate),
    ("zlib", Method::Deflate),
    ("snappy", Method::Snappy),
    ("zstd", Method::Zstd),
    ("zstandard", Method::Zstd),
];

/// The method called `name` in some format, in any letter case.
fn named(name: &str) -> Option<Method> {
    let found = NAMES.iter().find(|(other, _)| other.eq_ignore_ascii_case(name.trim()));
    found.map(|(_, method)| *method)
}

/// What one format takes.
#[derive(Debug)]
pub(crate) struct Choice {
    /// The format's own option, which wins.
    key: &'static str,
    /// The format, as a message calls it.
    format: &'static str,
    /// What it takes as its readers call it, the default first.
    names: &'static [&'static str],
    /// The same for listings.
    kind: &'static str,
    doc: &'static str,
}

/// CSV files.
pub(crate) const CSV: Choice = Choice::of_text("csv", "CSV_COMPRESSION");
/// JSON lines.
pub(crate) const JSON: Choice = Choice::of_text("json", "JSON_COMPRESSION");
/// Avro blocks.
pub(crate) const AVRO: Choice = Choice {
    key: "AVRO_CODEC",
    format: "avro",
    names: &["null", "deflate", "snappy", "zstandard"],
    kind: "null, deflate, snappy or zstandard",
    doc: "How blocks are compressed.",
};
/// Parquet pages.
pub(crate) const PARQUET: Choice = Choice {
    key: "PARQUET_COMPRESSION",
    format: "parquet",
    names: &["snappy", "zstd", "gzip", "none"],
    kind: "snappy, zstd, gzip or none",
    doc: "How pages are compressed; columns that would not shrink are left alone.",
};
/// ORC streams.
pub(crate) const ORC: Choice = Choice {
    key: "ORC_COMPRESSION",
    format: "orc",
    names: &["zlib", "snappy", "zstd", "none"],
    kind: "zlib, snappy, zstd or none",
    doc: "Compression of the streams.",
};

impl Choice {
    const fn of_text(format: &'static str, key: &'static str) -> Self {
        let names = &["none", "gzip", "zstd"];
        Self { key, format, names, kind: "none, gzip or zstd", doc: "Compression of the file." }
    }

    /// The format's own option, for listings.
    pub(crate) const fn own_option(&self) -> Attribute {
        Attribute::new(self.key, self.kind, self.names[0], self.doc)
    }

    /// The option that all formats share, for the listing of this one.
    pub(crate) const fn common_option(&self) -> Attribute {
        Attribute::new(
            COMMON_KEY,
            "none, gzip, snappy or zstd",
            self.names[0],
            "The same for all formats, where a format's own option is not set; csv and json take no \
             snappy.",
        )
    }

    /// Reads the format's own option, or the one that all share. `None` after an error: a name that
    /// means nothing, or a method that this format does not have.
    pub(crate) fn read(&self, options: &mut Reader<'_>) -> Option<Method> {
        let mut keys = [self.key, COMMON_KEY].into_iter();
        let Some(key) = keys.find(|key| options.has(key)) else { return named(self.names[0]) };
        let text = options.value(key).and_then(scalar_text);
        let Some(method) = text.as_deref().and_then(named) else {
            options.choice(key, self.names);
            return None;
        };
        if self.names.iter().any(|name| named(name) == Some(method)) {
            return Some(method);
        }
        let name = text.unwrap_or_default();
        let message = format!(
            "`{key}` is `{}`, which {} does not take, expected one of {}",
            name.trim(),
            self.format,
            self.names.join(", ")
        );
        let hint = format!("`{}` sets it for {} alone", self.key, self.format);
        options.error_with_hint(key, "wrong_value", message, hint);
        None
    }
}

/// Level of gzip members.
const GZIP_LEVEL: u32 = 6;
/// Level of zstd frames.
const ZSTD_LEVEL: i32 = 3;
/// Base-two logarithm of gzip's window: the largest, which every reader takes.
const GZIP_WINDOW: u8 = 15;

/// How segments of text are compressed.
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
    /// The form of `method` for text; `None` where there is none that readers know.
    pub(crate) const fn of(method: Method) -> Option<Self> {
        match method {
            Method::None => Some(Self::None),
            Method::Deflate => Some(Self::Gzip),
            Method::Zstd => Some(Self::Zstd),
            Method::Snappy => None,
        }
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
    use crate::attributes::Settings;
    use crate::problems::Problems;

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

    const CHOICES: [&Choice; 5] = [&CSV, &JSON, &AVRO, &PARQUET, &ORC];

    fn read(choice: &Choice, key: &str, name: &str) -> Result<Method, String> {
        let (mut settings, mut problems) = (Settings::default(), Problems::default());
        settings.set(key, name.into(), format!("/Options/{key}"));
        let method = choice.read(&mut settings.reader(&mut problems));
        method.ok_or_else(|| problems.to_string())
    }

    /// Issue 9, review 7.1, 22: for all names and formats, one meaning, and one refusal.
    #[test]
    fn every_format_knows_every_name() {
        for choice in CHOICES {
            for (name, method) in NAMES {
                for key in [choice.key, COMMON_KEY] {
                    match read(choice, key, &name.to_uppercase()) {
                        Ok(found) => assert_eq!(found, *method),
                        Err(problem) => {
                            let refused = format!(
                                "does not take, expected one of {}",
                                choice.names.join(", ")
                            );
                            assert!(problem.contains(&refused), "{problem}");
                            assert_eq!((*name, Compression::of(*method)), ("snappy", None));
                        }
                    }
                }
            }
        }
        insta::assert_snapshot!(read(&CSV, COMMON_KEY, "snappy").unwrap_err(), @"/Options/COMPRESSION: `COMPRESSION` is `snappy`, which csv does not take, expected one of none, gzip, zstd (`CSV_COMPRESSION` sets it for csv alone)");
        insta::assert_snapshot!(read(&ORC, COMMON_KEY, "snapy").unwrap_err(), @"/Options/COMPRESSION: `COMPRESSION` is the text `snapy`, expected one of zlib, snappy, zstd, none (did you mean `snappy`?)");
    }

    #[test]
    fn listings_name_what_is_taken_and_text_is_only_what_text_can_be() {
        for choice in CHOICES {
            let (last, others) = choice.names.split_last().unwrap();
            assert_eq!(choice.kind, format!("{} or {last}", others.join(", ")));
            let methods = choice.names.iter().map(|name| named(name).unwrap());
            let text = choice.format == "csv" || choice.format == "json";
            assert!(!text || methods.clone().all(|method| Compression::of(method).is_some()));
            assert_eq!(read(choice, "OTHER", "x"), Ok(named(choice.names[0]).unwrap()));
        }
    }

    #[test]
    fn segments_one_behind_the_other_are_one_file() {
        let noise: Vec<u8> =
            (0..100_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
            let mut compressor = compression.compressor().unwrap();
            let (mut file, mut expected) = (Vec::new(), Vec::new());
            for segment in [&b"a\n"[..], b"", &b"bc\n".repeat(100_000), &noise, b"d\n"] {
                file.extend(compressor.compress(segment).unwrap());
                expected.extend_from_slice(segment);
            }
            assert_eq!(read_back(compression, &file), expected, "{compression:?}");
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
