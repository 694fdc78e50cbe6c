#!/usr/bin/env bash
# Fuzzes the model parser and the plan compiler, starting from the shipped and the tests' models.
#
#   fuzz/run.sh [seconds]
set -euo pipefail
cd "$(dirname "$0")"
corpus="corpus/model"
mkdir -p "$corpus"
for model in ../models/*.json ../tests/models/*.json; do
    cp "$model" "$corpus/$(basename "$(dirname "$model")")-$(basename "$model")"
done
# Overflow and debug assertions are what can go wrong here; the models' way has no unsafe code of ours.
exec cargo +nightly fuzz run --fuzz-dir . --sanitizer none --debug-assertions model -- \
    -max_total_time="${1:-600}" -timeout=10 -rss_limit_mb=2048 -max_len=4096 -dict=model.dict
