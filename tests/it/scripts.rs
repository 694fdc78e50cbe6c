//! User code as users meet it: scripts in a folder, named by models; and scripts that mean harm.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use datagen::columns::{Column, Rows};
use datagen::draft::{Bounds, preview};
use datagen::failures::Failures;
use datagen::fields;
use datagen::model;
use datagen::plan::{self, Environment, Plan};
use datagen::problems::{Problems, chain};
use datagen::roots::ReadRoots;
use datagen::sandbox::{Extensions, Limits, Settings};

use crate::support::run_ok;

/// The scripts that come with Datagen.
fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts")
}

fn extensions(folder: &Path) -> Arc<Extensions> {
    let limits = Limits { block_seconds: 3, ..Limits::default() };
    let settings = Settings { folders: vec![folder.to_owned()], cache: None, limits };
    fields::library(settings).current()
}

fn compile(fields: &str, extensions: &Extensions) -> Result<Plan, String> {
    let (plan, told) = compiled(fields, extensions);
    plan.filter(|_| told.is_empty()).ok_or_else(|| told.join("\n"))
}

/// The plan of these fields, where there is one, and all that is told of them.
fn compiled(fields: &str, extensions: &Extensions) -> (Option<Plan>, Vec<String>) {
    let files = ReadRoots::default();
    let environment =
        Environment { seed: 42, now: 0, total_rows: Some(100_000), files: &files, extensions };
    let mut problems = Problems::default();
    let plan = model::parse(&format!(r#"{{"Fields": [{fields}]}}"#), &mut problems)
        .and_then(|model| plan::compile(&model, &environment, &BTreeSet::new(), &mut problems));
    (plan, problems.iter().map(ToString::to_string).collect())
}

fn rows(plan: &Plan, first: u64, count: u64) -> Result<String, String> {
    let bounds = Bounds::default();
    let bytes = preview(plan, "csv", first, count, &bounds).map_err(|error| chain(&error))?.text;
    Ok(String::from_utf8(bytes).unwrap())
}

/// A model whose one field is this script; in JSON a script's quotes and lines are escaped.
fn inline(code: &str, returns: &str) -> String {
    let code = serde_json::to_string(code).unwrap();
    format!(r#"{{"name": "x", "type": "RHAI", "code": {code}, "returns": "{returns}"}}"#)
}

/// The first rows of an inline script, or why there are none.
fn trial(code: &str, returns: &str) -> Result<String, String> {
    let plan = compile(&inline(code, returns), &Extensions::default())?;
    rows(&plan, 0, 3)
}

const SAMPLES: &str = r#"
    {"name": "ordered", "type": "DATE", "min": "2024-01-01", "max": "2024-12-31"},
    {"name": "iban", "type": "IBAN", "params": {"country": "GB"}},
    {"name": "card", "type": "CARD_NUMBER", "params": {"prefix": "51"}},
    {"name": "text", "type": "SENTENCE", "params": {"words": 5}},
    {"name": "walk", "type": "GEO_WALK", "params": {"steps": 3}},
    {"name": "meters", "type": "LINK", "link": "$walk.meters"},
    {"name": "parcel", "type": "parcel", "inputs": ["ordered"]},
    {"name": "twice", "type": "RHAI", "code": "fn generate(row, params) { row.meters.len() * 2 }", "returns": "int32"}
"#;

#[test]
fn the_shipped_scripts_give_their_golden_values() {
    let extensions = extensions(&samples());
    assert_eq!(extensions.faults(), []);
    let plan = compile(SAMPLES, &extensions).unwrap();
    insta::assert_snapshot!(rows(&plan, 0, 4).unwrap(), @r#"
    ordered,iban,card,text,walk,meters,parcel,twice
    "2024-04-17T03:57:06Z","GB10ROXS80257773186557","5105459768579501","The old market opens before.","48.8534,2.3488","0","PN240417-33206258G","2"
    "2024-01-06T15:48:25Z","GB49CEVY84800369122759","5123677856800103","A market opens before the.","48.853549,2.348303","40","DX240106-34159827S","4"
    "2024-04-12T16:33:20Z","GB09NKFO51840050806814","5108660010320134","The night and the market.","48.853483,2.347715","80","DX240412-33628352E","4"
    "2024-05-27T04:24:37Z","GB46HAFZ54319512242787","5168115132396964","The old city under the.","48.8534,2.3488","0","DX240527-04510741Z","2"
    "#);
}

fn columns(plan: &Plan, first: u64, count: usize) -> Vec<Arc<Column>> {
    plan.generate(Rows { first, count }, &mut Failures::default()).unwrap().columns
}

/// For all cuts and numbers of threads: the same rows.
#[test]
fn values_of_scripts_depend_on_neither_blocks_nor_threads() {
    let plan = compile(SAMPLES, &extensions(&samples())).unwrap();
    let whole = rows(&plan, 0, 210).unwrap();
    for threads in [1, 2, 7_u64] {
        let each = 210 / threads;
        let parts: Vec<String> = thread::scope(|scope| {
            let plan = &plan;
            let part = |thread: u64| {
                scope.spawn(move || {
                    // Rows in blocks of odd sizes, the later ones first.
                    let middle = thread * each + each / 3;
                    let end = rows(plan, middle, (thread + 1) * each - middle).unwrap();
                    let begin = rows(plan, thread * each, middle - thread * each).unwrap();
                    let lines = |text: &str| text.lines().skip(1).collect::<Vec<_>>().join("\n");
                    format!("{}\n{}\n", lines(&begin), lines(&end))
                })
            };
            let handles: Vec<_> = (0..threads).map(part).collect();
            handles.into_iter().map(|handle| handle.join().unwrap()).collect()
        });
        let lines: String = whole.lines().skip(1).map(|line| format!("{line}\n")).collect();
        assert_eq!(parts.concat(), lines, "{threads} threads");
    }
    assert_eq!(columns(&plan, 5, 0).len(), 8);
}

#[test]
fn check_digits_are_right() {
    let plan = compile(SAMPLES, &extensions(&samples())).unwrap();
    for line in rows(&plan, 0, 500).unwrap().lines().skip(1) {
        let cells: Vec<&str> = line.split(',').map(|cell| cell.trim_matches('"')).collect();
        let turned = format!("{}{}", &cells[1][4..], &cells[1][..4]);
        let rest = turned.chars().fold(0_u32, |rest, letter| {
            let value = letter.to_digit(36).unwrap();
            (rest * if value > 9 { 100 } else { 10 } + value) % 97
        });
        assert_eq!(rest, 1, "{}", cells[1]);
        let sum: u32 = cells[2].bytes().rev().enumerate().fold(0, |sum, (place, digit)| {
            let digit = u32::from(digit - b'0') * (1 + place as u32 % 2);
            sum + digit / 10 + digit % 10
        });
        assert_eq!((cells[2].len(), sum % 10), (16, 0), "{}", cells[2]);
    }
}

#[test]
fn a_model_that_misuses_a_script_is_told_how() {
    let extensions = extensions(&samples());
    let mut told = String::new();
    for field in [
        r#"{"name": "x", "type": "IBAM"}"#,
        r#"{"name": "x", "type": "IBAN", "params": {"land": "FR"}}"#,
        r#"{"name": "x", "type": "IBAN", "params": {"country": 7}}"#,
        r#"{"name": "x", "type": "IBAN", "params": {"country": "XX"}}"#,
        r#"{"name": "x", "type": "IBAN", "returns": "int64"}"#,
        r#"{"name": "x", "type": "IBAN", "inputs": ["y"]}"#,
        r#"{"name": "x", "type": "IBAN", "formula": "1"}"#,
        r#"{"name": "x", "type": "PARCEL"}"#,
        r#"{"name": "x", "type": "PARCEL", "inputs": ["x"]}"#,
        r#"{"name": "x", "type": "RHAI"}"#,
        r#"{"name": "x", "type": "RHAI", "script": "ibam.rhai"}"#,
        r#"{"name": "x", "type": "RHAI", "script": "../scripts/iban.rhai"}"#,
        r#"{"name": "x", "type": "RHAI", "code": "fn generate(row, params) { 1 }"}"#,
        r#"{"name": "x", "type": "RHAI", "code": "fn generate(row, params) { 1 ", "returns": "int64"}"#,
        r#"{"name": "x", "type": "RHAI", "code": "fn generate(row) { 1 }", "returns": "int64"}"#,
        r#"{"name": "x", "type": "RHAI", "code": "let a = 1; fn generate(row, params) { a }", "returns": "int64"}"#,
        r#"{"name": "x", "type": "RHAI", "code": "fn generate(row, params) { hello }", "returns": "int64"}"#,
        r#"{"name": "x", "type": "RHAI", "code": "fn generate(row, params) { row.y }", "returns": "int64"}"#,
        r#"{"name": "x", "type": "RHAI", "code": "fn generate(row, params) { let row = 1; row }", "returns": "int64"}"#,
    ] {
        told.push_str(&compile(field, &extensions).unwrap_err());
        told.push('\n');
    }
    let told = told.replace(&*samples().to_string_lossy(), "scripts");
    insta::assert_snapshot!(told, @r#"
    /Fields/0/type: field `x`: unknown field type `IBAM` (did you mean `IBAN`?)
    /Fields/0/params/land: field `x`: `iban` has no parameter `land` (it has country)
    /Fields/0/params/country: field `x`: `country` is `7`, expected text
    /Fields/0/type: field `x`: scripts/iban.rhai:10:9: the country is XX, expected DE, ES, FR, GB, IT or NL (the line is `throw `the country is ${params.country}, expected DE, ES, FR, GB, IT or NL`;`)
    /Fields/0/returns: field `x`: `iban` returns utf8, not int64
    /Fields/0/inputs: field `x`: `iban` reads no input `y` (it reads none)
    /Fields/0/type: field `x`: a field of user code cannot be computed by an expression as well (give the script what it needs by `inputs`)
    /Fields/0/inputs: field `x`: refers to the unknown field `ordered` (the model has `x`)
    /Fields/0: field `x`: fields depend on each other: `x` -> `x` (compute one of them without the other)
    /Fields/0/script: field `x`: a field of type RHAI needs `script` or `code`
    /Fields/0/script: field `x`: there is no file `ibam.rhai` in the folders of user code (did you mean `iban.rhai`?)
    /Fields/0/script: field `x`: there is no file `../scripts/iban.rhai` in the folders of user code (the folders are `scripts`; a file is named without its folder)
    /Fields/0/type: field `x`: code: what the script returns is not said, expected `const output = "…";` in it, or `returns` of the field
    /Fields/0/code: field `x`: code:1:30: expecting ';' to terminate this statement (the line is `fn generate(row, params) { 1`)
    /Fields/0/code: field `x`: code: `generate` has 1 arguments, expected two: `fn generate(row, params)`
    /Fields/0/code: field `x`: code:1:1: only functions and constants may stand outside of functions (the line is `let a = 1; fn generate(row, params) { a }`)
    /Fields/0/code: field `x`: code:1:28: `hello` is not known here (the line is `fn generate(row, params) { hello }`)
    /Fields/0/inputs: field `x`: refers to the unknown field `y` (did you mean `x`?)
    /Fields/0/code: field `x`: code:1:28: `row` hides the argument of that name, choose another name (the line is `fn generate(row, params) { let row = 1; row }`)
    "#);
}

/// Scripts that try to take more than their share, or to get out. Each ends within its limits.
const HOSTILE: &[(&str, &str, &str)] = &[
    (
        "endless loop",
        "fn generate(row, params) { loop { } }",
        "operations (the limit `script_operations`",
    ),
    (
        "endless while",
        "fn generate(row, params) { let a = 0; while true { a += 1; } a }",
        "operations (the limit `script_operations`",
    ),
    (
        "long for",
        "fn generate(row, params) { let a = 0; for i in 0..9223372036854775807 { a = i; } a }",
        "operations (the limit `script_operations`",
    ),
    (
        "recursion",
        "fn f(n) { f(n + 1) } fn generate(row, params) { f(0) }",
        "calls inside one another",
    ),
    (
        "mutual recursion",
        "fn f(n) { g(n) } fn g(n) { f(n) } fn generate(row, params) { f(0) }",
        "calls inside one another",
    ),
    (
        "doubling text",
        "fn generate(row, params) { let s = \"x\"; loop { s += s; } }",
        "(the limit `script_",
    ),
    (
        "padded text",
        "fn generate(row, params) { let s = \"x\"; s.pad(100000000, \"y\"); s.len() }",
        "(the limit `script_",
    ),
    (
        "host padding",
        "fn generate(row, params) { pad_left(\"x\", 9000000000, \" \").len() }",
        "expected at most",
    ),
    ("host text", "fn generate(row, params) { rand_digits(1000000).len() }", "(the limit `script_"),
    (
        "doubling array",
        "fn generate(row, params) { let a = [1]; loop { a += a; } }",
        "(the limit `script_",
    ),
    (
        "padded array",
        "fn generate(row, params) { let a = []; a.pad(100000000, 0); a.len() }",
        "(the limit `script_",
    ),
    (
        "nested arrays",
        "fn generate(row, params) { let a = []; loop { a = [a, a]; } }",
        "(the limit `script_",
    ),
    (
        "growing map",
        "fn generate(row, params) { let m = #{}; let i = 0; loop { m[`k${i}`] = i; i += 1; } }",
        "operations (the limit `script_operations`",
    ),
    (
        "map of maps",
        "fn generate(row, params) { let m = #{}; loop { m = #{ a: m, b: m }; } }",
        "(the limit `script_",
    ),
    ("blob", "fn generate(row, params) { blob(1000000000, 1).len() }", "(the limit `script_"),
    (
        "replaced text",
        "fn generate(row, params) { let s = \"xxxxxxxxxxxxxxxx\"; loop { s.replace(\"x\", \"xxxxxxxxxxxxxxxx\"); } }",
        "(the limit `script_",
    ),
    ("sleep", "fn generate(row, params) { sleep(1000); 1 }", "no time to wait"),
    ("sleep of a fraction", "fn generate(row, params) { sleep(1000.5); 1 }", "no time to wait"),
    ("clock", "fn generate(row, params) { timestamp() }", "timestamp"),
    ("eval", "fn generate(row, params) { eval(\"1\") }", "eval"),
    ("import", "fn generate(row, params) { import \"/etc/passwd\" as p; 1 }", "import"),
    (
        "import of a neighbour",
        "import \"../secret\" as s; fn generate(row, params) { 1 }",
        "import",
    ),
    ("overflow", "fn generate(row, params) { 9223372036854775807 + row_number() + 1 }", "overflow"),
    ("division", "fn generate(row, params) { 1 / row_number() }", "zero"),
    (
        "least number",
        "fn generate(row, params) { (-9223372036854775807 - 1) / -(row_number() + 1) }",
        "overflow",
    ),
    ("throw", "fn generate(row, params) { throw \"no\" }", "no"),
    (
        "throw of much",
        "fn generate(row, params) { let s = \"\"; s.pad(60000, \"z\"); throw s }",
        "zzz",
    ),
    ("wrong type", "fn generate(row, params) { \"text\" }", "expected int64"),
    ("function as value", "fn generate(row, params) { Fn(\"generate\") }", "expected int64"),
    (
        "call by name",
        "fn generate(row, params) { call(Fn(\"f\")) } fn f() { call(Fn(\"f\")) }",
        "calls inside one another",
    ),
    (
        "endless sort",
        "fn generate(row, params) { let a = []; a.pad(9000, 1); a.sort(|x, y| { loop {} }); 1 }",
        "one row takes more than 100000 operations",
    ),
    (
        "sort that ends after one callback",
        "fn generate(row, params) { let a = [1, 2]; a.sort(|x, y| { loop {} }); 1 }",
        "one row takes more than 100000 operations",
    ),
    (
        "check for likeness without end",
        "fn generate(row, params) { let a = [1, 2]; a.dedup(|x, y| { loop {} }); 1 }",
        "one row takes more than 100000 operations",
    ),
    (
        "no end of closures",
        "fn generate(row, params) { let f = |x| x.call(x); f.call(f) }",
        "row 0",
    ),
    (
        "state of another row",
        "fn generate(row, params) { if row_number() == 0 { let kept = 1; } kept }",
        "not known",
    ),
];

#[test]
fn hostile_scripts_end_within_their_limits() {
    let mut report = String::new();
    for (name, code, words) in HOSTILE {
        let began = Instant::now();
        let told = trial(code, "int64").expect_err(name);
        if !told.contains(words) || told.len() > 1_000 || told.contains('\n') {
            report.push_str(&format!("{name}: {told}\n"));
        }
        if began.elapsed() > Duration::from_secs(20) {
            report.push_str(&format!("{name}: took {:?}\n", began.elapsed()));
        }
    }
    // Too deep to be read at all.
    let deep =
        format!("fn generate(row, params) {{ {}1{} }}", "(".repeat(5_000), ")".repeat(5_000));
    let told = trial(&deep, "int64").unwrap_err();
    assert!(told.contains("complex") && told.len() < 1_000, "{told}");
    let long = format!("fn generate(row, params) {{ 1 }} //{}", "x".repeat(300_000));
    assert!(trial(&long, "int64").unwrap_err().contains("more than 262144 bytes"));
    let many: String = (0..100).map(|i| format!("fn f{i}() {{ 1 }} ")).collect();
    assert!(trial(&format!("{many} fn generate(row, params) {{ 1 }}"), "int64").is_err());
    assert!(report.is_empty(), "{report}");
}

#[test]
fn a_hostile_script_disturbs_nobody_beside_it() {
    let calm = compile(SAMPLES, &extensions(&samples())).unwrap();
    let alone = rows(&calm, 0, 300).unwrap();
    let endless =
        inline("fn generate(row, params) { let a = []; loop { a.push(1); a.clear(); } }", "int64");
    let hostile = compile(&endless, &Extensions::default()).unwrap();
    thread::scope(|scope| {
        let attack = scope.spawn(|| rows(&hostile, 0, 3));
        assert_eq!(rows(&calm, 0, 300).unwrap(), alone);
        assert!(attack.join().unwrap().is_err());
    });
}

#[test]
fn one_broken_script_is_told_with_its_place_and_hurts_no_other() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("good.rhai"), "fn generate(row, params) { 1 }").unwrap();
    fs::write(
        folder.path().join("bad.rhai"),
        "// Bad.\nfn generate(row, params) {\n  let a = ;\n}",
    )
    .unwrap();
    fs::write(folder.path().join("city.rhai"), "fn generate(row, params) { 1 }").unwrap();
    let extensions = extensions(folder.path());
    let told: String =
        extensions.faults().iter().map(|fault| format!("{}\n", fault.shown())).collect();
    insta::assert_snapshot!(told.replace(&*folder.path().to_string_lossy(), "…"), @"
    …/bad.rhai:3:11: unexpected ';'
        |
      3 |   let a = ;
        |           ^
    …/city.rhai: the type `CITY` belongs to the built-in type `CITY` already
    ");
    let plan =
        compile(r#"{"name": "x", "type": "GOOD", "returns": "int32"}"#, &extensions).unwrap();
    assert_eq!(rows(&plan, 0, 2).unwrap(), "x\n\"1\"\n\"1\"\n");
}

#[test]
fn a_changed_script_serves_what_begins_later_and_a_broken_one_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.rhai");
    let settings = Settings { folders: vec![folder.path().to_owned()], ..Settings::default() };
    let library = fields::library(settings);
    let field = r#"{"name": "x", "type": "ONE", "returns": "int32"}"#;
    fs::write(&path, "fn generate(row, params) { 1 }").unwrap();
    let first = compile(field, &library.current()).unwrap();
    fs::write(&path, "fn generate(row, params) { 22 }").unwrap();
    let second = compile(field, &library.current()).unwrap();
    assert_eq!(rows(&first, 0, 1).unwrap(), "x\n\"1\"\n");
    assert_eq!(rows(&second, 0, 1).unwrap(), "x\n\"22\"\n");
    fs::write(&path, "fn generate(row, params) { 333").unwrap();
    let broken = library.current();
    assert!(broken.faults()[0].message.contains("stays in use"));
    let (plan, told) = compiled(field, &broken);
    assert_eq!(rows(&plan.unwrap(), 0, 1).unwrap(), "x\n\"22\"\n");
    assert!(told.len() == 1 && told[0].contains("the version before it runs"), "{told:?}");
    fs::remove_file(&path).unwrap();
    assert!(compile(field, &library.current()).is_err());
    assert_eq!(rows(&first, 5, 1).unwrap(), "x\n\"1\"\n");
}

#[test]
fn a_new_script_is_tried_listed_explained_and_used() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| run_ok(folder.path(), arguments);
    assert!(run(&["new", "script", "voucher"]).contains("datagen try scripts/voucher.rhai"));
    let tried = run(&["try", "scripts/voucher.rhai", "--params", r#"{"digits": 3}"#, "-n", "2"]);
    assert!(tried.lines().count() == 2 && tried.starts_with("0: A-"), "{tried}");
    assert_eq!(run(&["try", "VOUCHER", "--params", r#"{"digits": 3}"#, "-n", "2"]), tried);
    assert!(run(&["fields"]).contains("VOUCHER"));
    assert!(run(&["fields", "voucher"]).contains("Digits of a code, 1 to 18."));
    let explained = run(&["check", "scripts/voucher.json", "--explain"]);
    let tiers = "scripts/voucher.json: ok\n  id: native\n  code: lowered script\n";
    assert!(explained.starts_with(tiers), "{explained}");
    assert!(run(&["preview", "scripts/voucher.json", "--format", "csv"]).contains("B-"));
    let refused = crate::support::run(folder.path(), &["new", "script", "voucher"]);
    assert!(!refused.status.success());
    for name in ["../x", "Voucher", "", "a b"] {
        assert!(!crate::support::run(folder.path(), &["new", "script", name]).status.success());
    }
}

#[test]
fn the_shipped_scripts_are_lowered_where_they_can_be() {
    let plan = compile(SAMPLES, &extensions(&samples())).unwrap();
    let told: String =
        plan.explain().iter().map(|(name, how)| format!("{name}: {how}\n")).collect();
    insta::assert_snapshot!(told.replace(&*samples().to_string_lossy(), "scripts"), @"
    ordered: native
    iban: lowered script
    card: lowered script
    text: lowered script
    walk: lowered script
    meters: native (computed from other fields)
    parcel: lowered script
    twice: lowered script
    ");
}

/// For all sample scripts: the same values from both tiers.
#[test]
fn the_shipped_scripts_give_the_same_values_interpreted() {
    let extensions = extensions(&samples());
    let lowered = compile(SAMPLES, &extensions).unwrap();
    // The same scripts, kept from being lowered by a `try` that they do not need.
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(samples()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "rhai") {
            let head = "fn generate(row, params) {";
            let text = fs::read_to_string(&path).unwrap();
            let text = text.replace(head, &format!("{head} try {{}} catch {{}}"));
            fs::write(folder.path().join(path.file_name().unwrap()), text).unwrap();
        }
    }
    let interpreted = compile(SAMPLES, &self::extensions(folder.path())).unwrap();
    assert!(
        !interpreted.explain().iter().any(|(name, how)| *name == "iban" && how == "lowered script")
    );
    assert_eq!(rows(&lowered, 0, 3_000).unwrap(), rows(&interpreted, 0, 3_000).unwrap());
}

/// What a script says goes to the debug log with field and row, and not without end.
#[test]
fn a_script_logs_with_field_and_row() {
    let folder = tempfile::tempdir().unwrap();
    let code = "fn generate(row, params) { log(`saw ${row_number()}`); print(\"and\"); 1 }";
    fs::write(folder.path().join("m.json"), format!("{{\"Fields\": [{}]}}", inline(code, "int32")))
        .unwrap();
    let output = crate::support::datagen(folder.path())
        .args(["generate", "--model", "m.json", "--rows", "3000", "--threads", "1", "-q"])
        .envs([("DATAGEN_LOG", "datagen=debug"), ("DATAGEN_LOG_FORMAT", "json")])
        .output()
        .unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("script prints")).collect();
    assert!(lines[2].contains("saw 1") && lines[3].contains("and"), "{}", lines[2]);
    assert!(lines[2].contains("\"field\":\"x\"") && lines[2].contains("\"row\":1"), "{}", lines[2]);
    // Of 6,000 lines the first hundred of every block; how many blocks there are is the engine's business.
    assert!(lines.len().is_multiple_of(100) && lines.len() <= 1_000, "{}", lines.len());
}
