mod signals;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::demo::Demo;
use super::{Context, Failure};
use crate::config::{self, Config, Environment, Flags, Mistakes};
use crate::server::{self, Ended};

/// The exit status where the drain time was over before all calls had ended.
const CUT_OFF: u8 = 5;

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
///   max_clients      ENTITLED_MAX_CLIENTS      1024 (1 to 100000) connections of callers
///   max_calls        ENTITLED_MAX_CALLS        10000 (1 to 1000000) calls at once
///   max_unsent       ENTITLED_MAX_UNSENT       256 (8 to 65536) MiB of answers that wait for their callers
///   drain_timeout    ENTITLED_DRAIN_TIMEOUT    20s (0s to 10m), for calls still running at the end
///   on_damage        ENTITLED_ON_DAMAGE        refuse, or read_only: what becomes of a damaged file of SQLite
///   catalog          ENTITLED_CATALOG          none; a list of up to 100 files (of paths with commas between)
///   default_edition  ENTITLED_DEFAULT_EDITION  the embedded one; judges what nobody bought
///   log              ENTITLED_LOG              info, directives such as entitled=debug (up to 4096 bytes)
///   log_format       ENTITLED_LOG_FORMAT       auto, or text, or json
///
/// SIGTERM and Ctrl-C let running calls end, a second one ends at once. Exit status: 0 if every call
/// had its answer, 5 if the drain time was over before, 128 and the number of the signal (143, 130)
/// after a second one, 1 if it could not serve, 2 if a setting is wrong.
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
        let stop = signals::listen(config.drain_timeout).await?;
        let ended = if self.demo {
            Demo::prepare(&mut config)?.serve(config, context, stop).await?
        } else {
            server::serve(config, |_| {}, stop).await?
        };
        Ok(match ended {
            Ended::Drained => ExitCode::SUCCESS,
            Ended::CutOff => ExitCode::from(CUT_OFF),
        })
    }
}
