//! Scripts as people wrote them in a trial, without a word changed. Issue 11.

use std::sync::Arc;

use super::exact;
use crate::columns::{Column, DataType, Dictionary, Rows, Values, VarBytes};
use crate::failures::OnError;
use crate::generator::{Generator as _, Tier};
use crate::rng::{Stream, unit};
use crate::sandbox::rhai::{Field, ScriptProgram};
use crate::sandbox::{Binding, InputType, Limits, Program as _, Source};

macro_rules! scripts {
    ($($name:literal)+) => {
        &[$(($name, include_str!(concat!("authors/", $name, ".rhai")))),+]
    };
}

/// All scripts of the trial that are at hand.
const SCRIPTS: &[(&str, &str)] = scripts!(
    "apache" "card" "convert" "de_iban" "ean13" "gps_track" "grammar" "icd10" "json_blob" "mac" "risk"
    "session_event" "ssn"
);

/// Those that are interpreted.
const INTERPRETED: &[&str] = &["grammar", "json_blob"];

/// What a column of this name holds.
fn input(name: &str) -> InputType {
    let of = |data_type, nullable| InputType { data_type, nullable };
    match name {
        "at" => of(DataType::Instant, false),
        "user" => of(DataType::Text, true),
        "amount" => of(DataType::Decimal { precision: 12, scale: 2 }, false),
        "income" | "debt" => of(DataType::Float64, false),
        "age" => of(DataType::Int32, false),
        _ => of(DataType::Text, false),
    }
}

fn column(name: &str, rows: Rows) -> Column {
    let stream = Stream::new(5, name);
    let words: Vec<u64> = rows.iter().map(|row| stream.word(row)).collect();
    let words = words.into_iter();
    match name {
        "at" => Column::new(Values::Instant(words.map(|word| (word >> 14) as i64).collect())),
        "user" => {
            let mut texts = VarBytes::default();
            words.clone().for_each(|word| texts.push(format!("user{}", word % 100).as_bytes()));
            let validity = Some(words.map(|word| word % 5 != 0).collect());
            Column { values: Values::Text(texts), validity }
        }
        "amount" => {
            Column::new(Values::Decimal(words.map(|word| i128::from(word % 9_999_999)).collect()))
        }
        "income" => {
            Column::new(Values::Float64(words.map(|word| 9e3 + unit(word) * 2e5).collect()))
        }
        "debt" => Column::new(Values::Float64(words.map(|word| unit(word) * 2e5).collect())),
        "age" => Column::new(Values::Int32(words.map(|word| (word % 90) as i32).collect())),
        "currency" => Column::new(Values::Choice {
            keys: Arc::new(words.map(|word| (word % 4) as u32).collect()),
            dictionary: Dictionary::new(["EUR", "USD", "JPY", "CHF"]),
        }),
        _ => {
            let mut texts = VarBytes::default();
            words.for_each(|word| {
                texts.push(format!("10.0.{}.{}", word % 256, word >> 56).as_bytes());
            });
            Column::new(Values::Text(texts))
        }
    }
}

fn program(name: &str, text: &str) -> ScriptProgram {
    let bytes = Arc::new(text.as_bytes().to_vec());
    let source = Source {
        label: name,
        stem: name,
        bytes: &bytes,
        digest: "",
        cache: None,
        attachments: &[],
    };
    ScriptProgram::load(&source, &Limits::default())
        .unwrap_or_else(|fault| panic!("{}", fault.shown()))
}

fn names(program: &ScriptProgram) -> Vec<String> {
    program.descriptions()[0].inputs.iter().map(|input| input.name.clone()).collect()
}

fn field(program: &ScriptProgram) -> Field {
    let description = &program.descriptions()[0];
    let inputs: Vec<_> = names(program).iter().map(|name| Some(input(name))).collect();
    let defaults = description.parameters.iter();
    let parameters: Vec<_> = defaults.map(|one| one.default.clone().unwrap_or_default()).collect();
    let binding = Binding {
        generator: 0,
        field: "f",
        parameters: &parameters,
        inputs: &inputs,
        returns: None,
        stream: Stream::new(3, "f"),
        total_rows: None,
        on_error: OnError::Fail,
    };
    program.field(&binding).unwrap_or_else(|fault| panic!("{}", fault.shown())).0
}

#[test]
fn scripts_as_people_write_them_are_lowered() {
    let mut wrong = String::new();
    for (name, text) in SCRIPTS {
        let tier = field(&program(name, text)).tier();
        if (tier == Tier::Lowered) == INTERPRETED.contains(name) {
            wrong.push_str(&format!("{name}: {}\n", tier.words()));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// For all of these scripts and rows: both tiers give the same, to the last bit, sub-values as well, and no block is
/// left to the interpreter.
#[test]
fn both_tiers_agree_on_scripts_as_people_write_them() {
    for (name, text) in SCRIPTS {
        let program = program(name, text);
        let (lowered, mut interpreted) = (field(&program), field(&program));
        interpreted.tree = Err(String::new());
        let mut first = 0;
        for count in [1, 7, 1_000, 5_000] {
            let rows = Rows { first, count };
            first += count as u64;
            let columns: Vec<Column> =
                names(&program).iter().map(|name| column(name, rows)).collect();
            let inputs: Vec<_> = columns.iter().map(Some).collect();
            let before = super::super::super::left_to_the_interpreter();
            let a =
                lowered.generate(rows, &inputs).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(super::super::super::left_to_the_interpreter(), before, "{name}");
            let b = interpreted.generate(rows, &inputs).unwrap();
            assert_eq!(exact(&a.column), exact(&b.column), "{name}");
            let all = |columns: &[Column]| columns.iter().map(exact).collect::<Vec<_>>();
            assert_eq!(all(&a.sub_values), all(&b.sub_values), "{name}");
        }
    }
}
