//! The shipped models: docs, golden inputs and bench inputs at once.

/// Name and JSON of every shipped model.
pub const MODELS: &[(&str, &str)] = &[("customer", include_str!("../models/customer.json"))];

/// The model that the API takes when a request names none.
pub const DEFAULT: &str = "customer";

/// The shipped model called `name`.
pub fn find(name: &str) -> Option<&'static str> {
    MODELS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
