//! Types of extensions: scripts and modules that users wrote.
//!
//! An extension is named like a built-in type (`"type": "IBAN"`), by its file (`"type": "RHAI",
//! "script": "iban.rhai"`), or stands in the model itself (`"type": "RHAI", "code": "…"`). What runs it
//! is `sandbox`'s business; here its declaration is held against what the model says.
//!
//! | file | holds |
//! |---|---|
//! | here | the field types, and a field of one |
//! | `code` | which code a field means |
//! | `declared` | what a field says held against the declaration |
//! | `pins` | which version of the code it may be |

mod code;
mod declared;
mod pins;

use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::definition::{Definition, InputInfo, Mention, Offer, Offered};
use super::{Compiled, Computed, Context, FieldType};
use crate::attributes::{Attribute, Reader};
use crate::columns::DataType;
use crate::failures::OnError;
use crate::problems::{Problem, excerpt, fold_name};
use crate::rng::Stream;
use crate::sandbox::{
    Binding, Extension, ExtensionFile, Fault, InputType, KINDS, Kind, Library, Settings,
};
use code::Chosen;
use declared::Bound;

/// What a field of an extension may say beside what every field may.
const EXTENSION_ATTRIBUTES: &[Attribute] = &[
    Attribute::new("params", "object", "{}", "Parameters of the generator, by name."),
    Attribute::new(
        "inputs",
        "list of field names, or object of input and field names",
        "the fields called as the inputs",
        "The fields that the generator reads.",
    ),
    Attribute::new(
        "returns",
        "type name",
        "what the generator declares",
        "What it returns: boolean, int32, int64, float32, float64, decimal(p, s), utf8, bytes, date, timestamp.",
    ),
    Attribute::new(
        ON_ERROR,
        "fail or null",
        "fail",
        "What becomes of a row that the generator fails on: it ends the command, or its value is null and counted.",
    ),
    Attribute::new(
        SHA256,
        "64 hexadecimal digits",
        "",
        "The digest that the code must have (`datagen fields TYPE` tells it); other code is refused.",
    ),
    Attribute::new(
        VERSION,
        "text",
        "",
        "The version that the code must say it is; another is refused.",
    ),
];

/// What user code takes for the rows of the whole where nobody has said how many: what is only looked at.
const SHOWN_ROWS: u64 = 1_000_000;

/// The attributes that pin code.
const SHA256: &str = "sha256";
const VERSION: &str = "version";

/// The attribute that says what becomes of a row that fails.
const ON_ERROR: &str = "on_error";

/// The attribute that holds code itself, for kinds that are text.
const CODE: &str = "code";

/// The attribute that names one of several generators of a file.
const GENERATOR: &str = "generator";

/// Width of an extension's values, of which nothing is known before they are made.
const WIDTH: u32 = 24;

/// The extensions of `settings.folders`, none of whose types may be called like a built-in one.
pub fn library(settings: Settings) -> Library {
    Library::new(settings, reserved)
}

/// What has the name of a type already, in words, where it is no extension.
pub fn reserved(name: &str) -> Option<String> {
    let folded = fold_name(name);
    if KINDS.iter().any(|kind| fold_name(kind.type_name()) == folded) {
        return Some(format!("the type `{name}` of user code itself"));
    }
    super::built_in(name).map(|kind| format!("the built-in type `{}`", kind.name()))
}

/// A type whose fields name or hold their code themselves: `RHAI`, `WASM`.
#[derive(Debug)]
pub(super) struct OfKind {
    kind: &'static dyn Kind,
    attributes: Vec<Attribute>,
}

/// The type of every kind of extension.
pub(super) static KIND_TYPES: LazyLock<Vec<OfKind>> = LazyLock::new(|| {
    let of_kind = |kind: &&'static dyn Kind| OfKind { kind: *kind, attributes: attributes(*kind) };
    KINDS.iter().map(of_kind).collect()
});

/// What a field may say whose type is `kind` itself: which code it means, and what every extension takes.
fn attributes(kind: &dyn Kind) -> Vec<Attribute> {
    let file = Attribute::new(
        kind.file_attribute(),
        "file name",
        "",
        "The file, in a folder of `extensions`, named without its folder.",
    );
    let generator = Attribute::new(
        GENERATOR,
        "text",
        "the only one",
        "Which of the generators of the file makes the values.",
    );
    let code = Attribute::new(CODE, "text", "", "The script itself, instead of a file.");
    let code = kind.is_text().then_some(code);
    [file]
        .into_iter()
        .chain(code)
        .chain([generator])
        .chain(EXTENSION_ATTRIBUTES.iter().copied())
        .collect()
}

impl FieldType for OfKind {
    fn name(&self) -> &str {
        self.kind.type_name()
    }

