use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Failure, screen};

/// Print the completions of a shell: of commands and flags.
///
/// A shell that is to complete the ids of services, products, customers, locations and work orders asks
/// the program each time: `source <(ENTITLED_COMPLETE=bash entitled)`, likewise for zsh, and for fish
/// `ENTITLED_COMPLETE=fish entitled | source`. What customers have comes from the server that
/// ENTITLED_ADDRESS or `--address` names, if it answers within half a second.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled completions bash > ~/.local/share/bash-completion/completions/entitled
  entitled completions zsh > ~/.zfunc/_entitled
  entitled completions fish > ~/.config/fish/completions/entitled.fish"
)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        // First to memory: a reader that goes away must not be an error.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "entitled", &mut script);
        screen::write_raw(String::from_utf8_lossy(&script).trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}
