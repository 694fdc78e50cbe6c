//! What settings say of a bucket: checked, nothing connected.

use std::time::Duration;

use object_store::TagSet;
use reqwest::Url;

use super::bucket::address;
use super::credentials;
use crate::attributes::Reader;
use crate::problems::excerpt;
use crate::reach::{Host, Reach};
use crate::remote::Pem;
use crate::secrets::Secret;

/// A bucket, how it is reached, and what becomes of the objects in it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The bucket.
    pub(super) bucket: String,
    /// The region that requests are signed for; `None`: the environment's, else `us-east-1`.
    pub(super) region: Option<String>,
    /// The server; `None`: that of AWS in the region.
    pub(super) endpoint: Option<Url>,
    /// Whether the bucket stands in the path, and not in the host's name.
    pub(super) path_style: bool,
    /// Who asks.
    pub(super) credentials: Credentials,
    /// Certificates that servers may be signed by, beside the system's.
    pub(super) ca: Option<Pem>,
    /// What may be connected to.
    pub(super) reach: Reach,
    /// Whether the bucket is made where it is missing.
    pub(super) create_bucket: bool,
    /// How long the server may be away.
    pub(super) timeout: Duration,
    /// What becomes of objects.
    pub(super) objects: Objects,
}

/// Who asks.
#[derive(Debug, Clone)]
pub(super) enum Credentials {
    /// A key pair that was given, with the token of a session where it is one's.
    Keys {
        /// The public half.
        id: Secret,
        /// The private half.
        secret: Secret,
        /// The session's.
        token: Option<Secret>,
    },
    /// What the environment holds, else what a profile file does.
    Usual,
    /// Variables of the environment: a key pair, a web identity, a container's.
    Environment,
    /// A profile of the AWS tools.
    Profile(String),
    /// The machine's own, of its metadata service.
    Instance,
    /// Nobody: requests are not signed.
    Nobody,
}

/// What becomes of objects.
#[derive(Debug, Clone, Default)]
pub(super) struct Objects {
    /// What is sent beside the bytes for the server to check and keep.
    pub(super) checksum: Checksum,
    /// How the server encrypts them.
    pub(super) encryption: Option<Encryption>,
    /// Their storage class.
    pub(super) class: Option<String>,
    /// Their tags.
    pub(super) tags: TagSet,
}

/// What is sent beside the bytes for the server to check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Checksum {
    /// The signature of each request covers the SHA-256 of its bytes; the object keeps none.
    #[default]
    Signature,
    /// The same, and the object keeps it.
    Sha256,
    /// CRC-64/NVME, which the object keeps; bytes are not signed.
    Crc64,
    /// None; bytes are not signed.
    Nothing,
}

/// How the server encrypts objects.
#[derive(Debug, Clone)]
pub(super) enum Encryption {
    /// By keys of the server.
    Server,
    /// By a key of its key management, twice where `dual`.
    Managed {
        /// The key's id; `None`: the usual one.
        key: Option<String>,
        /// Two layers.
        dual: bool,
    },
    /// By a key that is sent with every request.
    Customer(Secret),
}

/// The authorities that servers may be signed by.
const CA: &str = "S3_SSL_CA";
const CHECKSUMS: &[&str] = &["signature", "sha256", "crc64nvme", "none"];
const ENCRYPTIONS: &[&str] = &["none", "aes256", "kms", "dsse", "customer"];
const CREDENTIALS: &[&str] = &["keys", "environment", "profile", "instance", "none"];

/// Seconds that a server may be away, where nothing is set.
const TIMEOUT: i64 = 180;

/// Longest name of a bucket: what old ones of AWS and those of other servers have.
const MAX_BUCKET_BYTES: usize = 255;

/// What is wrong is among the problems already.
struct Told;

/// The settings as a place; `None` after adding errors.
pub(super) fn read(settings: &mut Reader<'_>) -> Option<Place> {
    let bucket = bucket(settings);
    let (path_style, create_bucket) =
        (settings.boolean("S3_PATH_STYLE"), settings.boolean("S3_CREATE_BUCKET"));
    let timeout = settings.integer("S3_TIMEOUT", 1..=86_400).unwrap_or(TIMEOUT);
    let timeout = Duration::from_secs(timeout.unsigned_abs());
    let endpoint = endpoint(settings).ok()?;
    let credentials = credentials(settings);
    let ca = Pem::of(CA, settings);
    if ca.is_none() && settings.has(CA) {
        return None;
    }
    let objects = objects(settings)?;
    let region = region(settings).ok()?;
    let place = Place {
        bucket: bucket?,
        region,
        path_style: path_style.unwrap_or(endpoint.is_some()),
        endpoint,
        credentials: credentials?,
        ca,
        reach: settings.reach("S3_ENDPOINT"),
        create_bucket: create_bucket.unwrap_or(true),
        timeout,
        objects,
    };
    is_within_reach(&place, settings).then_some(place)
}

