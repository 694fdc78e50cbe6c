//! Errors of the client as failures of a connector, each with what its user can do.

use std::sync::Arc;

use datagen_kafka as kafka;
use datagen_kafka::{Code, TlsProblem};

use crate::remote::{Failure, Kind};

/// The client's error with its cause in one sentence.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Told(Arc<kafka::Error>);

/// What the error means here, with the setting to change.
pub(super) fn failure(error: kafka::Error) -> Failure {
    let kind = match error.kind() {
        kafka::Kind::Cancelled => return Failure::cancelled(),
        kafka::Kind::Transient | kafka::Kind::Unreachable => Kind::Transient { after: None },
        kafka::Kind::Certificate | kafka::Kind::Login | kafka::Kind::NotAllowed => Kind::NotAllowed,
        kafka::Kind::Missing => Kind::Missing,
        kafka::Kind::Exists | kafka::Kind::TooLarge | kafka::Kind::Lost | kafka::Kind::Refused => {
            Kind::Refused
        }
        kafka::Kind::Fenced => Kind::Held,
        kafka::Kind::Fault => Kind::Fault,
    };
    let cure = cure(&error).map(str::to_owned).or_else(|| error.code().and_then(right));
    let failure = Failure::new(kind, Told(Arc::new(error)));
    match cure {
        Some(cure) => failure.cured_by(cure),
        None => failure,
    }
}

/// Who needs a right.
pub(super) const USER: &str =
    "the user that `KAFKA_SASL_USERNAME` or `KAFKA_SSL_CERTIFICATE` names";

/// What can be changed.
fn cure(error: &kafka::Error) -> Option<&'static str> {
    use kafka::{Error, Stage};
    Some(match error {
        Error::TimedOut { last: Some(last), .. } => return cure(last),
        Error::TimedOut { .. } => "`KAFKA_TIMEOUT` says how long brokers may be away",
        // What its operator does is said already.
        Error::OutOfReach { .. } => return None,
        Error::Unreachable { .. } => "`KAFKA_BROKERS` names the brokers",
        Error::Disconnected { stage: Stage::First, .. } => {
            "`KAFKA_SECURITY_PROTOCOL` says how brokers are connected to: SSL or SASL_SSL here"
        }
        Error::Disconnected { stage: Stage::Versions, .. } => {
            "`KAFKA_SECURITY_PROTOCOL` says how brokers are connected to: SASL_PLAINTEXT or SASL_SSL here"
        }
        Error::Tls { problem: TlsProblem::UnknownAuthority, .. } => {
            "`KAFKA_SSL_CA` names the authorities that are trusted"
        }
        Error::Tls { problem: TlsProblem::WrongName, .. } => {
            "`KAFKA_BROKERS` must name the host as its certificate does"
        }
        Error::Tls { problem: TlsProblem::OurCertificate, .. } => {
            "`KAFKA_SSL_CERTIFICATE` and `KAFKA_SSL_KEY` are the client's certificate"
        }
        Error::Tls { problem: TlsProblem::NotTls, .. } => {
            "`KAFKA_SECURITY_PROTOCOL` says how brokers are connected to: PLAINTEXT or SASL_PLAINTEXT here"
        }
        Error::Login { mechanism: "OAUTHBEARER", .. } => {
            "`KAFKA_SASL_PASSWORD` is the token, which must hold for as long as the command runs"
        }
        Error::Login { .. } => "`KAFKA_SASL_USERNAME` and `KAFKA_SASL_PASSWORD` are the login",
        Error::Kerberos { .. } => {
            "`KAFKA_USER` and `KAFKA_KEYTAB` are the login, or `kinit` takes a ticket; `KAFKA_SASL_KERBEROS_SERVICE_NAME` \
             is the name of the brokers"
        }
        Error::MechanismNotOffered { offered, .. } if offered.is_empty() => {
            "`KAFKA_SECURITY_PROTOCOL` says how brokers are connected to: without SASL here"
        }
        Error::MechanismNotOffered { .. } => "`KAFKA_SASL_MECHANISM` says how the login is proved",
        Error::Fenced { .. } => {
            "`KAFKA_TRANSACTION_TIMEOUT` says how long a batch may take; fewer rows in a batch take less"
        }
        Error::TooLarge { .. } => {
            "`max.message.bytes` of the topic says how large a message may be"
        }
        error => return of_code(error.code()?),
    })
}

/// The right that is missing where the cluster answers so, and who needs it.
fn right(code: Code) -> Option<String> {
    let right = match code {
        Code::TopicAuthorizationFailed => {
            "grant DESCRIBE and WRITE on `KAFKA_TOPIC` (READ, too, unless `KAFKA_TRANSACTIONS=false`; CREATE where it \
             is to be made)"
        }
        Code::GroupAuthorizationFailed => {
            "set `KAFKA_TRANSACTIONS=false`, or grant READ on groups that begin with `datagen-`"
        }
        Code::TransactionalIdAuthorizationFailed => {
            "set `KAFKA_TRANSACTIONS=false`, or grant WRITE on transactional ids that begin with `datagen-`"
        }
        Code::ClusterAuthorizationFailed => {
            "grant IDEMPOTENT_WRITE on the cluster, or WRITE on a topic,"
        }
        _ => return None,
    };
    Some(format!("{right} to {USER}"))
}

/// What can be changed where the cluster answers so.
fn of_code(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::InvalidTransactionTimeout => {
            "`KAFKA_TRANSACTION_TIMEOUT` is longer than the cluster allows"
        }
        Code::InvalidReplicationFactor => {
            "`KAFKA_REPLICATION_FACTOR` says how many brokers hold a topic that is made"
        }
        Code::InvalidPartitions => {
            "`KAFKA_PARTITIONS_NUMBER` says how many partitions a topic has that is made"
        }
        Code::InvalidConfig => "`KAFKA_TOPIC_CONFIG` holds the settings of a topic that is made",
        Code::InvalidTimestamp => "`KAFKA_TIMESTAMP` names the field that is the time of messages",
        Code::InvalidRecord => "a compacted topic wants keys: `KAFKA_MSG_KEY` names the fields",
        _ => return None,
    })
}
