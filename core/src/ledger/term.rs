//! When work was done, and whether a block was there for it.

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};

use super::{Block, CommandViolation, LedgerCodes, Performed, code, reason};
use crate::catalog::Rule;
use crate::model::{MINUTES_PER_HOUR, Unit, rfc3339};

/// What the work is to a command: done, or still to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Done,
    Planned,
}

/// A window ends after it begins, and what is done is past.
pub(super) fn against_window(performed: Option<Performed>, work: Work, now: DateTime<Utc>) -> Option<CommandViolation> {
    let Performed { start, end } = performed?;
    if end <= start {
        let description = "the work ends before or as it begins";
        return Some(CommandViolation::malformed(reason::PERFORMED_REVERSED, "performed.end_time", description));
    }
    (work == Work::Done && end > now).then(|| {
        let description = format!("work that ends at {} has not been done yet at {}", rfc3339(end), rfc3339(now));
        CommandViolation::malformed(reason::PERFORMED_IN_FUTURE, "performed.end_time", description)
    })
}

/// The work a command is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct WorkTime {
    /// Absent: now.
    pub performed: Option<Performed>,
    pub work: Work,
    /// What the request says instead of a window, where it has none.
    pub otherwise: Option<&'static str>,
}

impl WorkTime {
    pub(super) fn start(self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.performed.map_or(now, |performed| performed.start)
    }
}

/// Why a block cannot serve some work.
#[derive(Debug)]
pub(super) struct Late {
    pub violation: CommandViolation,
    /// Whether it comes too early, or is told too late: what is left does not matter then.
    pub is_out: bool,
}

/// Why a block cannot serve this work: begun before the block, or lost with it.
///
/// Work counts by when it was performed. Once a block has ended, nothing more can be planned
/// on it, and what was done before its end can be recorded only within the grace: it runs from the end, or from when the
/// end was recorded, if that was later.
pub(super) fn against(
    block: &Block,
    codes: &LedgerCodes,
    delivery: WorkTime,
    now: DateTime<Utc>,
    grace: TimeDelta,
) -> Option<Late> {
    let WorkTime { performed, work, otherwise } = delivery;
    let (start, end) = (delivery.start(now), performed.map_or(now, |performed| performed.end));
    if start < block.start {
        let description = format!("the block begins at {}", rfc3339(block.start));
        let field = otherwise.unwrap_or("performed.start_time");
        let code = codes.not_started.as_deref().unwrap_or(code::WORK_ORDER_NOT_STARTED);
        let violation = CommandViolation::by(Rule::TermNotStarted, code, field, description);
        return Some(Late {
            violation: about(violation, block).fact("start_time", rfc3339(block.start)),
            is_out: true,
        });
    }
    let has_ended = now >= block.end;
    let last = block.record_until(grace);
    let is_after = start >= block.end;
    let is_out = !is_after && has_ended && (work == Work::Planned || now >= last);
    (is_after || is_out || end > block.end).then(|| {
        let description = format!("what was left when the block ended at {} is forfeited", rfc3339(block.end));
        let field = otherwise.unwrap_or("performed.end_time");
        let code = codes.forfeited.as_deref().unwrap_or(code::FORFEITED);
        let violation = about(CommandViolation::by(Rule::WindowForfeited, code, field, description), block);
        Late { violation: violation.fact("end_time", rfc3339(block.end)).fact("record_until", rfc3339(last)), is_out }
    })
}

pub(super) fn about(violation: CommandViolation, block: &Block) -> CommandViolation {
    let violation = violation.fact("block_id", block.id).fact("work_order_id", &block.work_order_id);
    violation.fact("item_id", &block.item_id).fact("service_id", &block.service_id)
}

/// What is kept of an instant, by every store and by the hash: whole microseconds.
pub(super) fn to_micros(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant.trunc_subsecs(6)
}

pub(super) fn window_to_micros(performed: Option<Performed>) -> Option<Performed> {
    performed.map(|it| Performed { start: to_micros(it.start), end: to_micros(it.end) })
}

/// An amount in words: `12 h 30 min`, `3 events`.
pub(super) fn format_amount(amount: i64, unit: Unit) -> String {
    if unit != Unit::Minutes {
        return format!("{amount} {}", unit.as_str().to_lowercase());
    }
    match (amount.div_euclid(MINUTES_PER_HOUR), amount.rem_euclid(MINUTES_PER_HOUR)) {
        (hours, 0) => format!("{hours} h"),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
