//! Script text -> what it declares, and the body of `generate` ready to be bound.

use std::collections::BTreeMap;

use rhai::{AST, ASTFlags, ASTNode, Dynamic, Engine, Expr, ParseError, Position, Stmt};

use super::declared::{self, inputs, output, parameters, sub_values};
use super::files::Files;
use super::lower::Functions;
use super::{walk, words};
use crate::sandbox::{Description, Fault, FaultKind, Source, SourcePosition};

/// A script taken apart.
#[expect(clippy::struct_excessive_bools, reason = "each is what the script says or has by itself")]
pub(super) struct Script {
    pub(super) description: Description,
    /// All functions, without any statement.
    pub(super) functions: AST,
    /// The body of `generate`: inputs are variables called `row.NAME`, constants are in place.
    pub(super) body: Vec<Stmt>,
    /// The names of the two arguments of `generate`.
    pub(super) arguments: [String; 2],
    /// The version that it says it is; empty where it says none.
    pub(super) version: String,
    /// Whether the body uses the row as a whole.
    pub(super) whole_row: bool,
    /// Whether it may give null, where it says so.
    pub(super) nullable: Option<bool>,
    /// Whether decimals of the row are decimals in the script, and no numbers.
    pub(super) exact_decimals: bool,
    /// Whether there is an `init`, which is run once for a field.
    pub(super) has_init: bool,
    /// Whether there is a `check`.
    pub(super) has_check: bool,
}

impl Script {
    /// Whether it may give null: it may where it says nothing.
    pub(super) fn may_be_null(&self) -> bool {
        self.nullable.unwrap_or(true)
    }
}

/// The functions of a script beside `generate` and `check`, by name and number of arguments.
pub(super) fn functions(script: &Script) -> Functions {
    let other = |name: &str, count: usize| {
        (name, count) != ("generate", 2) && (name, count) != ("check", 1)
    };
    let all = script.functions.iter_functions();
    all.filter(|function| other(function.name, function.params.len()))
        .map(|function| {
            let count = function.params.len();
            let names = function.params.iter().map(|name| (*name).to_owned()).collect();
            let statements = body(&script.functions, function.name, count);
            ((function.name.to_owned(), count), (names, statements))
        })
        .collect()
}

/// What the constants of a script say.
pub(super) type Constants = BTreeMap<String, (Dynamic, Position)>;

/// The variable that holds the input `name`.
pub(super) fn input_variable(name: &str) -> String {
    format!("row.{name}")
}

/// Reads the script; `engine` parses it, `files` are the tables that it names.
pub(super) fn read(
    engine: &Engine,
    source: &Source<'_>,
    files: &Files,
) -> Result<Script, Box<Fault>> {
    let at = Author { source };
    let text = std::str::from_utf8(source.bytes)
        .map_err(|error| at.fault(Position::NONE, format!("the script is no UTF-8: {error}")))?;
    // A byte order mark is how some editors begin a file.
    let text = text.trim_start_matches('\u{feff}');
    let ast = engine.compile(text).map_err(|error| at.parse_fault(&error))?;
    let constants = constants(&ast, files, at)?;
    let arguments = arguments(&ast, at)?;
    let mut body = body(&ast, "generate", 2);
    refuse_hidden_arguments(&body, &arguments, at)?;
    put_tables(&mut body, files);
    let functions = ast.clone_functions_only();
    let mut found = Found::default();
    let named = declared::named_sub_values(&constants);
    bind(&mut body, &arguments, (&constants, &named), &mut found);
    if let Some((name, position)) = found.unknown.first() {
        return Err(at.unknown(name, *position));
    }
    refuse_unknown_in_functions(&ast, &constants, at)?;
    let inputs = inputs(&constants, &found, at)?;
    let has_init = ast.iter_functions().any(|f| f.name == "init" && f.params.len() == 1)
        && calls_init(&body, &arguments[1]);
    let has_check = ast.iter_functions().any(|f| f.name == "check" && f.params.len() == 1);
    let description = Description {
        name: source.stem.to_owned(),
        summary: summary(text),
        parameters: parameters(&constants, &found, at)?,
        inputs,
        output: output(&constants, at)?,
        sub_values: sub_values(&constants, at)?,
    };
    let flag = |name: &str| {
        let flag = constants.get(name).map(|(value, position)| {
            let wrong = |_| at.fault(*position, format!("`{name}` is no true or false"));
            value.as_bool().map_err(wrong)
        });
        flag.transpose()
    };
    let nullable = flag("nullable")?;
    let exact_decimals = flag("exact_decimals")?.unwrap_or(false);
    let whole_row = found.whole_row.is_some();
    Ok(Script {
        description,
        functions,
        body,
        arguments,
        version: declared::version(&constants),
        whole_row,
        nullable,
        exact_decimals,
        has_init,
        has_check,
    })
}

