//! What is wrong with a script whatever it is run with: told when it is loaded, with its place.
//!
//! A call that only one row in a million makes is looked at like any other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use rhai::{ASTFlags, ASTNode, Expr, FnCallExpr, Position, Stmt};

use super::declared::hinted;
use super::gathered::{missing, unknown_sub_value};
use super::host;
use super::read::{Author, Script};
use super::walk;
use crate::problems::did_you_mean;
use crate::sandbox::{Fault, Limits};

/// Looks at a script.
///
/// # Errors
///
/// What is wrong first.
pub(super) fn check(script: &Script, at: Author<'_>) -> Result<(), Box<Fault>> {
    calls(script, at)?;
    if script.nullable != Some(true)
        && let Some(position) = without_value(&script.body, Position::NONE)
    {
        let message = "`generate` can end here without a value: give one, say `()` where it is null, or \
                       `const nullable = true;` at the top of the script";
        return Err(at.fault(position, message.to_owned()));
    }
    records(script, at)
}

/// Names of functions that the language and the host have, with the numbers of their arguments.
fn known() -> &'static BTreeMap<String, BTreeSet<usize>> {
    static KNOWN: OnceLock<BTreeMap<String, BTreeSet<usize>>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let engine = super::engine::engine(&Limits::default(), "");
        let all = engine.collect_fn_metadata(
            None,
            |info| Some((info.metadata.name.to_string(), info.metadata.num_params)),
            true,
        );
        let mut known: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (name, count) in all {
            known.entry(name).or_default().insert(count);
        }
        known
    })
}

/// Functions that are words of the language, and take as many arguments as they are given or check that themselves.
const WORDS: [&str; 10] = [
    "print",
    "debug",
    "type_of",
    "Fn",
    "call",
    "curry",
    "is_def_var",
    "is_def_fn",
    "is_shared",
    "eval",
];

/// All calls, in any branch: their functions exist, and take so many arguments.
fn calls(script: &Script, at: Author<'_>) -> Result<(), Box<Fault>> {
    let own: Vec<(&str, usize)> = script
        .functions
        .iter_functions()
        .map(|function| (function.name, function.params.len()))
        .collect();
    let mut fault = None;
    script.functions.walk(&mut |nodes| {
        let (call, position, receiver) = match nodes.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, position))) => (call, *position, 0),
            Some(ASTNode::Expr(Expr::MethodCall(call, position))) => (call, *position, 1),
            Some(ASTNode::Stmt(Stmt::FnCall(call, position))) => (call, *position, 0),
            _ => return true,
        };
        match wrong_call(call, receiver, &own) {
            Some(message) => {
                fault = Some(at.fault(position, message));
                false
            }
            None => true,
        }
    });
    fault.map_or(Ok(()), Err)
}

/// What is wrong with a call; `receiver` is 1 where a value stands before its point.
fn wrong_call(call: &FnCallExpr, receiver: usize, own: &[(&str, usize)]) -> Option<String> {
    let name = call.name.as_str();
    let count = call.args.len() + receiver;
    let is_word = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if call.is_operator_call() || !is_word || WORDS.contains(&name) || name.starts_with("anon$") {
        return None;
    }
    // A method of the script's own has its value as `this`, which is no argument.
    if own.iter().any(|(known, takes)| *known == name && [count, call.args.len()].contains(takes)) {
        return None;
    }
    let counts = match known().get(name) {
        Some(counts) if counts.contains(&count) => return None,
        Some(counts) => counts.clone(),
        None => {
            let counts = own.iter().filter(|(known, _)| *known == name);
            counts.map(|(_, takes)| *takes).collect()
        }
    };
    let signature = host::functions().find(|function| function.name() == name);
    let signature = signature.map(|function| function.signature);
    if counts.is_empty() {
        let names = known().keys().map(String::as_str).chain(own.iter().map(|(known, _)| *known));
        let is_word = |known: &&str| known.starts_with(|first: char| first.is_ascii_alphabetic());
        let names: Vec<&str> = names.filter(is_word).filter(|known| !known.contains('$')).collect();
        let meant = did_you_mean(name, names.iter().copied());
        let meant = meant.and_then(|meant| host::functions().find(|one| one.name() == meant));
        let message = hinted(format!("there is no function `{name}`"), name, names.into_iter());
        return Some(match meant {
            Some(function) => format!("{message}: {}", function.signature),
            None => message,
        });
    }
    let takes = match signature {
        Some(signature) => format!("expected {signature}"),
        None => {
            let counts: Vec<String> = counts
                .iter()
                .map(|takes| if receiver == 1 { takes.saturating_sub(1) } else { *takes })
                .map(|takes| takes.to_string())
                .collect();
            format!("expected {}", counts.join(" or "))
        }
    };
    let given = call.args.len();
    let arguments = if given == 1 { "argument" } else { "arguments" };
    Some(format!("`{name}` is called with {given} {arguments}, {takes}"))
}

