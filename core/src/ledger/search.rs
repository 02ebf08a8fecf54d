//! Looks for an amount among the items that answer.

use std::borrow::Cow;
use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::posting::Posting;
use super::term::{WorkTime, about, against, format_amount};
use super::{Block, CommandViolation, FundingSource, LedgerCodes, Part, SourceRank, code, reason};
use crate::catalog::Rule;
use crate::model::{Unit, rfc3339};

#[derive(Debug, Clone, Copy)]
pub(super) struct Search<'a> {
    pub delivery: WorkTime,
    /// A hold must not outlive its blocks.
    pub expire_time: Option<DateTime<Utc>>,
    pub unit: Unit,
    /// What a hold gives already of the amount the caller asked for: it is told with the rest.
    pub given: &'a [Part],
}

/// One source, judged for the time of the work too.
#[derive(Debug)]
struct Judged<'a> {
    source: &'a FundingSource,
    block: Option<Cow<'a, Block>>,
    failed: Vec<CommandViolation>,
    /// How many clauses of a check fail, but for the amount.
    failing: usize,
    /// Whether the block's own time forbids it where no check would say so.
    is_late: bool,
    /// Whether what it has counts for the others too.
    counts: bool,
    /// Whether what is left does not matter.
    is_out: bool,
    left: i64,
}

impl Search<'_> {
    /// Takes from all that count, in burn order, until the amount is reached, if one item may be
    /// used and there is enough. Those whose own item forbids the delivery come last.
    pub(super) fn run(self, posting: &Posting<'_>, asked: i64) -> Result<Vec<Part>, Vec<CommandViolation>> {
        let judged: Vec<_> =
            posting.context().sources.iter().filter_map(|source| self.judge(posting, source)).collect();
        let mut pool: Vec<_> = judged.iter().filter(|one| one.counts).collect();
        pool.sort_by_cached_key(|one| (!one.failed.is_empty(), one.block.as_deref().map(Block::burn_key)));
        let all = pool.iter().fold(0_i64, |sum, one| sum.saturating_add(one.left));
        let available = |one: &Judged<'_>| if one.counts { all } else { all.saturating_add(one.left) };
        let is_short = |one: &Judged<'_>| !one.is_out && available(one) < asked;
        let rank = |one: &Judged<'_>| {
            let failing = one.failing.saturating_add(usize::from(is_short(one)));
            let failing = failing.max(usize::from(one.is_late));
            let SourceRank { is_designated, begins_in_time, end } = one.source.rank;
            (failing == 0, is_designated, begins_in_time, Reverse(failing), end)
        };
        let answering = judged.iter().reduce(|best, one| if rank(one) > rank(best) { one } else { best });
        let Some(one) = answering else { return Err(vec![self.exhausted(asked, 0, &LedgerCodes::default())]) };
        let codes = &one.source.codes;
        let is_alone = pool.iter().all(|other| std::ptr::eq(*other, one)) && one.gives_all(self.given);
        let short = is_short(one).then(|| one.name(self.exhausted(asked, available(one), codes), is_alone));
        // Where others live on but have too little, that its own block is over is not what stands against it.
        let is_over_alone = pool.is_empty() || short.is_none();
        let failed = if one.is_late && !is_over_alone { &one.source.failed } else { &one.failed };
        let own = one.block.as_deref().filter(|_| !one.counts && one.left > 0);
        let blocks: Vec<_> = pool.into_iter().filter_map(|one| one.block.as_deref()).chain(own).collect();
        let beyond = if short.is_none() { self.beyond(&blocks, asked) } else { None };
        let against = failed.iter().cloned().chain(short).chain(beyond);
        let against: Vec<_> = against.map(|violation| one.source.tell(violation)).collect();
        if !against.is_empty() {
            return Err(against);
        }
        let lasting = self.lasting(&blocks);
        let exhausted = || one.name(self.exhausted(asked, sum(&lasting), codes), false);
        take_from(&lasting, asked).ok_or_else(|| vec![one.source.tell(exhausted())])
    }

    /// Those that last as long as the hold.
    fn lasting<'a>(self, blocks: &[&'a Block]) -> Vec<&'a Block> {
        let lasts = |block: &&Block| self.expire_time.is_none_or(|expiry| expiry <= block.end);
        blocks.iter().copied().filter(lasts).collect()
    }

    /// It is the expiry that is wrong if without it there would be enough.
    fn beyond(self, blocks: &[&Block], asked: i64) -> Option<CommandViolation> {
        let expire_time = self.expire_time?;
        let sooner = blocks.iter().find(|block| block.end < expire_time)?;
        let (available, least) = (sum(&self.lasting(blocks)), asked.max(1));
        if available >= least || sum(blocks) < least {
            return None;
        }
        let mut violation = beyond_block(expire_time, sooner);
        if asked > 0 {
            let (asked, available) = (format_amount(asked, self.unit), format_amount(available, self.unit));
            violation.description += &format!("; of {asked} asked for, {available} can be held until then");
        }
        Some(violation)
    }

    fn judge<'a>(self, posting: &'a Posting<'_>, source: &'a FundingSource) -> Option<Judged<'a>> {
        let context = posting.context();
        let block = match source.block_id {
            // A block counts only in its own unit.
            Some(block_id) => Some(posting.block_of_work(block_id).filter(|block| block.unit == self.unit)?),
            None => None,
        };
        // A block is for the locations it serves: of another one its time says nothing.
        let is_for_it = source.counts || source.rank.is_designated;
        let late = block.as_deref().filter(|_| is_for_it);
        let late = late.and_then(|block| against(block, &source.codes, self.delivery, context.now, context.grace));
        let start = self.delivery.start(context.now);
        // It is over, although the contract would let it live.
        let is_over = source.is_covered
            && block.as_deref().is_some_and(|block| block.end <= start && start < source.forfeit_time);
        let is_out = source.is_lapsed || late.as_ref().is_some_and(|late| late.is_out || is_over);
        let counts = source.counts && block.is_some() && late.is_none();
        let mut failed = source.failed.clone();
        // One clause of the term at most, and where the base is yet to come, the contract says so.
        let is_said = |violation: &CommandViolation| {
            let is_same = |known: &CommandViolation| known.rule == violation.rule;
            source.failed.iter().any(is_same) || source.is_lapsed && violation.rule == Some(Rule::TermNotStarted)
        };
        let late = late.map(|late| late.violation);
        // Where the contract says the same, the block has more to tell of it.
        if let Some(violation) = &late {
            failed
                .iter_mut()
                .filter(|known| known.rule == violation.rule)
                .for_each(|known| known.learn(&violation.facts));
        }
        let late = late.filter(|violation| !is_said(violation));
        let is_late = late.is_some() && !source.is_lapsed;
        // A check says that it is over, too.
        let is_told = is_over && late.is_some();
        failed.extend(late);
        let failing = source.failed.len().saturating_add(usize::from(is_told));
        // What was left when its term ended is forfeited, however that ended.
        if failed.iter().any(|violation| violation.rule == Some(Rule::WindowForfeited)) {
            failed.retain(|violation| !matches!(violation.rule, Some(Rule::TermExpired | Rule::TermTerminated)));
        }
        let left = block.as_deref().filter(|_| !is_out && start < source.forfeit_time).map_or(0, Block::left);
        Some(Judged { source, block, failed, failing, is_late, counts, is_out, left })
    }

    fn exhausted(self, asked: i64, available: i64, codes: &LedgerCodes) -> CommandViolation {
        let given = self.given.iter().fold(0_i64, |sum, part| sum.saturating_add(part.amount));
        let (asked, available) = (asked.saturating_add(given), available.saturating_add(given));
        let (rule, code) = if self.unit.is_time() {
            (Rule::HoursAvailable, code::HOURS_EXHAUSTED)
        } else {
            (Rule::QuantityAvailable, code::QUANTITY_EXHAUSTED)
        };
        let code = codes.exhausted.as_deref().unwrap_or(code);
        let description =
            format!("{} asked for, {} available", format_amount(asked, self.unit), format_amount(available, self.unit));
        let violation = CommandViolation::by(rule, code, "quantity", description);
        violation.fact("available", available).fact("requested", asked).fact("unit", self.unit.as_str())
    }
}

