//! A login under way.

use std::ffi::CString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::ptr::{null, null_mut};

use crate::Error;
use crate::api::{Api, Buffer, Handle, KeyValue, KeyValues, Oid, OidSet};

/// `GSS_KRB5_MECHANISM`, 1.2.840.113554.1.2.2 (RFC 4121).
static KERBEROS: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02];
/// `GSS_C_NT_HOSTBASED_SERVICE`, 1.2.840.113554.1.2.1.4: `service@host`.
static SERVICE_NAME: [u8; 10] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x01, 0x04];
/// `GSS_C_NT_USER_NAME`, 1.2.840.113554.1.2.1.1.
static USER_NAME: [u8; 10] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x01, 0x01];

/// Mutual authentication, detection of replay and of order, integrity: what SASL asks for (RFC 4752).
const FLAGS: u32 = 2 | 4 | 8 | 32;
const INITIATE: i32 = 1;
const COMPLETE: u32 = 0;
/// The upper half of a status holds its errors; the lower one tells what is still to do.
const ERRORS: u32 = 0xffff_0000;
/// `KRB5_KDC_UNREACH` of MIT's library and of Heimdal's: no server of the realm answers.
const UNREACHABLE: i32 = -1_765_328_228;
/// Kinds of status.
const OF_GSSAPI: i32 = 1;
const OF_MECHANISM: i32 = 2;

/// Who logs in. Without principal and key table it is whoever has a ticket: after `kinit`, or by the environment
/// (`KRB5CCNAME`, `KRB5_CLIENT_KTNAME`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The user, as `name` or `name@REALM`.
    pub principal: Option<String>,
    /// A key table of the principal: its tickets are fetched, and renewed, without anybody's help, and kept in
    /// memory.
    pub key_table: Option<PathBuf>,
}

/// A login under way, of a client: steps until it is complete.
pub struct Context {
    api: &'static Api,
    credential: Handle,
    target: Handle,
    handle: Handle,
    is_complete: bool,
}

// SAFETY: RFC 2744's objects belong to no thread; this one is used by one thread at a time, since all its handles
// are its own and every use of a context takes it by `&mut self`.
unsafe impl Send for Context {}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("is_complete", &self.is_complete).finish_non_exhaustive()
    }
}

impl Context {
    /// A login at `service` (`kafka`, `hive`) on `host`, whose name is taken as it is. The system's Kerberos servers
    /// are asked at the first step.
    ///
    /// # Errors
    ///
    /// There is no library, the names are none, or there are no credentials of that identity.
    pub fn new(service: &str, host: &str, identity: &Identity) -> Result<Self, Error> {
        let api = Api::get()?;
        let mut context = Self {
            api,
            credential: null_mut(),
            target: null_mut(),
            handle: null_mut(),
            is_complete: false,
        };
        context.target = context.name(&format!("{service}@{host}"), &SERVICE_NAME)?;
        context.take_credential(identity)?;
        Ok(context)
    }

    /// Whether both sides know each other.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Takes the peer's token, empty at the first step, and gives the one to send, which may be empty.
    ///
    /// # Errors
    ///
    /// The library refuses, in its words: no ticket, an unknown service, an untrue peer.
    pub fn step(&mut self, token: &[u8]) -> Result<Vec<u8>, Error> {
        let mechanism = Oid::of(&KERBEROS);
        let input = Buffer::of(token);
        let input: *const Buffer = if token.is_empty() { null() } else { &raw const input };
        let (mut minor, mut output) = (0, Buffer::EMPTY);
        // SAFETY: every pointer is to a value that outlives the call, or null where RFC 2744 allows that; the
        // handles are those that the library gave us.
        let status = unsafe {
            (self.api.init_context)(
                &raw mut minor,
                self.credential,
                &raw mut self.handle,
                self.target,
                &raw const mechanism,
                FLAGS,
                0,
                null_mut(),
                input,
                null_mut(),
                &raw mut output,
                null_mut(),
                null_mut(),
            )
        };
        // Taken in any case: it has to be given back.
        let output = self.take(output);
        self.check("log in by Kerberos", status, minor)?;
        self.is_complete = status == COMPLETE;
        Ok(output)
    }

