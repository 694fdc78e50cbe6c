//! Tables in delimited text: a header line and rows, column by column.
//!
//! With a separator of one byte, cells may be quoted as RFC 4180 has it; with a longer one they may
//! not. A byte order mark is skipped, and so are empty lines.

use crate::columns::VarBytes;

/// Most cells of a table: what their positions take in memory.
const MOST_CELLS: usize = 20_000_000;

/// Most columns of a table.
const MOST_COLUMNS: usize = 10_000;

/// A table in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// The names in the header, in order, as written.
    pub(crate) header: Vec<String>,
    /// One list of cells per name of the header, all of the same length.
    pub(crate) columns: Vec<VarBytes>,
    /// Number of rows.
    pub(crate) rows: usize,
    /// Rows with fewer or more cells than the header: how many, and the first one, counted from 1.
    pub(crate) ragged: Option<(usize, usize)>,
}

/// Why a text is not a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TableError {
    /// Nothing to read a header from.
    #[error("it is empty, expected a header line and rows")]
    Empty,
    /// Bytes that are no text.
    #[error("it is not UTF-8: byte {position} starts no character")]
    Encoding {
        /// Counted from 1.
        position: usize,
    },
    /// More columns than a table has.
    #[error("its header has more than {MOST_COLUMNS} columns")]
    TooWide,
    /// More cells than are kept in memory.
    #[error("it has more than {MOST_CELLS} cells")]
    TooLarge,
}

/// Reads `bytes`; rows with too few cells are filled up with empty ones, further cells are dropped.
///
/// # Errors
///
/// When there is no header, the text is not UTF-8, or the table is too large.
pub(crate) fn read(bytes: &[u8], separator: &str) -> Result<Table, TableError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| TableError::Encoding { position: error.valid_up_to() + 1 })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder::default();
    if let [delimiter] = separator.as_bytes() {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(*delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut record = csv::ByteRecord::new();
        // Reading from memory with rows of any length cannot fail; if it did, the table would end.
        while reader.read_byte_record(&mut record).unwrap_or(false) {
            builder.row(record.iter())?;
        }
    } else {
        for line in text.lines().filter(|line| !line.is_empty()) {
            builder.row(line.split(separator).map(str::as_bytes))?;
        }
    }
    builder.table.filter(|table| !table.header.is_empty()).ok_or(TableError::Empty)
}

#[derive(Debug, Default)]
struct Builder {
    table: Option<Table>,
}

impl Builder {
    fn row<'a>(&mut self, cells: impl Iterator<Item = &'a [u8]>) -> Result<(), TableError> {
        let Some(table) = &mut self.table else {
            let header: Vec<String> = cells
                .take(MOST_COLUMNS + 1)
                .map(|cell| String::from_utf8_lossy(cell).into_owned())
                .collect();
            if header.len() > MOST_COLUMNS {
                return Err(TableError::TooWide);
            }
            let columns = header.iter().map(|_| VarBytes::default()).collect();
            self.table = Some(Table { header, columns, rows: 0, ragged: None });
            return Ok(());
        };
        table.rows += 1;
        if table.rows.saturating_mul(table.columns.len()) > MOST_CELLS {
            return Err(TableError::TooLarge);
        }
        let mut cells = cells.fuse();
        let mut complete = true;
        for column in &mut table.columns {
            let cell = cells.next();
            complete &= cell.is_some();
            column.push(cell.unwrap_or_default());
        }
        if !complete || cells.next().is_some() {
            let (_, first) = *table.ragged.get_or_insert((0, table.rows));
            table.ragged = table.ragged.map(|(count, _)| (count + 1, first));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, separator: &str) -> Vec<Vec<String>> {
        let table = read(text.as_bytes(), separator).unwrap();
        let cell = |column: &VarBytes, row| String::from_utf8(column.get(row).to_vec()).unwrap();
        (0..table.rows)
            .map(|row| table.columns.iter().map(|column| cell(column, row)).collect())
            .collect()
    }

    #[test]
    fn quotes_line_ends_and_marks_are_understood() {
        let text = "\u{feff}a;b\r\n1;\"x; \"\"y\"\"\nz\"\r\n\r\n2;é";
        assert_eq!(rows(text, ";"), [["1", "x; \"y\"\nz"], ["2", "é"]]);
        assert_eq!(read(text.as_bytes(), ";").unwrap().header, ["a", "b"]);
        assert_eq!(rows("a||b\n1||\"2\"\n\n|||\n", "||"), [["1", "\"2\""], ["", "|"]]);
    }

    #[test]
    fn cells_are_kept_as_they_are() {
        assert_eq!(rows("a,b\n 1 ,\n", ","), [[" 1 ", ""]]);
        assert_eq!(rows("a\tb\n1\t2\n", "\t"), [["1", "2"]]);
    }

    #[test]
    fn ragged_rows_are_completed_and_counted() {
        let table = read(b"a,b\n1,2\n3\n4,5,6\n", ",").unwrap();
        assert_eq!(table.ragged, Some((2, 2)));
        assert_eq!(rows("a,b\n1,2\n3\n4,5,6\n", ","), [["1", "2"], ["3", ""], ["4", "5"]]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert_eq!(read(b"", ","), Err(TableError::Empty));
        assert_eq!(read(b"\n\n", ","), Err(TableError::Empty));
        assert_eq!(read(b"a,b\n\xff", ","), Err(TableError::Encoding { position: 5 }));
        let wide = format!("{}\n", ",".repeat(5_000)).repeat(5_000);
        assert_eq!(read(wide.as_bytes(), ","), Err(TableError::TooLarge));
        assert_eq!(read(",".repeat(10_000).as_bytes(), ","), Err(TableError::TooWide));
    }
}
