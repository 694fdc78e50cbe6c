//! Made-up texts: random letters and texts that follow a pattern.
//!
//! What field types write texts with. Knows nothing of fields, models or columns.

mod draws;
mod letters;
pub(crate) mod pattern;

pub(crate) use draws::Draws;
pub(crate) use letters::Letters;
