//! A topic: looked at, opened, and a batch published by committing its transaction.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use datagen_kafka as kafka;
use datagen_kafka::{Client, NewTopic, Options, Producer};

use super::NAME;
use super::cluster::Cluster;
use super::failure::failure;
use super::records::{Frames, KafkaRecords};
use super::registry::{Registry, Wanted};
use super::sink::KafkaSink;
use super::times::{self, Kept};
use crate::delivery::{
    About, Destination, Durability, Encoding, Holder, Opened, Payload, Published, Receipt, Start,
    Target,
};
use crate::remote::{Failure, Io, LAST_WORDS, TIDYING};

/// Bytes that may be under way without an acknowledgement.
const WINDOW: usize = 16 << 20;

/// What a topic is like, and how it is written.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) partitions: i32,
    pub(super) replication: i16,
    pub(super) topic_config: Vec<(String, String)>,
    pub(super) delete_previous: bool,
    pub(super) transactions: bool,
    pub(super) transaction_timeout: Duration,
    pub(super) rows_per_second: Option<u64>,
}

/// Messages of one topic.
#[derive(Debug)]
pub(super) struct KafkaTarget {
    about: About,
    payload: Payload,
    pub(super) cluster: Cluster,
    pub(super) registry: Option<Registry>,
    pub(super) topic: String,
    pub(super) place: Place,
    records: KafkaRecords,
    /// The open run, shared with its sink.
    open: Arc<Mutex<Option<Run>>>,
}

/// A producer of a run, and what it has.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) producer: Producer,
    group: String,
    /// The batch whose messages are in the open transaction.
    pub(super) batch: Option<u64>,
    /// The first batch that the cluster does not have.
    pub(super) next_batch: u64,
}

/// The run, whatever became of a thread that held it.
pub(super) fn locked(open: &Mutex<Option<Run>>) -> MutexGuard<'_, Option<Run>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

impl KafkaTarget {
    pub(super) fn new(
        cluster: Cluster,
        topic: String,
        place: Place,
        records: KafkaRecords,
        registry: Option<Registry>,
    ) -> Self {
        let mut brokers = cluster.brokers.clone();
        let shown = format!("topic `{topic}` of {}", brokers.join(", "));
        brokers.sort_unstable();
        let about = About {
            connector: NAME,
            destination: Destination {
                shown,
                // A topic that is deleted before is no place for two.
                exclusive: place
                    .delete_previous
                    .then(|| format!("kafka:{}/{topic}", brokers.join(","))),
                identity: format!("kafka:{}/{topic}", brokers.join(",")),
            },
            durability: Durability::Batches,
            commits: 1,
            buffer_bytes: WINDOW as u64,
        };
        let payload = Payload {
            encoding: Encoding::Records(Arc::new(records.clone())),
            columns: Some(records.columns().to_vec()),
        };
        Self { about, payload, cluster, registry, topic, place, records, open: Arc::default() }
    }

    /// The name of transactions and of the group whose offset names the next batch.
    fn name_of(&self, holder: &Holder) -> String {
        format!("datagen-{}-{}", holder.id, self.topic)
    }

    pub(super) fn new_topic(&self) -> NewTopic<'_> {
        NewTopic {
            name: &self.topic,
            partitions: Some(self.place.partitions),
            replication: Some(self.place.replication),
            settings: &self.place.topic_config,
        }
    }

    /// The schemas that readers need, for a registry.
    pub(super) fn schemas(&self) -> (Option<Wanted<'_>>, Option<Wanted<'_>>) {
        let topic = self.topic.as_str();
        let wanted = |is_key| move |text| Wanted { topic, is_key, text };
        let (values, keys) = self.records.schemas();
        (values.map(wanted(false)), keys.map(wanted(true)))
    }

    /// Registers the schemas, where there is a registry.
    fn frames(&self, io: &Io) -> Result<Frames, Failure> {
        let Some(registry) = &self.registry else { return Ok(Frames::default()) };
        let register = |wanted: Option<Wanted<'_>>| {
            wanted.map_or(Ok(Vec::new()), |wanted| registry.register(wanted, io))
        };
        let (values, keys) = self.schemas();
        Ok(Frames { value: register(values)?, key: register(keys)? })
    }

    /// The topic is there, and empty where it is to be.
    fn prepare(&self, client: &mut Client, anew: bool) -> Result<(), Failure> {
        let mut topic = client.topic(&self.topic).map_err(failure)?;
        if topic.is_some() && anew {
            client.delete_topic(&self.topic).map_err(failure)?;
            topic = None;
        }
        if topic.is_none() {
            unless_there(client.create_topic(&self.new_topic()))?;
            // The rights on a topic can be asked for once it is there.
            topic = client.topic(&self.topic).map_err(failure)?;
        }
        topic.as_ref().map_or(Ok(()), |topic| self.check_rights(topic))
    }

    /// How far back the topic keeps messages, where they have times of their own and it may be asked.
    fn kept(&self, client: &mut Client) -> Result<Option<Kept>, Failure> {
        if !self.records.has_time() {
            return Ok(None);
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        match client.topic_settings(&self.topic, &times::SETTINGS) {
            Ok(settings) => Ok(Kept::of(&settings, now.as_millis() as i64)),
            Err(error) if error.kind() == kafka::Kind::NotAllowed => Ok(None),
            Err(error) => Err(failure(error)),
        }
    }

    fn producer(&self, client: Client, holder: &Holder) -> Result<Producer, Failure> {
        let options = Options {
            transactional_id: self.place.transactions.then(|| self.name_of(holder)),
            transaction_timeout: self.place.transaction_timeout,
            window: WINDOW,
            ..Options::default()
        };
        Producer::open(client, &self.topic, options).map_err(failure)
    }
}

