//! Texts and byte strings one behind the other, and dictionaries of them.

use std::sync::Arc;

/// Texts or byte strings one behind the other: value `i` is `data[offsets[i]..offsets[i + 1]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VarBytes {
    offsets: Vec<u32>,
    data: Vec<u8>,
}

impl Default for VarBytes {
    fn default() -> Self {
        Self::with_capacity(0, 0)
    }
}

impl VarBytes {
    /// Room for `values` values of `bytes` bytes in all.
    pub fn with_capacity(values: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(values + 1);
        offsets.push(0);
        Self { offsets, data: Vec::with_capacity(bytes) }
    }

    /// `values` values of `width` bytes each, already laid out: `data` holds their product.
    pub fn of_width(values: usize, width: usize, data: Vec<u8>) -> Self {
        debug_assert_eq!(data.len(), values * width);
        Self { offsets: (0..=values).map(|index| (index * width) as u32).collect(), data }
    }

    /// Values already laid out; `offsets` and `data` are as the methods of these names give them.
    pub(crate) fn from_parts(offsets: Vec<u32>, data: Vec<u8>) -> Self {
        debug_assert_eq!(offsets.first(), Some(&0));
        debug_assert!(offsets.is_sorted());
        debug_assert_eq!(offsets.last().map(|end| *end as usize), Some(data.len()));
        Self { offsets, data }
    }

    /// Appends one value.
    #[inline]
    pub fn push(&mut self, value: &[u8]) {
        self.data.extend_from_slice(value);
        self.close();
    }

    /// The bytes so far: append the next value's bytes here, then [`close`](Self::close) it.
    #[inline]
    pub fn open(&mut self) -> &mut Vec<u8> {
        &mut self.data
    }

    /// Ends the value whose bytes were appended through [`open`](Self::open).
    ///
    /// A block is sized so that its bytes stay far below 4 GiB (see `plan`).
    #[inline]
    pub fn close(&mut self) {
        debug_assert!(u32::try_from(self.data.len()).is_ok(), "a block's column holds below 4 GiB");
        self.offsets.push(self.data.len() as u32);
    }

    /// Number of values.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is no value.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Value `index`; panics when there is none.
    #[inline]
    pub fn get(&self, index: usize) -> &[u8] {
        &self.data[self.offsets[index] as usize..self.offsets[index + 1] as usize]
    }

    /// All values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }

    /// `len() + 1` positions in [`data`](Self::data), from 0, never falling.
    pub(crate) fn offsets(&self) -> &[u32] {
        &self.offsets
    }

    /// All bytes.
    pub fn data(&self) -> &[u8] {
        &self.data
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for VarBytes {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut all = Self::default();
        for value in values {
            all.push(value.as_ref());
        }
        all
    }
}

/// The distinct texts of a column that draws from a list: made once at plan time, shared by all blocks.
#[derive(Debug, PartialEq, Eq)]
pub struct Dictionary {
    texts: VarBytes,
    longest: usize,
}

impl Dictionary {
    /// A dictionary of UTF-8 texts; the key of a text is its position. Texts need not be distinct
    /// (the countries of all cities repeat, key by key).
    pub fn new<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Arc<Self> {
        let mut all = VarBytes::default();
        texts.into_iter().for_each(|text| all.push(text.as_ref().as_bytes()));
        Self::from_texts(all)
    }

    /// The same from texts already laid out; they must be UTF-8.
    pub(crate) fn from_texts(texts: VarBytes) -> Arc<Self> {
        debug_assert!(texts.iter().all(|text| std::str::from_utf8(text).is_ok()));
        let longest = texts.iter().map(<[u8]>::len).max().unwrap_or(0);
        Arc::new(Self { texts, longest })
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The text of `key`; panics when there is none.
    #[inline]
    pub fn get(&self, key: u32) -> &[u8] {
        self.texts.get(key as usize)
    }

    /// All texts in key order.
    pub fn texts(&self) -> &VarBytes {
        &self.texts
    }

    /// Length of the longest text in bytes.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }
}

/// Appends `data[start..start + length]`: a short part by a copy of constant width where there is as much
/// behind it, as that needs no call.
#[inline]
pub(crate) fn append_part(data: &[u8], start: usize, length: usize, out: &mut Vec<u8>) {
    const WIDE: usize = 16;
    match data[start..].first_chunk::<WIDE>() {
        Some(chunk) if length <= WIDE => {
            let end = out.len() + length;
            out.extend_from_slice(chunk);
            out.truncate(end);
        }
        _ => out.extend_from_slice(&data[start..start + length]),
    }
}
