//! Field types tried out in tests: a field in JSON, compiled and generated.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value};

use crate::attributes::Reader;
use crate::columns::{Column, Dictionary, Rows, Values};
use crate::problems::Problems;
use crate::rng::Stream;
use crate::roots::ReadRoots;
use crate::sandbox::Extensions;

use super::{Compiled, Context, FieldType, Shared, built_in};

/// A compiled field and what was found in it.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) compiled: Compiled,
    /// Everything found, one a line.
    pub(super) problems: String,
}

impl Trial {
    /// A field that must compile.
    pub(super) fn of(json: &str) -> Self {
        Self::below(Path::new("/nowhere"), json)
    }

    /// A field that must compile, with files below `folder`.
    pub(super) fn below(folder: &Path, json: &str) -> Self {
        let (compiled, problems) = compile_named(folder, json);
        Self { compiled: compiled.unwrap_or_else(|| panic!("{problems}")), problems }
    }

    /// What is found in a field that must not compile.
    pub(super) fn refusal(json: &str) -> String {
        Self::refusal_below(Path::new("/nowhere"), json)
    }

    /// What is found in a field that must not compile, with files below `folder`.
    pub(super) fn refusal_below(folder: &Path, json: &str) -> String {
        let (compiled, problems) = compile_named(folder, json);
        assert!(compiled.is_none(), "{json} compiles");
        problems
    }

    pub(super) fn column(&self, count: usize) -> Column {
        self.compiled.column(0, count)
    }

    /// The texts of the first `count` rows.
    pub(super) fn texts(&self, count: usize) -> Vec<String> {
        texts(&self.column(count))
    }

    /// What LINK reads of `name` in the first `count` rows.
    pub(super) fn linked(&self, name: &str, count: usize) -> Vec<String> {
        let Values::Choice { keys, .. } = self.column(count).values else { panic!("no keys") };
        let (_, linked) = self.compiled.sub_values.iter().find(|(key, _)| key == name).unwrap();
        let values: &Dictionary = linked.texts();
        keys.iter().map(|key| String::from_utf8(values.get(*key).to_vec()).unwrap()).collect()
    }
}

/// `now` of every trial: 2024-02-14T13:56:59Z.
pub(super) const NOW: i64 = 1_707_919_019_000_000;

/// The stream of every trial.
pub(super) fn stream() -> Stream {
    Stream::new(42, "f")
}

/// A field of `kind` with these attributes, which must be found faultless.
pub(super) fn compile(kind: &dyn FieldType, json: &str) -> Compiled {
    let (compiled, problems) = attempt(kind, json, None, Path::new("/nowhere"));
    assert_eq!(problems, "");
    compiled.unwrap()
}

/// What is found in a field of `kind` that compiles.
pub(super) fn told(kind: &dyn FieldType, json: &str) -> String {
    let (compiled, problems) = attempt(kind, json, None, Path::new("/nowhere"));
    assert!(compiled.is_some(), "{problems}");
    problems
}

/// What is found in a field of `kind` that must not compile.
pub(super) fn refusal(kind: &dyn FieldType, json: &str) -> String {
    let (compiled, problems) = attempt(kind, json, None, Path::new("/nowhere"));
    assert!(compiled.is_none(), "{json} compiles");
    problems
}

/// What is found in a field of `kind` when the command makes that many rows.
pub(super) fn told_for_rows(kind: &dyn FieldType, json: &str, rows: u64) -> String {
    attempt(kind, json, Some(rows), Path::new("/nowhere")).1
}

impl Compiled {
    /// The column of some rows, which must be made.
    pub(super) fn column(&self, first: u64, count: usize) -> Column {
        self.generator.generate(Rows { first, count }, &[]).unwrap().column
    }
}

/// The texts of a column.
pub(super) fn texts(column: &Column) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    match &column.values {
        Values::Text(texts) => texts.iter().map(text).collect(),
        Values::Choice { keys, dictionary } => {
            keys.iter().map(|key| text(dictionary.get(*key))).collect()
        }
        other => panic!("not a text: {other:?}"),
    }
}

fn compile_named(folder: &Path, json: &str) -> (Option<Compiled>, String) {
    let object: Map<String, Value> = serde_json::from_str(json).unwrap();
    attempt(built_in(object["type"].as_str().unwrap()).unwrap(), json, None, folder)
}

fn attempt(
    kind: &dyn FieldType,
    json: &str,
    total_rows: Option<u64>,
    folder: &Path,
) -> (Option<Compiled>, String) {
    let object: Map<String, Value> = serde_json::from_str(json).unwrap();
    let mut problems = Problems::default();
    let files = ReadRoots::new(None, &[folder.to_owned()]);
    let context = Context {
        stream: stream(),
        now: NOW,
        total_rows,
        files: &files,
        shared: &Shared::default(),
        names: &BTreeSet::new(),
        extensions: &Extensions::default(),
    };
    let mut attributes = Reader::new(&object, "/Fields/0", Some("f"), &mut problems);
    let definition = kind.compile(&mut attributes, &context);
    let compiled = definition.and_then(|definition| definition.bind(&[], &mut attributes));
    assert_eq!(compiled.is_none(), problems.has_errors(), "{problems:?}");
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    (compiled, lines.join("\n"))
}
