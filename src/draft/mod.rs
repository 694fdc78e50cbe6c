//! Drafts: from a model's text to a plan and targets, or to all reasons why it is refused.
//!
//! This is the one way there. `datagen check`, previews, tries, the store of models and commands all
//! make a [`Draft`], so they say the same of the same model. It knows no clock and no database: what
//! values depend on, and the texts of stored models, are handed in.

mod ddl;
mod find;
mod given;
mod merged;
mod operator;
mod outputs;
mod preview;
mod site;
mod trial;

#[cfg(test)]
mod tests;

pub(crate) use find::{FindModelError, FoundModel, Shelves, find_model, models_of_folder, taken};
pub(crate) use operator::{Operator, OperatorError, Origin, Shown, key_of};
pub use preview::{Bounds, preview};
pub(crate) use preview::{MAX_PREVIEW_ROWS, PreviewError};
pub use site::Site;
pub(crate) use site::Vault;
pub(crate) use trial::{TRIED_FIELD, Trial, TrialError, field_of, kind_of};

use std::collections::BTreeSet;
use std::error::Error as _;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::delivery::{self, Durability, OutputBase, Target};
use crate::model::{self, Model};
use crate::plan::{self, Environment, Plan};
use crate::problems::{Problem, Problems, chain};
use crate::roots::ReadRoots;
use crate::sandbox::Extensions;
use crate::secrets::{GivenSecrets, Secrets};
use given::Given;
use outputs::Wanted;

/// A model's text, and what is asked of it.
#[derive(Clone, Copy)]
pub struct Draft<'a> {
    /// The model's JSON.
    pub text: &'a str,
    /// The folder that the model stands in, where it stands in one.
    pub folder: Option<&'a Path>,
    /// Connector names as the user gave them. `None`: rows go nowhere yet; then the settings that stand
    /// in the model are checked with the connectors that read them.
    pub connectors: Option<&'a [String]>,
    /// Settings of this call: they win over the model's.
    pub overrides: &'a [(String, String)],
    /// The secrets that masks of the model's text stand for, and those of this call.
    pub secrets: &'a GivenSecrets,
    /// How many rows there will be, where that is known.
    pub amount: Option<Amount>,
    /// The seed of all random numbers.
    pub seed: u64,
    /// What the model takes for now: microseconds since 1970-01-01T00:00:00Z.
    pub now: i64,
}

/// No secrets.
static NO_SECRETS: GivenSecrets = GivenSecrets { model: Secrets::new(), call: Secrets::new() };

/// Nothing is asked.
impl Default for Draft<'_> {
    fn default() -> Self {
        Self {
            text: "",
            folder: None,
            connectors: None,
            overrides: &[],
            secrets: &NO_SECRETS,
            amount: None,
            seed: 0,
            now: 0,
        }
    }
}

/// Without texts and values: they may hold secrets.
impl fmt::Debug for Draft<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&String> = self.overrides.iter().map(|(key, _)| key).collect();
        formatter
            .debug_struct("Draft")
            .field("folder", &self.folder)
            .field("connectors", &self.connectors)
            .field("overrides", &keys)
            .field("amount", &self.amount)
            .field("seed", &self.seed)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

/// The rows of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// Rows of a batch.
    pub batch_rows: u64,
    /// Number of batches.
    pub batches: u64,
}

/// The folders and names that a draft is compiled with.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The folder that all local outputs stay below.
    pub output_root: PathBuf,
    /// Folders that models may read from, beside their own.
    pub read_roots: Vec<PathBuf>,
    /// Whether messages tell where these folders are: on this machine, not to who asks from elsewhere.
    pub tells_folders: bool,
    /// The folder below `output_root` for models that name none.
    pub default_folder: String,
    /// The user code that models may name.
    pub extensions: Arc<Extensions>,
    /// What stands behind models and calls.
    pub site: Site,
}

impl Surroundings {
    /// The files that a model of `folder` may read.
    fn files(&self, folder: Option<&Path>) -> ReadRoots {
        let files = ReadRoots::new(folder, &self.read_roots);
        match folder {
            _ if self.tells_folders => files,
            Some(_) => files.called("the model's folder and the read roots"),
            None => files.called("the read roots"),
        }
    }
}

