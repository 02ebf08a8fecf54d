//! An empty list takes a restriction away, or is refused.

use super::*;
use crate::catalog::{CatalogFile, Severity, fixture};

#[test]
fn without_a_list_there_is_no_restriction() {
    let services = fixture::account()
        + &fixture::service("any-severity", "ADD_ON", &["WRONG_SEVERITY"], "severities = []")
        + &fixture::service("any-activity", "ADD_ON", &["OUT_OF_SCOPE"], "activities = []")
        + &fixture::service("any-product", "ADD_ON", &["WRONG_PRODUCT"], "products_only = []");
    let bought = ["any-severity", "any-activity", "any-product"];
    let items = bought.iter().map(|id| item(id, json!({}))).chain([account()]).collect();
    let catalog = fixture::catalog(vec![fixture::text("own", "", &services)]);
    let prepared = prepared(catalog, vec![order("wo-1", "own", items)]);
    for service_id in bought {
        let with_facts = Query { severity: Some(Severity::C), activity: Some("cleaning"), ..question(service_id) };
        assert_eq!(codes(&prepared, &with_facts), NOTHING, "{service_id}");
        assert_eq!(codes(&prepared, &question(service_id)), NOTHING, "{service_id} without facts");
    }
}

/// As an overlay takes a restriction of the embedded edition away.
#[test]
fn an_overlay_opens_what_the_edition_restricts() {
    let overlay = "overlay = \"unified-enterprise-2023\"\n\
        [[services]]\nid = \"unified-enhanced-response\"\nseverities = []\n\
        [[services]]\nid = \"rapid-response\"\nproducts_only = []\n";
    let file = CatalogFile { name: "open.toml".to_owned(), text: Ok(overlay.to_owned()) };
    let catalog = Catalog::with_files(&[file], None).unwrap().catalog;
    let base = item("unified-enterprise-base", json!({}));
    let items = vec![base, item("unified-enhanced-response", json!({})), item("rapid-response", json!({}))];
    let prepared = prepared(catalog, vec![order("wo-1", "unified-enterprise-2023", items)]);
    for service_id in ["unified-enhanced-response", "rapid-response"] {
        let product = Some(ProductId::new("windows-server"));
        let severity = Some(Severity::C);
        let query = Query { product, severity, language: Some("en"), ..question(service_id) };
        assert_eq!(codes(&prepared, &query), NOTHING, "{service_id}");
    }
}

#[test]
fn a_list_that_would_close_everything_is_refused() {
    for (rest, message) in [
        (
            "languages = [{ only = [] }]",
            "an empty `only` lets nothing through; name what is allowed, or take the row out",
        ),
        (
            "channels = [{ only = [] }]",
            "an empty `only` lets nothing through; name what is allowed, or take the row out",
        ),
        (
            "purchase.quantity = 'predefined_only'",
            "it can be bought in no way: `purchase.quantity` is `predefined_only`, and there is no `purchase.predefined`",
        ),
    ] {
        let services = fixture::account() + &fixture::service("advice", "ADD_ON", &[], rest);
        let error = fixture::load(fixture::text("own", "", &services)).unwrap_err();
        assert!(error.mistakes.iter().any(|mistake| mistake.message == message), "{rest}: {error}");
    }
    let target = "[response]\nprecedence = ['account']\n[[response.targets]]\nservice = 'account'\nseverities = []\n\
                  minutes = 1\nclock = 'CALENDAR'\neffort = 'CONTINUOUS'\n";
    let error = fixture::load(fixture::text("own", "", &(fixture::account() + target))).unwrap_err();
    assert_eq!(error.mistakes[0].message, "a target of `account` for no severity never governs; name its `severities`");
}
