//! Answers that the interface forbids: each is told, with the row where one is to blame.

use super::*;

/// Stores a list of a variant's payload: pointer and length.
fn list(tag: u8, pointer: &str, length: &str) -> String {
    format!(
        "(i32.store8 (i32.const 260) (i32.const {tag}))
         (i32.store (i32.const 264) {pointer}) (i32.store (i32.const 268) {length})"
    )
}

/// Texts of the offsets at 2048 and the bytes at 4096.
fn texts(offsets: &[u32], data: &[u8], kind: u8, last: Option<u32>) -> Text {
    let words: String = offsets
        .iter()
        .flat_map(|offset| offset.to_le_bytes())
        .map(|byte| format!("\\{byte:02x}"))
        .collect();
    let bytes: String = data.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let length = last.unwrap_or(u32::try_from(data.len()).unwrap());
    Text {
        kind,
        items: format!(r#"(data (i32.const 2048) "{words}") (data (i32.const 4096) "{bytes}")"#),
        generate: format!(
            "{} (i32.store (i32.const 272) (i32.const 4096)) (i32.store (i32.const 276) (i32.const {length}))",
            list(kind, "(i32.const 2048)", &format!("(i32.const {})", offsets.len()))
        ),
        ..Text::default()
    }
}

fn validity(pointer: u32, length: u32, flag: u8) -> String {
    format!(
        "(i32.store8 (i32.const 280) (i32.const 1)) (i32.store (i32.const 284) (i32.const {pointer}))
         (i32.store (i32.const 288) (i32.const {length}))
         (memory.fill (i32.const {pointer}) (i32.const 1) (i32.const {length}))
         (i32.store8 (i32.const {pointer}) (i32.const {flag}))"
    )
}

/// What comes of three rows.
fn three(text: &Text) -> String {
    let made = load(&text.bytes(), &tight())
        .and_then(|program| prepare(&*program))
        .and_then(|prepared| rows(&prepared, 7, 3, &[]));
    match made {
        Ok(made) => format!("{:?} {:?}", made.column.values, made.column.validity),
        Err(fault) => format!("{}: {fault}", fault.kind.code()),
    }
}

#[test]
fn what_the_interface_forbids_is_told_with_its_row() {
    let rows = "(local.get $rows)";
    let with = |generate: String| Text { generate, ..Text::default() };
    let nullable = |generate: String| Text { nullable: 1, ..with(generate) };
    let cases = [
        ("good", Text::default()),
        ("good nulls", nullable(validity(2048, 3, 0))),
        ("good texts", texts(&[0, 1, 1, 3], "aé".as_bytes(), 8, None)),
        ("one too few", with(list(2, "(local.get $values)", "(i32.sub (local.get $rows) (i32.const 1))"))),
        ("one too many", with(list(2, "(local.get $values)", "(i32.const 4)"))),
        ("another type", with(list(4, "(local.get $values)", rows))),
        ("no such type", with(list(99, "(local.get $values)", rows))),
        ("beyond the memory", with(list(2, "(i32.const 0x7fff0000)", rows))),
        ("a length of 4 G", with(list(2, "(i32.const 0)", "(i32.const -1)"))),
        ("misaligned", with(list(2, "(i32.const 3)", rows))),
        ("a boolean 7", Text { kind: 0, ..with(list(0, "(i32.const 1024)", rows)) }),
        ("a null too much", with(validity(2048, 3, 0))),
        ("a flag 2", nullable(validity(2048, 3, 2))),
        ("a validity of 2", nullable(validity(2048, 2, 1))),
        ("falling offsets", texts(&[0, 2, 1, 3], b"abc", 8, None)),
        ("a first offset 1", texts(&[1, 1, 2, 3], b"abc", 8, None)),
        ("a last offset 9", texts(&[0, 1, 2, 9], b"abc", 8, None)),
        ("offsets too few", texts(&[0, 1, 3], b"abc", 8, None)),
        ("no UTF-8", texts(&[0, 1, 2, 3], b"a\xffc", 8, None)),
        ("a cut letter", texts(&[0, 1, 2, 3], "aé".as_bytes(), 8, None)),
        ("bytes may be anything", texts(&[0, 1, 2, 3], b"a\xffc", 9, None)),
        ("data beyond the memory", texts(&[0, 1, 2, 3], b"abc", 8, Some(0x7fff_ffff))),
        (
            "a sub-value too many",
            with("(i32.store (i32.const 292) (i32.const 260)) (i32.store (i32.const 296) (i32.const 1))".to_owned()),
        ),
        (
            "an error without a row",
            with("(i32.store8 (i32.const 256) (i32.const 1)) (i32.store8 (i32.const 260) (i32.const 4))
                  (i32.store (i32.const 264) (i32.const 1024)) (i32.store (i32.const 268) (i32.const 5))".to_owned()),
        ),
        (
            "a trap in row 9",
            with("(if (i32.and (i64.le_u (local.get $first) (i64.const 9))
                               (i64.gt_u (i64.add (local.get $first) (i64.extend_i32_u (local.get $rows))) (i64.const 9)))
                   (then (unreachable)))".to_owned()),
        ),
    ];
    let told: Vec<String> =
        cases.iter().map(|(name, text)| format!("{name}: {}", three(text))).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_module_may_answer_for_no_rows_at_all() {
    let program = load(&Text::default().bytes(), &tight()).unwrap();
    let prepared = prepare(&*program).unwrap();
    assert_eq!(rows(&prepared, 5, 0, &[]).unwrap().column.len(), 0);
}

/// A global that survived would make the second block differ from the first.
#[test]
fn nothing_is_left_from_block_to_block() {
    let text = Text {
        items: "(global $calls (mut i64) (i64.const 0))".to_owned(),
        generate: "(global.set $calls (i64.add (global.get $calls) (i64.const 1)))
                   (i64.store (i32.const 2048) (i64.add (global.get $calls) (i64.load (i32.const 2048))))
                   (i64.store (local.get $values) (i64.load (i32.const 2048)))"
            .to_owned(),
        ..Text::default()
    };
    let program = load(&text.bytes(), &tight()).unwrap();
    let prepared = prepare(&*program).unwrap();
    let made: Vec<_> = (0..50).map(|_| rows(&prepared, 0, 10, &[]).unwrap()).collect();
    assert!(made.iter().all(|one| *one == made[0]));
}
