//! `json`: JSON lines, one object a line (RFC 8259), keys in the order of the fields.
//!
//! Typed values by default; `JSON_VALUES=strings` gives the reference's form, in which every value is
//! a JSON string. Byte strings are upper-case hexadecimal, 64-bit integers and decimals are
//! numbers with all their digits. Floats that are no numbers become null: JSON has no text for them.
//!
//! Sets what stands around values; `text_rows` writes them.

use std::sync::Arc;

use super::text::TextEncoder;
use super::{Encoder, Format};
use crate::attributes::{Attribute, Reader};
use crate::columns::{ColumnInfo, DataType, Schema};
use crate::compression::{self, Compression};
use crate::text_rows::{CellTemplate, DateForm, Escape, NotFinite, RowTemplate, Style, TextLayout};

const NAME: &str = "json";

/// The format.
#[derive(Debug)]
pub(super) struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "JSON lines: one object a line."
    }

    fn is_text(&self) -> bool {
        true
    }

    fn attributes(&self) -> &'static [Attribute] {
        const {
            &[
                Attribute::new(
                    "JSON_VALUES",
                    "typed or strings",
                    "typed",
                    "Whether numbers and booleans are values of their own kind, or every value is a JSON string.",
                ),
                Attribute::new(
                    "JSON_NULLS",
                    "include or omit",
                    "include",
                    "Whether a null stands as `null`, or its key is left out.",
                ),
                compression::JSON.own_option(),
                compression::JSON.common_option(),
            ]
        }
    }

    fn compile(&self, schema: &Arc<Schema>, options: &mut Reader<'_>) -> Option<Arc<dyn Encoder>> {
        let typed = options.choice("JSON_VALUES", &["typed", "strings"]) != Some("strings");
        let omit = options.choice("JSON_NULLS", &["include", "omit"]) == Some("omit");
        let compression = compression::JSON.read(options).and_then(Compression::of);
        if options.has_errors() {
            return None;
        }
        let compression = compression?;
        let notation = if typed { &TYPED } else { &STRINGS };
        let names: usize = schema.columns.iter().map(|column| column.name.len() + 8).sum();
        let template = notation.template(schema, omit);
        let layout = TextLayout::new(schema, template, Vec::new(), compression, names as u64);
        Some(Arc::new(TextEncoder::new(NAME, layout)))
    }
}

/// Rows as objects, each with a line feed behind it; `None` after adding errors to `options`.
pub(super) fn rows(schema: &Schema, options: &mut Reader<'_>) -> Option<RowTemplate> {
    let typed = options.choice("JSON_VALUES", &["typed", "strings"]) != Some("strings");
    let omit = options.choice("JSON_NULLS", &["include", "omit"]) == Some("omit");
    let notation = if typed { &TYPED } else { &STRINGS };
    (!options.has_errors()).then(|| notation.template(schema, omit))
}

/// How objects are written.
#[derive(Debug)]
struct Notation {
    /// Whether only texts are JSON strings.
    typed: bool,
    open: &'static [u8],
    colon: &'static [u8],
    comma: &'static [u8],
    close: &'static [u8],
}

static TYPED: Notation =
    Notation { typed: true, open: b"{", colon: b":", comma: b",", close: b"}\n" };

/// The reference's blanks.
static STRINGS: Notation =
    Notation { typed: false, open: b"{ ", colon: b" : ", comma: b", ", close: b" }\n" };

impl Notation {
    fn template(&self, schema: &Schema, omit: bool) -> RowTemplate {
        let style =
            Style { escape: Escape::Json, date: DateForm::Iso, not_finite: NotFinite::Null };
        // Where nulls, or floats that turn into them, are left out, only the row knows its first cell.
        let framed = schema.columns.is_empty() || omit;
        let last = schema.columns.len().saturating_sub(1);
        let cells = schema.columns.iter().enumerate().map(|(index, column)| {
            let open = if index == 0 && !framed { self.open } else { b"" };
            let end = if index == last && !framed { self.close } else { self.comma };
            self.cell(column, open, end, omit)
        });
        let cells = cells.collect();
        if framed {
            RowTemplate::framed(style, cells, self.open, self.comma.len(), self.close)
        } else {
            RowTemplate::new(style, cells)
        }
    }

    fn cell(&self, column: &ColumnInfo, open: &[u8], end: &[u8], omit: bool) -> CellTemplate {
        let mut key = [open, b"\""].concat();
        Escape::Json.write(column.name.as_bytes(), &mut key);
        key.push(b'"');
        key.extend_from_slice(self.colon);
        let quotes: &[u8] = if self.typed && is_bare(column.data_type) { b"" } else { b"\"" };
        let null = if omit { Vec::new() } else { [key.as_slice(), b"null", end].concat() };
        CellTemplate::new(
            column.data_type,
            column.decimals,
            &[&key, quotes].concat(),
            &[quotes, end].concat(),
            &null,
        )
    }
}

