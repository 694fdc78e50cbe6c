//! The interpreted tier: the body of `generate`, run once a row.
//!
//! The body is run as a script of its own in a scope that is kept (measured: half the time of a function
//! call with maps as arguments). The interpreter is not `Sync`, so every thread makes its own from the
//! text when it first meets a field, and keeps the last ones.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rhai::{AST, Dynamic, Engine, Map, Position, Scope, Stmt};
use serde_json::Value;

use super::declared::given;
use super::engine::{begin_log, count_operations, engine, told};
use super::files::Files;
use super::fold::{fold, is_plain};
use super::gathered::Gathered;
use super::host;
use super::read::{Script, constant, input_variable, is_init, property_of, read, replace_head};
use super::shared::share;
use super::values::{Decimals, cell};
use super::watch::{self, Stop};
use super::{Text, walk};
use crate::columns::{DataType, Rows};
use crate::failures::{FailedRows, OnError};
use crate::generator::{Inputs, Made, Spent};
use crate::rng::Stream;
use crate::sandbox::{
    Binding, Fault, FaultKind, InputType, Limits, PATIENCE, SourcePosition, SubValue,
};

/// Interpreters that a thread keeps: each takes some hundred kilobytes.
const MOST_KEPT: usize = 64;

/// Rows between two looks at the time: a short row has too few operations for one of its own.
const LOOK_EVERY: usize = 256;

thread_local! {
    /// The interpreters of this thread, the one used last at the end.
    static KEPT: RefCell<Vec<(u64, Rc<RefCell<Interpreter>>)>> = const { RefCell::new(Vec::new()) };
}

/// Numbers fields, so that threads find their interpreters; no value depends on it.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A field of a script, ready to be interpreted on any thread.
#[derive(Debug)]
pub(super) struct Interpreted {
    number: u64,
    pub(super) text: Arc<Text>,
    pub(super) field: String,
    pub(super) parameters: Vec<Value>,
    pub(super) inputs: Vec<Option<InputType>>,
    /// How each of them is read where it holds decimals.
    pub(super) decimals: Vec<Decimals>,
    pub(super) data_type: DataType,
    pub(super) stream: Stream,
    pub(super) total_rows: Option<u64>,
    pub(super) on_error: OnError,
}

