//! The documentation of the files names what they may contain.

use super::*;
use crate::catalog::Rule;

/// The table is copied from what this test prints.
#[test]
fn the_documentation_has_the_table_of_rules() {
    let documented = include_str!("../../../../../docs/CATALOGUE.md");
    let rules = documented.split("### Rules\n").nth(1).unwrap();
    let table: Vec<_> = rules.lines().skip_while(|line| !line.starts_with('|')).collect();
    let table: Vec<_> = table.into_iter().take_while(|line| line.starts_with('|')).collect();
    let expected = Rule::documentation();
    assert_eq!(table, expected.lines().collect::<Vec<_>>(), "docs/CATALOGUE.md should say\n<<<\n{expected}>>>\n");
}

/// The names a misspelt one could have been, as its mistake lists them.
fn known(text: &str) -> Vec<String> {
    let told = overlay_mistakes(text);
    let names = told.iter().find_map(|told| told.split_once("known are ")).unwrap_or_else(|| panic!("{told:?}")).1;
    names.split(", ").map(str::to_owned).collect()
}

#[test]
fn the_documentation_names_every_field_and_rule() {
    let documented = include_str!("../../../../../docs/CATALOGUE.md");
    let misspelt = "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq";
    let service = "[[services]]\nid = \"workshops\"\n";
    let tables = [
        format!("[[clauses]]\ncode = \"NOT_PURCHASED\"\nrule = \"{misspelt}\"\n"),
        format!("[[clauses]]\ncode = \"NOT_PURCHASED\"\n{misspelt} = 1\n"),
        format!("{service}{misspelt} = 1\n"),
        format!("{service}purchase.{misspelt} = 1\n"),
        format!("{service}event.{misspelt} = 1\n"),
        format!("{service}service_hours.{misspelt} = 1\n"),
        format!("{service}plan = \"{misspelt}\"\n"),
        format!("{service}unit = \"{misspelt}\"\n"),
        format!("[[families]]\nid = \"azure\"\n{misspelt} = 1\n"),
        format!("[[families]]\nid = \"azure\"\nlife_cycle.{misspelt} = 1\n"),
        format!("[[asides]]\n{misspelt} = 1\n"),
        format!("[[response.targets]]\n{misspelt} = 1\n"),
        format!("[remedies]\n{misspelt} = 1\n"),
        format!("[hours.business]\n{misspelt} = 1\n"),
        format!("{misspelt} = 1\n"),
    ];
    for table in tables {
        for name in known(&table) {
            // Of `purchase.maximum` only the last part is a field, and of `{ id, name }` each.
            let is_there = documented.contains(&format!("`{name}`"))
                || [".", " ", "[", "\""].iter().any(|before| documented.contains(&format!("{before}{name}")));
            assert!(is_there, "`{name}` of {table}");
        }
    }
}
