//! What scripts may call, as editors read it: definitions of Rhai's language server.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::host;
use super::host::function::{Function, Type};

/// The definitions of all functions that are called by their names.
pub(in crate::sandbox) fn definitions() -> String {
    let mut out = String::from(
        "// What scripts of Datagen may call beside the language's own, for editors: Rhai's language server reads it.\n\
         // `datagen functions --format rhai` writes it anew.\n\
         module static;\n",
    );
    for function in host::functions() {
        let mut written = BTreeSet::new();
        for line in lines(function) {
            if written.insert(line.clone()) {
                // Writing to a text cannot fail.
                let _ = write!(out, "\n/// {}\n{line}\n", function.doc);
            }
        }
    }
    out
}

/// A line for each way to call a function.
fn lines(function: &Function) -> Vec<String> {
    let ways = function.signature.split("), ");
    ways.filter_map(|way| line(function, way.strip_suffix(')').unwrap_or(way))).collect()
}

/// `name(argument, argument` with types; `None`: it is no plain call.
fn line(function: &Function, way: &str) -> Option<String> {
    let (name, arguments) = way.split_once('(')?;
    if !name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
        return None;
    }
    let arguments: Vec<&str> =
        arguments.split(", ").filter(|argument| !argument.is_empty() && *argument != "…").collect();
    let forms = || {
        function
            .forms
            .iter()
            .filter(|form| form.name == name && form.arguments.len() == arguments.len())
    };
    let mut names = BTreeSet::new();
    let typed = arguments.iter().enumerate().map(|(place, argument)| {
        // Two arguments of one name are told apart by a number.
        let argument = if names.insert(*argument) {
            (*argument).to_owned()
        } else {
            format!("{argument}{place}")
        };
        format!("{argument}: {}", common(forms().map(|form| form.arguments[place])))
    });
    let typed: Vec<String> = typed.collect();
    let result = common(forms().map(|form| form.result));
    Some(format!("fn {name}({}) -> {result};", typed.join(", ")))
}

/// The name of the only type of all; `?` where there are several or none.
fn common(kinds: impl Iterator<Item = Type>) -> &'static str {
    let names: BTreeSet<&str> = kinds.map(name).collect();
    if names.len() == 1 { names.into_iter().next().unwrap_or("?") } else { "?" }
}

fn name(kind: Type) -> &'static str {
    match kind {
        Type::Int => "int",
        Type::Float => "float",
        Type::Bool => "bool",
        Type::Text => "String",
        Type::Char => "char",
        Type::Decimal | Type::Date | Type::Time | Type::Table(_) => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_that_is_called_by_its_name_is_defined() {
        let all = definitions();
        for line in [
            "fn rand_int(low: int, high: int) -> int;",
            "fn rand_float() -> float;",
            "fn rand_float(low: float, high: float) -> float;",
            "fn pick(list: ?) -> ?;",
            "fn table(file: ?, column: ?) -> ?;",
            "fn luhn(digits: String) -> String;",
            "fn format(pattern: ?, value: ?) -> ?;",
            "fn haversine(latitude: float, longitude: float, latitude2: float, longitude3: float) -> float;",
        ] {
            assert!(all.contains(&format!("\n{line}\n")), "{line}: {all}");
        }
        for function in host::functions() {
            let name = function.name();
            let is_plain =
                name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
            if is_plain && function.signature.contains(&format!("{name}(")) {
                assert!(all.contains(&format!("\nfn {name}(")), "{name}");
            }
        }
    }
}
