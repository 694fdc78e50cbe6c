//! Fields of user code of every kind, through the command line into every format: the same bytes whatever
//! makes them.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::on_error::{failing_fields, write_module};
use crate::support::{files_below, run_ok};

/// Lowered and interpreted scripts, modules in Rust and C, sub-values, inputs from other fields, and fields
/// whose failing rows are null.
fn fields() -> Vec<Value> {
    let mut fields = failing_fields();
    fields.extend([
        json!({"name": "ordered", "type": "DATE", "min": "2024-01-01", "max": "2024-12-31"}),
        json!({"name": "iban", "type": "IBAN", "params": {"country": "GB"}}),
        json!({"name": "text", "type": "SENTENCE", "params": {"words": 5}, "null_rate": 0.1}),
        json!({"name": "walk", "type": "GEO_WALK", "params": {"steps": 3}}),
        json!({"name": "meters", "type": "LINK", "link": "$walk.meters"}),
        json!({"name": "parcel", "type": "parcel", "inputs": ["ordered"]}),
        json!({"name": "bin", "type": "INTEGER", "min": 400_000, "max": 499_999}),
        json!({"name": "card", "type": "PAYMENT_CARD", "inputs": ["bin"]}),
        json!({"name": "from", "type": "AIRPORT"}),
        json!({"name": "from_city", "type": "LINK", "link": "$from.city"}),
        json!({"name": "position", "type": "WALK", "params": {"latitude": 59.91, "longitude": 10.75}}),
    ]);
    fields
}

/// For all threads and block sizes: the same files.
#[test]
fn user_code_leaves_the_same_files_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write_module(path);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for module in ["cards.wasm", "lookup.wasm", "walk.wasm"] {
        let from = root.join("wasm-generators").join(module);
        fs::copy(from, path.join("wasm-generators").join(module)).unwrap();
    }
    fs::write(path.join("m.json"), json!({"Fields": fields()}).to_string()).unwrap();
    let scripts = root.join("scripts");
    let explained =
        run_ok(path, &["check", "m.json", "--explain", "--extensions", scripts.to_str().unwrap()]);
    for how in ["lowered script", "interpreted script", "module", "native"] {
        assert!(explained.contains(&format!(": {how}")), "{explained}");
    }
    let make = |threads: &str, block: Option<&str>| {
        let out = format!("out-{threads}-{}", block.unwrap_or("own"));
        let mut arguments = vec![
            "generate",
            "--model",
            "m.json",
            "--connector",
            "csv,json,avro,parquet,orc",
            "--rows",
            "1300",
            "--batches",
            "2",
            "--seed",
            "5",
            "--now",
            "2026-01-02T03:04:05Z",
            "--quiet",
            "--extensions",
            scripts.to_str().unwrap(),
            "--output-root",
            &out,
            "--threads",
            threads,
            "--summary",
            "json",
        ];
        arguments.extend(block.into_iter().flat_map(|block| ["--block-rows", block]));
        let summary: Value = serde_json::from_str(&run_ok(path, &arguments)).unwrap();
        (files_below(&path.join(out)), summary["failed_rows"].clone())
    };
    let expected = make("1", None);
    assert_eq!(expected.0.len(), 10, "{:?}", expected.0.keys());
    assert_eq!(expected.1.as_array().unwrap().len(), 5, "{}", expected.1);
    for (threads, block) in
        [("2", None), ("7", None), ("1", Some("1")), ("2", Some("7")), ("7", Some("1000"))]
    {
        assert!(make(threads, block) == expected, "{threads} threads, blocks of {block:?}");
    }
}
