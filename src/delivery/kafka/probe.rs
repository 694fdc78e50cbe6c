//! What the user may do, looked at before the first row: each right that a run needs, by the name that Kafka gives it.

use std::time::Duration;

use datagen_kafka::{Client, Rights, Topic};

use super::failure::{USER, failure};
use super::registry::Wanted;
use super::target::{KafkaTarget, unless_there};
use crate::remote::{Failure, Io, Kind};

/// How long each question of a first look may take.
const LOOK: Duration = Duration::from_secs(8);

impl KafkaTarget {
    /// Looks at the cluster, the topic, the producer's rights and the registry.
    pub(super) fn look(&self, io: &Io) -> Result<(), Failure> {
        let mut client = self.cluster.client_for(io, LOOK)?;
        let topic = client.topic(&self.topic).map_err(failure)?;
        if let Some(topic) = &topic {
            self.check_rights(topic)?;
        }
        if topic.is_none() || self.place.delete_previous {
            unless_there(client.may_create_topic(&self.new_topic()))?;
        }
        self.look_at_producer(&mut client)?;
        match &self.registry {
            Some(registry) => {
                let (values, keys) = self.schemas();
                let schemas: Vec<Wanted<'_>> = values.into_iter().chain(keys).collect();
                registry.probe(&schemas, io)
            }
            None => Ok(()),
        }
    }

    /// The rights on the topic, where brokers tell them.
    pub(super) fn check_rights(&self, topic: &Topic) -> Result<(), Failure> {
        let Some(rights) = topic.rights else { return Ok(()) };
        let lacking = self.lacking(rights);
        if lacking.is_empty() {
            return Ok(());
        }
        let mut cure = format!("grant it on `KAFKA_TOPIC` to {USER}");
        if lacking.contains(&"READ") {
            cure.push_str(
                "; READ is for the offset that names the next batch, `KAFKA_TRANSACTIONS=false` does without",
            );
        }
        if lacking.contains(&"DELETE") {
            cure.push_str("; DELETE is for `DELETE_PREVIOUS`");
        }
        let lacking = lacking.join(" and ");
        let cause = format!("the user lacks the right {lacking} on topic `{}`", self.topic);
        Err(Failure::new(Kind::NotAllowed, cause).cured_by(cure))
    }

    fn lacking(&self, rights: Rights) -> Vec<&'static str> {
        let needed = [
            ("WRITE", true, rights.write),
            // An offset is committed by whoever may read the topic.
            ("READ", self.place.transactions, rights.read),
            ("DELETE", self.place.delete_previous, rights.delete),
        ];
        let lacking = needed.into_iter().filter(|(_, is_needed, is_there)| *is_needed && !is_there);
        lacking.map(|(name, ..)| name).collect()
    }

    /// Whether a producer may be opened: one of a transactional id that nobody writes with, so that no run is
    /// disturbed. The cluster forgets it by itself.
    fn look_at_producer(&self, client: &mut Client) -> Result<(), Failure> {
        let timeout = self.place.transaction_timeout;
        if !self.place.transactions {
            return client.may_produce(None, timeout).map_err(failure);
        }
        let name = format!("datagen-probe-{}", self.topic);
        let rights = client.group_rights(&name).map_err(failure)?;
        if rights.is_some_and(|rights| !rights.read) {
            let cause = format!("the user lacks the right READ on group `{name}`");
            let cure = format!(
                "grant it on groups that begin with `datagen-` to {USER}; `KAFKA_TRANSACTIONS=false` does without"
            );
            return Err(Failure::new(Kind::NotAllowed, cause).cured_by(cure));
        }
        client.may_produce(Some(&name), timeout).map_err(failure)
    }
}
