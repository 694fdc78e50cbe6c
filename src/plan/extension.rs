//! Fields of user code: which file, which parameters, which inputs.
//!
//! A type of user code is named like a built-in one (`"type": "IBAN"`), by its file (`"type": "RHAI",
//! "script": "iban.rhai"`), or stands in the model itself (`"type": "RHAI", "code": "…"`). What runs it
//! is `sandbox`'s business; here its declaration is held against what the model says.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Environment;
use crate::attributes::{Attribute, Reader, shown};
use crate::columns::DataType;
use crate::failures::OnError;
use crate::fields;
use crate::model::Field;
use crate::problems::{Problem, Problems, did_you_mean, excerpt, fold_name, pointer_segment};
use crate::sandbox::{
    Binding, Description, Extension, ExtensionFile, Fault, InputType, KINDS, Kind, Library,
    Prepared, Program, Settings, Source, parse_data_type,
};

/// What a field of user code may say beside what every field may.
pub const EXTENSION_ATTRIBUTES: &[Attribute] = &[
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
];

/// What a field may say whose type is `kind` itself: which code it means, and what every extension takes.
pub fn kind_attributes(kind: &dyn Kind) -> Vec<Attribute> {
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

/// The attribute that says what becomes of a row that fails.
const ON_ERROR: &str = "on_error";

/// The attribute that holds code itself, for kinds that are text.
const CODE: &str = "code";

/// The attribute that names one of several generators of a file.
const GENERATOR: &str = "generator";

/// The user code of `settings.folders`, none of whose types may be called like a built-in one.
pub fn library(settings: Settings) -> Library {
    Library::new(settings, reserved)
}

/// What has the name of a type already, in words, where it is not user code.
pub fn reserved(name: &str) -> Option<String> {
    let folded = fold_name(name);
    if KINDS.iter().any(|kind| fold_name(kind.type_name()) == folded) {
        return Some(format!("the type `{name}` of user code itself"));
    }
    fields::find(name).map(|kind| format!("the built-in type `{}`", kind.name()))
}

/// A field of user code, its parameters checked; its inputs have no types yet.
pub(super) struct Draft {
    /// `None` for code that stands in the model.
    pub(super) file: Option<Arc<ExtensionFile>>,
    program: Arc<dyn Program>,
    generator: usize,
    parameters: Vec<Value>,
    /// Per declared input the field bound to it.
    pub(super) inputs: Vec<Option<Bound>>,
    returns: Option<DataType>,
    on_error: OnError,
}

/// A field, or a sub-value of one, that an input reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) field: String,
    pub(super) sub_value: Option<String>,
}

impl fmt::Debug for Draft {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Draft").field("generator", &self.description().name).finish()
    }
}

/// What a field's type names, if it is user code.
enum Named<'a> {
    Type(&'a Extension),
    Kind(&'static dyn Kind),
}

/// Whether `type_name` is user code, by itself or by a file beside it.
pub(super) fn is_extension(type_name: &str, environment: &Environment<'_>) -> bool {
    find(type_name, environment).is_some()
}

fn find<'a>(type_name: &str, environment: &Environment<'a>) -> Option<Named<'a>> {
    let folded = fold_name(type_name);
    let kind = KINDS.iter().copied().find(|kind| fold_name(kind.type_name()) == folded);
    kind.map(Named::Kind).or_else(|| environment.extensions.find(type_name).map(Named::Type))
}

impl Draft {
    /// `names` holds the names of all fields of the model.
    pub(super) fn new(
        field: &Field,
        environment: &Environment<'_>,
        names: &BTreeSet<&str>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut reader =
            Reader::new(&field.attributes, &field.pointer, Some(&field.name), problems);
        let named = find(&field.type_name, environment)?;
        warn_unknown(&mut reader, &named);
        let (program, generator, file) = match named {
            Named::Type(extension) => {
                let file = &extension.file;
                (Arc::clone(&file.program), extension.generator, Some(Arc::clone(file)))
            }
            Named::Kind(kind) => of_kind(kind, field, environment, &mut reader)?,
        };
        let description = &program.descriptions()[generator];
        let parameters = parameters(description, &mut reader);
        let inputs = inputs(description, names, &mut reader);
        let returns = returns(description, &mut reader);
        let on_error = on_error(&mut reader);
        let (parameters, inputs, returns) = (parameters?, inputs?, returns.ok()?);
        let (program, on_error) = (Arc::clone(&program), on_error.ok()?);
        Some(Self { file, program, generator, parameters, inputs, returns, on_error })
    }

