//! The functions of the library that logins need, as RFC 2744 declares them.

use std::ffi::{c_char, c_void};
use std::sync::OnceLock;

use libloading::Library;

use crate::Error;

/// Names under which systems have the library, in the order of trying: MIT's, then Heimdal's.
const NAMES: [&str; 2] = ["libgssapi_krb5.so.2", "libgssapi.so.3"];

/// Something of the library's own.
pub(crate) type Handle = *mut c_void;

/// `gss_buffer_desc`.
#[repr(C)]
pub(crate) struct Buffer {
    pub(crate) length: usize,
    pub(crate) value: *const c_void,
}

impl Buffer {
    pub(crate) const EMPTY: Self = Self { length: 0, value: std::ptr::null() };

    /// `bytes`, which must live as long as it is used.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self { length: bytes.len(), value: bytes.as_ptr().cast() }
    }
}

/// `gss_OID_desc`.
#[repr(C)]
pub(crate) struct Oid {
    pub(crate) length: u32,
    pub(crate) elements: *const c_void,
}

impl Oid {
    pub(crate) const fn of(elements: &'static [u8]) -> Self {
        // Object identifiers have some dozen bytes at most.
        Self { length: elements.len() as u32, elements: elements.as_ptr().cast() }
    }
}

/// `gss_OID_set_desc`.
#[repr(C)]
pub(crate) struct OidSet {
    pub(crate) count: usize,
    pub(crate) elements: *const Oid,
}

/// `gss_key_value_element_desc`.
#[repr(C)]
pub(crate) struct KeyValue {
    pub(crate) key: *const c_char,
    pub(crate) value: *const c_char,
}

/// `gss_key_value_set_desc`.
#[repr(C)]
pub(crate) struct KeyValues {
    pub(crate) count: u32,
    pub(crate) elements: *const KeyValue,
}

pub(crate) type AcquireCredential = unsafe extern "C" fn(
    minor: *mut u32,
    name: Handle,
    time: u32,
    mechanisms: *const OidSet,
    usage: i32,
    credential: *mut Handle,
    actual: *mut Handle,
    lifetime: *mut u32,
) -> u32;

pub(crate) type AcquireCredentialFrom = unsafe extern "C" fn(
    minor: *mut u32,
    name: Handle,
    time: u32,
    mechanisms: *const OidSet,
    usage: i32,
    store: *const KeyValues,
    credential: *mut Handle,
    actual: *mut Handle,
    lifetime: *mut u32,
) -> u32;

pub(crate) type InitContext = unsafe extern "C" fn(
    minor: *mut u32,
    credential: Handle,
    context: *mut Handle,
    target: Handle,
    mechanism: *const Oid,
    flags: u32,
    time: u32,
    bindings: Handle,
    input: *const Buffer,
    actual: *mut Handle,
    output: *mut Buffer,
    granted: *mut u32,
    lifetime: *mut u32,
) -> u32;

pub(crate) type DisplayStatus = unsafe extern "C" fn(
    minor: *mut u32,
    status: u32,
    kind: i32,
    mechanism: *const Oid,
    more: *mut u32,
    text: *mut Buffer,
) -> u32;

/// The library's functions. Once opened it stays: it may have begun threads and registered handlers of its own.
pub(crate) struct Api {
    pub(crate) import_name:
        unsafe extern "C" fn(*mut u32, *const Buffer, *const Oid, *mut Handle) -> u32,
    pub(crate) release_name: unsafe extern "C" fn(*mut u32, *mut Handle) -> u32,
    pub(crate) acquire_credential: AcquireCredential,
    /// An extension that older libraries lack.
    pub(crate) acquire_credential_from: Option<AcquireCredentialFrom>,
    pub(crate) release_credential: unsafe extern "C" fn(*mut u32, *mut Handle) -> u32,
    pub(crate) init_context: InitContext,
    pub(crate) delete_context: unsafe extern "C" fn(*mut u32, *mut Handle, *mut Buffer) -> u32,
    pub(crate) wrap: unsafe extern "C" fn(
        *mut u32,
        Handle,
        i32,
        u32,
        *const Buffer,
        *mut i32,
        *mut Buffer,
    ) -> u32,
    pub(crate) unwrap: unsafe extern "C" fn(
        *mut u32,
        Handle,
        *const Buffer,
        *mut Buffer,
        *mut i32,
        *mut u32,
    ) -> u32,
    pub(crate) display_status: DisplayStatus,
    pub(crate) release_buffer: unsafe extern "C" fn(*mut u32, *mut Buffer) -> u32,
}

impl Api {
    /// The system's library, opened at the first call.
    pub(crate) fn get() -> Result<&'static Self, Error> {
        static API: OnceLock<Result<Api, Error>> = OnceLock::new();
        API.get_or_init(Self::open).as_ref().map_err(Clone::clone)
    }

    fn open() -> Result<Self, Error> {
        let mut reasons = Vec::new();
        for name in NAMES {
            // SAFETY: the name is that of a library whose initialisers are made to run in any program; nothing of
            // ours is handed to them.
            match unsafe { Library::new(name) } {
                Ok(library) => match Self::of(&library) {
                    Ok(api) => {
                        // The functions are valid as long as the library is open.
                        std::mem::forget(library);
                        return Ok(api);
                    }
                    Err(error) => reasons.push(error.to_string()),
                },
                Err(error) => reasons.push(error.to_string()),
            }
        }
        Err(Error::NoLibrary { reason: reasons.join("; ") })
    }

    fn of(library: &Library) -> Result<Self, libloading::Error> {
        // SAFETY: each name has the type that RFC 2744 gives it, the extension that of `gssapi_ext.h`; the caller
        // keeps the library open.
        unsafe {
            Ok(Self {
                import_name: *library.get(b"gss_import_name")?,
                release_name: *library.get(b"gss_release_name")?,
                acquire_credential: *library.get(b"gss_acquire_cred")?,
                acquire_credential_from: library
                    .get::<AcquireCredentialFrom>(b"gss_acquire_cred_from")
                    .ok()
                    .map(|function| *function),
                release_credential: *library.get(b"gss_release_cred")?,
                init_context: *library.get(b"gss_init_sec_context")?,
                delete_context: *library.get(b"gss_delete_sec_context")?,
                wrap: *library.get(b"gss_wrap")?,
                unwrap: *library.get(b"gss_unwrap")?,
                display_status: *library.get(b"gss_display_status")?,
                release_buffer: *library.get(b"gss_release_buffer")?,
            })
        }
    }
}
