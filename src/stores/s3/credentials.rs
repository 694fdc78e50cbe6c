//! Who asks: keys that were given, or what the machine itself is allowed.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, AwsCredential, AwsCredentialProvider};
use object_store::{RetryConfig, StaticCredentialProvider};

use super::http::Http;
use super::place::{Credentials, Place};
use crate::reach::Reach;
use crate::remote::{Failure, Io, Kind};

/// What signs requests; `None`: nothing does.
pub(super) fn provider(
    place: &Place,
    region: &str,
    io: &Io,
) -> Result<Option<AwsCredentialProvider>, Failure> {
    let found = match &place.credentials {
        Credentials::Nobody => return Ok(None),
        Credentials::Keys { id, secret, token } => fixed(AwsCredential {
            key_id: id.expose().to_owned(),
            secret_key: secret.expose().to_owned(),
            token: token.as_ref().map(|token| token.expose().to_owned()),
        }),
        Credentials::Environment => of_environment(region, io)?.ok_or_else(|| {
            missing("the environment holds neither AWS_ACCESS_KEY_ID nor a web identity")
        })?,
        Credentials::Profile(name) => of_profile(name)?
            .ok_or_else(|| missing(&format!("there is no profile `{name}` with a key pair")))?,
        Credentials::Instance => of_builder(AmazonS3Builder::new(), region, io)?,
        Credentials::Usual => match of_environment(region, io)? {
            Some(found) => found,
            None => of_profile(&variable("AWS_PROFILE").unwrap_or_else(|| "default".to_owned()))?
                .ok_or_else(|| missing("there are no keys"))?,
        },
    };
    Ok(Some(found))
}

/// The region where none is set.
pub(super) fn region(place: &Place) -> String {
    let of_machine = || match place.credentials {
        Credentials::Keys { .. } | Credentials::Nobody => None,
        _ => variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")),
    };
    place.region.clone().or_else(of_machine).unwrap_or_else(|| "us-east-1".to_owned())
}

fn missing(what: &str) -> Failure {
    Failure::new(Kind::NotAllowed, what).cured_by(
        "set S3_ACCESS_KEY_ID and S3_ACCESS_KEY_SECRET, S3_AWS_PROFILE, or `S3_CREDENTIALS_TYPE` to `environment`, \
         `instance` or, for a public bucket, `none`",
    )
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn fixed(credential: AwsCredential) -> AwsCredentialProvider {
    Arc::new(StaticCredentialProvider::new(credential))
}

/// The variables of web identities and containers.
const PROVIDED: &[(&str, AmazonS3ConfigKey)] = &[
    ("AWS_WEB_IDENTITY_TOKEN_FILE", AmazonS3ConfigKey::WebIdentityTokenFile),
    ("AWS_ROLE_ARN", AmazonS3ConfigKey::RoleArn),
    ("AWS_ROLE_SESSION_NAME", AmazonS3ConfigKey::RoleSessionName),
    ("AWS_ENDPOINT_URL_STS", AmazonS3ConfigKey::StsEndpoint),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", AmazonS3ConfigKey::ContainerCredentialsRelativeUri),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", AmazonS3ConfigKey::ContainerCredentialsFullUri),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", AmazonS3ConfigKey::ContainerAuthorizationTokenFile),
];

/// What the variables of the AWS tools say.
fn of_environment(region: &str, io: &Io) -> Result<Option<AwsCredentialProvider>, Failure> {
    if let (Some(key_id), Some(secret_key)) =
        (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"))
    {
        let token = variable("AWS_SESSION_TOKEN");
        return Ok(Some(fixed(AwsCredential { key_id, secret_key, token })));
    }
    let names_some = variable("AWS_WEB_IDENTITY_TOKEN_FILE").is_some()
        || variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").is_some()
        || variable("AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some();
    if !names_some {
        return Ok(None);
    }
    let mut builder = AmazonS3Builder::new();
    for (name, key) in PROVIDED {
        if let Some(value) = variable(name) {
            builder = builder.with_config(*key, value);
        }
    }
    of_builder(builder, region, io).map(Some)
}

/// The provider that the crate chooses by what it was told; without anything, the machine's metadata service.
fn of_builder(
    mut builder: AmazonS3Builder,
    region: &str,
    io: &Io,
) -> Result<AwsCredentialProvider, Failure> {
    if let Some(endpoint) = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
        builder = builder.with_metadata_endpoint(endpoint);
    }
    // Whoever may use the machine's own credentials may ask where it gets them.
    let http = Http::new(Vec::new(), &Reach::free(), 443, io)?;
    let retry = RetryConfig { max_retries: 1, ..RetryConfig::default() };
    let builder = builder.with_region(region).with_bucket_name("any").with_retry(retry);
    let store = builder.with_http_connector(http).build();
    let store = store.map_err(|error| Failure::new(Kind::NotAllowed, error))?;
    Ok(Arc::clone(store.credentials()))
}

/// The key pair of a profile of the AWS tools: in their file of credentials, else in that of settings.
fn of_profile(name: &str) -> Result<Option<AwsCredentialProvider>, Failure> {
    let home = || variable("HOME").map(PathBuf::from);
    let file = |set: &str, usual: &str| {
        variable(set).map(PathBuf::from).or_else(|| Some(home()?.join(".aws").join(usual)))
    };
    let files = [
        (file("AWS_SHARED_CREDENTIALS_FILE", "credentials"), name.to_owned()),
        (
            file("AWS_CONFIG_FILE", "config"),
            match name {
                "default" => name.to_owned(),
                _ => format!("profile {name}"),
            },
        ),
    ];
    for (path, section) in files {
        let Some(path) = path else { continue };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => {
                let told = format!("read `{}`: {error}", path.display());
                return Err(Failure::new(Kind::NotAllowed, told));
            }
        };
        let mut found = section_of(&text, &section);
        if let (Some(key_id), Some(secret_key)) =
            (found.remove("aws_access_key_id"), found.remove("aws_secret_access_key"))
        {
            let token = found.remove("aws_session_token");
            return Ok(Some(fixed(AwsCredential { key_id, secret_key, token })));
        }
    }
    Ok(None)
}

/// The values of a section of an INI file, by their names in lower case.
fn section_of(text: &str, section: &str) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            inside = name.split_whitespace().eq(section.split_whitespace());
        } else if inside
            && !line.starts_with(['#', ';'])
            && let Some((key, value)) = line.split_once('=')
        {
            values.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_a_section() {
        let text = "# mine\n[default]\naws_access_key_id = A\n\n[ profile  b ]\r\nAWS_ACCESS_KEY_ID=B\n;x=y\n";
        let key = |section: &str| section_of(text, section).remove("aws_access_key_id");
        assert_eq!(key("default").as_deref(), Some("A"));
        assert_eq!(key("profile b").as_deref(), Some("B"));
        assert_eq!(key("c"), None);
        assert_eq!(section_of(text, "profile b").len(), 1);
    }
}