/// What a draft came to.
#[derive(Debug)]
pub struct Compiled {
    /// What the user wrote, where it is a model.
    pub(crate) model: Option<Model>,
    /// Makes the rows, where the model is right.
    pub(crate) plan: Option<Plan>,
    /// Where they go, in the order of the connectors that were named; those that were refused are left out.
    pub(crate) targets: Vec<Arc<dyn Target>>,
    /// Everything that was found.
    pub(crate) problems: Problems,
    /// The credentials that were used.
    credentials: Vec<String>,
    /// A connector that was named and does not exist yet.
    to_come: Option<&'static str>,
}

/// A draft that can run.
#[derive(Debug)]
pub struct Prepared {
    /// Makes the rows.
    pub plan: Arc<Plan>,
    /// Where they go, in the order of the connectors asked for.
    pub targets: Vec<Arc<dyn Target>>,
    /// What the user should know.
    pub(crate) warnings: Problems,
    /// The model's name, or `datagen`.
    pub(crate) model_name: String,
    /// The credentials that it uses.
    pub(crate) credentials: Vec<String>,
}

/// Why a draft is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The model, an option or a number is wrong.
    #[error("{0}")]
    Problems(Problems),
    /// A connector that does not exist yet.
    #[error("connector `{name}` is not available yet; available: {}", delivery::names().join(", "))]
    ConnectorToCome {
        /// Its name.
        name: &'static str,
    },
}

/// Most rows of a command: row numbers stay positive in every signed 64-bit column.
pub(crate) const MAX_ROWS: u64 = i64::MAX as u64;

/// Rows that [`Compiled::make_first_rows`] makes.
const FIRST_ROWS: u64 = 10;

/// Most bytes that it keeps of them.
const FIRST_BYTES: u64 = 16 << 20;

impl Draft<'_> {
    /// Checks everything that can be checked before rows are made.
    pub fn compile(&self, surroundings: &Surroundings) -> Compiled {
        let mut problems = Problems::default();
        let wanted = Wanted::new(self.connectors, &mut problems);
        let rows = self.amount.and_then(|amount| amount.total(&mut problems));
        let mut compiled = Compiled {
            model: model::parse(self.text, &mut problems),
            plan: None,
            targets: Vec::new(),
            credentials: Vec::new(),
            to_come: wanted.to_come,
            problems,
        };
        let Some(model) = &mut compiled.model else { return compiled };
        let settings = std::mem::take(&mut model.settings);
        let given = Given::new(settings, self, &surroundings.site, &mut compiled.problems);
        given.check_profile(&wanted.connectors, &mut compiled.problems);
        let wanted = wanted.settle(&given, &mut compiled.problems);
        model.settings.clone_from(&given.settings);
        compiled.credentials.clone_from(&given.credentials);
        let files = surroundings.files(self.folder);
        let environment = Environment {
            seed: self.seed,
            now: self.now,
            total_rows: rows,
            files: &files,
            extensions: &surroundings.extensions,
        };
        let problems = &mut compiled.problems;
        let also: BTreeSet<String> = wanted.needs().collect();
        compiled.plan = plan::compile(model, &environment, &also, problems);
        delivery::warn_unused(&model.settings, wanted.connectors(), problems);
        if let Some(plan) = &compiled.plan {
            let base = OutputBase {
                output_root: surroundings.output_root.clone(),
                default_folder: surroundings.default_folder.clone(),
                default_name: file_name(model_name(model)),
            };
            compiled.targets = wanted.compile(plan.table(), &base, problems);
            if let Some(amount) = self.amount {
                amount.check_files(&compiled.targets, problems);
            }
        }
        compiled
    }
}

impl Amount {
    /// So many rows that are tried out: the table has no others. `None` where a command cannot have as many.
    pub(super) fn of_trial(rows: u64) -> Option<Self> {
        (rows <= MAX_ROWS).then_some(Self { batch_rows: rows, batches: 1 })
    }

