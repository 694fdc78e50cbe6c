//! The settings of the connector, as listings show them.

use super::registry;
use crate::attributes::Attribute;
use crate::formats::Messages;

/// The fields whose texts are the key.
pub(super) const KEY_FIELDS: &str = "KAFKA_MSG_KEY";
pub(super) const TIME_FIELD: &str = "KAFKA_TIMESTAMP";
pub(super) const HEADER_FIELDS: &str = "KAFKA_HEADER_FIELDS";
pub(super) const PARTITION_FIELD: &str = "KAFKA_PARTITION_FIELD";
pub(super) const BROKERS: &str = "KAFKA_BROKERS";
pub(super) const PROTOCOL: &str = "KAFKA_SECURITY_PROTOCOL";
pub(super) const CA: &str = "KAFKA_SSL_CA";
pub(super) const MECHANISM: &str = "KAFKA_SASL_MECHANISM";
pub(super) const USE_KERBEROS: &str = "KAFKA_USE_KERBEROS";
/// Who logs in by Kerberos, by the reference's names.
pub(super) const PRINCIPAL: &str = "KAFKA_USER";
pub(super) const KEY_TABLE: &str = "KAFKA_KEYTAB";
pub(super) const SERVICE: &str = "KAFKA_SASL_KERBEROS_SERVICE_NAME";

pub(super) const GSSAPI: &str = "GSSAPI";
/// How a login may be proved.
pub(super) const MECHANISMS: &[&str] =
    &["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", GSSAPI];

/// The settings, with those of the formats of messages.
pub(super) fn attributes() -> Vec<Attribute> {
    [OWN, registry::ATTRIBUTES, OF_THE_REFERENCE, &Messages::attributes()].concat()
}

