//! What a core module gets that was built for an operating system, or that does not carry its interface.

use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// What WASI preview 1 is imported from.
pub(super) const NAME: &str = "wasi_snapshot_preview1";

/// The world of generators.
pub(super) const GENERATORS: &str = "field-generators";
/// The world of the stand-in, which prints to our log.
const STAND_IN: &str = "stand-in";

/// The interface, with the world of the stand-in.
const INTERFACE: &str = concat!(
    include_str!("../../../../../wasm-generators/wit/datagen-field.wit"),
    "world stand-in { import log; }"
);

const SOURCE: &str = include_str!("wasi.wat");

/// The module that stands in for WASI.
///
/// # Errors
///
/// Our own files are broken, which a test rules out.
pub(super) fn stand_in() -> Result<Vec<u8>, String> {
    let mut bytes = wat::parse_str(SOURCE).map_err(|error| error.to_string())?;
    describe(&mut bytes, STAND_IN)?;
    Ok(bytes)
}

/// Adds the section that tells the interface: that of `world`.
///
/// # Errors
///
/// As for [`stand_in`].
pub(super) fn describe(bytes: &mut Vec<u8>, world: &str) -> Result<(), String> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("datagen-field.wit", INTERFACE);
    package
        .and_then(|package| resolve.select_world(&[package], Some(world)))
        .and_then(|world| embed_component_metadata(bytes, &resolve, world, StringEncoding::UTF8))
        .map_err(|error| format!("{error:#}"))
}
