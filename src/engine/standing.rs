//! How every candidate stands to a question at an instant, and which of them answers.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::ask::Ask;
use super::base::BaseState;
use super::context::{Context, Verdict};
use super::decision::{Outcome, bit};
use super::validity::{earliest, next_turn};
use super::{hours, location, quantity};
use crate::catalog::{Missing, Rule};

/// How one candidate stands to the question: sets of clauses by their rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub failed: u128,
    pub open: u128,
    pub waived: u128,
    /// The base it leans on now, what is left to take and what is held: they show in the answer.
    pub base: Option<BaseState>,
    pub available: i64,
    pub reserved: i64,
    /// What is left with that of other items, where a clause says that it is too little.
    pub pool: Option<i64>,
    /// The candidate itself.
    pub order: usize,
    pub item: usize,
}

impl Standing {
    pub fn outcome(&self) -> Outcome {
        match (self.failed, self.open) {
            (0, 0) => Outcome::Entitled,
            (0, _) => Outcome::Conditional,
            _ => Outcome::NotEntitled,
        }
    }
}

#[derive(Debug)]
pub(super) struct Judgement<'a> {
    pub best: Option<(Context<'a>, Standing)>,
    /// The next instant at which any candidate may stand differently.
    pub next_turn: Option<DateTime<Utc>>,
}

/// Judges every candidate at one instant and keeps the best.
pub(super) fn judge<'a>(ask: &Ask<'a>, at: DateTime<Utc>) -> Judgement<'a> {
    let mut judgement = Judgement { best: None, next_turn: None };
    for candidate in ask.prepared.base_candidates().iter().chain(ask.items) {
        let Some(context) = Context::new(ask, at, candidate) else { continue };
        let standing = stand(&context);
        judgement.next_turn = earliest(judgement.next_turn, next_turn(&context));
        let is_better =
            judgement.best.as_ref().is_none_or(|(best, so_far)| rank(&context, &standing) > rank(best, so_far));
        if is_better {
            judgement.best = Some((context, standing));
        }
    }
    judgement
}

/// The best outcome first; among equals those for the location, the fewest failed clauses,
/// the latest effective end. Candidates come in the order of their ids, and the first of
/// equals stays.
fn rank(context: &Context<'_>, standing: &Standing) -> (Outcome, bool, Reverse<u32>, DateTime<Utc>) {
    let failed = Reverse(standing.failed.count_ones());
    (standing.outcome(), location::is_designated(context), failed, context.effective.end)
}

/// Lets every clause judge the candidate.
pub(super) fn stand(context: &Context<'_>) -> Standing {
    let is_lapsed = context.is_lapsed();
    let mut standing = Standing {
        failed: 0,
        open: 0,
        waived: 0,
        base: context.base,
        available: quantity::own_available(context),
        reserved: context.block().map_or(0, |block| block.reserved),
        pool: None,
        order: context.candidate.order,
        item: context.candidate.item,
    };
    for clause in &context.service.gates {
        // What is left does not matter where nothing is in force.
        if is_lapsed && matches!(clause.rule, Rule::HoursAvailable | Rule::QuantityAvailable) {
            continue;
        }
        match context.judge(clause.rule) {
            Verdict::Holds => {
                if clause.rule == Rule::ServiceHours
                    && context.waiver(clause).is_some()
                    && hours::leans_on_waiver(context)
                {
                    standing.waived |= bit(clause);
                }
            }
            Verdict::Unknown if clause.missing == Missing::Open => standing.open |= bit(clause),
            Verdict::Unknown => {}
            // The waiver of service hours lifts weekends only; its rule has applied it.
            Verdict::Fails if clause.rule != Rule::ServiceHours && context.waiver(clause).is_some() => {
                standing.waived |= bit(clause);
            }
            Verdict::Fails => {
                standing.failed |= bit(clause);
                if quantity::is_about(clause.rule) {
                    standing.pool = Some(quantity::pool(context));
                }
            }
        }
    }
    standing
}
