//! The server: where it is, how it is entered; and an open connection to it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{RemoteHandle, Shared};
use tokio_postgres::config::SslMode;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, NoTls, Row};

use super::attributes::{CA, CERTIFICATE, KEY, PASSWORD, TIMEOUT, URL, USER};
use super::failure::failure;
use crate::attributes::Reader;
use crate::problems::excerpt;
use crate::reach::{Host, Reach};
use crate::remote::{Failure, Io, Kind, Pem, Plain, Policy, Socket, Tls, Verified};
use crate::secrets::Secret;

/// Where servers listen that are named without a port.
const PORT: u16 = 5432;

/// What a connection begins with that wants to be encrypted: length, and a version that never was.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A server, and how it is entered.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) hosts: Vec<Host>,
    pub(super) database: String,
    reach: Reach,
    user: String,
    password: Option<Secret>,
    encryption: Encryption,
    tls: Tls,
    pub(super) timeout: Duration,
}

/// Whether connections are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encryption {
    Never,
    WherePossible,
    Always,
}

/// The parts of a URL.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parts {
    user: Option<String>,
    hosts: Vec<String>,
    database: Option<String>,
    parameters: Vec<(String, String)>,
}

impl Parts {
    fn of(url: &str) -> Option<Self> {
        let url = url.trim();
        let url = url.strip_prefix("jdbc:").unwrap_or(url);
        let rest =
            ["postgresql://", "postgres://"].iter().find_map(|scheme| url.strip_prefix(scheme))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (Some(decoded(user)), hosts),
            None => (None, authority),
        };
        let parameters = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Some(Self {
            user: user.filter(|user| !user.is_empty()),
            hosts: hosts.split(',').map(str::to_owned).collect(),
            database: Some(decoded(database)).filter(|database| !database.is_empty()),
            parameters,
        })
    }
}

/// A part of a URL without its escapes; a plus is a plus there.
fn decoded(part: &str) -> String {
    let pairs = format!("a={}", part.replace('+', "%2B").replace('&', "%26"));
    form_urlencoded::parse(pairs.as_bytes()).map(|(_, value)| value.into_owned()).collect()
}

impl Server {
    /// What `settings` say of it; `None` after adding errors to them.
    pub(super) fn of(settings: &mut Reader<'_>) -> Option<Self> {
        const EXPECTED: &str = "as `postgresql://host:5432/database`";
        let Some(url) = settings.text(URL) else {
            if !settings.has(URL) {
                let message =
                    format!("`{URL}` is missing: the server and its database, {EXPECTED}");
                settings.error(URL, "missing_option", message);
            }
            return None;
        };
        let Some(parts) = Parts::of(&url) else {
            settings.error(
                URL,
                "wrong_value",
                format!("`{URL}` is no URL of a server, {EXPECTED}"),
            );
            return None;
        };
        let hosts = hosts(&parts.hosts, settings);
        let (encryption, verified) = encryption(&parts, settings)?;
        let user = settings.text(USER).or_else(|| parts.user.clone());
        let Some(user) = user.filter(|user| !user.contains(':')) else {
            let message = format!("`{USER}` is missing: the name of the login");
            let hint =
                format!("it may stand in the URL as well; a password stands in `{PASSWORD}` only");
            settings.error_with_hint(USER, "missing_option", message, hint);
            return None;
        };
        let timeout = settings.integer(TIMEOUT, 1..=86_400).unwrap_or(300);
        let tls =
            Tls { verified, authorities: Pem::of(CA, settings), identity: identity(settings) };
        if encryption == Encryption::Never {
            for key in [CA, CERTIFICATE, KEY]
                .into_iter()
                .filter(|key| settings.has(key))
                .collect::<Vec<_>>()
            {
                let message = format!("`{key}` has no effect: `sslmode` in `{URL}` is disable");
                settings.warn(key, "no_effect", message);
            }
        }
        Some(Self {
            hosts: hosts?,
            database: parts.database.unwrap_or_else(|| user.clone()),
            reach: settings.reach(URL),
            user,
            password: settings.secret(PASSWORD),
            encryption,
            tls,
            timeout: Duration::from_secs(timeout.unsigned_abs()),
        })
    }

