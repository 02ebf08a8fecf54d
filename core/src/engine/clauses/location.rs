//! Where and how a service is delivered (2.2 to 2.5): group B of the clauses.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::catalog::{LocationRule, RemedyKind, Rule};
use crate::engine::context::{Context, Verdict};
use crate::engine::explanation::Explanation;
use crate::model::{DeliveryMode, Location, WorkOrder, rfc3339};

pub(in crate::engine) fn judge(context: &Context<'_>, rule: Rule) -> Option<Verdict> {
    let country = &context.location.country;
    Some(Verdict::fails_if(match rule {
        Rule::Country => !context.service.is_available_in(country),
        Rule::LocationDesignated => !is_designated(context) && !is_place_of_contact(context),
        Rule::SingleLocation => context.item.all_locations || context.item.location_ids.len() != 1,
        Rule::ExcludedCountry => {
            context.prepared.is_multi_country(context.at) && context.edition.excludes_country(country)
        }
        Rule::OnSiteCountry => !context.is_remote() && !context.service.is_on_site_in(country),
        Rule::DeliveryMode => context.query.delivery.mode.is_some_and(|mode| !is_included(context, mode)),
        _ => return None,
    }))
}

pub(in crate::engine) fn is_designated(context: &Context<'_>) -> bool {
    context.candidate.designations.at(context.location_row).at(context.at)
}

/// Whether the item serves the location: it is one of its own, or its clause or a waiver lets it in.
pub(in crate::engine) fn serves_here(context: &Context<'_>) -> bool {
    let clause = || context.service.gates.iter().find(|clause| clause.rule == Rule::LocationDesignated);
    is_designated(context) || clause().is_none_or(|clause| is_place_of_contact(context) || context.is_waived(clause))
}

/// Whether a designated contact stands at the location, for services that go there (2.5). An excluded country is
/// reached only where the host of the base lies in it, too.
fn is_place_of_contact(context: &Context<'_>) -> bool {
    let host = context.candidate.host;
    if context.service.location_rule != LocationRule::ListedOrContact {
        return false;
    }
    let country = &context.location.country;
    let is_hosts = context.prepared.contract().customer.locations.get(host).is_some_and(|it| it.country == *country);
    let is_cloud = context.in_edition.family.is_some_and(|family| family.cloud);
    (is_hosts || !context.edition.excludes_country(country))
        && context.prepared.contact_places().has(context.location_row, host, is_cloud)
}

/// Remote delivery is always included; any other way only if the service or the item says so.
pub(in crate::engine) fn is_included(context: &Context<'_>, mode: DeliveryMode) -> bool {
    mode == DeliveryMode::Remote
        || context.service.included_delivery_modes.contains(&mode)
        || context.sold_mode() == mode
}

pub(super) fn explain(context: &Context<'_>, rule: Rule, explanation: &mut Explanation) {
    match rule {
        Rule::Country | Rule::ExcludedCountry => {
            explanation.fact("country", context.location.country.as_str());
            if explanation.wants_remedy() {
                remedy_elsewhere(context, rule, explanation);
            }
        }
        Rule::LocationDesignated if explanation.wants_remedy() => remedy_undesignated(context, explanation),
        Rule::SingleLocation => {
            let location_id = context.location.location_id.as_str();
            explanation.remedy(RemedyKind::DesignateLocation, "work_order.items.location_ids", location_id);
        }
        Rule::OnSiteCountry => {
            explanation.fact("country", context.location.country.as_str());
            explanation.ask("delivery.mode", DeliveryMode::Remote.as_str());
        }
        Rule::DeliveryMode => {
            let mode = context.query.delivery.mode.map_or("", DeliveryMode::as_str);
            explanation.fact("delivery_mode", mode);
            if !explanation.remedy_waiver() {
                explanation.ask("delivery.mode", DeliveryMode::Remote.as_str());
            }
        }
        _ => {}
    }
}

/// Nothing brings the service to that country; another location of the customer's may have it.
fn remedy_elsewhere(context: &Context<'_>, rule: Rule, explanation: &mut Explanation) {
    let contract = context.prepared.contract();
    let is_good = |location: &Location| match rule {
        Rule::Country => context.service.is_available_in(&location.country),
        _ => !context.edition.excludes_country(&location.country),
    };
    let locations = contract.customer.locations.iter().enumerate();
    let designated = locations.filter(|(row, _)| context.prepared.is_designated(*row)).map(|(_, location)| location);
    let good = designated.filter(|location| is_good(location));
    let ids: BTreeSet<&str> = good.map(|location| location.location_id.as_str()).collect();
    if !ids.is_empty() {
        explanation.ask("location_id", ids.into_iter().collect::<Vec<_>>().join(", "));
    }
}

