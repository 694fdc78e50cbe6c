//! An open table: tuples of the workers go to the server, and a transaction holds them together.

use std::sync::{Arc, Mutex};

use super::run::Run;
use super::target::locked;
use crate::delivery::{Committed, Receipt, Sealing, Sink};
use crate::formats::{Detail, Segment};
use crate::remote::{Failure, Io};

pub(super) struct TableSink {
    open: Arc<Mutex<Option<Run>>>,
    io: Io,
    batch: u64,
    /// The server has the batch already: whoever begins it does not know that yet, and its rows are not sent again.
    is_there: bool,
    unsealed: Committed,
}

impl TableSink {
    pub(super) fn new(open: Arc<Mutex<Option<Run>>>, io: Io) -> Self {
        Self { open, io, batch: 0, is_there: false, unsealed: Committed::default() }
    }
}

/// Does something with the open run, until the end of `io`.
fn with<T>(
    open: &Mutex<Option<Run>>,
    io: &Io,
    act: impl AsyncFnOnce(&mut Run) -> Result<T, Failure>,
) -> Result<T, Failure> {
    match locked(open).as_mut() {
        Some(run) => io.wait(act(run)),
        None => Err(Failure::fault("rows are written to a table that is not open")),
    }
}

impl Sink for TableSink {
    fn begin(&mut self, batch: u64) -> Result<(), Failure> {
        self.batch = batch;
        self.is_there = with(&self.open, &self.io, async |run| {
            if batch < run.next_batch {
                return Ok(true);
            }
            run.begin(batch).await?;
            Ok(false)
        })?;
        Ok(())
    }

    fn write(&mut self, segment: Segment) -> Result<(), Failure> {
        let Some(Detail::Records(records)) = &segment.detail else {
            return Err(Failure::fault("a segment of files is written to a table"));
        };
        let (first_row, rows) = (records.first_row, segment.rows);
        self.unsealed.rows += rows;
        self.unsealed.bytes += segment.bytes.len() as u64;
        if self.is_there || rows == 0 {
            return Ok(());
        }
        with(&self.open, &self.io, async |run| run.send(first_row, rows, segment.bytes).await)
    }

    fn seal(&mut self) -> Result<Option<Sealing>, Failure> {
        let committed = std::mem::take(&mut self.unsealed);
        let (open, batch, is_there) = (Arc::clone(&self.open), self.batch, self.is_there);
        Ok(Some(Sealing::later(move |io| {
            if !is_there {
                let rows = committed.rows;
                with(&open, io, async |run| run.seal(batch, rows).await)?;
            }
            Ok(Receipt::of_batch(batch, committed))
        })))
    }

    fn end(self: Box<Self>) -> Result<Option<Sealing>, Failure> {
        Ok(None)
    }

    fn abandon(self: Box<Self>) {
        // Without its connection the server takes the transaction back.
        if let Some(run) = locked(&self.open).take() {
            run.break_off();
        }
    }
}
