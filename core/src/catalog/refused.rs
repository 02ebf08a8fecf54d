//! What people are told of a write that is refused: the clause, its section, and what to do instead.

use std::borrow::Cow;

use super::{Catalog, Edition, Locale, Text};
use crate::violation::{Told, Violation};

/// The section of a clause that is the provider's own rule.
const OURS: &str = "ours";

impl Catalog {
    /// Puts the clauses into words. What is no clause of the edition the violation names stays as it is.
    pub fn tell(&self, violations: &mut [Violation], locale: Locale) {
        for violation in violations.iter_mut().filter(|violation| violation.clause) {
            let named = fact(violation, "edition_id").and_then(|edition_id| self.edition(edition_id));
            tell(named.unwrap_or(self.default_edition()), violation, locale);
        }
    }
}

fn tell(edition: &Edition, violation: &mut Violation, locale: Locale) {
    let Some(clause) = edition.clause(&violation.reason) else { return };
    let text = filled(edition, &clause.text, violation, locale);
    let instead = clause.instead.as_ref().and_then(|instead| filled(edition, instead, violation, locale));
    let section = if clause.section == OURS { None } else { section(edition, &clause.section, locale) };
    let parts: Vec<_> = text.into_iter().chain(instead).chain(section).filter(|part| !part.is_empty()).collect();
    if !parts.is_empty() {
        violation.told = Some(Told { language: locale.tag(), message: parts.join(" ") });
    }
    violation.facts.push(("section", clause.section.clone()));
}

/// `(section 2.3)`; none in an edition without a word for it.
fn section(edition: &Edition, section: &str, locale: Locale) -> Option<String> {
    let word = edition.names.section.as_ref()?;
    Some(format!("({} {section})", word.get(locale)))
}

/// None where the violation lacks a value that the text always needs: a gap helps nobody.
fn filled(edition: &Edition, text: &Text, violation: &Violation, locale: Locale) -> Option<String> {
    let fact = |name: &str| fact(violation, name);
    let value = |name: &str| -> Option<Cow<'_, str>> { edition.word(locale, name, &fact) };
    text.needed(locale).all(|name| value(name).is_some()).then(|| text.render(locale, value))
}

fn fact<'v>(violation: &'v Violation, name: &str) -> Option<&'v str> {
    violation.facts.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(violation: Violation, locale: Locale) -> Violation {
        let mut violations = [violation];
        Catalog::embedded().unwrap().tell(&mut violations, locale);
        let [violation] = violations;
        violation
    }

    #[test]
    fn a_clause_is_told_with_its_section_and_what_to_do() {
        let refused = || {
            let mut violation = Violation::clause("items[0]", "MINIMUM_ENGAGEMENT", "too short");
            violation.facts =
                vec![("service_id", "office-365-incident-response".into()), ("least_minutes", "2400".into())];
            violation
        };
        let english = told(refused(), Locale::English);
        let message = english.told.unwrap().message;
        assert!(message.ends_with("Buy at least 40 h. (section 2.3)"), "{message}");
        assert!(english.facts.contains(&("section", "2.3".to_owned())));
        let indonesian = told(refused(), Locale::Indonesian).told.unwrap();
        assert_eq!(indonesian.language, "id");
        assert!(indonesian.message.ends_with("Beli sedikitnya 40 jam. (bagian 2.3)"), "{}", indonesian.message);
    }

    #[test]
    fn no_gap_is_shown_and_our_own_rule_has_no_section() {
        let lacking = told(Violation::clause("items[0]", "PRODUCT_EXCLUDED", "no"), Locale::English).told.unwrap();
        assert!(!lacking.message.contains('{'), "{}", lacking.message);
        let ours = told(Violation::clause("waivers[0]", "WAIVER_NOT_ALLOWED", "no"), Locale::English).told.unwrap();
        assert!(!ours.message.contains("ours"), "{}", ours.message);
        // Neither a clause nor text.
        assert_eq!(told(Violation::clause("entry_id", "ENTRY_NOT_REVERSIBLE", "no"), Locale::English).told, None);
        assert_eq!(told(Violation::new("entry_id", "FIELD_REQUIRED", "no"), Locale::English).told, None);
    }

    #[test]
    fn every_clause_that_refuses_a_write_says_what_to_do() {
        use crate::catalog::ClauseKind::{Ledger, Purchase};
        for clause in &Catalog::embedded().unwrap().default_edition().clauses {
            let refuses = clause.rule.needs(Ledger) || clause.kinds.contains(&Purchase);
            assert_eq!(clause.instead.is_some(), refuses, "{}", clause.code);
        }
    }
}
