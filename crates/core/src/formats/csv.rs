//! `csv`: RFC 4180 with a header line; every value quoted unless told otherwise.
//!
//! A null is an empty field without quotes, which differs from the empty text `""`. A row of one
//! column would then be a blank line, which readers skip: there a null is `""` too.
//! Floats are the shortest text that reads back as the same value (`3.6`, `10.0`, `1e+30`), or have
//! the decimals that the model gives (`12.30`). Byte strings are upper-case hexadecimal.
//!
//! Sets what stands around values; `text_rows` writes them.

use std::sync::Arc;

use super::text::TextEncoder;
use super::{Encoder, Format};
use crate::attributes::{Attribute, Reader};
use crate::columns::{DataType, Schema};
use crate::compression::{self, Compression};
use crate::problems::Problem;
use crate::text_rows::{CellTemplate, DateForm, Escape, NotFinite, RowTemplate, Style, TextLayout};

const NAME: &str = "csv";

/// Characters of numbers and dates: as a delimiter or quote they would cut values that need no quotes.
const IN_VALUES: &[u8] = b"+-./:";

/// Longest text for a null: it stands in every row and counts in the width of one.
const MOST_NULL_BYTES: usize = 1_024;

/// The format.
#[derive(Debug)]
pub(super) struct Csv;

impl Format for Csv {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "Comma-separated values (RFC 4180) with a header line."
    }

    fn is_text(&self) -> bool {
        true
    }

    fn attributes(&self) -> &'static [Attribute] {
        const {
            &[
                Attribute::new(
                    "CSV_HEADER",
                    "boolean",
                    "true",
                    "Whether the first line names the columns.",
                ),
                Attribute::new(
                    "CSV_DELIMITER",
                    "one ASCII character",
                    ",",
                    "What stands between values; `\\t` is a tab.",
                ),
                Attribute::new(
                    "CSV_QUOTING",
                    "all or minimal",
                    "all",
                    "Whether every value is quoted, or only where a reader needs it.",
                ),
                Attribute::new(
                    "CSV_QUOTE",
                    "one ASCII character",
                    "\"",
                    "What stands around values; inside of them it is doubled.",
                ),
                Attribute::new("CSV_LINE_END", "lf or crlf", "lf", "What ends a line."),
                Attribute::new(
                    "CSV_NULL",
                    "text",
                    "",
                    "What stands, without quotes, for a null; at most 1024 bytes. Where quotes are \
                     minimal, columns with values that look like it are quoted.",
                ),
                Attribute::new(
                    "CSV_DATE_FORMAT",
                    "dd/MM/yyyy or iso",
                    "dd/MM/yyyy",
                    "Form of dates; `iso` is yyyy-MM-dd.",
                ),
                compression::CSV.own_option(),
                compression::CSV.common_option(),
            ]
        }
    }

    fn compile(&self, schema: &Arc<Schema>, options: &mut Reader<'_>) -> Option<Arc<dyn Encoder>> {
        let header = options.boolean("CSV_HEADER").unwrap_or(true);
        let dialect = Dialect::read(options);
        dialect.check_null(schema, options);
        let date = date_form(options);
        let compression = compression::CSV.read(options).and_then(Compression::of);
        if schema.columns.is_empty() {
            let message =
                "the model has no visible field, and a CSV file without columns has no rows";
            options.push(Problem::error("no_columns", "", message));
        }
        if options.has_errors() {
            return None;
        }
        let compression = compression?;
        let head = if header { dialect.header(schema) } else { Vec::new() };
        // As long as a null may be, it counts like a value.
        let nullable = schema.columns.iter().filter(|column| column.nullable).count();
        let around = 4 * schema.columns.len() as u64 + (nullable * dialect.null.len()) as u64;
        let template = dialect.template(schema, date);
        let layout = TextLayout::new(schema, template, head, compression, around);
        Some(Arc::new(TextEncoder::new(NAME, layout)))
    }
}

