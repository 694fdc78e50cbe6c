//! Modules that would take time, memory or the process: each ends within its limits, with a message, while
//! another module goes on undisturbed.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::*;
use crate::columns::Values;

const LOOP: &str = "(loop $forever (br $forever))";

fn with(change: impl FnOnce(&mut Text)) -> Vec<u8> {
    let mut text = Text::default();
    change(&mut text);
    text.bytes()
}

fn core(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// Names and files; nothing here may hurt.
#[expect(clippy::too_many_lines, reason = "a list")]
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let statements = |count: usize, one: &str| one.repeat(count);
    vec![
        ("endless generate", with(|text| text.generate = LOOP.to_owned())),
        ("endless check", with(|text| text.check = LOOP.to_owned())),
        ("endless describe", with(|text| text.describe = LOOP.to_owned())),
        ("endless start", with(|text| text.items = format!("(func $start {LOOP}) (start $start)"))),
        (
            "trapping start",
            with(|text| text.items = "(func $start unreachable) (start $start)".to_owned()),
        ),
        (
            "endless filling of memory",
            with(|text| {
                text.pages = "100";
                text.generate = "(loop $forever (memory.fill (i32.const 65536) (i32.const 1) (i32.const 6000000)) (br $forever))".to_owned();
            }),
        ),
        (
            "deep recursion",
            with(|text| {
                text.items = "(func $deep (param i64) (result i64) (i64.add (call $deep (i64.add (local.get 0) (i64.const 1))) (i64.const 1)))".to_owned();
                text.generate = "(drop (call $deep (i64.const 0)))".to_owned();
            }),
        ),
        (
            "memory without end",
            with(|text| {
                text.generate = "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable".to_owned();
            }),
        ),
        (
            "4 GiB of memory at once",
            with(|text| {
                text.generate = "(if (i32.eq (memory.grow (i32.const 65000)) (i32.const -1)) (then unreachable))".to_owned();
            }),
        ),
        ("4 GiB of memory from the start", with(|text| text.pages = "65536")),
        (
            "a table without end",
            with(|text| {
                text.items = "(table $table 1 funcref)".to_owned();
                text.generate = "(if (i32.eq (table.grow $table (ref.null func) (i32.const 20000)) (i32.const -1)) (then unreachable))".to_owned();
            }),
        ),
        (
            "a huge table from the start",
            with(|text| text.items = "(table 100000000 funcref)".to_owned()),
        ),
        (
            "a segment beyond the memory",
            with(|text| text.items = r#"(data (i32.const 0x7fffffff) "x")"#.to_owned()),
        ),
        (
            "an indirect call of nothing",
            with(|text| {
                text.items = "(table 1 funcref) (type $nothing (func))".to_owned();
                text.generate = "(call_indirect (type $nothing) (i32.const 0))".to_owned();
            }),
        ),
        (
            "a division by zero",
            with(|text| {
                text.generate = "(drop (i32.div_u (i32.const 1) (i32.const 0)))".to_owned();
            }),
        ),
        (
            "a read beyond the memory",
            with(|text| text.generate = "(drop (i64.load (i32.const -8)))".to_owned()),
        ),
        (
            "the same 2 MiB as a hundred columns",
            // One sub-value of the list is enough for the size: all stand for the same memory.
            with(|text| {
                text.pages = "40";
                text.generate = "(local.set $row (i32.const 0))
                    (loop $next
                      (memory.copy (i32.add (i32.const 200000) (i32.mul (local.get $row) (i32.const 32))) (i32.const 260) (i32.const 32))
                      (i32.store offset=8 (i32.add (i32.const 200000) (i32.mul (local.get $row) (i32.const 32))) (i32.const 250000))
                      (br_if $next (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 1))) (i32.const 100))))
                    (i32.store (i32.const 292) (i32.const 200000)) (i32.store (i32.const 296) (i32.const 100))".to_owned();
            }),
        ),
        (
            "a list of 4 G generators",
            with(|text| text.describe = "(i32.store (i32.const 532) (i32.const -1))".to_owned()),
        ),
        ("a thousand generators", with(|text| text.generators = 1_000)),
        ("no generator", with(|text| text.generators = 0)),
        ("two of one name", with(|text| text.generators = 2)),
        ("a name that is a path", with(|text| text.name = "../../etc/passwd".to_owned())),
        ("a name of control characters", with(|text| text.name = "a\u{1b}[2J".to_owned())),
        ("a name without letters", with(|text| text.name = String::new())),
        (
            "a name that is no text",
            with(|text| text.items = r#"(data (i32.const 1024) "\ff\fe")"#.to_owned()),
        ),
        ("a type that is none", with(|text| text.kind = 77)),
        ("a decimal of no digits", with(|text| text.kind = 5)),
        ("no file", Vec::new()),
        ("no module", b"\x7fELF\x02\x01\x01".to_vec()),
        ("half a module", Text::default().bytes()[..300].to_vec()),
        (
            "text with a mistake",
            b"(component\n  (core module (func (export \"x\")\n    i32.cnst 1)))".to_vec(),
        ),
        ("an endless text", "(".repeat(2_000_000).into_bytes()),
        (
            "deeply nested text",
            format!("(module (func {} {}))", "(block ".repeat(20_000), ")".repeat(20_000))
                .into_bytes(),
        ),
        ("a module without the section", core("(module (func (export \"generate\")))")),
        ("an empty component", core("(component)")),
        (
            "a component of another world",
            core(
                r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m)) (func $f (canon lift (core func $i "f"))) (export "f" (func $f)))"#,
            ),
        ),
        (
            "a component that wants files",
            core(r#"(component (import "wasi:filesystem/preopens@0.2.3" (instance)))"#),
        ),
        (
            "a component that wants functions of WASI",
            core(
                r#"(component (import "wasi:clocks/wall-clock@0.2.3" (instance (export "f" (func)))))"#,
            ),
        ),
        (
            "a component that wants a stranger",
            core(r#"(component (import "evil:corp/steal@1.0.0" (instance (export "f" (func)))))"#),
        ),
        (
            "WASI of another preview in a core module",
            with(|text| {
                text.imports = "(func $wasi (import \"wasi_unstable\" \"random_get\") (param i32 i32) (result i32))".to_owned();
            }),
        ),
        (
            "the host's environment",
            with(|text| {
                text.imports =
                    "(func $env (import \"env\" \"system\") (param i32) (result i32))".to_owned();
            }),
        ),
        ("shared memory", core("(module (memory 1 1 shared))")),
        ("two hundred thousand functions", core(&format!("(module {})", "(func)".repeat(150_000)))),
        (
            "a function of a megabyte",
            core(&format!("(module (func {}))", statements(500_000, "(drop (i32.const 1))"))),
        ),
        (
            "many large functions",
            core(&format!(
                "(module {})",
                format!("(func {})", statements(25_000, "(drop (i32.const 1))")).repeat(20)
            )),
        ),
        ("a million locals", core(&format!("(module (func (local {})))", "i64 ".repeat(40_000)))),
        (
            "a jump table without end",
            core(&format!(
                "(module (func (block (br_table {} (i32.const 0)))))",
                "0 ".repeat(60_000)
            )),
        ),
        ("three hundred modules", core(&format!("(component {})", "(core module)".repeat(300)))),
    ]
}

