//! Written agreements that lift a clause for one item.

use std::collections::BTreeSet;

use crate::catalog::{Edition, Rule, Service};
use crate::model::{Item, ProductPattern, Waiver};
use crate::violation::reason;

use super::contract_index::BoughtItem;
use super::findings::{Enforced, Findings, LONGEST_AGREED_LIST, LONGEST_LIST, listed};
use super::product;

pub(super) fn judge(item: &Item, edition: Option<&Edition>, path: &str, findings: &mut Findings) {
    findings.at_most(path, "waivers", item.waivers.len(), LONGEST_AGREED_LIST);
    for (index, waiver) in item.waivers.iter().enumerate() {
        let path = &format!("{path}.waivers[{index}]");
        if waiver.code.is_empty() {
            findings.required(path, "code", "the code of the clause that is lifted");
        } else if let Some(edition) = edition
            && edition.clause(&waiver.code).is_none()
        {
            let waivable = edition.clauses.iter().filter(|clause| clause.waivable);
            findings.unknown(path, "code", "clause", &waiver.code, waivable.map(|clause| clause.code.as_str()));
        }
        findings.name(path, "reference", &waiver.reference);
        findings.text(path, "granted_by", &waiver.granted_by);
        findings.date(path, "start_date", waiver.start_date);
        findings.date(path, "end_date", waiver.end_date);
        findings.dates(path, waiver.start_date, waiver.end_date);
        product::judge(&waiver.product_ids, edition, path, "product_ids", findings);
        judge_services(item, waiver, edition, path, findings);
    }
}

/// A base item may say which of its services are meant.
fn judge_services(item: &Item, waiver: &Waiver, edition: Option<&Edition>, path: &str, findings: &mut Findings) {
    let ids = &waiver.service_ids;
    findings.at_most(path, "service_ids", ids.len(), LONGEST_LIST);
    findings.distinct(path, ids.iter().map(String::as_str), |row| format!("service_ids[{row}]"));
    let Some(edition) = edition else { return };
    if !ids.is_empty() && item.service_id != edition.base_package {
        let description = "is for the base package alone, which brings many services; leave it out";
        findings.conflict(path, "service_ids", description);
        return;
    }
    let base_services = || edition.services.iter().filter(|service| service.is_base());
    for (row, id) in ids.iter().enumerate().filter(|(_, id)| !base_services().any(|service| service.id == **id)) {
        let known = base_services().map(|service| service.id.as_str());
        findings.unknown(path, &format!("service_ids[{row}]"), "base service", id, known);
    }
}

/// Waivers for the services of the base package stand on the base item.
pub(super) fn judge_bought(bought: &BoughtItem<'_>, findings: &mut Findings) {
    let BoughtItem { edition, service, item, path, .. } = *bought;
    let base_services = edition.services.iter().filter(|other| other.is_base() && bought.is_base_package());
    let services: Vec<&Service> = std::iter::once(service).chain(base_services).collect();
    // Refused whatever the service lists: a waiver that lifts nothing must not be recorded.
    let refusal = bought.enforced(Rule::WaiverAllowed).or_else(|| Enforced::in_edition(edition, Rule::WaiverAllowed));
    for (index, waiver) in item.waivers.iter().enumerate() {
        let is_known = edition.clause(&waiver.code).is_some();
        if is_known && !services.iter().any(|service| waivable(edition, service).any(|code| code == waiver.code)) {
            let advice = advice(edition, &services);
            let description = format!("`{}` cannot be waived for `{}`; {advice}", waiver.code, service.id);
            findings.clause_or(refusal, reason::FIELD_CONFLICT, path, &format!("waivers[{index}].code"), description);
        } else if is_known {
            judge_named_services(edition, waiver, refusal, &format!("{path}.waivers[{index}]"), findings);
            judge_open_products(&services, edition, waiver, refusal, &format!("{path}.waivers[{index}]"), findings);
        }
    }
}

/// Each service that is named is one the clause can be waived for.
fn judge_named_services(
    edition: &Edition,
    waiver: &Waiver,
    refusal: Option<Enforced<'_>>,
    path: &str,
    findings: &mut Findings,
) {
    for (row, service) in
        waiver.service_ids.iter().enumerate().filter_map(|(row, id)| Some((row, edition.service(id)?)))
    {
        if service.is_base() && !waivable(edition, service).any(|code| code == waiver.code) {
            let description = format!("`{}` cannot be waived for `{}`; leave it out", waiver.code, service.id);
            findings.clause_or(refusal, reason::FIELD_CONFLICT, path, &format!("service_ids[{row}]"), description);
        }
    }
}

