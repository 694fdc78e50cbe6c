//! Who asks an S3 server: keys that are given, those of profiles, of the environment, of a web identity, of a container
//! or of the machine's metadata service, or nobody. The server of moto hands identities out and takes requests; a proxy
//! in front of it tells who signed them.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::s3::{arguments, referee, settings};
use crate::s3_services::{Moto, Proxy};
use crate::support::{datagen, run_ok};

/// Who signed the first request of a command with these settings, environment and files of `~`.
fn who_asks(
    moto: &Moto,
    settings: &[&str],
    variables: &[(&str, &str)],
    files: &[(&str, &str)],
) -> String {
    let folder = home(files);
    let mut proxy = Proxy::start(&moto.endpoint(), &["watch", "1"]);
    let place = [format!("S3_ENDPOINT={}", proxy.endpoint), format!("S3_BUCKET={BUCKET}")];
    let settings: Vec<String> =
        settings.iter().map(|setting| (*setting).to_owned()).chain(place).collect();
    let connectors = ["s3_csv".to_owned()];
    let mut command = datagen(folder.path());
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_"))
    {
        command.env_remove(name);
    }
    let variables: Vec<(&str, String)> = variables
        .iter()
        .map(|(name, value)| {
            let value = value.replace("MOTO", &moto.endpoint());
            (*name, value.replace('~', folder.path().to_str().unwrap()))
        })
        .collect();
    let output = command.envs(variables).args(arguments(&connectors, &settings, &[])).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{settings:?}: {}", String::from_utf8_lossy(&output.stderr));
    let head: Value = serde_json::from_str(&proxy.line()).unwrap();
    let Some(signed) = head["authorization"].as_str() else { return "unsigned".to_owned() };
    let (_, key) = signed.split_once("Credential=").unwrap();
    let token = if head["x-amz-security-token"].is_null() { "" } else { " with a token" };
    format!("signed by {}{token}", key.split('/').next().unwrap())
}

fn home(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".aws")).unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

const BUCKET: &str = "everybodys";

const PROFILES: &[(&str, &str)] = &[
    (
        ".aws/credentials",
        "[default]\naws_access_key_id = USUAL\naws_secret_access_key = a\n[lake]\naws_access_key_id = LAKE\n\
         aws_secret_access_key = b\naws_session_token = c\n",
    ),
    (".aws/config", "[profile other]\naws_access_key_id = OTHER\naws_secret_access_key = d\n"),
    ("token", "identity"),
];

