//! What an overlay changes, and what it leaves.

use super::*;

#[test]
fn an_overlay_replaces_only_what_it_gives() {
    let text = overlay(
        r#"
[[services]]
id = "developer-support"
purchase.maximum = 3
countries_only = ["GB", "IE"]
name.id = "Lain"

[[families]]
id = "azure"
components = [{ id = "stack", life_cycle.retired_from = 2026-03-01 }, { id = "new", name = "New" }]

[[families]]
id = "abacus"
name = "Abacus"

[hours.business]
close = "17:00"
[hours.business.countries.AE]
weekend = ["Sat", "Sun", "Fri"]

[remedies]
NONE.en = "Nothing at all."

[[clauses]]
code = "LATE_SERVICE_REQUEST"
date = { first_days = { days = 3 } }
dated.en = "{onboarding_deadline}"
dated.id = "{onboarding_deadline}"

[[response.targets]]
service = "problem-resolution-support"
severities = ["C"]
minutes = 60
clock = "CALENDAR"
effort = "CONTINUOUS"

[[asides]]
code = "ADVISORY_LIMIT"
text.en = "More."
"#,
    );
    let Loaded { catalog, changes, .. } =
        with_files(&[("o.toml", &text)], None).unwrap_or_else(|error| panic!("{error}"));
    let edition = catalog.default_edition();
    let before = Edition::load(&EditionSource::unified_enterprise_2023()).unwrap();

    let support = edition.service("developer-support").unwrap();
    assert_eq!((support.purchase.maximum, support.countries_only.len()), (Some(3), 2));
    assert_eq!((support.name.en.as_str(), support.name.id.as_deref()), ("Developer Support", Some("Lain")));
    assert_eq!(support.clauses, before.service("developer-support").unwrap().clauses);
    assert_eq!(edition.services.len(), before.services.len());

    let azure = edition.family("azure").unwrap();
    assert_eq!(azure.components.len(), before.family("azure").unwrap().components.len() + 1);
    let stack = azure.component("stack").unwrap();
    assert_eq!(stack.name, "Azure Stack");
    assert_eq!(stack.life_cycle.retired_from.unwrap().to_string(), "2026-03-01");
    assert!(azure.cloud && edition.family("abacus").is_some());

    let hours = &edition.hours["business"];
    assert_eq!((hours.open.to_string(), hours.close.to_string()), ("09:00:00".into(), "17:00:00".into()));
    // What a country does not say it has from the table it stands in.
    assert_eq!((hours.of("AE").close, hours.of("AE").weekend.len()), (hours.close, 3));
    let management = edition.service("sdm-add-on").unwrap().service_hours.as_ref().unwrap();
    assert_eq!(management.hours, *hours);

    assert_eq!(edition.remedies[&crate::catalog::RemedyKind::None].en, "Nothing at all.");
    assert!(edition.remedies[&crate::catalog::RemedyKind::None].id.is_some());
    assert_eq!(edition.clause("LATE_SERVICE_REQUEST").unwrap().date.unwrap().fact(), "onboarding_deadline");
    assert_eq!(edition.response.targets.len(), before.response.targets.len() + 1);
    let product = crate::model::ProductId::new("azure");
    let target = edition.response.target("problem-resolution-support", crate::catalog::Severity::C, product).unwrap();
    assert_eq!(target.minutes, 60);
    assert_eq!(edition.asides.len(), before.asides.len() + 1);

    let shown: Vec<String> =
        changes.iter().map(|change| format!("{} {} [{}]", change.noun, change.id, change.fields.join(" "))).collect();
    assert_eq!(
        shown,
        [
            "aside ADVISORY_LIMIT []",
            "clause LATE_SERVICE_REQUEST [date dated.en dated.id]",
            "product family azure [components.stack.life_cycle components.new]",
            "product family abacus []",
            "hours business [close countries.AE]",
            "remedy NONE [en]",
            "response target problem-resolution-support []",
            "service developer-support [countries_only name.id purchase.maximum]",
        ]
    );
}

#[test]
fn a_later_overlay_is_laid_over_the_earlier_ones() {
    let first = overlay("[[services]]\nid = \"developer-support\"\npurchase.maximum = 3\n");
    let second = overlay("[[services]]\nid = \"developer-support\"\npurchase.maximum = 4\n");
    let loaded = with_files(&[("a.toml", &first), ("b.toml", &second)], None).unwrap();
    let maximum = |loaded: &Loaded| loaded.catalog.service("developer-support").unwrap().1.purchase.maximum;
    assert_eq!(maximum(&loaded), Some(4));
    assert_eq!(maximum(&with_files(&[("b.toml", &second), ("a.toml", &first)], None).unwrap()), Some(3));
}

#[test]
fn a_whole_edition_in_one_file_and_an_overlay_onto_it() {
    let over = "overlay = \"small\"\n[[services]]\nid = \"base\"\nname.en = \"Other\"\n";
    let files = [("small.toml", SMALL), ("over.toml", over)];
    let loaded = with_files(&files, None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.catalog.default_edition().id, "unified-enterprise-2023");
    assert_eq!(loaded.catalog.edition("small").unwrap().service("base").unwrap().name.en, "Other");
    let loaded = with_files(&files, Some("small")).unwrap();
    assert_eq!(loaded.catalog.default_edition().id, "small");
    // Services of the other edition are still known.
    assert!(loaded.catalog.service("workshops").is_some());
    let error = with_files(&files, Some("smal")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "default_edition: there is no edition `smal`; known are `unified-enterprise-2023`, `small`"
    );
}

/// Without its own row a component is an ordinary one.
#[test]
fn an_empty_list_of_components_takes_them_out() {
    let azure = |lines: &str| {
        let text = overlay(&format!("[[families]]\nid = \"azure\"\n{lines}\n"));
        let loaded = with_files(&[("o.toml", &text)], None).unwrap_or_else(|error| panic!("{error}"));
        loaded.catalog.default_edition().family("azure").unwrap().components.len()
    };
    assert_eq!(azure("components = []"), 0);
    assert!(azure("name = \"Azure\"") > 0);
}
