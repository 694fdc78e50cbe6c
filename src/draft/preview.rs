//! A few rows of a plan, laid out in a format, without a sink.
//!
//! A preview has a budget of bytes and ends when nobody wants it any more ([`Bounds`]): the rows are made in
//! steps that take a fraction of a second each, one by one where user code is slow.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::attributes::Settings;
use crate::columns::{Block, Rows};
use crate::failures::Failures;
use crate::formats::{self, EncodeError, Encoder, FileEncoder, SegmentEncoder};
use crate::plan::{GenerateRowsError, Plan};
use crate::problems::{Problem, Problems};

/// Most rows of a preview.
pub(crate) const MAX_PREVIEW_ROWS: u64 = 10_000;

/// How long a step may take before the next one makes fewer rows.
const STEP: Duration = Duration::from_millis(50);

/// What a preview may use, and whether it is still wanted.
#[derive(Debug, Clone, Default)]
pub struct Bounds {
    /// Most bytes of the rows that are kept; `None`: as many as there are.
    pub(crate) bytes: Option<u64>,
    /// Set when nobody waits for the rows any more.
    pub(crate) unwanted: Arc<AtomicBool>,
}

impl Bounds {
    /// Bounds of so many bytes.
    pub fn of_bytes(bytes: u64) -> Self {
        Self { bytes: Some(bytes), unwanted: Arc::default() }
    }

    /// Makes `rows`, unless nobody wants them any more.
    ///
    /// # Errors
    ///
    /// When a value cannot be made, or the rows are not wanted any more.
    pub(super) fn generate(&self, plan: &Plan, rows: Rows) -> Result<Block, GenerateRowsError> {
        let is_wanted = || !self.unwanted.load(Ordering::Relaxed);
        plan.generate_while(rows, &mut Failures::default(), &is_wanted)
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.bytes.is_none_or(|most| bytes as u64 <= most)
    }
}

/// Rows as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// A complete file.
    pub text: Vec<u8>,
    /// Rows in it.
    pub(crate) rows: u64,
    /// Rows that were asked for.
    pub(crate) wanted: u64,
}

impl Preview {
    /// What the user should know: rows that did not fit.
    pub(crate) fn warning(&self) -> Option<Problem> {
        (self.rows < self.wanted).then(|| {
            let message = format!(
                "{} of {} rows are shown: more are larger than a preview may be",
                self.rows, self.wanted
            );
            Problem::warning("preview_cut", "", message)
                .hint("`max_preview_bytes` is the setting of the limit")
        })
    }
}

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PreviewError {
    /// A value could not be made.
    #[error(transparent)]
    Generate(#[from] GenerateRowsError),
    /// A value could not be laid out.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The format does not exist or refuses the columns.
    #[error("format `{name}`: {problems}")]
    Format {
        /// The format's name.
        name: String,
        /// What it said.
        problems: Problems,
    },
    /// Not even one row fits.
    #[error(
        "row {row} takes more than the {most} bytes that a preview may have; `max_preview_bytes` is the setting of \
         the limit"
    )]
    TooLarge {
        /// The row's number.
        row: u64,
        /// The limit.
        most: u64,
    },
}

/// The rows `first .. first + count` of `plan` as a complete file in `format` with its default options; fewer
/// where more would exceed the bounds.
///
/// # Errors
///
/// [`PreviewError`].
pub fn preview(
    plan: &Plan,
    format: &str,
    first: u64,
    count: u64,
    bounds: &Bounds,
) -> Result<Preview, PreviewError> {
    let encoder = find_encoder(plan, format)?;
    let mut pages = Pages {
        bounds,
        segments: encoder.segment_encoder(),
        file: encoder.file_encoder(),
        text: Vec::new(),
    };
    pages.file.begin(&mut pages.text)?;
    let largest_step = plan.block_rows().min(encoder.segment_rows()) as u64;
    let (mut next, end) = (first, first.saturating_add(count.min(MAX_PREVIEW_ROWS)));
    let mut step = 1;
    while next < end {
        let rows = Rows { first: next, count: step.min(end - next) as usize };
        let began = Instant::now();
        if pages.append(plan, rows)? {
            next += rows.count as u64;
            let quick = began.elapsed() < STEP;
            step = if quick { (step * 2).min(largest_step) } else { (step / 2).max(1) };
        } else if rows.count > 1 {
            step = (step / 2).max(1);
        } else {
            break;
        }
    }
    if let (true, Some(most)) = (next == first && first < end, bounds.bytes) {
        return Err(PreviewError::TooLarge { row: first, most });
    }
    pages.file.finish(&mut pages.text)?;
    Ok(Preview { text: pages.text, rows: next - first, wanted: end - first })
}

fn find_encoder(plan: &Plan, format: &str) -> Result<Arc<dyn Encoder>, PreviewError> {
    let mut problems = Problems::default();
    let settings = Settings::default();
    let encoder = formats::find(format)
        .and_then(|format| format.compile(plan.schema(), &mut settings.reader(&mut problems)));
    encoder.ok_or_else(|| PreviewError::Format { name: format.to_owned(), problems })
}

/// The file so far.
struct Pages<'a> {
    bounds: &'a Bounds,
    segments: Box<dyn SegmentEncoder>,
    file: Box<dyn FileEncoder>,
    text: Vec<u8>,
}

impl Pages<'_> {
    /// Adds `rows`, unless they do not fit.
    fn append(&mut self, plan: &Plan, rows: Rows) -> Result<bool, PreviewError> {
        let block = self.bounds.generate(plan, rows)?;
        self.segments.append(&block)?;
        let segment = self.segments.finish()?;
        // The block is not needed any more, and may be as large as the rows.
        drop(block);
        if !self.bounds.has_room(self.text.len() + segment.bytes.len()) {
            return Ok(false);
        }
        self.reserve(segment.bytes.len());
        self.file.append(segment, &mut self.text)?;
        Ok(true)
    }

    /// Room for `more` bytes, and for later ones as far as the budget goes: doubling by itself would take twice
    /// as much.
    fn reserve(&mut self, more: usize) {
        let free = self.text.capacity() - self.text.len();
        if free < more {
            let most = self.bounds.bytes.map_or(usize::MAX, |most| most as usize);
            let wished = self.text.len().max(more);
            self.text.reserve_exact(wished.min(most.saturating_sub(self.text.len())).max(more));
        }
    }
}
