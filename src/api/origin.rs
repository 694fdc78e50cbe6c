//! Pages of other sites: a browser sends their requests too, with the user's address and login.
//!
//! A request that changes something and comes from a page of another site is refused, unless the operator
//! allows that site ([`Config::allowed_origins`]). Where nobody has to log in, the server also wants to be
//! called by a name of its own machine: otherwise a site could point its own name here and pass as the
//! same one. Clients other than browsers send neither header and notice nothing.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, Method, Version, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::error::ApiError;
use crate::config::Config;

/// Where a browser says how far away the page is that makes it ask.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what a page of another site wants changed.
pub(super) fn refuse_foreign_sites(request: &Request, config: &Config) -> Result<(), ApiError> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let Some(origin) = text(request, &header::ORIGIN) else {
        return match text(request, &FETCH_SITE) {
            Some("cross-site" | "same-site") => Err(ApiError::ForeignSite),
            _ => Ok(()),
        };
    };
    let own = origin.split_once("://").is_some_and(|(_, authority)| {
        host(request).is_some_and(|host| host.eq_ignore_ascii_case(authority))
    });
    let allowed = config.allowed_origins.iter().any(|allowed| allowed == origin);
    if own || allowed { Ok(()) } else { Err(ApiError::ForeignSite) }
}

/// Refuses a request that calls the server by a name which is not of its own machine.
pub(super) fn refuse_foreign_names(request: &Request, config: &Config) -> Result<(), ApiError> {
    let Some(host) = host(request) else { return Ok(()) };
    let name = host.parse::<Authority>().map_or(String::new(), |host| host.host().to_owned());
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let local = name.eq_ignore_ascii_case("localhost")
        || name.to_ascii_lowercase().ends_with(".localhost")
        || bare.parse::<IpAddr>().is_ok()
        || config.allowed_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(&name));
    if local { Ok(()) } else { Err(ApiError::ForeignName) }
}

/// Lets the pages of the allowed sites ask, and read the answers; `None`: there are none.
pub(super) fn cors(config: &Config) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> =
        config.allowed_origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([Method::GET, Method::POST, Method::DELETE])
            .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
    })
}

/// The host and port that the client called: those of the target where it tells them (RFC 9112 section 3.2.2).
fn host(request: &Request) -> Option<&str> {
    request.uri().authority().map(Authority::as_str).or_else(|| text(request, &header::HOST))
}

/// Refuses a request that does not say which server it means, or says it twice (RFC 9112 section 3.2).
pub(super) fn refuse_unclear_hosts(request: &Request) -> Result<(), ApiError> {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    let fewest = usize::from(request.version() == Version::HTTP_11);
    if (fewest..=1).contains(&hosts) {
        return Ok(());
    }
    Err(ApiError::Body { reason: format!("{hosts} `Host` headers, expected one") })
}

fn text<'a>(request: &'a Request, name: &HeaderName) -> Option<&'a str> {
    // What is no text equals nothing.
    request.headers().get(name).map(|value| value.to_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, headers: &[(&str, &str)]) -> Request {
        let builder = Request::builder().method(method).uri("/datagen/csv");
        let builder =
            headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
        builder.body(axum::body::Body::empty()).unwrap()
    }

    #[test]
    fn pages_of_other_sites_change_nothing() {
        let config =
            Config { allowed_origins: vec!["https://friend.example".into()], ..Config::default() };
        let passes = |method: &str, headers: &[(&str, &str)]| {
            refuse_foreign_sites(&request(method, headers), &config).is_ok()
        };
        let host = ("host", "data.example:4242");
        assert!(passes("POST", &[host]));
        assert!(passes("POST", &[host, ("origin", "https://Data.example:4242")]));
        assert!(passes("POST", &[host, ("origin", "https://friend.example")]));
        assert!(passes("POST", &[host, ("sec-fetch-site", "same-origin")]));
        assert!(passes("GET", &[host, ("origin", "https://evil.example")]));
        assert!(!passes("POST", &[host, ("origin", "https://evil.example")]));
        assert!(!passes("POST", &[host, ("origin", "https://data.example")]));
        assert!(!passes("POST", &[host, ("origin", "null")]));
        assert!(!passes("POST", &[host, ("sec-fetch-site", "cross-site")]));
        assert!(!passes("DELETE", &[host, ("origin", "")]));
    }

    // Issue 9, D9: the target wins over the header, and there is exactly one header.
    #[test]
    fn the_target_names_the_host_and_a_request_has_one() {
        let config = Config::default();
        let own = ("host", "127.0.0.1");
        let mut absolute = request("GET", &[own]);
        *absolute.uri_mut() = "http://evil.example/metrics".parse().unwrap();
        assert!(refuse_foreign_names(&absolute, &config).is_err());
        assert!(refuse_unclear_hosts(&request("GET", &[own])).is_ok());
        assert!(refuse_unclear_hosts(&request("GET", &[])).is_err());
        assert!(refuse_unclear_hosts(&request("GET", &[own, ("host", "evil.example")])).is_err());
        let mut old = request("GET", &[]);
        *old.version_mut() = Version::HTTP_10;
        assert!(refuse_unclear_hosts(&old).is_ok());
    }

    #[test]
    fn a_name_of_another_machine_is_not_ours() {
        let config = Config { allowed_hosts: vec!["build.example".into()], ..Config::default() };
        let passes =
            |host: &str| refuse_foreign_names(&request("GET", &[("host", host)]), &config).is_ok();
        for own in
            ["localhost:4242", "LOCALHOST", "127.0.0.1:4242", "[::1]:4242", "build.example:1"]
        {
            assert!(passes(own), "{own}");
        }
        for foreign in ["evil.example", "evil.example:4242", "localhost.evil.example", ""] {
            assert!(!passes(foreign), "{foreign}");
        }
    }
}