    /// Where it is, in words.
    pub(super) fn shown(&self) -> String {
        let hosts: Vec<String> = self.hosts.iter().map(ToString::to_string).collect();
        format!("{}/{}", hosts.join(","), self.database)
    }

    /// How long whoever opens a connection tries.
    pub(super) fn patience(&self) -> Policy {
        Policy {
            attempt: self.timeout.min(Policy::USUAL.attempt),
            deadline: self.timeout,
            ..Policy::USUAL
        }
    }

    /// A connection to the first of the hosts that takes rows.
    pub(super) async fn connect(&self, io: &Io) -> Result<Session, Failure> {
        let mut first: Option<Failure> = None;
        for host in &self.hosts {
            match self.connect_to(host, io).await {
                Ok(session) => return Ok(session),
                Err(failure) if failure.is_cancelled() => return Err(failure),
                Err(failure) => {
                    let failure = failure.at(host.to_string());
                    // What a server says is worth more than that another one says nothing.
                    first = Some(match first {
                        Some(known) if !known.kind().is_transient() => known,
                        Some(known) if failure.kind().is_transient() => known,
                        _ => failure,
                    });
                }
            }
        }
        Err(first.unwrap_or_else(|| Failure::fault("no host")))
    }

    async fn connect_to(&self, host: &Host, io: &Io) -> Result<Session, Failure> {
        let socket = self.socket(host, io).await?;
        let mut config = Config::new();
        config.user(&self.user).dbname(&self.database).application_name("datagen");
        // Encryption is agreed on already.
        config.ssl_mode(SslMode::Disable);
        if let Some(password) = &self.password {
            config.password(password.expose());
        }
        let connected = config.connect_raw(socket, NoTls).await;
        let (client, connection) = connected.map_err(|error| failure(&error))?;
        let (driver, end) = connection.map(|end| end.err().map(Arc::new)).remote_handle();
        io.spawn(driver)?;
        let session = Session { client, end: end.shared(), host: host.clone() };
        let asked = session.rows("SELECT current_setting('transaction_read_only')", &[]).await?;
        if asked.iter().any(|row| row.get::<_, &str>(0) == "on") {
            return Err(Failure::new(
                Kind::Refused,
                "the server takes no rows: it is a standby, or read-only",
            )
            .cured_by(format!("{URL} must name a server that can be written to")));
        }
        Ok(session)
    }

    /// Asks the server to stop what it is at for `session`.
    pub(super) async fn stop(&self, session: &Session, io: &Io) {
        if let Ok(socket) = self.socket(&session.host, io).await {
            // Nobody answers a request to stop.
            let _ = session.client.cancel_token().cancel_query_raw(socket, NoTls).await;
        }
    }

    /// A connection on which the server waits for the login.
    async fn socket(&self, host: &Host, io: &Io) -> Result<Socket, Failure> {
        let cure = format!("{URL} names the server");
        let mut plain = Plain::connect(host, PORT, &self.reach, &cure, io).await?;
        if self.encryption == Encryption::Never {
            return Ok(plain.bare());
        }
        let mut answer = [0];
        plain.ask(&SSL_REQUEST, &mut answer).await?;
        match (answer, self.encryption) {
            ([b'S'], _) => {
                let cure = format!(
                    "{CA} names the authorities that are trusted, and {URL} the host as its certificate does"
                );
                plain.encrypted(&self.tls, &cure).await
            }
            ([b'N'], Encryption::WherePossible) => Ok(plain.bare()),
            ([b'N'], _) => {
                Err(Failure::new(Kind::Refused, "the server does not encrypt connections")
                    .cured_by(format!("let it (`ssl = on`), or set `sslmode=disable` in {URL}")))
            }
            _ => {
                Err(Failure::new(Kind::Refused, "what answers there is no PostgreSQL")
                    .cured_by(cure))
            }
        }
    }
}

