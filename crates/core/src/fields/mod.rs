//! Field types: built-in ones, and those of extensions in the same [`Catalogue`].
//!
//! A [`FieldType`] checks one field's attributes and turns them into a [`Definition`], which says what the field reads
//! of its row. Bound to the types of that it is a [`Compiled`] field, whose generator produces one column per block. A
//! field of any type whose attributes hold an expression (`formula`, `conditionals` …) is computed by that instead.
//! Nothing here knows of models, plans, threads or outputs.
//!
//! | file | holds |
//! |---|---|
//! | here | the contract of types, the list of built-in ones |
//! | `definition`, `compiled` | a field checked by itself, and one ready to generate |
//! | `catalogue`, `equivalents` | which type a name means |
//! | `computed`, `extension` | fields made by expressions, and by scripts and modules |
//! | every other file | a built-in type |
//!
//! To add a type: write `fields/<name>.rs`, then its two lines below.

mod birthdate;
mod boolean;
mod bytes;
mod catalogue;
mod city;
mod compiled;
mod computed;
mod country;
mod csv;
mod date;
mod date_as_string;
mod decimal;
mod definition;
mod double;
mod email;
mod equivalents;
mod extension;
mod float;
mod full_name;
mod hash_md5;
mod increment_integer;
mod increment_long;
mod integer;
mod ip;
mod language_model;
mod last_name;
mod link;
mod long;
mod name;
mod phone;
mod sequence;
mod shared;
mod string;
mod string_az;
mod string_regex;
#[cfg(test)]
mod tests;
mod timestamp;
#[cfg(test)]
mod trial;
mod unique_integer;
mod uuid;

use std::collections::BTreeSet;
use std::fmt::Debug;

pub use self::catalogue::Catalogue;
pub(crate) use self::catalogue::built_in;
pub(crate) use self::compiled::Compiled;
pub(crate) use self::computed::{Computed, Conversion, define};
pub(crate) use self::definition::{Definition, InputInfo, Mention, Offered};
pub(crate) use self::equivalents::equivalent;
pub use self::extension::{library, reserved};
pub(crate) use self::shared::Shared;

use self::compiled::Exhausted;
use crate::attributes::{Attribute, Reader};
use crate::rng::Stream;
use crate::roots::ReadRoots;
use crate::sandbox::Extensions;

/// Every field type, in the order that listings show them.
pub static FIELD_TYPES: &[&dyn FieldType] = &[
    &integer::Integer,
    &long::Long,
    &float::Float,
    &double::Double,
    &decimal::Decimal,
    &increment_integer::IncrementInteger,
    &increment_long::IncrementLong,
    &sequence::Sequence,
    &unique_integer::UniqueInteger,
    &boolean::Boolean,
    &timestamp::Timestamp,
    &birthdate::Birthdate,
    &date::Date,
    &date_as_string::DateAsString,
    &string::Text,
    &string_az::TextAz,
    &string_regex::TextRegex,
    &name::Name,
    &last_name::LastName,
    &full_name::FullName,
    &city::City,
    &country::Country,
    &email::Email,
    &phone::Phone,
    &uuid::Uuid,
    &ip::Ip,
    &hash_md5::HashMd5,
    &bytes::BYTES,
    &bytes::BLOB,
    &csv::Csv,
    &link::Link,
    &language_model::OLLAMA,
    &language_model::BEDROCK,
    &language_model::OPEN_AI,
    &language_model::LOCAL_LLM,
];

/// What `"type"` names in a model.
pub trait FieldType: Sync + Debug {
    /// The canonical name, upper case with `_`.
    fn name(&self) -> &str;

    /// Other names that models use for it.
    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    /// One sentence for listings.
    fn summary(&self) -> &str;

    /// The attributes of this type, beside those of every field.
    fn attributes(&self) -> &[Attribute];

    /// A field of this type as JSON text: shown in listings, run by the contract test. Empty for types of extensions,
    /// whose declaration says what they take.
    fn example(&self) -> &str;

    /// Files that the example reads: names and contents.
    fn example_files(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Why fields of this type are refused, for a type that is recognised but not made.
    fn unavailable(&self) -> Option<&'static str> {
        None
    }

    /// What a column of this type holds when its values are computed from other fields.
    ///
    /// `None` after adding errors to `attributes`, or where the type cannot be computed.
    fn computed(&self, attributes: &mut Reader<'_>) -> Option<Computed>;

    /// Checks the attributes and prepares generation; `None` after adding errors to `attributes`.
    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>>;
}

/// What a field is compiled for.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The field's random numbers.
    pub(crate) stream: Stream,
    /// `now` of the command: microseconds since 1970-01-01T00:00:00Z.
    pub(crate) now: i64,
    /// Rows of the whole command where they are known: what a unique type must have room for.
    pub(crate) total_rows: Option<u64>,
    /// Where files named in a model are read from.
    pub(crate) files: &'a ReadRoots,
    /// What other fields of the model have made.
    pub(crate) shared: &'a Shared,
    /// The names of all fields of the model.
    pub(crate) names: &'a BTreeSet<&'a str>,
    /// The scripts and modules that the model may name.
    pub(crate) extensions: &'a Extensions,
}

impl Context<'_> {
    /// Refuses a command of more rows than a type without repetition can make, if they are known.
    ///
    /// `None` after adding an error at `key`, the attribute that limits the values.
    fn check_capacity(&self, attributes: &mut Reader<'_>, key: &str, capacity: u64) -> Option<()> {
        let Some(rows) = self.total_rows.filter(|rows| *rows > capacity) else { return Some(()) };
        let message =
            format!("the command makes {rows} rows, the field has {capacity} different values");
        attributes.error(key, "too_many_rows", message);
        None
    }
}
