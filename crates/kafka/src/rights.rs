//! What a user may do, asked before anything is done.

use std::time::Duration;

use kafka_protocol::messages::{
    DescribeGroupsRequest, GroupId, InitProducerIdRequest, InitProducerIdResponse, TransactionalId,
};
use kafka_protocol::protocol::StrBytes;

use crate::client::{Client, To, refusal};
use crate::error::Error;

/// What a user may do with a topic or a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// READ.
    pub read: bool,
    /// WRITE.
    pub write: bool,
    /// DELETE.
    pub delete: bool,
}

impl Rights {
    /// The rights of which brokers tell the numbers of the operations, as bits; none where they tell nothing.
    pub(crate) fn of(operations: i32) -> Option<Self> {
        let has = |operation: u32| operations & (1 << operation) != 0;
        (operations != i32::MIN).then(|| Self { read: has(3), write: has(4), delete: has(6) })
    }
}

impl Client {
    /// What the user may do with a group, which may not be there yet; none where the brokers do not say it (before
    /// 2.3).
    ///
    /// # Errors
    /// The user may not even see it, or the deadline passed.
    pub fn group_rights(&mut self, group: &str) -> Result<Option<Rights>, Error> {
        let doing = format!("asking for the rights on group `{group}`");
        let request = |version: i16| {
            let request = DescribeGroupsRequest::default().with_groups(vec![GroupId(text(group))]);
            if version >= 3 { request.with_include_authorized_operations(true) } else { request }
        };
        let deadline = self.deadline();
        let answer = self.request(To::Group(group), &doing, deadline, request, |answer| {
            answer.groups.first().and_then(|group| refusal(group.error_code, None))
        })?;
        Ok(answer.groups.first().and_then(|group| Rights::of(group.authorized_operations)))
    }

    /// Whether the user may write as an idempotent producer, with a transactional id if there is one. A transaction
    /// of that id is ended: it is one that nobody writes with.
    ///
    /// # Errors
    /// The user may not; `timeout` is longer than the cluster allows; the deadline passed.
    pub fn may_produce(
        &mut self,
        transactional_id: Option<&str>,
        timeout: Duration,
    ) -> Result<(), Error> {
        self.identity(transactional_id, timeout).map(drop)
    }

    /// A producer's id and epoch.
    pub(crate) fn identity(
        &mut self,
        transactional_id: Option<&str>,
        timeout: Duration,
    ) -> Result<InitProducerIdResponse, Error> {
        let doing = match transactional_id {
            None => "asking for a producer id".to_owned(),
            Some(id) => format!("taking over the transactional id `{id}`"),
        };
        let timeout = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        let request = |_| {
            InitProducerIdRequest::default()
                .with_transactional_id(transactional_id.map(|id| TransactionalId(text(id))))
                .with_transaction_timeout_ms(timeout)
        };
        let to = transactional_id.map_or(To::Any, To::Transaction);
        let deadline = self.deadline();
        self.request(to, &doing, deadline, request, |answer| refusal(answer.error_code, None))
    }
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}
