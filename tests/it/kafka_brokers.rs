//! A Kafka cluster of two brokers, one of which goes in the middle of a command. It is the test's own; it runs where
//! `DATAGEN_KAFKA_OUTAGES` is set, since it takes as much memory as another broker does.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::kafka::Broker;
use crate::kafka_outages::{Outage, run};

/// Two brokers of one cluster, stopped at the end.
struct Cluster {
    _folder: tempfile::TempDir,
    /// The controller and the other one.
    nodes: [Broker; 2],
}

impl Cluster {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let nodes = ["one", "two"].map(|name| Broker(folder.path().join(name)));
        for (number, node) in nodes.iter().enumerate() {
            let join = if number == 0 { "" } else { nodes[0].0.to_str().unwrap() };
            // Held until all are known, so that they differ.
            let ports: Vec<_> = (0..5).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
            let port = |place: usize| ports[place].local_addr().unwrap().port().to_string();
            let named = [
                ("KAFKA_PORT", port(0)),
                ("KAFKA_CONTROLLER_PORT", port(1)),
                ("KAFKA_SASL_PORT", port(2)),
                ("KAFKA_SASL_SSL_PORT", port(3)),
                ("KAFKA_SSL_PORT", port(4)),
                ("KAFKA_NODE", (number + 1).to_string()),
                ("KAFKA_JOIN", join.to_owned()),
                ("KAFKA_KERBEROS", String::new()),
                ("KAFKA_REPLICATION", "2".to_owned()),
                ("KAFKA_HEAP", "384m".to_owned()),
            ];
            drop(ports);
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/services/kafka/run");
            let mut start = Command::new(script);
            start.arg("start").arg(&node.0).envs(named).stdout(Stdio::null());
            assert!(start.status().unwrap().success(), "broker {}", number + 1);
        }
        Self { _folder: folder, nodes }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in self.nodes.iter().rev() {
            Outage(node).service("kill");
        }
    }
}

/// Issue 10: the leaders of partitions, of transactions and of groups are followed to the broker that stays, whether
/// the other one takes its leave or is killed; the rows are there once. A topic that only lives on the broker that is
/// gone is waited for.
#[test]
fn outages_of_a_broker_among_two_are_followed() {
    if std::env::var_os("DATAGEN_KAFKA_OUTAGES").is_none() {
        println!("left out: brokers that go among two need DATAGEN_KAFKA_OUTAGES=1");
        return;
    }
    let cluster = Cluster::start();
    let [stays, goes] = &cluster.nodes;
    let goes = Outage(goes);
    let copied = json!({"KAFKA_REPLICATION_FACTOR": 2, "KAFKA_PARTITIONS_NUMBER": 6});
    let left = run(stays, "leave", &copied, 120, || goes.service("stop"));
    assert_eq!(left["status"], "FINISHED", "{left}");
    goes.service("start");
    let killed = run(stays, "killed-of-two", &copied, 120, || goes.service("kill"));
    assert_eq!(killed["status"], "FINISHED", "{killed}");
    goes.service("start");
    let waited = run(stays, "only-there", &json!({"KAFKA_PARTITIONS_NUMBER": 6}), 200, || {
        goes.service("kill");
        std::thread::sleep(std::time::Duration::from_secs(15));
        goes.service("start");
    });
    assert_eq!(waited["status"], "FINISHED", "{waited}");
    // It was away from the fourth second to the nineteenth.
    assert!(waited["durationSeconds"].as_f64().unwrap() > 19.0, "{waited}");
}
