mod check;
mod entry;
mod heads;
mod verify;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{CliContext, Failure};

/// Look after the ledger.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled ledger verify
  entitled ledger verify --customer halden-mills --output json
  entitled ledger verify --heads /var/lib/entitled-heads/heads.json"
)]
pub(super) struct Ledger {
    #[command(subcommand)]
    command: LedgerCommand,
}

#[derive(Debug, Subcommand)]
enum LedgerCommand {
    Verify(verify::Verify),
}

impl Ledger {
    pub(super) async fn run(self, context: &CliContext) -> Result<ExitCode, Failure> {
        match self.command {
            LedgerCommand::Verify(verify) => verify.run(context).await,
        }
    }
}
