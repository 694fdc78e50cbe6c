//! Both tiers against one another: on every construct, on random rows.

use std::sync::Arc;

use crate::columns::{Column, DataType, Dictionary, Rows, Values, VarBytes};
use crate::failures::OnError;
use crate::generator::{Generator as _, Tier};
use crate::rng::{Stream, scale, unit};
use crate::sandbox::rhai::host::forms;
use crate::sandbox::rhai::host::function::Type;
use crate::sandbox::rhai::{Field, ScriptProgram};
use crate::sandbox::{Binding, InputType, Limits, Program as _, Source};

/// Bodies of `generate` over the inputs `a`, `b` (int64), `x` (float64), `t` (utf8), `c` (utf8, drawn from
/// few), `f` (boolean), `n` (int64 with nulls); what they return. All of them are lowered.
const CONSTRUCTS: &[(&str, &str)] = &[
    ("int64", "row.a * 3 + row.b"),
    ("int64", "row.a / row.b"),
    ("int64", "row.a / 7 + row.a % -13 - row.b / -1 + row.b % 64"),
    ("int64", "row.a / 1000000007 * 3 + 100 / (row.b % 3 + 3)"),
    ("int64", "row.a % 1000 - -row.b"),
    ("int64", "(row.a % 50) ** (row.b % 4)"),
    ("int64", "(row.a & 255) | (row.b ^ 7)"),
    ("int64", "row.a % 1000 << 3 >> 1"),
    ("int64", "row.a << row.b % 70"),
    ("int32", "row.a % 100000"),
    ("float64", "row.x * 1.5 + row.a"),
    ("float64", "row.a / row.x - row.x % 3.0"),
    ("float32", "-row.x"),
    ("float64", "row.a"),
    ("boolean", "row.a < row.b"),
    ("boolean", "row.a % 8 == 0 || row.b % 2 != 0 && row.b % 4 > 0 || row.b % 6 == 0"),
    ("boolean", "row.x >= 0.5 && row.a != row.b || !row.f"),
    ("boolean", "row.t == row.c || row.c < \"m\""),
    ("boolean", "row.f == true"),
    ("boolean", "row.a > row.x"),
    // Numbers that nearly are each other's, about zero, without end and none: Rhai has rules of its own.
    ("boolean", "let y = row.x * 0.1 * 10.0; if row.f { y == row.x } else { y != row.x }"),
    ("boolean", "let y = row.x * 0.1 * 10.0; if row.f { y < row.x } else { y >= row.x }"),
    ("boolean", "let y = row.x * 1e-18; if row.f { y > 0 } else { y <= 0.0 }"),
    ("boolean", "let y = 1e300 * 1e300; if row.f { y == y } else { y >= row.x || y - y == y - y }"),
    ("int64", "let n = row.x.abs() % 1000.0; let k = 0; while n > 0 { n /= 2; k += 1; } k"),
    ("utf8", "`${row.a}-${row.x}/${row.t}:${row.f}`"),
    ("utf8", "row.t + row.a + row.c"),
    ("utf8", "let s = row.t; s += \"!\"; s += row.a; s"),
    ("int64", "if row.a > 0 { row.a } else if row.f { row.b } else { 0 }"),
    ("int64", "let v = if row.f { row.a % 10 } else { row.b % 10 }; v * v"),
    ("int64", "switch row.a % 4 { 0 => 10, 1 | 2 => row.b, _ => -1 }"),
    (
        "utf8",
        "switch row.c { \"north\" => \"N\", \"south\" => { let s = row.t; s + \"S\" } _ => \"?\" }",
    ),
    ("int64", "let v = switch row.f { true => 1, false => 2, _ => 3 }; v + 1"),
    ("int64", "if row.a > 0 { return 5; } let v = row.b; v"),
    ("int64", "let s = 0; for i in 0..row.b % 20 { s += i * row.a % 7; } s"),
    ("int64", "let s = 0; for i in 1..=5 { if i == 3 { continue; } s += i; } s"),
    ("int64", "let s = 0; for i in 0..10 { if i > row.b % 10 { break; } s += i; } s"),
    ("int64", "let n = row.a % 100; let k = 0; while n > 0 { n /= 2; k += 1; } k"),
    ("int64", "let n = row.b % 30; loop { n += 7; if n > 40 { break; } } n"),
    ("int64", "let n = 0; do { n += 1; } while n < row.b % 5; n"),
    ("int64", "let n = 0; do { n += 1; } until n >= row.b % 5; n"),
    ("int64", "for i in 0..100 { if i * i > row.a % 500 { return i; } } -1"),
    (
        "int64",
        "let s = 0; for i in 0..3 { for j in i..4 { if j == 2 { continue; } s += i * j; } } s",
    ),
    ("int64", "let n = row.a; { let n = 3; n += 1; } n"),
    ("int64", "twice(row.a % 1000) + twice(row.b % 10)"),
    ("utf8", "label(row.a % 3)"),
    ("int64", "rand_int(1, 6) + rand_int(0, row.b.abs() % 50)"),
    ("float64", "rand_float() + rand_float(2.0, 3.0)"),
    ("boolean", "rand_bool() || rand_bool(0.1)"),
    ("float64", "rand_normal(5.0, 2.0) + rand_exp(0.5)"),
    ("int64", "if row.f { rand_int(0, 9) } else { rand_zipf(20, 1.2) } + rand_int(10, 19)"),
    ("utf8", "luhn(rand_digits(9)) + rand_hex(5) + rand_string(3, \"abc\") + uuid()"),
    ("utf8", "first_name(\"FR\") + last_name() + city(\"DE\") + phone(\"FR\") + country()"),
    ("int64", "row_number() * 2 + permute(row_number() % 100, 100)"),
    ("int64", "hash(row.t) ^ hash(row.a)"),
    (
        "utf8",
        "pad_left(row.b.abs() % 100, 4, \"0\") + pad_left(row.c, 8, \".\") + slug(row.t) + title(row.c)",
    ),
    ("utf8", "base32(row.c) + base64(row.t)"),
    ("utf8", "format(\"{:+08}\", row.b) + format(\"{:.2}\", row.x) + \"{:>20}\".format(row.t)"),
    ("int64", "mod97(row.c) + row.t.len() + row.t.len"),
    (
        "float64",
        "round_to(sin(row.x) + cos(row.x) + sqrt(row.x.abs()), 3) + exp(0.5) + ln(2.0) + pow(2.0, row.x)",
    ),
    ("float64", "row.a.to_float() + row.x.floor() + row.x.ceiling() + clamp(row.x, 0.0, 1.0)"),
    ("int64", "clamp(row.a, -100, 100) + row.b.abs()"),
    ("utf8", "row.a.to_string() + row.x.to_string() + row.f.to_string()"),
    ("int64", "if row.n == () { return (); } row.n + 1"),
    ("int64", "if row.n != () { row.n * 2 } else { -1 }"),
    ("int64", "if row.f { () } else { row.a }"),
    ("utf8", "let s = \"\"; for i in 0..row.b.abs() % 6 { s += i; s += \",\"; } s"),
    (
        "int64",
        "let d = 0; let n = row.a.abs() % 1000000; while n != 0 { let k = n % 10; d += if k > 4 { k * 2 - 9 } else { k * 2 }; n /= 10; } (10 - d % 10) % 10",
    ),
];

