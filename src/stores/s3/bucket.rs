//! A bucket as its server knows it: objects, uploads under way, listings. Every method is one request, or one for
//! each page; whoever calls repeats it.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::aws::{self, AmazonS3, AmazonS3Builder, AwsAuthorizer, AwsCredentialProvider};
use object_store::client::{HttpClient, HttpRequestBody};
use object_store::list::{PaginatedListOptions, PaginatedListStore as _};
use object_store::multipart::{MultipartStore as _, PartId};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, GetOptions, ObjectStore as _, PutMultipartOptions, PutOptions,
    PutPayload, RetryConfig,
};
use reqwest::{Method, Url};
use serde::Deserialize;

use super::credentials;
use super::failure::failure;
use super::http::Http;
use super::place::{Checksum, Encryption, Objects, Place};
use crate::remote::{Failure, Io, Kind, Pem};

/// Name of the metadata that tells who made an object.
const ID: &str = "datagen-id";

/// Keys that one request removes at most.
const DELETED_AT_ONCE: usize = 1000;

/// A bucket of a server.
#[derive(Debug)]
pub(super) struct Bucket {
    store: AmazonS3,
    http: HttpClient,
    credentials: Option<AwsCredentialProvider>,
    region: String,
    /// The bucket's own address.
    url: Url,
    /// The server, for messages.
    host: String,
    objects: Objects,
}

/// An upload under way.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Pending {
    pub(super) key: String,
    pub(super) upload_id: String,
}

/// An object, as far as it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct About {
    pub(super) bytes: u64,
    /// Who made it, where that was one of us.
    pub(super) id: Option<String>,
}

impl Bucket {
    /// Connects to nothing yet.
    pub(super) fn new(place: &Place, io: &Io) -> Result<Self, Failure> {
        let region = credentials::region(place);
        let url = address(place, &region)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let host = url.port().map_or(host.clone(), |port| format!("{host}:{port}"));
        let connect = || {
            let port = url.port_or_known_default().unwrap_or(443);
            let authorities = place.ca.as_ref().map(Pem::authorities).transpose()?;
            let http = Http::new(authorities.unwrap_or_default(), &place.reach, port, io)?;
            let provider = credentials::provider(place, &region, io)?;
            let store = store(place, &region, &url, &http, provider.clone())?;
            Ok((http.client(), provider, store))
        };
        let (http, credentials, store) =
            connect().map_err(|failure: Failure| failure.at(&*host))?;
        Ok(Self { store, http, credentials, region, url, host, objects: place.objects.clone() })
    }

    /// Looks whether the bucket is there and may be listed below `prefix`.
    pub(super) async fn look(&self, prefix: &str) -> Result<(), Failure> {
        let options = PaginatedListOptions { max_keys: Some(1), ..Default::default() };
        self.told(self.store.list_paginated(Some(prefix), options).await).map(drop)
    }

    /// Makes the bucket; it is no error when it is there.
    pub(super) async fn make(&self) -> Result<(), Failure> {
        let body = match self.region.as_str() {
            // The one region that must not be named.
            "us-east-1" => String::new(),
            region => format!(
                "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>\
                 {region}</LocationConstraint></CreateBucketConfiguration>"
            ),
        };
        match self.request(Method::PUT, &[], body).await {
            Err(failure) if is_there(&failure) => Ok(()),
            result => result.map(drop),
        }
    }

    /// Writes the object whole.
    pub(super) async fn put(
        &self,
        key: &Path,
        payload: PutPayload,
        id: &str,
    ) -> Result<(), Failure> {
        let (tags, attributes) = (self.objects.tags.clone(), self.attributes(id));
        let options = PutOptions { tags, attributes, ..Default::default() };
        self.told(self.store.put_opts(key, payload, options).await).map(drop)
    }

    /// Begins an upload in parts; answers its id.
    pub(super) async fn begin(&self, key: &Path, id: &str) -> Result<String, Failure> {
        let (tags, attributes) = (self.objects.tags.clone(), self.attributes(id));
        let options = PutMultipartOptions { tags, attributes, ..Default::default() };
        self.told(self.store.create_multipart_opts(key, options).await)
    }

    /// Uploads part `part`, counted from 0; answers what completing needs of it.
    pub(super) async fn part(
        &self,
        key: &Path,
        upload: &str,
        part: usize,
        payload: PutPayload,
    ) -> Result<String, Failure> {
        let upload = upload.to_owned();
        let put = self.store.put_part(key, &upload, part, payload).await;
        self.told(put).map(|part| part.content_id)
    }

