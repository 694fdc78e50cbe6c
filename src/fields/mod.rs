//! Built-in field types.
//!
//! A [`FieldType`] checks one field's attributes and turns them into a [`Compiled`] field, whose
//! [`Generator`] produces one column per block. Nothing here knows of models, plans, threads or
//! outputs; expressions (`formula`, `conditionals` …) are the planner's: of a computed field it asks
//! only what type the result has.
//!
//! To add a type: write `fields/<name>.rs`, then its two lines below.

mod birthdate;
mod boolean;
mod bytes;
mod city;
mod country;
mod csv;
mod date;
mod date_as_string;
mod decimal;
mod double;
mod email;
mod equivalents;
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
mod timestamp;
#[cfg(test)]
mod trial;
mod unique_integer;
mod uuid;

use std::fmt::Debug;
use std::sync::Arc;

pub use self::equivalents::equivalent;
pub use self::shared::Shared;

use self::shared::Listed;
use crate::attributes::{Attribute, Reader};
use crate::calendar::Pattern;
use crate::columns::{Column, DataType, Rows, TimePoints, Values};
use crate::problems::{did_you_mean, fold_name};
use crate::rng::Stream;
use crate::roots::ReadRoots;
use crate::sampling::Sampler;
use crate::sampling::choices::TextChoices;
use crate::sampling::linked::Linked;

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

/// The field type that a model calls `name`: letter case, `_`, `-` and blanks do not matter.
pub fn find(name: &str) -> Option<&'static dyn FieldType> {
    let name = fold_name(name);
    FIELD_TYPES.iter().copied().find(|kind| {
        fold_name(kind.name()) == name
            || kind.aliases().iter().any(|alias| fold_name(alias) == name)
    })
}

