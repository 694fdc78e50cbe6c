//! Kafka by logins of Kerberos, against a real key distribution centre and a real broker.
//!
//! `DATAGEN_KERBEROS` names the folder of `tests/services/kerberos/run start FOLDER`; the broker of `DATAGEN_KAFKA`
//! was started with it (`KAFKA_KERBEROS`).

#![expect(clippy::print_stdout, reason = "a test that is left out says so")]

use std::path::{Path, PathBuf};
use std::process::Output;

use crate::kafka::{Broker, topic};
use crate::support::datagen;

const MODEL: &str = r#"{"Fields": [{"name": "id", "type": "INCREMENT_INTEGER"}], "Options": {"KAFKA_MESSAGE_TYPE": "csv"}}"#;

/// A realm with its broker.
struct Realm {
    broker: Broker,
    folder: PathBuf,
}

impl Realm {
    fn find(test: &str) -> Option<Self> {
        let broker = Broker::find(test)?;
        let folder = std::env::var_os("DATAGEN_KERBEROS").map(PathBuf::from);
        if folder.is_none() {
            println!(
                "left out: {test} needs DATAGEN_KERBEROS (tests/services/kerberos/run start DIR)"
            );
        }
        Some(Self { broker, folder: folder? })
    }

    fn key_table(&self, name: &str) -> String {
        self.folder.join("keytabs").join(name).display().to_string()
    }

    /// 1,000 rows to `topic`, with `settings` and in `environment`.
    fn generate(
        &self,
        folder: &Path,
        topic: &str,
        settings: &[&str],
        environment: Option<(&str, &str)>,
    ) -> Output {
        std::fs::write(folder.join("m.json"), MODEL).unwrap();
        let mut command = datagen(folder);
        command.args(["generate", "-m", "m.json", "-c", "kafka", "--rows", "1000", "-q"]);
        let ways = [
            format!("KAFKA_BROKERS={}", self.broker.address("KAFKA_SASL_PORT")),
            format!("KAFKA_TOPIC={topic}"),
            "KAFKA_TIMEOUT=20".to_owned(),
        ];
        for setting in ways.iter().map(String::as_str).chain(settings.iter().copied()) {
            command.args(["--set", setting]);
        }
        command
            .env("KRB5_CONFIG", self.folder.join("krb5.conf"))
            .env("KRB5CCNAME", format!("FILE:{}", folder.join("cache").display()))
            .envs(environment);
        command.output().unwrap()
    }

    /// What is said where it fails.
    fn refusal(&self, settings: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let output = self.generate(folder.path(), &topic("refused"), settings, None);
        assert!(!output.status.success());
        let told = String::from_utf8(output.stderr).unwrap();
        told.replace(&self.broker.address("KAFKA_SASL_PORT"), "BROKER")
            .replace(&self.folder.display().to_string(), "REALM")
            .replace(&folder.path().display().to_string(), "FOLDER")
    }
}

/// By a key table of a setting, and by the environment's: no ticket is taken before.
#[test]
fn a_key_table_is_enough_for_a_login() {
    let Some(realm) = Realm::find("kafka by Kerberos") else { return };
    let table = realm.key_table("datagen.keytab");
    let named = format!("KAFKA_KEYTAB={table}");
    let ways = [
        (vec!["KAFKA_USE_KERBEROS=true", "KAFKA_USER=datagen", &named], None),
        (vec!["KAFKA_SASL_MECHANISM=GSSAPI", "KAFKA_USER=datagen@DATAGEN.TEST", &named], None),
        (vec!["KAFKA_USE_KERBEROS=true"], Some(("KRB5_CLIENT_KTNAME", table.as_str()))),
    ];
    for (number, (settings, environment)) in ways.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let topic = topic(&format!("kerberos-{number}"));
        let output = realm.generate(folder.path(), &topic, &settings, environment);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let rows: usize = realm.broker.read(&topic).values().map(Vec::len).sum();
        assert_eq!(rows, 1_000);
        // Tickets of a named table are nobody else's.
        let is_in_cache = folder.path().join("cache").exists();
        assert_eq!(is_in_cache, environment.is_some());
    }
}

#[test]
fn what_is_wrong_with_a_login_by_kerberos_is_said_before_the_first_row() {
    let Some(realm) = Realm::find("kafka without a ticket") else { return };
    let table = format!("KAFKA_KEYTAB={}", realm.key_table("datagen.keytab"));
    let kerberos = "KAFKA_USE_KERBEROS=true";
    insta::assert_snapshot!(realm.refusal(&[kerberos]), @"error: connector `kafka`: no login by Kerberos at `BROKER` (`KAFKA_USER` and `KAFKA_KEYTAB` are the login, or `kinit` takes a ticket; `KAFKA_SASL_KERBEROS_SERVICE_NAME` is the name of the brokers): log in by Kerberos: No Kerberos credentials available (default cache: FILE:FOLDER/cache)");
    insta::assert_snapshot!(realm.refusal(&[kerberos, "KAFKA_KEYTAB=/no/such.keytab", "KAFKA_USER=datagen"]), @"error: connector `kafka`: no login by Kerberos at `BROKER` (`KAFKA_USER` and `KAFKA_KEYTAB` are the login, or `kinit` takes a ticket; `KAFKA_SASL_KERBEROS_SERVICE_NAME` is the name of the brokers): the key table `/no/such.keytab` gives no ticket of `datagen`: No such file or directory (os error 2); `klist -kt` lists what it holds");
    insta::assert_snapshot!(realm.refusal(&[kerberos, &table, "KAFKA_USER=nobody"]), @"error: connector `kafka`: no login by Kerberos at `BROKER` (`KAFKA_USER` and `KAFKA_KEYTAB` are the login, or `kinit` takes a ticket; `KAFKA_SASL_KERBEROS_SERVICE_NAME` is the name of the brokers): the key table `REALM/keytabs/datagen.keytab` gives no ticket of `nobody`: No credentials cache found; `klist -kt` lists what it holds");
    let service = "KAFKA_SASL_KERBEROS_SERVICE_NAME=no-such";
    insta::assert_snapshot!(realm.refusal(&[kerberos, &table, "KAFKA_USER=datagen", service]), @"error: connector `kafka`: no login by Kerberos at `BROKER` (`KAFKA_USER` and `KAFKA_KEYTAB` are the login, or `kinit` takes a ticket; `KAFKA_SASL_KERBEROS_SERVICE_NAME` is the name of the brokers): log in by Kerberos: Server no-such/127.0.0.1@DATAGEN.TEST not found in Kerberos database");
    insta::assert_snapshot!(realm.refusal(&[kerberos, "KAFKA_SECURITY_PROTOCOL=SSL"]), @"error: m: KAFKA_SECURITY_PROTOCOL: `KAFKA_SECURITY_PROTOCOL` is SSL, which knows no login: `KAFKA_USE_KERBEROS` asks for one (SASL_SSL and SASL_PLAINTEXT do)");
    insta::assert_snapshot!(realm.refusal(&[kerberos, "KAFKA_SASL_MECHANISM=PLAIN"]), @"error: m: KAFKA_SASL_MECHANISM: `KAFKA_USE_KERBEROS` is true and `KAFKA_SASL_MECHANISM` is PLAIN, expected one of them");
}
