//! A native producer for Apache Kafka: idempotent and transactional, with record batches built column-wise.
//!
//! This crate knows Kafka and nothing else: no rows of models, no formats, no settings by name. The wire messages are
//! those of the crate `kafka-protocol`; the sockets, TLS (rustls), logins, retries, sequence numbers and transactions
//! are ours.
//!
//! # How it works
//! A [`Client`] belongs to one thread. It holds a connection for each broker and moves all of them whenever it is
//! called; there is no thread behind it, but for the seconds in which a connection is made. Every wait asks
//! [`Cancel`] ten times a second and ends at its deadline.
//!
//! Workers fill a [`BatchBuilder`] from columns (texts with row ends) and hand over [`SealedBatch`]es: encoded,
//! compressed and summed up. The thread of the [`Producer`] only puts producer id, sequence and time into their
//! first 61 bytes, and sends. What is sent is kept until it is acknowledged, and sent again by the rules of
//! [`treatment`]: a retry never doubles a message, and messages of a partition keep their order.
//!
//! A [`Producer`] with a transactional id writes nothing that `read_committed` readers see before
//! [`Producer::commit`]; the offset that it commits with the messages names what was committed, so that a new
//! process can ask for it ([`Client::committed_offset`]).
//!
//! # What it does not do
//! Consuming, and transactions that span topics.

mod admin;
mod batch;
mod builder;
mod client;
mod codes;
mod compression;
mod config;
mod connection;
mod dial;
mod error;
mod jks;
mod murmur2;
mod node;
mod offsets;
mod outcomes;
mod partitions;
mod pem;
mod producer;
mod rights;
mod sasl;
mod transaction;
mod wait;
mod wire;

pub use admin::{NewTopic, Topic, TopicPartition};
pub use batch::SealedBatch;
pub use builder::{BatchBuilder, Header, HeaderValues, Placement, Rows, Texts, Timestamps};
pub use client::Client;
pub use codes::{Code, Treatment, treatment};
pub use compression::Compression;
pub use datagen_gssapi::Identity;

pub use config::{Config, Mechanism, NoAddress, Resolve, Sasl, Secret, Tls};
pub use error::{Error, Kind, Stage, TlsProblem};
pub use jks::{authorities, identity, is_jks};
pub use murmur2::{murmur2, partition_of_key};
pub use producer::{Options, Producer};
pub use rights::Rights;
pub use wait::Cancel;
