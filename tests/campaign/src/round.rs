//! One round: writers at work, an injury, its healing, and the account.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use entitled::error::BoxError;

use crate::answer::Answer;
use crate::checker::{Finding, Kind, judge};
use crate::history::Record;
use crate::nemesis::{Database, Injury};
use crate::probe::{Probe, TRUTH};
use crate::scene::{Scene, Stage};
use crate::tables::Tables;

/// How long it may take until a write is done again.
const RECOVERY: Duration = Duration::from_secs(5);
/// How long it is waited for: a server that needs longer shall not end the campaign.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long writers go on afterwards: damage may show only then.
const AFTERMATH: Duration = Duration::from_millis(1_500);
const LOOK: Duration = Duration::from_millis(10);

/// What a round has shown.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub database: Database,
    pub seed: u64,
    pub injury: Injury,
    /// Request ids: done, surely not done, and those that some answer left open for a while.
    pub acknowledged: usize,
    pub refused: usize,
    pub ambiguous: usize,
    pub findings: Vec<Finding>,
    /// From healing to the next write that was done, and to the next answer SERVING.
    pub recovery: Option<Duration>,
    pub serving: Option<Duration>,
    /// How long writes failed before health told so, where it did.
    pub not_serving: Option<Duration>,
    /// The server's, in KiB.
    pub peak_memory: u64,
}

impl Outcome {
    fn new(database: Database, seed: u64, injury: Injury) -> Self {
        let (acknowledged, refused, ambiguous, peak_memory, findings) = (0, 0, 0, 0, Vec::new());
        let (recovery, serving, not_serving) = (None, None, None);
        Self {
            database,
            seed,
            injury,
            acknowledged,
            refused,
            ambiguous,
            findings,
            recovery,
            serving,
            not_serving,
            peak_memory,
        }
    }

    /// Of a round that broke off.
    pub(crate) fn broken(database: Database, seed: u64, injury: Injury, error: &BoxError) -> Self {
        let what = format!("the round broke off: {error}");
        Self { findings: vec![Finding::new(Kind::Broken, what)], ..Self::new(database, seed, injury) }
    }

    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.findings.iter().filter(|finding| finding.kind == kind).map(Finding::count).sum()
    }
}

pub(crate) async fn play(
    stage: &mut Stage,
    database: Database,
    seed: u64,
    injury: Injury,
) -> Result<Outcome, BoxError> {
    let binary = stage.binary.clone();
    let mut scene = Scene::set(stage, database, &injury).await?;
    let mut outcome = Outcome::new(database, seed, injury.clone());
    scene.server.listening().await?;
    scene.workload.seed().await?;
    scene.workload.start(seed ^ injury.detail);
    let probe = Probe::start(&scene.shared);
    let warm = || scene.shared.history.acknowledged() >= injury.after && probe.has_served_since(0);
    if until(PATIENCE, warm).await.is_none() {
        outcome.findings.push(Finding::new(Kind::Recovery, "the server does not begin to serve"));
    }
    injure(&mut scene, &probe, &injury).await?;
    revive(&mut scene, &mut outcome).await?;
    recover(&mut scene, &probe, &mut outcome).await?;
    tokio::time::sleep(AFTERMATH).await;
    account(scene, &binary.to_string_lossy(), &mut outcome).await?;
    Ok(outcome)
}

/// For as long as the injury lasts, and the instant at which it is healed follows.
async fn injure(scene: &mut Scene<'_>, probe: &Probe, injury: &Injury) -> Result<(), BoxError> {
    probe.watch(!injury.faults.iter().any(|fault| fault.silences()));
    let mut wounds = Vec::new();
    for fault in &injury.faults {
        wounds.push((*fault, scene.injure(*fault, injury.detail).await?));
    }
    tokio::time::sleep(injury.hold).await;
    probe.watch(false);
    for (fault, wound) in wounds.into_iter().rev() {
        scene.heal(fault, wound).await?;
    }
    Ok(())
}

/// A server that has ended by itself is a finding; started again, it shows what it has lost.
async fn revive(scene: &mut Scene<'_>, outcome: &mut Outcome) -> Result<(), BoxError> {
    if let Some(status) = scene.server.has_ended()? {
        outcome.findings.push(Finding::new(Kind::Exit, format!("the server ended by itself: {status}")));
        // Whatever ended it: with a log that is read it has to start.
        scene.server.log.read_on();
        scene.server.start_again()?;
        scene.server.listening().await?;
    }
    Ok(())
}

