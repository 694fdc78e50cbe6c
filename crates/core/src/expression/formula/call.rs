//! Calls of functions, column-wise.

use super::functions::{Convert, Function, Math, Method};
use super::numbers;
use super::operate::{
    Numbers, arithmetic, concatenate, is_truthy, map, number_of, numbers, truth, write_text,
};
use super::text::{self, Outcome, TextLimit};
use super::tree::Value;
use super::vector::{Cell, Data, Slice, Vector, both_valid};
use crate::columns::VarBytes;
use crate::columnwise::Selection;
use crate::expression::error::Faults;

/// Calls `function` with one vector per operand (of a method the receiver first).
pub(super) fn call<'a>(
    function: Function,
    operands: &[Vector<'a>],
    selection: &Selection,
    faults: &mut Faults,
) -> Vector<'a> {
    let length = selection.len();
    match function {
        Function::Math(Math::Hypot) => hypotenuse(operands, length),
        Function::Math(math) => match (math.unary(), operands) {
            (Some(calculate), [only]) => map(only, length, calculate),
            (_, [first, rest @ ..]) => {
                // Of one alone: max(x) is x as a number.
                let mut all = map(first, length, |x| x);
                for next in rest {
                    all = arithmetic(&all, next, length, math.binary());
                }
                all
            }
            _ => Vector::NULL,
        },
        Function::Convert(convert) => conversion(convert, operands, selection, faults),
        Function::Length => {
            rows(operands, selection, faults, Gives::Number, |cells, _| match cells {
                [Cell::Text(text)] => Ok(Outcome::Number(text::length(text) as f64)),
                [Cell::Null] => Ok(Outcome::Null),
                _ => Err("`length` needs a text; write `String(…)`".to_owned()),
            })
        }
        Function::Method(method) => {
            let gives = match method {
                Method::IndexOf | Method::LastIndexOf | Method::CharCodeAt => Gives::Number,
                Method::Includes | Method::StartsWith | Method::EndsWith => Gives::Boolean,
                _ => Gives::Text,
            };
            rows(operands, selection, faults, gives, |cells, out| match cells {
                [receiver, arguments @ ..] => text::call(method, *receiver, arguments, out),
                [] => Ok(Outcome::Null),
            })
        }
    }
}

fn conversion<'a>(
    convert: Convert,
    operands: &[Vector<'a>],
    selection: &Selection,
    faults: &mut Faults,
) -> Vector<'a> {
    let length = selection.len();
    let [first, ..] = operands else { return Vector::NULL };
    match convert {
        Convert::Number => map(first, length, |x| x),
        Convert::String => concatenate(&operands[..1], selection, faults),
        Convert::Boolean => match first.as_constant() {
            Some(value) => Vector::constant(Value::Boolean(is_truthy(value.into()))),
            None => Vector::booleans(truth(first, length)),
        },
        Convert::IsNan => test(first, length, f64::is_nan),
        Convert::IsFinite => test(first, length, f64::is_finite),
        Convert::IsInteger => rows(operands, selection, faults, Gives::Boolean, |cells, _| {
            Ok(match cells {
                [Cell::Null, ..] => Outcome::Null,
                [Cell::Number(x), ..] => Outcome::Boolean(x.is_finite() && x.trunc() == *x),
                _ => Outcome::Boolean(false),
            })
        }),
        Convert::ParseFloat | Convert::ParseInt => {
            let mut scratch = Vec::new();
            rows(operands, selection, faults, Gives::Number, |cells, _| {
                if cells.contains(&Cell::Null) {
                    return Ok(Outcome::Null);
                }
                scratch.clear();
                write_text(cells[0], &mut scratch);
                Ok(Outcome::Number(match (convert, cells.get(1)) {
                    (Convert::ParseFloat, _) => numbers::parse_float(&scratch),
                    (_, radix) => {
                        numbers::parse_int(&scratch, radix.map_or(0.0, |cell| number_of(*cell)))
                    }
                }))
            })
        }
    }
}

