//! Who may import whom, read from the sources: a rule that no tool checks is a wish.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A module may only name modules above its own line, so a cycle cannot be written down.
const LAYERS: &[(&str, &[&str])] = &[
    // L0: machinery that knows nothing of models.
    ("rng", &[]),
    ("problems", &[]),
    ("columns", &[]),
    ("calendar", &["problems"]),
    ("telemetry", &[]),
    ("dictionaries", &["problems", "rng"]),
    ("attributes", &["problems"]),
    ("sampling", &["rng", "columns", "attributes", "dictionaries", "problems"]),
    ("display", &["columns", "calendar"]),
    ("texts", &["rng", "columns", "problems"]),
    ("compression", &["attributes"]),
    ("text_rows", &["columns", "calendar", "compression"]),
    ("orc_file", &["columns"]),
    (
        "sandbox",
        &["calendar", "columns", "dictionaries", "display", "problems", "rng", "sampling", "texts"],
    ),
    ("config", &["sandbox"]),
    // L1: what the user wrote, and the families.
    ("model", &["attributes", "problems"]),
    ("expression", &["columns", "calendar", "display", "problems", "rng"]),
    (
        "fields",
        &[
            "attributes",
            "calendar",
            "columns",
            "dictionaries",
            "problems",
            "rng",
            "sampling",
            "texts",
        ],
    ),
    (
        "formats",
        &[
            "attributes",
            "calendar",
            "columns",
            "compression",
            "display",
            "orc_file",
            "problems",
            "text_rows",
        ],
    ),
    ("stores", &[]),
    ("roots", &["fields", "problems"]),
    ("samples", &[]),
    // Who may come in: knows neither HTTP nor the database.
    ("access", &["problems"]),
    // L2
    ("sinks", &["attributes", "columns", "formats", "problems", "stores"]),
    (
        "plan",
        &["attributes", "columns", "expression", "fields", "model", "problems", "rng", "sandbox"],
    ),
    // L3
    ("engine", &["columns", "formats", "plan", "sandbox", "sinks"]),
    // L4
    (
        "commands",
        &[
            "access",
            "attributes",
            "columns",
            "config",
            "engine",
            "formats",
            "model",
            "plan",
            "problems",
            "roots",
            "samples",
            "sandbox",
            "sinks",
        ],
    ),
    // L5
    (
        "api",
        &[
            "access",
            "attributes",
            "commands",
            "config",
            "engine",
            "fields",
            "formats",
            "model",
            "plan",
            "problems",
            "roots",
            "samples",
            "sandbox",
            "sinks",
            "telemetry",
        ],
    ),
    // L6
    (
        "cli",
        &[
            "access",
            "api",
            "attributes",
            "columns",
            "commands",
            "config",
            "engine",
            "fields",
            "formats",
            "model",
            "plan",
            "problems",
            "roots",
            "samples",
            "sandbox",
            "sinks",
            "telemetry",
        ],
    ),
];

/// Crates that only these modules may name.
const KEPT_APART: &[(&str, &[&str])] = &[
    ("axum", &["api"]),
    ("tokio", &["api", "cli", "commands"]),
    ("rusqlite", &["commands/store"]),
    // The registry names the module of that name.
    ("parquet", &["formats/parquet", "formats/mod.rs"]),
    ("clap", &["cli"]),
    ("rhai", &["sandbox"]),
    ("wasmtime", &["sandbox"]),
    ("argon2", &["access/password.rs"]),
    ("rustls", &["api/tls.rs", "cli/client.rs"]),
    ("hyper", &["api/listen.rs"]),
];

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        let mut entries: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
    found.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// The part of a source before its unit tests: tests may use what they like.
fn code(source: &str) -> &str {
    source.split("#[cfg(test)]\nmod ").next().unwrap()
}

fn module_of(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

#[test]
fn modules_import_lower_layers_only() {
    for (index, (name, imports)) in LAYERS.iter().enumerate() {
        for import in *imports {
            let above = LAYERS[..index].iter().any(|(known, _)| known == import);
            assert!(
                above,
                "`{name}` may import `{import}` only if it stands above it in the table"
            );
        }
    }
    let mut wrong = BTreeSet::new();
    for (file, source) in sources() {
        let module = module_of(&file);
        if ["lib", "main"].contains(&module) {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == module) else {
            wrong.insert(format!("{file}: `{module}` has no line in the table"));
            continue;
        };
        let lines = code(&source).lines().filter(|line| !line.trim_start().starts_with("//"));
        for rest in lines.flat_map(|line| line.split("crate::").skip(1)) {
            let import: String =
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let known = LAYERS.iter().any(|(name, _)| *name == import);
            if known && import != module && !allowed.contains(&import.as_str()) {
                wrong.insert(format!("{file}: `{module}` may not import `{import}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn crates_of_one_place_are_named_there_only() {
    for (file, source) in sources() {
        for (name, places) in KEPT_APART {
            let used = code(&source).lines().any(|line| {
                let line = line.trim_start();
                !line.starts_with("//") && line.contains(&format!("{name}::"))
            });
            let allowed = places.iter().any(|place| file.starts_with(place));
            assert!(!used || allowed, "{file} names `{name}`, which belongs to {places:?}");
        }
    }
}

#[test]
fn every_file_says_what_it_is() {
    for (file, source) in sources() {
        assert!(source.starts_with("//! "), "{file} does not open with `//!`");
    }
}

#[test]
fn files_of_a_family_are_registered() {
    for family in ["fields", "formats", "stores", "sinks"] {
        let all = sources();
        let front = &all.iter().find(|(file, _)| *file == format!("{family}/mod.rs")).unwrap().1;
        for (file, _) in &all {
            let Some(name) = file.strip_prefix(&format!("{family}/")) else { continue };
            let name = name.split('/').next().unwrap().trim_end_matches(".rs");
            let registered = name == "mod" || front.contains(&format!("mod {name};"));
            assert!(registered, "{file} has no `mod` line in {family}/mod.rs");
        }
    }
}