/// Rows as lines, and the length of what ends each; `None` after adding errors to `options`.
pub(super) fn rows(schema: &Schema, options: &mut Reader<'_>) -> Option<(RowTemplate, usize)> {
    let dialect = Dialect::read(options);
    dialect.check_null(schema, options);
    let date = date_form(options);
    let template = (!options.has_errors()).then(|| dialect.template(schema, date))?;
    Some((template, dialect.line_end.len()))
}

fn date_form(options: &mut Reader<'_>) -> DateForm {
    match options.choice("CSV_DATE_FORMAT", &["dd/MM/yyyy", "iso"]) {
        Some("iso") => DateForm::Iso,
        _ => DateForm::Slashes,
    }
}

/// What stands around values.
#[derive(Debug)]
struct Dialect {
    delimiter: u8,
    quote: u8,
    always_quoted: bool,
    line_end: &'static [u8],
    null: Vec<u8>,
}

impl Dialect {
    fn read(options: &mut Reader<'_>) -> Self {
        let delimiter = character("CSV_DELIMITER", b',', options);
        let quote = character("CSV_QUOTE", b'"', options);
        if delimiter == quote {
            let key = if options.has("CSV_QUOTE") { "CSV_QUOTE" } else { "CSV_DELIMITER" };
            let message = "the delimiter and the quote are the same character";
            options.error(key, "wrong_value", message);
        }
        let always_quoted = options.choice("CSV_QUOTING", &["all", "minimal"]) != Some("minimal");
        let line_end: &[u8] = match options.choice("CSV_LINE_END", &["lf", "crlf"]) {
            Some("crlf") => b"\r\n",
            _ => b"\n",
        };
        refuse_blank("CSV_NULL", options);
        let null = options.text("CSV_NULL").unwrap_or_default().into_bytes();
        if null.len() > MOST_NULL_BYTES {
            let message = format!(
                "`CSV_NULL` has {} bytes, expected at most {MOST_NULL_BYTES}: it stands for every null",
                null.len()
            );
            options.error("CSV_NULL", "wrong_value", message);
        }
        if null.iter().any(|byte| [delimiter, quote, b'\n', b'\r'].contains(byte)) {
            let message = "`CSV_NULL` must not hold the delimiter, the quote or a line break";
            options.error("CSV_NULL", "wrong_value", message);
        }
        Self { delimiter, quote, always_quoted, line_end, null }
    }

    /// Refuses a null that unquoted uuids could be taken for: texts like it are quoted one by one, and
    /// columns of other types as a whole, but uuids are written as they are.
    fn check_null(&self, schema: &Schema, options: &mut Reader<'_>) {
        let hexadecimal = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'-';
        let uuid = self.null.len() == 36 && self.null.iter().all(hexadecimal);
        let texts = schema.columns.iter().any(|column| column.data_type == DataType::Text);
        if uuid && texts && !self.always_quoted {
            let message = "`CSV_NULL` has the form of a uuid, and where quotes are minimal no reader \
                           could tell a null from one";
            options.error_with_hint("CSV_NULL", "wrong_value", message, "set CSV_QUOTING=all");
        }
    }

    /// What stands around the values of a column: quotes, where all have them or where a bare one could
    /// be taken for a null.
    fn quotes(&self, data_type: DataType) -> &[u8] {
        let quoted = self.always_quoted || may_look_like(data_type, &self.null);
        if quoted { std::slice::from_ref(&self.quote) } else { b"" }
    }

    /// The line of names, quoted only where they need it.
    fn header(&self, schema: &Schema) -> Vec<u8> {
        let mut line = Vec::new();
        let escape = self.where_needed(Vec::new());
        for (index, column) in schema.columns.iter().enumerate() {
            if index > 0 {
                line.push(self.delimiter);
            }
            escape.write(column.name.as_bytes(), &mut line);
        }
        line.extend_from_slice(self.line_end);
        line
    }

    fn where_needed(&self, null: Vec<u8>) -> Escape {
        Escape::WhereNeeded { quote: self.quote, delimiter: self.delimiter, null }
    }

