//! Parquet's RLE / bit-packing hybrid (format specification, "Encodings", RLE = 3): the form of
//! dictionary indices, definition levels and, without its header, of booleans.
//!
//! A page becomes a single run: one repeated value, or everything bit-packed. What else a codec finds
//! in it, it finds better than run lengths do.

/// Bits that hold every index below `count`.
pub(super) fn bit_width(count: usize) -> u32 {
    usize::BITS - count.saturating_sub(1).leading_zeros()
}

/// Appends `values`, each below `2^width`, as one run with its header.
pub(super) fn push_run(values: &[u32], width: u32, out: &mut Vec<u8>) {
    let Some(first) = values.first() else { return };
    if values.iter().all(|value| value == first) {
        push_varint(values.len() as u64 * 2, out);
        out.extend_from_slice(&first.to_le_bytes()[..width.div_ceil(8) as usize]);
    } else {
        push_varint(values.len().div_ceil(8) as u64 * 2 + 1, out);
        push_packed(values.iter().copied(), width, out);
    }
}

/// Appends `values` in `width` bits each, lowest bits first, filled with zeros to a multiple of eight
/// values.
pub(super) fn push_packed(
    values: impl ExactSizeIterator<Item = u32>,
    width: u32,
    out: &mut Vec<u8>,
) {
    let end = out.len() + values.len().div_ceil(8) * width as usize;
    out.reserve(end - out.len() + 8);
    let (mut bits, mut filled) = (0_u64, 0);
    for value in values {
        // At most 31 bits wait here.
        bits |= u64::from(value) << filled;
        filled += width;
        if filled >= 32 {
            out.extend_from_slice(&(bits as u32).to_le_bytes());
            bits >>= 32;
            filled -= 32;
        }
    }
    out.extend_from_slice(&bits.to_le_bytes());
    out.resize(end, 0);
}

/// Appends the definition levels of a data page: their size, then one bit a row, 1 for a value.
pub(super) fn push_levels(present: &[bool], out: &mut Vec<u8>) {
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    let all = present.iter().all(|value| *value);
    if all || !present.contains(&true) {
        push_varint(present.len() as u64 * 2, out);
        out.push(u8::from(all));
    } else {
        push_varint(present.len().div_ceil(8) as u64 * 2 + 1, out);
        push_packed(present.iter().map(|value| u32::from(*value)), 1, out);
    }
    let size = (out.len() - at - 4) as u32;
    out[at..at + 4].copy_from_slice(&size.to_le_bytes());
}

fn push_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_packs_as_it_says() {
        let mut out = Vec::new();
        push_run(&[0, 1, 2, 3, 4, 5, 6, 7], 3, &mut out);
        assert_eq!(out, [0b11, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
    }

    proptest::proptest! {
        /// For all widths and values: value `i` stands in the bits from `i * width` on.
        #[test]
        fn every_value_stands_at_its_bits(width in 1..=32_u32, values: Vec<u32>) {
            let values: Vec<u32> = values.iter().map(|value| value >> (32 - width)).collect();
            let mut out = Vec::new();
            push_packed(values.iter().copied(), width, &mut out);
            proptest::prop_assert_eq!(out.len(), values.len().div_ceil(8) * width as usize);
            for (index, value) in values.iter().enumerate() {
                let bits = (0..width).map(|bit| {
                    let at = index * width as usize + bit as usize;
                    u32::from(out[at / 8] >> (at % 8) & 1) << bit
                });
                proptest::prop_assert_eq!(bits.sum::<u32>(), *value);
            }
        }
    }

    #[test]
    fn widths_hold_the_largest_index_and_no_more() {
        let widths = [0, 1, 2, 3, 4, 5, 256, 257].map(bit_width);
        assert_eq!(widths, [0, 0, 1, 2, 2, 3, 8, 9]);
    }
}
