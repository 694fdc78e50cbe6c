//! Statements: those that end a function by its value, and those that go on.

use rhai::{ASTFlags, Expr, FlowControl, Stmt};

use super::{Compiler, Found, Lowered, NotLowered, cannot};
use crate::sandbox::rhai::lower::call;
use crate::sandbox::rhai::lower::tree::{Node, Step, Type};

impl Compiler<'_> {
    /// The statements of a function: what stands last is returned.
    pub(super) fn tail(&mut self, statements: &[Stmt]) -> Lowered<Vec<Step>> {
        self.scoped(|this| {
            let Some((last, before)) = statements.split_last() else {
                return this.give_null().map(|step| vec![step]);
            };
            let mut steps = this.statements(before);
            this.tail_statement(last, &mut steps)?;
            Ok(steps)
        })
    }

    pub(super) fn tail_statement(&mut self, last: &Stmt, steps: &mut Vec<Step>) -> Lowered<()> {
        match last {
            Stmt::If(flow, _) => {
                let condition = self.typed(&flow.expr, Type::Bool);
                let yes = self.tail(flow.body.statements());
                let yes = self.noted(yes).unwrap_or_default();
                let no = self.tail(flow.branch.statements())?;
                steps.push(Step::If(condition?, yes, no));
            }
            Stmt::Switch(parts, position) => {
                let step = self.switch(&parts.0, &parts.1, *position, true)?;
                steps.extend(step);
            }
            Stmt::Block(block) => steps.extend(self.tail(block.statements())?),
            Stmt::Expr(expr) => {
                // An `if` that stands last may be wrapped as an expression.
                if let Expr::Stmt(block) = &**expr {
                    steps.extend(self.tail(block.statements())?);
                } else {
                    let step = self.returned(Some(expr))?;
                    steps.push(step);
                }
            }
            Stmt::FnCall(call, position) => {
                let (node, kind) = self.call(call, *position)?;
                steps.push(self.give(node, kind, *position)?);
            }
            Stmt::Return(..) => steps.extend(self.statement(last)?),
            other => {
                steps.extend(self.statement(other)?);
                // Nothing goes on behind a loop without an end but by returning.
                if !matches!(other, Stmt::While(flow, _) if is_endless(flow)) {
                    steps.push(self.give_null()?);
                }
            }
        }
        Ok(())
    }

    /// All statements; where one cannot be lowered, the others are looked at all the same.
    pub(super) fn statements(&mut self, statements: &[Stmt]) -> Vec<Step> {
        let mut steps = Vec::with_capacity(statements.len());
        for statement in statements {
            match self.statement(statement) {
                Ok(more) => steps.extend(more),
                Err(error) => {
                    self.note(error);
                    if let Stmt::Var(parts, ..) = statement {
                        self.name(&parts.0.name, None);
                    }
                }
            }
        }
        steps
    }

    pub(super) fn block(&mut self, statements: &[Stmt]) -> Vec<Step> {
        self.scoped(|this| this.statements(statements))
    }

    pub(super) fn statement(&mut self, statement: &Stmt) -> Lowered<Vec<Step>> {
        self.count(statement.position())?;
        Ok(vec![match statement {
            Stmt::Noop(_) => return Ok(Vec::new()),
            Stmt::Block(block) => return Ok(self.block(block.statements())),
            Stmt::Var(parts, _, position) => {
                if matches!(parts.1, Expr::Unit(_)) {
                    return cannot(
                        "a variable without a value: give it one of its type",
                        *position,
                    );
                }
                let (node, kind) = self.expression(&parts.1)?;
                let slot = self.declare(parts.0.name.as_str(), kind);
                Step::Set(slot, node)
            }
            Stmt::Assignment(parts) => self.assignment(&parts.0, &parts.1.lhs, &parts.1.rhs)?,
            Stmt::If(flow, _) => {
                let condition = self.typed(&flow.expr, Type::Bool);
                let yes = self.block(flow.body.statements());
                let no = self.block(flow.branch.statements());
                Step::If(condition?, yes, no)
            }
            Stmt::Switch(parts, position) => {
                return self.switch(&parts.0, &parts.1, *position, false);
            }
            Stmt::While(flow, _) => self.repeat(flow, false, false)?,
            Stmt::Do(flow, flags, _) => {
                self.repeat(flow, true, flags.contains(ASTFlags::NEGATED))?
            }
            Stmt::For(parts, _) => self.go_through(&parts.0.name, parts.1.as_ref(), &parts.2)?,
            Stmt::FnCall(call, position) => Step::Run(self.call(call, *position)?.0),
            Stmt::Expr(expr) => match &**expr {
                Expr::Stmt(block) => return Ok(self.block(block.statements())),
                expr => match self.changed(expr)? {
                    Some(step) => step,
                    None => Step::Run(self.expression(expr)?.0),
                },
            },
            Stmt::BreakLoop(None, flags, _) if self.loops > 0 => {
                if flags.contains(ASTFlags::BREAK) { Step::Break } else { Step::Continue }
            }
            Stmt::Return(expr, flags, _) => {
                if flags.contains(ASTFlags::BREAK) {
                    // What it throws may fail as well: the interpreter finds out.
                    return Ok(vec![Step::Fail]);
                }
                self.returned(expr.as_deref())?
            }
            Stmt::TryCatch(_, position) => {
                return cannot("`try`: ask by `if` for what would fail", *position);
            }
            other => return cannot("this statement", other.position()),
        }])
    }

    /// `text.trim();` and its like, which change the text that a variable holds.
    fn changed(&mut self, expr: &Expr) -> Lowered<Option<Step>> {
        let Expr::Dot(pair, ..) = expr else { return Ok(None) };
        let (Expr::Variable(parts, ..), Expr::MethodCall(call, position)) = (&pair.lhs, &pair.rhs)
        else {
            return Ok(None);
        };
        let name = format!("set${}", call.name);
        let Found::Slot(slot) = self.find(&parts.1) else { return Ok(None) };
        let own = self.script.functions.keys().any(|(known, _)| *known == *call.name);
        if self.slots[slot] != Type::Text || own || !call::is_known(&name) {
            return Ok(None);
        }
        let arguments = self.all(&call.args, Self::expression)?;
        let values = [(Node::Slot(slot), Type::Text)].into_iter().chain(arguments).collect();
        let (node, _) = self.call_known(&name, values, *position)?;
        Ok(Some(Step::Set(slot, node)))
    }

    pub(super) fn assignment(
        &mut self,
        operation: &rhai::OpAssignment,
        left: &Expr,
        right: &Expr,
    ) -> Lowered<Step> {
        let position = left.position();
        let Expr::Variable(parts, _, _) = left else {
            return cannot("an assignment to part of a value", position);
        };
        let slot = match self.find(&parts.1) {
            Found::Slot(slot) => slot,
            Found::Told => return cannot(NotLowered::TOLD, position),
            Found::No => return cannot("an assignment to an input", position),
        };
        let kind = self.slots[slot];
        let (node, found) = self.expression(right)?;
        let (node, found) = match operation.get_op_assignment_info() {
            None => (node, found),
            Some((.., syntax)) => {
                self.operate(syntax, (Node::Slot(slot), kind), (node, found), position)?
            }
        };
        if found != kind {
            // In the block that made it, nothing can come here without the change.
            if self.is_own(&parts.1) {
                return Ok(Step::Set(self.declare(&parts.1, found), node));
            }
            return cannot("a variable that changes its type: give it one of its own", position);
        }
        Ok(Step::Set(slot, node))
    }
}

/// Whether nothing but `break` and `return` leaves a loop, and no `break` is in sight.
fn is_endless(flow: &FlowControl) -> bool {
    fn breaks(statements: &[Stmt]) -> bool {
        statements.iter().any(|statement| match statement {
            Stmt::BreakLoop(..) => true,
            Stmt::If(flow, _) | Stmt::TryCatch(flow, _) => {
                breaks(flow.body.statements()) || breaks(flow.branch.statements())
            }
            Stmt::Block(block) => breaks(block.statements()),
            Stmt::Switch(parts, _) => parts.1.expressions.iter().any(|case| inside(&case.rhs)),
            Stmt::Expr(expr) => inside(expr),
            _ => false,
        })
    }
    fn inside(expr: &Expr) -> bool {
        matches!(expr, Expr::Stmt(block) if breaks(block.statements()))
    }
    matches!(flow.expr, Expr::Unit(_) | Expr::BoolConstant(true, _))
        && !breaks(flow.body.statements())
}
