//! Which version of its code a field may run: what the model pins, and what is told where a file is broken.

use serde_json::Value;

use super::code::Chosen;
use super::declared::Refused;
use super::{CODE, SHA256, VERSION};
use crate::attributes::Reader;
use crate::problems::excerpt;
use crate::sandbox::{Extensions, digest};

/// Holds the code against what the model pins.
pub(super) fn check(chosen: &Chosen, reader: &mut Reader<'_>) -> Result<(), Refused> {
    let sha256 = check_digest(chosen, reader);
    let version = check_version(chosen, reader);
    sha256.and(version)
}

fn check_digest(chosen: &Chosen, reader: &mut Reader<'_>) -> Result<(), Refused> {
    if !reader.has(SHA256) {
        return Ok(());
    }
    let wanted = reader.text(SHA256).ok_or(Refused)?;
    let wanted = wanted.trim().to_ascii_lowercase();
    if wanted.len() != 64 || !wanted.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let message =
            format!("`{}` is no SHA-256, expected 64 hexadecimal digits", excerpt(&wanted));
        reader.error(SHA256, "wrong_value", message);
        return Err(Refused);
    }
    let found = match &chosen.file {
        Some(file) => file.digest.clone(),
        None => match reader.object().get(CODE) {
            Some(Value::String(code)) => digest(code.as_bytes()),
            _ => return Err(Refused),
        },
    };
    if found == wanted {
        return Ok(());
    }
    let message = format!("{} has the SHA-256 {found}, the model wants {wanted}", called(chosen));
    other_code(SHA256, &message, reader)
}

fn check_version(chosen: &Chosen, reader: &mut Reader<'_>) -> Result<(), Refused> {
    if !reader.has(VERSION) {
        return Ok(());
    }
    let wanted = reader.text(VERSION).ok_or(Refused)?;
    let found = chosen.program.version();
    if found == wanted {
        return Ok(());
    }
    let (code, wanted) = (called(chosen), excerpt(&wanted));
    let message = if found.is_empty() {
        format!("{code} says no version, the model wants `{wanted}`")
    } else {
        format!("{code} is version `{}`, the model wants `{wanted}`", excerpt(found))
    };
    other_code(VERSION, &message, reader)
}

/// What messages call the code.
fn called(chosen: &Chosen) -> String {
    chosen
        .file
        .as_ref()
        .map_or_else(|| "the code".to_owned(), |file| format!("`{}`", excerpt(&file.name)))
}

fn other_code(key: &str, message: &str, reader: &mut Reader<'_>) -> Result<(), Refused> {
    let hint = "other code makes other values: put back the code that was meant, or write into the model what is \
                there now";
    reader.error_with_hint(key, "other_code", message, hint);
    Err(Refused)
}

/// Tells that a file is broken and the version before it is run.
pub(super) fn tell_older(chosen: &Chosen, extensions: &Extensions, reader: &mut Reader<'_>) {
    let Some(file) = &chosen.file else { return };
    let Some(fault) = extensions.older(file) else { return };
    // Without its folder: whoever submits a model need not know it.
    let place = fault.place.as_ref();
    let place = place.map(|place| format!("line {}: ", place.line)).unwrap_or_default();
    let message = format!(
        "`{}` is broken now, so the version before it runs (SHA-256 {}): {place}{}",
        excerpt(&file.name),
        file.digest,
        fault.message
    );
    reader.warn("type", "older_code", message);
}
