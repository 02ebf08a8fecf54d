//! Where and how a service is delivered (2.2 to 2.5): group B of the clauses.

use super::context::{Context, Verdict};
use super::decision::Explanation;
use crate::catalog::{RemedyKind, Rule};
use crate::model::DeliveryMode;

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
    let location_id = context.location.location_id.as_str();
    match rule {
        Rule::Country => explanation.fact("country", context.location.country.as_str()),
        Rule::ExcludedCountry => explanation.fact("country", context.location.country.as_str()),
        Rule::LocationDesignated if is_for_one_location(context) => {
            explanation.remedy(RemedyKind::Buy, "work_order.items.location_ids", location_id);
        }
        Rule::LocationDesignated => {
            let field = if context.item.all_locations || !context.order.designates(location_id) {
                "work_order.downstream_location_ids"
            } else {
                "work_order.items.location_ids"
            };
            explanation.remedy(RemedyKind::DesignateLocation, field, location_id);
        }
        Rule::SingleLocation => {
            explanation.remedy(RemedyKind::DesignateLocation, "work_order.items.location_ids", location_id);
        }
        Rule::DeliveryMode => {
            let mode = context.query.delivery.mode.map_or("", DeliveryMode::as_str);
            explanation.fact("delivery_mode", mode);
            explanation.remedy_waiver();
        }
        _ => {}
    }
}

/// A service for one location per item: another location takes another item.
fn is_for_one_location(context: &Context<'_>) -> bool {
    context.service.clauses.iter().any(|clause| clause.rule == Rule::SingleLocation)
}
