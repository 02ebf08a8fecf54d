mod signals;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::demo::Demo;
use super::setting_flags::{SettingFlags, help_of_all};
use super::{CliContext, Failure};
use crate::config::{self, Config, ConfigMistakes, Environment, Flags};
use crate::server::{self, Ended};

/// The exit status where the drain time was over before all calls had ended.
const CUT_OFF: u8 = 5;

/// Serve the API.
#[derive(Debug, Args)]
#[command(
    long_about = about(),
    after_help = "Examples:
  entitled serve --demo
  entitled serve --listen 0.0.0.0:50051 --auth-tokens-file tokens.toml
  entitled serve --database postgres://entitled@db/entitled
  entitled serve --catalog countries.toml --catalog products.toml"
)]
pub(super) struct Serve {
    #[command(flatten)]
    settings: SettingFlags,
    /// A file with settings [env: ENTITLED_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Serve sample customers from a fresh temporary database, removed at exit.
    #[arg(long, conflicts_with = "database")]
    demo: bool,
}

impl Serve {
    pub(super) fn config(&self) -> Result<Config, ConfigMistakes> {
        let flags = Flags { file: self.config.clone(), settings: self.settings.0.clone() };
        let config = config::from_file_and(Config::default(), &Environment::of_process(), &flags)?;
        match config.auth_mistakes() {
            mistakes if mistakes.is_empty() => Ok(config),
            mistakes => Err(ConfigMistakes(mistakes)),
        }
    }

    pub(super) async fn run(self, mut config: Config, context: &CliContext) -> Result<ExitCode, Failure> {
        let stop = signals::listen(config.server.time_to_stop()).await?;
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

fn about() -> String {
    format!(
        "Serve the API.

Settings come from a file, then the environment, then flags; the later wins. A mistake in any
of them refuses the start, as does an unknown key or variable. The keys of the file (TOML), and
their variables:

{}
SIGTERM and Ctrl-C let running calls end, after lame_duck; a second one ends at once. Exit status:
0 if every call had its answer, 5 if the drain time was over before, 128 and the number of the
signal (143, 130) after a second one, 1 if it could not serve, 2 if a setting is wrong.",
        help_of_all()
    )
}
