//! A field of a service that none of its clauses reads would do nothing, and look as if it
//! did: an overlay that sets a maximum must not be taken for one that works.

use super::entry::Row;
use super::source::Mistakes;
use crate::catalog::{Rule, Service};

pub(super) fn check(row: &Row<()>, service: &Service, mistakes: &mut Mistakes<'_>) {
    let purchase = &service.purchase;
    let products = [Rule::ProductExcluded, Rule::RetailProduct].as_slice();
    let event = [Rule::EventNotice, Rule::EventDuration, Rule::EventSolutions].as_slice();
    let fields: [(&str, bool, &[Rule]); 19] = [
        ("longest_minutes", service.longest_minutes.is_some(), &[Rule::AdvisoryLimit]),
        ("purchase.minimum_minutes", purchase.minimum_minutes.is_some(), &[Rule::MinimumEngagement]),
        ("purchase.exact_minutes", purchase.exact_minutes.is_some(), &[Rule::MinimumEngagement]),
        ("purchase.step_minutes", purchase.step_minutes.is_some(), &[Rule::ExtensionSteps]),
        ("purchase.maximum", purchase.maximum.is_some(), &[Rule::MaximumQuantity]),
        ("purchase.maximum_per_contract_year", purchase.maximum_per_contract_year.is_some(), &[Rule::MaximumQuantity]),
        ("service_hours", service.service_hours.is_some(), &[Rule::ServiceHours]),
        ("languages", !service.languages.is_empty(), &[Rule::Language]),
        ("channels", !service.channels.is_empty(), &[Rule::Channel]),
        ("severities", !service.severities.is_empty(), &[Rule::Severity]),
        ("products_only", !service.products_only.is_empty(), products),
        ("products_except", !service.products_except.is_empty(), products),
        ("covered_family", service.covered_family.is_some(), &[Rule::CoveredFamily]),
        ("countries_only", !service.countries_only.is_empty(), &[Rule::Country]),
        ("countries_except", !service.countries_except.is_empty(), &[Rule::Country]),
        ("delivery_starts", service.delivery_starts.is_some(), &[Rule::DeliveryStart]),
        ("activities", !service.activities.is_empty(), &[Rule::Activity]),
        ("license", service.license.is_some(), &[Rule::License]),
        ("event", service.event.is_some(), event),
    ];
    let has = |rules: &[Rule]| service.clauses.iter().any(|used| rules.contains(&used.rule));
    for (field, _, rules) in fields.iter().filter(|(_, is_set, rules)| *is_set && !has(rules)) {
        let rules: Vec<String> = rules.iter().map(|rule| format!("`{}`", rule.name())).collect();
        let rules = rules.join(" or ");
        mistakes.add(
            row.key(field),
            format!("`{field}` does nothing: `{}` is subject to no clause with the rule {rules}", service.id),
        );
    }
    if service.tenants.is_some() && !has(&[Rule::Tenant, Rule::TenantsRequired]) {
        mistakes.add(row.key("tenants"), "`tenants` does nothing: no clause of the service has a rule of tenants");
    }
}
