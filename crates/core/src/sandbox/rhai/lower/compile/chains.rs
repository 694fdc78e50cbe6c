//! What stands behind a value: `.name`, `.name(…)`, `[…]`, as often as there is.

use rhai::{ASTFlags, Expr, FnCallExpr, FnPtr, Position, Stmt};

use super::{Compiler, Lowered, cannot};
use crate::sandbox::rhai::host::GETTERS;
use crate::sandbox::rhai::lower::tables::{self as table, Shape};
use crate::sandbox::rhai::lower::tree::{Node, Step, Type};
use crate::sandbox::rhai::walk::goes_on;

/// One part of a chain.
enum Link<'e> {
    Method(&'e FnCallExpr),
    Property(&'e str),
    Index(&'e Expr),
}

/// The value that a chain begins with, and its parts.
fn links(expr: &Expr) -> Lowered<(&Expr, Vec<(Link<'_>, Position)>)> {
    let mut links = Vec::new();
    let mut base = None;
    let mut here = expr;
    loop {
        let (pair, flags, position, is_index) = match here {
            Expr::Dot(pair, flags, position) => (pair, flags, *position, false),
            Expr::Index(pair, flags, position) => (pair, flags, *position, true),
            _ => return cannot("this expression", here.position()),
        };
        if flags.contains(ASTFlags::NEGATED) {
            return cannot("`?.` or `?[`: ask `if … == ()` before", position);
        }
        if base.is_none() {
            base = Some(&pair.lhs);
        }
        // The next part stands on the left of the next pair, unless the chain ends here.
        let goes_on = goes_on(&pair.rhs, *flags);
        let head = match &pair.rhs {
            Expr::Dot(next, ..) | Expr::Index(next, ..) if goes_on => &next.lhs,
            other => other,
        };
        let link = match head {
            index if is_index => Link::Index(index),
            Expr::MethodCall(call, _) => Link::Method(call),
            Expr::Property(property, _) => Link::Property(&property.2),
            other => return cannot("this expression", other.position()),
        };
        links.push((link, head.position()));
        if !goes_on {
            return match base {
                Some(base) => Ok((base, links)),
                None => cannot("this expression", position),
            };
        }
        here = &pair.rhs;
    }
}

impl Compiler<'_> {
    pub(super) fn chain(&mut self, expr: &Expr) -> Lowered<(Node, Type)> {
        let (base, links) = links(expr)?;
        if let (Expr::Array(items, _), [(Link::Index(index), _)]) = (base, &links[..]) {
            // A list that is made for one value of it.
            return self.choose_at(items, index);
        }
        let before = std::mem::replace(&mut self.draws, false);
        let arguments = self.all(&links, |this, (link, _)| match link {
            // Its closure is looked at with the list.
            Link::Method(call) if call.name == "map" => Ok(Vec::new()),
            Link::Method(call) => this.all(&call.args, Self::expression),
            Link::Index(index) => this.all([*index], Self::expression),
            Link::Property(_) => Ok(Vec::new()),
        });
        let draw = std::mem::replace(&mut self.draws, before);
        self.draws |= draw;
        let value = self.expression(base);
        let mut arguments = arguments?;
        // All arguments are worked out before the value that the chain begins with: it matters where they draw.
        let mut steps = Vec::new();
        if draw {
            for (node, kind) in arguments.iter_mut().flatten() {
                let slot = self.new_slot(*kind);
                steps.push(Step::Set(slot, std::mem::replace(node, Node::Slot(slot))));
            }
        }
        let mut value = value?;
        for ((link, position), arguments) in links.into_iter().zip(arguments) {
            value = match link {
                Link::Method(call) if call.name == "map" => self.map(value, call, position)?,
                Link::Method(call) => self.method(value, &call.name, arguments, position)?,
                Link::Property(name) => self.property(value, name, position)?,
                Link::Index(_) => {
                    let Some(index) = arguments.into_iter().next() else {
                        return cannot("this expression", position);
                    };
                    self.index(value, index, position)?
                }
            };
        }
        let (node, kind) = value;
        let node = if steps.is_empty() { node } else { Node::Block(steps, Box::new(node)) };
        Ok((node, kind))
    }

    /// `list.map(|item| item[1])`: of each constant list that it may be, the other is made beforehand.
    fn map(
        &mut self,
        (node, kind): (Node, Type),
        call: &FnCallExpr,
        position: Position,
    ) -> Lowered<(Node, Type)> {
        let taken = match &call.args[..] {
            [Expr::DynamicConstant(value, _)] => {
                value.read_lock::<FnPtr>().and_then(|closure| self.taken(closure.fn_name()))
            }
            _ => None,
        };
        let (Type::Table(shape), Some(step)) = (kind, taken) else {
            return cannot("`map` but with a closure such as `|item| item[1]`", position);
        };
        match self.tables.project(shape, &step) {
            Some((made, kind)) => Ok((Node::Projected(Box::new(node), made), kind)),
            None => cannot("`map` of such a list", position),
        }
    }

    /// What a closure takes of its argument, where it does nothing else.
    fn taken(&self, closure: &str) -> Option<table::Step> {
        let (arguments, body) = self.script.functions.get(&(closure.to_owned(), 1))?;
        let [Stmt::Expr(expr)] = &body[..] else { return None };
        let (Expr::Dot(pair, ..) | Expr::Index(pair, ..)) = &**expr else { return None };
        let of_argument = matches!(&pair.lhs, Expr::Variable(parts, ..) if parts.1 == arguments[0]);
        match &pair.rhs {
            _ if !of_argument => None,
            Expr::Property(property, _) => Some(table::Step::Name(property.2.as_str().into())),
            Expr::StringConstant(name, _) => Some(table::Step::Name(name.as_str().into())),
            Expr::IntegerConstant(place, _) => usize::try_from(*place).ok().map(table::Step::Place),
            _ => None,
        }
    }

    /// `value.name(…)`: a function with the value as first argument.
    fn method(
        &mut self,
        value: (Node, Type),
        name: &str,
        rest: Vec<(Node, Type)>,
        position: Position,
    ) -> Lowered<(Node, Type)> {
        // A function of the script's own may be called so as well, with another `this`.
        if self.script.functions.keys().any(|(known, _)| known == name) {
            return cannot("a function of the script called as a method", position);
        }
        let values = [value].into_iter().chain(rest).collect();
        self.function(name, values, position)
    }

    /// `value.name`.
    fn property(
        &mut self,
        (node, kind): (Node, Type),
        name: &str,
        position: Position,
    ) -> Lowered<(Node, Type)> {
        match kind {
            Type::Table(shape) => {
                if let Some(kind) = self.entry_type(shape, name) {
                    let name = Box::new(Node::Text(name.into()));
                    return Ok((Node::Entry(Box::new(node), name, kind), kind));
                }
                if name == "len"
                    && matches!(self.tables.shape(shape), Shape::List(_) | Shape::Tuple(_))
                {
                    return Ok((Node::Length(Box::new(node)), Type::Int));
                }
                cannot(format!("`{name}`, which not all of these constants have"), position)
            }
            Type::Date | Type::Time => {
                self.call_known(&format!("get${name}"), vec![(node, kind)], position)
            }
            _ if GETTERS.contains(&name) && kind != Type::Decimal => {
                self.call_known(name, vec![(node, kind)], position)
            }
            _ => cannot(format!("the property `{name}`"), position),
        }
    }

    /// The type of what all maps of a shape call `name`.
    fn entry_type(&mut self, shape: u16, name: &str) -> Option<Type> {
        match self.tables.shape(shape) {
            Shape::Record(types) => {
                types.iter().find(|(known, _)| **known == *name).map(|(_, kind)| *kind)
            }
            Shape::Lookup(kind) => *kind,
            Shape::List(_) | Shape::Tuple(_) => None,
        }
    }

    /// `value[index]`.
    fn index(
        &mut self,
        (node, kind): (Node, Type),
        (place, by): (Node, Type),
        position: Position,
    ) -> Lowered<(Node, Type)> {
        if (kind, by) == (Type::Text, Type::Int) {
            return Ok((Node::Letter(Box::new(node), Box::new(place)), Type::Char));
        }
        let Type::Table(shape) = kind else {
            return cannot("an index of what is no constant list, map or text", position);
        };
        let is_map = matches!(self.tables.shape(shape), Shape::Record(_) | Shape::Lookup(_));
        let known = match (&place, self.tables.shape(shape)) {
            (Node::Int(place), Shape::Tuple(types)) => {
                let all = types.len() as i64;
                let place = if *place < 0 { *place + all } else { *place };
                usize::try_from(place).ok().and_then(|place| types.get(place).copied())
            }
            (Node::Text(name), Shape::Record(_)) => {
                let name = name.clone();
                self.entry_type(shape, &name)
            }
            _ => self.tables.values(shape),
        };
        let Some(result) = known else {
            return cannot("an index of constants of different types", position);
        };
        let (node, place) = (Box::new(node), Box::new(place));
        match (by, is_map) {
            (Type::Int, false) => Ok((Node::At(node, place, result), result)),
            (Type::Text, true) => Ok((Node::Entry(node, place, result), result)),
            _ => cannot("an index of another type than its list or map takes", position),
        }
    }
}
