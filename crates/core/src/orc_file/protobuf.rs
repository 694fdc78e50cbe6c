//! Protocol buffer messages, written field by field: as much as ORC's footers need.
//!
//! Knows the wire format (varint, 64-bit, length-delimited) and no message of ORC.

/// A message under construction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// An `uint32`, `uint64`, `bool` or `enum` field.
    pub(super) fn unsigned(&mut self, field: u32, value: u64) {
        self.key(field, 0);
        write_varint(&mut self.bytes, value);
    }

    /// A `sint32` or `sint64` field.
    pub(super) fn signed(&mut self, field: u32, value: i64) {
        self.unsigned(field, zigzag(value));
    }

    /// A `double` field.
    pub(super) fn double(&mut self, field: u32, value: f64) {
        self.key(field, 1);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// A `string` or `bytes` field.
    pub(super) fn bytes(&mut self, field: u32, value: &[u8]) {
        self.key(field, 2);
        write_varint(&mut self.bytes, value.len() as u64);
        self.bytes.extend_from_slice(value);
    }

    /// A field that is a message itself.
    pub(super) fn message(&mut self, field: u32, value: &Self) {
        self.bytes(field, &value.bytes);
    }

    /// A `repeated uint` field with `packed = true`; nothing for no values.
    pub(super) fn packed(&mut self, field: u32, values: impl IntoIterator<Item = u64>) {
        let mut packed = Vec::new();
        for value in values {
            write_varint(&mut packed, value);
        }
        if !packed.is_empty() {
            self.bytes(field, &packed);
        }
    }

    /// The message's bytes.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn key(&mut self, field: u32, wire_type: u64) {
        write_varint(&mut self.bytes, u64::from(field) << 3 | wire_type);
    }
}

/// Appends `value` seven bits at a time, the lowest first.
#[inline]
pub(super) fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Small numbers of either sign become small unsigned ones: 0, -1, 1, -2, 2, …
#[inline]
pub(super) const fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_the_bytes_of_the_wire_format() {
        let mut inner = Message::default();
        inner.signed(1, -1);
        inner.double(2, 1.0);
        let mut message = Message::default();
        message.unsigned(8000, 300);
        message.message(2, &inner);
        message.packed(3, [1, 128]);
        message.packed(4, []);
        assert_eq!(
            message.as_bytes(),
            [
                0x80, 0xf4, 0x03, 0xac, 0x02, // field 8000 = 300
                0x12, 11, 0x08, 0x01, 0x11, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, // field 2
                0x1a, 3, 1, 0x80, 0x01, // field 3
            ]
        );
    }

    #[test]
    fn zigzag_covers_the_whole_range() {
        assert_eq!([0, -1, 1, i64::MAX, i64::MIN].map(zigzag), [0, 1, 2, u64::MAX - 1, u64::MAX]);
    }
}
