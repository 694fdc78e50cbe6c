//! What can go wrong between this client and a cluster, as a closed list of kinds.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::codes::Code;

/// Why something was not done. Cheap to clone: a producer that has failed answers the same from then on.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller gave up ([`crate::Cancel`]).
    #[error("cancelled")]
    Cancelled,
    /// A deadline passed; the last thing that stood in the way is the source.
    #[error("no success with {doing} within {} s", after.as_secs_f32())]
    TimedOut {
        /// What was tried.
        doing: String,
        /// For how long.
        after: Duration,
        /// What stood in the way last, where that is known.
        #[source]
        last: Option<Arc<Error>>,
    },
    /// No connection to the address, or no such name.
    #[error("`{address}` is not reachable: {reason}")]
    Unreachable {
        /// Host and port.
        address: String,
        /// The system's words.
        reason: String,
    },
    /// The address may not be connected to: whoever made the client does not allow it.
    #[error("`{address}` is not connected to: {reason}")]
    OutOfReach {
        /// Host and port.
        address: String,
        /// Why not.
        reason: String,
    },
    /// The broker closed the connection, or it broke.
    #[error("`{address}` {}: {reason}", stage.words())]
    Disconnected {
        /// Host and port.
        address: String,
        /// How far the connection had come.
        stage: Stage,
        /// The system's words.
        reason: String,
    },
    /// TLS could not be agreed upon.
    #[error("TLS with `{address}`: {}", problem.words(reason))]
    Tls {
        /// Host and port.
        address: String,
        /// Which side is at fault.
        problem: TlsProblem,
        /// The words of rustls.
        reason: String,
    },
    /// The broker refused the user or password or token.
    #[error("`{address}` refused the login by {mechanism}: {reason}")]
    Login {
        /// Host and port.
        address: String,
        /// The mechanism's name.
        mechanism: &'static str,
        /// The broker's words.
        reason: String,
    },
    /// There is no ticket of Kerberos for the broker, or its answer is not that of the service.
    #[error("no login by Kerberos at `{address}`")]
    Kerberos {
        /// Host and port.
        address: String,
        /// Why not.
        #[source]
        reason: datagen_gssapi::Error,
    },
    /// The broker does not know the mechanism, or no login at all.
    #[error("`{address}` does not take logins by {mechanism}, it offers {}", if offered.is_empty() { "none".to_owned() } else { offered.join(", ") })]
    MechanismNotOffered {
        /// Host and port.
        address: String,
        /// The mechanism's name.
        mechanism: &'static str,
        /// What the broker takes instead.
        offered: Vec<String>,
    },
    /// Something that the caller gave cannot be used: an address, a certificate, a key.
    #[error("{0}")]
    Unusable(String),
    /// What came over the wire is not Kafka's protocol, or a version of it that is not spoken here.
    #[error("`{address}`: {reason}")]
    Protocol {
        /// Host and port.
        address: String,
        /// What was found.
        reason: String,
    },
    /// The cluster answered by an error code.
    #[error("{doing}: {}", told(*code, message.as_deref()))]
    Refused {
        /// What was asked for.
        doing: String,
        /// The answer.
        code: Code,
        /// The broker's words, where it has any.
        message: Option<String>,
    },
    /// Messages of one batch were refused; none of the batch was written.
    #[error("partition {partition} of `{topic}` refused a batch of {records} messages: {}", told(*code, message.as_deref()))]
    BatchRefused {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// Messages in the batch.
        records: u32,
        /// The answer.
        code: Code,
        /// The broker's words, and the first message that it names.
        message: Option<String>,
    },
    /// One message is larger than the topic takes.
    #[error("a message of {bytes} bytes is larger than topic `{topic}` takes{}", limit.map_or(String::new(), |limit| format!(" (`max.message.bytes` = {limit})")))]
    TooLarge {
        /// The topic.
        topic: String,
        /// The batch with this one message, as it was sent.
        bytes: usize,
        /// The topic's limit, where it may be read.
        limit: Option<usize>,
    },
    /// The topic that was written to is no longer the same: acknowledged messages are gone.
    #[error("topic `{topic}` was replaced or lost messages while it was written: {found}")]
    TopicReplaced {
        /// The topic.
        topic: String,
        /// What showed it.
        found: String,
    },
    /// The topic has no such partition.
    #[error("topic `{topic}` has no partition {partition}, it has {partitions}")]
    NoSuchPartition {
        /// The topic.
        topic: String,
        /// What was asked for.
        partition: i32,
        /// How many there are.
        partitions: usize,
    },
    /// The transaction was ended by the cluster, or another producer took its id.
    #[error(
        "the transaction of `{transactional_id}` is no longer ours: it lasted longer than its time-out of {} s, \
         or another producer took its id", timeout.as_secs()
    )]
    Fenced {
        /// The transactional id.
        transactional_id: String,
        /// `transaction.timeout.ms` of this producer.
        timeout: Duration,
    },
    /// A call that has no meaning in this state.
    #[error("{0}")]
    Misuse(&'static str),
}

