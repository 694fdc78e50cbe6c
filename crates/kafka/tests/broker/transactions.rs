//! Transactions: seen when committed, fenced, too long.

use std::sync::PoisonError;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use datagen_kafka::{
    BatchBuilder, Compression, Error, Kind, Options, Placement, Producer, Rows, Texts, Timestamps,
};

use crate::place::{BROKER, Broker, assert_all, send, values};

#[test]
fn transactions_are_seen_when_they_are_committed_and_only_then() {
    let _shared = BROKER.read().unwrap_or_else(PoisonError::into_inner);
    let Some(broker) = Broker::find("transactions") else { return };
    let topic = broker.topic(1, &[]);
    let id = format!("tx-{topic}");
    let group = format!("group-{topic}");
    let options = || Options { transactional_id: Some(id.clone()), ..Options::default() };
    let mut producer = Producer::open(broker.client(), &topic, options()).unwrap();
    assert_eq!(broker.client().committed_offset(&group, &topic, 0).unwrap(), None);
    assert!(matches!(producer.commit(&group, 1).unwrap_err(), Error::Misuse(_)));
    let batch = values(0, 1, 1 << 16, Compression::None).remove(0);
    assert!(matches!(producer.send(0, batch).unwrap_err(), Error::Misuse(_)));
    producer.begin().unwrap();
    assert!(matches!(producer.begin().unwrap_err(), Error::Misuse(_)));
    send(&mut producer, 900, 100);
    producer.flush().unwrap();
    assert_eq!(broker.read(&topic, "read_uncommitted").len(), 100);
    assert_eq!(broker.read(&topic, "read_committed").len(), 0);
    producer.abort().unwrap();
    // Aborted without waiting, then the next ones commit: an empty one, too.
    producer.begin().unwrap();
    send(&mut producer, 900, 100);
    producer.abort().unwrap();
    for batch in 0..3 {
        producer.begin().unwrap();
        send(&mut producer, batch * 100, 100);
        producer.commit(&group, batch as i64 + 1).unwrap();
    }
    producer.begin().unwrap();
    producer.commit(&group, 4).unwrap();
    assert_all(&broker.read(&topic, "read_committed"), 300);
    assert_eq!(broker.client().committed_offset(&group, &topic, 0).unwrap(), Some(4));
    // A refused message does not spoil the transaction after it.
    producer.begin().unwrap();
    let rows = Rows {
        timestamps: Timestamps::Rows(&[9_999_999_999_000]),
        ..Rows::of_values(Texts::new(b"x", &[1]))
    };
    let mut builder = BatchBuilder::new(Compression::None, 1 << 20);
    builder.fill(&rows, 0..1, Placement::One(0)).unwrap();
    producer.send(0, builder.finish().unwrap().remove(0).1).unwrap();
    assert!(producer.commit(&group, 5).unwrap_err().to_string().contains("INVALID_TIMESTAMP"));
    producer.abort().unwrap();
    producer.begin().unwrap();
    send(&mut producer, 300, 100);
    producer.commit(&group, 5).unwrap();
    assert_all(&broker.read(&topic, "read_committed"), 400);
    // A second producer of the same id ends what the first has begun, and fences it.
    producer.begin().unwrap();
    send(&mut producer, 400, 100);
    producer.flush().unwrap();
    let mut second = Producer::open(broker.client(), &topic, options()).unwrap();
    let error = producer.commit(&group, 6).unwrap_err();
    assert_eq!(error.kind(), Kind::Fenced, "{error}");
    second.begin().unwrap();
    send(&mut second, 400, 100);
    second.commit(&group, 6).unwrap();
    assert_all(&broker.read(&topic, "read_committed"), 500);
    broker.client().delete_group(&group).unwrap();
    assert_eq!(broker.client().committed_offset(&group, &topic, 0).unwrap(), None);
}

#[test]
fn a_transaction_that_lasts_too_long_is_told_as_such() {
    let _shared = BROKER.read().unwrap_or_else(PoisonError::into_inner);
    let Some(broker) = Broker::find("long transactions") else { return };
    let topic = broker.topic(1, &[]);
    let transactional_id = Some(format!("tx-{topic}"));
    let too_long = Options {
        transactional_id: transactional_id.clone(),
        transaction_timeout: Duration::from_secs(3_600),
        ..Options::default()
    };
    let error = Producer::open(broker.client(), &topic, too_long).unwrap_err();
    assert!(error.to_string().contains("INVALID_TRANSACTION_TIMEOUT"), "{error}");
    let options = Options {
        transactional_id,
        transaction_timeout: Duration::from_secs(1),
        ..Options::default()
    };
    let mut producer = Producer::open(broker.client(), &topic, options).unwrap();
    producer.begin().unwrap();
    send(&mut producer, 500, 100);
    producer.flush().unwrap();
    // The broker looks every ten seconds (transaction.abort.timed.out.transaction.cleanup.interval.ms).
    let ended = Instant::now();
    while !broker.read(&topic, "read_uncommitted").is_empty()
        && ended.elapsed() < Duration::from_secs(14)
    {
        thread::sleep(Duration::from_secs(13));
    }
    let error = producer.commit("group-late", 1).unwrap_err();
    assert_eq!(error.kind(), Kind::Fenced, "{error}");
    producer.abort().unwrap();
    producer.begin().unwrap();
    send(&mut producer, 0, 100);
    producer.commit("group-late", 1).unwrap();
    assert_all(&broker.read(&topic, "read_committed"), 100);
}
