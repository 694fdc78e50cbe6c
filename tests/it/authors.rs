//! The way of somebody who writes a field type: begin it, test it, try it out.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::Server;
use crate::support::{PASSWORD, add_user, files_below, run, run_ok};
use crate::wasm_text::Text;

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
        ("zig", "generator.zig"),
        ("go", "generator.go"),
        ("js", "generator.js"),
        ("ts", "generator.ts"),
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

#[test]
fn the_beginning_of_a_script_works_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    run_ok(folder.path(), &["new", "script", "my_code"]);
    let script = fs::read_to_string(folder.path().join("scripts/my_code.rhai")).unwrap();
    assert!(script.contains("`row.NAME` is the value of another field"), "{script}");
    assert_eq!(
        run_ok(folder.path(), &["try", "scripts/my_code.rhai", "-n", "3"]).lines().count(),
        3
    );
    let rows = run_ok(folder.path(), &["preview", "scripts/my_code.json", "--format", "csv"]);
    assert!(rows.lines().nth(1).unwrap().contains("\"B-"), "{rows}");
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

/// The modules that come with Datagen.
const CARDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/wasm-generators/cards.wasm");

/// Values of a trial, and what it says of itself with `…` for the time.
fn tried(folder: &Path, arguments: &[&str]) -> (String, String) {
    let output = run(folder, &[&["try"], arguments].concat());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    let (how, rest) = stderr.trim_end().rsplit_once(": ").unwrap();
    let (_, cost) = rest.split_once(" ns").unwrap();
    (String::from_utf8(output.stdout).unwrap(), format!("{how}: … ns{cost}"))
}

#[test]
fn a_trial_tells_what_a_row_costs() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, code: &str| fs::write(folder.path().join(name), code).unwrap();
    write(
        "list.rhai",
        "const output = \"int64\";\nfn generate(row, params) { try { 3 } catch { 4 } }",
    );
    write("sum.rhai", "const output = \"int64\";\nfn generate(row, params) { 1 + row_number() }");
    let module = ["--generator", "payment-card", CARDS];
    let told = [&["list.rhai"][..], &["sum.rhai"], &["INTEGER"]]
        .map(|arguments| tried(folder.path(), arguments).1);
    insta::assert_snapshot!(told.join("\n"), @"
    interpreted script; not lowered because of `try`: ask by `if` for what would fail (./list.rhai:2:28): … ns, 3 operations a row
    lowered script: … ns a row, operations are not counted
    native: … ns a row
    ");
    let (_, told) = tried(folder.path(), &module);
    // How many: that depends on how many rows share the beginning of a call.
    let fuel = told.strip_prefix("module: … ns, ").unwrap().strip_suffix(" fuel a row").unwrap();
    assert!((300..3_000).contains(&fuel.parse::<u32>().unwrap()), "{told}");
}

/// A block is made by a fresh instance, and blocks are cut differently from run to run: what the rows before have done
/// must not be seen in a value. Issue 11, D4.
#[test]
fn a_trial_warns_of_values_that_depend_on_other_rows() {
    let folder = tempfile::tempdir().unwrap();
    // The first value of a block is the number of its rows.
    let text = Text {
        generate: "(i64.store (local.get $values) (i64.extend_i32_u (local.get $rows)))".to_owned(),
        ..Text::default()
    };
    fs::write(folder.path().join("count.wasm"), text.bytes()).unwrap();
    let (values, told) = tried(folder.path(), &["count.wasm", "-n", "4"]);
    assert_eq!(values, "0: 1\n1: 2\n2: 2\n3: 1\n");
    assert!(
        told.contains("row 1 is {\"value\":2} among other rows and {\"value\":1} by itself"),
        "{told}"
    );
    let (_, told) = tried(folder.path(), &[CARDS, "--generator", "payment-card", "-n", "20"]);
    assert!(!told.contains("by itself"), "{told}");
}

/// A slow generator is measured by as few rows as it takes, within the time for a block.
#[test]
fn a_trial_of_a_slow_script_ends() {
    let folder = tempfile::tempdir().unwrap();
    let code = "const output = \"int64\";
        fn generate(row, params) { let list = [0]; for i in 0..20000 { list[0] += i; } list[0] }";
    fs::write(folder.path().join("slow.rhai"), code).unwrap();
    fs::write(folder.path().join("datagen.toml"), "extension_limits = { block_seconds = 4 }")
        .unwrap();
    let (values, told) = tried(folder.path(), &["slow.rhai", "-n", "2"]);
    assert_eq!(values, "0: 199990000\n1: 199990000\n");
    assert!(told.contains(" operations a row"), "{told}");
}

/// `POST /generators/try` with a form: status and answer.
fn ask(server: &Server, form: &[&str]) -> (u16, Value) {
    // Of a file's part, curl reads what stands behind `;`.
    let option = |part: &&str| if part.starts_with("file=") { "-F" } else { "--form-string" };
    let form: Vec<&str> = form.iter().flat_map(|part| [option(part), part]).collect();
    server.post("/generators/try", &form)
}

