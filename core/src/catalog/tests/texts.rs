//! Every text of the built-in editions stands in both languages. That it names only what its
//! reason carries is seen to by the loader.

use super::*;

/// Every text of an edition, by its place.
fn texts(edition: &Edition) -> Vec<(String, &Text)> {
    let mut texts = vec![("the edition".to_owned(), &edition.name)];
    for group in &edition.groups {
        texts.push((format!("group {}", group.id), &group.name));
    }
    for service in &edition.services {
        texts.push((format!("service {}", service.id), &service.name));
        texts.extend(service.description.iter().map(|text| (format!("what {} is", service.id), text)));
        texts.extend(service.deliverables.iter().map(|text| (format!("what {} brings", service.id), text)));
        for offering in &service.purchase.predefined {
            texts.push((format!("offering {} of {}", offering.id, service.id), &offering.name));
        }
    }
    for section in &edition.sections {
        texts.push((format!("section {}", section.id), &section.title));
    }
    for clause in &edition.clauses {
        texts.push((clause.code.clone(), &clause.text));
        texts.extend(clause.instead.iter().map(|text| (format!("instead of {}", clause.code), text)));
        assert_eq!(
            clause.dated.is_some(),
            clause.date.is_some_and(|date| !date.fact().is_empty()),
            "{} and its date",
            clause.code
        );
        for (dated, date) in clause.dated.iter().zip(clause.date) {
            texts.push((format!("{} with its date", clause.code), dated));
            assert!(dated.variables(Locale::English).any(|name| name == date.fact()), "{}", clause.code);
        }
    }
    for (row, aside) in edition.asides.iter().enumerate() {
        texts.push((format!("aside {row}"), &aside.text));
    }
    for (kind, text) in &edition.remedies {
        texts.push((format!("remedy {kind:?}"), text));
    }
    for (code, term) in &edition.response.terms {
        texts.push((format!("response term {code}"), &term.text));
    }
    for (why, text) in &edition.response.why {
        texts.push((format!("response why {why:?}"), text));
    }
    texts
}

#[test]
fn every_text_is_there_in_both_languages_with_the_same_variables() {
    for edition in Catalog::embedded().unwrap().editions() {
        for (place, text) in texts(edition) {
            assert!(!text.en.trim().is_empty(), "{place} in English");
            assert!(text.id.as_ref().is_some_and(|id| !id.trim().is_empty()), "{place} in Indonesian");
            let names = |locale| text.variables(locale).collect::<std::collections::BTreeSet<_>>();
            assert_eq!(names(Locale::English), names(Locale::Indonesian), "{place}");
        }
    }
}
