//! The way of somebody who writes a field type: begin it, test it, try it out.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{files_below, run, run_ok};

/// What the program says when it refuses.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(!output.status.success(), "datagen {arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_beginning_in_webassembly_carries_all_that_its_language_needs() {
    let folder = tempfile::tempdir().unwrap();
    for (language, source) in [
        ("rust", "src/lib.rs"),
        ("c", "generator.c"),
        ("js", "generator.js"),
        ("python", "generator.py"),
    ] {
        let name = format!("my_{language}");
        let told = run_ok(folder.path(), &["new", "wasm", &name, "--lang", language]);
        assert!(told.contains(&format!("datagen try wasm-generators/{name}.wasm")), "{told}");
        let files = files_below(&folder.path().join("wasm-generators").join(&name));
        let text = |file: &str| String::from_utf8_lossy(&files[file]).into_owned();
        assert!(text(source).contains(&format!("my-{language}")), "{language}");
        assert!(text(&format!("{name}.json")).contains(&name.to_uppercase()), "{language}");
        for (file, bytes) in &files {
            let bytes = String::from_utf8_lossy(bytes);
            for place in ["@name@", "@kebab@", "@TYPE@"] {
                assert!(!bytes.contains(place), "{language}: {place} is left in {file}");
            }
        }
    }
}

/// A template lists the files of the Rust library by name.
#[test]
fn the_whole_rust_library_comes_along() {
    let folder = tempfile::tempdir().unwrap();
    run_ok(folder.path(), &["new", "wasm", "code", "--lang", "rust"]);
    let written = files_below(&folder.path().join("wasm-generators/code/datagen-field/src"));
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("wasm-generators/sdk-rust/src");
    assert_eq!(written, files_below(&ours));
}

/// Clang makes the module; the generator itself is C like any other.
#[test]
fn the_beginning_in_c_passes_its_own_test() {
    let folder = tempfile::tempdir().unwrap();
    run_ok(folder.path(), &["new", "wasm", "code", "--lang", "c"]);
    let own = folder.path().join("wasm-generators/code");
    let compiler =
        ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Idatagen", "test.c", "-o", "test"];
    assert!(Command::new("cc").args(compiler).current_dir(&own).status().unwrap().success());
    assert!(Command::new(own.join("test")).status().unwrap().success());
}

#[test]
fn nobody_s_work_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("wasm-generators/mine")).unwrap();
    fs::write(root.join("wasm-generators/built.wasm"), "theirs").unwrap();
    fs::create_dir(root.join("scripts")).unwrap();
    fs::write(root.join("scripts/mine.rhai"), "theirs").unwrap();
    let before = files_below(root);
    insta::assert_snapshot!(refused(root, &["new", "wasm", "mine", "--lang", "c"]));
    insta::assert_snapshot!(refused(root, &["new", "wasm", "built", "--lang", "c"]));
    insta::assert_snapshot!(refused(root, &["new", "script", "mine"]));
    assert_eq!(files_below(root), before);
}

#[test]
fn a_name_that_is_no_type_or_one_already_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let told: String = ["../up", "Upper", "9lives", "a-b", "", "city", "wasm", &"x".repeat(65)]
        .map(|name| refused(folder.path(), &["new", "wasm", name, "--lang", "js"]))
        .concat();
    insta::assert_snapshot!(told);
    insta::assert_snapshot!(refused(folder.path(), &["new", "script", "first_name"]));
    assert!(files_below(folder.path()).is_empty());
}
