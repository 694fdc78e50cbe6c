//! Going through a script's syntax tree.

use rhai::{ASTFlags, ASTNode, Expr, FnCallExpr, Position, Stmt, StmtBlock};

/// Calls `visit` with every expression of `statements`, outer ones first: what it puts in their place is
/// gone through as well.
pub(super) fn expressions(statements: &mut [Stmt], visit: &mut dyn FnMut(&mut Expr)) {
    places(statements, &mut |expr, _| visit(expr));
}

/// What visits expressions; true with one that a `for` goes through.
type Visit<'a> = &'a mut dyn FnMut(&mut Expr, bool);

/// The same, which tells what a `for` goes through.
pub(super) fn places(statements: &mut [Stmt], visit: Visit<'_>) {
    for statement in statements {
        match statement {
            Stmt::If(flow, _)
            | Stmt::While(flow, _)
            | Stmt::Do(flow, ..)
            | Stmt::TryCatch(flow, _) => {
                expression(&mut flow.expr, visit);
                block(&mut flow.body, visit);
                block(&mut flow.branch, visit);
            }
            Stmt::For(parts, _) => {
                let flow = &mut parts.2;
                visit(&mut flow.expr, true);
                inside(&mut flow.expr, visit);
                block(&mut flow.body, visit);
                block(&mut flow.branch, visit);
            }
            Stmt::Switch(parts, _) => {
                expression(&mut parts.0, visit);
                for case in &mut parts.1.expressions {
                    expression(&mut case.lhs, visit);
                    expression(&mut case.rhs, visit);
                }
            }
            Stmt::Var(parts, ..) => expression(&mut parts.1, visit),
            Stmt::Assignment(parts) => {
                expression(&mut parts.1.lhs, visit);
                expression(&mut parts.1.rhs, visit);
            }
            Stmt::FnCall(call, _) => arguments(call, visit),
            Stmt::Block(inner) => block(inner, visit),
            Stmt::Expr(inner) => expression(inner, visit),
            Stmt::BreakLoop(Some(inner), ..) | Stmt::Return(Some(inner), ..) => {
                expression(inner, visit);
            }
            _ => {}
        }
    }
}

fn block(block: &mut StmtBlock, visit: Visit<'_>) {
    places(block.statements_mut(), visit);
}

fn arguments(call: &mut FnCallExpr, visit: Visit<'_>) {
    for argument in &mut call.args {
        expression(argument, visit);
    }
}

fn expression(expr: &mut Expr, visit: Visit<'_>) {
    visit(expr, false);
    inside(expr, visit);
}

/// The parts of an expression.
fn inside(expr: &mut Expr, visit: Visit<'_>) {
    match expr {
        Expr::InterpolatedString(parts, _) | Expr::Array(parts, _) => {
            parts.iter_mut().for_each(|part| expression(part, visit));
        }
        Expr::Map(parts, _) => {
            parts.0.iter_mut().for_each(|(_, part)| expression(part, visit));
        }
        Expr::Stmt(inner) => block(inner, visit),
        Expr::FnCall(call, _) | Expr::MethodCall(call, _) => arguments(call, visit),
        Expr::Dot(..) | Expr::Index(..) => links(expr, visit),
        Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => {
            parts.iter_mut().for_each(|part| expression(part, visit));
        }
        _ => {}
    }
}

/// The parts of a chain such as `a[b].c(d)`. What stands right of its points is no expression by itself: `[b].c(d)`
/// is kept as if it were `b.c(d)`.
fn links(chain: &mut Expr, visit: Visit<'_>) {
    let (Expr::Dot(pair, flags, _) | Expr::Index(pair, flags, _)) = chain else { return };
    let goes_on = goes_on(&pair.rhs, *flags);
    expression(&mut pair.lhs, visit);
    if goes_on {
        links(&mut pair.rhs, visit);
    } else {
        expression(&mut pair.rhs, visit);
    }
}

/// Whether what stands right of a point or in brackets, with the flags of the pair, is the rest of a chain.
pub(super) fn goes_on(right: &Expr, flags: ASTFlags) -> bool {
    matches!(right, Expr::Dot(..) | Expr::Index(..)) && !flags.contains(ASTFlags::BREAK)
}

/// Calls `visit` with every node of `body`.
pub(super) fn each(body: &[Stmt], visit: &mut dyn FnMut(&ASTNode<'_>)) {
    let mut path = Vec::new();
    for statement in body {
        statement.walk(&mut path, &mut |nodes| {
            if let Some(node) = nodes.last() {
                visit(node);
            }
            true
        });
    }
}

/// Names that `statements` give to variables of their own, with the place.
pub(super) fn declared(statements: &[Stmt], found: &mut Vec<(String, Position)>) {
    let mut path = Vec::new();
    for statement in statements {
        statement.walk(&mut path, &mut |nodes| {
            let Some(ASTNode::Stmt(inner)) = nodes.last() else { return true };
            match inner {
                Stmt::Var(parts, _, position) => {
                    found.push((parts.0.name.to_string(), *position));
                }
                Stmt::For(parts, position) => {
                    found.push((parts.0.name.to_string(), *position));
                    if let Some(counter) = &parts.1 {
                        found.push((counter.name.to_string(), *position));
                    }
                }
                _ => {}
            }
            true
        });
    }
}