/// A topic that is there by now is as good as one that was made: somebody else was faster, or this command before it
/// was interrupted.
pub(super) fn unless_there(outcome: Result<(), kafka::Error>) -> Result<(), Failure> {
    match outcome {
        Err(error) if error.kind() == kafka::Kind::Exists => Ok(()),
        outcome => outcome.map_err(failure),
    }
}

impl Target for KafkaTarget {
    fn about(&self) -> &About {
        &self.about
    }

    fn payload(&self) -> &Payload {
        &self.payload
    }

    fn probe(&self, io: &Io) -> Result<(), Failure> {
        self.look(io)
    }

    fn open(&self, start: &Start, io: &Io) -> Result<Opened, Failure> {
        let mut client = self.cluster.client(io)?;
        let group = self.name_of(&start.holder);
        let anew =
            self.place.delete_previous && start.batches.start == 0 && start.sealed.is_empty();
        let frames = self.frames(io)?;
        self.prepare(&mut client, anew && !self.place.transactions)?;
        // Taking the name over ends what an interrupted run had begun; before that its offset is not decided, and
        // asking for it waits for the time-out of the transaction.
        let mut producer = self.producer(client, &start.holder)?;
        let mut next_batch = start.batches.start;
        if self.place.transactions {
            let asked = producer.client().committed_offset(&group, &self.topic, 0);
            let offset = asked.map_err(failure)?.and_then(|offset| u64::try_from(offset).ok());
            if anew && offset.is_none() {
                drop(producer);
                let mut client = self.cluster.client(io)?;
                self.prepare(&mut client, true)?;
                producer = self.producer(client, &start.holder)?;
            }
            next_batch = next_batch.max(offset.unwrap_or_default());
        }
        let kept = self.kept(producer.client())?;
        let records =
            self.records.of_topic(producer.partitions(), producer.largest_batch(), frames, kept);
        *locked(&self.open) = Some(Run { producer, group, batch: None, next_batch });
        let sink = KafkaSink::new(
            Arc::clone(&self.open),
            self.place.transactions,
            self.place.rows_per_second,
        );
        let encoding = Some(Encoding::Records(Arc::new(records)));
        Ok(Opened { next_batch, encoding, ..Opened::new(sink, start) })
    }

    fn publish(&self, receipt: &Receipt, io: &Io) -> Result<Published, Failure> {
        if !self.place.transactions {
            return Ok(Published::Done);
        }
        let Some(batch) = receipt.batch() else { return Ok(Published::Lost) };
        let mut open = locked(&self.open);
        let Some(run) = open.as_mut() else {
            io.cancel().check()?;
            return Err(Failure::fault("a batch is published into a topic that is not open"));
        };
        if run.batch == Some(batch) {
            let group = run.group.clone();
            run.producer.commit(&group, batch as i64 + 1).map_err(failure)?;
            run.batch = None;
            run.next_batch = batch + 1;
            return Ok(Published::Done);
        }
        Ok(if run.next_batch > batch { Published::Done } else { Published::Lost })
    }

    fn discard(&self, _: &Receipt, _: &Io) -> Result<(), Failure> {
        let mut open = locked(&self.open);
        match open.as_mut().filter(|run| run.batch.is_some()) {
            Some(run) => {
                run.batch = None;
                // The run is over, and perhaps cancelled.
                run.producer.client().last_words(LAST_WORDS);
                run.producer.abort().map_err(failure)
            }
            // A transaction that nobody holds was ended when its name was taken over, or by its time-out.
            None => Ok(()),
        }
    }

    fn clean(&self, holder: &Holder, io: &Io) -> Result<(), Failure> {
        let mut client = self.cluster.client(io)?;
        if !self.place.transactions || client.topic(&self.topic).map_err(failure)?.is_none() {
            return Ok(());
        }
        // Taking the name over ends its transaction.
        let mut producer = self.producer(client, holder)?;
        let group = self.name_of(holder);
        producer.client().delete_group(&group).map_err(failure)
    }

    fn keeps_position(&self) -> bool {
        self.place.transactions
    }

    fn retire(&self, holder: &Holder, io: &Io) -> Result<(), Failure> {
        let group = self.name_of(holder);
        let open = locked(&self.open).take();
        let remove = |client: &mut Client| {
            client.last_words(TIDYING);
            client.delete_group(&group).map_err(failure)
        };
        match open {
            Some(mut run) => remove(run.producer.client()),
            None => remove(&mut self.cluster.client(io)?),
        }
    }
}
