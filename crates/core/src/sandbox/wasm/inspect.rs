//! Looks a module over before it is compiled: what it is, and whether compiling it stays bounded.
//!
//! Time and memory to compile grow with the size of code, but faster than that with the size of one function
//! (measured: up to 580 MB and a minute, unoptimised, for one of a megabyte; it is given back when the
//! function is done, and every processor compiles one). What compilers of real languages make lies below
//! these bounds: the largest function of Python has 417 KiB, its three large ones together 670.

use wasmparser::{Encoding, Operator, Parser, Payload};

use super::wasi;

/// Most bytes of one function, most locals, blocks and jump targets in it.
const FUNCTION_BYTES: usize = 512 << 10;
const FUNCTION_LOCALS: u64 = 5_000;
const JUMP_TARGETS: u64 = 50_000;

/// A function of more bytes is large, and large functions have so many bytes together at most: that bounds the
/// memory of compiling them side by side.
const LARGE_FUNCTION_BYTES: usize = 64 << 10;
const LARGE_FUNCTIONS_BYTES: usize = 1 << 20;

/// Most functions of a module, and most parts that it consists of.
const FUNCTIONS: u32 = 100_000;
const PARTS: u32 = 200;

/// What the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A component.
    Component,
    /// A core module.
    Core(Core),
}

/// What a core module is like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Core {
    /// It carries the section that tells its interface.
    pub(super) is_described: bool,
    /// It exports functions by the names of our interface.
    pub(super) is_named: bool,
    /// It imports an operating system.
    pub(super) wants_system: bool,
}

/// How the names of our interface's functions begin.
const INTERFACE: &str = "datagen:field/generators@";

/// Tells what `bytes` are.
///
/// # Errors
///
/// Why they are no module, or none that is compiled here.
pub(super) fn inspect(bytes: &[u8]) -> Result<Shape, String> {
    let mut shape = None;
    let (mut functions, mut parts, mut large) = (0_u32, 0_u32, 0_usize);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(|error| malformed(&error))? {
            Payload::Version { encoding, .. } => {
                parts += 1;
                if parts > PARTS {
                    return Err(format!("it consists of more than {PARTS} modules"));
                }
                shape.get_or_insert(match encoding {
                    Encoding::Component => Shape::Component,
                    Encoding::Module => Shape::Core(Core::default()),
                });
            }
            Payload::CustomSection(section) if section.name().starts_with("component-type") => {
                if let Some(Shape::Core(core)) = &mut shape {
                    core.is_described = true;
                }
            }
            Payload::ExportSection(exports) => {
                if let Some(Shape::Core(core)) = &mut shape {
                    for export in exports {
                        core.is_named |=
                            export.map_err(|error| malformed(&error))?.name.starts_with(INTERFACE);
                    }
                }
            }
            Payload::ImportSection(imports) => {
                if let Some(Shape::Core(core)) = &mut shape {
                    for import in imports.into_imports() {
                        core.wants_system |=
                            import.map_err(|error| malformed(&error))?.module == wasi::NAME;
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                functions += 1;
                if functions > FUNCTIONS {
                    return Err(format!("it has more than {FUNCTIONS} functions"));
                }
                check_function(&body)?;
                let bytes = body.range().len();
                large += if bytes > LARGE_FUNCTION_BYTES { bytes } else { 0 };
                if large > LARGE_FUNCTIONS_BYTES {
                    return Err(format!(
                        "its functions of more than {LARGE_FUNCTION_BYTES} bytes have more than \
                         {LARGE_FUNCTIONS_BYTES} bytes together"
                    ));
                }
            }
            _ => {}
        }
    }
    shape.ok_or_else(|| "this is no WebAssembly module: it is empty".to_owned())
}

fn malformed(error: &wasmparser::BinaryReaderError) -> String {
    format!("this is no WebAssembly module: {error}")
}

fn check_function(body: &wasmparser::FunctionBody<'_>) -> Result<(), String> {
    if body.range().len() > FUNCTION_BYTES {
        return Err(format!("a function has more than {FUNCTION_BYTES} bytes"));
    }
    let mut locals = 0_u64;
    for local in body.get_locals_reader().map_err(|error| malformed(&error))? {
        locals += u64::from(local.map_err(|error| malformed(&error))?.0);
    }
    if locals > FUNCTION_LOCALS {
        return Err(format!("a function has more than {FUNCTION_LOCALS} locals"));
    }
    let mut targets = 0_u64;
    for operator in body.get_operators_reader().map_err(|error| malformed(&error))? {
        if let Operator::BrTable { targets: table } = operator.map_err(|error| malformed(&error))? {
            targets += u64::from(table.len());
        }
    }
    if targets > JUMP_TARGETS {
        return Err(format!("the jump tables of a function have more than {JUMP_TARGETS} entries"));
    }
    Ok(())
}
