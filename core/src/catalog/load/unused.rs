//! A field of a service that none of its clauses reads would do nothing, and look as if it
//! did: an overlay that sets a maximum must not be taken for one that works.

use super::source::Mistakes;
use super::table::ReadTable;
use crate::catalog::{Rule, Service};

/// The fields that rules read, and whether the service has them.
pub(super) fn fields(service: &Service) -> [(&'static str, bool); 26] {
    let purchase = &service.purchase;
    [
        ("longest_minutes", service.longest_minutes.is_some()),
        ("purchase.minimum_minutes", purchase.minimum_minutes.is_some()),
        ("purchase.exact_minutes", purchase.exact_minutes.is_some()),
        ("purchase.step_minutes", purchase.step_minutes.is_some()),
        ("purchase.maximum", purchase.maximum.is_some()),
        ("purchase.maximum_per_contract_year", purchase.maximum_per_contract_year.is_some()),
        ("service_hours", service.service_hours.is_some()),
        ("languages", !service.languages.is_empty()),
        ("channels", !service.channels.is_empty()),
        ("severities", !service.severities.is_empty()),
        ("products_only", !service.products_only.is_empty()),
        ("products_except", !service.products_except.is_empty()),
        ("products_open", !service.products_open.is_empty()),
        ("covered_family", service.covered_family.is_some()),
        ("countries_only", !service.countries_only.is_empty()),
        ("countries_except", !service.countries_except.is_empty()),
        ("on_site_countries_only", !service.on_site_countries_only.is_empty()),
        ("on_site_countries_except", !service.on_site_countries_except.is_empty()),
        ("needs_administrator", service.needs_administrator),
        ("extended_by", service.extended_by.is_some()),
        ("delivery_starts", service.delivery_starts.is_some()),
        ("activities", !service.activities.is_empty()),
        ("activities_except", !service.activities_except.is_empty()),
        ("license", service.license.is_some()),
        ("event", service.event.is_some()),
        ("tenants", service.tenants.is_some()),
    ]
}

pub(super) fn check(row: &ReadTable<()>, service: &Service, mistakes: &mut Mistakes<'_>) {
    let fields = fields(service);
    let is_read = |field: &str| Rule::reading(field).any(|rule| service.clauses.iter().any(|used| used.rule == rule));
    for (field, _) in fields.iter().filter(|(field, is_set)| *is_set && *field != "tenants" && !is_read(field)) {
        let rules: Vec<String> = Rule::reading(field).map(|rule| format!("`{}`", rule.name())).collect();
        let rules = rules.join(" or ");
        mistakes.add(
            row.key(field),
            format!("`{field}` does nothing: `{}` is subject to no clause with the rule {rules}", service.id),
        );
    }
    if service.tenants.is_some() && !is_read("tenants") {
        mistakes.add(row.key("tenants"), "`tenants` does nothing: no clause of the service has a rule of tenants");
    }
}
