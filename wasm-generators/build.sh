#!/usr/bin/env bash
# Builds the sample generators from their sources: build.sh [rust|c|zig|go|js|ts|python]... (all: no argument).
#
# The files go beside this script, or to the folder in $OUT. Tools: see README.md.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
out="$(mkdir -p "${OUT:-$here}" && cd "${OUT:-$here}" && pwd)"
work="${WORK:-${TMPDIR:-/tmp}/datagen-generators}"
mkdir -p "$work"

# A Rust compiler with the target, or Debian's, whose library is built along.
build_rust() {
    local name="$1" crate="$here/rust/$1" target=wasm32-unknown-unknown
    export CARGO_TARGET_DIR="$work/rust"
    # A small shadow stack: it lies first in memory and is cleared for every block.
    if rustc --print target-libdir --target $target >/dev/null 2>&1 &&
        [ -d "$(rustc --print target-libdir --target $target)" ]; then
        RUSTFLAGS="-C link-arg=-zstack-size=65536" \
            cargo build --quiet --locked --release --target $target --manifest-path "$crate/Cargo.toml"
    else
        RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
            RUSTFLAGS="-C linker=wasm-ld-14 -C linker-flavor=wasm-ld -C link-arg=-zstack-size=65536" \
            /usr/bin/cargo build --quiet --locked --release -Z build-std=std,panic_abort \
            --target $target --manifest-path "$crate/Cargo.toml"
    fi
    cp "$CARGO_TARGET_DIR/$target/release/$name.wasm" "$out/$name.wasm"
}

# Memory for most blocks from the start: to grow it costs the host more than many a block.
build_c() {
    local name="$1" flags=(--target=wasm32 -O3 -mbulk-memory -nostdlib -Wall -Wextra)
    local compiler=clang
    command -v clang-14 >/dev/null && compiler=clang-14
    "$compiler" "${flags[@]}" -I"$here/c" -I"$here/c/include" -Wl,--no-entry -Wl,--strip-debug -Wl,-z,stack-size=65536,--initial-memory=1179648 \
        -Wno-unused-parameter \
        "$here/c/$name.c" "$here/c/libc.c" "$here/c/bindings/field_generators.c" \
        "$here/c/bindings/field_generators_component_type.o" -o "$out/$name.wasm"
}

# Zig itself, or the one of PyPI.
build_zig() {
    local name="$1" zig=(zig)
    if ! command -v zig >/dev/null; then
        if [ ! -x "$work/zig/bin/python" ]; then
            python3 -m venv "$work/zig"
            "$work/zig/bin/pip" install --quiet ziglang==0.15.2
        fi
        zig=("$work/zig/bin/python" -m ziglang)
    fi
    "${zig[@]}" build-exe "$here/zig/$name.zig" "$here/c/libc.c" "$here/c/bindings/field_generators.c" \
        "$here/c/bindings/field_generators_component_type.o" -target wasm32-freestanding -mcpu=generic+bulk_memory \
        -O ReleaseSafe -fno-entry -rdynamic -fstrip -I"$here/c" -I"$here/c/include" --stack 65536 \
        --initial-memory=1179648 --cache-dir "$work/zig-cache" -femit-bin="$out/$name.wasm"
}

build_go() {
    (cd "$here/go" && GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags="-s -w" \
        -o "$out/$1.wasm" "./$1")
}

build_js() {
    local name="$1" source="${2:-$here/js}"
    if [ ! -d "$work/js/node_modules" ]; then
        mkdir -p "$work/js"
        npm install --silent --prefix "$work/js" componentize-qjs@0.4.5
    fi
    "$work/js/node_modules/.bin/componentize-qjs" --wit "$here/wit" --world field-generators \
        --js "$source/$name.js" --module-root "$(dirname "$source")" --stub-wasi --sync \
        --output "$out/$name.wasm"
}

build_ts() {
    local name="$1"
    if [ ! -d "$work/ts/node_modules" ]; then
        mkdir -p "$work/ts"
        npm install --silent --prefix "$work/ts" typescript@5.9
    fi
    # JavaScript beside a copy of the library, as TypeScript's imports name it.
    mkdir -p "$work/ts/source/js"
    cp -r "$here/ts" "$work/ts/source/"
    cp "$here"/js/datagen_field.* "$work/ts/source/js/"
    "$work/ts/node_modules/.bin/tsc" --strict --target ES2022 --lib ES2022 --module ES2022 --moduleResolution bundler \
        "$work/ts/source/ts/$name.ts"
    build_js "$name" "$work/ts/source/ts"
}

build_python() {
    local name="$1"
    if [ ! -x "$work/python/bin/componentize-py" ]; then
        python3 -m venv "$work/python"
        "$work/python/bin/pip" install --quiet componentize-py==0.25.1
    fi
    # Its own folder: what is generated for type checkers does not belong beside the source.
    (cd "$work" && "$work/python/bin/componentize-py" --wit-path "$here/wit" \
        --world field-generators componentize --stub-wasi --python-path "$here/python" \
        "$name" --output "$out/$name.wasm")
}

languages=("$@")
[ $# -gt 0 ] || languages=(rust c zig go js ts python)
for language in "${languages[@]}"; do
    case "$language" in
        rust) build_rust cards && build_rust lookup ;;
        c) build_c walk ;;
        zig) build_zig tracking ;;
        go) build_go ship ;;
        js) build_js markov ;;
        ts) build_ts plate ;;
        python) build_python iban ;;
        *) echo "unknown language $language: expected rust, c, zig, go, js, ts or python" >&2 && exit 2 ;;
    esac
done
ls -l "$out"/*.wasm
