//! Java's key stores in their own format (JKS), which clusters of the Java world hand out: read into PEM.
//!
//! The format is that of Sun's provider: a table of entries, and a SHA-1 of the password and all before it. Keys are
//! hidden by a stream of SHA-1; whoever has the file and no password has the certificates.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, digest};

use crate::config::Secret;
use crate::error::Error;

const MAGIC: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
const SHA1: usize = 20;

/// The object identifier by which Sun's provider marks a key that it has hidden: 1.3.6.1.4.1.42.2.17.1.1.
const SUN: &[u8] = &[0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x2a, 0x02, 0x11, 0x01, 0x01];

/// What a store holds.
struct Store<'a> {
    authorities: Vec<&'a [u8]>,
    keys: Vec<Key<'a>>,
}

/// A hidden key with the chain of its certificate.
struct Key<'a> {
    hidden: &'a [u8],
    chain: Vec<&'a [u8]>,
}

/// Whether `bytes` are a store of this format.
pub fn is_jks(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// The certificates that a store trusts, as PEM. Without a password it is not checked whether the store is whole, as
/// Java does not either.
///
/// # Errors
/// It is no such store, the password is wrong, or it trusts nobody.
pub fn authorities(store: &[u8], password: Option<&Secret>) -> Result<Vec<u8>, Error> {
    let found = Store::read(store, password)?;
    if found.authorities.is_empty() {
        return Err(unusable("it has no trusted certificate"));
    }
    Ok(found.authorities.into_iter().map(|der| pem("CERTIFICATE", der)).collect::<String>().into())
}

/// The chain and the key of a store that has one, as PEM.
///
/// # Errors
/// It is no such store, a password is wrong, or it has no key or several.
pub fn identity(
    store: &[u8],
    password: Option<&Secret>,
    key_password: &Secret,
) -> Result<(Vec<u8>, Secret), Error> {
    let found = Store::read(store, password)?;
    let [key] = &found.keys[..] else {
        return Err(unusable(&format!("it has {} keys, expected one", found.keys.len())));
    };
    let chain: String = key.chain.iter().map(|der| pem("CERTIFICATE", der)).collect();
    let plain = reveal(key.hidden, key_password)?;
    Ok((chain.into_bytes(), Secret::new(pem("PRIVATE KEY", &plain))))
}

impl<'a> Store<'a> {
    fn read(store: &'a [u8], password: Option<&Secret>) -> Result<Self, Error> {
        if !is_jks(store) {
            return Err(unusable("it is no store of the format JKS"));
        }
        let Some((entries, sum)) = store.split_last_chunk::<SHA1>() else { return Err(cut()) };
        if let Some(password) = password {
            let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
            context.update(&utf16(password));
            context.update(b"Mighty Aphrodite");
            context.update(entries);
            if context.finish().as_ref() != sum {
                return Err(unusable("its password is another, or it is damaged"));
            }
        }
        let entries = entries.get(MAGIC.len()..).ok_or_else(cut)?;
        Self::entries(&mut Bytes(entries)).ok_or_else(cut)
    }

    fn entries(bytes: &mut Bytes<'a>) -> Option<Self> {
        let version = bytes.number()?;
        let mut found = Self { authorities: Vec::new(), keys: Vec::new() };
        for _ in 0..bytes.number()? {
            let kind = bytes.number()?;
            bytes.text()?;
            bytes.take(8)?;
            match kind {
                1 => {
                    let hidden = bytes.long()?;
                    let mut chain = Vec::new();
                    for _ in 0..bytes.number()? {
                        chain.push(bytes.certificate(version)?);
                    }
                    found.keys.push(Key { hidden, chain });
                }
                2 => found.authorities.push(bytes.certificate(version)?),
                _ => return None,
            }
        }
        Some(found)
    }
}

/// What is left of a store.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.0.split_at_checked(count)?;
        self.0 = left;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        let (number, left) = self.0.split_first_chunk()?;
        self.0 = left;
        Some(u32::from_be_bytes(*number))
    }

    /// Bytes with their length in front, and a text with a shorter one.
    fn long(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(length as usize)
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let (length, left) = self.0.split_first_chunk()?;
        self.0 = left;
        self.take(u16::from_be_bytes(*length).into())
    }

    fn certificate(&mut self, version: u32) -> Option<&'a [u8]> {
        if version >= 2 {
            self.text()?;
        }
        self.long()
    }

    /// The contents of the next DER value, which has the tag.
    fn der(&mut self, tag: u8) -> Option<&'a [u8]> {
        let [found, first] = *self.take(2)?.first_chunk()?;
        let length = match first {
            0..=0x7f => usize::from(first),
            0x81..=0x84 => self
                .take(usize::from(first & 0x7f))?
                .iter()
                .fold(0, |length, byte| (length << 8) | usize::from(*byte)),
            _ => return None,
        };
        self.take(length).filter(|_| found == tag)
    }
}

