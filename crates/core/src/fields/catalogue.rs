//! Every type that a field can have: the built-in ones, the kinds of extension, and what extensions offer.

use std::path::Path;

use super::extension::KIND_TYPES;
use super::{FIELD_TYPES, FieldType, equivalent};
use crate::problems::{did_you_mean, fold_name};
use crate::sandbox::{Extensions, Fault};

/// The built-in type that a model calls `name`: letter case, `_`, `-` and blanks do not matter.
pub(crate) fn built_in(name: &str) -> Option<&'static dyn FieldType> {
    let name = fold_name(name);
    FIELD_TYPES.iter().copied().find(|kind| {
        fold_name(kind.name()) == name
            || kind.aliases().iter().any(|alias| fold_name(alias) == name)
    })
}

/// The types of fields: one look-up for all of them.
#[derive(Debug, Clone, Copy)]
pub struct Catalogue<'a> {
    extensions: &'a Extensions,
}

impl<'a> Catalogue<'a> {
    /// The built-in types and those of `extensions`.
    pub fn new(extensions: &'a Extensions) -> Self {
        Self { extensions }
    }

    /// The built-in types and the kinds of extension, in the order that listings show them.
    pub fn built_in() -> impl Iterator<Item = &'static dyn FieldType> {
        let kinds = KIND_TYPES.iter().map(|kind| -> &'static dyn FieldType { kind });
        FIELD_TYPES.iter().copied().chain(kinds)
    }

    /// Every type, those of extensions at the end.
    pub(crate) fn types(self) -> impl Iterator<Item = &'a dyn FieldType> {
        let own = self.extensions.types().map(|extension| -> &'a dyn FieldType { extension });
        Self::built_in().map(|kind| -> &'a dyn FieldType { kind }).chain(own)
    }

    /// The type that a model calls `name`: letter case, `_`, `-` and blanks do not matter.
    pub fn find(self, name: &str) -> Option<&'a dyn FieldType> {
        let folded = fold_name(name);
        built_in(name)
            .or_else(|| Self::built_in().find(|kind| fold_name(kind.name()) == folded))
            .map(|kind| -> &'a dyn FieldType { kind })
            .or_else(|| {
                self.extensions.find(name).map(|extension| -> &'a dyn FieldType { extension })
            })
    }

    /// What to do about `name`, which is no type: why its file was refused, what it is called here, or which name is
    /// close to it; `None` where nothing is known.
    pub fn cure(self, name: &str) -> Option<String> {
        let folded = fold_name(name);
        let stem = |fault: &Fault| Path::new(&fault.file).file_stem()?.to_str().map(fold_name);
        let is_it = |fault: &&Fault| stem(fault).as_ref() == Some(&folded);
        if let Some(fault) = self.extensions.faults().iter().find(is_it) {
            return Some(fault.to_string());
        }
        if let Some(meant) = equivalent(name) {
            return Some(format!("write {meant}"));
        }
        let close = did_you_mean(name, self.types().map(FieldType::name));
        close.map(|close| format!("did you mean `{close}`?"))
    }
}
