//! What S3 servers refuse, told before the first row with the setting to change.

use std::path::Path;

use crate::s3::{arguments, server};
use crate::s3_services::{Moto, free_port};
use crate::support::{run, run_ok};

/// The refusal of a command that writes with `settings`, without addresses.
fn refusal(folder: &Path, settings: &[String]) -> String {
    let connectors = ["s3_csv".to_owned()];
    let output = run(folder, &arguments(&connectors, settings, &[]));
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    let port = |text: String| match text.find("127.0.0.1:") {
        Some(at) => {
            let end = text[at + 10..]
                .find(|c: char| !c.is_ascii_digit())
                .map_or(text.len(), |end| at + 10 + end);
            format!("{}SERVER{}", &text[..at], &text[end..])
        }
        None => text,
    };
    port(text).trim().to_owned()
}

/// A server says the same as the command line has `told` when it is asked to look, and makes nothing.
fn a_server_says_the_same_of(
    with: &impl Fn(&[(&str, &str)]) -> Vec<String>,
    (reader, ca, closed): (&[String; 2], &str, &str),
    told: &[String],
) {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let check = |settings: &[String]| {
        let mut form = vec!["-F", "model=sensor", "-F", "check=true"];
        form.extend(settings.iter().flat_map(|setting| ["-F", setting.as_str()]));
        server.post("/datagen/s3_csv", &form)
    };
    let certificate = std::fs::read_to_string(ca).unwrap();
    let (other, certificate) = (
        std::fs::read_to_string(ca.replace("ca.crt", "other-ca.crt")).unwrap(),
        certificate.as_str(),
    );
    let refused = [
        with(&[("S3_SSL_CA", certificate), ("S3_ACCESS_KEY_ID", "AKIAUNKNOWN")]),
        with(&[("S3_SSL_CA", certificate), ("S3_ACCESS_KEY_SECRET", "wrong")]),
        with(&[
            ("S3_SSL_CA", certificate),
            ("S3_ACCESS_KEY_ID", &reader[0]),
            ("S3_ACCESS_KEY_SECRET", &reader[1]),
        ]),
        with(&[
            ("S3_SSL_CA", certificate),
            ("S3_BUCKET", "missing"),
            ("S3_CREATE_BUCKET", "false"),
        ]),
        with(&[("S3_SSL_CA", &other)]),
        with(&[("S3_ENDPOINT", closed), ("S3_SSL_CA", "")]),
    ];
    for (settings, told) in refused.iter().zip(told) {
        let (code, answer) = check(settings);
        assert_eq!((code, &answer["code"]), (400, &"not_ready".into()), "{answer}");
        let (_, cure) = told.rsplit_once(" (").unwrap();
        let message = answer["problems"][0]["message"].as_str().unwrap();
        assert!(message.ends_with(&format!("({cure}")), "{message}, expected {told}");
    }
    let (code, answer) = check(&with(&[("S3_SSL_CA", certificate), ("S3_BUCKET", "to-come")]));
    assert_eq!(code, 200, "{answer}");
    let connectors = serde_json::json!([
        {"connector": "s3_csv", "destination": answer["connectors"][0]["destination"]}
    ]);
    assert_eq!(
        answer,
        serde_json::json!({"commandUuid": "", "error": "", "connectors": connectors})
    );
    // It fails when it starts, before a row is made.
    let form: Vec<&str> = refused[1].iter().map(String::as_str).chain(["model=sensor"]).collect();
    let ended = server.wait(&server.submit("/datagen/s3_csv", &form));
    assert_eq!(
        (&ended["status"], &ended["generatedRows"]),
        (&"FAILED".into(), &0.into()),
        "{ended}"
    );
    let comment = ended["comment"].as_str().unwrap();
    assert!(
        comment.contains("(set S3_ACCESS_KEY_SECRET to the secret of S3_ACCESS_KEY_ID)"),
        "{comment}"
    );
}