impl Interpreted {
    /// Gives the field its number.
    pub(super) fn new(
        text: Arc<Text>,
        binding: &Binding<'_>,
        data_type: DataType,
        decimals: Vec<Decimals>,
    ) -> Self {
        Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            text,
            field: binding.field.to_owned(),
            parameters: binding.parameters.to_vec(),
            inputs: binding.inputs.to_vec(),
            decimals,
            data_type,
            stream: binding.stream,
            total_rows: binding.total_rows,
            on_error: binding.on_error,
        }
    }

    /// The contract is [`Generator::generate`](crate::generator::Generator::generate).
    pub(super) fn generate(&self, rows: Rows, inputs: &Inputs<'_>) -> Result<Made, Box<Fault>> {
        let interpreter = self.interpreter()?;
        let mut interpreter = interpreter.borrow_mut();
        host::with(|host| host.turn_to(self.stream, self.total_rows));
        self.begin(if self.on_error == OnError::Null { PATIENCE } else { 1 });
        interpreter.run(self, rows, inputs)
    }

    /// The contract is [`Generator::spend`](crate::generator::Generator::spend).
    pub(super) fn spend(&self, rows: Rows, inputs: &Inputs<'_>) -> Result<Spent, Box<Fault>> {
        // One of its own: counting takes time, and the one that is kept shall not lose any.
        let mut interpreter = Interpreter::new(self)?;
        let operations = count_operations(&mut interpreter.engine, &self.text.limits);
        host::with(|host| host.turn_to(self.stream, self.total_rows));
        self.begin(1);
        interpreter.run(self, rows, inputs)?;
        Ok(Spent::Operations(operations.get()))
    }

    /// A block begins: its time, its memory, its lines in the log.
    fn begin(&self, patience: u64) {
        let limits = &self.text.limits;
        begin_log();
        watch::begin_block(
            limits.block_seconds.saturating_mul(patience),
            limits.script_memory_bytes,
        );
    }

    /// This thread's interpreter of the field.
    fn interpreter(&self) -> Result<Rc<RefCell<Interpreter>>, Box<Fault>> {
        let kept = KEPT.with_borrow_mut(|kept| {
            let place = kept.iter().position(|(number, _)| *number == self.number)?;
            let found = kept.remove(place);
            let interpreter = Rc::clone(&found.1);
            kept.push(found);
            Some(interpreter)
        });
        if let Some(interpreter) = kept {
            return Ok(interpreter);
        }
        let interpreter = Rc::new(RefCell::new(Interpreter::new(self)?));
        KEPT.with_borrow_mut(|kept| {
            if kept.len() == MOST_KEPT {
                kept.remove(0);
            }
            kept.push((self.number, Rc::clone(&interpreter)));
        });
        Ok(interpreter)
    }

    /// The body of `generate` with the values of parameters in place, and all that follows from them.
    pub(super) fn body(&self, script: Script) -> Result<Vec<Stmt>, Box<Fault>> {
        let interpreter = self.interpreter()?;
        let interpreter = interpreter.borrow();
        self.folded(&interpreter.engine, script)
    }

    /// Makes this thread's interpreter, by which `init` is run.
    pub(super) fn init(&self) -> Result<(), Box<Fault>> {
        self.interpreter().map(|_| ()).map_err(|mut fault| {
            fault.kind = FaultKind::Refused;
            fault
        })
    }

    fn folded(&self, engine: &Engine, mut script: Script) -> Result<Vec<Stmt>, Box<Fault>> {
        let mut body = std::mem::take(&mut script.body);
        let parameters = parameter_map(&script.description.parameters, &self.parameters);
        fix_parameters(&mut body, &script.arguments[1], &parameters);
        self.begin(1);
        if script.has_init {
            let made = self.run_init(engine, &script, parameters)?;
            put_init(&mut body, &script.arguments[1], &made);
        }
        host::with(|host| host.turn_to(self.stream, self.total_rows));
        fold(engine, &script.functions, &mut body);
        Ok(body)
    }

    /// What `init` makes of the parameters; its draws are those of no row.
    fn run_init(
        &self,
        engine: &Engine,
        script: &Script,
        parameters: Map,
    ) -> Result<Dynamic, Box<Fault>> {
        host::with(|host| {
            host.turn_to(self.stream.lane(host::INIT_LANE), self.total_rows);
            host.begin(0);
        });
        let options = rhai::CallFnOptions::new().eval_ast(false);
        let parameters = (Dynamic::from_map(parameters).into_read_only(),);
        let functions = &script.functions;
        let made = engine.call_fn_with_options::<Dynamic>(
            options,
            &mut Scope::new(),
            functions,
            "init",
            parameters,
        );
        let made = made.map_err(|error| self.text.fault(*error))?;
        self.text.unless_stopped()?;
        if is_plain(&made) {
            return Ok(made);
        }
        let message = "`init` gives a function or what holds one, expected values, lists and maps";
        Err(Box::new(Fault::new(FaultKind::Refused, self.text.label.clone(), message)))
    }

    /// Runs `check`, which the script has.
    pub(super) fn check(&self) -> Result<(), Box<Fault>> {
        let interpreter = self.interpreter()?;
        let interpreter = interpreter.borrow();
        host::with(|host| host.turn_to(self.stream, self.total_rows));
        self.begin(1);
        let options = rhai::CallFnOptions::new().eval_ast(false);
        let parameters = (interpreter.parameters.clone(),);
        let mut scope = Scope::new();
        interpreter
            .engine
            .call_fn_with_options::<Dynamic>(
                options,
                &mut scope,
                &interpreter.ast,
                "check",
                parameters,
            )
            .map_err(|error| self.text.fault(*error))
            .and_then(|_| self.text.unless_stopped())
            .map_err(|mut fault| {
                fault.kind = FaultKind::Refused;
                fault
            })
    }
}

