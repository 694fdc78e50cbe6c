//! Datagen's core: a model becomes a plan, a plan becomes rows, rows become bytes.
//!
//! ```text
//!  Model ──compile──► Plan ──generate──► columns ──encode──► segments
//! ```
//!
//! The core knows neither where bytes go nor who asked for them: connectors, commands, HTTP and the
//! command line are the crate `datagen`, whose front page has the layers, the words and how to add things.
//! The border lies here because nothing below it changes when a connector does: what works above it does
//! not compile the core again.
//!
//! Public is what that crate, tests, benches and fuzz targets name, and what its signatures need. All else is
//! `pub(crate)`, so that the compiler finds what nobody uses.

pub mod attributes;
mod calendar;
pub mod columns;
mod columnwise;
mod compression;
mod dictionaries;
pub mod display;
pub mod expression;
pub mod failures;
pub mod fields;
pub mod formats;
pub mod generator;
mod memory;
pub mod model;
mod orc_file;
pub mod plan;
pub mod problems;
pub mod reach;
pub mod rng;
pub mod roots;
pub mod sampling;
pub mod sandbox;
pub mod secrets;
mod text_rows;
mod texts;
