//! Values depend on seed, `now`, field and row: never on threads, blocks, other fields or earlier rows.
//!
//! Runs every shipped model through the engine in this process, into real files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datagen::delivery::Holder;
use datagen::draft::{Amount, Bounds, Draft, Prepared, Site, Surroundings, preview};
use datagen::engine::{self, Control, Run};
use datagen::model;
use datagen::plan::{self, Environment, Plan};
use datagen::problems::Problems;
use datagen::remote::Network;
use datagen::roots::ReadRoots;
use datagen::samples::MODELS;
use datagen::sandbox::Extensions;
use serde_json::{Map, Value, json};

use crate::support::run_ok;

/// The seed of these runs.
pub(crate) const SEED: u64 = 42;
/// `now` of these runs: 2026-01-01T00:00:00Z in microseconds.
pub(crate) const NOW: i64 = 1_767_225_600_000_000;

/// Connector and the settings that give each kind of file.
pub(crate) const KINDS: &[(&str, &[(&str, &str)])] = &[
    ("csv", &[]),
    ("csv", &[("COMPRESSION", "gzip")]),
    ("csv", &[("COMPRESSION", "zstd")]),
    ("json", &[]),
    ("avro", &[]),
    // Small groups and stripes: several segments also in short files.
    ("parquet", &[("PARQUET_ROW_GROUP_ROWS", "512")]),
    ("orc", &[]),
];

/// The folder of the shipped models.
fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models")
}

fn prepared(
    model: &str,
    kind: &(&str, &[(&str, &str)]),
    root: &Path,
    shape: (u64, u64),
) -> Prepared {
    let overrides: Vec<(String, String)> =
        kind.1.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let folder = models();
    let draft = Draft {
        text: model,
        folder: Some(&folder),
        connectors: Some(&[kind.0.to_owned()]),
        overrides: &overrides,
        amount: Some(Amount { batch_rows: shape.0, batches: shape.1 }),
        seed: SEED,
        now: NOW,
        ..Draft::default()
    };
    let surroundings = Surroundings {
        output_root: root.to_owned(),
        read_roots: Vec::new(),
        tells_folders: true,
        default_folder: String::new(),
        extensions: Arc::default(),
        site: Site::default(),
    };
    draft.compile(&surroundings).ready().unwrap()
}

/// The files of one run of `model` in every kind, by name: `batches` batches of `rows` rows.
pub(crate) fn files(
    model: &str,
    shape: (u64, u64),
    threads: usize,
    block_rows: Option<usize>,
) -> BTreeMap<String, Vec<u8>> {
    let root = tempfile::tempdir().unwrap();
    let all: Vec<Prepared> =
        KINDS.iter().map(|kind| prepared(model, kind, root.path(), shape)).collect();
    let run = Run {
        plan: Arc::clone(&all[0].plan),
        targets: all.iter().flat_map(|prepared| prepared.targets.clone()).collect(),
        batch_rows: shape.0,
        batches: 0..shape.1,
        holder: Holder { id: "1".to_owned(), shown: "a test".to_owned() },
        threads,
        memory_bytes: 1 << 30,
        network: Network::default(),
        resumes: Vec::new(),
        block_rows,
    };
    engine::run(&run, &Control::default(), &()).unwrap();
    let files: BTreeMap<String, Vec<u8>> = fs::read_dir(root.path())
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
        })
        .collect();
    assert_eq!(files.len() as u64, KINDS.len() as u64 * shape.1);
    files
}

/// The plan of a model.
pub(crate) fn compile(model: &str) -> Option<Plan> {
    let mut problems = Problems::default();
    let files = ReadRoots::new(Some(&models()), &[]);
    let environment = Environment {
        seed: SEED,
        now: NOW,
        total_rows: None,
        files: &files,
        extensions: &Extensions::default(),
    };
    let model = model::parse(model, &mut problems)?;
    plan::compile(&model, &environment, &BTreeSet::new(), &mut problems)
}