impl Judged<'_> {
    fn gives_all(&self, parts: &[Part]) -> bool {
        parts.iter().all(|part| self.source.block_id == Some(part.block_id))
    }

    /// Names the item that answers, and its block if the amounts are those of it alone.
    fn name(&self, violation: CommandViolation, is_alone: bool) -> CommandViolation {
        match self.block.as_deref().filter(|_| is_alone) {
            Some(block) => about(violation, block),
            None => CommandViolation {
                facts: violation.facts.iter().chain(&self.source.item).cloned().collect(),
                ..violation
            },
        }
    }
}

fn sum(blocks: &[&Block]) -> i64 {
    blocks.iter().fold(0, |sum, block| sum.saturating_add(block.left()))
}

/// What each block gives, if together they have enough.
fn take_from(blocks: &[&Block], asked: i64) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut lacking = asked;
    for block in blocks {
        let given = block.left().min(lacking);
        if given > 0 {
            parts.push(Part { block_id: block.id, amount: given });
            lacking = lacking.saturating_sub(given);
        }
    }
    (lacking == 0).then_some(parts)
}

pub(super) fn beyond_block(expire_time: DateTime<Utc>, block: &Block) -> CommandViolation {
    let description = format!("{} is beyond the end of the block, {}", rfc3339(expire_time), rfc3339(block.end));
    let violation = CommandViolation::malformed(reason::EXPIRY_BEYOND_BLOCK, "expire_time", description);
    about(violation, block).fact("end_time", rfc3339(block.end))
}
