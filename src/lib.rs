//! Datagen: synthetic data at scale.

pub mod rng;
