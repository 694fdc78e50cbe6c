//! The model: what the user wrote, as data.
//!
//! A [`Model`] is a JSON document with the older spellings brought to one form; nothing in it is
//! resolved yet. Which field types exist, what their attributes mean and how fields refer to one
//! another is the planner's business.

mod duplicates;
mod hide;
mod legacy;
mod parse;

pub use duplicates::duplicate_keys;
pub use hide::hide_secrets;
pub use parse::parse;

use std::fmt;

use serde_json::{Map, Value};

use crate::attributes::{Attribute, Settings};

/// Largest model document in bytes.
pub const MAX_MODEL_BYTES: usize = 16 << 20;

/// Most fields of a model.
pub(crate) const MAX_FIELDS: usize = 5_000;

/// The user's document.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// `model_name`, where it is given.
    pub name: Option<String>,
    /// One entry per entry of `Fields`, in document order, which is the order of output columns.
    pub fields: Vec<Field>,
    /// `Table_Names`, `Primary_Keys` and `Options`, merged.
    pub settings: Settings,
}

/// One entry of `Fields`.
#[derive(Clone, PartialEq)]
pub struct Field {
    /// The column's name: not empty, unique in the model.
    pub name: String,
    /// What `type` names, as written.
    pub(crate) type_name: String,
    /// Whether the field is computed but not output.
    pub(crate) ghost: bool,
    /// Share of nulls, `0.0..=1.0`.
    pub(crate) null_rate: f64,
    /// Where the entry stands: a JSON pointer.
    pub pointer: String,
    /// All attributes of the entry.
    pub(crate) attributes: Map<String, Value>,
}

/// Without the attributes' values: some may be secrets.
impl fmt::Debug for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attributes: Vec<&String> = self.attributes.keys().collect();
        formatter
            .debug_struct("Field")
            .field("name", &self.name)
            .field("type_name", &self.type_name)
            .field("ghost", &self.ghost)
            .field("null_rate", &self.null_rate)
            .field("pointer", &self.pointer)
            .field("attributes", &attributes)
            .finish()
    }
}

/// The attributes that every field may have.
pub const COMMON_ATTRIBUTES: &[Attribute] = &[
    Attribute::new("name", "text", "", "Name of the column; required."),
    Attribute::new("type", "text", "", "Field type; required. `datagen fields` lists them."),
    Attribute::new(
        "ghost",
        "boolean",
        "false",
        "Generate for other fields to use, but do not output.",
    ),
    Attribute::new("null_rate", "number from 0 to 1", "0", "Share of the rows that hold null."),
    Attribute::new(
        "conditionals",
        "object of condition lines and values",
        "",
        "The first line that holds gives the value: `{\"$age<18\": \"minor\", \"default\": \"adult\"}`.",
    ),
    Attribute::new(
        "formula",
        "text",
        "",
        "JavaScript expression over other fields: `${price} * 1.2`.",
    ),
    Attribute::new(
        "injection",
        "text",
        "",
        "Text with other fields' values: `${name}@example.com`.",
    ),
    Attribute::new("link", "text", "", "Another field's sub-value: `$city.country`."),
];
