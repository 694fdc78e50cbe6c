//! `BYTES` and `BLOB`: random bytes of a fixed length, or from a list.
//!
//! `{"name": "payload", "type": "BYTES", "length": 16}`. The types differ in their default length
//! only. Listed values are the UTF-8 bytes of their texts.

use crate::attributes::{Attribute, Reader};
use crate::columns::{Column, DataType, Rows, Values, VarBytes};
use crate::generator::{GenerateError, Generator, Inputs, Made};
use crate::rng::Stream;
use crate::sampling::alias::Alias;
use crate::sampling::choices::{
    Choices, POSSIBLE_VALUES, POSSIBLE_VALUES_WEIGHTED, warn_beside_values,
};
use crate::sampling::{Refused, for_words, length};

use super::{Compiled, Computed, Context, Definition, FieldType};

/// `BYTES`.
pub(super) const BYTES: Bytes = Bytes {
    name: "BYTES",
    summary: "Random bytes.",
    attributes: &[
        Attribute::new("length", "integer", "20", "Bytes of a value, at most 16777216."),
        POSSIBLE_VALUES,
        POSSIBLE_VALUES_WEIGHTED,
    ],
    default_length: 20,
    example: r#"{"name": "payload", "type": "BYTES", "length": 16}"#,
};

/// `BLOB`.
pub(super) const BLOB: Bytes = Bytes {
    name: "BLOB",
    summary: "Many random bytes.",
    attributes: &[
        Attribute::new("length", "integer", "1000000", "Bytes of a value, at most 16777216."),
        POSSIBLE_VALUES,
        POSSIBLE_VALUES_WEIGHTED,
    ],
    default_length: 1_000_000,
    example: r#"{"name": "picture", "type": "BLOB", "length": 1000}"#,
};

#[derive(Debug)]
pub(super) struct Bytes {
    name: &'static str,
    summary: &'static str,
    attributes: &'static [Attribute],
    default_length: usize,
    example: &'static str,
}

impl FieldType for Bytes {
    fn name(&self) -> &'static str {
        self.name
    }

    fn summary(&self) -> &'static str {
        self.summary
    }

    fn attributes(&self) -> &'static [Attribute] {
        self.attributes
    }

    fn example(&self) -> &'static str {
        self.example
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Bytes, 40))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let length = length::read(attributes, self.default_length);
        let listed = Listed::read(attributes, context);
        let (length, listed) = (length.ok()?, listed.ok()?);
        if let Some(listed) = listed {
            return Some(listed.compiled().into());
        }
        let generator = Random { stream: context.stream, length };
        Some(Compiled::new(generator, DataType::Bytes, 2 * length as u32).into())
    }
}

#[derive(Debug)]
struct Random {
    stream: Stream,
    length: usize,
}

impl Generator for Random {
    fn generate(&self, rows: Rows, _: &Inputs<'_>) -> Result<Made, GenerateError> {
        let mut values = VarBytes::with_capacity(rows.count, rows.count * self.length);
        let (words, rest) = (self.length / 8, self.length % 8);
        for row in rows.iter() {
            let mut cell = self.stream.cell(row);
            let bytes = values.open();
            for _ in 0..words {
                bytes.extend_from_slice(&cell.word().to_le_bytes());
            }
            bytes.extend_from_slice(&cell.word().to_le_bytes()[..rest]);
            values.close();
        }
        Ok(Column::new(Values::Bytes(values)).into())
    }
}

/// Byte strings drawn by weight; also what `HASH_MD5` lists.
#[derive(Debug)]
pub(super) struct Listed {
    stream: Stream,
    values: VarBytes,
    alias: Alias,
}

impl Listed {
    /// The UTF-8 bytes of the listed texts; `None` without a list.
    pub(super) fn read(
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Result<Option<Self>, Refused> {
        let Some(choices) = Choices::read(attributes, |text| Ok(text.to_owned()))? else {
            return Ok(None);
        };
        warn_beside_values(attributes, &["length"]);
        let values = choices.values().iter().collect();
        Ok(Some(Self { stream: context.stream, values, alias: choices.alias().clone() }))
    }

    pub(super) fn compiled(self) -> Compiled {
        let count = self.alias.len();
        let width = 2 * self.values.data().len() / count;
        let width = u32::try_from(width).unwrap_or(u32::MAX).max(1);
        Compiled::new(self, DataType::Bytes, width).with_distinct(count as u64)
    }
}

impl Generator for Listed {
    fn generate(&self, rows: Rows, _: &Inputs<'_>) -> Result<Made, GenerateError> {
        let average = self.values.data().len() / self.values.len();
        let mut values = VarBytes::with_capacity(rows.count, rows.count * average);
        for_words(self.stream, rows, |words| {
            for word in words {
                values.push(self.values.get(self.alias.pick(*word) as usize));
            }
        });
        Ok(Column::new(Values::Bytes(values)).into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{compile, refusal, told};
    use super::*;

    fn values(kind: &Bytes, json: &str, count: usize) -> Vec<Vec<u8>> {
        let Values::Bytes(values) = compile(kind, json).column(0, count).values else {
            panic!("BYTES gives bytes");
        };
        values.iter().map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn lengths_hold_and_the_defaults_differ() {
        for length in [1, 7, 8, 9, 100] {
            let drawn = values(&BYTES, &format!(r#"{{"length": {length}}}"#), 50);
            assert!(drawn.iter().all(|value| value.len() == length));
        }
        assert_eq!(values(&BYTES, "{}", 1)[0].len(), 20);
        assert_eq!(values(&BLOB, "{}", 1)[0].len(), 1_000_000);
    }

    #[test]
    fn every_byte_is_equally_likely() {
        let mut counts = [0_u32; 256];
        for byte in values(&BYTES, r#"{"length": 10}"#, 100_000).concat() {
            counts[usize::from(byte)] += 1;
        }
        let expected = 1e6 / 256.0;
        let statistic: f64 =
            counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
        // 255 degrees of freedom: one of ten thousand fair samples is above 346.
        assert!(statistic < 346.0, "{statistic}");
    }

    #[test]
    fn listed_values_are_the_bytes_of_their_text() {
        let drawn = values(&BYTES, r#"{"possible_values": ["é", 12]}"#, 100);
        assert!(drawn.iter().all(|value| value == "é".as_bytes() || value == b"12"));
        let json = r#"{"possible_values": [""], "length": 5}"#;
        insta::assert_snapshot!(told(&BYTES, json), @"/Fields/0/length: field `f`: `length` has no effect beside `possible_values`");
        insta::assert_snapshot!(refusal(&BLOB, r#"{"length": 1e9}"#), @"/Fields/0/length: field `f`: `length` is `1e+9`, expected a whole number of at most 16777216");
    }
}
