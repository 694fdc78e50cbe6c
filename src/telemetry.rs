//! Logs: text or JSON lines on stderr, chosen by the environment.
//!
//! `DATAGEN_LOG` takes a filter (`warn` by default, `info`, `datagen=debug`), `DATAGEN_LOG_FORMAT` takes
//! `text` or `json`.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

/// Starts logging of this process; a second call has no effect.
pub fn start() {
    let filter = EnvFilter::try_from_env("DATAGEN_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let json = is_json();
    // Colours are for eyes: not in a file, nor where they are not wanted (https://no-color.org).
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal() && !unwanted)
        .with_writer(io::stderr);
    // A second subscriber is refused: a test that starts two servers keeps its first one.
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
}

/// Whether logs are JSON lines; what the server says on stdout is one then, too.
pub fn is_json() -> bool {
    std::env::var("DATAGEN_LOG_FORMAT").is_ok_and(|format| format == "json")
}
