//! What becomes of batches that were sent: acknowledged, sent again, divided, or refused for good.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::messages::ProduceRequest;
use kafka_protocol::messages::produce_response::PartitionProduceResponse;

use crate::batch::split;
use crate::codes::{Code, Treatment, treatment};
use crate::error::Error;
use crate::partitions::Batch;
use crate::producer::{Producer, REFRESH_EVERY, Sent, stamp};
use crate::wire;

impl Producer {
    /// The answer to a request, or why there is none.
    pub(crate) fn take(&mut self, sent: Sent, answer: Result<Bytes, Error>) -> Result<(), Error> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                // Written or not: the sequence numbers tell the broker when they come again.
                self.refresh_at.get_or_insert(Instant::now() + REFRESH_EVERY);
                for (number, batch) in sent.batches {
                    self.again(number, batch, error.clone());
                }
                return Ok(());
            }
        };
        let unclear =
            |reason: String| Error::Protocol { address: format!("broker {}", sent.node), reason };
        let answer = wire::answer::<ProduceRequest>(answer, sent.version).map_err(unclear)?;
        if let Ok(pause @ 1..) = u64::try_from(answer.throttle_time_ms) {
            self.quiet.insert(sent.node, Instant::now() + Duration::from_millis(pause));
        }
        let mut batches: HashMap<usize, Batch> = sent.batches.into_iter().collect();
        for partition in answer.responses.iter().flat_map(|topic| &topic.partition_responses) {
            let number = usize::try_from(partition.index).unwrap_or(usize::MAX);
            if let Some(batch) = batches.remove(&number) {
                self.judge(number, batch, partition)?;
            }
        }
        match batches.keys().next() {
            None => Ok(()),
            Some(number) => Err(unclear(format!("the answer says nothing of partition {number}"))),
        }
    }

    /// What became of one batch.
    fn judge(
        &mut self,
        number: usize,
        batch: Batch,
        answer: &PartitionProduceResponse,
    ) -> Result<(), Error> {
        let Some(code) = Code::try_from_code(answer.error_code) else {
            return self.acknowledge(number, &batch, answer.base_offset);
        };
        let refused = self.refused(number, &batch, code, answer);
        match code {
            // It was written before, and the broker no longer knows where.
            Code::DuplicateSequenceNumber => self.acknowledge(number, &batch, -1),
            Code::MessageTooLarge | Code::RecordListTooLarge => self.divide(number, &batch),
            // A gap that we know of: what stands before it comes again first.
            Code::OutOfOrderSequenceNumber
                if self.partitions[number].waits_before(batch.position) =>
            {
                self.again(number, batch, refused);
                Ok(())
            }
            Code::OutOfOrderSequenceNumber | Code::UnknownProducerId => {
                if self.partitions[number].doubt(batch) {
                    return Ok(());
                }
                let found =
                    format!("partition {number} no longer knows the messages before ({refused})");
                Err(Error::TopicReplaced { topic: self.topic.clone(), found })
            }
            Code::ProducerFenced
            | Code::InvalidProducerEpoch
            | Code::InvalidProducerIdMapping
            | Code::InvalidTxnState => Err(self.fenced().unwrap_or(refused)),
            _ => match treatment(code) {
                Treatment::Fatal => Err(refused),
                Treatment::NewLeader => {
                    self.refresh_at.get_or_insert(Instant::now());
                    self.again(number, batch, refused);
                    Ok(())
                }
                Treatment::Again | Treatment::NewCoordinator | Treatment::NewController => {
                    self.again(number, batch, refused);
                    Ok(())
                }
            },
        }
    }

    fn acknowledge(&mut self, number: usize, batch: &Batch, offset: i64) -> Result<(), Error> {
        let found = self.partitions[number].acknowledge(batch, offset);
        let decided = found.map_err(|found| Error::TopicReplaced {
            topic: self.topic.clone(),
            found: format!("in partition {number} {found}"),
        })?;
        for batch in decided.iter().chain([batch]) {
            self.unacknowledged -= batch.bytes.len();
            self.acknowledged += u64::from(batch.records);
        }
        Ok(())
    }

    fn again(&mut self, number: usize, batch: Batch, error: Error) {
        self.client.count_repeated();
        self.partitions[number].again(batch, error);
    }

    /// Sends a batch in two halves; a single message cannot be helped.
    fn divide(&mut self, number: usize, batch: &Batch) -> Result<(), Error> {
        if batch.records < 2 {
            return Err(Error::TooLarge {
                topic: self.topic.clone(),
                bytes: batch.bytes.len(),
                limit: self.limit,
            });
        }
        self.client.count_repeated();
        let halves = split(&batch.bytes).map_err(|error| Error::Protocol {
            address: format!("partition {number}"),
            reason: error.to_string(),
        })?;
        self.unacknowledged -= batch.bytes.len();
        let transactional = self.options.transactional_id.is_some();
        let mut position = batch.position;
        let halves = halves.map(|half| {
            let records = half.records();
            let bytes = half.stamped(stamp(self.identity, position, transactional));
            self.unacknowledged += bytes.len();
            let half = Batch { position, records, bytes, until: batch.until };
            position += u64::from(records);
            half
        });
        self.partitions[number].replace(halves);
        Ok(())
    }

    fn refused(
        &self,
        number: usize,
        batch: &Batch,
        code: Code,
        answer: &PartitionProduceResponse,
    ) -> Error {
        let first = answer.record_errors.first().map(|error| {
            let words = error.batch_index_error_message.as_ref().map_or("", |words| words.as_str());
            format!("message {} of the batch: {words}", error.batch_index)
        });
        let words = answer.error_message.as_ref().map(ToString::to_string);
        let message = match (words, first) {
            (Some(words), Some(first)) => Some(format!("{}; {first}", words.trim_end_matches('.'))),
            (words, first) => words.or(first),
        };
        Error::BatchRefused {
            topic: self.topic.clone(),
            partition: number as i32,
            records: batch.records,
            code,
            message,
        }
    }
}
