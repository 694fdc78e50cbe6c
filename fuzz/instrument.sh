#!/usr/bin/env bash
# Compiles a crate so that libFuzzer sees which of its branches an input takes: the flags of cargo-fuzz, which
# every compiler knows. Cargo calls it as RUSTC_WORKSPACE_WRAPPER, thus for our own crates only; what they are
# built on is shared with the product's builds.
exec "$@" -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
