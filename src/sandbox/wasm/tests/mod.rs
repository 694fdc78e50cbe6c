//! Modules tried out: a small module in text form whose parts are replaced by hostile ones, and the
//! samples of `wasm-generators`.

mod answers;
mod hostile;
mod samples;

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use wit_component::StringEncoding;

use super::Wasm;
use crate::columns::{Column, DataType, Rows};
use crate::rng::Stream;
use crate::sandbox::{
    Binding, Fault, InputType, Kind as _, Limits, Made, Prepared, Program, Source,
};

/// Limits that hostile modules reach soon.
pub(super) fn tight() -> Limits {
    Limits {
        module_fuel: 20_000_000,
        module_memory_bytes: 16 << 20,
        module_table_elements: 10_000,
        answer_bytes: 4 << 20,
        block_seconds: 20,
        load_seconds: 20,
        ..Limits::default()
    }
}

/// A module as plain compilers leave it: core code and the section that tells its interface. Its one
/// generator, `count`, gives the row numbers as int64 and has one sub-value less than the interface allows.
#[derive(Debug, Clone)]
pub(super) struct Text {
    /// Imports, which must stand first.
    pub(super) imports: String,
    /// Further items of the module.
    pub(super) items: String,
    /// Pages of memory at first.
    pub(super) pages: &'static str,
    /// Statements before each call's answer.
    pub(super) describe: String,
    pub(super) check: String,
    pub(super) generate: String,
    /// Name, type, nullability as they stand in memory.
    pub(super) name: String,
    pub(super) kind: u8,
    pub(super) nullable: u8,
    /// How often the generator stands in the list.
    pub(super) generators: u32,
}

impl Default for Text {
    fn default() -> Self {
        Self {
            imports: String::new(),
            items: String::new(),
            pages: "2",
            describe: String::new(),
            check: String::new(),
            generate: String::new(),
            name: "count".to_owned(),
            kind: 2,
            nullable: 0,
            generators: 1,
        }
    }
}

impl Text {
    pub(super) fn source(&self) -> String {
        let Self { imports, items, pages, describe, check, generate, .. } = self;
        let Self { name, kind, nullable, generators, .. } = self;
        let length = name.len();
        let word = |value: u32| -> String {
            value.to_le_bytes().iter().map(|byte| format!("\\{byte:02x}")).collect()
        };
        let name_bytes: String = name.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        // A descriptor: name, summary, output, nullable, params, inputs, sub-values, random.
        let descriptor = [
            word(1024),
            word(u32::try_from(length).unwrap()),
            word(0).repeat(2),
            format!("\\{kind:02x}\\00\\00\\{nullable:02x}"),
            word(0).repeat(6),
            word(1),
        ]
        .concat();
        let descriptors = descriptor.repeat(*generators as usize);
        let info =
            [word(1024), word(0), word(1024), word(0), word(8192), word(*generators)].concat();
        format!(
            r#"(module
              (type $realloc (func (param i32 i32 i32 i32) (result i32)))
              (type $check (func (param i32 i32 i32 i32 i32 i32) (result i32)))
              {imports}
              (memory (export "memory") {pages})
              (global $next (mut i32) (i32.const 65536))
              (data (i32.const 1024) "{name_bytes}")
              (data (i32.const 512) "{info}")
              (data (i32.const 8192) "{descriptors}")
              (data (i32.const 768) "\00\00\00\00\{kind:02x}\00\00\00")
              {items}
              (func $allocate (param $size i32) (result i32)
                (local $start i32)
                (local.set $start (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
                (global.set $next (i32.add (local.get $start) (local.get $size)))
                (block $enough
                  (br_if $enough (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
                  (drop (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1)))))
                (local.get $start))
              (func (export "cabi_realloc") (type $realloc) (call $allocate (local.get 3)))
              (func (export "datagen:field/generators@1.0.0#describe") (result i32)
                {describe}
                (i32.const 512))
              (func (export "datagen:field/generators@1.0.0#check") (type $check)
                {check}
                (i32.const 768))
              ;; The answer stands at 256: values at 260 (tag, then lists), validity at 280, sub-values at 292.
              (func (export "datagen:field/generators@1.0.0#generate")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i64) (param $first i64) (param $rows i32)
                (param i32 i64 i32 i32) (result i32)
                (local $values i32) (local $row i32)
                (local.set $values (call $allocate (i32.mul (local.get $rows) (i32.const 8))))
                (block $done (loop $next
                  (br_if $done (i32.ge_u (local.get $row) (local.get $rows)))
                  (i64.store (i32.add (local.get $values) (i32.shl (local.get $row) (i32.const 3)))
                    (i64.add (local.get $first) (i64.extend_i32_u (local.get $row))))
                  (local.set $row (i32.add (local.get $row) (i32.const 1)))
                  (br $next)))
                (i32.store8 (i32.const 260) (i32.const 2))
                (i32.store (i32.const 264) (local.get $values))
                (i32.store (i32.const 268) (local.get $rows))
                {generate}
                (i32.const 256)))"#
        )
    }