/// Tells faults of one file.
#[derive(Clone, Copy)]
pub(super) struct Author<'a> {
    pub(super) source: &'a Source<'a>,
}

impl Author<'_> {
    pub(super) fn fault(self, position: Position, message: String) -> Box<Fault> {
        let fault = Fault::new(FaultKind::Compile, self.source.label, message);
        let text = String::from_utf8_lossy(self.source.bytes);
        Box::new(match position.line() {
            Some(line) => {
                fault.at(SourcePosition::new(&text, line, position.position().unwrap_or(1)))
            }
            None => fault,
        })
    }

    fn parse_fault(self, error: &ParseError) -> Box<Fault> {
        let message = error.err_type().to_string();
        let (text, position) = (String::from_utf8_lossy(self.source.bytes), error.position());
        let rest = position.line().and_then(|line| text.lines().nth(line - 1)).map(|line| {
            line.chars().skip(position.position().unwrap_or(1) - 1).collect::<String>()
        });
        if let Some(told) = words::of_text(&message, rest.as_deref().unwrap_or_default()) {
            return self.fault(position, crate::problems::excerpt(&told));
        }
        let mut letters = message.chars();
        let first = letters.next().map(|first| first.to_lowercase().to_string());
        let message = first.unwrap_or_default() + letters.as_str();
        self.fault(position, crate::problems::excerpt(&message))
    }

    /// That a name is no variable here.
    fn unknown(self, name: &str, position: Position) -> Box<Fault> {
        let message = match words::of_name(name) {
            Some(cure) => format!("`{name}` is not known here: {cure}"),
            None => format!("`{name}` is not known here"),
        };
        self.fault(position, message)
    }
}

/// The constants at the top of the script; anything else there is refused.
fn constants(ast: &AST, files: &Files, at: Author<'_>) -> Result<Constants, Box<Fault>> {
    let mut constants = Constants::new();
    for statement in ast.statements() {
        match statement {
            Stmt::Noop(_) => {}
            Stmt::Var(parts, flags, position) if flags.contains(ASTFlags::CONSTANT) => {
                let name = parts.0.name.to_string();
                let table = match &parts.1 {
                    Expr::FnCall(call, _) => files.get(call),
                    _ => None,
                };
                let value = table.or_else(|| parts.1.get_literal_value(None)).ok_or_else(|| {
                    let message = format!(
                        "the constant `{name}` is calculated, expected a literal or `table(\"….csv\")`"
                    );
                    at.fault(*position, message)
                })?;
                if constants.insert(name.clone(), (value, *position)).is_some() {
                    return Err(at.fault(*position, format!("there are two constants `{name}`")));
                }
            }
            other => {
                let message = "only functions and constants may stand outside of functions";
                return Err(at.fault(other.position(), message.to_owned()));
            }
        }
    }
    Ok(constants)
}

/// Puts the tables of files for the calls that name them.
fn put_tables(body: &mut [Stmt], files: &Files) {
    walk::expressions(body, &mut |expr| {
        if let Expr::FnCall(call, position) = expr
            && let Some(table) = files.get(call)
        {
            *expr = constant(table, *position);
        }
    });
}

