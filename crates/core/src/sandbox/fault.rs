//! What is wrong with user code, told so that its author finds the place.

use std::error::Error;
use std::fmt;

use crate::generator::GenerateError;
use crate::problems::excerpt;

/// Why user code was refused or stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind of fault, for programs.
    pub kind: FaultKind,
    /// The file, as messages call it.
    pub file: String,
    /// Where in the file.
    pub place: Option<SourcePosition>,
    /// The row that has no value, counted over the whole command, where it is known.
    pub row: Option<u64>,
    /// What is wrong: lower case, without full stop.
    pub message: String,
    /// The calls that led there, the innermost first; may be empty.
    pub(crate) trace: Vec<String>,
}

/// Kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The file cannot be read, or may not be.
    Unreadable,
    /// The file does not compile, or is no generator.
    Compile,
    /// The generator refuses parameters or inputs.
    Refused,
    /// The generator failed by its own fault or decision.
    Failed,
    /// A limit was reached that counts the same on every machine.
    Limit,
    /// The machine had not enough time or memory: another one may have. Says nothing of the row.
    Machine,
    /// The answer is not what was declared.
    Answer,
}

impl FaultKind {
    /// The stable name of the kind.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Compile => "compile",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Limit => "limit",
            Self::Machine => "machine",
            Self::Answer => "answer",
        }
    }
}

/// A place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePosition {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// The line's text.
    pub text: String,
}

impl SourcePosition {
    /// The place in `source`.
    pub(crate) fn new(source: &str, line: usize, column: usize) -> Self {
        let text = source.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        Self { line, column, text: text.to_owned() }
    }
}

impl Fault {
    /// A fault of `file` without place or row.
    pub(crate) fn new(
        kind: FaultKind,
        file: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let (file, message) = (file.into(), message.into());
        Self { kind, file, place: None, row: None, message, trace: Vec::new() }
    }

    /// Adds the place.
    #[must_use]
    pub(crate) fn at(mut self, place: SourcePosition) -> Self {
        self.place = Some(place);
        self
    }

    /// Adds the row.
    #[must_use]
    pub(crate) fn in_row(mut self, row: u64) -> Self {
        self.row = Some(row);
        self
    }

    /// The fault on several lines, with the line of the file and a mark below the place.
    pub fn shown(&self) -> String {
        let mut out = self.to_string();
        if let Some(place) = &self.place {
            let line: String = place.text.chars().map(printable).collect();
            let number = place.line.to_string();
            let margin = " ".repeat(number.len());
            // The mark is set below what a terminal shows of a long line.
            let mark = " ".repeat(place.column.saturating_sub(1));
            out.push_str(&format!("\n  {margin} |\n  {number} | {line}\n  {margin} | {mark}^"));
        }
        for call in &self.trace {
            out.push_str(&format!("\n  in {}", excerpt(call)));
        }
        out
    }
}

/// Tabs as one blank, so that the mark stands right; nothing that moves a terminal's cursor.
fn printable(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.file)?;
        if let Some(place) = &self.place {
            write!(out, ":{}:{}", place.line, place.column)?;
        }
        write!(out, ": {}", self.message)?;
        if let Some(row) = self.row {
            write!(out, " (row {row})")?;
        }
        Ok(())
    }
}

impl Error for Fault {}

impl From<Box<Fault>> for GenerateError {
    fn from(fault: Box<Fault>) -> Self {
        Self::new(*fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_shows_its_line() {
        let source = "fn generate(row, params) {\n\tlet d = 7 / 0;\n}";
        let fault = Fault::new(FaultKind::Failed, "scripts/a.rhai", "division by zero: 7 / 0")
            .at(SourcePosition::new(source, 2, 12))
            .in_row(41);
        insta::assert_snapshot!(fault.shown(), @r"
        scripts/a.rhai:2:12: division by zero: 7 / 0 (row 41)
            |
          2 |  let d = 7 / 0;
            |            ^
        ");
    }
}
