//! `s3`: objects of a bucket of Amazon's S3, or of any server that speaks its protocol.
//!
//! A small object waits in memory when it is sealed, and is published by one request; a large one goes out in
//! parts, is sealed when the last part is up, and published by completing the upload. What was published before is
//! known again by an id in the object's metadata. Nothing is staged on a disk.
//!
//! S3 has no locks. A run that begins gives up the uploads under way of exactly the names that it writes: those of
//! dead runs go by that, and a run that still writes there fails and says why.
//!
//! | file | holds |
//! |---|---|
//! | `place` | what settings say of a bucket |
//! | `credentials` | who asks |
//! | `http` | how requests go out: within reach, refusals in S3's words |
//! | `failure` | what a refusal means, and which setting mends it |
//! | `bucket` | the requests: objects, uploads in parts, listings |
//! | `buffers`, `upload` | an object under way |

mod bucket;
mod buffers;
mod credentials;
mod failure;
mod http;
mod place;
mod upload;

use std::path::Path as FilePath;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use object_store::path::Path;
use serde_json::Value;

use super::names::{Keys, check_name, check_path};
use super::{Claim, Holder, Located, OutputBase, Sealed, Store, StoreKind, Upload};
use crate::attributes::{Attribute, Reader};
use crate::remote::{Failure, Io, Kind, Policy};
use bucket::{Bucket, portions};
use place::Place;
use upload::{FLYING, GATHERED, ID, PARTS, S3Upload, Shared, UPLOAD, WAITING, give_up, policy};

const KEYS: Keys = Keys { folder: "S3_DIRECTORY", name: "S3_KEY_NAME" };

/// The kind.
#[derive(Debug)]
pub(super) struct S3Files;

impl StoreKind for S3Files {
    fn prefix(&self) -> &'static str {
        "s3_"
    }

    fn summary(&self) -> &'static str {
        "Objects of an S3 bucket."
    }

    fn attributes(&self) -> &'static [Attribute] {
        ATTRIBUTES
    }

    fn compile(&self, settings: &mut Reader<'_>, base: &OutputBase) -> Option<Located> {
        let folder = settings.text(KEYS.folder).unwrap_or_else(|| base.default_folder.clone());
        let name = settings.text(KEYS.name).unwrap_or_else(|| base.default_name.clone());
        let names_are_good = check_name(&name, KEYS, settings)
            & check_path(&folder, FilePath::new(""), KEYS, settings)
            & check_folder(&folder, settings);
        let place = place::read(settings)?;
        let folder = folder.trim_matches('/').to_owned();
        let (policy, bucket) = (policy(place.timeout), OnceLock::new());
        let store = S3 { place, policy, folder, bucket, shared: Shared::new() };
        names_are_good.then(|| Located { store: Box::new(store), name })
    }
}

