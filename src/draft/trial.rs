//! One field of user code, tried out: its values, how they are made, how fast, and what they cost.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::preview::{Bounds, PreviewError, preview};
use super::{Draft, Surroundings};
use crate::columns::Rows;
use crate::generator::{Spent, Tier};
use crate::plan::{GenerateRowsError, Plan};
use crate::problems::Problems;
use crate::sandbox::{self, KINDS, Kind};

/// The kind of user code that a file called like this holds.
pub fn kind_of(path: &Path) -> Option<&'static dyn Kind> {
    sandbox::kind_of(KINDS, path)
}

/// The attributes of a field that the file `name` of `kind` makes.
pub fn field_of(kind: &dyn Kind, name: &OsStr) -> Map<String, Value> {
    Map::from_iter([
        ("type".to_owned(), kind.type_name().into()),
        (kind.file_attribute().to_owned(), name.to_string_lossy().into()),
    ])
}

/// The name of the field that is tried.
const FIELD: &str = "value";

/// How long the speed is measured.
const MEASURED: Duration = Duration::from_millis(300);

/// Rows that are made at a time before it is known how long they take.
const FIRST_BLOCK: usize = 32;

/// A field to try out.
#[derive(Debug, Clone, Default)]
pub struct Trial {
    /// Its attributes but for the name.
    pub field: Map<String, Value>,
    /// The fields that it reads, with their names.
    pub others: Vec<Map<String, Value>>,
    /// How many values, at most [`MAX_PREVIEW_ROWS`](super::MAX_PREVIEW_ROWS).
    pub rows: u64,
    /// The folder whose files it may read, beside the read roots.
    pub folder: Option<PathBuf>,
    /// The seed of all random numbers.
    pub seed: u64,
    /// What it takes for now: microseconds since 1970-01-01T00:00:00Z.
    pub now: i64,
}

/// What came of it.
#[derive(Debug)]
pub struct Tried {
    /// A file of one column, `value`.
    pub values: Vec<u8>,
    /// How the values are made.
    pub tier: Tier,
    /// Time of a row, the fields that are read included.
    pub nanoseconds: f64,
    /// What a row used of what limits count, where that is counted.
    pub cost: Option<Cost>,
    /// What the author should know.
    pub warnings: Problems,
}

/// What a row used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Mean of the rows of a block.
    pub per_row: f64,
    /// What is counted: `operations` or `fuel`.
    pub unit: &'static str,
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrialError {
    /// The field is wrong.
    #[error("{0}")]
    Problems(Problems),
    /// There are no values.
    #[error(transparent)]
    Values(#[from] PreviewError),
}

impl From<Problems> for TrialError {
    fn from(problems: Problems) -> Self {
        Self::Problems(problems)
    }
}

impl From<GenerateRowsError> for TrialError {
    fn from(error: GenerateRowsError) -> Self {
        Self::Values(error.into())
    }
}

impl Trial {
    /// Makes the values, in `format`, then measures.
    ///
    /// # Errors
    ///
    /// [`TrialError`].
    pub fn run(
        &self,
        surroundings: &Surroundings,
        format: &str,
        bounds: &Bounds,
    ) -> Result<Tried, TrialError> {
        let mut field = self.field.clone();
        field.insert("name".to_owned(), FIELD.into());
        let mut fields = vec![Value::Object(field)];
        for other in &self.others {
            let mut other = other.clone();
            other.insert("ghost".to_owned(), true.into());
            fields.push(other.into());
        }
        let draft = Draft {
            text: &json!({ "Fields": fields }).to_string(),
            folder: self.folder.as_deref(),
            seed: self.seed,
            now: self.now,
            ..Draft::default()
        };
        let (plan, mut problems) = draft.compile(surroundings).only_plan()?;
        let values = preview(&plan, format, 0, self.rows, bounds)?;
        if let Some(warning) = values.warning() {
            problems.push(warning);
        }
        let (nanoseconds, block_rows) = speed(&plan, bounds)?;
        Ok(Tried {
            values: values.text,
            tier: plan.tier(FIELD).unwrap_or(Tier::Native),
            nanoseconds,
            cost: cost(&plan, block_rows)?,
            warnings: problems,
        })
    }
}

impl Tried {
    /// Speed and cost in words.
    pub fn told(&self) -> String {
        let (how, time) = (self.tier.words(), self.nanoseconds);
        match (self.cost, &self.tier) {
            (Some(Cost { per_row, unit }), _) => {
                format!("{how}: {time:.0} ns, {per_row:.0} {unit} a row")
            }
            (None, Tier::Lowered) => {
                format!("{how}: {time:.0} ns a row, operations are not counted")
            }
            (None, _) => format!("{how}: {time:.0} ns a row"),
        }
    }
}

/// Time of a row, and the rows of a block that it was measured with.
fn speed(plan: &Plan, bounds: &Bounds) -> Result<(f64, usize), GenerateRowsError> {
    let mut count = plan.block_rows().min(FIRST_BLOCK);
    loop {
        let (began, mut rows) = (Instant::now(), 0);
        loop {
            bounds.generate(plan, Rows { first: rows, count })?;
            rows += count as u64;
            if began.elapsed() >= MEASURED {
                return Ok((began.elapsed().as_secs_f64() * 1e9 / rows as f64, count));
            }
            // As many rows at a time as a command makes, unless they take long.
            if count < plan.block_rows() && began.elapsed() < MEASURED / 8 {
                count = (count * 4).min(plan.block_rows());
                break;
            }
        }
    }
}

/// What a row uses, in a block of so many. Apart from the time, which counting would change.
fn cost(plan: &Plan, count: usize) -> Result<Option<Cost>, GenerateRowsError> {
    let per_row = |amount: u64| amount as f64 / count as f64;
    Ok(plan.spend(FIELD, Rows { first: 0, count })?.map(|spent| match spent {
        Spent::Operations(amount) => Cost { per_row: per_row(amount), unit: "operations" },
        Spent::Fuel(amount) => Cost { per_row: per_row(amount), unit: "fuel" },
    }))
}
