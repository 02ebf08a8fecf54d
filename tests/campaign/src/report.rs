//! What a campaign has shown, as docs/RELIABILITY.md publishes it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::checker::Kind;
use crate::nemesis::Database;
use crate::round::Outcome;

/// Everything of one fault on one database.
#[derive(Debug, Default)]
struct Line {
    rounds: usize,
    acknowledged: usize,
    refused: usize,
    ambiguous: usize,
    lost: usize,
    doubled: usize,
    present: usize,
    unclassified: usize,
    others: usize,
    recoveries: Vec<Duration>,
    not_serving: Option<Duration>,
    serving: Option<Duration>,
    peak_memory: u64,
}

const HEAD: &str =
    "| database | fault | rounds | acknowledged | refused | ambiguous | lost | doubled | refused, but present \
| unclassified | other findings | recovery median / max | NOT_SERVING, SERVING after | memory, peak |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
";

impl Line {
    fn add(&mut self, outcome: &Outcome) {
        let counts = [
            (&mut self.rounds, 1),
            (&mut self.acknowledged, outcome.acknowledged),
            (&mut self.refused, outcome.refused),
            (&mut self.ambiguous, outcome.ambiguous),
            (&mut self.lost, outcome.count(Kind::Lost)),
            (&mut self.doubled, outcome.count(Kind::Doubled)),
            (&mut self.present, outcome.count(Kind::Refused)),
            (&mut self.unclassified, outcome.count(Kind::Unclassified)),
        ];
        for (sum, more) in counts {
            *sum = sum.saturating_add(more);
        }
        let is_other = |kind: Kind| !matches!(kind, Kind::Lost | Kind::Doubled | Kind::Refused | Kind::Unclassified);
        let others = outcome.findings.iter().filter(|finding| is_other(finding.kind)).count();
        self.others = self.others.saturating_add(others);
        self.recoveries.extend(outcome.recovery);
        self.not_serving = self.not_serving.max(outcome.not_serving);
        self.serving = self.serving.max(outcome.serving);
        self.peak_memory = self.peak_memory.max(outcome.peak_memory);
    }

    fn write(&mut self, database: &str, fault: &str, to: &mut String) {
        self.recoveries.sort_unstable();
        let median = self.recoveries.get(self.recoveries.len().div_euclid(2)).copied();
        let _ = writeln!(
            to,
            "| {database} | {fault} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} / {} | {}, {} | {} MiB |",
            self.rounds,
            grouped(self.acknowledged),
            grouped(self.refused),
            grouped(self.ambiguous),
            self.lost,
            self.doubled,
            self.present,
            self.unclassified,
            self.others,
            seconds(median),
            seconds(self.recoveries.last().copied()),
            seconds(self.not_serving),
            seconds(self.serving),
            self.peak_memory.div_euclid(1_024),
        );
    }
}

