//! The `datagen` command.
fn main() {}
