//! Hexadecimal text: byte strings in upper case, uuids in lower case.
//!
//! Thirty-two digits at a time, without a table and without a branch: in SSE2 registers where every
//! processor of the architecture has them, in 64-bit words elsewhere.
//!
//! Knows nothing of columns.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    _mm_add_epi8, _mm_and_si128, _mm_cmpgt_epi8, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_set1_epi8,
    _mm_srli_epi16, _mm_unpackhi_epi8, _mm_unpackhi_epi64, _mm_unpacklo_epi8,
};

use super::cursor::Cursor;

/// Added to a digit's value above nine: the distance from `9` to the letter `A`.
const UPPER: u8 = b'A' - b'9' - 1;
/// The distance from `9` to the letter `a`.
const LOWER: u8 = b'a' - b'9' - 1;

/// The 32 digits of `value`, eight a word, the first one in the lowest byte of the first word.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[expect(unsafe_code, reason = "a uuid column takes 13 ns a row instead of 21")]
fn digits<const LETTERS: u8>(value: u128) -> [u64; 4] {
    // SAFETY: SSE2 belongs to the architecture, every x86-64 processor has it.
    unsafe { digits_in_registers::<LETTERS>(value) }
}

/// [`digits`] in vector registers.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "sse2")]
fn digits_in_registers<const LETTERS: u8>(value: u128) -> [u64; 4] {
    let (high, low) = ((value >> 64) as u64, value as u64);
    let bytes = _mm_set_epi64x(low.swap_bytes() as i64, high.swap_bytes() as i64);
    let fifteen = _mm_set1_epi8(15);
    let high = _mm_and_si128(_mm_srli_epi16::<4>(bytes), fifteen);
    let low = _mm_and_si128(bytes, fifteen);
    let text = |digits| {
        let letters = _mm_cmpgt_epi8(digits, _mm_set1_epi8(9));
        let letters = _mm_and_si128(letters, _mm_set1_epi8(LETTERS as i8));
        let text = _mm_add_epi8(_mm_add_epi8(digits, _mm_set1_epi8(b'0' as i8)), letters);
        let second = _mm_unpackhi_epi64(text, text);
        [_mm_cvtsi128_si64(text) as u64, _mm_cvtsi128_si64(second) as u64]
    };
    let [first, second] = text(_mm_unpacklo_epi8(high, low));
    let [third, fourth] = text(_mm_unpackhi_epi8(high, low));
    [first, second, third, fourth]
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn digits<const LETTERS: u8>(value: u128) -> [u64; 4] {
    digits_in_words::<LETTERS>(value)
}

/// [`digits`] without vector registers.
#[cfg(any(test, not(target_arch = "x86_64")))]
#[inline(always)]
fn digits_in_words<const LETTERS: u8>(value: u128) -> [u64; 4] {
    const EACH: u64 = 0x0101_0101_0101_0101;
    [96, 64, 32, 0].map(|shift| {
        let bytes = u64::from(((value >> shift) as u32).swap_bytes());
        let pairs = (bytes | bytes << 16) & 0x0000_ffff_0000_ffff;
        let bytes = (pairs | pairs << 8) & 0x00ff_00ff_00ff_00ff;
        let digits = (bytes >> 4 | bytes << 8) & (15 * EACH);
        let above_nine = ((digits + 6 * EACH) >> 4) & EACH;
        digits + u64::from(b'0') * EACH + above_nine * u64::from(LETTERS)
    })
}

/// Writes bytes as upper-case digits, two per byte.
#[inline(always)]
pub(super) fn upper(cursor: &mut Cursor<'_>, bytes: &[u8]) {
    let (chunks, rest) = bytes.as_chunks::<16>();
    for chunk in chunks {
        for word in digits::<UPPER>(u128::from_be_bytes(*chunk)) {
            cursor.put(&word.to_le_bytes(), 8);
        }
    }
    let mut chunk = [0; 16];
    chunk[..rest.len()].copy_from_slice(rest);
    let mut left = 2 * rest.len();
    for word in digits::<UPPER>(u128::from_be_bytes(chunk)) {
        cursor.put(&word.to_le_bytes(), left.min(8));
        left = left.saturating_sub(8);
    }
}

/// Writes a uuid in the form of RFC 9562 section 4.
#[inline(always)]
pub(super) fn uuid(cursor: &mut Cursor<'_>, value: u128) {
    const DASH: u64 = b'-' as u64;
    const FOUR: u64 = 0xffff_ffff;
    let [first, second, third, fourth] = digits::<LOWER>(value);
    // Words of eight characters, put together in registers: `-2222-22`, `22-3333-`.
    cursor.put(&first.to_le_bytes(), 8);
    let word = DASH | (second & FOUR) << 8 | DASH << 40 | second >> 32 << 48;
    cursor.put(&word.to_le_bytes(), 8);
    let word = second >> 48 | DASH << 16 | (third & FOUR) << 24 | DASH << 56;
    cursor.put(&word.to_le_bytes(), 8);
    cursor.put(&(third >> 32 | fourth << 32).to_le_bytes(), 8);
    cursor.put(&((fourth >> 32) as u32).to_le_bytes(), 4);
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;
    use crate::text_rows::cursor::written;

    proptest! {
        #[test]
        fn byte_strings_of_every_length_agree_with_the_standard_library(bytes in prop::collection::vec(any::<u8>(), 0..100), copies in 1..100_usize) {
            let bytes = bytes.repeat(copies);
            let mut expected = String::new();
            for byte in &bytes {
                write!(expected, "{byte:02X}").unwrap();
            }
            prop_assert_eq!(written(|cursor| upper(cursor, &bytes)), expected);
        }

        #[test]
        fn words_and_vector_registers_agree(value: u128) {
            prop_assert_eq!(digits::<LOWER>(value), digits_in_words::<LOWER>(value));
            prop_assert_eq!(digits::<UPPER>(value), digits_in_words::<UPPER>(value));
        }

        #[test]
        fn uuids_agree_with_the_uuid_crate(value: u128) {
            let expected = uuid::Uuid::from_u128(value).to_string();
            prop_assert_eq!(written(|cursor| uuid(cursor, value)), expected);
        }
    }
}