/// Where a way through `statements` ends without a value; `start` is told where there is nothing.
fn without_value(statements: &[Stmt], start: Position) -> Option<Position> {
    let last = statements.iter().rev().find(|statement| !matches!(statement, Stmt::Noop(_)));
    let Some(last) = last else { return Some(start) };
    match last {
        Stmt::If(flow, position) => {
            let yes = without_value(flow.body.statements(), *position);
            yes.or_else(|| without_value(flow.branch.statements(), *position))
        }
        Stmt::Switch(parts, position) => {
            let cases = &parts.1;
            let all = [true, false]
                .map(|flag| cases.cases.iter().any(|(_, case)| case.value.as_bool() == Ok(flag)));
            if cases.def_case.is_none() && all != [true, true] {
                return Some(*position);
            }
            let arms = cases.expressions.iter();
            arms.map(|arm| &arm.rhs).find_map(expression_without_value)
        }
        Stmt::TryCatch(flow, position) => {
            let tried = without_value(flow.body.statements(), *position);
            tried.or_else(|| without_value(flow.branch.statements(), *position))
        }
        Stmt::Block(block) => without_value(block.statements(), block.position()),
        Stmt::Expr(expr) => expression_without_value(expr),
        Stmt::While(flow, position)
            if matches!(flow.expr, Expr::Unit(_) | Expr::BoolConstant(true, _)) =>
        {
            breaks_without_value(flow.body.statements()).then_some(*position)
        }
        Stmt::Var(..) | Stmt::Assignment(_) | Stmt::While(..) | Stmt::Do(..) | Stmt::For(..) => {
            Some(last.position())
        }
        _ => None,
    }
}

fn expression_without_value(expr: &Expr) -> Option<Position> {
    let Expr::Stmt(block) = expr else { return None };
    without_value(block.statements(), block.position())
}

/// Whether a `break` without a value leaves the loop of this body.
fn breaks_without_value(body: &[Stmt]) -> bool {
    let inside =
        |expr: &Expr| matches!(expr, Expr::Stmt(block) if breaks_without_value(block.statements()));
    body.iter().any(|statement| match statement {
        Stmt::BreakLoop(None, flags, _) => flags.contains(ASTFlags::BREAK),
        Stmt::If(flow, _) | Stmt::TryCatch(flow, _) => {
            breaks_without_value(flow.body.statements())
                || breaks_without_value(flow.branch.statements())
        }
        Stmt::Block(block) => breaks_without_value(block.statements()),
        Stmt::Switch(parts, _) => parts.1.expressions.iter().any(|case| inside(&case.rhs)),
        Stmt::Expr(expr) => inside(expr),
        _ => false,
    })
}

/// Maps of a value and sub-values that are written out where `generate` returns: they name what was declared.
fn records(script: &Script, at: Author<'_>) -> Result<(), Box<Fault>> {
    let sub_values = &script.description.sub_values;
    if sub_values.is_empty() {
        return Ok(());
    }
    let returned = returned(&script.body);
    let names = || ["value"].into_iter().chain(sub_values.iter().map(|sub| sub.name.as_str()));
    for expr in &returned {
        let Expr::Map(parts, position) = expr else { continue };
        let has = |name: &str| parts.0.iter().any(|(known, _)| known.name == name);
        if let Some((unknown, _)) =
            parts.0.iter().find(|(known, _)| !names().any(|n| n == known.name))
        {
            let message = unknown_sub_value(&unknown.name, names());
            return Err(at.fault(unknown.pos, message));
        }
        if let Some(name) = names().find(|name| !has(name)) {
            return Err(at.fault(*position, missing(name)));
        }
    }
    Ok(())
}

/// What `generate` returns, wherever it does.
fn returned(body: &[Stmt]) -> Vec<Expr> {
    let mut returned = Vec::new();
    last_expressions(body, &mut returned);
    walk::each(body, &mut |node| {
        if let ASTNode::Stmt(Stmt::Return(Some(expr), flags, _)) = node
            && !flags.contains(ASTFlags::BREAK)
        {
            returned.push((**expr).clone());
        }
    });
    returned
}