    /// Protects `message` against changes, for the peer of a complete login.
    ///
    /// # Errors
    ///
    /// The login is not complete, or has expired.
    pub fn wrap(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let context = self.complete()?;
        let input = Buffer::of(message);
        let (mut minor, mut is_secret, mut output) = (0, 0, Buffer::EMPTY);
        // SAFETY: as above; the context is a complete one.
        let status = unsafe {
            (self.api.wrap)(
                &raw mut minor,
                context,
                0,
                0,
                &raw const input,
                &raw mut is_secret,
                &raw mut output,
            )
        };
        let output = self.take(output);
        self.check("protect a message", status, minor)?;
        Ok(output)
    }

    /// What the peer of a complete login has protected.
    ///
    /// # Errors
    ///
    /// It is not what the peer sent.
    pub fn unwrap(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let context = self.complete()?;
        let input = Buffer::of(message);
        let (mut minor, mut is_secret, mut quality, mut output) = (0, 0, 0, Buffer::EMPTY);
        // SAFETY: as above; the context is a complete one.
        let status = unsafe {
            (self.api.unwrap)(
                &raw mut minor,
                context,
                &raw const input,
                &raw mut output,
                &raw mut is_secret,
                &raw mut quality,
            )
        };
        let output = self.take(output);
        self.check("verify a message", status, minor)?;
        Ok(output)
    }

    fn complete(&self) -> Result<Handle, Error> {
        if self.is_complete {
            Ok(self.handle)
        } else {
            Err(Error::Protocol("a message came before the login was complete".to_owned()))
        }
    }

    fn name(&self, name: &str, kind: &'static [u8]) -> Result<Handle, Error> {
        let (text, kind) = (Buffer::of(name.as_bytes()), Oid::of(kind));
        let (mut minor, mut handle) = (0, null_mut());
        // SAFETY: the name is copied by the call.
        let status = unsafe {
            (self.api.import_name)(
                &raw mut minor,
                &raw const text,
                &raw const kind,
                &raw mut handle,
            )
        };
        self.check("read a name of Kerberos", status, minor)?;
        Ok(handle)
    }

    /// Takes the credential of `identity`; none means the default one.
    fn take_credential(&mut self, identity: &Identity) -> Result<(), Error> {
        let Identity { principal, key_table } = identity;
        if principal.is_none() && key_table.is_none() {
            return Ok(());
        }
        let name = match principal {
            Some(principal) => self.name(principal, &USER_NAME)?,
            None => null_mut(),
        };
        let acquired = match key_table {
            Some(path) => self.acquire_from(name, principal.as_deref(), path),
            None => self.acquire(name),
        };
        if !name.is_null() {
            let (mut minor, mut name) = (0, name);
            // SAFETY: it is ours, and nobody uses it any more.
            unsafe { (self.api.release_name)(&raw mut minor, &raw mut name) };
        }
        self.credential = acquired?;
        Ok(())
    }

    fn acquire(&self, name: Handle) -> Result<Handle, Error> {
        let kerberos = Oid::of(&KERBEROS);
        let mechanisms = OidSet { count: 1, elements: &raw const kerberos };
        let (mut minor, mut credential) = (0, null_mut());
        // SAFETY: every pointer is to a value that outlives the call, or null where RFC 2744 allows that.
        let status = unsafe {
            (self.api.acquire_credential)(
                &raw mut minor,
                name,
                0,
                &raw const mechanisms,
                INITIATE,
                &raw mut credential,
                null_mut(),
                null_mut(),
            )
        };
        self.check("find a ticket", status, minor)?;
        Ok(credential)
    }

