//! The product's files with unsafe code and their unit tests, by their own paths.
//!
//! `src/sandbox/wasm/compile.rs` is not among them: what it loads is machine code.
#![allow(dead_code, missing_docs, unexpected_cfgs, reason = "a part of the product, without those who call it")]

#[path = "../../../src/text_rows"]
pub mod text_rows {
    pub mod cursor;
    pub mod digits;
    pub mod hex;
}

#[path = "../../../src/fields/hash_md5/lanes.rs"]
pub mod lanes;
#[path = "../../../src/rng.rs"]
pub mod rng;
