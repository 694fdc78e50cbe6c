//! Ways into a Kafka cluster and a registry of schemas, and what is told to who may not come in.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::kafka::{Broker, json_rows, model, registries, sorted, topic};
use crate::support::run;

/// The password of every user of the broker under test.
const PASSWORD: &str = "datagen-secret";

fn tool(name: &str) -> Command {
    let python = std::env::var("DATAGEN_REFEREE").unwrap_or_else(|_| "python3".to_owned());
    let mut command = Command::new(python);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/services").join(name));
    command
}

fn login(broker: &Broker, listener: &str, protocol: &str, user: &str, mechanism: &str) -> Value {
    json!({
        "KAFKA_BROKERS": broker.address(listener), "KAFKA_SECURITY_PROTOCOL": protocol,
        "KAFKA_SASL_MECHANISM": mechanism, "KAFKA_SASL_USERNAME": user, "KAFKA_SASL_PASSWORD": PASSWORD
    })
}

fn with(options: &Value, more: &Value) -> Value {
    let mut all = options.clone();
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

/// A row of JSON as it is written here.
fn text(row: &Value) -> String {
    row.as_str().unwrap().parse::<Value>().unwrap().to_string()
}

/// What a command with these options says: nothing where it went well, and every row is there.
fn told(broker: &Broker, topic: &str, options: &Value) -> String {
    let folder = tempfile::tempdir().unwrap();
    let model = model(broker, topic, options);
    std::fs::write(folder.path().join("m.json"), model.to_string()).unwrap();
    let output =
        run(folder.path(), &["generate", "-q", "-m", "m.json", "-c", "kafka,json", "-n", "900"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.success(), told.is_empty(), "{told}");
    if told.is_empty() {
        let messages = broker.read(topic).into_values().flatten();
        let found: BTreeSet<String> = messages.map(|message| text(&message["value"])).collect();
        let rows = json_rows(&folder.path().join("files"));
        assert_eq!(rows.len(), 900);
        assert!(rows.iter().all(|row| found.contains(&row.to_string())), "{options}");
    }
    told
}

/// Issue 10: rows arrive by every protocol and mechanism.
#[test]
fn every_way_in_delivers_rows() {
    let Some(broker) = Broker::find("ways into kafka") else { return };
    let authority = json!({"KAFKA_SSL_CA": broker.0.join("tls/ca.crt")});
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let way = login(&broker, "KAFKA_SASL_PORT", "SASL_PLAINTEXT", "datagen", mechanism);
        let topic = |listener: &str| topic(&format!("{listener}-{mechanism}"));
        assert_eq!(told(&broker, &topic("sasl"), &way), "");
        let way = login(&broker, "KAFKA_SASL_SSL_PORT", "SASL_SSL", "datagen", mechanism);
        assert_eq!(told(&broker, &topic("sasl-ssl"), &with(&way, &authority)), "");
    }
    let file = |name: &str| std::fs::read_to_string(broker.0.join("tls").join(name)).unwrap();
    let way = json!({
        "KAFKA_BROKERS": broker.address("KAFKA_SSL_PORT"), "KAFKA_SECURITY_PROTOCOL": "SSL",
        "KAFKA_SSL_CERTIFICATE": file("client.crt"), "KAFKA_SSL_KEY": file("client.key")
    });
    assert_eq!(told(&broker, &topic("ssl"), &with(&way, &authority)), "");
    // As the reference has it: key stores of Java.
    let stores = |trust: &str, key: &str| {
        let tls = broker.0.join("tls");
        json!({
            "KAFKA_BROKERS": broker.address("KAFKA_SSL_PORT"), "KAFKA_SECURITY_PROTOCOL": "SSL",
            "KAFKA_TRUSTSTORE_LOCATION": tls.join(trust), "KAFKA_TRUSTSTORE_PASSWORD": "changeit",
            "KAFKA_KEYSTORE_LOCATION": tls.join(key), "KAFKA_KEYSTORE_PASSWORD": "changeit"
        })
    };
    assert_eq!(told(&broker, &topic("ssl-stores"), &stores("truststore.jks", "client.jks")), "");
    let refused = told(&broker, &topic("ssl-p12"), &stores("truststore.jks", "client.p12"));
    assert!(refused.contains("`KAFKA_KEYSTORE_LOCATION` is PKCS#12"), "{refused}");
    assert!(refused.contains("keytool -importkeystore"), "{refused}");
    let wrong = json!({"KAFKA_TRUSTSTORE_PASSWORD": "canary"});
    let refused =
        told(&broker, &topic("ssl-p"), &with(&stores("truststore.jks", "client.jks"), &wrong));
    assert!(refused.contains("password is another") && !refused.contains("canary"), "{refused}");
    // Without it the system's authorities are trusted, and ours is none of them.
    let told = told(&broker, &topic("ssl-system"), &way);
    assert!(
        told.contains("authority that is not trusted") && told.contains("KAFKA_SSL_CA"),
        "{told}"
    );
}

/// Issue 10: tokens that an issuer signs, over connections whose logins end before the command does; a token that has
/// ended, and one of another issuer, are refused before the first row.
#[test]
fn tokens_are_logins_until_they_end() {
    let Some(broker) = Broker::find("tokens at kafka") else { return };
    let way = |listener: &str, protocol: &str, token: &str| {
        let mut way = login(&broker, listener, protocol, "", "OAUTHBEARER");
        let object = way.as_object_mut().unwrap();
        object.remove("KAFKA_SASL_USERNAME");
        object.insert("KAFKA_SASL_PASSWORD".to_owned(), token.into());
        with(&way, &json!({"KAFKA_SSL_CA": broker.0.join("tls/ca.crt")}))
    };
    let token = broker.token("datagen", 3_600);
    let plain = way("KAFKA_SASL_PORT", "SASL_PLAINTEXT", &token);
    assert_eq!(told(&broker, &topic("token"), &plain), "");
    // Logins hold for three seconds at this port.
    let long = with(
        &way("KAFKA_SASL_SSL_PORT", "SASL_SSL", &token),
        &json!({"KAFKA_ROWS_PER_SECOND": 100}),
    );
    assert_eq!(told(&broker, &topic("token-again"), &long), "");
    let (head, signature) = token.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    for token in [broker.token("datagen", -30), forged, "none".to_owned()] {
        let told =
            told(&broker, &topic("token-wrong"), &way("KAFKA_SASL_PORT", "SASL_PLAINTEXT", &token));
        let cure = "`KAFKA_SASL_PASSWORD` is the token";
        assert!(told.contains("invalid_token") && told.contains(cure), "{told}");
        assert!(!told.contains(&token) || token == "none", "{told}");
    }
}

/// Rights of a user that has none otherwise, which go at the end.
struct Poor<'a>(&'a Broker);

