//! Written agreements that lift a clause for one item.

use std::collections::BTreeSet;

use crate::catalog::{Edition, Rule, Service};
use crate::model::Item;
use crate::violation::reason;

use super::contract_index::BoughtItem;
use super::findings::{Enforced, Findings, LONGEST_AGREED_LIST, listed};
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
        }
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
