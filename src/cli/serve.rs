use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tracing::warn;

use super::demo::Demo;
use super::{Context, Failure};
use crate::config::{self, Config, Environment, Flags, Mistakes};
use crate::server;

/// Serve the API.
///
/// Settings come from a file, then the environment, then flags; the later wins. A mistake in any
/// of them refuses the start, as does an unknown key or variable. The keys of the file (TOML),
/// their variables, defaults and ranges:
///
///   listen           ENTITLED_LISTEN           127.0.0.1:50051
///   database         ENTITLED_DATABASE_URL     sqlite:entitled.db
///   max_connections  ENTITLED_MAX_CONNECTIONS  10 (1 to 10000)
///   max_staleness    ENTITLED_MAX_STALENESS    1s (50ms to 5m), how old a cached answer may be
///   ledger_grace     ENTITLED_LEDGER_GRACE     30d (0d to 366d) after a block's end, to record what was done before it
///   drain_timeout    ENTITLED_DRAIN_TIMEOUT    20s (0s to 10m), for calls still running at the end
///   catalog          ENTITLED_CATALOG          none; a list of up to 100 files (of paths with commas between)
///   default_edition  ENTITLED_DEFAULT_EDITION  the embedded one; judges what nobody bought
///   log              ENTITLED_LOG              info, directives such as entitled=debug (up to 4096 bytes)
///   log_format       ENTITLED_LOG_FORMAT       auto, or text, or json
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled serve --demo
  entitled serve --listen 0.0.0.0:50051 --database postgres://entitled@db/entitled
  entitled serve --catalog countries.toml --catalog products.toml"
)]
pub struct Serve {
    /// Where to take calls [env: ENTITLED_LISTEN] [default: 127.0.0.1:50051]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// `sqlite:PATH`, created where there is none, or `postgres://…` [env: ENTITLED_DATABASE_URL]
    /// [default: sqlite:entitled.db]
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// An edition or an overlay, laid over what comes before it; may be given several times
    /// [env: ENTITLED_CATALOG]
    #[arg(long, value_name = "FILE")]
    catalog: Vec<PathBuf>,
    /// The edition that judges services nobody bought [env: ENTITLED_DEFAULT_EDITION]
    /// [default: the embedded one]
    #[arg(long, value_name = "ID")]
    default_edition: Option<String>,
    /// How long after a block's end work delivered before it can be recorded: 0d to 366d
    /// [env: ENTITLED_LEDGER_GRACE] [default: 30d]
    #[arg(long, value_name = "TIME")]
    ledger_grace: Option<String>,
    /// A file with settings [env: ENTITLED_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Serve sample customers from a fresh temporary database, removed at exit.
    #[arg(long, conflicts_with = "database")]
    demo: bool,
}

impl Serve {
    pub(super) fn config(&self) -> Result<Config, Mistakes> {
        let flags = Flags {
            file: self.config.as_deref(),
            listen: self.listen.as_deref(),
            database: self.database.as_deref(),
            catalog: &self.catalog,
            default_edition: self.default_edition.as_deref(),
            ledger_grace: self.ledger_grace.as_deref(),
        };
        config::from_file_and(Config::default(), &Environment::of_process(), &flags)
    }

    pub(super) async fn run(self, mut config: Config, context: &Context) -> Result<ExitCode, Failure> {
        if self.demo {
            Demo::prepare(&mut config)?.serve(config, context).await?;
        } else {
            server::serve(config, |_| {}, stop_asked()).await?;
        }
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
}