    fn summary(&self) -> &str {
        self.kind.summary()
    }

    fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    fn example(&self) -> &str {
        self.kind.example()
    }

    fn computed(&self, attributes: &mut Reader<'_>) -> Option<Computed> {
        refuse_expression(attributes);
        None
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let chosen = code::of_kind(self.kind, context.extensions, attributes)?;
        OfExtension::define(chosen, attributes, context)
    }
}

/// A type that a file of the folders of extensions offers.
impl FieldType for Extension {
    fn name(&self) -> &str {
        &self.type_name
    }

    fn summary(&self) -> &str {
        &self.description().summary
    }

    fn attributes(&self) -> &[Attribute] {
        EXTENSION_ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        ""
    }

    fn computed(&self, attributes: &mut Reader<'_>) -> Option<Computed> {
        refuse_expression(attributes);
        None
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let chosen = Chosen {
            program: Arc::clone(&self.file.program),
            generator: self.generator,
            file: Some(Arc::clone(&self.file)),
        };
        OfExtension::define(chosen, attributes, context)
    }
}

fn refuse_expression(attributes: &mut Reader<'_>) {
    attributes.error_with_hint(
        "type",
        "not_computable",
        "a field of user code cannot be computed by an expression as well",
        "give the script what it needs by `inputs`",
    );
}

/// A field of an extension, its parameters checked; its inputs have no types yet.
#[derive(Debug)]
struct OfExtension {
    chosen: Chosen,
    parameters: Vec<Value>,
    /// Per declared input the field bound to it.
    inputs: Vec<Option<Bound>>,
    returns: Option<DataType>,
    on_error: OnError,
    stream: Stream,
    total_rows: Option<u64>,
}

impl OfExtension {
    /// What the model says held against the declaration; `None` after adding errors.
    fn define(
        chosen: Chosen,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let description = chosen.description();
        let parameters = declared::parameters(description, attributes);
        let inputs = declared::inputs(description, context.names, attributes);
        let returns = declared::returns(description, attributes);
        let on_error = declared::on_error(attributes);
        let pinned = pins::check(&chosen, attributes);
        pins::tell_older(&chosen, context.extensions, attributes);
        pinned.ok()?;
        let (parameters, inputs, returns) = (parameters?, inputs?, returns.ok()?);
        let on_error = on_error.ok()?;
        let (stream, total_rows) = (context.stream, context.total_rows.or(Some(SHOWN_ROWS)));
        Some(Box::new(Self { chosen, parameters, inputs, returns, on_error, stream, total_rows }))
    }
}

impl Definition for OfExtension {
    fn reads(&self) -> Vec<Option<Mention<'_>>> {
        let mut mentions = Vec::with_capacity(self.inputs.len());
        for bound in &self.inputs {
            mentions.push(bound.as_ref().map(|bound| Mention {
                field: &bound.field,
                sub_value: bound.sub_value.as_deref(),
                attribute_key: "inputs",
            }));
        }
        mentions
    }

    fn offers(&self) -> Vec<Offer<'_>> {
        let subs = self.chosen.description().sub_values.iter();
        subs.map(|sub| Offer { name: &sub.name, by: Offered::Column(sub.data_type) }).collect()
    }

    fn extension_file(&self) -> Option<&Arc<ExtensionFile>> {
        self.chosen.file.as_ref()
    }

    fn bind(
        self: Box<Self>,
        inputs: &[Option<InputInfo<'_>>],
        attributes: &mut Reader<'_>,
    ) -> Option<Compiled> {
        let types: Vec<Option<InputType>> =
            inputs.iter().map(|input| input.map(input_type)).collect();
        let binding = Binding {
            generator: self.chosen.generator,
            field: attributes.field(),
            parameters: &self.parameters,
            inputs: &types,
            returns: self.returns,
            stream: self.stream,
            total_rows: self.total_rows,
            on_error: self.on_error,
        };
        match self.chosen.program.prepare(&binding) {
            Ok(prepared) => Some(Compiled {
                nullable: prepared.nullable,
                ..Compiled::boxed(prepared.generator, prepared.data_type, WIDTH)
            }),
            Err(fault) => {
                tell(&fault, "type", attributes);
                None
            }
        }
    }
}

fn input_type(input: InputInfo<'_>) -> InputType {
    InputType { data_type: input.data_type, nullable: input.nullable }
}

/// Adds a fault of an extension to what is found in the field, at `key`.
fn tell(fault: &Fault, key: &str, attributes: &mut Reader<'_>) {
    let problem = Problem::error("user_code", attributes.pointer_of(key), fault.to_string());
    attributes.push(match &fault.place {
        Some(place) if !place.text.trim().is_empty() => {
            problem.hint(format!("the line is `{}`", excerpt(place.text.trim())))
        }
        _ => problem,
    });
}