/// How far a connection had come when it broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nothing was ever answered.
    First,
    /// The versions were told, nothing else.
    Versions,
    /// During the login.
    Login,
    /// It had worked.
    Later,
}

impl Stage {
    fn words(self) -> &'static str {
        match self {
            Self::First => "closed the connection at the first request, as ports do that want TLS",
            Self::Versions => {
                "closed the connection at the first request, as ports do that want a login (SASL)"
            }
            Self::Login => "closed the connection at the login",
            Self::Later => "closed the connection",
        }
    }
}

/// Which side of TLS is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsProblem {
    /// The server's certificate was signed by nobody whom we trust.
    UnknownAuthority,
    /// The server's certificate names other hosts.
    WrongName,
    /// The server's certificate has expired, or is not valid yet.
    NotInTime,
    /// The server wants a certificate of ours, or refused the one that it got.
    OurCertificate,
    /// The other side does not speak TLS.
    NotTls,
    /// Anything else.
    Other,
}

impl TlsProblem {
    fn words(self, reason: &str) -> String {
        let what = match self {
            Self::UnknownAuthority => {
                "the server's certificate is signed by an authority that is not trusted"
            }
            Self::WrongName => "the server's certificate is not made for this host name",
            Self::NotInTime => "the server's certificate has expired or is not valid yet",
            Self::OurCertificate => "the server wants a client certificate that it trusts",
            Self::NotTls => "the port does not speak TLS",
            Self::Other => return reason.to_owned(),
        };
        format!("{what} ({reason})")
    }
}

/// The kinds of failure, for callers who decide what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The caller gave up.
    Cancelled,
    /// It may work later: broken connections, brokers that are away.
    Transient,
    /// No broker could be reached at all.
    Unreachable,
    /// Certificates do not fit.
    Certificate,
    /// User, password, token or mechanism do not fit.
    Login,
    /// Logged in, but without the right.
    NotAllowed,
    /// The topic is not there.
    Missing,
    /// It is there already.
    Exists,
    /// A message or batch is too large.
    TooLarge,
    /// What was acknowledged is gone.
    Lost,
    /// The transaction was taken away; what it held was not written.
    Fenced,
    /// Refused for another reason: settings, contents.
    Refused,
    /// One of both sides has a fault.
    Fault,
}

