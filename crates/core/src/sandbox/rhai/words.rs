//! What the parser and the interpreter say, in words of authors: with the types as scripts name them, and a cure.

use rhai::EvalAltResult;

use super::declared::hinted;
use super::host;
use super::host::function::Type;

/// What `error` means, where the interpreter says it in words of its own program.
pub(super) fn of_error(error: &EvalAltResult) -> Option<String> {
    match error {
        EvalAltResult::ErrorFunctionNotFound(called, _) => of_call(called),
        EvalAltResult::ErrorDotExpr(told, _) => of_property(told),
        EvalAltResult::ErrorPropertyNotFound(name, _) => {
            Some(format!("the map has no `{name}`: ask by `\"{name}\" in …` before"))
        }
        EvalAltResult::ErrorMismatchDataType(wanted, found, _) => {
            Some(format!("this is {}, expected {}", kind(found), kind(wanted)))
        }
        _ => None,
    }
}

/// A type of the program as scripts call it, with its article.
fn kind(name: &str) -> String {
    let words = match name.rsplit("::").next().unwrap_or(name) {
        "i64" => "a whole number",
        "f64" => "a number",
        "bool" => "true or false",
        "string" | "ImmutableString" | "&str | ImmutableString | String" => "a text",
        "char" => "a letter",
        "array" | "Array" => "a list",
        "map" | "Map" => "a map",
        "()" => "null",
        "Fn" | "FnPtr" => "a function",
        "date" | "Date" => "a date",
        "decimal" | "Decimal" => "a decimal",
        "timestamp" | "Timestamp" => "a timestamp",
        "blob" | "Blob" => "bytes",
        "range" | "range=" => "a range",
        other => return format!("a value of type {other}"),
    };
    words.to_owned()
}

/// A type of the program by the name that `output` has for it.
pub(super) fn type_name(name: &str) -> &str {
    match name.rsplit("::").next().unwrap_or(name) {
        "i64" => "int64",
        "f64" => "float64",
        "bool" => "boolean",
        "string" | "ImmutableString" | "char" => "utf8",
        "Date" => "date",
        "Decimal" => "decimal",
        "Timestamp" => "timestamp",
        "blob" => "bytes",
        "array" => "list",
        other => other,
    }
}

const NULL: &str = "a value is null here: ask before, as in `if row.NAME == () { … }`";

/// `name (type, type)`, as the interpreter tells a call of which it knows no form.
fn of_call(called: &str) -> Option<String> {
    let (name, types) = called.split_once(" (")?;
    let types: Vec<&str> =
        types.strip_suffix(')')?.split(", ").filter(|one| !one.is_empty()).collect();
    let kinds: Vec<String> = types.iter().map(|one| kind(one)).collect();
    let is_word = name.starts_with(|first: char| first.is_ascii_alphabetic());
    if kinds.iter().any(|kind| kind == "null") {
        return Some(format!("`{name}`: {NULL}"));
    }
    let message = match &kinds[..] {
        [one] if !is_word => format!("there is no `{name}` of {one}"),
        [left, right] if !is_word => format!("there is no `{name}` between {left} and {right}"),
        [] => format!("there is no function `{name}` without arguments"),
        all => format!("`{name}` does not take {}", all.join(" and ")),
    };
    let signature = host::functions().find(|function| function.name() == name);
    let message = match signature {
        Some(function) => format!("{message}, expected {}", function.signature),
        None => message,
    };
    Some(match cure(name, &types) {
        Some(cure) => format!("{message} ({cure})"),
        None => message,
    })
}

/// How the arguments become such as a form of the function takes.
fn cure(name: &str, types: &[&str]) -> Option<&'static str> {
    let found = |kind: &Type, found: &str| {
        matches!(
            (kind, found),
            (Type::Int, "i64")
                | (Type::Float, "f64")
                | (Type::Bool, "bool")
                | (Type::Char, "char")
                | (Type::Decimal, "decimal")
                | (Type::Date, "date")
                | (Type::Time, "timestamp")
        ) || *kind == Type::Text && found.contains("tring")
    };
    let forms =
        host::forms().filter(|form| form.name == name && form.arguments.len() == types.len());
    forms.into_iter().find_map(|form| {
        let mut wrong = form.arguments.iter().zip(types).filter(|(kind, one)| !found(kind, one));
        let (kind, one) = wrong.next()?;
        match (kind, *one) {
            (Type::Int, "f64") => Some("`.to_int()` makes a whole number of a number"),
            (Type::Float, "decimal") => Some("`.to_float()` makes a number of a decimal"),
            (Type::Int, "decimal") => Some("`.to_int()` makes a whole number of a decimal"),
            (Type::Float, "i64") => Some("`.to_float()` makes a number of a whole number"),
            (Type::Int, text) if text.contains("tring") => {
                Some("`parse_int(text)` makes a whole number of a text")
            }
            (Type::Float, text) if text.contains("tring") => {
                Some("`parse_float(text)` makes a number of a text")
            }
            (Type::Text, _) => Some("`.to_string()` makes a text of anything"),
            (Type::Date, "timestamp") => Some("`date(timestamp)` makes a date of a timestamp"),
            (Type::Time, "date") => Some("`timestamp(date)` makes a timestamp of a date"),
            (Type::Date, text) if text.contains("tring") => {
                Some("`parse_date(text)` makes a date of a text")
            }
            (Type::Time, text) if text.contains("tring") => {
                Some("`timestamp(text)` makes a timestamp of a text")
            }
            _ => None,
        }
    })
}

