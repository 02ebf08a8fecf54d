//! `serve --demo`: a fresh database with the sample customers, gone at the end.

use std::net::{Ipv4Addr, SocketAddr};

use tempfile::TempDir;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use super::client::Client;
use super::import::{self, SourceFile};
use super::server_flags::ServerFlags;
use super::{CliContext, Failure, screen};
use crate::config::{Config, DatabaseUrl, TlsSettings};
use crate::server::{self, Ended};

const SAMPLES: [(&str, &str); 3] = [
    ("halden-mills.yaml", include_str!("../../examples/halden-mills.yaml")),
    ("meridian-foods.yaml", include_str!("../../examples/meridian-foods.yaml")),
    ("aurora-clinics.yaml", include_str!("../../examples/aurora-clinics.yaml")),
];

/// The directory of the database lives as long as this.
pub(super) struct Demo {
    _directory: TempDir,
}

impl Demo {
    pub(super) fn prepare(config: &mut Config) -> Result<Self, Failure> {
        if config.tls != TlsSettings::default() {
            return Err(Failure::Usage("--demo serves without TLS: leave the settings tls_… out".to_owned()));
        }
        let directory = tempfile::Builder::new().prefix("entitled-demo-").tempdir()?;
        let database = DatabaseUrl::of_file(&directory.path().join("entitled.db"));
        config.store.database = database.map_err(|error| Failure::Other(error.into()))?;
        Ok(Self { _directory: directory })
    }

    /// Serves until asked to stop, or until the samples turn out not to load.
    pub(super) async fn serve(
        &self,
        config: Config,
        context: &CliContext,
        asked: impl Future<Output = ()> + Send,
    ) -> Result<Ended, Failure> {
        let (failed, has_failed) = oneshot::channel();
        let server = context.server.clone();
        let ready = move |address: SocketAddr| {
            tokio::spawn(async move {
                let address = reachable(address);
                match fill(address, server).await {
                    Ok(()) => welcome(address),
                    Err(failure) => drop(failed.send(failure)),
                }
            });
        };
        let mut failure = None;
        let stop = async {
            tokio::select! {
                () = asked => {}
                () = hung_up() => {}
                Ok(why) = has_failed => failure = Some(why),
            }
        };
        let ended = server::serve(config, ready, stop).await?;
        failure.map_or(Ok(ended), Err)
    }
}

/// Ends when the terminal is closed. A real server may outlive its terminal; this one has a
/// directory to remove.
async fn hung_up() {
    #[cfg(unix)]
    if let Ok(mut hung_up) = signal(SignalKind::hangup()) {
        hung_up.recv().await;
        return;
    }
    std::future::pending::<()>().await;
}

/// Where a server that listens everywhere can be reached from here.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() { SocketAddr::from((Ipv4Addr::LOCALHOST, address.port())) } else { address }
}

async fn fill(address: SocketAddr, server: ServerFlags) -> Result<(), Failure> {
    let address = format!("http://{address}");
    let connection = Client::open(&ServerFlags { address, ca: None, cert: None, key: None, ..server }).await?;
    for (name, text) in SAMPLES {
        let source =
            SourceFile::read(name, text).map_err(|_| Failure::Other(format!("the sample {name} is broken").into()))?;
        import::send(&connection, &source, false).await?;
    }
    Ok(())
}

fn welcome(address: SocketAddr) {
    let flag =
        if address == Config::default().server.listen { String::new() } else { format!(" --address http://{address}") };
    // As it was called: it need not be in the path.
    let entitled = std::env::args().next().unwrap_or_else(|| "entitled".to_owned());
    let text = format!(
        "
Serving sample customers at http://{address} until Ctrl-C.
In another terminal, try:

  {entitled} list --customer halden-mills{flag}

  {entitled} check --customer halden-mills --location nl-utrecht \\
      --product azure --service enhanced-designated-engineering --quantity 8h{flag}

  {entitled} check --customer meridian-foods --location au-perth \\
      --product windows-server --service unified-enhanced-response{flag}

  grpcurl -plaintext -d '{{\"customer_id\": \"aurora-clinics\",
      \"location_id\": \"se-malmo\", \"product_id\": \"azure\",
      \"service_id\": \"rapid-response\"}}' \\
      {address} entitled.v1.EntitlementService/CheckEntitlement
"
    );
    // Nobody may be reading; the server goes on.
    tokio::task::spawn_blocking(move || screen::write(&text));
}

#[cfg(test)]
mod tests;
