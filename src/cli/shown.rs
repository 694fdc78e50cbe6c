//! Findings and numbers as people read them.

use std::io::{self, Write as _};

use crate::draft::Refusal;
use crate::problems::{Problems, Severity, escape_controls_in_lines};

/// Writes lines to stderr: whatever a model, a file's name or a server put into them, it does not steer the
/// terminal.
pub(super) fn tell(lines: &str) {
    // Nothing is left to do when stderr itself is gone.
    let _ = writeln!(io::stderr(), "{}", escape_controls_in_lines(lines));
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
