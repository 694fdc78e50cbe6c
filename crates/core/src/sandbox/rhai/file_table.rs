//! A CSV file as scripts look values up in it: read once when a script is loaded, shared by all threads, never copied
//! but value by value.
//!
//! Lists of the rows, or maps of them by the values of one column. A column is of whole numbers where every value is
//! one as it is written, of numbers where none would lose a digit, else of texts. An empty cell is null among
//! numbers, and an empty text among texts.
//!
//! Knows nothing of scripts but their values.

use std::collections::BTreeMap;
use std::ops::Range;

use csv::{ByteRecord, ReaderBuilder};
use rhai::{Array, Dynamic, Map};

use crate::problems::{did_you_mean, excerpt};

/// Most bytes of a file.
pub(super) const MOST_BYTES: u64 = 8 << 20;

/// Most rows and columns of a table, and values in all of it.
const MOST_ROWS: usize = 100_000;
const MOST_COLUMNS: usize = 100;
const MOST_CELLS: usize = 1_000_000;

/// Whole numbers up to here are numbers with a fraction as well.
const MOST_EXACT: u64 = 1 << 53;

/// Significant digits that a number surely keeps.
const KEPT_DIGITS: usize = 15;

/// A table of a file.
#[derive(Debug)]
pub(super) struct FileTable {
    file: String,
    columns: Vec<Column>,
    /// Row by row, in the order of `columns`.
    cells: Vec<Cell>,
    texts: String,
    rows: usize,
    /// The names that the rows have, rising as the rows then do.
    keys: Option<Vec<Range<u32>>>,
    /// The first empty cell among numbers: its line and its column.
    hole: Option<(u64, Box<str>)>,
}

/// A column; they stand in the order of their names.
#[derive(Debug)]
struct Column {
    name: Box<str>,
    kind: Kind,
}

/// What all values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Whole,
    Number,
    Text,
}

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    Null,
    Whole(i64),
    Number(f64),
    /// Where it stands in the texts.
    Text(Range<u32>),
}

/// The file taken apart, in its own order.
struct Taken {
    header: Vec<String>,
    texts: String,
    cells: Vec<Range<u32>>,
    lines: Vec<u64>,
}

impl FileTable {
    /// Reads a file; `key` is the column whose values the rows are found by.
    ///
    /// # Errors
    ///
    /// What is wrong with it, with its line.
    pub(super) fn read(file: &str, bytes: &[u8], key: Option<&str>) -> Result<Self, String> {
        let taken = take(bytes)?;
        let width = taken.header.len();
        let kinds: Vec<Kind> = (0..width).map(|column| taken.kind(column)).collect();
        let mut order: Vec<usize> = (0..width).collect();
        order.sort_by(|a, b| taken.header[*a].cmp(&taken.header[*b]));
        let mut rows: Vec<usize> = (0..taken.lines.len()).collect();
        let key = key.map(|key| taken.key(key)).transpose()?;
        if let Some(key) = key {
            taken.refuse_doubles(key)?;
            rows.sort_by(|a, b| taken.text(*a, key).cmp(taken.text(*b, key)));
        }
        let mut cells = Vec::with_capacity(taken.cells.len());
        let mut hole: Option<(u64, Box<str>)> = None;
        for row in &rows {
            for column in &order {
                let cell = taken.cell(*row, *column, kinds[*column]);
                let line = taken.lines[*row];
                if matches!(cell, Cell::Null)
                    && hole.as_ref().is_none_or(|(first, _)| line < *first)
                {
                    hole = Some((line, taken.header[*column].as_str().into()));
                }
                cells.push(cell);
            }
        }
        let keys = key.map(|key| {
            rows.iter().map(|row| taken.cells[row * width + key].clone()).collect::<Vec<_>>()
        });
        let column = |place: &usize| Column {
            name: taken.header[*place].as_str().into(),
            kind: kinds[*place],
        };
        let columns = order.iter().map(column).collect();
        let rows = rows.len();
        Ok(Self { file: file.to_owned(), columns, cells, texts: taken.texts, rows, keys, hole })
    }

