//! The command line: one file per command. All but `serve` and `migrate` are clients of the
//! API, and know no more than any other client.

mod acts;
mod audit;
mod catalog;
mod cause;
mod check;
mod client;
mod complete;
mod completions;
mod config;
mod customers;
mod demo;
mod demo_data;
pub mod document;
mod exit;
mod export;
mod failure;
mod flags;
mod hours;
mod import;
mod ledger;
mod list;
mod man;
mod migrate;
mod orders;
mod places;
mod progress;
mod reflect;
mod render;
mod response_target;
mod schema;
mod screen;
mod serve;
mod server;
mod server_flags;
mod setting_flags;
mod token;
mod values;
mod version;
mod waivers;
mod write;

use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use self::complete::complete;
pub use self::flags::parse;

use self::client::Client;
use self::failure::Failure;
use self::screen::Screen;
use self::server_flags::ServerFlags;
use crate::config::{Config, ConfigMistakes, variable};
use crate::legible::excerpt;

/// How long the process waits at its end until its last message is read.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// So that one thread reads and writes while another decides.
const LEAST_WORKERS: usize = 2;

/// Says whether a customer is entitled to a support service, by which clause and until when.
///
/// And if not, what would change that. `entitled serve --demo` starts a server with sample
/// customers and prints calls to try; all other commands but `migrate` ask a running server.
///
/// Exit status: 0 done, 1 error, 2 wrong flags or settings, 5 refused by the server, 6 no server
/// answers or it cannot serve now, 7 it is not known whether a write was applied. `check` also has
/// 3 not entitled and 4 conditional. With --output json errors are JSON too, on standard error: a
/// `google.rpc.Status` with its details.
#[derive(Debug, Parser)]
#[command(version, verbatim_doc_comment, after_help = "Example:\n  entitled serve --demo")]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: CliCommand,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
struct Global {
    #[command(flatten)]
    server: ServerFlags,
    /// How answers and errors are written [env: ENTITLED_OUTPUT] [default: table]
    #[arg(long, global = true, value_enum, value_name = "FORMAT", ignore_case = true)]
    output: Option<Format>,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, with colours where the terminal has them; times by the clocks of the place.
    Table,
    /// Proto3 JSON with the names of the proto files, one document per answer; times in UTC.
    Json,
}

/// What is written if no flag says how.
const OUTPUT: &str = "ENTITLED_OUTPUT";

impl Format {
    /// What the flag says, else the environment.
    fn chosen(flag: Option<Self>) -> Result<Self, Failure> {
        match (flag, variable(OUTPUT)) {
            (Some(format), _) => Ok(format),
            (None, Some(name)) => Self::from_str(&name, true).map_err(|_| {
                Failure::Usage(format!("{OUTPUT}: `{}` is no format; write `table` or `json`", excerpt(&name)))
            }),
            (None, None) => Ok(Self::Table),
        }
    }

    /// For what is wrong with a command line that could not be read.
    fn of_words(words: &[String]) -> Self {
        let flag = words.iter().rposition(|word| word == "--output").and_then(|at| words.get(at.saturating_add(1)));
        let flag = flag.map(String::as_str).or_else(|| words.iter().rev().find_map(|it| it.strip_prefix("--output=")));
        let flag = flag.and_then(|name| Self::from_str(name, true).ok());
        Self::chosen(flag).unwrap_or(Self::Table)
    }
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    Serve(serve::Serve),
    Migrate(migrate::Migrate),
    Import(import::Import),
    Export(export::Export),
    Schema(schema::Schema),
    DemoData(demo_data::DemoData),
    Check(Box<check::Check>),
    List(list::List),
    ResponseTarget(response_target::ResponseTarget),
    Customers(customers::Customers),
    Orders(Box<orders::Orders>),
    Waivers(waivers::Waivers),
    Audit(audit::Audit),
    Hours(Box<hours::Hours>),
    Ledger(ledger::Ledger),
    Catalog(catalog::Catalog),
    Server(server::Server),
    Token(token::Token),
    Config(config::ConfigCommand),
    Completions(completions::Completions),
    Man(man::Man),
    Version(version::Version),
}

