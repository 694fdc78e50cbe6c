//! Golden fingerprints: the bytes that the shipped models give, in every format.
//!
//! What they guard is the promise that a seed gives the same values in every version: a change here is a
//! change of `EPOCH`, of a format or of a library's layout, and must be meant. Renewed by
//! `BLESS=1 cargo test --test it golden`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use datagen::samples::MODELS;
use sha2::{Digest as _, Sha256};

use crate::reproducible::files;

const ROWS: u64 = 1_000;

/// Bytes and SHA-256 per file, then header and first three rows.
fn fingerprint(model: &str) -> String {
    let files = files(model, (ROWS, 1), 1, None);
    let mut text = format!("{ROWS} rows, seed 42, now 2026-01-01T00:00:00Z\n");
    for (name, bytes) in &files {
        let kind = name.split_once('.').unwrap().1;
        let digest = Sha256::digest(bytes);
        let digest = digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        writeln!(text, "{kind:<8} {:>8} {digest}", bytes.len()).unwrap();
    }
    let csv = files.iter().find(|(name, _)| name.ends_with(".csv")).unwrap().1;
    for line in std::str::from_utf8(csv).unwrap().lines().take(4) {
        writeln!(text, "{line}").unwrap();
    }
    text
}

#[test]
fn every_shipped_model_gives_its_golden_bytes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let bless = std::env::var_os("BLESS").is_some();
    for (name, model) in MODELS {
        let (path, found) = (folder.join(format!("{name}.txt")), fingerprint(model));
        if bless {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &found).unwrap();
        }
        let golden = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            golden == found,
            "{name} gives other bytes than before; if that is meant, renew {} by \
             `BLESS=1 cargo test --test it golden`\nbefore:\n{golden}\nnow:\n{found}",
            path.display()
        );
    }
}
