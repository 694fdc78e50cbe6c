//! Modules tried out: a small module in text form whose parts are replaced by hostile ones, and the
//! samples of `wasm-generators`.

mod answers;
mod hostile;
mod kept;
mod on_error;
mod samples;
mod speaking;
mod text;
mod wasi;

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::Wasm;
use crate::columns::{DataType, Rows};
use crate::failures::OnError;
use crate::generator::{Inputs, Made};
use crate::rng::Stream;
use crate::sandbox::{Binding, Fault, InputType, Kind as _, Limits, Prepared, Program, Source};
use text::Text;

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

/// Loads a file.
pub(super) fn load(bytes: &[u8], limits: &Limits) -> Result<Arc<dyn Program>, Box<Fault>> {
    load_with(None, bytes, limits)
}

/// Loads a file beside what is kept of it.
pub(super) fn load_with(
    cache: Option<&Path>,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Arc<dyn Program>, Box<Fault>> {
    let digest = crate::sandbox::files::digest(bytes);
    let bytes = &Arc::new(bytes.to_vec());
    let source =
        Source { label: "x.wasm", stem: "x", bytes, digest: &digest, cache, attachments: &[] };
    Wasm.load(&source, limits)
}

/// A field of a program's first generator without parameters or inputs.
pub(super) fn prepare(program: &dyn Program) -> Result<Prepared, Box<Fault>> {
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
    pub(super) on_error: OnError,
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
            on_error: OnError::Fail,
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

    pub(super) fn prepare(&self) -> Result<Prepared, Box<Fault>> {
        self.program.prepare(&Binding {
            generator: self.generator,
            field: "f",
            parameters: &self.parameters,
            inputs: &self.inputs,
            returns: None,
            stream: Stream::new(self.seed, "f"),
            total_rows: Some(1_000),
            on_error: self.on_error,
        })
    }
}

/// The rows from `first` on of a field without inputs.
pub(super) fn rows(
    prepared: &Prepared,
    first: u64,
    count: usize,
    inputs: &Inputs<'_>,
) -> Result<Made, Box<Fault>> {
    let made = prepared.generator.generate(Rows { first, count }, inputs);
    made.map_err(|error| Box::new(error.cause::<Fault>().unwrap().clone()))
}

/// What a file ends in, from loading it to making 100 rows.
pub(super) fn fate(bytes: &[u8], limits: &Limits) -> String {
    let made = load(bytes, limits)
        .and_then(|program| prepare(&*program))
        .and_then(|prepared| rows(&prepared, 1_000, 100, &[]));
    match made {
        Ok(made) => format!("{} values", made.column.len()),
        Err(fault) => format!("{}: {fault}", fault.kind.code()),
    }
}
