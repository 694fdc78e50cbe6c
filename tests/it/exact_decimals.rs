//! Decimals in scripts keep all their digits, or a row that would lose some says so. Issue 11, D1.

use std::fs;
use std::path::Path;

use crate::support::{run, run_ok};

/// A folder with a model of an amount of 19 digits and a field `x` that `script` makes.
fn folder(script: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("scripts")).unwrap();
    fs::write(folder.path().join("scripts/dec.rhai"), script).unwrap();
    let model = r#"{"Fields": [{"name": "d", "type": "DECIMAL", "precision": 20, "scale": 2,
        "possible_values": ["12345678901234567.89"]}, {"name": "x", "type": "DEC"}]}"#;
    fs::write(folder.path().join("m.json"), model).unwrap();
    folder
}

fn first_row(folder: &Path) -> String {
    let rows = run_ok(folder, &["preview", "m.json", "--format", "csv"]);
    rows.lines().nth(1).unwrap().to_owned()
}

#[test]
fn a_decimal_that_is_given_on_keeps_its_digits() {
    let given_on = "const output = \"decimal(20, 2)\"; fn generate(row, params) { row.d }";
    let asked = "const output = \"decimal(20, 2)\";
        fn generate(row, params) { if row.d == () { return (); } else { row.d } }";
    for script in [given_on, asked] {
        let folder = folder(script);
        assert_eq!(first_row(folder.path()), "\"12345678901234567.89\",\"12345678901234567.89\"");
    }
}

#[test]
fn arithmetic_of_decimals_is_exact_where_the_script_says_so() {
    let folder = folder(
        "const output = \"decimal(25, 4)\";
        const exact_decimals = true;
        const params = #{ rate: #{ value: \"0.19\", kind: \"decimal\" } };
        fn generate(row, params) { row.d * params.rate + 0.01 }",
    );
    // 12345678901234567.89 * 0.19 + 0.01, as Python's decimal has it.
    assert_eq!(first_row(folder.path()), "\"12345678901234567.89\",\"2345678991234567.9091\"");
    let told = run_ok(folder.path(), &["check", "m.json", "--explain"]);
    assert!(told.contains("lowered script"), "{told}");
}

#[test]
fn digits_that_a_number_would_lose_are_told_with_the_cure() {
    let folder =
        folder("const output = \"decimal(20, 2)\"; fn generate(row, params) { row.d * 2 }");
    let output = run(folder.path(), &["preview", "m.json"]);
    assert!(!output.status.success());
    let told = String::from_utf8(output.stderr).unwrap();
    insta::assert_snapshot!(told);
    // A result that is a number promises no digits.
    fs::write(
        folder.path().join("scripts/dec.rhai"),
        "const output = \"float64\"; fn generate(row, params) { row.d * 2 }",
    )
    .unwrap();
    assert_eq!(first_row(folder.path()), "\"12345678901234567.89\",\"2.4691357802469136e+16\"");
}

#[test]
fn what_is_no_decimal_is_refused_where_it_is_said() {
    let folder = folder(
        "const output = \"decimal(9, 4)\";
        const params = #{ rate: #{ value: \"0.19\", kind: \"decimal\" } };
        fn generate(row, params) { decimal(params.rate) }",
    );
    let refused = |rate: &str| {
        let model = format!(
            r#"{{"Fields": [{{"name": "x", "type": "DEC", "params": {{"rate": {rate}}}}}]}}"#
        );
        fs::write(folder.path().join("m.json"), model).unwrap();
        let output = run(folder.path(), &["check", "m.json"]);
        assert!(!output.status.success(), "{rate}");
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    insta::assert_snapshot!([refused("12345678901234.567"), refused("\"1e3\"")].concat());
}
