//! Times every format over the registry: a new one is timed by being registered.
//!
//! `cargo bench --bench families -- csv` runs the group of one format, `-- field` that of all field types;
//! figures are per row.

mod blocks;

use std::collections::BTreeSet;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use datagen::attributes::Settings;
use datagen::columns::Rows;
use datagen::failures::Failures;
use datagen::fields::{FIELD_TYPES, FieldType};
use datagen::formats::{FORMATS, Format};
use datagen::plan::Environment;
use datagen::problems::Problems;
use datagen::roots::ReadRoots;
use datagen::{fields, model, plan, sandbox};

use crate::blocks::{ROWS, Table};

/// Writes a file of one whole segment over and over, as one worker and the writer behind it do.
fn encode(criterion: &mut Criterion, format: &dyn Format, table: &Table) {
    let (settings, mut problems) = (Settings::default(), Problems::default());
    let Some(encoder) = format.compile(&table.schema, &mut settings.reader(&mut problems)) else {
        return;
    };
    let mut segments = encoder.segment_encoder();
    // A row group of Parquet is many blocks; where a segment is less than one, one is appended.
    let blocks = (encoder.segment_rows() / ROWS).max(1);
    let mut out = Vec::new();
    let mut step = || {
        let mut file = encoder.file_encoder();
        out.clear();
        file.begin(&mut out)?;
        for _ in 0..blocks {
            segments.append(&table.block)?;
        }
        file.append(segments.finish()?, &mut out)?;
        file.finish(&mut out)?;
        Ok::<_, datagen::formats::EncodeError>(black_box(&out).len())
    };
    // Some formats cannot write some types; then there is nothing to time.
    if step().is_err() {
        return;
    }
    let mut group = criterion.benchmark_group(format.name());
    group.throughput(Throughput::Elements((blocks * ROWS) as u64));
    group.bench_function(table.name, |bencher| bencher.iter(&mut step));
    group.finish();
}

fn formats(criterion: &mut Criterion) {
    let tables: Vec<Table> =
        [blocks::customer(), blocks::sensor()].into_iter().chain(blocks::kinds()).collect();
    for format in FORMATS {
        for table in &tables {
            encode(criterion, *format, table);
        }
    }
}

/// Makes the columns of one field, as its page shows it, over and over.
fn field(criterion: &mut Criterion, kind: &dyn FieldType) {
    let mut problems = Problems::default();
    let text = format!(r#"{{"Fields": [{}]}}"#, kind.example());
    let Ok(folder) = tempfile::tempdir() else { return };
    for (name, content) in kind.example_files() {
        if std::fs::write(folder.path().join(name), content).is_err() {
            return;
        }
    }
    let environment = Environment {
        seed: 1,
        now: 1_800_000_000_000_000,
        total_rows: None,
        files: &ReadRoots::new(Some(folder.path()), &[]),
        extensions: &fields::library(sandbox::Settings::default()).current(),
    };
    let plan = model::parse(&text, &mut problems)
        .and_then(|model| plan::compile(&model, &environment, &BTreeSet::new(), &mut problems));
    // Some examples read another field, and language models are not there yet: nothing to time.
    let Some(plan) = plan else { return };
    let mut group = criterion.benchmark_group("field");
    group.throughput(Throughput::Elements(ROWS as u64));
    let mut first = 0;
    group.bench_function(kind.name(), |bencher| {
        bencher.iter(|| {
            // Types that do not repeat have only so many rows.
            first = (first + ROWS as u64) % (64 * ROWS as u64);
            black_box(plan.generate(Rows { first, count: ROWS }, &mut Failures::default()).is_ok())
        });
    });
    group.finish();
}

fn fields(criterion: &mut Criterion) {
    for kind in FIELD_TYPES {
        field(criterion, *kind);
    }
}

criterion_group!(families, formats, fields);
criterion_main!(families);