/// What every client command is given.
#[derive(Debug)]
struct CliContext {
    server: ServerFlags,
    format: Format,
    screen: Screen,
    errors: Screen,
}

impl CliContext {
    async fn connect(&self) -> Result<Client, Failure> {
        Client::open(&self.server).await
    }

    /// Writes one answer: the message `name` of the API, or the table made of it. The table is
    /// given the answer without the controls its texts may have.
    fn answer<M: prost::Message + Default>(
        &self,
        name: &str,
        answer: &M,
        table: impl FnOnce(&M, &Screen) -> String,
    ) -> Result<(), Failure> {
        let text = match self.format {
            Format::Table => table(&reflect::without_controls(name, answer)?, &self.screen),
            Format::Json => reflect::json(name, answer)?,
        };
        screen::write(&text).map_err(Failure::from)
    }
}

impl Cli {
    /// The settings this command runs with.
    pub fn config(&self) -> Result<Config, ConfigMistakes> {
        match &self.command {
            CliCommand::Serve(serve) => serve.config(),
            CliCommand::Migrate(migrate) => migrate.config(),
            _ => Ok(Config::client()),
        }
    }
}

/// Runs one command to its end.
pub fn run(cli: Cli, config: Config) -> ExitCode {
    let (screen, errors) = (Screen::of_output(), Screen::of_errors());
    let format = match Format::chosen(cli.global.output) {
        Ok(format) => format,
        Err(failure) => {
            screen::write_error(&failure.text(&errors));
            return failure.exit_code();
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(available_parallelism().map_or(LEAST_WORKERS, |cores| cores.get().max(LEAST_WORKERS)))
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(dispatch(cli, config, format, screen, errors));
            runtime.shutdown_timeout(Duration::from_secs(1));
            outcome
        }
        Err(error) => Err(error.into()),
    };
    outcome.unwrap_or_else(|failure| {
        last_words(failure.told(format, &errors));
        failure.exit_code()
    })
}

/// Writes the last message. A reader that has stalled must not hold up the end of the process.
fn last_words(text: String) {
    let (tell, told) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || {
        screen::write_error(&text);
        drop(tell);
    });
    let _ = told.recv_timeout(LAST_WORDS);
}

async fn dispatch(
    cli: Cli,
    config: Config,
    format: Format,
    screen: Screen,
    errors: Screen,
) -> Result<ExitCode, Failure> {
    let context = CliContext { server: cli.global.server, format, screen, errors };
    match cli.command {
        CliCommand::Serve(serve) => serve.run(config, &context).await,
        CliCommand::Migrate(migrate) => migrate.run(&config).await,
        CliCommand::Import(import) => import.run(&context).await,
        CliCommand::Export(export) => export.run(&context).await,
        CliCommand::Schema(schema) => schema.run(),
        CliCommand::DemoData(demo_data) => demo_data.run(&context).await,
        CliCommand::Check(check) => check.run(&context).await,
        CliCommand::List(list) => list.run(&context).await,
        CliCommand::ResponseTarget(target) => target.run(&context).await,
        CliCommand::Customers(customers) => customers.run(&context).await,
        CliCommand::Orders(orders) => orders.run(&context).await,
        CliCommand::Waivers(waivers) => waivers.run(&context).await,
        CliCommand::Audit(audit) => audit.run(&context).await,
        CliCommand::Hours(hours) => hours.run(&context).await,
        CliCommand::Ledger(ledger) => ledger.run(&context).await,
        CliCommand::Catalog(catalog) => catalog.run(&context).await,
        CliCommand::Server(server) => server.run(&context).await,
        CliCommand::Token(token) => token.run(),
        CliCommand::Config(config) => config.run(&context),
        CliCommand::Completions(completions) => completions.run(),
        CliCommand::Man(man) => man.run(),
        CliCommand::Version(version) => version.run(&context),
    }
}

/// Tells why the settings do not do.
pub fn refuse(mistakes: &ConfigMistakes) -> ExitCode {
    let failure = Failure::Usage(mistakes.to_string());
    let words: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    screen::write_error(&failure.told(Format::of_words(&words), &Screen::of_errors()));
    failure.exit_code()
}

#[cfg(test)]
mod tests;
