//! Findings and numbers as people read them.

use std::io::{self, Write as _};

use crate::draft::Refusal;
use crate::problems::{Problems, Severity};

/// Writes all findings to stderr, one a line.
pub(super) fn print_problems(label: &str, problems: &Problems) {
    let mut stderr = io::stderr().lock();
    for problem in problems {
        let severity = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        // Nothing is left to do when stderr itself is gone.
        let _ = writeln!(stderr, "{severity}: {label}: {problem}");
    }
}

/// Writes why a request is refused.
pub(super) fn print_refusal(label: &str, refusal: &Refusal) {
    match refusal {
        Refusal::Problems(problems) => print_problems(label, problems),
        other => {
            let _ = writeln!(io::stderr(), "error: {label}: {other}");
        }
    }
}

/// Writes that rows of a field are null because its code failed on them.
pub(super) fn print_failed_rows(label: &str, field: &str, rows: u64, first: &str) {
    let _ = writeln!(
        io::stderr(),
        "warning: {label}: field `{field}`: {rows} rows are null because user code failed on them; the first: {first}"
    );
}
