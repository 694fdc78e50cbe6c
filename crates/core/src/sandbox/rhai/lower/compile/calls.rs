//! Calls: of the host, and of the script's own functions, which are put in place.

use rhai::{Expr, FnCallExpr, Position};

use super::{Compiler, Lowered, MOST_DEPTH, Outcome, cannot};
use crate::sandbox::rhai::lower::call;
use crate::sandbox::rhai::lower::tree::{Node, Type};

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
        let mut values = Vec::with_capacity(call.args.len());
        for argument in &call.args {
            let value = self.expression(argument)?;
            values.push(value);
        }
        if call.is_operator_call() {
            let mut values = values.into_iter();
            return match (values.next(), values.next()) {
                (Some(left), Some(right)) => self.operate(name, left, right, position),
                (Some((value, Type::Int | Type::Float)), None) if name == "+" => {
                    let kind = self.kind_of(&value);
                    Ok((value, kind))
                }
                (Some((value, kind @ (Type::Int | Type::Float))), None) if name == "-" => {
                    Ok((Node::Negate(Box::new(value)), kind))
                }
                (Some((value, Type::Bool)), None) if name == "!" => {
                    Ok((Node::Not(Box::new(value)), Type::Bool))
                }
                _ => cannot(format!("the operator `{name}` here"), position),
            };
        }
        if name == "row_number" && values.is_empty() {
            self.draws = true;
            return Ok((Node::RowNumber, Type::Int));
        }
        self.call_known(name, values, position)
    }

    /// The type of a number that was just compiled.
    pub(super) fn kind_of(&self, node: &Node) -> Type {
        match node {
            Node::Float(_) | Node::Widen(_) => Type::Float,
            Node::Slot(slot) => self.slots[*slot],
            Node::Call(function, _) => function.result,
            Node::Negate(inner) => self.kind_of(inner),
            Node::Arithmetic(_, left, _) => self.kind_of(left),
            _ => Type::Int,
        }
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
        let mut arguments = Vec::with_capacity(call.args.len());
        for argument in &call.args {
            let (node, kind) = self.expression(argument)?;
            arguments.push((self.new_slot(kind), node));
        }
        let functions = self.script.functions;
        let Some((names, body)) = functions.get(&key) else {
            return cannot("this call", position);
        };
        let names = names.iter().cloned().zip(arguments.iter().map(|(slot, _)| *slot)).collect();
        // The function sees its arguments only.
        let outside = std::mem::replace(&mut self.scopes, vec![names]);
        let loops = std::mem::take(&mut self.loops);
        self.calls.push(key);
        self.results.push(Outcome::default());
        let body = self.tail(body);
        let outcome = self.results.pop().unwrap_or_default();
        self.calls.pop();
        self.loops = loops;
        self.scopes = outside;
        let body = body?;
        match outcome {
            Outcome { value: Some(result), null: false } => {
                Ok((Node::Inline { arguments, body, result }, result))
            }
            _ => cannot("a function that may return nothing", position),
        }
    }
}
