//! Models as the command line names them: a file, or the name of a model.

use std::path::{self, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::Args;

use super::credential::HomeVault;
use crate::commands;
use crate::config::Config;
use crate::draft::{FindModelError, FoundModel, Operator, Shelves, Site, Surroundings, find_model};
use crate::fields;
use crate::reach::Reach;
use crate::samples;
use crate::sandbox::Library;
use crate::secrets::Secrets;

/// The user code of `more` and of the configured folders; where both have a name, that of `more` counts.
pub(super) fn extensions(more: &[PathBuf], config: &Config) -> Library {
    let mut settings = config.extension_settings();
    // A folder given twice would clash with itself.
    let mut known = Vec::new();
    let mut is_new = |folder: &PathBuf| {
        let Ok(folder) = folder.canonicalize() else { return true };
        let is_new = !known.contains(&folder);
        known.push(folder);
        is_new
    };
    let all = more.iter().chain(&settings.folders);
    settings.folders = all.filter(|folder| is_new(folder)).cloned().collect();
    fields::library(settings).quiet()
}

/// Reads the model that `name` means: `-` for stdin, a file, a model of the models folder, a shipped one.
pub(super) fn read(name: &str, config: &Config) -> anyhow::Result<FoundModel> {
    if name == "-" {
        let text =
            std::io::read_to_string(std::io::stdin()).context("read the model from stdin")?;
        let (folder, label) = (Some(PathBuf::from(".")), "stdin".to_owned());
        return Ok(FoundModel { text, folder, label, secrets: Secrets::new() });
    }
    let shelves = Shelves { any_file: true, stored: None, folder: &config.models };
    find_model(name, shelves).map_err(|error| match error {
        FindModelError::Unknown { name, closest: Some(close), .. } => {
            anyhow!("no model file or model `{name}` (did you mean `{close}`?)")
        }
        FindModelError::Unknown { name, .. } => {
            let shipped: Vec<&str> = samples::MODELS.iter().map(|(name, _)| *name).collect();
            anyhow!("no model file or model `{name}`; shipped models: {}", shipped.join(", "))
        }
        error => error.into(),
    })
}

/// The folders and user code that models of the command line are compiled with.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Reading {
    /// Folder that the model may read files from, beside its own; may be given several times
    #[arg(long = "read-root", value_name = "DIR")]
    read_roots: Vec<PathBuf>,
    /// Folder of user code beside the configured ones; may be given several times
    #[arg(long = "extensions", value_name = "DIR")]
    pub(super) extensions: Vec<PathBuf>,
}

impl Reading {
    /// What a model is compiled with. Outputs stay below `output_root`, the configured one, or here.
    pub(super) fn surroundings(
        &self,
        output_root: Option<&Path>,
        config: &Config,
    ) -> anyhow::Result<Surroundings> {
        let root = output_root.or(config.output_root.as_deref()).unwrap_or(Path::new("."));
        let absolute = path::absolute(root);
        Ok(Surroundings {
            output_root: absolute.with_context(|| format!("output root `{}`", root.display()))?,
            read_roots: [&self.read_roots[..], &config.read_roots[..]].concat(),
            tells_folders: true,
            default_folder: String::new(),
            extensions: extensions(&self.extensions, config).current(),
            site: Site {
                vault: Some(Arc::new(HomeVault(config.clone()))),
                operator: Arc::new(Operator::new(&config.connectors).context("settings")?),
                // The machine is its user's own.
                reach: Reach::free(),
            },
        })
    }
}

/// The point in time that a model takes for now, as `--now` gives it.
pub(super) fn now(given: Option<&str>) -> anyhow::Result<i64> {
    match given {
        Some(now) => commands::parse_now(now).map_err(anyhow::Error::msg).context("--now"),
        None => Ok(commands::current_now()),
    }
}
