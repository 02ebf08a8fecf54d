//! What an order excepts counts as not covered, and the remedy names what is in the way.

use std::sync::Arc;

use chrono::DateTime;
use serde_json::json;

use crate::catalog::{Catalog, Locale, RemedyKind};
use crate::engine::*;
use crate::model::{Contract, ProductId};

const COVERED: &str = "work_order.covered_products";
const EXCEPTED: &str = "work_order.covered_products_except";

fn contract(covered: &[String], excepted: &[String]) -> Contract {
    serde_json::from_value(json!({
        "customer": {"customer_id": "acme", "display_name": "Acme", "locations": [
            {"location_id": "gb-london", "display_name": "London", "country": "GB", "time_zone": "Europe/London"},
        ]},
        "work_orders": [{
            "work_order_id": "wo-1", "customer_id": "acme", "edition_id": "unified-enterprise-2023",
            "start_date": "2026-01-01", "end_date": "2026-12-31", "host_location_id": "gb-london",
            "covered_products": covered, "covered_products_except": excepted, "currency": "GBP",
            "items": [{"item_id": "base", "service_id": "unified-enterprise-base", "all_locations": true}],
        }],
    }))
    .unwrap()
}

/// The remedies of `AZURE_SERVICE_REQUIRED`, each carried out before the next is asked for, and the words of the first.
fn remedies(catalog: &Arc<Catalog>, covered: &[&str], excepted: &[&str]) -> (Vec<(&'static str, String)>, String) {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let (mut covered, mut excepted, mut told, mut words) = (texts(covered), texts(excepted), Vec::new(), String::new());
    let query = Query {
        location_id: "gb-london",
        product: Some(ProductId::new("sql-server")),
        service_id: "on-demand-assessment",
        check_time: Some("2026-06-01T10:00:00Z".parse().unwrap()),
        ..Query::default()
    };
    for _ in 0..4 {
        let prepared = Prepared::new(Arc::clone(catalog), contract(&covered, &excepted));
        let decision = decide(&prepared, &AS_BOUGHT, &query, DateTime::UNIX_EPOCH).unwrap();
        let Some(reason) = decision.reasons.iter().find(|it| it.clause.code == "AZURE_SERVICE_REQUIRED") else {
            return (told, words);
        };
        let (remedy, value) = (&reason.remedy, reason.remedy.value.clone());
        assert_eq!((remedy.kind, remedy.work_order_id.as_str()), (RemedyKind::AddProduct, "wo-1"));
        if told.is_empty() {
            words = reason.remedy_message(catalog.default_edition(), Locale::English);
        }
        match remedy.field {
            EXCEPTED => {
                excepted.retain(|pattern| crate::model::ProductPattern::from(pattern.as_str()).to_string() != value)
            }
            _ => covered.push(value.clone()),
        }
        told.push((remedy.field, value));
    }
    panic!("{told:?} goes on and on");
}

#[test]
fn what_is_excepted_is_not_covered_and_the_remedy_names_it() {
    let catalog = Arc::new(Catalog::embedded().unwrap());
    let many: Vec<String> = (0..20).map(|row| format!("azure/c{row:02}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let more = [&many[..], &["azure/x"]].concat();
    /// What the order covers and excepts, and the fields and values of the remedies.
    type Case<'a> = (&'a [&'a str], &'a [&'a str], &'a [(&'a str, &'a str)]);
    let cases: [Case<'_>; 12] = [
        (&["*"], &[], &[]),
        (&["azure/*"], &["azure/x"], &[]),
        (&["azure/x", "azure/y"], &["azure/x"], &[]),
        (&["windows-server"], &[], &[(COVERED, "azure/*")]),
        (&["*"], &["azure/*"], &[(EXCEPTED, "azure/*")]),
        (&["azure/x"], &["azure"], &[(EXCEPTED, "azure/*")]),
        (&["*"], &["*"], &[(EXCEPTED, "*")]),
        // Each is in the way by itself.
        (&["*"], &["azure/*", "*"], &[(EXCEPTED, "azure/*"), (EXCEPTED, "*")]),
        (&["windows-server"], &["azure/*"], &[(EXCEPTED, "azure/*"), (COVERED, "azure/*")]),
        // All of Azure that is covered is excepted piece by piece.
        (&["azure/x"], &["azure/x"], &[(COVERED, "azure/*")]),
        (&many, &many, &[(COVERED, "azure/*")]),
        (&more, &many, &[]),
    ];
    for (covered, excepted, expected) in cases {
        let (told, _) = remedies(&catalog, covered, excepted);
        let told: Vec<_> = told.iter().map(|(field, value)| (*field, value.as_str())).collect();
        assert_eq!(told, expected, "{covered:?} but {excepted:?}");
    }
}

#[test]
fn the_words_of_the_remedy_tell_which_of_both_is_to_be_done() {
    let catalog = Arc::new(Catalog::embedded().unwrap());
    for (covered, excepted, words) in [
        (["windows-server"], &[][..], "Add azure/* to work order wo-1."),
        (["*"], &["azure/*"], "Take azure/* out of the products that work order wo-1 excepts."),
    ] {
        assert_eq!(remedies(&catalog, &covered, excepted).1, words);
    }
}
