//! `HASH_MD5`: MD5 digests of random texts, or listed bytes.
//!
//! `{"name": "fingerprint", "type": "HASH_MD5", "length": 32}`: `length` is that of the text before
//! hashing; a digest has 16 bytes. As in the reference, listed values are taken as they are, not
//! hashed.

use crate::attributes::{Attribute, Reader};
use crate::columns::{Column, DataType, Rows, Values, VarBytes};
use crate::generator::{GenerateError, Generator, Inputs, Made};
use crate::rng::Stream;
use crate::sampling::choices::{POSSIBLE_VALUES, POSSIBLE_VALUES_WEIGHTED};
use crate::sampling::length;

use super::bytes::Listed;
use super::{Compiled, Computed, Context, Conversion, Definition, FieldType};

use self::lanes::{LANES, Texts};

mod lanes;

#[derive(Debug)]
pub(super) struct HashMd5;

/// Characters of a digest in hexadecimal.
const WIDTH: u32 = 32;

impl FieldType for HashMd5 {
    fn name(&self) -> &'static str {
        "HASH_MD5"
    }

    fn summary(&self) -> &'static str {
        "MD5 digests of random texts."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[
            Attribute::new("length", "integer", "20", "Characters of the text before hashing."),
            POSSIBLE_VALUES,
            POSSIBLE_VALUES_WEIGHTED,
        ];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "fingerprint", "type": "HASH_MD5", "length": 32}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        let plain = Computed::plain(DataType::Bytes, WIDTH);
        Some(Computed { conversion: Conversion::Md5, ..plain })
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let length = length::read(attributes, 20);
        let listed = Listed::read(attributes, context);
        let (length, listed) = (length.ok()?, listed.ok()?);
        if let Some(listed) = listed {
            return Some(listed.compiled().into());
        }
        let generator = Digests { stream: context.stream, length };
        Some(Compiled::new(generator, DataType::Bytes, WIDTH).into())
    }
}

#[derive(Debug)]
struct Digests {
    stream: Stream,
    length: usize,
}

impl Generator for Digests {
    fn generate(&self, rows: Rows, _: &Inputs<'_>) -> Result<Made, GenerateError> {
        let mut values = VarBytes::with_capacity(rows.count, rows.count * 16);
        let mut texts = Texts::new(self.length);
        let mut rows_left = rows.iter();
        loop {
            let mut filled = 0;
            for (lane, row) in rows_left.by_ref().take(LANES).enumerate() {
                self.write_text(row, texts.text_mut(lane));
                filled = lane + 1;
            }
            if filled == 0 {
                break;
            }
            for digest in &texts.digests()[..filled] {
                values.push(digest);
            }
        }
        Ok(Column::new(Values::Bytes(values)).into())
    }
}

impl Digests {
    /// Draws the text of `row`.
    fn write_text(&self, row: u64, text: &mut [u8]) {
        let mut cell = self.stream.cell(row);
        let (chunks, rest) = text.as_chunks_mut::<8>();
        for chunk in chunks {
            *chunk = cell.word().to_le_bytes();
        }
        if !rest.is_empty() {
            rest.copy_from_slice(&cell.word().to_le_bytes()[..rest.len()]);
        }
        // A loop of its own: sixteen at a time, where eight one by one take twice the instructions.
        for character in text {
            *character = letter_or_digit(*character);
        }
    }
}

/// One of the 62 letters and digits: upper case, digits, lower case. Some are a little likelier: nobody
/// sees them. Without a table, so that many are made at a time.
#[inline(always)]
fn letter_or_digit(byte: u8) -> u8 {
    let index = ((u16::from(byte) * 62) >> 8) as u8;
    let digits = if index >= 26 { b'0'.wrapping_sub(b'Z' + 1) } else { 0 };
    let lower = if index >= 36 { b'a' - (b'9' + 1) } else { 0 };
    (b'A' + index).wrapping_add(digits).wrapping_add(lower)
}

#[cfg(test)]
mod tests {
    use super::super::trial::compile;
    use super::*;

    #[test]
    fn texts_are_letters_and_digits_in_their_order() {
        const ALPHABET: &[u8; 62] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyz";
        for byte in 0..=u8::MAX {
            assert_eq!(letter_or_digit(byte), ALPHABET[usize::from(byte) * 62 / 256]);
        }
    }

    #[test]
    fn digests_have_16_bytes_and_do_not_repeat() {
        for json in ["{}", r#"{"length": 100}"#] {
            let Values::Bytes(values) = compile(&HashMd5, json).column(0, 1_000).values else {
                panic!("HASH_MD5 gives bytes");
            };
            let distinct: std::collections::BTreeSet<&[u8]> = values.iter().collect();
            assert!(values.iter().all(|value| value.len() == 16));
            assert_eq!(distinct.len(), 1_000);
        }
    }

    #[test]
    fn listed_values_are_not_hashed() {
        let compiled = compile(&HashMd5, r#"{"possible_values": ["abc"]}"#);
        let expected: VarBytes = ["abc", "abc"].into_iter().collect();
        assert_eq!(compiled.column(0, 2).values, Values::Bytes(expected));
    }
}
