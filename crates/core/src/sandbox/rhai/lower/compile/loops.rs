//! Loops.

use rhai::{Expr, FlowControl, Ident, Position};

use super::{Compiler, Lowered, MOST_VECTORS, cannot};
use crate::sandbox::rhai::lower::tables::Shape;
use crate::sandbox::rhai::lower::tree::{Step, Through, Type};

impl Compiler<'_> {
    pub(super) fn repeat(
        &mut self,
        flow: &FlowControl,
        after: bool,
        negated: bool,
    ) -> Lowered<Step> {
        let before = self.nodes;
        let condition = match &flow.expr {
            Expr::Unit(_) => None,
            expr => Some(self.typed(expr, Type::Bool)),
        };
        let body = self.looped(|this| this.block(flow.body.statements()));
        let condition = condition.transpose()?;
        let operations = (self.nodes - before) * 2 + 8;
        Ok(Step::Loop { condition, negated, after, body, operations })
    }

    pub(super) fn looped<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        self.loops += 1;
        let result = act(self);
        self.loops -= 1;
        result
    }

    /// `for name, counter in …`.
    pub(super) fn go_through(
        &mut self,
        name: &str,
        counter: Option<&Ident>,
        flow: &FlowControl,
    ) -> Lowered<Step> {
        let through = self.through(&flow.expr);
        let before = self.nodes;
        self.scoped(|this| {
            let kind = through.as_ref().ok().map(|(_, kind)| *kind);
            let slot = kind.map(|kind| this.new_slot(kind));
            this.name(name, slot);
            let counter = counter.map(|counter| this.declare(&counter.name, Type::Int));
            let body = this.looped(|this| this.block(flow.body.statements()));
            let (through, _) = through?;
            let operations = (this.nodes - before) * 2 + 8;
            let slot = slot.unwrap_or_default();
            Ok(Step::For { slot, counter, through, body, operations })
        })
    }

    /// What a `for` goes through, and the type of the values.
    fn through(&mut self, expr: &Expr) -> Lowered<(Through, Type)> {
        match expr {
            Expr::FnCall(call, position) => {
                let inclusive = match (call.name.as_str(), call.args.len()) {
                    (".." | "range", 2) => Some(false),
                    ("..=", 2) => Some(true),
                    _ => None,
                };
                if let Some(inclusive) = inclusive {
                    let from = self.typed(&call.args[0], Type::Int);
                    let to = self.typed(&call.args[1], Type::Int)?;
                    return Ok((Through::Range { from: from?, to, inclusive }, Type::Int));
                }
                self.through_value(expr, *position)
            }
            Expr::Array(items, position) if items.len() <= MOST_VECTORS => {
                let (values, kind) = self.alike(items, *position)?;
                Ok((Through::Values(values), kind))
            }
            _ => self.through_value(expr, expr.position()),
        }
    }

    fn through_value(&mut self, expr: &Expr, position: Position) -> Lowered<(Through, Type)> {
        let text = match expr {
            Expr::Dot(pair, ..) => match &pair.rhs {
                Expr::MethodCall(call, _)
                    if call.args.is_empty() && ["chars", "to_chars"].contains(&&*call.name) =>
                {
                    Some(&pair.lhs)
                }
                _ => None,
            },
            _ => None,
        };
        if let Some(text) = text {
            let text = self.typed(text, Type::Text)?;
            return Ok((Through::Letters(text), Type::Char));
        }
        let (node, kind) = self.expression(expr)?;
        if kind == Type::Text {
            return Ok((Through::Letters(node), Type::Char));
        }
        match (node, self.element(kind)) {
            (node, Some(kind)) => Ok((Through::Table(node), kind)),
            _ => {
                cannot("`for` over anything but a range or a list of values of one type", position)
            }
        }
    }

    /// The type of what a constant list holds.
    fn element(&mut self, kind: Type) -> Option<Type> {
        let Type::Table(shape) = kind else { return None };
        match self.tables.shape(shape) {
            Shape::List(None) => Some(Type::Int),
            Shape::List(_) | Shape::Tuple(_) => self.tables.values(shape),
            Shape::Record(_) | Shape::Lookup(_) => None,
        }
    }
}