/// `Unknown property 'length' - a getter is not registered for type 'string'`.
fn of_property(told: &str) -> Option<String> {
    let (_, rest) = told.split_once("roperty '")?;
    let (name, rest) = rest.split_once('\'')?;
    let (_, found) = rest.split_once("for type '")?;
    let found = kind(found.trim_end_matches('\''));
    if found == "null" {
        return Some(format!("`{name}`: {NULL}"));
    }
    let known: &[&str] = match found.as_str() {
        "a date" => &["year", "month", "day", "weekday", "day_of_year", "week", "quarter"],
        "a timestamp" => &[
            "year",
            "month",
            "day",
            "weekday",
            "day_of_year",
            "week",
            "quarter",
            "hour",
            "minute",
            "second",
            "epoch_millis",
        ],
        "a list" => &["len"],
        _ => host::GETTERS,
    };
    let message = format!("there is no `{name}` of {found}");
    if name == "length" || name == "size" || name == "count" {
        return Some(format!("{message} (did you mean `len`?)"));
    }
    Some(hinted(message, name, known.iter().copied()))
}

/// What a fault of the text means that stands before `rest` of the source; `told` is what the parser says of it.
pub(super) fn of_text(told: &str, rest: &str) -> Option<String> {
    let word: String =
        rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    let first = told.to_ascii_lowercase();
    if let Some(letters) = first.strip_prefix("invalid character: ") {
        return Some(format!("{letters} is no single letter: texts stand in \"…\""));
    }
    if rest.starts_with("++") || first.contains("'++'") {
        return Some("`++` is no operator: write `i += 1`".to_owned());
    }
    if rest.starts_with("--") || first.contains("'--'") {
        return Some("`--` is no operator: write `i -= 1`".to_owned());
    }
    let instead = match word.as_str() {
        "null" => "null is written `()`",
        "var" => "variables begin with `let`",
        "and" => "`and` is written `&&`",
        "or" => "`or` is written `||`",
        "elif" => "`elif` is written `else if`",
        "def" | "function" => "functions begin with `fn`",
        _ => return None,
    };
    Some(instead.to_owned())
}

/// What is written for a name of other languages.
pub(super) fn of_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "None" | "nil" | "undefined" | "NULL" => "null is written `()`",
        "True" => "it is written `true`",
        "False" => "it is written `false`",
        "elif" => "it is written `else if`",
        "def" | "function" => "functions begin with `fn`",
        "not" => "it is written `!`",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Issue 11, M4, M5, M6 and M13.
    #[test]
    fn faults_are_told_in_words_of_authors() {
        let calls = [
            "to_upper (())",
            "rand_int (f64, i64)",
            "days_between (date, timestamp)",
            "- (&str | ImmutableString | String, i64)",
            "! (i64)",
            "len (i64)",
            "to_int (&str | ImmutableString | String)",
            "add_days (timestamp, i64)",
        ];
        let properties = [
            "Unknown property 'length' - a getter is not registered for type 'string'",
            "Unknown property 'houre' - a getter is not registered for type 'timestamp'",
            "Unknown property 'x' - a getter is not registered for type '()'",
        ];
        let texts = [
            ("Invalid character: 'abc'", "'abc'"),
            ("Unknown operator: '++'", "++; i"),
            ("'null' is a reserved keyword", "null"),
            ("Expecting ';' to terminate this statement", "and 2"),
        ];
        let told = calls.iter().map(|call| of_call(call));
        let told = told.chain(properties.iter().map(|told| of_property(told)));
        let told = told.chain(texts.iter().map(|(told, rest)| of_text(told, rest)));
        let told: Vec<String> = told.map(Option::unwrap_or_default).collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        `to_upper`: a value is null here: ask before, as in `if row.NAME == () { … }`
        `rand_int` does not take a number and a whole number, expected rand_int(low, high) (`.to_int()` makes a whole number of a number)
        `days_between` does not take a date and a timestamp, expected days_between(from, to) (`date(timestamp)` makes a date of a timestamp)
        there is no `-` between a text and a whole number (`parse_int(text)` makes a whole number of a text)
        there is no `!` of a whole number
        `len` does not take a whole number (`.to_string()` makes a text of anything)
        `to_int` does not take a text (`parse_int(text)` makes a whole number of a text)
        `add_days` does not take a timestamp and a whole number, expected add_days(date, days) (`date(timestamp)` makes a date of a timestamp)
        there is no `length` of a text (did you mean `len`?)
        there is no `houre` of a timestamp (did you mean `hour`?)
        `x`: a value is null here: ask before, as in `if row.NAME == () { … }`
        'abc' is no single letter: texts stand in "…"
        `++` is no operator: write `i += 1`
        null is written `()`
        `and` is written `&&`
        "#);
    }
}
