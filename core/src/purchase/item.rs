//! An item: what holds of every item, then what its service asks for.

use chrono::NaiveDate;

use crate::legible::is_invisible;
use crate::model::{Item, WorkOrder, folded};
use crate::violation::reason;

use super::contract_index::{BoughtItem, Order};
use super::findings::{Findings, LONGEST_LIST, LONGEST_TENANT_ID, shown};
use super::{country, event, location, product, quantity, service, waiver};

pub(super) fn judge(order: &Order<'_>, item: &Item, path: &str, findings: &mut Findings) {
    let Order { index, order: work_order, edition, .. } = *order;
    findings.id(path, "item_id", &item.item_id);
    let bought = find_service(order, item, path, findings);
    location::judge_item(index, item, path, findings);
    if let Some(bought) = &bought {
        location::judge_bought(bought, findings);
        country::judge_bought(bought, findings);
        quantity::judge(bought, findings);
    }
    product::judge(&item.product_ids, edition, path, "product_ids", findings);
    judge_tenant_ids(item, path, findings);
    if let Some(bought) = &bought {
        service::judge(bought, findings);
    }
    if let Some(exhibit) = &item.exhibit {
        findings.text(path, "exhibit", exhibit);
    }
    if let Some(price) = item.unit_price {
        findings.not_negative(path, "unit_price", price);
    }
    judge_term(work_order, item, path, findings);
    if let Some(bought) = &bought {
        service::judge_included_hours(bought, findings);
    }
    event::judge(item, edition, path, findings);
    if let Some(bought) = &bought {
        event::judge_bought(bought, findings);
    }
    waiver::judge(item, edition, path, findings);
    if let Some(bought) = &bought {
        waiver::judge_bought(bought, findings);
    }
}

fn find_service<'a>(
    order: &Order<'a>,
    item: &'a Item,
    path: &'a str,
    findings: &mut Findings,
) -> Option<BoughtItem<'a>> {
    if item.service_id.is_empty() {
        findings.required(path, "service_id", "a service of the edition");
        return None;
    }
    let edition = order.edition?;
    let Some(service) = edition.service(&item.service_id) else {
        // What comes with the base package is no good advice.
        let sold = edition.services.iter().filter(|service| !service.is_base() || service.id == edition.base_package);
        let known = sold.map(|service| service.id.as_str());
        findings.unknown(path, "service_id", "service", &item.service_id, known);
        return None;
    };
    Some(BoughtItem { order: *order, edition, service, item, path })
}

fn judge_tenant_ids(item: &Item, path: &str, findings: &mut Findings) {
    findings.at_most(path, "tenant_ids", item.tenant_ids.len(), LONGEST_LIST);
    let is_tenant_id = |id: &str| {
        (1..=LONGEST_TENANT_ID).contains(&id.chars().count())
            && !id.contains(|character: char| is_invisible(character) || character.is_whitespace())
    };
    for (index, tenant_id) in item.tenant_ids.iter().enumerate().filter(|(_, id)| !is_tenant_id(id)) {
        let description = format!("{} is no tenant id; use 1 to 128 characters without spaces", shown(tenant_id));
        findings.add(path, &format!("tenant_ids[{index}]"), reason::FIELD_INVALID, description);
    }
    let folded: Vec<_> = item.tenant_ids.iter().map(|id| folded(id)).collect();
    findings.distinct(path, folded.iter().map(String::as_str), |index| format!("tenant_ids[{index}]"));
}

/// An item lives inside its order.
fn judge_term(order: &WorkOrder, item: &Item, path: &str, findings: &mut Findings) {
    findings.dates(path, item.start_date, item.end_date);
    let (first, last) = (order.start_date, order.end_date);
    if last < first {
        return;
    }
    let is_outside = |date: &NaiveDate| !(first..=last).contains(date);
    for (field, date) in [("start_date", item.start_date), ("end_date", item.end_date)] {
        if let Some(date) = date.filter(is_outside) {
            findings.out_of_range(path, field, format!("`{date}` is outside the order's term, `{first}` to `{last}`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{check_items, date};

    #[test]
    fn an_item_buys_a_service() {
        check_items(
            "advisor",
            &[
                ("no id", |i| i.item_id.clear(), &["item_id FIELD_REQUIRED"]),
                ("no plain id", |i| i.item_id = "a/b".into(), &["item_id FIELD_INVALID"]),
                ("no service", |i| i.service_id.clear(), &["service_id FIELD_REQUIRED"]),
                ("an unknown service", |i| i.service_id = "adviser".into(), &["service_id REFERENCE_UNKNOWN"]),
                ("another service", |i| i.service_id = "response".into(), &[]),
                ("a free one", |i| i.unit_price = Some(0), &[]),
                ("one that pays", |i| i.unit_price = Some(-1), &["unit_price FIELD_OUT_OF_RANGE"]),
                ("an exhibit", |i| i.exhibit = Some("a".repeat(200)), &[]),
                ("a long exhibit", |i| i.exhibit = Some("a".repeat(201)), &["exhibit FIELD_OUT_OF_RANGE"]),
                ("a zone nobody reads", |i| i.time_zone = "Asia/Tokyo".parse().ok(), &["time_zone FIELD_CONFLICT"]),
            ],
        );
    }

    #[test]
    fn an_item_lives_inside_its_order() {
        check_items(
            "advisor",
            &[
                (
                    "all of it",
                    |i| (i.start_date, i.end_date) = (Some(date("2026-02-01")), Some(date("2027-01-31"))),
                    &[],
                ),
                ("before it", |i| i.start_date = Some(date("2026-01-31")), &["start_date FIELD_OUT_OF_RANGE"]),
                ("after it", |i| i.end_date = Some(date("2027-02-01")), &["end_date FIELD_OUT_OF_RANGE"]),
                (
                    "backwards",
                    |i| (i.start_date, i.end_date) = (Some(date("2026-06-02")), Some(date("2026-06-01"))),
                    &["end_date FIELD_CONFLICT"],
                ),
            ],
        );
    }

    #[test]
    fn tenant_ids_are_printable() {
        check_items(
            "direct",
            &[
                ("two tenants", |i| i.tenant_ids.push("Contoso.onmicrosoft.com".into()), &[]),
                ("a tenant twice", |i| i.tenant_ids.push("acme.example".into()), &["tenant_ids[1] DUPLICATE_ID"]),
                ("in capitals", |i| i.tenant_ids.push("ACME.Example".into()), &["tenant_ids[1] DUPLICATE_ID"]),
                ("an empty one", |i| i.tenant_ids.push(String::new()), &["tenant_ids[1] FIELD_INVALID"]),
                ("two words", |i| i.tenant_ids.push("a b".into()), &["tenant_ids[1] FIELD_INVALID"]),
                ("a control character", |i| i.tenant_ids.push("a\u{7}".into()), &["tenant_ids[1] FIELD_INVALID"]),
                ("a long one", |i| i.tenant_ids.push("a".repeat(128)), &[]),
                ("a longer one", |i| i.tenant_ids.push("a".repeat(129)), &["tenant_ids[1] FIELD_INVALID"]),
                (
                    "more than may be",
                    |i| i.tenant_ids = (0..1_001).map(|n| n.to_string()).collect(),
                    &["tenant_ids FIELD_OUT_OF_RANGE"],
                ),
            ],
        );
    }
}
