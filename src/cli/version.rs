use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::{CliContext, Failure, Format, screen};
use crate::catalog::Catalog;
use crate::config::Environment;
use crate::zoneinfo::Zoneinfo;

/// Print the versions of the program, of its zone data and of its catalogue.
///
/// The zone data is the newer of what is built in and what the directory has.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  entitled version --zoneinfo /usr/share/zoneinfo")]
pub(super) struct Version {
    /// The directory of the system's zone data [env: ENTITLED_ZONEINFO, TZDIR] [default: /usr/share/zoneinfo]
    #[arg(long, value_name = "DIRECTORY")]
    zoneinfo: Option<PathBuf>,
}

impl Version {
    pub(super) fn run(self, context: &CliContext) -> Result<ExitCode, Failure> {
        let directory = self.zoneinfo.or_else(|| Environment::of_process().zoneinfo());
        let zones = Zoneinfo::new(directory.as_deref()).newest();
        let catalog = Catalog::embedded().map_err(|error| Failure::Usage(error.to_string()))?;
        let editions: Vec<_> = catalog.editions().iter().map(|edition| edition.id.as_str()).collect();
        let (version, origin) = (env!("CARGO_PKG_VERSION"), zones.origin().to_string());
        let text = match context.format {
            Format::Json => {
                let zones = json!({"version": zones.version(), "origin": origin});
                format!("{:#}", json!({"version": version, "zone_data": zones, "editions": editions}))
            }
            Format::Table => {
                let zones = zones.version();
                format!("entitled {version}\nzone data {zones} ({origin})\ncatalogue {}", editions.join(", "))
            }
        };
        screen::write(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