impl Error {
    /// The kind of this failure.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Cancelled => Kind::Cancelled,
            Self::TimedOut { last, .. } => match last.as_ref().map(|last| last.kind()) {
                None | Some(Kind::Missing | Kind::Exists | Kind::TooLarge) => Kind::Transient,
                Some(kind) => kind,
            },
            Self::Unreachable { .. } => Kind::Unreachable,
            Self::OutOfReach { .. } => Kind::NotAllowed,
            Self::Disconnected { stage: Stage::Later, .. } => Kind::Transient,
            Self::Disconnected { .. } => Kind::Unreachable,
            Self::Tls { .. } => Kind::Certificate,
            Self::Login { .. } | Self::Kerberos { .. } | Self::MechanismNotOffered { .. } => {
                Kind::Login
            }
            Self::Unusable(_) => Kind::Refused,
            Self::Protocol { .. } | Self::Misuse(_) => Kind::Fault,
            Self::Refused { code, .. } | Self::BatchRefused { code, .. } => kind_of(*code),
            Self::TooLarge { .. } => Kind::TooLarge,
            Self::TopicReplaced { .. } => Kind::Lost,
            Self::NoSuchPartition { .. } => Kind::Missing,
            Self::Fenced { .. } => Kind::Fenced,
        }
    }

    /// The cluster's answer, where it refused by one.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Refused { code, .. } | Self::BatchRefused { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Whether another attempt to connect would meet the same refusal: certificates and logins that do not fit.
    pub(crate) fn is_final_for_connections(&self) -> bool {
        match self {
            Self::Tls { problem, .. } => *problem != TlsProblem::Other,
            Self::Login { .. }
            | Self::MechanismNotOffered { .. }
            | Self::Unusable(_)
            | Self::OutOfReach { .. } => true,
            Self::Kerberos { reason, .. } => !reason.is_passing(),
            // A port that wants TLS or a login closes at once; so does a broker that is just going down.
            _ => false,
        }
    }

    pub(crate) fn refused(doing: &str, code: Code, message: Option<&str>) -> Self {
        Self::Refused { doing: doing.to_owned(), code, message: message.map(str::to_owned) }
    }

    pub(crate) fn broken(address: &str, stage: Stage, reason: &io::Error) -> Self {
        Self::Disconnected { address: address.to_owned(), stage, reason: reason.to_string() }
    }
}

/// The kind of an error code.
fn kind_of(code: Code) -> Kind {
    match code {
        Code::TopicAuthorizationFailed
        | Code::GroupAuthorizationFailed
        | Code::ClusterAuthorizationFailed
        | Code::TransactionalIdAuthorizationFailed
        | Code::DelegationTokenAuthorizationFailed => Kind::NotAllowed,
        Code::SaslAuthenticationFailed
        | Code::UnsupportedSaslMechanism
        | Code::IllegalSaslState => Kind::Login,
        Code::UnknownTopicOrPartition | Code::UnknownTopicId => Kind::Missing,
        Code::TopicAlreadyExists => Kind::Exists,
        Code::MessageTooLarge | Code::RecordListTooLarge => Kind::TooLarge,
        Code::ProducerFenced | Code::InvalidProducerEpoch | Code::InvalidProducerIdMapping => {
            Kind::Fenced
        }
        Code::OutOfOrderSequenceNumber | Code::UnknownProducerId => Kind::Lost,
        code if code.is_retriable() => Kind::Transient,
        _ => Kind::Refused,
    }
}

/// A code by its name in the protocol, with the broker's words where it has any.
fn told(code: Code, message: Option<&str>) -> String {
    let name = name_of(code);
    match message.filter(|message| !message.is_empty()) {
        Some(message) => format!("{name} ({})", message.trim_end_matches('.')),
        None => name,
    }
}

/// `NotLeaderOrFollower` as Kafka writes it: `NOT_LEADER_OR_FOLLOWER`.
fn name_of(code: Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_by_their_names_and_words() {
        assert_eq!(
            Error::refused(
                "creating topic `t`",
                Code::InvalidReplicationFactor,
                Some("only 1 broker(s) are registered.")
            )
            .to_string(),
            "creating topic `t`: INVALID_REPLICATION_FACTOR (only 1 broker(s) are registered)"
        );
        assert_eq!(
            Error::refused("writing to `t`", Code::TopicAuthorizationFailed, None).to_string(),
            "writing to `t`: TOPIC_AUTHORIZATION_FAILED"
        );
    }

    #[test]
    fn a_time_out_is_of_the_kind_of_what_stood_in_the_way() {
        let last = Error::Unreachable { address: "a:1".to_owned(), reason: "refused".to_owned() };
        let error = Error::TimedOut {
            doing: "metadata".to_owned(),
            after: Duration::from_secs(8),
            last: Some(Arc::new(last)),
        };
        assert_eq!(error.kind(), Kind::Unreachable);
        assert_eq!(error.to_string(), "no success with metadata within 8 s");
    }
}
