#!/usr/bin/env bash
# Fuzzes one target, starting from seeds of its own:
#
#   fuzz/run.sh [model|script|parameters] [seconds]
#
# `model`: the model parser and the plan compiler, from the shipped and the tests' models. `script`: reading,
# lowering and interpreting scripts, from the bodies of the shipped ones and of `script.seeds`. `parameters`:
# queries and bodies of requests, from the lines KIND|QUERY|BODY of `parameters.seeds`.
#
# What it finds new stays in `corpus/`. With DATAGEN_FUZZ_INPUTS=NUMBER, as in `.ci/run`, it tries so many
# inputs and always the same ones. An input that fails is written to `artifacts/`, and the program that fails on it
# is named.
set -euo pipefail
cd "$(dirname "$0")"
target="${1:-model}"
corpus="corpus/$target"
if [ -n "${DATAGEN_FUZZ_INPUTS:-}" ]; then
    corpus="$(mktemp -d)"
    trap 'rm -rf "$corpus" "$corpus.log"' EXIT
fi
mkdir -p "$corpus" artifacts
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
# libFuzzer comes with a crate and the coverage flags with every compiler, so neither nightly Rust nor
# cargo-fuzz is needed. Overflow and debug assertions, which can fail here, are on in the profile `dev`; a
# sanitizer would find nothing: these ways have no unsafe code of ours.
RUSTC_WORKSPACE_WRAPPER="$PWD/instrument.sh" cargo build --quiet --locked --package datagen-fuzz --bin "$target"
program="$(realpath "${CARGO_TARGET_DIR:-../target}/debug/$target")"
failed() {
    echo "$program fails on the newest input in $PWD/artifacts" >&2
    exit 1
}
options=(-timeout=20 -rss_limit_mb=2048 -max_len=4096 -dict="$target.dict" -artifact_prefix="artifacts/$target-")
if [ -n "${DATAGEN_FUZZ_INPUTS:-}" ]; then
    "$program" "${options[@]}" -runs="$DATAGEN_FUZZ_INPUTS" -seed=1 "$corpus" >"$corpus.log" 2>&1 ||
        { tail -n 60 "$corpus.log" >&2 && failed; }
    echo "$target: $DATAGEN_FUZZ_INPUTS inputs, $(find "$corpus" -type f | wc -l) of them worth keeping"
else
    "$program" "${options[@]}" -max_total_time="${2:-600}" "$corpus" || failed
fi
