use std::process::ExitCode;

use clap::Args;

use super::setting_flags::help_of;
use super::{Failure, screen};
use crate::config::{self, Config, ConfigMistakes, Environment, Flags, RawValue, setting};
use crate::server;

/// Bring the schema of the database up to this version.
///
/// Takes a lock: two at once are harmless. A SQLite database is created where there is none.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled migrate --database postgres://entitled@db/entitled --dry-run
  ENTITLED_DATABASE_URL=postgres://… entitled migrate
  entitled migrate --database sqlite:entitled.db --new-epoch     # after a backup was restored"
)]
pub(super) struct Migrate {
    #[arg(long, value_name = "URL", help = setting("database").map(help_of).unwrap_or_default())]
    database: Option<String>,
    /// Only tell which steps are still to apply.
    #[arg(long)]
    dry_run: bool,
    /// Begin a new epoch: after a backup was restored, while no server runs. Revision tokens and etags of before are then
    /// refused.
    #[arg(long, conflicts_with = "dry_run")]
    new_epoch: bool,
}

impl Migrate {
    pub(super) fn config(&self) -> Result<Config, ConfigMistakes> {
        let database = self.database.clone().map(|url| ("database", RawValue::Text(url)));
        let flags = Flags { settings: database.into_iter().collect(), ..Flags::default() };
        config::from_file_and(Config::default(), &Environment::of_process(), &flags)
    }

    pub(super) async fn run(self, config: &Config) -> Result<ExitCode, Failure> {
        let steps = server::migrate(config, self.dry_run).await?;
        screen::write(&report(&steps, self.dry_run, config))?;
        if self.new_epoch {
            let epoch = server::begin_epoch(config).await?;
            screen::write(&format!("epoch {} begins: {}", epoch.number, epoch.epoch_id))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn report(steps: &[String], dry_run: bool, config: &Config) -> String {
    let what = match (steps.len(), dry_run) {
        (0, _) => return format!("{} is up to date", config.store.database),
        (1, true) => "1 step to apply to",
        (1, false) => "1 step applied to",
        (_, true) => "steps to apply to",
        (_, false) => "steps applied to",
    };
    let count = if steps.len() > 1 { format!("{} ", steps.len()) } else { String::new() };
    let lines = steps.iter().map(|step| format!("\n  {step}")).collect::<String>();
    format!("{count}{what} {}{lines}", config.store.database)
}