/// Whether nothing is done with a variable of `generate` but to return it, by itself or in a map, and to ask whether
/// it is null.
pub(super) fn is_given_on(body: &[Stmt], name: &str) -> bool {
    let is_it = |expr: &Expr| matches!(expr, Expr::Variable(parts, ..) if parts.1 == name);
    let (mut mentions, mut harmless) = (0, 0);
    walk::each(body, &mut |node| match node {
        ASTNode::Expr(expr) if is_it(expr) => mentions += 1,
        ASTNode::Expr(Expr::FnCall(call, _)) if matches!(&*call.name, "==" | "!=") => {
            if let [left, Expr::Unit(_)] = &call.args[..] {
                harmless += usize::from(is_it(left));
            }
        }
        _ => {}
    });
    for expr in returned(body) {
        harmless += match &expr {
            Expr::Map(parts, _) => parts.0.iter().filter(|(_, part)| is_it(part)).count(),
            expr => usize::from(is_it(expr)),
        };
    }
    mentions == harmless
}

/// The expressions that stand last, in every branch.
fn last_expressions(statements: &[Stmt], found: &mut Vec<Expr>) {
    let inside = |expr: &Expr, found: &mut Vec<Expr>| match expr {
        Expr::Stmt(block) => last_expressions(block.statements(), found),
        other => found.push(other.clone()),
    };
    match statements.iter().rev().find(|statement| !matches!(statement, Stmt::Noop(_))) {
        Some(Stmt::If(flow, _) | Stmt::TryCatch(flow, _)) => {
            last_expressions(flow.body.statements(), found);
            last_expressions(flow.branch.statements(), found);
        }
        Some(Stmt::Switch(parts, _)) => {
            parts.1.expressions.iter().for_each(|case| inside(&case.rhs, found));
        }
        Some(Stmt::Block(block)) => last_expressions(block.statements(), found),
        Some(Stmt::Expr(expr)) => inside(expr, found),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::sandbox::rhai::ScriptProgram;
    use crate::sandbox::{Limits, Source};

    /// What loading says of a script.
    fn told(text: &str) -> String {
        let bytes = Arc::new(text.as_bytes().to_vec());
        let source = Source {
            label: "t",
            stem: "t",
            bytes: &bytes,
            digest: "",
            cache: None,
            attachments: &[],
        };
        match ScriptProgram::load(&source, &Limits::default()) {
            Ok(_) => "loads".to_owned(),
            Err(fault) => fault.to_string(),
        }
    }

    fn all(bodies: &[&str]) -> String {
        let lines = bodies.iter().map(|body| {
            let text =
                format!("const sub = 1;\nfn generate(row, params) {{ {body} }}\nfn own(a) {{ a }}");
            format!("{body} -> {}\n", told(&text))
        });
        lines.collect()
    }

    /// Issue 11, L1 and M5.
    #[test]
    fn calls_of_unknown_functions_are_told_in_any_branch() {
        insta::assert_snapshot!(all(&[
            "if row_number() == 500000 { rndint(1, 6) } else { 1 }",
            "[1, 2].map(|v| rand_intt(v, 6))[0]",
            "rand_int(6)",
            "\"a\".to_uper()",
            "\"a\".sub_string()",
            "own(1, 2)",
            "ownn(1)",
            "own(1) + luhn(\"1\").len() + [1].filter(|v| v > 0).len() + type_of(1).len()",
            "let f = Fn(\"own\"); f.call(1)",
            "print(1); debug(1); log(\"a\"); sleep(1); 1",
        ]), @r#"
        if row_number() == 500000 { rndint(1, 6) } else { 1 } -> t:2:56: there is no function `rndint` (did you mean `rand_int`?): rand_int(low, high)
        [1, 2].map(|v| rand_intt(v, 6))[0] -> t:2:43: there is no function `rand_intt` (did you mean `rand_int`?): rand_int(low, high)
        rand_int(6) -> t:2:28: `rand_int` is called with 1 argument, expected rand_int(low, high)
        "a".to_uper() -> t:2:32: there is no function `to_uper` (did you mean `to_upper`?)
        "a".sub_string() -> t:2:32: `sub_string` is called with 0 arguments, expected 1 or 2
        own(1, 2) -> t:2:28: `own` is called with 2 arguments, expected 1
        ownn(1) -> t:2:28: there is no function `ownn` (did you mean `own`?)
        own(1) + luhn("1").len() + [1].filter(|v| v > 0).len() + type_of(1).len() -> loads
        let f = Fn("own"); f.call(1) -> loads
        print(1); debug(1); log("a"); sleep(1); 1 -> loads
        "#);
    }

    /// Issue 11, D2.
    #[test]
    fn ways_that_end_without_a_value_are_told() {
        insta::assert_snapshot!(all(&[
            "let x = rand_int(1, 6);",
            "if row_number() > 0 { \"a\" }",
            "if row_number() > 0 { \"a\" } else if row_number() > 1 { 2 }",
            "switch row_number() { 1 => 2 }",
            "switch true { true => 2, false => 3 }",
            "switch row_number() { 1 => { let x = 1; } _ => 2 }",
            "for i in 0..3 { i }",
            "let x = 1; x = 2;",
            "",
            "loop { break; }",
            "loop { if row_number() > 0 { return 1; } }",
            "loop { break 1; }",
            "rand_int(1, 6);",
            "if row_number() > 0 { () } else { return; }",
            "throw 1",
        ]), @r#"
        let x = rand_int(1, 6); -> t:2:28: `generate` can end here without a value: give one, say `()` where it is null, or `const nullable = true;` at the top of the script
        if row_number() > 0 { "a" } -> t:2:28: `generate` can end here without a value: give one, say `()` where it is null, or `const nullable = true;` at the top of the script
        if row_number() > 0 { "a" } else if row_number() > 1 { 2 } -> t:2:61: `generate` can end here without a value: give one, say `()` where it is null, or `const nullable = true;` at the top of the script
        switch row_number() { 1 => 2 } -> t:2:28: `generate` can end here without a value: give one, say `()` where it is null, or `const nullable = true;` at the top of the script
        switch true { true => 2, false => 3 } -> loads
        switch row_number() { 1 => { let x = 1; } _ => 2 } -> t:2:57: `generate` can end here without a value: give one, say `()` where it is null, or `const nullable = true;` at the top of the script
        for i in 0..3 { i } -> t:2:28: `generate` can end here without a value: give one, say `()` where it is null, or `const nullable = true;` at the top of the script
        let x = 1; x = 2; -> t:2:41: `generate` can end here without a value: give one, say `()` where it is null, or `const nullable = true;` at the top of the script
         -> t: `generate` can end here without a value: give one, say `()` where it is null, or `const nullable = true;` at the top of the script
        loop { break; } -> t:2:28: `generate` can end here without a value: give one, say `()` where it is null, or `const nullable = true;` at the top of the script
        loop { if row_number() > 0 { return 1; } } -> loads
        loop { break 1; } -> loads
        rand_int(1, 6); -> loads
        if row_number() > 0 { () } else { return; } -> loads
        throw 1 -> loads
        "#);
        let text = "const nullable = true; fn generate(row, params) { let x = 1; }";
        assert_eq!(told(text), "loads");
    }

    /// Issue 11, D6, D7 and M7.
    #[test]
    fn what_was_declared_is_what_is_used() {
        let told: String = [
            "const sub_values = #{ lat: \"float64\" };\nfn generate(row, params) { #{ value: 1 } }",
            "const sub_values = #{ lat: \"float64\" };\nfn generate(row, params) { #{ value: 1, latt: 1.0 } }",
            "const sub_values = #{ lat: \"float64\" };\nfn generate(row, params) { if row.a { return #{ lat: 1.0 }; } () }",
            "const sub_values = #{ lat: \"float64\" };\nfn generate(row, params) { #{ value: 1, lat: () } }",
            "const params = #{ n: #{ value: 5, min: 1 } };\nfn generate(row, params) { params.n }",
            "const params = #{ n: #{ value: 5, dok: \"\" } };\nfn generate(row, params) { params.n }",
            "const params = #{ n: #{ value: 5, doc: 7 } };\nfn generate(row, params) { params.n }",
            "const params = #{ digits: 5 };\nfn generate(row, params) {\n  params.digit\n}",
            "const inputs = [\"price\"];\nfn generate(row, params) {\n  row.prize\n}",
        ]
        .iter()
        .map(|text| format!("{}\n", told(text)))
        .collect();
        insta::assert_snapshot!(told, @r#"
        t:2:28: the map that the script gives has no `lat`: say `lat: ()` where it is null
        t:2:41: the map that the script gives has `latt`, which `sub_values` does not name (did you mean `lat`?)
        t:2:46: the map that the script gives has no `value`: say `value: ()` where it is null
        loads
        t:1:1: the parameter `n` says `min`, which has no effect, expected value, kind, required or doc
        t:1:1: the parameter `n` says `dok`, which has no effect, expected value, kind, required or doc (did you mean `doc`?)
        t:1:1: the parameter `n` has a `doc` that is no text
        t:3:3: `digit` is read, but `params` does not name it (did you mean `digits`?)
        t:3:3: `prize` is read, but `inputs` does not name it (did you mean `price`?)
        "#);
    }
}
