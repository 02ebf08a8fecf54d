use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use super::setting_flags::SettingFlags;
use super::{CliContext, Failure, Format, screen};
use crate::catalog_files;
use crate::config::{self, Config, ConfigMistakes, Environment, Flags, Origins, settings};

/// Show or check the settings that a server would have.
#[derive(Debug, Args)]
pub(super) struct ConfigCommand {
    #[command(subcommand)]
    command: ConfigCommands,
}

#[derive(Debug, Subcommand)]
enum ConfigCommands {
    /// Show every setting with its value and where it comes from; secrets are hidden.
    #[command(after_help = "Example:\n  entitled config show --config entitled.toml")]
    Show(Source),
    /// Check the settings and the files of the catalogue: every mistake at once, and exit status 2.
    #[command(after_help = "Example:\n  entitled config check --config entitled.toml")]
    Check(Source),
}

/// Where settings are read, as by `entitled serve`.
#[derive(Debug, Args)]
struct Source {
    #[command(flatten)]
    settings: SettingFlags,
    /// A file with settings [env: ENTITLED_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Source {
    fn read(self) -> Result<(Config, Origins), ConfigMistakes> {
        let flags = Flags { file: self.config, settings: self.settings.0 };
        config::with_origins(Config::default(), &Environment::of_process(), &flags)
    }
}

impl ConfigCommand {
    pub(super) fn run(self, context: &CliContext) -> Result<ExitCode, Failure> {
        match self.command {
            ConfigCommands::Show(source) => {
                let (_, origins) = source.read().map_err(refused)?;
                screen::write(&shown(&origins, context))?;
            }
            ConfigCommands::Check(source) => {
                let (config, _) = source.read().map_err(refused)?;
                let loaded = catalog_files::load(&config.catalog);
                loaded.map_err(|mistakes| Failure::Usage(mistakes.to_string()))?;
                screen::write("the settings are well")?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn refused(mistakes: ConfigMistakes) -> Failure {
    Failure::Usage(mistakes.to_string())
}

fn shown(origins: &Origins, context: &CliContext) -> String {
    let rows = settings().map(|setting| (setting.key, origins.of(setting)));
    match context.format {
        Format::Json => {
            let rows =
                rows.map(|(key, (value, origin))| json!({"key": key, "value": value, "origin": origin.to_string()}));
            format!("{:#}", serde_json::Value::from_iter(rows))
        }
        Format::Table => {
            let mut table = context.screen.table(&["SETTING", "VALUE", "FROM"]);
            for (key, (value, origin)) in rows {
                table.add_row([key.to_owned(), value.unwrap_or_default().to_owned(), origin.to_string()]);
            }
            context.screen.laid_out(table)
        }
    }
}