fn test<'a>(vector: &Vector<'a>, length: usize, holds: impl Fn(f64) -> bool) -> Vector<'a> {
    match numbers(vector, length) {
        None => Vector::NULL,
        Some((Numbers::One(value), _)) => Vector::constant(Value::Boolean(holds(value))),
        Some((Numbers::Many(values), valid)) => {
            let flags: Vec<bool> = values.iter().map(|value| holds(*value)).collect();
            Vector { valid, ..Vector::booleans(flags) }
        }
    }
}

/// `Math.hypot`: scaled by the largest and summed with the rounding errors carried along, as V8 does.
fn hypotenuse<'a>(operands: &[Vector<'a>], length: usize) -> Vector<'a> {
    let mut all = Vec::with_capacity(operands.len());
    let mut valid = None;
    for operand in operands {
        let Some((numbers, flags)) = numbers(operand, length) else { return Vector::NULL };
        valid = both_valid(valid.as_ref(), flags.as_ref());
        all.push(numbers);
    }
    let one = |index: usize| {
        let values = || all.iter().map(|numbers| numbers.at(index).abs());
        if values().any(f64::is_infinite) {
            return f64::INFINITY;
        }
        let largest = values().fold(0.0, |a: f64, b| if a > b || a.is_nan() { a } else { b });
        if largest == 0.0 || largest.is_nan() {
            return largest;
        }
        let (mut sum, mut lost) = (0.0, 0.0);
        for value in values() {
            let scaled = value / largest;
            let summand = scaled * scaled - lost;
            let next = sum + summand;
            lost = (next - sum) - summand;
            sum = next;
        }
        f64::sqrt(sum) * largest
    };
    if operands.iter().all(|operand| operand.as_constant().is_some()) {
        return Vector::constant(Value::Number(one(0)));
    }
    Vector::numbers((0..length).map(one).collect(), valid)
}

/// The kind of value that a function gives.
#[derive(Clone, Copy)]
enum Gives {
    Boolean,
    Number,
    Text,
}

/// Calls a function row by row, or once when all operands are constants.
fn rows<'a>(
    operands: &[Vector<'a>],
    selection: &Selection,
    faults: &mut Faults,
    gives: Gives,
    mut calculate: impl FnMut(&[Cell<'_>], &mut Vec<u8>) -> Result<Outcome, String>,
) -> Vector<'a> {
    let is_constant = operands.iter().all(|operand| operand.as_constant().is_some());
    let count = if is_constant { selection.len().min(1) } else { selection.len() };
    let mut booleans = Vec::new();
    let mut numbers = Vec::new();
    let mut texts = VarBytes::default();
    let mut valid = vec![true; count];
    let mut limit = TextLimit::default();
    let mut cells = Vec::with_capacity(operands.len());
    for (index, valid) in valid.iter_mut().enumerate() {
        cells.clear();
        cells.extend(operands.iter().map(|operand| operand.at(index)));
        let start = texts.data().len();
        let out = texts.open();
        let outcome = calculate(&cells, out).and_then(|outcome| {
            limit.check(out.len() - start)?;
            Ok(outcome)
        });
        let outcome = outcome.unwrap_or_else(|message| {
            // A constant that fails, fails in every row; the first is told.
            faults.push(selection.position(index), message);
            Outcome::Null
        });
        *valid = outcome != Outcome::Null;
        if !*valid {
            out.truncate(start);
        }
        match gives {
            Gives::Boolean => booleans.push(outcome == Outcome::Boolean(true)),
            Gives::Number => {
                numbers.push(if let Outcome::Number(x) = outcome { x } else { 0.0 });
            }
            Gives::Text => texts.close(),
        }
    }
    if is_constant {
        let value = match (valid.first(), gives) {
            (Some(true), Gives::Boolean) => Value::Boolean(booleans[0]),
            (Some(true), Gives::Number) => Value::Number(numbers[0]),
            (Some(true), Gives::Text) => Cell::Text(texts.get(0)).to_value(),
            _ => Value::Null,
        };
        return Vector::constant(value);
    }
    let valid = valid.contains(&false).then_some(valid);
    match gives {
        Gives::Text => Vector::texts(texts, valid),
        Gives::Number => Vector::numbers(numbers, valid.map(Into::into)),
        Gives::Boolean => Vector {
            data: Data::Booleans(Slice::Shared(booleans.into())),
            valid: valid.map(Into::into),
        },
    }
}