/// The names of the arguments of `generate`.
fn arguments(ast: &AST, at: Author<'_>) -> Result<[String; 2], Box<Fault>> {
    let found = ast.iter_functions().find(|function| function.name == "generate");
    let Some(function) = found else {
        let message = "there is no function `generate`, expected `fn generate(row, params) { … }`";
        return Err(at.fault(Position::NONE, message.to_owned()));
    };
    match &function.params[..] {
        [row, params] => Ok([(*row).to_owned(), (*params).to_owned()]),
        other => {
            let message = format!(
                "`generate` has {} arguments, expected two: `fn generate(row, params)`",
                other.len()
            );
            Err(at.fault(Position::NONE, message))
        }
    }
}

/// The statements of a function.
fn body(ast: &AST, name: &str, arguments: usize) -> Vec<Stmt> {
    // Not `clone_functions_only_filtered`, which copies all functions into an empty module (1.27.0).
    let mut only = ast.clone_functions_only();
    only.retain_functions(|_, _, function, count| function == name && count == arguments);
    let mut body = Vec::new();
    only.walk(&mut |nodes| {
        if let [ASTNode::Stmt(statement)] = nodes {
            body.push((*statement).clone());
        }
        true
    });
    body
}

fn refuse_hidden_arguments(
    body: &[Stmt],
    arguments: &[String; 2],
    at: Author<'_>,
) -> Result<(), Box<Fault>> {
    let mut declared = Vec::new();
    walk::declared(body, &mut declared);
    match declared.iter().find(|(name, _)| arguments.contains(name)) {
        None => Ok(()),
        Some((name, position)) => {
            let message = format!("`{name}` hides the argument of that name, choose another name");
            Err(at.fault(*position, message))
        }
    }
}

/// What the body of `generate` mentions.
#[derive(Default)]
pub(super) struct Found {
    /// Fields of the row, each with the place of the first mention.
    pub(super) inputs: Vec<(String, Position)>,
    pub(super) parameters: Vec<(String, Position)>,
    /// Where the row is used as a whole.
    pub(super) whole_row: Option<Position>,
    pub(super) unknown: Vec<(String, Position)>,
}

/// Whether a call is `init(params)`, which is worked out once.
pub(super) fn is_init(expr: &Expr, parameters: &str) -> bool {
    let Expr::FnCall(call, _) = expr else { return false };
    let given = |one: &Expr| matches!(one, Expr::Variable(parts, ..) if parts.1 == parameters);
    call.name == "init" && matches!(&call.args[..], [one] if given(one))
}

fn calls_init(body: &[Stmt], parameters: &str) -> bool {
    let mut found = false;
    walk::each(body, &mut |node| {
        found |= matches!(node, ASTNode::Expr(expr) if is_init(expr, parameters));
    });
    found
}

/// Puts variables of inputs for `row.NAME` and the values of constants for their names.
fn bind(
    body: &mut [Stmt],
    arguments: &[String; 2],
    (constants, sub_values): (&Constants, &[String]),
    found: &mut Found,
) {
    walk::expressions(body, &mut |expr| {
        if let Some((name, position)) = property_of(expr, &arguments[0]) {
            let field = input_variable(&name);
            replace_head(expr, variable(&field, position));
            let sub_value = property_of(expr, &field).map(|(sub, _)| format!("{name}.{sub}"));
            match sub_value.filter(|name| sub_values.contains(name)) {
                Some(name) => {
                    replace_head(expr, variable(&input_variable(&name), position));
                    push_new(&mut found.inputs, &name, position);
                }
                None => push_new(&mut found.inputs, &name, position),
            }
            return;
        }
        if let Some((name, position)) = property_of(expr, &arguments[1]) {
            push_new(&mut found.parameters, &name, position);
            // Which value it has is the field's to say.
            return;
        }
        let Expr::Variable(parts, short, position) = expr else { return };
        let (name, position) = (parts.1.to_string(), *position);
        if name.starts_with("row.") {
            return;
        }
        if name == arguments[0] {
            found.whole_row.get_or_insert(position);
        } else if parts.0.is_none() && short.is_none() {
            match constants.get(&name) {
                Some((value, _)) => *expr = constant(value.clone(), position),
                None => found.unknown.push((name, position)),
            }
        }
    });
}

