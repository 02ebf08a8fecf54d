//! What the words of a reason hang on, besides what never changes and how the candidate stands.

use super::clauses::{event, hours, location, term};
use super::context::Context;
use crate::catalog::{Rule, Words};

/// Whether what a reason says may be something else at another instant, while its clause goes on
/// failing or being open and the candidate stands as before.
pub(super) fn may_differ(rule: Rule, one: &Context<'_>, other: &Context<'_>) -> bool {
    match rule.row().words {
        Words::Fixed => false,
        Words::Term => one.term != other.term || term::is_order_over(one) != term::is_order_over(other),
        Words::Base => term::base_remedy(one) != term::base_remedy(other),
        Words::Extension => location::extension(one) != location::extension(other),
        Words::Host => hours::host_of(one).map(|(row, _)| row) != hours::host_of(other).map(|(row, _)| row),
        Words::Amounts => amounts(one) != amounts(other),
    }
}

/// What is left now and what is lost, and the event that is asked about. What others have left
/// is part of how a candidate stands; and when one that is to come would be enough, the clause
/// holds from there on.
fn amounts(context: &Context<'_>) -> impl PartialEq + use<> {
    let event = context.service.event.and_then(|_| event::event_of(context));
    (context.block(), context.is_lost(), event)
}