const OWN: &[Attribute] = &[
    Attribute::new(
        BROKERS,
        "list of host:port",
        "none, required",
        "Some brokers of the cluster; the others are learnt from them.",
    )
    .hosts(),
    Attribute::new(
        "KAFKA_TOPIC",
        "text",
        "none, required",
        "The topic; it is made where it is not there.",
    ),
    Attribute::new(
        "KAFKA_MESSAGE_TYPE",
        "json, csv or avro",
        "json",
        "What the values of messages are. Avro is the plain binary of a row, with a registry the id of its schema in front.",
    ),
    Attribute::new(
        KEY_FIELDS,
        "list of fields",
        "none",
        "Fields whose texts, one behind the other, are the key; ghosts among them. Without it messages have no key.",
    ),
    Attribute::new(
        "KAFKA_KEY_TYPE",
        "text or avro",
        "text",
        "What keys are: the texts of the fields, or an Avro record of them.",
    ),
    Attribute::new("KAFKA_HEADERS", "list of name=text", "none", "Headers that every message has."),
    Attribute::new(
        HEADER_FIELDS,
        "list of fields",
        "none",
        "Fields whose texts are headers of their names; ghosts among them.",
    ),
    Attribute::new(
        TIME_FIELD,
        "field",
        "the moment of sending",
        "A field of points in time that is the time of messages. A topic that is made keeps them (`retention.ms=-1`) unless `KAFKA_TOPIC_CONFIG` says otherwise; rows that a topic would delete by their age are refused.",
    ),
    Attribute::new(
        "KAFKA_PARTITIONER",
        "murmur2 or round_robin",
        "murmur2",
        "How partitions are chosen: by the key as Java's producer does (without a key in turns), or always in turns.",
    ),
    Attribute::new(
        PARTITION_FIELD,
        "field",
        "none",
        "A field of whole numbers that chooses the partition instead: its remainder by their number.",
    ),
    Attribute::new(
        "KAFKA_PARTITIONS_NUMBER",
        "whole number",
        "3",
        "Partitions of a topic that is made.",
    ),
    Attribute::new(
        "KAFKA_REPLICATION_FACTOR",
        "whole number",
        "1",
        "Replicas of a topic that is made.",
    ),
    Attribute::new(
        "KAFKA_TOPIC_CONFIG",
        "list of name=value",
        "none",
        "Settings of a topic that is made, as `retention.ms=-1`.",
    ),
    Attribute::new(
        "DELETE_PREVIOUS",
        "boolean",
        "false",
        "Delete the topic before the first batch, and make it anew.",
    ),
    Attribute::new(
        "KAFKA_COMPRESSION",
        "none, gzip, snappy, lz4 or zstd",
        "none",
        "How record batches are compressed.",
    ),
    Attribute::new(
        "KAFKA_TRANSACTIONS",
        "boolean",
        "true",
        "Each batch is a transaction: readers with `read_committed` see every row once, whatever breaks. Without it, rows of the last batch may be there again after a crash.",
    ),
    Attribute::new(
        "KAFKA_TRANSACTION_TIMEOUT",
        "seconds",
        "900",
        "A batch that takes longer is given up by the cluster; clusters allow 900 unless told otherwise.",
    ),
    Attribute::new(
        "KAFKA_ROWS_PER_SECOND",
        "whole number",
        "none",
        "At most so many rows a second.",
    ),
    Attribute::new(
        "KAFKA_TIMEOUT",
        "seconds",
        "300",
        "How long brokers may be away before the command fails.",
    ),
    Attribute::new(
        "KAFKA_ACKS_CONFIG",
        "all",
        "all",
        "Every replica in sync has a message before it counts; other values are refused.",
    ),
    Attribute::new(
        PROTOCOL,
        "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL",
        "PLAINTEXT",
        "How brokers are connected to.",
    )
    .protects(),
    Attribute::new(
        MECHANISM,
        "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or GSSAPI",
        "SCRAM-SHA-256",
        "How a login is proved; GSSAPI is Kerberos.",
    )
    .protects(),
    Attribute::new(
        USE_KERBEROS,
        "true or false",
        "false",
        "The login is by Kerberos, as with the mechanism GSSAPI; on a server its operator says so.",
    )
    .protects(),
    Attribute::new(
        PRINCIPAL,
        "name or name@REALM",
        "whoever has a ticket",
        "The user of Kerberos.",
    )
    .login(),
    Attribute::new(
        KEY_TABLE,
        "path",
        "none",
        "A key table of the user: tickets are fetched and renewed by it, without `kinit`.",
    )
    .login(),
    Attribute::new(SERVICE, "text", "kafka", "The brokers' name in Kerberos, before the slash.")
        .protects(),
    Attribute::new("KAFKA_SASL_USERNAME", "text", "none", "The user's name.").login(),
    Attribute::new(
        "KAFKA_SASL_PASSWORD",
        "text",
        "none",
        "The user's password; the token where the mechanism is OAUTHBEARER.",
    )
    .secret(),
    Attribute::new(
        CA,
        "PEM, or the path of a PEM file",
        "the system's",
        "Certificates of the authorities that brokers' certificates lead to.",
    )
    .protects(),
    Attribute::new(
        "KAFKA_SSL_CERTIFICATE",
        "PEM, or the path of a PEM file",
        "none",
        "A client certificate, with its chain.",
    )
    .login(),
    Attribute::new(
        "KAFKA_SSL_KEY",
        "PEM",
        "none",
        "The key of the client certificate, not encrypted.",
    )
    .secret(),
];

/// Settings that models of the reference have; where they have no effect, what replaces them is told.
const OF_THE_REFERENCE: &[Attribute] = &[
    Attribute::new("KAFKA_RETRIES_CONFIG", "whole number", "none", "Accepted, without effect."),
    Attribute::new("KAFKA_JAAS_FILE_PATH", "path", "none", "Accepted, without effect."),
    Attribute::new(
        "KAFKA_KEYSTORE_LOCATION",
        "path",
        "none",
        "A key store of Java (JKS) with the client certificate, where `KAFKA_SSL_CERTIFICATE` is not given.",
    )
    .login(),
    Attribute::new("KAFKA_KEYSTORE_PASSWORD", "text", "none", "The password of that store.").secret(),
    Attribute::new(
        "KAFKA_KEYSTORE_KEY_PASSWORD",
        "text",
        "that of the store",
        "The password of the key in that store.",
    )
    .secret(),
    Attribute::new(
        "KAFKA_TRUSTSTORE_LOCATION",
        "path",
        "none",
        "A key store of Java (JKS) with the authorities, where `KAFKA_SSL_CA` is not given.",
    )
    .protects(),
    Attribute::new(
        "KAFKA_TRUSTSTORE_PASSWORD",
        "text",
        "none",
        "The password of that store; without it nobody looks whether it was changed.",
    )
    .secret(),
];
