//! What user code may use, set by the operator only.

use serde::{Deserialize, Serialize};

/// The limits of user code. Counts are deterministic: the same rows reach them on every machine. Seconds
/// are the net below for what counts do not see; they end a command, they never change a value. They are of
/// the processor's time that the code gets, so that a busy machine ends nothing; what waits for ever is ended
/// after many times as long by the clock on the wall.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of a script.
    pub script_bytes: u64,
    /// Operations of a script in one row.
    pub script_operations: u64,
    /// Calls of a script's functions inside one another.
    pub script_call_depth: usize,
    /// Expressions of a script inside one another.
    pub script_expression_depth: usize,
    /// Bytes of one text of a script.
    pub script_text_bytes: usize,
    /// Items of one array of a script.
    pub script_array_items: usize,
    /// Entries of one map of a script.
    pub script_map_entries: usize,
    /// Bytes of all values of a script that live at a time, in one row.
    pub script_memory_bytes: usize,
    /// Variables of a script that live at a time.
    pub script_variables: usize,
    /// Functions of a script.
    pub script_functions: usize,
    /// Bytes of a module.
    pub module_bytes: u64,
    /// Fuel of a module for one call.
    pub module_fuel: u64,
    /// Fuel of a module for one call where rows that fail become null. Much less than `module_fuel`: a row
    /// that reaches it must do so long before the clock does, and there may be many.
    pub module_row_fuel: u64,
    /// Bytes of one instance's memory.
    pub module_memory_bytes: usize,
    /// Bytes of a module's call stack.
    pub module_stack_bytes: usize,
    /// Elements of a module's tables.
    pub module_table_elements: usize,
    /// Bytes of one block's answer.
    pub answer_bytes: usize,
    /// Seconds of a processor that one block may take.
    pub block_seconds: u64,
    /// Seconds of a processor that loading one file may take.
    pub load_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            script_bytes: 256 << 10,
            script_operations: 100_000,
            script_call_depth: 32,
            script_expression_depth: 64,
            script_text_bytes: 64 << 10,
            script_array_items: 10_000,
            script_map_entries: 1_000,
            script_memory_bytes: 16 << 20,
            script_variables: 256,
            script_functions: 64,
            module_bytes: 64 << 20,
            module_fuel: 20_000_000_000,
            module_row_fuel: 1_000_000_000,
            module_memory_bytes: 256 << 20,
            module_stack_bytes: 512 << 10,
            module_table_elements: 100_000,
            answer_bytes: 256 << 20,
            block_seconds: 10,
            load_seconds: 60,
        }
    }
}

impl Limits {
    /// `text`, which says what was more than which number, with the name of the limit.
    pub(super) fn reached(name: &str, text: &str) -> String {
        format!("{text} (the limit `{name}` of the setting `extension_limits`)")
    }

    /// Every limit and its value, for listings.
    pub fn rows(&self) -> Vec<(String, u64)> {
        let Ok(serde_json::Value::Object(limits)) = serde_json::to_value(self) else {
            return Vec::new();
        };
        limits.into_iter().filter_map(|(name, value)| Some((name, value.as_u64()?))).collect()
    }
}
