//! WebAssembly modules as generators, in whatever language they were written.
//!
//! ```text
//!  file ──► Code ── what it told another time, or describe ──► Offer
//!            │ when it is first needed                            │ prepare: check of parameters
//!            └─ componentize, inspect, compile (or cache) ──► Module ──► Field: generate, once per block,
//!                                                        on a fresh instance; columns in, columns out, checked
//! ```
//!
//! The interface is `wasm-generators/wit`: columns as flat lists, one seed per row, one call per block. A
//! module sees nothing else of the world: no clock, no files, no random numbers. Every call gets a fresh
//! instance, so that nothing leaks from block to block, and ends by its fuel, by the clock, at the bounds
//! of its memory, or with an answer that is checked before anything reads it.
//!
//! Values can come out as `WasmList` without a copy, but what such a list points at is freed before the
//! call returns; so everything is copied into vectors at once.
//!
//! Knows nothing of fields; only this folder names wasmtime.

mod answers;
mod bindings;
mod cache;
mod code;
mod compile;
mod componentize;
mod describe;
mod engine;
mod faults;
mod field;
mod host;
mod inputs;
mod inspect;
mod kept;
mod on_error;
mod program;
#[cfg(test)]
mod tests;
mod wasi;

use std::sync::Arc;

use super::{Fault, Kind, Limits, Program, Source};

/// The kind of `.wasm` and `.wat` files.
#[derive(Debug)]
pub(super) struct Wasm;

impl Kind for Wasm {
    fn type_name(&self) -> &'static str {
        "WASM"
    }

    fn summary(&self) -> &'static str {
        "Values of a WebAssembly module, written in Rust, C, Zig, Go, JavaScript, TypeScript or Python."
    }

    fn example(&self) -> &'static str {
        r#"{"name": "card", "type": "WASM", "module": "cards.wasm", "generator": "payment-card"}"#
    }

    fn file_attribute(&self) -> &'static str {
        "module"
    }

    fn file_extensions(&self) -> &'static [&'static str] {
        &["wasm", "wat"]
    }

    fn is_text(&self) -> bool {
        false
    }

    fn most_bytes(&self, limits: &Limits) -> u64 {
        limits.module_bytes
    }

    fn load(&self, source: &Source<'_>, limits: &Limits) -> Result<Arc<dyn Program>, Box<Fault>> {
        Ok(Arc::new(program::Offer::new(code::Code::new(source, limits))?))
    }
}
