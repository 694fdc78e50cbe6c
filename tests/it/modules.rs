//! WebAssembly modules as users meet them: files in a folder, named by models.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datagen::delivery::Holder;
use datagen::draft::{Amount, Draft, Site, Surroundings};
use datagen::engine::{self, Control, Run};
use datagen::fields;
use datagen::remote::Network;
use datagen::sandbox::{Extensions, Limits, Settings};

use crate::reproducible::{NOW, SEED};
use crate::support::{run, run_ok};

/// The modules that come with Datagen.
fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("wasm-generators")
}

const MODEL: &str = r#"{"Fields": [
    {"name": "bin", "type": "INTEGER", "min": 400000, "max": 499999},
    {"name": "card", "type": "PAYMENT_CARD", "inputs": ["bin"]},
    {"name": "points", "type": "WASM", "module": "cards.wasm", "generator": "points", "inputs": {"base": "bin"}},
    {"name": "from", "type": "Airport"},
    {"name": "from_city", "type": "LINK", "link": "$from.city"},
    {"name": "position", "type": "WALK", "params": {"latitude": 59.91, "longitude": 10.75, "leg": 10}},
    {"name": "latitude", "type": "LINK", "link": "$position.latitude"},
    {"name": "said", "type": "MARKOV", "params": {"words": 6}}
]}"#;

/// The files of a run, by their endings.
fn files(
    extensions: &Arc<Extensions>,
    threads: usize,
    block_rows: Option<usize>,
) -> BTreeMap<String, Vec<u8>> {
    let root = tempfile::tempdir().unwrap();
    let surroundings = Surroundings {
        output_root: root.path().to_owned(),
        read_roots: Vec::new(),
        tells_folders: true,
        default_folder: String::new(),
        extensions: Arc::clone(extensions),
        site: Site::default(),
    };
    let draft = Draft {
        text: MODEL,
        connectors: Some(&["csv".to_owned(), "parquet".to_owned()]),
        amount: Some(Amount { batch_rows: 300, batches: 2 }),
        seed: SEED,
        now: NOW,
        ..Draft::default()
    };
    let prepared = draft.compile(&surroundings).ready().unwrap();
    let run = Run {
        plan: Arc::clone(&prepared.plan),
        targets: prepared.targets.clone(),
        batch_rows: 300,
        batches: 0..2,
        holder: Holder { id: "1".to_owned(), shown: "a test".to_owned() },
        threads,
        memory_bytes: 1 << 30,
        network: Network::default(),
        resumes: Vec::new(),
        block_rows,
    };
    engine::run(&run, &Control::default(), &()).unwrap();
    let file = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.unwrap();
        (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
    };
    fs::read_dir(root.path()).unwrap().map(file).collect()
}

fn extensions(cache: Option<PathBuf>) -> Arc<Extensions> {
    let limits = Limits { load_seconds: 600, ..Limits::default() };
    let found = fields::library(Settings { folders: vec![samples()], cache, limits }).current();
    assert_eq!(found.faults(), []);
    found
}

/// For all threads and block sizes: the files of modules are those of one thread. And for code from the
/// cache: those of code just compiled.
#[test]
fn threads_blocks_and_the_cache_never_show_in_files_of_modules() {
    let cache = tempfile::tempdir().unwrap();
    let fresh = extensions(Some(cache.path().to_owned()));
    let expected = files(&fresh, 1, None);
    assert_eq!(expected.len(), 4);
    for (threads, block) in
        [(1, Some(1)), (2, Some(7)), (7, Some(100)), (7, None), (2, Some(1_000))]
    {
        assert!(files(&fresh, threads, block) == expected, "threads {threads}, block {block:?}");
    }
    let cached = extensions(Some(cache.path().to_owned()));
    assert!(files(&cached, 2, None) == expected, "cached code");
    let csv = expected.values().find(|bytes| bytes.starts_with(b"bin,")).unwrap();
    let head: Vec<&str> = std::str::from_utf8(csv).unwrap().lines().take(4).collect();
    insta::assert_snapshot!(head.join("\n"));
}

#[test]
fn hostile_files_in_the_folder_hurt_neither_the_others_nor_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let modules = folder.path().join("wasm-generators");
    fs::create_dir(&modules).unwrap();
    fs::copy(samples().join("lookup.wasm"), modules.join("lookup.wasm")).unwrap();
    // A file beyond the limit, which takes no room on the disk; one that is no module; one that leads out.
    fs::File::create(modules.join("bomb.wasm")).unwrap().set_len(100 << 20).unwrap();
    fs::write(modules.join("noise.wasm"), "noise").unwrap();
    fs::write(modules.join("wrong.wat"), "(component\n  (core modul))").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", modules.join("out.wasm")).unwrap();
    let model = r#"{"Fields": [{"name": "a", "type": "AIRPORT", "params": {"country": "JP"}}]}"#;
    fs::write(folder.path().join("model.json"), model).unwrap();
    let out = run_ok(folder.path(), &["preview", "model.json", "-n", "2", "--format", "csv"]);
    assert_eq!(out.replace('"', ""), "a\nHND\nHND\n");

    let model = r#"{"Fields": [{"name": "a", "type": "WASM", "module": "../lookup.wasm"}]}"#;
    fs::write(folder.path().join("model.json"), model).unwrap();
    let refused = run(folder.path(), &["check", "model.json"]);
    assert!(!refused.status.success());
    let told = String::from_utf8_lossy(&refused.stderr) + String::from_utf8_lossy(&refused.stdout);
    assert!(told.contains("there is no file `../lookup.wasm`"), "{told}");
}

/// For code that is damaged where it is kept: listing what there is does not read it, using it heals it.
#[test]
fn the_code_of_a_known_module_is_not_looked_at_before_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("wasm-generators")).unwrap();
    fs::copy(samples().join("lookup.wasm"), folder.path().join("wasm-generators/lookup.wasm"))
        .unwrap();
    let model = r#"{"Fields": [{"name": "a", "type": "AIRPORT", "params": {"country": "JP"}}]}"#;
    fs::write(folder.path().join("model.json"), model).unwrap();
    let listed = run_ok(folder.path(), &["fields"]);
    assert!(listed.contains("AIRPORT"), "{listed}");
    let kept = fs::read_dir(folder.path().join(".datagen/extension-cache/modules")).unwrap();
    let mut code: Vec<_> = kept.map(|entry| entry.unwrap().path()).collect();
    code.retain(|path| path.to_string_lossy().contains("-code-"));
    let [code] = &code[..] else { panic!("{code:?}") };
    let compiled = fs::metadata(code).unwrap().len();
    fs::write(code, "damaged").unwrap();
    assert_eq!(run_ok(folder.path(), &["fields"]), listed);
    assert_eq!(fs::read(code).unwrap(), b"damaged");
    let out = run_ok(folder.path(), &["preview", "model.json", "-n", "2", "--format", "csv"]);
    assert_eq!(out.replace('"', ""), "a\nHND\nHND\n");
    assert_eq!(fs::metadata(code).unwrap().len(), compiled);
    // What changes is looked at again, and told.
    fs::write(folder.path().join("wasm-generators/lookup.wasm"), "noise").unwrap();
    let listed = run_ok(folder.path(), &["fields"]);
    assert!(
        !listed.contains("AIRPORT")
            && listed.contains("lookup.wasm: this is no WebAssembly module"),
        "{listed}"
    );
}
