//! Encryption of connections that are no HTTP: whose certificates count, and who we are.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::{Failure, Kind, Pem};
use crate::secrets::Secret;

/// What of a server's certificate is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verified {
    /// Nothing: nobody listens, but the server may be another one.
    Nothing,
    /// That an authority has signed it, for whatever name.
    Authority,
    /// That an authority has signed it for the name that is connected to.
    Name,
}

/// How connections are encrypted.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    /// What of the server's certificate is looked at.
    pub(crate) verified: Verified,
    /// The authorities; `None`: the system's.
    pub(crate) authorities: Option<Pem>,
    /// A certificate of the client's with its chain, and its key in PEM.
    pub(crate) identity: Option<(Pem, Secret)>,
}

impl Tls {
    /// What connections are made with; files are read now.
    ///
    /// # Errors
    ///
    /// When there is no authority, or certificate and key cannot be used.
    pub(super) fn config(&self) -> Result<ClientConfig, Failure> {
        let provider = Arc::new(ring::default_provider());
        let refused = |error: Error| Failure::new(Kind::Refused, error.to_string());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(refused)?;
        let verifier = Verifier {
            inner: match self.verified {
                Verified::Nothing => None,
                Verified::Authority | Verified::Name => {
                    let roots = Arc::new(self.roots()?);
                    let builder =
                        WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider));
                    Some(
                        builder
                            .build()
                            .map_err(|error| Failure::new(Kind::Refused, error.to_string()))?,
                    )
                }
            },
            any_name: self.verified != Verified::Name,
            provider,
        };
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        let Some((chain, key)) = &self.identity else { return Ok(builder.with_no_client_auth()) };
        let chain = certificates(chain)?;
        let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes());
        // What is wrong with a key is told without a word of it.
        let key = key.map_err(|_| {
            Failure::new(
                Kind::Refused,
                "the key of the client certificate is no PEM without a password",
            )
        })?;
        builder.with_client_auth_cert(chain, key).map_err(refused)
    }

    fn roots(&self) -> Result<RootCertStore, Failure> {
        let mut roots = RootCertStore::empty();
        match &self.authorities {
            Some(pem) => {
                for certificate in certificates(pem)? {
                    let added = roots.add(certificate);
                    added.map_err(|error| Failure::new(Kind::Refused, error.to_string()))?;
                }
            }
            None => {
                let found = rustls_native_certs::load_native_certs().certs;
                roots.add_parsable_certificates(found);
            }
        }
        Ok(roots)
    }
}

/// The certificates of `pem`, at least one.
fn certificates(pem: &Pem) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let bytes = pem.bytes()?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or_else(|| pem.no_certificate())
}

/// Looks at as much of a certificate as is asked for; that the server has its key is always looked at.
#[derive(Debug)]
struct Verifier {
    inner: Option<Arc<WebPkiServerVerifier>>,
    any_name: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(inner) = &self.inner else { return Ok(ServerCertVerified::assertion()) };
        match inner.verify_server_cert(certificate, chain, name, ocsp, now) {
            // The name is looked at last.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.any_name => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
