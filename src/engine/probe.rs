//! A look at every target before anything is made for it: whether it can be reached and written to, and fits the
//! rows. What is wrong with several is told at once.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use crate::delivery::Target;
use crate::problems::{Problem, chain, panic_text};
use crate::remote::{Cancel, Failure, Io, Network};

/// What is wrong with targets.
#[derive(Debug)]
pub struct NotReady {
    /// The names of the connectors that say so.
    pub(crate) connectors: Vec<&'static str>,
    /// What they say.
    pub(crate) failure: Failure,
}

impl NotReady {
    /// The same as a problem of a request.
    pub(crate) fn problem(&self) -> Problem {
        let pointer = format!("connectors/{}", self.connectors.join(","));
        Problem::error("not_ready", pointer, chain(&self.failure))
    }
}

impl fmt::Display for NotReady {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let several = if self.connectors.len() > 1 { "s" } else { "" };
        write!(formatter, "connector{several} `{}`: ", self.connectors.join("`, `"))?;
        formatter.write_str(&chain(&self.failure))
    }
}

/// Looks at all of `targets` at the same time, until `cancel`. What several find alike is told once.
pub(crate) fn probe(
    targets: &[Arc<dyn Target>],
    network: &Network,
    cancel: &Cancel,
) -> Vec<NotReady> {
    let look = |target: &Arc<dyn Target>| -> Result<(), Failure> {
        let looked = catch_unwind(AssertUnwindSafe(|| target.probe(&Io::new(network, cancel))));
        looked.unwrap_or_else(|panic| Err(Failure::fault(panic_text(&*panic))))
    };
    let results: Vec<Result<(), Failure>> = thread::scope(|scope| {
        let look = &look;
        // This thread looks at the first one itself, and at those for which the system gives no thread.
        let begin = |(index, target)| {
            let work = move || look(target);
            let spawn = || thread::Builder::new().spawn_scoped(scope, work).ok();
            (target, if index > 0 { spawn() } else { None })
        };
        let begun: Vec<_> = targets.iter().enumerate().map(begin).collect();
        let end = |(target, thread): (_, Option<thread::ScopedJoinHandle<'_, _>>)| match thread {
            Some(thread) => {
                thread.join().unwrap_or_else(|panic| Err(Failure::fault(panic_text(&*panic))))
            }
            None => look(target),
        };
        begun.into_iter().map(end).collect()
    });
    let mut found: Vec<NotReady> = Vec::new();
    for (target, result) in targets.iter().zip(results) {
        let Err(failure) = result else { continue };
        let (connector, told) = (target.about().connector, chain(&failure));
        match found.iter_mut().find(|known| chain(&known.failure) == told) {
            Some(known) => known.connectors.push(connector),
            None => found.push(NotReady { connectors: vec![connector], failure }),
        }
    }
    found
}
