//! One field of user code, tried out: its values, how they are made, how fast, and what they cost.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::preview::{Bounds, PreviewError, preview};
use super::{Amount, Draft, Surroundings};
use crate::columns::Rows;
use crate::generator::{Spent, Tier};
use crate::plan::{GenerateRowsError, Plan};
use crate::problems::{Problem, Problems, excerpt};
use crate::sandbox::{self, Extensions, KINDS, Kind, Said, WorkTime, listen};

/// The kind of user code that a file called like this holds.
pub(crate) fn kind_of(path: &Path) -> Option<&'static dyn Kind> {
    sandbox::kind_of(KINDS, path)
}

/// The attributes of a field that the file `name` of `kind` makes.
pub(crate) fn field_of(kind: &dyn Kind, name: &OsStr) -> Map<String, Value> {
    Map::from_iter([
        ("type".to_owned(), kind.type_name().into()),
        (kind.file_attribute().to_owned(), name.to_string_lossy().into()),
    ])
}

/// The name of the field that is tried.
pub(crate) const TRIED_FIELD: &str = "value";

/// Most rows that are made once more, each by itself.
const MADE_ALONE: usize = 8;

/// How long the speed is measured.
const MEASURED: Duration = Duration::from_millis(300);

/// Rows that are made at a time before it is known how long they take.
const FIRST_BLOCK: usize = 32;

/// Rows of the table while the speed is measured: more than are made.
const MEASURED_ROWS: u64 = 1 << 40;

/// A field to try out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trial {
    /// Its attributes but for the name.
    pub(crate) field: Map<String, Value>,
    /// The fields that it reads, with their names.
    pub(crate) others: Vec<Map<String, Value>>,
    /// How many values, at most [`MAX_PREVIEW_ROWS`](super::MAX_PREVIEW_ROWS).
    pub(crate) rows: u64,
    /// The folder whose files it may read, beside the read roots.
    pub(crate) folder: Option<PathBuf>,
    /// The seed of all random numbers.
    pub(crate) seed: u64,
    /// What it takes for now: microseconds since 1970-01-01T00:00:00Z.
    pub(crate) now: i64,
    /// Whether the file has its sub-values as well.
    pub(crate) sub_values: bool,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Tried {
    /// A file of the column `value`, and of those of sub-values where they are wanted.
    pub(crate) values: Vec<u8>,
    /// What the code printed while these were made.
    pub(crate) said: Said,
    /// How the values are made.
    pub(crate) tier: Tier,
    /// Processor's time of a row, the fields that are read included.
    pub(crate) nanoseconds: f64,
    /// What a row used of what limits count, where that is counted.
    pub(crate) cost: Option<Cost>,
    /// What the author should know.
    pub(crate) warnings: Problems,
}

/// What a row used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cost {
    /// Mean of the rows of a block.
    pub(crate) per_row: f64,
    /// What is counted: `operations` or `fuel`.
    pub(crate) unit: &'static str,
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TrialError {
    /// The field is wrong.
    #[error("{0}")]
    Problems(Problems),
    /// There are no values.
    #[error("{source}")]
    Values {
        /// Why.
        source: PreviewError,
        /// What the code printed before.
        said: Said,
    },
}

impl From<Problems> for TrialError {
    fn from(problems: Problems) -> Self {
        Self::Problems(problems)
    }
}

impl From<GenerateRowsError> for TrialError {
    fn from(error: GenerateRowsError) -> Self {
        Self::Values { source: error.into(), said: Said::default() }
    }
}

impl Trial {
    /// Makes the values, in `format`, then measures.
    ///
    /// # Errors
    ///
    /// [`TrialError`].
    pub(crate) fn run(
        &self,
        surroundings: &Surroundings,
        format: &str,
        bounds: &Bounds,
    ) -> Result<Tried, TrialError> {
        let mut field = self.field.clone();
        field.insert("name".to_owned(), TRIED_FIELD.into());
        let mut fields = vec![Value::Object(field)];
        for other in &self.others {
            let mut other = other.clone();
            other.insert("ghost".to_owned(), true.into());
            fields.push(other.into());
        }
        if self.sub_values {
            let taken: Vec<String> = fields.iter().filter_map(name_of).collect();
            let names = self.names_of_sub_values(&surroundings.extensions);
            for name in names.into_iter().filter(|name| !taken.contains(name)) {
                let link = format!("${TRIED_FIELD}.{name}");
                fields.push(json!({ "name": name, "type": "LINK", "link": link }));
            }
        }
        let text = json!({ "Fields": fields }).to_string();
        let compile = |amount: Option<Amount>| {
            let draft = Draft {
                text: &text,
                folder: self.folder.as_deref(),
                amount,
                seed: self.seed,
                now: self.now,
                ..Draft::default()
            };
            draft.compile(surroundings).only_plan()
        };
        // A field that is read may have fewer different values than there are rows.
        let of_rows = |rows| compile(Amount::of_trial(rows)).or_else(|_| compile(None));
        let (plan, mut problems) = of_rows(self.rows)?;
        let (values, said) = listen(|| preview(&plan, format, 0, self.rows, bounds));
        let values = match values {
            Ok(values) => values,
            Err(source) => return Err(TrialError::Values { source, said }),
        };
        if let Some(warning) = values.warning() {
            problems.push(warning);
        }
        if let Some(warning) = of_neighbours(&plan, format, &values.text, bounds) {
            problems.push(warning);
        }
        let tier = plan.tier(TRIED_FIELD).unwrap_or(Tier::Native);
        // Of the rows after those: more than the table has where a script asks for that.
        let (plan, _) = of_rows(MEASURED_ROWS)?;
        let (nanoseconds, block_rows) = speed(&plan, bounds)?;
        Ok(Tried {
            values: values.text,
            said,
            tier,
            nanoseconds,
            cost: cost(&plan, block_rows)?,
            warnings: problems,
        })
    }
}

