//! What a script works out of constants and parameters alone is worked out once for a field, not in every row.
//!
//! Both tiers run the result: `CODES.map(|code| code[2])` is a list, `timestamp(params.start)` a point in time.
//! Only functions that draw nothing, ask nothing of the row and change nothing take part, and what fails is left as
//! it is: it may stand in a branch that is never taken.

use std::collections::BTreeSet;

use rhai::{AST, ASTFlags, ASTNode, Array, Dynamic, Engine, Expr, FnPtr, Map, Scope, Stmt};

use super::read::constant;
use super::shared::share;
use super::{files, host, walk};

/// Most constants that are worked out for one script: each may take as long as a row.
const MOST: usize = 1_000;

/// Puts values for the expressions of `body` that depend on nothing; `functions` are the script's own.
pub(super) fn fold(engine: &Engine, functions: &AST, body: &mut [Stmt]) {
    let pure = Pure::new(functions);
    let mut left = MOST;
    loop {
        work_out(engine, functions, &pure, &mut left, body);
        if !spread(&pure, body) {
            return;
        }
    }
}

fn work_out(engine: &Engine, functions: &AST, pure: &Pure, left: &mut usize, body: &mut [Stmt]) {
    walk::expressions(body, &mut |expr| {
        if *left == 0 || !is_worth(expr) || !pure.is_fixed(expr) {
            return;
        }
        *left -= 1;
        let position = expr.position();
        let mut statement = [Stmt::Expr(Box::new(expr.clone()))];
        if files::are_in(&statement) {
            share(&mut statement);
        }
        let ast = AST::new(statement, functions.shared_lib().clone());
        let value = engine.eval_ast_with_scope::<Dynamic>(&mut Scope::new(), &ast);
        if let Ok(value) = value
            && is_plain(&value)
        {
            *expr = constant(value, position);
        }
    });
}

/// Puts lists and maps for the variables that never hold anything else, one variable at a time; whether there was one.
fn spread(pure: &Pure, body: &mut [Stmt]) -> bool {
    let mut declared = Vec::new();
    walk::declared(body, &mut declared);
    let is_once = |name: &str| declared.iter().filter(|(known, _)| known == name).count() == 1;
    let Some((name, value)) = held(body)
        .into_iter()
        .find(|(name, _)| is_once(name) && is_read(body, name) && !pure.is_changed(body, name))
    else {
        return false;
    };
    walk::expressions(body, &mut |expr| {
        if let Expr::Variable(parts, _, position) = expr
            && parts.1 == name
        {
            *expr = Expr::DynamicConstant(Box::new(value.clone()), *position);
        }
    });
    true
}

/// Variables that are made with a list or map of constants.
fn held(body: &[Stmt]) -> Vec<(String, Dynamic)> {
    let mut held = Vec::new();
    walk::each(body, &mut |node| {
        if let ASTNode::Stmt(Stmt::Var(parts, ..)) = node
            && let Expr::DynamicConstant(value, _) = &parts.1
            && (value.is_array() || value.is_map() || files::of(value).is_some())
        {
            held.push((parts.0.name.to_string(), (**value).clone()));
        }
    });
    held
}

fn is_read(body: &[Stmt], name: &str) -> bool {
    let mut found = false;
    walk::each(body, &mut |node| {
        found |= matches!(node, ASTNode::Expr(expr) if is_variable(expr, name));
    });
    found
}

fn is_variable(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Variable(parts, ..) if parts.1 == name)
}

/// Whether there is something to work out.
fn is_worth(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::FnCall(..) | Expr::Dot(..) | Expr::Index(..) | Expr::Array(..) | Expr::Map(..)
    )
}

/// Whether a value may stand in a script: no function, no iterator.
pub(super) fn is_plain(value: &Dynamic) -> bool {
    if let Some(list) = value.read_lock::<Array>() {
        return list.iter().all(is_plain);
    }
    if let Some(map) = value.read_lock::<Map>() {
        return map.values().all(is_plain);
    }
    value.is_int()
        || value.is_float()
        || value.is_bool()
        || value.is_string()
        || value.is_unit()
        || value.is::<host::dates::Date>()
        || value.is::<host::dates::Timestamp>()
        || value.is::<host::decimal::Decimal>()
}

/// Which functions give the same for the same arguments.
struct Pure {
    host: BTreeSet<&'static str>,
    /// Closures of the script that call such functions only.
    closures: BTreeSet<String>,
}

impl Pure {
    fn new(functions: &AST) -> Self {
        let drawing: BTreeSet<&str> =
            host::forms().filter(|form| form.draws).map(|form| form.name).collect();
        let mut host: BTreeSet<&'static str> =
            host::forms().map(|form| form.name).filter(|name| !drawing.contains(name)).collect();
        host.extend(host::PURE);
        host.extend(["format", "table_rows"]);
        // A script's own function of the name wins.
        for function in functions.iter_functions() {
            host.remove(function.name);
        }
        let mut pure = Self { host, closures: BTreeSet::new() };
        let mut impure = BTreeSet::new();
        let closures = functions.iter_functions().map(|function| function.name.to_owned());
        let closures: Vec<String> = closures.filter(|name| name.starts_with("anon$")).collect();
        for name in &closures {
            let mut one = functions.clone_functions_only();
            one.retain_functions(|_, _, function, _| function == name);
            one.walk(&mut |nodes| {
                if !nodes.last().is_some_and(|node| pure.is_step(node)) {
                    impure.insert(name.clone());
                }
                true
            });
        }
        pure.closures = closures.into_iter().filter(|name| !impure.contains(name)).collect();
        pure
    }

