//! Exact decimals as values of scripts: their operators, which take whole numbers and numbers beside them, and their
//! functions.

use std::cmp::Ordering;

use super::Answer;
use super::decimal::Decimal;
use super::function::{Form, Function, Group, form};

fn whole(value: i64) -> Decimal {
    Decimal::new(i128::from(value), 0).unwrap_or(Decimal::ZERO)
}

fn more(a: Decimal, b: Decimal) -> Decimal {
    if a.compare(b) == Ordering::Less { b } else { a }
}

fn less(a: Decimal, b: Decimal) -> Decimal {
    if a.compare(b) == Ordering::Greater { b } else { a }
}

/// The same operator between decimals, and between a decimal and a whole number or a number on either side.
macro_rules! operators {
    ($($name:literal -> $result:ident, |$a:ident, $b:ident| $answer:expr;)*) => {
        &[$(
            form!(pure $name(a: Decimal, b: Decimal) -> $result, |_| {
                let ($a, $b) = (a, b);
                $answer
            }),
            form!(pure $name(a: Decimal, b: Int) -> $result, |_| {
                let ($a, $b) = (a, whole(b));
                $answer
            }),
            form!(pure $name(a: Int, b: Decimal) -> $result, |_| {
                let ($a, $b) = (whole(a), b);
                $answer
            }),
            form!(pure $name(a: Decimal, b: Float) -> $result, |_| {
                Decimal::of_float(b).and_then(|b| {
                    let ($a, $b) = (a, b);
                    $answer
                })
            }),
            form!(pure $name(a: Float, b: Decimal) -> $result, |_| {
                Decimal::of_float(a).and_then(|a| {
                    let ($a, $b) = (a, b);
                    $answer
                })
            }),
        )*]
    };
}

const OPERATORS: &[Form] = operators! {
    "+" -> Decimal, |a, b| a.add(b);
    "-" -> Decimal, |a, b| a.subtract(b);
    "*" -> Decimal, |a, b| a.multiply(b);
    "/" -> Decimal, |a, b| a.divide(b);
    "%" -> Decimal, |a, b| a.remainder(b);
    "==" -> Bool, |a, b| Ok(a.compare(b) == Ordering::Equal);
    "!=" -> Bool, |a, b| Ok(a.compare(b) != Ordering::Equal);
    "<" -> Bool, |a, b| Ok(a.compare(b) == Ordering::Less);
    "<=" -> Bool, |a, b| Ok(a.compare(b) != Ordering::Greater);
    ">" -> Bool, |a, b| Ok(a.compare(b) == Ordering::Greater);
    ">=" -> Bool, |a, b| Ok(a.compare(b) != Ordering::Less);
    "max" -> Decimal, |a, b| Ok(more(a, b));
    "min" -> Decimal, |a, b| Ok(less(a, b));
};

fn made(value: Answer<Decimal>, digits: i64) -> Answer<Decimal> {
    value.and_then(|value| value.round_to(digits))
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        group: Group::Decimals,
        signature: "decimal(value), decimal(value, digits)",
        doc: "an exact decimal of a whole number, a number as it is written or a text such as `\"12.50\"`, rounded to \
              so many digits behind the point; at most 38 digits in all",
        forms: &[
            form!(pure "decimal"(value: Text) -> Decimal, |_| Decimal::parse(value)),
            form!(pure "decimal"(value: Int) -> Decimal, |_| Ok(whole(value))),
            form!(pure "decimal"(value: Float) -> Decimal, |_| Decimal::of_float(value)),
            form!(pure "decimal"(value: Decimal) -> Decimal, |_| Ok(value)),
            form!(pure "decimal"(value: Text, digits: Int) -> Decimal, |_| {
                made(Decimal::parse(value), digits)
            }),
            form!(pure "decimal"(value: Int, digits: Int) -> Decimal, |_| {
                made(Ok(whole(value)), digits)
            }),
            form!(pure "decimal"(value: Float, digits: Int) -> Decimal, |_| {
                made(Decimal::of_float(value), digits)
            }),
            form!(pure "decimal"(value: Decimal, digits: Int) -> Decimal, |_| made(Ok(value), digits)),
        ],
        others: Some(|engine| {
            engine.register_type_with_name::<Decimal>("decimal");
        }),
    },
    Function {
        group: Group::Decimals,
        signature: "decimal + decimal",
        doc: "`+ - * / %`, comparisons, `max` and `min`, with whole numbers and numbers beside; a quotient without an \
              end has 20 digits behind the point, what would have more than 38 digits in all fails",
        forms: OPERATORS,
        others: Some(|engine| {
            engine.register_fn("-", Decimal::negated);
            engine.register_fn("+", |value: Decimal| value);
        }),
    },
    Function {
        group: Group::Decimals,
        signature: "decimal.round(), decimal.floor(), decimal.ceiling()",
        doc: "the whole number that is nearest, halves away from zero, not above or not below; `round_to(decimal, digits)` \
              rounds behind the point",
        forms: &[
            form!(pure "round"(value: Decimal) -> Decimal, |_| value.round_to(0)),
            form!(pure "floor"(value: Decimal) -> Decimal, |_| Ok(value.floor())),
            form!(pure "ceiling"(value: Decimal) -> Decimal, |_| Ok(value.ceiling())),
            form!(pure "round_to"(value: Decimal, digits: Int) -> Decimal, |_| value.round_to(digits)),
            form!(pure "abs"(value: Decimal) -> Decimal, |_| Ok(value.abs())),
            form!(pure "sign"(value: Decimal) -> Int, |_| Ok(value.sign())),
            form!(pure "clamp"(value: Decimal, low: Decimal, high: Decimal) -> Decimal, |_| {
                Ok(more(less(value, high), low))
            }),
        ],
        others: None,
    },
    Function {
        group: Group::Decimals,
        signature: "decimal.to_float(), decimal.to_int(), decimal.to_string()",
        doc: "the nearest number, the whole number without what stands behind the point, the text with all its digits",
        forms: &[
            form!(pure "to_float"(value: Decimal) -> Float, |_| Ok(value.to_float())),
            form!(pure "to_int"(value: Decimal) -> Int, |_| value.to_int()),
            form!(lowered pure "to_string"(value: Decimal) -> Text, |_| Ok(value.to_string())),
        ],
        others: Some(|engine| {
            for name in ["to_string", "to_debug"] {
                engine.register_fn(name, |value: &mut Decimal| value.to_string());
            }
        }),
    },
];
