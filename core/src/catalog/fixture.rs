//! A small edition of an invented provider for tests of what editions can say: the clauses that each needs, and the
//! services of the test.

use super::{Catalog, CatalogError, Edition, EditionSource};

/// Clauses, remedies and hours; `account` is the base package of the editions made of it.
const REST: &str = r#"
[hours.business]
open = "09:00"
close = "17:00"
weekend = ["Sat", "Sun"]
[[groups]]
id = "all"
name.en = "All"
[[families]]
id = "press"
name = "Press"
[clause_sets]
order = ["NOT_BOUGHT", "TOO_SOON", "OVER", "ENDED", "DRAFT", "PAUSED", "LOST", "NOT_COVERED", "NOT_THERE", "UNWAIVABLE"]
beside = ["NO_ACCOUNT", "ACCOUNT_OVER", "ACCOUNT_ENDED"]
[remedies]
BUY.en = "Order {value}."
RENEW.en = "Renew {work_order_id}."
WAIT_UNTIL.en = "Ask again at {value}."
DESIGNATE_LOCATION.en = "Name {value}."
ADD_PRODUCT.en = "Add {value}."
ADD_QUANTITY.en = "Order {value} {unit} more."
RECORD_WAIVER.en = "Record a waiver of {value}."
CHANGE_REQUEST.en = "Ask with another {field}."
NONE.en = "Nothing helps."
[response.why]
not_entitled.en = "Not entitled."
open.en = "It depends."
no_target.en = "No target."
slower.en = "Another is sooner."
less_specialised.en = "Another knows more."
"#;

/// Code, kinds and rule.
const CLAUSES: &[(&str, &str, &str)] = &[
    ("NOT_BOUGHT", "'gate'", "purchased"),
    ("TOO_SOON", "'gate', 'ledger'", "term_not_started"),
    ("OVER", "'gate', 'ledger'", "term_expired"),
    ("ENDED", "'gate', 'ledger'", "term_terminated"),
    ("DRAFT", "'gate', 'ledger'", "state_draft"),
    ("PAUSED", "'gate', 'ledger'", "state_suspended"),
    ("LOST", "'gate', 'ledger'", "window_forfeited"),
    ("NO_ACCOUNT", "'gate', 'purchase', 'ledger'", "base_agreement"),
    ("ACCOUNT_OVER", "'gate', 'ledger'", "base_expired"),
    ("ACCOUNT_ENDED", "'gate', 'ledger'", "base_terminated"),
    ("NOT_COVERED", "'gate', 'ledger'", "product_covered"),
    ("WRONG_PRODUCT", "'gate', 'ledger'", "product_excluded"),
    ("NOT_THERE", "'gate', 'ledger'", "location_designated"),
    ("WRONG_SEVERITY", "'gate'", "severity"),
    ("OUT_OF_SCOPE", "'gate'", "activity"),
    ("NO_TIME_LEFT", "'gate', 'ledger'", "hours_available"),
    ("NONE_LEFT", "'gate', 'ledger'", "quantity_available"),
    ("AT_MOST", "'purchase'", "maximum_quantity"),
    ("NAME_PRODUCTS", "'purchase'", "products_required"),
    ("NOT_ON_ITEM", "'gate', 'ledger'", "product_on_item"),
    ("ONLY_REMOTE", "'gate', 'ledger'", "delivery_mode"),
    ("AFTER_HOURS", "'gate', 'ledger'", "service_hours"),
    ("UNWAIVABLE", "'purchase'", "waiver_allowed"),
];

/// An edition with these services, each a table as files write it; the base package is `account`.
pub(crate) fn text(id: &str, head: &str, services: &str) -> String {
    let clause = |(code, kinds, rule): &(&str, &str, &str)| {
        format!(
            "[[clauses]]\ncode = '{code}'\nsection = '1'\nkinds = [{kinds}]\nrule = '{rule}'\ntext.en = '{code} of {{service_id}}'\n"
        )
    };
    let clauses: String = CLAUSES.iter().map(clause).collect();
    format!("[edition]\nid = '{id}'\nname.en = '{id}'\nbase_package = 'account'\n{head}\n{REST}\n{clauses}\n{services}")
}

/// A service of the group that is there; what else it says follows in `rest`.
pub(crate) fn service(id: &str, plan: &str, clauses: &[&str], rest: &str) -> String {
    let beside = if plan == "BASE" { None } else { Some("@beside") };
    let clauses: Vec<_> = ["@order"].into_iter().chain(beside).chain(clauses.iter().copied()).collect();
    format!(
        "[[services]]\nid = '{id}'\nname.en = '{id}'\ngroup = 'all'\nplan = '{plan}'\nclauses = {clauses:?}\n{rest}\n"
    )
}

pub(crate) fn account() -> String {
    service("account", "BASE", &[], "")
}

pub(crate) fn load(text: String) -> Result<Edition, CatalogError> {
    Edition::load(&EditionSource { files: vec![("e.toml".to_owned(), text)] })
}

/// Editions beside one another; the first is the default.
pub(crate) fn catalog(texts: Vec<String>) -> Catalog {
    let editions = texts.into_iter().map(|text| load(text).unwrap_or_else(|error| panic!("{error}")));
    Catalog::new(editions.collect()).unwrap()
}
