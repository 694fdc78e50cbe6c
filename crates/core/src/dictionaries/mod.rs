//! Dictionaries: countries, cities, first and last names, phone plans, accents.
//!
//! The data is embedded and made by `build/make.py` from pinned packages; `data/LICENCES.md` names their
//! licences. Nothing is parsed when the process starts: tables are sliced when a selection is made, and the
//! list of countries is split into lines on first use. Texts are `&'static str` into the embedded bytes.
//!
//! **Order is a contract of values.** Countries come by ISO 3166 alpha-2 code, the entries of a country in the
//! order of the data files, and a selection in the order of the countries whatever the order of the filter. A
//! seeded draw is an index into that order: a change of the data raises `EPOCH` (`rng.rs`).
//!
//! Knows nothing of fields, models or randomness. To add a dictionary: its data and script below `build/`, a
//! file here that reads it, and its re-exports.

mod cities;
mod countries;
mod latin;
mod names;
mod phones;
mod table;

pub(crate) use cities::{City, Degrees, cities};
pub(crate) use countries::{COUNTRY_COUNT, Country, countries, find_country};
pub(crate) use latin::ascii;
pub(crate) use names::{FirstName, LastName, Sex, first_names, last_names};
pub(crate) use phones::{MAX_NATIONAL_DIGITS, NationalNumber, PhonePlan, phone_plan};

/// Why a dictionary has no answer. Every variant is the user's to fix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum DictionaryError {
    /// No country answers to this spelling.
    #[error("unknown country `{spelling}`{}", did_you_mean(closest))]
    UnknownCountry {
        /// What the user wrote.
        spelling: String,
        /// English names of the countries whose spellings come closest, best first; may be empty.
        closest: Vec<&'static str>,
    },
    /// A dictionary holds nothing for a country of the filter.
    #[error("no {entries} for `{country}`, there are some for: {}", covered.join(", "))]
    NoEntries {
        /// What the dictionary holds, in the plural: `first names`.
        entries: &'static str,
        /// English name of the country.
        country: &'static str,
        /// English names of the countries that have entries.
        covered: Vec<&'static str>,
    },
}

fn did_you_mean(closest: &[&str]) -> String {
    match closest {
        [] => ", expected an ISO 3166 code or an English name".to_owned(),
        names => format!(", did you mean {}?", names.join(" or ")),
    }
}

/// Domains for made-up e-mail addresses, all reserved (RFC 2606, RFC 6761): no mail ever reaches anyone.
pub(crate) const fn email_domains() -> &'static [&'static str] {
    &["example.com", "example.org", "example.net", "mail.example", "post.example", "inbox.example"]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_would_be_right() {
        let unknown = find_country("Grance").unwrap_err();
        insta::assert_snapshot!(unknown, @"unknown country `Grance`, did you mean France?");
        let hopeless = find_country("?").unwrap_err();
        insta::assert_snapshot!(hopeless, @"unknown country `?`, expected an ISO 3166 code or an English name");
        let andorra = find_country("Andorra").unwrap();
        let error = first_names(&[andorra]).unwrap_err().to_string();
        assert!(error.starts_with("no first names for `Andorra`, there are some for: "), "{error}");
        assert!(error.contains("France, ") && error.contains("United States"), "{error}");
    }
}