async fn recover(scene: &mut Scene<'_>, probe: &Probe, outcome: &mut Outcome) -> Result<(), BoxError> {
    let (pulse, healed) = (&scene.shared.pulse, scene.shared.pulse.now());
    let findings = &mut outcome.findings;
    let (recovery, serving) = tokio::join!(
        until(PATIENCE, || pulse.has_done_since(healed)),
        until(PATIENCE, || probe.has_served_since(healed)),
    );
    let text = |time: Option<Duration>| time.map_or("never".to_owned(), |time| format!("after {time:.1?}"));
    if recovery.is_none_or(|time| time > RECOVERY) {
        findings.push(Finding::new(Kind::Recovery, format!("the first write was done {}", text(recovery))));
    }
    if serving.is_none_or(|time| time > TRUTH) {
        findings.push(Finding::new(Kind::Readiness, format!("it told SERVING {}", text(serving))));
    }
    if let Some(lie) = probe.lie() {
        let what = format!("it told SERVING while writes failed for {lie:.1?}");
        findings.push(Finding::new(Kind::Readiness, what));
    }
    (outcome.recovery, outcome.serving, outcome.not_serving) = (recovery, serving, probe.lag());
    Ok(())
}

/// Stops everything, and holds what was told against what is there.
async fn account(mut scene: Scene<'_>, binary: &str, outcome: &mut Outcome) -> Result<(), BoxError> {
    scene.workload.stop().await;
    revive(&mut scene, outcome).await?;
    scene.workload.settle().await;
    outcome.findings.extend(oddities(&scene, outcome).await);
    outcome.peak_memory = scene.server.peak_memory();
    outcome.findings.extend(stop(&mut scene, binary).await?);
    let records = scene.shared.history.take();
    outcome.acknowledged = count(&records, Record::is_acknowledged);
    outcome.refused = count(&records, Record::is_refused);
    let is_ambiguous = |record: &Record| record.answers.iter().any(|answer| matches!(answer, Answer::Open(_)));
    outcome.ambiguous = count(&records, is_ambiguous);
    match Tables::read(&scene.database_url).await {
        Ok(tables) => {
            outcome.findings.extend(tables.findings);
            outcome.findings.extend(judge(&records, &tables.rows));
        }
        Err(error) => outcome.findings.push(Finding::new(Kind::Lost, format!("the tables cannot be read: {error}"))),
    }
    Ok(())
}

async fn oddities(scene: &Scene<'_>, outcome: &Outcome) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (early, unclassified) = scene.workload.oddities().await;
    if !early.is_empty() {
        let what = "a hold was told to have ended before its time".to_owned();
        findings.push(Finding { kind: Kind::Hold, what, request_ids: early });
    }
    findings.extend(unclassified.first().map(|text| Finding::new(Kind::Unclassified, format!("a check: {text}"))));
    let late = scene.shared.pulse.late();
    if late > 0 && !outcome.injury.faults.iter().any(|fault| fault.silences()) {
        findings.push(Finding::new(Kind::Late, format!("{late} calls had no answer in their time and 3 s more")));
    }
    findings
}

/// As its operators do, after a look at what it says of itself.
async fn stop(scene: &mut Scene<'_>, binary: &str) -> Result<Vec<Finding>, BoxError> {
    let mut findings = Vec::new();
    let verify = Command::new(binary)
        .args(["ledger", "verify", "--output", "json", "--address", &scene.server.url()])
        .stdin(Stdio::null())
        .output()?;
    if !verify.status.success() {
        let text = format!("{}{}", String::from_utf8_lossy(&verify.stdout), String::from_utf8_lossy(&verify.stderr));
        findings.push(Finding::new(Kind::Misfit, format!("ledger verify: {}", text.trim())));
    }
    match scene.server.stop().await? {
        Some(status) if status.success() => {}
        Some(status) => findings.push(Finding::new(Kind::Exit, format!("asked to stop, the server ended: {status}"))),
        None => findings.push(Finding::new(Kind::Exit, "asked to stop, the server did not end")),
    }
    let panics = scene.server.log.panics();
    findings
        .extend(panics.first().map(|line| Finding::new(Kind::Panic, format!("{} in the log: {line}", panics.len()))));
    Ok(findings)
}

fn count(records: &[Record], is_so: impl Fn(&Record) -> bool) -> usize {
    records.iter().filter(|record| is_so(record)).count()
}

/// How long it took, if it did not take too long.
async fn until(limit: Duration, mut is_so: impl FnMut() -> bool) -> Option<Duration> {
    let begun = Instant::now();
    while !is_so() {
        if begun.elapsed() > limit {
            return None;
        }
        tokio::time::sleep(LOOK).await;
    }
    Some(begun.elapsed())
}