    /// The file's name.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// Whether it is a map, and no list.
    pub(super) fn is_map(&self) -> bool {
        self.keys.is_some()
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The names of the columns, rising, with what they hold.
    pub(super) fn columns(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.columns.iter().map(|column| (&*column.name, column.kind))
    }

    /// The first empty cell among numbers: its line and its column.
    pub(super) fn hole(&self) -> Option<(u64, &str)> {
        self.hole.as_ref().map(|(line, column)| (*line, &**column))
    }

    /// All values, row by row.
    pub(super) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    pub(super) fn texts(&self) -> &str {
        &self.texts
    }

    fn text(&self, range: &Range<u32>) -> &str {
        &self.texts[range.start as usize..range.end as usize]
    }

    /// The names of a map, rising.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().flatten().map(|key| self.text(key))
    }

    /// The place of the row that has this name.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.keys.as_ref()?.binary_search_by(|key| self.text(key).cmp(name)).ok()
    }

    /// A row as a script's map.
    pub(super) fn row(&self, place: usize) -> Map {
        let width = self.columns.len();
        let cells = &self.cells[place * width..(place + 1) * width];
        let named = self.columns.iter().zip(cells);
        named.map(|(column, cell)| (column.name.as_ref().into(), self.value_of(cell))).collect()
    }

    fn value_of(&self, cell: &Cell) -> Dynamic {
        match cell {
            Cell::Null => Dynamic::UNIT,
            Cell::Whole(value) => (*value).into(),
            Cell::Number(value) => (*value).into(),
            Cell::Text(range) => self.text(range).into(),
        }
    }

    /// All of it as a script's list or map.
    pub(super) fn value(&self) -> Dynamic {
        let rows = (0..self.rows).map(|place| Dynamic::from_map(self.row(place)));
        if self.is_map() {
            let named = self.keys().map(Into::into).zip(rows);
            return Dynamic::from_map(named.collect());
        }
        Dynamic::from_array(rows.collect::<Array>())
    }
}

/// Cells of a file, before it is known what they are.
fn take(bytes: &[u8]) -> Result<Taken, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = line_ends(before) + 1;
        format!("line {line}: no UTF-8")
    })?;
    // A byte order mark is how some editors begin a file.
    let text = text.trim_start_matches('\u{feff}');
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = ByteRecord::new();
    let mut taken = Taken {
        header: Vec::new(),
        texts: String::with_capacity(text.len()),
        cells: Vec::new(),
        lines: Vec::new(),
    };
    let (mut line, mut counted) = (1, 0);
    while reader.read_byte_record(&mut record).map_err(|error| error.to_string())? {
        // Empty lines before a record belong to its position.
        let place = record.position().map_or(0, |place| place.byte() as usize);
        let rest = text.as_bytes().get(place..).unwrap_or_default();
        let begins = place + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        line += line_ends(&text.as_bytes()[counted..begins]);
        counted = begins;
        // Of a whole text, cut at bytes of ASCII.
        let cells: Vec<&str> = record
            .iter()
            .map(std::str::from_utf8)
            .collect::<Result<_, _>>()
            .map_err(|_| format!("line {line}: no UTF-8"))?;
        if taken.header.is_empty() {
            taken.header = header(&cells, line)?;
            continue;
        }
        taken.push(&cells, line)?;
    }
    if taken.header.is_empty() {
        return Err("the file is empty, expected a line of the columns' names".to_owned());
    }
    if text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        return Err(format!("line {line}: a quotation mark has no second one"));
    }
    Ok(taken)
}

