use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tracing::{info, warn};

use super::demo::Demo;
use super::{Context, Failure};
use crate::config::{self, Config, Flags, Mistakes};
use crate::error::BoxError;
use crate::server;

/// Serve the API.
///
/// Settings come from a file, then the environment, then flags; the later wins. Keys of the file (TOML) and
/// their variables: listen ENTITLED_LISTEN, database ENTITLED_DATABASE_URL, max_connections
/// ENTITLED_MAX_CONNECTIONS (10), max_staleness ENTITLED_MAX_STALENESS (1s), drain_timeout
/// ENTITLED_DRAIN_TIMEOUT (20s), log ENTITLED_LOG (info,sqlx=warn), log_format ENTITLED_LOG_FORMAT (auto).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  entitled serve --demo
  entitled serve --listen 0.0.0.0:50051 --database postgres://entitled@db/entitled")]
pub struct Serve {
    /// Where to take calls [env: ENTITLED_LISTEN] [default: 127.0.0.1:50051]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// `sqlite:PATH`, created where there is none, or `postgres://…` [env: ENTITLED_DATABASE_URL]
    /// [default: sqlite:entitled.db]
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// A file with settings [env: ENTITLED_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Serve sample customers from a fresh temporary database, removed at exit.
    #[arg(long, conflicts_with = "database")]
    demo: bool,
}

impl Serve {
    pub(super) fn config(&self) -> Result<Config, Mistakes> {
        let flags =
            Flags { file: self.config.as_deref(), listen: self.listen.as_deref(), database: self.database.as_deref() };
        config::from_file_and(Config::default(), config::environment, &flags)
    }

    pub(super) async fn run(self, mut config: Config, context: &Context) -> Result<ExitCode, Failure> {
        let listen = config.listen;
        let served = if self.demo {
            let demo = Demo::prepare(&mut config)?;
            demo.serve(config, context).await
        } else {
            let ready = |address: SocketAddr| info!(%address, "ready");
            server::serve(config, ready, stop_asked()).await.map_err(Failure::from)
        };
        served.map_err(|failure| explained(failure, listen))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Ends when the process is asked to stop.
pub async fn stop_asked() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => {
                tokio::select! {
                    _ = interrupted => {}
                    _ = terminated.recv() => {}
                }
            }
            Err(error) => {
                warn!(%error, "only an interrupt can stop this server");
                let _ = interrupted.await;
            }
        }
    }
    #[cfg(not(unix))]
    let _ = interrupted.await;
    info!("stopping");
}

/// A port that is taken is the one mistake everybody makes.
fn explained(failure: Failure, listen: SocketAddr) -> Failure {
    match failure {
        Failure::Other(error) if is_in_use(&error) => Failure::Other(
            format!(
                "{listen} is in use, perhaps by another server: stop that one or name another address with --listen"
            )
            .into(),
        ),
        other => other,
    }
}

fn is_in_use(error: &BoxError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error.as_ref());
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::AddrInUse) {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_that_is_taken_is_told_with_the_way_out() {
        let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap();
        let error = tokio::net::TcpListener::bind(address).await.unwrap_err();
        let Failure::Other(error) = explained(Failure::from(error), address) else { panic!("not an error of its own") };
        assert!(error.to_string().contains("in use") && error.to_string().contains("--listen"), "{error}");
    }
}
