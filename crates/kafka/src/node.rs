//! One broker: where it is, and how the connection to it stands.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::Instant;

use bytes::Bytes;
use mio::{Interest, Registry, Token, Waker};

use crate::connection::Connection;
use crate::dial::{Dialled, Dialling, dial, shown};
use crate::error::{Error, Stage};
use crate::wait::Pauses;

/// Answers, and failures in their place, each with the tag of its request.
pub(crate) type Answers = VecDeque<(u64, Result<Bytes, Error>)>;

pub(crate) enum Link {
    /// Nobody has asked for it.
    Idle,
    /// A thread makes the connection.
    Dialling(Receiver<Result<Dialled, Error>>),
    /// Ready for requests.
    Up(Box<Connection>),
    /// Not to be tried before the moment.
    Down { until: Instant, error: Error },
}

pub(crate) struct Node {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Whether the cluster gave this address, not the caller.
    advertised: bool,
    pub(crate) link: Link,
    pauses: Pauses,
    /// Attempts that ended before anything was answered, one after the other.
    refusals: u32,
}

impl Node {
    pub(crate) fn new(host: String, port: u16, advertised: bool) -> Self {
        Self { host, port, advertised, link: Link::Idle, pauses: Pauses::new(), refusals: 0 }
    }

    pub(crate) fn address(&self) -> String {
        shown(&self.host, self.port)
    }

    /// Begins to connect, on a thread that wakes the caller when it has ended.
    pub(crate) fn dial(&mut self, dialling: Dialling, waker: &Arc<Waker>) {
        let (sender, receiver) = channel();
        let waker = Arc::clone(waker);
        let spawned = thread::Builder::new().name("kafka-dial".to_owned()).spawn(move || {
            // The receiver is gone where nobody wants the connection any longer.
            if sender.send(dial(&dialling)).is_ok() {
                // Without the wake the caller finds it a tenth of a second later.
                let _ = waker.wake();
            }
        });
        self.link = match spawned {
            Ok(_) => Link::Dialling(receiver),
            Err(error) => {
                self.down(Error::Unreachable { address: self.address(), reason: error.to_string() })
            }
        };
    }

    /// Moves what goes without waiting. Whether anything did.
    pub(crate) fn advance(
        &mut self,
        registry: &Registry,
        logs_in: bool,
        answers: &mut Answers,
    ) -> bool {
        match &mut self.link {
            Link::Idle | Link::Down { .. } => false,
            Link::Dialling(receiver) => {
                let outcome = match receiver.try_recv() {
                    Ok(outcome) => outcome,
                    Err(TryRecvError::Empty) => return false,
                    Err(TryRecvError::Disconnected) => {
                        let reason = "the attempt to connect ended without an answer".to_owned();
                        Err(Error::Unreachable { address: self.address(), reason })
                    }
                };
                self.link =
                    match outcome.and_then(|dialled| self.register(dialled, registry, logs_in)) {
                        Ok(connection) => Link::Up(connection),
                        Err(error) => self.down(self.with_origin(error)),
                    };
                true
            }
            Link::Up(connection) => {
                let before = answers.len();
                match connection.drive(answers) {
                    Ok(moved) => {
                        if answers.len() > before {
                            self.refusals = 0;
                            self.pauses = Pauses::new();
                        }
                        moved
                    }
                    Err(error) => {
                        self.fail(&error, answers);
                        true
                    }
                }
            }
        }
    }

    /// Gives the connection up: every request without an answer fails.
    fn fail(&mut self, error: &Error, answers: &mut Answers) {
        let link = self.down(error.clone());
        if let Link::Up(connection) = std::mem::replace(&mut self.link, link) {
            answers.extend(connection.into_waiting().map(|tag| (tag, Err(error.clone()))));
        }
    }

    fn register(
        &self,
        dialled: Dialled,
        registry: &Registry,
        logs_in: bool,
    ) -> Result<Box<Connection>, Error> {
        let address = self.address();
        let broken = |error| Error::broken(&address, Stage::First, &error);
        let mut connection = Connection::new(address.clone(), dialled, logs_in).map_err(broken)?;
        // All connections are tried at every turn, so which one is ready does not matter.
        registry
            .register(&mut connection.socket, Token(0), Interest::READABLE | Interest::WRITABLE)
            .map_err(broken)?;
        Ok(Box::new(connection))
    }

    fn down(&mut self, error: Error) -> Link {
        self.refusals += 1;
        Link::Down { until: Instant::now() + self.pauses.next(), error }
    }

    fn with_origin(&self, error: Error) -> Error {
        match error {
            Error::Unreachable { address, reason } if self.advertised => {
                let reason = format!(
                    "{reason} (the cluster itself gives this address for one of its brokers)"
                );
                Error::Unreachable { address, reason }
            }
            Error::OutOfReach { address, reason } if self.advertised => {
                let reason = format!(
                    "the cluster itself gives this address for one of its brokers: {reason}"
                );
                Error::OutOfReach { address, reason }
            }
            other => other,
        }
    }

    /// Why it makes no sense to try again: `proven` says that some connection of this client has worked before.
    pub(crate) fn hopeless(&self, proven: bool) -> Option<&Error> {
        let Link::Down { error, .. } = &self.link else { return None };
        let early = matches!(error, Error::Disconnected { stage: Stage::First | Stage::Versions, reason, .. } if !reason.contains("in time"));
        // A broker that has just started may not know its users yet.
        let limit = match (error.is_final_for_connections(), early, proven) {
            (true, _, false) => 1,
            (true, _, true) => 8,
            (false, true, false) => 3,
            (false, ..) => return None,
        };
        (self.refusals >= limit).then_some(error)
    }
}
