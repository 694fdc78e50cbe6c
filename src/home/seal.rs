//! Sealing: what must be kept and may not be read, by anybody who has the database alone.
//!
//! ChaCha20-Poly1305 with a key that stands in a file of the home (0600), or in `DATAGEN_SECRET_KEY`, where an
//! operator keeps it elsewhere. What is sealed is bound to its purpose and owner: moved to another row, it does
//! not open. Several keys may be there; the first one seals, all open: that is how a key is replaced.
//!
//! A sealed value is a version, the number of its key, a nonce, and the cipher text with its tag.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::lock;
use crate::config::{SECRET_KEY, secret_key};
use crate::secrets::{GivenSecrets, Secret, Secrets};

/// Bytes of a key.
const KEY_LEN: usize = 32;

/// Bytes of the number that tells keys apart.
const ID_LEN: usize = 8;

/// The first byte of what is sealed now.
const VERSION: u8 = 1;

/// The file of the home that holds the keys, one a line.
const FILE: &str = "secret-key";

/// Most bytes of that file.
const MOST_BYTES: u64 = 64 << 10;

/// Why something could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SealError {
    /// The key's file cannot be read or written.
    #[error("the key of secrets `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others may read the key.
    #[error("the key of secrets `{}` can be read by others, expected mode 600 (`chmod 600`)", path.display())]
    Open {
        /// The file.
        path: PathBuf,
    },
    /// There is something else than a key.
    #[error(
        "{place} holds no key, expected 32 bytes in base64 (`openssl rand -base64 32` makes one)"
    )]
    Malformed {
        /// Where.
        place: String,
    },
    /// What is to be opened was sealed with a key that is not there.
    #[error(
        "the secret was sealed with a key that {place} does not hold; bring that key back, or give the \
         secret again"
    )]
    OtherKey {
        /// Where keys are.
        place: String,
    },
    /// What is to be opened is not what was sealed for this purpose.
    #[error("the sealed secret is damaged, or belongs elsewhere; give the secret again")]
    Damaged,
    /// The system gives no random numbers.
    #[error("draw a nonce")]
    Random(#[source] getrandom::Error),
    /// The key does not seal.
    #[error("the secret cannot be sealed")]
    Cipher,
    /// Keys in the environment are their operator's to replace.
    #[error(
        "the key stands in {SECRET_KEY}: put a new one before it, with a comma, and start again"
    )]
    NotOurs,
}

/// Where keys are.
#[derive(Debug)]
enum Source {
    /// In the environment.
    Environment,
    /// In a file, which is made when something is sealed first.
    File(PathBuf),
    /// Nowhere: it ends with the process.
    Memory,
}

impl Source {
    fn shown(&self) -> String {
        match self {
            Self::Environment => SECRET_KEY.to_owned(),
            Self::File(path) => format!("`{}`", path.display()),
            Self::Memory => "this process".to_owned(),
        }
    }
}

/// Seals and opens.
#[derive(Debug)]
pub(crate) struct Sealer {
    source: Source,
    keys: Mutex<Vec<Key>>,
}

struct Key {
    id: [u8; ID_LEN],
    cipher: LessSafeKey,
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key")
    }
}

impl Key {
    fn new(bytes: &[u8]) -> Option<Self> {
        let cipher = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, bytes).ok()?);
        let digest =
            Sha256::new().chain_update("datagen secret key").chain_update(bytes).finalize();
        let id = digest[..ID_LEN].try_into().ok()?;
        Some(Self { id, cipher })
    }
}

/// A new key as a line of the file.
fn draw() -> Result<Zeroizing<String>, SealError> {
    let mut bytes = Zeroizing::new([0; KEY_LEN]);
    getrandom::fill(bytes.as_mut_slice()).map_err(SealError::Random)?;
    Ok(Zeroizing::new(STANDARD.encode(bytes.as_slice())))
}

