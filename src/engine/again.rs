//! A run goes on where a place lost the batch under way: rows can be made again at any time, so nothing is kept for it.
//!
//! A server that restarts takes the open transaction with it. Its connector says so of its
//! [failure](crate::remote::Failure::is_made_again), and the run is begun again as after a restart of this process:
//! every lane at its own first batch that is not published.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Control, EngineError, Observer, ObserverError, Resume, Run, handing};
use crate::delivery::{Beside, Committed, Receipt};
use crate::failures::Failures;

/// How often in a row the same batch is made again.
const MOST: u32 = 5;

/// Makes all batches and delivers them, also where a place loses the batch under way.
pub(super) fn run(
    run: &Run,
    control: &Control,
    observer: &dyn Observer,
) -> Result<(), EngineError> {
    let kept = Kept::new(run, observer);
    let mut part = run.clone();
    let (mut had, mut repeated) = (kept.had(), 0);
    loop {
        let error = match handing::run(&part, control, &kept) {
            Err(error) if !control.is_cancelled() => error,
            ended => return ended,
        };
        let EngineError::Sink { connector, batch, source } = &error else { return Err(error) };
        if !source.is_made_again() {
            return Err(error);
        }
        let has = kept.had();
        repeated = if has == had { repeated + 1 } else { 1 };
        had = has;
        if repeated > MOST {
            return Err(error);
        }
        tracing::warn!(
            error = crate::problems::chain(source),
            connector,
            batch,
            "a batch is made again"
        );
        for (index, target) in run.targets.iter().enumerate() {
            if target.about().connector == *connector {
                control.retries(index).fetch_add(1, Ordering::Relaxed);
            }
        }
        part.resumes = kept.resumes();
    }
}

/// What became durable so far, told on to the observer of the run.
struct Kept<'a> {
    observer: &'a dyn Observer,
    end: u64,
    lanes: Mutex<Lanes>,
}

struct Lanes {
    resumes: Vec<Resume>,
    /// The first batch of which no rows that failed were told.
    untold: u64,
}

impl<'a> Kept<'a> {
    fn new(run: &Run, observer: &'a dyn Observer) -> Self {
        let mut resumes = run.resumes.clone();
        resumes.resize(run.targets.len().max(resumes.len()), Resume::default());
        for resume in &mut resumes {
            resume.next_batch = resume.next_batch.max(run.batches.start);
        }
        let lanes = Mutex::new(Lanes { resumes, untold: 0 });
        Self { observer, end: run.batches.end, lanes }
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        // Whole whatever a panicking thread did: every change is one insertion or number.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn resumes(&self) -> Vec<Resume> {
        self.lanes().resumes.clone()
    }

    /// How much all lanes together have.
    fn had(&self) -> u64 {
        self.lanes().resumes.iter().map(|resume| resume.next_batch).sum()
    }
}

impl Lanes {
    fn advance(&mut self, target: usize, next: u64) {
        let Some(resume) = self.resumes.get_mut(target) else { return };
        resume.next_batch = resume.next_batch.max(next);
        resume.sealed.retain(|(batch, _)| *batch >= next);
    }
}

impl Observer for Kept<'_> {
    fn sealed(&self, batch: u64, target: usize, receipt: &Receipt) -> Result<bool, ObserverError> {
        let recorded = self.observer.sealed(batch, target, receipt)?;
        // What nobody has recorded is discarded where it cannot be published.
        if recorded && let Some(resume) = self.lanes().resumes.get_mut(target) {
            resume.sealed.retain(|(known, _)| *known != batch);
            resume.sealed.push((batch, receipt.clone()));
            resume.sealed.sort_by_key(|(batch, _)| *batch);
        }
        Ok(recorded)
    }

    fn committed(
        &self,
        batch: u64,
        target: usize,
        committed: &Committed,
    ) -> Result<(), ObserverError> {
        self.observer.committed(batch, target, committed)?;
        self.lanes().advance(target, batch + 1);
        Ok(())
    }

    fn finished(&self, target: usize, committed: &Committed) -> Result<(), ObserverError> {
        self.observer.finished(target, committed)?;
        self.lanes().advance(target, self.end);
        Ok(())
    }

    fn beside(&self, target: usize, beside: &Beside) {
        self.observer.beside(target, beside);
    }

    fn failed_rows(&self, batch: u64, failures: Failures) {
        let is_new = {
            let mut lanes = self.lanes();
            let is_new = batch >= lanes.untold;
            lanes.untold = lanes.untold.max(batch + 1);
            is_new
        };
        if is_new {
            self.observer.failed_rows(batch, failures);
        }
    }
}
