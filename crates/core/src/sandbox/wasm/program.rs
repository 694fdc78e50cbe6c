//! A compiled module and its calls.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde_json::Value;
use wasmtime::Store;
use wasmtime::component::{Component, ComponentExportIndex};

use super::answers;
use super::bindings::exports::datagen::field::generators::{Answer, Error, ParamValue, Request};
use super::bindings::{FieldGenerators, FieldGeneratorsPre};
use super::code::Code;
use super::componentize::WITHOUT_WASI;
use super::describe::{Entry, data_type, describe};
use super::engine::{Effort, Runtime};
use super::faults::{first_line, refused, trapped};
use super::field::Field;
use super::host::Host;
use super::inputs::Passing;
use super::kept::Told;
use crate::columns::{Column, DataType, Rows};
use crate::failures::OnError;
use crate::problems::excerpt;
use crate::sandbox::{
    Binding, Description, Fault, FaultKind, ParameterKind, Prepared, Program, data_type_name,
};

/// The interface that modules export.
const GENERATORS: &str = "datagen:field/generators@1.0.0";

/// A module ready to be instantiated, shared by everything that uses it.
pub(super) struct Module {
    pub(super) runtime: Arc<Runtime>,
    /// What messages call it.
    pub(super) label: String,
    instances: FieldGeneratorsPre<Host>,
    /// The function called for every block.
    generate: ComponentExportIndex,
}

impl std::fmt::Debug for Module {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Module").field("label", &self.label).finish_non_exhaustive()
    }
}

impl Module {
    /// Checks that `component` imports and exports what it should.
    ///
    /// # Errors
    ///
    /// What it lacks, or wants in vain.
    pub(super) fn new(
        runtime: Arc<Runtime>,
        label: &str,
        component: &Component,
    ) -> Result<Self, Box<Fault>> {
        let fault = |message| Box::new(Fault::new(FaultKind::Compile, label, message));
        let imports =
            names(component.component_type().imports(&runtime.engine).map(|(name, _)| name));
        // Also an interface of it without functions, which could be linked: it was built for another world.
        if imports.contains("wasi:") {
            return Err(fault(format!("it imports {imports}: {WITHOUT_WASI}")));
        }
        let instances = runtime
            .linker
            .instantiate_pre(component)
            .map_err(|error| {
                let error = first_line(&format!("{error:#}"));
                fault(format!("it imports {imports}: only datagen:field/log is there ({error})"))
            })
            .and_then(|pre| {
                FieldGeneratorsPre::new(pre).map_err(|error| {
                    let exports = names(
                        component.component_type().exports(&runtime.engine).map(|(name, _)| name),
                    );
                    let error = first_line(&format!("{error:#}"));
                    fault(format!("it does not export {GENERATORS} but {exports} ({error})"))
                })
            })?;
        let interface = component.get_export_index(None, GENERATORS);
        let generate = interface.and_then(|one| component.get_export_index(Some(&one), "generate"));
        let generate =
            generate.ok_or_else(|| fault(format!("it does not export {GENERATORS}#generate")))?;
        Ok(Self { runtime, label: label.to_owned(), instances, generate })
    }

    /// What the module tells of itself.
    ///
    /// # Errors
    ///
    /// Why it does not.
    pub(super) fn told(&self) -> Result<Told, Box<Fault>> {
        let info =
            self.call(|instance, store| instance.datagen_field_generators().call_describe(store))?;
        Ok(Told { version: first_line(&info.version), generators: info.generators })
    }

    /// Runs `call` on a fresh instance.
    ///
    /// # Errors
    ///
    /// Why there was no answer.
    pub(super) fn call<T>(
        &self,
        call: impl FnOnce(&FieldGenerators, &mut Store<Host>) -> wasmtime::Result<T>,
    ) -> Result<T, Box<Fault>> {
        let effort = Effort::of_call(&self.runtime.limits);
        self.run(effort, |store| self.instances.instantiate(store), |one, store| call(&one, store))
    }