impl Trial {
    /// What can be linked to beside the value.
    fn names_of_sub_values(&self, extensions: &Extensions) -> Vec<String> {
        let text = |key: &str| self.field.get(key).and_then(Value::as_str);
        let of_file = KINDS.iter().find_map(|kind| {
            let file = extensions.file(*kind, text(kind.file_attribute())?)?;
            let all = file.program.descriptions();
            match text("generator") {
                Some(name) => all.iter().find(|one| one.name == name),
                None => all.first(),
            }
        });
        let of_type = || Some(extensions.find(text("type")?)?.description());
        let description = of_file.or_else(of_type);
        let sub_values = description.map(|one| one.sub_values.iter().map(|sub| sub.name.clone()));
        sub_values.into_iter().flatten().collect()
    }
}

/// A warning where a row has another value when it is made by itself: its code keeps something from row to row, or
/// draws from numbers that are not the row's own. Blocks are cut differently from run to run, so its values would be
/// other ones in every run.
fn of_neighbours(plan: &Plan, format: &str, made: &[u8], bounds: &Bounds) -> Option<Problem> {
    let lines = made.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    for (row, line) in lines.enumerate().take(MADE_ALONE) {
        let Ok(alone) = preview(plan, format, row as u64, 1, bounds) else { continue };
        let alone = alone.text.trim_ascii_end();
        if alone != line {
            let shown = |line: &[u8]| excerpt(&String::from_utf8_lossy(line));
            let message = format!(
                "row {row} is {} among other rows and {} by itself: its values would differ from run to run",
                shown(line),
                shown(alone)
            );
            let hint = "a value depends on its row alone; draw from the row's own random numbers, and keep nothing \
                        from row to row";
            return Some(
                Problem::warning("depends_on_other_rows", "/Fields/0", message).hint(hint),
            );
        }
    }
    None
}

fn name_of(field: &Value) -> Option<String> {
    Some(field.get("name")?.as_str()?.to_owned())
}

impl Tried {
    /// Speed and cost in words.
    pub(crate) fn told(&self) -> String {
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

/// Time of a row, and the rows of a block that it was measured with: the least of some blocks, by the thread's own
/// clock. What else the machine does takes time from all of them, and never gives any.
fn speed(plan: &Plan, bounds: &Bounds) -> Result<(f64, usize), GenerateRowsError> {
    let mut count = plan.block_rows().min(FIRST_BLOCK);
    let (all, mut next) = (WorkTime::of_thread(), 0);
    let mut least = f64::INFINITY;
    loop {
        let block = WorkTime::of_thread();
        bounds.generate(plan, Rows { first: next, count })?;
        next += count as u64;
        let nanoseconds = block.elapsed().as_secs_f64() * 1e9 / count as f64;
        // As many rows at a time as a command makes, unless they take long.
        if count < plan.block_rows() && block.elapsed() < MEASURED / 16 {
            count = (count * 4).min(plan.block_rows());
            continue;
        }
        least = least.min(nanoseconds);
        if all.elapsed() >= MEASURED || all.wall() >= MEASURED * 10 {
            return Ok((least, count));
        }
    }
}

/// What a row uses, in a block of so many. Apart from the time, which counting would change.
fn cost(plan: &Plan, count: usize) -> Result<Option<Cost>, GenerateRowsError> {
    let per_row = |amount: u64| amount as f64 / count as f64;
    Ok(plan.spend(TRIED_FIELD, Rows { first: 0, count })?.map(|spent| match spent {
        Spent::Operations(amount) => Cost { per_row: per_row(amount), unit: "operations" },
        Spent::Fuel(amount) => Cost { per_row: per_row(amount), unit: "fuel" },
    }))
}