/// Issue 10: what an operator asks for of encryption stands in the requests that make objects, whole ones and those in
/// parts.
#[test]
fn encryption_is_asked_for_where_objects_are_made() {
    let Some(moto) = Moto::start(&[]) else { return };
    let customer = "S3_CUSTOMER_KEY=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    let mut told = Vec::new();
    for asked_for in [
        &["S3_ENCRYPTION=none"][..],
        &["S3_ENCRYPTION=aes256"],
        &["S3_ENCRYPTION=kms"],
        &["S3_ENCRYPTION=kms", "S3_KMS_KEY_ID=mine"],
        &["S3_ENCRYPTION=dsse", "S3_KMS_KEY_ID=mine"],
        &["S3_ENCRYPTION=customer", customer],
    ] {
        for rows in ["10", "400000"] {
            let folder = tempfile::tempdir().unwrap();
            let mut proxy = Proxy::start(&moto.endpoint(), &["watch", "1"]);
            let mut all = settings(&proxy.endpoint, "encrypted");
            all.extend(asked_for.iter().map(|setting| (*setting).to_owned()));
            run_ok(folder.path(), &arguments(&["s3_csv".to_owned()], &all, &["-r", rows]));
            let method = if rows == "10" { "PUT" } else { "POST" };
            let head = loop {
                let head: Value = serde_json::from_str(&proxy.line()).unwrap();
                let line = head["request"].as_str().unwrap();
                if line.starts_with(method) && line.contains("sensor-0000000000.csv") {
                    break head;
                }
            };
            let head = head.as_object().unwrap().iter();
            let asked = head.filter(|(name, _)| name.contains("encryption"));
            let asked: Vec<_> = asked
                .map(|(name, value)| {
                    let name = name.trim_start_matches("x-amz-server-side-encryption");
                    format!("{name}={}", value.as_str().unwrap())
                })
                .collect();
            let asked = if asked.is_empty() { "none".to_owned() } else { asked.join(" ") };
            told.push(format!("{method} {asked}"));
        }
    }
    insta::assert_snapshot!(told.join("\n"), @"
    PUT none
    POST none
    PUT =AES256
    POST =AES256
    PUT =aws:kms
    POST =aws:kms
    PUT =aws:kms -aws-kms-key-id=mine
    POST =aws:kms -aws-kms-key-id=mine
    PUT =aws:kms:dsse -aws-kms-key-id=mine
    POST =aws:kms:dsse -aws-kms-key-id=mine
    PUT -customer-algorithm=AES256 -customer-key=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE= -customer-key-md5=KYvwGXoFFJ42a2u2GDWhwQ==
    POST -customer-algorithm=AES256 -customer-key=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE= -customer-key-md5=KYvwGXoFFJ42a2u2GDWhwQ==
    ");
}

/// Issue 10: for all ways to say who asks.
#[test]
fn everybody_who_may_ask_does() {
    let Some(moto) = Moto::start(&[]) else { return };
    // Nobody may write there, too.
    referee(&moto.endpoint(), &["open", BUCKET]);
    let keys = ["S3_ACCESS_KEY_ID=GIVEN", "S3_ACCESS_KEY_SECRET=b"];
    let of_variables = [("AWS_ACCESS_KEY_ID", "VARIABLE"), ("AWS_SECRET_ACCESS_KEY", "e")];
    let with_token = [&of_variables[..], &[("AWS_SESSION_TOKEN", "f")]].concat();
    let sts = Proxy::start(&moto.endpoint(), &["form", "1"]);
    let identity = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "~/token"),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/writer"),
        ("AWS_ENDPOINT_URL_STS", sts.endpoint.as_str()),
    ];
    let container = [(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "MOTO/latest/meta-data/iam/security-credentials/default-role",
    )];
    let container = [&container[..], &[("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "~/token")]];
    let metadata = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", "MOTO")];
    let told = [
        who_asks(&moto, &keys, &with_token, PROFILES),
        who_asks(&moto, &[keys[0], keys[1], "S3_SESSION_TOKEN=t"], &[], &[]),
        who_asks(&moto, &[], &of_variables, PROFILES),
        who_asks(&moto, &["S3_CREDENTIALS_TYPE=environment"], &with_token, PROFILES),
        who_asks(&moto, &[], &[], PROFILES),
        who_asks(&moto, &["S3_AWS_PROFILE=lake"], &of_variables, PROFILES),
        who_asks(&moto, &["S3_CREDENTIALS_TYPE=profile"], &of_variables, PROFILES),
        who_asks(&moto, &[], &[("AWS_PROFILE", "other")], PROFILES),
        who_asks(&moto, &["S3_CREDENTIALS_TYPE=environment"], &container.concat(), PROFILES),
        who_asks(&moto, &["S3_CREDENTIALS_TYPE=instance"], &metadata, PROFILES),
        who_asks(&moto, &["S3_CREDENTIALS_TYPE=none"], &of_variables, PROFILES),
    ];
    insta::assert_snapshot!(told.join("\n"), @"
    signed by GIVEN
    signed by GIVEN with a token
    signed by VARIABLE
    signed by VARIABLE with a token
    signed by USUAL
    signed by LAKE with a token
    signed by USUAL
    signed by OTHER
    signed by test-key with a token
    signed by test-key with a token
    unsigned
    ");
    // The role's keys are new ones each time.
    let told = who_asks(&moto, &[], &identity, PROFILES);
    assert!(told.starts_with("signed by ASIA") && told.ends_with(" with a token"), "{told}");
}
