//! Values of one type for some rows of a block: what expressions are evaluated to.

use crate::columnwise::Selection;
use crate::sandbox::rhai::host::decimal::Decimal;
use crate::sandbox::rhai::lower::tree::Type;

/// Where a text stands in the arena.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// One value for all rows, or one for each.
#[derive(Debug, Clone)]
pub(super) enum Many<T> {
    One(T),
    Each(Vec<T>),
}

impl<T: Copy> Many<T> {
    pub(super) fn is_one(&self) -> bool {
        matches!(self, Self::One(_))
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> T {
        match self {
            Self::One(value) => *value,
            Self::Each(values) => values[index],
        }
    }

    pub(super) fn map<U>(&self, change: impl Fn(T) -> U) -> Many<U> {
        match self {
            Self::One(value) => Many::One(change(*value)),
            Self::Each(values) => Many::Each(values.iter().map(|value| change(*value)).collect()),
        }
    }

    pub(super) fn gather(&self, rows: &Selection) -> Self {
        match (self, rows) {
            (Self::Each(values), Selection::Some(_)) => Self::Each(rows.gather(values)),
            _ => self.clone(),
        }
    }

    /// Puts `values` of the selected rows in their places among `count`.
    pub(super) fn scatter(&mut self, values: Self, rows: &Selection, count: usize) {
        if let Selection::All(_) = rows {
            *self = values;
            return;
        }
        if let Self::One(value) = self {
            *self = Self::Each(vec![*value; count]);
        }
        let Self::Each(all) = self else { return };
        match values {
            Self::One(value) => rows.fill(all, |_| value),
            Self::Each(values) => rows.scatter(&values, all),
        }
    }
}

impl<T> Many<Option<T>> {
    /// The values, unless one of them is not there.
    pub(super) fn all_or_none(self) -> Option<Many<T>> {
        Some(match self {
            Self::One(value) => Many::One(value?),
            Self::Each(values) => Many::Each(values.into_iter().collect::<Option<_>>()?),
        })
    }
}

/// Values of one type for the selected rows.
#[derive(Debug, Clone)]
pub(super) enum Vector {
    Int(Many<i64>),
    Float(Many<f64>),
    Bool(Many<bool>),
    Text(Many<Span>),
    Char(Many<char>),
    Decimal(Many<Decimal>),
    /// Days since 1970-01-01.
    Date(Many<i32>),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Time(Many<i64>),
    /// Numbers of constant lists and maps.
    Table(Many<u32>),
}

/// `$act` of the values, whatever their type.
macro_rules! each {
    ($vector:expr, $values:ident => $act:expr) => {
        match $vector {
            Vector::Int($values) => Vector::Int($act),
            Vector::Float($values) => Vector::Float($act),
            Vector::Bool($values) => Vector::Bool($act),
            Vector::Text($values) => Vector::Text($act),
            Vector::Char($values) => Vector::Char($act),
            Vector::Decimal($values) => Vector::Decimal($act),
            Vector::Date($values) => Vector::Date($act),
            Vector::Time($values) => Vector::Time($act),
            Vector::Table($values) => Vector::Table($act),
        }
    };
}

impl Vector {
    pub(super) fn empty(kind: Type) -> Self {
        match kind {
            Type::Int => Self::Int(Many::One(0)),
            Type::Float => Self::Float(Many::One(0.0)),
            Type::Bool => Self::Bool(Many::One(false)),
            Type::Text => Self::Text(Many::One(Span::default())),
            Type::Char => Self::Char(Many::One('\0')),
            Type::Decimal => Self::Decimal(Many::One(Decimal::ZERO)),
            Type::Date => Self::Date(Many::One(0)),
            Type::Time => Self::Time(Many::One(0)),
            Type::Table(_) => Self::Table(Many::One(0)),
        }
    }

    /// Whether it is one value for all rows.
    pub(super) fn is_one(&self) -> bool {
        match self {
            Self::Int(values) => values.is_one(),
            Self::Float(values) => values.is_one(),
            Self::Bool(values) => values.is_one(),
            Self::Text(values) => values.is_one(),
            Self::Char(values) => values.is_one(),
            Self::Decimal(values) => values.is_one(),
            Self::Date(values) => values.is_one(),
            Self::Time(values) => values.is_one(),
            Self::Table(values) => values.is_one(),
        }
    }

