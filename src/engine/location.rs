//! Where and how a service is delivered (2.2 to 2.5): group B of the clauses.

use std::collections::BTreeSet;

use super::context::{Context, Verdict};
use super::decision::{Explanation, time};
use super::reach::Reach;
use crate::catalog::{LocationRule, RemedyKind, Rule};
use crate::model::{DeliveryMode, Location, WorkOrder};

pub(super) fn judge(context: &Context<'_>, rule: Rule) -> Verdict {
    let country = &context.location.country;
    Verdict::fails_if(match rule {
        Rule::Country => !context.service.is_available_in(country),
        Rule::LocationDesignated => !is_designated(context),
        Rule::SingleLocation => context.item.all_locations || context.item.location_ids.len() != 1,
        Rule::ExcludedCountry => context.prepared.is_multi_country() && context.edition.excludes_country(country),
        Rule::DeliveryMode => context.query.delivery.mode.is_some_and(|mode| !is_included(context, mode)),
        _ => false,
    })
}

pub(super) fn is_designated(context: &Context<'_>) -> bool {
    context.candidate.reach.get(context.location_row).is_some_and(|reach| reach.at(context.at))
}

/// Remote delivery is always included; any other way only if the service or the item says so.
fn is_included(context: &Context<'_>, mode: DeliveryMode) -> bool {
    mode == DeliveryMode::Remote
        || context.service.included_delivery_modes.contains(&mode)
        || sold_mode(context) == mode
}

/// How the service is delivered: what the item says, or the catalogue's default. A base
/// item says nothing of the single services it brings.
pub(super) fn sold_mode(context: &Context<'_>) -> DeliveryMode {
    let default = context.service.default_delivery_mode();
    if context.service.is_base() { default } else { context.item.delivery_mode.unwrap_or(default) }
}

pub(super) fn explain(context: &Context<'_>, rule: Rule, explanation: &mut Explanation) {
    match rule {
        Rule::Country | Rule::ExcludedCountry => {
            explanation.fact("country", context.location.country.as_str());
            remedy_elsewhere(context, rule, explanation);
        }
        Rule::LocationDesignated => remedy_undesignated(context, explanation),
        Rule::SingleLocation => {
            let location_id = context.location.location_id.as_str();
            explanation.remedy(RemedyKind::DesignateLocation, "work_order.items.location_ids", location_id);
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
    let designated = contract.work_orders.iter().flat_map(WorkOrder::designated_locations);
    let designated = designated.filter_map(|id| contract.customer.location(id)).filter(|location| is_good(location));
    let ids: BTreeSet<&str> = designated.map(|location| location.location_id.as_str()).collect();
    if !ids.is_empty() {
        explanation.ask("location_id", ids.into_iter().collect::<Vec<_>>().join(", "));
    }
}

fn remedy_undesignated(context: &Context<'_>, explanation: &mut Explanation) {
    let Context { service, order, item, .. } = *context;
    let location_id = context.location.location_id.as_str();
    if remedy_extension(context, explanation) {
        return;
    }
    // An item for one location that it names already: another location takes another item.
    let takes_another_item = is_for_one_location(context) && item.location_ids.len() == 1;
    let is_at_host = item.all_locations || item.location_ids.contains(&order.host_location_id);
    let is_for_all = match service.location_rule {
        LocationRule::HostServesAll => is_at_host,
        LocationRule::Listed => item.all_locations,
    };
    if takes_another_item {
        let orders = context.prepared.contract().work_orders.iter().filter(|other| other.designates(location_id));
        let own_first = orders.min_by_key(|other| (!std::ptr::eq(*other, order), &other.work_order_id));
        explanation.remedy_buy(&service.id, own_first);
    } else if !order.designates(location_id) && !may_share_order(context, order) {
        // An excluded country and any other take an order each (2.4).
        let bought = if service.is_base() { &context.edition.base_package } else { &service.id };
        explanation.remedy_buy(bought, None);
    } else {
        remedy_designate(context, order, (!is_for_all).then_some(item.item_id.as_str()), explanation);
    }
}

/// An order that extends the base to the location is not in force: it comes, or has ended.
fn remedy_extension(context: &Context<'_>, explanation: &mut Explanation) -> bool {
    let stretches = || {
        let reach = context.candidate.reach.get(context.location_row);
        reach.into_iter().flat_map(Reach::stretches).filter(|stretch| !stretch.span.is_empty())
    };
    let starts = stretches().map(|stretch| stretch.span.start);
    let next = starts.filter(|start| context.at < *start && *start < context.candidate.term.end).min();
    if let Some(start) = next {
        explanation.remedy(RemedyKind::WaitUntil, "check_time", time(start));
        return true;
    }
    let orders = &context.prepared.contract().work_orders;
    let over = stretches().filter(|stretch| stretch.span.end <= context.at);
    let over = over.filter_map(|stretch| Some((stretch, orders.get(stretch.order)?)));
    let last = over.max_by_key(|(stretch, order)| (stretch.span.end, &order.work_order_id));
    if let Some((stretch, order)) = last {
        explanation.remedy_renew(order, Some(stretch.end_cause));
    }
    last.is_some()
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
pub(super) fn may_share_order(context: &Context<'_>, order: &WorkOrder) -> bool {
    let host = context.prepared.location(&order.host_location_id);
    let Some((_, host)) = host else { return false };
    let asked = &context.location.country;
    let is_excluded = |country| context.edition.excludes_country(country);
    host.country == *asked || !(is_excluded(&host.country) || is_excluded(asked))
}

/// A service for one location per item: another location takes another item.
fn is_for_one_location(context: &Context<'_>) -> bool {
    context.service.clauses.iter().any(|clause| clause.rule == Rule::SingleLocation)
}
