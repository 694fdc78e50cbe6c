//! The pages of one column chunk: compressed, with their headers, one behind the other.
//!
//! Knows nothing of values; headers are written by the `parquet` crate.

use std::io::Write;

use flate2::Compression as Level;
use flate2::write::GzEncoder;
use parquet::basic::{Compression, Encoding, PageType};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use super::{EncodeError, refused};
use crate::compression::Method;

/// Of the first page, so much is compressed to see whether it pays.
const SAMPLE_BYTES: usize = 1 << 16;

/// The setting of a file; what a chunk uses may be [`Codec::None`] all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    None,
    Snappy,
    Gzip,
    Zstandard,
}

const GZIP_LEVEL: u32 = 6;
const ZSTANDARD_LEVEL: i32 = 3;

impl Codec {
    pub(super) const fn of(method: Method) -> Self {
        match method {
            Method::None => Self::None,
            Method::Deflate => Self::Gzip,
            Method::Snappy => Self::Snappy,
            Method::Zstd => Self::Zstandard,
        }
    }

    fn compression(self) -> Compression {
        match self {
            Self::None => Compression::UNCOMPRESSED,
            Self::Snappy => Compression::SNAPPY,
            // The file does not tell the level.
            Self::Gzip => Compression::GZIP(parquet::basic::GzipLevel::default()),
            Self::Zstandard => Compression::ZSTD(parquet::basic::ZstdLevel::default()),
        }
    }

    fn compress(self, body: &[u8]) -> Result<Vec<u8>, EncodeError> {
        match self {
            Self::None => Ok(body.to_vec()),
            Self::Snappy => snap::raw::Encoder::new().compress_vec(body).map_err(refused),
            Self::Gzip => {
                let mut encoder =
                    GzEncoder::new(Vec::with_capacity(body.len() / 2), Level::new(GZIP_LEVEL));
                encoder.write_all(body).map_err(refused)?;
                encoder.finish().map_err(refused)
            }
            Self::Zstandard => zstd::bulk::compress(body, ZSTANDARD_LEVEL).map_err(refused),
        }
    }

    /// This codec where it saves at least a tenth of `body`'s beginning. Snappy on random numbers
    /// costs more than everything else of a column and saves nothing.
    fn worthwhile(self, body: &[u8]) -> Result<Self, EncodeError> {
        let sample = &body[..body.len().min(SAMPLE_BYTES)];
        let pays = self != Self::None && self.compress(sample)?.len() * 10 <= sample.len() * 9;
        Ok(if pays { self } else { Self::None })
    }
}

/// What is in the pages so far.
#[derive(Debug)]
pub(super) struct Pages {
    codec: Codec,
    /// What this chunk uses, once it is known.
    chosen: Option<Codec>,
    bytes: Vec<u8>,
    rows: u64,
    /// Size of the pages as if not compressed, with their headers.
    plain_bytes: u64,
    /// Number of plain pages and of pages of dictionary indices.
    counts: [i32; 2],
}

/// A chunk that is complete.
#[derive(Debug)]
pub(super) struct Chunk<'a> {
    pub(super) descriptor: ColumnDescPtr,
    pub(super) statistics: Statistics,
    /// The dictionary page's values, plain, and their number.
    pub(super) dictionary: Option<(&'a [u8], usize)>,
}

impl Pages {
    pub(super) fn new(codec: Codec) -> Self {
        Self { codec, chosen: None, bytes: Vec::new(), rows: 0, plain_bytes: 0, counts: [0; 2] }
    }

    /// Adds a data page of `rows` rows, nulls included.
    pub(super) fn push(
        &mut self,
        body: &[u8],
        rows: usize,
        encoding: Encoding,
    ) -> Result<(), EncodeError> {
        let indexed = encoding == Encoding::RLE_DICTIONARY;
        let chosen = match self.chosen {
            Some(chosen) => chosen,
            // Indices are few bytes, and their dictionary is worth compressing.
            None if indexed => self.codec,
            None => self.codec.worthwhile(body)?,
        };
        self.chosen = Some(chosen);
        let page = Page::DataPage {
            buf: chosen.compress(body)?.into(),
            num_values: rows as u32,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        self.plain_bytes += write(page, body.len(), &mut self.bytes)?;
        self.rows += rows as u64;
        self.counts[usize::from(indexed)] += 1;
        Ok(())
    }

    /// Appends the chunk to `out`, the dictionary page first, and starts the next one.
    pub(super) fn finish(
        &mut self,
        chunk: Chunk<'_>,
        out: &mut Vec<u8>,
    ) -> Result<ColumnCloseResult, EncodeError> {
        let codec = self.chosen.take().unwrap_or(self.codec);
        let rows = std::mem::take(&mut self.rows);
        let mut plain_bytes = std::mem::take(&mut self.plain_bytes);
        let counts = std::mem::take(&mut self.counts);
        let start = out.len();
        if let Some((values, count)) = chunk.dictionary {
            let page = Page::DictionaryPage {
                buf: codec.compress(values)?.into(),
                num_values: count as u32,
                encoding: Encoding::PLAIN,
                is_sorted: false,
            };
            plain_bytes += write(page, values.len(), out)?;
        }
        let data_start = out.len();
        out.extend_from_slice(&self.bytes);
        // Its memory serves the next chunk: fresh memory costs more than filling it.
        self.bytes.clear();

        let mut encodings = vec![Encoding::PLAIN, Encoding::RLE];
        let statistics_of =
            |page_type, encoding, count| PageEncodingStats { page_type, encoding, count };
        let mut page_counts = Vec::new();
        if chunk.dictionary.is_some() {
            encodings.push(Encoding::RLE_DICTIONARY);
            page_counts.push(statistics_of(PageType::DICTIONARY_PAGE, Encoding::PLAIN, 1));
        }
        for (encoding, count) in [Encoding::PLAIN, Encoding::RLE_DICTIONARY].into_iter().zip(counts)
        {
            if count > 0 {
                page_counts.push(statistics_of(PageType::DATA_PAGE, encoding, count));
            }
        }
        let compressed_bytes = (out.len() - start) as u64;
        let metadata = ColumnChunkMetaData::builder(chunk.descriptor)
            .set_compression(codec.compression())
            .set_encodings(encodings)
            .set_num_values(rows as i64)
            .set_total_compressed_size(compressed_bytes as i64)
            .set_total_uncompressed_size(plain_bytes as i64)
            .set_dictionary_page_offset(chunk.dictionary.map(|_| start as i64))
            .set_data_page_offset(data_start as i64)
            .set_page_encoding_stats(page_counts)
            .set_statistics(chunk.statistics)
            .build()
            .map_err(refused)?;
        Ok(ColumnCloseResult {
            bytes_written: compressed_bytes,
            rows_written: rows,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        })
    }
}

/// Appends a page with its header; answers the bytes that both would take uncompressed.
fn write(page: Page, plain_bytes: usize, out: &mut Vec<u8>) -> Result<u64, EncodeError> {
    let mut sink = TrackedWrite::new(out);
    let page = CompressedPage::new(page, plain_bytes);
    let specification = SerializedPageWriter::new(&mut sink).write_page(page).map_err(refused)?;
    sink.flush().map_err(refused)?;
    Ok(specification.uncompressed_size as u64)
}
