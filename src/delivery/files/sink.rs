//! Writes the files of a command, one after the other.

use std::sync::Arc;

use super::layout::Layout;
use super::{Holder, detail};
use crate::delivery::{Committed, CommittedFile, Receipt, Sealing, Sink};
use crate::formats::{FileEncoder, Segment};
use crate::remote::{Failure, Io};
use crate::stores::Upload;

pub(super) struct FileSink {
    layout: Arc<Layout>,
    holder: Holder,
    io: Io,
    open: Option<OpenFile>,
    /// Bytes on their way to the store; kept for its capacity.
    buffer: Vec<u8>,
}

struct OpenFile {
    name: String,
    encoder: Box<dyn FileEncoder>,
    upload: Box<dyn Upload>,
    rows: u64,
    bytes: u64,
    crc32: crc32fast::Hasher,
}

impl OpenFile {
    fn drain(&mut self, buffer: &mut Vec<u8>) -> Result<(), Failure> {
        self.bytes += buffer.len() as u64;
        self.crc32.update(buffer);
        self.upload.write(buffer)
    }
}

impl FileSink {
    pub(super) fn new(layout: &Arc<Layout>, holder: &Holder, io: &Io) -> Self {
        Self {
            layout: Arc::clone(layout),
            holder: holder.clone(),
            io: io.clone(),
            open: None,
            buffer: Vec::new(),
        }
    }

    /// Ends the open file, if there is one.
    fn complete(&mut self) -> Result<Option<Sealing>, Failure> {
        let Some(mut file) = self.open.take() else { return Ok(None) };
        file.encoder.finish(&mut self.buffer)?;
        file.drain(&mut self.buffer)?;
        let OpenFile { name, upload, rows, bytes, crc32, .. } = file;
        let seal = upload.seal()?;
        let path = self.layout.store.path_of(&name);
        Ok(Some(Sealing::later(move |io| {
            let detail = detail(&name, &seal(io)?);
            let crc32 = format!("{:08x}", crc32.finalize());
            let files = vec![CommittedFile { path, bytes, crc32 }];
            Ok(Receipt { committed: Committed { rows, bytes, files }, detail })
        })))
    }
}

impl Sink for FileSink {
    fn begin(&mut self, batch: u64) -> Result<(), Failure> {
        if self.open.is_some() {
            return Ok(());
        }
        let name = self.layout.file_name(batch);
        let mut file = OpenFile {
            encoder: self.layout.encoder.file_encoder(),
            upload: self.layout.store.create(&name, &self.holder, &self.io)?,
            name,
            rows: 0,
            bytes: 0,
            crc32: crc32fast::Hasher::new(),
        };
        file.encoder.begin(&mut self.buffer)?;
        file.drain(&mut self.buffer)?;
        self.open = Some(file);
        Ok(())
    }

    fn write(&mut self, segment: Segment) -> Result<(), Failure> {
        if let Some(file) = &mut self.open {
            file.rows += segment.rows;
            file.encoder.append(segment, &mut self.buffer)?;
            file.drain(&mut self.buffer)?;
        }
        Ok(())
    }

    fn seal(&mut self) -> Result<Option<Sealing>, Failure> {
        if self.layout.one_file_per_batch { self.complete() } else { Ok(None) }
    }

    fn end(mut self: Box<Self>) -> Result<Option<Sealing>, Failure> {
        self.complete()
    }

    fn abandon(self: Box<Self>) {
        if let Some(file) = self.open {
            file.upload.abandon();
        }
    }
}
