//! Scripts: generators in the Rhai language (<https://rhai.rs/book/>).
//!
//! ```rhai
//! // A card number with its check digit.            first lines of comment: the summary
//! const output = "utf8";                         // optional: else the field's `returns` says it
//! const params = #{ digits: 16, prefix: "4" };   // optional: defaults and, by them, kinds
//! const inputs = ["bin"];                        // optional: else every `row.NAME` of `generate`
//! fn check(params) { … throw "why not" … }       // optional: once for a field
//! fn init(params) { … }                          // optional: once for a field, what `init(params)` is in `generate`
//! fn generate(row, params) { … }                 // once for a row; `()` is null
//! ```
//!
//! `const version = "1.2"` is told wherever the script's values are. `const exact_decimals = true` makes decimals of the row exact values; without it they are numbers, but where the
//! script only gives them on. `const nullable = false` promises that no value is null; `const sub_values = #{ lat: "float64" }`
//! makes `generate` give maps of `value` and the sub-values, which LINK can read.
//!
//! | file | holds |
//! |---|---|
//! | `read` | the text taken apart: its constants, the body of `generate` |
//! | `files` | the CSV files that scripts name: `table("rates.csv")` |
//! | `file_table` | one of them, read once |
//! | `definitions` | what they may call, for editors |
//! | `declared` | what the constants say |
//! | `author_tests` | functions `test_…`, run by `datagen test` |
//! | `checks` | what can be told of a text before it runs: unknown functions, ways without a value |
//! | `engine` | the interpreter with every limit set |
//! | [`host`] | the functions that scripts call |
//! | `interpret` | the interpreted tier |
//! | `gathered` | its values as columns |
//! | `fold` | what does not depend on the row, worked out once |
//! | `shared` | constant lists and maps that interpreted scripts do not copy |
//! | [`lower`] | the lowered tier |
//! | `values` | cells as script values and back |
//! | `walk` | going through the syntax tree |
//! | `watch` | what ends a script that runs: time and memory |
//! | `words` | what parser and interpreter say, in words of authors |

mod author_tests;
mod checks;
mod declared;
mod definitions;
mod engine;
mod file_table;
mod files;
mod fold;
mod gathered;
mod host;
mod interpret;
mod lower;
mod read;
mod shared;
#[cfg(test)]
mod tests;
mod values;
mod walk;
mod watch;
mod words;

use std::sync::Arc;

use crate::columns::{DataType, Rows};
use crate::failures::OnError;
use crate::generator::{GenerateError, Generator, Inputs, Made, Spent, Tier};
use crate::sandbox::{
    Binding, Description, Fault, FaultKind, HostFunction, Kind, Limits, Prepared, Program, Source,
};
pub(super) use definitions::definitions;
use files::Files;
use interpret::Interpreted;
use lower::Tree;
use values::Decimals;

/// The functions of [`host`], as listings show them.
pub(super) fn functions() -> impl Iterator<Item = HostFunction> {
    host::functions().map(|function| HostFunction {
        name: function.name(),
        group: function.group.words(),
        signature: function.signature,
        doc: function.doc,
        lowered: !function.forms.is_empty() || lower::LISTS.contains(&function.name()),
    })
}

/// Rhai scripts.
#[derive(Debug)]
pub(super) struct Scripts;

impl Kind for Scripts {
    fn type_name(&self) -> &'static str {
        "RHAI"
    }

    fn summary(&self) -> &'static str {
        "Values of a script in the Rhai language, which stands in the model or in a file."
    }

    fn example(&self) -> &'static str {
        r#"{"name": "twice", "type": "RHAI", "code": "fn generate(row, params) { row.price * 2 }", "returns": "float64"}"#
    }

    fn file_attribute(&self) -> &'static str {
        "script"
    }

    fn is_text(&self) -> bool {
        true
    }

    fn file_extensions(&self) -> &'static [&'static str] {
        &["rhai"]
    }

    fn most_bytes(&self, limits: &Limits) -> u64 {
        limits.script_bytes
    }

    fn attachments(&self, bytes: &[u8], limits: &Limits) -> (Vec<String>, u64) {
        (files::names(&engine::parser(limits), bytes), file_table::MOST_BYTES)
    }

    fn load(&self, source: &Source<'_>, limits: &Limits) -> Result<Arc<dyn Program>, Box<Fault>> {
        ScriptProgram::load(source, limits).map(|program| Arc::new(program) as Arc<dyn Program>)
    }
}

impl ScriptProgram {
    fn load(source: &Source<'_>, limits: &Limits) -> Result<Self, Box<Fault>> {
        let parser = engine::parser(limits);
        let files = Files::of(&parser, read::Author { source })?;
        let script = read::read(&parser, source, &files)?;
        checks::check(&script, read::Author { source })?;
        let text = Text {
            label: source.label.to_owned(),
            stem: source.stem.to_owned(),
            bytes: Arc::clone(source.bytes),
            limits: limits.clone(),
            files: Arc::new(files),
        };
        let exact = exact_inputs(&script);
        Ok(Self {
            text: Arc::new(text),
            exact,
            nullable: script.may_be_null(),
            version: script.version,
            tests: author_tests::names(&script.functions),
            descriptions: [script.description],
            has_init: script.has_init,
            has_check: script.has_check,
        })
    }
}

/// A script's text and what it may use: threads parse it for themselves.
#[derive(Debug)]
struct Text {
    label: String,
    stem: String,
    bytes: Arc<Vec<u8>>,
    limits: Limits,
    /// The tables that it names.
    files: Arc<Files>,
}

