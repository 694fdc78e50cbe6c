//! Sockets of clients that speak a protocol of their own: connected within reach, encrypted where that is asked for.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

use super::io::late;
use super::{Failure, Io, Kind, Tls, out_of_reach, untrusted};
use crate::reach::{Host, Reach};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// A connection, encrypted or not.
pub(crate) type Socket = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// A connection that is not encrypted yet, and to whom.
#[derive(Debug)]
pub(crate) struct Plain {
    socket: TcpStream,
    host: Host,
}

impl Plain {
    /// Connects to `host`, on `port` where it names none, within `reach`. `cure` helps where there is nobody.
    ///
    /// # Errors
    ///
    /// When nobody answers at any of its addresses, or all are out of reach.
    pub(crate) async fn connect(
        host: &Host,
        port: u16,
        reach: &Reach,
        cure: &str,
        io: &Io,
    ) -> Result<Self, Failure> {
        let (asked, within) = (host.clone(), reach.clone());
        // The system's resolver blocks.
        let found = io.handle()?.spawn_blocking(move || within.addresses(&asked, port)).await;
        let found = found.map_err(Failure::fault)?.map_err(|error| {
            out_of_reach(&error, cure).unwrap_or_else(|| Failure::fault(error.to_string()))
        })?;
        let mut last = Failure::fault("no address");
        for address in found {
            let connected = timeout(CONNECT, TcpStream::connect(address)).await;
            last = match connected {
                Ok(Ok(socket)) => {
                    socket.set_nodelay(true)?;
                    return Ok(Self { socket, host: host.clone() });
                }
                Ok(Err(error)) => Failure::from(error).with_kind(Kind::Transient { after: None }),
                Err(_) => late(CONNECT),
            };
        }
        Err(last.cured_by(cure))
    }

    /// Says `question` and hears an answer of as many bytes as `answer` has: how protocols agree on encryption.
    ///
    /// # Errors
    ///
    /// When the connection breaks before.
    pub(crate) async fn ask(&mut self, question: &[u8], answer: &mut [u8]) -> Result<(), Failure> {
        self.socket.write_all(question).await?;
        self.socket.read_exact(answer).await?;
        Ok(())
    }

    /// The connection as it is.
    pub(crate) fn bare(self) -> Socket {
        Either::Left(self.socket)
    }

    /// The connection, encrypted. `cure` helps where the server is not trusted.
    ///
    /// # Errors
    ///
    /// When the server is not trusted, or does not understand.
    pub(crate) async fn encrypted(self, tls: &Tls, cure: &str) -> Result<Socket, Failure> {
        let config = tls.config().map_err(|failure| failure.cured_by(cure))?;
        let name = ServerName::try_from(self.host.name().to_owned()).map_err(|_| {
            let told =
                format!("`{}` is no host name that a certificate can have", self.host.name());
            Failure::new(Kind::Refused, told)
        })?;
        let connector = TlsConnector::from(Arc::new(config));
        match timeout(CONNECT, connector.connect(name, self.socket)).await {
            Ok(Ok(stream)) => Ok(Either::Right(Box::new(stream))),
            Ok(Err(error)) => Err(untrusted(&error, cure).unwrap_or_else(|| error.into())),
            Err(_) => Err(late(CONNECT)),
        }
    }
}