/// The keys of a text: one a line, or with commas between them.
fn read_keys(text: &str, source: &Source) -> Result<Vec<Key>, SealError> {
    let wrong = || SealError::Malformed { place: source.shown() };
    let parts = text.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty());
    let keys: Vec<Key> = parts
        .map(|part| {
            let bytes = Zeroizing::new(STANDARD.decode(part).map_err(|_| wrong())?);
            if bytes.len() == KEY_LEN { Key::new(&bytes).ok_or_else(wrong) } else { Err(wrong()) }
        })
        .collect::<Result<_, _>>()?;
    if keys.is_empty() { Err(wrong()) } else { Ok(keys) }
}

impl Sealer {
    /// The sealer of the home `folder`.
    ///
    /// # Errors
    ///
    /// Where there is a key that cannot be used.
    pub(crate) fn of_home(folder: &Path) -> Result<Self, SealError> {
        Self::with(secret_key(), folder)
    }

    fn with(given: Option<Secret>, folder: &Path) -> Result<Self, SealError> {
        let sealer = match given {
            Some(text) => {
                let keys = Mutex::new(read_keys(text.expose(), &Source::Environment)?);
                Self { source: Source::Environment, keys }
            }
            None => Self { source: Source::File(folder.join(FILE)), keys: Mutex::default() },
        };
        sealer.read_again()?;
        Ok(sealer)
    }

    /// A sealer that ends with the process.
    pub(crate) fn in_memory() -> Result<Self, SealError> {
        let keys = Mutex::new(read_keys(&draw()?, &Source::Memory)?);
        Ok(Self { source: Source::Memory, keys })
    }

    /// Reads the file as it is now; no file is no key.
    fn read_again(&self) -> Result<(), SealError> {
        let Source::File(path) = &self.source else { return Ok(()) };
        let failed = |source| SealError::File { path: path.clone(), source };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        if file.metadata().map_err(failed)?.mode() & 0o077 != 0 {
            return Err(SealError::Open { path: path.clone() });
        }
        let mut text = Zeroizing::new(String::new());
        file.take(MOST_BYTES).read_to_string(&mut text).map_err(failed)?;
        *lock(&self.keys) = read_keys(&text, &self.source)?;
        Ok(())
    }

    /// Makes the file with a first key, where there is none.
    fn make_key(&self) -> Result<(), SealError> {
        let Source::File(path) = &self.source else { return Ok(()) };
        let failed = |source| SealError::File { path: path.clone(), source };
        let unfinished = path.with_added_extension(format!("{}.new", std::process::id()));
        write_private(&unfinished, &draw()?).map_err(failed)?;
        // A link is made or refused as a whole: another process may be making one, too.
        let linked = match fs::hard_link(&unfinished, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        };
        let removed = fs::remove_file(&unfinished);
        linked.and(removed).and_then(|()| sync_folder(path)).map_err(failed)?;
        self.read_again()
    }

