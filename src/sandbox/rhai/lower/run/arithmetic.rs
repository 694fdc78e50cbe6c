//! Arithmetic on whole columns, exactly as the interpreter does it on values.

use super::vector::{Many, Vector, combine};
use super::{Bail, Run};
use crate::sandbox::rhai::lower::tree::Operator;

/// `change` of every pair, unless one of them overflows.
#[inline]
pub(super) fn checked(
    left: Many<i64>,
    right: Many<i64>,
    change: impl Fn(i64, i64) -> (i64, bool),
) -> Run<Many<i64>> {
    // The flag is gathered, not asked for each: the loop stays free of branches.
    let wrong = std::cell::Cell::new(false);
    let result = combine(left, right, |a, b| {
        let (value, overflows) = change(a, b);
        wrong.set(wrong.get() | overflows);
        value
    });
    if wrong.get() { Err(Bail) } else { Ok(result) }
}

pub(super) fn arithmetic(operator: Operator, left: Vector, right: Vector) -> Run<Vector> {
    /// A value that may not be there, as a pair.
    fn pair(value: Option<i64>) -> (i64, bool) {
        (value.unwrap_or(0), value.is_none())
    }
    Ok(match (left, right) {
        (Vector::Int(left), Vector::Int(right)) => Vector::Int(match operator {
            Operator::Add => checked(left, right, i64::overflowing_add)?,
            Operator::Subtract => checked(left, right, i64::overflowing_sub)?,
            Operator::Multiply => checked(left, right, i64::overflowing_mul)?,
            Operator::Divide => checked(left, right, |a, b| pair(a.checked_div(b)))?,
            Operator::Remainder => checked(left, right, |a, b| pair(a.checked_rem(b)))?,
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
            Operator::And => combine(left, right, |a, b| a & b),
            Operator::Or => combine(left, right, |a, b| a | b),
            Operator::Xor => combine(left, right, |a, b| a ^ b),
        }),
        (Vector::Float(left), Vector::Float(right)) => Vector::Float(match operator {
            Operator::Add => combine(left, right, |a, b| a + b),
            Operator::Subtract => combine(left, right, |a, b| a - b),
            Operator::Multiply => combine(left, right, |a, b| a * b),
            Operator::Divide => combine(left, right, |a, b| a / b),
            Operator::Remainder => combine(left, right, |a, b| a % b),
            _ => return Err(Bail),
        }),
        _ => return Err(Bail),
    })
}
