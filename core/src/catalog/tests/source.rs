//! The service description and the catalogue, held together: every section is carried by something, everything
//! says which section it is from, and `docs/SOURCE.md` is the table of both.

use super::*;

/// The sections, and the ids of what names each.
fn table(edition: &Edition) -> String {
    let mut table = String::from(
        "# The service description and what carries it\n\n\
         Each section of the service description, with the services, clauses and asides of the built-in edition that are\n\
         from it: their `source` names it. `core/src/catalog/tests/source.rs` makes this table and compares it.\n\n\
         | section | services | clauses and notes | asides of |\n|---|---|---|---|\n",
    );
    for section in &edition.sections {
        let [services, clauses, asides] = carriers(edition, &section.id);
        let number = section.id.split('-').next().unwrap_or_default();
        table += &format!("| {number} {} | {services} | {clauses} | {asides} |\n", section.title.en);
    }
    table
}

fn carriers(edition: &Edition, section: &str) -> [String; 3] {
    let is_from = |source: &[String]| source.iter().any(|id| id == section);
    let listed = |names: Vec<&String>| {
        let mut names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
        names.dedup();
        names.join(", ")
    };
    let services = edition.services.iter().filter(|service| is_from(&service.source)).map(|service| &service.id);
    let clauses = edition.clauses.iter().filter(|clause| is_from(&clause.source)).map(|clause| &clause.code);
    let mut asides: Vec<_> = edition.asides.iter().filter(|aside| is_from(&aside.source)).collect();
    asides.sort_by_key(|aside| aside.clause);
    let asides = asides.into_iter().map(|aside| &edition.clauses[aside.clause].code);
    [listed(services.collect()), listed(clauses.collect()), listed(asides.collect())]
}

#[test]
fn no_section_is_left_out_and_nothing_is_from_nowhere() {
    let edition = edition();
    for section in &edition.sections {
        assert!(carriers(&edition, &section.id).iter().any(|carriers| !carriers.is_empty()), "{}", section.id);
    }
    for service in &edition.services {
        assert!(!service.source.is_empty(), "{}", service.id);
        assert!(service.description.is_some(), "{} says what it is", service.id);
    }
    for clause in &edition.clauses {
        assert_eq!(clause.source.is_empty(), clause.section == "ours", "{}", clause.code);
        let numbers = clause.source.iter().map(|id| id.split('-').next().unwrap_or_default());
        for number in numbers {
            assert!(clause.section.split(", ").any(|section| section == number), "{} is from {number}", clause.code);
        }
    }
    for aside in &edition.asides {
        assert!(!aside.source.is_empty(), "an aside of {}", edition.clauses[aside.clause].code);
    }
}

#[test]
fn the_documentation_has_the_table() {
    let table = table(&edition());
    assert_eq!(table, include_str!("../../../../docs/SOURCE.md"), "docs/SOURCE.md should be:\n{table}");
}
