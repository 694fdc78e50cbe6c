//! Frames: requests into bytes, bytes into answers, and which versions of each request are spoken here.

use std::collections::BTreeMap;

use bytes::{BufMut as _, Bytes, BytesMut};
use kafka_protocol::messages::{
    AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse, ApiKey, ApiVersionsRequest, ApiVersionsResponse,
    CreateTopicsRequest, CreateTopicsResponse, DeleteGroupsRequest, DeleteGroupsResponse,
    DeleteTopicsRequest, DeleteTopicsResponse, DescribeConfigsRequest, DescribeConfigsResponse,
    DescribeGroupsRequest, DescribeGroupsResponse, EndTxnRequest, EndTxnResponse,
    FindCoordinatorRequest, FindCoordinatorResponse, InitProducerIdRequest, InitProducerIdResponse,
    ListOffsetsRequest, ListOffsetsResponse, MetadataRequest, MetadataResponse, OffsetFetchRequest,
    OffsetFetchResponse, ProduceRequest, ProduceResponse, RequestHeader, ResponseHeader,
    SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse,
    TxnOffsetCommitRequest, TxnOffsetCommitResponse,
};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, StrBytes};

use crate::error::Error;

/// A request that this client makes, in the versions in which its fields are filled as the protocol wants them.
pub(crate) trait Spoken: Encodable + HeaderVersion {
    /// The name in the protocol.
    const NAME: &'static str;
    /// The number in the protocol.
    const KEY: i16;
    /// The oldest and the newest version.
    const SPOKEN: (i16, i16);
    /// What brokers answer.
    type Response: Decodable + HeaderVersion;
}

macro_rules! spoken {
    ($($request:ident -> $response:ident $name:ident $oldest:literal..=$newest:literal,)*) => {
        $(impl Spoken for $request {
            const NAME: &'static str = stringify!($name);
            const KEY: i16 = ApiKey::$name as i16;
            const SPOKEN: (i16, i16) = ($oldest, $newest);
            type Response = $response;
        })*
    };
}

// Newer versions that are left out: those for brokers (AddPartitionsToTxn 4), the one that does not know a group
// without members (DescribeGroups 6), those that take many keys at once
// (FindCoordinator 4, OffsetFetch 8, DeleteTopics 6), and those of transactions whose epoch rises with each commit
// (Produce 12, AddOffsetsToTxn 4, TxnOffsetCommit 5, EndTxn 5); brokers serve clients of either kind. Produce ends at
// 8 because its frame is made by hand, so that batches are not copied.
spoken! {
    ApiVersionsRequest -> ApiVersionsResponse ApiVersions 0..=3,
    SaslHandshakeRequest -> SaslHandshakeResponse SaslHandshake 1..=1,
    SaslAuthenticateRequest -> SaslAuthenticateResponse SaslAuthenticate 0..=2,
    MetadataRequest -> MetadataResponse Metadata 4..=12,
    ProduceRequest -> ProduceResponse Produce 3..=8,
    FindCoordinatorRequest -> FindCoordinatorResponse FindCoordinator 1..=3,
    InitProducerIdRequest -> InitProducerIdResponse InitProducerId 0..=4,
    AddPartitionsToTxnRequest -> AddPartitionsToTxnResponse AddPartitionsToTxn 0..=3,
    AddOffsetsToTxnRequest -> AddOffsetsToTxnResponse AddOffsetsToTxn 0..=3,
    TxnOffsetCommitRequest -> TxnOffsetCommitResponse TxnOffsetCommit 0..=3,
    EndTxnRequest -> EndTxnResponse EndTxn 0..=3,
    OffsetFetchRequest -> OffsetFetchResponse OffsetFetch 1..=7,
    CreateTopicsRequest -> CreateTopicsResponse CreateTopics 2..=7,
    DeleteTopicsRequest -> DeleteTopicsResponse DeleteTopics 1..=5,
    DescribeConfigsRequest -> DescribeConfigsResponse DescribeConfigs 1..=4,
    ListOffsetsRequest -> ListOffsetsResponse ListOffsets 1..=7,
    DeleteGroupsRequest -> DeleteGroupsResponse DeleteGroups 0..=2,
    DescribeGroupsRequest -> DescribeGroupsResponse DescribeGroups 0..=5,
}

/// The largest answer that is taken; what claims to be longer is not Kafka.
pub(crate) const LARGEST_ANSWER: usize = 64 << 20;

/// The versions that one broker speaks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Versions(BTreeMap<i16, (i16, i16)>);

impl Versions {
    pub(crate) fn of(answer: &ApiVersionsResponse) -> Self {
        Self(
            answer
                .api_keys
                .iter()
                .map(|api| (api.api_key, (api.min_version, api.max_version)))
                .collect(),
        )
    }

    /// The newest version of a request that both sides speak.
    pub(crate) fn of_request<R: Spoken>(&self, address: &str) -> Result<i16, Error> {
        let (oldest, newest) = R::SPOKEN;
        let Some((lowest, highest)) = self.0.get(&R::KEY) else {
            return Err(unspoken(address, R::NAME, "is not offered by this broker"));
        };
        let version = newest.min(*highest);
        if version < oldest.max(*lowest) {
            let reason = format!(
                "is offered in versions {lowest} to {highest}, spoken here are {oldest} to {newest}"
            );
            return Err(unspoken(address, R::NAME, &reason));
        }
        Ok(version)
    }
}

