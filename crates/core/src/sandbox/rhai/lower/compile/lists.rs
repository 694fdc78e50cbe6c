//! Draws from lists, and what is asked of them: constants by their numbers, lists written out value by value.

use rhai::{Dynamic, Expr, Position};

use super::{Compiler, Lowered, MOST_VECTORS, cannot};
use crate::columnwise::Comparator;
use crate::sandbox::rhai::files;
use crate::sandbox::rhai::lower::tables::{Cell, Shape};
use crate::sandbox::rhai::lower::tree::{Node, Step, Type};

impl Compiler<'_> {
    /// A constant that is no plain literal.
    pub(super) fn constant(
        &mut self,
        value: &Dynamic,
        position: Position,
    ) -> Lowered<(Node, Type)> {
        if let Some(table) = files::of(value)
            && let Some((line, column)) = table.hole()
        {
            let file = crate::problems::excerpt(table.file());
            let column = crate::problems::excerpt(column);
            let hole =
                format!("`{file}`, where line {line} has no value of `{column}`: give it one");
            return cannot(hole, position);
        }
        let Some((cell, kind)) = self.tables.add(value) else {
            let name = match value.type_name() {
                "Fn" => "a function as a value".to_owned(),
                "array" | "map" => {
                    "a constant that is too large or holds `()` or functions".to_owned()
                }
                name => format!("a value of type {}", name.rsplit("::").next().unwrap_or(name)),
            };
            return cannot(name, position);
        };
        let node = match cell {
            Cell::Int(value) => Node::Int(value),
            Cell::Float(value) => Node::Float(value),
            Cell::Bool(value) => Node::Bool(value),
            Cell::Char(value) => Node::Char(value),
            Cell::Decimal(place) => Node::Decimal(self.tables.decimals[place as usize]),
            Cell::Date(value) => Node::Date(value),
            Cell::Time(value) => Node::Time(value),
            Cell::Table(table) => Node::Table(table),
            Cell::Text(..) => return cannot("this text", position),
        };
        Ok((node, kind))
    }

    /// A call that takes a list written out, where it is one: its values are worked out, then one is taken.
    pub(super) fn of_written_list(
        &mut self,
        name: &str,
        arguments: &[Expr],
        position: Position,
    ) -> Option<Lowered<(Node, Type)>> {
        match (name, arguments) {
            ("pick", [Expr::Array(items, _)]) => Some(self.pick_of(items, None, position)),
            ("pick_weighted", [Expr::Array(items, _), weights]) => {
                Some(self.pick_of(items, Some(weights), position))
            }
            ("contains", [Expr::Array(items, _), value]) => {
                Some(self.contains_of(items, value, position))
            }
            _ => None,
        }
    }

    /// Values of one type.
    pub(super) fn alike(
        &mut self,
        items: &[Expr],
        position: Position,
    ) -> Lowered<(Vec<Node>, Type)> {
        if items.len() > MOST_VECTORS {
            return cannot("a list of so many values that are worked out", position);
        }
        let values = self.all(items, Self::expression)?;
        let mut nodes = Vec::with_capacity(values.len());
        let mut all = None;
        for (node, kind) in values {
            let joined = match all {
                None => Some(kind),
                Some(known) => self.tables.join(known, kind),
            };
            if joined.is_none() {
                return cannot("a list of values of different types", position);
            }
            all = joined;
            nodes.push(node);
        }
        match all {
            Some(kind) => Ok((nodes, kind)),
            None => cannot("an empty list", position),
        }
    }

    fn pick_of(
        &mut self,
        items: &[Expr],
        weights: Option<&Expr>,
        position: Position,
    ) -> Lowered<(Node, Type)> {
        let (nodes, kind) = self.alike(items, position)?;
        self.draws = true;
        let place = match weights {
            None => Node::Place(nodes.len()),
            Some(weights) => {
                let (weights, Type::Table(_)) = self.expression(weights)? else {
                    return cannot("weights that are no constants", position);
                };
                Node::Weighted(nodes.len(), Box::new(weights))
            }
        };
        Ok((Node::Choose(nodes, Box::new(place), kind), kind))
    }

    /// `[a, b, c][place]`: what stands in the brackets is worked out first, as the interpreter does.
    pub(super) fn choose_at(&mut self, items: &[Expr], index: &Expr) -> Lowered<(Node, Type)> {
        let position = index.position();
        let place = self.typed(index, Type::Int)?;
        let slot = self.new_slot(Type::Int);
        let (nodes, kind) = self.alike(items, position)?;
        let choose = Node::Choose(nodes, Box::new(Node::Slot(slot)), kind);
        let steps = vec![Step::Set(slot, place)];
        Ok((Node::Block(steps, Box::new(choose)), kind))
    }

    /// `value in [a, b, c]`.
    fn contains_of(
        &mut self,
        items: &[Expr],
        value: &Expr,
        position: Position,
    ) -> Lowered<(Node, Type)> {
        let (nodes, kind) = self.alike(items, position)?;
        let (value, found) = self.expression(value)?;
        if kind != found
            || !matches!(
                kind,
                Type::Int | Type::Char | Type::Text | Type::Bool | Type::Date | Type::Time
            )
        {
            return cannot("`in` between values of different types", position);
        }
        let mut steps = Vec::with_capacity(nodes.len() + 1);
        let mut tests = Vec::with_capacity(nodes.len());
        let wanted = self.new_slot(kind);
        for node in nodes {
            let slot = self.new_slot(kind);
            steps.push(Step::Set(slot, node));
            let pair = (Box::new(Node::Slot(slot)), Box::new(Node::Slot(wanted)));
            tests.push(Node::Compare(Comparator::Equal, pair.0, pair.1));
        }
        steps.push(Step::Set(wanted, value));
        Ok((Node::Block(steps, Box::new(Node::Or(tests))), Type::Bool))
    }

    /// What functions give for constant lists and maps; `None`: it is none of these.
    pub(super) fn of_tables(
        &mut self,
        name: &str,
        values: &mut Vec<(Node, Type)>,
        position: Position,
    ) -> Option<Lowered<(Node, Type)>> {
        let kinds: Vec<Type> = values.iter().map(|(_, kind)| *kind).collect();
        let Some(Type::Table(shape)) = kinds.first().copied() else { return None };
        let is_map = matches!(self.tables.shape(shape), Shape::Record(_) | Shape::Lookup(_));
        let element = self.tables.values(shape);
        let take = |values: &mut Vec<(Node, Type)>| Box::new(values.remove(0).0);
        Some(match (name, &kinds[1..], is_map) {
            ("len", [], _) => Ok((Node::Length(take(values)), Type::Int)),
            ("is_empty", [], _) => {
                let length = Box::new(Node::Length(take(values)));
                let zero = Box::new(Node::Int(0));
                Ok((Node::Compare(Comparator::Equal, length, zero), Type::Bool))
            }
            ("pick" | "pick_weighted", _, false) if element.is_none() => {
                cannot("a draw from constants of different types", position)
            }
            ("keys" | "values", [], true) => match self.tables.listed(shape, name == "keys") {
                Some((made, kind)) => Ok((Node::Projected(take(values), made), kind)),
                None => cannot("a map of values of different types", position),
            },
            ("pick", [], false) => {
                self.draws = true;
                let kind = element?;
                Ok((Node::Pick(take(values), kind), kind))
            }
            ("pick_weighted", [Type::Table(_)], false) => {
                self.draws = true;
                let kind = element?;
                Ok((Node::PickWeighted(take(values), take(values), kind), kind))
            }
            ("contains", [kind], _) => {
                let wanted = if is_map { Some(Type::Text) } else { element };
                let plain = matches!(
                    kind,
                    Type::Int | Type::Char | Type::Text | Type::Bool | Type::Date | Type::Time
                );
                if plain && wanted == Some(*kind) {
                    Ok((Node::Contains(take(values), take(values)), Type::Bool))
                } else {
                    cannot("`in` between values of different types", position)
                }
            }
            _ => cannot(format!("the function `{name}` with a list or map"), position),
        })
    }
}
