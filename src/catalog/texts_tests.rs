//! Every text there is, in both languages, with variables its reason carries.

use super::tests::CLAUSES;
use super::*;

/// What a text may name: of a reason without any item, and of one with it.
const NOBODYS: [&str; 2] = ["service_id", "location_id"];
const REASONS: [&str; 4] = ["service_id", "location_id", "work_order_id", "item_id"];

/// Every text of an edition by its place, with the variables it may use.
fn texts(edition: &Edition) -> Vec<(String, &Text, Vec<&'static str>)> {
    let mut texts = vec![("the edition".to_owned(), &edition.name, Vec::new())];
    for group in &edition.groups {
        texts.push((format!("group {}", group.id), &group.name, Vec::new()));
    }
    for service in &edition.services {
        texts.push((format!("service {}", service.id), &service.name, Vec::new()));
        for offering in &service.purchase.predefined {
            texts.push((format!("offering {} of {}", offering.id, service.id), &offering.name, Vec::new()));
        }
    }
    for clause in &edition.clauses {
        let own = CLAUSES.iter().find(|(code, _)| *code == clause.code).map_or(&[][..], |(_, own)| *own);
        // Notes are told where nobody has an item, too.
        let common = match clause.rule {
            Rule::Note | Rule::Purchased => &NOBODYS[..],
            _ => &REASONS,
        };
        texts.push((clause.code.clone(), &clause.text, [common, own].concat()));
        assert_eq!(
            clause.dated.is_some(),
            clause.date.is_some_and(|date| !date.fact().is_empty()),
            "{} and its date",
            clause.code
        );
        for (dated, date) in clause.dated.iter().zip(clause.date) {
            texts.push((format!("{} with its date", clause.code), dated, [&NOBODYS[..], &[date.fact()]].concat()));
            assert!(dated.variables(Locale::English).any(|name| name == date.fact()), "{}", clause.code);
        }
    }
    for (row, aside) in edition.asides.iter().enumerate() {
        texts.push((format!("aside {row}"), &aside.text, NOBODYS.to_vec()));
    }
    for (kind, text) in &edition.remedies {
        let counted: &[&str] = if *kind == RemedyKind::AddQuantity { &["unit"] } else { &[] };
        let own = ["field", "value", "work_order_id", "item_id"];
        texts.push((format!("remedy {kind:?}"), text, [&own[..], counted].concat()));
    }
    for (code, term) in &edition.response.terms {
        texts.push((format!("response term {code}"), &term.text, Vec::new()));
    }
    for (why, text) in &edition.response.why {
        texts.push((format!("response why {why:?}"), text, Vec::new()));
    }
    texts
}

#[test]
fn every_text_is_there_in_both_languages_with_the_same_variables() {
    for edition in Catalog::embedded().unwrap().editions() {
        for (place, text, _) in texts(edition) {
            assert!(!text.en.trim().is_empty(), "{place} in English");
            assert!(text.id.as_ref().is_some_and(|id| !id.trim().is_empty()), "{place} in Indonesian");
            let names = |locale| text.variables(locale).collect::<std::collections::BTreeSet<_>>();
            assert_eq!(names(Locale::English), names(Locale::Indonesian), "{place}");
        }
    }
}

#[test]
fn texts_name_only_what_stands_beside_them() {
    for edition in Catalog::embedded().unwrap().editions() {
        for (place, text, allowed) in texts(edition) {
            for name in text.variables(Locale::English).chain(text.variables(Locale::Indonesian)) {
                assert!(allowed.contains(&name), "{place} uses `{name}`");
            }
            for locale in [Locale::English, Locale::Indonesian] {
                let told = text.render(locale, |name| allowed.contains(&name).then_some("x"));
                assert!(!told.contains(['{', '}']), "{place} keeps a brace: {told}");
            }
        }
    }
}

#[test]
fn every_remedy_and_every_why_has_its_words() {
    use RemedyKind::*;
    for edition in Catalog::embedded().unwrap().editions() {
        for kind in
            [Buy, Renew, WaitUntil, DesignateLocation, AddProduct, AddQuantity, RecordWaiver, ChangeRequest, None]
        {
            assert!(edition.remedies.contains_key(&kind), "{kind:?}");
        }
        for why in [Why::NotEntitled, Why::Open, Why::NoTarget, Why::Slower, Why::LessSpecialised] {
            assert!(edition.response.why.contains_key(&why), "{why:?}");
        }
        for target in &edition.response.targets {
            for code in target.resources.iter().chain(&target.obligations) {
                assert!(edition.response.terms.contains_key(code), "{code}");
            }
            assert!(edition.response.precedence.contains(&target.service), "{} in the precedence", target.service);
        }
    }
}