/// The table, the seeds, the version, and each finding.
pub(crate) fn markdown(outcomes: &[Outcome], version: &str, skipped: &[String]) -> String {
    let mut lines: BTreeMap<(Database, String), Line> = BTreeMap::new();
    let mut all = Line::default();
    for outcome in outcomes {
        lines.entry((outcome.database, outcome.injury.name())).or_default().add(outcome);
        all.add(outcome);
    }
    let mut seeds: Vec<u64> = outcomes.iter().map(|outcome| outcome.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let mut text = format!("{version}; seeds {}.\n\n{HEAD}", joined(&seeds));
    for ((database, fault), line) in &mut lines {
        line.write(&database.to_string(), fault, &mut text);
    }
    all.write("all", "", &mut text);
    let _ = writeln!(text, "\n{}", bound(&all));
    for reason in skipped {
        let _ = writeln!(text, "\nNot tried: {reason}.");
    }
    let found: Vec<String> = outcomes.iter().flat_map(described).collect();
    let _ = match found.is_empty() {
        true => writeln!(text, "\nNo findings."),
        false => writeln!(text, "\nFindings:\n\n{}", found.join("\n")),
    };
    text
}

/// Each finding of a round, with what is needed to see it again.
fn described(outcome: &Outcome) -> Vec<String> {
    let Outcome { database, seed, injury, findings, .. } = outcome;
    let place = format!("{database}, seed {seed}, {} for {:.1?}", injury.name(), injury.hold);
    findings.iter().map(|finding| format!("- {place}: {finding}")).collect()
}

/// None in so many trials is no proof that there is none: the rule of three.
fn bound(all: &Line) -> String {
    let requests = all.acknowledged.saturating_add(all.refused);
    match all.lost.saturating_add(all.doubled).saturating_add(all.present) {
        0 if all.rounds > 0 => format!(
            "0 of {} requests were lost, doubled or written though refused, in {} rounds: with 95 % confidence it \
             happens to fewer than 3 in {} requests, in fewer than 3 in {} such rounds.",
            grouped(requests),
            all.rounds,
            grouped(requests),
            all.rounds
        ),
        wrong => format!("{wrong} of {} requests were lost, doubled or written though refused.", grouped(requests)),
    }
}

/// One line while it runs.
pub(crate) fn progress(number: usize, outcome: &Outcome) -> String {
    let Outcome { database, seed, injury, acknowledged, refused, ambiguous, .. } = outcome;
    let verdict = match outcome.findings.len() {
        0 => "ok".to_owned(),
        count => format!("{count} FINDINGS"),
    };
    format!(
        "{number:>4} {database:<8} seed {seed} {:<24} {:>5.1} s  {acknowledged:>6} acknowledged {refused:>6} refused \
         {ambiguous:>6} ambiguous  recovered {:>6}  {verdict}",
        injury.name(),
        injury.hold.as_secs_f32(),
        seconds(outcome.recovery),
    )
}

/// All findings of one round, for the terminal.
pub(crate) fn findings(outcome: &Outcome) -> Vec<String> {
    described(outcome)
}

fn seconds(time: Option<Duration>) -> String {
    time.map_or("–".to_owned(), |time| format!("{:.2} s", time.as_secs_f32()))
}

fn joined(seeds: &[u64]) -> String {
    seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}

/// `1234567` as `1,234,567`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checker::Finding;
    use crate::nemesis::{Fault, Injury};

    fn outcome(findings: Vec<Finding>) -> Outcome {
        let hold = Duration::from_secs(2);
        Outcome {
            database: Database::Sqlite,
            seed: 7,
            injury: Injury { faults: vec![Fault::Kill, Fault::LogGone], hold, after: 20, detail: 1 },
            acknowledged: 1_234,
            refused: 5,
            ambiguous: 6,
            findings,
            recovery: Some(Duration::from_millis(300)),
            serving: Some(Duration::from_millis(800)),
            not_serving: None,
            peak_memory: 65_536,
        }
    }

    #[test]
    fn a_clean_campaign_says_what_it_bounds() {
        let text = markdown(&[outcome(Vec::new()), outcome(Vec::new())], "entitled 0.1.0", &[]);
        assert!(text.contains("| sqlite | kill+log-gone | 2 | 2,468 | 10 | 12 | 0 | 0 | 0 | 0 | 0 |"), "{text}");
        assert!(text.contains("fewer than 3 in 2,478 requests") && text.contains("No findings."), "{text}");
    }

    #[test]
    fn a_finding_is_told_with_its_seed_and_ids() {
        let lost = Finding { kind: Kind::Lost, what: "gone".to_owned(), request_ids: vec!["a".into(), "b".into()] };
        let text = markdown(&[outcome(vec![lost])], "entitled 0.1.0", &["eio (no strace)".to_owned()]);
        assert!(text.contains("- sqlite, seed 7, kill+log-gone for 2.0s: Lost: gone; 2 of them: a, b"), "{text}");
        assert!(text.contains("2 of 1,239 requests") && text.contains("Not tried: eio (no strace)."), "{text}");
    }
}
