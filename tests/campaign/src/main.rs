//! The fault campaign: real servers on real databases, seeded faults, writers that keep what they sent and were
//! answered, and a look at the raw tables after each round. `make campaign`; docs/RELIABILITY.md says what it shows.

#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails"))]

mod abilities;
mod answer;
mod caller;
mod checker;
mod contract;
mod crowd;
mod history;
mod mutants;
mod nemesis;
mod probe;
mod pulse;
mod report;
mod round;
mod scene;
mod tables;
mod topology;
mod workload;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use entitled::error::BoxError;

use tokio::signal::unix::{SignalKind, signal};

use nemesis::{Database, Fault, Injury, Nemesis};
use round::Outcome;
use scene::Stage;

/// How many rounds on one seed before the next.
const ROUNDS: usize = 40;

/// Injures servers under load, and counts what became of every write in the raw tables.
///
/// Exit status: 0 no findings, 1 findings (each told with its seed, its fault and the request ids), or an error.
#[derive(Debug, Parser)]
#[command(verbatim_doc_comment)]
struct Arguments {
    /// How long it runs; the round under way then ends.
    #[arg(long, default_value_t = 60)]
    minutes: u64,
    /// Seeds, one after the other; when all are used, the numbers behind the last one.
    #[arg(long, value_delimiter = ',', default_values_t = [1])]
    seed: Vec<u64>,
    /// On which database.
    #[arg(long, value_enum, default_value_t = Databases::Both)]
    database: Databases,
    /// Only these faults.
    #[arg(long, value_enum, value_delimiter = ',')]
    faults: Vec<Fault>,
    /// The program. Default: the release build, else the debug build.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Where the table goes. Default: standard output.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Instead, whether each mistake of a program built with `--features mutants` is found.
    #[arg(long)]
    mutants: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Databases {
    Sqlite,
    Postgres,
    Both,
}

impl Databases {
    fn all(self) -> Vec<Database> {
        match self {
            Self::Sqlite => vec![Database::Sqlite],
            Self::Postgres => vec![Database::Postgres],
            Self::Both => vec![Database::Sqlite, Database::Postgres],
        }
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 4)]
async fn main() -> ExitCode {
    let outcome = tokio::select! {
        outcome = run(Arguments::parse()) => outcome,
        // Servers, databases and mounts go with their values.
        stopped = asked_to_stop() => stopped,
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn asked_to_stop() -> Result<bool, BoxError> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
    Err("stopped before its end".into())
}

async fn run(arguments: Arguments) -> Result<bool, BoxError> {
    let binary = binary(arguments.binary.as_deref())?;
    let databases = arguments.database.all();
    let needs_postgres = databases.contains(&Database::Postgres) || arguments.mutants;
    let cluster = if needs_postgres { Some(topology::Cluster::start().await?) } else { None };
    let mut stage = Stage { binary, cluster, environment: Vec::new() };
    if arguments.mutants {
        let seed = arguments.seed.first().copied().unwrap_or(1);
        let (table, are_caught) = mutants::run(&mut stage, seed).await?;
        return write(arguments.report.as_deref(), &table).map(|()| are_caught);
    }
    let version = version(&stage.binary)?;
    let (faults, skipped) = faults(&arguments.faults);
    let has_faults = |database: &Database| faults.iter().any(|fault| fault.is_of(*database));
    let databases: Vec<Database> = databases.into_iter().filter(has_faults).collect();
    if databases.is_empty() {
        return Err("none of these faults can be made here on this database".into());
    }
    let outcomes = campaign(&mut stage, &arguments, &databases, &faults).await?;
    write(arguments.report.as_deref(), &report::markdown(&outcomes, &version, &skipped))?;
    Ok(outcomes.iter().all(|outcome| outcome.findings.is_empty()))
}

/// Rounds on each database in turn, until the time is over.
async fn campaign(
    stage: &mut Stage,
    arguments: &Arguments,
    databases: &[Database],
    faults: &[Fault],
) -> Result<Vec<Outcome>, BoxError> {
    let limit = Duration::from_secs(arguments.minutes.saturating_mul(60));
    let begun = Instant::now();
    let mut outcomes = Vec::new();
    let mut seeds = seeds(&arguments.seed);
    while begun.elapsed() < limit
        && let Some(seed) = seeds.next()
    {
        let of_seed = |database: &Database| (*database, Nemesis::new(seed, *database, faults));
        let mut nemeses: Vec<_> = databases.iter().map(of_seed).collect();
        for _ in 0..ROUNDS {
            for (database, nemesis) in &mut nemeses {
                if begun.elapsed() >= limit {
                    return Ok(outcomes);
                }
                let Some(injury) = nemesis.next() else { continue };
                let outcome = play(stage, *database, seed, injury).await?;
                eprintln!("{}", report::progress(outcomes.len().saturating_add(1), &outcome));
                report::findings(&outcome).iter().for_each(|finding| eprintln!("{finding}"));
                outcomes.push(outcome);
            }
        }
    }
    Ok(outcomes)
}

/// A round that breaks off is a finding, and the next one gets a PostgreSQL that nobody has hurt.
async fn play(stage: &mut Stage, database: Database, seed: u64, injury: Injury) -> Result<Outcome, BoxError> {
    match round::play(stage, database, seed, injury.clone()).await {
        Ok(outcome) => Ok(outcome),
        Err(error) => {
            if let Some(cluster) = &mut stage.cluster {
                *cluster = topology::Cluster::start().await?;
            }
            Ok(Outcome::broken(database, seed, injury, &error))
        }
    }
}

/// Those that were given, and then the numbers behind the last one.
fn seeds(given: &[u64]) -> impl Iterator<Item = u64> {
    let next = given.last().copied().unwrap_or(0).saturating_add(1);
    given.iter().copied().chain(next..)
}

/// What is wanted and possible here; and what is not possible, with its reason.
fn faults(wanted: &[Fault]) -> (Vec<Fault>, Vec<String>) {
    let wanted = if wanted.is_empty() { Fault::value_variants() } else { wanted };
    let lacking = abilities::lacking(wanted);
    let skipped: Vec<String> = lacking.iter().map(|(fault, why)| format!("{} ({why})", fault.name())).collect();
    skipped.iter().for_each(|output| eprintln!("not tried: {output}"));
    let is_possible = |fault: &Fault| lacking.iter().all(|(other, _)| other != fault);
    (wanted.iter().copied().filter(is_possible).collect(), skipped)
}

fn binary(given: Option<&Path>) -> Result<PathBuf, BoxError> {
    // Beside this program, or in the release build next to it.
    let here = std::env::current_exe()?;
    let profiles = here.parent().and_then(Path::parent).ok_or("this program stands nowhere")?;
    let built = ["release", "debug"].map(|profile| profiles.join(profile).join("entitled"));
    let candidates = given.map_or(built.to_vec(), |given| vec![given.to_owned()]);
    let found = candidates.iter().find(|candidate| candidate.is_file());
    let found = found.ok_or_else(|| format!("no program at {candidates:?}: build it, or name it with --binary"))?;
    Ok(found.canonicalize()?)
}

/// What the program says, and the commit of the working tree, where there is one.
fn version(binary: &Path) -> Result<String, BoxError> {
    let output = Command::new(binary).arg("--version").output()?;
    let commit = Command::new("git").args(["describe", "--always", "--dirty"]).output();
    let commit = commit.ok().filter(|output| output.status.success()).map(|output| output.stdout);
    let commit = commit.map(|commit| format!(" ({})", String::from_utf8_lossy(&commit).trim()));
    Ok(format!("{}{}", String::from_utf8(output.stdout)?.trim(), commit.unwrap_or_default()))
}

fn write(file: Option<&Path>, text: &str) -> Result<(), BoxError> {
    match file {
        Some(file) => Ok(std::fs::write(file, text)?),
        None => Ok(std::io::stdout().write_all(text.as_bytes())?),
    }
}
