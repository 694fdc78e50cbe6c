//! A client of a cluster: its brokers, what is asked of them, and who coordinates what.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::messages::{BrokerId, FindCoordinatorRequest, MetadataResponse};
use kafka_protocol::protocol::StrBytes;
use mio::{Events, Poll, Token, Waker};
use rustls::ClientConfig;

use crate::codes::{Code, Treatment, treatment};
use crate::config::Config;
use crate::dial::Dialling;
use crate::error::{Error, Kind};
use crate::node::{Answers, Link, Node};
use crate::pem;
use crate::wait::{Cancel, Deadline, Pauses, SLICE};
use crate::wire::{self, Spoken};

/// Whom a request is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum To<'a> {
    /// Any broker that answers.
    Any,
    /// The broker of that number.
    Node(i32),
    /// The coordinator of a consumer group.
    Group(&'a str),
    /// The coordinator of a transactional id.
    Transaction(&'a str),
}

/// An error code in an answer, with the broker's words.
pub(crate) type Refusal = (Code, Option<String>);

/// A client of one cluster. It belongs to one thread, and moves only while it is called.
pub struct Client {
    pub(crate) config: Config,
    tls: Option<Arc<ClientConfig>>,
    poll: Poll,
    events: Events,
    waker: Arc<Waker>,
    /// Brokers by number; those that the caller named have numbers below zero.
    nodes: BTreeMap<i32, Node>,
    answers: Answers,
    next_tag: u64,
    coordinators: HashMap<(i8, String), i32>,
    /// Whose turn it is among brokers that are equally good.
    turn: usize,
    /// Whether a request was ever answered.
    proven: bool,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("config", &self.config)
            .field("nodes", &self.nodes.len())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client that connects to nothing yet.
    ///
    /// # Errors
    /// Addresses, certificates or keys cannot be used; the system gives no resources.
    pub fn new(config: Config) -> Result<Self, Error> {
        let system = |error: std::io::Error| {
            Error::Unusable(format!("the system gives no means to wait for sockets: {error}"))
        };
        let nodes = config.addresses()?.into_iter().zip(1_i32..);
        let nodes =
            nodes.map(|((host, port), number)| (-number, Node::new(host, port, false))).collect();
        let tls = config.tls.as_ref().map(pem::client_config).transpose()?;
        let poll = Poll::new().map_err(system)?;
        let waker = Arc::new(Waker::new(poll.registry(), Token(1)).map_err(system)?);
        Ok(Self {
            config,
            tls,
            poll,
            events: Events::with_capacity(64),
            waker,
            nodes,
            answers: Answers::new(),
            next_tag: 0,
            coordinators: HashMap::new(),
            turn: 0,
            proven: false,
        })
    }

    /// From now on nothing is cancelled, and everything is over after `within`: for what is said when a run ends.
    pub fn last_words(&mut self, within: Duration) {
        self.config.cancel = Cancel::never();
        self.config.delivery_timeout = within;
    }

    /// What had to be sent again because something was in the way.
    pub fn repeated(&self) -> u64 {
        self.config.repeated.load(Ordering::Relaxed)
    }

    pub(crate) fn count_repeated(&self) {
        self.config.repeated.fetch_add(1, Ordering::Relaxed);
    }

    /// Tries for as long as the configuration's delivery time-out.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::after(self.config.delivery_timeout)
    }

    /// Moves bytes in both directions; waits at most `wait` (and a tenth of a second) where nothing moves.
    pub(crate) fn pump(&mut self, wait: Duration) -> Result<(), Error> {
        if self.config.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        if self.advance() || wait.is_zero() {
            return Ok(());
        }
        // An interrupted wait is a short one.
        let _ = self.poll.poll(&mut self.events, Some(wait.min(SLICE)));
        self.advance();
        Ok(())
    }

    fn advance(&mut self) -> bool {
        let before = self.answers.iter().filter(|(_, answer)| answer.is_ok()).count();
        let mut moved = false;
        for node in self.nodes.values_mut() {
            moved |=
                node.advance(self.poll.registry(), self.config.sasl.is_some(), &mut self.answers);
        }
        self.proven |= self.answers.iter().filter(|(_, answer)| answer.is_ok()).count() > before;
        moved
    }

    /// Waits without doing anything but moving bytes.
    pub(crate) fn pause(&mut self, pause: Duration) -> Result<(), Error> {
        let pause = Deadline::after(pause);
        while !pause.has_passed() {
            self.pump(pause.left(SLICE))?;
        }
        Ok(())
    }

    /// Whether requests can be sent to the broker now; begins to connect where they cannot.
    ///
    /// # Errors
    /// The broker will refuse us for ever.
    pub(crate) fn is_ready(&mut self, number: i32) -> Result<bool, Error> {
        let Some(node) = self.nodes.get_mut(&number) else {
            return Err(Error::Misuse("a broker was asked for that the cluster does not have"));
        };
        if let Some(error) = node.hopeless(self.proven) {
            return Err(error.clone());
        }
        match &node.link {
            Link::Up(connection) if !connection.is_expiring() => return Ok(true),
            Link::Up(connection) if connection.in_flight() > 0 => return Ok(false),
            Link::Dialling(_) => return Ok(false),
            Link::Down { until, .. } if Instant::now() < *until => return Ok(false),
            Link::Up(_) | Link::Down { .. } | Link::Idle => {}
        }
        let dialling = Dialling {
            host: node.host.clone(),
            port: node.port,
            client_id: self.config.client_id.clone(),
            tls: self.tls.clone(),
            sasl: self.config.sasl.clone(),
            timeout: self.config.connect_timeout,
            resolve: self.config.resolve.clone(),
        };
        node.dial(dialling, &self.waker);
        Ok(false)
    }

    /// Whether the cluster has a broker of that number.
    pub(crate) fn knows(&self, number: i32) -> bool {
        self.nodes.contains_key(&number)
    }

    /// Requests of the broker that have no answer yet.
    pub(crate) fn in_flight(&self, number: i32) -> usize {
        match self.nodes.get(&number).map(|node| &node.link) {
            Some(Link::Up(connection)) => connection.in_flight(),
            _ => 0,
        }
    }

    /// Why the broker is away, where it is.
    pub(crate) fn down(&self, number: i32) -> Option<&Error> {
        match self.nodes.get(&number).map(|node| &node.link) {
            Some(Link::Down { error, .. }) => Some(error),
            _ => None,
        }
    }

    /// Sends a request whose frame is made by `frame(version, correlation)`; its answer comes under the tag.
    ///
    /// # Errors
    /// The broker does not speak the request, or [`is_ready`](Self::is_ready) has not said yes.
    pub(crate) fn send<R: Spoken>(
        &mut self,
        number: i32,
        frame: impl FnOnce(i16, i32) -> Result<Vec<Bytes>, String>,
    ) -> Result<(u64, i16), Error> {
        let within = self.config.request_timeout;
        let Some(node) = self.nodes.get_mut(&number) else {
            return Err(Error::Misuse("a broker was asked that the cluster does not have"));
        };
        let address = node.address();
        let Link::Up(connection) = &mut node.link else {
            return Err(Error::Misuse("a broker was asked that is not connected"));
        };
        let version = connection.versions.of_request::<R>(&address)?;
        let correlation = connection.next_correlation();
        let chunks =
            frame(version, correlation).map_err(|reason| Error::Protocol { address, reason })?;
        self.next_tag += 1;
        connection.enqueue(chunks, correlation, self.next_tag, within);
        Ok((self.next_tag, version))
    }

    /// The answer of the tag, where it has come.
    pub(crate) fn take_answer(&mut self, tag: u64) -> Option<Result<Bytes, Error>> {
        let place = self.answers.iter().position(|(of, _)| *of == tag)?;
        self.answers.remove(place).map(|(_, answer)| answer)
    }

    /// The next answer that satisfies `wanted`.
    pub(crate) fn next_answer(
        &mut self,
        wanted: impl Fn(u64) -> bool,
    ) -> Option<(u64, Result<Bytes, Error>)> {
        let place = self.answers.iter().position(|(tag, _)| wanted(*tag))?;
        self.answers.remove(place)
    }

    /// Asks one broker once.
    fn call<R: Spoken>(
        &mut self,
        number: i32,
        deadline: Deadline,
        request: &impl Fn(i16) -> R,
    ) -> Result<R::Response, Error> {
        let late = |last: Option<&Error>| Error::TimedOut {
            doing: format!("the request {}", R::NAME),
            after: deadline.after,
            last: last.cloned().map(Arc::new),
        };
        while !self.is_ready(number)? {
            if let Some(error) = self.down(number) {
                return Err(error.clone());
            }
            if deadline.has_passed() {
                return Err(late(None));
            }
            self.pump(deadline.left(SLICE))?;
        }
        let client_id = self.config.client_id.clone();
        let (tag, version) = self.send::<R>(number, |version, correlation| {
            wire::frame(&request(version), version, correlation, &client_id)
                .map(|frame| vec![frame])
        })?;
        loop {
            if let Some(answer) = self.take_answer(tag) {
                let address = self.nodes.get(&number).map(Node::address).unwrap_or_default();
                return wire::answer::<R>(answer?, version)
                    .map_err(|reason| Error::Protocol { address, reason });
            }
            if deadline.has_passed() {
                return Err(late(None));
            }
            self.pump(deadline.left(SLICE))?;
        }
    }

    /// Asks until there is an answer that is good, or one that will never be.
    ///
    /// `judge` looks for an error code; what [`treatment`] does not call fatal is tried again until the deadline.
    ///
    /// # Errors
    /// The code, or what stood in the way when the deadline passed.
    pub(crate) fn request<R: Spoken>(
        &mut self,
        to: To<'_>,
        doing: &str,
        deadline: Deadline,
        request: impl Fn(i16) -> R,
        judge: impl Fn(&R::Response) -> Option<Refusal>,
    ) -> Result<R::Response, Error> {
        let mut pauses = Pauses::new();
        // That the time is over says less than what was in the way before.
        let mut before = None;
        loop {
            let outcome = match self.place(to, deadline) {
                Ok(number) => self.call(number, deadline, &request),
                Err(error) => Err(error),
            };
            let error = match outcome {
                Ok(answer) => match judge(&answer) {
                    None => return Ok(answer),
                    Some((code, message)) => {
                        let error = Error::refused(doing, code, message.as_deref());
                        match treatment(code) {
                            Treatment::Fatal => return Err(error),
                            Treatment::NewCoordinator => self.forget(to),
                            Treatment::Again | Treatment::NewLeader | Treatment::NewController => {}
                        }
                        error
                    }
                },
                Err(error) if self.may_pass(&error) => {
                    self.forget(to);
                    error
                }
                Err(error) => return Err(error),
            };
            let is_usual = error.code().is_some_and(is_usual);
            let last = match error {
                Error::TimedOut { last, .. } => last,
                error => Some(Arc::new(error)),
            };
            before = last.or(before);
            if deadline.has_passed() {
                return Err(Error::TimedOut {
                    doing: doing.to_owned(),
                    after: deadline.after,
                    last: before,
                });
            }
            if !is_usual {
                self.count_repeated();
            }
            self.pause(deadline.left(pauses.next()))?;
        }
    }

    /// Whether a failure to ask may pass by itself.
    fn may_pass(&self, error: &Error) -> bool {
        match error {
            Error::Cancelled | Error::Protocol { .. } | Error::Misuse(_) => false,
            error
                if self.nodes.values().any(|node| {
                    node.hopeless(self.proven)
                        .is_some_and(|why| why.to_string() == error.to_string())
                }) =>
            {
                // Another broker may take us: only where all refuse is there no hope.
                self.nodes.values().any(|node| node.hopeless(self.proven).is_none())
            }
            error => matches!(
                error.kind(),
                Kind::Transient | Kind::Unreachable | Kind::Login | Kind::Certificate
            ),
        }
    }

    /// The number of the broker that a request is for.
    fn place(&mut self, to: To<'_>, deadline: Deadline) -> Result<i32, Error> {
        match to {
            To::Any => self.any(),
            To::Node(number) => Ok(number),
            To::Group(group) => self.coordinator(0, group, deadline),
            To::Transaction(id) => self.coordinator(1, id, deadline),
        }
    }

    /// A broker that is connected, else one that may be, else the one that can be tried first.
    fn any(&mut self) -> Result<i32, Error> {
        self.turn = self.turn.wrapping_add(1);
        let proven = self.proven;
        let rank = |node: &Node| match &node.link {
            Link::Up(connection) => (0, connection.in_flight()),
            Link::Dialling(_) => (1, 0),
            Link::Idle => (2, 0),
            Link::Down { .. } if node.hopeless(proven).is_some() => (4, 0),
            Link::Down { .. } => (3, 0),
        };
        let count = self.nodes.len().max(1);
        let turned = self.nodes.iter().cycle().skip(self.turn % count).take(count);
        let best = turned.min_by_key(|(_, node)| rank(node)).map(|(number, _)| *number);
        best.ok_or(Error::Misuse("no brokers are known"))
    }

    fn coordinator(&mut self, kind: i8, key: &str, deadline: Deadline) -> Result<i32, Error> {
        if let Some(number) = self.coordinators.get(&(kind, key.to_owned())) {
            return Ok(*number);
        }
        let doing = match kind {
            0 => format!("finding the coordinator of group `{key}`"),
            _ => format!("finding the coordinator of transactions of `{key}`"),
        };
        let request = |_| {
            FindCoordinatorRequest::default()
                .with_key(StrBytes::from_string(key.to_owned()))
                .with_key_type(kind)
        };
        let answer = self.request(To::Any, &doing, deadline, request, |answer| {
            refusal(answer.error_code, answer.error_message.as_ref())
        })?;
        let number = answer.node_id.0;
        self.learn(number, &answer.host, answer.port);
        self.coordinators.insert((kind, key.to_owned()), number);
        Ok(number)
    }

    fn forget(&mut self, to: To<'_>) {
        match to {
            To::Group(group) => self.coordinators.remove(&(0, group.to_owned())),
            To::Transaction(id) => self.coordinators.remove(&(1, id.to_owned())),
            To::Any | To::Node(_) => None,
        };
    }

    /// Takes over which brokers there are.
    pub(crate) fn learn_brokers(&mut self, answer: &MetadataResponse) {
        for broker in &answer.brokers {
            self.learn(broker.node_id.0, &broker.host, broker.port);
        }
        // The addresses that the caller named were for finding the others.
        let idle =
            |node: &Node| matches!(&node.link, Link::Up(connection) if connection.in_flight() == 0);
        if !answer.brokers.is_empty() {
            for (_, node) in
                self.nodes.iter_mut().filter(|(number, node)| **number < 0 && idle(node))
            {
                node.link = Link::Idle;
            }
            let there = |number: i32| {
                number < 0 || answer.brokers.iter().any(|broker| broker.node_id == BrokerId(number))
            };
            self.nodes.retain(|number, node| {
                there(*number) || !matches!(node.link, Link::Idle | Link::Down { .. })
            });
        }
    }

    fn learn(&mut self, number: i32, host: &str, port: i32) {
        let port = u16::try_from(port).unwrap_or_default();
        match self.nodes.get(&number) {
            Some(node) if node.host == host && node.port == port => {}
            _ => {
                self.nodes.insert(number, Node::new(host.to_owned(), port, true));
            }
        }
    }
}

/// Codes by which a healthy cluster says that it still ends the transaction before.
fn is_usual(code: Code) -> bool {
    matches!(code, Code::ConcurrentTransactions | Code::UnstableOffsetCommit)
}

/// The error code of an answer, with the broker's words.
pub(crate) fn refusal(code: i16, message: Option<&StrBytes>) -> Option<Refusal> {
    Code::try_from_code(code).map(|code| (code, message.map(ToString::to_string)))
}
