#!/usr/bin/env bash
# Times whole commands over the bench models and prints rows/s, MB/s, rows per CPU-second and peak memory
# for one and two threads; where tpchgen-cli and DuckDB are installed, theirs in the same run.
#
#   benches/run.sh [rows]     (default 2,000,000; output goes to a tmpfs folder)
#
# PYTHON names an interpreter that has duckdb; TPCHGEN the tpchgen-cli program.
set -euo pipefail
cd "$(dirname "$0")/.."
rows="${1:-2000000}"
datagen="${DATAGEN:-${CARGO_TARGET_DIR:-target}/release/datagen}"
out="$(mktemp -d /dev/shm/datagen-bench.XXXXXX)"
trap 'rm -rf "$out"' EXIT
echo "$(date -u +%F) $(git rev-parse --short HEAD 2>/dev/null) $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2) x $(nproc), $rows rows"
exec python3 benches/run.py "$datagen" "$rows" "$out"
