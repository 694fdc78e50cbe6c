//! One connection after its handshake: requests go out in order, answers come back in order, nothing blocks.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read as _, Write as _};
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes, BytesMut};
use mio::net::TcpStream;
use rustls::ClientConnection;

use crate::dial::{Dialled, tls_error};
use crate::error::{Error, Stage};
use crate::wire::{LARGEST_ANSWER, Versions};

/// A request for which no answer has come.
struct Waiting {
    correlation: i32,
    tag: u64,
    until: Instant,
}

pub(crate) struct Connection {
    address: String,
    pub(crate) socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
    pub(crate) versions: Versions,
    expires: Option<Instant>,
    outgoing: VecDeque<Bytes>,
    incoming: BytesMut,
    waiting: VecDeque<Waiting>,
    correlation: i32,
    answered: bool,
    logged_in: bool,
}

impl Connection {
    pub(crate) fn new(address: String, dialled: Dialled, logged_in: bool) -> io::Result<Self> {
        dialled.socket.set_nonblocking(true)?;
        Ok(Self {
            address,
            socket: TcpStream::from_std(dialled.socket),
            tls: dialled.tls,
            versions: dialled.versions,
            expires: dialled.expires,
            outgoing: VecDeque::new(),
            incoming: BytesMut::new(),
            waiting: VecDeque::new(),
            // The numbers of the handshake are below.
            correlation: 1_000,
            answered: false,
            logged_in,
        })
    }

    /// The number that the next request must carry.
    pub(crate) fn next_correlation(&mut self) -> i32 {
        self.correlation = self.correlation.wrapping_add(1) & i32::MAX;
        self.correlation
    }

    /// Puts a frame into the queue; its answer comes back under `tag`.
    pub(crate) fn enqueue(
        &mut self,
        chunks: impl IntoIterator<Item = Bytes>,
        correlation: i32,
        tag: u64,
        within: Duration,
    ) {
        self.outgoing.extend(chunks);
        self.waiting.push_back(Waiting { correlation, tag, until: Instant::now() + within });
    }

    /// Requests without an answer.
    pub(crate) fn in_flight(&self) -> usize {
        self.waiting.len()
    }

    /// Whether the login of this connection is about to end: nothing new is sent on it.
    pub(crate) fn is_expiring(&self) -> bool {
        self.expires.is_some_and(|expires| Instant::now() >= expires)
    }

    /// The tags whose answers will never come.
    pub(crate) fn into_waiting(self) -> impl Iterator<Item = u64> {
        self.waiting.into_iter().map(|waiting| waiting.tag)
    }

    /// Writes and reads what goes without waiting; answers go to `answers`. Whether anything moved.
    pub(crate) fn drive(
        &mut self,
        answers: &mut VecDeque<(u64, Result<Bytes, Error>)>,
    ) -> Result<bool, Error> {
        let wrote = self.write().map_err(|error| self.broken(&error))?;
        let read = self.read().map_err(|error| self.broken(&error))?;
        // What TLS itself wants to say after reading.
        if read && self.tls.is_some() {
            self.write().map_err(|error| self.broken(&error))?;
        }
        let found = self.take_answers(answers)?;
        if let Some(first) = self.waiting.front()
            && Instant::now() >= first.until
        {
            let error = io::Error::new(ErrorKind::TimedOut, "no answer in time");
            return Err(Error::broken(&self.address, Stage::Later, &error));
        }
        Ok(wrote || read || found)
    }

