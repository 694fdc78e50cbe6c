//! The producer of one topic: sends batches to the leaders of their partitions until every one is acknowledged.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kafka_protocol::messages::ProduceRequest;

use crate::admin::{Topic, UNKNOWN_FOR};
use crate::batch::{SealedBatch, Stamp};
use crate::client::Client;
use crate::codes::Code;
use crate::error::{Error, Kind};
use crate::partitions::{Batch, MOST_UNDER_WAY, Partition, sequence};
use crate::transaction::Transaction;
use crate::wait::{Deadline, SLICE};
use crate::wire::ProduceFrame;

/// How a producer behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Writes in transactions of this id; whoever opens a producer with the same id ends those of this one.
    pub transactional_id: Option<String>,
    /// A transaction that lasts longer is ended by the cluster. Clusters allow 15 minutes unless told otherwise.
    pub transaction_timeout: Duration,
    /// [`Producer::send`] waits while more bytes than this have no acknowledgement.
    pub window: usize,
    /// A request carries batches of several partitions up to this many bytes.
    pub request: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            transactional_id: None,
            transaction_timeout: Duration::from_secs(900),
            window: 32 << 20,
            request: 1 << 20,
        }
    }
}

/// How often the leaders are asked for while something is in the way.
pub(crate) const REFRESH_EVERY: Duration = Duration::from_millis(250);

/// Batches that were sent in one request.
pub(crate) struct Sent {
    pub(crate) node: i32,
    pub(crate) version: i16,
    pub(crate) batches: Vec<(usize, Batch)>,
}

/// Writes to one topic: every replica in sync has a message before it counts, none is doubled by a retry, and those
/// of a partition keep their order.
pub struct Producer {
    pub(crate) client: Client,
    pub(crate) topic: String,
    topic_id: u128,
    pub(crate) options: Options,
    pub(crate) identity: (i64, i16),
    pub(crate) partitions: Vec<Partition>,
    /// `max.message.bytes` of the topic, where it may be read.
    pub(crate) limit: Option<usize>,
    sent: BTreeMap<u64, Sent>,
    /// Bytes without an acknowledgement.
    pub(crate) unacknowledged: usize,
    pub(crate) acknowledged: u64,
    failed: Option<Error>,
    pub(crate) refresh_at: Option<Instant>,
    unknown_since: Option<Instant>,
    /// Brokers that asked us to wait.
    pub(crate) quiet: HashMap<i32, Instant>,
    checked_at: Instant,
    pub(crate) transaction: Transaction,
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer")
            .field("topic", &self.topic)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Producer {
    /// A producer of a topic that is there. With a transactional id it ends what an earlier producer of that id had
    /// begun, and keeps that one from writing.
    ///
    /// # Errors
    /// The topic is not there; the user may not write in this way; the deadline passed.
    pub fn open(mut client: Client, topic: &str, options: Options) -> Result<Self, Error> {
        let Some(known) = client.topic_at_last(topic)? else {
            return Err(Error::refused(
                &format!("opening topic `{topic}`"),
                Code::UnknownTopicOrPartition,
                None,
            ));
        };
        let limit = match client.topic_settings(topic, &["max.message.bytes"]) {
            Ok(settings) => settings.into_iter().find_map(|(_, value)| value?.parse().ok()),
            // Without the right to read it, a batch that is too large is split when the broker says so.
            Err(error) if error.kind() == Kind::NotAllowed => None,
            Err(error) => return Err(error),
        };
        let mut producer = Self {
            client,
            topic: topic.to_owned(),
            topic_id: known.id,
            options,
            identity: (-1, -1),
            partitions: known
                .partitions
                .iter()
                .map(|partition| Partition::new(partition.leader))
                .collect(),
            limit,
            sent: BTreeMap::new(),
            unacknowledged: 0,
            acknowledged: 0,
            failed: None,
            refresh_at: None,
            unknown_since: None,
            quiet: HashMap::new(),
            checked_at: Instant::now(),
            transaction: Transaction::default(),
        };
        producer.initialise()?;
        Ok(producer)
    }

    /// Partitions of the topic.
    pub fn partitions(&self) -> u32 {
        self.partitions.len() as u32
    }

    /// `max.message.bytes` of the topic, where this user may read it: what a batch may have, as it is sent.
    pub fn largest_batch(&self) -> Option<usize> {
        self.limit
    }

    /// Messages that were acknowledged. Those of a transaction count before it is committed.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// What had to be sent again because something was in the way ([`Config::repeated`](crate::Config::repeated)).
    pub fn retries(&self) -> u64 {
        self.client.repeated()
    }

    /// The client, for questions between two batches.
    pub fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Takes a batch over. It waits while the window is full, not for this batch to be acknowledged.
    ///
    /// # Errors
    /// The first failure of any batch, from then on.
    pub fn send(&mut self, partition: u32, batch: SealedBatch) -> Result<(), Error> {
        self.check()?;
        self.transaction.must_be_open(self.options.transactional_id.is_some())?;
        let place = partition as usize;
        let Some(target) = self.partitions.get_mut(place) else {
            let (topic, partitions) = (self.topic.clone(), self.partitions.len());
            return Err(Error::NoSuchPartition { topic, partition: partition as i32, partitions });
        };
        let records = batch.records();
        let position = target.position;
        target.position += u64::from(records);
        let bytes =
            batch.stamped(stamp(self.identity, position, self.options.transactional_id.is_some()));
        self.unacknowledged += bytes.len();
        target.push(Batch {
            position,
            records,
            bytes,
            until: Instant::now() + self.client.config.delivery_timeout,
        });
        self.work(Duration::ZERO)?;
        while self.unacknowledged > self.options.window {
            self.work(SLICE)?;
        }
        Ok(())
    }

    /// Waits until every message is acknowledged.
    ///
    /// # Errors
    /// The first failure of any batch.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.check()?;
        while self.unacknowledged > 0 {
            self.work(SLICE)?;
        }
        Ok(())
    }

