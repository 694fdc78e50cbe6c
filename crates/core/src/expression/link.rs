//! Links: `$field.attribute`, or `${field.attribute}`.
//!
//! As in the reference every `$` in front of a name is decoration. The attribute is everything behind
//! the first dot, so columns of CSV files may have dots of their own. Without a dot the value of the
//! field itself is passed on.

/// Reads a link: the field and its sub-value.
///
/// # Errors
/// A sentence about what is missing.
pub(super) fn parse(text: &str) -> Result<(&str, Option<&str>), String> {
    let mut name = text.trim();
    if let Some(inner) = name.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
        name = inner.trim();
    }
    let name = name.trim_start_matches('$');
    let (field, attribute) = match name.split_once('.') {
        Some((field, attribute)) => (field, Some(attribute.trim_start_matches('$').trim())),
        None => (name, None),
    };
    let field = field.trim();
    if field.is_empty() {
        return Err("a link names a field, such as `$city.country`".to_owned());
    }
    if attribute.is_some_and(str::is_empty) {
        return Err(format!("the link names no sub-value of `{field}` behind the dot"));
    }
    Ok((field, attribute))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_a_field_and_a_sub_value() {
        let link = parse;
        let found = |field, attribute: &'static str| Ok((field, Some(attribute)));
        assert_eq!(link("$city.country"), found("city", "country"));
        assert_eq!(link("${city.lat}"), found("city", "lat"));
        assert_eq!(link("city.$lat"), found("city", "lat"));
        assert_eq!(link(" $file.a.b "), found("file", "a.b"));
        assert_eq!(link("$city"), Ok(("city", None)));
        assert!(link("$.a").is_err() && link("").is_err() && link("$city.").is_err());
    }
}
