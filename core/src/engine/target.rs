//! Which offer answers an incident, and by when (2.2, 2.3).

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::balances::PreparedBalances;
use super::calendar::Calendar;
use super::decide::decide;
use super::decision::{Decision, Outcome};
use super::prepared::Prepared;
use super::query::{Delivery, Query};
use crate::catalog::{Channel, Clock, Edition, ResponseTarget, Severity, Why};
use crate::error::Result;
use crate::model::{Location, ProductId};

/// The hours response targets count business time by.
const BUSINESS: &str = "business";

/// An incident that is opened.
#[derive(Debug, Clone)]
pub struct Incident<'a> {
    pub location_id: &'a str,
    pub product: ProductId<'a>,
    pub severity: Severity,
    pub channel: Option<Channel>,
    pub language: Option<&'a str>,
    pub open_time: DateTime<Utc>,
    pub tenant_id: Option<&'a str>,
    pub solution_id: Option<&'a str>,
}

/// What governs an incident, and what else was looked at.
#[derive(Debug)]
pub struct TargetAnswer<'a> {
    pub governing: Option<Governing<'a>>,
    /// Every other offer, the most specialised first.
    pub alternatives: Vec<Alternative<'a>>,
}

/// The target that holds.
#[derive(Debug)]
pub struct Governing<'a> {
    pub edition: &'a Edition,
    pub target: &'a ResponseTarget,
    /// None if the location's business hours never come.
    pub due_time: Option<DateTime<Utc>>,
}

/// An offer that does not govern.
#[derive(Debug)]
pub struct Alternative<'a> {
    pub decision: Decision<'a>,
    pub target: Option<&'a ResponseTarget>,
    pub why: Why,
}

/// One question for every offer that has targets: whether the customer is entitled to it
/// as the incident is opened. The most specialised offer comes first.
pub fn offers<'a>(prepared: &'a Prepared, incident: &Incident<'a>) -> Vec<Query<'a>> {
    let catalog = prepared.catalog();
    let mut seen = HashSet::new();
    let of_customer = prepared.contract().work_orders.iter().map(|order| order.edition_id.as_str());
    let editions = of_customer.filter(|edition_id| seen.insert(*edition_id)).filter_map(|id| catalog.edition(id));
    let offers = std::iter::once(catalog.default_edition()).chain(editions).flat_map(|it| it.response.offers());
    let mut seen = HashSet::new();
    let services = offers.filter(|service| seen.insert(*service));
    let question = |service_id| Query {
        location_id: incident.location_id,
        product: Some(incident.product),
        service_id,
        check_time: Some(incident.open_time),
        severity: Some(incident.severity),
        channel: incident.channel,
        language: incident.language,
        tenant_id: incident.tenant_id,
        delivery: Delivery { solution_ids: incident.solution_id.into_iter().collect(), ..Delivery::default() },
        ..Query::default()
    };
    services.map(question).collect()
}

/// The offer that answers first governs, by the instant its target comes to on the clock it is counted by; among
/// equals the most specialised one. Only offers the customer is entitled to without condition count.
pub fn response_target<'a>(
    prepared: &'a Prepared,
    balances: &'a PreparedBalances,
    offers: &'a [Query<'a>],
    incident: &Incident<'_>,
) -> Result<TargetAnswer<'a>> {
    let location = prepared.location(incident.location_id).map(|(_, location)| location);
    let mut looked_at = Vec::with_capacity(offers.len());
    for offer in offers {
        let decision = decide(prepared, balances, offer, incident.open_time)?;
        let target = decision.edition.response.target(offer.service_id, incident.severity, incident.product);
        // A product the offer is not for has no target of its.
        let target = target.filter(|_| decision.service.serves(incident.product));
        let due_time = target
            .zip(location)
            .and_then(|(target, location)| due_time_of(decision.edition, location, target, incident.open_time));
        looked_at.push((decision, target, due_time));
    }
    let governs =
        |decision: &Decision<'_>, target: &Option<_>| decision.outcome == Outcome::Entitled && target.is_some();
    let entitled = looked_at.iter().enumerate().filter(|(_, (decision, target, _))| governs(decision, target));
    // What never comes is later than anything.
    let by_time = entitled.map(|(rank, (_, _, due_time))| (due_time.unwrap_or(DateTime::<Utc>::MAX_UTC), rank));
    let best = by_time.min();
    let mut answer = TargetAnswer { governing: None, alternatives: Vec::new() };
    for (rank, (decision, target, due_time)) in looked_at.into_iter().enumerate() {
        match (target, best) {
            (Some(target), Some((_, first))) if rank == first => {
                answer.governing = Some(Governing { edition: decision.edition, target, due_time });
            }
            _ => {
                let is_as_soon = best.is_some_and(|(first, _)| due_time.unwrap_or(DateTime::<Utc>::MAX_UTC) == first);
                let why = why_not(&decision, target, is_as_soon);
                answer.alternatives.push(Alternative { decision, target, why });
            }
        }
    }
    Ok(answer)
}

fn why_not(decision: &Decision<'_>, target: Option<&ResponseTarget>, is_as_soon: bool) -> Why {
    match (decision.outcome, target) {
        (Outcome::NotEntitled, _) => Why::NotEntitled,
        (_, None) => Why::NoTarget,
        (Outcome::Conditional, _) => Why::Open,
        (Outcome::Entitled, Some(_)) if is_as_soon => Why::LessSpecialised,
        (Outcome::Entitled, Some(_)) => Why::Slower,
    }
}

fn due_time_of(
    edition: &Edition,
    location: &Location,
    target: &ResponseTarget,
    open_time: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let time = TimeDelta::try_minutes(target.minutes)?;
    match target.clock {
        Clock::Calendar => open_time.checked_add_signed(time),
        Clock::Business => {
            let hours = edition.hours.get(BUSINESS)?.of(&location.country);
            Calendar { zone: location.time_zone, hours, holidays: &location.holidays }.after(open_time, time)
        }
    }
}
