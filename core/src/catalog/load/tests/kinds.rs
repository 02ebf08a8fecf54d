//! Who enforces a clause is whom it says, or it is a mistake.

use super::*;
use crate::catalog::rule::RuleJudge as Judge;
use crate::catalog::{ClauseKind, fixture};

fn mistakes_of(kinds: &str, rule: &str) -> Vec<String> {
    let clause = format!("[[clauses]]\ncode = 'MORE'\nsection = '1'\nkinds = {kinds}\nrule = '{rule}'\ntext.en = ''\n");
    match fixture::load(fixture::text("own", "", &(fixture::account() + &clause))) {
        Ok(_) => Vec::new(),
        Err(error) => error.mistakes.into_iter().map(|mistake| mistake.message).collect(),
    }
}

#[test]
fn a_kind_that_a_rule_cannot_serve_is_refused() {
    for (kinds, rule, expected) in [
        (
            "['gate']",
            "maximum_quantity",
            &[
                "the rule `maximum_quantity` cannot serve the kind `gate`; write `kinds = [\"purchase\"]`",
                "the rule `maximum_quantity` is enforced by \"purchase\" as well; write `kinds = [\"purchase\"]`",
            ][..],
        ),
        (
            "['note']",
            "country",
            &[
                "the rule `country` cannot serve the kind `note`; write `kinds = [\"gate\", \"purchase\", \"ledger\"]`",
                "the rule `country` is enforced by \"gate\", \"ledger\" as well; \
                 write `kinds = [\"gate\", \"purchase\", \"ledger\"]`",
            ],
        ),
        ("['gate', 'ledger']", "country", &[]),
        (
            "['gate']",
            "term_expired",
            &["the rule `term_expired` is enforced by \"ledger\" as well; write `kinds = [\"gate\", \"ledger\"]`"],
        ),
        ("[]", "contact", &["the rule `contact` is enforced by \"gate\" as well; write `kinds = [\"gate\"]`"]),
        ("['gate']", "contact", &[]),
        ("['gate', 'note']", "note", &["the rule `note` cannot serve the kind `gate`; write `kinds = [\"note\"]`"]),
        ("['ledger']", "flex_annual", &["the rule `flex_annual` cannot serve the kind `ledger`; write `kinds = []`"]),
        ("[]", "flex_annual", &[]),
    ] {
        assert_eq!(mistakes_of(kinds, rule), expected, "{kinds} of {rule}");
    }
}

/// What is told beside a clause makes it a note as well.
#[test]
fn a_clause_with_an_aside_may_be_a_note() {
    let aside = "[[asides]]\ncode = 'MORE'\ntext.en = 'x'\n[[clauses]]\ncode = 'MORE'\nsection = '1'\n\
                 kinds = ['gate', 'note']\nrule = 'contact'\ntext.en = ''\n";
    assert!(fixture::load(fixture::text("own", "", &(fixture::account() + aside))).is_ok());
}

#[test]
fn every_rule_that_is_judged_can_be_enforced_by_somebody() {
    for rule in Rule::ALL {
        // Nobody enforces yet what allowances and credits will refuse.
        assert_eq!(rule.kinds().count() > 0, rule.row().judge != Judge::NobodyYet, "{rule:?}");
        let kinds = [ClauseKind::Gate, ClauseKind::Purchase, ClauseKind::Ledger, ClauseKind::Note];
        assert!(kinds.into_iter().all(|kind| !rule.needs(kind) || rule.kinds().any(|own| own == kind)), "{rule:?}");
    }
}
