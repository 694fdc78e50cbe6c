//! What texts become inside quotes: doubled quotes in CSV, escapes in JSON.
//!
//! A whole column is searched first; where nothing needs an escape, its texts are copied as they are.
//! Knows nothing of columns or pages.

/// How a format protects what its readers would take for structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Escape {
    /// RFC 4180, inside quotes that the format has set: a quote is doubled.
    Doubled {
        /// The quote, an ASCII character.
        quote: u8,
    },
    /// RFC 4180, quotes set only around a text that needs them.
    WhereNeeded {
        /// The quote, an ASCII character.
        quote: u8,
        /// The delimiter, an ASCII character.
        delimiter: u8,
        /// The text that stands for null, so that a text like it is quoted.
        null: Vec<u8>,
    },
    /// As they are: a text that stands alone.
    Plain,
    /// RFC 8259 section 7, inside quotes that the format has set. UTF-8 is kept.
    Json,
}

impl Escape {
    /// Whether `bytes`, one text or many one behind the other, hold nothing to protect.
    #[expect(clippy::needless_bitwise_bool, reason = "a branch per byte would not vectorise")]
    pub(super) fn is_plain(&self, bytes: &[u8]) -> bool {
        match *self {
            Self::Doubled { quote } => !any(bytes, |byte| byte == quote),
            Self::WhereNeeded { quote, delimiter, .. } => !any(bytes, |byte| {
                (byte == quote) | (byte == delimiter) | (byte == b'\n') | (byte == b'\r')
            }),
            Self::Plain => true,
            Self::Json => !any(bytes, |byte| (byte < 0x20) | (byte == b'"') | (byte == b'\\')),
        }
    }

    /// Whether some text of these lengths, all plain, may be protected all the same; nulls are none.
    pub(super) fn may_reserve(
        &self,
        lengths: impl Iterator<Item = u32>,
        validity: Option<&[bool]>,
    ) -> bool {
        let Self::WhereNeeded { null, .. } = self else { return false };
        let null = null.len() as u32;
        let mut reserved = lengths.map(|length| length == 0 || length == null);
        match validity {
            None => reserved.any(|reserved| reserved),
            Some(validity) => reserved.zip(validity).any(|(reserved, valid)| reserved && *valid),
        }
    }

    /// Whether `text` is protected although it is plain: it would read as a null or be no line at all.
    #[inline(always)]
    pub(super) fn is_reserved(&self, text: &[u8]) -> bool {
        matches!(self, Self::WhereNeeded { null, .. } if text.is_empty() || null == text)
    }

    /// Appends `text` as it stands in a cell.
    pub(crate) fn write(&self, text: &[u8], out: &mut Vec<u8>) {
        if self.is_plain(text) && !self.is_reserved(text) {
            out.extend_from_slice(text);
            return;
        }
        match *self {
            Self::Doubled { quote } => double(text, quote, out),
            Self::WhereNeeded { quote, .. } => {
                out.push(quote);
                double(text, quote, out);
                out.push(quote);
            }
            Self::Plain => out.extend_from_slice(text),
            Self::Json => escape_json(text, out),
        }
    }
}

/// Whether a byte is one of those sought: 64 at a time, without a branch for each.
#[inline(always)]
fn any(bytes: &[u8], sought: impl Fn(u8) -> bool) -> bool {
    let (chunks, rest) = bytes.as_chunks::<64>();
    let found = |found: bool, &byte: &u8| found | sought(byte);
    chunks.iter().any(|chunk| chunk.iter().fold(false, found)) || rest.iter().fold(false, found)
}

fn double(text: &[u8], quote: u8, out: &mut Vec<u8>) {
    for (index, run) in text.split(|byte| *byte == quote).enumerate() {
        if index > 0 {
            out.extend_from_slice(&[quote, quote]);
        }
        out.extend_from_slice(run);
    }
}

fn escape_json(text: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut start = 0;
    for (index, &byte) in text.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&text[start..index]);
        start = index + 1;
        let short = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0c => b'f',
            _ => {
                out.extend_from_slice(b"\\u00");
                out.push(DIGITS[usize::from(byte >> 4)]);
                out.push(DIGITS[usize::from(byte & 15)]);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
    out.extend_from_slice(&text[start..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(escape: &Escape, text: &str) -> String {
        let mut out = Vec::new();
        escape.write(text.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_what_readers_would_take_for_structure_is_quoted() {
        let escape = Escape::WhereNeeded { quote: b'"', delimiter: b';', null: b"NULL".to_vec() };
        let cells = ["a", "a,b", "a;b", "a\"b", "a\nb", "a\rb", "", " a ", "NULL", "null"];
        let cells: Vec<String> = cells.iter().map(|text| written(&escape, text)).collect();
        insta::assert_debug_snapshot!(cells, @r#"
        [
            "a",
            "a,b",
            "\"a;b\"",
            "\"a\"\"b\"",
            "\"a\nb\"",
            "\"a\rb\"",
            "\"\"",
            " a ",
            "\"NULL\"",
            "null",
        ]
        "#);
    }

    proptest! {
        #[test]
        fn json_texts_read_back_as_they_were(text: String) {
            let shown = format!("\"{}\"", written(&Escape::Json, &text));
            prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        }

        /// For all places of a special byte, the search over a whole column finds it.
        #[test]
        fn the_search_finds_a_special_byte_wherever_it_stands(length in 1..300_usize, place: prop::sample::Index) {
            let mut text = vec![b'x'; length];
            prop_assert!(Escape::Json.is_plain(&text));
            text[place.index(length)] = b'"';
            prop_assert!(!Escape::Json.is_plain(&text));
            let doubled = Escape::Doubled { quote: b'"' };
            prop_assert!(!doubled.is_plain(&text));
        }
    }
}
