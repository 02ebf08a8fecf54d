use std::process::ExitCode;

use entitled::cli;
use entitled::telemetry;

/// A call is some two hundred small allocations, on whichever thread is free: glibc's own allocator takes a fifth of a
/// write's time for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::complete();
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let config = match cli.config() {
        Ok(config) => config,
        Err(mistakes) => return cli::refuse(&mistakes),
    };
    let _telemetry = telemetry::init(&config.log);
    cli::run(cli, config)
}
