//! How a shell completes a command line: commands and flags as clap knows them, and the ids that stand in the catalogue or on
//! the server.

mod ids;
#[cfg(test)]
mod tests;

use clap::{Arg, Command, CommandFactory as _};
use clap_complete::CompleteEnv;
use clap_complete::engine::ArgValueCompleter;

use super::Cli;

/// The variable by which a shell asks; its value is the name of the shell.
pub(super) const VARIABLE: &str = "ENTITLED_COMPLETE";

/// Answers a shell that asks how a command line goes on, and ends the process; returns if none asks.
pub fn complete() {
    CompleteEnv::with_factory(command).var(VARIABLE).complete();
}

fn command() -> Command {
    with_ids(Cli::command())
}

/// The command and those below it: what a flag takes is known by the name of the flag.
fn with_ids(command: Command) -> Command {
    command.mut_args(with_id).mut_subcommands(with_ids)
}

fn with_id(argument: Arg) -> Arg {
    // What stands without a flag is known by its own name.
    let complete = match argument.get_long().or(Some(argument.get_id().as_str())) {
        Some("customer") => ArgValueCompleter::new(ids::customers),
        Some("location") => ArgValueCompleter::new(ids::locations),
        Some("work-order") => ArgValueCompleter::new(ids::work_orders),
        Some("service") => ArgValueCompleter::new(ids::services),
        Some("product") => ArgValueCompleter::new(ids::products),
        Some("group") => ArgValueCompleter::new(ids::groups),
        _ => return argument,
    };
    argument.add(complete)
}
