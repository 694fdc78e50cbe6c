//! `UUID`: random identifiers of version 4 (RFC 9562).
//!
//! `{"name": "key", "type": "UUID"}`: 122 random bits, hence no two alike in practice. Formatted late,
//! by the encoders.

use crate::attributes::{Attribute, Reader};
use crate::columns::{Column, DataType, Rows, Values};
use crate::generator::{GenerateError, Generator, Inputs, Made};
use crate::rng::Stream;
use crate::sampling::{for_words, map_words};

use super::{Compiled, Computed, Context, Definition, FieldType};

#[derive(Debug)]
pub(super) struct Uuid;

const WIDTH: u32 = 36;

impl FieldType for Uuid {
    fn name(&self) -> &'static str {
        "UUID"
    }

    fn summary(&self) -> &'static str {
        "Random identifiers of version 4."
    }

    fn attributes(&self) -> &'static [Attribute] {
        &[]
    }

    fn example(&self) -> &'static str {
        r#"{"name": "key", "type": "UUID"}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Text, WIDTH))
    }

    fn compile(&self, _: &mut Reader<'_>, context: &Context<'_>) -> Option<Box<dyn Definition>> {
        let generator = Version4 { high: context.stream, low: context.stream.lane(LOW_HALF) };
        Some(Compiled::new(generator, DataType::Text, WIDTH).into())
    }
}

/// Purpose of the lane of the low halves: two fills cost half of two draws a cell.
const LOW_HALF: u64 = 0x7575_6964;

#[derive(Debug)]
struct Version4 {
    high: Stream,
    low: Stream,
}

impl Generator for Version4 {
    fn generate(&self, rows: Rows, _: &Inputs<'_>) -> Result<Made, GenerateError> {
        let high = |word: u64| u128::from((word & !0xf000) | 0x4000) << 64;
        let low = |word: u64| u128::from((word & (u64::MAX >> 2)) | 1 << 63);
        let mut values = map_words(self.high, rows, high);
        let mut done = 0;
        for_words(self.low, rows, |words| {
            for (value, word) in values[done..].iter_mut().zip(words) {
                *value |= low(*word);
            }
            done += words.len();
        });
        Ok(Column::new(Values::Uuid(values)).into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::compile;
    use super::*;

    #[test]
    fn version_and_variant_are_those_of_random_identifiers() {
        let Values::Uuid(values) = compile(&Uuid, "{}").column(0, 10_000).values else {
            panic!("UUID gives identifiers");
        };
        for value in &values {
            let uuid = uuid::Uuid::from_u128(*value);
            assert_eq!(uuid.get_version_num(), 4);
            assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
        }
        for bit in (0..128).filter(|bit| !(76..80).contains(bit) && !(62..64).contains(bit)) {
            let ones = values.iter().filter(|value| *value >> bit & 1 == 1).count();
            assert!(ones.abs_diff(5_000) < 250, "bit {bit}: {ones}");
        }
    }
}