    pub(super) fn description(&self) -> &Description {
        &self.program.descriptions()[self.generator]
    }

    /// Fixes the types of the inputs; `None` after adding an error.
    pub(super) fn prepare(
        &self,
        field: &Field,
        inputs: &[Option<InputType>],
        environment: &Environment<'_>,
        stream: crate::rng::Stream,
        problems: &mut Problems,
    ) -> Option<Box<dyn Prepared>> {
        let binding = Binding {
            generator: self.generator,
            field: &field.name,
            parameters: &self.parameters,
            inputs,
            returns: self.returns,
            stream,
            total_rows: environment.total_rows,
            on_error: self.on_error,
        };
        match self.program.prepare(&binding) {
            Ok(prepared) => Some(prepared),
            Err(fault) => {
                problems.push(problem(&fault, field, "type"));
                None
            }
        }
    }
}

/// A fault of user code as a finding in the model.
fn problem(fault: &Fault, field: &Field, key: &str) -> Problem {
    let pointer = format!("{}/{}", field.pointer, pointer_segment(key));
    let problem = Problem::error("user_code", pointer, fault.to_string()).field(field.name.clone());
    match &fault.place {
        Some(place) if !place.text.trim().is_empty() => {
            problem.hint(format!("the line is `{}`", excerpt(place.text.trim())))
        }
        _ => problem,
    }
}

/// A program, the index of the generator in it, and its file where it has one.
type Chosen = (Arc<dyn Program>, usize, Option<Arc<ExtensionFile>>);

/// The program that `"type": "RHAI"` or the like means.
fn of_kind(
    kind: &'static dyn Kind,
    field: &Field,
    environment: &Environment<'_>,
    reader: &mut Reader<'_>,
) -> Option<Chosen> {
    let attribute = kind.file_attribute();
    let mut file = None;
    let program = if kind.is_text() && reader.has(CODE) {
        let Some(Value::String(code)) = field.attributes.get(CODE) else {
            reader.error(CODE, "wrong_value", format!("`{CODE}` is no text, expected a script"));
            return None;
        };
        let limits = &environment.extensions.settings().limits;
        if code.len() as u64 > kind.most_bytes(limits) {
            let message = format!("the code has more than {} bytes", kind.most_bytes(limits));
            reader.error(CODE, "user_code", message);
            return None;
        }
        let source = Source {
            label: CODE,
            stem: &field.name,
            bytes: &Arc::new(code.clone().into_bytes()),
            digest: "",
            cache: None,
        };
        match kind.load(&source, limits) {
            Ok(program) => program,
            Err(fault) => {
                reader.push(problem(&fault, field, CODE));
                return None;
            }
        }
    } else {
        let Some(name) = reader.text(attribute) else {
            if !reader.has(attribute) {
                let or = if kind.is_text() { " or `code`" } else { "" };
                let message =
                    format!("a field of type {} needs `{attribute}`{or}", kind.type_name());
                reader.error(attribute, "missing_attribute", message);
            }
            return None;
        };
        let found = find_file(kind, &name, environment, reader)?;
        file = Some(Arc::clone(found));
        Arc::clone(&found.program)
    };
    let descriptions = program.descriptions();
    let generator = match reader.text(GENERATOR) {
        None if descriptions.len() == 1 => Some(0),
        None => {
            let message = "the file has several generators, expected `generator` to name one";
            reader.error(GENERATOR, "missing_attribute", message);
            None
        }
        Some(name) => {
            let folded = fold_name(&name);
            let found = descriptions.iter().position(|one| fold_name(&one.name) == folded);
            if found.is_none() {
                let names: Vec<_> = descriptions.iter().map(|one| one.name.as_str()).collect();
                let message = format!("the file has no generator `{}`", excerpt(&name));
                let hint = format!("it has {}", names.join(", "));
                reader.error_with_hint(GENERATOR, "unknown_generator", message, &hint);
            }
            found
        }
    };
    Some((program, generator?, file))
}

