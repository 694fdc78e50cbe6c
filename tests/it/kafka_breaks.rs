//! A proxy between the program and a broker that breaks what is between a request and its answer: by killing the
//! server, or by closing the connection. Requests are known by their numbers in the protocol, so that each step of a
//! transaction is met, whatever else the machine does.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde_json::{Value, json};

use crate::kafka::{Broker, json_rows, model, sorted, topic};
use crate::server::Server;
use crate::support::{datagen, run_ok};

/// What a run asks of a broker: the name, the number, and which of them is met. The first producer id is the probe's.
const REQUESTS: [(&str, i16, u32); 6] = [
    ("InitProducerId", 22, 2),
    ("AddPartitionsToTxn", 24, 2),
    ("Produce", 0, 3),
    ("AddOffsetsToTxn", 25, 2),
    ("TxnOffsetCommit", 28, 2),
    ("EndTxn", 26, 2),
];

/// What is broken, once.
struct Break {
    request: i16,
    /// How many of them are let through before.
    after: u32,
    /// Whether the broker has answered; else it never gets the request.
    is_answered: bool,
    act: Box<dyn FnOnce() + Send>,
}

/// A proxy on a port of its own. Brokers name their own address to clients: in their answers it is the proxy's.
#[derive(Clone)]
struct Proxy {
    broker: u16,
    port: u16,
    next: Arc<Mutex<Option<Break>>>,
}

impl Proxy {
    fn start(broker: &Broker) -> Self {
        let address = broker.address("KAFKA_PORT");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self {
            broker: address.rsplit_once(':').unwrap().1.parse().unwrap(),
            port: listener.local_addr().unwrap().port(),
            next: Arc::default(),
        };
        let serving = proxy.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let proxy = serving.clone();
                // A connection that breaks is what it is for.
                thread::spawn(move || drop(proxy.serve(client)));
            }
        });
        proxy
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn will_break(&self, next: Break) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(next);
    }

    fn has_broken(&self) -> bool {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// One request after the other, with its answer.
    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let mut broker = TcpStream::connect(("127.0.0.1", self.broker))?;
        loop {
            let request = frame(&mut client)?;
            let number = i16::from_be_bytes([request[4], request[5]]);
            let found = self.meets(number);
            if let Some(found) = found {
                if found.is_answered {
                    broker.write_all(&request)?;
                    frame(&mut broker)?;
                }
                (found.act)();
                return Ok(());
            }
            broker.write_all(&request)?;
            let mut answer = frame(&mut broker)?;
            self.rename(&mut answer);
            client.write_all(&answer)?;
        }
    }

    fn meets(&self, number: i16) -> Option<Break> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let found = next.as_mut().filter(|next| next.request == number)?;
        if found.after == 0 {
            return next.take();
        }
        found.after -= 1;
        None
    }

    fn rename(&self, answer: &mut [u8]) {
        let own = [&b"127.0.0.1"[..], &u32::from(self.broker).to_be_bytes()].concat();
        for at in 0..answer.len().saturating_sub(own.len() - 1) {
            if answer[at..].starts_with(&own) {
                let port = u32::from(self.port).to_be_bytes();
                answer[at + own.len() - 4..at + own.len()].copy_from_slice(&port);
            }
        }
    }
}

/// A request or an answer with its length in front.
fn frame(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut frame = length.to_vec();
    frame.resize(4 + u32::from_be_bytes(length) as usize, 0);
    stream.read_exact(&mut frame[4..])?;
    Ok(frame)
}

/// A model whose brokers are reached by the proxy, as a file.
fn write_model(folder: &Path, broker: &Broker, proxy: &Proxy, topic: &str) {
    let model = model(broker, topic, &json!({"KAFKA_BROKERS": proxy.address()}));
    std::fs::write(folder.join("m.json"), model.to_string()).unwrap();
}

fn each() -> impl Iterator<Item = (&'static str, i16, u32, bool)> {
    let both =
        |(name, number, which)| [false, true].map(|answered| (name, number, which, answered));
    REQUESTS.into_iter().flat_map(both)
}

/// Issue 10: wherever the server is killed, before a broker gets a request or between its answer and us, readers of
/// committed messages find every row once, and no transaction is left open.
#[test]
fn a_kill_at_any_request_loses_and_doubles_nothing() {
    let Some(broker) = Broker::find("kills between requests and answers of kafka") else { return };
    let proxy = Proxy::start(&broker);
    for (name, request, which, is_answered) in each() {
        let at = format!("{name}, answered: {is_answered}");
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("models")).unwrap();
        let topic = topic(&format!("kill-{name}-{is_answered}"));
        write_model(folder.path(), &broker, &proxy, &topic);
        let server = || {
            let allowed = proxy.address();
            Server::start_by(
                datagen(folder.path()).env("DATAGEN_CONNECTORS_ALLOWED_HOSTS", allowed),
            )
        };
        let killed = server();
        let id = killed.id().to_string();
        let act = move || {
            assert!(Command::new("kill").args(["-KILL", &id]).status().unwrap().success());
        };
        proxy.will_break(Break { request, after: which - 1, is_answered, act: Box::new(act) });
        let form = format!("model_file=@{}/m.json", folder.path().display());
        let path = "/datagen/multipleconnectors?connectors=kafka,json&rows=500&batches=4&seed=7";
        let id = killed.submit(path, &[&form]);
        killed.wait_for_end();
        let server = server();
        let status = server.wait_after_kills(&id);
        assert_eq!(status["status"], "FINISHED", "{at}: {status}");
        assert!(proxy.has_broken(), "{at}");
        let rows = sorted(broker.read(&topic));
        assert!(rows == json_rows(&folder.path().join("out/files")), "{at}: {}", rows.len());
    }
}

/// Issue 10: an answer that never comes is asked for again, which is counted and changes nothing; what a finished
/// command has kept on the cluster goes.
#[test]
fn a_lost_answer_is_asked_for_again_and_counted() {
    let Some(broker) = Broker::find("lost answers of kafka") else { return };
    let proxy = Proxy::start(&broker);
    for (name, request, which, is_answered) in each() {
        let at = format!("{name}, answered: {is_answered}");
        let folder = tempfile::tempdir().unwrap();
        let topic = topic(&format!("lost-{name}-{is_answered}"));
        write_model(folder.path(), &broker, &proxy, &topic);
        proxy.will_break(Break { request, after: which - 1, is_answered, act: Box::new(|| ()) });
        let arguments = ["generate", "-m", "m.json", "-c", "kafka,json", "-n", "500", "-b", "4"];
        let report = run_ok(folder.path(), &[&arguments[..], &["--summary", "json"]].concat());
        let report: Value = serde_json::from_str(&report).unwrap();
        assert!(proxy.has_broken(), "{at}");
        assert!(report["targets"][0]["retries"].as_u64().unwrap() > 0, "{at}: {report}");
        assert_eq!(report["targets"][1]["retries"], 0, "{at}: {report}");
        let rows = sorted(broker.read(&topic));
        assert!(rows == json_rows(&folder.path().join("files")), "{at}: {}", rows.len());
        assert_eq!(broker.groups(&topic), "", "{at}");
    }
}
