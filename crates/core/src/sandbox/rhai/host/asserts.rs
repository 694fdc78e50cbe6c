//! What tests of scripts say must hold.

use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, Map};

use super::dates::{Date, Timestamp, date_text, timestamp_text};
use super::decimal::Decimal;
use super::function::{Function, Group};
use super::raised;

type Done = Result<(), Box<EvalAltResult>>;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        group: Group::Tests,
        signature: "assert(condition), assert(condition, text)",
        doc: "fails, with the text, where the condition does not hold",
        forms: &[],
        others: Some(|engine| {
            engine
                .register_fn("assert", |holds: bool| assert(holds, "the condition does not hold"));
            engine.register_fn("assert", |holds: bool, text: ImmutableString| assert(holds, &text));
        }),
    },
    Function {
        group: Group::Tests,
        signature: "assert_equal(found, expected)",
        doc: "fails, with both, where the values or their types differ",
        forms: &[],
        others: Some(|engine| {
            engine.register_fn("assert_equal", |found: Dynamic, expected: Dynamic| {
                assert_equal(&found, &expected)
            });
        }),
    },
    Function {
        group: Group::Tests,
        signature: "generate(row, params), generate(row, params, number)",
        doc: "in functions `test_…` of scripts: the value that a field gives for a map of its inputs and one of its \
              parameters, in the first row or in the row of this number, of 1,000",
        forms: &[],
        others: Some(without_a_test),
    },
];

/// Known by its name, so that tests may be checked like all functions.
fn without_a_test(engine: &mut Engine) {
    engine.register_fn("generate", |_: Map, _: Map, _: i64| {
        raised(Err::<Dynamic, _>("`generate` is called by functions `test_…` only".to_owned()))
    });
}

fn assert(holds: bool, text: &str) -> Done {
    raised(if holds { Ok(()) } else { Err(text.to_owned()) })
}

fn assert_equal(found: &Dynamic, expected: &Dynamic) -> Done {
    let (found, expected) = (written(found), written(expected));
    if found == expected {
        return Ok(());
    }
    let same = found.chars().zip(expected.chars()).take_while(|(a, b)| a == b).count();
    // Long texts that begin alike are told from where they do not.
    let from = |text: &str| match same {
        0..=40 => text.to_owned(),
        _ => format!("…{}", text.chars().skip(same - 20).collect::<String>()),
    };
    raised(Err(format!("found {}, expected {}", from(&found), from(&expected))))
}

/// A value as its author would write it: equal where values and types are.
fn written(value: &Dynamic) -> String {
    if let Some(text) = value.read_lock::<ImmutableString>() {
        return format!("{:?}", text.as_str());
    }
    if let Some(list) = value.read_lock::<Array>() {
        return format!("[{}]", list.iter().map(written).collect::<Vec<_>>().join(", "));
    }
    if let Some(map) = value.read_lock::<Map>() {
        let entries = map.iter().map(|(name, value)| format!("{name}: {}", written(value)));
        return format!("#{{{}}}", entries.collect::<Vec<_>>().join(", "));
    }
    if let Some(date) = value.read_lock::<Date>() {
        return format!("parse_date({:?})", date_text(*date));
    }
    if let Some(time) = value.read_lock::<Timestamp>() {
        return format!("timestamp({:?})", timestamp_text(*time));
    }
    if let Some(decimal) = value.read_lock::<Decimal>() {
        return format!("decimal({:?})", decimal.to_string());
    }
    if value.is_unit() {
        return "()".to_owned();
    }
    value.to_string()
}