fn find_file<'a>(
    kind: &'static dyn Kind,
    name: &str,
    environment: &Environment<'a>,
    reader: &mut Reader<'_>,
) -> Option<&'a Arc<ExtensionFile>> {
    let extensions = environment.extensions;
    if let Some(file) = extensions.file(kind, name) {
        return Some(file);
    }
    let key = kind.file_attribute();
    let is_it = |fault: &&Fault| {
        std::path::Path::new(&fault.file).file_name().is_some_and(|found| found == name)
    };
    if let Some(fault) = extensions.faults().iter().find(is_it) {
        reader.error(key, "user_code", fault.to_string());
        return None;
    }
    let message = format!("there is no file `{}` in the folders of user code", excerpt(name));
    let names = extensions.files().iter().filter(|file| file.kind.type_name() == kind.type_name());
    let hint = match did_you_mean(name, names.map(|file| file.name.as_str())) {
        Some(close) => format!("did you mean `{close}`?"),
        None => {
            let folders = extensions.settings().folders.iter();
            let folders: Vec<_> = folders.map(|folder| format!("`{}`", folder.display())).collect();
            format!("the folders are {}; a file is named without its folder", folders.join(", "))
        }
    };
    reader.error_with_hint(key, "unknown_file", message, &hint);
    None
}

/// Warns of attributes that nothing reads.
fn warn_unknown(reader: &mut Reader<'_>, named: &Named<'_>) {
    match named {
        Named::Kind(kind) => {
            reader.warn_unknown(&[crate::model::COMMON_ATTRIBUTES, &kind_attributes(*kind)]);
        }
        Named::Type(_) => {
            reader.warn_unknown(&[crate::model::COMMON_ATTRIBUTES, EXTENSION_ATTRIBUTES]);
        }
    }
}

/// The parameters in the declared order; `None` after adding errors.
fn parameters(description: &Description, reader: &mut Reader<'_>) -> Option<Vec<Value>> {
    let empty = Map::new();
    let given = match reader.object().get("params") {
        None | Some(Value::Null) => &empty,
        Some(Value::Object(given)) => given,
        Some(other) => {
            reader.wrong("params", other, "an object of parameters");
            return None;
        }
    };
    let mut good = true;
    let base = reader.pointer_of("params");
    for key in given.keys() {
        if description.parameters.iter().any(|parameter| parameter.name == *key) {
            continue;
        }
        good = false;
        let pointer = format!("{base}/{}", pointer_segment(key));
        let message = format!("`{}` has no parameter `{}`", description.name, excerpt(key));
        let names = description.parameters.iter().map(|parameter| parameter.name.as_str());
        let hint = match did_you_mean(key, names.clone()) {
            Some(close) => format!("did you mean `{close}`?"),
            None if description.parameters.is_empty() => "it has none".to_owned(),
            None => format!("it has {}", names.collect::<Vec<_>>().join(", ")),
        };
        let field = reader.field().to_owned();
        reader.push(Problem::error("unknown_parameter", pointer, message).field(field).hint(hint));
    }
    let mut values = Vec::with_capacity(description.parameters.len());
    for parameter in &description.parameters {
        let pointer = format!("{base}/{}", pointer_segment(&parameter.name));
        let field = reader.field().to_owned();
        match given.get(&parameter.name).filter(|value| !value.is_null()) {
            Some(value) => match parameter.kind.accept(value) {
                Some(value) => values.push(value),
                None => {
                    good = false;
                    let expected = parameter.kind.words();
                    let message =
                        format!("`{}` is {}, expected {expected}", parameter.name, shown(value));
                    reader.push(Problem::error("wrong_value", pointer, message).field(field));
                }
            },
            None if parameter.required => {
                good = false;
                let message = format!(
                    "`{}` needs the parameter `{}` ({})",
                    description.name,
                    parameter.name,
                    parameter.kind.words()
                );
                reader
                    .push(Problem::error("missing_parameter", base.clone(), message).field(field));
            }
            None => values.push(parameter.default.clone().unwrap_or_default()),
        }
    }
    good.then_some(values)
}