    fn template(&self, schema: &Schema, date: DateForm) -> RowTemplate {
        let escape = if self.always_quoted {
            Escape::Doubled { quote: self.quote }
        } else {
            self.where_needed(self.null.clone())
        };
        let style = Style { escape, date, not_finite: NotFinite::Named };
        // A blank line would be no row.
        let blank_line = schema.columns.len() == 1 && self.null.is_empty();
        let null = if blank_line { vec![self.quote; 2] } else { self.null.clone() };
        let last = schema.columns.len().saturating_sub(1);
        let cells = schema.columns.iter().enumerate().map(|(index, column)| {
            let end = if index == last { self.line_end } else { &[self.delimiter] };
            let (decimals, quotes) = (column.decimals, self.quotes(column.data_type));
            CellTemplate::new(
                column.data_type,
                decimals,
                quotes,
                &[quotes, end].concat(),
                &[&null, end].concat(),
            )
        });
        RowTemplate::new(style, cells.collect())
    }
}

/// Whether some value of a type, bare, may be the text `null`. Texts are looked at one by one.
fn may_look_like(data_type: DataType, null: &[u8]) -> bool {
    let all = |allowed: fn(&u8) -> bool| !null.is_empty() && null.iter().all(allowed);
    match data_type {
        DataType::Boolean => matches!(null, b"true" | b"false"),
        DataType::Int32 | DataType::Int64 | DataType::EpochMillis => {
            all(|byte| byte.is_ascii_digit() || *byte == b'-')
        }
        DataType::Decimal { .. } => all(|byte| byte.is_ascii_digit() || b"-.".contains(byte)),
        DataType::Float32 | DataType::Float64 => {
            matches!(null, b"NaN" | b"Infinity" | b"-Infinity")
                || all(|byte| byte.is_ascii_digit() || b"+-.e".contains(byte))
        }
        DataType::Date => all(|byte| byte.is_ascii_digit() || b"+-/".contains(byte)),
        DataType::Instant => all(|byte| byte.is_ascii_digit() || b"+-:.TZ".contains(byte)),
        DataType::Bytes => all(u8::is_ascii_hexdigit),
        DataType::Text => false,
    }
}

/// Refuses what counts as not set because it is blank, though somebody wrote it.
fn refuse_blank(key: &str, options: &mut Reader<'_>) {
    let text = options.object().get(key).and_then(|value| value.as_str()).unwrap_or_default();
    if !text.is_empty() && text != "\t" && text.trim().is_empty() {
        options.error(key, "wrong_value", format!("`{key}` is blank, expected a visible text"));
    }
}

