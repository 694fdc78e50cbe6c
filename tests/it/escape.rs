//! User code that means harm, through the server: each attempt ends within its limits and is told in words,
//! while other commands finish unharmed. What single limits do is tested where they are (`sandbox`, `scripts`).

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::Server;
use crate::support::files_below;
use crate::wasm_text::Text;

/// Limits that are reached soon without optimisation.
const CONFIG: &str = "
max_running_commands = 4

[extension_limits]
module_fuel = 300000000
module_memory_bytes = 67108864
answer_bytes = 8388608
block_seconds = 8
load_seconds = 2
";

/// What ordinary users ask for meanwhile: a lowered and an interpreted script, a module, a built-in type.
const CALM: &str = r#"{"Fields": [
    {"name": "n", "type": "INTEGER", "min": 0, "max": 99999},
    {"name": "double", "type": "RHAI", "code": "fn generate(row, params) { row.n * 2 }", "returns": "int64"},
    {"name": "text", "type": "RHAI", "code": "fn generate(row, params) { let a = [row.n]; `t${a[0]}` }", "returns": "utf8"},
    {"name": "count", "type": "COUNT"}
]}"#;

const LOOP: &str = "(loop $forever (br $forever))";

/// Inline scripts, and words of what is told.
const SCRIPTS: &[(&str, &str)] = &[
    ("loop { }", "operations (the limit `script_operations`"),
    ("fn_call(0)", "(the limit `script_"),
    ("let s = \"x\"; loop { s += s; }", "(the limit `script_"),
    ("let m = #{}; let i = 0; loop { m[`k${i}`] = #{ a: m }; i += 1; }", "(the limit `script_"),
    ("let a = []; loop { a.push([a]); }", "(the limit `script_"),
    (
        "let a = []; for i in 0..9000 { let s = \"x\"; s.pad(60000, \"y\"); a.push(s); } \"\"",
        "(the limit `script_",
    ),
];

/// Modules by name, and words of what is told.
fn modules() -> Vec<(&'static str, Text, &'static str)> {
    let module = |name: &str, generate: &str, items: &str| Text {
        name: name.to_owned(),
        generate: generate.to_owned(),
        items: items.to_owned(),
        ..Text::default()
    };
    let deep = "(func $deep (param i64) (result i64)
        (i64.add (call $deep (i64.add (local.get 0) (i64.const 1))) (i64.const 1)))";
    let grow = "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
        unreachable";
    let table =
        "(if (i32.eq (table.grow $table (ref.null func) (i32.const 2000000)) (i32.const -1))
        (then unreachable))";
    vec![
        ("endless", module("endless", LOOP, ""), "units of fuel"),
        ("deep", module("deep", "(drop (call $deep (i64.const 0)))", deep), "bytes of stack"),
        ("grow", module("grow", grow, ""), "bytes of memory"),
        ("table", module("table", table, "(table $table 1 funcref)"), "table of more than"),
        ("trap", module("trap", "unreachable", ""), "unreachable"),
        (
            "lengths",
            module("lengths", "(i32.store (i32.const 268) (i32.const 7))", ""),
            "7 values for",
        ),
    ]
}

/// Files that are refused when they are read, and words of why.
fn refused_files() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let start = |body: &str| Text {
        items: format!("(func $start {body}) (start $start)"),
        ..Text::default()
    };
    // Two minutes of one processor to compile without optimisation.
    let slow =
        "(block (br_if 0 (local.get 0)) (local.set 0 (i32.mul (local.get 0) (i32.const 3))))";
    let function = format!("(func (param i32) {})", slow.repeat(4_000));
    let bomb = Text { items: function.repeat(60), name: "bomb".to_owned(), ..Text::default() };
    vec![
        ("start.wasm", start("unreachable").bytes(), "unreachable"),
        ("startloop.wasm", start(LOOP).bytes(), "units of fuel"),
        ("bomb.wasm", bomb.bytes(), "compiling takes more than 2 seconds"),
    ]
}

