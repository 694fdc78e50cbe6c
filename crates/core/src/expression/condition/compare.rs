//! Comparisons, column-wise.

use std::cmp::Ordering;

use crate::calendar::MICROS_PER_DAY;
use crate::columns::{Column, DataType, Values};
use crate::columnwise::{Comparator, Selection};
use crate::display::{Form, write_display};
use crate::expression::cast::float_of_text;
use crate::expression::lift::{Group, Memo};
use crate::expression::load;

/// One comparison with its way of comparing.
#[derive(Debug)]
pub(in crate::expression) struct Comparison {
    left: usize,
    operator: Comparator,
    right: Right,
    kind: Kind,
    /// The literal trimmed, in lower case.
    folded: String,
    /// One flag per dictionary entry.
    memo: Memo<Vec<bool>>,
}

/// The right side.
#[derive(Debug)]
pub(super) enum Right {
    /// Index of an input.
    Input(usize),
    Literal(String),
}

/// What both sides are compared as. A literal counts only beside [`Right::Literal`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Boolean {
        literal: bool,
    },
    Integers {
        literal: i64,
    },
    Numbers {
        literal: f64,
    },
    /// Microseconds since 1970.
    Times {
        literal: i64,
    },
    /// Days since 1970, of points in time too: one side has no time.
    Days {
        literal: i64,
    },
    Texts {
        numbers_are_equal: bool,
    },
}

impl Comparison {
    pub(super) fn new(left: usize, operator: Comparator, right: Right, kind: Kind) -> Self {
        let folded = match &right {
            Right::Literal(text) => text.trim().to_lowercase(),
            Right::Input(_) => String::new(),
        };
        Self { left, operator, right, kind, folded, memo: Memo::default() }
    }

    /// One flag per index of `selection`.
    pub(super) fn evaluate(
        &self,
        columns: &[&Column],
        types: &[Form],
        selection: &Selection,
    ) -> Vec<bool> {
        let left = columns[self.left];
        let right = match self.right {
            Right::Input(input) => Some(columns[input]),
            Right::Literal(_) => None,
        };
        let right_type = match self.right {
            Right::Input(input) => types[input],
            Right::Literal(_) => DataType::Text.into(),
        };
        let types = (types[self.left], right_type);
        let flags = match self.kind {
            Kind::Boolean { literal } => booleans(left, selection)
                .map(|flags| self.with_literal(&flags, &literal, |a, b| Some(a.cmp(b)))),
            Kind::Integers { literal } => self.pair(
                left,
                right,
                |column, _| load::integers(column, selection),
                types,
                literal,
            ),
            Kind::Numbers { literal } => {
                let literal = nearest(literal, types.0.data_type);
                let load = |column, data_type| load::numbers(column, data_type, selection);
                self.pair(left, right, load, types, literal)
            }
            Kind::Times { literal } => {
                let load = |column, data_type| times(column, data_type, selection);
                self.pair(left, right, load, types, literal)
            }
            Kind::Days { literal } => {
                let load = |column, data_type| days(column, data_type, selection);
                self.pair(left, right, load, types, literal)
            }
            Kind::Texts { .. } => Some(self.texts(left, right, types, selection)),
        };
        // A column of another kind than announced compares as text.
        let mut flags = flags.unwrap_or_else(|| self.texts(left, right, types, selection));
        let validity = load::both(
            load::validity(left, selection),
            right.and_then(|right| load::validity(right, selection)),
        );
        if let Some(validity) = validity {
            let of_null = self.operator == Comparator::NotEqual;
            for (flag, valid) in flags.iter_mut().zip(validity) {
                *flag = if valid { *flag } else { of_null };
            }
        }
        flags
    }

