//! What the words of a reason hang on, besides what never changes and how the candidate stands.

use super::context::Context;
use super::{event, location, term};
use crate::catalog::Rule;

/// Whether what a reason says may be something else at another instant, while its clause goes on
/// failing or being open and the candidate stands as before.
pub(super) fn may_differ(rule: Rule, one: &Context<'_>, other: &Context<'_>) -> bool {
    match rule {
        Rule::TermNotStarted => one.term != other.term,
        Rule::BaseAgreement => term::base_remedy(one) != term::base_remedy(other),
        Rule::LocationDesignated => location::extension(one) != location::extension(other),
        Rule::HoursAvailable
        | Rule::QuantityAvailable
        | Rule::EventNotice
        | Rule::EventDuration
        | Rule::EventSolutions => amounts(one) != amounts(other),
        _ => false,
    }
}

/// What is left now and what is lost, and the event that is asked about. What others have left
/// is part of how a candidate stands; and when one that is to come would be enough, the clause
/// holds from there on.
fn amounts(context: &Context<'_>) -> impl PartialEq + use<> {
    let is_lost = context.at >= context.forfeit_time();
    let event = context.service.event.and_then(|_| event::event_of(context));
    (context.block(), is_lost, event)
}