fn calm(server: &Server, place: &str) -> String {
    let place = format!("LOCAL_FILE_PATH={place}");
    server.submit("/datagen/csv?rows=6000&batches=2&threads=2&seed=7", &["model=calm", &place])
}

/// Submits a hostile model; waits until it has failed, and answers why.
fn fate(server: &Server, folder: &Path, field: &serde_json::Value) -> String {
    fs::write(folder.join("models/hostile.json"), json!({"Fields": [field]}).to_string()).unwrap();
    let id = server.submit("/datagen/csv?rows=9000&batches=1&seed=7", &["model=hostile"]);
    let status = server.wait(&id);
    assert_eq!(status["status"], "FAILED", "{field}: {status}");
    status["comment"].as_str().unwrap().to_owned()
}

fn start(folder: &Path) -> Server {
    for name in ["models", "scripts", "wasm-generators"] {
        fs::create_dir(folder.join(name)).unwrap();
    }
    fs::write(folder.join("datagen.toml"), CONFIG).unwrap();
    fs::write(folder.join("models/calm.json"), CALM).unwrap();
    fs::write(folder.join("wasm-generators/count.wasm"), Text::default().bytes()).unwrap();
    for (name, text, _) in modules() {
        fs::write(folder.join(format!("wasm-generators/{name}.wasm")), text.bytes()).unwrap();
    }
    Server::start(folder)
}

#[test]
fn hostile_code_fails_its_own_command_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    server.wait(&calm(&server, "reference"));
    let mut told = String::new();
    let mut attempt = |name: &str, field: serde_json::Value, words: &str| {
        let place = format!("beside-{name}");
        let beside = calm(&server, &place);
        let began = Instant::now();
        let comment = fate(&server, folder.path(), &field);
        let took = began.elapsed();
        assert!(took < Duration::from_secs(30), "{name} took {took:?}");
        if !comment.contains(words) || comment.len() > 1_000 || comment.contains('\n') {
            told.push_str(&format!("{name}: {comment}\n"));
        }
        assert_eq!(server.wait(&beside)["status"], "FINISHED", "beside {name}");
        let out = folder.path().join("out");
        let made = files_below(&out.join(&place));
        assert!(made == files_below(&out.join("reference")), "the files beside {name} differ");
    };
    for (number, (code, words)) in SCRIPTS.iter().enumerate() {
        let code =
            format!("fn fn_call(n) {{ fn_call(n + 1) }} fn generate(row, params) {{ {code} }}");
        let field = json!({"name": "x", "type": "RHAI", "code": code, "returns": "utf8"});
        attempt(&format!("script-{number}"), field, words);
    }
    for (name, _, words) in modules() {
        attempt(name, json!({"name": "x", "type": name}), words);
    }
    assert!(told.is_empty(), "{told}");
    let peak = server.peak_memory();
    assert!(peak < 1_500 << 20, "{peak} bytes of memory");
}

/// A module that takes too long to compile is told, and meanwhile the others are there as before.
#[test]
fn files_that_are_refused_hold_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    server.wait(&calm(&server, "reference"));
    let files = refused_files();
    for (name, bytes, _) in &files {
        fs::write(folder.path().join("wasm-generators").join(name), bytes).unwrap();
    }
    let began = Instant::now();
    let beside: Vec<_> = (0..4).map(|number| calm(&server, &format!("beside-{number}"))).collect();
    for (number, id) in beside.iter().enumerate() {
        assert_eq!(server.wait(id)["status"], "FINISHED");
        let out = folder.path().join("out");
        let made = files_below(&out.join(format!("beside-{number}")));
        assert!(made == files_below(&out.join("reference")));
    }
    let took = began.elapsed();
    assert!(took < Duration::from_secs(40), "{took:?}");
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let (_, listed) = server.curl("/generators", &[]);
        if files.iter().all(|(name, _, words)| listed.contains(name) && listed.contains(words)) {
            break;
        }
        assert!(Instant::now() < deadline, "{listed}");
    }
    let peak = server.peak_memory();
    assert!(peak < 1_500 << 20, "{peak} bytes of memory");
}
