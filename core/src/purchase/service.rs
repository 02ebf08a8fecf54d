//! What the bought service asks of its item besides location and quantity.

use crate::catalog::{Rule, ServiceHours, ServicePlan};
use crate::model::{DeliveryMode, MINUTES_PER_HOUR};
use crate::violation::reason;

use super::contract_index::BoughtItem;
use super::findings::{Findings, listed};
use super::quantity::LARGEST_AMOUNT;

pub(super) fn judge(bought: &BoughtItem<'_>, findings: &mut Findings) {
    judge_plan(bought, findings);
    judge_products(bought, findings);
    judge_served_products(bought, findings);
    judge_time_zone(bought, findings);
    judge_tenants(bought, findings);
    judge_delivery_mode(bought, findings);
    judge_exhibit(bought, findings);
    judge_unread(bought, findings);
}

/// What no clause of the service reads would look as if it were agreed on: an item for one product that serves all.
fn judge_unread(bought: &BoughtItem<'_>, findings: &mut Findings) {
    let BoughtItem { service, item, path, .. } = *bought;
    let has_any = |rules: &[Rule]| service.clauses.iter().any(|clause| rules.contains(&clause.rule));
    let names_products =
        has_any(&[Rule::ProductOnItem, Rule::ProductsRequired, Rule::ProductExcluded, Rule::RetailProduct]);
    let keeps_agreed_hours = service.service_hours.as_ref().is_some_and(ServiceHours::is_by_zone_of_item);
    // A base item says nothing of the single services it brings.
    let is_single = !service.is_base();
    let is_counted = service.unit.is_some() || service.included_hours.is_some();
    let fields = [
        (
            "product_ids",
            !item.product_ids.is_empty(),
            names_products,
            "serves the same products whatever an item names",
        ),
        ("time_zone", item.time_zone.is_some(), is_single && keeps_agreed_hours, "keeps no hours of an agreed zone"),
        (
            "delivery_mode",
            item.delivery_mode.is_some(),
            is_single && has_any(&[Rule::DeliveryMode]),
            "is delivered alike whatever an item says",
        ),
        ("priority", item.priority.is_some(), is_counted, "is not counted, so that nothing of it burns first"),
    ];
    for (field, is_set, is_read, why) in fields {
        if is_set && !is_read {
            findings.conflict(path, field, format!("`{}` {why}; leave it out", service.id));
        }
    }
}

fn judge_plan(bought: &BoughtItem<'_>, findings: &mut Findings) {
    let BoughtItem { order, edition, service, item, path } = *bought;
    if !bought.is_base_package() {
        if service.plan == ServicePlan::Base {
            let package = &edition.base_package;
            let description = format!("`{}` comes with the base package; buy `{package}` instead", service.id);
            findings.conflict(path, "service_id", description);
        }
        return;
    }
    let first = order.order.items.iter().find(|other| other.service_id == service.id);
    if first.is_some_and(|first| !std::ptr::eq(first, item)) {
        let description = format!("the order has `{}` already; an order carries one base package", service.id);
        findings.conflict(path, "service_id", description);
    }
    for (field, date) in [("start_date", item.start_date), ("end_date", item.end_date)] {
        if date.is_some() {
            findings.conflict(path, field, "the base package runs for the term of its order; leave the date out");
        }
    }
}

fn judge_products(bought: &BoughtItem<'_>, findings: &mut Findings) {
    if let Some(clause) = bought.enforced(Rule::ProductsRequired)
        && bought.item.product_ids.is_empty()
    {
        let description = format!("`{}` serves the products its item names; name at least one", bought.service.id);
        findings.clause(clause, bought.path, "product_ids", description);
    }
}

/// An item whose products the service cannot serve at all would never be used.
fn judge_served_products(bought: &BoughtItem<'_>, findings: &mut Findings) {
    let BoughtItem { service, item, path, .. } = *bought;
    let clause = bought.enforced(Rule::ProductExcluded).or_else(|| bought.enforced(Rule::RetailProduct));
    if let Some(clause) = clause
        && !item.product_ids.is_empty()
        && !item.product_ids.iter().any(|pattern| service.touches(pattern))
    {
        let served = service.products_only.iter().chain(&service.products_open).map(ToString::to_string);
        let served: Vec<_> = served.collect();
        let description =
            format!("`{}` serves none of these; it is for {}", service.id, listed(served.iter().map(String::as_str)));
        let found = findings.clause(clause, path, "product_ids", description);
        found.fact("product_id", item.product_ids.first().map(ToString::to_string).unwrap_or_default());
    }
}