#[test]
fn code_is_tried_over_http_as_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("scripts")).unwrap();
    let code = "const output = \"utf8\";
        const params = #{ n: 3 };
        fn generate(row, params) { `${row.base}-${rand_digits(params.n)}` }";
    fs::write(folder.path().join("scripts/tag.rhai"), code).unwrap();
    let server = Server::start(folder.path());
    let base = r#"{"name": "base", "type": "SEQUENCE"}"#;
    let arguments = ["--params", r#"{"n": 5}"#, "--field", base, "-n", "4", "--seed", "9"];
    let (lines, _) = tried(folder.path(), &[&["TAG"], &arguments[..]].concat());
    let value = |line: &str| line.split_once(": ").unwrap().1.to_owned();
    let expected = json!(lines.lines().map(value).collect::<Vec<_>>());

    let fields = format!("fields=[{base}]");
    let form = [r#"params={"n": 5}"#, &fields, "rows=4", "seed=9"];
    let script = folder.path().join("scripts/tag.rhai");
    let (file, text) = (format!("file=@{}", script.display()), format!("code={code}"));
    // An extension may be in capitals, as in folders.
    let capitals = format!("{file};filename=TAG.RHAI");
    for what in ["type=tag", &file, &capitals, &text] {
        let (code, answer) = ask(&server, &[&form[..], &[what]].concat());
        assert_eq!((code, &answer["values"], &answer["tier"]), (200, &expected, &json!("lowered")));
        assert!(answer["ns_per_row"].as_f64().unwrap() > 0.0 && answer["cost_per_row"].is_null());
    }
    // In a JSON body, objects are objects.
    let body = json!({"code": code, "params": {"n": 5}, "rows": 4, "seed": 9,
        "fields": [{"name": "base", "type": "SEQUENCE"}]});
    let json = ["-H", "content-type: application/json", "-d", &body.to_string()];
    let (code, answer) = server.post("/generators/try", &json);
    assert_eq!((code, &answer["values"]), (200, &expected));
    // A module is no text.
    let file = format!("file=@{CARDS}");
    let (code, answer) = ask(&server, &[&file, "generator=payment-card", "rows=2"]);
    assert_eq!(
        (code, &answer["tier"], &answer["cost_unit"]),
        (200, &json!("module"), &json!("fuel"))
    );
    assert_eq!(answer["values"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_wrong_with_tried_code_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let told: Vec<String> = [
        &["code=fn generate(row, params) {\n  1 +* 2\n}"][..],
        &["code=fn generate(row, params) {\n  1 / (row_number() - 2)\n}", "returns=int64"],
        &["code=fn generate(row, params) { loop {} }", "returns=int64"],
        &["code=fn generate(row, params) { 1 }", "returns=int64", "params={\"x\": 1}"],
        &["code=fn generate(row, params) { 1 }", "type=CITY"],
        &["code=fn generate(row, params) { 1 }", "params={"],
        &["code=fn generate(row, params) { 1 }", "fields={}"],
        &["type=CITY", "rows=1001"],
        &["file=fn;filename=x.exe"],
        &["file=no module;filename=../x.wasm"],
        &["rows=1"],
    ]
    .iter()
    .map(|form| {
        let (code, answer) = ask(&server, form);
        format!("{code} {answer}\n")
    })
    .collect();
    insta::assert_snapshot!(told.concat());
}

/// Trials are work that others wait for: a third one at a time is asked to come again.
#[test]
fn a_third_trial_at_a_time_is_put_off() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    // A second or more each: rows that take thousands of operations.
    let slow = "code=fn generate(row, params) { let n = 0; while n < 8000 { n += 1; [n]; } n }";
    let slow = || loop {
        // The one below may have been first.
        let answer = ask(&server, &[slow, "returns=int64", "rows=200"]);
        if answer.0 != 429 {
            return answer;
        }
    };
    std::thread::scope(|scope| {
        let slow_ones: Vec<_> = (0..3).map(|_| scope.spawn(slow)).collect();
        // They are to come first; whoever does, two of them run together before long.
        std::thread::sleep(Duration::from_millis(200));
        let put_off = loop {
            let (code, answer) = ask(&server, &["type=CITY", "rows=1"]);
            if code != 200 || slow_ones.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                break (code, answer);
            }
        };
        assert_eq!(put_off.0, 429, "{}", put_off.1);
        for slow in slow_ones {
            let (code, answer) = slow.join().unwrap();
            assert_eq!(code, 200, "{answer}");
        }
    });
    assert_eq!(ask(&server, &["type=CITY", "rows=1"]).0, 200);
}

#[test]
fn only_admins_try_code_once_there_are_users() {
    let folder = tempfile::tempdir().unwrap();
    for (name, role) in [("ann", "admin"), ("bob", "user"), ("eve", "viewer")] {
        add_user(folder.path(), name, role);
    }
    let server = Server::start(folder.path());
    let code =
        |login: &[&str]| server.post("/generators/try", &[&["-F", "type=CITY"], login].concat()).0;
    assert_eq!(code(&[]), 401);
    for (name, expected) in [("ann", 200), ("bob", 403), ("eve", 403)] {
        assert_eq!(code(&["-u", &format!("{name}:{PASSWORD}")]), expected, "{name}");
    }
}

/// What the Python sample makes, as `wasm-generators/check.sh` holds it against the built one.
#[test]
fn the_kept_values_of_the_python_sample_are_account_numbers() {
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/wasm-generators/check/python.csv");
    let mut numbers = 0;
    for record in csv::Reader::from_path(kept).unwrap().records() {
        let record = record.unwrap();
        assert!(record[1].starts_with("FR") && record[1].len() == 27, "{record:?}");
        for number in &record {
            let turned = [&number[4..], &number[..4]].concat();
            let digits = turned.chars().map(|c| c.to_digit(36).unwrap().to_string());
            let rest = digits
                .collect::<String>()
                .bytes()
                .fold(0, |rest, c| (rest * 10 + u32::from(c - b'0')) % 97);
            assert_eq!(rest, 1, "{number}");
            numbers += 1;
        }
    }
    assert_eq!(numbers, 1_000);
}

/// Issue 11, M8, M15, L3: what an author sees of a script that is tried out.
#[test]
fn a_trial_shows_rows_nulls_sub_values_and_prints_and_warns_of_no_other_file() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, code: &str| fs::write(folder.path().join(name), code).unwrap();
    write("broken.rhai", "fn generate(row, params) {");
    write(
        "parts.rhai",
        r#"const output = "utf8";
const sub_values = #{ half: "int64" };
fn generate(row, params) {
    let n = row_number();
    print(`at ${n} of ${table_rows()}`);
    let value = if n == 0 { () } else if n == 1 { "" } else if n == 2 { "null" } else { "x" };
    #{ value: value, half: n / 2 }
}
"#,
    );
    let (values, told) = tried(folder.path(), &["parts.rhai", "-n", "4"]);
    assert_eq!(values, "0: null  half=0\n1: \"\"  half=0\n2: \"null\"  half=1\n3: x  half=1\n");
    assert!(told.starts_with("printed: row 0: at 0 of 4\nprinted: row 1: at 1 of 4\n"), "{told}");
    assert!(!told.contains("broken"), "{told}");
    write("fails.rhai", "fn generate(row, params) { print(\"so far\"); throw \"closed\" }");
    let output = run(folder.path(), &["try", "fails.rhai", "--returns", "utf8"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("printed: row 0: so far\nerror: field `value`: "), "{stderr}");
    assert!(stderr.ends_with("closed (row 0)\n"), "{stderr}");
}

/// Issue 9, B6: what is given in JSON beside a model is read as models are: no key is lost without a word.
#[test]
fn keys_that_stand_twice_are_refused_in_parameters_of_a_trial() {
    let folder = tempfile::tempdir().unwrap();
    let code = "fn generate(row, params) { params.digits }";
    fs::write(folder.path().join("d.rhai"), code).unwrap();
    let (twice, once) = (r#"{"digits": 3, "digits": 4}"#, r#"{"digits": 4}"#);
    let nested = r#"{"digits": 3, "a": [{"b": 1, "b": 2}]}"#;
    let other = r#"{"name": "n", "type": "INTEGER", "max": 5, "max": 9}"#;
    let tried = |arguments: &[&str]| {
        let base = ["try", "d.rhai", "--returns", "int64", "-n", "1"];
        let output = run(folder.path(), &[&base[..], arguments].concat());
        let text = if output.status.success() { output.stdout } else { output.stderr };
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    assert_eq!(tried(&["--params", once]), (true, "0: 4\n".to_owned()));
    for (arguments, argument, key) in [
        (["--params", twice], "--params: /digits", "digits"),
        (["--params", nested], "--params: /a/0/b", "b"),
        (["--field", other], "--field: /max", "max"),
    ] {
        let (good, told) = tried(&arguments);
        let expected = format!("error: {argument}: the key `{key}` stands more than once");
        assert!(!good && told.starts_with(&expected), "{told}");
    }
    let server = Server::start(folder.path());
    let form = |part: &str, text: &str| {
        let parts = [format!("code={code}"), "returns=int64".to_owned(), format!("{part}={text}")];
        let parts: Vec<_> = parts.iter().flat_map(|part| ["-F", part]).collect();
        server.post("/generators/try", &parts)
    };
    let json = |part: &str, text: &str| {
        let code = serde_json::Value::from(code);
        let body = format!(r#"{{"code": {code}, "returns": "int64", "{part}": {text}}}"#);
        server.post("/generators/try", &["-H", "Content-Type: application/json", "-d", &body])
    };
    let fields = format!("[{other}]");
    for (part, text, key) in
        [("params", twice, "digits"), ("params", nested, "b"), ("fields", &fields, "max")]
    {
        for (code, answer) in [form(part, text), json(part, text)] {
            let expected = format!("the key `{key}` stands more than once");
            assert_eq!(code, 400, "{part}: {answer}");
            assert!(answer["error"].as_str().unwrap().contains(&expected), "{answer}");
        }
    }
    assert_eq!(form("params", once).1["values"], serde_json::json!(vec![4; 10]));
}