/// The name of the field type that was probably meant by `name`.
pub fn closest(name: &str) -> Option<&'static str> {
    did_you_mean(name, FIELD_TYPES.iter().map(|kind| kind.name()))
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
    pub total_rows: Option<u64>,
    /// Where files named in a model are read from.
    pub files: &'a ReadRoots,
    /// What other fields of the model have made.
    pub shared: &'a Shared,
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
    /// For points in time: which ones there may be.
    pub instants: Option<TimePoints>,
    /// What LINK can read beside the value itself: each list has one entry per key of the
    /// [`Values::Choice`](crate::columns::Values) column that the generator makes.
    pub sub_values: Vec<(String, Linked)>,
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
            instants: None,
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

    /// A field that draws from a list which other fields may draw from as well.
    fn listed(stream: Stream, listed: &Listed) -> Self {
        let mut compiled = Self::drawn_text(stream, listed.choices.clone());
        compiled.sub_values.clone_from(&listed.sub_values);
        compiled
    }

    /// Tells which points in time there may be.
    fn with_instants(mut self, instants: Option<TimePoints>) -> Self {
        self.instants = instants;
        self
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
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone)]
pub enum Conversion {
    /// By the rule of the data type.
    Plain,
    /// The MD5 digest of the text.
    Md5,
    /// An instant, written in this pattern.
    Written(Arc<Pattern>),
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

impl GenerateError {
    /// Refuses rows beyond the first `capacity` ones.
    fn check(rows: Rows, capacity: u64) -> Result<(), Self> {
        let end = rows.first.saturating_add(rows.count as u64);
        if end > capacity {
            return Err(Self::Exhausted { row: rows.first.max(capacity), capacity });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use serde_json::{Map, Value};

    use super::*;
    use crate::problems::Problems;

    /// Types whose values are the same for every seed.
    const SEEDLESS: [&str; 3] = ["INCREMENT_INTEGER", "INCREMENT_LONG", "SEQUENCE"];

    /// The example's own files.
    #[derive(Debug)]
    struct Examples(tempfile::TempDir);

    impl Examples {
        fn of(kind: &dyn FieldType) -> Self {
            let folder = tempfile::tempdir().unwrap();
            for (name, content) in kind.example_files() {
                let path = folder.path().join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, content).unwrap();
            }
            Self(folder)
        }
    }

    impl Examples {
        fn roots(&self) -> ReadRoots {
            ReadRoots::new(None, &[self.0.path().to_owned()])
        }
    }

    /// The example, which must be found faultless.
    fn compile(kind: &dyn FieldType, files: &Examples, seed: u64) -> Compiled {
        let object: Map<String, Value> = serde_json::from_str(kind.example()).unwrap();
        let mut problems = Problems::default();
        let mut attributes = Reader::new(&object, "/Fields/0", Some("f"), &mut problems);
        let shared = Shared::default();
        let context = Context {
            stream: Stream::new(seed, "f"),
            now: 1_234_567_890,
            total_rows: Some(1_100),
            files: &files.roots(),
            shared: &shared,
        };
        let compiled = kind.compile(&mut attributes, &context);
        let common = ["name", "type"].map(|name| Attribute::new(name, "text", "", ""));
        attributes.warn_unknown(&[&common, kind.attributes()]);
        let found: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(found.is_empty(), "{}: {found:?}", kind.name());
        compiled.unwrap_or_else(|| panic!("{} does not compile its example", kind.name()))
    }

    fn generate(compiled: &Compiled, first: u64, count: usize) -> Column {
        compiled.generator.generate(Rows { first, count }).unwrap()
    }

    /// The cells of a column as text, whatever its layout.
    fn cells(column: &Column) -> Vec<String> {
        let debug = |index: usize| match &column.values {
            Values::Boolean(values) => values[index].to_string(),
            Values::Int32(values) | Values::Date(values) => values[index].to_string(),
            Values::Int64(values) | Values::EpochMillis(values) | Values::Instant(values) => {
                values[index].to_string()
            }
            Values::Float32(values) => values[index].to_string(),
            Values::Float64(values) => values[index].to_string(),
            Values::Decimal(values) => values[index].to_string(),
            Values::Uuid(values) => values[index].to_string(),
            Values::Text(values) | Values::Bytes(values) => format!("{:?}", values.get(index)),
            Values::Choice { keys, dictionary } => format!("{:?}", dictionary.get(keys[index])),
        };
        let cell = |index| if column.is_null(index) { "null".to_owned() } else { debug(index) };
        (0..column.len()).map(cell).collect()
    }

    fn is_of(values: &Values, data_type: DataType) -> bool {
        match values {
            Values::Boolean(_) => data_type == DataType::Boolean,
            Values::Int32(_) => data_type == DataType::Int32,
            Values::Int64(_) => data_type == DataType::Int64,
            Values::Float32(_) => data_type == DataType::Float32,
            Values::Float64(_) => data_type == DataType::Float64,
            Values::Decimal(_) => matches!(data_type, DataType::Decimal { .. }),
            Values::Date(_) => data_type == DataType::Date,
            Values::EpochMillis(_) => data_type == DataType::EpochMillis,
            Values::Instant(_) => data_type == DataType::Instant,
            Values::Text(_) | Values::Choice { .. } | Values::Uuid(_) => {
                data_type == DataType::Text
            }
            Values::Bytes(_) => data_type == DataType::Bytes,
        }
    }

    /// The types that are made, each with the files of its example.
    fn made() -> impl Iterator<Item = (&'static dyn FieldType, Examples)> {
        let made = |kind: &&dyn FieldType| kind.unavailable().is_none();
        // LINK is compiled by the planner, which knows the other field.
        let made = FIELD_TYPES.iter().copied().filter(made).filter(|kind| kind.name() != "LINK");
        made.map(|kind| (kind, Examples::of(kind)))
    }

    #[test]
    fn a_column_has_the_declared_type_and_length() {
        for (kind, files) in made() {
            let compiled = compile(kind, &files, 42);
            for count in [0, 1, 100] {
                let column = generate(&compiled, 1_000, count);
                assert_eq!(column.len(), count, "{}", kind.name());
                assert!(is_of(&column.values, compiled.data_type), "{}", kind.name());
                assert!(compiled.nullable || column.validity.is_none(), "{}", kind.name());
            }
            assert!(compiled.width > 0, "{}", kind.name());
        }
    }

    /// For all types and cuts: a cell depends on its row, not on the block it is made in.
    #[test]
    fn a_value_does_not_depend_on_its_block() {
        for (kind, files) in made() {
            let compiled = compile(kind, &files, 42);
            let whole = cells(&generate(&compiled, 1_000, 100));
            for cut in [0, 1, 37, 99, 100] {
                let mut parts = cells(&generate(&compiled, 1_000, cut));
                parts.extend(cells(&generate(&compiled, 1_000 + cut as u64, 100 - cut)));
                assert_eq!(parts, whole, "{} cut at {cut}", kind.name());
            }
        }
    }

    #[test]
    fn compiling_twice_gives_the_same_values_and_another_seed_others() {
        for (kind, files) in made() {
            let drawn = |seed| cells(&generate(&compile(kind, &files, seed), 1_000, 100));
            assert_eq!(drawn(1), drawn(1), "{}", kind.name());
            let seedless = SEEDLESS.contains(&kind.name());
            assert_eq!(drawn(1) == drawn(2), seedless, "{}", kind.name());
        }
    }

    #[test]
    fn the_declared_number_of_distinct_values_holds() {
        for (kind, files) in made() {
            let compiled = compile(kind, &files, 42);
            let Some(distinct) = compiled.distinct else { continue };
            let seen: BTreeSet<String> =
                cells(&generate(&compiled, 0, 1_000)).into_iter().collect();
            assert!(seen.len() <= distinct as usize, "{}: {}", kind.name(), seen.len());
        }
    }

    /// A row beyond what a type can make is an error, never a panic.
    #[test]
    fn rows_at_the_end_of_all_are_made_or_refused() {
        for (kind, files) in made() {
            let compiled = compile(kind, &files, 42);
            for first in [u64::from(u32::MAX), (1 << 63) - 50, (1 << 63) + 50, u64::MAX - 100] {
                let made = compiled.generator.generate(Rows { first, count: 100 });
                let room = compiled.capacity.is_none_or(|capacity| first + 100 <= capacity);
                assert_eq!(made.is_ok(), room, "{} at {first}", kind.name());
            }
        }
    }

    #[test]
    fn names_and_aliases_lead_to_one_type_each() {
        for kind in FIELD_TYPES {
            for name in kind.aliases().iter().copied().chain([kind.name()]) {
                // The first type of a name is found: a second one would find another.
                assert_eq!(find(&name.to_lowercase()).map(FieldType::name), Some(kind.name()));
            }
        }
        for (spelling, name) in
            [("HASHMD5", "HASH_MD5"), ("date-as-string", "DATE_AS_STRING"), ("BLOB", "BLOB")]
        {
            assert_eq!(find(spelling).map(FieldType::name), Some(name));
        }
        assert_eq!(closest("INTGER"), Some("INTEGER"));
    }

    /// For all types: what can be computed has a type, with or without attributes.
    #[test]
    fn a_computed_field_has_the_type_of_a_drawn_one() {
        for (kind, files) in made() {
            let object: Map<String, Value> = serde_json::from_str(kind.example()).unwrap();
            let mut problems = Problems::default();
            let mut attributes = Reader::new(&object, "/Fields/0", Some("f"), &mut problems);
            if let Some(computed) = kind.computed(&mut attributes) {
                let compiled = compile(kind, &files, 42);
                assert_eq!(computed.data_type, compiled.data_type, "{}", kind.name());
                assert_eq!(computed.decimals, compiled.decimals, "{}", kind.name());
            }
        }
    }
}
