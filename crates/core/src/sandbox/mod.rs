//! User code: generators that users wrote as Rhai scripts or WebAssembly modules, run within limits.
//!
//! ```text
//!  folders ── scan ──► Extensions: files, each a Program, and the types they offer; refused files beside them
//!                           │ find(type name)
//!                      Program ── prepare (field, parameters, types of the inputs) ──► Prepared: a Generator
//! ```
//!
//! The contract of values of [`Generator`] holds for user code too. So it gets no clock, no files, no network, and no random numbers but those of [`Binding::stream`]: row `r` draws from
//! `stream.cell(r)` or from a seed made of `stream.word(r)`, never from what other rows left behind.
//!
//! Everything here is hostile: a program may loop, recurse, fill memory, answer nonsense or trap. Each
//! [`Kind`] contains that within [`Limits`] and tells it as a [`Fault`]; nothing panics, and nothing
//! that one block did is seen by another.
//!
//! Knows nothing of fields, models or plans. To add a kind: a folder here that implements [`Kind`],
//! [`Program`] and [`Generator`], its `mod` line and its line in [`KINDS`].

mod attachments;
mod data_type;
mod fault;
mod files;
mod library;
mod limits;
mod load;
mod registry;
mod rhai;
mod said;
mod wasm;
mod work_time;

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::columns::DataType;
use crate::failures::OnError;
use crate::generator::Generator;
use crate::rng::Stream;

pub use attachments::{Attachment, Beside, Nothing, identity};
pub use data_type::data_type_name;
pub(crate) use data_type::parse_data_type;
pub use fault::{Fault, FaultKind, SourcePosition};
pub use files::{digest, kind_of};
pub use library::Library;
pub use limits::Limits;
pub use registry::{Extension, ExtensionFile, Extensions, Settings};
pub use said::{Said, listen};
pub use work_time::WorkTime;

/// How much longer than one call a block with failing rows may take: every failing row is a call of its own.
const PATIENCE: u64 = 3;

/// Every kind of user code.
pub static KINDS: &[&dyn Kind] = &[&rhai::Scripts, &wasm::Wasm];

/// A function that scripts may call, as its authors read of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HostFunction {
    /// What it is called, without arguments.
    pub name: &'static str,
    /// What stands together in listings.
    pub group: &'static str,
    /// How it is called, every form that takes other arguments.
    pub signature: &'static str,
    /// What it gives.
    pub doc: &'static str,
    /// Whether a script that calls it may be compiled for whole columns; else it is interpreted.
    pub lowered: bool,
}

/// Every function that scripts may call beside those of their language, in the order of listings.
pub fn host_functions() -> impl Iterator<Item = HostFunction> {
    rhai::functions()
}

/// The same as definitions that editors read: `datagen.d.rhai`.
pub fn script_definitions() -> String {
    rhai::definitions()
}

/// A kind of user code: what the files of some extensions hold.
pub trait Kind: Debug + Sync {
    /// What a model calls it in `"type"` when it names a file instead of a type: `RHAI`, `WASM`.
    fn type_name(&self) -> &'static str;

    /// One sentence for listings.
    fn summary(&self) -> &'static str;

    /// A field of this type as JSON text.
    fn example(&self) -> &'static str;

    /// The attribute that names the file beside such a type: `script`, `module`.
    fn file_attribute(&self) -> &'static str;

    /// Whether its files are text, so that a model can hold one itself in `code`.
    fn is_text(&self) -> bool;

    /// Extensions of its files, without the point, lower case.
    fn file_extensions(&self) -> &'static [&'static str];

    /// Most bytes of a file: a larger one is refused before it is read.
    fn most_bytes(&self, limits: &Limits) -> u64;

    /// The files that such code names, to be read with it, and most bytes of each. None where it is not to be
    /// understood: [`load`](Self::load) says why.
    fn attachments(&self, _bytes: &[u8], _limits: &Limits) -> (Vec<String>, u64) {
        (Vec::new(), 0)
    }

    /// Compiles a file. Runs none of the user's code beyond what describing it takes, within limits.
    ///
    /// # Errors
    ///
    /// What is wrong with it, with line and column where there are such.
    fn load(&self, source: &Source<'_>, limits: &Limits) -> Result<Arc<dyn Program>, Box<Fault>>;
}

/// A file of user code.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// What messages call it: its path as configured, or the field it stands in.
    pub label: &'a str,
    /// Its name without folder and extension.
    pub stem: &'a str,
    /// What it holds. Shared: a program may need it again.
    pub bytes: &'a Arc<Vec<u8>>,
    /// SHA-256 of `bytes`, 64 hexadecimal digits: what caches are keyed by.
    pub digest: &'a str,
    /// A folder of this user's for what compiling leaves behind; `None`: keep nothing.
    pub cache: Option<&'a Path>,
    /// The files that it names.
    pub attachments: &'a [Attachment],
}

/// A compiled file: shared by all fields and threads that use it.
pub trait Program: Debug + Send + Sync {
    /// The generators of the file, at least one; their names differ.
    fn descriptions(&self) -> &[Description];

    /// The version that the file says it is; empty where it says none.
    fn version(&self) -> &str;

    /// The names of the tests that the file has in itself.
    fn tests(&self) -> &[String] {
        &[]
    }

    /// Runs one of these tests.
    ///
    /// # Errors
    ///
    /// What does not hold, with its place.
    fn run_test(&self, _name: &str) -> Result<(), Box<Fault>> {
        Ok(())
    }

