//! What scripts can take of memory, whatever they call with whatever values.

use std::sync::Arc;

use rhai::{Dynamic, Scope};

use super::Scripts;
use super::engine::{engine, parser};
use super::watch;
use crate::columns::{DataType, Rows};
use crate::failures::OnError;
use crate::generator::Generator;
use crate::memory::peak_of;
use crate::rng::Stream;
use crate::sandbox::{Binding, Kind as _, Limits, Source};

/// Names that the language's packages register, without those that read a clock.
const NAMES: &str = "!= % * ** + += - / < << <= == > >= abs acos acosh add all append as_string asin asinh \
    atan atanh bits blob bytes ceiling chars chop clear contains cos cosh crop debug dedup divide drain end \
    ends_with exit exp extract fill_with filter find find_map floor for_each fraction get get_bit get_bits \
    get_fn_metadata_list hypot index_of insert int is_anonymous is_empty is_exclusive is_finite is_inclusive \
    is_infinite is_nan is_zero keys len ln log make_err make_lower make_upper map max min mixin modulo \
    multiply name new order order_by order_desc pad parse_be_float parse_be_int parse_decimal parse_float \
    parse_int parse_json parse_le_float parse_le_int pop power print push range reduce reduce_rev remove \
    replace retain reverse round round_down round_half_down round_half_up round_up set set_bit set_bits \
    set_tag shift sign sin sinh some sort sort_by sort_desc splice split split_rev sqrt start starts_with \
    sub_string subtract tag take tan tanh to_array to_binary to_blob to_chars to_debug to_decimal to_degrees \
    to_float to_hex to_int to_json to_lower to_octal to_radians to_string to_upper trim truncate values \
    write_ascii write_be write_le write_utf8 zip";

/// Names that are ours.
const OURS: &str = "rand_int rand_float rand_bool rand_normal rand_exp rand_zipf rand_digits rand_hex \
    rand_string uuid pick pick_weighted sample shuffle first_name last_name city country place phone \
    country_code date parse_date timestamp add_days add_months add_years add_seconds days_between \
    format_date format decimal round_to mod10 mod11 sha256 md5 url_encode json_escape haversine rand_of seconds_between luhn mod97 pad_left slug title base32 base64 hash round_to clamp atan hypot pow log \
    row_number table_rows permute";

/// Large values of every type, mostly the largest, by the names that calls below use. A list of 10,000 would
/// take minutes where it is compared with itself.
const VALUES: &str = r#"
    let text = "a"; text.pad(65536, "a");
    let wide = "日本é€"; wide.pad(16384, "€");
    let list = []; list.pad(2000, 1.25);
    let texts = []; texts.pad(600, text.sub_string(0, 100));
    let bytes = blob(10000, 7);
    let map = #{}; for i in 0..900 { map[`k${i}`] = i; }
    let heavy = Fn("len").curry(list);
    let making = |v| { let more = []; more.pad(900, v); more };
    let growing = |a, b| a + b;
    let many = 9223372036854775807;
    let least = -9223372036854775807;
    let some = 9999;
    let letter = 'é';
"#;

const RECEIVERS: &str = "text wide list texts bytes map heavy some";
const ARGUMENTS: &str = "text list map heavy making growing many least some letter";

const PAIRS: &str = "text heavy making some";

