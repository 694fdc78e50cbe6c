//! Transactions: the identity of a producer, what a transaction covers, and how it ends.

use std::sync::Arc;

use kafka_protocol::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use kafka_protocol::messages::txn_offset_commit_request::{
    TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic,
};
use kafka_protocol::messages::{
    AddOffsetsToTxnRequest, AddPartitionsToTxnRequest, AddPartitionsToTxnResponse, EndTxnRequest,
    GroupId, ProducerId, TopicName, TransactionalId, TxnOffsetCommitRequest,
    TxnOffsetCommitResponse,
};
use kafka_protocol::protocol::StrBytes;

use crate::client::{Refusal, To, refusal};
use crate::codes::Code;
use crate::error::Error;
use crate::producer::Producer;

/// How a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Transaction {
    /// None has begun.
    #[default]
    None,
    /// Messages may be sent.
    Open,
    /// All is said but the end, which may be asked for again.
    Ending,
}

impl Transaction {
    pub(crate) fn must_be_open(self, transactional: bool) -> Result<(), Error> {
        match self {
            Self::None if transactional => {
                Err(Error::Misuse("messages were sent outside of a transaction"))
            }
            Self::Ending => Err(Error::Misuse("messages were sent while the transaction ends")),
            Self::None | Self::Open => Ok(()),
        }
    }
}

