//! Topics: what there is, what is allowed, and making and removing them.

use std::time::Duration;

use kafka_protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::metadata_response::MetadataResponseTopic;
use kafka_protocol::messages::{
    CreateTopicsRequest, DeleteTopicsRequest, DescribeConfigsRequest, MetadataRequest,
    MetadataResponse, TopicName,
};
use kafka_protocol::protocol::StrBytes;

use crate::client::{Client, Refusal, To, refusal};
use crate::codes::Code;
use crate::error::Error;
use crate::rights::Rights;
use crate::wait::{Deadline, Pauses};

/// How long a topic that was there may be unknown before it counts as removed.
pub(crate) const UNKNOWN_FOR: Duration = Duration::from_secs(5);

/// A topic as the cluster describes it.
#[derive(Debug, Clone)]
pub struct Topic {
    /// Its identity: a topic that is made again gets another one. Zero where brokers are older than 2.8.
    pub id: u128,
    /// By number.
    pub partitions: Vec<TopicPartition>,
    /// What this user may do with it, where the brokers say so (2.3 and later).
    pub rights: Option<Rights>,
}

/// A partition as the cluster describes it.
#[derive(Debug, Clone, Copy)]
pub struct TopicPartition {
    /// The broker that takes messages; none while one is elected.
    pub leader: Option<i32>,
    /// Brokers that hold it.
    pub replicas: usize,
}

/// A topic to be made.
#[derive(Debug, Clone)]
pub struct NewTopic<'a> {
    /// `[A-Za-z0-9._-]`, at most 249 characters.
    pub name: &'a str,
    /// At least 1; none for the cluster's default (brokers from 2.4 on).
    pub partitions: Option<i32>,
    /// At least 1; none for the cluster's default (brokers from 2.4 on).
    pub replication: Option<i16>,
    /// Settings, as `retention.ms`.
    pub settings: &'a [(String, String)],
}

impl Client {
    /// The topic; none where it is not there.
    ///
    /// # Errors
    /// It may not be seen, its name is not allowed, or the deadline passed.
    pub fn topic(&mut self, name: &str) -> Result<Option<Topic>, Error> {
        let deadline = self.deadline();
        self.topic_within(name, deadline)
    }

    /// A topic that is there, or was made a moment ago: brokers hear of it one after the other, so one that does not know
    /// it is asked again for a while.
    pub(crate) fn topic_at_last(&mut self, name: &str) -> Result<Option<Topic>, Error> {
        let patience = Deadline::after(UNKNOWN_FOR);
        let mut pauses = Pauses::new();
        loop {
            let topic = self.topic(name)?;
            if topic.is_some() || patience.has_passed() {
                return Ok(topic);
            }
            self.pause(patience.left(pauses.next()))?;
        }
    }

    pub(crate) fn topic_within(
        &mut self,
        name: &str,
        deadline: Deadline,
    ) -> Result<Option<Topic>, Error> {
        let doing = format!("describing topic `{name}`");
        let request = |version: i16| {
            let topic = MetadataRequestTopic::default().with_name(Some(TopicName(text(name))));
            // From version 11 on the rights in the cluster are asked for elsewhere; those of the topic stay.
            let request = MetadataRequest::default()
                .with_topics(Some(vec![topic]))
                .with_allow_auto_topic_creation(false);
            if version >= 8 {
                request.with_include_topic_authorized_operations(true)
            } else {
                request
            }
        };
        let answer = self.request(To::Any, &doing, deadline, request, judge_topic)?;
        self.learn_brokers(&answer);
        match answer.topics.first() {
            Some(topic)
                if Code::try_from_code(topic.error_code) == Some(Code::UnknownTopicOrPartition) =>
            {
                Ok(None)
            }
            Some(topic) => Ok(Some(described(topic))),
            None => Ok(None),
        }
    }

    /// Makes a topic and waits until every partition has a leader.
    ///
    /// # Errors
    /// [`Kind::Exists`](crate::Kind::Exists) where it is there; what the cluster does not allow or does not have.
    pub fn create_topic(&mut self, topic: &NewTopic<'_>) -> Result<(), Error> {
        let doing = format!("creating topic `{}`", topic.name);
        let deadline = self.deadline();
        self.ask_for_topic(topic, &doing, deadline, false)?;
        self.await_topic(topic.name, deadline, &doing, |topic| {
            topic.is_some_and(|topic| {
                !topic.partitions.is_empty()
                    && topic.partitions.iter().all(|place| place.leader.is_some())
            })
        })
    }

    /// Asks whether a topic could be made, and makes none.
    ///
    /// # Errors
    /// As for [`create_topic`](Self::create_topic).
    pub fn may_create_topic(&mut self, topic: &NewTopic<'_>) -> Result<(), Error> {
        let doing = format!("asking whether topic `{}` may be created", topic.name);
        let deadline = self.deadline();
        self.ask_for_topic(topic, &doing, deadline, true)
    }

