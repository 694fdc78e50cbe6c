//! What an operator writes, and what becomes of it.

use figment::providers::{Format as _, Toml};

use super::*;

fn registry() -> Registry {
    let kafka = vec![
        Attribute::new("KAFKA_BROKERS", "text", "", "Where.").hosts(),
        Attribute::new("KAFKA_SASL_PASSWORD", "text", "", "Password.")
            .secret()
            .also(&["KAFKA_PASSWORD"]),
        Attribute::new("KAFKA_SECURITY_PROTOCOL", "text", "", "Protocol."),
        Attribute::new("SCHEMA_REGISTRY_URL", "text", "", "Registry.").hosts(),
    ];
    let readers = |connector, attributes| Readers { connector, attributes };
    Registry::from([("kafka", readers("kafka", kafka)), ("local", readers("csv", Vec::new()))])
}

fn operator(toml: &str, variables: &[(&str, &str)]) -> Result<Operator, OperatorError> {
    let mut connectors: Connectors = figment::Figment::from(Toml::string(toml)).extract().unwrap();
    for (name, value) in variables {
        connectors.variables.insert((*name).to_owned(), Secret::new((*value).to_owned()));
    }
    Operator::with(&connectors, &registry())
}

fn shown(layer: &Layer) -> String {
    let shown = |(key, set): (&String, &Set)| {
        format!("{key}={} {} {}", set.value.expose(), set.origin.name(), set.place)
    };
    layer.settings.iter().map(shown).collect::<Vec<_>>().join("\n")
}

#[test]
fn variables_win_over_the_file_and_profiles_are_found_in_both() {
    let operator = operator(
        "allowed_hosts = [\"*.example\", \"10.0.0.0/8\"]\n\
         [kafka]\nbrokers = \"one:9092\"\nschema_registry_url = \"https://registry\"\nlocked = [\"brokers\"]\n\
         [kafka.test]\nbrokers = \"test:9092\"\npassword = \"hunter2\"\n",
        &[
            ("kafka_brokers", "two:9092"),
            ("kafka_test_security_protocol", "SSL"),
            ("kafka_big_lake_sasl_password", "hunter2"),
            ("kafka_locked", "security_protocol"),
        ],
    )
    .unwrap();
    let kafka = operator.kind("kafka").unwrap();
    insta::assert_snapshot!(shown(&kafka.base), @r"
    KAFKA_BROKERS=two:9092 environment DATAGEN_CONNECTORS_KAFKA_BROKERS
    SCHEMA_REGISTRY_URL=https://registry file [connectors.kafka]
    ");
    insta::assert_snapshot!(shown(&kafka.profiles["test"]), @r"
    KAFKA_BROKERS=test:9092 file [connectors.kafka.test]
    KAFKA_SASL_PASSWORD=hunter2 file [connectors.kafka.test]
    KAFKA_SECURITY_PROTOCOL=SSL environment DATAGEN_CONNECTORS_KAFKA_TEST_SECURITY_PROTOCOL
    ");
    let big_lake = &kafka.profiles["big_lake"];
    assert_eq!(big_lake.settings["KAFKA_SASL_PASSWORD"].value.expose(), "hunter2");
    let locked: Vec<_> = kafka.base.locked.keys().map(String::as_str).collect();
    assert_eq!(locked, ["KAFKA_BROKERS", "KAFKA_SECURITY_PROTOCOL"]);
    assert!(!format!("{operator:?}").contains("hunter2"));
    let reach = operator.reach();
    for host in ["two:9092", "test:9092", "registry", "a.example", "10.1.1.1"] {
        assert!(reach.check(&host.parse().unwrap()).is_ok(), "{host}");
    }
    assert!(reach.check(&"127.0.0.1".parse().unwrap()).is_err());
}

#[test]
fn what_nobody_reads_is_refused_with_a_guess() {
    let refused =
        |toml: &str, variables: &[(&str, &str)]| operator(toml, variables).unwrap_err().to_string();
    let told = [
        refused("[kafak]\nbrokers = 1", &[]),
        refused("[csv]\nfile_path = 1", &[]),
        refused("[kafka]\nbroker = 1", &[]),
        refused("[kafka]\nkafka_brokers = 1", &[]),
        refused("[kafka.test]\nsasl_pasword = \"hunter2\"", &[]),
        refused("[kafka]\nlocked = [\"broker\"]", &[]),
        refused("[kafka]\nschema_registry_url = \"https://a:hunter2@b\"", &[]),
        refused("[kafka]\nbrokers = \"a b\"", &[]),
        refused("", &[("kafka_broker", "x")]),
        refused("", &[("kafak_brokers", "x")]),
        refused("", &[("kafka", "x")]),
        refused("", &[("kafka_", "x")]),
        refused("allowed_hosts = [\"a b\"]", &[]),
    ]
    .join("\n");
    assert!(!told.contains("hunter2"));
    insta::assert_snapshot!(told, @r"
    [connectors]: unknown connector `kafak`, expected one of kafka, local (did you mean `kafka`?)
    [connectors]: unknown connector `csv`, expected one of kafka, local (did you mean `local`?)
    [connectors.kafka]: unknown key `broker` (did you mean `brokers`?); `datagen connectors kafka` lists them
    [connectors.kafka]: unknown key `kafka_brokers` (did you mean `brokers`?); `datagen connectors kafka` lists them
    [connectors.kafka.test]: unknown key `sasl_pasword` (did you mean `sasl_password`?); `datagen connectors kafka` lists them
    [connectors.kafka]: unknown key `broker` (did you mean `brokers`?); `datagen connectors kafka` lists them
    [connectors.kafka]: `SCHEMA_REGISTRY_URL` holds a password in its URL, expected the URL without it
    [connectors.kafka]: `a b` names no host, expected one such as kafka.example:9092, *.example, 10.1.2.3 or 10.0.0.0/8
    DATAGEN_CONNECTORS_KAFKA_BROKER: unknown key `broker` (did you mean `brokers`?); `datagen connectors kafka` lists them
    DATAGEN_CONNECTORS_KAFAK_BROKERS: unknown connector `kafak`, expected one of kafka, local (did you mean `kafka`?)
    DATAGEN_CONNECTORS_KAFKA: unknown key ``; `datagen connectors kafka` lists them
    DATAGEN_CONNECTORS_KAFKA_: unknown key ``; `datagen connectors kafka` lists them
    [connectors] allowed_hosts: `a b` names no host, expected one such as kafka.example:9092, *.example, 10.1.2.3 or 10.0.0.0/8
    ");
}

/// For all settings of all connectors: the key of its section names it, so that it can be set.
#[test]
fn every_setting_has_a_key_of_its_own() {
    for (kind, readers) in super::registry() {
        for attribute in &readers.attributes {
            let key = key_of(kind, attribute.name);
            assert_eq!(readers.find(kind, &key).map(|found| found.name), Some(attribute.name));
            assert_ne!(key, LOCKED);
        }
    }
    let keys = [("local", "LOCAL_FILE_PATH"), ("local", "CSV_DELIMITER"), ("s3", "S3_BUCKET")];
    assert_eq!(
        keys.map(|(kind, name)| key_of(kind, name)),
        ["file_path", "csv_delimiter", "bucket"]
    );
}