fn hosts(texts: &[String], settings: &mut Reader<'_>) -> Option<Vec<Host>> {
    let reach = settings.reach(URL);
    let mut hosts = Vec::new();
    for text in texts {
        match text.parse::<Host>() {
            Ok(host) => {
                let host = host.at(PORT);
                if let Err(error) = reach.check(&host) {
                    let message = format!("`{URL}`: {error}");
                    settings.error_with_hint(URL, "host_not_allowed", message, error.cure());
                }
                hosts.push(host);
            }
            Err(error) => settings.error(URL, "wrong_value", format!("`{URL}`: {error}")),
        }
    }
    (hosts.len() == texts.len()).then_some(hosts)
}

/// What `sslmode` says; `None` after adding errors.
fn encryption(parts: &Parts, settings: &mut Reader<'_>) -> Option<(Encryption, Verified)> {
    // As libpq does it: an authority that is named is asked.
    let named = if settings.has(CA) { Verified::Authority } else { Verified::Nothing };
    let mut found = (Encryption::WherePossible, Verified::Nothing);
    for (name, value) in &parts.parameters {
        if name != "sslmode" {
            let message = format!(
                "`{URL}` has the parameter `{}`, which has no effect here, expected `sslmode` only",
                excerpt(name)
            );
            settings.error(URL, "wrong_value", message);
            return None;
        }
        found = match value.as_str() {
            "disable" => (Encryption::Never, Verified::Nothing),
            "allow" | "prefer" => found,
            "require" => (Encryption::Always, named),
            "verify-ca" => (Encryption::Always, Verified::Authority),
            "verify-full" => (Encryption::Always, Verified::Name),
            other => {
                let message = format!(
                    "`sslmode` in `{URL}` is `{}`, expected one of disable, prefer, require, verify-ca, verify-full",
                    excerpt(other)
                );
                settings.error(URL, "wrong_value", message);
                return None;
            }
        };
    }
    Some(found)
}

fn identity(settings: &mut Reader<'_>) -> Option<(Pem, Secret)> {
    match (Pem::of(CERTIFICATE, settings), settings.secret(KEY)) {
        (Some(chain), Some(key)) => Some((chain, key)),
        (None, None) => None,
        _ => {
            let message = format!("`{CERTIFICATE}` and `{KEY}` belong together");
            settings.error(KEY, "missing_option", message);
            None
        }
    }
}

/// A value of a statement.
pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// Why the connection has ended; `None`: as it should.
type End = Shared<RemoteHandle<Option<Arc<tokio_postgres::Error>>>>;

/// An open connection; dropped, it breaks off, and the server takes back what was not committed.
pub(super) struct Session {
    pub(super) client: Client,
    end: End,
    host: Host,
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").finish_non_exhaustive()
    }
}

impl Session {
    /// What `error` of a statement means. Of a connection that is closed its end says why.
    pub(super) async fn failure(&self, error: tokio_postgres::Error) -> Failure {
        let why = if error.is_closed() { self.end.clone().await } else { None };
        let failure = failure(why.as_deref().unwrap_or(&error));
        // Whatever ended a connection: the next one may go well.
        let failure = if why.is_some() {
            failure.with_kind(Kind::Transient { after: None })
        } else {
            failure
        };
        if failure.kind().is_transient() { failure.made_again() } else { failure }
    }

    /// Statements without parameters and answers.
    pub(super) async fn execute(&self, statements: &str) -> Result<(), Failure> {
        match self.client.batch_execute(statements).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.failure(error).await),
        }
    }

    /// The rows that a query answers.
    pub(super) async fn rows(
        &self,
        query: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, Failure> {
        match self.client.query_typed(query, parameters).await {
            Ok(rows) => Ok(rows),
            Err(error) => Err(self.failure(error).await),
        }
    }

    /// Says good-bye, as well as it goes in a moment.
    pub(super) async fn close(self) {
        let Self { client, end, .. } = self;
        drop(client);
        end.await;
    }
}
