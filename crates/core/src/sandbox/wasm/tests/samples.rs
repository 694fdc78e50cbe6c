//! The samples of `wasm-generators`: the values that they always make.
//!
//! `wasm-generators/check.sh` builds them anew and compares, the one in Python too, whose file is not kept.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::*;
use crate::columns::{Column, Values};

/// The sample `name`.
fn sample(name: &str) -> Arc<dyn Program> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wasm-generators");
    let bytes = std::fs::read(folder.join(name)).unwrap();
    // An interpreter takes its time to compile without optimisation, on a shared machine.
    load(&bytes, &Limits { load_seconds: 600, ..Limits::default() }).unwrap()
}

/// A column's cells as text.
fn cells(column: &Column) -> Vec<String> {
    match &column.values {
        Values::Text(texts) => {
            texts.iter().map(|text| String::from_utf8(text.to_vec()).unwrap()).collect()
        }
        Values::Int64(values) => values.iter().map(ToString::to_string).collect(),
        Values::Float64(values) => values.iter().map(ToString::to_string).collect(),
        other => panic!("no sample makes {other:?}"),
    }
}

/// The rows from `first` on; `inputs` begin at row 0.
fn made(prepared: &Prepared, first: usize, count: usize, inputs: &[Option<&Column>]) -> Made {
    let cut = |column: &&Column| {
        let Values::Int64(values) = &column.values else { panic!("inputs are int64") };
        Column::new(Values::Int64(values[first..first + count].to_vec()))
    };
    let cut: Vec<Option<Column>> = inputs.iter().map(|input| input.as_ref().map(cut)).collect();
    let cut: Vec<Option<&Column>> = cut.iter().map(Option::as_ref).collect();
    rows(prepared, first as u64, count, &cut).unwrap()
}

/// The first rows and a digest of the first 1 000, after holding them against other cuts.
fn told(prepared: &Prepared, inputs: &[Option<&Column>]) -> String {
    let whole = made(prepared, 0, 1_000, inputs);
    for size in [1, 7, 333] {
        let mut first = 0;
        while first < 60.max(size * 2) {
            let part = made(prepared, first, size, inputs);
            let columns = std::iter::once((&part.column, &whole.column))
                .chain(part.sub_values.iter().zip(&whole.sub_values));
            for (part, whole) in columns {
                assert_eq!(cells(part), cells(whole)[first..first + size], "rows from {first}");
            }
            first += size;
        }
    }
    let columns: Vec<Vec<String>> =
        std::iter::once(&whole.column).chain(&whole.sub_values).map(cells).collect();
    let line = |row: usize| {
        columns.iter().map(|column| column[row].as_str()).collect::<Vec<_>>().join(" | ")
    };
    let digest = Sha256::digest((0..1_000).map(|row| line(row) + "\n").collect::<String>());
    let digest: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}{digest}", (0..3).map(|row| line(row) + "\n").collect::<String>())
}

fn luhn(number: &str) -> bool {
    let doubled = |(index, digit): (usize, u8)| {
        let value = u32::from(digit - b'0') * (1 + u32::from(index % 2 == 1));
        value / 10 + value % 10
    };
    number.bytes().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

#[test]
fn cards_are_right_and_always_the_same() {
    let program = sample("cards.wasm");
    let prepared = Trial::new(&*program, 0).prepare().unwrap();
    for number in cells(&rows(&prepared, 0, 500, &[None]).unwrap().column) {
        assert!(number.len() == 16 && number.starts_with('4') && luhn(&number), "{number}");
    }
    let bins = Column::new(Values::Int64((0..1_000).map(|row| 400_000 + row).collect()));
    let with_bins = Trial::new(&*program, 0).reading(&[DataType::Int64]).prepare().unwrap();
    for (row, number) in cells(&made(&with_bins, 0, 100, &[Some(&bins)]).column).iter().enumerate()
    {
        assert!(number.starts_with(&(400_000 + row).to_string()) && luhn(number), "{number}");
    }
    let points = Trial::new(&*program, 1).reading(&[DataType::Int64]).prepare().unwrap();
    insta::assert_snapshot!(format!(
        "{}\n{}\n{}",
        told(&prepared, &[None]),
        told(&with_bins, &[Some(&bins)]),
        told(&points, &[Some(&bins)])
    ));
}

/// A text, a dictionary's key and a narrower number go in where the module takes texts and int64.
#[test]
fn inputs_are_widened_and_laid_out() {
    let program = sample("cards.wasm");
    let texts = crate::columns::Dictionary::new(["51", "4444", "x"]);
    let choice = Column::new(Values::Choice { keys: Arc::new(vec![2, 0, 1]), dictionary: texts });
    let prepared = Trial::new(&*program, 0).reading(&[DataType::Text]).prepare().unwrap();
    let numbers = cells(&rows(&prepared, 0, 3, &[Some(&choice)]).unwrap().column);
    assert!(numbers[1].starts_with("51") && numbers[2].starts_with("4444"), "{numbers:?}");
    let points = |data_type, values| {
        let prepared = Trial::new(&*program, 1).with("factor", 10).reading(&[data_type]);
        let column = Column { values, validity: Some(vec![true, false]) };
        cells(&rows(&prepared.prepare().unwrap(), 0, 2, &[Some(&column)]).unwrap().column)
    };
    assert_eq!(
        points(DataType::Int32, Values::Int32(vec![7, 8])),
        points(DataType::Int64, Values::Int64(vec![7, 8]))
    );
    let refused = Trial::new(&*program, 1).reading(&[DataType::Text]).prepare().unwrap_err();
    insta::assert_snapshot!(refused.to_string(), @"x.wasm: the input `base` is utf8, expected int64");
}

#[test]
fn the_lookup_reads_the_file_that_it_carries() {
    let program = sample("lookup.wasm");
    let all = Trial::new(&*program, 0).prepare().unwrap();
    let some = Trial::new(&*program, 0).with("country", "jp").prepare().unwrap();
    assert!(cells(&rows(&some, 0, 50, &[]).unwrap().column).iter().all(|code| code == "HND"));
    let refused = Trial::new(&*program, 0).with("country", "XX").prepare().unwrap_err();
    insta::assert_snapshot!(refused.to_string(), @"x.wasm: `country`: there is no airport in `XX`");
    insta::assert_snapshot!(told(&all, &[]));
}

#[test]
fn the_walk_stays_where_it_should() {
    let program = sample("walk.wasm");
    let walk = Trial::new(&*program, 0).with("degrees", 0.5).prepare().unwrap();
    let made = rows(&walk, 0, 2_000, &[]).unwrap();
    let Values::Float64(latitudes) = &made.sub_values[0].values else { panic!("no latitudes") };
    let steps = latitudes.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    assert!(latitudes.iter().all(|latitude| (latitude - 48.2082).abs() < 0.51));
    // Two degrees are the longest leg, of 50 rows; and the receiver's error.
    assert!(steps.fold(0.0, f64::max) < 1.0 / 50.0 + 0.011);
    insta::assert_snapshot!(told(&walk, &[]));
}

#[test]
fn the_chain_of_words_runs_in_javascript() {
    let program = sample("markov.wasm");
    let prepared = Trial::new(&*program, 0).prepare().unwrap();
    insta::assert_snapshot!(told(&prepared, &[]));
}
