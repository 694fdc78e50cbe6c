//! The interface that guests are built against, as Rust types: made from `wasm-generators/wit`.

wasmtime::component::bindgen!({
    path: "../../wasm-generators/wit",
    world: "field-generators",
    // What goes in is passed as slices of columns, without a copy on this side.
    ownership: Borrowing { duplicate_if_necessary: true },
});
