//! What a file beside the built-in edition adds.

use super::*;

/// The built-in edition with one more file.
fn with_file(text: &str) -> EditionSource {
    let mut source = EditionSource::unified_enterprise_2023();
    source.files.push(("more.toml".to_owned(), text.to_owned()));
    source
}

#[test]
fn a_service_is_added_by_data_alone() {
    let source = with_file(
        r#"
[[services]]
id = "code-review"
name = { en = "Code Review", id = "Peninjauan Kode" }
group = "education"
plan = "ADD_ON"
unit = "HOURS"
purchase = { quantity = "required" }
clauses = ["@contract", "@beside-base", "HOURS_EXHAUSTED"]
"#,
    );
    let catalog = Catalog::new(vec![Edition::load(&source).unwrap()]).unwrap();
    let (edition, service) = catalog.service("code-review").unwrap();
    assert_eq!(edition.id, "unified-enterprise-2023");
    assert_eq!(service.name.get(Locale::Indonesian), "Peninjauan Kode");
    assert_eq!(service.default_delivery_mode(), DeliveryMode::Remote);
    assert!(lists(edition, service, "BASE_AGREEMENT_EXPIRED").is_some());
}

#[test]
fn what_a_service_says_of_a_clause_wins_over_its_sets() {
    let source = with_file(
        r#"
[[services]]
id = "s"
name.en = "S"
group = "education"
plan = "BASE"
clauses = [{ code = "PRODUCT_NOT_COVERED", waivable = false, missing = "open" }, "@contract"]
"#,
    );
    let edition = Edition::load(&source).unwrap();
    let used = lists(&edition, service(&edition, "s"), "PRODUCT_NOT_COVERED").unwrap();
    assert!(!used.waivable);
    assert_eq!(used.missing, Missing::Open);
}

#[test]
fn editions_are_found_by_id_and_never_twice() {
    let catalog = Catalog::embedded().unwrap();
    assert_eq!(catalog.default_edition().base_package, "unified-enterprise-base");
    assert!(catalog.edition("unified-enterprise-2023").is_some() && catalog.edition("other").is_none());
    assert!(catalog.knows_family(ProductId::new("azure/anything")) && !catalog.knows_family(ProductId::new("abacus")));
    assert!(Catalog::new(vec![edition(), edition()]).is_err());
    assert!(Catalog::new(Vec::new()).is_err());
}
