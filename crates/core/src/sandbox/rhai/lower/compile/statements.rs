//! Statements: those that end a function by its value, and those that go on.

use rhai::{ASTFlags, Expr, FlowControl, Position, Stmt};

use super::{Compiler, Lowered, cannot};
use crate::sandbox::rhai::lower::tree::{Node, Step, Type};

impl Compiler<'_> {
    /// The statements of a function: what stands last is returned.
    pub(super) fn tail(&mut self, statements: &[Stmt]) -> Lowered<Vec<Step>> {
        self.scoped(|this| {
            let Some((last, before)) = statements.split_last() else {
                return this.give(None).map(|step| vec![step]);
            };
            let mut steps = this.statements(before)?;
            this.tail_statement(last, &mut steps)?;
            Ok(steps)
        })
    }

    pub(super) fn tail_statement(&mut self, last: &Stmt, steps: &mut Vec<Step>) -> Lowered<()> {
        match last {
            Stmt::If(flow, _) => {
                let condition = self.typed(&flow.expr, Type::Bool)?;
                let yes = self.tail(flow.body.statements())?;
                let no = self.tail(flow.branch.statements())?;
                steps.push(Step::If(condition, yes, no));
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
                steps.push(self.give(Some((node, kind, *position)))?);
            }
            Stmt::Return(..) => steps.extend(self.statement(last)?),
            other => {
                steps.extend(self.statement(other)?);
                steps.push(self.give(None)?);
            }
        }
        Ok(())
    }

    pub(super) fn returned(&mut self, expr: Option<&Expr>) -> Lowered<Step> {
        match expr {
            None | Some(Expr::Unit(_)) => self.give(None),
            Some(expr) => {
                let (node, kind) = self.expression(expr)?;
                self.give(Some((node, kind, expr.position())))
            }
        }
    }

    /// Returns a value, or null.
    pub(super) fn give(&mut self, value: Option<(Node, Type, Position)>) -> Lowered<Step> {
        let Some(outcome) = self.results.last_mut() else {
            return cannot("a return outside of functions", Position::NONE);
        };
        let Some((node, kind, position)) = value else {
            outcome.null = true;
            return Ok(Step::Return(None));
        };
        match outcome.value.get_or_insert(kind) {
            known if *known == kind => Ok(Step::Return(Some(node))),
            _ => cannot("results of different types", position),
        }
    }

    pub(super) fn statements(&mut self, statements: &[Stmt]) -> Lowered<Vec<Step>> {
        let mut steps = Vec::with_capacity(statements.len());
        for statement in statements {
            steps.extend(self.statement(statement)?);
        }
        Ok(steps)
    }

    pub(super) fn block(&mut self, statements: &[Stmt]) -> Lowered<Vec<Step>> {
        self.scoped(|this| this.statements(statements))
    }

    pub(super) fn statement(&mut self, statement: &Stmt) -> Lowered<Vec<Step>> {
        self.count(statement.position())?;
        Ok(vec![match statement {
            Stmt::Noop(_) => return Ok(Vec::new()),
            Stmt::Block(block) => return self.block(block.statements()),
            Stmt::Var(parts, _, position) => {
                let (node, kind) = self.expression(&parts.1).or_else(|error| {
                    if matches!(parts.1, Expr::Unit(_)) {
                        return cannot("a variable without a value", *position);
                    }
                    Err(error)
                })?;
                let slot = self.declare(parts.0.name.as_str(), kind);
                Step::Set(slot, node)
            }
            Stmt::Assignment(parts) => self.assignment(&parts.0, &parts.1.lhs, &parts.1.rhs)?,
            Stmt::If(flow, _) => {
                let condition = self.typed(&flow.expr, Type::Bool)?;
                let yes = self.block(flow.body.statements())?;
                let no = self.block(flow.branch.statements())?;
                Step::If(condition, yes, no)
            }
            Stmt::Switch(parts, position) => {
                return self.switch(&parts.0, &parts.1, *position, false);
            }
            Stmt::While(flow, _) => self.repeat(flow, false, false)?,
            Stmt::Do(flow, flags, _) => {
                self.repeat(flow, true, flags.contains(ASTFlags::NEGATED))?
            }
            Stmt::For(parts, position) => {
                if parts.1.is_some() {
                    return cannot("`for` with a counter", *position);
                }
                self.count_through(parts.0.name.as_str(), &parts.2, *position)?
            }
            Stmt::FnCall(call, position) => Step::Run(self.call(call, *position)?.0),
            Stmt::Expr(expr) => match &**expr {
                Expr::Stmt(block) => return self.block(block.statements()),
                expr => Step::Run(self.expression(expr)?.0),
            },
            Stmt::BreakLoop(None, flags, position) if self.loops > 0 => {
                let _ = position;
                if flags.contains(ASTFlags::BREAK) { Step::Break } else { Step::Continue }
            }
            Stmt::Return(expr, flags, position) => {
                if flags.contains(ASTFlags::BREAK) {
                    return cannot("`throw`", *position);
                }
                self.returned(expr.as_deref())?
            }
            Stmt::TryCatch(_, position) => return cannot("`try`", *position),
            other => return cannot("this statement", other.position()),
        }])
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
        let Some(slot) = self.find(&parts.1) else {
            return cannot("an assignment to an input", position);
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
            return cannot("a variable that changes its type", position);
        }
        Ok(Step::Set(slot, node))
    }

    pub(super) fn repeat(
        &mut self,
        flow: &FlowControl,
        after: bool,
        negated: bool,
    ) -> Lowered<Step> {
        let before = self.nodes;
        let condition = match &flow.expr {
            Expr::Unit(_) => None,
            expr => Some(self.typed(expr, Type::Bool)?),
        };
        let body = self.looped(|this| this.block(flow.body.statements()))?;
        let operations = (self.nodes - before) * 2 + 8;
        Ok(Step::Loop { condition, negated, after, body, operations })
    }

    pub(super) fn looped<T>(&mut self, act: impl FnOnce(&mut Self) -> Lowered<T>) -> Lowered<T> {
        self.loops += 1;
        let result = act(self);
        self.loops -= 1;
        result
    }

    pub(super) fn count_through(
        &mut self,
        name: &str,
        flow: &FlowControl,
        position: Position,
    ) -> Lowered<Step> {
        let Expr::FnCall(range, _) = &flow.expr else {
            return cannot("`for` over anything but a range", position);
        };
        let inclusive = match (range.name.as_str(), range.args.len()) {
            ("..", 2) => false,
            ("..=", 2) => true,
            _ => return cannot("`for` over anything but a range", position),
        };
        let from = self.typed(&range.args[0], Type::Int)?;
        let to = self.typed(&range.args[1], Type::Int)?;
        let before = self.nodes;
        self.scoped(|this| {
            let slot = this.declare(name, Type::Int);
            let body = this.looped(|this| this.block(flow.body.statements()))?;
            let operations = (this.nodes - before) * 2 + 8;
            Ok(Step::For { slot, from, to, inclusive, body, operations })
        })
    }
}