    /// The answer of a fresh instance to `request`, and what it took, of at most `effort`.
    ///
    /// # Errors
    ///
    /// Why there was no answer.
    pub(super) fn generate(
        &self,
        effort: Effort,
        request: Request<'_>,
    ) -> Result<Answered, Box<Fault>> {
        // Only this function: looking up all of them costs as much again as the call of a short block.
        self.run(
            effort,
            |store| self.instances.instance_pre().instantiate(store),
            |instance, store| {
                let generate = instance
                    .get_typed_func::<(Request<'_>,), (Result<Answer, Error>,)>(
                        &mut *store,
                        self.generate,
                    )?;
                let (answer,) = generate.call(&mut *store, (request,))?;
                let fuel = effort.fuel.saturating_sub(store.get_fuel()?);
                Ok(Answered { answer, fuel, refused: store.data_mut().refused.take() })
            },
        )
    }

    /// Runs `call` with what `instantiate` makes in a fresh store.
    fn run<I, T>(
        &self,
        effort: Effort,
        instantiate: impl FnOnce(&mut Store<Host>) -> wasmtime::Result<I>,
        call: impl FnOnce(I, &mut Store<Host>) -> wasmtime::Result<T>,
    ) -> Result<T, Box<Fault>> {
        let _permit = self.runtime.permit();
        let mut store = self.runtime.store(&self.label, effort).map_err(|error| {
            let message = first_line(&format!("{error:#}"));
            Box::new(Fault::new(FaultKind::Machine, &*self.label, message))
        })?;
        let stopped = |error: &wasmtime::Error, store: &Store<Host>| {
            trapped(&self.label, error, store.data(), &self.runtime.limits, effort)
        };
        let instance = match instantiate(&mut store) {
            Ok(instance) => instance,
            Err(error) => {
                let mut fault = stopped(&error, &store);
                // Its own code did not fail, nor ask for too much: there was no room for an instance.
                if fault.kind == FaultKind::Answer {
                    fault.kind = FaultKind::Machine;
                }
                return Err(fault);
            }
        };
        call(instance, &mut store).map_err(|error| stopped(&error, &store))
    }
}

/// What a call came to.
pub(super) struct Answered {
    pub(super) answer: Result<Answer, Error>,
    /// What it took.
    pub(super) fuel: u64,
    /// The limit that it asked to be crossed, in words: it may fail by that.
    pub(super) refused: Option<String>,
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = names.take(5).collect();
    if all.is_empty() { "nothing".to_owned() } else { excerpt(&all.join(", ")) }
}

/// A module and what it offers.
#[derive(Debug)]
pub(super) struct Offer {
    code: Code,
    version: String,
    descriptions: Vec<Description>,
    entries: Vec<Entry>,
}

impl Offer {
    /// Asks the module what it offers, unless it is known from another time.
    ///
    /// # Errors
    ///
    /// Why it does not tell, or what is wrong with what it tells.
    pub(super) fn new(code: Code) -> Result<Self, Box<Fault>> {
        if let Some(Told { version, generators }) = code.kept()
            && let Ok((descriptions, entries)) = describe(generators)
        {
            return Ok(Self { code, version, descriptions, entries });
        }
        let told = code.module()?.told()?;
        let (descriptions, entries) = describe(told.generators.clone())
            .map_err(|message| Box::new(Fault::new(FaultKind::Answer, &*code.label, message)))?;
        code.keep(&told);
        Ok(Self { code, version: told.version, descriptions, entries })
    }
}

