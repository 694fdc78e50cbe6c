//! What the server and the client say, as failures of a connector, each with what its user can do.

use std::error::Error as _;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

use super::attributes::{KEYS, OPERATION, PASSWORD, SCHEMA, TABLE, TIMEOUT, URL, USER};
use crate::remote::{Failure, Kind};

/// A refusal in the server's own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({code}){}", detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default())]
pub(super) struct Refusal {
    pub(super) code: String,
    message: String,
    detail: Option<String>,
    /// The row of a `COPY` that it is about, counted from 1.
    pub(super) line: Option<u64>,
}

impl Refusal {
    fn of(error: &DbError) -> Self {
        Self {
            code: error.code().code().to_owned(),
            message: error.message().to_owned(),
            detail: error.detail().map(str::to_owned),
            line: error.where_().and_then(line_of),
        }
    }

    /// Whether the same statement may go well in the same transaction, behind a savepoint.
    pub(super) fn is_conflict(&self) -> bool {
        [SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE]
            .iter()
            .any(|state| state.code() == self.code)
    }
}

/// What the server said of a failure that was made of it.
pub(super) fn refusal_of(failure: &Failure) -> Option<&Refusal> {
    failure.cause().downcast_ref()
}

/// The row in `COPY sensors, line 3, column value: "x"`.
fn line_of(context: &str) -> Option<u64> {
    let behind = context.strip_prefix("COPY ")?.split(", line ").nth(1)?;
    let digits = behind.find(|c: char| !c.is_ascii_digit()).map_or(behind, |end| &behind[..end]);
    digits.parse().ok()
}

/// What `error` means, with the setting to change.
pub(super) fn failure(error: &Error) -> Failure {
    if let Some(said) = error.as_db_error() {
        return refused(Refusal::of(said));
    }
    let source = error.source().map(ToString::to_string);
    let told = match &source {
        Some(source) => source.clone(),
        None => error.to_string(),
    };
    if let Some(io) = error.source().and_then(|source| source.downcast_ref::<std::io::Error>()) {
        let kind = match Kind::from(io) {
            // Whatever breaks a connection, another one may go well.
            Kind::Fault => Kind::Transient { after: None },
            kind => kind,
        };
        return Failure::new(kind, told);
    }
    if error.is_closed() {
        return Failure::transient("the server has closed the connection");
    }
    if told == "password missing" {
        return Failure::new(Kind::NotAllowed, "the server asks for a password")
            .cured_by(format!("set {PASSWORD}, or a credential that holds it"));
    }
    if error.to_string().starts_with("authentication") {
        return Failure::new(Kind::NotAllowed, told).cured_by(
            "the server must take a password: `scram-sha-256` or `md5` in its pg_hba.conf",
        );
    }
    Failure::fault(told)
}

/// What a refusal means, and which setting mends it.
fn refused(refusal: Refusal) -> Failure {
    let (kind, cure) = meaning(&refusal);
    let failure = Failure::new(kind, refusal);
    if cure.is_empty() { failure } else { failure.cured_by(cure) }
}