/// Whether what is asked may be, as far as its name tells: of an address in the end, for no resolver is asked then.
fn is_within_reach(place: &Place, settings: &mut Reader<'_>) -> bool {
    // An address that cannot be made is told by whoever wants to connect.
    let Ok(url) = address(place, &credentials::region(place)) else { return true };
    let host = url.host_str().and_then(|host| host.parse::<Host>().ok());
    let Some(host) = host.map(|host| host.at(url.port_or_known_default().unwrap_or(443))) else {
        return true;
    };
    let Err(error) = place.reach.check(&host) else { return true };
    let message = format!("`S3_ENDPOINT`: {error}");
    settings.error_with_hint("S3_ENDPOINT", "host_not_allowed", message, error.cure());
    false
}

fn bucket(settings: &mut Reader<'_>) -> Option<String> {
    let Some(bucket) = settings.text("S3_BUCKET") else {
        if !settings.has("S3_BUCKET") {
            settings.error("S3_BUCKET", "missing_option", "`S3_BUCKET` is missing");
        }
        return None;
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    if bucket.len() <= MAX_BUCKET_BYTES
        && bucket.bytes().all(is_plain)
        && !bucket.starts_with(['.', '-'])
        && !bucket.contains("..")
    {
        return Some(bucket);
    }
    settings.error_with_hint(
        "S3_BUCKET",
        "wrong_bucket",
        format!("`{}` is no name of a bucket", excerpt(&bucket)),
        "expected letters, digits, `-`, `.` and `_`; a folder belongs into S3_DIRECTORY",
    );
    None
}

fn region(settings: &mut Reader<'_>) -> Result<Option<String>, Told> {
    let Some(region) = settings.text("S3_REGION") else { return Ok(None) };
    if region.len() <= 64 && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        return Ok(Some(region));
    }
    settings.error_with_hint(
        "S3_REGION",
        "wrong_region",
        format!("`{}` is no region", excerpt(&region)),
        "expected a name as `eu-central-1`",
    );
    Err(Told)
}

