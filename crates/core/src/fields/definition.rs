//! A field checked by itself: its attributes read, the types of what it reads not known yet.
//!
//! Most types read nothing of their row and are [`Compiled`] at once. What reads other fields says which by
//! [`Definition::reads`], and is compiled by [`Definition::bind`] when their types are known.

use std::fmt::Debug;
use std::sync::Arc;

pub(crate) use crate::expression::InputInfo;

use super::Compiled;
use crate::attributes::Reader;
use crate::columns::DataType;
use crate::sampling::linked::Linked;
use crate::sandbox::ExtensionFile;

/// What a field type makes of a field's attributes.
pub trait Definition: Debug {
    /// The inputs of the field, in the order in which its generator gets them; `None` for one that may be missing and
    /// is.
    fn reads(&self) -> Vec<Option<Mention<'_>>> {
        Vec::new()
    }

    /// What other fields can read of it beside the value itself. Its generator makes a column for each
    /// [`Offered::Column`], in this order.
    fn offers(&self) -> Vec<Offer<'_>> {
        Vec::new()
    }

    /// The most rows that can be made, for types whose values do not repeat.
    fn capacity(&self) -> Option<u64> {
        None
    }

    /// The file of the extension that makes the values.
    fn extension_file(&self) -> Option<&Arc<ExtensionFile>> {
        None
    }

    /// Fixes the types of the inputs; `None` after adding errors to `attributes`, the field's own.
    ///
    /// `inputs` has one entry for each of [`reads`](Self::reads), `None` where that has none.
    fn bind(
        self: Box<Self>,
        inputs: &[Option<InputInfo<'_>>],
        attributes: &mut Reader<'_>,
    ) -> Option<Compiled>;
}

/// A mention of another field, or of one of its sub-values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mention<'a> {
    /// The field's name.
    pub(crate) field: &'a str,
    /// The sub-value's name.
    pub(crate) sub_value: Option<&'a str>,
    /// The attribute that holds it.
    pub(crate) attribute_key: &'a str,
}

/// A sub-value that other fields can read.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// What `link` calls it.
    pub(crate) name: &'a str,
    /// How it is read.
    pub(crate) by: Offered<'a>,
}

/// How a sub-value is read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Offered<'a> {
    /// By the keys of the field's own column.
    Keys(&'a Linked),
    /// From a column of this type that the field makes beside its own.
    Column(DataType),
}

/// A field that reads nothing of its row.
impl Definition for Compiled {
    fn offers(&self) -> Vec<Offer<'_>> {
        let sub_values = self.sub_values.iter();
        sub_values.map(|(name, linked)| Offer { name, by: Offered::Keys(linked) }).collect()
    }

    fn capacity(&self) -> Option<u64> {
        self.capacity
    }

    fn bind(self: Box<Self>, _: &[Option<InputInfo<'_>>], _: &mut Reader<'_>) -> Option<Compiled> {
        Some(*self)
    }
}

impl From<Compiled> for Box<dyn Definition> {
    fn from(compiled: Compiled) -> Self {
        Box::new(compiled)
    }
}