fn judge_time_zone(bought: &BoughtItem<'_>, findings: &mut Findings) {
    if let Some(clause) = bought.enforced(Rule::TimeZoneRequired)
        && bought.item.time_zone.is_none()
    {
        let description = format!("`{}` is worked in the zone agreed in writing; name it", bought.service.id);
        findings.clause(clause, bought.path, "time_zone", description);
    }
}

fn judge_tenants(bought: &BoughtItem<'_>, findings: &mut Findings) {
    let BoughtItem { service, item, path, .. } = *bought;
    let named = item.tenant_ids.len();
    let Some(tenants) = service.tenants else {
        if named > 0 {
            findings.conflict(path, "tenant_ids", format!("`{}` is not sold by tenant; leave them out", service.id));
        }
        return;
    };
    let Some(clause) = bought.enforced(Rule::TenantsRequired) else { return };
    if named < tenants.minimum || tenants.maximum.is_some_and(|maximum| named > maximum) {
        let wanted = match tenants.maximum {
            Some(maximum) if maximum == tenants.minimum => format!("exactly {maximum}"),
            Some(maximum) => format!("{} to {maximum}", tenants.minimum),
            None => format!("at least {}", tenants.minimum),
        };
        let description = format!("names {named}; `{}` needs {wanted}", service.id);
        let found = findings.clause(clause, path, "tenant_ids", description);
        let found = found.fact("tenants_minimum", tenants.minimum);
        if let Some(maximum) = tenants.maximum {
            found.fact("tenants_maximum", maximum);
        }
    }
}

fn judge_delivery_mode(bought: &BoughtItem<'_>, findings: &mut Findings) {
    let BoughtItem { service, item, path, .. } = *bought;
    // Of a base item no mode is read, which is told once.
    let mode = item.delivery_mode.filter(|_| !service.is_base());
    if let Some(mode) = mode.filter(|mode| !service.delivery_modes.contains(mode)) {
        let sold = listed(service.delivery_modes.iter().copied().map(DeliveryMode::as_str));
        findings.conflict(
            path,
            "delivery_mode",
            format!("`{}` is not sold as `{}`; use {sold}", service.id, mode.as_str()),
        );
    }
}

fn judge_exhibit(bought: &BoughtItem<'_>, findings: &mut Findings) {
    if let Some(clause) = bought.enforced(Rule::ExhibitRequired)
        && bought.item.exhibit.as_deref().is_none_or(|exhibit| exhibit.trim().is_empty())
    {
        let description = format!("`{}` is defined in an exhibit of the work order; name it", bought.service.id);
        findings.clause(clause, bought.path, "exhibit", description);
    }
}