    /// Whether one step of a closure is sure to do nothing but give a value.
    fn is_step(&self, node: &ASTNode<'_>) -> bool {
        match node {
            ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _))
            | ASTNode::Stmt(Stmt::FnCall(call, _)) => {
                self.host.contains(call.name.as_str()) || is_operator(&call.name)
            }
            ASTNode::Expr(Expr::ThisPtr(_)) => false,
            ASTNode::Expr(_)
            | ASTNode::Stmt(
                Stmt::Expr(_) | Stmt::If(..) | Stmt::Block(_) | Stmt::Var(..) | Stmt::Return(..),
            ) => true,
            ASTNode::Stmt(_) => false,
            _ => false,
        }
    }

    /// Whether anything in `body` may change what the variable holds.
    fn is_changed(&self, body: &[Stmt], name: &str) -> bool {
        let changes = |called: &str| !self.host.contains(called) && !DRAWS.contains(&called);
        let mut found = false;
        walk::each(body, &mut |node| match node {
            ASTNode::Stmt(Stmt::Assignment(parts)) => found |= begins_with(&parts.1.lhs, name),
            ASTNode::Stmt(Stmt::FnCall(call, _)) | ASTNode::Expr(Expr::FnCall(call, _)) => {
                let first = call.args.first().is_some_and(|first| is_variable(first, name));
                found |= first && changes(&call.name) && !is_operator(&call.name);
            }
            ASTNode::Expr(chain @ (Expr::Dot(..) | Expr::Index(..)))
                if begins_with(chain, name) =>
            {
                found |= methods(chain).iter().any(|called| changes(called));
            }
            _ => {}
        });
        found
    }

    /// Whether `expr` has the same value in every row.
    fn is_fixed(&self, expr: &Expr) -> bool {
        match expr {
            Expr::DynamicConstant(value, _) => match value.read_lock::<FnPtr>() {
                Some(function) => {
                    self.closures.contains(function.fn_name()) && !function.is_curried()
                }
                None => is_plain(value) || files::of(value).is_some(),
            },
            Expr::BoolConstant(..)
            | Expr::IntegerConstant(..)
            | Expr::FloatConstant(..)
            | Expr::StringConstant(..)
            | Expr::CharConstant(..)
            | Expr::Property(..)
            | Expr::Unit(_) => true,
            Expr::InterpolatedString(parts, _) | Expr::Array(parts, _) => {
                parts.iter().all(|part| self.is_fixed(part))
            }
            Expr::Map(parts, _) => parts.0.iter().all(|(_, part)| self.is_fixed(part)),
            Expr::FnCall(call, _) | Expr::MethodCall(call, _) => {
                let known = self.host.contains(call.name.as_str()) || is_operator(&call.name);
                known
                    && !call.capture_parent_scope
                    && call.args.iter().all(|argument| self.is_fixed(argument))
            }
            Expr::Dot(pair, flags, _) | Expr::Index(pair, flags, _) => {
                !flags.contains(ASTFlags::NEGATED)
                    && self.is_fixed(&pair.lhs)
                    && self.is_fixed(&pair.rhs)
            }
            _ => false,
        }
    }
}

/// Whether a function is an operator of the language.
fn is_operator(name: &str) -> bool {
    host::PURE.contains(&name) && !name.starts_with(|first: char| first.is_ascii_alphabetic())
}

/// Functions that draw from a list and leave it as it is.
const DRAWS: [&str; 4] = ["pick", "pick_weighted", "sample", "shuffle"];

/// Whether `expr` is the variable, or a chain that begins with it.
fn begins_with(expr: &Expr, name: &str) -> bool {
    match expr {
        Expr::Dot(pair, ..) | Expr::Index(pair, ..) => begins_with(&pair.lhs, name),
        other => is_variable(other, name),
    }
}

/// The methods that a chain calls.
fn methods(chain: &Expr) -> Vec<&str> {
    let mut methods = Vec::new();
    let mut here = chain;
    while let Expr::Dot(pair, flags, _) | Expr::Index(pair, flags, _) = here {
        let goes_on = walk::goes_on(&pair.rhs, *flags);
        let head = match &pair.rhs {
            Expr::Dot(next, ..) | Expr::Index(next, ..) if goes_on => &next.lhs,
            other => other,
        };
        if let Expr::MethodCall(call, _) = head {
            methods.push(call.name.as_str());
        }
        if !goes_on {
            break;
        }
        here = &pair.rhs;
    }
    methods
}
