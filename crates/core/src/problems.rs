//! Problems: what is wrong with something that a user wrote, all of it at once.
//!
//! Compiling a model does not stop at the first fault: every layer adds its findings to one
//! [`Problems`] list, each with a JSON pointer (RFC 6901), the field's name, what was found, what was
//! expected and, where a slip of the pen is likely, a did-you-mean.

use std::any::Any;
use std::borrow::Cow;
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
            message: escaped_lines(message.into()),
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
        self.hint = Some(escaped_lines(hint.into()));
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
    pub(crate) fn has_room_for_errors(&self) -> bool {
        self.errors < MOST
    }

    /// Whether a further error is worth the search for what was probably meant.
    pub(crate) fn is_worth_a_guess(&self) -> bool {
        self.errors < MOST_GUESSES
    }

    /// Adds all findings of `other`.
    pub fn extend(&mut self, other: Self) {
        for problem in other.found {
            self.push(problem);
        }
    }

    /// Number of errors so far.
    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    /// Whether anything found stops the command.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// All findings, in the order of finding.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.found.iter()
    }

    /// The findings that stop the command.
    pub(crate) fn only_errors(&self) -> impl Iterator<Item = &Problem> {
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

/// `name` without what does not matter in names of types: letter case, `_`, `-` and blanks.
pub fn fold_name(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// One segment of a JSON pointer, escaped (RFC 6901 section 3).
pub(crate) fn pointer_segment(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// What a panic said.
pub fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
        .to_owned()
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

/// A stranger's text as a message quotes it: its beginning, in which every character can be seen.
///
/// Every text of a model, a file, a request or an extension that enters a message goes through here.
pub fn excerpt(text: &str) -> String {
    excerpt_of(text, 80)
}

/// [`excerpt`] of another length: at most `most` characters, and `…` where that is not all.
pub(crate) fn excerpt_of(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", escape_controls(&text[..end])),
        None => escape_controls(text).into_owned(),
    }
}

/// `text` with everything that would steer a terminal, or that cannot be seen, written as in Rust's
/// sources: `\u{1b}`, `\n`, `\u{202e}`.
///
/// Escaped are control characters, line and paragraph separators, what turns the direction of a text, and
/// characters without width. The answer is one line, and escaping it again changes nothing.
pub fn escape_controls(text: &str) -> Cow<'_, str> {
    escape(text, is_unseen)
}

/// [`escape_controls`] for a text of several lines: its line feeds stay.
pub fn escape_controls_in_lines(text: &str) -> Cow<'_, str> {
    escape(text, |c| c != '\n' && is_unseen(c))
}

/// JSON with `\u` escapes for what cannot be seen: in it are the same values. Its line feeds stay.
pub fn escape_controls_in_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !is_unseen(c) {
            shown.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            shown.push_str(&format!("\\u{unit:04x}"));
        }
    }
    shown
}

fn escape(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    let Some(first) = text.find(&is_escaped) else { return Cow::Borrowed(text) };
    let mut shown = text[..first].to_owned();
    for c in text[first..].chars() {
        if is_escaped(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// A message of several lines, made safe without a copy where it is so already.
fn escaped_lines(message: String) -> String {
    match escape_controls_in_lines(&message) {
        Cow::Borrowed(_) => message,
        Cow::Owned(escaped) => escaped,
    }
}

/// Whether a character steers what shows it, or shows nothing itself: Unicode's categories Cc, Cf, Zl, Zp.
pub fn is_unseen(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    matches!(
        c,
        '\u{80}'..='\u{9f}'
            | '\u{ad}' // the soft hyphen
            | '\u{600}'..='\u{605}'
            | '\u{61c}' // Arabic letter mark
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}' // without width; marks of direction
            | '\u{2028}'..='\u{202e}' // line and paragraph separator; embedded and overridden direction
            | '\u{2060}'..='\u{206f}' // word joiner, isolated direction and other invisible ones
            | '\u{feff}' // the byte order mark
            | '\u{fff9}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}'
            | '\u{e0020}'..='\u{e007f}' // tags
    )
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

    // Issue 9, C1.
    #[test]
    fn a_text_of_a_stranger_is_shown_and_never_obeyed() {
        assert_eq!(escape_controls("Zoë 日本 𝄞 a\\b"), "Zoë 日本 𝄞 a\\b");
        assert_eq!(
            escape_controls("\u{1b}]0;x\u{7}\r\n\t\0\u{9b}"),
            r"\u{1b}]0;x\u{7}\r\n\t\u{0}\u{9b}"
        );
        let hidden = "\u{ad}\u{61c}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\
            \u{202c}\u{202d}\u{202e}\u{2060}\u{2066}\u{2067}\u{2068}\u{2069}\u{feff}\u{e0041}";
        for c in hidden.chars() {
            let escaped = format!("a\\u{{{:x}}}b", u32::from(c));
            assert_eq!(escape_controls(&format!("a{c}b")), escaped);
            assert_eq!(excerpt(&format!("a{c}b")), escaped);
        }
        assert_eq!(escape_controls_in_lines("a\nb\r\u{85}"), "a\nb\\r\\u{85}");
    }

    /// What a maker of a message forgot to escape is escaped where the problem is made.
    #[test]
    fn no_problem_steers_a_terminal() {
        let problem = Problem::error("x", "/a\u{202e}", "is \u{1b}[31m\nin line 2")
            .field("a\u{7}")
            .hint("or \u{9b}");
        assert_eq!(
            problem.to_string(),
            "/a\\u{202e}: field `a\\u{7}`: is \\u{1b}[31m\nin line 2 (or \\u{9b})"
        );
    }

    #[test]
    fn a_problem_reads_as_one_line() {
        let problem = Problem::error("empty_range", "/Fields/2/min", "`min` 5 is above `max` 3")
            .field("age")
            .hint("swap them");
        insta::assert_snapshot!(problem, @"/Fields/2/min: field `age`: `min` 5 is above `max` 3 (swap them)");
    }

    // Issue 9, C1
    #[test]
    fn json_shows_every_character_and_keeps_its_values() {
        let value =
            serde_json::json!({"a\u{202e}": "\u{1b}[2J\u{7f}\u{9b}\u{200b}\u{e0041}\n\\ Zoë"});
        let shown = escape_controls_in_json(&format!("{value:#}"));
        assert_eq!(
            shown,
            r#"{
  "a\u202e": "\u001b[2J\u007f\u009b\u200b\udb40\udc41\n\\ Zoë"
}"#
        );
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
