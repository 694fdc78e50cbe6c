//! Tables of the embedded data: an index by country, records of one width, and the texts that they measure.
//!
//! Written by `build/blob.py`. The index is checked while compiling, so files that were cut or mixed up do not
//! compile. Knows nothing of what the records mean.

use super::countries::{COUNTRY_COUNT, Country};

const INDEX_ENTRY: usize = 16;
const INDEX_BYTES: usize = COUNTRY_COUNT * INDEX_ENTRY;

/// Records of `WIDTH` bytes, grouped by country.
#[derive(Debug)]
pub(super) struct Table<const WIDTH: usize> {
    index: &'static [[u8; INDEX_ENTRY]],
    records: &'static [[u8; WIDTH]],
    /// The entries' texts, each closed by one separator.
    text: &'static str,
}

/// What belongs to one country: first record, records, first byte of text, bytes of text.
struct Extent {
    record: usize,
    records: usize,
    text: usize,
    bytes: usize,
}

impl Extent {
    const fn decode(entry: &[u8; INDEX_ENTRY]) -> Self {
        let (words, _) = entry.as_chunks::<4>();
        Self {
            record: u32::from_le_bytes(words[0]) as usize,
            records: u32::from_le_bytes(words[1]) as usize,
            text: u32::from_le_bytes(words[2]) as usize,
            bytes: u32::from_le_bytes(words[3]) as usize,
        }
    }
}

impl<const WIDTH: usize> Table<WIDTH> {
    /// A table of these two files; evaluated while compiling, where a failed assertion is a compiler error.
    pub(super) const fn new(bytes: &'static [u8], text: &'static str) -> Self {
        assert!(bytes.len() > INDEX_BYTES, "no records");
        let (index, records) = bytes.split_at(INDEX_BYTES);
        let (index, _) = index.as_chunks::<INDEX_ENTRY>();
        let (records, rest) = records.as_chunks::<WIDTH>();
        assert!(rest.is_empty(), "a record is cut");
        let mut country = 0;
        while country < COUNTRY_COUNT {
            let extent = Extent::decode(&index[country]);
            assert!(extent.record + extent.records <= records.len(), "records are missing");
            assert!(extent.text + extent.bytes <= text.len(), "text is missing");
            country += 1;
        }
        Self { index, records, text }
    }

    /// The records of a country and the reader of their texts, in the same order.
    pub(super) fn of(&self, country: Country) -> (&'static [[u8; WIDTH]], Texts) {
        let extent = Extent::decode(&self.index[country.index()]);
        let records = &self.records[extent.record..extent.record + extent.records];
        // The extents were checked by `new`, but not that they cut the text between two letters.
        let text = self.text.get(extent.text..extent.text + extent.bytes).unwrap_or("");
        (records, Texts { left: text })
    }

    /// How many records all of `countries` have.
    pub(super) fn count(&self, countries: &[Country]) -> usize {
        countries.iter().map(|country| self.of(*country).0.len()).sum()
    }
}

/// Cuts texts of known lengths off the front.
#[derive(Debug)]
pub(super) struct Texts {
    left: &'static str,
}

impl Texts {
    /// The next `bytes` of text, and one separator skipped; empty at the end.
    #[inline]
    pub(super) fn take(&mut self, bytes: u8) -> &'static str {
        let (text, left) = self.left.split_at_checked(usize::from(bytes)).unwrap_or(("", ""));
        self.left = left.get(1..).unwrap_or("");
        text
    }

    /// Whether every byte was read.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }
}
