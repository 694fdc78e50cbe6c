//! What a server answers where it refuses, and what that means for us.

use std::error::Error;
use std::time::Duration;

use object_store::client::{HttpError, HttpErrorKind};

use crate::remote::{Failure, Kind, causes, out_of_reach, untrusted};

/// A refusal in S3's own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} ({status}){}{message}", if message.is_empty() { "" } else { ": " })]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// As `NoSuchBucket`; the reason phrase of the status where the answer holds none.
    pub(super) code: String,
    pub(super) message: String,
    /// How long the server wants to be left alone.
    pub(super) after: Option<Duration>,
    /// Where the bucket is.
    pub(super) region: Option<String>,
}

/// What the server said, where it said anything.
pub(super) fn refusal<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Refusal> {
    causes(error).find_map(<dyn Error>::downcast_ref)
}

/// What the server said of a failure that was made of it.
pub(super) fn refusal_of(failure: &Failure) -> Option<&Refusal> {
    failure.cause().downcast_ref()
}

/// Whether the upload is gone: completed, or given up.
pub(super) fn is_gone(failure: &Failure) -> bool {
    refusal_of(failure).is_some_and(|refusal| refusal.code == "NoSuchUpload")
}

/// Whether the bucket is not there.
pub(super) fn is_no_bucket(failure: &Failure) -> bool {
    refusal_of(failure).is_some_and(|refusal| refusal.code == "NoSuchBucket")
}

/// What `error` means.
pub(super) fn failure(error: &(dyn Error + 'static)) -> Failure {
    if let Some(refusal) = refusal(error) {
        return refused(refusal.clone());
    }
    if let Some(failure) = out_of_reach(error, "set S3_ENDPOINT to a host that has an address") {
        return failure;
    }
    let cure = "set S3_SSL_CA to the certificate of the authority that signed the server's, and S3_ENDPOINT to a name \
                that it is made for";
    if let Some(failure) = untrusted(error, cure) {
        return failure;
    }
    let is_http = causes(error).any(|error| {
        error.downcast_ref::<HttpError>().is_some_and(|error| error.kind() != HttpErrorKind::Decode)
    });
    let innermost = causes(error).last().unwrap_or(error).to_string();
    if is_http {
        return Failure::transient(innermost).cured_by("set S3_ENDPOINT to a server that answers");
    }
    Failure::fault(innermost)
}

/// What a refusal means, and which setting mends it.
fn refused(refusal: Refusal) -> Failure {
    let (kind, cure) = meaning(&refusal);
    let cure = match &refusal.region {
        Some(region) if cure.is_some_and(|cure| cure.contains("S3_REGION")) => {
            Some(format!("set S3_REGION to `{region}`"))
        }
        _ => cure.map(str::to_owned),
    };
    let failure = Failure::new(kind, refusal);
    match cure {
        Some(cure) => failure.cured_by(cure),
        None => failure,
    }
}

/// Codes first: statuses are shared by unlike refusals.
fn meaning(refusal: &Refusal) -> (Kind, Option<&'static str>) {
    let transient = Kind::Transient { after: refusal.after };
    match refusal.code.as_str() {
        "InvalidAccessKeyId" => {
            (Kind::NotAllowed, Some("set S3_ACCESS_KEY_ID to a key that the server knows"))
        }
        "SignatureDoesNotMatch" => {
            (Kind::NotAllowed, Some("set S3_ACCESS_KEY_SECRET to the secret of S3_ACCESS_KEY_ID"))
        }
        "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired" => (
            Kind::NotAllowed,
            Some("set S3_SESSION_TOKEN to the token of a session that lives, or to nothing"),
        ),
        "RequestTimeTooSkewed" => (Kind::NotAllowed, Some("set the clock of this machine")),
        "NoSuchBucket" => (
            Kind::Missing,
            Some("set S3_BUCKET to one that exists, or leave S3_CREATE_BUCKET at `true`"),
        ),
        "NoSuchUpload" => (
            Kind::Missing,
            Some(
                "a run that writes files of the same names has given the upload up: one at a time may",
            ),
        ),
        "InvalidBucketName" => {
            (Kind::Refused, Some("set S3_BUCKET to a name that the server takes"))
        }
        "BucketAlreadyExists" => (
            Kind::NotAllowed,
            Some("set S3_BUCKET to another name: that one belongs to somebody else"),
        ),
        "PermanentRedirect"
        | "TemporaryRedirect"
        | "AuthorizationHeaderMalformed"
        | "IllegalLocationConstraintException"
        | "InvalidLocationConstraint"
        | "InvalidRegion" => {
            (Kind::Refused, Some("set S3_REGION to the bucket's, and S3_ENDPOINT to its server"))
        }
        "InvalidStorageClass" => {
            (Kind::Refused, Some("set S3_STORAGE_CLASS to one that the server has"))
        }
        "InvalidTag" => (Kind::Refused, Some("set S3_TAGS to tags that the server takes")),
        "EntityTooLarge" => (Kind::Refused, Some("make files smaller: fewer rows in a batch")),
        "QuotaExceeded" | "XMinioStorageFull" => (Kind::Full, None),
        "SlowDown" | "RequestTimeout" | "OperationAborted" | "BadDigest" | "IncompleteBody" => {
            (transient, None)
        }
        code if code.starts_with("KMS.") => {
            (Kind::Refused, Some("set S3_KMS_KEY_ID to a key that S3_ACCESS_KEY_ID may use"))
        }
        _ => match refusal.status {
            301 | 302 | 307 | 308 => (
                Kind::Refused,
                Some("set S3_REGION to the bucket's, and S3_ENDPOINT to its server"),
            ),
            401 | 403 => (
                Kind::NotAllowed,
                Some("allow S3_ACCESS_KEY_ID to list the bucket, to put and to delete objects"),
            ),
            404 => (
                Kind::Missing,
                Some("set S3_ENDPOINT to a server of S3, and S3_BUCKET to one of its buckets"),
            ),
            408 | 425 | 429 | 500 | 502 | 503 | 504 => (transient, None),
            507 => (Kind::Full, None),
            _ => (Kind::Refused, None),
        },
    }
}