/// Reads an option of one character that cannot be part of an unquoted value.
fn character(key: &str, default: u8, options: &mut Reader<'_>) -> u8 {
    refuse_blank(key, options);
    // A tab counts as blank, hence as not set, for the reader.
    let tab = options.object().get(key).is_some_and(|value| value == "\t");
    let Some(text) = (if tab { Some("\t".to_owned()) } else { options.text(key) }) else {
        return default;
    };
    match text.as_bytes() {
        b"\\t" => b'\t',
        &[byte]
            if byte.is_ascii()
                && !byte.is_ascii_alphanumeric()
                && !matches!(byte, b'\n' | b'\r' | 0)
                && !IN_VALUES.contains(&byte) =>
        {
            byte
        }
        _ => {
            if let Some(value) = options.value(key) {
                let expected =
                    "one ASCII character that is no letter, digit, line break or one of + - . / :";
                options.wrong(key, value, expected);
            }
            default
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use serde_json::json;

    use super::super::samples;
    use super::*;
    use crate::columns::{Column, Dictionary, Values, VarBytes};
    use crate::formats::samples::{compile, encode, schema, texts, zoo};

    /// The file of these columns, or what is wrong with the options.
    fn file(schema: &Arc<Schema>, columns: &[Column], options: &str) -> Result<Vec<u8>, String> {
        let options = serde_json::from_str(options).unwrap();
        Ok(encode(&*compile(&Csv, schema, options)?, columns, 3))
    }

    /// The zoo's rows, with control characters made visible.
    fn text(options: &str) -> String {
        let (schema, columns) = zoo();
        let text = String::from_utf8(file(&schema, &columns, options).unwrap()).unwrap();
        text.replace('\r', "\u{240d}").replace('\t', "\u{2409}").replace('\u{1}', "\u{2401}")
    }

    #[test]
    fn every_type_has_its_form() {
        insta::assert_snapshot!(text("{}"), @r#"
        boolean,int32,int64,float32,float64,fixed,decimal,date,millis,instant,text,choice,uuid,bytes
        "true","0","0","3.6","10.0","12.30","0.00","01/01/1970","0","1970-01-01T00:00:00Z","plain","Paris","00000000-0000-0000-0000-000000000000","00FF"
        "false",,"-1","-0.1","1e-7","-0.50","-0.05",,"-1","1969-12-31T23:59:59.999999Z",,,"ffffffff-ffff-ffff-ffff-ffffffffffff",""
        "true","2147483647","9223372036854775807","10000000000.0","1.7976931348623157e+308","0.00","12.30","01/01/+10000","1700000000000","2024-02-29T00:01:01.500Z","line␍
        break␉␁","NULL","00000010-0000-0000-0000-000000000000","3031323334353637383961626364656667"
        "false","-2147483648","-9223372036854775808","NaN","-Infinity","1000000000.00","999999999999999999999999999999999999.99","31/12/-0001","-9223372036854775808","+10000-01-01T00:00:00Z","😀 \ é","a ""quoted"" city, far away","00000000-0000-0000-0000-000000000abc","1B"
        "true",,"9007199254740993","Infinity","-0.0","1e+300","-100000000000000000000000000000000000.00",,"9223372036854775807","-290308-12-21T19:59:05.224192Z",,,"00000000-0000-0000-0000-000000000007","78"
        "#);
    }

    #[test]
    fn quotes_stand_only_where_they_are_needed_when_minimal() {
        let options = r#"{"CSV_QUOTING": "minimal", "CSV_DELIMITER": "\\t", "CSV_NULL": "NULL", "CSV_DATE_FORMAT": "ISO"}"#;
        insta::assert_snapshot!(text(options), @r#"
        boolean␉int32␉int64␉float32␉float64␉fixed␉decimal␉date␉millis␉instant␉text␉choice␉uuid␉bytes
        true␉0␉0␉3.6␉10.0␉12.30␉0.00␉1970-01-01␉0␉1970-01-01T00:00:00Z␉plain␉Paris␉00000000-0000-0000-0000-000000000000␉00FF
        false␉NULL␉-1␉-0.1␉1e-7␉-0.50␉-0.05␉NULL␉-1␉1969-12-31T23:59:59.999999Z␉NULL␉NULL␉ffffffff-ffff-ffff-ffff-ffffffffffff␉""
        true␉2147483647␉9223372036854775807␉10000000000.0␉1.7976931348623157e+308␉0.00␉12.30␉+10000-01-01␉1700000000000␉2024-02-29T00:01:01.500Z␉"line␍
        break␉␁"␉"NULL"␉00000010-0000-0000-0000-000000000000␉3031323334353637383961626364656667
        false␉-2147483648␉-9223372036854775808␉NaN␉-Infinity␉1000000000.00␉999999999999999999999999999999999999.99␉-0001-12-31␉-9223372036854775808␉+10000-01-01T00:00:00Z␉😀 \ é␉"a ""quoted"" city, far away"␉00000000-0000-0000-0000-000000000abc␉1B
        true␉NULL␉9007199254740993␉Infinity␉-0.0␉1e+300␉-100000000000000000000000000000000000.00␉NULL␉9223372036854775807␉-290308-12-21T19:59:05.224192Z␉NULL␉NULL␉00000000-0000-0000-0000-000000000007␉78
        "#);
    }

    #[test]
    fn names_are_quoted_where_they_need_it() {
        let (schema, columns) = texts(&[
            ("a,b", &["1"]),
            ("say \"x\"", &["2"]),
            ("line\nend \u{1f600}", &["3"]),
            ("", &["4"]),
        ]);
        let options = r#"{"CSV_LINE_END": "crlf", "CSV_QUOTE": "'"}"#;
        let out = String::from_utf8(file(&schema, &columns, options).unwrap()).unwrap();
        assert_eq!(out, "'a,b',say \"x\",'line\nend \u{1f600}',''\r\n'1','2','3','4'\r\n");
    }

    #[test]
    fn a_null_in_the_only_column_is_no_blank_line() {
        let values = Values::Text(["x", "", ""].into_iter().collect());
        let column = Column { values, validity: Some(vec![true, false, true]) };
        let (schema, columns) = schema(&[("a", DataType::Text)], vec![column]);
        let out = |options| file(&schema, &columns, options).unwrap();
        assert_eq!(out(r#"{"CSV_QUOTING": "minimal"}"#), b"a\nx\n\"\"\n\"\"\n");
        assert_eq!(out("{}"), b"a\n\"x\"\n\"\"\n\"\"\n");
        let options = r#"{"CSV_QUOTING": "minimal", "CSV_NULL": "NULL"}"#;
        assert_eq!(out(options), b"a\nx\nNULL\n\"\"\n");
    }

    #[test]
    fn a_literal_tab_is_a_delimiter() {
        let (schema, columns) = texts(&[("a", &["1"]), ("b", &["2"])]);
        let out = file(&schema, &columns, r#"{"CSV_DELIMITER": "\t"}"#).unwrap();
        assert_eq!(out, b"a\tb\n\"1\"\t\"2\"\n");
    }

    // Also issue 9, F16 e: a blank is no delimiter, and not the default one either.
    #[test]
    fn options_that_would_break_a_file_are_refused() {
        let (schema, columns) = texts(&[("a", &["1"])]);
        let problems: Vec<String> = [
            r#"{"CSV_DELIMITER": "\""}"#,
            r#"{"CSV_DELIMITER": "ab"}"#,
            r#"{"CSV_DELIMITER": "7"}"#,
            r#"{"CSV_DELIMITER": "\u20ac"}"#,
            r#"{"CSV_QUOTE": "-"}"#,
            r#"{"CSV_NULL": "a,b"}"#,
            r#"{"CSV_DELIMITER": " "}"#,
            r#"{"CSV_DELIMITER": "\n"}"#,
            r#"{"CSV_NULL": "  "}"#,
            r#"{"CSV_QUOTING": "none"}"#,
            r#"{"COMPRESSION": "snappy"}"#,
        ]
        .iter()
        .map(|options| file(&schema, &columns, options).unwrap_err())
        .collect();
        insta::assert_snapshot!(problems.join("\n"), @"
        /Options/CSV_DELIMITER: the delimiter and the quote are the same character
        /Options/CSV_DELIMITER: `CSV_DELIMITER` is the text `ab`, expected one ASCII character that is no letter, digit, line break or one of + - . / :
        /Options/CSV_DELIMITER: `CSV_DELIMITER` is the text `7`, expected one ASCII character that is no letter, digit, line break or one of + - . / :
        /Options/CSV_DELIMITER: `CSV_DELIMITER` is the text `€`, expected one ASCII character that is no letter, digit, line break or one of + - . / :
        /Options/CSV_QUOTE: `CSV_QUOTE` is the text `-`, expected one ASCII character that is no letter, digit, line break or one of + - . / :
        /Options/CSV_NULL: `CSV_NULL` must not hold the delimiter, the quote or a line break
        /Options/CSV_DELIMITER: `CSV_DELIMITER` is blank, expected a visible text
        /Options/CSV_DELIMITER: `CSV_DELIMITER` is blank, expected a visible text
        /Options/CSV_NULL: `CSV_NULL` is blank, expected a visible text
        /Options/CSV_QUOTING: `CSV_QUOTING` is the text `none`, expected one of all, minimal
        /Options/COMPRESSION: `COMPRESSION` is `snappy`, which csv does not take, expected one of none, gzip, zstd (`CSV_COMPRESSION` sets it for csv alone)
        ");
        let problem = file(&Arc::default(), &[], "{}").unwrap_err();
        insta::assert_snapshot!(problem, @"the model has no visible field, and a CSV file without columns has no rows");
    }

    /// Issue 9, F16 d: for all texts of nulls and all types, no bare value is the null.
    #[test]
    fn a_value_that_looks_like_the_null_is_quoted() {
        let (schema, columns) = zoo();
        let options = |token: &str| json!({"CSV_QUOTING": "minimal", "CSV_NULL": token});
        let cells = |null: &str| -> BTreeSet<String> {
            let text = file(&schema, &columns, &options(null).to_string()).unwrap();
            let text = String::from_utf8(text).unwrap();
            text.split(['\n', ',']).skip(schema.columns.len()).map(str::to_owned).collect()
        };
        // Every bare value of a file in which nothing looks like the null.
        let values = cells("\u{1}\u{2}");
        let bare = values.iter().filter(|cell| !cell.contains(['"', ' ', '\r', '\u{1}']));
        let mut tried = 0;
        for value in bare.filter(|cell| !cell.is_empty()) {
            if value.len() == 36 && value.contains('-') && !value.contains('.') {
                continue;
            }
            let (schema, columns) = zoo();
            let text = file(&schema, &columns, &options(value).to_string()).unwrap();
            let text = String::from_utf8(text).unwrap();
            let nulls = columns
                .iter()
                .flat_map(|column| (0..5).map(|row| usize::from(column.is_null(row))));
            let expected: usize = nulls.sum();
            let found = text.split(['\n', ',']).filter(|cell| cell == value).count();
            assert_eq!(found, expected, "{value}: {text}");
            tried += 1;
        }
        assert!(tried > 30, "{tried}");
        let uuid = "ffffffff-ffff-ffff-ffff-ffffffffffff";
        insta::assert_snapshot!(
            file(&schema, &columns, &options(uuid).to_string()).unwrap_err(),
            @"/Options/CSV_NULL: `CSV_NULL` has the form of a uuid, and where quotes are minimal no reader could tell a null from one (set CSV_QUOTING=all)"
        );
    }

    /// Issue 9, A4: the text of a null is bounded, and counts in the memory of a segment.
    #[test]
    fn a_long_null_is_refused_and_a_shorter_one_makes_segments_small() {
        let columns: Vec<_> =
            (0..20).map(|n| samples::info(&format!("c{n}"), DataType::Int32, true)).collect();
        let schema = Arc::new(Schema::of(columns));
        let encoder =
            |length: usize| compile(&Csv, &schema, json!({"CSV_NULL": "x".repeat(length)}));
        assert_eq!(encoder(0).unwrap().segment_rows(), 8_192);
        assert_eq!(encoder(1_024).unwrap().segment_rows(), 64);
        insta::assert_snapshot!(encoder(100_000).unwrap_err(), @"/Options/CSV_NULL: `CSV_NULL` has 100000 bytes, expected at most 1024: it stands for every null");
    }

    proptest! {
        /// For all texts, dictionary or not, the csv crate reads what was written.
        #[test]
        fn texts_survive(
            rows in prop::collection::vec((any::<String>(), ".*[\",;'\r\n ]*.*"), 1..40),
            quoting in prop::sample::select(vec!["all", "minimal"]),
            delimiter in prop::sample::select(vec![b',', b'\t', b';', b'|', 1]),
            quote in prop::sample::select(vec![b'"', b'\'']),
        ) {
            let count = rows.len();
            let plain: VarBytes = rows.iter().map(|row| &row.0).collect();
            let dictionary = Dictionary::new(rows.iter().map(|row| &row.1));
            let keys = Arc::new((0..count as u32).rev().collect());
            let columns = vec![
                Column::new(Values::Text(plain)),
                Column::new(Values::Choice { keys, dictionary }),
            ];
            let (schema, columns) = schema(&[("p", DataType::Text), ("d", DataType::Text)], columns);
            let options = json!({
                "CSV_QUOTING": quoting,
                "CSV_DELIMITER": char::from(delimiter).to_string(),
                "CSV_QUOTE": char::from(quote).to_string(),
            });
            let out = file(&schema, &columns, &options.to_string()).unwrap();
            let mut reader =
                csv::ReaderBuilder::new().delimiter(delimiter).quote(quote).from_reader(&out[..]);
            let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            prop_assert_eq!(records.len(), count);
            for (index, record) in records.iter().enumerate() {
                prop_assert_eq!(&record[0], &rows[index].0);
                prop_assert_eq!(&record[1], &rows[count - 1 - index].1);
            }
        }
    }
}