impl Producer {
    /// Asks for an identity. With a transactional id this ends an open transaction of it, whoever began it.
    pub(crate) fn initialise(&mut self) -> Result<(), Error> {
        let id = self.options.transactional_id.as_deref();
        let answer = self.client.identity(id, self.options.transaction_timeout)?;
        self.identity = (answer.producer_id.0, answer.producer_epoch);
        self.transaction = Transaction::None;
        self.forget_messages();
        Ok(())
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// The producer has no transactional id, or a transaction is open.
    pub fn begin(&mut self) -> Result<(), Error> {
        if self.options.transactional_id.is_none() {
            return Err(Error::Misuse("a producer without a transactional id has no transactions"));
        }
        if self.transaction != Transaction::None {
            return Err(Error::Misuse("a transaction began while another was open"));
        }
        self.transaction = Transaction::Open;
        Ok(())
    }

    /// Tells the coordinator which partitions the transaction writes to, before it does.
    pub(crate) fn add_partitions(&mut self) -> Result<(), Error> {
        let Some(id) = self.options.transactional_id.clone() else { return Ok(()) };
        let new: Vec<i32> = (0..)
            .zip(&self.partitions)
            .filter(|(_, partition)| partition.has_waiting() && !partition.in_transaction)
            .map(|(number, _)| number)
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let doing = format!("beginning a transaction on topic `{}`", self.topic);
        let (producer, epoch) = self.identity;
        let topic = self.topic.clone();
        let request = |_| {
            let topic = AddPartitionsToTxnTopic::default()
                .with_name(TopicName(text(&topic)))
                .with_partitions(new.clone());
            AddPartitionsToTxnRequest::default()
                .with_v3_and_below_transactional_id(transactional(&id))
                .with_v3_and_below_producer_id(ProducerId(producer))
                .with_v3_and_below_producer_epoch(epoch)
                .with_v3_and_below_topics(vec![topic])
        };
        let deadline = self.client.deadline();
        loop {
            let answer =
                self.client.request(To::Transaction(&id), &doing, deadline, request, |answer| {
                    refusal_but_unknown(&partition_codes(answer))
                });
            let answer = answer.map_err(|error| self.ended(error))?;
            if !is_unknown(&partition_codes(&answer)) {
                break;
            }
            self.await_topic(&doing, deadline)?;
        }
        for number in new {
            self.partitions[number as usize].in_transaction = true;
        }
        Ok(())
    }

    /// Waits for all messages, and makes them visible together with `offset` of `group` in partition 0 of the topic.
    ///
    /// An error of the kinds [`Transient`](crate::Kind::Transient) and [`Unreachable`](crate::Kind::Unreachable)
    /// leaves open whether it was committed: call it again, or ask for the offset in another process.
    ///
    /// # Errors
    /// A message failed (call [`abort`](Self::abort)); the transaction was taken away; the deadline passed.
    pub fn commit(&mut self, group: &str, offset: i64) -> Result<(), Error> {
        let Some(id) = self.options.transactional_id.clone() else {
            return Err(Error::Misuse("a producer without a transactional id has no transactions"));
        };
        match self.transaction {
            Transaction::None => return Err(Error::Misuse("there is no transaction to commit")),
            Transaction::Open => {
                self.flush()?;
                self.add_offset(&id, group, offset)?;
                self.transaction = Transaction::Ending;
            }
            Transaction::Ending => {}
        }
        self.end(&id)
    }

    fn add_offset(&mut self, id: &str, group: &str, offset: i64) -> Result<(), Error> {
        let doing = format!("adding the offset of group `{group}` to the transaction");
        let (producer, epoch) = self.identity;
        let deadline = self.client.deadline();
        let request = |_| {
            AddOffsetsToTxnRequest::default()
                .with_transactional_id(transactional(id))
                .with_producer_id(ProducerId(producer))
                .with_producer_epoch(epoch)
                .with_group_id(GroupId(text(group)))
        };
        let answer =
            self.client.request(To::Transaction(id), &doing, deadline, request, |answer| {
                refusal(answer.error_code, None)
            });
        answer.map_err(|error| self.ended(error))?;
        let topic = self.topic.clone();
        let request = |_| {
            let partition = TxnOffsetCommitRequestPartition::default()
                .with_partition_index(0)
                .with_committed_offset(offset);
            let topic = TxnOffsetCommitRequestTopic::default()
                .with_name(TopicName(text(&topic)))
                .with_partitions(vec![partition]);
            TxnOffsetCommitRequest::default()
                .with_transactional_id(transactional(id))
                .with_group_id(GroupId(text(group)))
                .with_producer_id(ProducerId(producer))
                .with_producer_epoch(epoch)
                .with_topics(vec![topic])
        };
        let codes = |answer: &TxnOffsetCommitResponse| -> Vec<i16> {
            let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
            partitions.map(|partition| partition.error_code).collect()
        };
        loop {
            let answer =
                self.client.request(To::Group(group), &doing, deadline, request, |answer| {
                    refusal_but_unknown(&codes(answer))
                });
            let answer = answer.map_err(|error| self.ended(error))?;
            if !is_unknown(&codes(&answer)) {
                return Ok(());
            }
            self.await_topic(&doing, deadline)?;
        }
    }

    fn end(&mut self, id: &str) -> Result<(), Error> {
        let (producer, epoch) = self.identity;
        let request = |_| {
            EndTxnRequest::default()
                .with_transactional_id(transactional(id))
                .with_producer_id(ProducerId(producer))
                .with_producer_epoch(epoch)
                .with_committed(true)
        };
        let deadline = self.client.deadline();
        let answer = self.client.request(
            To::Transaction(id),
            "committing the transaction",
            deadline,
            request,
            |answer| refusal(answer.error_code, None),
        );
        answer.map_err(|error| self.ended(error))?;
        self.transaction = Transaction::None;
        for partition in &mut self.partitions {
            partition.in_transaction = false;
        }
        Ok(())
    }

    /// Ends the transaction without making anything visible, forgets all messages and failures, and begins with a
    /// new epoch: what is still under way of the old one is refused by the brokers.
    ///
    /// # Errors
    /// The deadline passed; the user lost the right.
    pub fn abort(&mut self) -> Result<(), Error> {
        if self.options.transactional_id.is_none() {
            return Err(Error::Misuse("a producer without a transactional id has no transactions"));
        }
        self.forget_messages();
        self.initialise()
    }

    /// The transaction that is no longer ours, for a producer that has any.
    pub(crate) fn fenced(&self) -> Option<Error> {
        let transactional_id = self.options.transactional_id.clone()?;
        Some(Error::Fenced { transactional_id, timeout: self.options.transaction_timeout })
    }

    /// Codes by which a coordinator says that it knows no such transaction of ours.
    fn ended(&self, error: Error) -> Error {
        let code = match &error {
            Error::Refused { code, .. } => Some(*code),
            Error::TimedOut { last, .. } => match last.as_ref().map(Arc::as_ref) {
                Some(Error::Refused { code, .. }) => Some(*code),
                _ => None,
            },
            _ => None,
        };
        match code {
            Some(
                Code::ProducerFenced
                | Code::InvalidProducerEpoch
                | Code::InvalidProducerIdMapping
                | Code::InvalidTxnState
                | Code::TransactionalIdNotFound,
            ) => self.fenced().unwrap_or(error),
            _ => error,
        }
    }
}

/// What a coordinator says of each partition.
fn partition_codes(answer: &AddPartitionsToTxnResponse) -> Vec<i16> {
    let topics = answer.results_by_topic_v3_and_below.iter();
    let partitions = topics.flat_map(|topic| &topic.results_by_partition);
    partitions.map(|partition| partition.partition_error_code).collect()
}

fn is_unknown(codes: &[i16]) -> bool {
    codes.contains(&Code::UnknownTopicOrPartition.code())
}

/// The refusal among `codes`, unless it is that the topic is unknown: that is looked into.
fn refusal_but_unknown(codes: &[i16]) -> Option<Refusal> {
    let refusals = || codes.iter().filter(|code| **code != 0);
    // Where one partition is refused, the others are not attempted: the reason is the one's.
    let reason = refusals().find(|code| **code != Code::OperationNotAttempted.code());
    let code = *reason.or_else(|| refusals().next())?;
    if is_unknown(codes) { None } else { refusal(code, None) }
}

fn transactional(id: &str) -> TransactionalId {
    TransactionalId(text(id))
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}