/// The PKCS#8 form of a key that Sun's provider has hidden: salt, key under a stream, SHA-1 of password and key.
fn reveal(hidden: &[u8], password: &Secret) -> Result<Vec<u8>, Error> {
    let stored = || {
        let mut whole = Bytes(Bytes(hidden).der(0x30)?);
        whole.der(0x30).filter(|algorithm| algorithm.starts_with(SUN))?;
        whole.der(0x04)
    };
    let unknown = || unusable("its key is hidden in a way that is not known here");
    let stored = stored().ok_or_else(unknown)?;
    let (salt, rest) = stored.split_first_chunk::<SHA1>().ok_or_else(cut)?;
    let (key, sum) = rest.split_last_chunk::<SHA1>().ok_or_else(cut)?;
    let password = utf16(password);
    let mut block = salt.to_vec();
    let mut plain = Vec::with_capacity(key.len());
    for part in key.chunks(SHA1) {
        block = sha1(&password, &block);
        plain.extend(part.iter().zip(&block).map(|(byte, mask)| byte ^ mask));
    }
    if sha1(&password, &plain) != sum {
        return Err(unusable("the password of its key is another"));
    }
    Ok(plain)
}

fn sha1(password: &[u8], bytes: &[u8]) -> Vec<u8> {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, &[password, bytes].concat()).as_ref().to_vec()
}

/// A password as Java has it: two bytes for each unit.
fn utf16(password: &Secret) -> Vec<u8> {
    let text = String::from_utf8_lossy(password.bytes());
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for (place, letter) in text.chars().enumerate() {
        if place > 0 && place % 64 == 0 {
            pem.push('\n');
        }
        pem.push(letter);
    }
    pem + "\n-----END " + label + "-----\n"
}

fn cut() -> Error {
    unusable("it ends too early")
}

fn unusable(what: &str) -> Error {
    Error::Unusable(format!("the key store cannot be used: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Tls;
    use crate::pem::client_config;

    // Made by `keytool`, with the passwords `storepass` and `keypass1`.
    const KEY: &[u8] = include_bytes!("../tests/stores/key.jks");
    const TRUST: &[u8] = include_bytes!("../tests/stores/trust.jks");

    #[test]
    fn stores_of_keytool_are_what_tls_needs() {
        let (store, key) = (Secret::new("storepass"), Secret::new("keypass1"));
        let trusted = authorities(TRUST, Some(&store)).unwrap();
        assert_eq!(authorities(TRUST, None).unwrap(), trusted);
        let (chain, key) = identity(KEY, Some(&store), &key).unwrap();
        // The certificate signs itself.
        assert_eq!(chain, trusted);
        let identity = Some((chain, key));
        client_config(&Tls { authorities: Some(trusted), identity }).unwrap();
    }

    #[test]
    fn what_is_wrong_with_a_store_is_told() {
        let (store, key) = (Secret::new("storepass"), Secret::new("keypass1"));
        let told = |outcome: Result<(Vec<u8>, Secret), Error>| outcome.unwrap_err().to_string();
        let of = |what: &str| format!("the key store cannot be used: {what}");
        let wrong = told(identity(KEY, Some(&key), &key));
        assert_eq!(wrong, of("its password is another, or it is damaged"));
        let wrong = told(identity(KEY, None, &store));
        assert_eq!(wrong, of("the password of its key is another"));
        assert_eq!(told(identity(TRUST, None, &key)), of("it has 0 keys, expected one"));
        let wrong = authorities(KEY, Some(&store)).unwrap_err().to_string();
        assert_eq!(wrong, of("it has no trusted certificate"));
        let wrong = authorities(b"PK", None).unwrap_err().to_string();
        assert_eq!(wrong, of("it is no store of the format JKS"));
        // Cut or changed anywhere, it is refused and nothing worse.
        for length in (4..KEY.len()).step_by(7) {
            assert!(identity(&KEY[..length], None, &key).is_err(), "{length}");
            let mut changed = KEY.to_vec();
            changed[length] ^= 0x80;
            assert!(identity(&changed, Some(&store), &key).is_err(), "{length}");
            drop(identity(&changed, None, &key));
        }
    }
}
