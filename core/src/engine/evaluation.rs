//! What the clauses make of every candidate at an instant, and which candidate answers.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::base::BaseState;
use super::clauses::{self, hours, location, quantity, term};
use super::context::{Context, Verdict};
use super::decision::Outcome;
use super::pool::{self, Pool};
use super::resolve::ResolvedQuery;
use super::seam;
use crate::catalog::{ClauseUse, Missing, Rule, RuleFamily};

/// What the clauses make of one candidate: sets of clauses by their rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Evaluation {
    pub failed: u128,
    pub open: u128,
    pub waived: u128,
    /// The base it leans on now, what is left to take and what is held: they show in the answer.
    pub base: Option<BaseState>,
    pub available: i64,
    pub reserved: i64,
    /// Whether something is lost with its block: that of another location may last longer, or not as long.
    pub has_ended: bool,
    /// What is left with that of other items, where a clause says that it is too little.
    pub pool: Option<i64>,
    /// Whether no clause fails that keeps what it has from counting for others.
    pub can_serve: bool,
    /// Whether the item itself forbids the delivery: then it gives last.
    pub forbids_delivery: bool,
    /// The candidate itself.
    pub order: usize,
    pub item: usize,
}

impl Evaluation {
    pub(super) fn outcome(&self) -> Outcome {
        match (self.failed, self.open) {
            (0, 0) => Outcome::Entitled,
            (0, _) => Outcome::Conditional,
            _ => Outcome::NotEntitled,
        }
    }

    /// Lets one clause judge.
    fn take(&mut self, context: &Context<'_>, clause: &ClauseUse) {
        match clauses::judge(context, clause.rule) {
            Verdict::Holds => {
                let leans_on_waiver = clause.rule == Rule::ServiceHours && context.waiver(clause).is_some();
                if leans_on_waiver && hours::leans_on_waiver(context) {
                    self.waived |= clause.bit();
                }
            }
            Verdict::Unknown if context.is_settled(clause) => self.waived |= clause.bit(),
            Verdict::Unknown if clause.missing == Missing::Open => self.open |= clause.bit(),
            Verdict::Unknown => {}
            Verdict::Fails if context.is_waived(clause) => self.waived |= clause.bit(),
            Verdict::Fails => {
                self.failed |= clause.bit();
                self.can_serve &= !clause.rule.keeps_out_of_pool();
                self.forbids_delivery |= clause.rule.is_of_delivery();
                if clause.rule.compares_with_pool() {
                    self.pool = Some(pool::left(context));
                }
            }
        }
    }

    /// What a counted item gives where another one answers: left, held, and whether it comes last.
    pub(super) fn gives(&self) -> Option<(i64, i64, bool)> {
        self.can_serve.then_some((self.available, self.reserved, self.forbids_delivery))
    }
}

/// A candidate with its evaluation.
pub(super) type Best<'a> = (Context<'a>, Evaluation);

/// Judges every candidate at one instant and keeps the best: of equals the first, and they come
/// in the order of their ids.
pub(super) fn judge<'a>(resolved: &ResolvedQuery<'a>, at: DateTime<Utc>, pool: &Pool<'_, 'a>) -> Option<Best<'a>> {
    let mut resolved = *resolved;
    let (mut best, mut best_rank) = (None, None);
    for candidate in resolved.candidates() {
        let Some(mut context) = Context::new(&resolved, at, candidate) else { continue };
        resolved.remember_edition(&context.in_edition);
        let evaluation = evaluate(&mut context, pool);
        let rank = rank(&context, &evaluation);
        // None is less than any.
        if Some(rank) > best_rank {
            (best, best_rank) = (Some((context, evaluation)), Some(rank));
        }
    }
    best
}

/// The best outcome first; among equals those for the location, those that can be waited for, the fewest failed
/// clauses, the latest effective end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    outcome: Outcome,
    is_designated: bool,
    /// Not one that has yet to begin and would still come too late for the window: to wait for it helps nobody.
    begins_in_time: bool,
    failed: Reverse<u32>,
    end: DateTime<Utc>,
}

impl Rank {
    /// What time may make of a candidate at most that has come to its end by then.
    pub(super) fn highest(end: DateTime<Utc>) -> Self {
        Self { outcome: Outcome::Entitled, is_designated: true, begins_in_time: true, failed: Reverse(0), end }
    }
}

pub(super) fn rank(context: &Context<'_>, evaluation: &Evaluation) -> Rank {
    Rank {
        outcome: evaluation.outcome(),
        is_designated: location::is_designated(context),
        begins_in_time: term::begins_in_time(context),
        failed: Reverse(evaluation.failed.count_ones()),
        end: context.effective.end,
    }
}

/// Lets every clause judge the candidate.
pub(super) fn evaluate<'a>(context: &mut Context<'a>, pool: &Pool<'_, 'a>) -> Evaluation {
    if seam::matters(context) {
        pool.tell_cover(context);
    }
    let mut evaluation = Evaluation {
        failed: 0,
        open: 0,
        waived: 0,
        base: context.base,
        available: pool::own_available(context),
        reserved: context.block().map_or(0, |block| block.reserved),
        has_ended: context.block_end().is_some_and(|end| end <= context.at)
            && context.block().is_some_and(|block| block.available() > 0),
        pool: None,
        can_serve: true,
        forbids_delivery: false,
        order: context.candidate.order,
        item: context.candidate.item,
    };
    // What others have left is looked at last: by then it is known whether this one serves itself.
    let service = context.service;
    for clause in &service.gates {
        evaluation.take(context, clause);
    }
    context.serves = Some(evaluation.can_serve);
    let tells_lapse = |clause: &ClauseUse| term::tells_lapse(context, clause.rule);
    let is_told = service.gates.iter().any(|clause| evaluation.failed & clause.bit() != 0 && tells_lapse(clause));
    for clause in &service.pool_gates {
        // What is left does not matter where nothing is in force, and a clause says so.
        if is_told && clause.rule.family() == Some(RuleFamily::Quantity) {
            continue;
        }
        if quantity::needs_pool(context, clause.rule) {
            pool.tell(context);
        }
        evaluation.take(context, clause);
    }
    evaluation
}
