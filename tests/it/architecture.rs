//! Who may import whom, read from the sources: a rule that no tool checks is a wish.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::imports::{has_function, names, names_in_item};

/// A module may only name modules above its own line, so a cycle cannot be written down.
const LAYERS: &[(&str, &[&str])] = &[
    // L0: machinery that knows nothing of models.
    ("memory", &[]),
    ("failures", &[]),
    ("rng", &[]),
    ("problems", &[]),
    ("columns", &[]),
    ("columnwise", &[]),
    // The contract of what makes a column: fields, expressions and the sandbox keep it, the plan calls it.
    ("generator", &["columns", "failures"]),
    ("calendar", &["problems"]),
    ("telemetry", &["problems"]),
    ("dictionaries", &["problems", "rng"]),
    ("secrets", &[]),
    ("reach", &[]),
    ("attributes", &["problems", "reach", "secrets"]),
    ("sampling", &["rng", "columns", "attributes", "dictionaries", "problems"]),
    ("display", &["columns", "calendar"]),
    ("texts", &["rng", "columns", "problems"]),
    ("compression", &["attributes"]),
    // What clients of remote places share: the one room of the core that is async inside.
    ("remote", &["attributes", "problems", "reach", "secrets"]),
    ("text_rows", &["columns", "calendar", "compression", "display"]),
    ("orc_file", &["columns"]),
    ("roots", &["problems"]),
    (
        // Scripts read tables beside them, through the same handles as models do.
        "sandbox",
        &[
            "calendar",
            "columns",
            "columnwise",
            "dictionaries",
            "display",
            "failures",
            "generator",
            "memory",
            "problems",
            "rng",
            "roots",
            "sampling",
            "texts",
        ],
    ),
    ("config", &["sandbox", "secrets"]),
    // L1: what the user wrote, and the families.
    ("model", &["attributes", "problems", "secrets"]),
    (
        "expression",
        &["columns", "columnwise", "calendar", "display", "generator", "problems", "rng"],
    ),
    (
        // Types of extensions and computed fields are field types like the others.
        "fields",
        &[
            "attributes",
            "calendar",
            "columns",
            "dictionaries",
            "expression",
            "failures",
            "generator",
            "problems",
            "rng",
            "roots",
            "sampling",
            "sandbox",
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
    ("stores", &["attributes", "problems", "reach", "remote", "secrets"]),
    ("samples", &[]),
    // Who may come in: knows neither HTTP nor the database.
    ("access", &["problems"]),
    // L2
    (
        "delivery",
        &["attributes", "columns", "formats", "problems", "reach", "remote", "secrets", "stores"],
    ),
    (
        "plan",
        &[
            "attributes",
            "columns",
            "failures",
            "fields",
            "generator",
            "model",
            "problems",
            "rng",
            "roots",
            "sandbox",
        ],
    ),
    (
        "draft",
        &[
            "attributes",
            "columns",
            "config",
            "failures",
            "fields",
            "formats",
            "generator",
            "model",
            "plan",
            "problems",
            "reach",
            "remote",
            "roots",
            "samples",
            "sandbox",
            "secrets",
            "delivery",
        ],
    ),
    // L3
    ("engine", &["columns", "failures", "formats", "plan", "problems", "remote", "delivery"]),
    // The server's own state, and what is done with it.
    (
        "home",
        &[
            "access", "config", "delivery", "failures", "fields", "model", "problems", "samples",
            "sandbox", "secrets",
        ],
    ),
    // L4
    (
        "commands",
        &[
            "access",
            "attributes",
            "columns",
            "config",
            "draft",
            "engine",
            "failures",
            "fields",
            "formats",
            "home",
            "model",
            "problems",
            "reach",
            "remote",
            "roots",
            "sandbox",
            "secrets",
            "delivery",
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
            "draft",
            "engine",
            "fields",
            "formats",
            "home",
            "model",
            "plan",
            "problems",
            "remote",
            "roots",
            "samples",
            "sandbox",
            "secrets",
            "delivery",
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
            "draft",
            "engine",
            "expression",
            "failures",
            "fields",
            "formats",
            "home",
            "model",
            "plan",
            "problems",
            "reach",
            "remote",
            "roots",
            "samples",
            "sampling",
            "sandbox",
            "secrets",
            "delivery",
            "telemetry",
        ],
    ),
];

/// Crates that only these modules may name.
const KEPT_APART: &[(&str, &[&str])] = &[
    // Rooms of the core have their names here as well; by those the table above knows them.
    ("datagen_core", &["lib.rs"]),
    ("axum", &["api"]),
    ("tokio", &["api", "cli", "commands", "remote"]),
    // Only the home's store names the database.
    ("rusqlite", &["home/store"]),
    // The registry names the module of that name.
    ("parquet", &["formats/parquet", "formats/mod.rs"]),
    ("clap", &["cli"]),
    ("rhai", &["sandbox"]),
    ("wasmtime", &["sandbox"]),
    ("argon2", &["access/password.rs"]),
    // rustls has a module of that name.
    ("ring", &["api/tls.rs", "home/seal.rs", "remote/tls.rs"]),
    (
        "rustls",
        &["api/tls.rs", "cli/client.rs", "remote/tls.rs", "remote/socket.rs", "remote/web.rs"],
    ),
    ("tokio_rustls", &["api", "remote/socket.rs"]),
    ("tokio_postgres", &["delivery/postgresql"]),
    ("object_store", &["stores/s3"]),
    ("reqwest", &["remote", "stores/s3", "delivery/kafka"]),
    ("hyper", &["api/listen.rs"]),
    ("datagen_kafka", &["delivery/kafka"]),
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
    let mut sources = Vec::new();
    for crate_sources in ["crates/core/src", "src"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(crate_sources);
        let mut found = Vec::new();
        walk(&root, &mut found);
        let name = |path: &Path| path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        sources.extend(found.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())));
    }
    sources
}

