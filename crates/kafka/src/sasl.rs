//! Logins: what is sent to prove who we are, and what must come back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::{digest, hmac, pbkdf2};

use datagen_gssapi as gssapi;

use crate::config::{Mechanism, Sasl, Secret};

/// Why this side ends a login.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Untrue {
    /// The broker's message is not as it must be, or the broker is not who it should be.
    #[error("{0}")]
    Broker(String),
    #[error(transparent)]
    Kerberos(#[from] gssapi::Error),
}

impl From<String> for Untrue {
    fn from(reason: String) -> Self {
        Self::Broker(reason)
    }
}

/// A login under way: answers each challenge of the broker by the next message.
pub(crate) enum Login {
    /// One message says all.
    Once(Vec<u8>),
    /// SCRAM, before and after the server's first message.
    Scram(Scram),
    /// Tickets go to and fro.
    Kerberos(gssapi::Sasl),
    /// Every message has been sent, and this must be the broker's last one.
    Ended(Option<String>),
}

impl Login {
    /// A login at the broker `host`.
    ///
    /// # Errors
    /// The system gives no random bytes for the nonce, or has no Kerberos.
    pub(crate) fn new(sasl: &Sasl, host: &str) -> Result<Self, Untrue> {
        let (mechanism, user, secret) = match sasl {
            Sasl::Secret { mechanism, user, secret } => (*mechanism, user, secret),
            Sasl::Kerberos { service, identity } => {
                let context = gssapi::Context::new(service, host, identity)?;
                return Ok(Self::Kerberos(gssapi::Sasl::new(context)));
            }
        };
        Ok(match mechanism {
            Mechanism::Plain => {
                let mut message = vec![0];
                message.extend(user.as_bytes());
                message.push(0);
                message.extend(secret.bytes());
                Self::Once(message)
            }
            Mechanism::OAuthBearer => {
                let mut message = b"n,,\x01auth=Bearer ".to_vec();
                message.extend(secret.bytes());
                message.extend(b"\x01\x01");
                Self::Once(message)
            }
            Mechanism::ScramSha256 | Mechanism::ScramSha512 => {
                let mut random = [0; 24];
                getrandom::fill(&mut random)
                    .map_err(|error| format!("no random bytes: {error}"))?;
                Self::Scram(Scram::new(mechanism, user, secret, STANDARD.encode(random)))
            }
        })
    }

    /// The first message.
    ///
    /// # Errors
    /// There is no ticket for the broker.
    pub(crate) fn first(&mut self) -> Result<Vec<u8>, Untrue> {
        Ok(match self {
            Self::Once(message) => {
                let message = std::mem::take(message);
                *self = Self::Ended(None);
                message
            }
            Self::Scram(scram) => scram.first(),
            Self::Kerberos(login) => return Ok(login.first()?),
            Self::Ended(_) => Vec::new(),
        })
    }

    /// The message that answers `challenge`; none where the login is complete.
    ///
    /// # Errors
    /// The broker's message is not as it must be, or it does not know the password.
    pub(crate) fn next(&mut self, challenge: &[u8]) -> Result<Option<Vec<u8>>, Untrue> {
        match self {
            Self::Scram(scram) => {
                let (message, signature) = scram.answer(challenge)?;
                *self = Self::Ended(Some(signature));
                Ok(Some(message))
            }
            Self::Kerberos(login) => Ok(login.next(challenge)?),
            Self::Once(_) | Self::Ended(None) if challenge.is_empty() => Ok(None),
            // A refused token is told as JSON; the exchange ends by one more message.
            Self::Once(_) | Self::Ended(None) => {
                Err(String::from_utf8_lossy(challenge).into_owned().into())
            }
            Self::Ended(Some(signature)) => {
                let last = String::from_utf8_lossy(challenge).into_owned();
                match attribute(&last, 'v') {
                    Some(found) if found == signature => Ok(None),
                    Some(_) => Err("the broker could not prove that it knows the password"
                        .to_owned()
                        .into()),
                    None => Err(attribute(&last, 'e')
                        .unwrap_or("the broker's last message is not SCRAM")
                        .to_owned()
                        .into()),
                }
            }
        }
    }
}

/// The exchange of RFC 5802.
pub(crate) struct Scram {
    hash: Hash,
    secret: Secret,
    nonce: String,
    first_bare: String,
}

/// The hash of a SCRAM mechanism, in the three roles that it has there.
#[derive(Clone, Copy)]
struct Hash {
    pbkdf2: pbkdf2::Algorithm,
    hmac: hmac::Algorithm,
    digest: &'static digest::Algorithm,
}

impl Scram {
    fn new(mechanism: Mechanism, user: &str, secret: &Secret, nonce: String) -> Self {
        let hash = if mechanism == Mechanism::ScramSha512 {
            Hash {
                pbkdf2: pbkdf2::PBKDF2_HMAC_SHA512,
                hmac: hmac::HMAC_SHA512,
                digest: &digest::SHA512,
            }
        } else {
            Hash {
                pbkdf2: pbkdf2::PBKDF2_HMAC_SHA256,
                hmac: hmac::HMAC_SHA256,
                digest: &digest::SHA256,
            }
        };
        let user = user.replace('=', "=3D").replace(',', "=2C");
        let first_bare = format!("n={user},r={nonce}");
        Self { hash, secret: secret.clone(), nonce, first_bare }
    }

