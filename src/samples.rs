//! The shipped models: docs, golden inputs and bench inputs at once.

/// A list of `(name, JSON)` of files in `models/`.
macro_rules! models {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../models/", $name, ".json")))),*]
    };
}

/// Name and JSON of every shipped model.
pub const MODELS: &[(&str, &str)] = models![
    "call_record",
    "customer",
    "customer_full",
    "employee",
    "incident",
    "order_line",
    "plant",
    "sale_visit",
    "sensor",
    "transaction",
    "weather",
];

/// The model that the API takes when a request names none.
pub(crate) const DEFAULT: &str = "customer";

/// The shipped model called `name`.
pub fn find(name: &str) -> Option<&'static str> {
    MODELS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
