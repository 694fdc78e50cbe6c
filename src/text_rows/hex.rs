//! Hexadecimal text: byte strings in upper case, uuids in lower case.
//!
//! Sixteen digits at a time, in loops without branches that the compiler vectorises.
//! Knows nothing of columns.

use super::page::Cursor;

/// Bytes of a byte string that are turned into digits at a time.
const CHUNK: usize = 16;

/// The two digits of every byte, where `LETTERS` is the letter for ten less ten less `'0'`.
#[inline(always)]
fn digits<const BYTES: usize, const DIGITS: usize, const LETTERS: u8>(
    bytes: &[u8; BYTES],
) -> [u8; DIGITS] {
    let mut digits = [0; DIGITS];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair[0] = byte >> 4;
        pair[1] = byte & 15;
    }
    for digit in &mut digits {
        *digit += b'0' + if *digit > 9 { LETTERS } else { 0 };
    }
    digits
}

/// Writes bytes as upper-case digits, two per byte.
#[inline(always)]
pub(super) fn upper(cursor: &mut Cursor<'_>, bytes: &[u8]) {
    const LETTERS: u8 = b'A' - 10 - b'0';
    let (chunks, rest) = bytes.as_chunks::<CHUNK>();
    for chunk in chunks {
        cursor.start_row();
        cursor.put(&digits::<CHUNK, { 2 * CHUNK }, LETTERS>(chunk), 2 * CHUNK);
    }
    if !rest.is_empty() {
        let mut chunk = [0; CHUNK];
        chunk[..rest.len()].copy_from_slice(rest);
        cursor.start_row();
        cursor.put(&digits::<CHUNK, { 2 * CHUNK }, LETTERS>(&chunk), 2 * rest.len());
    }
    // The rest of the row relies on its bound.
    cursor.start_row();
}

/// Writes a uuid in the form of RFC 9562 section 4.
#[inline(always)]
pub(super) fn uuid(cursor: &mut Cursor<'_>, value: u128) {
    const LETTERS: u8 = b'a' - 10 - b'0';
    let digits = digits::<16, 32, LETTERS>(&value.to_be_bytes());
    let mut text = [b'-'; 36];
    text[0..8].copy_from_slice(&digits[0..8]);
    text[9..13].copy_from_slice(&digits[8..12]);
    text[14..18].copy_from_slice(&digits[12..16]);
    text[19..23].copy_from_slice(&digits[16..20]);
    text[24..36].copy_from_slice(&digits[20..32]);
    cursor.put(&text, 36);
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;
    use crate::text_rows::page::Page;

    fn text(write: impl FnOnce(&mut Cursor<'_>)) -> String {
        let (mut page, mut out) = (Page::new(256), Vec::new());
        let mut cursor = page.cursor(256, &mut out);
        cursor.start_row();
        write(&mut cursor);
        cursor.flush();
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn byte_strings_of_every_length_agree_with_the_standard_library(bytes in prop::collection::vec(any::<u8>(), 0..100), copies in 1..100_usize) {
            let bytes = bytes.repeat(copies);
            let mut expected = String::new();
            for byte in &bytes {
                write!(expected, "{byte:02X}").unwrap();
            }
            prop_assert_eq!(text(|cursor| upper(cursor, &bytes)), expected);
        }

        #[test]
        fn uuids_agree_with_the_uuid_crate(value: u128) {
            let expected = uuid::Uuid::from_u128(value).to_string();
            prop_assert_eq!(text(|cursor| uuid(cursor, value)), expected);
        }
    }
}