    /// Makes the object of its parts.
    pub(super) async fn complete(
        &self,
        key: &Path,
        upload: &str,
        parts: &[String],
    ) -> Result<(), Failure> {
        let part = |part: &String| PartId { content_id: part.clone() };
        let (upload, parts) = (upload.to_owned(), parts.iter().map(part).collect());
        self.told(self.store.complete_multipart(key, &upload, parts).await).map(drop)
    }

    /// Gives an upload up; it is no error when it is gone.
    pub(super) async fn give_up(&self, key: &Path, upload: &str) -> Result<(), Failure> {
        let upload = upload.to_owned();
        match self.told(self.store.abort_multipart(key, &upload).await) {
            Err(failure) if failure.kind() == Kind::Missing => Ok(()),
            result => result,
        }
    }

    /// What is under `key`.
    pub(super) async fn about(&self, key: &Path) -> Result<Option<About>, Failure> {
        let options = GetOptions { head: true, ..Default::default() };
        let found = match self.told(self.store.get_opts(key, options).await) {
            Err(failure) if failure.kind() == Kind::Missing => return Ok(None),
            found => found?,
        };
        let id = found.attributes.get(&Attribute::Metadata(ID.into()));
        Ok(Some(About { bytes: found.meta.size, id: id.map(|id| id.as_ref().to_owned()) }))
    }

    /// The keys that begin with `prefix` and have no `/` after it, in order.
    pub(super) async fn list(&self, prefix: &str) -> Result<Vec<String>, Failure> {
        let (mut keys, mut page_token) = (Vec::new(), None);
        loop {
            let delimiter = Some("/".into());
            let options = PaginatedListOptions { delimiter, page_token, ..Default::default() };
            let page = self.told(self.store.list_paginated(Some(prefix), options).await)?;
            keys.extend(page.result.objects.into_iter().map(|object| object.location.to_string()));
            page_token = page.page_token;
            if page_token.is_none() {
                keys.sort_unstable();
                return Ok(keys);
            }
        }
    }

    /// Removes objects; it is no error when there is none of a key.
    pub(super) async fn remove(&self, keys: Vec<Path>) -> Result<(), Failure> {
        let keys = stream::iter(keys.into_iter().map(Ok)).boxed();
        let removed: Result<Vec<Path>, _> = self.store.delete_stream(keys).try_collect().await;
        self.told(removed).map(drop)
    }

    /// Uploads under way of keys that begin with `prefix`.
    pub(super) async fn pending(&self, prefix: &str) -> Result<Vec<Pending>, Failure> {
        let (mut pending, mut after) = (Vec::new(), (String::new(), String::new()));
        loop {
            let mut query = vec![("uploads", ""), ("prefix", prefix)];
            if !after.0.is_empty() {
                query.extend([("key-marker", after.0.as_str()), ("upload-id-marker", &after.1)]);
            }
            let text = self.request(Method::GET, &query, String::new()).await?;
            let page: Uploads = quick_xml::de::from_str(&text)
                .map_err(|error| self.placed(Failure::fault(error)))?;
            pending.extend(page.upload);
            if !page.is_truncated || page.next_key_marker.is_empty() {
                return Ok(pending);
            }
            after = (page.next_key_marker, page.next_upload_id_marker);
        }
    }

