mod check;
mod entry;
mod verify;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{Context, Failure};

/// Look after the ledger.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled ledger verify
  entitled ledger verify --customer halden-mills --output json"
)]
pub struct Ledger {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Verify(verify::Verify),
}

impl Ledger {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        match self.what {
            What::Verify(verify) => verify.run(context).await,
        }
    }
}
