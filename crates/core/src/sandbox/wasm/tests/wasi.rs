//! Modules that were built for an operating system, with a stand-in for it, and those that do not say their interface.

use super::*;
use crate::sandbox::listen;

/// A function of WASI with its signature.
fn import(name: &str, signature: &str) -> String {
    format!(r#"(func ${name} (import "wasi_snapshot_preview1" "{name}") {signature})"#)
}

const WRITE: (&str, &str) = ("fd_write", "(param i32 i32 i32 i32) (result i32)");
const CLOCK: (&str, &str) = ("clock_time_get", "(param i32 i64 i32) (result i32)");
const RANDOM: (&str, &str) = ("random_get", "(param i32 i32) (result i32)");
const OPEN: (&str, &str) =
    ("path_open", "(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)");
const POLL: (&str, &str) = ("poll_oneoff", "(param i32 i32 i32 i32) (result i32)");
const EXIT: (&str, &str) = ("proc_exit", "(param i32)");

/// Ends the block unless the number on the stack is `number`.
fn expect(call: &str, number: u32) -> String {
    format!("(if (i32.ne {call} (i32.const {number})) (then unreachable))")
}

/// A module that imports `one` and does `generate` in every block.
fn module((name, signature): (&str, &str), generate: String) -> Text {
    Text {
        imports: import(name, signature),
        items: r#"(data (i32.const 4096) "\10\10\00\00\06\00\00\00") (data (i32.const 4112) "hello\n")"#
            .to_owned(),
        generate,
        ..Text::default()
    }
}

/// What its values come to.
fn fate_of(text: &Text) -> String {
    fate(&text.bytes(), &tight())
}

#[test]
fn the_stand_in_answers_the_same_in_every_run() {
    let fine = "100 values";
    // Lines reach the log without their ends, whole; other files are not open.
    let said = |file: u32, errno: u32| {
        let call = format!(
            "(call $fd_write (i32.const {file}) (i32.const 4096) (i32.const 1) (i32.const 4200))"
        );
        let text = module(WRITE, expect(&call, errno));
        let program = load(&text.bytes(), &tight()).unwrap();
        let prepared = prepare(&*program).unwrap();
        let (made, said) = listen(|| rows(&prepared, 0, 100, &[]));
        assert!(made.is_ok());
        said.lines
    };
    assert_eq!(said(1, 0), ["hello"]);
    assert_eq!(said(2, 0), ["hello"]);
    assert!(said(7, 8).is_empty());
    // A clock of durations stands still at one second.
    let call = "(call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 4200))";
    let still =
        "(if (i64.ne (i64.load (i32.const 4200)) (i64.const 1000000000)) (then unreachable))";
    assert_eq!(fate_of(&module(CLOCK, expect(call, 0) + still)), fine);
    // A seed is drawn once, and is always the same; there is no file.
    let call = "(call $random_get (i32.const 4200) (i32.const 32))";
    let same = "(if (i64.ne (i64.load (i32.const 4200)) (i64.const 0xf153b51778da3c9e)) (then (drop (i32.div_u (i32.const 1) (i32.const 0)))))";
    assert_eq!(fate_of(&module(RANDOM, expect(call, 0) + same)), fine);
    let call = format!(
        "(call $path_open {} (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 0))",
        "(i32.const 0)".repeat(5)
    );
    assert_eq!(fate_of(&module(OPEN, expect(&call, 44))), fine);
}

/// Issue 11, D4: what would make a value depend on more than its row ends the command, with the cure.
#[test]
fn whoever_asks_the_system_for_more_is_ended_with_the_cure() {
    let told = |one, call: &str| fate_of(&module(one, call.to_owned()));
    let time = "(drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 4200)))";
    assert!(told(CLOCK, time).contains("it asks for the time, and there is no clock"));
    let number = "(drop (call $random_get (i32.const 4200) (i32.const 8)))";
    assert!(told(RANDOM, number).contains("it asks the system for random numbers"));
    let seed = "(drop (call $random_get (i32.const 4200) (i32.const 32)))";
    assert!(told(RANDOM, &seed.repeat(2)).contains("it asks the system for random numbers"));
    let poll = "(drop (call $poll_oneoff (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)))";
    assert!(told(POLL, poll).contains("it waits for something"));
    assert!(told(EXIT, "(call $proc_exit (i32.const 1))").contains("it ends its process"));
}

/// The stand-in is the module's own code as far as the host is concerned: it reaches the module's memory and nothing
/// else, and counts for its limits.
#[test]
fn a_hostile_module_gains_nothing_by_the_stand_in() {
    let told = |one, call: &str| fate_of(&module(one, call.to_owned()));
    let outside = "(drop (call $random_get (i32.const -32) (i32.const 32)))";
    assert!(told(RANDOM, outside).contains("out of bounds memory access"));
    let outside = "(drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const -4)))";
    assert!(told(CLOCK, outside).contains("out of bounds memory access"));
    let write = |parts: i64, count: i64| {
        let call = format!(
            "(drop (call $fd_write (i32.const 1) (i32.const {parts}) (i32.const {count}) (i32.const 0)))"
        );
        told(WRITE, &call)
    };
    assert!(write(-8, 1).contains("out of bounds memory access"));
    // A text that lies outside of the memory.
    let outside = "(i32.store (i32.const 4100) (i32.const 0x7fffffff))";
    let call = "(drop (call $fd_write (i32.const 1) (i32.const 4096) (i32.const 1) (i32.const 0)))";
    let fate = told(WRITE, &format!("{outside}{call}"));
    assert!(!fate.contains("values"), "{fate}");
    // As many parts as there are numbers, all of them empty: until the fuel is used up, or memory ends.
    assert!(write(65_536, 0xffff_ffff).contains("out of bounds memory access"));
    let endless = format!("(loop $more {call} (br $more))");
    assert!(told(WRITE, &endless).contains("units of fuel"));
    // What WASI does not have is not there, nor is it there with another signature.
    assert!(told(("path_to_root", "(param i32)"), "").starts_with("compile: "));
    assert!(told(("proc_exit", "(param i64)"), "").starts_with("compile: "));
}

#[test]
fn the_names_of_exports_say_the_interface_where_no_section_does() {
    let bytes = wat::parse_str(Text::default().source()).unwrap();
    assert_eq!(fate(&bytes, &tight()), "100 values");
    let other = r#"(module (func (export "datagen:field/generators@1.0.0#describe") (param i32)))"#;
    let told = fate(&wat::parse_str(other).unwrap(), &tight());
    assert!(told.starts_with("compile: x.wasm: failed to "), "{told}");
}
