//! Problems: what is wrong with something that a user wrote, all of it at once.
//!
//! Compiling a model does not stop at the first fault: every layer adds its findings to one
//! [`Problems`] list, each with a JSON pointer (RFC 6901), the field's name, what was found, what was
//! expected and, where a slip of the pen is likely, a did-you-mean.

use std::error::Error;
use std::fmt;

use serde::Serialize;

/// Whether a finding stops the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The model is refused.
    Error,
    /// The model works, but something in it has no effect or is probably not meant so.
    Warning,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Whether it stops the command.
    pub severity: Severity,
    /// Stable name of the kind of problem, for programs.
    pub code: &'static str,
    /// Where: a JSON pointer into the document, empty for the whole of it.
    pub pointer: String,
    /// The field concerned, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong: what was found and what was expected.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Problem {
    /// A finding that stops the command.
    pub fn error(
        code: &'static str,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            code,
            pointer: pointer.into(),
            field: None,
            message: message.into(),
            hint: None,
        }
    }

    /// A finding that is only told.
    pub fn warning(
        code: &'static str,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, pointer, message) }
    }

    /// Names the field concerned.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>) -> Self {
        self.field = Some(name.into());
        self
    }

    /// Adds the cure.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.pointer.is_empty() {
            write!(out, "{}: ", excerpt(&self.pointer))?;
        }
        if let Some(field) = &self.field {
            write!(out, "field `{}`: ", excerpt(field))?;
        }
        out.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(out, " ({hint})")?;
        }
        Ok(())
    }
}

/// Most findings of each severity that are kept of one document: a hostile one must not make a hostile
/// answer, and warnings must not crowd out errors.
const MOST: usize = 500;

/// Most errors that come with a guess: each costs as much as there are names.
const MOST_GUESSES: usize = 50;

/// Everything found so far, in the order of finding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    found: Vec<Problem>,
    errors: usize,
    warnings: usize,
}

impl Problems {
    /// Adds a finding. Beyond five hundred of a severity they are only counted.
    pub fn push(&mut self, problem: Problem) {
        let count = match problem.severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        *count += 1;
        if *count <= MOST {
            self.found.push(problem);
        }
    }

    /// Whether further warnings are kept; when not, there is no use in looking for them.
    pub fn has_room_for_warnings(&self) -> bool {
        self.warnings < MOST
    }

    /// Whether further errors are kept; when not, there is no use in looking for them.
    pub fn has_room_for_errors(&self) -> bool {
        self.errors < MOST
    }

    /// Whether a further error is worth the search for what was probably meant.
    pub fn is_worth_a_guess(&self) -> bool {
        self.errors < MOST_GUESSES
    }

    /// Adds all findings of `other`.
    pub fn extend(&mut self, other: Self) {
        for problem in other.found {
            self.push(problem);
        }
    }

    /// Number of errors so far.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// Whether anything found stops the command.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All findings, in the order of finding.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.found.iter()
    }

    /// The findings that stop the command.
    pub fn only_errors(&self) -> impl Iterator<Item = &Problem> {
        self.found.iter().filter(|problem| problem.severity == Severity::Error)
    }

    /// The findings that are only told.
    pub fn only_warnings(&self) -> impl Iterator<Item = &Problem> {
        self.found.iter().filter(|problem| problem.severity == Severity::Warning)
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Problems {
    /// The errors, one a line.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.only_errors().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            write!(out, "{problem}")?;
        }
        Ok(())
    }
}

impl Error for Problems {}

/// The candidate closest to `word`, if close enough to be a slip of the pen. Letter case is ignored.
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    /// Longest word that is compared: the distance costs the product of both lengths.
    const LONGEST: usize = 64;
    if word.len() > LONGEST {
        return None;
    }
    let word = word.to_lowercase();
    let most = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| (strsim::osa_distance(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// One segment of a JSON pointer, escaped (RFC 6901 section 3).
pub fn pointer_segment(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// An error with its causes, in one line: each layer of it says what it alone knows.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// A user's text as a message quotes it: shortened, without control characters.
pub fn excerpt(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown: String =
        text.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_recognised_and_a_stranger_is_not() {
        assert_eq!(did_you_mean("intger", ["INTEGER", "STRING"]), Some("INTEGER"));
        assert_eq!(did_you_mean("banana", ["INTEGER", "STRING"]), None);
        assert_eq!(did_you_mean(&"x".repeat(10_000), ["INTEGER"]), None);
    }

    #[test]
    fn a_problem_reads_as_one_line() {
        let problem = Problem::error("empty_range", "/Fields/2/min", "`min` 5 is above `max` 3")
            .field("age")
            .hint("swap them");
        insta::assert_snapshot!(problem, @"/Fields/2/min: field `age`: `min` 5 is above `max` 3 (swap them)");
    }
}
