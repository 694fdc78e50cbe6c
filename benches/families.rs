//! Times every format over the registry: a new one is timed by being registered.
//!
//! `cargo bench -- csv` runs the group of one format; figures are per row.

mod blocks;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use datagen::attributes::Settings;
use datagen::formats::{FORMATS, Format};
use datagen::problems::Problems;

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

criterion_group!(families, formats);
criterion_main!(families);
