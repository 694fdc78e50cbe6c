//! What a field in WebAssembly or Rhai costs beside the same loop in this program, in one run.
//!
//! `cargo bench --bench modules`, or those whose names hold a text: `cargo bench --bench modules -- Luhn`. Rounds of both sides alternate, so that a busy machine slows both; the ratio
//! of their medians is what counts, nanoseconds move by a third.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use datagen::columns::{Column, DataType, Rows, Values, VarBytes};
use datagen::display::write_integer;
use datagen::failures::OnError;
use datagen::generator::{Generator, Tier};
use datagen::rng::Stream;
use datagen::sandbox::{Binding, InputType, KINDS, Limits, Program, Source};

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

/// Arithmetic and a branch.
const BRANCHES: &str = "const output = \"int64\";
fn generate(row, params) { if row.a % 2 == 0 { row.a * 3 + 7 } else { row.a - row.a / 3 } }";

fn native_branches(bases: &[i64]) -> Vec<i64> {
    let value = |base: &i64| if base % 2 == 0 { base * 3 + 7 } else { base - base / 3 };
    bases.iter().map(value).collect()
}

/// A loop over digits, and a text of its sum.
const DIGITS: &str = "const output = \"utf8\";
fn generate(row, params) {
    let rest = row.a;
    let sum = 0;
    while rest > 0 { sum += rest % 10; rest /= 10; }
    \"sum \" + sum
}";

fn native_digits(bases: &[i64]) -> VarBytes {
    let mut texts = VarBytes::with_capacity(bases.len(), bases.len() * 8);
    for base in bases {
        let (mut rest, mut sum) = (*base, 0_i64);
        while rest > 0 {
            sum += rest % 10;
            rest /= 10;
        }
        let out = texts.open();
        out.extend_from_slice(b"sum ");
        write_integer(sum, out);
        texts.close();
    }
    texts
}

/// One expression with one call of the host.
const CALL: &str = "const output = \"int64\";
fn generate(row, params) { row.a * 3 + rand_int(0, 99) }";

fn load(
    kind: &str,
    label: &str,
    bytes: &[u8],
) -> Result<Arc<dyn Program>, Box<dyn std::error::Error>> {
    let kind = KINDS.iter().find(|one| one.type_name() == kind).ok_or("no such kind")?;
    let bytes = &Arc::new(bytes.to_vec());
    let source =
        Source { label, stem: "bench", bytes, digest: "bench", cache: None, attachments: &[] };
    Ok(kind.load(&source, &Limits::default())?)
}

/// A script lowered, or kept from it by a list that it does not need.
fn script(text: &str, may_lower: bool) -> Result<Box<dyn Generator>, Box<dyn std::error::Error>> {
    let head = "fn generate(row, params) {";
    let text = if may_lower {
        text.to_owned()
    } else {
        text.replace(head, &format!("{head} let unlowered = [];"))
    };
    let program = load("RHAI", "bench.rhai", text.as_bytes())?;
    let name = program.descriptions()[0].name.clone();
    let script = prepare(&*program, &name, Stream::new(42, "f"))?;
    assert!((script.tier() == Tier::Lowered) == may_lower, "{:?}", script.tier());
    Ok(script)
}

fn prepare(
    program: &dyn Program,
    name: &str,
    stream: Stream,
) -> Result<Box<dyn Generator>, Box<dyn std::error::Error>> {
    let descriptions = program.descriptions();
    let generator = descriptions.iter().position(|one| one.name == name).ok_or("no such name")?;
    let parameters = descriptions[generator].parameters.iter();
    let parameters: Vec<_> =
        parameters.map(|one| one.default.clone().unwrap_or_default()).collect();
    let prepared = program.prepare(&Binding {
        generator,
        field: "f",
        parameters: &parameters,
        inputs: &[Some(InputType { data_type: DataType::Int64, nullable: false })],
        returns: None,
        stream,
        total_rows: None,
        on_error: OnError::Fail,
    })?;
    Ok(prepared.generator)
}

/// Median of nanoseconds.
fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// Nanoseconds per call of `run`, of so many calls.
fn time(blocks: usize, run: &mut impl FnMut(u64)) -> f64 {
    let started = Instant::now();
    (0..blocks as u64).for_each(|block| run(block * ROWS as u64));
    started.elapsed().as_nanos() as f64 / blocks as f64
}

/// Times both sides in turns; nanoseconds per block of each.
fn compare(mut native: impl FnMut(u64), mut module: impl FnMut(u64)) -> (f64, f64) {
    let (mut natives, mut modules) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        natives.push(time(BLOCKS, &mut native));
        modules.push(time(BLOCKS, &mut module));
    }
    (median(natives), median(modules))
}

