//! Datagen: synthetic data at scale.

pub mod arrow_columns;
pub mod attributes;
pub mod calendar;
pub mod cli;
pub mod columns;
pub mod commands;
mod compression;
pub mod config;
pub mod dictionaries;
pub mod display;
pub mod engine;
pub mod expression;
pub mod fields;
pub mod formats;
pub mod model;
mod orc_file;
pub mod plan;
pub mod problems;
pub mod rng;
pub mod roots;
pub mod samples;
pub mod sampling;
pub mod sinks;
pub mod stores;
pub mod telemetry;
mod text_rows;
pub mod texts;
