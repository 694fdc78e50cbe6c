//! The server's certificate and key: PEM files, read again when they change.
//!
//! A change that cannot be used (a certificate without its key yet) leaves the old pair in service and is
//! looked at again; connections that are open keep what they began with.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::problems::chain;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Largest file that is read.
const MAX_PEM_BYTES: u64 = 1 << 20;

/// Why a certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TlsError {
    /// The operating system refused.
    #[error("{role} `{}` cannot be read", path.display())]
    Read {
        /// Certificate or key.
        role: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is no PEM file.
    #[error("{role} `{}` is no PEM file: {reason}", path.display())]
    Pem {
        /// Certificate or key.
        role: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is none in it.
    #[error("`{}` holds no {role}, expected a PEM section `{expected}`", path.display())]
    Missing {
        /// Certificate or key.
        role: &'static str,
        /// The file.
        path: PathBuf,
        /// What such a file holds.
        expected: &'static str,
    },
    /// The key needs a password.
    #[error("key `{}` is encrypted, expected one without a password (`openssl pkey -in FILE` makes it)", path.display())]
    Encrypted {
        /// The file.
        path: PathBuf,
    },
    /// They do not belong together.
    #[error("key `{}` does not belong to certificate `{}`", key.display(), certificate.display())]
    Mismatch {
        /// The certificate's file; its first certificate is the server's.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// They are of a kind that is not supported.
    #[error("certificate `{}` and its key cannot be used: {reason}", certificate.display())]
    Refused {
        /// The certificate's file.
        certificate: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// A certificate and its key in service.
#[derive(Debug)]
pub(crate) struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<ServerConfig>>,
}

/// What tells one version of the files from another.
type Version = [Option<(i64, i64, u64, u64)>; 2];

impl Tls {
    /// Reads certificate (the server's first, then those that lead to its CA) and key.
    ///
    /// # Errors
    ///
    /// [`TlsError`].
    pub(crate) fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let current = RwLock::new(Arc::new(read(certificate, key)?));
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), current })
    }

    /// What the next connection is accepted with.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&current))
    }

    /// Takes up every change of the files, for ever.
    pub(super) async fn follow(self: Arc<Self>) {
        let mut seen = self.version();
        let mut timer = tokio::time::interval(LOOK_EVERY);
        loop {
            timer.tick().await;
            let version = self.version();
            if version == seen {
                continue;
            }
            let tls = Arc::clone(&self);
            let read = tokio::task::spawn_blocking(move || read(&tls.certificate, &tls.key)).await;
            match read {
                Ok(Ok(config)) => {
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) =
                        Arc::new(config);
                    tracing::info!("certificate was read again");
                }
                Ok(Err(error)) => {
                    let error = chain(&error);
                    tracing::warn!(error, "changed certificate is not usable, the old one stays");
                }
                Err(_) => {}
            }
            // Should a file have changed while it was read, the next look finds it.
            seen = version;
        }
    }

    fn version(&self) -> Version {
        [&self.certificate, &self.key].map(|path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.mtime(), metadata.mtime_nsec(), metadata.len(), metadata.ino()))
        })
    }
}

fn read(certificate: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let chain = read_certificates(certificate)?;
    let private = read_key(key)?;
    if everybody_reads(key) {
        tracing::warn!(key = %key.display(), "every user of this machine can read the TLS key; `chmod o-r` it");
    }
    let refused = |error: rustls::Error| match error {
        rustls::Error::InconsistentKeys(_) => {
            TlsError::Mismatch { certificate: certificate.to_owned(), key: key.to_owned() }
        }
        error => {
            TlsError::Refused { certificate: certificate.to_owned(), reason: error.to_string() }
        }
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(refused)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(refused)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Whether the mode of a file lets everybody read it.
fn everybody_reads(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| about.mode() & 0o004 != 0)
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let role = "certificate";
    let pem = read_file(role, path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.map_err(|error| not_pem(role, path, &error))?;
    if chain.is_empty() {
        let expected = "-----BEGIN CERTIFICATE-----";
        return Err(TlsError::Missing { role, path: path.to_owned(), expected });
    }
    Ok(chain)
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let role = "key";
    let pem = read_file(role, path)?;
    let text = String::from_utf8_lossy(&pem);
    if text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(TlsError::Encrypted { path: path.to_owned() });
    }
    PrivateKeyDer::from_pem_slice(&pem).map_err(|error| match error {
        PemError::NoItemsFound => TlsError::Missing {
            role,
            path: path.to_owned(),
            expected: "-----BEGIN PRIVATE KEY-----",
        },
        error => not_pem(role, path, &error),
    })
}

fn not_pem(role: &'static str, path: &Path, error: &PemError) -> TlsError {
    // Said in our words: the crate shows the line, which may be part of a key.
    let reason = match error {
        PemError::MissingSectionEnd { .. } => "a section does not end",
        PemError::IllegalSectionStart { .. } => "a section's first line is not right",
        PemError::Base64Decode(_) => "a section is not Base64",
        _ => "a section is not right",
    };
    TlsError::Pem { role, path: path.to_owned(), reason: reason.to_owned() }
}

fn read_file(role: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    let failed = |source| TlsError::Read { role, path: path.to_owned(), source };
    let size = fs::metadata(path).map_err(failed)?.len();
    if size > MAX_PEM_BYTES {
        return Err(failed(io::Error::other(format!("it is larger than {MAX_PEM_BYTES} bytes"))));
    }
    fs::read(path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let (certificate, key) =
            (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
        fs::write(&certificate, made.cert.pem()).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        (certificate, key)
    }

    /// The message without the test's own folder.
    fn refused(folder: &Path, certificate: &Path, key: &Path) -> String {
        let error = Tls::load(certificate, key).unwrap_err();
        chain(&error).replace(&format!("{}/", folder.display()), "")
    }

    #[test]
    fn what_is_wrong_with_the_files_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let (certificate, key) = pair(folder, "a");
        let (_, other) = pair(folder, "b");
        Tls::load(&certificate, &key).unwrap();
        insta::assert_snapshot!(refused(folder, &folder.join("no.pem"), &key), @"certificate `no.pem` cannot be read: No such file or directory (os error 2)");
        insta::assert_snapshot!(refused(folder, &certificate, &folder.join("no.key")), @"key `no.key` cannot be read: No such file or directory (os error 2)");
        insta::assert_snapshot!(refused(folder, &certificate, &other), @"key `b.key` does not belong to certificate `a.pem`");
        insta::assert_snapshot!(refused(folder, &key, &key), @"`a.key` holds no certificate, expected a PEM section `-----BEGIN CERTIFICATE-----`");
        insta::assert_snapshot!(refused(folder, &certificate, &certificate), @"`a.pem` holds no key, expected a PEM section `-----BEGIN PRIVATE KEY-----`");
        let locked = folder.join("locked.key");
        fs::write(
            &locked,
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n",
        )
        .unwrap();
        insta::assert_snapshot!(refused(folder, &certificate, &locked), @"key `locked.key` is encrypted, expected one without a password (`openssl pkey -in FILE` makes it)");
        fs::write(&locked, "-----BEGIN PRIVATE KEY-----\nAA==\n").unwrap();
        insta::assert_snapshot!(refused(folder, &certificate, &locked), @"key `locked.key` is no PEM file: a section does not end");
    }

    // Issue 9, D12
    #[test]
    fn a_key_that_everybody_reads_is_noticed() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let (_, key) = pair(folder.path(), "a");
        for (mode, expected) in [(0o644, true), (0o640, false), (0o600, false)] {
            fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(everybody_reads(&key), expected, "{mode:o}");
        }
    }
}
