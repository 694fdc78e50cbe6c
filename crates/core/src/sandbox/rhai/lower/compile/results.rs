//! What a script returns: a value, null, or a map of the value and its sub-values.

use rhai::{Expr, Position};

use super::{Compiler, Lowered, cannot};
use crate::columns::DataType;
use crate::sandbox::data_type_name;
use crate::sandbox::rhai::lower::tree::{Node, Output, Step, Type};

/// What the returns of a function gave so far, for the value and for each of its sub-values.
#[derive(Debug, Clone)]
pub(super) struct Outcome(Vec<Given>);

/// What was given in one place.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Given {
    pub(super) value: Option<Type>,
    pub(super) null: bool,
}

impl Outcome {
    pub(super) fn new(beside: usize) -> Self {
        Self(vec![Given::default(); beside + 1])
    }

    /// What was given for the value.
    pub(super) fn first(&self) -> Given {
        self.0[0]
    }
}

impl Compiler<'_> {
    /// Whether returns of this function give a map of the value and its sub-values.
    fn gives_records(&self) -> bool {
        self.results.len() == 1 && !self.script.sub_values.is_empty()
    }

    pub(super) fn returned(&mut self, expr: Option<&Expr>) -> Lowered<Step> {
        match expr {
            None | Some(Expr::Unit(_)) => self.give_null(),
            Some(Expr::Map(parts, position)) if self.gives_records() => {
                self.give_record(&parts.0, *position)
            }
            Some(expr) => {
                let (node, kind) = self.expression(expr)?;
                self.give(node, kind, expr.position())
            }
        }
    }

    /// Returns null, for all sub-values as well.
    pub(super) fn give_null(&mut self) -> Lowered<Step> {
        let Some(outcome) = self.results.last_mut() else {
            return cannot("a return outside of functions", Position::NONE);
        };
        outcome.0.iter_mut().for_each(|given| given.null = true);
        Ok(if self.gives_records() { Step::Give(Vec::new()) } else { Step::Return(None) })
    }

    /// Returns a value.
    pub(super) fn give(&mut self, node: Node, kind: Type, position: Position) -> Lowered<Step> {
        if self.gives_records() {
            return cannot(
                "a result that is no map written out, as `#{ value: …, … }` would be",
                position,
            );
        }
        self.take(0, kind, position)?;
        Ok(Step::Return(Some(node)))
    }

    /// Notes that `kind` is given in one place.
    fn take(&mut self, place: usize, kind: Type, position: Position) -> Lowered<()> {
        let Some(given) = self.results.last_mut().map(|outcome| &mut outcome.0[place]) else {
            return cannot("a return outside of functions", position);
        };
        match given.value {
            None => given.value = Some(kind),
            Some(known) if known == kind => {}
            Some(known) => match self.tables.join(known, kind) {
                Some(joined) => {
                    if let Some(outcome) = self.results.last_mut() {
                        outcome.0[place].value = Some(joined);
                    }
                }
                None => return cannot("results of different types", position),
            },
        }
        Ok(())
    }

    fn give_record(&mut self, parts: &[(rhai::Ident, Expr)], position: Position) -> Lowered<Step> {
        let names: Vec<&str> = self.script.sub_values.iter().map(|sub| sub.name.as_str()).collect();
        let mut fields = Vec::with_capacity(parts.len());
        let mut given = vec![false; names.len() + 1];
        for (name, expr) in parts {
            let place = match name.name.as_str() {
                "value" => Some(0),
                name => names.iter().position(|known| *known == name).map(|place| place + 1),
            };
            let Some(place) = place else {
                return cannot(format!("`{}`, which is no sub-value", name.name), position);
            };
            if matches!(expr, Expr::Unit(_)) {
                continue;
            }
            given[place] = true;
            let (node, kind) = self.expression(expr)?;
            self.take(place, kind, expr.position())?;
            fields.push((place, node));
        }
        if let Some(outcome) = self.results.last_mut() {
            for (outcome, given) in outcome.0.iter_mut().zip(given) {
                outcome.null |= !given;
            }
        }
        Ok(Step::Give(fields))
    }

    /// The columns that the script makes of what it returned.
    pub(super) fn outputs(&self, outcome: &Outcome) -> Lowered<Vec<Output>> {
        let beside = self.script.sub_values.iter().map(|sub| (sub.data_type, true));
        let all = [(self.script.data_type, self.script.nullable)].into_iter().chain(beside);
        let mut outputs = Vec::with_capacity(outcome.0.len());
        for (given, (data_type, nullable)) in outcome.0.iter().zip(all) {
            if given.value.is_some_and(|kind| !fits(kind, data_type)) {
                let wanted = data_type_name(data_type);
                return cannot(format!("the conversion of the result to {wanted}"), Position::NONE);
            }
            if given.null && !nullable {
                return cannot("null where there shall be none", Position::NONE);
            }
            outputs.push(Output { data_type, result: given.value, nullable: given.null });
        }
        Ok(outputs)
    }
}

/// Whether a value becomes one of a column.
fn fits(kind: Type, data_type: DataType) -> bool {
    match kind {
        Type::Int => matches!(
            data_type,
            DataType::Int32
                | DataType::Int64
                | DataType::Float32
                | DataType::Float64
                | DataType::Decimal { .. }
        ),
        Type::Float => {
            matches!(data_type, DataType::Float32 | DataType::Float64 | DataType::Decimal { .. })
        }
        Type::Decimal => {
            matches!(data_type, DataType::Float32 | DataType::Float64 | DataType::Decimal { .. })
        }
        Type::Bool => data_type == DataType::Boolean,
        Type::Text | Type::Char => data_type == DataType::Text,
        Type::Date => data_type == DataType::Date,
        Type::Time => matches!(data_type, DataType::EpochMillis | DataType::Instant),
        Type::Table(_) => false,
    }
}
