//! Functions `test_…()` of scripts, which `datagen test` runs, each by itself.
//!
//! What a test calls as `generate(row, params)` is a field of its own, as a model has it: parameters are checked and
//! completed, `check` and `init` are run, the script is compiled where it can be. So a test sees what a model gets.

use std::rc::Rc;
use std::sync::Arc;

use rhai::{AST, CallFnOptions, Dynamic, Engine, Map, Scope};

use super::declared::to_json;
use super::engine::{engine, parser};
use super::files::Files;
use super::host::dates::{Date, Timestamp};
use super::host::decimal::Decimal;
use super::host::{self, raised};
use super::values::{Builder, Decimals, cell};
use super::{ScriptProgram, Text, watch};
use crate::columns::{Column, DataType, Rows};
use crate::failures::OnError;
use crate::generator::Generator as _;
use crate::problems::{did_you_mean, excerpt};
use crate::rng::Stream;
use crate::sandbox::{Binding, Fault, InputType, Limits, Parameter};

/// What the names of tests begin with.
const PREFIX: &str = "test_";

/// What a test may do: as much as so many rows.
const ROWS: u64 = 100;

/// Rows of the table that `generate` of a test makes one of.
const TABLE_ROWS: u64 = 1_000;

/// The tests of a script, in the order of their names.
pub(super) fn names(functions: &AST) -> Vec<String> {
    let all = functions.iter_functions();
    let tests = all.filter(|one| one.name.starts_with(PREFIX) && one.params.is_empty());
    let mut names: Vec<String> = tests.map(|one| one.name.to_owned()).collect();
    names.sort();
    names
}

/// Runs a test.
pub(super) fn run(program: &ScriptProgram, name: &str) -> Result<(), Box<Fault>> {
    let own = &program.text;
    let limits = Limits {
        script_operations: own.limits.script_operations.saturating_mul(ROWS),
        ..own.limits.clone()
    };
    let text = Text {
        label: own.label.clone(),
        stem: own.stem.clone(),
        bytes: Arc::clone(&own.bytes),
        limits: limits.clone(),
        files: Arc::clone(&own.files),
    };
    let mut engine = engine(&limits, name);
    Files::register(&text.files, &mut engine);
    register(&mut engine, program);
    let source = String::from_utf8_lossy(&text.bytes);
    let parsed = parser(&limits).compile(source.trim_start_matches('\u{feff}'));
    let mut functions = parsed.map_err(|error| text.fault(error.into()))?.clone_functions_only();
    // The field's own takes its place.
    functions.retain_functions(|_, _, function, count| (function, count) != ("generate", 2));
    host::with(|host| {
        host.turn_to(Stream::new(0, name), Some(TABLE_ROWS));
        host.begin(0);
    });
    watch::begin_block(limits.block_seconds, limits.script_memory_bytes);
    let options = CallFnOptions::new().eval_ast(false);
    let scope = &mut Scope::new();
    let done = engine.call_fn_with_options::<Dynamic>(options, scope, &functions, name, ());
    done.map_err(|error| text.fault(*error)).and_then(|_| text.unless_stopped())
}

/// Makes the field's `generate` known.
fn register(engine: &mut Engine, program: &ScriptProgram) {
    let one = Rc::new(program.clone());
    let other = Rc::clone(&one);
    engine
        .register_fn("generate", move |row: Map, params: Map| raised(made(&one, &row, &params, 0)));
    engine.register_fn("generate", move |row: Map, params: Map, number: i64| {
        let number =
            u64::try_from(number).map_err(|_| "the number of a row is from 0 on".to_owned());
        raised(number.and_then(|number| made(&other, &row, &params, number)))
    });
}