impl Text {
    /// An error of the interpreter as a fault of this text.
    pub(super) fn fault(&self, error: rhai::EvalAltResult) -> Box<Fault> {
        let (kind, message, position, calls) = told(error, &self.limits);
        let mut fault = Fault::new(kind, self.label.clone(), message);
        fault.place = self.place(position);
        fault.trace = calls;
        Box::new(fault)
    }

    /// A fault where the script went on although it was stopped.
    pub(super) fn unless_stopped(&self) -> Result<(), Box<Fault>> {
        let Some(stop) = watch::stopped() else { return Ok(()) };
        let message = stop.told(&self.limits);
        Err(Box::new(Fault::new(stop.kind(), self.label.clone(), message)))
    }

    fn place(&self, position: Position) -> Option<SourcePosition> {
        let source = String::from_utf8_lossy(&self.bytes);
        Some(SourcePosition::new(&source, position.line()?, position.position().unwrap_or(1)))
    }
}

/// A field of a script on one thread.
struct Interpreter {
    engine: Engine,
    ast: AST,
    /// The inputs by their variables, then the arguments of `generate`.
    scope: Scope<'static>,
    /// The variables of the inputs that are bound.
    variables: Vec<(usize, String)>,
    /// The name of the argument that holds the whole row, where the script uses it.
    row: Option<String>,
    parameters: Dynamic,
    nullable: bool,
    sub_values: Vec<SubValue>,
}

impl fmt::Debug for Interpreter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Interpreter").field("variables", &self.variables).finish_non_exhaustive()
    }
}

/// The values of the parameters by name, as scripts see them.
pub(super) fn parameter_map(names: &[crate::sandbox::Parameter], values: &[Value]) -> Map {
    names
        .iter()
        .zip(values)
        .map(|(parameter, value)| (parameter.name.as_str().into(), given(parameter.kind, value)))
        .collect()
}

/// Puts what `init` made for its calls, each of which can only have the parameters.
fn put_init(body: &mut [Stmt], parameters: &str, made: &Dynamic) {
    walk::expressions(body, &mut |expr| {
        if is_init(expr, parameters) {
            *expr = constant(made.clone(), expr.position());
        }
    });
}

/// Puts the values of parameters for `params.NAME`.
pub(super) fn fix_parameters(body: &mut [Stmt], argument: &str, parameters: &Map) {
    walk::expressions(body, &mut |expr| {
        if let Some((name, position)) = property_of(expr, argument)
            && let Some(value) = parameters.get(name.as_str())
        {
            replace_head(expr, constant(value.clone(), position));
        }
    });
}

impl Interpreter {
    fn new(field: &Interpreted) -> Result<Self, Box<Fault>> {
        let mut engine = engine(&field.text.limits, &field.field);
        let files = &field.text.files;
        Files::register(files, &mut engine);
        // What functions give for a table may have as many values as it has.
        let (list, map) = files.most_rows();
        engine.set_max_array_size(list.max(map).max(field.text.limits.script_array_items));
        engine.set_max_map_size(map.max(field.text.limits.script_map_entries));
        let script = read(&engine, &field.text.source(), files)?;
        let parameters = parameter_map(&script.description.parameters, &field.parameters);
        let names = script.description.inputs.iter().map(|input| input_variable(&input.name));
        let variables: Vec<(usize, String)> =
            names.enumerate().filter(|(index, _)| field.inputs[*index].is_some()).collect();
        let parameters = Dynamic::from_map(parameters).into_read_only();
        let mut scope = Scope::new();
        for (_, name) in &variables {
            scope.push_dynamic(name.clone(), Dynamic::UNIT);
        }
        let [row, params] = script.arguments.clone();
        scope.push_dynamic(row.clone(), Dynamic::UNIT);
        scope.push_constant_dynamic(params, parameters.clone());
        let functions = script.functions.shared_lib().clone();
        let (nullable, whole_row) = (script.may_be_null(), script.whole_row);
        let sub_values = script.description.sub_values.clone();
        let mut body = field.folded(&engine, script)?;
        share(&mut body);
        Ok(Self {
            engine,
            ast: AST::new(body, functions),
            scope,
            variables,
            row: whole_row.then_some(row),
            parameters,
            nullable,
            sub_values,
        })
    }

