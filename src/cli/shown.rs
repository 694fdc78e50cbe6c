//! Findings and answers as people and programs read them: the border where a stranger's text becomes output.

use std::io::{self, Write as _};

use serde::Serialize;

use crate::draft::Refusal;
use crate::problems::{Problems, Severity, escape_controls_in_json, escape_controls_in_lines};

/// Writes lines to stderr: whatever a model, a file's name or a server put into them, it does not steer the
/// terminal.
pub(super) fn tell(lines: &str) {
    // Nothing is left to do when stderr itself is gone.
    let _ = writeln!(io::stderr(), "{}", escape_controls_in_lines(lines));
}

/// Writes lines to stdout, under the same promise.
pub(super) fn answer(lines: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{}", escape_controls_in_lines(lines))
}

/// Writes an answer for programs to stdout, in lines or in one.
///
/// What would steer a terminal is escaped as JSON does it, so programs read the same values.
pub(super) fn answer_json(answer: &impl Serialize, in_lines: bool) -> io::Result<()> {
    let text = if in_lines {
        serde_json::to_string_pretty(answer)?
    } else {
        serde_json::to_string(answer)?
    };
    writeln!(io::stdout(), "{}", escape_controls_in_json(&text))
}

/// Writes all findings to stderr, one a line.
pub(super) fn print_problems(label: &str, problems: &Problems) {
    let mut stderr = io::stderr().lock();
    for problem in problems {
        let severity = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let line = format!("{severity}: {label}: {problem}");
        // Nothing is left to do when stderr itself is gone.
        let _ = writeln!(stderr, "{}", escape_controls_in_lines(&line));
    }
}

/// Writes why a request is refused.
pub(super) fn print_refusal(label: &str, refusal: &Refusal) {
    match refusal {
        Refusal::Problems(problems) => print_problems(label, problems),
        other => {
            tell(&format!("error: {label}: {other}"));
        }
    }
}

/// Writes that rows of a field are null because its code failed on them.
pub(super) fn print_failed_rows(label: &str, field: &str, rows: u64, first: &str) {
    tell(&format!(
        "warning: {label}: field `{field}`: {rows} rows are null because user code failed on them; the first: {first}"
    ));
}
