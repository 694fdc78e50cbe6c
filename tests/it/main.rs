//! Behaviour tests: one binary, for linking is what costs on two cores.
//!
//! They go through the command line or HTTP as users do. A new file is a `mod` line here.
#![expect(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

mod access;
mod architecture;
mod authors;
mod broken_models;
mod canary;
mod cancels;
mod cli;
mod client;
mod contract;
mod crowds;
mod damage;
mod documents;
mod doors;
mod durable;
mod escape;
mod exact_decimals;
mod failing_places;
mod features;
mod formats;
mod framing;
mod functions;
mod golden;
mod hostile;
mod http;
mod http_parameters;
mod imports;
mod interrupt;
mod kafka;
mod kafka_access;
mod kafka_breaks;
mod kafka_kerberos;
mod kafka_outages;
mod kafka_readers;
mod lanes;
mod memory;
mod models;
mod modules;
mod numbers;
mod on_error;
mod operator;
mod postgresql;
mod postgresql_breaks;
mod previews;
mod races;
mod reload;
mod reproducible;
mod roles;
mod s3;
mod s3_credentials;
mod s3_outages;
mod s3_refusals;
mod s3_services;
mod same_files;
mod script_memory;
mod scripts;
mod server;
mod settings;
mod streams;
mod sub_values;
mod support;
mod terminal;
#[path = "../../crates/core/src/sandbox/wasm/tests/text.rs"]
mod wasm_text;
