//! The beginning of a generator in WebAssembly, with all that its language needs of ours.
//!
//! Who has only this program builds it: interface, guest library and bindings come along. To add a
//! language: its template in `wasm-generators/templates`, its entry in [`Language`].

use std::path::Path;

use anyhow::bail;
use clap::ValueEnum;

use super::{check_name, create};

/// Languages that there is a beginning in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Language {
    /// Rust, built by cargo
    Rust,
    /// C, built by clang
    C,
    /// Zig, built by itself
    Zig,
    /// Go, built by itself
    Go,
    /// JavaScript, run by `QuickJS`
    #[value(name = "js")]
    JavaScript,
    /// TypeScript, compiled to JavaScript
    #[value(name = "ts")]
    TypeScript,
    /// Python, run by its own interpreter
    Python,
}

/// What a file holds.
enum Content {
    /// A text with the places of the name: `@name@`, `@kebab@` and `@TYPE@`.
    Template(&'static str),
    /// Bytes as they are.
    Copy(&'static [u8]),
}

use Content::{Copy, Template};

/// A file of `wasm-generators` as text.
macro_rules! template {
    ($path:literal) => {
        Template(include_str!(concat!("../../../wasm-generators/templates/", $path)))
    };
}

/// A file of `wasm-generators` as it is.
macro_rules! copy {
    ($path:literal) => {
        Copy(include_bytes!(concat!("../../../wasm-generators/", $path)))
    };
}

const MODEL: (&str, Content) = ("@name@.json", template!("model.json"));

const RUST: &[(&str, Content)] = &[
    ("src/lib.rs", template!("rust/src/lib.rs")),
    ("Cargo.toml", template!("rust/Cargo.toml")),
    (".cargo/config.toml", template!("rust/.cargo/config.toml")),
    ("Makefile", template!("rust/Makefile")),
    ("README.md", template!("rust/README.md")),
    ("datagen-field/Cargo.toml", copy!("sdk-rust/Cargo.toml")),
    ("datagen-field/src/lib.rs", copy!("sdk-rust/src/lib.rs")),
    ("datagen-field/src/bindings.rs", copy!("sdk-rust/src/bindings.rs")),
    ("datagen-field/src/describe.rs", copy!("sdk-rust/src/describe.rs")),
    ("datagen-field/src/dispatch.rs", copy!("sdk-rust/src/dispatch.rs")),
    ("datagen-field/src/memory.rs", copy!("sdk-rust/src/memory.rs")),
    ("datagen-field/src/output.rs", copy!("sdk-rust/src/output.rs")),
    ("datagen-field/src/parameters.rs", copy!("sdk-rust/src/parameters.rs")),
    ("datagen-field/src/print.rs", copy!("sdk-rust/src/print.rs")),
    ("datagen-field/src/random.rs", copy!("sdk-rust/src/random.rs")),
    ("datagen-field/src/row.rs", copy!("sdk-rust/src/row.rs")),
    ("datagen-field/src/trial.rs", copy!("sdk-rust/src/trial.rs")),
];

const C: &[(&str, Content)] = &[
    ("generator.c", template!("c/generator.c")),
    ("test.c", template!("c/test.c")),
    ("Makefile", template!("c/Makefile")),
    ("README.md", template!("c/README.md")),
];

const ZIG: &[(&str, Content)] = &[
    ("generator.zig", template!("zig/generator.zig")),
    ("Makefile", template!("zig/Makefile")),
    ("README.md", template!("zig/README.md")),
    ("datagen/datagen_field.zig", copy!("zig/datagen_field.zig")),
];

/// The interface as C has it.
const C_BINDINGS: &[(&str, Content)] = &[
    ("datagen/datagen_field.h", copy!("c/datagen_field.h")),
    ("datagen/libc.c", copy!("c/libc.c")),
    ("datagen/include/assert.h", copy!("c/include/assert.h")),
    ("datagen/include/stdlib.h", copy!("c/include/stdlib.h")),
    ("datagen/include/string.h", copy!("c/include/string.h")),
    ("datagen/bindings/field_generators.h", copy!("c/bindings/field_generators.h")),
    ("datagen/bindings/field_generators.c", copy!("c/bindings/field_generators.c")),
    (
        "datagen/bindings/field_generators_component_type.o",
        copy!("c/bindings/field_generators_component_type.o"),
    ),
];

const GO: &[(&str, Content)] = &[
    ("generator.go", template!("go/generator.go")),
    ("generator_test.go", template!("go/generator_test.go")),
    ("go.mod", template!("go/go.mod")),
    ("Makefile", template!("go/Makefile")),
    ("README.md", template!("go/README.md")),
    ("datagen/abi.go", copy!("go/datagen/abi.go")),
    ("datagen/column.go", copy!("go/datagen/column.go")),
    ("datagen/describe.go", copy!("go/datagen/describe.go")),
    ("datagen/field.go", copy!("go/datagen/field.go")),
];

const JAVASCRIPT: &[(&str, Content)] = &[
    ("generator.js", template!("js/generator.js")),
    ("generator.test.js", template!("js/generator.test.js")),
    ("package.json", template!("js/package.json")),
    ("README.md", template!("js/README.md")),
];

const TYPESCRIPT: &[(&str, Content)] = &[
    ("generator.ts", template!("ts/generator.ts")),
    ("generator.test.ts", template!("ts/generator.test.ts")),
    ("tsconfig.json", template!("ts/tsconfig.json")),
    ("package.json", template!("ts/package.json")),
    ("README.md", template!("ts/README.md")),
];

/// The library of both, with its types.
const JAVASCRIPT_LIBRARY: &[(&str, Content)] = &[
    ("datagen_field.js", copy!("js/datagen_field.js")),
    ("datagen_field.d.ts", copy!("js/datagen_field.d.ts")),
    ("wit/datagen-field.wit", copy!("wit/datagen-field.wit")),
];

const PYTHON: &[(&str, Content)] = &[
    ("generator.py", template!("python/generator.py")),
    ("test_generator.py", template!("python/test_generator.py")),
    ("requirements.txt", template!("python/requirements.txt")),
    ("Makefile", template!("python/Makefile")),
    ("README.md", template!("python/README.md")),
    ("datagen_field.py", copy!("python/datagen_field.py")),
    ("wit/datagen-field.wit", copy!("wit/datagen-field.wit")),
];

impl Language {
    /// The template, and what languages share.
    fn files(self) -> [&'static [(&'static str, Content)]; 2] {
        match self {
            Self::Rust => [RUST, &[]],
            Self::C => [C, C_BINDINGS],
            Self::Zig => [ZIG, C_BINDINGS],
            Self::Go => [GO, &[]],
            Self::JavaScript => [JAVASCRIPT, JAVASCRIPT_LIBRARY],
            Self::TypeScript => [TYPESCRIPT, JAVASCRIPT_LIBRARY],
            Self::Python => [PYTHON, &[]],
        }
    }