    /// A request on the bucket itself, which the crate has no name for; answers the text of the answer.
    async fn request(
        &self,
        method: Method,
        query: &[(&str, &str)],
        body: String,
    ) -> Result<String, Failure> {
        let mut url = self.url.clone();
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        // A blank in a query is signed as `%20`.
        let target = url.as_str().replace('+', "%20");
        let length = body.len();
        let request = http::Request::builder()
            .method(method)
            .uri(target)
            .header(http::header::CONTENT_LENGTH, length)
            .body(HttpRequestBody::from(body));
        let mut request = request.map_err(|error| self.placed(Failure::fault(error)))?;
        if let Some(credentials) = &self.credentials {
            let credential = self.told(credentials.get_credential().await)?;
            let authorizer = AwsAuthorizer::new(&credential, "s3", &self.region);
            self.told(authorizer.try_authorize(&mut request, None))?;
        }
        let answer = self.http.execute(request).await;
        let answer = answer.map_err(|error| self.placed(failure(&error)))?;
        let bytes = answer.into_body().bytes().await;
        let bytes = bytes.map_err(|error| self.placed(failure(&error)))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn attributes(&self, id: &str) -> Attributes {
        let mut attributes = Attributes::new();
        attributes.insert(Attribute::Metadata(ID.into()), id.to_owned().into());
        if let Some(class) = &self.objects.class {
            attributes.insert(Attribute::StorageClass, class.clone().into());
        }
        attributes
    }

    fn told<T>(&self, result: object_store::Result<T>) -> Result<T, Failure> {
        result.map_err(|error| self.placed(failure(&error)))
    }

    fn placed(&self, failure: Failure) -> Failure {
        failure.at(&*self.host)
    }
}

/// Keys in portions that one request removes.
pub(super) fn portions(keys: &[Path]) -> Vec<Vec<Path>> {
    keys.chunks(DELETED_AT_ONCE).map(<[Path]>::to_vec).collect()
}

/// Whether the bucket was there already, and may be ours: who looks for it next learns it.
fn is_there(failure: &Failure) -> bool {
    let refusal = super::failure::refusal_of(failure);
    refusal.is_some_and(|refusal| {
        ["BucketAlreadyOwnedByYou", "BucketAlreadyExists"].contains(&refusal.code.as_str())
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Uploads {
    is_truncated: bool,
    next_key_marker: String,
    next_upload_id_marker: String,
    upload: Vec<Pending>,
}

/// The address of the bucket.
pub(super) fn address(place: &Place, region: &str) -> Result<Url, Failure> {
    let server = match &place.endpoint {
        Some(endpoint) => Ok(endpoint.clone()),
        None => Url::parse(&format!("https://s3.{region}.amazonaws.com")),
    };
    let wrong = |error: String| {
        Failure::new(Kind::Refused, error)
            .cured_by("set S3_ENDPOINT to `http://host:port` or `https://host:port`")
    };
    let mut url = server.map_err(|error| wrong(error.to_string()))?;
    if place.path_style {
        let path = format!("{}/{}", url.path().trim_end_matches('/'), place.bucket);
        url.set_path(&path);
    } else {
        let host = format!("{}.{}", place.bucket, url.host_str().unwrap_or_default());
        url.set_host(Some(&host)).map_err(|error| {
            let cure = "set `S3_PATH_STYLE=true`: the bucket cannot be part of the host's name";
            Failure::new(Kind::Refused, format!("`{host}`: {error}")).cured_by(cure)
        })?;
    }
    Ok(url)
}

/// The crate's client, which never repeats by itself: that is for whoever calls, who counts and hears of the end.
fn store(
    place: &Place,
    region: &str,
    url: &Url,
    http: &Http,
    credentials: Option<AwsCredentialProvider>,
) -> Result<AmazonS3, Failure> {
    let retry = RetryConfig { max_retries: 0, ..RetryConfig::default() };
    let objects = &place.objects;
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&place.bucket)
        .with_region(region)
        // The address holds the bucket already, in whatever style.
        .with_endpoint(url.as_str().trim_end_matches('/'))
        .with_virtual_hosted_style_request(true)
        .with_allow_http(true)
        .with_retry(retry)
        .with_http_connector(http.clone())
        .with_unsigned_payload(matches!(objects.checksum, Checksum::Crc64 | Checksum::Nothing));
    builder = match credentials {
        Some(credentials) => builder.with_credentials(credentials),
        None => builder.with_skip_signature(true),
    };
    builder = match objects.checksum {
        Checksum::Sha256 => builder.with_checksum_algorithm(aws::Checksum::SHA256),
        Checksum::Crc64 => builder.with_checksum_algorithm(aws::Checksum::CRC64NVME),
        Checksum::Signature | Checksum::Nothing => builder,
    };
    builder = match &objects.encryption {
        None => builder,
        Some(Encryption::Server) => configured(builder, ENCRYPTION, "AES256"),
        Some(Encryption::Managed { key, dual }) => {
            let kind = if *dual { "aws:kms:dsse" } else { "aws:kms" };
            let builder = configured(builder, ENCRYPTION, kind);
            match key {
                Some(key) => configured(builder, "aws_sse_kms_key_id", key),
                None => builder,
            }
        }
        Some(Encryption::Customer(key)) => builder.with_ssec_encryption(key.expose()),
    };
    builder.build().map_err(|error| {
        // It may quote what it was given, and that may be a secret.
        let told = if matches!(objects.encryption, Some(Encryption::Customer(_))) {
            "the settings make no client".to_owned()
        } else {
            error.to_string()
        };
        Failure::new(Kind::Refused, told)
            .cured_by("look at S3_ENCRYPTION and S3_CUSTOMER_KEY: 32 bytes in Base64")
    })
}

/// The crate's name of the kind of encryption.
const ENCRYPTION: &str = "aws_server_side_encryption";

fn configured(builder: AmazonS3Builder, key: &str, value: &str) -> AmazonS3Builder {
    match key.parse() {
        Ok(key) => builder.with_config(key, value),
        Err(error) => {
            debug_assert!(false, "{error}");
            builder
        }
    }
}
