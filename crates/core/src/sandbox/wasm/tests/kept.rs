//! What is kept of modules between starts: it saves work, and shows nowhere else.

use std::fs;
use std::path::PathBuf;
use std::thread;

use super::super::code::Code;
use super::*;
use crate::columns::Values;

/// What is kept of the one module beside `cache`: its file of compiled code, or of its description.
fn file(cache: &Path, what: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(cache.join("modules")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.to_string_lossy().contains(&format!("-{what}-")));
    assert!(files.len() <= 1, "{files:?}");
    files.pop()
}

fn code(cache: &Path, bytes: &[u8]) -> Code {
    let digest = crate::sandbox::files::digest(bytes);
    let (bytes, cache) = (&Arc::new(bytes.to_vec()), Some(cache));
    Code::new(
        &Source { label: "x.wasm", stem: "x", bytes, digest: &digest, cache, attachments: &[] },
        &tight(),
    )
}

fn numbers(program: &dyn Program) -> Values {
    rows(&prepare(program).unwrap(), 5, 3, &[]).unwrap().column.values
}

#[test]
fn a_module_that_is_known_is_compiled_when_it_is_first_used() {
    let cache = tempfile::tempdir().unwrap();
    let (cache, bytes, limits) = (cache.path(), Text::default().bytes(), tight());
    let first = load_with(Some(cache), &bytes, &limits).unwrap();
    let code = file(cache, "code").unwrap();
    let (compiled, names) = (fs::read(&code).unwrap(), first.descriptions().to_vec());
    let damages: [&dyn Fn(); 2] =
        [&|| fs::write(&code, "damaged").unwrap(), &|| fs::remove_file(&code).unwrap()];
    for damage in damages {
        damage();
        let damaged = fs::read(&code).ok();
        let again = load_with(Some(cache), &bytes, &limits).unwrap();
        assert_eq!(again.descriptions(), names);
        assert_eq!(fs::read(&code).ok(), damaged, "the code was touched");
        assert_eq!(numbers(&*again), Values::Int64(vec![5, 6, 7]));
        assert_eq!(fs::read(&code).unwrap().len(), compiled.len(), "the code was not made anew");
    }
}

#[test]
fn a_damaged_description_is_made_anew() {
    let cache = tempfile::tempdir().unwrap();
    let (cache, bytes, limits) = (cache.path(), Text::default().bytes(), tight());
    let names = load_with(Some(cache), &bytes, &limits).unwrap().descriptions().to_vec();
    let description = file(cache, "description").unwrap();
    let whole = fs::read(&description).unwrap();
    for damaged in [&whole[1..], &whole[..10], b""] {
        fs::write(&description, damaged).unwrap();
        let again = load_with(Some(cache), &bytes, &limits).unwrap();
        assert_eq!(again.descriptions(), names);
        assert_eq!(fs::read(&description).unwrap(), whole);
        assert_eq!(numbers(&*again), Values::Int64(vec![5, 6, 7]));
    }
}

/// A module that was described in time may not be within other limits.
#[test]
fn a_description_holds_within_the_same_limits_only() {
    let cache = tempfile::tempdir().unwrap();
    let text = Text {
        items: "(global $left (mut i32) (i32.const 100000))".to_owned(),
        describe: "(loop $next (br_if $next (global.set $left (i32.sub (global.get $left) (i32.const 1))) (global.get $left)))".to_owned(),
        ..Text::default()
    };
    let bytes = text.bytes();
    assert!(load_with(Some(cache.path()), &bytes, &tight()).is_ok());
    assert!(load_with(Some(cache.path()), &bytes, &tight()).is_ok());
    let less = Limits { module_fuel: 10_000, ..tight() };
    let fault = load_with(Some(cache.path()), &bytes, &less).unwrap_err();
    let told = "one call takes more than 10000 units of fuel (the limit `module_fuel` of the setting `extension_limits`)";
    assert_eq!(fault.message, told);
}

#[test]
fn a_module_that_cannot_be_described_is_refused_at_every_start() {
    let cache = tempfile::tempdir().unwrap();
    for (text, told) in [
        (
            Text { describe: "unreachable".to_owned(), ..Text::default() },
            "failed: x.wasm: wasm `unreachable` instruction executed: a panic, an exception, a failed assertion or a call of an operating system that there is none of; built with the present library of its language (`datagen new wasm`) it tells which",
        ),
        (
            Text { generators: 0, ..Text::default() },
            "answer: x.wasm: it offers 0 generators, expected 1 to 100",
        ),
    ] {
        for _ in 0..2 {
            let fault = load_with(Some(cache.path()), &text.bytes(), &tight()).unwrap_err();
            assert_eq!(format!("{}: {fault}", fault.kind.code()), told);
            assert_eq!(file(cache.path(), "description"), None);
        }
        fs::remove_file(file(cache.path(), "code").unwrap()).unwrap();
    }
}

/// For a file that is known and does not compile all the same, which takes another compiler.
#[test]
fn what_is_wrong_when_a_module_is_first_used_is_told_as_at_the_start() {
    let cache = tempfile::tempdir().unwrap();
    let (cache, good, noise) = (cache.path(), Text::default().bytes(), b"noise");
    load_with(Some(cache), &good, &tight()).unwrap();
    code(cache, noise).keep(&code(cache, &good).kept().unwrap());
    let program = load_with(Some(cache), noise, &tight()).unwrap();
    assert_eq!(program.descriptions()[0].name, "count");
    let told = load(noise, &tight()).unwrap_err();
    assert_eq!(
        told.to_string(),
        "x.wasm: this is no WebAssembly module: it begins neither with \\0asm nor, as text, with `(`"
    );
    for _ in 0..2 {
        assert_eq!(prepare(&*program).unwrap_err(), told);
    }
}

#[test]
fn who_uses_a_module_first_at_the_same_time_shares_it() {
    let cache = tempfile::tempdir().unwrap();
    let bytes = Text::default().bytes();
    load_with(Some(cache.path()), &bytes, &tight()).unwrap();
    let code = code(cache.path(), &bytes);
    let modules: Vec<_> = thread::scope(|scope| {
        let users: Vec<_> = (0..8).map(|_| scope.spawn(|| code.module().unwrap())).collect();
        users.into_iter().map(|user| user.join().unwrap()).collect()
    });
    assert!(modules.iter().all(|module| Arc::ptr_eq(module, &modules[0])));
}
