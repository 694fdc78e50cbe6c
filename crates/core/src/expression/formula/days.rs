//! Dates that a formula compares: as what they mean, not as how they are written.
//!
//! A date in a formula is its display text, whose order is that of time. That holds for two of a kind only: a
//! date without a time is the whole day (`${at} <= "2024-12-31"` until that day is over), and a date in a text
//! may be written in another form (`"31/12/2024"`, `"2024-12-31 10:00"`). So beside a date, a text that is written
//! in the formula is brought to the form of the field, and what has a time is looked at by its day where the other
//! side has none.
//!
//! Texts that the formula calculates are compared as texts.

use super::tree::{Node, NodeId, Tree, Value};
use crate::calendar::MICROS_PER_DAY;
use crate::calendar::parse_period;
use crate::calendar::text::{iso_date, iso_instant};
use crate::columns::DataType;
use crate::expression::InputInfo;

/// What stands on one side of a comparison.
#[derive(Debug, Clone, PartialEq)]
enum Side {
    /// A field of dates.
    Day,
    /// A field of points in time.
    Instant { input: usize },
    /// A text that is a date.
    Written { text: String, is_day: bool },
    /// Anything else.
    Other,
}

impl Side {
    fn of(id: NodeId, tree: &Tree, inputs: &[InputInfo<'_>]) -> Self {
        match tree.node(id) {
            // A text in quotes is a list of its parts.
            Node::Concatenate(parts) if parts.len() == 1 => Self::of(parts[0], tree, inputs),
            Node::Input { input, .. } => match inputs[*input].data_type {
                DataType::Date => Self::Day,
                DataType::Instant => Self::Instant { input: *input },
                _ => Self::Other,
            },
            Node::Constant(Value::Text(text)) => match parse_period(text, None) {
                Ok(period) => {
                    let mut written = Vec::new();
                    match i32::try_from(period.first.div_euclid(MICROS_PER_DAY)) {
                        Ok(day) if period.is_of_days => iso_date(day, &mut written),
                        _ => iso_instant(period.first, &mut written),
                    }
                    let text = String::from_utf8_lossy(&written).into_owned();
                    Self::Written { text, is_day: period.is_of_days }
                }
                Err(_) => Self::Other,
            },
            _ => Self::Other,
        }
    }

    fn is_field(&self) -> bool {
        matches!(self, Self::Day | Self::Instant { .. })
    }

    fn is_day(&self) -> bool {
        matches!(self, Self::Day | Self::Written { is_day: true, .. })
    }
}

/// Rewrites the comparisons of dates in `tree`; `None` where there are none.
pub(super) fn compared(tree: &Tree, inputs: &[InputInfo<'_>]) -> Option<Tree> {
    let is_date =
        |info: &InputInfo<'_>| matches!(info.data_type, DataType::Date | DataType::Instant);
    if !inputs.iter().any(is_date) {
        return None;
    }
    let mut changes: Vec<(NodeId, Node)> = Vec::new();
    for node in &tree.nodes {
        let Node::Binary(operator, left, right) = node else { continue };
        if operator.is_arithmetic() {
            continue;
        }
        let sides = [*left, *right].map(|id| (id, Side::of(id, tree, inputs)));
        let by_day = sides.iter().any(|(_, side)| side.is_day());
        let has_field = sides.iter().any(|(_, side)| side.is_field());
        if !has_field || sides.iter().any(|(_, side)| *side == Side::Other) {
            continue;
        }
        for (id, side) in sides {
            match side {
                Side::Instant { input } if by_day => changes.push((id, Node::Day(input))),
                Side::Written { mut text, is_day } => {
                    if by_day && !is_day {
                        text.truncate(text.find('T').unwrap_or(text.len()));
                    }
                    changes.push((id, Node::Constant(Value::Text(text.into()))));
                }
                _ => {}
            }
        }
    }
    let mut tree = tree.clone();
    for (id, node) in changes {
        tree.nodes[id as usize] = node;
    }
    Some(tree)
}
