use std::process::ExitCode;

use clap::Parser;
use entitled::cli::{self, Cli};
use entitled::telemetry;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let config = match cli.config() {
        Ok(config) => config,
        Err(mistakes) => return cli::refuse(&mistakes),
    };
    let _telemetry = telemetry::init(&config.log);
    cli::run(cli, config)
}