    /// Compares loaded values with one another or with the literal.
    fn pair<'a, T: PartialOrd + Copy + 'a>(
        &self,
        left: &'a Column,
        right: Option<&'a Column>,
        load: impl Fn(&'a Column, DataType) -> Option<std::borrow::Cow<'a, [T]>>,
        types: (Form, Form),
        literal: T,
    ) -> Option<Vec<bool>> {
        let left = load(left, types.0.data_type)?;
        Some(match right {
            None => self.with_literal(&left, &literal, T::partial_cmp),
            Some(right) => {
                let right = load(right, types.1.data_type)?;
                let flag = |(a, b): (&T, &T)| self.operator.holds(a.partial_cmp(b));
                left.iter().zip(right.iter()).map(flag).collect()
            }
        })
    }

    /// The operator is looked at once, not once per row.
    #[inline]
    fn with_literal<T: Copy>(
        &self,
        values: &[T],
        literal: &T,
        compare: impl Fn(&T, &T) -> Option<Ordering>,
    ) -> Vec<bool> {
        let each = |holds: fn(Option<Ordering>) -> bool| {
            values.iter().map(|value| holds(compare(value, literal))).collect()
        };
        match self.operator {
            Comparator::Equal => each(|ordering| ordering == Some(Ordering::Equal)),
            Comparator::NotEqual => each(|ordering| ordering != Some(Ordering::Equal)),
            Comparator::Less => each(|ordering| ordering == Some(Ordering::Less)),
            Comparator::LessOrEqual => each(|o| o.is_some_and(Ordering::is_le)),
            Comparator::Greater => each(|ordering| ordering == Some(Ordering::Greater)),
            Comparator::GreaterOrEqual => each(|o| o.is_some_and(Ordering::is_ge)),
        }
    }

    fn texts(
        &self,
        left: &Column,
        right: Option<&Column>,
        types: (Form, Form),
        selection: &Selection,
    ) -> Vec<bool> {
        if let Some(group) = Group::of(std::iter::once(left).chain(right)) {
            let table = self.memo.get(&group, || {
                let columns = group.entry_columns();
                self.each_text(&columns[0], columns.get(1), types, &Selection::All(group.entries()))
            });
            if let Some(table) = table {
                let flag = |index| table[group.keys[selection.position(index)] as usize];
                return (0..selection.len()).map(flag).collect();
            }
        }
        self.each_text(left, right, types, selection)
    }

    fn each_text(
        &self,
        left: &Column,
        right: Option<&Column>,
        types: (Form, Form),
        selection: &Selection,
    ) -> Vec<bool> {
        let mut scratch = (Vec::new(), Vec::new());
        (0..selection.len())
            .map(|index| {
                let position = selection.position(index);
                let left = text_at(left, types.0, position, &mut scratch.0);
                match (right, &self.right) {
                    (Some(right), _) => {
                        let right = text_at(right, types.1, position, &mut scratch.1);
                        let folded = right.trim().to_lowercase();
                        self.text_holds(left, right, &folded)
                    }
                    (None, Right::Literal(text)) => self.text_holds(left, text, &self.folded),
                    (None, Right::Input(_)) => false,
                }
            })
            .collect()
    }

    fn text_holds(&self, left: &str, right: &str, folded: &str) -> bool {
        let numbers = || {
            let (left, right) = (float_of_text(left).ok()?, float_of_text(right).ok()?);
            Some(left.partial_cmp(&right))
        };
        if self.operator.is_equality() {
            let trimmed = left.trim();
            let equal = if trimmed.is_ascii() {
                trimmed.eq_ignore_ascii_case(folded)
            } else {
                trimmed.to_lowercase() == folded
            };
            let by_number = matches!(self.kind, Kind::Texts { numbers_are_equal: true });
            let equal = equal || (by_number && numbers() == Some(Some(Ordering::Equal)));
            return equal == (self.operator == Comparator::Equal);
        }
        self.operator.holds(numbers().unwrap_or_else(|| Some(left.cmp(right))))
    }
}

/// The literal as a value of a column of `data_type` would show it: 3.6 of a FLOAT column is the
/// number nearest to 3.6 that the column can hold.
fn nearest(literal: f64, data_type: DataType) -> f64 {
    if data_type == DataType::Float32 { load::shown_number(literal as f32) } else { literal }
}

fn booleans(column: &Column, selection: &Selection) -> Option<Vec<bool>> {
    match &column.values {
        Values::Boolean(values) => Some(selection.gather(values)),
        _ => None,
    }
}

/// Microseconds since 1970 of dates, instants and epoch milliseconds.
fn times<'a>(
    column: &'a Column,
    data_type: DataType,
    selection: &Selection,
) -> Option<std::borrow::Cow<'a, [i64]>> {
    let mut values = load::integers(column, selection)?;
    let unit = match data_type {
        DataType::Date => MICROS_PER_DAY,
        DataType::EpochMillis => 1_000,
        _ => return Some(values),
    };
    values.to_mut().iter_mut().for_each(|value| *value = value.saturating_mul(unit));
    Some(values)
}

/// Days since 1970 of dates, instants and epoch milliseconds.
fn days<'a>(
    column: &'a Column,
    data_type: DataType,
    selection: &Selection,
) -> Option<std::borrow::Cow<'a, [i64]>> {
    let mut values = load::integers(column, selection)?;
    let units = match data_type {
        DataType::Date => return Some(values),
        DataType::EpochMillis => MICROS_PER_DAY / 1_000,
        _ => MICROS_PER_DAY,
    };
    // Floor, not truncation: before 1970 a time belongs to the day that began before it.
    values.to_mut().iter_mut().for_each(|value| *value = value.div_euclid(units));
    Some(values)
}

/// The display text of a value, borrowed where it is one already.
fn text_at<'a>(
    column: &'a Column,
    form: Form,
    position: usize,
    scratch: &'a mut Vec<u8>,
) -> &'a str {
    let bytes = match &column.values {
        Values::Text(values) => values.get(position),
        Values::Choice { keys, dictionary } => dictionary.get(keys[position]),
        _ => {
            scratch.clear();
            write_display(column, form, position, scratch);
            scratch
        }
    };
    std::str::from_utf8(bytes).unwrap_or("")
}
