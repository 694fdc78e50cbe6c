//! The contract of every field type, by its example.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Map, Value};

use super::*;
use crate::columns::{Column, DataType, Rows, Values};
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
        names: &BTreeSet::new(),
        extensions: &Extensions::default(),
    };
    let common = ["name", "type"].map(|name| Attribute::new(name, "text", "", ""));
    let definition = define(kind, &common, &mut attributes, &context);
    let compiled = definition.and_then(|definition| definition.bind(&[], &mut attributes));
    let found: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{}: {found:?}", kind.name());
    compiled.unwrap_or_else(|| panic!("{} does not compile its example", kind.name()))
}

fn generate(compiled: &Compiled, first: u64, count: usize) -> Column {
    compiled.generator.generate(Rows { first, count }, &[]).unwrap().column
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
        Values::Text(_) | Values::Choice { .. } | Values::Uuid(_) => data_type == DataType::Text,
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
        let seen: BTreeSet<String> = cells(&generate(&compiled, 0, 1_000)).into_iter().collect();
        assert!(seen.len() <= distinct as usize, "{}: {}", kind.name(), seen.len());
    }
}

/// A row beyond what a type can make is an error, never a panic.
#[test]
fn rows_at_the_end_of_all_are_made_or_refused() {
    for (kind, files) in made() {
        let compiled = compile(kind, &files, 42);
        for first in [u64::from(u32::MAX), (1 << 63) - 50, (1 << 63) + 50, u64::MAX - 100] {
            let made = compiled.generator.generate(Rows { first, count: 100 }, &[]);
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
            assert_eq!(built_in(&name.to_lowercase()).map(FieldType::name), Some(kind.name()));
        }
    }
    for (spelling, name) in
        [("HASHMD5", "HASH_MD5"), ("date-as-string", "DATE_AS_STRING"), ("BLOB", "BLOB")]
    {
        assert_eq!(built_in(spelling).map(FieldType::name), Some(name));
    }
    let extensions = Extensions::default();
    let cure = |name| Catalogue::new(&extensions).cure(name);
    assert_eq!(cure("INTGER").as_deref(), Some("did you mean `INTEGER`?"));
    assert_eq!(
        cure("varchar").as_deref(),
        equivalent("VARCHAR").map(|meant| format!("write {meant}")).as_deref()
    );
    assert_eq!(cure("banana"), None);
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
