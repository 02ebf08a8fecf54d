//! Every rule has its functions: the table is walked, so that a row without them is seen.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::catalog::{Catalog, Missing};
use crate::engine::balances::AS_BOUGHT;
use crate::engine::prepared::Prepared;
use crate::engine::query::Query;
use crate::engine::resolve::ResolvedQuery;
use crate::model::ProductId;

const FAMILIES: [RuleFamily; 7] = [
    RuleFamily::Term,
    RuleFamily::Product,
    RuleFamily::Location,
    RuleFamily::Request,
    RuleFamily::Quantity,
    RuleFamily::Hours,
    RuleFamily::Event,
];

/// A base agreement for half a year, and one item of every other service for the whole year.
fn prepared() -> Prepared {
    let catalog = Arc::new(Catalog::embedded().unwrap());
    let order = |id: &str, end_date: &str, items: Vec<Value>| {
        json!({
            "work_order_id": id, "customer_id": "acme", "edition_id": "unified-enterprise-2023",
            "start_date": "2026-01-01", "end_date": end_date, "host_location_id": "gb-london",
            "covered_products": ["*"], "currency": "GBP", "items": items,
        })
    };
    let bought = catalog.default_edition().services.iter().filter(|service| !service.is_base());
    let item = |id: &str| json!({"item_id": id, "service_id": id, "all_locations": true});
    let contract = json!({
        "customer": {
            "customer_id": "acme", "display_name": "Acme",
            "locations": [
                {"location_id": "gb-london", "display_name": "London", "country": "GB", "time_zone": "Europe/London"},
            ],
        },
        "work_orders": [
            order("base", "2026-06-30", vec![item("unified-enterprise-base")]),
            order("beside", "2026-12-31", bought.map(|service| item(&service.id)).collect()),
        ],
    });
    Prepared::new(catalog, serde_json::from_value(contract).unwrap())
}

/// The question for each service, within the base agreement and behind it.
fn for_each_context(mut see: impl FnMut(&Context<'_>)) {
    let prepared = prepared();
    for service in &prepared.catalog().default_edition().services {
        let product = Some(ProductId::new("azure"));
        let query = Query { location_id: "gb-london", service_id: &service.id, product, ..Query::default() };
        let resolved = ResolvedQuery::new(&prepared, &AS_BOUGHT, &query).unwrap();
        for at in ["2026-03-01T00:00:00Z", "2026-09-01T00:00:00Z"] {
            resolved.contexts(at.parse().unwrap()).for_each(|context| see(&context));
        }
    }
}

#[test]
fn a_rule_is_judged_by_its_family_and_by_no_other() {
    let mut seen = 0;
    for_each_context(|context| {
        for rule in Rule::ALL.iter().copied() {
            let judging = FAMILIES.into_iter().filter(|family| judge_in(*family, context, rule).is_some());
            assert_eq!(judging.collect::<Vec<_>>(), rule.family().into_iter().collect::<Vec<_>>(), "{rule:?}");
        }
        seen += 1;
    });
    assert!(seen > 50, "{seen} contexts");
}

#[test]
fn what_the_row_of_a_rule_says_it_carries_is_told() {
    let mut told = HashSet::new();
    for_each_context(|context| {
        for rule in Rule::ALL.iter().copied() {
            let facts = facts(context, &ClauseUse { row: 0, rule, waivable: false, missing: Missing::Skip });
            if rule.row().facts.iter().all(|name| facts.iter().any(|(own, _)| own == name)) {
                told.insert(rule);
            }
        }
    });
    let untold: Vec<_> = Rule::ALL.iter().filter(|rule| !told.contains(*rule)).collect();
    assert!(untold.is_empty(), "{untold:?}");
}

/// The families the pool asks; the others compare with it.
#[test]
fn what_an_item_gives_hangs_on_no_rule_that_compares_with_what_others_give() {
    let is_asked =
        |family| matches!(family, RuleFamily::Term | RuleFamily::Product | RuleFamily::Location | RuleFamily::Hours);
    for rule in Rule::ALL.iter().copied() {
        if rule.keeps_out_of_pool() || rule.is_of_delivery() {
            assert!(rule.family().is_some_and(is_asked), "{rule:?}");
        }
        if rule.compares_with_pool() {
            assert!(matches!(rule.family(), Some(RuleFamily::Quantity | RuleFamily::Event)), "{rule:?}");
        }
    }
}