fn line_ends(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

fn header(cells: &[&str], line: u64) -> Result<Vec<String>, String> {
    if cells.len() > MOST_COLUMNS {
        return Err(format!("line {line}: more than {MOST_COLUMNS} columns"));
    }
    let mut names: Vec<String> = Vec::with_capacity(cells.len());
    for (place, name) in cells.iter().enumerate() {
        if name.is_empty() {
            return Err(format!("line {line}: column {} has no name", place + 1));
        }
        if names.iter().any(|known| known == name) {
            return Err(format!("line {line}: there are two columns `{}`", excerpt(name)));
        }
        names.push((*name).to_owned());
    }
    Ok(names)
}

impl Taken {
    fn push(&mut self, cells: &[&str], line: u64) -> Result<(), String> {
        let width = self.header.len();
        if cells.len() != width {
            let found = cells.len();
            let cells = if found == 1 { "cell" } else { "cells" };
            return Err(format!(
                "line {line}: {found} {cells}, expected {width} as in the first line"
            ));
        }
        if self.lines.len() == MOST_ROWS {
            return Err(format!("line {line}: more than {MOST_ROWS} rows"));
        }
        if self.cells.len() + width > MOST_CELLS {
            return Err(format!("line {line}: more than {MOST_CELLS} values"));
        }
        for cell in cells {
            let start = self.texts.len() as u32;
            self.texts.push_str(cell);
            self.cells.push(start..self.texts.len() as u32);
        }
        self.lines.push(line);
        Ok(())
    }

    fn text(&self, row: usize, column: usize) -> &str {
        let range = &self.cells[row * self.header.len() + column];
        &self.texts[range.start as usize..range.end as usize]
    }

    /// The column that is called so.
    fn key(&self, name: &str) -> Result<usize, String> {
        let names = || self.header.iter().map(String::as_str);
        names().position(|known| known == name).ok_or_else(|| {
            let hint = match did_you_mean(name, names()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("it has {}", excerpt(&names().collect::<Vec<_>>().join(", "))),
            };
            format!("there is no column `{}` ({hint})", excerpt(name))
        })
    }

    /// No row shall be hidden by another.
    fn refuse_doubles(&self, key: usize) -> Result<(), String> {
        let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
        for (row, line) in self.lines.iter().enumerate() {
            let name = self.text(row, key);
            if name.is_empty() {
                return Err(format!("line {line}: no value of `{}`", excerpt(&self.header[key])));
            }
            if let Some(first) = seen.insert(name, *line) {
                return Err(format!(
                    "lines {first} and {line}: both have `{}` as `{}`",
                    excerpt(name),
                    excerpt(&self.header[key])
                ));
            }
        }
        Ok(())
    }

    fn kind(&self, column: usize) -> Kind {
        let (mut whole, mut number, mut exact) = (false, false, true);
        for row in 0..self.lines.len() {
            let text = self.text(row, column);
            if text.is_empty() {
                continue;
            }
            match whole_number(text) {
                Some(value) => {
                    whole = true;
                    exact &= value.unsigned_abs() <= MOST_EXACT;
                }
                None if fraction(text).is_some() => number = true,
                None => return Kind::Text,
            }
        }
        match (whole, number) {
            (true, false) => Kind::Whole,
            (_, true) if exact => Kind::Number,
            _ => Kind::Text,
        }
    }

    fn cell(&self, row: usize, column: usize, kind: Kind) -> Cell {
        let text = self.text(row, column);
        let range = || self.cells[row * self.header.len() + column].clone();
        match kind {
            Kind::Text => Cell::Text(range()),
            Kind::Whole => whole_number(text).map_or(Cell::Null, Cell::Whole),
            Kind::Number => text.parse().map_or(Cell::Null, Cell::Number),
        }
    }
}

/// A whole number as it is written: `007` and `+7` are none, for they would be written otherwise.
fn whole_number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|value: &i64| value.to_string() == text)
}

