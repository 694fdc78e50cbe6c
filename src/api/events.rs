//! `GET /command/events`: a command's progress while it happens, as server-sent events.
//!
//! An event is sent when something has changed, at most four a second; a comment keeps the connection
//! alive in between. The stream reads what it needs when it is its turn: a slow reader holds no events,
//! and gets the newest state when it comes back.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{Stream, unfold};
use tokio::sync::watch;
use tokio::time::sleep;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::AppState;
use super::answers::{CommandStatus, StatusEvent};
use super::command::{Which, command_id, find};
use super::error::{ApiError, blocking};
use super::parameters::Parameters;
use super::permits::{Permit, client};
use crate::access::Caller;
use crate::commands::{CommandError, Tracker};

/// Shortest time between two events.
const GAP: Duration = Duration::from_millis(250);

/// How often a run is looked at between its batches.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often a comment tells that the connection lives.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// The id of the last event: a browser that comes back with it is told that there is no more.
const END: &str = "end";

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(events))
}

/// Watch a command: server-sent events until it is over.
///
/// Each event `progress` holds the status as `getCommandStatus` answers it; the last one is called `end`
/// and its status is FINISHED or FAILED. Comments come at least every ten seconds.
#[utoipa::path(
    get, path = "/command/events", tag = "command", params(Which),
    responses(
        (status = 200, description = "events `progress` and, last, `end`, each with a status", content_type = "text/event-stream", body = StatusEvent),
        (status = 204, description = "`Last-Event-ID` is that of the last event: there are no more"),
        (status = 400, description = "no UUID"),
        (status = 404, description = "no such command"),
        (status = 429, description = "this client watches too much at once"),
    )
)]
async fn events(
    State(state): State<AppState>,
    caller: Caller,
    extensions: Extensions,
    headers: HeaderMap,
    parameters: Parameters,
) -> Result<Response, ApiError> {
    let id = command_id(&parameters)?;
    let permit = state.streams.enter(client(&caller, &extensions))?;
    let (tracker, asker) = (state.tracker.clone(), caller.clone());
    let (signal, is_over) = blocking(move || {
        let signal = subscribe(&tracker, id)?;
        Ok::<_, ApiError>((signal, find(&tracker, &asker, id)?.0.status.is_over()))
    })
    .await?;
    if is_over && headers.get("last-event-id").is_some_and(|last| last == END) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let watch =
        Watch { state, caller, id, signal, last: String::new(), ended: false, _permit: permit };
    Ok(Sse::new(watch.into_stream())
        .keep_alive(KeepAlive::new().interval(HEARTBEAT))
        .into_response())
}

fn subscribe(tracker: &Tracker, id: Uuid) -> Result<watch::Receiver<u64>, ApiError> {
    tracker.subscribe(id)?.ok_or_else(|| CommandError::Unknown { id }.into())
}

/// One client watching one command.
struct Watch {
    state: AppState,
    caller: Caller,
    id: Uuid,
    signal: watch::Receiver<u64>,
    /// What was sent last.
    last: String,
    ended: bool,
    _permit: Permit,
}

impl Watch {
    fn into_stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        unfold(self, |mut watch| async move {
            let event = watch.next().await?;
            Some((Ok(event), watch))
        })
    }

    /// The next event; `None` after the last one, when the command is gone, or when the server stops.
    async fn next(&mut self) -> Option<Event> {
        while !self.ended {
            if !self.last.is_empty() {
                self.wait().await?;
            }
            self.signal.borrow_and_update();
            let (tracker, caller, id) = (self.state.tracker.clone(), self.caller.clone(), self.id);
            let (command, progress) = blocking(move || find(&tracker, &caller, id)).await.ok()?;
            self.ended = progress.status.is_over();
            let status = CommandStatus::new(&command, progress);
            let text = serde_json::to_string(&status).ok()?;
            if self.ended {
                return Some(Event::default().event("end").id(END).data(text));
            }
            if text != self.last {
                self.last.clone_from(&text);
                return Some(Event::default().event("progress").data(text));
            }
        }
        None
    }

    /// Waits until it is worth looking again; `None`: the server stops.
    async fn wait(&mut self) -> Option<()> {
        let streams = self.state.streams.clone();
        let signal = &mut self.signal;
        let changed = async {
            sleep(GAP).await;
            tokio::select! {
                changed = signal.changed() => changed.is_ok(),
                () = sleep(LOOK_EVERY) => true,
            }
        };
        let lives = tokio::select! {
            lives = changed => lives,
            () = streams.ended() => return None,
        };
        if !lives {
            // Nothing more happens by itself, but a retry may have taken it up under a new signal.
            let (tracker, id) = (self.state.tracker.clone(), self.id);
            self.signal = blocking(move || subscribe(&tracker, id)).await.ok()?;
        }
        Some(())
    }
}