const ATTRIBUTES: &[Attribute] = &[
    Attribute::new("S3_BUCKET", "text", "", "Name of the bucket; needed."),
    Attribute::new(
        KEYS.folder,
        "text",
        "a folder named after the command; for `datagen generate` none",
        "What the keys of the objects begin with, without `/` at its ends.",
    ),
    Attribute::new(KEYS.name, "text", "the model's name", "Beginning of the objects' names."),
    Attribute::new(
        "S3_LOCAL_FILE_PATH",
        "text",
        "",
        "Accepted for models of the reference; nothing is staged on a disk.",
    ),
    Attribute::new(
        "S3_ENDPOINT",
        "text",
        "the one of AWS in the region",
        "Address of the server, as `https://s3.example:9000`.",
    )
    .hosts(),
    Attribute::new(
        "S3_PATH_STYLE",
        "boolean",
        "true with S3_ENDPOINT",
        "Whether the bucket stands in the path of addresses, and not in the host's name.",
    ),
    Attribute::new("S3_REGION", "text", "us-east-1", "The bucket's region."),
    Attribute::new("S3_ACCESS_KEY_ID", "text", "", "Public half of the key pair.").secret(),
    Attribute::new("S3_ACCESS_KEY_SECRET", "text", "", "Private half of the key pair.")
        .secret()
        .also(&["S3_SECRET_ACCESS_KEY"]),
    Attribute::new("S3_SESSION_TOKEN", "text", "", "Token of the session that the key pair is of.")
        .secret(),
    Attribute::new(
        "S3_CREDENTIALS_TYPE",
        "text",
        "keys where they are set, else environment, else profile",
        "Who asks: `keys`, the machine's own (`environment`, `profile`, `instance`), or `none`.",
    )
    .login(),
    Attribute::new(
        "S3_AWS_PROFILE",
        "text",
        "default",
        "Profile of the files of the AWS tools that holds the keys.",
    )
    .login(),
    Attribute::new(
        "S3_SSL_CA",
        "text",
        "",
        "Certificate of an authority beside the system's: PEM, or the path of a file.",
    )
    .protects(),
    Attribute::new("S3_CREATE_BUCKET", "boolean", "true", "Make the bucket where it is missing."),
    Attribute::new(
        "S3_TIMEOUT",
        "seconds",
        "180",
        "How long the server may be away before the command fails.",
    ),
    Attribute::new(
        "S3_CHECKSUM",
        "text",
        "signature",
        "What protects bytes on their way: `signature` (SHA-256 in each request), `sha256` and `crc64nvme` (kept with \
         the object), `none`.",
    ),
    Attribute::new(
        "S3_ENCRYPTION",
        "text",
        "none",
        "How the server encrypts: `aes256`, `kms`, `dsse`, `customer`, or `none`: as the bucket says.",
    ),
    Attribute::new("S3_KMS_KEY_ID", "text", "the bucket's", "Key for `kms` and `dsse`."),
    Attribute::new("S3_CUSTOMER_KEY", "text", "", "Key for `customer`: 32 bytes in Base64.")
        .secret(),
    Attribute::new("S3_STORAGE_CLASS", "text", "the bucket's", "Storage class, as `STANDARD_IA`."),
    Attribute::new("S3_TAGS", "list of texts", "", "Tags of the objects, each `key=value`."),
];

fn check_folder(folder: &str, settings: &mut Reader<'_>) -> bool {
    let wrong = |part: &str| part.is_empty() || part == "." || part == "..";
    let folder = folder.trim_matches('/');
    if folder.is_empty() || !folder.split('/').any(wrong) {
        return true;
    }
    settings.error_with_hint(
        KEYS.folder,
        "wrong_folder_name",
        format!("`{}` is no beginning of keys", crate::problems::excerpt(folder)),
        "give names separated by one `/`, without `.` and `..`",
    );
    false
}

/// Objects of a bucket below a folder.
#[derive(Debug)]
struct S3 {
    place: Place,
    /// By which requests are repeated.
    policy: Policy,
    /// Without `/` at its ends; may be empty.
    folder: String,
    bucket: OnceLock<Arc<Bucket>>,
    shared: Shared,
}

/// The name of the upload that a look begins and gives up.
const PROBE: &str = ".datagen-probe";

/// For the first look at a server: one that restarts is waited for, one that is not there is told soon.
const OPENING: Duration = Duration::from_secs(30);

/// Objects on their way to be published: what hides the round trips of small ones.
const COMMITS: usize = 16;

impl S3 {
    fn bucket(&self, io: &Io) -> Result<Arc<Bucket>, Failure> {
        if let Some(bucket) = self.bucket.get() {
            return Ok(Arc::clone(bucket));
        }
        let bucket = Arc::new(Bucket::new(&self.place, io)?);
        Ok(Arc::clone(self.bucket.get_or_init(|| bucket)))
    }