/// The fields of the declared inputs; `None` after adding errors.
fn inputs(
    description: &Description,
    names: &BTreeSet<&str>,
    reader: &mut Reader<'_>,
) -> Option<Vec<Option<Bound>>> {
    let declared = &description.inputs;
    let place = |name: &str| declared.iter().position(|input| input.name == name);
    let mut bound: Vec<Option<Bound>> = declared
        .iter()
        .map(|input| {
            // A required one that is no field is told where references are resolved.
            (input.required || names.contains(input.name.as_str()))
                .then(|| Bound { field: input.name.clone(), sub_value: None })
        })
        .collect();
    match reader.object().get("inputs") {
        None | Some(Value::Null) => {}
        Some(Value::Object(given)) => {
            for (name, value) in given {
                let (Some(place), Some(field)) = (place(name), value.as_str()) else {
                    unknown_input(name, description, reader);
                    return None;
                };
                bound[place] = Some(reference(field, names));
            }
        }
        Some(Value::Array(_)) => {
            let given = reader.texts("inputs")?;
            let by_name = given.iter().all(|name| place(name).is_some());
            if !by_name && given.len() > declared.len() {
                let surplus = given.iter().find(|name| place(name).is_none());
                unknown_input(surplus.map_or("", String::as_str), description, reader);
                return None;
            }
            if !by_name {
                for (slot, field) in bound.iter_mut().zip(&given) {
                    *slot = Some(reference(field, names));
                }
            }
        }
        Some(other) => {
            reader.wrong("inputs", other, "a list of field names");
            return None;
        }
    }
    Some(bound)
}

fn unknown_input(name: &str, description: &Description, reader: &mut Reader<'_>) {
    let message = format!("`{}` reads no input `{}`", description.name, excerpt(name));
    let names: Vec<_> = description.inputs.iter().map(|input| input.name.as_str()).collect();
    let hint = match did_you_mean(name, names.iter().copied()) {
        Some(close) => format!("did you mean `{close}`?"),
        None if names.is_empty() => "it reads none".to_owned(),
        None => format!("it reads {}", names.join(", ")),
    };
    reader.error_with_hint("inputs", "unknown_input", message, &hint);
}

/// `city`, or `city.country` for a sub-value, with or without the `$` of expressions.
fn reference(text: &str, names: &BTreeSet<&str>) -> Bound {
    let text = text.strip_prefix('$').unwrap_or(text);
    match text.rsplit_once('.') {
        Some((field, sub_value)) if !names.contains(text) && names.contains(field) => {
            Bound { field: field.to_owned(), sub_value: Some(sub_value.to_owned()) }
        }
        _ => Bound { field: text.to_owned(), sub_value: None },
    }
}

/// The model said something that the generator cannot do; the error is told.
struct Refused;

/// The type that the model says, if it says one.
fn returns(
    description: &Description,
    reader: &mut Reader<'_>,
) -> Result<Option<DataType>, Refused> {
    if !reader.has("returns") {
        return Ok(None);
    }
    let name = reader.text("returns").ok_or(Refused)?;
    let returns = parse_data_type(&name);
    if returns.is_none() {
        let message = format!("`{}` is no type", excerpt(&name));
        let hint = "expected one of boolean, int32, int64, float32, float64, decimal(p, s), utf8, \
                    bytes, date, timestamp";
        reader.error_with_hint("returns", "wrong_value", message, hint);
        return Err(Refused);
    }
    if let (Some(declared), Some(wanted)) = (description.output, returns)
        && declared != wanted
    {
        let declared = crate::sandbox::data_type_name(declared);
        let message = format!("`{}` returns {declared}, not {}", description.name, excerpt(&name));
        reader.error("returns", "wrong_value", message);
        return Err(Refused);
    }
    Ok(returns)
}

/// What becomes of a row that fails.
fn on_error(reader: &mut Reader<'_>) -> Result<OnError, Refused> {
    if !reader.has(ON_ERROR) {
        return Ok(OnError::Fail);
    }
    match reader.choice(ON_ERROR, &["fail", "null"]) {
        Some("null") => Ok(OnError::Null),
        Some(_) => Ok(OnError::Fail),
        None => Err(Refused),
    }
}