    fn write(&mut self) -> io::Result<bool> {
        let Self { socket, tls, outgoing, .. } = self;
        let mut moved = false;
        match tls {
            None => {
                while !outgoing.is_empty() {
                    let slices: Vec<IoSlice<'_>> =
                        outgoing.iter().take(64).map(|chunk| IoSlice::new(chunk)).collect();
                    match socket.write_vectored(&slices) {
                        Ok(0) => return Err(ErrorKind::WriteZero.into()),
                        Ok(written) => {
                            moved = true;
                            advance(outgoing, written);
                        }
                        Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                        Err(error) if error.kind() == ErrorKind::Interrupted => {}
                        Err(error) => return Err(error),
                    }
                }
            }
            Some(tls) => loop {
                while let Some(chunk) = outgoing.front_mut() {
                    let taken = tls.writer().write(chunk)?;
                    if taken == 0 && !chunk.is_empty() {
                        break;
                    }
                    chunk.advance(taken);
                    if chunk.is_empty() {
                        outgoing.pop_front();
                    }
                }
                if !tls.wants_write() {
                    break;
                }
                match tls.write_tls(socket) {
                    Ok(0) => return Err(ErrorKind::WriteZero.into()),
                    Ok(_) => moved = true,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            },
        }
        Ok(moved)
    }

    fn read(&mut self) -> io::Result<bool> {
        let mut moved = false;
        let mut buffer = [0; 16 << 10];
        loop {
            if let Some(tls) = self.tls.as_mut() {
                match tls.read_tls(&mut self.socket) {
                    Ok(0) => return Err(closed()),
                    Ok(_) => {
                        moved = true;
                        tls.process_new_packets()
                            .map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
                        loop {
                            match tls.reader().read(&mut buffer) {
                                // The other side's farewell; the socket's end follows.
                                Ok(0) => break,
                                Ok(count) => self.incoming.extend_from_slice(&buffer[..count]),
                                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                                Err(error) => return Err(error),
                            }
                        }
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(moved),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            } else {
                match self.socket.read(&mut buffer) {
                    Ok(0) => return Err(closed()),
                    Ok(count) => {
                        moved = true;
                        self.incoming.extend_from_slice(&buffer[..count]);
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(moved),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }

    fn take_answers(
        &mut self,
        answers: &mut VecDeque<(u64, Result<Bytes, Error>)>,
    ) -> Result<bool, Error> {
        let mut found = false;
        while let Some((head, _)) = self.incoming.split_first_chunk::<4>() {
            let length = u32::from_be_bytes(*head) as usize;
            if !(4..=LARGEST_ANSWER).contains(&length) {
                return Err(self.unclear(format!("an answer claims to have {length} bytes")));
            }
            if self.incoming.len() < 4 + length {
                break;
            }
            self.incoming.advance(4);
            let answer = self.incoming.split_to(length).freeze();
            let number = answer.first_chunk::<4>().map_or(-1, |number| i32::from_be_bytes(*number));
            match self.waiting.pop_front() {
                Some(waiting) if waiting.correlation == number => {
                    self.answered = true;
                    found = true;
                    answers.push_back((waiting.tag, Ok(answer)));
                }
                other => {
                    let expected =
                        other.map_or("none".to_owned(), |waiting| waiting.correlation.to_string());
                    return Err(self.unclear(format!(
                        "an answer carries number {number}, expected {expected}"
                    )));
                }
            }
        }
        Ok(found)
    }

    fn unclear(&self, reason: String) -> Error {
        Error::Protocol { address: self.address.clone(), reason }
    }

    fn broken(&self, error: &io::Error) -> Error {
        if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>())
        {
            return tls_error(&self.address, error);
        }
        let stage = if self.answered || self.logged_in { Stage::Later } else { Stage::Versions };
        Error::broken(&self.address, stage, error)
    }
}

fn closed() -> io::Error {
    io::Error::new(ErrorKind::UnexpectedEof, "end of the stream")
}

/// Takes what was written out of the queue.
fn advance(outgoing: &mut VecDeque<Bytes>, written: usize) {
    let mut left = written;
    while let Some(chunk) = outgoing.front_mut() {
        if left < chunk.len() {
            chunk.advance(left);
            return;
        }
        left -= chunk.len();
        outgoing.pop_front();
    }
}