impl Poor<'_> {
    const NAME: &'static str = "nobody";

    fn rights(&self, arguments: &[&str]) {
        let servers = self.0.address("KAFKA_PORT");
        let done = tool("kafka_rights.py").args([&servers, Self::NAME]).args(arguments).status();
        assert!(done.unwrap().success(), "{arguments:?}");
    }

    fn grant(&self, kind: &str, name: &str, operation: &str) {
        self.rights(&["add", kind, name, operation]);
    }
}

impl Drop for Poor<'_> {
    fn drop(&mut self) {
        self.rights(&["remove"]);
    }
}

/// Issue 10: each right that a run needs is asked for before the first row, and the refusal names it with the setting
/// that it is about; who has them all delivers.
#[test]
fn a_user_without_a_right_is_refused_and_told_which() {
    let Some(broker) = Broker::find("rights of kafka") else { return };
    let topic = topic("rights");
    assert_eq!(told(&broker, &topic, &json!({})), "");
    let poor = Poor(&broker);
    poor.rights(&["remove"]);
    let way = login(&broker, "KAFKA_SASL_PORT", "SASL_PLAINTEXT", Poor::NAME, "SCRAM-SHA-256");
    let refused = |options: &Value, words: &[&str]| {
        let told = told(&broker, &topic, options);
        assert!(words.iter().all(|word| told.contains(word)), "{words:?}: {told}");
        assert!(told.contains("KAFKA_SASL_USERNAME"), "{told}");
    };
    refused(&way, &["TOPIC_AUTHORIZATION_FAILED", "DESCRIBE and WRITE on `KAFKA_TOPIC`"]);
    poor.grant("topic", &topic, "describe");
    refused(&way, &["lacks the right WRITE and READ on topic", "KAFKA_TRANSACTIONS=false"]);
    poor.grant("topic", &topic, "write");
    refused(&way, &["lacks the right READ on topic"]);
    // No transaction, no more rights: also where producers are idempotent.
    let plain = with(&way, &json!({"KAFKA_TRANSACTIONS": false}));
    assert_eq!(told(&broker, &topic, &plain), "");
    poor.grant("topic", &topic, "read");
    refused(&way, &["GROUP_AUTHORIZATION_FAILED", "READ on groups that begin with `datagen-`"]);
    poor.grant("group", "datagen-*", "describe");
    refused(&way, &["lacks the right READ on group", "KAFKA_TRANSACTIONS=false"]);
    poor.grant("group", "datagen-*", "read");
    refused(&way, &["TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "WRITE on transactional ids"]);
    poor.grant("transactional_id", "datagen-*", "describe");
    refused(&way, &["TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "WRITE on transactional ids"]);
    poor.grant("transactional_id", "datagen-*", "write");
    assert_eq!(told(&broker, &topic, &way), "");
    let anew = with(&way, &json!({"DELETE_PREVIOUS": true}));
    refused(&anew, &["lacks the right DELETE on topic", "DELETE_PREVIOUS"]);
    poor.grant("topic", &topic, "delete");
    refused(&anew, &["may be created: TOPIC_AUTHORIZATION_FAILED", "CREATE"]);
    poor.grant("topic", &topic, "create");
    assert_eq!(told(&broker, &topic, &anew), "");
    // A topic that is made, and cannot be written to: nothing is known of its rights before.
    let other = format!("{topic}-other");
    poor.grant("topic", &other, "create");
    poor.grant("topic", &other, "describe");
    let told = told(&broker, &other, &way);
    assert!(told.contains("lacks the right WRITE and READ on topic"), "{told}");
}

/// A registry behind TLS and a login.
struct Guarded {
    proxy: Child,
    url: String,
}

impl Guarded {
    /// In front of the registry at `url`, with the certificate of the broker.
    fn start(broker: &Broker, url: &str) -> Self {
        let (_, rest) = url.split_once("127.0.0.1:").unwrap();
        let (port, path) = rest.split_once('/').unwrap_or((rest, ""));
        let mut proxy = tool("guarded_proxy.py")
            .arg(port)
            .arg(broker.0.join("tls/server.pem"))
            .arg("clerk:canary-of-clerk")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(proxy.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { proxy, url: format!("https://localhost:{}/{path}", line.trim()) }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.proxy.kill().unwrap();
        self.proxy.wait().unwrap();
    }
}

/// What `generate` says of Avro messages with these options, in a folder that is kept.
fn avro(broker: &Broker, topic: &str, options: &Value) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let options = with(&json!({"KAFKA_MESSAGE_TYPE": "avro"}), options);
    let model = model(broker, topic, &options);
    std::fs::write(folder.path().join("m.json"), model.to_string()).unwrap();
    let output =
        run(folder.path(), &["generate", "-q", "-m", "m.json", "-c", "kafka,json", "-n", "300"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.success(), told.is_empty(), "{told}");
    (folder, told)
}

/// Issue 10: registries behind TLS and a login take schemas; whoever gives no login, another one, or trusts another
/// authority is refused before the first row, with the setting to change.
#[test]
fn registries_are_entered_by_tls_and_a_login() {
    let Some(broker) = Broker::find("logins at registries") else { return };
    for (kind, url) in registries() {
        let guarded = Guarded::start(&broker, &url);
        let topic = topic(&format!("guarded-{kind}"));
        let tls = |name: &str| broker.0.join("tls").join(name);
        let whole = json!({
            "SCHEMA_REGISTRY_URL": guarded.url, "SCHEMA_REGISTRY_TYPE": kind,
            "SCHEMA_REGISTRY_SSL_CA": tls("ca.crt"), "SCHEMA_REGISTRY_USERNAME": "clerk",
            "SCHEMA_REGISTRY_PASSWORD": "canary-of-clerk"
        });
        let refused = |options: &Value, words: &[&str]| {
            let (_, told) = avro(&broker, &topic, options);
            assert!(words.iter().all(|word| told.contains(word)), "{kind} {words:?}: {told}");
            assert!(!told.contains("canary"), "{told}");
        };
        let mut nobody = whole.clone();
        nobody
            .as_object_mut()
            .unwrap()
            .retain(|key, _| !key.ends_with("NAME") && !key.ends_with("WORD"));
        refused(&nobody, &["401", "SCHEMA_REGISTRY_USERNAME", "SCHEMA_REGISTRY_PASSWORD"]);
        let other = json!({"SCHEMA_REGISTRY_PASSWORD": "another"});
        refused(&with(&whole, &other), &["401", "SCHEMA_REGISTRY_PASSWORD"]);
        let other = json!({"SCHEMA_REGISTRY_SSL_CA": tls("other-ca.crt")});
        refused(&with(&whole, &other), &["SCHEMA_REGISTRY_SSL_CA"]);
        let plain = json!({"SCHEMA_REGISTRY_URL": guarded.url.replace("https", "http")});
        refused(&with(&whole, &plain), &["SCHEMA_REGISTRY_URL"]);
        let (folder, told) = avro(&broker, &topic, &whole);
        assert_eq!(told, "", "{kind}");
        let reader = if kind == "cloudera" { "cloudera" } else { "registry" };
        let rows = sorted(broker.read_with(&topic, &[&format!("{reader}={url}")]));
        assert!(rows == json_rows(&folder.path().join("files")), "{kind}");
    }
}
