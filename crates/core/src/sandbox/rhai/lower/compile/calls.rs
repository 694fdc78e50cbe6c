//! Calls: of the host, and of the script's own functions, which are put in place.

use rhai::{Expr, FnCallExpr, Position};

use super::results::{Given, Outcome};
use super::{Compiler, Lowered, MOST_DEPTH, cannot};
use crate::sandbox::rhai::host::format::Pattern;
use crate::sandbox::rhai::lower::call;
use crate::sandbox::rhai::lower::tree::{Node, Type};

/// Most values that `format` takes.
const MOST_FORMATTED: usize = 8;

impl Compiler<'_> {
    pub(super) fn call(&mut self, call: &FnCallExpr, position: Position) -> Lowered<(Node, Type)> {
        let name = call.name.as_str();
        if call.capture_parent_scope {
            return cannot("a call that shares variables", position);
        }
        if let Some(index) = self.null_test(call) {
            let test = Node::IsNull(index);
            return Ok(match name {
                "==" => (test, Type::Bool),
                _ => (Node::Not(Box::new(test)), Type::Bool),
            });
        }
        if self.script.functions.contains_key(&(name.to_owned(), call.args.len())) {
            return self.inline(call, position);
        }
        if let Some(value) = self.of_written_list(name, &call.args, position) {
            return value;
        }
        let values = self.all(&call.args, Self::expression)?;
        if call.is_operator_call() && name != "contains" {
            let mut values = values.into_iter();
            return match (values.next(), values.next()) {
                (Some(left), Some(right)) => self.operate(name, left, right, position),
                (Some((value, kind @ (Type::Int | Type::Float | Type::Decimal))), None)
                    if name == "+" =>
                {
                    Ok((value, kind))
                }
                (Some((value, kind @ (Type::Int | Type::Float | Type::Decimal))), None)
                    if name == "-" =>
                {
                    Ok((Node::Negate(Box::new(value)), kind))
                }
                (Some((value, Type::Bool)), None) if name == "!" => {
                    Ok((Node::Not(Box::new(value)), Type::Bool))
                }
                _ => cannot(format!("the operator `{name}` here"), position),
            };
        }
        self.function(name, values, position)
    }

    /// A function of the host or of the language.
    pub(super) fn function(
        &mut self,
        name: &str,
        mut values: Vec<(Node, Type)>,
        position: Position,
    ) -> Lowered<(Node, Type)> {
        match (name, &mut values[..]) {
            ("row_number", []) => {
                self.draws = true;
                return Ok((Node::RowNumber, Type::Int));
            }
            (
                "to_string",
                [(_, Type::Int | Type::Float | Type::Bool | Type::Text | Type::Char)],
            ) => {
                if let Some(value) = values.pop() {
                    return Ok((self.shown(value, position)?, Type::Text));
                }
            }
            ("format", [(_, Type::Text), _, ..]) => return self.format(values, position),
            _ => {}
        }
        if let Some(value) = self.of_tables(name, &mut values, position) {
            return value;
        }
        self.call_known(name, values, position)
    }

    /// `format(pattern, value, …)`.
    fn format(&mut self, values: Vec<(Node, Type)>, position: Position) -> Lowered<(Node, Type)> {
        let mut values = values.into_iter();
        let Some((Node::Text(pattern), _)) = values.next() else {
            return cannot("a pattern of `format` that is worked out", position);
        };
        let pattern = Pattern::read(&pattern, values.len());
        let Ok(pattern) = pattern else {
            return cannot("a pattern of `format` that does not fit its values", position);
        };
        if values.len() > MOST_FORMATTED {
            return cannot("so many values of `format`", position);
        }
        let mut nodes = Vec::with_capacity(values.len());
        for (node, kind) in values {
            nodes.push(match kind {
                Type::Int | Type::Float | Type::Decimal | Type::Text => node,
                Type::Bool | Type::Char => Node::Show(Box::new(node)),
                Type::Date | Type::Time => {
                    self.call_known("to_string", vec![(node, kind)], position)?.0
                }
                Type::Table(_) => return cannot("a list or map as text", position),
            });
        }
        Ok((Node::Format(Box::new(pattern), nodes), Type::Text))
    }

    /// The input that is held against `()`.
    pub(super) fn null_test(&self, call: &FnCallExpr) -> Option<usize> {
        let ("==" | "!=", [left, right]) = (call.name.as_str(), &call.args[..]) else {
            return None;
        };
        let (Expr::Variable(parts, ..), Expr::Unit(_)) = (left, right) else { return None };
        self.script.inputs.iter().position(|(known, kind)| *known == parts.1 && kind.is_some())
    }

    pub(super) fn call_known(
        &mut self,
        name: &str,
        values: Vec<(Node, Type)>,
        position: Position,
    ) -> Lowered<(Node, Type)> {
        let types: Vec<Type> = values.iter().map(|(_, kind)| *kind).collect();
        let Some(function) = call::find(name, &types) else {
            let why = if call::is_known(name) { " with these arguments" } else { "" };
            return cannot(format!("the function `{name}`{why}"), position);
        };
        self.draws |= function.draws;
        let values = values.into_iter().map(|(node, _)| node).collect();
        Ok((Node::Call(function, values), function.result))
    }

    /// Puts a function of the script in place of its call.
    pub(super) fn inline(
        &mut self,
        call: &FnCallExpr,
        position: Position,
    ) -> Lowered<(Node, Type)> {
        let key = (call.name.to_string(), call.args.len());
        if self.calls.contains(&key) || self.calls.len() >= MOST_DEPTH {
            return cannot("a function that calls itself", position);
        }
        let arguments = self.all(&call.args, |this, argument| {
            let (node, kind) = this.expression(argument)?;
            Ok((this.new_slot(kind), node))
        })?;
        let functions = self.script.functions;
        let Some((names, body)) = functions.get(&key) else {
            return cannot("this call", position);
        };
        let slots = arguments.iter().map(|(slot, _)| Some(*slot));
        let names = names.iter().cloned().zip(slots).collect();
        // The function sees its arguments only.
        let outside = std::mem::replace(&mut self.scopes, vec![names]);
        let loops = std::mem::take(&mut self.loops);
        self.calls.push(key);
        self.results.push(Outcome::new(0));
        let body = self.tail(body);
        let outcome = self.results.pop().map(|outcome| outcome.first());
        self.calls.pop();
        self.loops = loops;
        self.scopes = outside;
        let body = body?;
        match outcome {
            Some(Given { value: Some(result), null: false }) => {
                Ok((Node::Inline { arguments, body, result }, result))
            }
            _ => cannot("a function that may return nothing", position),
        }
    }
}
