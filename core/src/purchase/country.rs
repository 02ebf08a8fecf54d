//! Which countries an order may serve, and with which services.

use std::collections::BTreeSet;

use crate::catalog::Rule;
use crate::model::DeliveryMode;

use super::contract_index::{BoughtItem, Order};
use super::findings::{Findings, listed, shown};

/// Services in an excluded country are billed there: such a country shares an order with no
/// other country, an excluded one included.
pub(super) fn judge_separation(order: &Order<'_>, findings: &mut Findings) {
    let Order { index, order: work_order, path, .. } = *order;
    let (Some(edition), Some(clause)) = (order.edition, order.enforced(Rule::SeparateWorkOrder)) else { return };
    let designated: BTreeSet<_> = work_order.designated_locations().filter_map(|id| index.country(id)).collect();
    let named_by_items = work_order.items.iter().flat_map(|item| &item.location_ids);
    let mut all: BTreeSet<_> = named_by_items.filter_map(|id| index.country(id)).collect();
    all.extend(&designated);
    let Some(excluded) = all.iter().find(|country| edition.excludes_country(country)) else { return };
    if all.len() > 1 {
        let field = if designated.len() > 1 { "downstream_location_ids" } else { "items" };
        let description = format!(
            "mixes {}; services in `{excluded}` stand on a work order for that country alone",
            listed(all.iter().copied())
        );
        findings.clause(clause, path, field, description);
    } else if work_order.base_work_order_id.is_none() && !order.has_own_base() {
        let description = format!(
            "an order for `{excluded}` has the item `{}` or names the host's base order here",
            edition.base_package
        );
        findings.clause(clause, path, "base_work_order_id", description);
    }
}

/// Countries the service is not sold for.
pub(super) fn judge_bought(bought: &BoughtItem<'_>, findings: &mut Findings) {
    let BoughtItem { order, edition, service, item, path } = *bought;
    if let Some(clause) = bought.enforced(Rule::Country) {
        for (field, country) in served_countries(bought, |country| !service.is_available_in(country)) {
            let description = format!("`{}` is not available in {}; serve other locations", service.id, shown(country));
            findings.clause(clause, path, &field, description).fact("country", country);
        }
    }
    let sold = item.delivery_mode.filter(|_| !service.is_base()).unwrap_or(service.default_delivery_mode());
    if let Some(clause) = bought.enforced(Rule::OnSiteCountry).filter(|_| sold == DeliveryMode::OnSite) {
        for (field, country) in served_countries(bought, |country| !service.is_on_site_in(country)) {
            let place = shown(country);
            let description =
                format!("`{}` is not delivered on site in {place}; sell it as `REMOTE` there", service.id);
            findings.clause(clause, path, &field, description).fact("country", country);
        }
    }
    if let Some(clause) = bought.enforced(Rule::ExcludedCountry)
        && order.index.is_multi_country(order.order)
    {
        for (field, country) in served_countries(bought, |country| edition.excludes_country(country)) {
            let place = shown(country);
            let service_id = &service.id;
            let description = format!(
                "`{service_id}` is not available in {place} under multi-country support; serve other locations"
            );
            findings.clause(clause, path, &field, description).fact("country", country);
        }
    }
}