    /// Seals `plain` for `purpose`.
    ///
    /// # Errors
    ///
    /// [`SealError`].
    pub(crate) fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        if lock(&self.keys).is_empty() {
            self.make_key()?;
        }
        let keys = lock(&self.keys);
        let key = keys.first().ok_or(SealError::Cipher)?;
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(SealError::Random)?;
        let mut body = Zeroizing::new(Vec::with_capacity(plain.len() + 64));
        body.extend_from_slice(plain);
        key.cipher
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.as_bytes()),
                &mut *body,
            )
            .map_err(|_| SealError::Cipher)?;
        Ok([&[VERSION], &key.id[..], &nonce[..], &body[..]].concat())
    }

    /// Opens what was sealed for `purpose`.
    ///
    /// # Errors
    ///
    /// [`SealError`].
    pub(crate) fn open(
        &self,
        purpose: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (head, body) =
            sealed.split_at_checked(1 + ID_LEN + NONCE_LEN).ok_or(SealError::Damaged)?;
        let (id, nonce) = head[1..].split_at(ID_LEN);
        if head[0] != VERSION {
            return Err(SealError::Damaged);
        }
        let is_known = |keys: &[Key]| keys.iter().any(|key| key.id == id);
        if !is_known(&lock(&self.keys)) {
            // Another process may have replaced the key.
            self.read_again()?;
        }
        let keys = lock(&self.keys);
        let Some(key) = keys.iter().find(|key| key.id == id) else {
            return Err(SealError::OtherKey { place: self.source.shown() });
        };
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Damaged)?;
        let mut body = Zeroizing::new(body.to_vec());
        let opened = key.cipher.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut body);
        let length = opened.map_err(|_| SealError::Damaged)?.len();
        body.truncate(length);
        Ok(body)
    }

    /// Puts a new key before the others, whose turn is over once all that they sealed is sealed anew.
    ///
    /// # Errors
    ///
    /// [`SealError::NotOurs`] for keys of the environment, which are replaced there.
    pub(crate) fn add_key(&self) -> Result<(), SealError> {
        let Source::File(path) = &self.source else { return Err(SealError::NotOurs) };
        let old = self.file_text()?;
        let text = Zeroizing::new(format!("{}\n{}", draw()?.as_str(), old.as_str()));
        replace(path, &text)?;
        self.read_again()
    }

    /// Forgets all keys but the first one.
    ///
    /// # Errors
    ///
    /// [`SealError`].
    pub(crate) fn forget_older_keys(&self) -> Result<(), SealError> {
        let Source::File(path) = &self.source else { return Ok(()) };
        let old = self.file_text()?;
        replace(path, old.lines().next().unwrap_or_default())?;
        self.read_again()
    }

    /// Whether another key than the first one has sealed it.
    pub(crate) fn is_older(&self, sealed: &[u8]) -> bool {
        let keys = lock(&self.keys);
        keys.first().is_some_and(|key| sealed.get(1..=ID_LEN) != Some(&key.id[..]))
    }

    fn file_text(&self) -> Result<Zeroizing<String>, SealError> {
        let Source::File(path) = &self.source else { return Err(SealError::NotOurs) };
        match fs::read_to_string(path) {
            Ok(text) => Ok(Zeroizing::new(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Zeroizing::default()),
            Err(source) => Err(SealError::File { path: path.clone(), source }),
        }
    }

    /// Seals the secrets of a command or model.
    pub(crate) fn seal_given(
        &self,
        purpose: &str,
        given: &GivenSecrets,
    ) -> Result<Vec<u8>, SealError> {
        let exposed = |secrets: &Secrets| -> serde_json::Value {
            secrets.iter().map(|(key, secret)| (key.clone(), secret.expose().to_owned())).collect()
        };
        let both = [exposed(&given.model), exposed(&given.call)];
        let text = Zeroizing::new(serde_json::to_vec(&both).map_err(|_| SealError::Cipher)?);
        for value in both {
            overwrite(value);
        }
        self.seal(purpose, &text)
    }

    /// Opens what [`seal_given`](Self::seal_given) has sealed.
    pub(crate) fn open_given(
        &self,
        purpose: &str,
        sealed: &[u8],
    ) -> Result<GivenSecrets, SealError> {
        let text = self.open(purpose, sealed)?;
        let [model, call]: [BTreeMap<String, String>; 2] =
            serde_json::from_slice(&text).map_err(|_| SealError::Damaged)?;
        let secrets = |texts: BTreeMap<String, String>| {
            texts.into_iter().map(|(key, text)| (key, Secret::new(text))).collect()
        };
        Ok(GivenSecrets { model: secrets(model), call: secrets(call) })
    }
}

/// Overwrites the texts of an object.
fn overwrite(value: serde_json::Value) {
    let serde_json::Value::Object(entries) = value else { return };
    for (_, value) in entries {
        if let serde_json::Value::String(text) = value {
            drop(Zeroizing::new(text));
        }
    }
}

