//! What a file says that can be loaded, and does nothing: a clause nobody is subject to, one that always passes, a
//! target that never governs.

use std::collections::{BTreeMap, HashSet};

use toml::Spanned;

use super::raw::{Listed, RawService, RawTarget};
use super::source::Mistakes;
use super::table::ReadTable;
use super::unused;
use crate::catalog::{Clause, ClauseKind, Group, Missing, Rule, RuleFamily, Service};

/// Clauses that are judged for nobody, and what is said of them that means nothing.
pub(super) fn clauses(
    clauses: &[ReadTable<Clause>],
    services: &[(ReadTable<()>, Service)],
    told: &HashSet<String>,
    mistakes: &mut Mistakes<'_>,
) {
    // These stand for the edition as a whole.
    let is_for_all = |rule: Rule| matches!(rule, Rule::Purchased | Rule::WaiverAllowed | Rule::BaseAgreement);
    for (row, clause) in clauses.iter().enumerate() {
        let Clause { code, rule, kinds, waivable, missing, .. } = &clause.value;
        let is_used =
            services.iter().any(|(_, service)| service.clauses.iter().any(|used| usize::from(used.row) == row));
        if !is_used && !is_for_all(*rule) && !told.contains(code) {
            mistakes.warn(clause.key("code"), format!("no service is subject to `{code}`: it is never judged or told"));
        }
        if *missing == Missing::Open && !rule.can_be_open() {
            let message =
                format!("`missing` does nothing: the rule `{}` is never open for want of a fact", rule.name());
            mistakes.warn(clause.key("missing"), message);
        }
        if *waivable && !kinds.contains(&ClauseKind::Gate) {
            mistakes.warn(clause.key("waivable"), format!("a waiver of `{code}` lifts nothing: no check judges it"));
        }
    }
}

/// Clauses that a service lists, and that always pass.
pub(super) fn service(
    row: &ReadTable<()>,
    service: &Service,
    listed: &[(usize, Rule, String)],
    mistakes: &mut Mistakes<'_>,
) {
    let fields = unused::fields(service);
    let has_any = |names: &[&str]| fields.iter().any(|(field, is_set)| *is_set && names.contains(field));
    // An order with a base package needs one whatever the service says.
    // Without a list of channels it still binds cloud administrators to the portals.
    let binds_administrators = |rule: Rule| rule == Rule::Channel && service.incident;
    let id = &service.id;
    for (at, rule, code) in listed {
        let reads = rule.row().reads;
        if rule.family() == Some(RuleFamily::Quantity) && service.unit.is_none() {
            mistakes.warn(*at, format!("`{code}` always passes: `{id}` has no `unit`, so that nothing runs out"));
        } else if !reads.is_empty()
            && !has_any(reads)
            && !binds_administrators(*rule)
            && *rule != Rule::SupportAdministrator
        {
            let reads = reads.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(" or ");
            mistakes.warn(*at, format!("`{code}` always passes: `{id}` has no {reads}"));
        }
    }
    let is_subject = |rule: Rule| service.clauses.iter().any(|used| used.rule == rule);
    for (asked, compared) in [(Rule::ProductsRequired, Rule::ProductOnItem), (Rule::TenantsRequired, Rule::Tenant)] {
        if is_subject(asked) && !is_subject(compared) {
            let (asked, compared) = (asked.name(), compared.name());
            let message =
                format!("what `{asked}` has items name, no check of `{id}` compares: list one of `{compared}` too");
            mistakes.warn(row.key("id"), message);
        }
    }
    if is_excluded(&service.products_only, &service.products_except) {
        mistakes.warn(row.key("products_except"), format!("`{id}` serves no product: what it is for is excluded"));
    }
    if is_excluded(&service.countries_only, &service.countries_except) {
        mistakes.warn(row.key("countries_except"), format!("`{id}` is sold nowhere: where it is sold is excluded"));
    }
}

/// Whether all that is let in is kept out again.
fn is_excluded<T: PartialEq>(only: &[T], except: &[T]) -> bool {
    !only.is_empty() && only.iter().all(|one| except.contains(one))
}

/// Groups and sets that no service names.
pub(super) fn unnamed(
    groups: &[ReadTable<Group>],
    sets: &[(String, usize)],
    services: &[ReadTable<RawService>],
    mistakes: &mut Mistakes<'_>,
) {
    let named: HashSet<&str> = services.iter().map(|row| row.value.group.get_ref().as_str()).collect();
    for group in groups.iter().filter(|group| !named.contains(group.value.id.as_str())) {
        mistakes.warn(group.key("id"), format!("no service is in the group `{}`: it is never shown", group.value.id));
    }
    let listed = services.iter().flat_map(|row| &row.value.clauses).map(Spanned::get_ref);
    let listed: HashSet<&str> = listed
        .filter_map(|listed| match listed {
            Listed::Name(name) => name.strip_prefix('@'),
            Listed::Use(_) => None,
        })
        .collect();
    for (name, at) in sets.iter().filter(|(name, _)| !listed.contains(name.as_str())) {
        mistakes.warn(*at, format!("no service lists the set `@{name}`"));
    }
}

/// Targets that another one before them always answers for, or of severities their service does not serve.
pub(super) fn targets(
    targets: &[ReadTable<RawTarget>],
    services: &[ReadTable<RawService>],
    mistakes: &mut Mistakes<'_>,
) {
    let served: BTreeMap<_, _> =
        services.iter().map(|row| (row.value.id.as_str(), row.value.severities.as_slice())).collect();
    for (row, target) in targets.iter().enumerate() {
        let RawTarget { service, severities, .. } = &target.value;
        let fits_all = |other: &RawTarget| {
            other.service.get_ref() == service.get_ref()
                && other.products.is_empty()
                && other.except.is_empty()
                && severities.iter().all(|severity| other.severities.contains(severity))
        };
        if let Some(other) = targets.iter().take(row).find(|other| fits_all(&other.value)) {
            let place = mistakes.place(other.at);
            mistakes.warn(target.at, format!("this target never governs: the one at {place} fits all that it fits"));
        }
        let own = served.get(service.get_ref().as_str()).copied().unwrap_or_default();
        let unserved = severities.iter().filter(|severity| !own.is_empty() && !own.contains(severity));
        for severity in unserved {
            let message = format!(
                "`{}` does not serve severity {}: the target never governs",
                service.get_ref(),
                severity.as_str()
            );
            mistakes.warn(target.key("severities"), message);
        }
    }
}
