//! Messages, ways in, rights, topics, sizes.

use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use datagen_kafka::{
    BatchBuilder, Client, Compression, Config, Error, Header, HeaderValues, Kind, Mechanism,
    NewTopic, Options, Placement, Producer, Rows, Sasl, Secret, Texts, Timestamps, TlsProblem,
};

use crate::place::{BROKER, Broker, Message, assert_all, column, send, values};

#[test]
fn every_codec_is_read_back_with_keys_headers_and_times() {
    let _shared = BROKER.read().unwrap_or_else(PoisonError::into_inner);
    let Some(broker) = Broker::find("codecs") else { return };
    for compression in [
        Compression::None,
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ] {
        let topic =
            broker.topic(3, &[("message.timestamp.type", "CreateTime"), ("retention.ms", "-1")]);
        let mut producer = Producer::open(broker.client(), &topic, Options::default()).unwrap();
        let count = 1_000;
        let (bytes, ends) = column((0..count).map(|row| format!("value {row}")));
        let (keys, key_ends) = column((0..count).map(|row| format!("key {}", row % 50)));
        let nulls: Vec<bool> = (0..count).map(|row| row % 100 == 99).collect();
        let times: Vec<i64> =
            (0..count as i64).map(|row| 1_600_000_000_000 + row * 1_000).collect();
        let (own, own_ends) = column((0..count).map(|row| format!("h{row}")));
        let headers = [
            Header { name: "same", values: HeaderValues::Same(b"s") },
            Header { name: "own", values: HeaderValues::Rows(Texts::new(&own, &own_ends)) },
        ];
        let rows = Rows {
            values: Texts::new(&bytes, &ends),
            keys: Some(Texts { nulls: Some(&nulls), ..Texts::new(&keys, &key_ends) }),
            headers: &headers,
            timestamps: Timestamps::Rows(&times),
        };
        let mut builder = BatchBuilder::new(compression, 4_000);
        builder.fill(&rows, 0..count, Placement::Key { partitions: 3, without_key: 2 }).unwrap();
        for (partition, batch) in builder.finish().unwrap() {
            producer.send(partition, batch).unwrap();
        }
        producer.flush().unwrap();
        assert_eq!(producer.acknowledged(), 1_000);
        let mut expected: Vec<Message> = (0..count)
            .map(|row| {
                let key = (!nulls[row]).then(|| format!("key {}", row % 50));
                Message {
                    partition: key
                        .as_ref()
                        .map_or(2, |key| datagen_kafka::partition_of_key(key.as_bytes(), 3)),
                    key,
                    value: Some(format!("value {row}")),
                    timestamp: times[row],
                    headers: format!("[[\"same\", \"s\"], [\"own\", \"h{row}\"]]"),
                }
            })
            .collect();
        expected.sort_by_key(|message| message.partition);
        let mut found = broker.read(&topic, "read_committed");
        found.sort_by_key(|message| message.partition);
        assert!(found == expected, "{compression:?}: {:?}", found.first());
    }
}

#[test]
fn every_way_in_is_taken() {
    let _shared = BROKER.read().unwrap_or_else(PoisonError::into_inner);
    let Some(broker) = Broker::find("ways in") else { return };
    let sasl = |mechanism| {
        let secret = Secret::new("datagen-secret");
        Some(Sasl::Secret { mechanism, user: "datagen".to_owned(), secret })
    };
    let ways = [
        ("KAFKA_SSL_PORT", broker.tls("ca.crt", true), None),
        ("KAFKA_SASL_PORT", None, sasl(Mechanism::Plain)),
        ("KAFKA_SASL_PORT", None, sasl(Mechanism::ScramSha256)),
        ("KAFKA_SASL_PORT", None, sasl(Mechanism::ScramSha512)),
        ("KAFKA_SASL_SSL_PORT", broker.tls("ca.crt", false), sasl(Mechanism::Plain)),
        ("KAFKA_SASL_SSL_PORT", broker.tls("ca.crt", false), sasl(Mechanism::ScramSha512)),
    ];
    for (listener, tls, sasl) in ways {
        let topic = broker.topic(1, &[]);
        let brokers = vec![broker.address(listener)];
        let client = Client::new(Config { brokers, tls, sasl, ..broker.config() }).unwrap();
        let mut producer = Producer::open(client, &topic, Options::default()).unwrap();
        // More than a buffer of TLS holds.
        send(&mut producer, 0, 100_000);
        producer.flush().unwrap();
        assert_all(&broker.read(&topic, "read_committed"), 100_000);
    }
}

