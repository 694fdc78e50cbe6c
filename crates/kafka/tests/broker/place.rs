//! The broker of the tests, and what an independent client reads of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::RwLock;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use datagen_kafka::{
    BatchBuilder, Client, Compression, Config, NewTopic, Placement, Producer, Rows, SealedBatch,
    Secret, Texts, Tls,
};

/// Tests that stop the broker have it for themselves.
pub(crate) static BROKER: RwLock<()> = RwLock::new(());
pub(crate) static TOPICS: AtomicU32 = AtomicU32::new(0);

pub(crate) struct Broker {
    pub(crate) folder: PathBuf,
    pub(crate) python: String,
    pub(crate) ports: BTreeMap<String, u16>,
}

impl Broker {
    /// The broker of the environment; none where there is none, which is said.
    pub(crate) fn find(test: &str) -> Option<Self> {
        let (folder, python) =
            match (std::env::var("DATAGEN_KAFKA"), std::env::var("DATAGEN_REFEREE")) {
                (Ok(folder), Ok(python)) => (PathBuf::from(folder), python),
                _ => {
                    eprintln!("left out: {test} needs DATAGEN_KAFKA and DATAGEN_REFEREE");
                    return None;
                }
            };
        let ports = std::fs::read_to_string(folder.join("ports")).unwrap();
        let ports = ports
            .lines()
            .filter_map(|line| line.split_once('='))
            // Other settings of its first start stand there, too.
            .filter_map(|(name, port)| Some((name.to_owned(), port.parse().ok()?)))
            .collect();
        Some(Self { folder, python, ports })
    }

    pub(crate) fn address(&self, listener: &str) -> String {
        format!("127.0.0.1:{}", self.ports[listener])
    }

    pub(crate) fn config(&self) -> Config {
        Config { client_id: "tests".to_owned(), ..Config::new([self.address("KAFKA_PORT")]) }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.config()).unwrap()
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands where a configuration may have none")]
    pub(crate) fn tls(&self, authority: &str, identity: bool) -> Option<Tls> {
        let file = |name: &str| std::fs::read(self.folder.join("tls").join(name)).unwrap();
        let identity = identity.then(|| (file("client.crt"), Secret::new(file("client.key"))));
        Some(Tls { authorities: Some(file(authority)), identity })
    }

    /// A topic of its own for a test.
    pub(crate) fn topic(&self, partitions: i32, settings: &[(&str, &str)]) -> String {
        let number = TOPICS.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}-{number}", std::process::id());
        self.create(&name, partitions, settings);
        name
    }

    pub(crate) fn create(&self, name: &str, partitions: i32, settings: &[(&str, &str)]) {
        let settings: Vec<(String, String)> = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let topic = NewTopic {
            name,
            partitions: Some(partitions),
            replication: Some(1),
            settings: &settings,
        };
        self.client().create_topic(&topic).unwrap();
    }

    pub(crate) fn run(&self, command: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/services/kafka/run");
        let status = Command::new(script).arg(command).arg(&self.folder).status().unwrap();
        assert!(status.success(), "{command}");
    }

    pub(crate) fn signal(&self, signal: &str) {
        let pid = std::fs::read_to_string(self.folder.join("pid")).unwrap();
        assert!(Command::new("kill").args([signal, pid.trim()]).status().unwrap().success());
    }

    pub(crate) fn acl(&self, arguments: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/services/kafka/run");
        let mut command = Command::new(script);
        command.arg("tool").arg(&self.folder).arg("acls").args(arguments);
        assert!(command.output().unwrap().status.success(), "{arguments:?}");
    }

    /// What confluent-kafka reads of the topic.
    pub(crate) fn read(&self, topic: &str, isolation: &str) -> Vec<Message> {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/services/kafka_read.py");
        let output = Command::new(&self.python)
            .arg(script)
            .args([&self.address("KAFKA_PORT"), topic, isolation])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().filter(|line| !line.is_empty()).map(Message::of).collect()
    }
}

/// One message; the reader's lines are simple enough to be cut by hand.
#[derive(Debug, PartialEq)]
pub(crate) struct Message {
    pub(crate) partition: u32,
    pub(crate) key: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) timestamp: i64,
    pub(crate) headers: String,
}

impl Message {
    pub(crate) fn of(line: &str) -> Self {
        let after = |name: &str| line.split(&format!("\"{name}\": ")).nth(1).unwrap();
        let text = |name: &str| {
            let rest = after(name).strip_prefix('"')?;
            Some(rest.split('"').next().unwrap().to_owned())
        };
        let number = |name: &str| -> i64 {
            after(name).split([',', '}']).next().unwrap().trim().parse().unwrap()
        };
        Self {
            partition: number("partition") as u32,
            key: text("key"),
            value: text("value"),
            timestamp: number("timestamp"),
            headers: after("headers").trim_end_matches('}').to_owned(),
        }
    }
}

/// Words one behind the other, and where each ends.
pub(crate) fn column(words: impl Iterator<Item = String>) -> (Vec<u8>, Vec<u32>) {
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    for word in words {
        bytes.extend(word.into_bytes());
        ends.push(bytes.len() as u32);
    }
    (bytes, ends)
}

/// Values `v<first>` and so on, all to one partition.
pub(crate) fn values(
    first: usize,
    count: usize,
    limit: usize,
    compression: Compression,
) -> Vec<SealedBatch> {
    let (bytes, ends) = column((first..first + count).map(|row| format!("v{row}")));
    let mut builder = BatchBuilder::new(compression, limit);
    builder.fill(&Rows::of_values(Texts::new(&bytes, &ends)), 0..count, Placement::One(0)).unwrap();
    builder.finish().unwrap().into_iter().map(|(_, batch)| batch).collect()
}

pub(crate) fn send(producer: &mut Producer, first: usize, count: usize) {
    for batch in values(first, count, 1 << 16, Compression::Lz4) {
        producer.send(0, batch).unwrap();
    }
}

/// Values of one partition are `v0` to `v<count - 1>`, once each and in order.
pub(crate) fn assert_all(messages: &[Message], count: usize) {
    assert_eq!(messages.len(), count);
    for (row, message) in messages.iter().enumerate() {
        assert_eq!(message.value.as_deref(), Some(format!("v{row}").as_str()));
    }
}
