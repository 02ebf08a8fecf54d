//! What can be loaded and does nothing is told, too; and every mistake in the words of those who write files.

use super::*;
use crate::catalog::fixture;

/// The warnings about an edition with these services, without its name and lines.
fn warnings(more: &str) -> Vec<String> {
    let text = fixture::text("own", "", &(fixture::account() + more));
    let file = CatalogFile { name: "e.toml".to_owned(), text: Ok(text) };
    let loaded = Catalog::with_files(&[file], None).unwrap_or_else(|error| panic!("{error}"));
    loaded.warnings.into_iter().map(|warning| warning.message).collect()
}

/// Those that the edition of the tests has without any more.
fn new_warnings(more: &str) -> Vec<String> {
    let before = warnings("");
    warnings(more).into_iter().filter(|warning| !before.contains(warning)).collect()
}

#[test]
fn what_does_nothing_is_told() {
    let service = |clauses: &[&str], rest: &str| fixture::service("advice", "ADD_ON", clauses, rest);
    let target = |severity: &str| {
        format!(
            "[[response.targets]]\nservice = 'advice'\nseverities = ['{severity}']\nminutes = 1\nclock = 'CALENDAR'\n\
             effort = 'CONTINUOUS'\n"
        )
    };
    let offer = service(&["WRONG_SEVERITY"], "severities = ['1']") + "[response]\nprecedence = ['advice']\n";
    let cases = [
        (service(&["WRONG_SEVERITY"], ""), "`WRONG_SEVERITY` always passes: `advice` has no `severities`"),
        (
            service(&["WRONG_PRODUCT"], ""),
            "`WRONG_PRODUCT` always passes: `advice` has no `products_only` or `products_except`",
        ),
        (
            service(&["NO_TIME_LEFT"], ""),
            "`NO_TIME_LEFT` always passes: `advice` has no `unit`, so that nothing runs out",
        ),
        (
            service(&["NAME_PRODUCTS"], ""),
            "what `products_required` has items name, no check of `advice` compares: list one of `product_on_item` too",
        ),
        (
            service(&["WRONG_PRODUCT"], "products_only = ['press']\nproducts_except = ['press']"),
            "`advice` serves no product: what it is for is excluded",
        ),
        ("[[groups]]\nid = 'empty'\nname.en = 'x'\n".into(), "no service is in the group `empty`: it is never shown"),
        (
            "[[clauses]]\ncode = 'IDLE'\nsection = '1'\nkinds = ['gate']\nrule = 'contact'\nmissing = 'open'\ntext.en = ''\n"
                .into(),
            "`missing` does nothing: the rule `contact` is never open for want of a fact",
        ),
        (
            "[[clauses]]\ncode = 'IDLE'\nsection = '1'\nkinds = ['gate']\nrule = 'contact'\ntext.en = ''\n".into(),
            "no service is subject to `IDLE`: it is never judged or told",
        ),
        (
            "[[clauses]]\ncode = 'IDLE'\nsection = '1'\nkinds = ['purchase']\nwaivable = true\nrule = 'exhibit_required'\n\
             text.en = ''\n"
                .into(),
            "a waiver of `IDLE` lifts nothing: no check judges it",
        ),
        (offer.clone() + &target("C"), "`advice` does not serve severity C: the target never governs"),
        (offer + &target("1") + &target("1"), "this target never governs: the one at e.toml:"),
    ];
    for (more, begin) in cases {
        let told = new_warnings(&more);
        assert!(told.iter().any(|told| told.starts_with(begin)), "{begin}\n{told:#?}");
    }
}

#[test]
fn an_edition_that_says_nothing_in_vain_has_no_warning() {
    let file = |name: &str, text: &str| CatalogFile { name: name.to_owned(), text: Ok(text.to_owned()) };
    let files = [
        file("lodestar.toml", include_str!("../../../../../examples/editions/lodestar-care-2026.toml")),
        file("local.toml", include_str!("../../../../../examples/editions/local-products.toml")),
        file("narrowed.toml", include_str!("../../../../../examples/editions/narrowed-countries.toml")),
    ];
    assert_eq!(Catalog::with_files(&files, None).unwrap().warnings, []);
    assert_eq!(Catalog::with_files(&[], None).unwrap().warnings, []);
}

/// Of a wrong value the field is named, and none of our types.
#[test]
fn a_wrong_value_is_told_without_our_types() {
    let services = known_fields("[[services]]\nid = \"workshops\"\n");
    let clauses = known_fields("[[clauses]]\ncode = \"NOT_PURCHASED\"\n");
    let tables = services.iter().map(|field| ("[[services]]\nid = \"base\"\n", field));
    let tables = tables.chain(clauses.iter().map(|field| ("[[clauses]]\ncode = \"NOT_BOUGHT\"\n", field)));
    let file = |name: &str, text: String| CatalogFile { name: name.to_owned(), text: Ok(text) };
    let mut seen = 0;
    for (table, field) in tables.filter(|(_, field)| !["id", "code"].contains(&field.as_str())) {
        for wrong in ["3", "-1", "1.5", "true", "\"x\"", "[]", "[[3]]", "{ }", "{ q = 1 }", "[{ q = 1 }]"] {
            let over = format!("overlay = \"small\"\n{table}{field} = {wrong}\n");
            let files = [file("small.toml", SMALL.to_owned()), file("over.toml", over)];
            let Err(error) = Catalog::of_files(&files, None) else { continue };
            for mistake in error.mistakes {
                seen += 1;
                let words: Vec<&str> = mistake.message.split(|part: char| !part.is_alphanumeric()).collect();
                let ours =
                    ["struct", "enum", "variant", "sequence", "i64", "u32", "u64", "usize", "map", "tuple", "untagged"];
                let has_ours = ours.iter().find(|name| words.contains(name));
                assert_eq!(has_ours, None, "{field} = {wrong}: {mistake}");
            }
        }
    }
    assert!(seen > 100, "{seen}");
    let told = overlay_mistakes("[[services]]\nid = \"workshops\"\nseverities = \"A\"\n");
    assert_eq!(told, ["4: `severities`: expected a list, found the text \"A\""]);
    let told = overlay_mistakes("[[services]]\nid = \"workshops\"\nmaximum = 3\n");
    assert_eq!(told, ["4: unknown field `maximum`; did you mean `purchase.maximum`?"]);
}

/// The names a misspelt field could have been.
fn known_fields(table: &str) -> Vec<String> {
    let told = overlay_mistakes(&format!("{table}{} = 1\n", "q".repeat(80)));
    let names = told.iter().find_map(|told| told.split_once("known are ")).unwrap_or_else(|| panic!("{told:?}")).1;
    names.split(", ").map(str::to_owned).collect()
}