/// Why a first look at the cluster failed, and after how long.
fn refusal(config: Config) -> (Error, Duration) {
    let began = Instant::now();
    let config = Config { delivery_timeout: Duration::from_secs(8), ..config };
    let error = Client::new(config).unwrap().topic("any").unwrap_err();
    (error, began.elapsed())
}

#[test]
fn what_does_not_fit_is_told_at_once_and_by_its_kind() {
    let _shared = BROKER.read().unwrap_or_else(PoisonError::into_inner);
    let Some(broker) = Broker::find("refusals") else { return };
    let sasl = |mechanism, secret: &str| {
        Some(Sasl::Secret { mechanism, user: "datagen".to_owned(), secret: Secret::new(secret) })
    };
    let at = |listener: &str| Config { brokers: vec![broker.address(listener)], ..broker.config() };
    let wrong = "wrong-canary";
    let cases = [
        (
            Config { sasl: sasl(Mechanism::Plain, wrong), ..at("KAFKA_SASL_PORT") },
            Kind::Login,
            "refused the login by PLAIN: ",
        ),
        (
            Config { sasl: sasl(Mechanism::ScramSha256, wrong), ..at("KAFKA_SASL_PORT") },
            Kind::Login,
            "invalid credentials",
        ),
        (
            Config { sasl: sasl(Mechanism::OAuthBearer, wrong), ..at("KAFKA_SASL_PORT") },
            Kind::Login,
            r#"refused the login by OAUTHBEARER: {"status":"invalid_token"}"#,
        ),
        (
            Config { sasl: sasl(Mechanism::Plain, wrong), ..at("KAFKA_PORT") },
            Kind::Login,
            "does not take logins by PLAIN, it offers none",
        ),
        (
            Config { tls: broker.tls("other-ca.crt", true), ..at("KAFKA_SSL_PORT") },
            Kind::Certificate,
            "signed by an authority that is not trusted",
        ),
        (
            Config { tls: broker.tls("ca.crt", false), ..at("KAFKA_SSL_PORT") },
            Kind::Certificate,
            "wants a client certificate",
        ),
        (
            Config { tls: broker.tls("ca.crt", true), ..at("KAFKA_PORT") },
            Kind::Certificate,
            "does not speak TLS",
        ),
        (at("KAFKA_SSL_PORT"), Kind::Unreachable, "as ports do that want TLS"),
        (at("KAFKA_SASL_PORT"), Kind::Unreachable, "as ports do that want a login (SASL)"),
    ];
    for (config, kind, words) in cases {
        let (error, after) = refusal(config);
        let text = format!("{error}");
        assert_eq!(error.kind(), kind, "{text}");
        assert!(text.contains(words), "{text}\nexpected: {words}");
        assert!(!text.contains("canary"), "{text}");
        assert!(after < Duration::from_secs(5), "{after:?}: {text}");
    }
    let port = broker.ports["KAFKA_SSL_PORT"];
    let name = Config {
        tls: broker.tls("ca.crt", true),
        ..Config::new([format!("[::ffff:127.0.0.1]:{port}")])
    };
    let (error, _) = refusal(name);
    assert!(matches!(error, Error::Tls { problem: TlsProblem::WrongName, .. }), "{error}");
    let (error, _) = refusal(Config::new(["127.0.0.1:1"]));
    assert_eq!(error.kind(), Kind::Unreachable, "{error}");
    let (error, _) = refusal(Config::new(["no-such-host.invalid:9092"]));
    assert_eq!(error.kind(), Kind::Unreachable, "{error}");
    // One dead and one good address.
    let both = Config::new(["127.0.0.1:1".to_owned(), broker.address("KAFKA_PORT")]);
    assert!(Client::new(both).unwrap().topic("nowhere").unwrap().is_none());
}