    fn first(&self) -> Vec<u8> {
        format!("n,,{}", self.first_bare).into_bytes()
    }

    /// Our proof, and the signature that the server must answer by.
    fn answer(&self, challenge: &[u8]) -> Result<(Vec<u8>, String), String> {
        let unclear = || "the broker's first message is not SCRAM".to_owned();
        let server_first = std::str::from_utf8(challenge).map_err(|_| unclear())?;
        if let Some(error) = attribute(server_first, 'e') {
            return Err(error.to_owned());
        }
        let nonce = attribute(server_first, 'r').ok_or_else(unclear)?;
        let salt = attribute(server_first, 's')
            .and_then(|salt| STANDARD.decode(salt).ok())
            .ok_or_else(unclear)?;
        let rounds = attribute(server_first, 'i')
            .and_then(|rounds| rounds.parse::<u32>().ok())
            .ok_or_else(unclear)?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err("the broker's nonce does not continue ours".to_owned());
        }
        // A hostile broker could keep us busy for hours.
        let rounds = std::num::NonZeroU32::new(rounds)
            .filter(|rounds| rounds.get() <= 1_000_000)
            .ok_or_else(unclear)?;
        let without_proof = format!("c=biws,r={nonce}");
        let signed = format!("{},{server_first},{without_proof}", self.first_bare);
        let mut salted = vec![0; self.hash.digest.output_len()];
        pbkdf2::derive(self.hash.pbkdf2, rounds, &salt, self.secret.bytes(), &mut salted);
        let client_key = self.sign(&salted, b"Client Key");
        let stored_key = digest::digest(self.hash.digest, client_key.as_ref());
        let signature = self.sign(stored_key.as_ref(), signed.as_bytes());
        let proof: Vec<u8> =
            client_key.as_ref().iter().zip(signature.as_ref()).map(|(a, b)| a ^ b).collect();
        let server_key = self.sign(&salted, b"Server Key");
        let server_signature = self.sign(server_key.as_ref(), signed.as_bytes());
        let message = format!("{without_proof},p={}", STANDARD.encode(proof));
        Ok((message.into_bytes(), STANDARD.encode(server_signature)))
    }

    fn sign(&self, key: &[u8], text: &[u8]) -> hmac::Tag {
        hmac::sign(&hmac::Key::new(self.hash.hmac, key), text)
    }
}

/// The value of `name=value` among parts that commas divide.
fn attribute(message: &str, name: char) -> Option<&str> {
    message.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scram(mechanism: Mechanism, user: &str, secret: &str, nonce: &str) -> Scram {
        Scram::new(mechanism, user, &Secret::new(secret), nonce.to_owned())
    }

    fn login(mechanism: Mechanism, user: &str, secret: &str) -> Login {
        let (user, secret) = (user.to_owned(), Secret::new(secret));
        Login::new(&Sasl::Secret { mechanism, user, secret }, "localhost").unwrap()
    }

    /// The example of RFC 7677, section 3.
    #[test]
    fn scram_proves_as_the_rfc_does() {
        let mut login =
            Login::Scram(scram(Mechanism::ScramSha256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO"));
        assert_eq!(login.first().unwrap(), b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let challenge = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let proof = login.next(challenge).unwrap().unwrap();
        assert_eq!(
            String::from_utf8(proof).unwrap(),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert!(matches!(login.next(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), Ok(None)));
    }

    #[test]
    fn a_broker_that_does_not_know_the_password_is_found_out() {
        let begun = || {
            let mut login = Login::Scram(scram(Mechanism::ScramSha512, "user", "pencil", "abc"));
            login.first().unwrap();
            login
        };
        let mut login = begun();
        login.next(b"r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096").unwrap();
        assert_eq!(
            login.next(b"v=AAAA").unwrap_err().to_string(),
            "the broker could not prove that it knows the password"
        );
        assert_eq!(
            begun().next(b"r=xyz,s=W22Z,i=1").unwrap_err().to_string(),
            "the broker's nonce does not continue ours"
        );
        assert_eq!(
            begun().next(b"r=abcd,s=W22Z,i=2000000000").unwrap_err().to_string(),
            "the broker's first message is not SCRAM"
        );
    }

    #[test]
    fn names_with_commas_are_escaped() {
        let scram = scram(Mechanism::ScramSha256, "a,b=c", "x", "n");
        assert_eq!(scram.first(), b"n,,n=a=2Cb=3Dc,r=n");
    }

    #[test]
    fn plain_and_token_say_all_at_once() {
        let mut plain = login(Mechanism::Plain, "me", "pw");
        assert_eq!(plain.first().unwrap(), b"\0me\0pw");
        assert!(matches!(plain.next(b""), Ok(None)));
        let mut token = login(Mechanism::OAuthBearer, "", "tok");
        assert_eq!(token.first().unwrap(), b"n,,\x01auth=Bearer tok\x01\x01");
        assert_eq!(
            token.next(br#"{"status":"invalid_token"}"#).unwrap_err().to_string(),
            r#"{"status":"invalid_token"}"#
        );
    }
}
