//! `IP`: addresses of version 4, each octet from 0 to 255.
//!
//! `{"name": "client", "type": "IP"}`.

use crate::attributes::{Attribute, Reader};
use crate::columns::{Column, DataType, Rows, Values, VarBytes};
use crate::generator::{GenerateError, Generator, Inputs, Made};
use crate::rng::Stream;
use crate::sampling::for_words;

use super::{Compiled, Computed, Context, Definition, FieldType};

#[derive(Debug)]
pub(super) struct Ip;

const WIDTH: u32 = 14;

impl FieldType for Ip {
    fn name(&self) -> &'static str {
        "IP"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["IPV4"]
    }

    fn summary(&self) -> &'static str {
        "IPv4 addresses."
    }

    fn attributes(&self) -> &'static [Attribute] {
        &[]
    }

    fn example(&self) -> &'static str {
        r#"{"name": "client", "type": "IP"}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Text, WIDTH))
    }

    fn compile(&self, _: &mut Reader<'_>, context: &Context<'_>) -> Option<Box<dyn Definition>> {
        Some(Compiled::new(Addresses { stream: context.stream }, DataType::Text, WIDTH).into())
    }
}

#[derive(Debug)]
struct Addresses {
    stream: Stream,
}

impl Generator for Addresses {
    fn generate(&self, rows: Rows, _: &Inputs<'_>) -> Result<Made, GenerateError> {
        let mut texts = VarBytes::with_capacity(rows.count, rows.count * WIDTH as usize);
        for_words(self.stream, rows, |words| {
            for word in words {
                // Every octet is written four bytes wide: the next one covers what is too much.
                let mut text = [0; 16];
                let mut length = 0;
                for octet in ((word >> 32) as u32).to_be_bytes() {
                    let (digits, width) = OCTETS[usize::from(octet)];
                    text[length..length + 4].copy_from_slice(&digits);
                    length += width;
                }
                texts.push(&text[..length - 1]);
            }
        });
        Ok(Column::new(Values::Text(texts)).into())
    }
}

/// Every octet with a point behind it, and its length.
static OCTETS: [([u8; 4], usize); 256] = octets();

const fn octets() -> [([u8; 4], usize); 256] {
    let mut all = [([b'.'; 4], 0); 256];
    let mut octet = 0;
    while octet < 256 {
        let digits = [octet / 100, octet / 10 % 10, octet % 10];
        let width = if octet >= 100 {
            3
        } else if octet >= 10 {
            2
        } else {
            1
        };
        let mut index = 0;
        while index < width {
            all[octet].0[index] = b'0' + digits[3 - width + index] as u8;
            index += 1;
        }
        all[octet].1 = width + 1;
        octet += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::super::trial::{compile, stream, texts};
    use super::*;

    #[test]
    fn addresses_are_those_of_their_octets() {
        for (row, text) in texts(&compile(&Ip, "{}").column(0, 10_000)).iter().enumerate() {
            let address: Ipv4Addr = text.parse().unwrap();
            assert_eq!(address.to_bits(), (stream().word(row as u64) >> 32) as u32);
            assert_eq!(address.to_string(), *text);
        }
    }
}
