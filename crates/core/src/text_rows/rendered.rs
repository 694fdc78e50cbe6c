//! The cells of a dictionary's column, or of one of few numbers, rendered once: separator, key, quotes and
//! escapes included.
//!
//! Knows nothing of rows.

use std::hint::black_box;
use std::ops::{Range, RangeInclusive};
use std::sync::{Arc, Mutex, PoisonError};

use super::cursor::{Cursor, WIDE, Width};
use super::escape::Escape;
use crate::columns::{DataType, Dictionary};

/// Most bytes of rendered cells that a column keeps; a bigger dictionary is escaped row by row.
const MOST_BYTES: usize = 32 << 20;

/// Bits of a [`CellSpan`] that hold the length.
const LENGTH_BITS: u32 = 7;

/// The length that says: the true one stands in the four bytes before the cell.
const LONG: usize = (1 << LENGTH_BITS) - 1;

/// Cells of so many bytes stay in a first-level cache without being asked for.
const NEAR: usize = 8 << 10;

/// Entries of the memory of texts met before.
const REMEMBERED: usize = 1_024;

/// Position and length of a cell in one word, so that finding it is one load.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct CellSpan(u32);

impl CellSpan {
    /// A cell of less than 127 bytes, before the 32 MiB of a page.
    #[inline(always)]
    pub(super) fn new(start: usize, length: usize) -> Self {
        debug_assert!(length < LONG, "a cell of {length} bytes is not staged");
        Self((start << LENGTH_BITS | length) as u32)
    }

    #[inline(always)]
    pub(super) fn start(self) -> usize {
        (self.0 >> LENGTH_BITS) as usize
    }

    #[inline(always)]
    pub(super) fn length(self) -> usize {
        self.0 as usize & LONG
    }
}

/// What cells were rendered from.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// Held, so that no other dictionary can take its place in memory.
    Dictionary(Arc<Dictionary>),
    /// Numbers one after the other.
    Numbers(RangeInclusive<i64>),
}

impl Origin {
    /// Whether this is `dictionary`.
    pub(super) fn is(&self, dictionary: &Arc<Dictionary>) -> bool {
        matches!(self, Self::Dictionary(own) if Arc::ptr_eq(own, dictionary))
    }

    /// Whether all numbers of `range` are among these.
    pub(super) fn holds(&self, range: &RangeInclusive<i64>) -> bool {
        matches!(self, Self::Numbers(own) if own.contains(range.start()) && own.contains(range.end()))
    }
}

/// What decides how the cells of a column look, beside the style of their row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look<'a> {
    pub(super) data_type: DataType,
    pub(super) before: &'a [u8],
    pub(super) after: &'a [u8],
}

/// Cells that any column of the row may use.
#[derive(Debug)]
struct Shared {
    data_type: DataType,
    before: Vec<u8>,
    after: Vec<u8>,
    origin: Origin,
    cells: Arc<RenderedCells>,
}

/// The rendered cells of a row's columns, each kind once: a hundred columns of cities would else be a
/// hundred copies of the cities' names, which no cache holds.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Vec<Shared>>);

impl Pool {
    /// The cells of `dictionary`, rendered if no column has them yet; `None` when they are too many.
    pub(super) fn of_dictionary(
        &self,
        look: Look<'_>,
        dictionary: &Arc<Dictionary>,
        escape: &Escape,
    ) -> Option<(Origin, Arc<RenderedCells>)> {
        let same = |origin: &Origin| matches!(origin, Origin::Dictionary(own) if Arc::ptr_eq(own, dictionary) || own == dictionary);
        let render = || {
            let cells = RenderedCells::new(dictionary, look.before, escape, look.after)?;
            Some((Origin::Dictionary(Arc::clone(dictionary)), cells))
        };
        let (_, cells) = self.find_or_render(look, same, render)?;
        // Another dictionary of the same texts has the same cells.
        Some((Origin::Dictionary(Arc::clone(dictionary)), cells))
    }

