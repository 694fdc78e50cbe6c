//! `switch`: every value is looked up once, whatever the number of cases.

use std::ops::{Range, RangeInclusive};

use rhai::{Expr, Position, RangeCase, SwitchCasesCollection};

use super::{Compiler, Lowered, cannot};
use crate::sandbox::rhai::lower::tree::{Cases, Node, Step, Type};

impl Compiler<'_> {
    /// A `switch`; in `tail` position its cases return.
    pub(super) fn switch(
        &mut self,
        value: &Expr,
        cases: &SwitchCasesCollection,
        position: Position,
        tail: bool,
    ) -> Lowered<Vec<Step>> {
        let value = self.expression(value);
        let arms = self.all(&cases.expressions, |this, case| this.arm(&case.rhs, tail))?;
        let otherwise =
            if tail && cases.def_case.is_none() { vec![self.give_null()?] } else { Vec::new() };
        let (node, kind) = value?;
        let table = self.cases(kind, cases, position)?;
        let arms = arms.into_iter().chain([otherwise]).collect();
        Ok(vec![Step::Switch(node, table, arms)])
    }

    pub(super) fn arm(&mut self, expr: &Expr, tail: bool) -> Lowered<Vec<Step>> {
        match expr {
            Expr::Stmt(block) if tail => self.tail(block.statements()),
            Expr::Stmt(block) => Ok(self.block(block.statements())),
            expr if tail => self.returned(Some(expr)).map(|step| vec![step]),
            expr => Ok(vec![Step::Run(self.expression(expr)?.0)]),
        }
    }

    /// Where values lead: to places among the expressions of `cases`, others to one behind them.
    fn cases(
        &mut self,
        kind: Type,
        cases: &SwitchCasesCollection,
        position: Position,
    ) -> Lowered<Cases> {
        let none = cases.expressions.len();
        let otherwise = cases.def_case.unwrap_or(none) as u32;
        let mut table = Cases { otherwise, ..Cases::default() };
        // The map of cases has no order, and each value leads to one case: they are sorted below.
        let all: Vec<_> = cases.cases.values().collect();
        for case in all {
            self.count(position)?;
            if case.value.is::<Range<i64>>() || case.value.is::<RangeInclusive<i64>>() {
                // It stands among the ranges as well.
                continue;
            }
            let [index] = case.blocks[..] else {
                return cannot("`switch` with a case twice", position);
            };
            let literal = &case.value;
            let place = index as u32;
            match kind {
                Type::Int if literal.is_int() => {
                    table.ints.push((literal.as_int().unwrap_or_default(), place));
                }
                Type::Bool if literal.is_bool() => {
                    table.bools[usize::from(literal.as_bool().unwrap_or_default())] = Some(place);
                }
                Type::Text if literal.is_string() => {
                    let text = literal.clone().into_immutable_string().unwrap_or_default();
                    table.texts.push((text.as_str().into(), place));
                }
                Type::Char if literal.is_char() => {
                    let letter = literal.as_char().unwrap_or_default();
                    table.texts.push((letter.to_string().into(), place));
                }
                _ => return cannot("`switch` with cases of another type", position),
            }
        }
        for range in &cases.ranges {
            let (first, last) = match range {
                RangeCase::ExclusiveInt(range, _) if range.is_empty() => continue,
                RangeCase::ExclusiveInt(range, _) => (range.start, range.end - 1),
                RangeCase::InclusiveInt(range, _) => (*range.start(), *range.end()),
            };
            if kind != Type::Int {
                return cannot(
                    "`switch` with ranges for other values than whole numbers",
                    position,
                );
            }
            table.ranges.push((first, last, range.index() as u32));
        }
        let is_plain = |case: &rhai::BinaryExpr| matches!(case.lhs, Expr::BoolConstant(true, _));
        if !cases.expressions.iter().all(is_plain) {
            return cannot("`switch` with conditions: ask them by `if` in the case", position);
        }
        table.ints.sort_unstable();
        table.texts.sort_unstable();
        Ok(table)
    }

    pub(super) fn switch_value(
        &mut self,
        value: &Expr,
        cases: &SwitchCasesCollection,
        position: Position,
    ) -> Lowered<(Node, Type)> {
        let value = self.expression(value);
        let arms = self.all(&cases.expressions, |this, case| this.expression(&case.rhs))?;
        if cases.def_case.is_none() {
            return cannot("a `switch` for a value without `_`", position);
        }
        let (node, kind) = value?;
        let table = self.cases(kind, cases, position)?;
        let mut nodes = Vec::with_capacity(arms.len());
        let mut all: Option<Type> = None;
        for (node, kind) in arms {
            let joined = all.map_or(Some(kind), |all| self.tables.join(all, kind));
            if joined.is_none() {
                return cannot("branches of different types", position);
            }
            all = joined;
            nodes.push(node);
        }
        match all {
            Some(kind) => Ok((Node::Switch(Box::new(node), table, nodes, kind), kind)),
            None => cannot("a `switch` without cases", position),
        }
    }
}
