//! Offsets: how far a partition goes, and how far a group says that it has come.

use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestTopic;
use kafka_protocol::messages::{
    BrokerId, DeleteGroupsRequest, GroupId, ListOffsetsRequest, OffsetFetchRequest, TopicName,
};
use kafka_protocol::protocol::StrBytes;

use crate::client::{Client, To, refusal};
use crate::codes::Code;
use crate::error::Error;

impl Client {
    /// The offset that the group committed for a partition, with all transactions decided; none where it never did.
    ///
    /// # Errors
    /// The group may not be read, or the deadline passed.
    pub fn committed_offset(
        &mut self,
        group: &str,
        topic: &str,
        partition: i32,
    ) -> Result<Option<i64>, Error> {
        let doing = format!("reading the offset of group `{group}`");
        let request = |version: i16| {
            let topics = vec![
                OffsetFetchRequestTopic::default()
                    .with_name(TopicName(text(topic)))
                    .with_partition_indexes(vec![partition]),
            ];
            let request = OffsetFetchRequest::default()
                .with_group_id(GroupId(text(group)))
                .with_topics(Some(topics));
            if version >= 7 { request.with_require_stable(true) } else { request }
        };
        let deadline = self.deadline();
        let answer = self.request(To::Group(group), &doing, deadline, request, |answer| {
            let of_partitions = answer
                .topics
                .iter()
                .flat_map(|topic| &topic.partitions)
                .map(|partition| partition.error_code);
            // A topic that is not there has no offset, which is no error.
            let unknown = Code::UnknownTopicOrPartition.code();
            let code = std::iter::once(answer.error_code)
                .chain(of_partitions)
                .find(|code| *code != 0 && *code != unknown);
            code.and_then(|code| refusal(code, None))
        })?;
        let offset = answer
            .topics
            .iter()
            .flat_map(|topic| &topic.partitions)
            .find(|found| found.partition_index == partition);
        Ok(offset.map(|offset| offset.committed_offset).filter(|offset| *offset >= 0))
    }

    /// Removes a group and its offsets; that it is not there is no error.
    ///
    /// # Errors
    /// The group may not be removed, or the deadline passed.
    pub fn delete_group(&mut self, group: &str) -> Result<(), Error> {
        let doing = format!("removing group `{group}`");
        let request =
            |_| DeleteGroupsRequest::default().with_groups_names(vec![GroupId(text(group))]);
        let deadline = self.deadline();
        self.request(To::Group(group), &doing, deadline, request, |answer| {
            let code =
                answer.results.iter().map(|result| result.error_code).find(|code| *code != 0)?;
            refusal(code, None).filter(|(code, _)| *code != Code::GroupIdNotFound)
        })?;
        Ok(())
    }

    /// The offset that the next message of each partition gets. Transaction markers have offsets, too.
    ///
    /// # Errors
    /// The topic is not there or may not be read, or the deadline passed.
    pub fn end_offsets(&mut self, topic: &str) -> Result<Vec<i64>, Error> {
        const LATEST: i64 = -1;
        let doing = format!("reading the offsets of topic `{topic}`");
        let Some(known) = self.topic(topic)? else {
            return Err(Error::refused(&doing, Code::UnknownTopicOrPartition, None));
        };
        let mut ends = Vec::with_capacity(known.partitions.len());
        for (partition, place) in known.partitions.iter().enumerate() {
            let partition = partition as i32;
            let Some(leader) = place.leader else {
                return Err(Error::refused(&doing, Code::LeaderNotAvailable, None));
            };
            let request = |_| {
                let partitions = vec![
                    ListOffsetsPartition::default()
                        .with_partition_index(partition)
                        .with_timestamp(LATEST),
                ];
                let topics = vec![
                    ListOffsetsTopic::default()
                        .with_name(TopicName(text(topic)))
                        .with_partitions(partitions),
                ];
                ListOffsetsRequest::default().with_replica_id(BrokerId(-1)).with_topics(topics)
            };
            let deadline = self.deadline();
            let answer = self.request(To::Node(leader), &doing, deadline, request, |answer| {
                let code = answer
                    .topics
                    .iter()
                    .flat_map(|topic| &topic.partitions)
                    .map(|partition| partition.error_code)
                    .find(|code| *code != 0)?;
                refusal(code, None)
            })?;
            let end = answer
                .topics
                .iter()
                .flat_map(|topic| &topic.partitions)
                .map(|partition| partition.offset)
                .next();
            ends.push(end.unwrap_or_default());
        }
        Ok(ends)
    }
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}
