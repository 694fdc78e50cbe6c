//! The `datagen` command: parse, run, print the error chain, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    datagen::main()
}
