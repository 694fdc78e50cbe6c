//! Both tiers against one another: on every construct, on random rows.

mod authors;
mod constructs;

use std::sync::Arc;

use crate::columns::{Column, DataType, Dictionary, Rows, Values, VarBytes};
use crate::failures::OnError;
use crate::generator::{Generator as _, Tier};
use crate::rng::{Stream, scale, unit};
use crate::sandbox::rhai::host::forms;
use crate::sandbox::rhai::host::function::Type;
use crate::sandbox::rhai::{Field, ScriptProgram};
use crate::sandbox::{Attachment, Binding, InputType, Limits, Program as _, Source};
use constructs::CONSTRUCTS;

const FUNCTIONS: &str = "fn twice(v) { let r = v * 2; if r > 100 { return 100; } r }
    fn label(k) { switch k { 0 => \"zero\", 1 => \"one\", _ => if k < 0 { \"minus\" } else { \"more\" } } }
    fn init(p) { #{ list: [3, 1, 4], weights: [1, 0.5, 12], start: rand_int(1, 1000) } }
    fn total(lists, at) { let s = 0; for v in lists[at] { s += v; } s }
    fn rate(rates, of) { if of in rates { rates[of].rate } else { -1.5 } }
    const RATES = table(\"rates.csv\", \"code\"); const ROWS = table(\"rates.csv\");\n";

/// The file that `RATES` and `ROWS` are of.
fn attachments() -> [Attachment; 1] {
    let file =
        "code,rate,units,zip\nwest,1.25,7,007\nnorth,-3,12,\nsouth,0.1,-4,é1\n日本,1e3,100,x\n";
    [Attachment::new("rates.csv", Ok(file.as_bytes().to_vec()))]
}

const NAMES: [&str; 11] = ["a", "b", "x", "t", "c", "f", "n", "d", "s", "m", "u"];

fn types() -> [InputType; 11] {
    let of = |data_type, nullable| InputType { data_type, nullable };
    [
        of(DataType::Int64, false),
        of(DataType::Int64, false),
        of(DataType::Float64, false),
        of(DataType::Text, false),
        of(DataType::Text, false),
        of(DataType::Boolean, false),
        of(DataType::Int64, true),
        of(DataType::Date, false),
        of(DataType::Instant, false),
        of(DataType::Decimal { precision: 20, scale: 3 }, false),
        of(DataType::Text, true),
    ]
}

/// Random columns of the inputs; small, large and awkward numbers among them.
fn columns(seed: u64, rows: Rows) -> Vec<Column> {
    let words = |name: &str| -> Vec<u64> {
        let stream = Stream::new(seed, name);
        rows.iter().map(|row| stream.word(row)).collect()
    };
    let words_of = |name| words(name).into_iter();
    let whole = |word: u64| (word >> (16 + word % 40)) as i64 - 1_000;
    let count = |word: u64| scale(word, 2_000) as i64 - 200;
    let number = |word: u64| match word % 50 {
        0 => 0.0,
        1 => 1e18,
        2 => -1e-7,
        _ => (unit(word) - 0.3) * 40.0,
    };
    let text = |word: u64| ["", "é", "Hello world", "x-1", "日本"][(word % 5) as usize].to_owned();
    let texts: VarBytes = words_of("t").map(|word| format!("{}{}", text(word), word % 100)).fold(
        VarBytes::default(),
        |mut all, text| {
            all.push(text.as_bytes());
            all
        },
    );
    let keys = words_of("c").map(|word| (word % 3) as u32).collect();
    let short: VarBytes = words_of("u").fold(VarBytes::default(), |mut all, word| {
        all.push(["", "u1", "é"][(word % 3) as usize].as_bytes());
        all
    });
    vec![
        Column::new(Values::Int64(words_of("a").map(whole).collect())),
        Column::new(Values::Int64(words_of("b").map(count).collect())),
        Column::new(Values::Float64(words_of("x").map(number).collect())),
        Column::new(Values::Text(texts)),
        Column::new(Values::Choice {
            keys: Arc::new(keys),
            dictionary: Dictionary::new(["north", "south", "west"]),
        }),
        Column::new(Values::Boolean(words_of("f").map(|word| word % 2 == 0).collect())),
        Column {
            values: Values::Int64(words_of("n").map(count).collect()),
            validity: Some(words_of("n").map(|word| word % 5 != 0).collect()),
        },
        Column::new(Values::Date(words_of("d").map(|word| (word % 30_000) as i32 - 999).collect())),
        Column::new(Values::Instant(
            words_of("s").map(|word| (word >> 13) as i64 - (1 << 48)).collect(),
        )),
        Column::new(Values::Decimal(
            words_of("m").map(|word| i128::from(word >> 20) - 99).collect(),
        )),
        Column {
            values: Values::Text(short),
            validity: Some(words_of("u").map(|word| word % 4 != 0).collect()),
        },
    ]
}

/// A script, the returns of it, and which inputs it reads; `exact decimal(9, 2)` for one whose decimals are exact.
fn program(body: &str, returns: &str) -> Result<ScriptProgram, String> {
    let (exact, returns) = match returns.strip_prefix("exact ") {
        Some(returns) => (true, returns),
        None => (false, returns),
    };
    let head = format!(
        "const output = \"{returns}\"; const nullable = true; const exact_decimals = {exact};\n"
    );
    let text = format!("{head}{FUNCTIONS}fn generate(row, params) {{ {body} }}");
    let source = Source {
        label: "test.rhai",
        stem: "test",
        bytes: &Arc::new(text.into_bytes()),
        digest: "",
        cache: None,
        attachments: &attachments(),
    };
    ScriptProgram::load(&source, &Limits::default()).map_err(|fault| fault.shown())
}

fn places(program: &ScriptProgram) -> Vec<usize> {
    let inputs = program.descriptions()[0].inputs.iter();
    inputs.map(|input| NAMES.iter().position(|name| *name == input.name).unwrap()).collect()
}

/// A field of the script, lowered where it can be, or interpreted in any case.
fn prepared(program: &ScriptProgram, may_lower: bool) -> Field {
    let inputs: Vec<_> = places(program).iter().map(|place| Some(types()[*place])).collect();
    let binding = Binding {
        generator: 0,
        field: "f",
        parameters: &[],
        inputs: &inputs,
        returns: None,
        stream: Stream::new(3, "f"),
        total_rows: None,
        on_error: OnError::Fail,
    };
    let (mut field, _) =
        program.field(&binding).unwrap_or_else(|fault| panic!("{}", fault.shown()));
    if !may_lower {
        field.tree = Err(String::new());
    }
    field
}

/// The cells of a column, exactly.
fn exact(column: &Column) -> Vec<String> {
    let cell = |row| {
        if column.is_null(row) {
            return "null".to_owned();
        }
        match &column.values {
            Values::Float64(values) => format!("{:x}", values[row].to_bits()),
            Values::Float32(values) => format!("{:x}", values[row].to_bits()),
            Values::Int64(values) => values[row].to_string(),
            Values::Int32(values) => values[row].to_string(),
            Values::Boolean(values) => values[row].to_string(),
            Values::Text(values) => String::from_utf8(values.get(row).to_vec()).unwrap(),
            Values::Date(values) => values[row].to_string(),
            Values::Instant(values) => values[row].to_string(),
            Values::Decimal(values) => values[row].to_string(),
            other => panic!("{other:?}"),
        }
    };
    (0..column.len()).map(cell).collect()
}

/// For all constructs and rows: the lowered script gives what the interpreted one gives, or both fail in
/// the same row. `DATAGEN_ROWS` is the number of rows of each construct.
#[test]
fn both_tiers_agree_on_every_construct() {
    let all =
        std::env::var("DATAGEN_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(4_600);
    let wrong: String =
        CONSTRUCTS.iter().filter_map(|(returns, body)| difference(body, returns, all)).collect();
    assert!(wrong.is_empty(), "{wrong}");
}

/// For all functions of the host: the same, with values of the row and with plain ones.
#[test]
fn both_tiers_agree_on_every_function() {
    let mut wrong = String::new();
    let mut count = 0;
    for form in forms() {
        let returns = match form.result {
            Type::Int => "int64",
            Type::Float => "float64",
            Type::Bool => "boolean",
            Type::Text => "utf8",
            Type::Char => "utf8",
            Type::Decimal => "exact decimal(38, 9)",
            Type::Date => "date",
            Type::Time => "timestamp",
            Type::Table(_) => panic!("no form gives a list"),
        };
        for [int, float, text, decimal] in [
            ["row.b", "row.x", "row.t", "decimal(row.a)"],
            ["3", "0.5", "\"FR\"", "decimal(\"12.50\")"],
            ["7", "2.0", "\"7\"", "(decimal(row.b) / 8)"],
            [
                "-2",
                "-1e19",
                "\"2024-02-29\"",
                "decimal(\"-99999999999999999999999999999999999.99\")",
            ],
            ["4", "1.0", "\"2024-02-29T01:02:03Z\"", "(decimal(row.x) * -3)"],
            ["4", "row.x", "row.t.sub_string(0, 1)", "(decimal(row.b) / decimal(row.a))"],
        ] {
            let arguments = form.arguments.iter().map(|kind| match kind {
                Type::Int => int,
                Type::Float => float,
                Type::Bool => "row.f",
                Type::Text => text,
                Type::Char => "'é'",
                Type::Decimal => decimal,
                Type::Date => "row.d",
                Type::Time => "row.s",
                Type::Table(_) => panic!("no form takes a list"),
            });
            let arguments: Vec<&str> = arguments.collect();
            let is_operator = !form.name.starts_with(|first: char| first.is_ascii_alphabetic());
            let body = match form.name.strip_prefix("get$") {
                None if is_operator => format!("{} {} {}", arguments[0], form.name, arguments[1]),
                Some(property) => format!("{}.{property}", arguments[0]),
                None => format!("{}({})", form.name, arguments.join(", ")),
            };
            let body = match form.name.strip_prefix("set$") {
                Some(name) => {
                    let rest = arguments[1..].join(", ");
                    format!("let it = {}; it.{name}({rest}); it", arguments[0])
                }
                None => body,
            };
            wrong.extend(difference(&body, returns, 300));
            count += 1;
        }
    }
    assert!(count > 500, "{count}");
    assert!(wrong.is_empty(), "{wrong}");
}

/// What differs between the tiers in the first `all` rows, if anything does.
fn difference(body: &str, returns: &str, all: u64) -> Option<String> {
    let program = match program(body, returns) {
        Ok(program) => program,
        Err(fault) => return Some(format!("{fault}\n")),
    };
    let (lowered, interpreted) = (prepared(&program, true), prepared(&program, false));
    if lowered.tier() != Tier::Lowered {
        return Some(format!("{body}: {:?}\n", lowered.tier()));
    }
    let mut first = 0;
    // Longer than the chunks of the lowered tier, shorter, and single rows.
    for size in [99, 4_500, 1].into_iter().cycle() {
        if first == all {
            break;
        }
        let rows = Rows { first, count: (all - first).min(size) as usize };
        let columns = columns(9, rows);
        let inputs: Vec<_> = places(&program).iter().map(|i| Some(&columns[*i])).collect();
        match (lowered.generate(rows, &inputs), interpreted.generate(rows, &inputs)) {
            (Ok(a), Ok(b)) => {
                let (a, b) = (exact(&a.column), exact(&b.column));
                if let Some(row) = (0..rows.count).find(|row| a[*row] != b[*row]) {
                    return Some(format!("{body}: row {row}: {} and {}\n", a[row], b[row]));
                }
            }
            (Err(a), Err(b)) => assert_eq!(a.to_string(), b.to_string(), "{body}"),
            (a, b) => return Some(format!("{body}: {:?} and {:?}\n", a.is_ok(), b.is_ok())),
        }
        first += rows.count as u64;
    }
    None
}

/// Without this the test above could compare the interpreter with itself.
#[test]
fn few_constructs_leave_their_blocks_to_the_interpreter() {
    let rows = Rows { first: 0, count: 40 };
    let columns = columns(9, rows);
    let mut left = 0;
    for (returns, body) in CONSTRUCTS {
        let Ok(program) = program(body, returns) else { continue };
        let inputs: Vec<_> = places(&program).iter().map(|place| Some(&columns[*place])).collect();
        let prepared = prepared(&program, true);
        let before = super::super::left_to_the_interpreter();
        // A row that has no value fails in both tiers.
        let _ = prepared.generate(rows, &inputs);
        left += usize::from(super::super::left_to_the_interpreter() > before);
    }
    assert!(left <= 14, "{left} of {}", CONSTRUCTS.len());
}

#[test]
fn what_is_not_lowered_says_why() {
    let mut told = String::new();
    for body in [
        "let m = #{ a: row.f }; m.a",
        "try { 1 } catch { 2 }",
        "let f = |v| v; f.call(1)",
        "let v = 1; if row.f { v = \"text\"; } 2",
        "endless(3)",
        "for c in row.f { } 1",
        "let l = [row.t]; l.push(1); l[0]",
        "if row.f { 1 } else { \"text\" }",
        "let m = if row.f { [1] } else { [2] }; m.map(|v| v * 2)[0]",
        "let v = (); v = 3; v",
        "params.len()",
        "[1, 2.5][row.t.len()]",
        "pick([row.t, 1])",
        "row.t.trim(); if row.f { let a = [row.t]; try { a } catch {} } row.t?.len",
    ] {
        let text = format!(
            "const output = \"int64\";\nconst params = #{{}};\nfn endless(n) {{ endless(n) }}\nfn generate(row, params) {{ {body} }}"
        );
        let source = Source {
            label: "t.rhai",
            stem: "t",
            bytes: &Arc::new(text.into_bytes()),
            digest: "",
            cache: None,
            attachments: &[],
        };
        let program = ScriptProgram::load(&source, &Limits::default()).unwrap();
        let Tier::Interpreted { because } = prepared(&program, true).tier() else {
            panic!("{body} is lowered")
        };
        told.push_str(&format!("{body}: {because}\n"));
    }
    insta::assert_snapshot!(told, @r#"
    let m = #{ a: row.f }; m.a: a map of values that are worked out (t.rhai:4:36)
    try { 1 } catch { 2 }: `try`: ask by `if` for what would fail (t.rhai:4:28)
    let f = |v| v; f.call(1): a function as a value (t.rhai:4:36)
    let v = 1; if row.f { v = "text"; } 2: a variable that changes its type: give it one of its own (t.rhai:4:50)
    endless(3): a function that calls itself (t.rhai:3:17)
    for c in row.f { } 1: `for` over anything but a range or a list of values of one type (t.rhai:4:37)
    let l = [row.t]; l.push(1); l[0]: a list of values that are worked out (t.rhai:4:36)
    if row.f { 1 } else { "text" }: results of different types (t.rhai:4:50)
    let m = if row.f { [1] } else { [2] }; m.map(|v| v * 2)[0]: `map` but with a closure such as `|item| item[1]` (t.rhai:4:69)
    let v = (); v = 3; v: a variable without a value: give it one of its type (t.rhai:4:28)
    params.len(): `params` as a whole (t.rhai:4:28)
    [1, 2.5][row.t.len()]: an index of constants of different types (t.rhai:4:42)
    pick([row.t, 1]): a list of values of different types (t.rhai:4:28)
    row.t.trim(); if row.f { let a = [row.t]; try { a } catch {} } row.t?.len: the function `trim` (t.rhai:4:34); a list of values that are worked out (t.rhai:4:61); `try`: ask by `if` for what would fail (t.rhai:4:70); `?.` or `?[`: ask `if … == ()` before (t.rhai:4:96)
    "#);
}
