//! `datagen serve`: the HTTP API.

use std::io::{self, Write as _};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use chrono::{SecondsFormat, Utc};
use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::api::{self, AppState, Door, Previews, Streams, Tls};
use crate::commands::Tracker;
use crate::config::Config;
use crate::telemetry;

#[derive(Debug, Args)]
#[command(after_help = "`datagen settings` lists all settings, with their environment variables.")]
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
    /// The server's certificate and those that lead to its CA, in PEM; read again when it changes
    #[arg(long, value_name = "FILE")]
    tls_certificate: Option<PathBuf>,
    /// The certificate's key, in PEM
    #[arg(long, value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Listen on an address that other machines reach, without encryption or without users
    #[arg(long)]
    insecure: bool,
}

/// How long commands under way may take to end their blocks when the server stops.
const STOP_WITHIN: Duration = Duration::from_secs(4);

pub(super) fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    let config = Arc::new(merged(arguments, config));
    let address = resolve(&config.listen)?;
    let tls = load_tls(&config)?;
    let local = address.ip().is_loopback();
    let guarded = !local && !arguments.insecure;
    if guarded && tls.is_none() {
        bail!(
            "{address} is reachable from other machines: give --tls-certificate and --tls-key, listen on \
             127.0.0.1, or say --insecure"
        );
    }
    let tracker = Tracker::open(&config)?;
    let has_users = !tracker.users().list()?.is_empty();
    if guarded && !has_users {
        bail!(
            "{address} is reachable from other machines, and nobody could log in: add somebody by \
             `datagen user add NAME`, listen on 127.0.0.1, or say --insecure"
        );
    }
    if !local && tls.is_none() {
        tracing::warn!(%address, has_users, "other machines reach this server, without encryption");
    }
    let door = Door::new(Arc::new(tracker.users()), guarded, local)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (streams, previews) = (Streams::default(), Previews::default());
    let state = AppState { tracker: tracker.clone(), config, door, streams, previews };
    let served = runtime.block_on(serve(address, state, tls));
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
    let Arguments {
        listen,
        home,
        models,
        output_root,
        read_roots,
        extensions,
        tls_certificate,
        tls_key,
        insecure: _,
    } = arguments;
    listen.clone_into_some(&mut config.listen);
    home.clone_into_some(&mut config.home);
    models.clone_into_some(&mut config.models);
    for (flag, setting) in [
        (output_root, &mut config.output_root),
        (tls_certificate, &mut config.tls_certificate),
        (tls_key, &mut config.tls_key),
    ] {
        if flag.is_some() {
            setting.clone_from(flag);
        }
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

/// The certificate and key in service; `None`: the server does not encrypt.
fn load_tls(config: &Config) -> anyhow::Result<Option<Arc<Tls>>> {
    match (&config.tls_certificate, &config.tls_key) {
        (Some(certificate), Some(key)) => Ok(Some(Arc::new(Tls::load(certificate, key)?))),
        (None, None) => Ok(None),
        (Some(_), None) => bail!("a certificate is given and no key, expected --tls-key too"),
        (None, Some(_)) => {
            bail!("a key is given and no certificate, expected --tls-certificate too")
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

/// The line that says where the server listens: a text, or JSON of the form that log lines have.
fn listening(url: &str, json: bool) -> String {
    let message = format!("listening on {url}, API pages at {url}/swagger-ui/");
    if !json {
        return message;
    }
    let timestamp = Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true);
    let fields = json!({"message": message, "url": url});
    json!({"timestamp": timestamp, "level": "INFO", "fields": fields, "target": module_path!()})
        .to_string()
}

async fn serve(address: SocketAddr, state: AppState, tls: Option<Arc<Tls>>) -> anyhow::Result<()> {
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("listen on {address}"))?;
    let address = listener.local_addr()?;
    // Scripts wait for this line, and learn the port from it when they asked for port 0.
    let scheme = if tls.is_some() { "https" } else { "http" };
    let line = listening(&format!("{scheme}://{address}"), telemetry::is_json());
    writeln!(io::stdout(), "{line}")?;
    io::stdout().flush()?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    api::serve(listener, state, tls, stop).await;
    Ok(())
}