/// Hours that come with the item; whether a service brings any is a row of its clauses.
pub(super) fn judge_included_hours(bought: &BoughtItem<'_>, findings: &mut Findings) {
    let BoughtItem { service, item, path, .. } = *bought;
    let Some(hours) = item.included_hours else { return };
    if !service.clauses.iter().any(|clause| clause.rule == Rule::IncludedHours) {
        findings.conflict(path, "included_hours", format!("`{}` brings no hours; leave them out", service.id));
        return;
    }
    for (field, amount) in [
        ("reactive_support_management", hours.reactive_support_management),
        ("service_delivery_management", hours.service_delivery_management),
    ] {
        if amount.checked_mul(MINUTES_PER_HOUR).is_none_or(|minutes| !(0..=LARGEST_AMOUNT).contains(&minutes)) {
            let most = LARGEST_AMOUNT.checked_div(MINUTES_PER_HOUR).unwrap_or_default();
            let description = format!("`{amount}` is out of range; it must be 0 to {most} hours");
            findings.add(path, &format!("included_hours.{field}"), reason::FIELD_OUT_OF_RANGE, description);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{check_items, check_orders, date, item};
    use crate::model::{DeliveryMode, IncludedHours};

    #[test]
    fn the_base_package_is_bought_once_and_whole() {
        check_orders(
            "package",
            &[
                (
                    "a service that comes with it",
                    |o| o.items.push(item("reactive")),
                    &["items[1].service_id FIELD_CONFLICT"],
                ),
                (
                    "a second package",
                    |o| {
                        o.items.push(item("package"));
                        o.items[1].item_id = "again".into();
                    },
                    &["items[1].service_id FIELD_CONFLICT"],
                ),
                (
                    "dates of its own",
                    |o| {
                        (o.items[0].start_date, o.items[0].end_date) =
                            (Some(date("2026-03-01")), Some(date("2026-04-01")))
                    },
                    &["items[0].start_date FIELD_CONFLICT", "items[0].end_date FIELD_CONFLICT"],
                ),
                ("another service beside it", |o| o.items.push(item("advisor")), &[]),
            ],
        );
    }

    #[test]
    fn products_and_exhibits_are_named_where_the_service_asks() {
        check_items(
            "engineering",
            &[
                ("no products", |i| i.product_ids.clear(), &["product_ids !PRODUCTS_REQUIRED"]),
                ("all products", |i| i.product_ids = vec!["*".into()], &[]),
            ],
        );
        check_items(
            "direct",
            &[
                ("no exhibit", |i| i.exhibit = None, &["exhibit !EXHIBIT_REQUIRED"]),
                ("a blank exhibit", |i| i.exhibit = Some(" ".into()), &["exhibit !EXHIBIT_REQUIRED"]),
                ("another exhibit", |i| i.exhibit = Some("exhibit 2".into()), &[]),
            ],
        );
    }

    #[test]
    fn tenants_are_named_where_the_service_asks() {
        let two = |i: &mut crate::model::Item| i.tenant_ids.push("other".into());
        check_items(
            "direct",
            &[("no tenant", |i| i.tenant_ids.clear(), &["tenant_ids !TENANTS_REQUIRED"]), ("two tenants", two, &[])],
        );
        check_items(
            "tenant",
            &[
                ("no tenant", |i| i.tenant_ids.clear(), &["tenant_ids !TENANTS_REQUIRED"]),
                ("two tenants", two, &["tenant_ids !TENANTS_REQUIRED"]),
            ],
        );
        check_items("advisor", &[("a tenant", two, &["tenant_ids FIELD_CONFLICT"])]);
    }

    #[test]
    fn a_service_is_sold_in_its_delivery_modes() {
        check_items(
            "engineering",
            &[
                ("remote", |i| i.delivery_mode = Some(DeliveryMode::Remote), &[]),
                ("on site", |i| i.delivery_mode = Some(DeliveryMode::OnSite), &["delivery_mode FIELD_CONFLICT"]),
            ],
        );
    }

    #[test]
    fn included_hours_come_with_services_that_bring_them() {
        check_items(
            "response",
            &[
                ("some", |i| i.included_hours = hours(40, 0), &[]),
                (
                    "negative ones",
                    |i| i.included_hours = hours(-1, 1),
                    &["included_hours.reactive_support_management FIELD_OUT_OF_RANGE"],
                ),
                (
                    "more than can be kept",
                    |i| i.included_hours = hours(0, i64::MAX),
                    &["included_hours.service_delivery_management FIELD_OUT_OF_RANGE"],
                ),
            ],
        );
        check_items(
            "advisor",
            &[("on another service", |i| i.included_hours = hours(1, 1), &["included_hours FIELD_CONFLICT"])],
        );
    }

    fn hours(reactive_support_management: i64, service_delivery_management: i64) -> Option<IncludedHours> {
        Some(IncludedHours { reactive_support_management, service_delivery_management })
    }

    #[test]
    fn a_field_that_no_clause_reads_is_refused() {
        check_items(
            "advisor",
            &[
                ("products", |i| i.product_ids = vec!["azure".into()], &["product_ids FIELD_CONFLICT"]),
                ("a zone", |i| i.time_zone = "Asia/Tokyo".parse().ok(), &["time_zone FIELD_CONFLICT"]),
                ("a mode", |i| i.delivery_mode = Some(DeliveryMode::Remote), &["delivery_mode FIELD_CONFLICT"]),
                ("a burn order", |i| i.priority = Some(1), &[]),
            ],
        );
        check_items("response", &[("a burn order", |i| i.priority = Some(1), &["priority FIELD_CONFLICT"])]);
        check_items(
            "engineering",
            &[
                ("products", |i| i.product_ids = vec!["azure".into()], &[]),
                ("a mode", |i| i.delivery_mode = Some(DeliveryMode::Remote), &[]),
            ],
        );
        check_items(
            "package",
            &[
                (
                    "a mode of the base package",
                    |i| i.delivery_mode = Some(DeliveryMode::Remote),
                    &["delivery_mode FIELD_CONFLICT"],
                ),
                (
                    "products of the base package",
                    |i| i.product_ids = vec!["azure".into()],
                    &["product_ids FIELD_CONFLICT"],
                ),
            ],
        );
    }
}
