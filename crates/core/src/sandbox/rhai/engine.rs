//! The interpreter as scripts get it: the standard functions and ours, no clock, no files, every limit set.

use std::cell::Cell;
use std::rc::Rc;

use rhai::packages::{Package as _, StandardPackage};
use rhai::{Engine, EvalAltResult, ImmutableString, OptimizationLevel, Position};

use super::watch::{self, Stop};
use super::{host, shared, words};
use crate::problems::excerpt;
use crate::sandbox::said::say;
use crate::sandbox::{FaultKind, Limits};

/// Characters of one printed line that are logged, and lines of one block; the rest is dropped.
const MOST_PRINTED: usize = 4 << 10;
const MOST_LINES: u32 = 100;

thread_local! {
    /// Lines that were logged since the block began.
    static LINES: Cell<u32> = const { Cell::new(0) };
}

/// From now on scripts may log [`MOST_LINES`] lines.
pub(super) fn begin_log() {
    LINES.set(0);
}

/// Counts the operations of all scripts that `engine` runs from now on.
pub(super) fn count_operations(engine: &mut Engine, limits: &Limits) -> Rc<Cell<u64>> {
    let counted = Rc::new(Cell::new(0));
    let counter = Rc::clone(&counted);
    let most = limits.script_operations;
    engine.on_progress(move |operations| {
        counter.set(counter.get() + 1);
        watch::look(operations, most)
    });
    counted
}

/// What reads the text of scripts but cannot run any: functions are looked up when they are called, and
/// making them known takes four times as long as reading a script.
pub(super) fn parser(limits: &Limits) -> Engine {
    let mut engine = Engine::new_raw();
    engine
        .set_optimization_level(OptimizationLevel::None)
        .set_max_call_levels(limits.script_call_depth)
        .set_max_expr_depths(limits.script_expression_depth, limits.script_expression_depth)
        .set_max_string_size(limits.script_text_bytes)
        // The parser refuses a literal of as many.
        .set_max_array_size(limits.script_array_items.saturating_add(1))
        .set_max_map_size(limits.script_map_entries.saturating_add(1))
        .set_max_variables(limits.script_variables)
        .set_max_functions(limits.script_functions)
        .disable_symbol("eval");
    engine
}

/// An interpreter for one thread; `field` is what it logs by.
pub(super) fn engine(limits: &Limits, field: &str) -> Engine {
    let mut engine = parser(limits);
    engine
        .set_max_array_size(limits.script_array_items)
        .set_max_map_size(limits.script_map_entries)
        .register_global_module(StandardPackage::new().as_shared_module());
    host::register(&mut engine, limits);
    shared::register(&mut engine);
    let most = limits.script_operations;
    engine
        .set_fail_on_invalid_map_property(true)
        .on_progress(move |operations| watch::look(operations, most));
    let name = field.to_owned();
    let print = move |text: &str| {
        LINES.set(LINES.get().saturating_add(1));
        if LINES.get() > MOST_LINES {
            return;
        }
        let row = host::with(|host| host.row());
        let text: String = text.chars().take(MOST_PRINTED).collect();
        say(&text, Some(row));
        tracing::debug!(field = name, row, text, "script prints");
    };
    engine.on_debug({
        let print = print.clone();
        move |text, _, _| print(text)
    });
    engine.register_fn("log", {
        let print = print.clone();
        move |text: ImmutableString| print(&text)
    });
    engine.on_print(print);
    engine
}

/// What is wrong, without what the interpreter adds for its own, and where.
pub(super) fn told(
    mut error: EvalAltResult,
    limits: &Limits,
) -> (FaultKind, String, Position, Vec<String>) {
    use rhai::EvalAltResult as E;
    let mut calls = Vec::new();
    let mut place = Position::NONE;
    while let E::ErrorInFunctionCall(name, _, inner, position) = error {
        place = position;
        calls.insert(0, name);
        error = *inner;
    }
    let inner = error.take_position();
    if !inner.is_none() {
        place = inner;
    }
    let kind = match error {
        E::ErrorTooManyVariables(_) | E::ErrorStackOverflow(_) | E::ErrorDataTooLarge(..) => {
            FaultKind::Limit
        }
        E::ErrorTerminated(..) => watch::stopped().map_or(FaultKind::Machine, Stop::kind),
        _ => FaultKind::Failed,
    };
    let message = match &error {
        E::ErrorRuntime(value, _) => excerpt(&value.to_string()),
        E::ErrorTerminated(..) => {
            watch::stopped().map_or_else(|| "it was stopped".to_owned(), |stop| stop.told(limits))
        }
        E::ErrorStackOverflow(_) => {
            let most = limits.script_call_depth;
            let text = format!("more than {most} calls inside one another");
            Limits::reached("script_call_depth", &text)
        }
        E::ErrorTooManyVariables(_) => {
            let most = limits.script_variables;
            let text = format!("more than {most} variables at a time");
            Limits::reached("script_variables", &text)
        }
        E::ErrorDataTooLarge(what, _) => too_large(what, limits),
        other => words::of_error(other)
            .map_or_else(|| lower_first(&excerpt(&other.to_string())), |told| excerpt(&told)),
    };
    (kind, message, place, calls)
}

/// That a value is too large, of whose limit the interpreter says `what`.
fn too_large(what: &str, limits: &Limits) -> String {
    let (name, text) = if what.contains("string") {
        ("script_text_bytes", format!("a text of more than {} bytes", limits.script_text_bytes))
    } else if what.contains("map") {
        ("script_map_entries", format!("a map of more than {} entries", limits.script_map_entries))
    } else {
        ("script_array_items", format!("an array of more than {} items", limits.script_array_items))
    };
    Limits::reached(name, &text)
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