fn meaning(refusal: &Refusal) -> (Kind, String) {
    let transient = Kind::Transient { after: None };
    let code = refusal.code.as_str();
    let is = |states: &[SqlState]| states.iter().any(|state| state.code() == code);
    if is(&[SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION]) {
        let cure = format!(
            "{USER} and {PASSWORD} are the login; `sslmode` in {URL} says whether the connection is encrypted"
        );
        return (Kind::NotAllowed, cure);
    }
    if is(&[SqlState::INVALID_CATALOG_NAME]) {
        return (Kind::Missing, format!("{URL} names the database behind the host"));
    }
    if is(&[SqlState::INSUFFICIENT_PRIVILEGE]) {
        let cure = format!(
            "grant INSERT on {TABLE} to the user that {USER} names (for an upsert UPDATE and SELECT, too), and USAGE \
             and CREATE on {SCHEMA}"
        );
        return (Kind::NotAllowed, cure);
    }
    if is(&[SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME]) {
        return (Kind::Missing, "the table was dropped or renamed meanwhile".into());
    }
    if is(&[
        SqlState::UNDEFINED_COLUMN,
        SqlState::DATATYPE_MISMATCH,
        SqlState::INVALID_BINARY_REPRESENTATION,
        SqlState::BAD_COPY_FILE_FORMAT,
    ]) {
        return (Kind::Refused, "the table was altered meanwhile; start the command again".into());
    }
    if is(&[SqlState::UNIQUE_VIOLATION]) {
        let cure = format!(
            "set {KEYS} to the fields of the key and {OPERATION} to upsert or insert-ignore, or DELETE_PREVIOUS=true"
        );
        return (Kind::Refused, cure);
    }
    if is(&[SqlState::STRING_DATA_RIGHT_TRUNCATION, SqlState::NUMERIC_VALUE_OUT_OF_RANGE]) {
        return (
            Kind::Refused,
            "make the table's column wider, or the field's values smaller".into(),
        );
    }
    if is(&[
        SqlState::NOT_NULL_VIOLATION,
        SqlState::CHECK_VIOLATION,
        SqlState::FOREIGN_KEY_VIOLATION,
    ]) {
        return (Kind::Refused, "let the model make what the table's constraints ask for".into());
    }
    if is(&[SqlState::READ_ONLY_SQL_TRANSACTION]) {
        return (Kind::Refused, format!("{URL} must name a server that can be written to"));
    }
    if is(&[SqlState::DISK_FULL, SqlState::CONFIGURATION_LIMIT_EXCEEDED]) {
        return (Kind::Full, "the server's disk has no room".into());
    }
    if is(&[SqlState::LOCK_NOT_AVAILABLE]) {
        return (
            Kind::Held,
            format!("somebody else has locked the table; {TIMEOUT} says how long it is waited for"),
        );
    }
    if is(&[SqlState::QUERY_CANCELED]) {
        return (
            Kind::Refused,
            "somebody cancelled the statement, or a limit of the server's did".into(),
        );
    }
    // Connections, resources of the moment, conflicts, servers that go down or come up.
    let classes = ["08", "40", "53", "57P"];
    let is_transient = classes.iter().any(|class| code.starts_with(class));
    (if is_transient { transient } else { Kind::Refused }, String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_in_the_context_of_a_copy() {
        assert_eq!(line_of("COPY sensors, line 3, column value: \"x\""), Some(3));
        assert_eq!(line_of("COPY sensors, line 12"), Some(12));
        assert_eq!(line_of("SQL statement \"SELECT 1\""), None);
    }

    #[test]
    fn codes_have_kinds_and_cures() {
        let told = |code: &str| {
            let refusal =
                Refusal { code: code.into(), message: "no".into(), detail: None, line: None };
            let (kind, cure) = meaning(&refusal);
            format!("{code}: {kind:?} {cure}")
        };
        let codes = [
            "28P01", "3D000", "42501", "42P01", "23505", "53100", "53300", "57P01", "40P01",
            "0A000",
        ];
        insta::assert_snapshot!(codes.map(told).join("\n"), @r"
            28P01: NotAllowed POSTGRESQL_USER and POSTGRESQL_PASSWORD are the login; `sslmode` in POSTGRESQL_URL says whether the connection is encrypted
            3D000: Missing POSTGRESQL_URL names the database behind the host
            42501: NotAllowed grant INSERT on POSTGRESQL_TABLE_NAME to the user that POSTGRESQL_USER names (for an upsert UPDATE and SELECT, too), and USAGE and CREATE on POSTGRESQL_SCHEMA
            42P01: Missing the table was dropped or renamed meanwhile
            23505: Refused set POSTGRESQL_PRIMARY_KEYS to the fields of the key and POSTGRESQL_OPERATION to upsert or insert-ignore, or DELETE_PREVIOUS=true
            53100: Full the server's disk has no room
            53300: Transient { after: None } 
            57P01: Transient { after: None } 
            40P01: Transient { after: None } 
            0A000: Refused
        ");
    }
}
