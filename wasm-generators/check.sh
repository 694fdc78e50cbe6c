#!/usr/bin/env bash
# Builds the sample generators anew and holds their values against those of the files kept here:
# check.sh [rust|c|zig|go|js|ts|python]... (all: no argument).
#
# The samples in Go, TypeScript and Python are too large to be kept: their values stand in check/LANGUAGE.csv, which
# `check.sh --keep` writes. The program is $DATAGEN, or this clone's release build; tools and folders are those of build.sh.
# What a language needs is asked for first; with nothing built before, C takes some 5 seconds, Rust 25,
# JavaScript 50 and Python 150.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
keep=false
[ "${1:-}" != --keep ] || { keep=true && shift; }
languages=("$@")
[ $# -gt 0 ] || languages=(rust c zig go js ts python)

# need TOOL CURE: a tool that a language cannot be built without.
need() {
    command -v "$1" >/dev/null || { echo "$1 is missing: $2" >&2 && exit 2; }
}
for language in "${languages[@]}"; do
    case "$language" in
        rust) need cargo "https://rustup.rs; then \`rustup target add wasm32-unknown-unknown\`" ;;
        c)
            command -v clang-14 >/dev/null || need clang "\`apt-get install clang lld\`"
            command -v wasm-ld-14 >/dev/null || need wasm-ld "\`apt-get install clang lld\`"
            ;;
        zig) command -v zig >/dev/null || need python3 "\`apt-get install python3 python3-venv\`" ;;
        go) need go "Go 1.24 or later, https://go.dev/dl" ;;
        js | ts) need npm "\`apt-get install nodejs npm\`" ;;
        python) need python3 "\`apt-get install python3 python3-venv\`" ;;
    esac
done

if [ -z "${DATAGEN:-}" ]; then
    cargo build --quiet --locked --release --manifest-path "$here/../Cargo.toml"
    DATAGEN="${CARGO_TARGET_DIR:-$here/../target}/release/datagen"
fi
datagen="$(realpath "$DATAGEN")"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
# An interpreter takes its time to compile on a busy machine.
echo 'extension_limits = { load_seconds = 600, block_seconds = 60 }' >"$folder/datagen.toml"

# values LANGUAGE FOLDER ROWS: what the modules in FOLDER make.
values() {
    (cd "$folder" && DATAGEN_HOME="$folder/home" "$datagen" generate --model "$here/check/$1.json" \
        --connector csv --extensions "$2" --rows "$3" --seed 1 --now 2026-01-01T00:00:00Z --quiet --output -)
}

failed=0
for language in "${languages[@]}"; do
    case "$language" in
        rust) modules=(cards lookup) rows=100000 ;;
        c) modules=(walk) rows=100000 ;;
        zig) modules=(tracking) rows=100000 ;;
        go) modules=(ship) rows=20000 ;;
        js) modules=(markov) rows=2000 ;;
        ts) modules=(plate) rows=2000 ;;
        python) modules=(iban) rows=500 ;;
        *) echo "unknown language $language: expected rust, c, zig, go, js, ts or python" >&2 && exit 2 ;;
    esac
    OUT="$folder/$language-built" "$here/build.sh" "$language" >/dev/null
    values "$language" "$folder/$language-built" "$rows" >"$folder/built.csv"
    if [ -e "$here/check/$language.csv" ] || $keep; then
        ! $keep || cp "$folder/built.csv" "$here/check/$language.csv"
        cp "$here/check/$language.csv" "$folder/kept.csv"
    else
        mkdir "$folder/$language-kept"
        for module in "${modules[@]}"; do
            cp "$here/$module.wasm" "$folder/$language-kept/"
        done
        values "$language" "$folder/$language-kept" "$rows" >"$folder/kept.csv"
    fi
    if [ "$(wc -l <"$folder/built.csv")" -gt "$rows" ] && cmp "$folder/kept.csv" "$folder/built.csv"; then
        echo "$language: ${modules[*]}: the same $rows rows"
    else
        echo "$language: ${modules[*]}: the values differ" >&2
        failed=1
    fi
done
exit $failed