    /// Gives up the uploads of looks that were interrupted. Whoever looks at this moment does not miss theirs.
    fn give_up_probes(&self, bucket: &Bucket, io: &Io) -> Result<(), Failure> {
        let key = self.path(PROBE)?;
        let pending = io.wait(io.repeat(&self.policy, || bucket.pending(key.as_ref())))?;
        for upload in pending.iter().filter(|pending| pending.key == key.as_ref()) {
            io.wait(io.repeat(&self.policy, || bucket.give_up(&key, &upload.upload_id)))?;
        }
        Ok(())
    }

    /// What the keys of all its files begin with.
    fn prefix(&self) -> String {
        if self.folder.is_empty() { String::new() } else { format!("{}/", self.folder) }
    }

    fn path(&self, name: &str) -> Result<Path, Failure> {
        Path::parse(format!("{}{name}", self.prefix())).map_err(|error| {
            Failure::new(Kind::Refused, error)
                .cured_by("set S3_DIRECTORY and S3_KEY_NAME to plain names")
        })
    }

    /// Whether the object of that name is the one that was sealed.
    fn holds(&self, bucket: &Bucket, sealed: &Sealed, io: &Io) -> Result<bool, Failure> {
        let (key, id) = (self.path(&sealed.name)?, text(sealed, ID));
        let about = io.wait(io.repeat(&self.policy, || bucket.about(&key)))?;
        Ok(about
            .is_some_and(|about| about.bytes == sealed.bytes && about.id.as_deref() == Some(id)))
    }
}

fn text<'a>(sealed: &'a Sealed, key: &str) -> &'a str {
    sealed.detail.get(key).and_then(Value::as_str).unwrap_or_default()
}

impl Store for S3 {
    fn key(&self) -> String {
        let endpoint = self.place.endpoint.as_ref().map_or("aws", |url| url.as_str());
        format!("s3:{endpoint} {}/{}", self.place.bucket, self.folder)
    }

    fn commits(&self) -> usize {
        COMMITS
    }

    fn buffer_bytes(&self) -> u64 {
        FLYING + WAITING + GATHERED
    }

    fn probe(&self, io: &Io) -> Result<(), Failure> {
        let (bucket, prefix) = (self.bucket(io)?, self.prefix());
        match io.wait(io.repeat(&Policy::PROBE, || bucket.look(&prefix))) {
            // It will be made; whether it may be, only making it would tell.
            Err(failure) if failure::is_no_bucket(&failure) && self.place.create_bucket => {
                return Ok(());
            }
            looked => looked?,
        }
        // An upload that begins and is given up shows the right to write and leaves nothing.
        let key = self.path(PROBE)?;
        let begun = AtomicU32::new(0);
        let upload = io.wait(io.repeat(&Policy::PROBE, || {
            begun.fetch_add(1, Ordering::Relaxed);
            bucket.begin(&key, "probe")
        }));
        let given_up = upload.and_then(|upload| {
            match io.wait(io.repeat(&Policy::PROBE, || bucket.give_up(&key, &upload))) {
                Err(failure) if failure.is_cancelled() => give_up(&bucket, &key, &upload, io),
                given_up => given_up,
            }
        });
        // Where an answer was lost, an upload is there that nobody knows.
        if begun.into_inner() > 1
            && let Err(error) = self.give_up_probes(&bucket, io)
        {
            tracing::debug!(%error, "an upload of a look stays until the next run");
        }
        given_up
    }

    fn prepare(&self, io: &Io) -> Result<(), Failure> {
        let (bucket, prefix) = (self.bucket(io)?, self.prefix());
        let deadline = OPENING.min(self.policy.deadline);
        let opening = Policy { attempt: OPENING.min(deadline), deadline, ..self.policy };
        match io.wait(io.repeat(&opening, || bucket.look(&prefix))) {
            Err(failure) if failure::is_no_bucket(&failure) && self.place.create_bucket => {}
            looked => return looked,
        }
        io.wait(io.repeat(&self.policy, || bucket.make()))?;
        // A new bucket takes its time until everybody knows it.
        io.wait(io.repeat(&self.policy, || async {
            let looked = bucket.look(&prefix).await;
            looked.map_err(|failure| {
                let is_new = failure::is_no_bucket(&failure);
                if is_new { failure.with_kind(Kind::Transient { after: None }) } else { failure }
            })
        }))
    }

