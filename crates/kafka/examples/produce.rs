//! Produces messages of 200 bytes: our side of `benches/kafka.py`.
//!
//! `produce BROKER TOPIC COUNT CODEC`; batches are made on this thread, too, so that the CPU of the process is all
//! that the messages cost.

use std::fmt::Write as _;

use datagen_kafka::{
    BatchBuilder, Client, Compression, Config, Options, Placement, Producer, Rows, Texts,
};

const ROWS: usize = 8_192;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [broker, topic, count, codec] = arguments.as_slice() else {
        return Err("usage: produce BROKER TOPIC COUNT CODEC".into());
    };
    let compression = match codec.as_str() {
        "none" => Compression::None,
        "lz4" => Compression::Lz4,
        other => return Err(format!("unknown codec `{other}`").into()),
    };
    let count: usize = count.parse()?;
    let client = Client::new(Config::new([broker.as_str()]))?;
    let mut producer = Producer::open(client, topic, Options::default())?;
    let (bytes, ends) = column()?;
    let rows = Rows::of_values(Texts::new(&bytes, &ends));
    let mut builder = BatchBuilder::new(compression, 500_000);
    let (mut sent, mut partition) = (0, 0);
    while sent < count {
        let rows_now = ROWS.min(count - sent);
        builder.fill(&rows, 0..rows_now, Placement::One(partition))?;
        for (partition, batch) in builder.finish()? {
            producer.send(partition, batch)?;
        }
        sent += rows_now;
        partition = (partition + 1) % producer.partitions();
    }
    producer.flush()?;
    assert_eq!(producer.acknowledged(), count as u64, "every message is acknowledged");
    Ok(())
}

/// The rows of `benches/kafka.py`: JSON objects of 200 bytes.
fn column() -> Result<(Vec<u8>, Vec<u32>), std::fmt::Error> {
    let (mut bytes, mut ends) = (String::new(), Vec::new());
    for row in 0..ROWS {
        let start = bytes.len();
        let mixed = row.wrapping_mul(2_654_435_761) % 1_000_000_007;
        write!(
            bytes,
            "{{\"id\":{row},\"name\":\"name {mixed}\",\"email\":\"{mixed}@example.com\",\"city\":\"Paris\",\"amount\":{}.{:02},\"note\":\"",
            mixed % 10_000,
            mixed % 100
        )?;
        while bytes.len() < start + 198 {
            bytes.push(char::from(b'a' + ((row * 7 + bytes.len() * 13) % 26) as u8));
        }
        bytes.push_str("\"}");
        ends.push(bytes.len() as u32);
    }
    Ok((bytes.into_bytes(), ends))
}
