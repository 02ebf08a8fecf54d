use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{Failure, screen};
use crate::auth::{ALL_CUSTOMERS, NewToken, new_token};
use crate::service::Role;

/// Make tokens for callers.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled token new --principal billing --role consumer --customer contoso
  entitled token new --principal ops --role operator --all-customers --file tokens.toml"
)]
pub(super) struct Token {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    New(New),
}

/// Make a token, shown once, and its row for the server's `auth_tokens_file`.
///
/// The token is 256 random bits. The row has its SHA-256 alone, from which nobody can make the token.
#[derive(Debug, Args)]
struct New {
    /// Who calls with it: recorded with everything that is written.
    #[arg(long, value_name = "NAME")]
    principal: String,
    /// What the caller may do: reader, consumer, contract-admin, operator or delegate; may be given several times.
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<Role>,
    /// A customer whose data the caller may see; may be given several times.
    #[arg(long = "customer", value_name = "ID", required_unless_present = "all_customers")]
    customers: Vec<String>,
    /// The caller may see every customer.
    #[arg(long, conflicts_with = "customers")]
    all_customers: bool,
    /// Append the row to this file, which is created where there is none, and show the token alone.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Token {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let What::New(New { principal, roles, customers, all_customers, file }) = self.what;
        let customers = if all_customers { vec![ALL_CUSTOMERS.to_owned()] } else { customers };
        let NewToken { token, row } = new_token(&principal, &roles, customers).map_err(Failure::Usage)?;
        match file {
            Some(file) => {
                append(&file, &row)?;
                screen::write(&token)?;
            }
            None => screen::write(&format!("{token}\n\n{row}"))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn append(path: &Path, row: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(format!("{row}\n").as_bytes()));
    written.map_err(|error| Failure::Other(format!("{}: {error}", path.display()).into()))
}