/// A number with a fraction or an exponent, of which no digit is lost.
fn fraction(text: &str) -> Option<f64> {
    let body = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = body.split_once(['e', 'E']).unwrap_or((body, "0"));
    let (whole, rest) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let led = whole.len() > 1 && whole.starts_with('0');
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    if led || !digits(whole) || !digits(rest) || !digits(exponent) {
        return None;
    }
    let significant = mantissa.trim_start_matches(['0', '.']).bytes();
    if significant.filter(u8::is_ascii_digit).count() > KEPT_DIGITS {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str, key: Option<&str>) -> Result<FileTable, String> {
        FileTable::read("t.csv", text.as_bytes(), key)
    }

    /// What a column of these values is.
    fn kind(values: &str) -> Kind {
        let lines: Vec<String> = values.split(' ').map(|value| format!("x,{value}\n")).collect();
        let table = table(&format!("k,v\n{}", lines.concat()), None).unwrap();
        table.columns().last().unwrap().1
    }

    #[test]
    fn a_column_is_what_all_its_values_are_and_loses_no_digit() {
        for (values, wanted) in [
            ("1 -2 0", Kind::Whole),
            ("1  -2", Kind::Whole),
            ("9223372036854775807", Kind::Whole),
            ("9223372036854775808", Kind::Text),
            ("1 2.5", Kind::Number),
            ("-0.25 1e3 2E-7 1.5e+3", Kind::Number),
            ("0.1234567890123456", Kind::Text),
            ("9007199254740993 0.5", Kind::Text),
            ("007 1", Kind::Text),
            ("00.5", Kind::Text),
            ("+1", Kind::Text),
            ("1. 2", Kind::Text),
            (".5", Kind::Text),
            ("1e", Kind::Text),
            ("1e999", Kind::Text),
            ("NaN inf", Kind::Text),
            ("0x10", Kind::Text),
            ("", Kind::Text),
            ("true", Kind::Text),
        ] {
            assert_eq!(kind(values), wanted, "{values}");
        }
    }

    #[test]
    fn rows_are_a_list_or_a_map_by_a_column() {
        let text = "\u{feff}currency,rate,name\r\nUSD,1.5,\"dollar, US\"\r\n\r\nCHF,,franc\r\n";
        let list = table(text, None).unwrap();
        assert_eq!((list.rows(), list.is_map(), list.find("USD")), (2, false, None));
        assert_eq!(list.hole(), Some((4, "rate")));
        let shown = |value: Dynamic| format!("{value:?}");
        let usd = r#"#{"currency": "USD", "name": "dollar, US", "rate": 1.5}"#;
        let chf = r#"#{"currency": "CHF", "name": "franc", "rate": ()}"#;
        assert_eq!(shown(list.value()), format!("[{usd}, {chf}]"));
        let map = table(text, Some("currency")).unwrap();
        assert_eq!(map.find("USD"), Some(1));
        assert_eq!(map.find("usd"), None);
        assert_eq!(shown(map.row(1).into()), usd);
        assert_eq!(shown(map.value()), format!(r#"#{{"CHF": {chf}, "USD": {usd}}}"#));
        let empty = table("a,b\n", Some("b")).unwrap();
        assert_eq!((empty.rows(), shown(empty.value())), (0, "#{}".to_owned()));
    }

    #[test]
    fn a_broken_file_is_told_with_its_line() {
        let told = |text: &str, key| table(text, key).unwrap_err();
        let wide = (0..101).map(|n| format!("c{n},")).collect::<String>();
        let long = "a\n".repeat(MOST_ROWS + 2);
        for (text, key, wanted) in [
            ("", None, "the file is empty, expected a line of the columns' names"),
            ("a,b\n1,2\n3\n", None, "line 3: 1 cell, expected 2 as in the first line"),
            ("a,b\n1,2,3\n", None, "line 2: 3 cells, expected 2 as in the first line"),
            ("a,a\n", None, "line 1: there are two columns `a`"),
            ("a,\n", None, "line 1: column 2 has no name"),
            (&*wide, None, "line 1: more than 100 columns"),
            (&*long, None, "line 100002: more than 100000 rows"),
            ("a,b\n1,\"2\n3,4\n", None, "line 2: a quotation mark has no second one"),
            ("a,b\nx,1\ny,2\n\nx,3\n", Some("a"), "lines 2 and 5: both have `x` as `a`"),
            ("a,b\n\"\",1\n", Some("a"), "line 2: no value of `a`"),
            ("rate;b\n", Some("rat"), "there is no column `rat` (it has rate;b)"),
            ("rate,b\n", Some("rats"), "there is no column `rats` (did you mean `rate`?)"),
        ] {
            assert_eq!(told(text, key), wanted);
        }
        let letters = FileTable::read("t.csv", b"a,b\n1,\xff\n", None);
        assert_eq!(letters.unwrap_err(), "line 2: no UTF-8");
        let cells = format!("{}\n", vec!["1"; 100].join(","));
        let header = (0..100).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",");
        let many = format!("{header}\n{}", cells.repeat(10_001));
        assert_eq!(told(&many, None), "line 10002: more than 1000000 values");
    }
}
