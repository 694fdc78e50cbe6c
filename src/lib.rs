//! Datagen: synthetic data at scale.

pub mod columns;
pub mod problems;
pub mod rng;
