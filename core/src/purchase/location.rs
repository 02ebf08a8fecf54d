//! Where services are delivered, and who answers there.

use std::collections::HashSet;

use crate::catalog::Rule;
use crate::model::{ContactRole, Item};
use crate::violation::reason;

use super::contract_index::{BoughtItem, ContractIndex, Order};
use super::findings::{Findings, LONGEST_LIST, shown};

/// The order's host and downstream locations.
pub(super) fn judge_designated(order: &Order<'_>, findings: &mut Findings) {
    let Order { index, order: work_order, path, .. } = *order;
    let host = work_order.host_location_id.as_str();
    if host.is_empty() {
        findings.required(path, "host_location_id", "the location where the base package was contracted");
    } else if !index.locations.contains_key(host) {
        unknown_location(index, path, "host_location_id", host, findings);
    } else {
        judge_administrator(order, findings);
    }
    let downstream = &work_order.downstream_location_ids;
    judge_ids(index, downstream, path, "downstream_location_ids", findings);
    for (index, _) in downstream.iter().enumerate().filter(|(_, id)| *id == host && !host.is_empty()) {
        let description = format!("{} is the host location; leave it out here", shown(host));
        findings.add(path, &format!("downstream_location_ids[{index}]"), reason::DUPLICATE_ID, description);
    }
}

fn judge_administrator(order: &Order<'_>, findings: &mut Findings) {
    let Order { index, order: work_order, path, .. } = *order;
    let host = work_order.host_location_id.as_str();
    let administers = |role: &ContactRole| *role == ContactRole::SupportAdministrator;
    let mut contacts = index.contract.customer.contacts.iter();
    if let Some(clause) = order.enforced(Rule::SupportAdministrator)
        && (order.has_own_base() || order.needs_administrator())
        && !contacts.any(|contact| contact.is_at_host(host) && contact.roles.iter().any(administers))
    {
        let description = format!("no contact is `SUPPORT_ADMINISTRATOR` at {}; give the customer one", shown(host));
        findings.clause(clause, path, "host_location_id", description);
    }
}

/// Which locations an item is for.
pub(super) fn judge_item(index: &ContractIndex<'_>, item: &Item, path: &str, findings: &mut Findings) {
    match (item.all_locations, item.location_ids.is_empty()) {
        (false, true) => findings.required(path, "location_ids", "one location or more, or `all_locations`"),
        (true, false) => {
            findings.conflict(path, "location_ids", "stands beside `all_locations`; give exactly one of the two");
        }
        _ => {}
    }
    judge_ids(index, &item.location_ids, path, "location_ids", findings);
}

/// What an item lists its order designates, and some services are for one location.
pub(super) fn judge_bought(bought: &BoughtItem<'_>, findings: &mut Findings) {
    let BoughtItem { order, service, item, path, .. } = *bought;
    if let Some(clause) = bought.enforced(Rule::LocationDesignated) {
        let designated: HashSet<&str> = order.order.designated_locations().collect();
        let is_unlisted = |id: &str| order.index.locations.contains_key(id) && !designated.contains(id);
        for (row, id) in item.location_ids.iter().enumerate().filter(|(_, id)| is_unlisted(id)) {
            let description = format!("the order does not designate {}; designate it, or leave it out", shown(id));
            findings.clause(clause, path, &format!("location_ids[{row}]"), description).fact("location_id", id);
        }
    }
    if let Some(clause) = bought.enforced(Rule::SingleLocation)
        && (item.all_locations || item.location_ids.len() != 1)
    {
        let description = format!("`{}` is delivered to one location per item; name exactly one", service.id);
        findings.clause(clause, path, "location_ids", description);
    }
}

fn judge_ids(index: &ContractIndex<'_>, ids: &[String], path: &str, field: &str, findings: &mut Findings) {
    findings.at_most(path, field, ids.len(), LONGEST_LIST);
    for (row, id) in ids.iter().enumerate().filter(|(_, id)| !index.locations.contains_key(id.as_str())) {
        unknown_location(index, path, &format!("{field}[{row}]"), id, findings);
    }
    findings.distinct(path, ids.iter().map(String::as_str), |row| format!("{field}[{row}]"));
}

