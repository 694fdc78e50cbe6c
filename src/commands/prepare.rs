//! Request -> everything that is needed to run it, or all reasons why it is refused.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::attributes::Settings;
use crate::model::{self, Model};
use crate::plan::{self, Environment, Plan};
use crate::problems::{Problem, Problems};
use crate::roots::ReadRoots;
use crate::sandbox::Extensions;
use crate::sinks::{self, Connector, Named, Place, Target};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The model's JSON.
    pub model: &'a str,
    /// The folder that the model stands in, where it stands in one.
    pub model_folder: Option<&'a Path>,
    /// Connector names as the user gave them.
    pub connectors: &'a [String],
    /// Rows of a batch.
    pub rows: u64,
    /// Number of batches; `None` for a schedule, whose batches go on from run to run.
    pub batches: Option<u64>,
    /// The command's seed.
    pub seed: u64,
    /// The command's `now`: microseconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// Settings of this call: they win over the model's.
    pub overrides: &'a [(String, String)],
}

/// The folders and names that a request is prepared with.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The folder that all local outputs stay below.
    pub output_root: PathBuf,
    /// Folders that models may read from, beside their own.
    pub read_roots: Vec<PathBuf>,
    /// The folder below `output_root` for models that name none.
    pub default_folder: String,
    /// The user code that models may name.
    pub extensions: Arc<Extensions>,
}

/// A request that can run.
#[derive(Debug)]
pub struct Prepared {
    /// Makes the rows.
    pub plan: Arc<Plan>,
    /// Where they go, in the order of the connectors asked for.
    pub targets: Vec<Arc<dyn Target>>,
    /// What the user should know.
    pub warnings: Problems,
    /// The model's name, or `datagen`.
    pub model_name: String,
}

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The model, an option or a number is wrong.
    #[error("{0}")]
    Problems(Problems),
    /// A connector that does not exist yet.
    #[error("connector `{name}` is not available yet; available: {}", sinks::names().join(", "))]
    ConnectorToCome {
        /// Its name.
        name: &'static str,
    },
}

/// Most rows of a command: row numbers stay positive in every signed 64-bit column.
pub const MAX_ROWS: u64 = i64::MAX as u64;

/// Checks everything that can be checked before rows are made.
///
/// # Errors
///
/// [`Refusal`], with every problem found.
pub fn prepare(request: &Request<'_>, surroundings: &Surroundings) -> Result<Prepared, Refusal> {
    let mut problems = Problems::default();
    let connectors = find_connectors(request.connectors, &mut problems)?;
    let rows = total_rows(request, &mut problems);
    let Some(mut model) = model::parse(request.model, &mut problems) else {
        return Err(Refusal::Problems(problems));
    };
    for (key, value) in request.overrides {
        model.settings.set(key, value.clone().into(), key.clone());
    }
    let files = ReadRoots::new(request.model_folder, &surroundings.read_roots);
    let environment = Environment {
        seed: request.seed,
        now: request.now,
        rows,
        files: &files,
        extensions: &surroundings.extensions,
        may_lower: true,
    };
    let plan = plan::compile(&model, &environment, &mut problems);
    sinks::warn_unused(&model.settings, &connectors, &mut problems);
    let model_name = model.name.clone().unwrap_or_else(|| "datagen".to_owned());
    let place = Place {
        output_root: surroundings.output_root.clone(),
        default_folder: surroundings.default_folder.clone(),
        default_name: file_name(&model_name),
    };
    let targets = plan.as_ref().map_or_else(Vec::new, |plan| {
        compile_targets(&connectors, plan, &model, &place, &mut problems)
    });
    match plan {
        Some(plan) if !problems.has_errors() => {
            Ok(Prepared { plan: Arc::new(plan), targets, warnings: problems, model_name })
        }
        _ => Err(Refusal::Problems(problems)),
    }
}

fn find_connectors(
    names: &[String],
    problems: &mut Problems,
) -> Result<Vec<&'static dyn Connector>, Refusal> {
    let mut found: Vec<&'static dyn Connector> = Vec::with_capacity(names.len());
    for name in names.iter().filter(|name| !name.trim().is_empty()) {
        match sinks::find(name) {
            Ok(Named::Known(connector)) => {
                // Named twice means once: both would write the same files.
                if !found.iter().any(|known| known.name() == connector.name()) {
                    found.push(connector);
                }
            }
            Ok(Named::ToCome(name)) => return Err(Refusal::ConnectorToCome { name }),
            Err(unknown) => {
                let mut problem =
                    Problem::error("unknown_connector", "connectors", unknown.to_string());
                problem.hint = unknown.closest.map(|name| format!("did you mean `{name}`?"));
                problems.push(problem);
            }
        }
    }
    if found.is_empty() && !problems.has_errors() {
        problems.push(Problem::error(
            "no_connector",
            "connectors",
            format!("no connector is given, expected one of {}", sinks::names().join(", ")),
        ));
    }
    Ok(found)
}

fn total_rows(request: &Request<'_>, problems: &mut Problems) -> Option<u64> {
    let batches = request.batches?;
    let total = request
        .rows
        .checked_mul(batches)
        // Batch numbers have the same bound: also empty ones are counted.
        .filter(|total| *total.max(&batches) <= MAX_ROWS);
    if total.is_none() {
        problems.push(
            Problem::error(
                "too_many_rows",
                "rows",
                format!("{} rows x {batches} batches is more than {MAX_ROWS} rows", request.rows),
            )
            .hint("ask for fewer rows or batches"),
        );
    }
    total
}

fn compile_targets(
    connectors: &[&'static dyn Connector],
    plan: &Plan,
    model: &Model,
    place: &Place,
    problems: &mut Problems,
) -> Vec<Arc<dyn Target>> {
    let settings: &Settings = &model.settings;
    connectors
        .iter()
        .filter_map(|connector| {
            connector.compile(plan.schema(), &mut settings.reader(problems), place)
        })
        .collect()
}

/// A model's name as the beginning of a file name.
fn file_name(model_name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || "-_. ".contains(c) { c } else { '_' };
    let name: String = model_name.chars().map(safe).take(48).collect();
    let name = name.trim_matches(['.', ' ']);
    if name.is_empty() { "datagen".to_owned() } else { name.to_owned() }
}
