//! Datagen: synthetic data at scale.

pub mod attributes;
pub mod columns;
pub mod fields;
pub mod formats;
pub mod problems;
pub mod rng;
