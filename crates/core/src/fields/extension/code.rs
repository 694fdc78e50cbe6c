//! Which code a field means: a file of the folders of extensions, or what stands in the model itself.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::{CODE, GENERATOR, tell};
use crate::attributes::Reader;
use crate::problems::{did_you_mean, excerpt, fold_name};
use crate::sandbox::{Description, ExtensionFile, Extensions, Fault, Kind, Program, Source};

/// The generator that a field means.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) program: Arc<dyn Program>,
    /// Its index in the program's descriptions.
    pub(super) generator: usize,
    /// `None` for code that stands in the model.
    pub(super) file: Option<Arc<ExtensionFile>>,
}

impl Chosen {
    /// What the generator says of itself.
    pub(super) fn description(&self) -> &Description {
        &self.program.descriptions()[self.generator]
    }
}

/// The generator that `"type": "RHAI"` or the like means.
pub(super) fn of_kind(
    kind: &'static dyn Kind,
    extensions: &Extensions,
    reader: &mut Reader<'_>,
) -> Option<Chosen> {
    let attribute = kind.file_attribute();
    let mut file = None;
    let program = if kind.is_text() && reader.has(CODE) {
        let Some(Value::String(code)) = reader.object().get(CODE) else {
            reader.error(CODE, "wrong_value", format!("`{CODE}` is no text, expected a script"));
            return None;
        };
        let limits = &extensions.settings().limits;
        if code.len() as u64 > kind.most_bytes(limits) {
            let message = format!("the code has more than {} bytes", kind.most_bytes(limits));
            reader.error(CODE, "user_code", message);
            return None;
        }
        let source = Source {
            label: CODE,
            stem: reader.field(),
            bytes: &Arc::new(code.clone().into_bytes()),
            digest: "",
            cache: None,
            attachments: &[],
        };
        match kind.load(&source, limits) {
            Ok(program) => program,
            Err(fault) => {
                tell(&fault, CODE, reader);
                return None;
            }
        }
    } else {
        let Some(name) = reader.text(attribute) else {
            if !reader.has(attribute) {
                let or = if kind.is_text() { " or `code`" } else { "" };
                let message =
                    format!("a field of type {} needs `{attribute}`{or}", kind.type_name());
                reader.error(attribute, "missing_attribute", message);
            }
            return None;
        };
        let found = find_file(kind, &name, extensions, reader)?;
        file = Some(Arc::clone(found));
        Arc::clone(&found.program)
    };
    let descriptions = program.descriptions();
    let generator = match reader.text(GENERATOR) {
        None if descriptions.len() == 1 => Some(0),
        None => {
            let names: Vec<_> = descriptions.iter().map(|one| one.name.as_str()).collect();
            let names = excerpt(&names.join(", "));
            let message =
                format!("the file has the generators {names}, expected `generator` to name one");
            reader.error(GENERATOR, "missing_attribute", message);
            None
        }
        Some(name) => {
            let folded = fold_name(&name);
            let found = descriptions.iter().position(|one| fold_name(&one.name) == folded);
            if found.is_none() {
                let names: Vec<_> = descriptions.iter().map(|one| one.name.as_str()).collect();
                let message = format!("the file has no generator `{}`", excerpt(&name));
                let hint = format!("it has {}", names.join(", "));
                reader.error_with_hint(GENERATOR, "unknown_generator", message, &hint);
            }
            found
        }
    };
    Some(Chosen { program, generator: generator?, file })
}

fn find_file<'a>(
    kind: &'static dyn Kind,
    name: &str,
    extensions: &'a Extensions,
    reader: &mut Reader<'_>,
) -> Option<&'a Arc<ExtensionFile>> {
    if let Some(file) = extensions.file(kind, name) {
        return Some(file);
    }
    let key = kind.file_attribute();
    let is_it =
        |fault: &&Fault| Path::new(&fault.file).file_name().is_some_and(|found| found == name);
    if let Some(fault) = extensions.faults().iter().find(is_it) {
        reader.error(key, "user_code", fault.to_string());
        return None;
    }
    let message = format!("there is no file `{}` in the folders of user code", excerpt(name));
    let names = extensions.files().iter().filter(|file| file.kind.type_name() == kind.type_name());
    let hint = match did_you_mean(name, names.map(|file| file.name.as_str())) {
        Some(close) => format!("did you mean `{close}`?"),
        None => {
            let folders = extensions.settings().folders.iter();
            let folders: Vec<_> = folders.map(|folder| format!("`{}`", folder.display())).collect();
            format!("the folders are {}; a file is named without its folder", folders.join(", "))
        }
    };
    reader.error_with_hint(key, "unknown_file", message, &hint);
    None
}
