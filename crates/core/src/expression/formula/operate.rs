//! Operators, column-wise, with JavaScript's conversions.
//!
//! Null stays null through arithmetic and joining of texts; compared it equals only null, and no
//! order holds for it.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use super::functions::power;
use super::numbers;
use super::text::{self, TextLimit};
use super::tree::{Binary, Value};
use super::vector::{Cell, Data, Vector, both_valid};
use crate::columns::VarBytes;
use crate::columnwise::Selection;
use crate::display::write_number;
use crate::expression::error::Faults;

/// Numbers of an operand: one for all rows, or one each.
pub(super) enum Numbers<'v> {
    One(f64),
    Many(Cow<'v, [f64]>),
}

impl Numbers<'_> {
    #[inline]
    pub(super) fn at(&self, index: usize) -> f64 {
        match self {
            Self::One(value) => *value,
            Self::Many(values) => values[index],
        }
    }
}

/// The values as numbers, and where they are not null. A constant null is `None`.
pub(super) fn numbers<'v>(
    vector: &'v Vector<'_>,
    length: usize,
) -> Option<(Numbers<'v>, Option<Arc<Vec<bool>>>)> {
    let valid = vector.valid.clone();
    Some(match &vector.data {
        Data::Constant(Value::Null) => return None,
        Data::Constant(value) => (Numbers::One(number_of(value.into())), None),
        Data::Numbers(values) => (Numbers::Many(Cow::Borrowed(values)), valid),
        Data::Booleans(values) => {
            (Numbers::Many(values.iter().map(|flag| f64::from(u8::from(*flag))).collect()), valid)
        }
        Data::Texts(_) | Data::Choices { .. } => {
            let number = |index| number_of(vector.at(index));
            (Numbers::Many((0..length).map(number).collect()), valid)
        }
        Data::Mixed(values) => {
            let has_nulls = values.contains(&Value::Null);
            let flags = values.iter().map(|value| *value != Value::Null);
            let valid = has_nulls.then(|| Arc::new(flags.collect()));
            (Numbers::Many(values.iter().map(|value| number_of(value.into())).collect()), valid)
        }
    })
}

/// JavaScript's `Number(…)`.
pub(super) fn number_of(cell: Cell<'_>) -> f64 {
    match cell {
        Cell::Null => f64::NAN,
        Cell::Boolean(value) => f64::from(u8::from(value)),
        Cell::Number(value) => value,
        Cell::Text(text) => numbers::number(text),
    }
}

/// Appends JavaScript's `String(…)`; of null nothing.
pub(super) fn write_text(cell: Cell<'_>, out: &mut Vec<u8>) {
    match cell {
        Cell::Null => {}
        Cell::Boolean(true) => out.extend_from_slice(b"true"),
        Cell::Boolean(false) => out.extend_from_slice(b"false"),
        Cell::Number(value) => write_number(value, out),
        Cell::Text(text) => out.extend_from_slice(text),
    }
}

#[inline]
pub(super) fn is_truthy(cell: Cell<'_>) -> bool {
    match cell {
        Cell::Null => false,
        Cell::Boolean(value) => value,
        Cell::Number(value) => value != 0.0 && !value.is_nan(),
        Cell::Text(text) => !text.is_empty(),
    }
}

/// One flag per index: whether the value counts as true.
pub(super) fn truth(vector: &Vector<'_>, length: usize) -> Vec<bool> {
    match (&vector.data, &vector.valid) {
        (Data::Booleans(values), None) => values.to_vec(),
        (Data::Constant(value), _) => vec![is_truthy(value.into()); length],
        _ => (0..length).map(|index| is_truthy(vector.at(index))).collect(),
    }
}

