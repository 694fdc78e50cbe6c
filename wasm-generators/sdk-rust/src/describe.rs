//! What a generator says of itself.

use crate::bindings::exports::datagen::field::generators::{InputSpec, ParamKind, ParamSpec};
use crate::Kind;

/// Name, summary, parameters, inputs and sub-values of a generator.
#[derive(Debug)]
pub struct Descriptor {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) parameters: Vec<ParamSpec>,
    pub(crate) inputs: Vec<InputSpec>,
    pub(crate) sub_values: Vec<&'static str>,
    pub(crate) random: bool,
}

impl Descriptor {
    /// A generator without parameters or inputs. `name` is `[a-z][a-z0-9-]*`.
    pub fn new(name: &'static str, summary: &'static str) -> Self {
        let (parameters, inputs, sub_values) = (Vec::new(), Vec::new(), Vec::new());
        Self { name, summary, parameters, inputs, sub_values, random: true }
    }

    /// A whole number that a field may give.
    pub fn integer(self, name: &str, default: i64, doc: &str) -> Self {
        self.parameter(name, ParamKind::Int, Some(default.to_string()), doc)
    }

    /// A number that a field may give.
    pub fn number(self, name: &str, default: f64, doc: &str) -> Self {
        self.parameter(name, ParamKind::Float, Some(format!("{default:?}")), doc)
    }

    /// A boolean that a field may give.
    pub fn boolean(self, name: &str, default: bool, doc: &str) -> Self {
        self.parameter(name, ParamKind::Boolean, Some(default.to_string()), doc)
    }

    /// A text that a field may give.
    pub fn text(self, name: &str, default: &str, doc: &str) -> Self {
        self.parameter(name, ParamKind::Text, Some(quoted(default)), doc)
    }

    /// A parameter of any kind; one without a default must be given.
    pub fn parameter(
        mut self,
        name: &str,
        kind: ParamKind,
        default_value: Option<String>,
        doc: &str,
    ) -> Self {
        let (name, doc, required) = (name.to_owned(), doc.to_owned(), default_value.is_none());
        self.parameters.push(ParamSpec { name, kind, required, default_value, doc });
        self
    }

    /// A column of the same row that is read. Inputs count from 0 in the order of these calls.
    pub fn input(mut self, name: &str, accepts: &[Kind], required: bool, doc: &str) -> Self {
        let (name, doc, accepts) = (name.to_owned(), doc.to_owned(), accepts.to_vec());
        self.inputs.push(InputSpec { name, accepts, required, doc });
        self
    }

    /// Names of the values beside the value itself, which other fields link to: those of the columns
    /// behind the first one, where the generator's output is a tuple of columns.
    pub fn sub_values(mut self, names: &[&'static str]) -> Self {
        self.sub_values = names.to_vec();
        self
    }

    /// Values are not random: no seeds are wanted.
    pub fn not_random(mut self) -> Self {
        self.random = false;
        self
    }

    #[doc(hidden)]
    pub fn is(&self, name: &str) -> bool {
        self.name == name
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
