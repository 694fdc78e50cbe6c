//! Makes a component of what a file holds: text is read, a core module is finished.
//!
//! A core module that carries the WIT section is what plain compilers leave (`cargo build --target
//! wasm32-unknown-unknown`, clang), so that authors need no further tool. Where a compiler cannot leave a section,
//! the names of the exports say enough; where its library wants WASI preview 1, a stand-in is put in.

use std::borrow::Cow;

use wit_component::ComponentEncoder;

use super::inspect::{Core, Shape, inspect};
use super::wasi;
use crate::sandbox::{Fault, FaultKind, Source, SourcePosition};

/// Most bytes of a module in text form: it is meant for tests and small things.
const TEXT_BYTES: usize = 1 << 20;

/// The binary component of a file.
///
/// # Errors
///
/// Why there is none, with the place in a text.
pub(super) fn componentize<'a>(source: &Source<'a>) -> Result<Cow<'a, [u8]>, Box<Fault>> {
    let fault = |message| Box::new(Fault::new(FaultKind::Compile, source.label, message));
    let bytes = read(source)?;
    match inspect(&bytes).map_err(fault)? {
        Shape::Component => Ok(bytes),
        Shape::Core(Core { is_described: false, is_named: false, .. }) => {
            let advice = "this module does not say what it offers: it carries no section of \
                 datagen:field; build it against wasm-generators/wit";
            Err(fault(advice.to_owned()))
        }
        Shape::Core(core) => {
            finish(bytes, core).map(Cow::Owned).map_err(|error| fault(no_component(&error)))
        }
    }
}

/// The component of a core module. What is added is small; what it is made of was looked at already.
fn finish(mut bytes: Cow<'_, [u8]>, core: Core) -> Result<Vec<u8>, String> {
    if !core.is_described {
        // Go has no way to add a section.
        wasi::describe(bytes.to_mut(), wasi::GENERATORS)?;
    }
    let stand_in = if core.wants_system { Some(wasi::stand_in()?) } else { None };
    ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(|encoder| match &stand_in {
            Some(stand_in) => encoder.adapter(wasi::NAME, stand_in),
            None => Ok(encoder),
        })
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| format!("{error:#}"))
}

fn no_component(error: &str) -> String {
    let error = error.replace('\n', " ");
    if error.contains("wasi") {
        return format!("{error}: {WITHOUT_WASI}");
    }
    error
}

/// What a module that wants an operating system is told.
pub(super) const WITHOUT_WASI: &str = "generators run without WASI; rebuild for \
    wasm32-unknown-unknown (Rust), with -nostdlib (C) or with --stub-wasi (componentize-qjs, \
    componentize-py)";

fn read<'a>(source: &Source<'a>) -> Result<Cow<'a, [u8]>, Box<Fault>> {
    let fault = |message| Fault::new(FaultKind::Compile, source.label, message);
    if source.bytes.starts_with(b"\0asm") {
        return Ok(Cow::Borrowed(source.bytes));
    }
    if source.bytes.len() > TEXT_BYTES {
        let message =
            format!("this is no WebAssembly module, or a text of more than {TEXT_BYTES} bytes");
        return Err(Box::new(fault(message)));
    }
    let Ok(text) = std::str::from_utf8(source.bytes) else {
        return Err(Box::new(fault(
            "this is no WebAssembly module: it does not begin with \\0asm".to_owned(),
        )));
    };
    if !text.trim_start().starts_with(['(', ';']) {
        return Err(Box::new(fault(
            "this is no WebAssembly module: it begins neither with \\0asm nor, as text, with `(`"
                .to_owned(),
        )));
    }
    wat::parse_str(text).map(Cow::Owned).map_err(|error| {
        let shown = error.to_string();
        let message = shown.lines().next().unwrap_or_default().to_owned();
        let fault = fault(message);
        Box::new(match place(text, &shown) {
            Some(place) => fault.at(place),
            None => fault,
        })
    })
}

/// The place of an error of the text parser, which writes ` --> <anon>:line:column`.
fn place(text: &str, shown: &str) -> Option<SourcePosition> {
    let mut numbers = shown.split_once("--> ")?.1.lines().next()?.rsplitn(3, ':');
    let column = numbers.next()?.trim().parse().ok()?;
    let line = numbers.next()?.trim().parse().ok()?;
    Some(SourcePosition::new(text, line, column))
}