    /// The cells of numbers that hold `least`, or newly rendered ones of `wider`; `None` when one is too long.
    pub(super) fn of_numbers(
        &self,
        look: Look<'_>,
        least: &RangeInclusive<i64>,
        wider: RangeInclusive<i64>,
        write: impl Fn(i64, &mut Cursor<'_>),
    ) -> Option<(Origin, Arc<RenderedCells>)> {
        let render = || {
            let cells = RenderedCells::of_numbers(wider.clone(), write)?;
            Some((Origin::Numbers(wider), cells))
        };
        self.find_or_render(look, |origin| origin.holds(least), render)
    }

    /// Holds the pool while cells are rendered, so that no two columns render the same.
    fn find_or_render(
        &self,
        look: Look<'_>,
        fits: impl Fn(&Origin) -> bool,
        render: impl FnOnce() -> Option<(Origin, RenderedCells)>,
    ) -> Option<(Origin, Arc<RenderedCells>)> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.iter().find(|shared| shared.look() == look && fits(&shared.origin));
        if let Some(known) = known {
            return Some((known.origin.clone(), Arc::clone(&known.cells)));
        }
        let (origin, cells) = render()?;
        let cells = Arc::new(cells);
        let Look { data_type, before, after } = look;
        let (before, after) = (before.to_vec(), after.to_vec());
        all.push(Shared {
            data_type,
            before,
            after,
            origin: origin.clone(),
            cells: Arc::clone(&cells),
        });
        Some((origin, cells))
    }
}

impl Shared {
    fn look(&self) -> Look<'_> {
        Look { data_type: self.data_type, before: &self.before, after: &self.after }
    }
}