/// The countries the item serves that are `refused`, each with the field that brings it in,
/// and once per country where one field brings in many.
fn served_countries<'a>(bought: &BoughtItem<'a>, refused: impl Fn(&str) -> bool) -> Vec<(String, &'a str)> {
    let BoughtItem { order, item, .. } = *bought;
    let country = |id: &str| order.index.country(id).filter(|country| refused(country));
    let listed = item.location_ids.iter().enumerate();
    let listed = listed.filter_map(|(index, id)| Some((format!("location_ids[{index}]"), country(id)?)));
    let all: BTreeSet<_> = if item.all_locations {
        order.order.designated_locations().filter_map(country).collect()
    } else {
        BTreeSet::new()
    };
    listed.chain(all.into_iter().map(|country| ("all_locations".to_owned(), country))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{changed_order, check_contracts, check_orders, item, order};
    use crate::model::{Contract, WorkOrder};

    #[test]
    fn some_services_are_not_sold_everywhere() {
        check_orders(
            "workshops",
            &[
                ("where it is sold", |o| o.items[0].location_ids.push("gb-leeds".into()), &[]),
                (
                    "where it is not",
                    |o| o.items[0].location_ids.push("ie-dublin".into()),
                    &["items[0].location_ids[1] !SERVICE_NOT_AVAILABLE_IN_COUNTRY"],
                ),
                ("everywhere it is sold", everywhere, &[]),
                (
                    "everywhere, one of which it is not",
                    |o| {
                        everywhere(o);
                        o.downstream_location_ids.push("ie-dublin".into());
                    },
                    &["items[0].all_locations !SERVICE_NOT_AVAILABLE_IN_COUNTRY"],
                ),
            ],
        );
    }

    #[test]
    fn an_excluded_country_stands_on_an_order_of_its_own() {
        check_contracts(
            "response",
            &[
                ("alone, naming the base", |c| tokyo(c).base_work_order_id = Some("wo-1".into()), &[]),
                ("alone, with the package", |c| tokyo(c).items.push(item("package")), &[]),
                ("alone", |c| _ = tokyo(c), &["base_work_order_id !EXCLUDED_COUNTRY_SEPARATE_WORK_ORDER"]),
                (
                    "two places in it",
                    |c| {
                        tokyo(c).base_work_order_id = Some("wo-1".into());
                        changed_order(c).downstream_location_ids = vec!["jp-osaka".into()];
                    },
                    &[],
                ),
                (
                    "downstream of another country",
                    |c| changed_order(c).downstream_location_ids = vec!["jp-tokyo".into()],
                    &["downstream_location_ids !EXCLUDED_COUNTRY_SEPARATE_WORK_ORDER"],
                ),
                (
                    "beside another excluded country",
                    |c| {
                        tokyo(c).base_work_order_id = Some("wo-1".into());
                        changed_order(c).downstream_location_ids = vec!["kr-seoul".into()];
                    },
                    &["downstream_location_ids !EXCLUDED_COUNTRY_SEPARATE_WORK_ORDER"],
                ),
                (
                    "on an item alone",
                    |c| changed_order(c).items[0].location_ids = vec!["jp-tokyo".into()],
                    &["items !EXCLUDED_COUNTRY_SEPARATE_WORK_ORDER"],
                ),
                ("not excluded", |c| changed_order(c).downstream_location_ids = vec!["ie-dublin".into()], &[]),
            ],
        );
    }

    #[test]
    fn advisors_do_not_serve_excluded_countries_of_many() {
        check_contracts(
            "advisor",
            &[
                (
                    "one of many countries",
                    |c| tokyo(c).base_work_order_id = Some("wo-1".into()),
                    &["items[0].location_ids[0] !EXCLUDED_COUNTRY"],
                ),
                (
                    "one of many countries, by all locations",
                    |c| {
                        tokyo(c).base_work_order_id = Some("wo-1".into());
                        everywhere(changed_order(c));
                    },
                    &["items[0].all_locations !EXCLUDED_COUNTRY"],
                ),
                (
                    "the only country",
                    |c| {
                        c.work_orders.remove(0);
                        tokyo(c).items.push(item("package"));
                    },
                    &[],
                ),
                ("another country", |c| c.work_orders.push(irish()), &[]),
            ],
        );
    }

    fn everywhere(order: &mut WorkOrder) {
        order.items[0].all_locations = true;
        order.items[0].location_ids.clear();
    }

    fn tokyo(contract: &mut Contract) -> &mut WorkOrder {
        let order = changed_order(contract);
        order.host_location_id = "jp-tokyo".into();
        order.downstream_location_ids.clear();
        order.items[0].location_ids = vec!["jp-tokyo".into()];
        order
    }

    fn irish() -> WorkOrder {
        WorkOrder { host_location_id: "ie-dublin".into(), ..order("wo-3", vec![item("package")]) }
    }
}