fn unknown_location(index: &ContractIndex<'_>, path: &str, field: &str, id: &str, findings: &mut Findings) {
    let known = index.contract.customer.locations.iter().map(|location| location.location_id.as_str());
    findings.unknown(path, field, "location", id, known);
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{check_contracts, check_items, check_orders};

    #[test]
    fn designated_locations_are_the_customers() {
        check_orders(
            "advisor",
            &[
                ("no host", |o| o.host_location_id.clear(), &["host_location_id FIELD_REQUIRED"]),
                (
                    "an unknown host",
                    |o| o.host_location_id = "gb-londn".into(),
                    &["host_location_id REFERENCE_UNKNOWN"],
                ),
                (
                    "an unknown downstream location",
                    |o| o.downstream_location_ids.push("fr-paris".into()),
                    &["downstream_location_ids[1] REFERENCE_UNKNOWN"],
                ),
                (
                    "a downstream location twice",
                    |o| o.downstream_location_ids.push("gb-leeds".into()),
                    &["downstream_location_ids[1] DUPLICATE_ID"],
                ),
                (
                    "the host downstream",
                    |o| o.downstream_location_ids = vec!["gb-london".into()],
                    &["downstream_location_ids[0] DUPLICATE_ID"],
                ),
            ],
        );
    }

    #[test]
    fn an_item_has_one_way_to_say_where() {
        check_items(
            "response",
            &[
                ("nowhere", |i| i.location_ids.clear(), &["location_ids FIELD_REQUIRED"]),
                ("both ways", |i| i.all_locations = true, &["location_ids FIELD_CONFLICT"]),
                ("everywhere", |i| (i.all_locations, i.location_ids) = (true, Vec::new()), &[]),
                ("two places", |i| i.location_ids.push("gb-leeds".into()), &[]),
                ("one place twice", |i| i.location_ids.push("gb-london".into()), &["location_ids[1] DUPLICATE_ID"]),
                (
                    "an unknown place",
                    |i| i.location_ids = vec!["fr-paris".into()],
                    &["location_ids[0] REFERENCE_UNKNOWN"],
                ),
            ],
        );
    }

    #[test]
    fn some_services_are_for_one_location() {
        check_items(
            "engineering",
            &[
                ("another one", |i| i.location_ids = vec!["gb-leeds".into()], &[]),
                (
                    "none",
                    |i| i.location_ids.clear(),
                    &["location_ids FIELD_REQUIRED", "location_ids !SINGLE_LOCATION_ONLY"],
                ),
                ("two", |i| i.location_ids.push("gb-leeds".into()), &["location_ids !SINGLE_LOCATION_ONLY"]),
                (
                    "all",
                    |i| (i.all_locations, i.location_ids) = (true, Vec::new()),
                    &["location_ids !SINGLE_LOCATION_ONLY"],
                ),
            ],
        );
    }

    #[test]
    fn someone_administers_support_at_the_host() {
        check_contracts("advisor", &[("an order that leans on a base", |c| c.customer.contacts.clear(), &[])]);
        check_contracts(
            "package",
            &[
                ("at the host, by default", |c| c.customer.contacts[0].location_ids.clear(), &[]),
                (
                    "elsewhere",
                    |c| c.customer.contacts[0].location_ids = vec!["gb-leeds".into()],
                    &["host_location_id !SUPPORT_ADMINISTRATOR_REQUIRED"],
                ),
                (
                    "another role",
                    |c| c.customer.contacts[0].roles = vec![crate::model::ContactRole::ReactiveContact],
                    &["host_location_id !SUPPORT_ADMINISTRATOR_REQUIRED"],
                ),
                ("nobody", |c| c.customer.contacts.clear(), &["host_location_id !SUPPORT_ADMINISTRATOR_REQUIRED"]),
            ],
        );
    }
}