    /// Takes what came and sends what can be sent, without waiting: for a caller that has nothing to send.
    ///
    /// # Errors
    /// The first failure of any batch.
    pub fn poll(&mut self) -> Result<(), Error> {
        self.check()?;
        self.work(Duration::ZERO)
    }

    /// Goes on taking and sending for `pause`: for a caller who is ahead of its pace.
    ///
    /// # Errors
    /// The first failure of any batch; the caller gave up.
    pub fn rest(&mut self, pause: Duration) -> Result<(), Error> {
        self.check()?;
        let pause = Deadline::after(pause);
        while !pause.has_passed() {
            self.work(pause.left(SLICE))?;
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        match &self.failed {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// One turn; where nothing moves, it waits at most `wait`. What fails, fails for good.
    fn work(&mut self, wait: Duration) -> Result<(), Error> {
        let outcome = self.turn(wait);
        if let Err(error) = &outcome {
            self.failed = Some(error.clone());
        }
        outcome
    }

    fn turn(&mut self, wait: Duration) -> Result<(), Error> {
        self.client.pump(Duration::ZERO)?;
        let mut moved = false;
        while let Some((tag, answer)) = self.client.next_answer(|tag| self.sent.contains_key(&tag))
        {
            if let Some(sent) = self.sent.remove(&tag) {
                self.take(sent, answer)?;
                moved = true;
            }
        }
        self.refresh()?;
        self.expire()?;
        moved |= self.dispatch()?;
        if moved {
            // What was queued goes to the sockets.
            return self.client.pump(Duration::ZERO);
        }
        self.client.pump(wait)
    }

    /// Sends what may be sent. Whether there was anything.
    fn dispatch(&mut self) -> Result<bool, Error> {
        if !self.partitions.iter().any(Partition::has_waiting) {
            return Ok(false);
        }
        self.add_partitions()?;
        let now = Instant::now();
        let leaders: HashSet<Option<i32>> = self
            .partitions
            .iter()
            .filter(|partition| partition.has_waiting())
            .map(|partition| partition.leader)
            .collect();
        if leaders.contains(&None) {
            self.refresh_at.get_or_insert(now + REFRESH_EVERY);
        }
        let mut leaders: Vec<i32> = leaders.into_iter().flatten().collect();
        leaders.sort_unstable();
        let mut moved = false;
        for node in leaders {
            if self.quiet.get(&node).is_some_and(|until| now < *until) {
                continue;
            }
            if !self.client.knows(node) {
                self.refresh_at.get_or_insert(now + REFRESH_EVERY);
                continue;
            }
            if !self.client.is_ready(node)? {
                if let Some(error) = self.client.down(node).cloned() {
                    self.note(node, &error);
                    // Another broker may have become the leader.
                    self.refresh_at.get_or_insert(now + REFRESH_EVERY);
                }
                continue;
            }
            while self.client.in_flight(node) < MOST_UNDER_WAY && self.send_request(node, now)? {
                moved = true;
            }
        }
        Ok(moved)
    }

    /// Remembers why nothing goes to a broker, for the error that may come of it.
    fn note(&mut self, node: i32, error: &Error) {
        for partition in
            self.partitions.iter_mut().filter(|partition| partition.leader == Some(node))
        {
            partition.last_error = Some(error.clone());
        }
    }

    /// One request with a batch of each partition that has one for the broker. Whether there was any.
    fn send_request(&mut self, node: i32, now: Instant) -> Result<bool, Error> {
        let mut batches = Vec::new();
        let mut size = 0;
        for (number, partition) in self.partitions.iter_mut().enumerate() {
            if partition.leader != Some(node)
                || (size > 0 && size + partition.next_size() > self.options.request)
            {
                continue;
            }
            if let Some(batch) = partition.take(now) {
                size += batch.bytes.len();
                batches.push((number, batch));
            }
        }
        if batches.is_empty() {
            return Ok(false);
        }
        let config = &self.client.config;
        let (client_id, timeout) =
            (config.client_id.clone(), config.request_timeout.as_millis() as i32);
        let (topic, id) = (self.topic.clone(), self.options.transactional_id.clone());
        let (tag, version) = self.client.send::<ProduceRequest>(node, |version, correlation| {
            let mut frame =
                ProduceFrame::new(version, correlation, &client_id, id.as_deref(), &topic, timeout);
            for (number, batch) in &batches {
                frame.push(*number as i32, batch.bytes.clone());
            }
            Ok(frame.finish())
        })?;
        self.sent.insert(tag, Sent { node, version, batches });
        Ok(true)
    }

    /// Asks for the leaders where that is due.
    fn refresh(&mut self) -> Result<(), Error> {
        if self.refresh_at.is_none_or(|moment| Instant::now() < moment) {
            return Ok(());
        }
        self.refresh_at = None;
        let topic = self.topic.clone();
        // Short, so that batches that are too late are noticed.
        match self.client.topic_within(&topic, Deadline::after(Duration::from_secs(5))) {
            Ok(Some(known)) => self.take_leaders(&known),
            Ok(None) => {
                let since = *self.unknown_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= UNKNOWN_FOR {
                    return Err(self.replaced("it is not there any longer"));
                }
                self.refresh_at = Some(Instant::now() + REFRESH_EVERY);
                Ok(())
            }
            Err(error) if matches!(error, Error::TimedOut { .. }) => {
                for partition in
                    self.partitions.iter_mut().filter(|partition| partition.has_waiting())
                {
                    partition.last_error = Some(error.clone());
                }
                self.refresh_at = Some(Instant::now() + REFRESH_EVERY);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// For a coordinator that does not know the topic: asks whether it is there at all, and waits a moment.
    ///
    /// # Errors
    /// It is not there any longer, or not the same; `deadline` passed.
    pub(crate) fn await_topic(&mut self, doing: &str, deadline: Deadline) -> Result<(), Error> {
        self.refresh_at = Some(Instant::now());
        self.refresh()?;
        if deadline.has_passed() {
            let refused = Error::refused(doing, Code::UnknownTopicOrPartition, None);
            let (doing, after) = (doing.to_owned(), deadline.after);
            return Err(Error::TimedOut { doing, after, last: Some(Arc::new(refused)) });
        }
        self.client.pause(REFRESH_EVERY)
    }

    fn take_leaders(&mut self, known: &Topic) -> Result<(), Error> {
        self.unknown_since = None;
        if known.id != 0 && self.topic_id != 0 && known.id != self.topic_id {
            return Err(self.replaced("it was removed and made again"));
        }
        if known.partitions.len() < self.partitions.len() {
            return Err(self.replaced("it has fewer partitions than before"));
        }
        for (partition, place) in self.partitions.iter_mut().zip(&known.partitions) {
            partition.leader = place.leader;
        }
        Ok(())
    }

    fn replaced(&self, found: &str) -> Error {
        Error::TopicReplaced { topic: self.topic.clone(), found: found.to_owned() }
    }

    /// Fails where a batch has waited for longer than the delivery time-out.
    fn expire(&mut self) -> Result<(), Error> {
        let now = Instant::now();
        if now.duration_since(self.checked_at) < SLICE {
            return Ok(());
        }
        self.checked_at = now;
        let Some(number) = self.partitions.iter().position(|partition| partition.is_late(now))
        else {
            return Ok(());
        };
        Err(Error::TimedOut {
            doing: format!("writing to partition {number} of `{}`", self.topic),
            after: self.client.config.delivery_timeout,
            last: self.partitions[number].last_error.clone().map(Arc::new),
        })
    }

    /// Forgets every message that was not committed, and why anything failed.
    pub(crate) fn forget_messages(&mut self) {
        for sent in self.sent.values_mut() {
            sent.batches.clear();
        }
        for partition in &mut self.partitions {
            partition.restart();
        }
        self.unacknowledged = 0;
        self.failed = None;
    }
}

pub(crate) fn stamp(identity: (i64, i16), position: u64, transactional: bool) -> Stamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64;
    Stamp {
        producer: identity.0,
        epoch: identity.1,
        sequence: sequence(position),
        transactional,
        now,
    }
}