/// `left operator right`.
pub(super) fn binary<'a>(
    operator: Binary,
    left: &Vector<'a>,
    right: &Vector<'a>,
    selection: &Selection,
    faults: &mut Faults,
) -> Vector<'a> {
    if !operator.is_arithmetic() {
        return compare(operator, left, right, selection.len());
    }
    if operator == Binary::Add && !(left.is_numeric() && right.is_numeric()) {
        return add(left, right, selection, faults);
    }
    let length = selection.len();
    match operator {
        Binary::Add => arithmetic(left, right, length, |a, b| a + b),
        Binary::Subtract => arithmetic(left, right, length, |a, b| a - b),
        Binary::Multiply => arithmetic(left, right, length, |a, b| a * b),
        Binary::Divide => arithmetic(left, right, length, |a, b| a / b),
        Binary::Remainder => arithmetic(left, right, length, |a, b| a % b),
        _ => arithmetic(left, right, length, power),
    }
}

/// A function of two numbers.
#[inline]
pub(super) fn arithmetic<'a>(
    left: &Vector<'a>,
    right: &Vector<'a>,
    length: usize,
    calculate: impl Fn(f64, f64) -> f64,
) -> Vector<'a> {
    let (Some((a, a_valid)), Some((b, b_valid))) = (numbers(left, length), numbers(right, length))
    else {
        return Vector::NULL;
    };
    let values = match (&a, &b) {
        (Numbers::One(a), Numbers::One(b)) => {
            return Vector::constant(Value::Number(calculate(*a, *b)));
        }
        (Numbers::Many(a), Numbers::One(b)) => a.iter().map(|a| calculate(*a, *b)).collect(),
        (Numbers::One(a), Numbers::Many(b)) => b.iter().map(|b| calculate(*a, *b)).collect(),
        (Numbers::Many(a), Numbers::Many(b)) => {
            a.iter().zip(b.iter()).map(|(a, b)| calculate(*a, *b)).collect()
        }
    };
    Vector::numbers(values, both_valid(a_valid.as_ref(), b_valid.as_ref()))
}

/// A function of one number.
#[inline]
pub(super) fn map<'a>(
    vector: &Vector<'a>,
    length: usize,
    calculate: impl Fn(f64) -> f64,
) -> Vector<'a> {
    match numbers(vector, length) {
        None => Vector::NULL,
        Some((Numbers::One(value), _)) => Vector::constant(Value::Number(calculate(value))),
        Some((Numbers::Many(values), valid)) => {
            Vector::numbers(values.iter().map(|value| calculate(*value)).collect(), valid)
        }
    }
}

/// `+` where a text may be among the operands.
fn add<'a>(
    left: &Vector<'a>,
    right: &Vector<'a>,
    selection: &Selection,
    faults: &mut Faults,
) -> Vector<'a> {
    if left.is_text() || right.is_text() {
        return concatenate(&[left.clone(), right.clone()], selection, faults);
    }
    // Which rows hold texts is known row by row only.
    let mut limit = TextLimit::default();
    let values = (0..selection.len()).map(|index| match (left.at(index), right.at(index)) {
        (Cell::Null, _) | (_, Cell::Null) => Value::Null,
        (a @ Cell::Text(_), b) | (a, b @ Cell::Text(_)) => {
            let mut text = Vec::new();
            write_text(a, &mut text);
            write_text(b, &mut text);
            if let Err(message) = limit.check(text.len()) {
                faults.push(selection.position(index), message);
                return Value::Null;
            }
            Cell::Text(&text).to_value()
        }
        (a, b) => Value::Number(number_of(a) + number_of(b)),
    });
    Vector { data: Data::Mixed(Arc::new(values.collect())), valid: None }
}

/// The parts' texts one behind the other; null where one is null.
pub(super) fn concatenate<'a>(
    parts: &[Vector<'a>],
    selection: &Selection,
    faults: &mut Faults,
) -> Vector<'a> {
    match parts {
        [only] if only.is_text() => return only.clone(),
        _ => {}
    }
    let constants: Option<Vec<&Value>> = parts.iter().map(Vector::as_constant).collect();
    let count = if constants.is_some() { 1 } else { selection.len() };
    let mut texts = VarBytes::with_capacity(count, 24 * count);
    let mut valid = vec![true; count];
    let mut limit = TextLimit::default();
    for (index, valid) in valid.iter_mut().enumerate() {
        let start = texts.data().len();
        let out = texts.open();
        for part in parts {
            let cell = part.at(index);
            *valid &= cell != Cell::Null;
            write_text(cell, out);
        }
        if let Err(message) = limit.check(out.len() - start) {
            faults.push(selection.position(index), message);
            *valid = false;
        }
        if !*valid {
            out.truncate(start);
        }
        texts.close();
    }
    if constants.is_some() {
        let value = if valid[0] { Cell::Text(texts.get(0)).to_value() } else { Value::Null };
        return Vector::constant(value);
    }
    let valid = valid.contains(&false).then_some(valid);
    Vector::texts(texts, valid)
}

