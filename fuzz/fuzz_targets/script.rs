//! Any text as the body of a script: read, lowered where it can be, and a few rows made by both tiers.
//!
//! Nothing may panic, overflow, or take more than libFuzzer's limits of time and memory; and where a script is
//! lowered, the interpreter makes the same values, or fails in the same row. What keeps the second script from
//! being lowered is a list that it does not need.
#![no_main]

use std::sync::Arc;

use datagen::columns::{Column, DataType, Rows, Values, VarBytes};
use datagen::failures::OnError;
use datagen::generator::{Made, Tier};
use datagen::rng::Stream;
use datagen::sandbox::{Binding, Fault, FaultKind, InputType, KINDS, Limits, Source};
use libfuzzer_sys::fuzz_target;

const ROWS: Rows = Rows { first: 0, count: 20 };

/// What the inputs of these names hold; others are not bound.
fn input(name: &str) -> Option<(DataType, Column)> {
    let numbers = || ROWS.iter().map(|row| row as i64 * 7_919 - 50_000);
    let (data_type, values) = match name {
        "a" => (DataType::Int64, Values::Int64(numbers().collect())),
        "x" => (DataType::Float64, Values::Float64(numbers().map(|n| n as f64 / 64.0).collect())),
        "f" => (DataType::Boolean, Values::Boolean(numbers().map(|n| n % 3 == 0).collect())),
        "t" => {
            let mut texts = VarBytes::default();
            numbers().for_each(|number| texts.push(format!("é{number}").as_bytes()));
            (DataType::Text, Values::Text(texts))
        }
        _ => return None,
    };
    Some((data_type, Column::new(values)))
}

/// The field of a script, and what it made of the rows; `None` where there is no field.
fn run(code: String, returns: DataType) -> Option<(Tier, Result<Made, Fault>)> {
    let kind = KINDS.iter().find(|kind| kind.is_text())?;
    // A second is enough for so few rows, and libFuzzer's own limit is not far.
    let limits = Limits { block_seconds: 1, ..Limits::default() };
    let bytes = Arc::new(code.into_bytes());
    let source =
        Source { label: "s", stem: "s", bytes: &bytes, digest: "", cache: None, attachments: &[] };
    let program = match kind.load(&source, &limits) {
        Ok(program) => program,
        Err(fault) => {
            let _shown = fault.shown();
            return None;
        }
    };
    let description = &program.descriptions()[0];
    let columns: Vec<_> = description.inputs.iter().map(|one| input(&one.name)).collect();
    let types: Vec<_> = columns
        .iter()
        .map(|one| {
            one.as_ref().map(|(data_type, _)| InputType { data_type: *data_type, nullable: false })
        })
        .collect();
    let field = program
        .prepare(&Binding {
            generator: 0,
            field: "s",
            parameters: &[],
            inputs: &types,
            returns: Some(returns),
            stream: Stream::new(1, "s"),
            total_rows: None,
            on_error: OnError::Fail,
        })
        .ok()?
        .generator;
    let inputs: Vec<_> = columns.iter().map(|one| one.as_ref().map(|(_, column)| column)).collect();
    // Whatever a script fails by is a fault.
    let made =
        field.generate(ROWS, &inputs).map_err(|error| error.cause::<Fault>().unwrap().clone());
    Some((field.tier(), made))
}

fuzz_target!(|body: &str| {
    // Declarations of its own would make it another script than the one beside it.
    if body.contains("params") {
        return;
    }
    for returns in [DataType::Int64, DataType::Float64, DataType::Text, DataType::Boolean] {
        let lowered = run(format!("fn generate(row, params) {{ {body} }}"), returns);
        let Some((Tier::Lowered, lowered)) = lowered else { continue };
        let code = format!("fn generate(row, params) {{ let unlowered = []; {body} }}");
        let Some((_, interpreted)) = run(code, returns) else { continue };
        match (lowered, interpreted) {
            // As text: a number that is none equals itself there.
            (Ok(a), Ok(b)) => assert_eq!(format!("{:?}", a.column), format!("{:?}", b.column)),
            (Err(a), Err(b)) => assert_eq!(a.row, b.row, "{a} and {b}"),
            // The list takes operations, memory and time.
            (_, Err(fault)) if matches!(fault.kind, FaultKind::Limit | FaultKind::Machine) => {}
            (a, b) => panic!("{:?} and {:?}", a.map(|_| ()), b.map(|_| ())),
        }
    }
});