#[test]
fn rights_are_told_and_may_come_back() {
    let _shared = BROKER.read().unwrap_or_else(PoisonError::into_inner);
    let Some(broker) = Broker::find("rights") else { return };
    let topic = broker.topic(1, &[]);
    let poor = || {
        let (user, secret) = ("nobody".to_owned(), Secret::new("datagen-secret"));
        let sasl = Some(Sasl::Secret { mechanism: Mechanism::ScramSha256, user, secret });
        let brokers = vec![broker.address("KAFKA_SASL_PORT")];
        Client::new(Config { brokers, sasl, ..broker.config() }).unwrap()
    };
    let error = poor().topic(&topic).unwrap_err();
    assert_eq!(error.kind(), Kind::NotAllowed, "{error}");
    assert!(error.to_string().contains("TOPIC_AUTHORIZATION_FAILED"), "{error}");
    let rule = |change: &'static str, operation: &'static str| {
        let mut arguments = vec![
            change,
            "--topic",
            &topic,
            "--operation",
            operation,
            "--allow-principal",
            "User:nobody",
        ];
        if change == "--remove" {
            arguments.push("--force");
        }
        broker.acl(&arguments);
    };
    rule("--add", "Describe");
    let rights = || poor().topic(&topic).unwrap().unwrap().rights;
    assert!(rights().is_some_and(|rights| !rights.write));
    // Refused at once, or by the partition where the user may write to another topic.
    let written = |producer: &mut Producer| {
        let batch = values(0, 1, 1 << 16, Compression::None).remove(0);
        producer.send(0, batch).and_then(|()| producer.flush())
    };
    let error = Producer::open(poor(), &topic, Options::default())
        .and_then(|mut producer| written(&mut producer))
        .unwrap_err();
    assert_eq!(error.kind(), Kind::NotAllowed, "{error}");
    rule("--add", "Write");
    assert!(rights().is_some_and(|rights| rights.write && !rights.read && !rights.delete));
    let mut producer = Producer::open(poor(), &topic, Options::default()).unwrap();
    send(&mut producer, 0, 10);
    producer.flush().unwrap();
    rule("--remove", "Write");
    let error = values(10, 10, 1 << 16, Compression::None)
        .into_iter()
        .try_for_each(|batch| producer.send(0, batch))
        .and_then(|()| producer.flush())
        .unwrap_err();
    assert_eq!(error.kind(), Kind::NotAllowed, "{error}");
    let options =
        Options { transactional_id: Some("not-allowed".to_owned()), ..Options::default() };
    rule("--add", "Write");
    let error = Producer::open(poor(), &topic, options).unwrap_err();
    assert!(error.to_string().contains("TRANSACTIONAL_ID_AUTHORIZATION_FAILED"), "{error}");
    assert_eq!(error.kind(), Kind::NotAllowed);
    let missing =
        NewTopic { name: "not-allowed", partitions: None, replication: None, settings: &[] };
    assert_eq!(poor().create_topic(&missing).unwrap_err().kind(), Kind::NotAllowed);
    rule("--remove", "Write");
    rule("--remove", "Describe");
}

#[test]
fn topics_are_made_described_and_removed() {
    let _shared = BROKER.read().unwrap_or_else(PoisonError::into_inner);
    let Some(broker) = Broker::find("topics") else { return };
    let mut client = broker.client();
    let name = broker.topic(4, &[("max.message.bytes", "12345")]);
    let topic = client.topic(&name).unwrap().unwrap();
    assert_eq!(topic.partitions.len(), 4);
    let settings = client.topic_settings(&name, &["max.message.bytes"]).unwrap();
    assert_eq!(settings, [("max.message.bytes".to_owned(), Some("12345".to_owned()))]);
    assert_eq!(client.end_offsets(&name).unwrap(), [0; 4]);
    let refused = |name: &str, partitions, replication, settings: &[(String, String)]| {
        let new = NewTopic {
            name,
            partitions: Some(partitions),
            replication: Some(replication),
            settings,
        };
        broker.client().create_topic(&new).unwrap_err()
    };
    assert_eq!(refused(&name, 1, 1, &[]).kind(), Kind::Exists);
    assert!(refused("few", 1, 3, &[]).to_string().contains("INVALID_REPLICATION_FACTOR"));
    assert!(refused("none", 0, 1, &[]).to_string().contains("INVALID_PARTITIONS"));
    let wrong = [("no.such.setting".to_owned(), "1".to_owned())];
    assert!(refused("wrong", 1, 1, &wrong).to_string().contains("INVALID_CONFIG"));
    assert!(refused("a b", 1, 1, &[]).to_string().contains("INVALID_TOPIC"));
    for _ in 0..5 {
        client.delete_topic(&name).unwrap();
        broker.create(&name, 1, &[]);
        let again = client.topic(&name).unwrap().unwrap();
        assert_ne!(again.id, topic.id);
    }
    client.delete_topic("never-there").unwrap();
}