/// The value of a field with these inputs and parameters, in one row.
fn made(program: &ScriptProgram, row: &Map, params: &Map, number: u64) -> Result<Dynamic, String> {
    let description = &program.descriptions[0];
    let parameters = parameters(&description.parameters, params)?;
    let names: Vec<&str> = description.inputs.iter().map(|input| input.name.as_str()).collect();
    let heads: Vec<&str> =
        names.iter().map(|name| name.split_once('.').map_or(*name, |(head, _)| head)).collect();
    refuse_unknown("row", row, &heads)?;
    let inputs = names.iter().map(|name| input(row, name)).collect::<Result<Vec<_>, _>>()?;
    let types: Vec<Option<InputType>> = inputs.iter().map(|(_, kind)| Some(*kind)).collect();
    let columns: Vec<Option<&Column>> = inputs.iter().map(|(column, _)| Some(column)).collect();
    let binding = Binding {
        generator: 0,
        field: "test",
        parameters: &parameters,
        inputs: &types,
        returns: None,
        stream: Stream::new(0, "test"),
        total_rows: Some(TABLE_ROWS),
        on_error: OnError::Fail,
    };
    let (field, _) = program.field(&binding).map_err(|fault| fault.to_string())?;
    let rows = Rows { first: number, count: 1 };
    let made = field.generate(rows, &columns).map_err(|error| error.to_string())?;
    let data_type = field.interpreted.data_type;
    let value = cell(&made.column, data_type, Decimals::Exact, 0)?;
    if description.sub_values.is_empty() {
        return Ok(value);
    }
    let mut all = Map::from([("value".into(), value)]);
    for (sub, column) in description.sub_values.iter().zip(&made.sub_values) {
        let value = cell(column, sub.data_type, Decimals::Exact, 0)?;
        all.insert(sub.name.as_str().into(), value);
    }
    Ok(all.into())
}

/// The parameters in the declared order, as a model would give them.
fn parameters(declared: &[Parameter], given: &Map) -> Result<Vec<serde_json::Value>, String> {
    let names: Vec<&str> = declared.iter().map(|parameter| parameter.name.as_str()).collect();
    refuse_unknown("parameters", given, &names)?;
    let value = |parameter: &Parameter| {
        let name = &parameter.name;
        match given.get(name.as_str()).filter(|value| !value.is_unit()) {
            Some(value) => {
                let value = match value.read_lock::<Decimal>() {
                    Some(decimal) => decimal.to_string().into(),
                    None => to_json(value)?,
                };
                let wrong = || format!("`{name}` is {value}, expected {}", parameter.kind.words());
                parameter.kind.accept(&value).ok_or_else(wrong)
            }
            None if parameter.required => Err(format!("the parameter `{name}` is missing")),
            None => Ok(parameter.default.clone().unwrap_or_default()),
        }
    };
    declared.iter().map(value).collect()
}

fn refuse_unknown(what: &str, given: &Map, known: &[&str]) -> Result<(), String> {
    let Some(name) = given.keys().find(|name| !known.contains(&name.as_str())) else {
        return Ok(());
    };
    let hint = match did_you_mean(name, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => "the script reads none".to_owned(),
        None => format!("the script reads {}", known.join(", ")),
    };
    Err(format!("the test's {what}: the script does not read `{}` ({hint})", excerpt(name)))
}

/// A column of one row, of the type that the value has.
fn input(row: &Map, name: &str) -> Result<(Column, InputType), String> {
    let sub_value = || {
        let (field, sub_value) = name.split_once('.')?;
        row.get(field)?.read_lock::<Map>()?.get(sub_value).cloned()
    };
    let value = row.get(name).cloned().or_else(sub_value);
    let value = value.ok_or_else(|| format!("the row of the test has no `{name}`"))?;
    let data_type = if value.is_int() {
        DataType::Int64
    } else if value.is_float() {
        DataType::Float64
    } else if value.is_bool() {
        DataType::Boolean
    } else if value.is::<Date>() {
        DataType::Date
    } else if value.is::<Timestamp>() {
        DataType::Instant
    } else if let Some(decimal) = value.read_lock::<Decimal>() {
        DataType::Decimal { precision: 38, scale: decimal.scale }
    } else if value.is_blob() {
        DataType::Bytes
    } else {
        DataType::Text
    };
    let nullable = value.is_unit();
    let mut builder = Builder::new(data_type, nullable, 1);
    let told = |_| format!("`{name}` of the test's row is no value that a field can have");
    builder.push(&value).map_err(told)?;
    Ok((builder.finish(), InputType { data_type, nullable }))
}
