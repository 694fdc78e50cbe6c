//! Standard output: all batches as one stream, for pipes.
//!
//! No connector of the API: a server has no reader there. The command line opens it by name.

use std::io::{self, Write as _};
use std::sync::Arc;

use super::{Committed, Holder, Opened, Sink, SinkError, Start, Target};
use crate::formats::{Encoder, FileEncoder, Segment};
use crate::stores::StoreError;

/// Rows laid out by `encoder` on standard output.
#[derive(Debug)]
pub struct Stdout {
    connector: &'static str,
    encoder: Arc<dyn Encoder>,
}

impl Stdout {
    /// A target of the format called `connector`.
    pub fn new(connector: &'static str, encoder: Arc<dyn Encoder>) -> Self {
        Self { connector, encoder }
    }
}

impl Target for Stdout {
    fn connector(&self) -> &'static str {
        self.connector
    }

    fn encoder(&self) -> &Arc<dyn Encoder> {
        &self.encoder
    }

    fn destination(&self) -> String {
        "standard output".to_owned()
    }

    fn commits_batches(&self) -> bool {
        true
    }

    fn open(&self, _: &Start) -> Result<Opened, SinkError> {
        let sink = Box::new(StdoutSink {
            file: self.encoder.file_encoder(),
            begun: false,
            buffer: Vec::new(),
            uncommitted: Committed::default(),
        });
        Ok(Opened { sink, beside: None })
    }

    fn discard(&self, _: &Holder) -> Result<(), SinkError> {
        Ok(())
    }
}

struct StdoutSink {
    file: Box<dyn FileEncoder>,
    begun: bool,
    buffer: Vec<u8>,
    uncommitted: Committed,
}

impl StdoutSink {
    fn drain(&mut self) -> Result<(), SinkError> {
        io::stdout().lock().write_all(&self.buffer).map_err(failed)?;
        self.uncommitted.bytes += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    fn commit(&mut self) -> Result<Committed, SinkError> {
        io::stdout().lock().flush().map_err(failed)?;
        Ok(std::mem::take(&mut self.uncommitted))
    }
}

fn failed(source: io::Error) -> SinkError {
    StoreError::Io { action: "write", path: "standard output".to_owned(), source }.into()
}

impl Sink for StdoutSink {
    fn begin_batch(&mut self, _: u64) -> Result<(), SinkError> {
        if !self.begun {
            self.begun = true;
            self.file.begin(&mut self.buffer)?;
        }
        self.drain()
    }

    fn write(&mut self, segment: Segment) -> Result<(), SinkError> {
        self.uncommitted.rows += segment.rows;
        self.file.append(segment, &mut self.buffer)?;
        self.drain()
    }

    fn commit_batch(&mut self) -> Result<Committed, SinkError> {
        self.commit()
    }

    fn finish(&mut self) -> Result<Committed, SinkError> {
        if self.begun {
            self.file.finish(&mut self.buffer)?;
            self.drain()?;
        }
        self.commit()
    }
}
