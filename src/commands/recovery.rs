//! Recovery: what becomes of the commands that an earlier process left.
//!
//! What was under way goes on, what waited waits again, in order. A command that brought the process down, or
//! may have done so, does not do it for ever: after [`MAX_INTERRUPTIONS`] ends it has failed.

use std::sync::Arc;

use super::Status;
use super::error::{CommandError, OpenError};
use super::live::{Live, Shared};
use crate::home::StoreError;

/// How often the process may end while a command runs that commits nothing meanwhile.
const MAX_INTERRUPTIONS: u64 = 3;

/// What becomes of a command that was under way when the process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// As it should: that is no command's doing.
    Cleanly,
    /// Killed, or brought down, perhaps by a command.
    Early,
}

/// Takes up what an earlier process left: those under way first, then those that waited, in order.
pub(super) fn recover(shared: &Shared) -> Result<(), OpenError> {
    let ended = if shared.store.take_clean_stop()? { Ended::Cleanly } else { Ended::Early };
    for (command, totals) in shared.store.unfinished()? {
        let live = Live::new(command, totals);
        let command = live.command();
        if command.status.is_under_way() && !goes_on(shared, &live, ended)? {
            continue;
        }
        if command.next_run.is_some() {
            reckon_anew(shared, &live)?;
        }
        shared.admit(&live);
    }
    Ok(())
}

/// Whether a command that was under way goes on; otherwise it has failed.
fn goes_on(shared: &Shared, live: &Arc<Live>, ended: Ended) -> Result<bool, StoreError> {
    let noted = shared.home.as_ref().and_then(|home| home.noted_failure(live.id));
    let interruptions = live.command().interruptions + u64::from(ended == Ended::Early);
    let failed = noted.clone().or_else(|| {
        (interruptions >= MAX_INTERRUPTIONS).then(|| {
            format!(
                "the server ended {interruptions} times while this command ran and committed nothing; \
                 `retry` takes it up again"
            )
        })
    });
    let finished = shared.probe.now();
    let changed = shared.change(live, &[], |command| {
        command.interruptions = interruptions;
        match &failed {
            Some(comment) => {
                command.status = Status::Failed;
                command.comment.clone_from(comment);
                command.finished = Some(finished);
                command.next_run = None;
            }
            None => command.status = Status::Queued,
        }
        Ok(())
    });
    match changed {
        Ok(_) => {}
        Err(CommandError::Record(error)) => return Err(error),
        Err(error) => tracing::error!(%error, "command cannot go on"),
    }
    if let (Some(_), Some(home)) = (noted, &shared.home) {
        home.forget_failure(live.id);
    }
    match failed {
        Some(comment) => tracing::warn!(id = %live.id, comment, "command does not go on"),
        None => {
            tracing::info!(id = %live.id, batch = live.command().next_batch, "command goes on");
        }
    }
    Ok(live.command().status == Status::Queued)
}

/// The next run of a schedule, where the clock that reckoned it was ahead.
fn reckon_anew(shared: &Shared, live: &Arc<Live>) -> Result<(), StoreError> {
    let now = shared.probe.now();
    let command = live.command();
    let (Some(next), Some(schedule)) = (command.next_run, &command.order.schedule) else {
        return Ok(());
    };
    let not_later = schedule.not_later(next, now);
    if not_later == next {
        return Ok(());
    }
    let changed = shared.change(live, &[], |command| {
        command.next_run = Some(not_later);
        Ok(())
    });
    match changed {
        Err(CommandError::Record(error)) => Err(error),
        _ => Ok(()),
    }
}