    /// The lines that build and test what stands in `folder`.
    fn build(self, folder: &str) -> String {
        match self {
            Self::JavaScript | Self::TypeScript => {
                format!("npm install --prefix {folder}\n  npm run build --prefix {folder}")
            }
            _ => format!("make -C {folder}"),
        }
    }
}

/// Writes the sources of `name` into a folder of its own below `folder`; answers what to do next.
///
/// # Errors
///
/// When something of that name is there, or cannot be written.
pub(super) fn write(name: &str, language: Language, folder: &Path) -> anyhow::Result<String> {
    check_name(name)?;
    let own = folder.join(name);
    // Nobody's work is mixed with ours, and what it would be built to is not replaced.
    for taken in [&own, &folder.join(format!("{name}.wasm"))] {
        if taken.symlink_metadata().is_ok() {
            bail!("`{}` is there already", taken.display());
        }
    }
    let (kebab, upper) = (name.replace('_', "-"), name.to_uppercase());
    let filled = |text: &str| {
        text.replace("@name@", name).replace("@kebab@", &kebab).replace("@TYPE@", &upper)
    };
    for (path, content) in language.files().into_iter().flatten().chain([&MODEL]) {
        let path = own.join(filled(path));
        match content {
            Template(text) => create(&path, filled(text).as_bytes())?,
            Copy(bytes) => create(&path, bytes)?,
        }
    }
    let (own, folder) = (own.display().to_string(), folder.display());
    Ok(format!(
        "wrote {own}: README.md says more\n\n  {build}\n  datagen try {folder}/{name}.wasm\n  \
         datagen preview {own}/{name}.json --extensions {folder}",
        build = language.build(&own),
    ))
}
