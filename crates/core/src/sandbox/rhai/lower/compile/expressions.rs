//! Expressions, each with its type.

use rhai::{Expr, Position, Stmt};

use super::{Compiler, Found, Lowered, MOST_VECTORS, NotLowered, cannot};
use crate::columns::DataType;
use crate::columnwise::Comparator;
use crate::sandbox::rhai::lower::tree::{Node, Operator, Type};
use crate::sandbox::rhai::values::Decimals;

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
            Expr::DynamicConstant(value, _) => return self.constant(value, position),
            Expr::Variable(parts, ..) => return self.variable(&parts.1, position),
            Expr::InterpolatedString(parts, _) => {
                if parts.len() > MOST_VECTORS {
                    return cannot("a text of so many parts", position);
                }
                let texts = self.all(parts, |this, part| {
                    let value = this.expression(part)?;
                    this.shown(value, part.position())
                })?;
                (Node::Concat(texts), Type::Text)
            }
            Expr::And(parts, _) => (Node::And(self.truths(parts)?), Type::Bool),
            Expr::Or(parts, _) => (Node::Or(self.truths(parts)?), Type::Bool),
            Expr::Stmt(block) => {
                return self.scoped(|this| this.valued(block.statements(), position));
            }
            Expr::FnCall(call, _) => return self.call(call, position),
            Expr::Dot(..) | Expr::Index(..) => return self.chain(expr),
            Expr::Coalesce(parts, _) => return self.coalesce(parts, position),
            Expr::Array(..) => return cannot("a list of values that are worked out", position),
            Expr::Map(..) => return cannot("a map of values that are worked out", position),
            Expr::CharConstant(letter, _) => (Node::Char(*letter), Type::Char),
            Expr::Unit(_) => return cannot("`()` as a value", position),
            _ => return cannot("this expression", position),
        })
    }

    pub(super) fn truths(&mut self, parts: &[Expr]) -> Lowered<Vec<Node>> {
        self.all(parts, |this, part| this.typed(part, Type::Bool))
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
        let steps = self.statements(before);
        let (value, kind) = match last {
            Stmt::Expr(expr) => self.expression(expr)?,
            Stmt::FnCall(call, position) => self.call(call, *position)?,
            Stmt::Block(block) => self.scoped(|this| this.valued(block.statements(), position))?,
            Stmt::If(flow, position) => {
                let condition = self.typed(&flow.expr, Type::Bool);
                let branches = [&flow.body, &flow.branch];
                let branches = self.all(branches, |this, branch| {
                    this.scoped(|this| this.valued(branch.statements(), *position))
                });
                let condition = condition?;
                let mut branches = branches?.into_iter();
                match (branches.next(), branches.next()) {
                    (Some(yes), Some(no)) => self.either(condition, yes, no, *position)?,
                    _ => return cannot("this expression", *position),
                }
            }
            Stmt::Switch(parts, position) => self.switch_value(&parts.0, &parts.1, *position)?,
            other => return cannot("`()` as a value", other.position()),
        };
        let block = if steps.is_empty() { value } else { Node::Block(steps, Box::new(value)) };
        Ok((block, kind))
    }

    pub(super) fn either(
        &mut self,
        condition: Node,
        yes: (Node, Type),
        no: (Node, Type),
        position: Position,
    ) -> Lowered<(Node, Type)> {
        let Some(kind) = self.tables.join(yes.1, no.1) else {
            return cannot("branches of different types", position);
        };
        Ok((Node::If(Box::new(condition), Box::new(yes.0), Box::new(no.0)), kind))
    }

    pub(super) fn variable(&self, name: &str, position: Position) -> Lowered<(Node, Type)> {
        match self.find(name) {
            Found::Slot(slot) => return Ok((Node::Slot(slot), self.slots[slot])),
            Found::Told => return cannot(NotLowered::TOLD, position),
            Found::No => {}
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
            DataType::Decimal { .. } if self.script.decimals[index] == Decimals::Exact => {
                Type::Decimal
            }
            DataType::Float32 | DataType::Float64 | DataType::Decimal { .. } => Type::Float,
            DataType::Boolean => Type::Bool,
            DataType::Text => Type::Text,
            DataType::Date => Type::Date,
            DataType::EpochMillis | DataType::Instant => Type::Time,
            other @ DataType::Bytes => {
                let other = crate::sandbox::data_type_name(other);
                return cannot(format!("an input of type {other}"), position);
            }
        };
        Ok((Node::Input(index), kind))
    }

    /// `a ?? b`: the second where the first is null.
    fn coalesce(&mut self, parts: &[Expr], position: Position) -> Lowered<(Node, Type)> {
        let Some((last, before)) = parts.split_last() else {
            return cannot("this expression", position);
        };
        let mut value = self.expression(last)?;
        for part in before.iter().rev() {
            if matches!(part, Expr::Unit(_)) {
                continue;
            }
            let first = self.expression(part)?;
            value = match first.0 {
                Node::Input(index) if self.is_nullable(index) => {
                    self.either(Node::IsNull(index), value, first, position)?
                }
                // Nothing else is ever null here.
                _ => first,
            };
        }
        Ok(value)
    }

    fn is_nullable(&self, input: usize) -> bool {
        self.script.inputs[input].1.is_some_and(|input| input.nullable)
    }

    /// A value as text; null as an empty one.
    pub(super) fn shown(&self, (node, kind): (Node, Type), position: Position) -> Lowered<Node> {
        let null = match node {
            Node::Input(index) if self.is_nullable(index) => Some(index),
            _ => None,
        };
        let text = match kind {
            Type::Text => node,
            Type::Table(_) => return cannot("a list or map as text", position),
            _ => Node::Show(Box::new(node)),
        };
        Ok(match null {
            Some(index) => Node::If(
                Box::new(Node::IsNull(index)),
                Box::new(Node::Text("".into())),
                Box::new(text),
            ),
            None => text,
        })
    }

    /// `left syntax right` for two values.
    pub(super) fn operate(
        &mut self,
        syntax: &str,
        left: (Node, Type),
        right: (Node, Type),
        position: Position,
    ) -> Lowered<(Node, Type)> {
        // Letters are compared with texts, and joined with anything, as texts of one letter.
        let is_letter = |kind| kind == Type::Char;
        if is_letter(left.1) || is_letter(right.1) {
            let both = is_letter(left.1) && is_letter(right.1);
            let with_text = left.1 == Type::Text || right.1 == Type::Text;
            if with_text || both && syntax == "+" {
                let left = (self.shown(left, position)?, Type::Text);
                let right = (self.shown(right, position)?, Type::Text);
                return self.operate(syntax, left, right, position);
            }
        }
        if syntax == "+" && left.1 == Type::Text {
            let right = self.shown(right, position)?;
            return Ok((Node::Concat(vec![left.0, right]), Type::Text));
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
        if left.1 == Type::Decimal || right.1 == Type::Decimal {
            return self.call_known(syntax, vec![left, right], position).or_else(|_| {
                cannot(format!("`{syntax}` between values of different types"), position)
            });
        }
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
        if matches!(kind, Type::Table(_)) {
            return cannot(format!("the operator `{syntax}` with a list or map"), position);
        }
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