/// A waiver that settles what is open is for the products that are.
fn judge_open_products(
    services: &[&Service],
    edition: &Edition,
    waiver: &Waiver,
    refusal: Option<Enforced<'_>>,
    path: &str,
    findings: &mut Findings,
) {
    if edition.clause(&waiver.code).is_none_or(|clause| clause.rule != Rule::ProductExcluded) {
        return;
    }
    let is_open = |pattern: &ProductPattern| {
        services.iter().any(|service| service.products_open.iter().any(|open| open.overlaps(pattern)))
    };
    for (row, pattern) in waiver.product_ids.iter().enumerate().filter(|(_, pattern)| !is_open(pattern)) {
        let description = format!("`{}` cannot be waived for `{pattern}`; leave it out", waiver.code);
        findings.clause_or(refusal, reason::FIELD_CONFLICT, path, &format!("product_ids[{row}]"), description);
    }
}

fn waivable<'a>(edition: &'a Edition, service: &'a Service) -> impl Iterator<Item = &'a str> {
    let uses = service.clauses.iter().filter(|clause| clause.waivable);
    uses.filter_map(|clause| edition.clauses.get(usize::from(clause.row))).map(|clause| clause.code.as_str())
}

fn advice(edition: &Edition, services: &[&Service]) -> String {
    let codes: BTreeSet<_> = services.iter().flat_map(|service| waivable(edition, service)).collect();
    if codes.is_empty() { "no clause of it can be".to_owned() } else { format!("only {} can be", listed(codes)) }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{check_items, date, waiver};
    use crate::model::{Item, Waiver};

    fn waive<'i>(item: &'i mut Item, code: &str) -> &'i mut Waiver {
        item.waivers.push(waiver(code));
        item.waivers.last_mut().unwrap()
    }

    #[test]
    fn a_waiver_names_a_clause_its_service_can_be_freed_of() {
        check_items(
            "engineering",
            &[
                ("one that can be waived", |i| _ = waive(i, "ONSITE_NOT_INCLUDED"), &[]),
                ("one that cannot", |i| _ = waive(i, "PRODUCTS_REQUIRED"), &["waivers[0].code !WAIVER_NOT_ALLOWED"]),
                (
                    "one of other services",
                    |i| _ = waive(i, "PRODUCT_NOT_COVERED"),
                    &["waivers[0].code !WAIVER_NOT_ALLOWED"],
                ),
                ("an unknown one", |i| _ = waive(i, "ONSITE"), &["waivers[0].code REFERENCE_UNKNOWN"]),
                ("none", |i| _ = waive(i, ""), &["waivers[0].code FIELD_REQUIRED"]),
            ],
        );
        check_items(
            "package",
            &[
                ("one of a base service", |i| _ = waive(i, "PRODUCT_NOT_COVERED"), &[]),
                (
                    "one of no base service",
                    |i| _ = waive(i, "ONSITE_NOT_INCLUDED"),
                    &["waivers[0].code !WAIVER_NOT_ALLOWED"],
                ),
            ],
        );
    }

    #[test]
    fn a_waiver_refers_to_an_agreement() {
        check_items(
            "engineering",
            &[
                (
                    "no reference",
                    |i| waive(i, "ONSITE_NOT_INCLUDED").reference.clear(),
                    &["waivers[0].reference FIELD_REQUIRED"],
                ),
                (
                    "a long one",
                    |i| waive(i, "ONSITE_NOT_INCLUDED").reference = "a".repeat(201),
                    &["waivers[0].reference FIELD_OUT_OF_RANGE"],
                ),
                (
                    "granted by many",
                    |i| waive(i, "ONSITE_NOT_INCLUDED").granted_by = "a".repeat(201),
                    &["waivers[0].granted_by FIELD_OUT_OF_RANGE"],
                ),
                (
                    "for a day",
                    |i| {
                        let waiver = waive(i, "ONSITE_NOT_INCLUDED");
                        (waiver.start_date, waiver.end_date) = (Some(date("2026-06-01")), Some(date("2026-06-01")));
                    },
                    &[],
                ),
                (
                    "backwards",
                    |i| {
                        let waiver = waive(i, "ONSITE_NOT_INCLUDED");
                        (waiver.start_date, waiver.end_date) = (Some(date("2026-06-02")), Some(date("2026-06-01")));
                    },
                    &["waivers[0].end_date FIELD_CONFLICT"],
                ),
                ("as many as may be", |i| i.waivers = vec![waiver("ONSITE_NOT_INCLUDED"); 100], &[]),
                ("more", |i| i.waivers = vec![waiver("ONSITE_NOT_INCLUDED"); 101], &["waivers FIELD_OUT_OF_RANGE"]),
            ],
        );
    }
}
