//! `datagen serve`: the HTTP API.

use std::io::{self, Write as _};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::api::{self, AppState, Streams};
use crate::commands::Tracker;
use crate::config::Config;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Address and port to listen on [default: 127.0.0.1:4242]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Folder of the server's own state [default: ~/.datagen]
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Folder of models that requests may name [default: models]
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Folder that all files stay below [default: `data` below the home]
    #[arg(long, value_name = "DIR")]
    output_root: Option<PathBuf>,
    /// Folder that models may read files from; may be given several times
    #[arg(long = "read-root", value_name = "DIR")]
    read_roots: Vec<PathBuf>,
    /// Folder of user code beside the configured ones; may be given several times
    #[arg(long = "extensions", value_name = "DIR")]
    extensions: Vec<PathBuf>,
    /// Listen on an address that other machines reach, without encryption or login
    #[arg(long)]
    insecure: bool,
}

/// How long commands under way may take to end their blocks when the server stops.
const STOP_WITHIN: Duration = Duration::from_secs(4);

pub(super) fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    let config = Arc::new(merged(arguments, config));
    let address = resolve(&config.listen)?;
    if !address.ip().is_loopback() && !arguments.insecure {
        bail!(
            "{address} is reachable from other machines, and nobody would have to log in; listen on \
             127.0.0.1, or say --insecure"
        );
    }
    let tracker = Tracker::open(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let state = AppState { tracker: tracker.clone(), config, streams: Streams::default() };
    let served = runtime.block_on(serve(address, state));
    let ended = tracker.shutdown(STOP_WITHIN);
    runtime.shutdown_timeout(Duration::from_millis(500));
    served?;
    if !ended {
        tracing::warn!("commands were left under way; they go on at the next start");
    }
    Ok(ExitCode::SUCCESS)
}

fn merged(arguments: &Arguments, config: &Config) -> Config {
    let mut config = config.clone();
    let Arguments { listen, home, models, output_root, read_roots, extensions, insecure: _ } =
        arguments;
    listen.clone_into_some(&mut config.listen);
    home.clone_into_some(&mut config.home);
    models.clone_into_some(&mut config.models);
    if output_root.is_some() {
        config.output_root.clone_from(output_root);
    }
    config.read_roots.extend(read_roots.iter().cloned());
    config.extensions.extend(extensions.iter().cloned());
    config
}

/// A flag that was given replaces the setting.
trait CloneIntoSome<T> {
    fn clone_into_some(&self, setting: &mut T);
}

impl<T: Clone> CloneIntoSome<T> for Option<T> {
    fn clone_into_some(&self, setting: &mut T) {
        if let Some(given) = self {
            setting.clone_from(given);
        }
    }
}

fn resolve(listen: &str) -> anyhow::Result<SocketAddr> {
    let addresses = listen.to_socket_addrs().with_context(|| {
        format!("`{listen}` is no address, expected one such as 127.0.0.1:4242")
    })?;
    let address = addresses.into_iter().next();
    address.with_context(|| format!("`{listen}` has no address"))
}

async fn serve(address: SocketAddr, state: AppState) -> anyhow::Result<()> {
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("listen on {address}"))?;
    let address = listener.local_addr()?;
    // Scripts wait for this line, and learn the port from it when they asked for port 0.
    writeln!(
        io::stdout(),
        "listening on http://{address}, API pages at http://{address}/swagger-ui/"
    )?;
    io::stdout().flush()?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    api::serve(listener, state, stop).await?;
    Ok(())
}
