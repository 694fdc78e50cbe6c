#!/usr/bin/env bash
# Fuzzes one target, starting from seeds of its own:
#
#   fuzz/run.sh [model|script|parameters] [seconds]
#
# `model`: the model parser and the plan compiler, from the shipped and the tests' models. `script`: reading,
# lowering and interpreting scripts, from the bodies of the shipped ones and of `script.seeds`. `parameters`:
# queries and bodies of requests, from the lines KIND|QUERY|BODY of `parameters.seeds`.
set -euo pipefail
cd "$(dirname "$0")"
target="${1:-model}"
corpus="corpus/$target"
mkdir -p "$corpus"
case "$target" in
    model)
        for model in ../models/*.json ../tests/models/*.json; do
            cp "$model" "$corpus/$(basename "$(dirname "$model")")-$(basename "$model")"
        done
        ;;
    script)
        line=0
        while IFS= read -r seed; do
            line=$((line + 1))
            printf '%s' "$seed" >"$corpus/seed-$line"
        done <script.seeds
        ;;
    parameters)
        line=0
        while IFS='|' read -r kind query body; do
            line=$((line + 1))
            printf '%s%s\n%s' "$kind" "$query" "$body" >"$corpus/seed-$line"
        done <parameters.seeds
        ;;
    *) echo "unknown target $target: expected model, script or parameters" >&2 && exit 2 ;;
esac
# Overflow and debug assertions are what can go wrong here; these ways have no unsafe code of ours.
exec cargo +nightly fuzz run --fuzz-dir . --sanitizer none --debug-assertions "$target" -- \
    -max_total_time="${2:-600}" -timeout=20 -rss_limit_mb=2048 -max_len=4096 -dict="$target.dict"