#[test]
fn sizes_and_contents_get_their_right_answers() {
    let _shared = BROKER.read().unwrap_or_else(PoisonError::into_inner);
    let Some(broker) = Broker::find("sizes") else { return };
    let open = |topic: &str| Producer::open(broker.client(), topic, Options::default()).unwrap();
    // 300 messages in a batch that is larger than the topic takes: it is split, none is lost or out of order.
    let small = broker.topic(1, &[("max.message.bytes", "10000")]);
    let mut producer = open(&small);
    assert_eq!(producer.largest_batch(), Some(10_000));
    for first in [0, 6_000, 12_000] {
        for batch in values(first, 6_000, 1 << 20, Compression::None) {
            producer.send(0, batch).unwrap();
        }
    }
    producer.flush().unwrap();
    assert_all(&broker.read(&small, "read_committed"), 18_000);
    // One message that is too large.
    let (bytes, ends) = column(std::iter::once("x".repeat(20_000)));
    let mut builder = BatchBuilder::new(Compression::None, 1 << 20);
    builder.fill(&Rows::of_values(Texts::new(&bytes, &ends)), 0..1, Placement::One(0)).unwrap();
    let (_, batch) = builder.finish().unwrap().remove(0);
    producer.send(0, batch).unwrap();
    let error = producer.flush().unwrap_err();
    assert_eq!(error.kind(), Kind::TooLarge, "{error}");
    assert!(error.to_string().ends_with("takes (`max.message.bytes` = 10000)"), "{error}");
    // A compacted topic wants keys.
    let compacted = broker.topic(1, &[("cleanup.policy", "compact")]);
    let mut producer = open(&compacted);
    send(&mut producer, 0, 10);
    let error = producer.flush().unwrap_err();
    assert_eq!(error.kind(), Kind::Refused, "{error}");
    assert!(
        error.to_string().contains("INVALID_RECORD") && error.to_string().contains("message 0"),
        "{error}"
    );
    // A time too far ahead.
    let topic = broker.topic(1, &[]);
    let mut producer = open(&topic);
    let rows = Rows {
        timestamps: Timestamps::Rows(&[9_999_999_999_000]),
        ..Rows::of_values(Texts::new(b"x", &[1]))
    };
    let mut builder = BatchBuilder::new(Compression::None, 1 << 20);
    builder.fill(&rows, 0..1, Placement::One(0)).unwrap();
    producer.send(0, builder.finish().unwrap().remove(0).1).unwrap();
    let error = producer.flush().unwrap_err();
    assert!(error.to_string().contains("INVALID_TIMESTAMP"), "{error}");
    // A partition that is not there.
    let mut producer = open(&topic);
    let batch = values(0, 1, 1 << 16, Compression::None).remove(0);
    let error = producer.send(7, batch).unwrap_err();
    assert_eq!(error.to_string(), format!("topic `{topic}` has no partition 7, it has 1"));
    // A topic that is not there.
    let error = Producer::open(broker.client(), "not-there", Options::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::Missing, "{error}");
}

#[test]
fn a_topic_that_is_replaced_fails_the_producer() {
    let _shared = BROKER.read().unwrap_or_else(PoisonError::into_inner);
    let Some(broker) = Broker::find("replaced topics") else { return };
    for made_again in [false, true] {
        let topic = broker.topic(1, &[]);
        let mut producer = Producer::open(broker.client(), &topic, Options::default()).unwrap();
        send(&mut producer, 0, 1_000);
        producer.flush().unwrap();
        broker.client().delete_topic(&topic).unwrap();
        if made_again {
            broker.create(&topic, 1, &[]);
        }
        let began = Instant::now();
        let error = values(1_000, 10, 1 << 16, Compression::None)
            .into_iter()
            .try_for_each(|batch| producer.send(0, batch))
            .and_then(|()| producer.flush())
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Lost, "{error}");
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    }
}
