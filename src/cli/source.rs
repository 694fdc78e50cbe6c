//! Models as the command line names them: a file, or the name of a model.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::config::Config;
use crate::plan;
use crate::problems::did_you_mean;
use crate::samples;
use crate::sandbox::Library;

/// A model's text and where it stands.
pub(super) struct ModelSource {
    pub(super) text: String,
    /// The folder of the file; `None` for a shipped model.
    pub(super) folder: Option<PathBuf>,
    /// What to call the model when it has no name.
    pub(super) label: String,
}

/// The user code of the configured folders and of `more`.
pub(super) fn extensions(more: &[PathBuf], config: &Config) -> Library {
    let mut settings = config.extension_settings();
    // A folder given twice would clash with itself.
    let known: Vec<_> =
        settings.folders.iter().filter_map(|folder| folder.canonicalize().ok()).collect();
    let more = more
        .iter()
        .filter(|folder| folder.canonicalize().map_or(true, |folder| !known.contains(&folder)));
    settings.folders.extend(more.cloned());
    plan::library(settings)
}

/// Reads the model that `name` means: `-` for stdin, a file, a model of the models folder, a shipped one.
pub(super) fn read(name: &str, config: &Config) -> anyhow::Result<ModelSource> {
    if name == "-" {
        let text =
            std::io::read_to_string(std::io::stdin()).context("read the model from stdin")?;
        return Ok(ModelSource { text, folder: Some(PathBuf::from(".")), label: "stdin".into() });
    }
    let stored = config.models.join(format!("{name}.json"));
    for path in [Path::new(name), &stored] {
        if path.is_file() {
            let text = fs::read_to_string(path)
                .with_context(|| format!("read model `{}`", path.display()))?;
            let label =
                path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
            return Ok(ModelSource { text, folder: path.parent().map(Path::to_owned), label });
        }
    }
    if let Some(text) = samples::find(name) {
        return Ok(ModelSource { text: text.to_owned(), folder: None, label: name.to_owned() });
    }
    let known = samples::MODELS.iter().map(|(name, _)| *name);
    match did_you_mean(name, known.clone()) {
        Some(close) => bail!("no model file or model `{name}` (did you mean `{close}`?)"),
        None => bail!(
            "no model file or model `{name}`; shipped models: {}",
            known.collect::<Vec<_>>().join(", ")
        ),
    }
}
