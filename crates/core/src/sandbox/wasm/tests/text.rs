//! A small module in text form whose parts tests replace; those of the whole program take it from here too.

use wit_component::StringEncoding;

/// Embedded, because the program's tests take this file as well: their package lies in another folder.
const INTERFACE: &str = include_str!("../../../../../../wasm-generators/wit/datagen-field.wit");

/// A module as plain compilers leave it: core code and the section that tells its interface. Its one
/// generator, `count`, gives the row numbers as int64 and has one sub-value less than the interface allows.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    /// Imports, which must stand first.
    pub(crate) imports: String,
    /// Further items of the module.
    pub(crate) items: String,
    /// Pages of memory at first.
    pub(crate) pages: &'static str,
    /// Statements before each call's answer.
    pub(crate) describe: String,
    pub(crate) check: String,
    pub(crate) generate: String,
    /// Name, type, nullability as they stand in memory.
    pub(crate) name: String,
    pub(crate) kind: u8,
    pub(crate) nullable: u8,
    /// How often the generator stands in the list.
    pub(crate) generators: u32,
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
    pub(crate) fn source(&self) -> String {
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
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = wat::parse_str(self.source()).unwrap();
        let mut resolve = wit_parser::Resolve::default();
        let package = resolve.push_str("datagen-field.wit", INTERFACE).unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        wit_component::embed_component_metadata(&mut bytes, &resolve, world, StringEncoding::UTF8)
            .unwrap();
        bytes
    }
}
