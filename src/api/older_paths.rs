//! Older spellings of paths, brought to one form before routing.
//!
//! `/api/v1/datagen/hdfs-csv/` is `/datagen/hdfs_csv`: no prefix, no trailing slash, `_` in the names
//! of connectors, and the letter case of the reference's own commands.

use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// Rewrites the path of `request`; everything else stays.
pub(super) fn normalize(mut request: Request) -> Request {
    if let Some(path) = normal_path(request.uri().path()) {
        let path = match request.uri().query() {
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        let mut parts = request.uri().clone().into_parts();
        // Made of parts of a path that was good: on a surprise the old one stays, and finds no route.
        if let Ok(path) = PathAndQuery::try_from(path) {
            parts.path_and_query = Some(path);
            if let Ok(uri) = Uri::from_parts(parts) {
                *request.uri_mut() = uri;
            }
        }
    }
    request
}

/// The normal form of `path`, where it has another one.
fn normal_path(path: &str) -> Option<String> {
    // The pages need their slashes.
    if path.starts_with("/swagger-ui") {
        return None;
    }
    let short = path.strip_prefix("/api/v1").filter(|rest| rest.starts_with('/')).unwrap_or(path);
    let trimmed = short.trim_end_matches('/');
    let trimmed = if trimmed.is_empty() { "/" } else { trimmed };
    let normal = match trimmed.strip_prefix("/datagen/") {
        Some(connector) => format!("/datagen/{}", connector.to_ascii_lowercase().replace('-', "_")),
        None => trimmed.to_owned(),
    };
    (normal != path).then_some(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_spellings_mean_the_same_path() {
        let normal = |path: &str| normal_path(path).unwrap_or_else(|| path.to_owned());
        assert_eq!(normal("/api/v1/datagen/HDFS-CSV/"), "/datagen/hdfs_csv");
        assert_eq!(normal("/datagen/csv/"), "/datagen/csv");
        assert_eq!(normal("/api/v1/command/getAll"), "/command/getAll");
        assert_eq!(normal("/swagger-ui/"), "/swagger-ui/");
        assert_eq!(normal("/api/v1"), "/api/v1");
        assert_eq!(normal("/"), "/");
    }
}
