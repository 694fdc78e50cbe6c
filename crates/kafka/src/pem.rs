//! From PEM to what rustls wants.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::config::Tls;
use crate::error::Error;

/// How connections of a client are encrypted.
///
/// # Errors
/// Certificates or the key cannot be read, or do not belong together.
pub(crate) fn client_config(tls: &Tls) -> Result<Arc<ClientConfig>, Error> {
    let roots = match &tls.authorities {
        Some(authorities) => roots(authorities)?,
        None => system_roots()?,
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable("TLS", &error))?
        .with_root_certificates(roots);
    let config = match &tls.identity {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = certificates(chain, "the client certificate")?;
            let key = private_key(key.bytes())?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| unusable("the client certificate with its key", &error))?
        }
    };
    Ok(Arc::new(config))
}

fn roots(authorities: &[u8]) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(authorities, "the authorities' certificates")? {
        roots.add(certificate).map_err(|error| unusable("an authority's certificate", &error))?;
    }
    Ok(roots)
}

/// The authorities that the system trusts, those of them that can be read.
fn system_roots() -> Result<RootCertStore, Error> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable > 0 {
        return Ok(roots);
    }
    let reason = found.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
    Err(Error::Unusable(format!("the system has no authorities that are trusted{reason}")))
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Error::Unusable(format!("{what} cannot be read as PEM: {error}")))?;
    if found.is_empty() {
        let kind = if pem.starts_with(&[0xfe, 0xed, 0xfe, 0xed]) {
            ", it is a Java key store (JKS): `keytool -exportcert -rfc` makes PEM of it"
        } else if pem.first() == Some(&0x30) {
            ", it is DER or PKCS#12: `openssl x509` or `openssl pkcs12` makes PEM of it"
        } else {
            ""
        };
        return Err(Error::Unusable(format!("{what}: no `BEGIN CERTIFICATE` is in it{kind}")));
    }
    Ok(found)
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, Error> {
    // The error's text could hold parts of the key: it is not shown.
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
        let text = String::from_utf8_lossy(pem);
        let kind = if text.contains("ENCRYPTED") {
            ", it is encrypted: `openssl pkey` writes it without"
        } else {
            ""
        };
        Error::Unusable(format!(
            "the client's key: no `BEGIN PRIVATE KEY` is in it that can be read{kind}"
        ))
    })
}

fn unusable(what: &str, error: &rustls::Error) -> Error {
    Error::Unusable(format!("{what} cannot be used: {error}"))
}
