//! The product's files that handle raw memory and their unit tests, by their own paths.
//!
//! The other unsafe blocks are not for Miri: `src/rng.rs` and `src/fields/hash_md5/lanes.rs` call safe code
//! compiled for registers that a machine may lack, `src/sandbox/wasm/compile.rs` loads machine code.
#![allow(dead_code, missing_docs, reason = "a part of the product, without those who call it")]

#[path = "../../../src/text_rows"]
pub mod text_rows {
    pub mod cursor;
    pub mod hex;
}
