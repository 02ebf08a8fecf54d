//! How long an answer is good: until time alone gives another one.

use chrono::{DateTime, Utc};

use super::ask::Ask;
use super::context::Context;
use super::decision::{bit, reason};
use super::quantity::draws_the_same;
use super::standing::{Judgement, Standing, judge, stand};
use crate::catalog::{ClauseUse, Rule};
use crate::model::LATEST;

/// The next instant at which the answer is another one: every turn of a candidate is tried.
pub(super) fn valid_until(ask: &Ask<'_>, judgement: &Judgement<'_>) -> Option<DateTime<Utc>> {
    let best = judgement.best.as_ref()?;
    let mut turn = judgement.next_turn?;
    loop {
        // Where the item that answers stands differently, so does the answer: no need to look
        // at the others.
        let again = Context::new(ask, turn, best.0.candidate).map(|context| (context, stand(&context)));
        if !again.is_some_and(|again| is_same_answer(best, &again)) {
            return Some(turn);
        }
        let later = judge(ask, turn);
        if !later.best.is_some_and(|other| is_same_answer(best, &other) && draws_the_same(&best.0, &other.0)) {
            return Some(turn);
        }
        turn = later.next_turn?;
    }
}

/// Whether both say the same to the last word.
fn is_same_answer((one, standing): &(Context<'_>, Standing), (other, later): &(Context<'_>, Standing)) -> bool {
    if standing != later {
        return false;
    }
    // The same candidate from here on, so both have the same clauses.
    let mut told = one.service.clauses.iter().filter(|clause| (standing.failed | standing.open) & bit(clause) != 0);
    let mut waived = one.service.clauses.iter().filter(|clause| standing.waived & bit(clause) != 0);
    told.all(|clause| !can_say_otherwise(clause.rule) || says_the_same(one, other, clause, standing))
        && waived.all(|clause| one.waiver(clause) == other.waiver(clause))
}

/// Whether what a reason says can change while its clause goes on failing or being open.
fn can_say_otherwise(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::TermNotStarted
            | Rule::BaseAgreement
            | Rule::LocationDesignated
            | Rule::HoursAvailable
            | Rule::QuantityAvailable
            | Rule::EventNotice
            | Rule::EventDuration
            | Rule::EventSolutions
    )
}

fn says_the_same(one: &Context<'_>, other: &Context<'_>, used: &ClauseUse, standing: &Standing) -> bool {
    let is_open = standing.open & bit(used) != 0;
    one.edition.clauses.get(usize::from(used.row)).is_none_or(|clause| {
        let (one, other) = (reason(one, used, clause, is_open), reason(other, used, clause, is_open));
        (one.metadata, one.remedy) == (other.metadata, other.remedy)
    })
}

/// The next instant at which this candidate may stand differently.
pub(super) fn next_turn(context: &Context<'_>) -> Option<DateTime<Utc>> {
    let turns = &context.candidate.turns;
    let by_contract = turns.get(turns.partition_point(|turn| *turn <= context.at)).copied();
    let reading = &context.reading;
    let turns = [by_contract, reading.delivery_start, reading.preview_end, reading.retired_from];
    turns.into_iter().fold(None, |next, turn| earliest(next, after(context.at, turn)))
}

fn after(instant: DateTime<Utc>, turn: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    // What lies behind the last nameable instant never comes.
    turn.filter(|turn| *turn > instant && *turn < LATEST)
}

pub(super) fn earliest(one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    one.into_iter().chain(other).min()
}
