//! The end of a run that is over for good.

use std::sync::Arc;

use crate::delivery::{Holder, Target};
use crate::problems::chain;
use crate::remote::{Cancel, Io, Network};

/// What `targets` keep at their places for `holder` to go on by goes: every batch is published, and whoever runs it has
/// recorded that on the disk. What cannot be removed stays; it disturbs nobody.
pub(crate) fn retire(targets: &[Arc<dyn Target>], holder: &Holder, network: &Network) {
    for target in targets.iter().filter(|target| target.keeps_position()) {
        let io = Io::new(network, &Cancel::default()).last_words();
        if let Err(error) = target.retire(holder, &io) {
            let connector = target.about().connector;
            tracing::debug!(error = chain(&error), connector, "a position stays behind");
        }
    }
}
