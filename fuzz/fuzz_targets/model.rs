//! Any bytes as a model: parsed, compiled for every format, and a few of its rows made.
//!
//! Nothing may panic, overflow, or take more than libFuzzer's limits of time and memory. A refusal is
//! fine, and is rendered, since messages quote what strangers wrote.
#![no_main]

use std::path::PathBuf;

use datagen::draft::{Amount, Bounds, Draft, Surroundings, preview};
use libfuzzer_sys::fuzz_target;

/// 2026-01-01T00:00:00Z in microseconds.
const NOW: i64 = 1_767_225_600_000_000;

fuzz_target!(|model: &str| {
    let surroundings = Surroundings {
        // Never written to: no command is run.
        output_root: PathBuf::from("/tmp/datagen-fuzz/out"),
        read_roots: Vec::new(),
        tells_folders: true,
        default_folder: "out".to_owned(),
        extensions: Default::default(),
        site: Default::default(),
    };
    let connectors = ["csv", "json", "avro", "parquet", "orc"].map(str::to_owned);
    let draft = Draft {
        text: model,
        connectors: Some(&connectors),
        amount: Some(Amount { batch_rows: 1_000, batches: 1 }),
        seed: 1,
        now: NOW,
        ..Draft::default()
    };
    match draft.compile(&surroundings).ready() {
        Ok(prepared) => {
            for format in ["json", "csv"] {
                if let Err(error) =
                    preview(&prepared.plan, format, 0, 20, &Bounds::of_bytes(1 << 20))
                {
                    let _shown = error.to_string();
                }
            }
        }
        Err(refusal) => {
            let _shown = refusal.to_string();
        }
    }
});
