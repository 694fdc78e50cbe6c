//! `datagen test`: functions `test_…` of scripts, and golden rows.

use std::fs;
use std::path::Path;

use crate::support::{run, run_ok};
use crate::wasm_text::Text;

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// What `datagen test` says, and whether it is content.
fn tested(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = run(folder, &[&["test"], arguments].concat());
    let told =
        String::from_utf8(output.stdout).unwrap() + &*String::from_utf8(output.stderr).unwrap();
    (output.status.success(), told)
}

#[test]
fn functions_of_scripts_are_run_as_models_run_them() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "scripts/rates.csv", "k,v\nx,2\n");
    let script = r#"
const output = "int64";
const params = #{ factor: 3 };
const sub_values = #{ half: "float64" };
const TABLE = table("rates.csv", "k");
fn check(params) { if params.factor < 0 { throw "factor is below 0"; } }
fn init(params) { #{ twice: params.factor * 2 } }
fn generate(row, params) {
    let made = row.a * init(params).twice + TABLE["x"].v + row_number();
    #{ value: made, half: made / 2.0 }
}
fn test_good() {
    let made = generate(#{ a: 2 }, #{});
    assert_equal(made, #{ value: 14, half: 7.0 });
    assert_equal(generate(#{ a: 2 }, #{ factor: 1 }, 5).value, 11);
    assert_equal(table("rates.csv").len(), 1);
}
fn test_refusal() {
    try { generate(#{ a: 1 }, #{ factor: -1 }); } catch (told) { assert(told.contains("below 0"), told); return; }
    throw "it was taken";
}
"#;
    write(
        folder.path(),
        "scripts/good.rhai",
        &script.replace("assert_equal(table(\"rates.csv\").len(), 1);", ""),
    );
    let (is_good, told) = tested(folder.path(), &[]);
    assert!(is_good, "{told}");
    insta::assert_snapshot!(told, @"
    ok      scripts/good.rhai test_good
    ok      scripts/good.rhai test_refusal
    2 passed, 0 failed
    ");
    let bad = r#"const output = "utf8";
fn generate(row, params) { row.t + "!" }
fn test_equal() { print("looking"); assert_equal(generate(#{ t: "a" }, #{}), "a?"); }
fn test_type() { assert_equal(1, 1.0); }
fn test_row() { generate(#{ b: "a" }, #{}); }
fn test_missing() { generate(#{}, #{}); }
fn test_params() { generate(#{ t: "a" }, #{ n: 1 }); }
fn test_throws() { throw "no"; }
fn test_endless() { loop {} }
fn test_fails() { generate(#{ t: () }, #{}).to_upper(); let x = 1 / 0; }
fn test_with_arguments(x) { x }
"#;
    write(folder.path(), "scripts/bad.rhai", bad);
    let (is_good, told) = tested(folder.path(), &["scripts/bad.rhai"]);
    assert!(!is_good);
    insta::assert_snapshot!(told, @r#"
    FAILED  scripts/bad.rhai test_endless
            scripts/bad.rhai: one row takes more than 10000000 operations (the limit `script_operations` of the setting `extension_limits`)
    FAILED  scripts/bad.rhai test_equal
            scripts/bad.rhai:3:37: found "a!", expected "a?"
                |
              3 | fn test_equal() { print("looking"); assert_equal(generate(#{ t: "a" }, #{}), "a?"); }
                |                                     ^
            printed: row 0: looking
    FAILED  scripts/bad.rhai test_fails
            scripts/bad.rhai:10:67: division by zero: 1 / 0
                 |
              10 | fn test_fails() { generate(#{ t: () }, #{}).to_upper(); let x = 1 / 0; }
                 |                                                                   ^
    FAILED  scripts/bad.rhai test_missing
            scripts/bad.rhai:6:21: the row of the test has no `t`
                |
              6 | fn test_missing() { generate(#{}, #{}); }
                |                     ^
    FAILED  scripts/bad.rhai test_params
            scripts/bad.rhai:7:20: the test's parameters: the script does not read `n` (the script reads none)
                |
              7 | fn test_params() { generate(#{ t: "a" }, #{ n: 1 }); }
                |                    ^
    FAILED  scripts/bad.rhai test_row
            scripts/bad.rhai:5:17: the test's row: the script does not read `b` (did you mean `t`?)
                |
              5 | fn test_row() { generate(#{ b: "a" }, #{}); }
                |                 ^
    FAILED  scripts/bad.rhai test_throws
            scripts/bad.rhai:8:20: no
                |
              8 | fn test_throws() { throw "no"; }
                |                    ^
    FAILED  scripts/bad.rhai test_type
            scripts/bad.rhai:4:18: found 1, expected 1.0
                |
              4 | fn test_type() { assert_equal(1, 1.0); }
                |                  ^
    0 passed, 8 failed
    "#);
}

#[test]
fn golden_rows_are_written_once_and_compared_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let (_, told) = tested(folder.path(), &[]);
    assert!(told.starts_with("no tests: "), "{told}");
    write(
        folder.path(),
        "scripts/dice.rhai",
        "const output = \"int64\";\nfn generate(row, params) { rand_int(1, 6) }\n",
    );
    write(
        folder.path(),
        "scripts/dice.json",
        r#"{"Fields": [{"name": "id", "type": "SEQUENCE"}, {"name": "d", "type": "DICE"}]}"#,
    );
    // There is nothing to compare with yet.
    assert!(tested(folder.path(), &[]).1.starts_with("no tests: "));
    let told = run_ok(folder.path(), &["test", "scripts", "--update"]);
    assert_eq!(
        told,
        "wrote   scripts/dice.golden.csv 20 rows\n0 passed, 0 failed, 1 file written\n"
    );
    let golden = folder.path().join("scripts/dice.golden.csv");
    assert_eq!(fs::read_to_string(&golden).unwrap().lines().count(), 21);
    let told = run_ok(folder.path(), &["test"]);
    assert_eq!(told, "ok      scripts/dice.golden.csv 20 rows\n1 passed, 0 failed\n");
    write(
        folder.path(),
        "scripts/dice.rhai",
        "const output = \"int64\";\nfn generate(row, params) { rand_int(1, 6) + 6 }\n",
    );
    let (is_good, told) = tested(folder.path(), &[]);
    assert!(!is_good);
    insta::assert_snapshot!(told, @r#"
    FAILED  scripts/dice.golden.csv
            line 2: expected "1","1"
                    found "1","7"
            line 3: expected "2","4"
                    found "2","10"
            line 4: expected "3","6"
                    found "3","12"
            line 5: expected "4","4"
                    found "4","10"
            line 6: expected "5","4"
                    found "5","10"
            and 15 lines more that differ
            if the new rows are right: `datagen test --update`
    0 passed, 1 failed
    "#);
    run_ok(folder.path(), &["test", "--update"]);
    assert!(tested(folder.path(), &[]).0);
    // A broken script fails its tests, and those of no other.
    write(folder.path(), "scripts/broken.rhai", "fn generate(row, params) {\n");
    let (is_good, told) = tested(folder.path(), &[]);
    assert!(!is_good && told.contains("1 passed, 1 failed"), "{told}");
    assert!(tested(folder.path(), &["scripts/dice.rhai"]).0);
    let (is_good, told) = tested(folder.path(), &["scripts/none.rhai"]);
    assert!(!is_good && told.contains("there is no file or folder `scripts/none.rhai`"), "{told}");
}

/// A type that another file has already is told, and fails nobody's tests.
#[test]
fn a_type_of_two_files_fails_no_tests() {
    let folder = tempfile::tempdir().unwrap();
    let script = "fn generate(row, params) { 1 }\nfn test_nothing() { assert(true); }\n";
    write(folder.path(), "scripts/count.rhai", script);
    fs::create_dir(folder.path().join("wasm-generators")).unwrap();
    let module = Text::default().bytes();
    fs::write(folder.path().join("wasm-generators/other.wasm"), module).unwrap();
    assert_eq!(
        run_ok(folder.path(), &["test"]),
        "note    wasm-generators/other.wasm: the type `COUNT` belongs to `scripts/count.rhai` already\n\
         ok      scripts/count.rhai test_nothing\n1 passed, 0 failed\n"
    );
}

/// What `datagen new` begins passes its own test.
#[test]
fn the_beginning_of_a_script_passes_its_test() {
    let folder = tempfile::tempdir().unwrap();
    run_ok(folder.path(), &["new", "script", "my_code"]);
    let told = run_ok(folder.path(), &["test", "scripts/my_code.rhai"]);
    assert!(told.ends_with("1 passed, 0 failed\n"), "{told}");
}

/// Issue 11, L3: what commands make is neither refused by `check` nor by a preview, which know of no command.
#[test]
fn a_script_that_asks_for_the_rows_of_the_whole_can_be_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let script = "const output = \"int64\";\nfn generate(row, params) { permute(row_number(), table_rows()) }\n";
    write(folder.path(), "scripts/perm.rhai", script);
    write(folder.path(), "m.json", r#"{"Fields": [{"name": "p", "type": "PERM"}]}"#);
    run_ok(folder.path(), &["check", "m.json"]);
    let rows = run_ok(folder.path(), &["preview", "m.json", "-n", "200", "--format", "csv"]);
    let different: std::collections::BTreeSet<&str> = rows.lines().skip(1).collect();
    assert_eq!(different.len(), 200);
}

/// What editors read stands beside scripts, and is no script.
#[test]
fn definitions_for_editors_stand_beside_scripts() {
    let folder = tempfile::tempdir().unwrap();
    run_ok(folder.path(), &["new", "script", "my_code"]);
    let definitions = fs::read_to_string(folder.path().join("scripts/datagen.d.rhai")).unwrap();
    assert_eq!(definitions, run_ok(folder.path(), &["functions", "--format", "rhai"]));
    assert!(definitions.contains("\nmodule static;\n"), "{definitions}");
    let told = run_ok(folder.path(), &["fields"]);
    assert!(told.contains("MY_CODE") && !told.contains("refused"), "{told}");
}

/// Issue 11, M8 and M11: a trial tells no places of a model that nobody wrote, and how to give a field that is read.
#[test]
fn what_is_wrong_with_a_trial_is_told_in_words_of_its_author() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "scripts/reads.rhai",
        "const output = \"int64\";\nfn generate(row, params) { row.bin + params.n }\n",
    );
    write(folder.path(), "scripts/broken.rhai", "fn generate(row, params) {\n");
    let told = |arguments: &[&str]| {
        let output = run(folder.path(), &[&["try"], arguments].concat());
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    insta::assert_snapshot!(told(&["scripts/broken.rhai"]), @"error: scripts/broken.rhai:2:1: expecting '}' to terminate this block");
    insta::assert_snapshot!(told(&["scripts/reads.rhai"]), @"error: scripts/reads.rhai: `reads` needs the parameter `n` (any JSON)");
    insta::assert_snapshot!(
        told(&["scripts/reads.rhai", "--params", "{\"n\": 1}"]),
        @r#"error: scripts/reads.rhai: refers to the unknown field `bin` (give it by `--field`, as in `--field '{"name": "NAME", "type": "INTEGER"}'`)"#
    );
}
