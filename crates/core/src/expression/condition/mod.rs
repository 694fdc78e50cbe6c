//! Condition lines: `$vip=true & $age>17 | $country="FRANCE"`.
//!
//! ```text
//! line    := all { ("|" | "||" | OR) all }
//! all     := one { ("&" | "&&" | AND) one }
//! one     := "(" line ")" | "!" one | name operator operand
//! name    := "$" characters except blanks, operators, "&", "|", "(", ")" and quotes | "${" any "}"
//! operator:= "=" | "==" | "!" | "!=" | "<>" | "<" | "<=" | ">" | ">="
//! operand := name | quoted text | unquoted text
//! ```
//!
//! Blanks may stand anywhere. Unquoted text goes up to the next `&`, `|` or word AND, OR that a blank
//! or another term (`$…`, `(`) sets apart: `R&D` is one text. `&` binds closer than `|`; the reference
//! mixed them up and took `<` for `<=`.
//!
//! How values compare:
//! * two numbers as numbers: `$f=10` holds for 10.0;
//! * a date or instant with another, or with a date in text, as points in time; where one side has no time,
//!   it is the whole day: `$at<=2024-12-31` holds until that day is over, `$at=2024-12-31` all day long;
//! * anything else as text: equality trims and ignores letter case, order is that of the characters,
//!   unless both texts are numbers;
//! * a null satisfies no operator but `!=`.

mod bind;
mod compare;
mod parse;

pub(super) use bind::{Scope, Test};
pub(super) use parse::{condition_operators, parse};

use crate::columnwise::Comparator;

/// A parsed condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Compare {
        /// Index of an input.
        left: usize,
        operator: Comparator,
        right: Operand,
    },
}

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    /// Index of an input.
    Input(usize),
    Text(String),
}