    fn run(
        &mut self,
        field: &Interpreted,
        rows: Rows,
        inputs: &Inputs<'_>,
    ) -> Result<Made, Box<Fault>> {
        let fault = |kind, message: &str| {
            Box::new(Fault::new(kind, field.text.label.clone(), message.to_owned()))
        };
        let mut gathered =
            watch::aside(|| Gathered::new(field.data_type, self.nullable, &self.sub_values, rows));
        let mut failed: Option<FailedRows> = None;
        for (index, number) in rows.iter().enumerate() {
            let set = self.set_row(field, index, inputs);
            let made = set.and_then(|()| self.row(field, number, &mut gathered));
            match made.map_err(|fault| fault.in_row(number)) {
                Ok(()) => {}
                Err(fault)
                    if field.on_error == OnError::Fail || fault.kind == FaultKind::Machine =>
                {
                    return Err(Box::new(fault));
                }
                Err(fault) => {
                    watch::aside(|| {
                        gathered.fail(index);
                        FailedRows::count(&mut failed, number, &fault);
                    });
                }
            }
            if index % LOOK_EVERY == LOOK_EVERY - 1 && watch::is_late() {
                let message = Stop::Time.told(&field.text.limits);
                return Err(Box::new(fault(FaultKind::Machine, &message).in_row(number)));
            }
            if gathered.bytes() > field.text.limits.answer_bytes {
                // Of the block, not of the row: so no kind that could make the row null.
                let most = field.text.limits.answer_bytes;
                let message = Limits::reached(
                    "answer_bytes",
                    &format!("the texts of one block take more than {most} bytes"),
                );
                return Err(Box::new(fault(FaultKind::Machine, &message).in_row(number)));
            }
        }
        let (column, sub_values) = gathered.finish();
        Ok(Made { column, sub_values, failed })
    }

    /// Runs the script on the row that is set, and takes what it gives.
    fn row(
        &mut self,
        field: &Interpreted,
        number: u64,
        gathered: &mut Gathered,
    ) -> Result<(), Box<Fault>> {
        let base = self.scope.len();
        host::with(|host| host.begin(number));
        let result = self.engine.eval_ast_with_scope::<Dynamic>(&mut self.scope, &self.ast);
        self.scope.rewind(base);
        let result = result
            .map_err(|error| field.text.fault(*error))
            .and_then(|value| field.text.unless_stopped().map(|()| value));
        watch::end_row();
        let result = result?;
        watch::aside(|| gathered.take(&result, &self.sub_values)).map_err(|message| {
            Box::new(Fault::new(FaultKind::Answer, field.text.label.clone(), message))
        })
    }

    fn set_row(
        &mut self,
        field: &Interpreted,
        index: usize,
        inputs: &Inputs<'_>,
    ) -> Result<(), Box<Fault>> {
        let mut whole = self.row.is_some().then(Map::new);
        for (place, name) in &self.variables {
            let (Some(column), Some(input)) = (inputs[*place], field.inputs[*place]) else {
                continue;
            };
            let value = cell(column, input.data_type, field.decimals[*place], index);
            let value = value.map_err(|told| {
                let message = format!("`{name}`: {told}");
                Box::new(Fault::new(FaultKind::Failed, field.text.label.clone(), message))
            })?;
            if let Some(whole) = &mut whole {
                let name = name.strip_prefix("row.").unwrap_or(name);
                whole.insert(name.into(), value.clone());
            }
            if let Some(slot) = self.scope.get_mut(name) {
                *slot = value;
            }
        }
        if let (Some(whole), Some(name)) = (whole, &self.row)
            && let Some(slot) = self.scope.get_mut(name)
        {
            *slot = Dynamic::from_map(whole);
        }
        Ok(())
    }
}