    pub(super) fn gather(&self, rows: &Selection) -> Self {
        each!(self, values => values.gather(rows))
    }

    pub(super) fn scatter(&mut self, values: Self, rows: &Selection, count: usize) {
        match (self, values) {
            (Self::Int(all), Self::Int(some)) => all.scatter(some, rows, count),
            (Self::Float(all), Self::Float(some)) => all.scatter(some, rows, count),
            (Self::Bool(all), Self::Bool(some)) => all.scatter(some, rows, count),
            (Self::Text(all), Self::Text(some)) => all.scatter(some, rows, count),
            (Self::Char(all), Self::Char(some)) => all.scatter(some, rows, count),
            (Self::Decimal(all), Self::Decimal(some)) => all.scatter(some, rows, count),
            (Self::Date(all), Self::Date(some)) => all.scatter(some, rows, count),
            (Self::Time(all), Self::Time(some)) => all.scatter(some, rows, count),
            (Self::Table(all), Self::Table(some)) => all.scatter(some, rows, count),
            // Types are checked when the tree is made.
            _ => debug_assert!(false, "a value of another type"),
        }
    }
}

/// The texts of `vector` after their bytes were moved up by `offset`.
pub(super) fn moved(vector: Vector, offset: u32) -> Vector {
    match vector {
        Vector::Text(Many::Each(mut spans)) => {
            for span in &mut spans {
                span.start += offset;
                span.end += offset;
            }
            Vector::Text(Many::Each(spans))
        }
        other => other,
    }
}

/// The only value of `vector`, for all rows.
pub(super) fn one(vector: &Vector) -> Vector {
    each!(vector, values => Many::One(values.get(0)))
}

/// A vector of the type of `values`, to be filled.
pub(super) fn like(values: &Vector) -> Vector {
    Vector::empty(match values {
        Vector::Int(_) => Type::Int,
        Vector::Float(_) => Type::Float,
        Vector::Bool(_) => Type::Bool,
        Vector::Text(_) => Type::Text,
        Vector::Char(_) => Type::Char,
        Vector::Decimal(_) => Type::Decimal,
        Vector::Date(_) => Type::Date,
        Vector::Time(_) => Type::Time,
        Vector::Table(_) => Type::Table(0),
    })
}

/// `change` of every pair, in the place of one of them.
#[inline]
pub(super) fn merge<T: Copy>(left: Many<T>, right: Many<T>, change: impl Fn(T, T) -> T) -> Many<T> {
    match (left, right) {
        (Many::One(a), Many::One(b)) => Many::One(change(a, b)),
        (Many::Each(mut all), Many::One(b)) => {
            for a in &mut all {
                *a = change(*a, b);
            }
            Many::Each(all)
        }
        (Many::One(a), Many::Each(mut all)) => {
            for b in &mut all {
                *b = change(a, *b);
            }
            Many::Each(all)
        }
        (Many::Each(mut left), Many::Each(right)) => {
            left.iter_mut().zip(&right).for_each(|(a, b)| *a = change(*a, *b));
            Many::Each(left)
        }
    }
}

/// `change` of every pair.
#[inline]
pub(super) fn combine<T: Copy, U>(
    left: Many<T>,
    right: Many<T>,
    change: impl Fn(T, T) -> U,
) -> Many<U> {
    match (left, right) {
        (Many::One(a), Many::One(b)) => Many::One(change(a, b)),
        (Many::Each(all), Many::One(b)) => Many::Each(all.iter().map(|a| change(*a, b)).collect()),
        (Many::One(a), Many::Each(all)) => Many::Each(all.iter().map(|b| change(a, *b)).collect()),
        (Many::Each(left), Many::Each(right)) => {
            Many::Each(left.iter().zip(&right).map(|(a, b)| change(*a, *b)).collect())
        }
    }
}
