//! The settings of the connector, as listings show them.

use crate::attributes::Attribute;

pub(super) const URL: &str = "POSTGRESQL_URL";
pub(super) const USER: &str = "POSTGRESQL_USER";
pub(super) const PASSWORD: &str = "POSTGRESQL_PASSWORD";
pub(super) const SCHEMA: &str = "POSTGRESQL_SCHEMA";
pub(super) const TABLE: &str = "POSTGRESQL_TABLE_NAME";
pub(super) const KEYS: &str = "POSTGRESQL_PRIMARY_KEYS";
pub(super) const OPERATION: &str = "POSTGRESQL_OPERATION";
pub(super) const UNLOGGED: &str = "POSTGRESQL_UNLOGGED";
pub(super) const TIMEOUT: &str = "POSTGRESQL_TIMEOUT";
pub(super) const CA: &str = "POSTGRESQL_SSL_CA";
pub(super) const CERTIFICATE: &str = "POSTGRESQL_SSL_CERTIFICATE";
pub(super) const KEY: &str = "POSTGRESQL_SSL_KEY";

pub(super) const ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        URL,
        "URL",
        "none, required",
        "`postgresql://host:port/database`; several hosts with commas between them. `?sslmode=`: disable, prefer (the \
         default: encrypted where the server can), require (encrypted), verify-ca, verify-full (its certificate is \
         looked at, too).",
    )
    .hosts(),
    Attribute::new(USER, "text", "that of the URL", "The user's name.").login(),
    Attribute::new(PASSWORD, "text", "none", "The user's password.").secret(),
    Attribute::new(SCHEMA, "text", "public", "The table's schema; it is made where it is not there."),
    Attribute::new(
        TABLE,
        "text",
        "none, required",
        "The table; it is made of the model's fields where it is not there.",
    ),
    Attribute::new(
        KEYS,
        "list of fields",
        "none",
        "The fields of the primary key of a table that is made, and by which an upsert finds its rows.",
    ),
    Attribute::new(
        OPERATION,
        "insert, upsert or insert-ignore",
        "upsert with a primary key, else insert",
        "What becomes of a row whose key is there: the batch fails, the row is replaced (of several in a batch the last \
         one stays), or the new one is left out.",
    ),
    Attribute::new(
        UNLOGGED,
        "boolean",
        "false",
        "Whether a table that is made is unlogged: faster, and empty after the server has crashed.",
    ),
    Attribute::new(
        "DELETE_PREVIOUS",
        "boolean",
        "false",
        "Drop the table before the first batch, and make it anew.",
    ),
    Attribute::new(
        TIMEOUT,
        "seconds",
        "300",
        "How long the server may be away, or take for an answer, before the command fails.",
    ),
    Attribute::new(
        CA,
        "PEM, or the path of a PEM file",
        "the system's",
        "Certificates of the authorities that the server's certificate leads to; with it, `sslmode=require` looks at the \
         certificate as verify-ca does.",
    )
    .protects(),
    Attribute::new(
        CERTIFICATE,
        "PEM, or the path of a PEM file",
        "none",
        "A client certificate, with its chain.",
    )
    .login(),
    Attribute::new(KEY, "PEM", "none", "The key of the client certificate, not encrypted.").secret(),
];
