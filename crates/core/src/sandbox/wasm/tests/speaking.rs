//! What a module logs reaches whoever must know: the message of a failure, and the author who tries it out. Issue 11,
//! M1 and M3.

use super::*;
use crate::sandbox::{FaultKind, Said, listen};

/// A module that logs `words` as an error in row 9, then does `end`.
fn logging(words: &str, level: u8, end: &str) -> Text {
    let length = words.len();
    Text {
        imports: r#"(func $log (import "datagen:field/log@1.0.0" "log") (param i32 i32 i32))"#
            .to_owned(),
        items: format!(r#"(data (i32.const 4096) "{words}")"#),
        generate: format!(
            "(if (i32.and (i64.le_u (local.get $first) (i64.const 9))
                          (i64.gt_u (i64.add (local.get $first) (i64.extend_i32_u (local.get $rows))) (i64.const 9)))
               (then (call $log (i32.const {level}) (i32.const 4096) (i32.const {length})) {end}))"
        ),
        ..Text::default()
    }
}

fn of(text: &Text) -> (Result<Made, Box<Fault>>, Said) {
    let program = load(&text.bytes(), &tight()).unwrap();
    let prepared = prepare(&*program).unwrap();
    listen(|| rows(&prepared, 0, 100, &[]))
}

#[test]
fn the_last_words_of_a_module_are_its_failure_with_its_row() {
    let words = "the shop is closed (src/lib.rs:5:9)";
    let told = |text: &Text| of(text).0.unwrap_err().to_string();
    assert_eq!(told(&logging(words, 3, "unreachable")), format!("x.wasm: {words} (row 9)"));
    insta::assert_snapshot!(
        told(&logging("7 / 0", 3, "(drop (i32.div_u (i32.const 1) (i32.const 0)))")),
        @"x.wasm: integer divide by zero; its last words: 7 / 0 (row 9)"
    );
    // What is no error is no reason.
    assert!(told(&logging("hello", 1, "unreachable")).contains("instruction executed: a panic"));
}

#[test]
fn who_listens_hears_every_line_once_though_the_failing_row_is_searched() {
    let (made, said) = of(&logging("hello", 1, "unreachable"));
    assert!(made.is_err());
    assert_eq!(said, Said { lines: vec!["hello".to_owned()], more: 0 });
    let (made, said) = of(&logging("hello", 1, ""));
    assert!(made.is_ok());
    assert_eq!(said.lines, ["hello"]);
    let endless =
        "(loop $more (call $log (i32.const 1) (i32.const 4096) (i32.const 5)) (br $more))";
    let (made, said) = of(&logging("hello", 1, endless));
    assert_eq!(made.unwrap_err().row, Some(9));
    assert_eq!((said.lines.len(), said.more), (100, 0));
}

#[test]
fn a_limit_names_its_number_its_setting_and_the_row() {
    for (end, kind, limit) in [
        (
            "(loop $more (br $more))",
            FaultKind::Limit,
            "20000000 units of fuel (the limit `module_fuel`",
        ),
        (
            "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable",
            FaultKind::Limit,
            "16777216 bytes of memory (the limit `module_memory_bytes`",
        ),
    ] {
        let fault = of(&logging("", 0, end)).0.unwrap_err();
        assert_eq!((fault.kind, fault.row), (kind, Some(9)));
        assert!(fault.message.contains(limit), "{fault}");
    }
}