fn module_of(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

/// Where components of a family are registered: folder, the file and the item that lists them, and
/// files of the folder that are no components.
const FAMILIES: &[(&str, &str, &str, &[&str])] = &[
    (
        "fields",
        "fields/mod.rs",
        "FIELD_TYPES",
        &[
            "catalogue",
            "compiled",
            "computed",
            "definition",
            "equivalents",
            "extension",
            "shared",
            "tests",
            "trial",
        ],
    ),
    ("formats", "formats/mod.rs", "FORMATS", &["messages", "records", "samples", "text"]),
    // Standard output is the command line's own: no connector has that name.
    ("stores", "stores/mod.rs", "STORES", &["names"]),
    (
        "delivery",
        "delivery/mod.rs",
        "SERVICES",
        &["connector", "declared", "files", "sink", "stdout", "target"],
    ),
];

fn wrong_imports(sources: &[(String, String)]) -> BTreeSet<String> {
    let mut wrong = BTreeSet::new();
    for (file, source) in sources {
        let module = module_of(file);
        if ["lib", "main"].contains(&module) {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == module) else {
            wrong.insert(format!("{file}: `{module}` has no line in the table"));
            continue;
        };
        for import in names(file, source).modules {
            let known = LAYERS.iter().any(|(name, _)| *name == import);
            if known && import != module && !allowed.contains(&import.as_str()) {
                wrong.insert(format!("{file}: `{module}` may not import `{import}`"));
            }
        }
    }
    wrong
}

fn misplaced_crates(sources: &[(String, String)]) -> BTreeSet<String> {
    let mut wrong = BTreeSet::new();
    for (file, source) in sources {
        let firsts = names(file, source).firsts;
        for (name, places) in KEPT_APART {
            let allowed = places.iter().any(|place| file.starts_with(place));
            if firsts.contains(*name) && !allowed {
                wrong.insert(format!("{file} names `{name}`, which belongs to {places:?}"));
            }
        }
    }
    wrong
}

fn unregistered(sources: &[(String, String)]) -> BTreeSet<String> {
    let source_of = |file: &str| &sources.iter().find(|(name, _)| name == file).unwrap().1;
    let mut wrong = BTreeSet::new();
    for (family, registry, item, machinery) in FAMILIES {
        let registered = names_in_item(registry, source_of(registry), item);
        // A family may have no member yet.
        let is_there = source_of(registry).contains(&format!("{item}: &["));
        assert!(is_there, "{registry} has no registry `{item}`");
        for (file, _) in sources {
            let Some(name) = file.strip_prefix(&format!("{family}/")) else { continue };
            let name = name.split('/').next().unwrap().trim_end_matches(".rs");
            if name != "mod" && !machinery.contains(&name) && !registered.contains(name) {
                wrong.insert(format!("{file}: `{item}` in {registry} does not list `{name}`"));
            }
        }
    }
    let api = names("api/mod.rs", source_of("api/mod.rs")).firsts;
    for (file, source) in sources.iter().filter(|(file, _)| file.starts_with("api/")) {
        let name = file.trim_start_matches("api/").trim_end_matches(".rs");
        if name != "mod" && has_function(file, source, "routes") && !api.contains(name) {
            wrong.insert(format!("{file}: api/mod.rs does not merge `{name}::routes()`"));
        }
    }
    wrong
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
    let wrong = wrong_imports(&sources());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn crates_of_one_place_are_named_there_only() {
    let wrong = misplaced_crates(&sources());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_file_says_what_it_is() {
    for (file, source) in sources() {
        assert!(source.starts_with("//! "), "{file} does not open with `//!`");
    }
}

#[test]
fn files_of_a_family_are_registered() {
    let wrong = unregistered(&sources());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The checks above can fail: each finds what is planted into the real sources.
#[test]
fn planted_faults_are_found() {
    let plant = |file: &str, code: &str| {
        let mut sources = sources();
        match sources.iter_mut().find(|(name, _)| name == file) {
            Some((_, source)) => source.push_str(code),
            None => sources.push((file.to_owned(), format!("//! Planted.\n{code}"))),
        }
        sources
    };
    // Front pages whose first lines hold a `#[cfg(test)] mod` are read whole.
    let wrong = wrong_imports(&plant("fields/mod.rs", "use crate::{api, columns::Rows};"));
    assert_eq!(
        wrong.into_iter().collect::<Vec<_>>(),
        ["fields/mod.rs: `fields` may not import `api`"]
    );
    let wrong = wrong_imports(&plant("columns.rs", "fn f() { assert!(super::plan::X); }"));
    assert_eq!(
        wrong.into_iter().collect::<Vec<_>>(),
        ["columns.rs: `columns` may not import `plan`"]
    );
    let wrong = misplaced_crates(&plant("engine/mod.rs", "use tokio::{runtime::Handle};"));
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    let wrong = unregistered(&plant("fields/planted.rs", "pub(super) struct Planted;"));
    assert_eq!(
        wrong.into_iter().collect::<Vec<_>>(),
        ["fields/planted.rs: `FIELD_TYPES` in fields/mod.rs does not list `planted`"]
    );
    let wrong = unregistered(&plant("api/planted.rs", "fn routes() {}"));
    assert_eq!(wrong.len(), 1, "{wrong:?}");
}
