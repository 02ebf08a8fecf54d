use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _};

use super::{Cli, Failure};

/// Write the manual pages: one of the program, and one of each command.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:
  entitled man --dir ~/.local/share/man/man1 && man entitled-check"
)]
pub(super) struct Man {
    /// Where they go; made where there is none.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
}

impl Man {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let named = |error: std::io::Error| Failure::Other(format!("{}: {error}", self.dir.display()).into());
        std::fs::create_dir_all(&self.dir).map_err(named)?;
        clap_mangen::generate_to(Cli::command(), &self.dir).map_err(named)?;
        Ok(ExitCode::SUCCESS)
    }
}
