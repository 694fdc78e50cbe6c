//! What every client of a remote place shares: failures, waiting, trying again, requests in flight.
//!
//! | file | holds |
//! |---|---|
//! | `failure` | why a place did not take something: a closed list of kinds |
//! | `cancel` | the token that whoever waits hears |
//! | `io` | where a client's requests run, and until when |
//! | `retry` | the one policy by which requests are repeated |
//! | `budget` | bytes that several tasks may hold together |
//! | `window` | requests in flight, bounded in number and bytes |
//! | `web` | a client of HTTP that connects within reach only, and why it got no answer |
//! | `pem` | certificates of settings |
//! | `socket`, `tls` | connections of other protocols within reach, and their encryption |
//!
//! Clients are async, what calls them is not: a sink has a thread of its own and waits by [`Io::wait`]. This is
//! the only room below `commands` that names tokio, so none of its users has a runtime of its own.
//!
//! Knows settings and secrets; knows nothing of rows, formats or connectors.

mod budget;
mod cancel;
mod failure;
mod io;
mod pem;
mod retry;
mod socket;
mod tls;
mod web;
mod window;

pub(crate) use budget::{Budget, Share};
pub(crate) use cancel::Cancel;
pub use failure::{Failure, Kind};
pub use io::{Io, Network};
pub(crate) use io::{LAST_WORDS, TIDYING, within};
pub(crate) use pem::Pem;
pub(crate) use retry::Policy;
pub(crate) use socket::{Plain, Socket};
pub(crate) use tls::{Tls, Verified};
pub(crate) use web::{causes, out_of_reach, untrusted, web_client};
pub(crate) use window::Window;