fn push_new(names: &mut Vec<(String, Position)>, name: &str, position: Position) {
    if !names.iter().any(|(known, _)| known == name) {
        names.push((name.to_owned(), position));
    }
}

/// `NAME` where `expr` begins with `ARGUMENT.NAME`.
pub(super) fn property_of(expr: &Expr, argument: &str) -> Option<(String, Position)> {
    let Expr::Dot(pair, ..) = expr else { return None };
    let Expr::Variable(parts, _, position) = &pair.lhs else { return None };
    if parts.1 != argument {
        return None;
    }
    let head = match &pair.rhs {
        Expr::Dot(inner, ..) | Expr::Index(inner, ..) => &inner.lhs,
        other => other,
    };
    let Expr::Property(property, _) = head else { return None };
    Some((property.2.to_string(), *position))
}

/// Puts `head` for the `ARGUMENT.NAME` that `expr` begins with.
pub(super) fn replace_head(expr: &mut Expr, head: Expr) {
    let Expr::Dot(pair, ..) = expr else { return };
    let rest = std::mem::take(&mut pair.rhs);
    *expr = match rest {
        Expr::Dot(mut inner, flags, position) => {
            inner.lhs = head;
            Expr::Dot(inner, flags, position)
        }
        Expr::Index(mut inner, flags, position) => {
            inner.lhs = head;
            Expr::Index(inner, flags, position)
        }
        _ => head,
    };
}

fn variable(name: &str, position: Position) -> Expr {
    Expr::Variable(Box::new((None, name.into())), None, position)
}

/// A value as a literal.
pub(super) fn constant(value: Dynamic, position: Position) -> Expr {
    if let Ok(number) = value.as_int() {
        return Expr::IntegerConstant(number, position);
    }
    if let Ok(flag) = value.as_bool() {
        return Expr::BoolConstant(flag, position);
    }
    if value.is_string() {
        return Expr::StringConstant(value.into_immutable_string().unwrap_or_default(), position);
    }
    if value.is_unit() {
        return Expr::Unit(position);
    }
    Expr::DynamicConstant(Box::new(value), position)
}

/// Other functions know their arguments only: a name of theirs that is none is a slip of the pen.
fn refuse_unknown_in_functions(
    ast: &AST,
    constants: &Constants,
    at: Author<'_>,
) -> Result<(), Box<Fault>> {
    let mut others = ast.clone_functions_only();
    others.retain_functions(|_, _, name, _| name != "generate");
    let mut fault = None;
    others.walk(&mut |nodes| {
        if let Some(ASTNode::Expr(Expr::Variable(parts, short, position))) = nodes.last()
            && parts.0.is_none()
            && short.is_none()
        {
            let name = &parts.1;
            fault.get_or_insert_with(|| {
                if constants.contains_key(name.as_str()) {
                    let message = format!(
                        "the constant `{name}` is known in `generate` only: hand it over as an argument"
                    );
                    at.fault(*position, message)
                } else {
                    at.unknown(name, *position)
                }
            });
        }
        true
    });
    fault.map_or(Ok(()), Err)
}

/// The first lines of comment.
fn summary(text: &str) -> String {
    let comment = |line: &str| {
        let line = line.trim();
        let text = line.strip_prefix("//")?;
        Some(text.trim_start_matches(['!', '/']).trim().to_owned())
    };
    let lines: Vec<String> =
        text.lines().map_while(comment).take_while(|l| !l.is_empty()).collect();
    crate::problems::excerpt(&lines.join(" "))
}
