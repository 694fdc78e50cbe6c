//! `GET /command/data`: a command's local files as a zip stream.
//!
//! The archive is written by a thread for blocking work into a short channel; memory does not depend on
//! the files. A receiver that takes nothing for a while is left.

use std::io::{self, Write};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Extensions, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::command::{Which, command_id, find};
use super::error::{ApiError, blocking};
use super::parameters::Parameters;
use super::permits::client;
use super::streams::Streams;
use crate::access::Caller;
use crate::problems::chain;

/// Bytes that are handed over at a time, and how many such pieces may wait.
const PIECE: usize = 64 << 10;
const PIECES: usize = 4;

/// Longest time that a receiver may take for one piece.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(data))
}

/// Download the local files of a finished command as a zip archive.
///
/// The archive holds every file that the command has completed, by its path below the output root. It is
/// made while it is sent: a connection that ends early means that it is not complete.
#[utoipa::path(
    get, path = "/command/data", tag = "command", params(Which),
    responses(
        (status = 200, description = "the archive", content_type = "application/zip", body = Vec<u8>),
        (status = 400, description = "no UUID"),
        (status = 404, description = "no such command, or it has made no files on this machine"),
        (status = 409, description = "it is not finished, or its files are no longer as it made them"),
        (status = 429, description = "this client downloads too much at once"),
    )
)]
async fn data(
    State(state): State<AppState>,
    caller: Caller,
    extensions: Extensions,
    parameters: Parameters,
) -> Result<Response, ApiError> {
    let id = command_id(&parameters)?;
    let place = state.streams.enter(client(&caller, &extensions))?;
    let tracker = state.tracker.clone();
    let archive = blocking(move || {
        find(&tracker, &caller, id)?;
        Ok::<_, ApiError>(tracker.archive(id)?)
    })
    .await?;
    let (tx, rx) = channel(PIECES);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let _place = place;
        let mut pieces = Pieces { runtime, tx, piece: Vec::with_capacity(PIECE) };
        if let Err(error) = archive.write(&mut pieces) {
            let error = chain(&error);
            tracing::warn!(%id, error, "download ended early");
            // An error in the body ends the connection, so that nobody takes the rest for all.
            let _ = pieces.send(Err(io::Error::other(error)));
        }
    });
    let disposition = format!("attachment; filename=\"datagen-{id}.zip\"");
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, body(rx, state.streams)).into_response())
}

type Piece = io::Result<Bytes>;

/// What arrives from `rx`, until the server stops.
fn body(rx: Receiver<Piece>, streams: Streams) -> Body {
    Body::from_stream(unfold((rx, streams), |(mut rx, streams)| async move {
        let piece = tokio::select! {
            piece = rx.recv() => piece,
            () = streams.ended() => {
                rx.close();
                Some(Err(io::Error::other("the server is stopping")))
            }
        };
        piece.map(|piece| (piece, (rx, streams)))
    }))
}

/// Collects what is written into pieces and sends them to the body.
struct Pieces {
    runtime: Handle,
    tx: Sender<Piece>,
    piece: Vec<u8>,
}

impl Pieces {
    fn send(&self, piece: Piece) -> io::Result<()> {
        let sent = self.runtime.block_on(tokio::time::timeout(PATIENCE, self.tx.send(piece)));
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(io::Error::other("the receiver is gone")),
            Err(_) => Err(io::Error::other("the receiver takes nothing")),
        }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = PIECE - self.piece.len();
        let length = room.min(bytes.len());
        self.piece.extend_from_slice(&bytes[..length]);
        if self.piece.len() == PIECE {
            self.flush()?;
        }
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        self.send(Ok(piece.into()))
    }
}