const FUNCTIONS: &str = "fn twice(v) { let r = v * 2; if r > 100 { return 100; } r }
    fn label(k) { switch k { 0 => \"zero\", 1 => \"one\", _ => if k < 0 { \"minus\" } else { \"more\" } } }\n";

const NAMES: [&str; 7] = ["a", "b", "x", "t", "c", "f", "n"];

fn types() -> [InputType; 7] {
    let of = |data_type, nullable| InputType { data_type, nullable };
    [
        of(DataType::Int64, false),
        of(DataType::Int64, false),
        of(DataType::Float64, false),
        of(DataType::Text, false),
        of(DataType::Text, false),
        of(DataType::Boolean, false),
        of(DataType::Int64, true),
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
    ]
}

/// A script, the returns of it, and which inputs it reads.
fn program(body: &str, returns: &str) -> ScriptProgram {
    let text =
        format!("const output = \"{returns}\";\n{FUNCTIONS}fn generate(row, params) {{ {body} }}");
    let source = Source {
        label: "test.rhai",
        stem: "test",
        bytes: &Arc::new(text.into_bytes()),
        digest: "",
        cache: None,
    };
    ScriptProgram::load(&source, &Limits::default())
        .unwrap_or_else(|fault| panic!("{}", fault.shown()))
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
        };
        for [int, float, text] in
            [["row.b", "row.x", "row.t"], ["3", "0.5", "\"FR\""], ["7", "2.0", "\"7\""]]
        {
            let arguments = form.arguments.iter().map(|kind| match kind {
                Type::Int => int,
                Type::Float => float,
                Type::Bool => "row.f",
                Type::Text => text,
            });
            let arguments: Vec<&str> = arguments.collect();
            let body = format!("{}({})", form.name, arguments.join(", "));
            wrong.extend(difference(&body, returns, 300));
            count += 1;
        }
    }
    assert!(count > 150, "{count}");
    assert!(wrong.is_empty(), "{wrong}");
}

