//! `datagen new`: the beginning of a field type of one's own, which works as it is.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

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
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Kind::Script { name, folder } = &arguments.kind;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(fits) {
        bail!("`{name}` is no name of a script: expected lower-case letters, digits and `_`");
    }
    if name.len() > 64 {
        bail!("the name has {} letters, expected at most 64", name.len());
    }
    let (script, model) =
        (folder.join(format!("{name}.rhai")), folder.join(format!("{name}.json")));
    fs::create_dir_all(folder).with_context(|| format!("create `{}`", folder.display()))?;
    for (path, text) in [(&script, SCRIPT), (&model, MODEL)] {
        let text = text.replace("NAME", &name.to_uppercase());
        // Never over somebody's work.
        let mut file =
            fs::File::create_new(path).with_context(|| format!("create `{}`", path.display()))?;
        file.write_all(text.as_bytes())?;
    }
    writeln!(
        io::stdout(),
        "wrote {script} and {model}\n\n  datagen try {script}\n  datagen preview {model} --extensions {folder}",
        script = script.display(),
        model = model.display(),
        folder = folder.display(),
    )?;
    Ok(ExitCode::SUCCESS)
}

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

// Once for a row. `row.NAME` is the value of another field; `()` is null.
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