fn remedy_undesignated(context: &Context<'_>, explanation: &mut Explanation) {
    let Context { service, order, item, .. } = *context;
    let prepared_order = context.prepared.order(context.candidate.order);
    let is_on_order = prepared_order.is_some_and(|order| order.designates(context.location_row));
    if remedy_extension(context, explanation) {
        return;
    }
    // An item for one location that it names already: another location takes another item.
    let takes_another_item = is_for_one_location(context) && item.location_ids.len() == 1;
    let is_for_all = item.all_locations || context.candidate.is_at_host;
    if takes_another_item {
        let own = Some(order).filter(|_| is_on_order);
        explanation.remedy_buy(&service.id, own.or_else(|| context.prepared.designated_by(context.location_row)));
    } else if !is_on_order && !may_share_order(context, order) {
        // An excluded country and any other take an order each (2.4).
        let bought = if service.is_base() { &context.edition.base_package } else { &service.id };
        explanation.remedy_buy(bought, None);
    } else {
        remedy_designate(context, order, (!is_for_all).then_some(item.item_id.as_str()), explanation);
    }
}

/// What is said of the orders that extend the base to a location where none does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum ExtensionState {
    Comes(DateTime<Utc>),
    /// The row of the order that was the last.
    Over(usize),
}

pub(in crate::engine) fn extension(context: &Context<'_>) -> Option<ExtensionState> {
    let extensions = context.candidate.designations.at(context.location_row).extensions();
    let extensions = || extensions.iter().filter(|extension| !extension.span.is_empty());
    let starts = extensions().map(|extension| extension.span.start);
    let next = starts.filter(|start| context.at < *start && *start < context.candidate.term.end).min();
    if let Some(start) = next {
        return Some(ExtensionState::Comes(start));
    }
    let id = |row: usize| context.prepared.contract().work_orders.get(row).map(|order| &order.work_order_id);
    let over = extensions().filter(|extension| extension.span.end <= context.at);
    let last = over.max_by_key(|extension| (extension.span.end, id(extension.order)));
    last.map(|extension| ExtensionState::Over(extension.order))
}

/// An order that extends the base to the location is not in force: it comes, or has ended.
fn remedy_extension(context: &Context<'_>, explanation: &mut Explanation) -> bool {
    match extension(context) {
        None => return false,
        Some(ExtensionState::Comes(start)) => explanation.remedy(RemedyKind::WaitUntil, "check_time", rfc3339(start)),
        Some(ExtensionState::Over(row)) => {
            if let Some(order) = context.prepared.contract().work_orders.get(row) {
                explanation.remedy_renew(order);
            }
        }
    }
    true
}

/// Lets an order serve the location, and the item that does not serve all the order does.
pub(super) fn remedy_designate(
    context: &Context<'_>,
    order: &WorkOrder,
    item_id: Option<&str>,
    explanation: &mut Explanation,
) {
    let location_id = context.location.location_id.as_str();
    let is_known = order.designates(location_id);
    let field = if is_known { "work_order.items.location_ids" } else { "work_order.downstream_location_ids" };
    explanation.remedy(RemedyKind::DesignateLocation, field, location_id);
    explanation.remedy_at(&order.work_order_id, item_id);
}

/// Whether an order may serve the location beside its host: one in an excluded country stands
/// on an order of its own (2.4).
fn may_share_order(context: &Context<'_>, order: &WorkOrder) -> bool {
    let host = context.prepared.location(&order.host_location_id);
    host.is_some_and(|(_, host)| may_share_country(context, host))
}

pub(super) fn may_share_country(context: &Context<'_>, host: &Location) -> bool {
    let asked = &context.location.country;
    let is_excluded = |country| context.edition.excludes_country(country);
    host.country == *asked || !(is_excluded(&host.country) || is_excluded(asked))
}

/// A service for one location per item: another location takes another item.
fn is_for_one_location(context: &Context<'_>) -> bool {
    context.service.clauses.iter().any(|clause| clause.rule == Rule::SingleLocation)
}