/// What differs between the tiers in the first `all` rows, if anything does.
fn difference(body: &str, returns: &str, all: u64) -> Option<String> {
    let program = program(body, returns);
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
        let program = program(body, returns);
        let inputs: Vec<_> = places(&program).iter().map(|place| Some(&columns[*place])).collect();
        let prepared = prepared(&program, true);
        let before = super::super::left_to_the_interpreter();
        // A row that has no value fails in both tiers.
        let _ = prepared.generate(rows, &inputs);
        left += usize::from(super::super::left_to_the_interpreter() > before);
    }
    assert!(left <= 8, "{left} of {}", CONSTRUCTS.len());
}

#[test]
fn what_is_not_lowered_says_why() {
    let mut told = String::new();
    for body in [
        "[1, 2][0]",
        "let m = #{ a: 1 }; m.a",
        "try { 1 } catch { 2 }",
        "let f = |v| v; f.call(1)",
        "let v = 1; v = \"text\"; 2",
        "endless(3)",
        "for i in [1, 2] { } 1",
        "pick([1, 2])",
        "if row.f { 1 } else { \"text\" }",
        "let s = row.t; s[0].to_int()",
        "let v = (); v = 3; v",
        "params.len()",
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
        };
        let program = ScriptProgram::load(&source, &Limits::default()).unwrap();
        let Tier::Interpreted { because } = prepared(&program, true).tier() else {
            panic!("{body} is lowered")
        };
        told.push_str(&format!("{body}: {because}\n"));
    }
    insta::assert_snapshot!(told, @r#"
    [1, 2][0]: an index (t.rhai:4:34)
    let m = #{ a: 1 }; m.a: a map (t.rhai:4:36)
    try { 1 } catch { 2 }: `try` (t.rhai:4:28)
    let f = |v| v; f.call(1): a value of type Fn (t.rhai:4:36)
    let v = 1; v = "text"; 2: a variable that changes its type (t.rhai:4:39)
    endless(3): a function that calls itself (t.rhai:3:17)
    for i in [1, 2] { } 1: `for` over anything but a range (t.rhai:4:28)
    pick([1, 2]): an array (t.rhai:4:33)
    if row.f { 1 } else { "text" }: results of different types (t.rhai:4:50)
    let s = row.t; s[0].to_int(): an index (t.rhai:4:44)
    let v = (); v = 3; v: a variable without a value (t.rhai:4:28)
    params.len(): `params` as a whole (t.rhai:4:28)
    "#);
}
