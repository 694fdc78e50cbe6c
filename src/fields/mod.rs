//! Built-in field types.
//!
//! A [`FieldType`] checks one field's attributes and turns them into a [`Compiled`] field, whose
//! [`Generator`] produces one column per block. Nothing here knows of models, plans, threads or
//! outputs; expressions (`formula`, `conditionals` …) are the planner's: of a computed field it asks
//! only what type the result has.
//!
//! To add a type: write `fields/<name>.rs`, then its two lines below.

mod city;
mod country;
mod csv;
mod email;
mod full_name;
mod integer;
mod language_model;
mod last_name;
mod link;
mod name;
mod phone;
mod string;
mod string_az;
mod string_regex;
#[cfg(test)]
mod trial;

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::attributes::{Attribute, Reader};
use crate::columns::{Column, DataType, Dictionary, Rows, Values};
use crate::problems::did_you_mean;
use crate::rng::Stream;
use crate::sampling::Sampler;
use crate::sampling::choices::TextChoices;

/// Every field type, in the order that listings show them.
pub static FIELD_TYPES: &[&dyn FieldType] = &[
    &integer::Integer,
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
    &csv::Csv,
    &link::Link,
    &language_model::OLLAMA,
    &language_model::BEDROCK,
    &language_model::OPEN_AI,
    &language_model::LOCAL_LLM,
];

/// The field type that a model calls `name`: letter case, `_`, `-` and blanks do not matter.
pub fn find(name: &str) -> Option<&'static dyn FieldType> {
    let name = folded(name);
    FIELD_TYPES.iter().copied().find(|kind| {
        folded(kind.name()) == name || kind.aliases().iter().any(|alias| folded(alias) == name)
    })
}

/// The name of the field type that was probably meant by `name`.
pub fn closest(name: &str) -> Option<&'static str> {
    did_you_mean(name, FIELD_TYPES.iter().map(|kind| kind.name()))
}

fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// What `"type"` names in a model.
pub trait FieldType: Sync + Debug {
    /// The canonical name, upper case with `_`.
    fn name(&self) -> &'static str;

    /// Other names that models use for it.
    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    /// One sentence for listings.
    fn summary(&self) -> &'static str;

    /// The attributes of this type, beside those of every field.
    fn attributes(&self) -> &'static [Attribute];

    /// A field of this type as JSON text: shown in listings, run by the contract test.
    fn example(&self) -> &'static str;

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
    fn compile(&self, attributes: &mut Reader<'_>, context: &Context<'_>) -> Option<Compiled>;
}

/// What a field is compiled for.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The field's random numbers.
    pub stream: Stream,
    /// `now` of the command: microseconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// Rows of the whole command where they are known: what a unique type must have room for.
    pub rows: Option<u64>,
    /// Where files named in a model are read from.
    pub files: &'a dyn Files,
}

/// Finds files that a model names, below the allowed folders only.
pub trait Files: Sync + Debug {
    /// The real path of the file that a model calls `name`.
    ///
    /// # Errors
    ///
    /// A sentence for the user: where it was looked for, or why it may not be read.
    fn find(&self, name: &Path) -> Result<PathBuf, String>;
}

/// A field ready to generate.
#[derive(Debug)]
pub struct Compiled {
    /// Makes the columns.
    pub generator: Box<dyn Generator>,
    /// The type of the columns.
    pub data_type: DataType,
    /// Whether the generator itself may give nulls (`null_rate` is the planner's).
    pub nullable: bool,
    /// For floats: digits behind the point, when they are fixed.
    pub decimals: Option<u8>,
    /// Number of distinct values, where it is known and at most a few hundred thousand.
    pub distinct: Option<u32>,
    /// Average width of a value's text in bytes.
    pub width: u32,
    /// What LINK can read beside the value itself: each list has one entry per key of the
    /// [`Values::Choice`](crate::columns::Values::Choice) column that the generator makes.
    pub sub_values: Vec<(String, Arc<Dictionary>)>,
    /// The most rows that can be made, for types whose values do not repeat.
    pub capacity: Option<u64>,
}

impl Compiled {
    /// A field without nulls, sub-values or a limit of rows.
    pub fn new(generator: impl Generator + 'static, data_type: DataType, width: u32) -> Self {
        Self {
            generator: Box::new(generator),
            data_type,
            nullable: false,
            decimals: None,
            distinct: None,
            width,
            sub_values: Vec::new(),
            capacity: None,
        }
    }

    /// A field whose cells are all drawn by one sampler; `values` is the variant of the column.
    fn drawn<S: Sampler + 'static>(
        stream: Stream,
        sampler: S,
        values: fn(Vec<S::Value>) -> Values,
        data_type: DataType,
        width: u32,
    ) -> Self {
        Self::new(Drawn { stream, sampler, values }, data_type, width)
    }

    /// A field that draws from a list of texts.
    fn drawn_text(stream: Stream, choices: TextChoices) -> Self {
        let (width, count) = (choices.width(), choices.alias.len() as u64);
        Self::new(DrawnText { stream, choices }, DataType::Text, width).with_distinct(count)
    }

    /// Tells the number of distinct values, if it is small enough for a dictionary page.
    fn with_distinct(mut self, count: u64) -> Self {
        const MOST: u32 = 1 << 18;
        self.distinct = u32::try_from(count).ok().filter(|count| *count <= MOST);
        self
    }
}

/// Draws every cell by one sampler.
#[derive(Debug)]
struct Drawn<S: Sampler> {
    stream: Stream,
    sampler: S,
    values: fn(Vec<S::Value>) -> Values,
}

impl<S: Sampler> Generator for Drawn<S> {
    fn generate(&self, rows: Rows) -> Result<Column, GenerateError> {
        Ok(Column::new((self.values)(self.sampler.column(self.stream, rows))))
    }
}

/// Draws every cell from a list of texts.
#[derive(Debug)]
struct DrawnText {
    stream: Stream,
    choices: TextChoices,
}

impl Generator for DrawnText {
    fn generate(&self, rows: Rows) -> Result<Column, GenerateError> {
        Ok(Column::new(self.choices.column(self.stream, rows)))
    }
}

/// The type that a computed value is converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Computed {
    /// The type of the column.
    pub data_type: DataType,
    /// For floats: digits behind the point, when they are fixed.
    pub decimals: Option<u8>,
    /// How the value is converted where the type alone does not say it.
    pub conversion: Conversion,
    /// Average width of a value's text in bytes.
    pub width: u32,
}

impl Computed {
    /// A computed value converted by the rule of its type.
    pub const fn plain(data_type: DataType, width: u32) -> Self {
        Self { data_type, decimals: None, conversion: Conversion::Plain, width }
    }
}

/// How a computed value becomes a value of the field's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// By the rule of the data type.
    Plain,
    /// The MD5 digest of the text.
    Md5,
}

/// A compiled field: produces one column per block.
///
/// The contract of values: what is made depends on nothing but the compiled field and the row
/// numbers. No clock, no thread-local randomness, no input or output.
pub trait Generator: Debug + Send + Sync {
    /// The values of `rows`: a column of `rows.count` values.
    ///
    /// # Errors
    ///
    /// When a value cannot be made; the command fails with field and row.
    fn generate(&self, rows: Rows) -> Result<Column, GenerateError>;
}

/// Why a value could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// A row beyond what a type without repetition can give.
    #[error("row {row} is beyond the {capacity} distinct values of the range")]
    Exhausted {
        /// The row's number.
        row: u64,
        /// Number of distinct values.
        capacity: u64,
    },
}