    fn claim(&self, _: &str, _: &Holder, _: &Io) -> Result<Claim, Failure> {
        // The newest run has the names: the uploads of others are given up.
        Ok(Claim { sole: true, _held: Box::new(()) })
    }

    fn create(&self, name: &str, _: &Holder, io: &Io) -> Result<Box<dyn Upload>, Failure> {
        let (bucket, key) = (self.bucket(io)?, self.path(name)?);
        Ok(Box::new(S3Upload::new(bucket, key, self.policy, self.shared.clone(), io)))
    }

    fn publish(&self, sealed: &Sealed, io: &Io) -> Result<bool, Failure> {
        let (bucket, key, id) = (self.bucket(io)?, self.path(&sealed.name)?, text(sealed, ID));
        let upload = text(sealed, UPLOAD);
        if upload.is_empty() {
            let Some(payload) = self.shared.whole(id) else {
                return self.holds(&bucket, sealed, io);
            };
            io.wait(io.repeat(&self.policy, || bucket.put(&key, payload.clone(), id)))?;
            self.shared.forget(id);
            return Ok(true);
        }
        let parts = sealed.detail.get(PARTS).and_then(Value::as_array);
        let parts = parts.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        let parts: Vec<String> = parts.collect();
        match io.wait(io.repeat(&self.policy, || bucket.complete(&key, upload, &parts))) {
            Err(failure) if failure::is_gone(&failure) => self.holds(&bucket, sealed, io),
            completed => completed.map(|()| true),
        }
    }

    fn discard(&self, sealed: &Sealed, io: &Io) -> Result<(), Failure> {
        self.shared.forget(text(sealed, ID));
        let upload = text(sealed, UPLOAD);
        if upload.is_empty() {
            return Ok(());
        }
        let (bucket, key) = (self.bucket(io)?, self.path(&sealed.name)?);
        give_up(&bucket, &key, upload, io)
    }

    fn list(&self, beginning: &str, io: &Io) -> Result<Vec<String>, Failure> {
        let (bucket, prefix) = (self.bucket(io)?, self.prefix());
        let start = format!("{prefix}{beginning}");
        let keys = io.wait(io.repeat(&self.policy, || bucket.list(&start)))?;
        Ok(keys.iter().filter_map(|key| key.strip_prefix(&prefix)).map(str::to_owned).collect())
    }

    fn remove(&self, names: &[String], io: &Io) -> Result<(), Failure> {
        let bucket = self.bucket(io)?;
        let keys = names.iter().map(|name| self.path(name)).collect::<Result<Vec<_>, _>>()?;
        for portion in portions(&keys) {
            io.wait(io.repeat(&self.policy, || bucket.remove(portion.clone())))?;
        }
        Ok(())
    }

    fn remove_unfinished(
        &self,
        is_left: &dyn Fn(&str, &str) -> bool,
        sealed: &[Sealed],
        io: &Io,
    ) -> Result<(), Failure> {
        let (bucket, prefix) = (self.bucket(io)?, self.prefix());
        for pending in io.wait(io.repeat(&self.policy, || bucket.pending(&prefix)))? {
            let name = pending.key.strip_prefix(&prefix).filter(|name| !name.contains('/'));
            // Of a look that was interrupted, too.
            let Some(name) = name.filter(|name| *name == PROBE || is_left(name, "")) else {
                continue;
            };
            if sealed.iter().any(|sealed| text(sealed, UPLOAD) == pending.upload_id) {
                continue;
            }
            let (key, upload) = (self.path(name)?, &pending.upload_id);
            io.wait(io.repeat(&self.policy, || bucket.give_up(&key, upload)))?;
        }
        Ok(())
    }

    fn path_of(&self, name: &str) -> String {
        format!("s3://{}/{}{name}", self.place.bucket, self.prefix())
    }
}