impl Text {
    fn source(&self) -> Source<'_> {
        Source {
            label: &self.label,
            stem: &self.stem,
            bytes: &self.bytes,
            digest: "",
            cache: None,
            attachments: &[],
        }
    }
}

#[derive(Debug, Clone)]
struct ScriptProgram {
    text: Arc<Text>,
    descriptions: [Description; 1],
    version: String,
    /// The names of its tests.
    tests: Vec<String>,
    nullable: bool,
    has_init: bool,
    has_check: bool,
    /// Which inputs are read as decimals where they hold such.
    exact: Vec<bool>,
}

/// Which inputs a script reads as decimals: all where it says so, else those that it only gives on.
fn exact_inputs(script: &read::Script) -> Vec<bool> {
    let inputs = script.description.inputs.iter();
    inputs
        .map(|input| {
            let name = read::input_variable(&input.name);
            script.exact_decimals || !script.whole_row && checks::is_given_on(&script.body, &name)
        })
        .collect()
}

impl Program for ScriptProgram {
    fn descriptions(&self) -> &[Description] {
        &self.descriptions
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn tests(&self) -> &[String] {
        &self.tests
    }

    fn run_test(&self, name: &str) -> Result<(), Box<Fault>> {
        author_tests::run(self, name)
    }

    fn prepare(&self, binding: &Binding<'_>) -> Result<Prepared, Box<Fault>> {
        let (field, nullable) = self.field(binding)?;
        let data_type = field.interpreted.data_type;
        Ok(Prepared { generator: Box::new(field), data_type, nullable })
    }
}

impl ScriptProgram {
    /// The field, and whether a value of it may be null.
    fn field(&self, binding: &Binding<'_>) -> Result<(Field, bool), Box<Fault>> {
        let description = &self.descriptions[0];
        let Some(data_type) = description.output.or(binding.returns) else {
            let message = "what the script returns is not said, expected `const output = \"…\";` in it, \
                           or `returns` of the field";
            return Err(Box::new(Fault::new(FaultKind::Refused, self.text.label.clone(), message)));
        };
        let makes = description.sub_values.iter().map(|sub| sub.data_type).chain([data_type]);
        let makes = makes.into_iter().any(|made| matches!(made, DataType::Decimal { .. }));
        let numbers = if makes { Decimals::Kept } else { Decimals::Nearest };
        let decimals =
            self.exact.iter().map(|exact| if *exact { Decimals::Exact } else { numbers });
        let text = Arc::clone(&self.text);
        let interpreted = Interpreted::new(text, binding, data_type, decimals.collect());
        if self.has_check {
            interpreted.check()?;
        }
        if self.has_init {
            interpreted.init()?;
        }
        let tree = self.lower(&interpreted, data_type);
        let nullable = self.nullable && tree.as_ref().map_or(true, Tree::is_nullable);
        let nullable = nullable || binding.on_error == OnError::Null;
        Ok((Field { interpreted, tree }, nullable))
    }

    /// The script as a tree, or what prevents it.
    fn lower(&self, field: &Interpreted, data_type: DataType) -> Result<Tree, String> {
        let parser = engine::parser(&self.text.limits);
        let script = read::read(&parser, &self.text.source(), &self.text.files)
            .map_err(|fault| fault.to_string())?;
        let description = &self.descriptions[0];
        let functions = read::functions(&script);
        let names = description.inputs.iter().map(|input| read::input_variable(&input.name));
        let inputs: Vec<_> = names.zip(field.inputs.iter().copied()).collect();
        let body = field.body(script).map_err(|fault| fault.to_string())?;
        let script = lower::Script {
            body: &body,
            functions: &functions,
            inputs: &inputs,
            decimals: &field.decimals,
            data_type,
            sub_values: &description.sub_values,
            nullable: self.nullable,
        };
        lower::compile(&script).map_err(|all| {
            let told = all.iter().map(|error| match error.position.line() {
                Some(line) => {
                    let column = error.position.position().unwrap_or(1);
                    format!("{} ({}:{line}:{column})", error.what, self.text.label)
                }
                None => error.what.clone(),
            });
            told.collect::<Vec<_>>().join("; ")
        })
    }
}

#[cfg(test)]
thread_local! {
    /// Blocks that this thread's lowered scripts left to the interpreter.
    static LEFT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
fn left_to_the_interpreter() -> usize {
    LEFT.get()
}

/// A field of a script.
#[derive(Debug)]
struct Field {
    interpreted: Interpreted,
    /// The script lowered, or why it is not.
    tree: Result<Tree, String>,
}

impl Generator for Field {
    fn tier(&self) -> Tier {
        match &self.tree {
            Ok(_) => Tier::Lowered,
            Err(because) => Tier::Interpreted { because: because.clone() },
        }
    }

    fn generate(&self, rows: Rows, inputs: &Inputs<'_>) -> Result<Made, GenerateError> {
        if let Ok(tree) = &self.tree {
            let Interpreted { inputs: types, stream, text, .. } = &self.interpreted;
            host::with(|host| host.turn_to(*stream, self.interpreted.total_rows));
            watch::begin_block(text.limits.block_seconds, text.limits.script_memory_bytes);
            if let Ok(made) = tree.run(rows, inputs, types, *stream, &text.limits) {
                return Ok(made);
            }
            #[cfg(test)]
            LEFT.set(LEFT.get() + 1);
        }
        Ok(self.interpreted.generate(rows, inputs)?)
    }

    fn spend(&self, rows: Rows, inputs: &Inputs<'_>) -> Result<Option<Spent>, GenerateError> {
        match &self.tree {
            Ok(_) => self.generate(rows, inputs).map(|_| None),
            Err(_) => Ok(Some(self.interpreted.spend(rows, inputs)?)),
        }
    }
}
