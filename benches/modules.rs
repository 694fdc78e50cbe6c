//! What a field in WebAssembly costs beside the same loop in this program, in one run.
//!
//! `cargo bench --bench modules`. Rounds of both sides alternate, so that a busy machine slows both; the ratio
//! of their medians is what counts, nanoseconds move by a third.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use datagen::columns::{Column, DataType, Rows, Values, VarBytes};
use datagen::rng::Stream;
use datagen::sandbox::{Binding, InputType, KINDS, Limits, OnError, Prepared, Program, Source};

const ROWS: usize = 8_192;
const ROUNDS: usize = 41;
/// Blocks of one sample: long enough for the clock.
const BLOCKS: usize = 40;

/// `SplitMix64` from a row's seed, as the guest crate has it.
fn below(seed: u64, bound: u64) -> u64 {
    let mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (((mixed ^ (mixed >> 31)) >> 32) * bound) >> 32
}

fn seeds(stream: Stream, first: u64) -> Vec<u64> {
    let mut seeds = vec![0; ROWS];
    stream.fill(first, &mut seeds);
    for seed in &mut seeds {
        *seed >>= 11;
    }
    seeds
}

fn native_points(stream: Stream, first: u64, bases: &[i64]) -> Vec<i64> {
    let seeds = seeds(stream, first);
    let points = |(base, seed): (&i64, &u64)| base.wrapping_mul(3) + below(*seed, 100) as i64;
    bases.iter().zip(&seeds).map(points).collect()
}

fn native_cards(stream: Stream, first: u64, bins: &[i64]) -> VarBytes {
    const DOUBLED: [u8; 10] = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
    let mut data = Vec::with_capacity(ROWS * 16);
    for (bin, seed) in bins.iter().zip(seeds(stream, first)) {
        let mut number = [b'0'; 16];
        let mut rest = *bin as u64;
        for slot in number[..6].iter_mut().rev() {
            *slot = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let mut rest = below(seed, 1_000_000_000);
        for slot in &mut number[6..15] {
            *slot = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let mut sum = 0;
        for (index, digit) in number[..15].iter().enumerate() {
            let digit = digit - b'0';
            sum += u32::from(if index % 2 == 0 { DOUBLED[digit as usize] } else { digit });
        }
        number[15] = b'0' + ((10 - sum % 10) % 10) as u8;
        data.extend_from_slice(&number);
    }
    VarBytes::of_width(ROWS, 16, data)
}

fn program() -> Result<Arc<dyn Program>, Box<dyn std::error::Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("wasm-generators/cards.wasm");
    let bytes = std::fs::read(path)?;
    let kind = KINDS.iter().find(|kind| kind.type_name() == "WASM").ok_or("no such kind")?;
    let source =
        Source { label: "cards.wasm", stem: "cards", bytes: &bytes, digest: "bench", cache: None };
    Ok(kind.load(&source, &Limits::default())?)
}

fn prepare(
    program: &dyn Program,
    name: &str,
    stream: Stream,
) -> Result<Box<dyn Prepared>, Box<dyn std::error::Error>> {
    let descriptions = program.descriptions();
    let generator = descriptions.iter().position(|one| one.name == name).ok_or("no such name")?;
    let parameters = descriptions[generator].parameters.iter();
    let parameters: Vec<_> =
        parameters.map(|one| one.default.clone().unwrap_or_default()).collect();
    Ok(program.prepare(&Binding {
        generator,
        field: "f",
        parameters: &parameters,
        inputs: &[Some(InputType { data_type: DataType::Int64, nullable: false })],
        returns: None,
        stream,
        rows: None,
        may_lower: true,
        on_error: OnError::Fail,
    })?)
}

/// Median of nanoseconds.
fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// Times both sides in turns; nanoseconds per block of each.
fn compare(mut native: impl FnMut(u64), mut module: impl FnMut(u64)) -> (f64, f64) {
    let time = |run: &mut dyn FnMut(u64)| {
        let started = Instant::now();
        (0..BLOCKS as u64).for_each(|block| run(block * ROWS as u64));
        started.elapsed().as_nanos() as f64 / BLOCKS as f64
    };
    let (mut natives, mut modules) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        natives.push(time(&mut native));
        modules.push(time(&mut module));
    }
    (median(natives), median(modules))
}

#[expect(clippy::print_stdout, reason = "figures are what a bench is for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let stream = Stream::new(42, "f");
    let program = program()?;
    let points = prepare(&*program, "points", stream)?;
    let cards = prepare(&*program, "payment-card", stream)?;
    let bases: Vec<i64> = (0..ROWS as i64).map(|row| 400_000 + row).collect();
    let column = Column::new(Values::Int64(bases.clone()));
    let block = |first| Rows { first, count: ROWS };

    // Not worth a figure if the values differ.
    let made = points.generate(block(0), &[Some(&column)])?.column.values;
    assert!(made == Values::Int64(native_points(stream, 0, &bases)), "points differ");
    let made = cards.generate(block(0), &[Some(&column)])?.column.values;
    assert!(made == Values::Text(native_cards(stream, 0, &bases)), "card numbers differ");

    let mut failed = 0;
    let mut run = |generator: &dyn Prepared, rows: Rows, column: &Column| {
        failed += usize::from(generator.generate(rows, &[Some(column)]).map(black_box).is_err());
    };
    println!("blocks of {ROWS} rows      native     module     ratio   goal");
    let show = |name: &str, (native, module): (f64, f64), goal: f64| {
        let (per, other) = (native / ROWS as f64, module / ROWS as f64);
        println!("{name:<22} {per:>6.2} ns  {other:>6.2} ns  {:>6.2}x  {goal}x", module / native);
    };
    let native = |first| drop(black_box(native_points(stream, first, &bases)));
    show("integer formula", compare(native, |first| run(&*points, block(first), &column)), 2.5);
    let native = |first| drop(black_box(native_cards(stream, first, &bases)));
    show("16-digit Luhn text", compare(native, |first| run(&*cards, block(first), &column)), 1.6);
    let one = Column::new(Values::Int64(vec![1]));
    let nothing = |first| {
        let _ = black_box(first);
    };
    let (_, call) = compare(nothing, |first| run(&*points, Rows { first, count: 1 }, &one));
    println!("one call of one row    {:>6.2} µs (goal: 8 µs)", call / 1_000.0);
    assert!(failed == 0, "{failed} calls failed");
    Ok(())
}
