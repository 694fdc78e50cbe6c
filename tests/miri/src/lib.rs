//! The product's files that handle raw memory and their unit tests, by their own paths.
//!
//! The other unsafe blocks are not for Miri: `rng.rs` and `fields/hash_md5/lanes.rs` of the core call safe code
//! compiled for registers that a machine may lack, `sandbox/wasm/compile.rs` loads machine code.
#![allow(dead_code, missing_docs, reason = "a part of the product, without those who call it")]

#[path = "../../../crates/core/src/text_rows"]
pub mod text_rows {
    pub mod cursor;
    pub mod hex;
}
