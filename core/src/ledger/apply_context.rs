use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use super::{CommandViolation, DEFAULT_GRACE, LedgerCodes};
use crate::catalog::Rule;
use crate::model::Unit;

/// Under what a command is applied: who asks, when, and what was judged beforehand.
#[derive(Debug, Clone)]
pub struct ApplyContext<'a> {
    pub now: DateTime<Utc>,
    /// When the contract was recorded that a grant follows.
    pub recorded: DateTime<Utc>,
    /// None where time alone acts.
    pub request_id: Option<&'a str>,
    pub actor: &'a str,
    /// How long after a block's end work delivered before it can be recorded.
    pub grace: TimeDelta,
    /// The blocks a consume, a reserve, or a commit beyond what is held may be taken from, as
    /// judged for this command. For a commit also the blocks that fund the hold, for what is
    /// judged of the delivery itself. Empty for all other commands.
    pub sources: &'a [FundingSource],
}

impl<'a> ApplyContext<'a> {
    pub fn new(now: DateTime<Utc>, request_id: Option<&'a str>, actor: &'a str) -> Self {
        Self { now, recorded: now, request_id, actor, grace: DEFAULT_GRACE, sources: &[] }
    }
}

/// An item that answers: its block, and every clause that forbids drawing from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundingSource {
    /// None: it was bought without a number, has nothing to give, and draws on the others.
    pub block_id: Option<Uuid>,
    /// When its block ends by the contract of the work, where that is planned to be later than is written down.
    pub block_end: Option<DateTime<Utc>>,
    /// What it is counted in, and whether in days too, where no block says so.
    pub counted: Option<(Unit, bool)>,
    /// Failed clauses, in catalogue order; none: it may be used.
    pub failed: Vec<CommandViolation>,
    /// Whether what it has counts for the others too: no clause of term, state, base, product or
    /// location fails.
    pub counts: bool,
    /// Whether term, state or base fails: what is left does not matter then.
    pub is_lapsed: bool,
    /// Whether its base covers it: where none does, that is told, and not that its block is over.
    pub is_covered: bool,
    /// What is left then is lost, as seen from the location that was asked for.
    pub forfeit_time: DateTime<Utc>,
    pub rank: SourceRank,
    /// Its ids, as facts.
    pub item: Vec<(&'static str, String)>,
    /// The edition whose clauses speak of it.
    pub edition_id: String,
    /// The first and the last day of its block, by the calendar of the host.
    pub days: Option<(NaiveDate, NaiveDate)>,
    /// What its edition calls what the ledger itself judges.
    pub codes: LedgerCodes,
}

/// Which of the refused tells why, as in a check: first those for the location, then those that can be waited for, then the fewest
/// failed clauses, then the latest effective end; the first of equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceRank {
    pub is_designated: bool,
    /// Not one that has yet to begin and would still come too late for the work.
    pub begins_in_time: bool,
    pub end: DateTime<Utc>,
}

impl FundingSource {
    /// A block nothing speaks against.
    pub fn open(block_id: Uuid) -> Self {
        Self::refused(block_id, Vec::new())
    }

    /// A block that these forbid.
    pub fn refused(block_id: Uuid, failed: Vec<CommandViolation>) -> Self {
        let rank = SourceRank { is_designated: true, begins_in_time: true, end: DateTime::<Utc>::MAX_UTC };
        Self {
            block_id: Some(block_id),
            block_end: None,
            counted: None,
            counts: failed.is_empty(),
            failed,
            is_lapsed: false,
            is_covered: true,
            forfeit_time: rank.end,
            rank,
            item: Vec::new(),
            edition_id: String::new(),
            days: None,
            codes: LedgerCodes::default(),
        }
    }

    /// Adds what the text of the clause names besides.
    pub(super) fn tell(&self, mut violation: CommandViolation) -> CommandViolation {
        let Some(rule) = violation.rule else { return violation };
        let day = match (rule, self.days) {
            (Rule::TermNotStarted, Some((first, _))) => Some(("start_date", first.to_string())),
            (Rule::WindowForfeited, Some((_, last))) => Some(("end_date", last.to_string())),
            _ => None,
        };
        let edition = Some(("edition_id", self.edition_id.clone())).filter(|(_, id)| !id.is_empty());
        for (name, value) in day.into_iter().chain(edition) {
            if violation.facts.iter().all(|(known, _)| *known != name) {
                violation.facts.push((name, value));
            }
        }
        violation
    }
}