/// Whether values of this type stand without quotes.
const fn is_bare(data_type: DataType) -> bool {
    matches!(data_type, DataType::Boolean) || data_type.is_numeric()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::columns::{Column, Dictionary, Values, VarBytes};
    use crate::formats::samples::{compile, encode, schema, texts, zoo};

    /// The file of these columns, or what is wrong with the options.
    fn file(schema: &Arc<Schema>, columns: &[Column], options: &str) -> Result<Vec<u8>, String> {
        let options = serde_json::from_str(options).unwrap();
        Ok(encode(&*compile(&Json, schema, options)?, columns, 3))
    }

    fn lines(options: &str) -> String {
        let (schema, columns) = zoo();
        String::from_utf8(file(&schema, &columns, options).unwrap()).unwrap()
    }

    #[test]
    fn every_type_has_its_typed_form() {
        let text = lines("{}");
        for line in text.lines() {
            let object: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
            assert_eq!(object.len(), zoo().0.columns.len());
        }
        insta::assert_snapshot!(text, @r#"
        {"boolean":true,"int32":0,"int64":0,"float32":3.6,"float64":10.0,"fixed":12.30,"decimal":0.00,"date":"1970-01-01","millis":0,"instant":"1970-01-01T00:00:00Z","text":"plain","choice":"Paris","uuid":"00000000-0000-0000-0000-000000000000","bytes":"00FF"}
        {"boolean":false,"int32":null,"int64":-1,"float32":-0.1,"float64":1e-7,"fixed":-0.50,"decimal":-0.05,"date":null,"millis":-1,"instant":"1969-12-31T23:59:59.999999Z","text":null,"choice":null,"uuid":"ffffffff-ffff-ffff-ffff-ffffffffffff","bytes":""}
        {"boolean":true,"int32":2147483647,"int64":9223372036854775807,"float32":10000000000.0,"float64":1.7976931348623157e+308,"fixed":0.00,"decimal":12.30,"date":"+10000-01-01","millis":1700000000000,"instant":"2024-02-29T00:01:01.500Z","text":"line\r\nbreak\t\u0001","choice":"NULL","uuid":"00000010-0000-0000-0000-000000000000","bytes":"3031323334353637383961626364656667"}
        {"boolean":false,"int32":-2147483648,"int64":-9223372036854775808,"float32":null,"float64":null,"fixed":1000000000.00,"decimal":999999999999999999999999999999999999.99,"date":"-0001-12-31","millis":-9223372036854775808,"instant":"+10000-01-01T00:00:00Z","text":"😀 \\ é","choice":"a \"quoted\" city, far away","uuid":"00000000-0000-0000-0000-000000000abc","bytes":"1B"}
        {"boolean":true,"int32":null,"int64":9007199254740993,"float32":null,"float64":-0.0,"fixed":1e+300,"decimal":-100000000000000000000000000000000000.00,"date":null,"millis":9223372036854775807,"instant":"-290308-12-21T19:59:05.224192Z","text":null,"choice":null,"uuid":"00000000-0000-0000-0000-000000000007","bytes":"78"}
        "#);
    }

    #[test]
    fn strings_have_the_blanks_of_the_reference_and_nulls_can_be_left_out() {
        let text = lines(r#"{"JSON_VALUES": "strings", "JSON_NULLS": "omit"}"#);
        for line in text.lines() {
            let object: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
            assert!(object.values().all(Value::is_string));
        }
        insta::assert_snapshot!(text, @r#"
        { "boolean" : "true", "int32" : "0", "int64" : "0", "float32" : "3.6", "float64" : "10.0", "fixed" : "12.30", "decimal" : "0.00", "date" : "1970-01-01", "millis" : "0", "instant" : "1970-01-01T00:00:00Z", "text" : "plain", "choice" : "Paris", "uuid" : "00000000-0000-0000-0000-000000000000", "bytes" : "00FF" }
        { "boolean" : "false", "int64" : "-1", "float32" : "-0.1", "float64" : "1e-7", "fixed" : "-0.50", "decimal" : "-0.05", "millis" : "-1", "instant" : "1969-12-31T23:59:59.999999Z", "uuid" : "ffffffff-ffff-ffff-ffff-ffffffffffff", "bytes" : "" }
        { "boolean" : "true", "int32" : "2147483647", "int64" : "9223372036854775807", "float32" : "10000000000.0", "float64" : "1.7976931348623157e+308", "fixed" : "0.00", "decimal" : "12.30", "date" : "+10000-01-01", "millis" : "1700000000000", "instant" : "2024-02-29T00:01:01.500Z", "text" : "line\r\nbreak\t\u0001", "choice" : "NULL", "uuid" : "00000010-0000-0000-0000-000000000000", "bytes" : "3031323334353637383961626364656667" }
        { "boolean" : "false", "int32" : "-2147483648", "int64" : "-9223372036854775808", "fixed" : "1000000000.00", "decimal" : "999999999999999999999999999999999999.99", "date" : "-0001-12-31", "millis" : "-9223372036854775808", "instant" : "+10000-01-01T00:00:00Z", "text" : "😀 \\ é", "choice" : "a \"quoted\" city, far away", "uuid" : "00000000-0000-0000-0000-000000000abc", "bytes" : "1B" }
        { "boolean" : "true", "int64" : "9007199254740993", "float64" : "-0.0", "fixed" : "1e+300", "decimal" : "-100000000000000000000000000000000000.00", "millis" : "9223372036854775807", "instant" : "-290308-12-21T19:59:05.224192Z", "uuid" : "00000000-0000-0000-0000-000000000007", "bytes" : "78" }
        "#);
        let (schema, columns) = texts(&[("a", &["1"]), ("b", &["x"])]);
        let text = file(&schema, &columns, r#"{"JSON_VALUES": "strings"}"#).unwrap();
        assert_eq!(text, b"{ \"a\" : \"1\", \"b\" : \"x\" }\n");
    }

    #[test]
    fn a_row_of_nulls_alone_is_an_empty_object() {
        let columns = [("a", DataType::Text), ("b", DataType::Float64)];
        let text = Values::Text([""; 2].into_iter().collect());
        let numbers = Column::new(Values::Float64(vec![f64::NAN, 1.0]));
        let (schema, columns) = schema(
            &columns,
            vec![Column { values: text, validity: Some(vec![false; 2]) }, numbers],
        );
        let text = file(&schema, &columns, r#"{"JSON_NULLS": "omit"}"#).unwrap();
        assert_eq!(text, b"{}\n{\"b\":1.0}\n");
    }

    #[test]
    fn hostile_names_are_escaped() {
        let (schema, columns) = texts(&[("a\"b\\\n\u{1}", &["x"]), ("\u{1f600}, \u{0}", &["y"])]);
        let text = file(&schema, &columns, "{}").unwrap();
        let object: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(object, json!({"a\"b\\\n\u{1}": "x", "\u{1f600}, \u{0}": "y"}));
    }

    /// A separator is taken back wherever the page ended.
    #[test]
    fn huge_values_pass_with_nulls_left_out() {
        let huge = "x".repeat(200_000);
        let dictionary = Dictionary::new([huge.as_str(), "small"]);
        let validity = Some(vec![true, false, true]);
        let keys = std::sync::Arc::new(vec![0, 1, 1]);
        let choice = Column { values: Values::Choice { keys, dictionary }, validity };
        let text = Values::Text([huge.as_str(), "y", ""].into_iter().collect());
        let text = Column { values: text, validity: Some(vec![false, true, false]) };
        let bytes = Values::Bytes([vec![0xab; 50_000], vec![], vec![1]].iter().collect());
        let bytes = Column { values: bytes, validity: Some(vec![true, true, false]) };
        let columns = [("c", DataType::Text), ("b", DataType::Bytes), ("t", DataType::Text)];
        let (schema, columns) = schema(&columns, vec![choice, bytes, text]);
        let out = file(&schema, &columns, r#"{"JSON_NULLS": "omit"}"#).unwrap();
        let rows: Vec<Value> = String::from_utf8(out)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let hex = "AB".repeat(50_000);
        assert_eq!(
            rows,
            [json!({"c": huge, "b": hex}), json!({"b": "", "t": "y"}), json!({"c": "small"})]
        );
    }

    proptest! {
        /// For all texts, dictionary or not, serde_json reads what was written.
        #[test]
        fn texts_survive(rows in prop::collection::vec((any::<String>(), any::<String>()), 1..40), values in prop::sample::select(vec!["typed", "strings"])) {
            let count = rows.len();
            let plain: VarBytes = rows.iter().map(|row| &row.0).collect();
            let dictionary = Dictionary::new(rows.iter().map(|row| &row.1));
            let keys = std::sync::Arc::new((0..count as u32).rev().collect());
            let columns = vec![
                Column::new(Values::Text(plain)),
                Column::new(Values::Choice { keys, dictionary }),
            ];
            let (schema, columns) = schema(&[("p", DataType::Text), ("d", DataType::Text)], columns);
            let options = json!({"JSON_VALUES": values}).to_string();
            let text = String::from_utf8(file(&schema, &columns, &options).unwrap()).unwrap();
            prop_assert_eq!(text.matches('\n').count(), count);
            for (index, line) in text.split_terminator('\n').enumerate() {
                let object: Value = serde_json::from_str(line).unwrap();
                prop_assert_eq!(&object["p"], &rows[index].0);
                prop_assert_eq!(&object["d"], &rows[count - 1 - index].1);
            }
        }
    }
}
