//! Standard output: all batches as one stream, for pipes.
//!
//! No connector of the API: a server has no reader there. The command line opens it by name. What was written
//! cannot be taken back, so a batch is as good as published when it is sealed.

use std::io::{self, Write as _};
use std::sync::Arc;

use super::{
    About, Committed, Destination, Durability, Holder, Opened, Payload, Published, Receipt,
    Sealing, Sink, Start, Target,
};
use crate::formats::{Encoder, FileEncoder, Segment};
use crate::remote::{Failure, Io};
use crate::stores::StoreError;

/// Rows laid out by an encoder on standard output.
#[derive(Debug)]
pub(crate) struct Stdout {
    about: About,
    payload: Payload,
    encoder: Arc<dyn Encoder>,
}

impl Stdout {
    /// A target of the format called `connector`.
    pub(crate) fn new(connector: &'static str, encoder: Arc<dyn Encoder>) -> Self {
        let shown = "standard output".to_owned();
        let about = About {
            connector,
            destination: Destination { identity: shown.clone(), exclusive: None, shown },
            durability: Durability::Batches,
            commits: 1,
            buffer_bytes: 0,
        };
        Self { about, payload: Payload::files(Arc::clone(&encoder)), encoder }
    }
}

impl Target for Stdout {
    fn about(&self) -> &About {
        &self.about
    }

    fn payload(&self) -> &Payload {
        &self.payload
    }

    fn probe(&self, _: &Io) -> Result<(), Failure> {
        Ok(())
    }

    fn open(&self, start: &Start, _: &Io) -> Result<Opened, Failure> {
        let sink = StdoutSink {
            file: self.encoder.file_encoder(),
            begun: false,
            buffer: Vec::new(),
            unsealed: Committed::default(),
        };
        Ok(Opened::new(sink, start))
    }

    fn publish(&self, _: &Receipt, _: &Io) -> Result<Published, Failure> {
        Ok(Published::Done)
    }

    fn discard(&self, _: &Receipt, _: &Io) -> Result<(), Failure> {
        Ok(())
    }

    fn clean(&self, _: &Holder, _: &Io) -> Result<(), Failure> {
        Ok(())
    }
}

struct StdoutSink {
    file: Box<dyn FileEncoder>,
    begun: bool,
    buffer: Vec<u8>,
    unsealed: Committed,
}

impl StdoutSink {
    fn drain(&mut self) -> Result<(), Failure> {
        io::stdout().lock().write_all(&self.buffer).map_err(failed)?;
        self.unsealed.bytes += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    fn flush(&mut self) -> Result<Sealing, Failure> {
        io::stdout().lock().flush().map_err(failed)?;
        let committed = std::mem::take(&mut self.unsealed);
        Ok(Sealing::done(Receipt { committed, ..Receipt::default() }))
    }
}

fn failed(source: io::Error) -> Failure {
    StoreError::Io { action: "write", path: "standard output".to_owned(), source }.into()
}

impl Sink for StdoutSink {
    fn begin(&mut self, _: u64) -> Result<(), Failure> {
        if !self.begun {
            self.begun = true;
            self.file.begin(&mut self.buffer)?;
        }
        self.drain()
    }

    fn write(&mut self, segment: Segment) -> Result<(), Failure> {
        self.unsealed.rows += segment.rows;
        self.file.append(segment, &mut self.buffer)?;
        self.drain()
    }

    fn seal(&mut self) -> Result<Option<Sealing>, Failure> {
        self.flush().map(Some)
    }

    fn end(mut self: Box<Self>) -> Result<Option<Sealing>, Failure> {
        if self.begun {
            self.file.finish(&mut self.buffer)?;
            self.drain()?;
        }
        self.flush().map(Some)
    }

    fn abandon(self: Box<Self>) {}
}
