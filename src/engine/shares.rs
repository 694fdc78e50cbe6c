//! How the memory of a run is divided, for whoever wants to see it before.

use std::sync::Arc;

use super::memory::ENCODING_HALVES;
use crate::delivery::Target;
use crate::plan::Plan;

/// What the parts of a run may take of its budget, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shares {
    /// All of it.
    pub(crate) budget: u64,
    /// Of each connector what its buffers and requests in flight take.
    pub(crate) buffers: Vec<(&'static str, u64)>,
    /// What is left for rows under way: made, laid out, and not yet written.
    pub(crate) rows: u64,
    /// The most rows that are laid out together, where there is a connector.
    pub(crate) largest: Option<Segment>,
}

/// Rows that are laid out together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    /// The connector that wants so many.
    pub(crate) connector: &'static str,
    /// How many.
    pub(crate) rows: u64,
    /// What they take, as far as the plan knows.
    pub(crate) bytes: u64,
}

impl Shares {
    /// Those of a run of `plan` into `targets`.
    pub(crate) fn of(plan: &Plan, targets: &[Arc<dyn Target>], budget: u64) -> Self {
        let buffers = targets.iter().map(|target| target.about());
        let buffers: Vec<_> = buffers.map(|about| (about.connector, about.buffer_bytes)).collect();
        let taken: u64 = buffers.iter().map(|(_, bytes)| bytes).sum();
        let (rows, largest) =
            (budget.saturating_sub(taken), Segment::largest(plan, targets, u64::MAX));
        Self { budget, buffers, rows, largest }
    }
}

impl Segment {
    /// The largest of a run of batches of `batch_rows` rows.
    pub(super) fn largest(
        plan: &Plan,
        targets: &[Arc<dyn Target>],
        batch_rows: u64,
    ) -> Option<Self> {
        let target =
            targets.iter().max_by_key(|target| target.payload().encoding.segment_rows())?;
        // The targets take the same rows, and those with smaller segments hold what they have made of them.
        let rows = (target.payload().encoding.segment_rows() as u64).min(batch_rows);
        let halves = 2 + ENCODING_HALVES * targets.len() as u64;
        let bytes = rows.saturating_mul(plan.table().row_width()).saturating_mul(halves) / 2;
        Some(Self { connector: target.about().connector, rows, bytes })
    }
}
