//! Datagen: synthetic data at scale.
//!
//! A user describes a table in a small JSON *model*; Datagen compiles it into a *plan* and pours rows
//! into files and services, by command line or HTTP.
//!
//! # One way data flows
//!
//! ```text
//!  api / cli            model            plan                    engine                            delivery
//!  request ──► JSON ──► Model ──compile──► Plan ──► units ──► worker × threads ──► writer ──► sink per connector
//!              parse    what the user      names resolved,   generate columns,    in row       commit per batch
//!                       wrote              options checked   encode segments      order
//! ```
//!
//! Whatever can be refused is refused while a model is compiled, before a command is queued.
//!
//! # Layers
//!
//! | layer | modules |
//! |---|---|
//! | machinery | [`remote`], `memory`, [`failures`], [`rng`], [`columns`], [`generator`], [`problems`], [`secrets`], [`reach`], [`attributes`], `calendar`, `dictionaries`, [`sampling`], [`sandbox`], [`display`], [`roots`], [`config`], [`telemetry`] and the lower parts of encoders |
//! | what the user wrote, families | [`model`], [`expression`], [`fields`], [`formats`], [`stores`] |
//! | compiled | [`plan`], [`delivery`], [`draft`] |
//! | who may come in | [`access`] |
//! | the server's own state | [`home`] |
//! | running | [`engine`], then [`commands`] |
//! | edges | [`api`], [`cli`] |
//!
//! What makes bytes of a model is the crate `datagen-core` below `crates/core`, whose rooms have their names
//! here as well; what brings them somewhere is this one. A module imports lower layers only, and
//! `tests/it/architecture.rs` holds the table. The core is threads
//! and bounded channels; async lives in [`api`] and at the edge of [`cli`].
//!
//! # Words
//!
//! | word | means |
//! |---|---|
//! | model, field | the user's JSON document; one entry of its `Fields` |
//! | field type, generator | what `type` names; a compiled field, which makes one column |
//! | extension: script, module | a field type that a user wrote: in Rhai, or compiled to WebAssembly |
//! | plan | the executable form of a model |
//! | batch | rows that are committed together; a command has a number of them |
//! | block | rows that a worker makes at a time; a [`columns::Column`] per field |
//! | segment | rows that an encoder lays out together: an Avro block, a row group, a stripe |
//! | unit | what one worker makes before it hands over: the largest segment |
//! | format, store, connector, sink | how rows are laid out; where files go; what the API names; an open connector |
//! | command | an accepted request to generate, with a UUID and a status |
//! | order | what somebody asks of a command beside the model: batches, threads, seed, settings, schedule |
//! | home | the folder of a server's own state |
//!
//! # Adding things
//!
//! `ARCHITECTURE.md` walks a request and a row through the code; `CONTRIBUTING.md` says for each line of this
//! table what follows by itself and how it is tested.
//!
//! | new | file | registration |
//! |---|---|---|
//! | field type | `crates/core/src/fields/<name>.rs` | `mod` and registry line in `fields/mod.rs` |
//! | format | `crates/core/src/formats/<name>.rs` | the same pair in `formats/mod.rs` |
//! | store | `stores/<name>.rs` | `mod` and registry line in `stores/mod.rs` |
//! | service | `delivery/<name>.rs` | `mod` and registry line in `delivery/mod.rs` |
//! | kind of user code | `crates/core/src/sandbox/<kind>/` | `mod` and registry line in `sandbox/mod.rs` |
//! | endpoint | `api/<resource>.rs` with `routes()` | `.merge(...)` in `api/mod.rs` |
//! | parameter of a command | `home/order.rs`, and where it is heeded | its line in the form and in `order` of `api/datagen.rs` |
//! | key of an answer | `api/answers.rs`: a field and its line in `new` | none |
//! | setting | an entry in `config/mod.rs` | its line in README's table |
//! | subcommand | `cli/<name>.rs` | enum variant in `cli/mod.rs` |
//! | shipped model | `models/<name>.json` | its name in `samples.rs` |

// The core's rooms by the names that they have there.
pub use datagen_core::{
    attributes, columns, display, expression, failures, fields, formats, generator, model, plan,
    problems, reach, rng, roots, sampling, sandbox, secrets,
};

// Public is what tests, benches and fuzz targets name, and what its signatures need. All else is `pub(crate)` in
// whatever room it stands, so that the compiler finds what nobody uses.
mod access;
mod api;
mod cli;
mod commands;
pub mod config;
pub mod delivery;
pub mod draft;
pub mod engine;
mod home;
pub mod remote;
pub mod samples;
pub mod stores;
mod telemetry;

pub use api::read_request;
pub use cli::main;
