//! Datagen: synthetic data at scale.

pub mod attributes;
pub mod calendar;
pub mod columns;
pub mod dictionaries;
pub mod fields;
pub mod formats;
pub mod problems;
pub mod rng;
pub mod sampling;
pub mod texts;
