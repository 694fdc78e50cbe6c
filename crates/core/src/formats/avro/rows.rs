//! Rows in Avro's binary encoding (specification 1.12, "Binary Encoding"), made from columns.
//!
//! Rows are written through a small buffer that stays in the cache: its room is checked once for many
//! rows, so that a cell costs a copy of fixed width and an addition. Texts of a dictionary are encoded
//! once, with the length (and the union's branch) in front.
//!
//! Knows nothing of containers, schemas or codecs.

use std::sync::Arc;

use super::InstantUnit;
use crate::columns::{Block, Column, DataType, Dictionary, Schema, Values, VarBytes, uuid_text};
use crate::formats::EncodeError;

/// Most bytes that a cell of fixed width may write behind its own end.
const SLACK: usize = 64;

/// Rows between two checks of the buffer's room.
const MOST_ROWS: usize = 256;

/// The buffer should stay well inside the second-level cache.
const BUFFER_BYTES: usize = 1 << 16;

/// Encoded entries shorter than a slot are copied whole, whatever their length, which stands in the last
/// byte. Short slots keep a dictionary of tens of thousands of texts in the cache.
const SHORT_SLOT: usize = 16;
const LONG_SLOT: usize = 32;

/// Branch of a nullable column's union, zig-zag encoded: `null` is the first, the value the second.
const NULL: u8 = 0;
const VALUE: u8 = 2;

/// Encodes blocks of one schema; keeps encoded dictionaries from block to block.
#[derive(Debug)]
pub(in crate::formats) struct RowWriter {
    schema: Arc<Schema>,
    unit: InstantUnit,
    kept: Vec<Kept>,
    buffer: Vec<u8>,
}

/// What a column's cells are written from beside its values.
#[derive(Debug, Default)]
struct Kept {
    entries: Option<Entries>,
    /// Points in time of the block as milliseconds, where the file counts these.
    millis: Option<Vec<i64>>,
}

/// A dictionary with every entry encoded as a cell.
#[derive(Debug)]
struct Entries {
    dictionary: Arc<Dictionary>,
    encoded: Encoded,
}

#[derive(Debug)]
enum Encoded {
    Short(Vec<[u8; SHORT_SLOT]>),
    Long(Vec<[u8; LONG_SLOT]>),
    /// Entries of any length.
    Any(VarBytes),
}

/// The cells of one column in a block.
struct Cells<'a> {
    /// Whether the union's branch is written in front of a value; entries of dictionaries carry it.
    branch: bool,
    validity: Option<&'a [bool]>,
    values: CellValues<'a>,
}

