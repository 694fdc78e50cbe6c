//! A few rows of a plan, laid out in a format, without a sink.

use crate::attributes::Settings;
use crate::columns::Rows;
use crate::formats::{self, EncodeError};
use crate::plan::{GenerateRowsError, Plan};
use crate::problems::Problems;

/// Most rows of a preview.
pub const MAX_PREVIEW_ROWS: u64 = 10_000;

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
}

/// The rows `first .. first + count` of `plan` as a complete file in `format` with its default options.
///
/// # Errors
///
/// [`PreviewError`].
pub fn preview(plan: &Plan, format: &str, first: u64, count: u64) -> Result<Vec<u8>, PreviewError> {
    let mut problems = Problems::default();
    let settings = Settings::default();
    let encoder = formats::find(format)
        .and_then(|format| format.compile(plan.schema(), &mut settings.reader(&mut problems)));
    let Some(encoder) = encoder else {
        return Err(PreviewError::Format { name: format.to_owned(), problems });
    };
    let (mut segments, mut file) = (encoder.segment_encoder(), encoder.file_encoder());
    let mut out = Vec::new();
    file.begin(&mut out)?;
    let step = plan.block_rows().min(encoder.segment_rows()) as u64;
    let (mut next, end) = (first, first.saturating_add(count.min(MAX_PREVIEW_ROWS)));
    while next < end {
        let count = step.min(end - next);
        segments.append(&plan.generate(Rows { first: next, count: count as usize })?)?;
        file.append(segments.finish()?, &mut out)?;
        next += count;
    }
    file.finish(&mut out)?;
    Ok(out)
}
