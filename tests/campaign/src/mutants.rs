//! Programs with one known mistake each: a campaign that does not find it proves little.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use entitled::error::BoxError;

use crate::nemesis::{Database, Fault, Nemesis};
use crate::round::play;
use crate::scene::Stage;

/// Chooses the mistake of a program that was built with the feature `mutants`.
const VARIABLE: &str = "CAMPAIGN_MUTANT";
const LIMIT: Duration = Duration::from_secs(240);

/// A mistake, and where it shows.
#[derive(Debug)]
struct Mutant {
    name: &'static str,
    database: Database,
    faults: &'static [Fault],
}

const MUTANTS: [Mutant; 6] = [
    Mutant {
        name: "acknowledge-before-commit",
        database: Database::Postgres,
        faults: &[Fault::PgKill, Fault::CutBefore],
    },
    Mutant { name: "acknowledge-before-commit", database: Database::Sqlite, faults: &[Fault::FileLimit, Fault::Kill] },
    Mutant { name: "nested-savepoint", database: Database::Sqlite, faults: &[Fault::FileLimit] },
    Mutant { name: "worker-dies", database: Database::Postgres, faults: &[Fault::PgFast, Fault::PgKill] },
    Mutant { name: "unique-key-dropped", database: Database::Postgres, faults: &[Fault::Hasty, Fault::CutAfter] },
    Mutant { name: "local-clock-expiry", database: Database::Sqlite, faults: &[Fault::Freeze, Fault::Hasty] },
];

/// Whether each is caught, as a table.
pub(crate) async fn run(stage: &mut Stage, seed: u64) -> Result<(String, bool), BoxError> {
    let mut table = "| mutant | database | caught by | after |\n|---|---|---|--:|\n".to_owned();
    let mut caught = 0_usize;
    let environment = stage.environment.clone();
    for mutant in &MUTANTS {
        stage.environment.push((VARIABLE.to_owned(), mutant.name.to_owned()));
        let begun = Instant::now();
        let finding = hunt(stage, mutant, seed, begun).await;
        stage.environment.clone_from(&environment);
        let (message, is_caught) = match finding? {
            Some(message) => (message, true),
            None => ("nothing".to_owned(), false),
        };
        caught = caught.saturating_add(usize::from(is_caught));
        eprintln!("{:<26} {:<8} {message}", mutant.name, mutant.database);
        let seconds = begun.elapsed().as_secs();
        let _ = writeln!(table, "| {} | {} | {message} | {seconds} s |", mutant.name, mutant.database);
    }
    let _ = writeln!(table, "\n{caught} of {} caught.", MUTANTS.len());
    Ok((table, caught == MUTANTS.len()))
}

/// The first round with a finding: its fault, and what it found.
async fn hunt(stage: &mut Stage, mutant: &Mutant, seed: u64, begun: Instant) -> Result<Option<String>, BoxError> {
    let mut nemesis = Nemesis::new(seed, mutant.database, mutant.faults);
    while begun.elapsed() < LIMIT
        && let Some(injury) = nemesis.next()
    {
        let name = injury.name();
        let outcome = play(stage, mutant.database, seed, injury).await?;
        let mut kinds: Vec<_> = outcome.findings.iter().map(|finding| finding.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        if !kinds.is_empty() {
            let kinds: Vec<String> = kinds.iter().map(|kind| format!("{kind:?}")).collect();
            return Ok(Some(format!("{} ({name})", kinds.join(", "))));
        }
    }
    Ok(None)
}