#[test]
fn every_hostile_module_ends_within_its_limits_while_another_goes_on() {
    let limits = tight();
    let ended = AtomicBool::new(false);
    let blocks = AtomicUsize::new(0);
    let good = load(&Text::default().bytes(), &limits).unwrap();
    let good = prepare(&*good).unwrap();
    let mut told = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                let made = rows(&good, 30, 1_000, &[]).unwrap();
                assert_eq!(made.column.values, Values::Int64((30..1_030).collect()));
                blocks.fetch_add(1, Ordering::Relaxed);
                std::thread::yield_now();
            }
        });
        for (name, bytes) in files() {
            let started = Instant::now();
            let fate = fate(&bytes, &limits);
            let took = started.elapsed();
            // Ten times what the deadline allows: these machines are shared.
            assert!(took < Duration::from_secs(40), "{name} took {took:?}");
            // Whether there was time to search for the row depends on the machine.
            told.push(format!("{name}: {}", fate.replace(" (row 1000)", "")));
        }
        ended.store(true, Ordering::Relaxed);
    });
    assert!(blocks.into_inner() > 10, "the other module was held up");
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_module_that_logs_without_end_is_cut_short_and_makes_its_values() {
    let bytes = with(|text| {
        text.imports =
            r#"(import "datagen:field/log@1.0.0" "log" (func $log (param i32 i32 i32)))"#
                .to_owned();
        text.generate = "(local.set $row (i32.const 0))
            (loop $next (call $log (i32.const 0) (i32.const 1024) (i32.const 5))
            (br_if $next (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 1))) (i32.const 10000))))"
            .to_owned();
    });
    assert_eq!(fate(&bytes, &tight()), "100 values");
}

/// The clock is the net below fuel.
#[test]
fn the_clock_ends_what_fuel_does_not() {
    let limits = Limits { module_fuel: u64::MAX >> 1, block_seconds: 1, ..tight() };
    let started = Instant::now();
    let fate = fate(&with(|text| text.generate = LOOP.to_owned()), &limits);
    let told = "one call runs for more than 1 seconds (the limit `block_seconds` of the setting `extension_limits`)";
    assert_eq!(fate, format!("machine: x.wasm: {told} (row 1000)"));
    assert!(started.elapsed() < Duration::from_secs(20));
}