impl Program for Offer {
    fn descriptions(&self) -> &[Description] {
        &self.descriptions
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn prepare(&self, binding: &Binding<'_>) -> Result<Prepared, Box<Fault>> {
        let module = self.code.module()?;
        let label = &*self.code.label;
        let fault = |kind, message| Box::new(Fault::new(kind, label, message));
        let (entry, description) =
            (&self.entries[binding.generator], &self.descriptions[binding.generator]);
        let kinds = description.parameters.iter().map(|one| one.kind);
        let parameters: Vec<Parameter> = binding
            .parameters
            .iter()
            .zip(kinds)
            .map(|(value, kind)| Parameter::new(value, kind))
            .collect();
        let mut passings = Vec::new();
        for ((input, accepts), described) in
            binding.inputs.iter().zip(&entry.accepts).zip(&description.inputs)
        {
            let passing = input.map(|input| Passing::new(input, accepts)).transpose();
            passings.push(passing.map_err(|message| {
                let name = excerpt(&described.name);
                fault(FaultKind::Refused, format!("the input `{name}` {message}"))
            })?);
        }
        let lowered: Vec<ParamValue<'_>> = parameters.iter().map(Parameter::lowered).collect();
        let types: Vec<_> = passings.iter().map(|one| one.map(Passing::column_type)).collect();
        let checked = module.call(|instance, store| {
            instance.datagen_field_generators().call_check(store, &entry.name, &lowered, &types)
        })?;
        let output = checked.map_err(|error| refused(label, &error, None, None))?;
        let output = data_type(output).map_err(|message| fault(FaultKind::Answer, message))?;
        if let Some(returns) = binding.returns.filter(|returns| *returns != output) {
            let (returns, output) = (data_type_name(returns), data_type_name(output));
            return Err(fault(FaultKind::Refused, format!("it gives {output}, not {returns}")));
        }
        let nullable = entry.nullable || binding.on_error == OnError::Null;
        let field = Field {
            module,
            generator: entry.name.clone(),
            name: binding.field.to_owned(),
            parameters,
            passings,
            output,
            nullable: entry.nullable,
            sub_values: description.sub_values.iter().map(|one| one.data_type).collect(),
            stream: binding.stream,
            on_error: binding.on_error,
            random: entry.random,
            table_rows: binding.total_rows,
            spent: AtomicU64::new(0),
        };
        Ok(Prepared { generator: Box::new(field), data_type: output, nullable })
    }
}

/// A parameter's value as a call hands it over.
#[derive(Debug)]
pub(super) enum Parameter {
    Null,
    Boolean(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Json(String),
}

impl Parameter {
    fn new(value: &Value, kind: ParameterKind) -> Self {
        match value {
            Value::Null => Self::Null,
            _ if kind == ParameterKind::Json => Self::Json(value.to_string()),
            Value::Bool(value) => Self::Boolean(*value),
            Value::Number(number) => match number.as_i64() {
                Some(value) => Self::Int(value),
                None => Self::Float(number.as_f64().unwrap_or(0.0)),
            },
            Value::String(text) => Self::Text(text.clone()),
            // Of the declared kind, which was checked: these are JSON only.
            Value::Array(_) | Value::Object(_) => Self::Json(value.to_string()),
        }
    }

    pub(super) fn lowered(&self) -> ParamValue<'_> {
        match self {
            Self::Null => ParamValue::Null,
            Self::Boolean(value) => ParamValue::Boolean(*value),
            Self::Int(value) => ParamValue::Int(*value),
            Self::Float(value) => ParamValue::Float(*value),
            Self::Text(text) => ParamValue::Text(text),
            Self::Json(text) => ParamValue::Json(text),
        }
    }
}

/// What is checked of a column that a module gives.
pub(super) fn checked(
    label: &str,
    column: super::bindings::exports::datagen::field::generators::ColumnResult,
    rows: Rows,
    data_type: DataType,
    nullable: bool,
) -> Result<Column, Box<Fault>> {
    answers::column(column, rows.count, data_type, nullable).map_err(|wrong| {
        let mut fault = Fault::new(FaultKind::Answer, label, wrong.message);
        fault.row = wrong.row.map(|row| rows.first.saturating_add(row as u64));
        Box::new(fault)
    })
}
