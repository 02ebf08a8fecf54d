//! Clauses that a service is subject to without listing them: an edition that forgets one must not entitle by accident.

use toml::Spanned;

use super::raw::{RawService, RawWithout};
use super::source::Mistakes;
use super::table::ReadTable;
use crate::catalog::{Clause, ClauseUse, Rule, RuleFamily, ServicePlan};

/// The rules that belong to the service and that none of its listed clauses has.
pub(super) fn missing<'a>(service: &'a RawService, listed: &'a [ClauseUse]) -> impl Iterator<Item = Rule> + use<'a> {
    // What is left is judged alike by either of its rules.
    let is_listed = move |rule: Rule| {
        let is_of_balance = rule.family() == Some(RuleFamily::Quantity);
        listed.iter().any(|used| used.rule == rule || is_of_balance && used.rule.family() == rule.family())
    };
    belonging(service).filter(move |rule| !is_listed(*rule))
}

fn belonging(service: &RawService) -> impl Iterator<Item = Rule> {
    let does_without = move |rule: &Rule| service.without.iter().any(|without| without.get_ref().rule == *rule);
    let belongs = move |rule: &Rule| rule.belongs_to(service.plan == ServicePlan::Base, service.unit);
    Rule::ALL.iter().copied().filter(belongs).filter(move |rule| !does_without(rule))
}

/// What a service does without, it does not list, and it says why.
pub(super) fn check(without: &[Spanned<RawWithout>], listed: &[ClauseUse], mistakes: &mut Mistakes<'_>) {
    for entry in without {
        let RawWithout { rule, reason } = entry.get_ref();
        let name = rule.name();
        if rule.family() == Some(RuleFamily::Quantity) {
            let message = format!("`{name}` comes with what is counted; leave it out of `without`");
            mistakes.at(entry, message);
        } else if !rule.can_be_left_out() {
            let message = format!("`{name}` belongs to those services only that list it; leave it out of `without`");
            mistakes.at(entry, message);
        } else if listed.iter().any(|used| used.rule == *rule) {
            let message = format!("the rule `{name}` is left out and listed; take it out of `without` or of `clauses`");
            mistakes.at(entry, message);
        }
        if reason.trim().is_empty() {
            mistakes.at(entry, format!("`without` of `{name}` has no `reason`; say why the service does without it"));
        }
    }
}

/// Every rule that belongs to a service needs a clause that says what is told.
pub(super) fn check_clauses(
    clauses: &[ReadTable<Clause>],
    services: &[ReadTable<RawService>],
    head_at: usize,
    mistakes: &mut Mistakes<'_>,
) {
    let needed = |rule: Rule| services.iter().any(|row| belonging(&row.value).any(|own| own == rule));
    let has_clause = |rule: Rule| clauses.iter().any(|row| row.value.rule == rule);
    let lacking: Vec<_> = Rule::ALL
        .iter()
        .filter(|rule| needed(**rule) && !has_clause(**rule))
        .map(|rule| format!("`{}`", rule.name()))
        .collect();
    if !lacking.is_empty() {
        let rules = lacking.join(", ");
        let message = format!(
            "no clause has the rule {rules}: add one for each, for services are subject to them, listed or not; one \
             that does without says `without = [{{ rule = \"…\", reason = \"…\" }}]`"
        );
        mistakes.add(head_at, message);
    }
}
