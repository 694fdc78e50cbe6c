//! Whose value is the formula's: the completion values of JavaScript.
//!
//! The value of a program is that of the last statement that has one. Declarations and empty blocks
//! have none; `if` and `switch` always have one, undefined at the least. Marking where a value can
//! still be the last one keeps evaluation from storing the others.

use super::tree::Statement;

/// Sets `keep` and `reset` throughout.
pub(super) fn keep_completions(statements: &mut [Statement]) {
    mark(statements, true, false);
}

/// `needed`: whether the value that stands after the last statement is read; `at_break`: whether the
/// one that stands at a `break` is. Gives whether the value that stands before the first one is read.
fn mark(statements: &mut [Statement], needed: bool, at_break: bool) -> bool {
    let mut needed = needed;
    for statement in statements.iter_mut().rev() {
        needed = match statement {
            Statement::Expression { keep, .. } => {
                *keep = needed;
                false
            }
            Statement::Declare(_) => needed,
            Statement::Break => at_break,
            Statement::If { arms, otherwise, reset } => {
                for (_, body) in arms {
                    mark(body, needed, at_break);
                }
                mark(otherwise, needed, at_break);
                *reset = needed || at_break;
                false
            }
            Statement::Switch { bodies, reset, .. } => {
                // A body that runs on gives its value to the next, a `break` to the end.
                let mut after = needed;
                for body in bodies.iter_mut().rev() {
                    after = mark(body, after, needed);
                }
                *reset = needed;
                false
            }
        };
    }
    needed
}
