//! Logs: text or JSON lines on stderr, chosen by the environment.
//!
//! `DATAGEN_LOG` takes a filter (`warn` by default, `info`, `datagen=debug`), `DATAGEN_LOG_FORMAT` takes
//! `text` or `json`. What a stranger's text holds steers no terminal, and ends no line.

use std::fmt::{self, Debug};
use std::io::{self, IsTerminal as _, Write};

use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

use crate::problems::{escape_controls, escape_controls_in_json};

/// What is logged where nobody chooses. A certificate that does not hold is told by whoever connects.
const USUAL: &str = "warn,rustls_platform_verifier=off";

/// Starts logging of this process; a second call has no effect.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_env("DATAGEN_LOG").unwrap_or_else(|_| EnvFilter::new(USUAL));
    let json = is_json();
    // Colours are for eyes: not in a file, nor where they are not wanted (https://no-color.org).
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal() && !unwanted);
    // A second subscriber is refused: a test that starts two servers keeps its first one.
    let _ = if json {
        builder.json().with_writer(|| JsonLines).try_init()
    } else {
        let fields = debug_fn(write_field).delimited(" ");
        builder.fmt_fields(fields).with_writer(io::stderr).try_init()
    };
}

/// A field of a line of text: the logger itself writes some values as they are.
fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    let shown = format!("{value:?}");
    let shown = escape_controls(&shown);
    match field.name() {
        "message" => write!(writer, "{shown}"),
        name => write!(writer, "{name}={shown}"),
    }
}

/// stderr for lines of JSON, whose writer escapes control characters, and not what turns the direction of
/// a text or has no width.
struct JsonLines;

impl Write for JsonLines {
    /// Takes a whole line, as the logger writes them.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let shown = escape_controls_in_json(&String::from_utf8_lossy(line));
        io::stderr().write_all(shown.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Whether logs are JSON lines; what the server says on stdout is one then, too.
pub(crate) fn is_json() -> bool {
    std::env::var("DATAGEN_LOG_FORMAT").is_ok_and(|format| format == "json")
}
