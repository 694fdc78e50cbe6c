//! Any bytes as a request for rows: its kind in the first byte, the query up to the end of the line, the body.
//!
//! Nothing may panic, overflow, or take more than libFuzzer's limits of time and memory. What is accepted is
//! within the limits that are told; a refusal shows every character of what it quotes.
#![no_main]

use datagen::problems::is_unseen;
use datagen::read_request;
use libfuzzer_sys::fuzz_target;

/// 2026-01-01T00:00:00Z in microseconds.
const NOW: i64 = 1_767_225_600_000_000;

fuzz_target!(|request: &[u8]| {
    let Some((kind, rest)) = request.split_first() else { return };
    let kind = match kind {
        b'f' => "application/x-www-form-urlencoded",
        b'j' => "application/json",
        _ => "text/plain",
    };
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let (query, body) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
    match read_request(query, kind, body, NOW) {
        Ok((order, model)) => {
            assert!((1..=1_024).contains(&order.threads), "{} threads", order.threads);
            for (name, _) in &order.overrides {
                assert!(!name.is_empty() && name.len() <= 128, "{name:?}");
            }
            assert!(model.is_none_or(|model| model.contains('{')));
        }
        Err(refused) => {
            assert!(!refused.is_empty());
            assert!(refused.chars().all(|c| c == '\n' || !is_unseen(c)), "{refused:?}");
        }
    }
});
