//! Brokers that freeze, are killed, or stay away.

use std::process::Command;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use datagen_kafka::{Cancel, Client, Config, Error, Options, Producer};

use crate::place::{BROKER, Broker, assert_all, send};

#[test]
fn a_frozen_broker_is_waited_for_and_a_cancelled_wait_ends_at_once() {
    let _alone = BROKER.write().unwrap_or_else(PoisonError::into_inner);
    let Some(broker) = Broker::find("frozen brokers") else { return };
    let topic = broker.topic(1, &[]);
    let cancelled = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&cancelled);
    let config = Config {
        request_timeout: Duration::from_secs(2),
        cancel: Cancel::new(move || asked.load(Ordering::Relaxed)),
        ..broker.config()
    };
    let mut producer =
        Producer::open(Client::new(config).unwrap(), &topic, Options::default()).unwrap();
    let mut sent = 0;
    for round in 0..60 {
        if round == 20 {
            // Connected, so that something is under way when the broker freezes.
            producer.flush().unwrap();
            broker.signal("-STOP");
            let pid = std::fs::read_to_string(broker.folder.join("pid")).unwrap();
            thread::spawn(move || {
                thread::sleep(Duration::from_secs(8));
                Command::new("kill").args(["-CONT", pid.trim()]).status().unwrap();
            });
        }
        send(&mut producer, sent, 200);
        sent += 200;
        if round < 30 {
            producer.poll().unwrap();
        }
    }
    producer.flush().unwrap();
    assert!(producer.retries() > 0);
    assert_all(&broker.read(&topic, "read_committed"), sent);
    broker.signal("-STOP");
    send(&mut producer, sent, 200);
    let began = Instant::now();
    let stop = Arc::clone(&cancelled);
    let stopper = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        stop.store(true, Ordering::Relaxed);
    });
    let error = producer.flush().unwrap_err();
    let after = began.elapsed();
    broker.signal("-CONT");
    stopper.join().unwrap();
    assert!(matches!(error, Error::Cancelled), "{error}");
    assert!(after < Duration::from_millis(1_300), "{after:?}");
}

#[test]
fn a_killed_broker_loses_and_doubles_nothing() {
    let _alone = BROKER.write().unwrap_or_else(PoisonError::into_inner);
    let Some(broker) = Broker::find("killed brokers") else { return };
    let topic = broker.topic(2, &[]);
    let plain = broker.topic(1, &[]);
    let options = Options { transactional_id: Some(format!("tx-{topic}")), ..Options::default() };
    let mut producer = Producer::open(broker.client(), &topic, options).unwrap();
    let mut other = Producer::open(broker.client(), &plain, Options::default()).unwrap();
    let mut sent = 0;
    let mut restarted = None;
    for round in 0..40_u32 {
        producer.begin().unwrap();
        for part in 0..10 {
            if round == 15 && part == 5 {
                broker.run("kill");
                restarted = Some(thread::spawn({
                    let broker = Broker::find("restart").unwrap();
                    move || broker.run("start")
                }));
            }
            send(&mut producer, sent, 50);
            send(&mut other, sent, 50);
            sent += 50;
        }
        producer.commit("group-of-kills", i64::from(round) + 1).unwrap();
    }
    other.flush().unwrap();
    restarted.unwrap().join().unwrap();
    assert!(producer.retries() > 0 && other.retries() > 0);
    assert_all(&broker.read(&topic, "read_committed"), sent);
    assert_all(&broker.read(&plain, "read_committed"), sent);
    assert_eq!(broker.client().committed_offset("group-of-kills", &topic, 0).unwrap(), Some(40));
}

#[test]
fn an_outage_longer_than_the_deadline_is_told_with_its_cause() {
    let _alone = BROKER.write().unwrap_or_else(PoisonError::into_inner);
    let Some(broker) = Broker::find("outages") else { return };
    let topic = broker.topic(1, &[]);
    let config = Config { delivery_timeout: Duration::from_secs(4), ..broker.config() };
    let mut producer =
        Producer::open(Client::new(config).unwrap(), &topic, Options::default()).unwrap();
    send(&mut producer, 0, 100);
    producer.flush().unwrap();
    broker.run("kill");
    let began = Instant::now();
    send(&mut producer, 100, 100);
    let error = producer.flush().unwrap_err();
    let after = began.elapsed();
    broker.run("start");
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert_eq!(
        error.to_string(),
        format!("no success with writing to partition 0 of `{topic}` within 4 s")
    );
    assert!(
        cause.contains("is not reachable")
            || cause.contains("closed the connection")
            || cause.contains("no success"),
        "{cause}"
    );
    assert!(after < Duration::from_secs(12), "{after:?}");
    assert_eq!(producer.acknowledged(), 100);
}
