//! Error codes of brokers, by the names of the protocol, and what a client does about each.

/// An error code with its name and description, as Kafka's own list has them.
pub use kafka_protocol::error::ResponseError as Code;

/// What is done about an error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// The same request again, to the same broker, after a pause.
    Again,
    /// The partition's leader is another: ask for it, then again.
    NewLeader,
    /// The coordinator of the group or transaction is another: ask for it, then again.
    NewCoordinator,
    /// The controller is another: ask for it, then again.
    NewController,
    /// The request will be refused for ever.
    Fatal,
}

/// What is done about `code`, wherever it stands in an answer.
///
/// Codes that mean more to a producer than to anybody else (sequences, sizes, epochs) are looked at before this is
/// asked.
pub fn treatment(code: Code) -> Treatment {
    match code {
        Code::UnknownTopicOrPartition
        | Code::LeaderNotAvailable
        | Code::NotLeaderOrFollower
        | Code::ReplicaNotAvailable
        | Code::FencedLeaderEpoch
        | Code::UnknownLeaderEpoch
        | Code::UnknownTopicId
        | Code::InconsistentTopicId
        | Code::ListenerNotFound
        | Code::KafkaStorageError => Treatment::NewLeader,
        Code::CoordinatorNotAvailable | Code::NotCoordinator => Treatment::NewCoordinator,
        Code::NotController => Treatment::NewController,
        // Not marked as retriable in Kafka's list, but each ends by itself.
        Code::CoordinatorLoadInProgress
        | Code::ConcurrentTransactions
        | Code::UnstableOffsetCommit
        | Code::RequestTimedOut
        | Code::NotEnoughReplicas
        | Code::NotEnoughReplicasAfterAppend
        | Code::ThrottlingQuotaExceeded
        | Code::OperationNotAttempted
        | Code::ReassignmentInProgress => Treatment::Again,
        other if other.is_retriable() => Treatment::Again,
        _ => Treatment::Fatal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_treated_as_kafka_s_own_clients_do() {
        let named = |code| {
            (
                Code::try_from_code(code).unwrap().to_string(),
                treatment(Code::try_from_code(code).unwrap()),
            )
        };
        assert_eq!(named(3).1, Treatment::NewLeader);
        assert_eq!(named(6).1, Treatment::NewLeader);
        assert_eq!(named(7).1, Treatment::Again);
        assert_eq!(named(14).1, Treatment::Again);
        assert_eq!(named(15).1, Treatment::NewCoordinator);
        assert_eq!(named(16).1, Treatment::NewCoordinator);
        assert_eq!(named(19).1, Treatment::Again);
        assert_eq!(named(29).1, Treatment::Fatal);
        assert_eq!(named(41).1, Treatment::NewController);
        assert_eq!(named(51).1, Treatment::Again);
        assert_eq!(named(87).1, Treatment::Fatal);
        assert_eq!(named(90).1, Treatment::Fatal);
        assert_eq!(treatment(Code::Unknown(999)), Treatment::Fatal);
    }
}