    /// The bytes of the file that a compiler would leave.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = wat::parse_str(self.source()).unwrap();
        let mut resolve = wit_parser::Resolve::default();
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("wasm-generators/wit");
        let (package, _) = resolve.push_dir(folder).unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        wit_component::embed_component_metadata(&mut bytes, &resolve, world, StringEncoding::UTF8)
            .unwrap();
        bytes
    }
}

/// Loads a file.
pub(super) fn load(bytes: &[u8], limits: &Limits) -> Result<Arc<dyn Program>, Box<Fault>> {
    let digest = crate::sandbox::registry::digest(bytes);
    let source = Source { label: "x.wasm", stem: "x", bytes, digest: &digest, cache: None };
    Wasm.load(&source, limits)
}

/// A field of a program's first generator without parameters or inputs.
pub(super) fn prepare(program: &dyn Program) -> Result<Box<dyn Prepared>, Box<Fault>> {
    Trial::new(program, 0).prepare()
}

/// A field to be.
#[derive(Debug)]
pub(super) struct Trial<'a> {
    program: &'a dyn Program,
    generator: usize,
    parameters: Vec<Value>,
    inputs: Vec<Option<InputType>>,
    seed: u64,
}

impl<'a> Trial<'a> {
    pub(super) fn new(program: &'a dyn Program, generator: usize) -> Self {
        let described = &program.descriptions()[generator];
        let defaults = described.parameters.iter();
        Self {
            program,
            generator,
            parameters: defaults.map(|one| one.default.clone().unwrap_or_default()).collect(),
            inputs: vec![None; described.inputs.len()],
            seed: 42,
        }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let described = &self.program.descriptions()[self.generator].parameters;
        let index = described.iter().position(|one| one.name == name).unwrap();
        self.parameters[index] = described[index].kind.accept(&value.into()).unwrap();
        self
    }

    pub(super) fn reading(mut self, data_types: &[DataType]) -> Self {
        let input =
            |data_type: &DataType| Some(InputType { data_type: *data_type, nullable: true });
        self.inputs = data_types.iter().map(input).collect();
        self
    }

    pub(super) fn prepare(&self) -> Result<Box<dyn Prepared>, Box<Fault>> {
        self.program.prepare(&Binding {
            generator: self.generator,
            field: "f",
            parameters: &self.parameters,
            inputs: &self.inputs,
            returns: None,
            stream: Stream::new(self.seed, "f"),
            rows: Some(1_000),
            may_lower: true,
        })
    }
}

/// The rows from `first` on of a field without inputs.
pub(super) fn rows(
    prepared: &dyn Prepared,
    first: u64,
    count: usize,
    inputs: &[Option<&Column>],
) -> Result<Made, Box<Fault>> {
    prepared.generate(Rows { first, count }, inputs)
}

/// What a file ends in, from loading it to making 100 rows.
pub(super) fn fate(bytes: &[u8], limits: &Limits) -> String {
    let made = load(bytes, limits)
        .and_then(|program| prepare(&*program))
        .and_then(|prepared| rows(&*prepared, 1_000, 100, &[]));
    match made {
        Ok(made) => format!("{} values", made.column.len()),
        Err(fault) => format!("{}: {fault}", fault.kind.code()),
    }
}
