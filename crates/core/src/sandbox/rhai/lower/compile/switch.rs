//! `switch`, as a chain of comparisons.

use rhai::{Expr, Position, SwitchCasesCollection};

use super::{Compiler, Lowered, cannot};
use crate::columnwise::Comparator;
use crate::sandbox::rhai::lower::tree::{Node, Step, Type};

impl Compiler<'_> {
    /// A `switch` as a chain of comparisons; in `tail` position its cases return.
    pub(super) fn switch(
        &mut self,
        value: &Expr,
        cases: &SwitchCasesCollection,
        position: Position,
        tail: bool,
    ) -> Lowered<Vec<Step>> {
        let (node, kind) = self.expression(value)?;
        let slot = self.new_slot(kind);
        let arms = self.arms(slot, kind, cases, position)?;
        let mut steps = match cases.def_case {
            Some(index) => self.arm(&cases.expressions[index].rhs, tail)?,
            None if tail => vec![self.give(None)?],
            None => Vec::new(),
        };
        for (condition, index) in arms.into_iter().rev() {
            let arm = self.arm(&cases.expressions[index].rhs, tail)?;
            steps = vec![Step::If(condition, arm, steps)];
        }
        steps.insert(0, Step::Set(slot, node));
        Ok(steps)
    }

    pub(super) fn arm(&mut self, expr: &Expr, tail: bool) -> Lowered<Vec<Step>> {
        match expr {
            Expr::Stmt(block) if tail => self.tail(block.statements()),
            Expr::Stmt(block) => self.block(block.statements()),
            expr if tail => self.returned(Some(expr)).map(|step| vec![step]),
            expr => Ok(vec![Step::Run(self.expression(expr)?.0)]),
        }
    }

    /// The tests of a `switch` in the order in which the interpreter tries them, with their cases.
    pub(super) fn arms(
        &mut self,
        slot: usize,
        kind: Type,
        cases: &SwitchCasesCollection,
        position: Position,
    ) -> Lowered<Vec<(Node, usize)>> {
        if !cases.ranges.is_empty() {
            return cannot("`switch` with ranges", position);
        }
        let mut arms: Vec<(Node, usize)> = Vec::new();
        let all: Vec<_> = cases.cases.values().collect();
        for case in all {
            let literal = &case.value;
            let literal = match kind {
                Type::Int => literal.as_int().ok().map(Node::Int),
                Type::Bool => literal.as_bool().ok().map(Node::Bool),
                Type::Text => {
                    literal.clone().into_string().ok().map(|text| Node::Text(text.into()))
                }
                Type::Float => None,
            };
            let Some(literal) = literal else {
                return cannot("`switch` with cases of another type", position);
            };
            let [index] = case.blocks[..] else {
                return cannot("`switch` with a case twice", position);
            };
            if !matches!(cases.expressions[index].lhs, Expr::BoolConstant(true, _)) {
                return cannot("`switch` with conditions", position);
            }
            let test =
                Node::Compare(Comparator::Equal, Box::new(Node::Slot(slot)), Box::new(literal));
            arms.push((test, index));
            self.count(position)?;
        }
        // The map of cases has no order; each value leads to one case, so any order is right. This one
        // is the author's.
        arms.sort_by_key(|(_, index)| *index);
        Ok(arms)
    }

    pub(super) fn switch_value(
        &mut self,
        value: &Expr,
        cases: &SwitchCasesCollection,
        position: Position,
    ) -> Lowered<(Node, Type)> {
        let (node, kind) = self.expression(value)?;
        let slot = self.new_slot(kind);
        let arms = self.arms(slot, kind, cases, position)?;
        let Some(otherwise) = cases.def_case else {
            return cannot("a `switch` for a value without `_`", position);
        };
        let mut result = self.expression(&cases.expressions[otherwise].rhs)?;
        for (condition, index) in arms.into_iter().rev() {
            let arm = self.expression(&cases.expressions[index].rhs)?;
            result = self.either(condition, arm, result, position)?;
        }
        Ok((Node::Block(vec![Step::Set(slot, node)], Box::new(result.0)), result.1))
    }
}