enum CellValues<'a> {
    Boolean(&'a [bool]),
    Int(&'a [i32]),
    Long(&'a [i64]),
    Float(&'a [f32]),
    Double(&'a [f64]),
    Decimal(&'a [i128]),
    Uuid(&'a [u128]),
    Bytes(&'a VarBytes),
    ShortSlots { keys: &'a [u32], slots: &'a [[u8; SHORT_SLOT]] },
    LongSlots { keys: &'a [u32], slots: &'a [[u8; LONG_SLOT]] },
    Entries { keys: &'a [u32], entries: &'a VarBytes },
}

impl RowWriter {
    pub(in crate::formats) fn new(schema: Arc<Schema>, unit: InstantUnit) -> Self {
        let kept = schema.columns.iter().map(|_| Kept::default()).collect();
        Self { schema, unit, kept, buffer: Vec::new() }
    }

    /// Appends the rows of `block` to `out`.
    pub(super) fn append(&mut self, block: &Block, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.append_each(block, out, |_| {})
    }

    /// Appends the rows of `block` to `out`, and tells where each of them ends there.
    #[inline(always)]
    pub(in crate::formats) fn append_each(
        &mut self,
        block: &Block,
        out: &mut Vec<u8>,
        mut ended: impl FnMut(usize),
    ) -> Result<(), EncodeError> {
        let Self { schema, unit, kept, buffer } = self;
        for ((column, info), kept) in block.columns.iter().zip(&schema.columns).zip(&mut *kept) {
            kept.entries(column, info.nullable);
            kept.millis(column, *unit);
        }
        let mut row = Vec::with_capacity(schema.columns.len());
        for (index, info) in schema.columns.iter().enumerate() {
            let cells = block
                .columns
                .get(index)
                .filter(|column| column.len() == block.rows.count)
                .and_then(|column| cells(column, info.data_type, info.nullable, &kept[index]))
                .ok_or_else(|| EncodeError::Mismatch { column: info.name.clone() })?;
            row.push(cells);
        }

        let fixed: usize = row.iter().map(Cells::fixed_bytes).sum();
        let average: usize =
            row.iter().map(|cells| cells.variable_bytes(0, block.rows.count)).sum::<usize>()
                / block.rows.count.max(1);
        let step = (BUFFER_BYTES / (fixed + average).max(1)).clamp(1, MOST_ROWS);
        let mut first = 0;
        while first < block.rows.count {
            let end = block.rows.count.min(first + step);
            let variable: usize = row.iter().map(|cells| cells.variable_bytes(first, end)).sum();
            let room = (end - first) * fixed + variable + SLACK;
            if buffer.len() < room {
                buffer.resize(room, 0);
            }
            let mut at = 0;
            for index in first..end {
                for cells in &row {
                    at = cells.write(index, buffer, at);
                }
                ended(out.len() + at);
            }
            out.extend_from_slice(&buffer[..at]);
            first = end;
        }
        Ok(())
    }
}

impl Kept {
    /// Encodes the column's dictionary unless it is kept already.
    fn entries(&mut self, column: &Column, branch: bool) {
        let Values::Choice { dictionary, .. } = &column.values else { return };
        if self.entries.as_ref().is_some_and(|kept| Arc::ptr_eq(&kept.dictionary, dictionary)) {
            return;
        }
        // In front of a text of a slot stand the branch and one byte of length, behind it the slot's own.
        let encoded = match dictionary.longest() + 3 {
            needed if needed <= SHORT_SLOT => Encoded::Short(slots(dictionary, branch)),
            needed if needed <= LONG_SLOT => Encoded::Long(slots(dictionary, branch)),
            _ => {
                let bytes = dictionary.texts().data().len() + 3 * dictionary.len();
                let mut entries = VarBytes::with_capacity(dictionary.len(), bytes);
                for text in dictionary.texts().iter() {
                    push_entry(text, branch, entries.open());
                    entries.close();
                }
                Encoded::Any(entries)
            }
        };
        self.entries = Some(Entries { dictionary: dictionary.clone(), encoded });
    }

    /// Counts the column's points in time in milliseconds, rounded down, where `unit` says so.
    fn millis(&mut self, column: &Column, unit: InstantUnit) {
        let Values::Instant(values) = &column.values else { return };
        if unit == InstantUnit::Millis {
            let millis = self.millis.get_or_insert_default();
            millis.clear();
            millis.extend(values.iter().map(|micros| micros.div_euclid(1_000)));
        }
    }
}

fn slots<const N: usize>(dictionary: &Dictionary, branch: bool) -> Vec<[u8; N]> {
    let mut entry = Vec::with_capacity(N);
    let slot = |text: &[u8]| {
        entry.clear();
        push_entry(text, branch, &mut entry);
        let mut slot = [0; N];
        slot[..entry.len()].copy_from_slice(&entry);
        slot[N - 1] = entry.len() as u8;
        slot
    };
    dictionary.texts().iter().map(slot).collect()
}

fn push_entry(text: &[u8], branch: bool, entry: &mut Vec<u8>) {
    if branch {
        entry.push(VALUE);
    }
    push_long(entry, text.len() as i64);
    entry.extend_from_slice(text);
}

/// The cells of `column`, `None` where its values do not fit the declared type.
fn cells<'a>(
    column: &'a Column,
    data_type: DataType,
    nullable: bool,
    kept: &'a Kept,
) -> Option<Cells<'a>> {
    let validity = column.validity.as_deref();
    if validity.is_some_and(|validity| {
        validity.len() != column.len() || (!nullable && validity.contains(&false))
    }) {
        return None;
    }
    let values = match (data_type, &column.values) {
        (DataType::Boolean, Values::Boolean(values)) => CellValues::Boolean(values),
        (DataType::Int32, Values::Int32(values)) | (DataType::Date, Values::Date(values)) => {
            CellValues::Int(values)
        }
        (DataType::Int64, Values::Int64(values))
        | (DataType::EpochMillis, Values::EpochMillis(values)) => CellValues::Long(values),
        (DataType::Instant, Values::Instant(values)) => {
            CellValues::Long(kept.millis.as_deref().unwrap_or(values))
        }
        (DataType::Float32, Values::Float32(values)) => CellValues::Float(values),
        (DataType::Float64, Values::Float64(values)) => CellValues::Double(values),
        (DataType::Decimal { .. }, Values::Decimal(values)) => CellValues::Decimal(values),
        (DataType::Text, Values::Text(values)) | (DataType::Bytes, Values::Bytes(values)) => {
            CellValues::Bytes(values)
        }
        (DataType::Text, Values::Uuid(values)) => CellValues::Uuid(values),
        (DataType::Text, Values::Choice { keys, .. }) => match &kept.entries.as_ref()?.encoded {
            Encoded::Short(slots) => CellValues::ShortSlots { keys, slots },
            Encoded::Long(slots) => CellValues::LongSlots { keys, slots },
            Encoded::Any(entries) => CellValues::Entries { keys, entries },
        },
        _ => return None,
    };
    let branch = nullable && !matches!(column.values, Values::Choice { .. });
    Some(Cells { branch, validity, values })
}

impl Cells<'_> {
    /// Most bytes that a cell takes, beside [`variable_bytes`](Self::variable_bytes).
    fn fixed_bytes(&self) -> usize {
        // The byte of a null or of the branch, and the cell.
        1 + match &self.values {
            CellValues::Boolean(_) => 1,
            CellValues::Int(_) | CellValues::Bytes(_) | CellValues::Entries { .. } => 5,
            CellValues::Float(_) => 4,
            CellValues::Double(_) => 8,
            CellValues::Long(_) => 10,
            CellValues::Decimal(_) => 17,
            CellValues::Uuid(_) => 37,
            CellValues::ShortSlots { .. } => SHORT_SLOT,
            CellValues::LongSlots { .. } => LONG_SLOT,
        }
    }

    /// Bytes that the values of some rows take, where that differs from row to row.
    fn variable_bytes(&self, first: usize, end: usize) -> usize {
        match &self.values {
            CellValues::Bytes(values) => (values.offsets()[end] - values.offsets()[first]) as usize,
            CellValues::Entries { keys, entries } => {
                keys[first..end].iter().map(|key| entries.get(*key as usize).len()).sum()
            }
            _ => 0,
        }
    }

    /// Writes the cell of `row` at `out[at..]` and answers where it ends.
    ///
    /// `out` has [`SLACK`] bytes behind everything that is written.
    #[inline]
    fn write(&self, row: usize, out: &mut [u8], at: usize) -> usize {
        let mut at = at;
        if let Some(validity) = self.validity
            && !validity[row]
        {
            out[at] = NULL;
            return at + 1;
        }
        if self.branch {
            out[at] = VALUE;
            at += 1;
        }
        match &self.values {
            CellValues::Boolean(values) => put(out, at, [u8::from(values[row])], 1),
            CellValues::Int(values) => put_long(out, at, i64::from(values[row])),
            CellValues::Long(values) => put_long(out, at, values[row]),
            CellValues::Float(values) => put(out, at, values[row].to_le_bytes(), 4),
            CellValues::Double(values) => put(out, at, values[row].to_le_bytes(), 8),
            CellValues::Decimal(values) => put_decimal(out, at, values[row]),
            CellValues::Uuid(values) => {
                out[at] = 72; // 36, zig-zag encoded
                put(out, at + 1, uuid_text(values[row]), 36)
            }
            CellValues::Bytes(values) => {
                let length = values.offsets()[row + 1] - values.offsets()[row];
                let at = put_long(out, at, i64::from(length));
                put_bytes(out, at, values, row)
            }
            CellValues::ShortSlots { keys, slots } => {
                let slot = slots[keys[row] as usize];
                put(out, at, slot, usize::from(slot[SHORT_SLOT - 1]))
            }
            CellValues::LongSlots { keys, slots } => {
                let slot = slots[keys[row] as usize];
                put(out, at, slot, usize::from(slot[LONG_SLOT - 1]))
            }
            CellValues::Entries { keys, entries } => {
                put_bytes(out, at, entries, keys[row] as usize)
            }
        }
    }
}

/// Copies all of `bytes`, of which `length` count.
#[inline]
fn put<const N: usize>(out: &mut [u8], at: usize, bytes: [u8; N], length: usize) -> usize {
    out[at..at + N].copy_from_slice(&bytes);
    at + length
}

/// Value `index` as it stands, the short ones by a copy of fixed width.
#[inline]
fn put_bytes(out: &mut [u8], at: usize, values: &VarBytes, index: usize) -> usize {
    let start = values.offsets()[index] as usize;
    let length = values.offsets()[index + 1] as usize - start;
    if length <= 32 && start + 32 <= values.data().len() {
        out[at..at + 32].copy_from_slice(&values.data()[start..start + 32]);
    } else {
        out[at..at + length].copy_from_slice(&values.data()[start..start + length]);
    }
    at + length
}

/// A zig-zag number of variable length: seven bits a byte, the lowest first.
#[inline]
fn put_long(out: &mut [u8], at: usize, value: i64) -> usize {
    const CONTINUED: u64 = 0x8080_8080_8080_8080;
    let number = ((value << 1) ^ (value >> 63)) as u64;
    // Eight groups of seven bits, one to a byte, by halving.
    let low = number & 0x00ff_ffff_ffff_ffff;
    let low = (low & 0x0fff_ffff) | ((low & 0x00ff_ffff_f000_0000) << 4);
    let low = (low & 0x0000_3fff_0000_3fff) | ((low & 0x0fff_c000_0fff_c000) << 2);
    let low = (low & 0x007f_007f_007f_007f) | ((low & 0x3f80_3f80_3f80_3f80) << 1);
    if number < 1 << 56 {
        let bytes = ((64 - (number | 1).leading_zeros()) as usize).div_ceil(7);
        let continued = CONTINUED & !(u64::MAX << (8 * (bytes - 1)));
        return put(out, at, (low | continued).to_le_bytes(), bytes);
    }
    let at = put(out, at, (low | CONTINUED).to_le_bytes(), 8);
    let high = (number >> 56) as u8;
    put(out, at, [high, 1], if high < 0x80 { 1 } else { 2 })
}

/// The same at the end of `out`.
pub(super) fn push_long(out: &mut Vec<u8>, value: i64) {
    let mut bytes = [0; 16];
    let length = put_long(&mut bytes, 0, value);
    out.extend_from_slice(&bytes[..length]);
}

/// The fewest bytes of two's complement that hold the digits, highest first, their number in front.
#[inline]
fn put_decimal(out: &mut [u8], at: usize, digits: i128) -> usize {
    let bits = 129 - (digits ^ (digits >> 127)).leading_zeros() as usize;
    let bytes = bits.div_ceil(8);
    out[at] = 2 * bytes as u8;
    put(out, at + 1, (digits << (8 * (16 - bytes))).to_be_bytes(), bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::samples;

    /// The specification's loop, as a referee.
    fn plain(value: i64) -> Vec<u8> {
        let mut number = ((value << 1) ^ (value >> 63)) as u64;
        let mut bytes = Vec::new();
        while number >= 0x80 {
            bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        bytes.push(number as u8);
        bytes
    }

    fn long(value: i64) -> Vec<u8> {
        let mut bytes = Vec::new();
        push_long(&mut bytes, value);
        bytes
    }

    #[test]
    fn numbers_around_every_power_of_two_are_encoded_as_the_specification_says() {
        for shift in 0..64 {
            for near in -2..=2_i64 {
                let value = (1_i64 << shift).wrapping_add(near);
                assert_eq!(long(value), plain(value), "{value}");
                assert_eq!(long(value.wrapping_neg()), plain(value.wrapping_neg()), "-{value}");
            }
        }
        for value in [i64::MIN, i64::MAX] {
            assert_eq!(long(value), plain(value), "{value}");
        }
    }

    /// For all lengths around the bounds of slots, of copies of fixed width and of bytes of a length, plain and
    /// from a dictionary, with the union's branch and without: every text is whole and nothing is between them.
    #[test]
    fn texts_of_every_length_are_written_whole() {
        let around = [0, 12, 16, 28, 32, 63, 64, 127, 128, 8_191, 65_536, 1_048_575];
        let lengths = around.iter().flat_map(|length: &usize| length.saturating_sub(3)..length + 4);
        // Long ones first, in between and last, where nothing lies behind the values.
        let lengths: Vec<usize> =
            lengths.clone().chain(lengths.rev()).chain([0, 1, 31, 2]).collect();
        let text = |index: usize, length: usize| -> Vec<u8> {
            (0..length).map(|at| b'a' + ((at + index) % 26) as u8).collect()
        };
        let texts: Vec<Vec<u8>> =
            lengths.iter().enumerate().map(|(index, length)| text(index, *length)).collect();
        let plain_texts = Values::Text(texts.iter().collect());
        let chosen = |most: usize| {
            let short: Vec<_> = texts.iter().filter(|text| text.len() <= most).collect();
            let dictionary = Dictionary::from_texts(short.iter().collect());
            let keys = Arc::new((0..short.len() as u32).collect());
            (Values::Choice { keys, dictionary }, short.into_iter().cloned().collect())
        };
        let cases = [
            (plain_texts, texts.clone()),
            chosen(SHORT_SLOT - 3),
            chosen(SHORT_SLOT - 2),
            chosen(LONG_SLOT - 3),
            chosen(LONG_SLOT - 2),
            chosen(usize::MAX),
        ];
        for (values, texts) in cases {
            for nullable in [false, true] {
                let column = samples::info("t", DataType::Text, nullable);
                let schema = Arc::new(Schema::of(vec![column]));
                let block = Block {
                    rows: crate::columns::Rows { first: 0, count: texts.len() },
                    columns: vec![Arc::new(Column::new(values.clone()))],
                };
                let (mut out, mut ends) = (Vec::new(), Vec::new());
                let mut writer = RowWriter::new(schema, InstantUnit::Micros);
                writer.append_each(&block, &mut out, |end| ends.push(end)).unwrap();
                let mut expected = Vec::new();
                for (text, end) in texts.iter().zip(&ends) {
                    if nullable {
                        expected.push(VALUE);
                    }
                    expected.extend(plain(text.len() as i64));
                    expected.extend(text);
                    assert_eq!(expected.len(), *end, "{} bytes", text.len());
                }
                assert!(expected == out, "nullable {nullable}");
            }
        }
    }

    proptest::proptest! {
        /// For all numbers: the bytes are those of the specification's loop.
        #[test]
        fn any_number_is_encoded_as_the_specification_says(value: i64) {
            proptest::prop_assert_eq!(long(value), plain(value));
        }

        /// For all numbers: the bytes, sign-extended, are the number, and none is left out in vain.
        #[test]
        fn any_decimal_is_shortest_two_s_complement(digits: i128, shift in 0..128_u32) {
            let digits = digits >> shift;
            let mut out = [0; 64];
            let end = put_decimal(&mut out, 0, digits);
            proptest::prop_assert_eq!(usize::from(out[0]), 2 * (end - 1));
            let bytes = &out[1..end];
            let mut wide = [if bytes[0] & 0x80 == 0 { 0 } else { 0xff }; 16];
            wide[16 - bytes.len()..].copy_from_slice(bytes);
            proptest::prop_assert_eq!(i128::from_be_bytes(wide), digits);
            let needless = bytes.len() > 1 && matches!((bytes[0], bytes[1] >> 7), (0, 0) | (0xff, 1));
            proptest::prop_assert!(!needless);
        }
    }
}
