//! Where the connectors of a command go on, and what becomes of sealed batches of one that does not.

use super::Command;
use super::live::Shared;
use crate::engine::Resume;
use crate::home::{Remembered, SealedBatch, StoreError};
use crate::problems::chain;
use crate::remote::{Cancel, Io};

/// Where each connector goes on.
pub(super) fn remembered(
    shared: &Shared,
    command: &Command,
) -> Result<Vec<Remembered>, StoreError> {
    let mut remembered = shared.store.remembered(command)?;
    for Remembered { next_batch, sealed } in &mut remembered {
        // That of a schedule's earlier run lies before.
        *next_batch = command.first_batch.max(*next_batch);
        sealed.retain(|sealed| sealed.batch >= *next_batch);
    }
    Ok(remembered)
}

/// What the engine needs of it.
pub(super) fn resumes(remembered: &[Remembered]) -> Vec<Resume> {
    let receipts = |sealed: &[SealedBatch]| {
        sealed.iter().map(|sealed| (sealed.batch, sealed.receipt.clone())).collect()
    };
    remembered
        .iter()
        .map(|Remembered { next_batch, sealed }| Resume {
            next_batch: *next_batch,
            sealed: receipts(sealed),
        })
        .collect()
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
    if remembered.iter().all(|remembered| remembered.sealed.is_empty()) {
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
    for (position, (target, own)) in targets.iter().zip(remembered).enumerate() {
        for SealedBatch { batch, receipt, .. } in own.sealed {
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
