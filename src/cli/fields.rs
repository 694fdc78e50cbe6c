//! `datagen fields`: the field types explain themselves.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};

use super::source;
use crate::attributes::Attribute;
use crate::config::Config;
use crate::fields::{Catalogue, FieldType};
use crate::model::COMMON_ATTRIBUTES;
use crate::problems::{escape_controls, escape_controls_in_lines, excerpt, fold_name};
use crate::sandbox::{Extension, Extensions, KINDS, Kind, Limits, data_type_name};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A field type to explain
    #[arg(value_name = "TYPE")]
    name: Option<String>,
    /// Folder of user code beside the configured ones; may be given several times
    #[arg(long = "extensions", value_name = "DIR")]
    extensions: Vec<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    let extensions = source::extensions(&arguments.extensions, config).current();
    let mut out = io::stdout().lock();
    let Some(name) = &arguments.name else {
        let mut table = plain_table();
        for kind in Catalogue::built_in() {
            table.add_row([kind.name(), kind.summary()]);
        }
        writeln!(out, "{}\n", table.trim_fmt())?;
        list_extensions(&mut out, &extensions)?;
        writeln!(
            out,
            "`datagen fields TYPE` explains one, `datagen help expressions` what fields of every type can be computed \
             with."
        )?;
        return Ok(ExitCode::SUCCESS);
    };
    let catalogue = Catalogue::new(&extensions);
    let Some(kind) = catalogue.find(name) else {
        match catalogue.cure(name) {
            Some(cure) => bail!("unknown field type `{}` ({cure})", excerpt(name)),
            None => bail!("unknown field type `{}`; `datagen fields` lists them", excerpt(name)),
        }
    };
    explain(&mut out, kind, &extensions)?;
    Ok(ExitCode::SUCCESS)
}

/// A field type: what it is, an example, what it takes, and what else there is to tell of its kind.
fn explain(
    out: &mut impl Write,
    field_type: &dyn FieldType,
    extensions: &Extensions,
) -> io::Result<()> {
    let summary = escape_controls_in_lines(field_type.summary());
    writeln!(out, "{}: {summary}", field_type.name())?;
    if !field_type.aliases().is_empty() {
        writeln!(out, "also called: {}", field_type.aliases().join(", "))?;
    }
    let extension = extensions.find(field_type.name());
    if let Some(extension) = extension {
        declared(out, extension)?;
    }
    if !field_type.example().is_empty() {
        writeln!(out, "\nExample:\n  {}", field_type.example())?;
    }
    let folded = fold_name(field_type.name());
    let kind = KINDS.iter().find(|kind| fold_name(kind.type_name()) == folded);
    if let Some(kind) = kind {
        writeln!(out)?;
        beginning(out, *kind)?;
    }
    if !field_type.attributes().is_empty() {
        let attributes = attribute_table(field_type.attributes());
        writeln!(out, "\nAttributes:\n{}", attributes.trim_fmt())?;
    }
    let common = attribute_table(COMMON_ATTRIBUTES);
    writeln!(out, "\nAttributes of every field:\n{}", common.trim_fmt())?;
    if let Some(kind) = kind {
        let prefix = if kind.is_text() { "script_" } else { "module_" };
        writeln!(out, "\n{}", limits_table(&extensions.settings().limits, prefix))?;
    }
    Ok(())
}

/// The types of user code, what is wrong with the other files, and what all may use.
fn list_extensions(out: &mut impl Write, extensions: &Extensions) -> io::Result<()> {
    let mut table = plain_table();
    for extension in extensions.types() {
        let path = extension.file.path.display().to_string();
        let cells = [&extension.type_name, &extension.description().summary, &path];
        table.add_row(cells.map(|text| escape_controls_in_lines(text)));
    }
    if !table.is_empty() {
        writeln!(out, "Types of extensions:\n{}\n", table.trim_fmt())?;
    }
    for fault in extensions.faults() {
        writeln!(out, "refused: {}\n", escape_controls_in_lines(&fault.shown()))?;
    }
    if !table.is_empty() || !extensions.faults().is_empty() {
        writeln!(out, "{}\n", limits_table(&extensions.settings().limits, ""))?;
    }
    Ok(())
}

/// The limits whose names begin with `prefix`.
fn limits_table(limits: &Limits, prefix: &str) -> String {
    let mut table = plain_table();
    for (name, value) in limits.rows().into_iter().filter(|(name, _)| name.starts_with(prefix)) {
        table.add_row([name, value.to_string()]);
    }
    format!("Limits of extensions (`extension_limits` of the settings):\n{}", table.trim_fmt())
}

/// How a type is begun whose code a field names or holds itself.
fn beginning(out: &mut impl Write, kind: &dyn Kind) -> io::Result<()> {
    let endings: Vec<String> =
        kind.file_extensions().iter().map(|ending| format!("`NAME.{ending}`")).collect();
    writeln!(
        out,
        "A file {} in a folder of `extensions` is the field type NAME by itself.",
        endings.join(" or ")
    )?;
    let new = if kind.is_text() {
        "datagen new script NAME"
    } else {
        "datagen new wasm NAME --lang rust|c|js|python"
    };
    writeln!(out, "`{new}` begins one, `datagen try FILE` tries it out.")?;
    if kind.is_text() {
        writeln!(out, "`datagen functions` lists what a script may call.")?;
    }
    Ok(())
}

/// What an extension says of itself.
fn declared(out: &mut impl Write, extension: &Extension) -> io::Result<()> {
    let description = extension.description();
    let path = extension.file.path.display().to_string();
    writeln!(out, "from {} (sha256 {})", escape_controls(&path), extension.file.digest)?;
    let version = extension.file.program.version();
    if !version.is_empty() {
        writeln!(out, "version {}", escape_controls(version))?;
    }
    for attachment in &extension.file.attachments {
        writeln!(out, "with {}", escape_controls(&attachment.name))?;
    }
    if let Some(output) = description.output {
        writeln!(out, "returns {}", data_type_name(output))?;
    }
    let inputs: Vec<&str> = description.inputs.iter().map(|input| input.name.as_str()).collect();
    if !inputs.is_empty() {
        writeln!(out, "reads {}", escape_controls(&inputs.join(", ")))?;
    }
    for sub in &description.sub_values {
        let name = escape_controls(&sub.name);
        writeln!(out, "sub-value {name}: {}", data_type_name(sub.data_type))?;
    }
    let mut table = plain_table();
    for parameter in &description.parameters {
        let default = match &parameter.default {
            Some(default) => format!("default: {default}"),
            None if parameter.required => "required".to_owned(),
            None => String::new(),
        };
        let cells = [&parameter.name, parameter.kind.words(), &default, &parameter.doc];
        table.add_row(cells.map(|text| escape_controls_in_lines(text)));
    }
    if !table.is_empty() {
        writeln!(out, "\nParameters (`params`):\n{}", table.trim_fmt())?;
    }
    Ok(())
}

/// A table of attributes: name, kind, default, explanation.
pub(super) fn attribute_table(attributes: &[Attribute]) -> Table {
    let mut table = plain_table();
    for attribute in attributes {
        let default = match attribute.default {
            "" => String::new(),
            default => format!("default: {default}"),
        };
        let name = std::iter::once(&attribute.name).chain(attribute.also).copied();
        let name: Vec<&str> = name.collect();
        table.add_row([&name.join(", "), &attribute.shown_kind(), &default, attribute.doc]);
    }
    table
}

/// A table without lines, as wide as the terminal.
pub(super) fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table
}