/// For all functions and the largest values: a call takes no more than its row may, and what one operation
/// can add to it. Issue 9, A2.
#[test]
fn no_native_function_takes_more_than_a_row_may() {
    let limits = Limits::default();
    // What one operation adds: a few copies of values of the largest size.
    let most = limits.script_memory_bytes + (16 << 20);
    let mut scope = Scope::new();
    // Values are made without the limit of operations, which is not tried here.
    let boundless = Limits { script_operations: u64::MAX, ..limits };
    watch::begin_block(60, usize::MAX >> 1);
    engine(&boundless, "f").run_with_scope(&mut scope, VALUES).unwrap();
    let engine = engine(&limits, "f");
    let length = scope.len();
    let mut wrong = String::new();
    let mut calls = 0;
    for name in NAMES.split_whitespace().chain(OURS.split_whitespace()) {
        let arguments: Vec<&str> = ARGUMENTS.split_whitespace().collect();
        let ones = arguments.iter().map(|one| vec![*one]);
        let pairs: Vec<&str> = PAIRS.split_whitespace().collect();
        let twos = pairs.iter().flat_map(|a| pairs.iter().map(|b| vec![*a, *b]));
        let lists: Vec<Vec<&str>> = [vec![]].into_iter().chain(ones).chain(twos).collect();
        for receiver in RECEIVERS.split_whitespace() {
            for list in &lists {
                let call = written(name, receiver, list);
                // A copy: what a call does to a value is not seen by the next.
                let text = format!("let it = {receiver}; {call}");
                let Ok(ast) = parser(&limits).compile(&text) else { continue };
                watch::begin_block(5, limits.script_memory_bytes);
                let ((), peak) = peak_of(|| {
                    let _ = engine.eval_ast_with_scope::<Dynamic>(&mut scope, &ast);
                });
                scope.rewind(length);
                calls += 1;
                if peak > most {
                    wrong.push_str(&format!("{text}: {peak} bytes\n"));
                }
            }
        }
    }
    assert!(calls > 40_000, "{calls}");
    assert!(wrong.is_empty(), "{wrong}");
}

/// A call of `name` on `it`, which is a copy of `receiver`.
fn written(name: &str, receiver: &str, arguments: &[&str]) -> String {
    match (name.starts_with(|first: char| first.is_ascii_alphabetic()), arguments) {
        (false, [one, ..]) if name == "+=" => format!("it += {one}; it"),
        (false, [one, ..]) => format!("it {name} {one}"),
        (false, []) => format!("-{receiver}"),
        (true, _) => {
            let all: Vec<&str> = ["it"].iter().chain(arguments).copied().collect();
            format!("{name}({})", all.join(", "))
        }
    }
}

fn prepared(code: &str, on_error: OnError) -> Box<dyn Generator> {
    let bytes = Arc::new(code.as_bytes().to_vec());
    let source = Source {
        label: "t.rhai",
        stem: "t",
        bytes: &bytes,
        digest: "",
        cache: None,
        attachments: &[],
    };
    let program = Scripts.load(&source, &Limits::default()).unwrap();
    let binding = Binding {
        generator: 0,
        field: "f",
        parameters: &[],
        inputs: &[],
        returns: Some(DataType::Int64),
        stream: Stream::new(3, "f"),
        total_rows: None,
        on_error,
    };
    program.prepare(&binding).unwrap().generator
}

/// What the rows `0..rows` of a script say, and the most bytes that they took.
fn trial(body: &str, rows: usize) -> (String, usize) {
    let code = format!("fn generate(row, params) {{ {body} }}");
    let field = prepared(&code, OnError::Fail);
    let (made, peak) = peak_of(|| field.generate(Rows { first: 0, count: rows }, &[]));
    let told =
        made.map_or_else(|fault| fault.to_string(), |made| format!("{:?}", made.column.len()));
    (told, peak)
}