#[expect(clippy::print_stdout, reason = "figures are what a bench is for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let stream = Stream::new(42, "f");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("wasm-generators/cards.wasm");
    let program = load("WASM", "cards.wasm", &std::fs::read(path)?)?;
    let points = prepare(&*program, "points", stream)?;
    let cards = prepare(&*program, "payment-card", stream)?;
    let branches = script(BRANCHES, true)?;
    let digits = script(DIGITS, true)?;
    let (call, interpreted) = (script(CALL, true)?, script(CALL, false)?);
    let bases: Vec<i64> = (0..ROWS as i64).map(|row| 400_000 + row).collect();
    let column = Column::new(Values::Int64(bases.clone()));
    let block = |first| Rows { first, count: ROWS };

    let asked: Vec<String> = std::env::args().skip(1).filter(|one| one != "--bench").collect();
    let is_asked =
        |name: &str| asked.is_empty() || asked.iter().any(|one| name.contains(one.as_str()));
    let mut failed = 0;
    let mut run = |generator: &dyn Generator, rows: Rows, column: &Column| {
        failed += usize::from(generator.generate(rows, &[Some(column)]).map(black_box).is_err());
    };
    // Before all others: memory that long blocks wrote to is theirs to clear.
    if is_asked("module: one call of one row") {
        let one = Column::new(Values::Int64(vec![1]));
        let mut call = |first| run(&*points, Rows { first, count: 1 }, &one);
        let call = median((0..ROUNDS).map(|_| time(10 * BLOCKS, &mut call)).collect());
        println!("module: one call of one row    {:>6.2} µs (goal: 8 µs)", call / 1_000.0);
    }

    // Not worth a figure if the values differ.
    let made = points.generate(block(0), &[Some(&column)])?.column.values;
    assert!(made == Values::Int64(native_points(stream, 0, &bases)), "points differ");
    let made = cards.generate(block(0), &[Some(&column)])?.column.values;
    assert!(made == Values::Text(native_cards(stream, 0, &bases)), "card numbers differ");

    let made = branches.generate(block(0), &[Some(&column)])?.column.values;
    assert!(made == Values::Int64(native_branches(&bases)), "branches differ");
    let made = digits.generate(block(0), &[Some(&column)])?.column.values;
    assert!(made == Values::Text(native_digits(&bases)), "sums of digits differ");
    let made = call.generate(block(0), &[Some(&column)])?.column;
    assert!(made == interpreted.generate(block(0), &[Some(&column)])?.column, "tiers differ");

    println!("blocks of {ROWS} rows              native   user code     ratio   goal");
    let print = |name: &str, (native, other): (f64, f64), goal: f64| {
        let (per, each) = (native / ROWS as f64, other / ROWS as f64);
        println!("{name:<30} {per:>6.2} ns  {each:>7.2} ns  {:>6.2}x  {goal}x", other / native);
    };
    let mut show = |name: &str,
                    goal: f64,
                    generator: &dyn Generator,
                    column: &Column,
                    native: &dyn Fn(u64)| {
        if is_asked(name) {
            print(name, compare(native, |first| run(generator, block(first), column)), goal);
        }
    };
    show("module: integer formula", 2.5, &*points, &column, &|first| {
        drop(black_box(native_points(stream, first, &bases)));
    });
    show("module: 16-digit Luhn text", 1.6, &*cards, &column, &|first| {
        drop(black_box(native_cards(stream, first, &bases)));
    });
    show("lowered: arithmetic, a branch", 4.0, &*branches, &column, &|_| {
        drop(black_box(native_branches(&bases)));
    });
    // As columns are drawn: no processor foresees which side is taken.
    let drawn: Vec<i64> = (0..ROWS as u64).map(|row| (stream.word(row) >> 20) as i64).collect();
    let drawn_column = Column::new(Values::Int64(drawn.clone()));
    show("lowered: the same, drawn", 4.0, &*branches, &drawn_column, &|_| {
        drop(black_box(native_branches(&drawn)));
    });
    show("lowered: a loop, a text", 6.0, &*digits, &column, &|_| {
        drop(black_box(native_digits(&bases)));
    });
    if is_asked("interpreted: one host call") {
        let lowered = |first| {
            let _ = black_box(call.generate(block(first), &[Some(&column)]));
        };
        let (lowered, rows) = compare(lowered, |first| run(&*interpreted, block(first), &column));
        let (lowered, rows) = (lowered / ROWS as f64, rows / ROWS as f64);
        println!(
            "interpreted: one host call     {rows:>6.0} ns a row (goal: 600 ns), {:.0} times the lowered {lowered:.1} ns",
            rows / lowered
        );
    }
    assert!(failed == 0, "{failed} calls failed");
    Ok(())
}
