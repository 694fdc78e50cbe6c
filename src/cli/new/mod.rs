//! `datagen new`: the beginning of a field type of one's own, which works as it is.

mod wasm;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use crate::fields;
use crate::sandbox::script_definitions;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, Subcommand)]
enum Kind {
    /// A Rhai script and a model that tests it
    Script {
        /// Name of the type: lower-case letters, digits and `_`
        name: String,
        /// Folder that it is put into
        #[arg(long, default_value = "scripts", value_name = "DIR")]
        folder: PathBuf,
    },
    /// A generator to compile to WebAssembly: source, build file, tests and a model
    Wasm {
        /// Name of the type: lower-case letters, digits and `_`
        name: String,
        /// Language that it is written in
        #[arg(long, value_name = "LANGUAGE")]
        lang: wasm::Language,
        /// Folder of the built file; the sources get a folder of their own in it
        #[arg(long, default_value = "wasm-generators", value_name = "DIR")]
        folder: PathBuf,
    },
}

/// Most letters of a name.
const MOST_LETTERS: usize = 64;

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let told = match &arguments.kind {
        Kind::Script { name, folder } => script(name, folder)?,
        Kind::Wasm { name, lang, folder } => wasm::write(name, *lang, folder)?,
    };
    writeln!(io::stdout(), "{told}")?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses what cannot be the name of a type, or is one.
fn check_name(name: &str) -> anyhow::Result<()> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(fits) {
        bail!("`{name}` is no name of a type: expected lower-case letters, digits and `_`");
    }
    if name.len() > MOST_LETTERS {
        bail!("the name has {} letters, expected at most {MOST_LETTERS}", name.len());
    }
    if let Some(holder) = fields::reserved(&name.to_uppercase()) {
        bail!("`{name}` is taken by {holder}");
    }
    Ok(())
}

/// Writes a file that is not there yet: never over somebody's work.
fn create(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let shown = || format!("create `{}`", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(shown)?;
    }
    let mut file = fs::File::create_new(path).with_context(shown)?;
    file.write_all(bytes).with_context(shown)
}

/// Writes a script and its model; answers what to do next.
fn script(name: &str, folder: &Path) -> anyhow::Result<String> {
    check_name(name)?;
    let (script, model) =
        (folder.join(format!("{name}.rhai")), folder.join(format!("{name}.json")));
    create(&script, SCRIPT.as_bytes())?;
    create(&model, MODEL.replace("NAME", &name.to_uppercase()).as_bytes())?;
    let definitions = folder.join(DEFINITIONS);
    // Written by the program alone, and newer with it.
    fs::write(&definitions, script_definitions())
        .with_context(|| format!("write `{}`", definitions.display()))?;
    Ok(format!(
        "wrote {script} and {model}\n\n  datagen functions\n  datagen try {script}\n  datagen test {script}\n  datagen preview {model} --extensions {folder}",
        script = script.display(),
        model = model.display(),
        folder = folder.display(),
    ))
}

/// What editors read: the functions that scripts may call.
const DEFINITIONS: &str = "datagen.d.rhai";

const SCRIPT: &str = r#"// A code of letters and digits: say here what your type gives.

// What generate returns: boolean, int32, int64, float32, float64, decimal(10, 2), utf8, bytes, date, timestamp.
const output = "utf8";

// What a model may set, with defaults.
const params = #{
    prefix: #{ value: "A", doc: "What every code begins with." },
    digits: #{ value: 6, doc: "Digits of a code, 1 to 18." },
};

// Once for a field: refuse parameters that make no sense.
fn check(params) {
    if params.digits < 1 || params.digits > 18 {
        throw `digits is ${params.digits}, expected 1 to 18`;
    }
}

// `datagen test` runs functions whose names begin with `test_`.
fn test_a_code_has_its_prefix_and_its_digits() {
    let code = generate(#{}, #{ prefix: "X", digits: 3 });
    assert(code.starts_with("X-"), code);
    assert_equal(code.len(), 5);
}

// Once for a row. `row.NAME` is the value of another field; `()` is null. What it may call: `datagen functions`.
fn generate(row, params) {
    params.prefix + "-" + rand_digits(params.digits)
}
"#;

const MODEL: &str = r#"{
  "model_name": "NAME",
  "Fields": [
    {"name": "id", "type": "SEQUENCE"},
    {"name": "code", "type": "NAME", "params": {"prefix": "B"}}
  ]
}
"#;