/// Scripts whose values grow by other ways than by one call. Issue 9, A2.
const GROWING: &[(&str, &str)] = &[
    ("replace", r#"let s = "x"; s.pad(60000, "y"); s.replace("y", s); s.len()"#),
    ("replace of letters", r#"let s = "x"; s.pad(60000, "y"); s.replace('y', s); s.len()"#),
    ("replace of nothing", r#"let s = "x"; s.pad(60000, "y"); s.replace("", s); s.len()"#),
    ("map", "let a = []; a.pad(9999, 0); a.map(|x| { let b = []; b.pad(9999, x); b }).len()"),
    (
        "nested map",
        "let a = []; a.pad(999, 0); a.map(|x| { let b = []; b.pad(9, x); b.map(|y| { let c = []; c.pad(9000, y); Fn(\"x\").curry(c) }) }).len()",
    ),
    (
        "map of a function",
        r#"let s = "x"; s.pad(60000, "y"); let a = []; a.pad(9999, 1); a.map(Fn("sub_string").curry(s)).len()"#,
    ),
    (
        "map of a host's function",
        r#"let a = []; a.pad(9999, "z"); a.map(Fn("pad_left").curry("", 60000)).len()"#,
    ),
    (
        "reduce",
        "let a = []; a.pad(9999, 0); a.reduce(|sum, v| { let b = []; b.pad(9000, v); Fn(\"x\").curry(sum, b) }, []).len()",
    ),
    ("curried functions", "let f = |a| a; loop { f = f.curry(f); }"),
    (
        "padded functions",
        "let b = []; b.pad(9999, 0); let f = Fn(\"x\").curry(b); let a = []; a.pad(9999, f); a.len()",
    ),
    (
        "copies in calls",
        "fn deep(a, n) { let b = a; let c = a; let d = a; let e = a; if n > 0 { deep(a, n - 1) } else { 0 } } let a = []; a.pad(9999, 0); deep(a, 30)",
    ),
    (
        "copies in a map",
        "let a = []; a.pad(9000, 0); let m = #{}; let i = 0; loop { m[`k${i}`] = Fn(\"x\").curry(a); i += 1; }",
    ),
    (
        "interpolation",
        r#"let s = "x"; s.pad(65000, "y"); `${s}${s}${s}${s}${s}${s}${s}${s}`.len()"#,
    ),
    (
        "texts of lists",
        "let a = []; a.pad(9999, 1.5); let f = Fn(\"x\"); loop { f = f.curry(a.to_string()); }",
    ),
    (
        "split",
        r#"let s = "x"; s.pad(60000, "y"); let f = Fn("x"); loop { f = f.curry(s.split("")); }"#,
    ),
    ("drawn texts", "let f = Fn(\"x\"); loop { f = f.curry(rand_digits(60000)); }"),
];

/// Peaks above what a row may: two copies of what it holds may stand side by side for a moment.
const MOST: usize = (16 << 20) * 2 + (8 << 20);

#[test]
fn values_that_grow_are_stopped_with_their_place() {
    let mut report = String::new();
    for (name, body) in GROWING {
        let (told, peak) = match body.strip_prefix("fn ") {
            None => trial(body, 1),
            Some(_) => {
                let (function, body) = body.split_once("} let").unwrap();
                let code = format!("{function}}}\nfn generate(row, params) {{ let{body} }}");
                let field = prepared(&code, OnError::Fail);
                let made = || field.generate(Rows { first: 0, count: 1 }, &[]);
                let (made, peak) = peak_of(made);
                (made.unwrap_err().to_string(), peak)
            }
        };
        let is_told = told.contains("(the limit `script_");
        if peak > MOST || !is_told || !told.starts_with("t.rhai:") {
            report.push_str(&format!("{name}: {peak} bytes: {told}\n"));
        }
    }
    assert!(report.is_empty(), "{report}");
}

/// For all scripts of the kinds that grow: the same. Issue 9, A2.
#[test]
fn generated_scripts_that_grow_are_stopped() {
    let mut report = String::new();
    for case in 0..100_u64 {
        let stream = Stream::new(9, "case");
        let word = |lane: u64| stream.lane(lane).word(case);
        let of = |lane: u64, most: u64| crate::rng::scale(word(lane), most);
        let (length, width) = (20_000 + of(0, 45_000), 5_000 + of(1, 4_999));
        let letter = ["y", "é", "€", "🦀"][of(2, 4) as usize];
        let find = [format!("\"{letter}\""), format!("'{letter}'"), "\"\"".to_owned()];
        let find = &find[of(3, 3) as usize];
        let call = ["map", "reduce", "filter", "sort", "retain"][of(4, 5) as usize];
        let body = match of(5, 4) {
            0 => {
                format!("let s = \"\"; s.pad({}, '{letter}'); s.replace({find}, s); 1", length / 4)
            }
            1 => format!(
                "let a = []; a.pad({width}, 0); a.{call}(|x, y| {{ let b = []; b.pad({width}, x);
                 let c = []; loop {{ c.push(Fn(\"x\").curry(b)); }} }}); 1"
            ),
            2 => format!(
                "let a = []; a.pad({width}, 0); let f = Fn(\"f\"); loop {{ f = f.curry(a, f); }}"
            ),
            _ => format!(
                "let s = \"\"; s.pad({length}, 'y'); let a = []; a.pad({width}, 1);
                 a.map(|x| {{ let b = \"\"; b.pad({length}, 'y'); b }}).len()"
            ),
        };
        let (told, peak) = trial(&body, 1);
        let is_told = told.contains("(the limit `script_");
        if peak > MOST || !is_told || !told.starts_with("t.rhai:") {
            report.push_str(&format!("{body}: {peak} bytes: {told}\n"));
        }
    }
    assert!(report.is_empty(), "{report}");
}

/// A closure captures nothing: so no list can hold a closure that holds the list, which nobody would ever
/// give back.
#[test]
fn values_cannot_hold_each_other() {
    for body in [
        "let a = []; let f = || a; a.push(f); 1",
        "let f = |l| { let g = || l; l.push(g); 1 }; f.call([])",
        "let m = #{}; m.f = || m; 1",
    ] {
        let code = format!("fn generate(row, params) {{ {body} }}");
        let bytes = Arc::new(code.into_bytes());
        let source = Source {
            label: "t.rhai",
            stem: "t",
            bytes: &bytes,
            digest: "",
            cache: None,
            attachments: &[],
        };
        let told = Scripts.load(&source, &Limits::default()).map(|_| ()).unwrap_err();
        assert!(told.message.contains("is not known here"), "{body}: {told}");
    }
    let before = watch::own();
    let field = prepared("fn generate(row, params) { [1, [2], #{ a: 3 }].len() }", OnError::Fail);
    // The first block makes the thread's interpreter.
    field.generate(Rows { first: 0, count: 10 }, &[]).unwrap();
    let warm = watch::own();
    field.generate(Rows { first: 0, count: 5_000 }, &[]).unwrap();
    assert!(watch::own() - warm < 1_000, "{before} {warm} {}", watch::own());
}

/// A callback's operations are looked at like others.
#[test]
fn callbacks_inside_callbacks_end_in_time() {
    let limits = Limits { block_seconds: 1, ..Limits::default() };
    let code = "fn generate(row, params) { let a = []; a.pad(999, 0);
        a.for_each(|| { let a = []; a.pad(999, 0); a.for_each(|| { let a = []; a.pad(999, 0);
        a.for_each(|| { let a = []; a.pad(999, 0); a.for_each(|| 1); }); }); }); 1 }";
    let bytes = Arc::new(code.as_bytes().to_vec());
    let source = Source {
        label: "t.rhai",
        stem: "t",
        bytes: &bytes,
        digest: "",
        cache: None,
        attachments: &[],
    };
    let program = Scripts.load(&source, &limits).unwrap();
    let binding = Binding {
        generator: 0,
        field: "f",
        parameters: &[],
        inputs: &[],
        returns: Some(DataType::Int64),
        stream: Stream::new(3, "f"),
        total_rows: None,
        on_error: OnError::Fail,
    };
    let began = std::time::Instant::now();
    let field = program.prepare(&binding).unwrap().generator;
    let told = field.generate(Rows { first: 0, count: 1 }, &[]).unwrap_err().to_string();
    assert!(told.contains("the rows of one block take more than"), "{told}");
    // Without looks it would take hours.
    assert!(began.elapsed() < std::time::Duration::from_secs(120), "{:?}", began.elapsed());
}
