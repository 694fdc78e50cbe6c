//! Rows that fail become null, the same ones however they are cut.

use std::time::{Duration, Instant};

use super::*;
use crate::columns::Values;
use crate::failures::FailedRows;
use crate::sandbox::FaultKind;

/// A module that does `what` in the rows whose number leaves `rest` when divided by `every`.
fn sometimes(cases: &[(i64, i64, &str)]) -> Text {
    let cases: String = cases
        .iter()
        .map(|(every, rest, what)| {
            format!(
                "(if (i64.eq (i64.rem_u (i64.add (local.get $first) (i64.extend_i32_u (local.get $row)))
                                        (i64.const {every})) (i64.const {rest}))
                   (then {what}))"
            )
        })
        .collect();
    Text {
        generate: format!(
            "(local.set $row (i32.const 0))
             (block $end (loop $each
               (br_if $end (i32.ge_u (local.get $row) (local.get $rows)))
               {cases}
               (local.set $row (i32.add (local.get $row) (i32.const 1)))
               (br $each)))"
        ),
        ..Text::default()
    }
}

const LOOP: &str = "(loop $forever (br $forever))";

/// The answer is an error without a word.
const REFUSE: &str = "(i32.store8 (i32.const 256) (i32.const 1))
                      (i32.store8 (i32.const 260) (i32.const 4))";

fn limits() -> Limits {
    Limits { module_row_fuel: 100_000, ..tight() }
}

fn forgiving(text: &Text, limits: &Limits) -> Prepared {
    let program = load(&text.bytes(), limits).unwrap();
    let mut trial = Trial::new(&*program, 0);
    trial.on_error = OnError::Null;
    trial.prepare().unwrap()
}

/// The values of 0..`count` in blocks of `block`, and what failed.
fn cut(prepared: &Prepared, count: usize, block: usize) -> (Vec<Option<i64>>, FailedRows) {
    let (mut cells, mut failed): (Vec<_>, Option<FailedRows>) = (Vec::new(), None);
    for first in (0..count).step_by(block) {
        let made = rows(prepared, first as u64, block.min(count - first), &[]).unwrap();
        let Values::Int64(values) = &made.column.values else { panic!("no int64") };
        cells.extend(
            values.iter().enumerate().map(|(row, v)| (!made.column.is_null(row)).then_some(*v)),
        );
        match (&mut failed, made.failed) {
            (Some(failed), Some(more)) => failed.add(more),
            (failed @ None, more) => *failed = more,
            (Some(_), None) => {}
        }
    }
    (cells, failed.unwrap())
}

/// For all cuts: the rows that trap, loop, refuse or recurse by themselves are null, and no others.
#[test]
fn the_rows_that_fail_by_themselves_are_null_and_no_others() {
    let mut text = sometimes(&[
        (7, 3, "unreachable"),
        (50, 11, LOOP),
        (31, 30, "(drop (call $deep (i64.const 0)))"),
        (97, 5, REFUSE),
        (64, 1, "(i32.store (i32.const 268) (i32.const 0))"),
    ]);
    text.items = "(func $deep (param i64) (result i64)
        (i64.add (call $deep (i64.add (local.get 0) (i64.const 1))) (i64.const 1)))"
        .to_owned();
    let prepared = forgiving(&text, &limits());
    assert!(prepared.nullable);
    let fails = |row: i64| {
        row % 7 == 3 || row % 50 == 11 || row % 31 == 30 || row % 97 == 5 || row % 64 == 1
    };
    let expected: Vec<_> = (0..500).map(|row| (!fails(row)).then_some(row)).collect();
    let nulls = expected.iter().filter(|cell| cell.is_none()).count();
    for block in [500, 1, 7, 64, 333] {
        let (cells, failed) = cut(&prepared, 500, block);
        assert_eq!(cells, expected, "blocks of {block}");
        assert_eq!((failed.rows, failed.first_row), (nulls as u64, 1), "blocks of {block}");
        assert_eq!(failed.message, "x.wasm: it gives 0 values for 1 rows (row 1)");
    }
}

/// A row may not live on the fuel of those beside it, and a block may take more than one row may.
#[test]
fn fuel_is_a_rows_own() {
    // Row n takes about 6 n units: row 130 reaches 800 by itself.
    let text = sometimes(&[(
        1,
        0,
        "(local.set $values (i32.wrap_i64 (i64.add (local.get $first) (i64.extend_i32_u (local.get $row)))))
         (loop $spend (br_if $spend (i32.gt_s
           (local.tee $values (i32.sub (local.get $values) (i32.const 1))) (i32.const 0))))",
    )]);
    let limits = Limits { module_row_fuel: 800, ..limits() };
    let prepared = forgiving(&text, &limits);
    let (expected, failed) = cut(&prepared, 200, 1);
    assert!((10..190).contains(&failed.rows), "{failed:?}");
    assert!(failed.message.contains("takes more than 800 units of fuel"), "{failed:?}");
    assert_eq!(failed.rows, 200 - failed.first_row, "the cheap rows stay");
    for block in [200, 7, 50] {
        assert_eq!(cut(&prepared, 200, block), (expected.clone(), failed.clone()), "{block}");
    }
}

/// What the clock ends is no fault of the row, and a block that would take for ever ends as well.
#[test]
fn the_clock_makes_no_nulls() {
    let slow = Limits { module_row_fuel: u64::MAX >> 1, block_seconds: 1, ..tight() };
    let ends = |text: &Text, limits: &Limits| {
        let prepared = forgiving(text, limits);
        let started = Instant::now();
        let fault = rows(&prepared, 0, 8_192, &[]).unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
        (fault.kind, fault.message.clone())
    };
    let told = ends(&sometimes(&[(100, 50, LOOP)]), &slow);
    let message = "one call runs for more than 1 seconds (the limit `block_seconds` of the setting `extension_limits`)";
    assert_eq!(told, (FaultKind::Machine, message.to_owned()));
    let long = Limits { module_row_fuel: 100_000_000, block_seconds: 1, ..tight() };
    let told = ends(&sometimes(&[(1, 0, LOOP)]), &long);
    let message = "making the failing rows of one block null takes more than 3 seconds, 3 times the limit (the limit `block_seconds` of the setting `extension_limits`)";
    assert_eq!(told, (FaultKind::Machine, message.to_owned()));
}

/// Every row of a large block fails: a call each.
#[test]
fn a_module_that_always_traps_takes_no_time_to_speak_of() {
    let prepared = forgiving(&sometimes(&[(1, 0, "unreachable")]), &tight());
    let started = Instant::now();
    let (cells, failed) = cut(&prepared, 8_192, 8_192);
    assert!(cells.iter().all(Option::is_none));
    assert_eq!((failed.rows, failed.first_row), (8_192, 0));
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
}
