use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::render::server;
use super::{CliContext, Failure};
use crate::proto::v1;

/// Ask the server what it is, and who you are to it.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled server info
  entitled server whoami --address https://entitled.example:50051 --token-file token"
)]
pub(super) struct Server {
    #[command(subcommand)]
    command: ServerCommand,
}

#[derive(Debug, Subcommand)]
enum ServerCommand {
    /// The server's version, editions, limits and features.
    Info,
    /// Your principal, roles and customers, as the server sees them.
    Whoami,
}

impl Server {
    pub(super) async fn run(self, context: &CliContext) -> Result<ExitCode, Failure> {
        let mut client = context.connect().await?.server();
        match self.command {
            ServerCommand::Info => {
                let answer = client.get_server_info(v1::GetServerInfoRequest {}).await?.into_inner();
                context.answer("entitled.v1.GetServerInfoResponse", &answer, server::info)?;
            }
            ServerCommand::Whoami => {
                let answer = client.who_am_i(v1::WhoAmIRequest {}).await?.into_inner();
                context.answer("entitled.v1.WhoAmIResponse", &answer, server::caller)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
