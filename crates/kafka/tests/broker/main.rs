//! The client against a real broker, read back by an independent one.
//!
//! `DATAGEN_KAFKA` names the folder of a broker that `tests/services/kafka/run start FOLDER` has started, and
//! `DATAGEN_REFEREE` a Python with confluent-kafka. Without them the tests say that they were left out.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that fails says where; one that is left out says so"
)]

mod outages;
mod place;
mod producing;
mod transactions;