/// The server, where one is named.
fn endpoint(settings: &mut Reader<'_>) -> Result<Option<Url>, Told> {
    let Some(text) = settings.text("S3_ENDPOINT") else { return Ok(None) };
    let url = Url::parse(&text).ok().filter(|url| {
        ["http", "https"].contains(&url.scheme())
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    let is_host = |url: &Url| url.host_str().is_some_and(|host| host.parse::<Host>().is_ok());
    let Some(url) = url.filter(is_host) else {
        settings.error_with_hint(
            "S3_ENDPOINT",
            "wrong_endpoint",
            format!("`{}` is no address of a server", excerpt(&text)),
            "expected `http://host:port` or `https://host:port`",
        );
        return Err(Told);
    };
    Ok(Some(url))
}

/// Who asks. What the machine itself is allowed serves its operator and the command line alone: whoever calls a
/// server brings keys of their own, unless the operator says otherwise.
fn credentials(settings: &mut Reader<'_>) -> Option<Credentials> {
    let chosen = settings.choice("S3_CREDENTIALS_TYPE", CREDENTIALS);
    if chosen.is_none() && settings.value("S3_CREDENTIALS_TYPE").is_some() {
        return None;
    }
    let given = settings.has("S3_ACCESS_KEY_ID") || settings.has("S3_ACCESS_KEY_SECRET");
    let profile = settings.text("S3_AWS_PROFILE");
    let machine = match (chosen, profile) {
        (Some("none"), _) => return Some(Credentials::Nobody),
        (Some("keys"), _) => return keys(settings),
        (None, _) if given => return keys(settings),
        (Some("environment"), _) => Credentials::Environment,
        (Some("instance"), _) => Credentials::Instance,
        (Some("profile") | None, Some(profile)) => Credentials::Profile(profile),
        (Some("profile"), None) => Credentials::Profile("default".to_owned()),
        (_, None) => Credentials::Usual,
        (Some(_), Some(profile)) => Credentials::Profile(profile),
    };
    if settings.reach("S3_CREDENTIALS_TYPE") == Reach::free() {
        return Some(machine);
    }
    settings.error_with_hint(
        "S3_CREDENTIALS_TYPE",
        "no_credentials",
        "there are no keys, and those of the server's machine are its operator's",
        "set S3_ACCESS_KEY_ID and S3_ACCESS_KEY_SECRET, or `S3_CREDENTIALS_TYPE=none` for a public bucket; \
         the operator can set `credentials_type` of `[connectors.s3]` in datagen.toml",
    );
    None
}

fn keys(settings: &mut Reader<'_>) -> Option<Credentials> {
    let [id, secret, token] =
        ["S3_ACCESS_KEY_ID", "S3_ACCESS_KEY_SECRET", "S3_SESSION_TOKEN"].map(|key| {
            let secret = settings.secret(key)?;
            // They become parts of a header.
            if secret.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
                return Some(secret);
            }
            let message = format!("`{key}` holds blanks or characters that keys do not have");
            settings.error(key, "wrong_value", message);
            None
        });
    for (key, missing) in
        [("S3_ACCESS_KEY_ID", id.is_none()), ("S3_ACCESS_KEY_SECRET", secret.is_none())]
    {
        if missing && !settings.has(key) {
            let hint = "both halves of a key pair are needed";
            settings.error_with_hint(key, "missing_option", format!("`{key}` is missing"), hint);
        }
    }
    if token.is_none() && settings.has("S3_SESSION_TOKEN") {
        return None;
    }
    Some(Credentials::Keys { id: id?, secret: secret?, token })
}

fn objects(settings: &mut Reader<'_>) -> Option<Objects> {
    let checksum = match settings.choice("S3_CHECKSUM", CHECKSUMS) {
        Some("sha256") => Checksum::Sha256,
        Some("crc64nvme") => Checksum::Crc64,
        Some("none") => Checksum::Nothing,
        _ => Checksum::Signature,
    };
    let encryption = encryption(settings).ok()?;
    let class = settings.text("S3_STORAGE_CLASS");
    let is_word =
        |text: &String| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if let Some(class) = class.as_ref().filter(|class| !is_word(class)) {
        let message = format!("`{}` is no storage class", excerpt(class));
        settings.error_with_hint("S3_STORAGE_CLASS", "wrong_value", message, "as `STANDARD_IA`");
        return None;
    }
    Some(Objects { checksum, encryption, class, tags: tags(settings)? })
}

fn encryption(settings: &mut Reader<'_>) -> Result<Option<Encryption>, Told> {
    let key = settings.text("S3_KMS_KEY_ID");
    if let Some(key) = key.as_ref().filter(|key| !key.bytes().all(|byte| byte.is_ascii_graphic())) {
        let message = format!("`{}` is no id of a key", excerpt(key));
        settings.error("S3_KMS_KEY_ID", "wrong_value", message);
        return Err(Told);
    }
    let encryption = match settings.choice("S3_ENCRYPTION", ENCRYPTIONS) {
        Some("aes256") => Encryption::Server,
        Some("kms") => Encryption::Managed { key, dual: false },
        Some("dsse") => Encryption::Managed { key, dual: true },
        Some("customer") => match settings.secret("S3_CUSTOMER_KEY") {
            Some(key) => Encryption::Customer(key),
            None => {
                if !settings.has("S3_CUSTOMER_KEY") {
                    settings.error_with_hint(
                        "S3_CUSTOMER_KEY",
                        "missing_option",
                        "`S3_CUSTOMER_KEY` is missing",
                        "`S3_ENCRYPTION=customer` encrypts by it: 32 bytes in Base64",
                    );
                }
                return Err(Told);
            }
        },
        _ => return Ok(None),
    };
    Ok(Some(encryption))
}

fn tags(settings: &mut Reader<'_>) -> Option<TagSet> {
    let mut tags = TagSet::default();
    for tag in settings.texts("S3_TAGS").unwrap_or_default() {
        let Some((key, value)) = tag.split_once('=').filter(|(key, _)| !key.trim().is_empty())
        else {
            let message = format!("`{}` is no tag", excerpt(&tag));
            settings.error_with_hint("S3_TAGS", "wrong_value", message, "expected `key=value`");
            return None;
        };
        tags.push(key.trim(), value.trim());
    }
    Some(tags)
}
