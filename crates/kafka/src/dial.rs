//! Making one connection: name, socket, TLS, versions, login. It blocks, so it runs on a thread of its own for the
//! seconds that it takes; whoever waits for it can give up at any moment.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::messages::{ApiVersionsRequest, SaslAuthenticateRequest, SaslHandshakeRequest};
use kafka_protocol::protocol::StrBytes;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, ClientConfig, ClientConnection};

use crate::codes::Code;
use crate::config::{NoAddress, Resolve, Sasl};
use crate::error::{Error, Stage, TlsProblem};
use crate::sasl::{Login, Untrue};
use crate::wait::Deadline;
use crate::wire::{self, LARGEST_ANSWER, Spoken, Versions};

/// What a connection is made with.
#[derive(Clone)]
pub(crate) struct Dialling {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) client_id: String,
    pub(crate) tls: Option<Arc<ClientConfig>>,
    pub(crate) sasl: Option<Sasl>,
    pub(crate) timeout: Duration,
    pub(crate) resolve: Resolve,
}

/// A connection that is ready for requests.
pub(crate) struct Dialled {
    pub(crate) socket: TcpStream,
    pub(crate) tls: Option<Box<ClientConnection>>,
    pub(crate) versions: Versions,
    /// When the broker wants the login again.
    pub(crate) expires: Option<Instant>,
}

/// Host and port, as they are shown.
pub(crate) fn shown(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Makes the connection; at the latest after [`Dialling::timeout`] it has ended.
pub(crate) fn dial(dialling: &Dialling) -> Result<Dialled, Error> {
    let address = shown(&dialling.host, dialling.port);
    let deadline = Deadline::after(dialling.timeout);
    let socket = connect(dialling, &address, deadline)?;
    let broken = |error: &io::Error| Error::broken(&address, Stage::First, error);
    socket.set_nodelay(true).map_err(|error| broken(&error))?;
    let tls = match &dialling.tls {
        None => None,
        Some(config) => {
            let name = ServerName::try_from(dialling.host.clone()).map_err(|_| {
                Error::Unusable(format!(
                    "`{}` is no host name that a certificate can have",
                    dialling.host
                ))
            })?;
            let connection = ClientConnection::new(Arc::clone(config), name)
                .map_err(|error| tls_error(&address, &error))?;
            Some(Box::new(connection))
        }
    };
    let mut talk = Talk {
        socket,
        tls,
        address,
        client_id: dialling.client_id.clone(),
        deadline,
        correlation: 0,
    };
    talk.agree_on_tls()?;
    let versions = talk.versions()?;
    let expires = match &dialling.sasl {
        None => None,
        Some(sasl) => talk.log_in(sasl, &dialling.host, &versions)?,
    };
    Ok(Dialled { socket: talk.socket, tls: talk.tls, versions, expires })
}

fn connect(dialling: &Dialling, address: &str, deadline: Deadline) -> Result<TcpStream, Error> {
    let unreachable = |reason: String| Error::Unreachable { address: address.to_owned(), reason };
    let found = dialling.resolve.find(&dialling.host, dialling.port);
    let found = found.map_err(|error| match error {
        NoAddress::Unknown(reason) => unreachable(reason),
        NoAddress::Forbidden(reason) => Error::OutOfReach { address: address.to_owned(), reason },
    })?;
    let mut last = unreachable("no such host".to_owned());
    for candidate in found {
        match TcpStream::connect_timeout(
            &candidate,
            deadline.left(dialling.timeout).max(Duration::from_millis(1)),
        ) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = unreachable(error.to_string()),
        }
    }
    Err(last)
}

/// Requests and answers one by one, on a blocking socket.
struct Talk {
    socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
    address: String,
    client_id: String,
    deadline: Deadline,
    correlation: i32,
}