    /// Adds an error for every target whose files cannot have so many rows.
    fn check_files(self, targets: &[Arc<dyn Target>], problems: &mut Problems) {
        for target in targets {
            let Some(encoder) = target.payload().file_encoder() else { continue };
            let batches = match target.about().durability {
                Durability::Batches => 1,
                Durability::Run => self.batches,
            };
            let rows = self.batch_rows.saturating_mul(batches);
            let most = encoder.most_file_rows();
            if rows > most {
                let message = format!(
                    "{rows} rows in one {} file are more than the {most} that it can have with this table \
                     and these options",
                    target.about().connector
                );
                let problem = Problem::error("too_many_rows", "rows", message);
                problems.push(problem.hint("ask for fewer rows a batch, or for larger row groups"));
            }
        }
    }

    /// All rows; `None` after adding an error.
    fn total(self, problems: &mut Problems) -> Option<u64> {
        let Self { batch_rows, batches } = self;
        let total = batch_rows
            .checked_mul(batches)
            // Batch numbers have the same bound: also empty ones are counted.
            .filter(|total| *total.max(&batches) <= MAX_ROWS);
        if total.is_none() {
            problems.push(
                Problem::error(
                    "too_many_rows",
                    "rows",
                    format!("{batch_rows} rows x {batches} batches is more than {MAX_ROWS} rows"),
                )
                .hint("ask for fewer rows or batches"),
            );
        }
        total
    }
}

impl Compiled {
    /// What runs, with what the user should know.
    ///
    /// # Errors
    ///
    /// [`Refusal`], with every problem found.
    pub fn ready(self) -> Result<Prepared, Refusal> {
        if let Some(name) = self.to_come {
            return Err(Refusal::ConnectorToCome { name });
        }
        match (self.model, self.plan) {
            (Some(model), Some(plan)) if !self.problems.has_errors() => Ok(Prepared {
                plan: Arc::new(plan),
                targets: self.targets,
                warnings: self.problems,
                model_name: model_name(&model).to_owned(),
                credentials: self.credentials,
            }),
            _ => Err(Refusal::Problems(self.problems)),
        }
    }

    /// What makes rows that go nowhere, with what the user should know.
    ///
    /// # Errors
    ///
    /// Every problem found.
    pub(crate) fn only_plan(self) -> Result<(Plan, Problems), Problems> {
        match self.plan {
            Some(plan) if !self.problems.has_errors() => Ok((plan, self.problems)),
            _ => Err(self.problems),
        }
    }

    /// Makes the first rows, where nothing is wrong so far: a value that cannot be made is a problem
    /// of its field, told now instead of when the rows are wanted.
    pub(crate) fn make_first_rows(&mut self) {
        let Some(plan) = self.plan.as_ref().filter(|_| !self.problems.has_errors()) else { return };
        let bounds = Bounds::of_bytes(FIRST_BYTES);
        let error = match preview(plan, "csv", 0, FIRST_ROWS, &bounds) {
            // Rows that are too large to be kept could be made.
            Ok(_) | Err(PreviewError::TooLarge { .. }) => return,
            Err(PreviewError::Generate(error)) => error,
            Err(error) => {
                let problem = Problem::error("no_first_rows", "", chain(&error));
                return self.problems.push(problem);
            }
        };
        let name = error.field();
        let fields = self.model.iter().flat_map(|model| &model.fields);
        let pointer = fields.filter(|field| field.name == name).map(|field| field.pointer.clone());
        let message = error.source().map_or_else(|| error.to_string(), chain);
        let pointer = pointer.into_iter().next().unwrap_or_default();
        self.problems.push(Problem::error("no_value", pointer, message).field(name));
    }
}

/// What a model calls itself.
fn model_name(model: &Model) -> &str {
    model.name.as_deref().unwrap_or("datagen")
}

/// A model's name as the beginning of a file name.
fn file_name(model_name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || "-_. ".contains(c) { c } else { '_' };
    let name: String = model_name.chars().map(safe).take(48).collect();
    let name = name.trim_matches(['.', ' ']);
    if name.is_empty() { "datagen".to_owned() } else { name.to_owned() }
}
