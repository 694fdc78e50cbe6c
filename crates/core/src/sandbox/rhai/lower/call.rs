//! The functions that lowered scripts may call, by name and types of arguments: see `host`.

use super::tree::Type;
use crate::sandbox::rhai::host::forms;
use crate::sandbox::rhai::host::function::Form;

/// The function called `name` that takes arguments of these types.
pub(super) fn find(name: &str, arguments: &[Type]) -> Option<&'static Form> {
    forms().find(|known| known.name == name && known.arguments == arguments)
}

/// Whether any function is called `name`.
pub(super) fn is_known(name: &str) -> bool {
    forms().any(|known| known.name == name)
}
