//! Kerberos logins.
//!
//! No implementation in Rust reads the ticket caches and key tables of a system; its own GSSAPI library does
//! (MIT's `libgssapi_krb5`, or Heimdal's). It is opened when the first login needs it: a machine without it runs
//! everything else, and nobody needs its headers to build.
//!
//! [`Context`] is a login under way (RFC 2743, its C form in RFC 2744); [`Sasl`] is what protocols with SASL make
//! of it (RFC 4752): Kafka, Hive and HBase do so. The room knows none of them.

#[expect(unsafe_code, reason = "functions of a C library")]
mod api;
#[expect(unsafe_code, reason = "functions of a C library")]
mod context;
mod error;
mod sasl;

pub use context::{Context, Identity};
pub use error::Error;
pub use sasl::Sasl;