    fn ask_for_topic(
        &mut self,
        topic: &NewTopic<'_>,
        doing: &str,
        deadline: Deadline,
        only_validate: bool,
    ) -> Result<(), Error> {
        let settings: Vec<_> = topic
            .settings
            .iter()
            .map(|(name, value)| {
                CreatableTopicConfig::default().with_name(text(name)).with_value(Some(text(value)))
            })
            .collect();
        let request = |_| {
            let wanted = CreatableTopic::default()
                .with_name(TopicName(text(topic.name)))
                .with_num_partitions(topic.partitions.unwrap_or(-1))
                .with_replication_factor(topic.replication.unwrap_or(-1))
                .with_configs(settings.clone());
            CreateTopicsRequest::default()
                .with_topics(vec![wanted])
                .with_timeout_ms(30_000)
                .with_validate_only(only_validate)
        };
        // Brokers since 2.4 hand the request on to the controller.
        self.request(To::Any, doing, deadline, request, |answer| {
            answer
                .topics
                .first()
                .and_then(|topic| refusal(topic.error_code, topic.error_message.as_ref()))
        })?;
        Ok(())
    }

    /// Removes a topic and waits until no broker that is asked knows it; that it is not there is no error.
    ///
    /// # Errors
    /// It may not be removed, or the deadline passed.
    pub fn delete_topic(&mut self, name: &str) -> Result<(), Error> {
        let doing = format!("deleting topic `{name}`");
        let deadline = self.deadline();
        let request = |_| {
            DeleteTopicsRequest::default()
                .with_topic_names(vec![TopicName(text(name))])
                .with_timeout_ms(30_000)
        };
        self.request(To::Any, &doing, deadline, request, |answer| {
            let result = answer.responses.first()?;
            refusal(result.error_code, result.error_message.as_ref())
                .filter(|(code, _)| *code != Code::UnknownTopicOrPartition)
        })?;
        self.await_topic(name, deadline, &doing, |topic| topic.is_none())
    }

    fn await_topic(
        &mut self,
        name: &str,
        deadline: Deadline,
        doing: &str,
        done: impl Fn(Option<&Topic>) -> bool,
    ) -> Result<(), Error> {
        let mut pauses = Pauses::new();
        loop {
            let topic = self.topic_within(name, deadline)?;
            if done(topic.as_ref()) {
                return Ok(());
            }
            if deadline.has_passed() {
                return Err(Error::TimedOut {
                    doing: doing.to_owned(),
                    after: deadline.after,
                    last: None,
                });
            }
            self.pause(deadline.left(pauses.next()))?;
        }
    }

    /// Settings of a topic, those of `names` that the broker knows.
    ///
    /// # Errors
    /// The user may not read them (`DESCRIBE_CONFIGS`), the topic is not there, or the deadline passed.
    pub fn topic_settings(
        &mut self,
        topic: &str,
        names: &[&str],
    ) -> Result<Vec<(String, Option<String>)>, Error> {
        const TOPIC: i8 = 2;
        let doing = format!("reading the settings of topic `{topic}`");
        let request = |_| {
            let resource = DescribeConfigsResource::default()
                .with_resource_type(TOPIC)
                .with_resource_name(text(topic))
                .with_configuration_keys(Some(names.iter().map(|name| text(name)).collect()));
            DescribeConfigsRequest::default().with_resources(vec![resource])
        };
        let deadline = self.deadline();
        let answer = self.request(To::Any, &doing, deadline, request, |answer| {
            answer
                .results
                .first()
                .and_then(|result| refusal(result.error_code, result.error_message.as_ref()))
        })?;
        let settings = answer.results.iter().flat_map(|result| &result.configs);
        Ok(settings
            .map(|setting| {
                (setting.name.to_string(), setting.value.as_ref().map(ToString::to_string))
            })
            .collect())
    }
}

/// A topic that is not there is an answer; everything else that is wrong with it is not.
fn judge_topic(answer: &MetadataResponse) -> Option<Refusal> {
    let code = Code::try_from_code(answer.topics.first()?.error_code)?;
    // A leader that is being elected is told by the partition.
    (!matches!(code, Code::UnknownTopicOrPartition | Code::LeaderNotAvailable))
        .then_some((code, None))
}

fn described(topic: &MetadataResponseTopic) -> Topic {
    let count = topic
        .partitions
        .iter()
        .map(|partition| partition.partition_index + 1)
        .max()
        .unwrap_or_default();
    let none = TopicPartition { leader: None, replicas: 0 };
    let mut partitions = vec![none; usize::try_from(count).unwrap_or_default()];
    for partition in &topic.partitions {
        if let Some(place) = usize::try_from(partition.partition_index)
            .ok()
            .and_then(|index| partitions.get_mut(index))
        {
            place.leader = Some(partition.leader_id.0).filter(|leader| *leader >= 0);
            place.replicas = partition.replica_nodes.len();
        }
    }
    Topic {
        id: topic.topic_id.as_u128(),
        partitions,
        rights: Rights::of(topic.topic_authorized_operations),
    }
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}