/// Writes a file that only its owner reads, through to the disk.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{}", text.trim_end())?;
    file.sync_all()
}

/// Puts another text in the file's place, as a whole.
fn replace(path: &Path, text: &str) -> Result<(), SealError> {
    let failed = |source| SealError::File { path: path.to_owned(), source };
    let unfinished = path.with_added_extension("new");
    write_private(&unfinished, text).map_err(failed)?;
    fs::rename(&unfinished, path).and_then(|()| sync_folder(path)).map_err(failed)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn of(folder: &Path) -> Sealer {
        Sealer::with(None, folder).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_for_its_purpose_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let sealer = of(folder.path());
        assert!(!folder.path().join(FILE).exists(), "made when something is sealed first");
        let sealed = sealer.seal("command:1", b"hunter2").unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
        assert_ne!(sealed, sealer.seal("command:1", b"hunter2").unwrap());
        assert_eq!(of(folder.path()).open("command:1", &sealed).unwrap().as_slice(), b"hunter2");
        assert!(matches!(sealer.open("command:2", &sealed), Err(SealError::Damaged)));
        for at in [0, 1, 9, 21, sealed.len() - 1] {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(sealer.open("command:1", &damaged).is_err(), "{at}");
        }
        assert!(matches!(sealer.open("command:1", &sealed[..20]), Err(SealError::Damaged)));
        let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_key_is_replaced_step_by_step() {
        let folder = tempfile::tempdir().unwrap();
        let (sealer, beside) = (of(folder.path()), of(folder.path()));
        let old = sealer.seal("a", b"old").unwrap();
        sealer.add_key().unwrap();
        assert!(sealer.is_older(&old));
        assert_eq!(sealer.open("a", &old).unwrap().as_slice(), b"old");
        let new = sealer.seal("a", b"new").unwrap();
        assert!(!sealer.is_older(&new));
        assert_eq!(beside.open("a", &new).unwrap().as_slice(), b"new", "reads the file again");
        sealer.forget_older_keys().unwrap();
        let lost = of(folder.path()).open("a", &old).unwrap_err().to_string();
        assert!(lost.contains("sealed with a key that"), "{lost}");
        assert_eq!(of(folder.path()).open("a", &new).unwrap().as_slice(), b"new");
    }

    #[test]
    fn keys_of_the_environment_are_used_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = [7_u8, 8].map(|byte| STANDARD.encode([byte; KEY_LEN]));
        let with = |text: String| Sealer::with(Some(Secret::new(text)), folder.path());
        let sealed = with(one.clone()).unwrap().seal("a", b"x").unwrap();
        let both = with(format!("{two},{one}")).unwrap();
        assert!(both.open("a", &sealed).is_ok() && both.is_older(&sealed));
        assert!(matches!(both.add_key(), Err(SealError::NotOurs)));
        assert!(!folder.path().join(FILE).exists());
        let refused = with("hunter2".to_owned()).unwrap_err().to_string();
        insta::assert_snapshot!(refused, @"DATAGEN_SECRET_KEY holds no key, expected 32 bytes in base64 (`openssl rand -base64 32` makes one)");
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        of(folder.path()).seal("a", b"x").unwrap();
        let path = folder.path().join(FILE);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = Sealer::with(None, folder.path()).unwrap_err().to_string();
        assert!(refused.contains("can be read by others, expected mode 600"), "{refused}");
    }

    #[test]
    fn secrets_of_a_command_come_back() {
        let sealer = Sealer::in_memory().unwrap();
        let secrets =
            |text: &str| Secrets::from([("KEY".to_owned(), Secret::new(text.to_owned()))]);
        let given = GivenSecrets { model: secrets("one"), call: secrets("two") };
        let sealed = sealer.seal_given("a", &given).unwrap();
        assert_eq!(sealer.open_given("a", &sealed).unwrap(), given);
        assert_eq!(format!("{sealer:?}").matches("Key").count(), 1);
    }
}