impl Talk {
    fn agree_on_tls(&mut self) -> Result<(), Error> {
        let Some(tls) = self.tls.as_mut() else { return Ok(()) };
        while tls.is_handshaking() {
            limit(&self.socket, self.deadline)
                .and_then(|()| tls.complete_io(&mut self.socket))
                .map_err(|error| {
                    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                        Some(error) => tls_error(&self.address, error),
                        None if error.kind() == io::ErrorKind::UnexpectedEof
                            || error.kind() == io::ErrorKind::ConnectionReset =>
                        {
                            Error::Tls {
                                address: self.address.clone(),
                                problem: TlsProblem::NotTls,
                                reason: error.to_string(),
                            }
                        }
                        None => Error::broken(&self.address, Stage::First, &timed_out(error)),
                    }
                })?;
        }
        Ok(())
    }

    fn versions(&mut self) -> Result<Versions, Error> {
        let request = ApiVersionsRequest::default()
            .with_client_software_name(StrBytes::from_static_str("datagen"))
            .with_client_software_version(StrBytes::from_static_str(env!("CARGO_PKG_VERSION")));
        // A broker that does not know version 3 answers in version 0, by the code UNSUPPORTED_VERSION.
        let answer = self.ask(&request, 3, Stage::First)?;
        let newest = wire::answer::<ApiVersionsRequest>(answer.clone(), 3);
        let versions = match newest {
            Ok(versions) if versions.error_code == 0 => versions,
            _ => {
                let answer = self.ask(&ApiVersionsRequest::default(), 0, Stage::First)?;
                wire::answer::<ApiVersionsRequest>(answer, 0)
                    .map_err(|reason| self.unclear(reason))?
            }
        };
        match Code::try_from_code(versions.error_code) {
            None => Ok(Versions::of(&versions)),
            Some(code) => Err(Error::refused(
                &format!("asking `{}` for its versions", self.address),
                code,
                None,
            )),
        }
    }

    /// Proves who we are; answers until when that holds.
    fn log_in(
        &mut self,
        sasl: &Sasl,
        host: &str,
        versions: &Versions,
    ) -> Result<Option<Instant>, Error> {
        let mechanism = sasl.mechanism();
        let refused = |address: &str, reason: String| Error::Login {
            address: address.to_owned(),
            mechanism,
            reason,
        };
        let not_offered = |address: &str, offered: Vec<String>| Error::MechanismNotOffered {
            address: address.to_owned(),
            mechanism,
            offered,
        };
        let handshake =
            SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str(mechanism));
        // A port without logins knows the request, but answers ILLEGAL_SASL_STATE.
        let answer = self.speak(&handshake, versions)?;
        match Code::try_from_code(answer.error_code) {
            None => {}
            Some(Code::UnsupportedSaslMechanism) => {
                let offered = answer.mechanisms.iter().map(|name| name.to_string()).collect();
                return Err(not_offered(&self.address, offered));
            }
            Some(Code::IllegalSaslState) => return Err(not_offered(&self.address, Vec::new())),
            Some(code) => return Err(refused(&self.address, code.to_string())),
        }
        // What this side finds wrong.
        let untrue = |address: &str, why: Untrue| match why {
            Untrue::Broker(reason) => refused(address, reason),
            Untrue::Kerberos(reason) => Error::Kerberos { address: address.to_owned(), reason },
        };
        let login = Login::new(sasl, host);
        let mut login = login.map_err(|reason| untrue(&self.address, reason))?;
        let mut message = login.first().map_err(|reason| untrue(&self.address, reason))?;
        loop {
            let request = SaslAuthenticateRequest::default().with_auth_bytes(Bytes::from(message));
            let asked = Instant::now();
            let answer = self.speak(&request, versions)?;
            if let Some(code) = Code::try_from_code(answer.error_code) {
                let words = answer
                    .error_message
                    .map_or_else(|| code.to_string(), |words| words.to_string());
                return Err(refused(&self.address, words));
            }
            match login.next(&answer.auth_bytes).map_err(|reason| untrue(&self.address, reason))? {
                Some(next) => message = next,
                None => {
                    let lifetime = u64::try_from(answer.session_lifetime_ms)
                        .ok()
                        .filter(|lifetime| *lifetime > 0);
                    // Early enough for what is under way to be answered.
                    return Ok(
                        lifetime.map(|lifetime| asked + Duration::from_millis(lifetime / 10 * 8))
                    );
                }
            }
        }
    }

    fn speak<R: Spoken>(&mut self, request: &R, versions: &Versions) -> Result<R::Response, Error> {
        let version = versions.of_request::<R>(&self.address)?;
        let answer = self.ask(request, version, Stage::Login)?;
        wire::answer::<R>(answer, version).map_err(|reason| self.unclear(reason))
    }

    fn ask<R: Spoken>(&mut self, request: &R, version: i16, stage: Stage) -> Result<Bytes, Error> {
        self.correlation += 1;
        let frame = wire::frame(request, version, self.correlation, &self.client_id)
            .map_err(|reason| self.unclear(reason))?;
        self.exchange(&frame).map_err(|error| {
            match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(error) => tls_error(&self.address, error),
                None if error.kind() == io::ErrorKind::InvalidData => {
                    self.unclear(error.to_string())
                }
                None => Error::broken(&self.address, stage, &timed_out(error)),
            }
        })
    }

    fn exchange(&mut self, frame: &[u8]) -> io::Result<Bytes> {
        let Self { socket, tls, deadline, .. } = self;
        limit(socket, *deadline)?;
        match tls {
            None => exchange(&mut *socket, frame),
            Some(tls) => exchange(&mut rustls::Stream::new(tls.as_mut(), socket), frame),
        }
    }

    fn unclear(&self, reason: String) -> Error {
        Error::Protocol { address: self.address.clone(), reason }
    }
}

fn exchange(stream: &mut (impl Read + Write), frame: &[u8]) -> io::Result<Bytes> {
    stream.write_all(frame)?;
    stream.flush()?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    // The first bytes of a TLS alert.
    if length.starts_with(&[0x15, 0x03]) {
        return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "it answers as TLS does"));
    }
    let length = u32::from_be_bytes(length) as usize;
    // A handshake speaks of kilobytes; more is another protocol's greeting.
    if length > LARGEST_ANSWER / 64 {
        let text = "the port speaks another protocol than Kafka's (HTTP?)";
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer)?;
    Ok(Bytes::from(answer))
}

fn limit(socket: &TcpStream, deadline: Deadline) -> io::Result<()> {
    let left = deadline.left(Duration::from_secs(3600));
    if left.is_zero() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    socket.set_read_timeout(Some(left))?;
    socket.set_write_timeout(Some(left))
}

/// A blocking socket says "would block" where its time is over.
fn timed_out(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            io::Error::new(io::ErrorKind::TimedOut, "no answer in time")
        }
        _ => error,
    }
}

/// Which side is at fault.
pub(crate) fn tls_error(address: &str, error: &rustls::Error) -> Error {
    let problem = match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                TlsProblem::WrongName
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => TlsProblem::NotInTime,
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                TlsProblem::UnknownAuthority
            }
            _ => TlsProblem::Other,
        },
        rustls::Error::AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::CertificateRequired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied,
        ) => TlsProblem::OurCertificate,
        rustls::Error::InvalidMessage(_) => TlsProblem::NotTls,
        _ => TlsProblem::Other,
    };
    Error::Tls { address: address.to_owned(), problem, reason: error.to_string() }
}
