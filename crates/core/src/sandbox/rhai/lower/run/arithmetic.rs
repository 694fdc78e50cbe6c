//! Arithmetic on whole columns, exactly as the interpreter does it on values.

use std::cell::Cell;

use super::divisor::Divisor;
use super::vector::{Many, Vector, merge};
use super::{Bail, Run};
use crate::sandbox::rhai::lower::tree::Operator;

/// `change` of every pair, unless one of them overflows: then the second of what it gives is negative.
#[inline]
fn checked(
    left: Many<i64>,
    right: Many<i64>,
    change: impl Fn(i64, i64) -> (i64, i64),
) -> Run<Many<i64>> {
    // The sign is gathered, not asked for each: the loop stays free of branches.
    let wrong = Cell::new(0);
    let result = merge(left, right, |a, b| {
        let (value, overflow) = change(a, b);
        wrong.set(wrong.get() | overflow);
        value
    });
    if wrong.get() < 0 { Err(Bail) } else { Ok(result) }
}

/// `left - right`.
pub(super) fn difference(left: Many<i64>, right: Many<i64>) -> Run<Many<i64>> {
    // Only a difference of unlike signs overflows: then it has the sign of the right one.
    checked(left, right, |a, b| {
        let difference = a.wrapping_sub(b);
        (difference, (a ^ b) & (a ^ difference))
    })
}

/// Whether `left` divided by `right` can be had without dividing each.
fn divisor(right: &Many<i64>) -> Option<Divisor> {
    if let Many::One(right) = right { Divisor::new(*right) } else { None }
}

pub(super) fn arithmetic(operator: Operator, left: Vector, right: Vector) -> Run<Vector> {
    /// A value that may not be there, as a pair.
    fn pair(value: Option<i64>) -> (i64, i64) {
        (value.unwrap_or(0), -i64::from(value.is_none()))
    }
    Ok(match (left, right) {
        (Vector::Int(left), Vector::Int(right)) => Vector::Int(match operator {
            Operator::Add => checked(left, right, |a, b| {
                // Both have the sign that the sum has not.
                let sum = a.wrapping_add(b);
                (sum, (a ^ sum) & (b ^ sum))
            })?,
            Operator::Subtract => difference(left, right)?,
            Operator::Multiply => checked(left, right, |a, b| {
                let (product, overflows) = a.overflowing_mul(b);
                (product, -i64::from(overflows))
            })?,
            Operator::Divide => match divisor(&right) {
                Some(Divisor::Power(power)) => merge(left, right, |a, _| power.quotient(a)),
                Some(Divisor::Other(other)) => merge(left, right, |a, _| other.quotient(a)),
                None => checked(left, right, |a, b| pair(a.checked_div(b)))?,
            },
            Operator::Remainder => match divisor(&right) {
                Some(Divisor::Power(power)) => merge(left, right, |a, _| power.remainder(a)),
                Some(Divisor::Other(other)) => merge(left, right, |a, _| other.remainder(a)),
                None => checked(left, right, |a, b| pair(a.checked_rem(b)))?,
            },
            Operator::Power => checked(left, right, |a, b| {
                pair(u32::try_from(b).ok().and_then(|b| a.checked_pow(b)))
            })?,
            // Other distances have rules of their own.
            Operator::ShiftLeft => checked(left, right, |a, b| {
                pair((0..64).contains(&b).then(|| a.wrapping_shl(b as u32)))
            })?,
            Operator::ShiftRight => checked(left, right, |a, b| {
                pair((0..64).contains(&b).then(|| a.wrapping_shr(b as u32)))
            })?,
            Operator::And => merge(left, right, |a, b| a & b),
            Operator::Or => merge(left, right, |a, b| a | b),
            Operator::Xor => merge(left, right, |a, b| a ^ b),
        }),
        (Vector::Float(left), Vector::Float(right)) => Vector::Float(match operator {
            Operator::Add => merge(left, right, |a, b| a + b),
            Operator::Subtract => merge(left, right, |a, b| a - b),
            Operator::Multiply => merge(left, right, |a, b| a * b),
            Operator::Divide => merge(left, right, |a, b| a / b),
            Operator::Remainder => merge(left, right, |a, b| a % b),
            _ => return Err(Bail),
        }),
        _ => return Err(Bail),
    })
}
