//! How long an answer is good: until time alone gives another one.
//!
//! As long as the item that answers stands and speaks as it does, and as much is left in each
//! block, another item gets in before it only by standing better itself. So each item is judged
//! again at its own transitions, against the answer and not against all others; and no further than
//! the first change that is known already.

use chrono::{DateTime, Utc};

use super::clauses::reason;
use super::context::Context;
use super::evaluation::{Best, Evaluation, Rank, evaluate, judge, rank};
use super::pool::Pool;
use super::resolve::ResolvedQuery;
use super::transitions::Transitions;
use super::words::may_differ;
use crate::catalog::ClauseUse;

/// The next instant at which the answer is another one.
pub(super) fn valid_until(resolved: &ResolvedQuery<'_>, best: &Best<'_>, pool: Pool<'_, '_>) -> Option<DateTime<Utc>> {
    let (mut at, mut pool) = (best.0.at, pool);
    loop {
        let transition = first_change(resolved, best, &pool, at)?;
        if !best.0.service.is_base() || resolved.items.is_empty() {
            return Some(transition);
        }
        // Another edition sells by the piece what is a base service here. What is left of that
        // does not show in the answer, but who answers may hang on it.
        pool = Pool::new(resolved, transition);
        let later = judge(resolved, transition, &pool);
        if !later.is_some_and(|later| is_same_answer(best, &later)) {
            return Some(transition);
        }
        at = transition;
    }
}

/// The first transition behind `at` at which the answer changes, or what is left in a block.
fn first_change<'a>(
    resolved: &ResolvedQuery<'a>,
    best: &Best<'a>,
    pool: &Pool<'_, 'a>,
    at: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let mut first = change_of_its_own(best, pool, at);
    let best_rank = rank(&best.0, &best.1);
    let mut is_before = true;
    let mut resolved = *resolved;
    for candidate in resolved.candidates() {
        if std::ptr::eq(candidate, best.0.candidate) {
            is_before = false;
            continue;
        }
        let other = Other { best: best_rank, is_before, first };
        if !resolved.is_bought_counted(candidate) && !other.is_beaten_by(&Rank::highest(candidate.term.end)) {
            continue;
        }
        let Some(context) = Context::new(&resolved, at, candidate) else { continue };
        resolved.remember_edition(&context.in_edition);
        first = other.change(context, pool).or(first);
    }
    first
}

/// When the item that answers stands differently, or says something else.
fn change_of_its_own<'a>(best: &Best<'a>, pool: &Pool<'_, 'a>, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let (context, evaluation) = best;
    let mut before: Option<Context<'a>> = None;
    Transitions::new(context, at).in_words(context).find(|transition| {
        let mut later = context.later(*transition);
        if evaluate(&mut later, pool) != *evaluation || !says_the_same(best, before.as_ref().unwrap_or(context), &later)
        {
            return true;
        }
        before = Some(later);
        false
    })
}

/// Another item than the one that answers.
struct Other {
    best: Rank,
    /// Whether it comes first where both stand equal.
    is_before: bool,
    /// The first change that is known.
    first: Option<DateTime<Utc>>,
}

impl Other {
    /// When it answers instead, or has something else left to give, if that is sooner.
    fn change<'a>(&self, mut context: Context<'a>, pool: &Pool<'_, 'a>) -> Option<DateTime<Utc>> {
        // What is left of it shows where another item answers.
        let is_counted = context.own_block.is_some();
        if !is_counted && !self.is_beaten_by(&Rank::highest(context.effective.end)) {
            return None;
        }
        let mut transitions = Transitions::new(&context, context.at).briefly();
        let mut transition = transitions.next().filter(|transition| self.is_sooner(*transition))?;
        let gives = is_counted.then(|| evaluate(&mut context, pool).gives());
        loop {
            let mut later = context.later(transition);
            let evaluation = evaluate(&mut later, pool);
            if gives.is_some_and(|gives| gives != evaluation.gives()) || self.is_beaten_by(&rank(&later, &evaluation)) {
                return Some(transition);
            }
            transition = transitions.next().filter(|transition| self.is_sooner(*transition))?;
        }
    }

    fn is_beaten_by(&self, rank: &Rank) -> bool {
        *rank > self.best || self.is_before && *rank == self.best
    }

    fn is_sooner(&self, transition: DateTime<Utc>) -> bool {
        self.first.is_none_or(|first| transition < first)
    }
}

/// Whether both say the same to the last word.
fn is_same_answer(best: &Best<'_>, other: &Best<'_>) -> bool {
    best.1 == other.1 && says_the_same(best, &best.0, &other.0)
}

/// Whether a later look at the candidate that answers says the same of it; the look before it did.
fn says_the_same(best: &Best<'_>, before: &Context<'_>, later: &Context<'_>) -> bool {
    let (context, evaluation) = best;
    let clauses = || context.service.clauses.iter();
    let mut told = clauses().filter(|clause| (evaluation.failed | evaluation.open) & clause.bit() != 0);
    let mut waived = clauses().filter(|clause| evaluation.waived & clause.bit() != 0);
    told.all(|clause| !may_differ(clause.rule, before, later) || has_same_words(context, later, clause, evaluation))
        && waived.all(|clause| context.waiver(clause) == later.waiver(clause))
}

fn has_same_words(one: &Context<'_>, other: &Context<'_>, used: &ClauseUse, evaluation: &Evaluation) -> bool {
    let is_open = evaluation.open & used.bit() != 0;
    one.edition.clauses.get(usize::from(used.row)).is_none_or(|clause| {
        let (one, other) = (reason(one, used, clause, is_open), reason(other, used, clause, is_open));
        (one.metadata, one.remedy) == (other.metadata, other.remedy)
    })
}