fn unspoken(address: &str, name: &str, reason: &str) -> Error {
    Error::Protocol { address: address.to_owned(), reason: format!("the request {name} {reason}") }
}

/// A request as a frame, with its length in front.
pub(crate) fn frame<R: Spoken>(
    request: &R,
    version: i16,
    correlation: i32,
    client_id: &str,
) -> Result<Bytes, String> {
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_correlation_id(correlation)
        .with_client_id(Some(StrBytes::from_string(client_id.to_owned())));
    let mut frame = BytesMut::with_capacity(256);
    frame.put_i32(0);
    header.encode(&mut frame, R::header_version(version)).map_err(|error| error.to_string())?;
    request.encode(&mut frame, version).map_err(|error| error.to_string())?;
    let length = (frame.len() - 4) as i32;
    frame[..4].copy_from_slice(&length.to_be_bytes());
    Ok(frame.freeze())
}

/// The answer to a request, without its length and with its header.
pub(crate) fn answer<R: Spoken>(bytes: Bytes, version: i16) -> Result<R::Response, String> {
    let mut bytes = bytes;
    let header = R::Response::header_version(version);
    ResponseHeader::decode(&mut bytes, header).map_err(|error| error.to_string())?;
    R::Response::decode(&mut bytes, version).map_err(|error| error.to_string())
}

/// Everything of a Produce request (versions 3 to 8) but the batches: chunks that go between them.
pub(crate) struct ProduceFrame {
    chunks: Vec<Bytes>,
    open: BytesMut,
    partitions_at: usize,
    partitions: i32,
}

impl ProduceFrame {
    pub(crate) fn new(
        version: i16,
        correlation: i32,
        client_id: &str,
        transactional_id: Option<&str>,
        topic: &str,
        timeout_ms: i32,
    ) -> Self {
        let mut open = BytesMut::with_capacity(256);
        open.put_i32(0);
        open.put_i16(ProduceRequest::KEY);
        open.put_i16(version);
        open.put_i32(correlation);
        put_text(&mut open, Some(client_id));
        put_text(&mut open, transactional_id);
        // All replicas that are in sync: what is acknowledged stays.
        open.put_i16(-1);
        open.put_i32(timeout_ms);
        open.put_i32(1);
        put_text(&mut open, Some(topic));
        let partitions_at = open.len();
        open.put_i32(0);
        Self { chunks: Vec::new(), open, partitions_at, partitions: 0 }
    }

    pub(crate) fn push(&mut self, partition: i32, batch: Bytes) {
        self.open.put_i32(partition);
        self.open.put_i32(batch.len() as i32);
        self.chunks.push(self.open.split().freeze());
        self.chunks.push(batch);
        self.partitions += 1;
    }

    /// The chunks in the order in which they are sent.
    pub(crate) fn finish(self) -> Vec<Bytes> {
        let mut chunks = self.chunks;
        let length: usize = chunks.iter().map(Bytes::len).sum::<usize>() - 4;
        if let Some(first) = chunks.first_mut() {
            let mut head = BytesMut::from(&first[..]);
            head[..4].copy_from_slice(&(length as i32).to_be_bytes());
            let at = self.partitions_at;
            head[at..at + 4].copy_from_slice(&self.partitions.to_be_bytes());
            *first = head.freeze();
        }
        chunks
    }
}

fn put_text(buffer: &mut BytesMut, text: Option<&str>) {
    match text {
        None => buffer.put_i16(-1),
        Some(text) => {
            buffer.put_i16(text.len() as i16);
            buffer.put_slice(text.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
    use kafka_protocol::messages::{TopicName, TransactionalId};

    use super::*;

    #[test]
    fn a_produce_frame_made_by_hand_is_the_protocol_s() {
        let text = |text: &str| StrBytes::from_string(text.to_owned());
        let batches = [(0, Bytes::from_static(b"first")), (7, Bytes::from_static(b"the second"))];
        for version in 3..=8 {
            let mut ours = ProduceFrame::new(version, 77, "datagen", Some("t1"), "topic", 30_000);
            for (partition, batch) in &batches {
                ours.push(*partition, batch.clone());
            }
            let ours: Vec<u8> = ours.finish().concat();
            let partitions = batches
                .iter()
                .map(|(partition, batch)| {
                    PartitionProduceData::default()
                        .with_index(*partition)
                        .with_records(Some(batch.clone()))
                })
                .collect();
            let request = ProduceRequest::default()
                .with_transactional_id(Some(TransactionalId(text("t1"))))
                .with_acks(-1)
                .with_timeout_ms(30_000)
                .with_topic_data(vec![
                    TopicProduceData::default()
                        .with_name(TopicName(text("topic")))
                        .with_partition_data(partitions),
                ]);
            assert_eq!(ours, frame(&request, version, 77, "datagen").unwrap(), "version {version}");
        }
    }
}