fn compare<'a>(
    operator: Binary,
    left: &Vector<'a>,
    right: &Vector<'a>,
    length: usize,
) -> Vector<'a> {
    let is_plain = |vector: &Vector<'_>| {
        vector.valid.is_none()
            && matches!(vector.data, Data::Numbers(_) | Data::Constant(Value::Number(_)))
    };
    if let (Some(a), Some(b)) = (left.as_constant(), right.as_constant()) {
        return Vector::constant(Value::Boolean(holds(operator, a.into(), b.into())));
    }
    if is_plain(left)
        && is_plain(right)
        && let (Some((a, _)), Some((b, _))) = (numbers(left, length), numbers(right, length))
    {
        return Vector::booleans(match operator {
            Binary::Equal | Binary::Identical => flags(&a, &b, length, |a, b| a == b),
            Binary::NotEqual | Binary::NotIdentical => flags(&a, &b, length, |a, b| a != b),
            Binary::Less => flags(&a, &b, length, |a, b| a < b),
            Binary::LessOrEqual => flags(&a, &b, length, |a, b| a <= b),
            Binary::Greater => flags(&a, &b, length, |a, b| a > b),
            _ => flags(&a, &b, length, |a, b| a >= b),
        });
    }
    // `flag == true` is how conditions are written.
    if let (
        Binary::Equal | Binary::Identical,
        Data::Booleans(values),
        None,
        Some(Value::Boolean(b)),
    ) = (operator, &left.data, &left.valid, right.as_constant())
    {
        return Vector::booleans(values.iter().map(|a| a == b).collect());
    }
    let flag = |index| holds(operator, left.at(index), right.at(index));
    Vector::booleans((0..length).map(flag).collect())
}

#[inline]
fn flags(
    left: &Numbers<'_>,
    right: &Numbers<'_>,
    length: usize,
    holds: impl Fn(f64, f64) -> bool,
) -> Vec<bool> {
    match (left, right) {
        (Numbers::Many(a), Numbers::One(b)) => a.iter().map(|a| holds(*a, *b)).collect(),
        (Numbers::One(a), Numbers::Many(b)) => b.iter().map(|b| holds(*a, *b)).collect(),
        _ => (0..length).map(|index| holds(left.at(index), right.at(index))).collect(),
    }
}

/// Whether a comparison holds for two values.
fn holds(operator: Binary, left: Cell<'_>, right: Cell<'_>) -> bool {
    let ordering = || match (left, right) {
        (Cell::Null, _) | (_, Cell::Null) => None,
        (Cell::Text(a), Cell::Text(b)) => Some(text::order(a, b)),
        (a, b) => number_of(a).partial_cmp(&number_of(b)),
    };
    match operator {
        Binary::Identical => identical(left, right),
        Binary::NotIdentical => !identical(left, right),
        Binary::Equal => equal(left, right),
        Binary::NotEqual => !equal(left, right),
        Binary::Less => ordering() == Some(Ordering::Less),
        Binary::LessOrEqual => ordering().is_some_and(Ordering::is_le),
        Binary::Greater => ordering() == Some(Ordering::Greater),
        _ => ordering().is_some_and(Ordering::is_ge),
    }
}

/// `===`.
pub(super) fn identical(left: Cell<'_>, right: Cell<'_>) -> bool {
    left == right
}

/// `==`.
fn equal(left: Cell<'_>, right: Cell<'_>) -> bool {
    match (left, right) {
        (Cell::Null, _) | (_, Cell::Null) | (Cell::Text(_), Cell::Text(_)) => left == right,
        (a, b) => number_of(a) == number_of(b),
    }
}
