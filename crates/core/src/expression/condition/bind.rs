//! Fixes how each comparison of a condition is made, from the types of both sides.

use super::compare::{Comparison, Kind, Right};
use super::{Condition, Operand};
use crate::calendar::{MICROS_PER_DAY, parse_period};
use crate::columns::{Column, DataType};
use crate::columnwise::{Comparator, Selection};
use crate::display::Form;
use crate::expression::InputInfo;
use crate::expression::cast::{Cast, float_of_text};
use crate::expression::reference::Report;
use crate::problems::excerpt;

/// A condition ready to evaluate.
#[derive(Debug)]
pub(in crate::expression) enum Test {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Compare(Comparison),
}

/// What conditions and formulas are bound with.
#[derive(Debug, Clone, Copy)]
pub(in crate::expression) struct Scope<'a> {
    pub(in crate::expression) inputs: &'a [InputInfo<'a>],
    pub(in crate::expression) now: i64,
    pub(in crate::expression) cast: &'a Cast,
}

impl Test {
    /// Chooses the comparisons; what can never hold is reported.
    pub(in crate::expression) fn bind(
        condition: &Condition,
        scope: Scope<'_>,
        report: &mut Report<'_>,
    ) -> Self {
        let mut bind_all = |terms: &[Condition]| {
            terms.iter().map(|term| Self::bind(term, scope, report)).collect()
        };
        match condition {
            Condition::All(terms) => Self::All(bind_all(terms)),
            Condition::Any(terms) => Self::Any(bind_all(terms)),
            Condition::Not(term) => Self::Not(Box::new(Self::bind(term, scope, report))),
            Condition::Compare { left, operator, right } => {
                Self::Compare(compare(*left, *operator, right, scope, report))
            }
        }
    }

    /// One flag per index of `selection`.
    pub(in crate::expression) fn evaluate(
        &self,
        columns: &[&Column],
        types: &[Form],
        selection: &Selection,
    ) -> Vec<bool> {
        let combine = |terms: &[Self], with: fn(&mut bool, bool)| {
            let mut flags: Option<Vec<bool>> = None;
            for term in terms {
                let next = term.evaluate(columns, types, selection);
                match &mut flags {
                    None => flags = Some(next),
                    Some(flags) => {
                        flags.iter_mut().zip(next).for_each(|(flag, next)| with(flag, next));
                    }
                }
            }
            flags.unwrap_or_default()
        };
        match self {
            Self::All(terms) => combine(terms, |flag, next| *flag &= next),
            Self::Any(terms) => combine(terms, |flag, next| *flag |= next),
            Self::Not(term) => {
                let mut flags = term.evaluate(columns, types, selection);
                for flag in &mut flags {
                    *flag = !*flag;
                }
                flags
            }
            Self::Compare(comparison) => comparison.evaluate(columns, types, selection),
        }
    }
}

fn compare(
    left: usize,
    operator: Comparator,
    right: &Operand,
    scope: Scope<'_>,
    report: &mut Report<'_>,
) -> Comparison {
    let left_type = scope.inputs[left].data_type;
    match right {
        Operand::Input(right) => {
            let kind = kind_of_columns(left_type, scope.inputs[*right].data_type);
            Comparison::new(left, operator, Right::Input(*right), kind)
        }
        Operand::Text(text) => {
            let kind = kind_of_literal(left_type, text);
            if let Kind::Texts { .. } = kind {
                check_literal(scope.inputs[left].name, left_type, operator, text, report);
            }
            Comparison::new(left, operator, Right::Literal(text.clone()), kind)
        }
    }
}

fn kind_of_columns(left: DataType, right: DataType) -> Kind {
    let is_whole =
        |data_type| matches!(data_type, DataType::Int32 | DataType::Int64 | DataType::EpochMillis);
    let is_time =
        |data_type| matches!(data_type, DataType::Date | DataType::Instant | DataType::EpochMillis);
    if is_whole(left) && is_whole(right) {
        Kind::Integers { literal: 0 }
    } else if is_time(left) && is_time(right) {
        // A date without a time is the whole day.
        let is_day = left == DataType::Date || right == DataType::Date;
        if is_day { Kind::Days { literal: 0 } } else { Kind::Times { literal: 0 } }
    } else if left.is_numeric() && right.is_numeric() {
        Kind::Numbers { literal: 0.0 }
    } else {
        Kind::Texts { numbers_are_equal: left.is_numeric() || right.is_numeric() }
    }
}

fn kind_of_literal(left: DataType, text: &str) -> Kind {
    let trimmed = text.trim();
    let as_text = Kind::Texts { numbers_are_equal: false };
    match left {
        DataType::Int32 | DataType::Int64 | DataType::EpochMillis => {
            if let Ok(literal) = trimmed.parse() {
                return Kind::Integers { literal };
            }
            match float_of_text(trimmed) {
                Ok(literal) => Kind::Numbers { literal },
                Err(_) if left == DataType::EpochMillis => kind_of_time(trimmed).unwrap_or(as_text),
                Err(_) => as_text,
            }
        }
        DataType::Float32 | DataType::Float64 | DataType::Decimal { .. } => {
            float_of_text(trimmed).map_or(as_text, |literal| Kind::Numbers { literal })
        }
        DataType::Date | DataType::Instant => kind_of_time(trimmed).unwrap_or(as_text),
        DataType::Boolean if trimmed.eq_ignore_ascii_case("true") => {
            Kind::Boolean { literal: true }
        }
        DataType::Boolean if trimmed.eq_ignore_ascii_case("false") => {
            Kind::Boolean { literal: false }
        }
        DataType::Boolean | DataType::Text | DataType::Bytes => as_text,
    }
}

/// How a date in text is compared: as a day, unless it has a time.
fn kind_of_time(text: &str) -> Option<Kind> {
    let period = parse_period(text, None).ok()?;
    Some(if period.is_of_days {
        Kind::Days { literal: period.first.div_euclid(MICROS_PER_DAY) }
    } else {
        Kind::Times { literal: period.first }
    })
}

/// Reports a literal that no value of the column can equal, or that has no order beside it.
fn check_literal(
    name: &str,
    data_type: DataType,
    operator: Comparator,
    text: &str,
    report: &mut Report<'_>,
) {
    let expected = match data_type {
        DataType::Text | DataType::Bytes => return,
        DataType::Boolean => "`true` or `false`",
        DataType::Date | DataType::Instant => "a date such as `2024-01-31`",
        _ => "a number",
    };
    let found = excerpt(text);
    if operator.is_equality() {
        let message = format!("`{name}` never equals `{found}`: expected {expected}");
        report.warning("condition_never_equal", message, None);
    } else {
        let message = format!("`{name}` cannot be compared with `{found}`: expected {expected}");
        report.error("condition_type", message, None);
    }
}
