//! Expressions, each with its type.

use rhai::{ASTFlags, Expr, Position, Stmt};

use super::{Compiler, Lowered, MOST_VECTORS, cannot};
use crate::columns::DataType;
use crate::columnwise::Comparator;
use crate::sandbox::rhai::lower::tree::{Node, Operator, Type};

impl Compiler<'_> {
    /// An expression of type `kind`.
    pub(super) fn typed(&mut self, expr: &Expr, kind: Type) -> Lowered<Node> {
        match self.expression(expr)? {
            (node, found) if found == kind => Ok(node),
            _ => cannot("a value of another type than its place needs", expr.position()),
        }
    }

    pub(super) fn expression(&mut self, expr: &Expr) -> Lowered<(Node, Type)> {
        let position = expr.position();
        self.count(position)?;
        Ok(match expr {
            Expr::IntegerConstant(value, _) => (Node::Int(*value), Type::Int),
            Expr::FloatConstant(value, _) => (Node::Float(**value), Type::Float),
            Expr::BoolConstant(value, _) => (Node::Bool(*value), Type::Bool),
            Expr::StringConstant(value, _) => (Node::Text(value.as_str().into()), Type::Text),
            Expr::DynamicConstant(value, _) => match value.as_float() {
                Ok(value) => (Node::Float(value), Type::Float),
                Err(_) => {
                    return cannot(format!("a value of type {}", value.type_name()), position);
                }
            },
            Expr::Variable(parts, ..) => return self.variable(&parts.1, position),
            Expr::InterpolatedString(parts, _) => {
                if parts.len() > MOST_VECTORS {
                    return cannot("a text of so many parts", position);
                }
                let mut texts = Vec::with_capacity(parts.len());
                for part in parts {
                    let value = self.expression(part)?;
                    texts.push(shown(value));
                }
                (Node::Concat(texts), Type::Text)
            }
            Expr::And(parts, _) => (Node::And(self.truths(parts)?), Type::Bool),
            Expr::Or(parts, _) => (Node::Or(self.truths(parts)?), Type::Bool),
            Expr::Stmt(block) => {
                return self.scoped(|this| this.valued(block.statements(), position));
            }
            Expr::FnCall(call, _) => return self.call(call, position),
            Expr::Dot(pair, flags, _) => {
                if flags.contains(ASTFlags::NEGATED) {
                    return cannot("`?.`", position);
                }
                return self.method(&pair.lhs, &pair.rhs, position);
            }
            Expr::Array(..) => return cannot("an array", position),
            Expr::Map(..) => return cannot("a map", position),
            Expr::Index(..) => return cannot("an index", position),
            Expr::CharConstant(..) => return cannot("a character", position),
            Expr::Unit(_) => return cannot("`()` as a value", position),
            _ => return cannot("this expression", position),
        })
    }

    pub(super) fn truths(&mut self, parts: &[Expr]) -> Lowered<Vec<Node>> {
        parts.iter().map(|part| self.typed(part, Type::Bool)).collect()
    }

    /// Statements whose last one is the value.
    pub(super) fn valued(
        &mut self,
        statements: &[Stmt],
        position: Position,
    ) -> Lowered<(Node, Type)> {
        let Some((last, before)) = statements.split_last() else {
            return cannot("`()` as a value", position);
        };
        let steps = self.statements(before)?;
        let (value, kind) = match last {
            Stmt::Expr(expr) => self.expression(expr)?,
            Stmt::FnCall(call, position) => self.call(call, *position)?,
            Stmt::Block(block) => self.scoped(|this| this.valued(block.statements(), position))?,
            Stmt::If(flow, position) => {
                let condition = self.typed(&flow.expr, Type::Bool)?;
                let yes = self.scoped(|this| this.valued(flow.body.statements(), *position))?;
                let no = self.scoped(|this| this.valued(flow.branch.statements(), *position))?;
                self.either(condition, yes, no, *position)?
            }
            Stmt::Switch(parts, position) => self.switch_value(&parts.0, &parts.1, *position)?,
            other => return cannot("`()` as a value", other.position()),
        };
        let block = if steps.is_empty() { value } else { Node::Block(steps, Box::new(value)) };
        Ok((block, kind))
    }

    pub(super) fn either(
        &self,
        condition: Node,
        yes: (Node, Type),
        no: (Node, Type),
        position: Position,
    ) -> Lowered<(Node, Type)> {
        if yes.1 != no.1 {
            return cannot("branches of different types", position);
        }
        Ok((Node::If(Box::new(condition), Box::new(yes.0), Box::new(no.0)), yes.1))
    }

    pub(super) fn variable(&self, name: &str, position: Position) -> Lowered<(Node, Type)> {
        if let Some(slot) = self.find(name) {
            return Ok((Node::Slot(slot), self.slots[slot]));
        }
        let place = self.script.inputs.iter().position(|(known, _)| known == name);
        let Some(index) = place else {
            return cannot(format!("`{name}` as a whole"), position);
        };
        let Some(input) = self.script.inputs[index].1 else {
            return cannot("an input that is not bound", position);
        };
        let kind = match input.data_type {
            DataType::Int32 | DataType::Int64 => Type::Int,
            DataType::Float32 | DataType::Float64 | DataType::Decimal { .. } => Type::Float,
            DataType::Boolean => Type::Bool,
            DataType::Text => Type::Text,
            other => {
                let other = crate::sandbox::data_type_name(other);
                return cannot(format!("an input of type {other}"), position);
            }
        };
        Ok((Node::Input(index), kind))
    }

    /// `value.name` and `value.name(…)`: functions with the value as first argument.
    pub(super) fn method(
        &mut self,
        left: &Expr,
        right: &Expr,
        position: Position,
    ) -> Lowered<(Node, Type)> {
        let (name, arguments): (&str, &[Expr]) = match right {
            Expr::MethodCall(call, _) => (&call.name, &call.args),
            Expr::Property(property, _) if property.2 == "len" => ("len", &[]),
            Expr::Dot(..) | Expr::Index(..) => return cannot("a chain of calls", position),
            _ => return cannot("a property", position),
        };
        // A function of the script's own may be called so as well, with another `this`.
        if self.script.functions.keys().any(|(known, _)| known == name) {
            return cannot("a function of the script called as a method", position);
        }
        let first = self.expression(left)?;
        if name == "to_string" && arguments.is_empty() {
            return Ok((shown(first), Type::Text));
        }
        let mut values = vec![first];
        for argument in arguments {
            let value = self.expression(argument)?;
            values.push(value);
        }
        self.call_known(name, values, position)
    }

    /// `left syntax right` for two values.
    pub(super) fn operate(
        &mut self,
        syntax: &str,
        left: (Node, Type),
        right: (Node, Type),
        position: Position,
    ) -> Lowered<(Node, Type)> {
        if syntax == "+" && left.1 == Type::Text {
            return Ok((Node::Concat(vec![left.0, shown(right)]), Type::Text));
        }
        let comparison = match syntax {
            "==" => Some(Comparator::Equal),
            "!=" => Some(Comparator::NotEqual),
            "<" => Some(Comparator::Less),
            "<=" => Some(Comparator::LessOrEqual),
            ">" => Some(Comparator::Greater),
            ">=" => Some(Comparator::GreaterOrEqual),
            _ => None,
        };
        let (left, right, kind) = match (left, right) {
            ((left, a), (right, b)) if a == b => (left, right, a),
            ((left, Type::Int), (right, Type::Float)) => {
                (Node::Widen(Box::new(left)), right, Type::Float)
            }
            ((left, Type::Float), (right, Type::Int)) => {
                (left, Node::Widen(Box::new(right)), Type::Float)
            }
            _ => return cannot(format!("`{syntax}` between values of different types"), position),
        };
        let equality = matches!(comparison, Some(Comparator::Equal | Comparator::NotEqual));
        let left = Box::new(if equality { low_bits(left, &right) } else { left });
        let right = Box::new(right);
        if let Some(comparison) = comparison {
            return Ok((Node::Compare(comparison, left, right), Type::Bool));
        }
        let operator = match (syntax, kind) {
            ("+", Type::Int | Type::Float) => Operator::Add,
            ("-", Type::Int | Type::Float) => Operator::Subtract,
            ("*", Type::Int | Type::Float) => Operator::Multiply,
            ("/", Type::Int | Type::Float) => Operator::Divide,
            ("%", Type::Int | Type::Float) => Operator::Remainder,
            ("**", Type::Int) => Operator::Power,
            ("<<", Type::Int) => Operator::ShiftLeft,
            (">>", Type::Int) => Operator::ShiftRight,
            ("&", Type::Int) => Operator::And,
            ("|", Type::Int) => Operator::Or,
            ("^", Type::Int) => Operator::Xor,
            _ => return cannot(format!("the operator `{syntax}` here"), position),
        };
        Ok((Node::Arithmetic(operator, left, right), kind))
    }
}

/// A value as text.
fn shown((node, kind): (Node, Type)) -> Node {
    if kind == Type::Text { node } else { Node::Show(Box::new(node)) }
}

/// `left`, to be compared with `right`: where that is 0, a remainder by a power of two is 0 just when these low
/// bits are, of a negative number as well, and it has no sign to be asked for.
fn low_bits(left: Node, right: &Node) -> Node {
    match (left, right) {
        (Node::Arithmetic(Operator::Remainder, number, divisor), Node::Int(0)) => match *divisor {
            Node::Int(value) if value > 0 && value.count_ones() == 1 => {
                Node::Arithmetic(Operator::And, number, Box::new(Node::Int(value - 1)))
            }
            other => Node::Arithmetic(Operator::Remainder, number, Box::new(other)),
        },
        (left, _) => left,
    }
}
