//! `datagen test`: functions `test_…` of scripts, and rows compared with those that were right once.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use super::shown::answer;
use super::source::Reading;
use crate::config::Config;
use crate::draft::{Amount, Bounds, Draft, Surroundings, kind_of, preview};
use crate::problems::{escape_controls, excerpt};
use crate::sandbox::{ExtensionFile, listen};

#[derive(Debug, Args)]
#[command(after_help = "A script tests itself by functions `test_…` without arguments:

  fn test_a_code_begins_with_its_prefix() {
      let code = generate(#{}, #{ prefix: \"X\" });
      assert(code.starts_with(\"X-\"), code);
      assert_equal(generate(#{ bin: 411111 }, #{}), \"4111111111111111\");
  }

`generate(row, params)` is a field with these inputs and parameters; what is random is the same in every run.
Beside a script or module NAME, NAME.json is a model that uses it; `--update` writes its first rows to
NAME.golden.csv, and from then on they must stay what they are: keep that file with the code.

Examples:
  datagen test
  datagen test scripts/voucher.rhai
  datagen test scripts --update")]
pub(super) struct Arguments {
    /// Scripts, modules or folders of them [default: all folders of `extensions`]
    #[arg(value_name = "FILE|DIR")]
    what: Vec<PathBuf>,
    /// Write the golden rows anew
    #[arg(long)]
    update: bool,
    #[command(flatten)]
    reading: Reading,
}

/// Golden rows that are written where there are none.
const ROWS: usize = 20;

/// The seed and the point in time of golden rows: 2026-01-01T00:00:00Z in microseconds.
const SEED: u64 = 1;
const NOW: i64 = 1_767_225_600_000_000;

/// Differing rows that are shown of one file.
const MOST_SHOWN: usize = 5;

pub(super) fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    let mut reading = arguments.reading.clone();
    for what in arguments.what.iter().rev() {
        reading.extensions.insert(0, folder_of(what)?);
    }
    let surroundings = reading.surroundings(None, config)?;
    let is_meant = |path: &Path| {
        let same = |what: &PathBuf| match (what.canonicalize(), path.canonicalize()) {
            (Ok(what), Ok(path)) => path == what || path.parent() == Some(&*what),
            _ => false,
        };
        arguments.what.is_empty() || arguments.what.iter().any(same)
    };
    let mut report = Report::default();
    let extensions = &surroundings.extensions;
    for fault in extensions.faults() {
        let path = Path::new(&fault.file);
        if !is_meant(path) {
            continue;
        }
        // Code that is good, but another file has the name of its type: that is no fault of it.
        if extensions.files().iter().any(|file| file.path == path) {
            answer(&format!("note    {fault}"))?;
        } else {
            report.failed(&fault.file, "", &fault.shown())?;
        }
    }
    for file in extensions.files().iter().filter(|file| is_meant(&file.path)) {
        functions(file, &mut report)?;
        golden(file, arguments.update, &surroundings, config, &mut report)?;
    }
    report.end()
}

/// The folder of a file that is named, or the folder itself.
fn folder_of(what: &Path) -> anyhow::Result<PathBuf> {
    if what.is_dir() {
        return Ok(what.to_owned());
    }
    if !what.is_file() {
        bail!("there is no file or folder `{}`", excerpt(&what.to_string_lossy()));
    }
    if kind_of(what).is_none() {
        bail!("`{}` is no script and no module", excerpt(&what.to_string_lossy()));
    }
    let folder = what.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok(folder.unwrap_or(Path::new(".")).to_owned())
}

/// What came of all tests.
#[derive(Debug, Default)]
struct Report {
    passed: usize,
    failed: usize,
    written: usize,
}

impl Report {
    fn passed(&mut self, file: &str, test: &str) -> io::Result<()> {
        self.passed += 1;
        answer(&format!("ok      {file} {test}"))
    }

    fn failed(&mut self, file: &str, test: &str, message: &str) -> io::Result<()> {
        self.failed += 1;
        answer(format!("FAILED  {file} {test}").trim_end())?;
        message.lines().try_for_each(|line| answer(&format!("        {line}")))
    }

    fn end(&self) -> anyhow::Result<ExitCode> {
        if self.passed + self.failed + self.written == 0 {
            answer(
                "no tests: write functions `test_…` into scripts, or `datagen test --update` for golden rows (see \
                 `datagen help test`)",
            )?;
            return Ok(ExitCode::SUCCESS);
        }
        let written = match self.written {
            0 => String::new(),
            1 => ", 1 file written".to_owned(),
            files => format!(", {files} files written"),
        };
        writeln!(io::stdout(), "{} passed, {} failed{written}", self.passed, self.failed)?;
        Ok(if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The functions `test_…` of a file.
fn functions(file: &ExtensionFile, report: &mut Report) -> io::Result<()> {
    let label = file.path.to_string_lossy();
    for test in file.program.tests() {
        let (done, said) = listen(|| file.program.run_test(test));
        match done {
            Ok(()) => report.passed(&label, test)?,
            Err(fault) => {
                let mut message = fault.shown();
                for line in &said.lines {
                    message.push_str(&format!("\nprinted: {line}"));
                }
                report.failed(&label, test, &message)?;
            }
        }
    }
    Ok(())
}

/// The model beside a file of user code, or in its folder of sources.
fn model_of(file: &ExtensionFile) -> Option<PathBuf> {
    let stem = file.path.file_stem()?;
    let folder = file.path.parent()?;
    let name = Path::new(stem).with_extension("json");
    [folder.join(&name), folder.join(stem).join(&name)].into_iter().find(|path| path.is_file())
}

/// The rows of the model beside a file, held against those that were right once.
fn golden(
    file: &ExtensionFile,
    update: bool,
    surroundings: &Surroundings,
    config: &Config,
    report: &mut Report,
) -> anyhow::Result<()> {
    let Some(model) = model_of(file) else { return Ok(()) };
    let golden = model.with_extension("golden.csv");
    let there = match fs::read_to_string(&golden) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            return Err(error).with_context(|| format!("read `{}`", golden.display()));
        }
    };
    if there.is_none() && !update {
        return Ok(());
    }
    let label = golden.to_string_lossy();
    let count = match &there {
        Some(text) => csv::Reader::from_reader(text.as_bytes()).into_byte_records().count(),
        None => ROWS,
    };
    let found = match rows(&model, count as u64, surroundings, config) {
        Ok(found) => found,
        Err(error) => {
            report.failed(&label, "", &format!("{error:#}"))?;
            return Ok(());
        }
    };
    if there.as_deref() == Some(&*found) {
        report.passed(&label, &format!("{count} rows"))?;
    } else if update {
        fs::write(&golden, &found).with_context(|| format!("write `{}`", golden.display()))?;
        report.written += 1;
        answer(&format!("wrote   {label} {count} rows"))?;
    } else {
        let message = difference(there.as_deref().unwrap_or_default(), &found);
        report.failed(&label, "", &message)?;
    }
    Ok(())
}

/// The first rows of a model, as CSV.
fn rows(
    model: &Path,
    count: u64,
    surroundings: &Surroundings,
    config: &Config,
) -> anyhow::Result<String> {
    let text = fs::read_to_string(model).with_context(|| format!("read `{}`", model.display()))?;
    let draft = Draft {
        text: &text,
        folder: model.parent(),
        amount: Some(Amount { batch_rows: count.max(1), batches: 1 }),
        seed: SEED,
        now: NOW,
        ..Draft::default()
    };
    let (plan, _) = draft.compile(surroundings).only_plan().map_err(|problems| {
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("`{}`: {}", model.display(), told.join("; "))
    })?;
    let bounds = Bounds::of_bytes(config.max_preview_bytes);
    let made = preview(&plan, "csv", 0, count, &bounds)?;
    String::from_utf8(made.text).context("the rows are no UTF-8")
}

/// The first rows that differ, as both have them.
fn difference(expected: &str, found: &str) -> String {
    let (expected, found): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    let mut told = String::new();
    let mut differing = 0;
    for place in 0..expected.len().max(found.len()) {
        let (was, is) = (expected.get(place), found.get(place));
        if was == is {
            continue;
        }
        differing += 1;
        if differing > MOST_SHOWN {
            continue;
        }
        let shown = |line: Option<&&str>| {
            line.map_or_else(|| "nothing".to_owned(), |line| escape_controls(line).into_owned())
        };
        told.push_str(&format!(
            "line {}: expected {}\n{:width$}found {}\n",
            place + 1,
            shown(was),
            "",
            shown(is),
            width = format!("line {}: ", place + 1).len(),
        ));
    }
    if differing > MOST_SHOWN {
        told.push_str(&format!("and {} lines more that differ\n", differing - MOST_SHOWN));
    }
    told + "if the new rows are right: `datagen test --update`"
}
