//! An open topic: batches of the workers go to the brokers, and a transaction holds them together.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use datagen_kafka::SealedBatch;

use super::failure::failure;
use super::target::{Run, locked};
use crate::delivery::{Committed, Receipt, Sealing, Sink};
use crate::formats::{Detail, Segment};
use crate::remote::{Failure, LAST_WORDS};

pub(super) struct KafkaSink {
    open: Arc<Mutex<Option<Run>>>,
    transactions: bool,
    pace: Option<Pace>,
    batch: u64,
    /// The cluster has the batch already: whoever begins it does not know that yet, and its rows are not sent again.
    is_there: bool,
    unsealed: Committed,
}

/// A rate of rows that is kept.
struct Pace {
    rows_per_second: u64,
    began: Instant,
    rows: u64,
}

impl KafkaSink {
    pub(super) fn new(
        open: Arc<Mutex<Option<Run>>>,
        transactions: bool,
        rows_per_second: Option<u64>,
    ) -> Self {
        let pace = rows_per_second.map(|rows_per_second| Pace {
            rows_per_second,
            began: Instant::now(),
            rows: 0,
        });
        Self { open, transactions, pace, batch: 0, is_there: false, unsealed: Committed::default() }
    }
}

/// Does something with the open run.
fn with<T>(
    open: &Mutex<Option<Run>>,
    act: impl FnOnce(&mut Run) -> Result<T, datagen_kafka::Error>,
) -> Result<T, Failure> {
    match locked(open).as_mut() {
        Some(run) => act(run).map_err(failure),
        None => Err(Failure::fault("rows are written to a topic that is not open")),
    }
}

impl Sink for KafkaSink {
    fn begin(&mut self, batch: u64) -> Result<(), Failure> {
        self.batch = batch;
        if !self.transactions {
            return Ok(());
        }
        self.is_there = with(&self.open, |run| {
            if batch < run.next_batch {
                return Ok(true);
            }
            if run.batch.is_some() {
                // A batch that was given up, and is made again.
                run.producer.abort()?;
            }
            run.batch = Some(batch);
            run.producer.begin().map(|()| false)
        })?;
        Ok(())
    }

    fn write(&mut self, segment: Segment) -> Result<(), Failure> {
        let Some(Detail::Records(records)) = &segment.detail else {
            return Err(Failure::fault("a segment of files is written to a topic"));
        };
        for (part, bytes) in records.of(&segment.bytes) {
            let Some(batch) = SealedBatch::read(bytes) else {
                return Err(Failure::fault("a record batch of our own cannot be read"));
            };
            self.unsealed.bytes += bytes.len() as u64;
            if self.is_there {
                continue;
            }
            with(&self.open, |run| run.producer.send(part.shard, batch))?;
        }
        self.unsealed.rows += segment.rows;
        if let Some(pace) = &mut self.pace {
            pace.rows += segment.rows;
            let due = Duration::from_secs_f64(pace.rows as f64 / pace.rows_per_second as f64);
            let early = due.saturating_sub(pace.began.elapsed());
            with(&self.open, |run| run.producer.rest(early))?;
        }
        Ok(())
    }

    fn seal(&mut self) -> Result<Option<Sealing>, Failure> {
        let committed = std::mem::take(&mut self.unsealed);
        let (open, batch) = (Arc::clone(&self.open), self.batch);
        Ok(Some(Sealing::later(move |_| {
            with(&open, |run| run.producer.flush())?;
            Ok(Receipt::of_batch(batch, committed))
        })))
    }

    fn end(self: Box<Self>) -> Result<Option<Sealing>, Failure> {
        Ok(None)
    }

    fn abandon(self: Box<Self>) {
        if let Some(mut run) = locked(&self.open).take()
            && run.batch.is_some()
        {
            run.producer.client().last_words(LAST_WORDS);
            // Whoever takes the name over ends the transaction, as its time-out does.
            let _ = run.producer.abort();
        }
    }
}
