//! Sub-values of user code keep their types through links that say so, and inputs may name them; what `init` makes is made once.
//! Issue 11, D3 and 8.

use std::fs;

use serde_json::{Value, json};

use crate::support::{files_below, run_ok};

const EVENT: &str = r#"const output = "utf8";
const sub_values = #{ user: "int64", at: "timestamp", ratio: "float64", amount: "decimal(20, 2)", ok: "boolean",
    day: "date", word: "utf8" };
fn generate(row, params) {
    let n = row_number();
    #{ value: `e${n}`, user: n, at: timestamp("2026-01-01T00:00:19Z"), ratio: 0.5,
       amount: decimal("12345678901234567.89"), ok: n == 0, day: date(2026, 1, 2), word: if n == 1 { () } else { "w" } }
}
"#;

#[test]
fn sub_values_keep_their_types_through_links() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::create_dir(path.join("scripts")).unwrap();
    fs::write(path.join("scripts/event.rhai"), EVENT).unwrap();
    let names = ["user", "at", "ratio", "amount", "ok", "day", "word"];
    let link = |name: &str| json!({"name": name, "type": "LINK", "link": format!("$e.{name}"), "typed": true});
    let fields: Vec<Value> =
        [json!({"name": "e", "type": "EVENT"})].into_iter().chain(names.map(link)).collect();
    fs::write(path.join("m.json"), json!({"Fields": fields}).to_string()).unwrap();
    let rows = run_ok(path, &["preview", "m.json", "--format", "json", "-n", "2"]);
    insta::assert_snapshot!(rows, @r#"
    {"e":"e0","user":0,"at":"2026-01-01T00:00:19Z","ratio":0.5,"amount":12345678901234567.89,"ok":true,"day":"2026-01-02","word":"w"}
    {"e":"e1","user":1,"at":"2026-01-01T00:00:19Z","ratio":0.5,"amount":12345678901234567.89,"ok":false,"day":"2026-01-02","word":null}
    "#);
    let out = ["--connector", "avro", "--rows", "3", "--output-root", "out", "--quiet"];
    run_ok(path, &[&["generate", "--model", "m.json"], &out[..]].concat());
    let files = files_below(&path.join("out"));
    let file = String::from_utf8_lossy(files.values().next().unwrap()).into_owned();
    for kind in [
        "\"long\"",
        "timestamp-micros",
        "\"double\"",
        "\"precision\":20",
        "\"boolean\"",
        "\"date\"",
    ] {
        assert!(file.contains(kind), "{kind}: {file}");
    }
}

#[test]
fn inputs_name_sub_values_in_models_and_in_scripts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::create_dir(path.join("scripts")).unwrap();
    fs::write(path.join("scripts/event.rhai"), EVENT).unwrap();
    let by_model = "fn generate(row, params) { row.n * 2 }";
    let by_script = "const inputs = [\"$e.user\", \"e.at\", \"e\"];
        fn generate(row, params) { `${row.e}/${row.e.user + 1}/${row.e.at.second}` }";
    let fields = json!({"Fields": [
        {"name": "e", "type": "EVENT"},
        {"name": "twice", "type": "RHAI", "code": by_model, "returns": "int64", "inputs": {"n": "$e.user"}},
        {"name": "own", "type": "RHAI", "code": by_script, "returns": "utf8"},
    ]});
    fs::write(path.join("m.json"), fields.to_string()).unwrap();
    let rows = run_ok(path, &["preview", "m.json", "--format", "csv", "-n", "2"]);
    assert_eq!(rows, "e,twice,own\n\"e0\",\"0\",\"e0/1/19\"\n\"e1\",\"2\",\"e1/2/19\"\n");
}

/// The same draw of `init` in all rows, for the same seed, and the same by key.
#[test]
fn what_is_made_once_and_what_is_drawn_by_a_key_follow_the_seed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let code = "const params = #{ most: 1000000 };
        fn init(params) { #{ start: rand_int(1, params.most), weights: [1, 2].map(|w| w * 2) } }
        fn generate(row, params) {
            let made = init(params);
            `${made.start} ${made.weights[1]} ${rand_of(row_number() % 2, 1, 1000000)}`
        }";
    let fields = json!({"Fields": [
        {"name": "x", "type": "RHAI", "code": code, "returns": "utf8"},
    ]});
    fs::write(path.join("m.json"), fields.to_string()).unwrap();
    let rows = |seed: &str, from: &str| -> Vec<String> {
        let arguments =
            ["preview", "m.json", "--format", "csv", "-n", "3", "--seed", seed, "--from", from];
        run_ok(path, &arguments).lines().skip(1).map(str::to_owned).collect()
    };
    let one = rows("1", "0");
    assert_eq!(one[0], one[2]);
    assert_ne!(one[0], one[1]);
    let start = |row: &str| row.split(' ').next().unwrap().to_owned();
    assert_eq!(start(&one[0]), start(&one[1]));
    assert_eq!(rows("1", "9000"), one);
    let other = rows("2", "0");
    assert!(start(&other[0]) != start(&one[0]) && other != one);
    assert!(run_ok(path, &["check", "m.json", "--explain"]).contains("lowered script"));
}