/// Rows of a plan as JSON objects.
fn rows(plan: &Plan, first: u64, count: u64) -> Vec<Map<String, Value>> {
    let text = preview(plan, "json", first, count, &Bounds::default()).unwrap().text;
    let lines = String::from_utf8(text).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// For all threads and block sizes: files(threads, block) = files(1, any), for every model and format.
#[test]
fn threads_and_blocks_never_show_in_a_file() {
    const SHAPE: (u64, u64) = (700, 2);
    for (name, model) in MODELS {
        let expected = files(model, SHAPE, 1, None);
        for threads in [1, 2, 7] {
            for block in [1, 7, 1_000] {
                let found = files(model, SHAPE, threads, Some(block));
                for (file, bytes) in &expected {
                    assert!(
                        found[file] == *bytes,
                        "{name}: {file}: threads {threads}, block {block}"
                    );
                }
            }
        }
    }
}

/// As above over many segments of every format.
#[test]
fn threads_never_show_in_files_of_many_segments() {
    let model = datagen::samples::find("order_line").unwrap();
    let expected = files(model, (60_000, 1), 1, None);
    let found = files(model, (60_000, 1), 7, Some(1_000));
    for (file, bytes) in &expected {
        assert!(found[file] == *bytes, "{file}");
    }
}

/// For all models and fields: the other columns do not change when it is added, removed or moved.
#[test]
fn other_fields_never_show_in_a_column() {
    for (name, model) in MODELS {
        let expected = rows(&compile(model).unwrap(), 0, 50);
        let document: Value = serde_json::from_str(model).unwrap();
        let fields = document["Fields"].as_array().unwrap();
        let check = |what: &str, fields: Vec<Value>| {
            let mut changed = document.clone();
            changed["Fields"] = fields.into();
            let Some(plan) = compile(&changed.to_string()) else { return 0 };
            for (row, expected) in rows(&plan, 0, 50).into_iter().zip(&expected) {
                for (column, value) in row {
                    let before = expected.get(&column);
                    assert!(
                        before.is_none_or(|before| *before == value),
                        "{name}.{column}: {what}"
                    );
                }
            }
            1
        };
        let added = [vec![json!({"name": "one more", "type": "LONG"})], fields.clone()].concat();
        assert_eq!(check("added", added), 1);
        assert_eq!(check("moved", fields.iter().rev().cloned().collect()), 1);
        // A field that others read cannot be removed.
        let removed = (0..fields.len()).map(|index| {
            let mut fewer = fields.clone();
            fewer.remove(index);
            check("removed", fewer)
        });
        assert!(removed.sum::<usize>() > 1, "{name}");
    }
}

/// For all rows: made alone = made within a run.
#[test]
fn rows_made_alone_equal_those_of_a_run() {
    for (name, model) in MODELS {
        let plan = compile(model).unwrap();
        let all = rows(&plan, 0, 700);
        assert_eq!(rows(&plan, 500, 100), all[500..600], "{name}");
        assert_eq!(rows(&plan, 577, 1), all[577..578], "{name}");
        assert_eq!(rows(&plan, 500, 100), rows(&plan, 500, 200)[..100], "{name}");
    }
}

#[test]
fn previewed_rows_equal_those_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let model = models().join("sale_visit.json");
    let model = model.to_str().unwrap();
    let same = ["--seed", "42", "--now", "2026-01-01T00:00:00Z"];
    let generate = ["generate", "--model", model, "--rows", "700", "--output-root", ".", "--quiet"];
    run_ok(folder.path(), &[&generate[..], &same].concat());
    let file = fs::read_to_string(folder.path().join("sale_visit-0000000000.csv")).unwrap();
    let preview = ["preview", model, "-n", "100", "--from", "500", "--format", "csv"];
    let preview = run_ok(folder.path(), &[&preview[..], &same].concat());
    let lines: Vec<&str> = file.lines().collect();
    assert_eq!(preview.lines().next(), lines.first().copied());
    assert_eq!(preview.lines().skip(1).collect::<Vec<_>>(), lines[501..601]);
}