    /// Fixes parameters and input types of one field, running the generator's own check of them.
    ///
    /// # Errors
    ///
    /// When the generator refuses them; the message says what it expects.
    fn prepare(&self, binding: &Binding<'_>) -> Result<Prepared, Box<Fault>>;
}

/// What a generator says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// Its name in the file. As a type it is upper case, with `_` for `-`.
    pub name: String,
    /// One sentence for listings; may be empty.
    pub summary: String,
    /// What `params` of a field may hold.
    pub parameters: Vec<Parameter>,
    /// The columns of the same row that it reads.
    pub inputs: Vec<InputDescription>,
    /// What it returns; `None`: the field's `returns` says it.
    pub output: Option<DataType>,
    /// What LINK can read beside the value itself.
    pub sub_values: Vec<SubValue>,
}

/// A parameter that a generator declares.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its key in `params`.
    pub name: String,
    /// What values it takes.
    pub kind: ParameterKind,
    /// What holds when a field does not give it.
    pub default: Option<Value>,
    /// Whether a field must give it.
    pub required: bool,
    /// One sentence; may be empty.
    pub doc: String,
}

/// What values a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// true or false.
    Boolean,
    /// A whole number of 64 bits.
    Integer,
    /// A finite number.
    Number,
    /// An exact decimal of at most 38 digits.
    Decimal,
    /// A text.
    Text,
    /// Any JSON value.
    Json,
}

impl ParameterKind {
    /// What it holds, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Decimal => "decimal, as text where it has more than 15 digits",
            Self::Text => "text",
            Self::Json => "any JSON",
        }
    }

    /// `value` in the form that a program gets, where it is of this kind: an integer for a number
    /// becomes one with a fraction.
    pub(crate) fn accept(self, value: &Value) -> Option<Value> {
        let fits = match self {
            Self::Boolean => value.is_boolean(),
            Self::Integer => value.is_i64(),
            Self::Number => return value.as_f64().filter(|n| n.is_finite()).map(Value::from),
            Self::Decimal => return decimal_text(value).map(Value::from),
            Self::Text => value.is_string(),
            Self::Json => true,
        };
        fits.then(|| value.clone())
    }
}

/// The text of a decimal that JSON gives as text, or as a number whose digits it surely kept.
fn decimal_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) if number.is_f64() => format!("{}", number.as_f64()?),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let body = text.strip_prefix('-').unwrap_or(&text);
    let (whole, fraction) = body.split_once('.').unwrap_or((body, "0"));
    let is_number =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let digits = whole.len() + if body.contains('.') { fraction.len() } else { 0 };
    let significant =
        body.trim_start_matches(['0', '.']).bytes().filter(u8::is_ascii_digit).count();
    let is_kept = !value.is_f64() || significant <= 15;
    (is_number(whole) && is_number(fraction) && digits <= 38 && is_kept).then_some(text)
}

/// A column that a generator reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputDescription {
    /// What the generator calls it; the field of this name where the model does not say otherwise.
    pub name: String,
    /// Whether the generator cannot do without.
    pub(crate) required: bool,
    /// One sentence; may be empty.
    pub(crate) doc: String,
}

/// A named value beside the value itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubValue {
    /// What `link` calls it.
    pub name: String,
    /// The type of its column.
    pub data_type: DataType,
}

/// What one field fixes of a generator.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a> {
    /// Index of the generator in [`Program::descriptions`].
    pub generator: usize,
    /// The field's name, for messages.
    pub field: &'a str,
    /// One entry per declared parameter, in that order, of the declared kind, defaults filled in; `Null`
    /// where an optional one without default is not given.
    pub parameters: &'a [Value],
    /// One entry per declared input, in that order; `None`: not bound.
    pub inputs: &'a [Option<InputType>],
    /// What the model wants returned, where it says so.
    pub returns: Option<DataType>,
    /// The field's random numbers: the only ones that may reach a value.
    pub stream: Stream,
    /// Rows of the whole command where they are known.
    pub total_rows: Option<u64>,
    /// What becomes of a row that the generator fails on.
    pub on_error: OnError,
}

/// The type of a bound input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputType {
    /// What its columns hold. A text may come in any layout of [`Values`](crate::columns::Values).
    pub data_type: DataType,
    /// Whether a value may be null.
    pub nullable: bool,
}

/// A generator with everything fixed, and the column that it makes.
///
/// Its inputs are the declared ones, `None` exactly where the binding has none. With [`OnError::Null`] it fails only by
/// what is no fault of any row: see [`FaultKind::Machine`]. Its errors are [`Fault`]s.
#[derive(Debug)]
pub struct Prepared {
    /// Makes values of `data_type`; nulls only where `nullable`.
    pub generator: Box<dyn Generator>,
    /// The type of the column.
    pub(crate) data_type: DataType,
    /// Whether a value may be null.
    pub(crate) nullable: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_decimal_parameter_keeps_all_its_digits_or_is_refused() {
        let accepted = |value: Value| ParameterKind::Decimal.accept(&value);
        for (given, taken) in [
            (json!("0.19"), "0.19"),
            (json!(" -12345678901234567890.50 "), "-12345678901234567890.50"),
            (json!(0.19), "0.19"),
            (json!(-7), "-7"),
            (json!(u64::MAX), "18446744073709551615"),
            (json!(0.000_001), "0.000001"),
        ] {
            assert_eq!(accepted(given), Some(json!(taken)));
        }
        for wrong in [
            json!(12_345_678_901_234_567.89),
            json!("1e3"),
            json!(".5"),
            json!("5."),
            json!(""),
            json!("9".repeat(39)),
            json!(1e300),
            json!(true),
            json!(null),
        ] {
            assert_eq!(accepted(wrong.clone()), None, "{wrong}");
        }
    }
}
