//! Where the connectors of a command go on, and what becomes of sealed batches of one that does not.

use super::Command;
use super::live::Shared;
use crate::engine::Resume;
use crate::home::{Remembered, StoreError};
use crate::problems::chain;
use crate::remote::{Cancel, Io};

/// Where each connector goes on.
pub(super) fn resumes(shared: &Shared, command: &Command) -> Result<Vec<Resume>, StoreError> {
    let resume = |(next, sealed): Remembered| {
        // That of a schedule's earlier run lies before.
        let next_batch = next.max(command.first_batch);
        let is_to_come = |(batch, _): &(u64, _)| *batch >= next_batch;
        Resume { next_batch, sealed: sealed.into_iter().filter(is_to_come).collect() }
    };
    Ok(shared.store.remembered(command)?.into_iter().map(resume).collect())
}

/// What is sealed of a command that does not go on by itself goes, as well as it goes in a moment. What stays
/// behind is published when the command is tried again.
pub(super) fn give_up_sealed(shared: &Shared, command: &Command) {
    if let Err(error) = discard_sealed(shared, command) {
        tracing::warn!(id = %command.id, error = chain(&error), "sealed batches stay behind");
    }
}

fn discard_sealed(shared: &Shared, command: &Command) -> Result<(), StoreError> {
    let remembered = shared.store.remembered(command)?;
    if remembered.iter().all(|(_, sealed)| sealed.is_empty()) {
        return Ok(());
    }
    let Some(model) = shared.store.model(command.id)? else { return Ok(()) };
    let targets = match shared.prepare(command, &model) {
        Ok(prepared) => prepared.targets,
        Err(error) => {
            tracing::warn!(id = %command.id, %error, "sealed batches stay behind");
            return Ok(());
        }
    };
    let io = Io::new(&shared.network, &Cancel::default()).last_words();
    for (position, (target, (_, sealed))) in targets.iter().zip(remembered).enumerate() {
        for (batch, receipt) in sealed {
            match target.discard(&receipt, &io) {
                Ok(()) => shared.store.remove_receipt(command, batch, position)?,
                Err(error) => {
                    tracing::warn!(error = chain(&error), batch, "a sealed batch stays behind");
                }
            }
        }
    }
    Ok(())
}