/// The values of a column that may be few different numbers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Numbers<'a> {
    Boolean(&'a [bool]),
    Int32(&'a [i32]),
    Int64(&'a [i64]),
    Decimal(&'a [i128]),
}

impl Numbers<'_> {
    /// The least and the greatest, nulls included; `None` without values or beyond 64 bits.
    pub(super) fn range(self) -> Option<RangeInclusive<i64>> {
        fn ends<T: Copy + Ord>(values: &[T]) -> Option<(T, T)> {
            let (first, rest) = values.split_first()?;
            let widen =
                |(least, greatest): (T, T), value: &T| (least.min(*value), greatest.max(*value));
            Some(rest.iter().fold((*first, *first), widen))
        }
        let (least, greatest) = match self {
            Self::Boolean(_) => (0, 1),
            Self::Int32(values) => {
                ends(values).map(|(least, greatest)| (least.into(), greatest.into()))?
            }
            Self::Int64(values) => ends(values)?,
            Self::Decimal(values) => {
                let (least, greatest) = ends(values)?;
                (i64::try_from(least).ok()?, i64::try_from(greatest).ok()?)
            }
        };
        Some(least..=greatest)
    }
}

/// All cells of one dictionary or range, one behind the other.
#[derive(Debug)]
pub(super) struct RenderedCells {
    /// The number of the first cell; 0 for keys.
    first: i64,
    /// The cell of every key or number; keys of the same text may share one.
    spans: Vec<CellSpan>,
    /// Longer than the cells by [`WIDE`] bytes: a copy of constant width never reads beyond the end.
    bytes: Vec<u8>,
    width: Width,
}

impl RenderedCells {
    /// Renders `dictionary`; `None` when that takes more than [`MOST_BYTES`].
    fn new(dictionary: &Dictionary, before: &[u8], escape: &Escape, after: &[u8]) -> Option<Self> {
        let texts = dictionary.texts();
        let mut remembered = [u32::MAX; REMEMBERED];
        let mut spans: Vec<CellSpan> = Vec::with_capacity(texts.len());
        let mut bytes = Vec::new();
        let mut longest = 0;
        if texts.len().saturating_mul(size_of::<CellSpan>()) > MOST_BYTES {
            return None;
        }
        for (key, text) in texts.iter().enumerate() {
            // The countries of all cities are few texts: cells that are shared stay in the cache.
            let slot = &mut remembered[slot(text)];
            if let Some(span) = spans.get(*slot as usize)
                && dictionary.get(*slot) == text
            {
                spans.push(*span);
                continue;
            }
            *slot = key as u32;
            let length_at = bytes.len();
            bytes.extend_from_slice(before);
            escape.write(text, &mut bytes);
            bytes.extend_from_slice(after);
            let mut length = bytes.len() - length_at;
            longest = longest.max(length);
            if length >= LONG {
                let true_length = (length as u32).to_le_bytes();
                bytes.splice(length_at..length_at, true_length);
                length = LONG;
            }
            if bytes.len() > MOST_BYTES {
                return None;
            }
            spans.push(CellSpan((length_at << LENGTH_BITS | length) as u32));
        }
        bytes.resize(bytes.len() + WIDE, 0);
        Some(Self { first: 0, spans, bytes, width: Width::of(longest) })
    }

    /// Renders each number of `range`; `None` when one's cell is too long.
    fn of_numbers(
        range: RangeInclusive<i64>,
        write: impl Fn(i64, &mut Cursor<'_>),
    ) -> Option<Self> {
        let first = *range.start();
        let (mut spans, mut bytes, mut longest) = (Vec::new(), Vec::new(), 0);
        for value in range {
            let start = bytes.len();
            let mut cursor = Cursor::new(&mut bytes);
            write(value, &mut cursor);
            cursor.finish();
            let length = bytes.len() - start;
            if length >= LONG || bytes.len() > MOST_BYTES {
                return None;
            }
            longest = longest.max(length);
            spans.push(CellSpan::new(start, length));
        }
        bytes.resize(bytes.len() + WIDE, 0);
        Some(Self { first, spans, bytes, width: Width::of(longest) })
    }

    /// Finds the cells of `keys` and asks the memory for them.
    ///
    /// The loads do not wait for one another, as they would between the other cells of a row.
    #[inline(always)]
    pub(super) fn stage(&self, keys: &[u32], spans: &mut [CellSpan]) {
        for (key, span) in keys.iter().zip(spans.iter_mut()) {
            *span = self.spans[*key as usize];
        }
        self.touch(&spans[..keys.len()]);
    }

    #[inline(always)]
    fn touch(&self, spans: &[CellSpan]) {
        if self.bytes.len() > NEAR {
            black_box(spans.iter().fold(0, |touched, span| touched | self.bytes[span.start()]));
        }
    }

    /// The same for the numbers in `rows`; false when one of them has no cell.
    #[inline(always)]
    pub(super) fn stage_numbers(
        &self,
        numbers: Numbers<'_>,
        rows: Range<usize>,
        spans: &mut [CellSpan],
    ) -> bool {
        match numbers {
            Numbers::Boolean(values) => {
                self.stage_offsets(&values[rows], spans, |value| i64::from(value) - self.first)
            }
            Numbers::Int32(values) => self.stage_offsets(&values[rows], spans, |value| {
                i64::from(value).wrapping_sub(self.first)
            }),
            Numbers::Int64(values) => {
                self.stage_offsets(&values[rows], spans, |value| value.wrapping_sub(self.first))
            }
            Numbers::Decimal(values) => self.stage_offsets(&values[rows], spans, |value| {
                // One that 64 bits do not hold is beyond all cells.
                i64::try_from(value).map_or(-1, |value| value.wrapping_sub(self.first))
            }),
        }
    }

    /// An offset from the first number that is below 0 or beyond the last one has no cell.
    #[inline(always)]
    fn stage_offsets<T: Copy>(
        &self,
        values: &[T],
        spans: &mut [CellSpan],
        offset: impl Fn(T) -> i64,
    ) -> bool {
        for (value, span) in values.iter().zip(spans.iter_mut()) {
            let Some(found) = self.spans.get(offset(*value) as usize) else { return false };
            *span = *found;
        }
        self.touch(&spans[..values.len()]);
        true
    }

    /// All cells.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The width of the longest cell.
    pub(super) fn width(&self) -> Width {
        self.width
    }

    /// Writes the cell at `span` of `bytes`, which are cells of any width.
    #[inline(always)]
    pub(super) fn write(bytes: &[u8], span: CellSpan, cursor: &mut Cursor<'_>) {
        let (start, length) = (span.start(), span.length());
        if length == LONG {
            cursor.long(Self::long(bytes, start));
        } else {
            cursor.text(bytes, start, length, Width::Any);
        }
    }

    /// The cell of [`LONG`] or more bytes whose length stands at `start`.
    #[inline(never)]
    fn long(bytes: &[u8], start: usize) -> &[u8] {
        let (length, rest) = bytes[start..].split_at(4);
        let length = length.iter().rev().fold(0, |length, byte| length << 8 | usize::from(*byte));
        &rest[..length]
    }
}

/// Where a text is remembered: made from its length and its ends.
fn slot(text: &[u8]) -> usize {
    let word = |bytes: &[u8]| bytes.iter().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
    let ends = word(&text[..text.len().min(8)]) ^ word(&text[text.len().saturating_sub(8)..]) << 1;
    let mixed = (ends ^ text.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 40) as usize % REMEMBERED
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_rows::cursor::written;

    #[test]
    fn a_cell_is_rendered_with_all_that_stands_around_it() {
        let long = "x".repeat(1_000);
        let medium = "y".repeat(LONG - 3);
        let texts = ["a", "b\"c", "", "a", &long, &medium, "", &long];
        let dictionary = Dictionary::new(texts);
        let escape = Escape::Doubled { quote: b'"' };
        let cells = RenderedCells::new(&dictionary, b"\"", &escape, b"\",").unwrap();
        let keys: Vec<u32> = (0..texts.len() as u32).collect();
        let mut spans = vec![CellSpan::default(); texts.len()];
        cells.stage(&keys, &mut spans);
        let shown = written(|cursor| {
            for span in &spans {
                RenderedCells::write(&cells.bytes, *span, cursor);
            }
        });
        let expected: String = texts
            .iter()
            .flat_map(|text| {
                ["\"", &text.replace('"', "\"\""), "\","].concat().chars().collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(shown, expected);
        assert_eq!((spans[0], spans[2], spans[4]), (spans[3], spans[6], spans[7]));
    }

    #[test]
    fn a_dictionary_that_takes_too_much_memory_is_not_rendered() {
        let dictionary = Dictionary::new(["\u{1}".repeat(MOST_BYTES / 4)]);
        assert!(RenderedCells::new(&dictionary, b"", &Escape::Json, b"").is_none());
        assert!(
            RenderedCells::new(&dictionary, b"", &Escape::Doubled { quote: b'"' }, b"").is_some()
        );
    }
    #[test]
    fn columns_that_look_the_same_share_their_cells() {
        let (pool, escape) = (Pool::default(), Escape::Doubled { quote: b'"' });
        let look = Look { data_type: DataType::Text, before: b"\"", after: b"\"," };
        let cells = |look, dictionary: &Arc<Dictionary>| {
            let (origin, cells) = pool.of_dictionary(look, dictionary, &escape).unwrap();
            assert!(origin.is(dictionary) && !origin.is(&Dictionary::new(["a"])));
            cells
        };
        let dictionary = Dictionary::new(["a", "b"]);
        let first = cells(look, &dictionary);
        assert!(Arc::ptr_eq(&first, &cells(look, &dictionary)));
        assert!(Arc::ptr_eq(&first, &cells(look, &Dictionary::new(["a", "b"]))));
        let last = Look { after: b"\"\n", ..look };
        for other in [cells(last, &dictionary), cells(look, &Dictionary::new(["a", "c"]))] {
            assert!(!Arc::ptr_eq(&first, &other));
        }
        let numbers = |data_type, least, wider: RangeInclusive<i64>| {
            let look = Look { data_type, ..look };
            let write = |value, cursor: &mut Cursor<'_>| cursor.put(&[value as u8], 1);
            let (origin, cells) = pool.of_numbers(look, &least, wider, write).unwrap();
            assert!(origin.holds(&least));
            cells
        };
        let first = numbers(DataType::Int32, 5..=10, 2..=13);
        assert!(Arc::ptr_eq(&first, &numbers(DataType::Int32, 2..=13, 0..=15)));
        for other in
            [numbers(DataType::Int64, 5..=10, 2..=13), numbers(DataType::Int32, 5..=14, 2..=17)]
        {
            assert!(!Arc::ptr_eq(&first, &other));
        }
    }
}