    /// The tickets of a key table stand in a cache of their own in this process: those of other principals, and
    /// the user's own, are not touched.
    fn acquire_from(
        &self,
        name: Handle,
        principal: Option<&str>,
        path: &Path,
    ) -> Result<Handle, Error> {
        let acquire = self.api.acquire_credential_from.ok_or(Error::NoKeyTables)?;
        let unusable = |reason: String| Error::KeyTable {
            path: path.display().to_string(),
            principal: principal.map(str::to_owned),
            reason,
        };
        // The library says nothing of a table that is not there: it looks for tickets elsewhere.
        File::open(path).map_err(|error| unusable(error.to_string()))?;
        let shown = path.to_string_lossy();
        let text = |text: String| CString::new(text.as_str()).map_err(|_| Error::Name(text));
        let table = text(format!("FILE:{shown}"))?;
        let cache = text(format!("MEMORY:datagen {} {shown}", principal.unwrap_or_default()))?;
        let entries = [(c"client_keytab", &table), (c"ccache", &cache)]
            .map(|(key, value)| KeyValue { key: key.as_ptr(), value: value.as_ptr() });
        let store = KeyValues { count: entries.len() as u32, elements: entries.as_ptr() };
        let kerberos = Oid::of(&KERBEROS);
        let mechanisms = OidSet { count: 1, elements: &raw const kerberos };
        let (mut minor, mut credential) = (0, null_mut());
        // SAFETY: as above; the texts of the store end in zero bytes and live until the end of this function.
        let status = unsafe {
            acquire(
                &raw mut minor,
                name,
                0,
                &raw const mechanisms,
                INITIATE,
                &raw const store,
                &raw mut credential,
                null_mut(),
                null_mut(),
            )
        };
        self.check("take a ticket", status, minor).map_err(|error| match error {
            Error::Refused { reason, unanswered: false, .. } => unusable(reason),
            error => error,
        })?;
        Ok(credential)
    }

    /// The bytes of a buffer that the library made, which is given back to it.
    fn take(&self, mut buffer: Buffer) -> Vec<u8> {
        if buffer.value.is_null() {
            return Vec::new();
        }
        // SAFETY: the library filled it in, and it is released only after the copy.
        let bytes = unsafe { std::slice::from_raw_parts(buffer.value.cast::<u8>(), buffer.length) }
            .to_vec();
        let mut minor = 0;
        // SAFETY: it is the library's own, and not used after this.
        unsafe { (self.api.release_buffer)(&raw mut minor, &raw mut buffer) };
        bytes
    }

    fn check(&self, action: &'static str, status: u32, minor: u32) -> Result<(), Error> {
        if status & ERRORS == 0 {
            return Ok(());
        }
        let mut words = self.words(minor, OF_MECHANISM);
        if words.is_empty() || minor == 0 {
            words = self.words(status, OF_GSSAPI);
        }
        let unanswered = minor.cast_signed() == UNREACHABLE;
        Err(Error::Refused { action, reason: words.join(": "), unanswered })
    }

    /// What a status means.
    fn words(&self, status: u32, kind: i32) -> Vec<String> {
        /// A status has some lines; a broken library does not hold us.
        const MOST: usize = 8;
        let mechanism = Oid::of(&KERBEROS);
        let (mut words, mut more) = (Vec::new(), 0);
        while words.len() < MOST {
            let (mut minor, mut text) = (0, Buffer::EMPTY);
            // SAFETY: every pointer is to a value that outlives the call.
            let told = unsafe {
                (self.api.display_status)(
                    &raw mut minor,
                    status,
                    kind,
                    &raw const mechanism,
                    &raw mut more,
                    &raw mut text,
                )
            };
            let text = self.take(text);
            if told & ERRORS != 0 {
                break;
            }
            words.push(String::from_utf8_lossy(&text).into_owned());
            if more == 0 {
                break;
            }
        }
        words
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        let mut minor = 0;
        // SAFETY: the handles are ours, each is released once, and null ones are skipped.
        unsafe {
            if !self.handle.is_null() {
                (self.api.delete_context)(&raw mut minor, &raw mut self.handle, null_mut());
            }
            if !self.credential.is_null() {
                (self.api.release_credential)(&raw mut minor, &raw mut self.credential);
            }
            if !self.target.is_null() {
                (self.api.release_name)(&raw mut minor, &raw mut self.target);
            }
        }
    }
}