/// Issue 10, acceptance 5: refused before the first row, with the setting to change.
#[test]
fn a_refusal_names_the_setting_to_change() {
    let Some(moto) = Moto::start(&[("MOTO_TLS", "1"), ("MOTO_AUTH", "1")]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (id, secret) = (moto.variable("S3_ACCESS_KEY_ID"), moto.variable("S3_ACCESS_KEY_SECRET"));
    let reader =
        ["S3_READER_ACCESS_KEY_ID", "S3_READER_ACCESS_KEY_SECRET"].map(|name| moto.variable(name));
    let ca = moto.variable("S3_CA");
    let with = |changes: &[(&str, &str)]| {
        let mut settings = vec![
            ("S3_ENDPOINT", moto.variable("S3_ENDPOINT")),
            ("S3_ACCESS_KEY_ID", id.clone()),
            ("S3_ACCESS_KEY_SECRET", secret.clone()),
            ("S3_SSL_CA", ca.clone()),
            ("S3_BUCKET", "there".to_owned()),
        ];
        for (key, value) in changes {
            settings.retain(|(name, _)| name != key);
            settings.push((key, (*value).to_owned()));
        }
        settings.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>()
    };
    // The bucket is made by who may.
    run_ok(folder.path(), &arguments(&["s3_csv".to_owned()], &with(&[]), &[]));
    let other_ca = ca.replace("ca.crt", "other-ca.crt");
    let closed = format!("http://127.0.0.1:{}", free_port());
    let told = [
        refusal(folder.path(), &with(&[("S3_ACCESS_KEY_ID", "AKIAUNKNOWN")])),
        refusal(folder.path(), &with(&[("S3_ACCESS_KEY_SECRET", "wrong")])),
        refusal(
            folder.path(),
            &with(&[("S3_ACCESS_KEY_ID", &reader[0]), ("S3_ACCESS_KEY_SECRET", &reader[1])]),
        ),
        refusal(folder.path(), &with(&[("S3_BUCKET", "missing"), ("S3_CREATE_BUCKET", "false")])),
        refusal(folder.path(), &with(&[("S3_SSL_CA", &other_ca)])),
        refusal(folder.path(), &with(&[("S3_SSL_CA", "/nowhere.pem")])),
        refusal(folder.path(), &with(&[("S3_ENDPOINT", &closed)])),
        refusal(folder.path(), &with(&[("S3_ACCESS_KEY_ID", "")])),
        refusal(folder.path(), &with(&[("S3_ACCESS_KEY_ID", ""), ("S3_ACCESS_KEY_SECRET", "")])),
    ];
    insta::assert_snapshot!(told.join("\n"), @r"
    error: connector `s3_csv`: `SERVER`: InvalidAccessKeyId (403): The AWS Access Key Id you provided does not exist in our records. (set S3_ACCESS_KEY_ID to a key that the server knows)
    error: connector `s3_csv`: `SERVER`: SignatureDoesNotMatch (403): The request signature we calculated does not match the signature you provided. Check your key and signing method. (set S3_ACCESS_KEY_SECRET to the secret of S3_ACCESS_KEY_ID)
    error: connector `s3_csv`: `SERVER`: AccessDenied (403): Access Denied (allow S3_ACCESS_KEY_ID to list the bucket, to put and to delete objects)
    error: connector `s3_csv`: `SERVER`: NoSuchBucket (404): The specified bucket does not exist (set S3_BUCKET to one that exists, or leave S3_CREATE_BUCKET at `true`)
    error: connector `s3_csv`: `SERVER`: invalid peer certificate: UnknownIssuer (set S3_SSL_CA to the certificate of the authority that signed the server's, and S3_ENDPOINT to a name that it is made for)
    error: connector `s3_csv`: `SERVER`: read `/nowhere.pem`: No such file or directory (os error 2) (set S3_SSL_CA to a file that is there)
    error: connector `s3_csv`: `SERVER`: Connection refused (os error 111) (set S3_ENDPOINT to a server that answers)
    error: sensor: S3_ACCESS_KEY_ID: `S3_ACCESS_KEY_ID` is missing (both halves of a key pair are needed)
    error: connector `s3_csv`: `SERVER`: there are no keys (set S3_ACCESS_KEY_ID and S3_ACCESS_KEY_SECRET, S3_AWS_PROFILE, or `S3_CREDENTIALS_TYPE` to `environment`, `instance` or, for a public bucket, `none`)
    ");
    let refused = [told[0..5].to_vec(), vec![told[6].clone()]].concat();
    a_server_says_the_same_of(&with, (&reader, &ca, &closed), &refused);
    let everything = told.join("\n");
    assert!(!everything.contains(&secret) && !everything.contains(&reader[1]), "{everything}");
}
