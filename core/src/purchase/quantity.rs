//! How much is bought: a number in the service's unit, a predefined offering, or neither.

use crate::catalog::{PurchaseRule, QuantityRule, Rule, Service};
use crate::model::{Item, MINUTES_PER_HOUR, Quantity, Unit};
use crate::violation::reason;

use super::contract_index::BoughtItem;
use super::findings::{Findings, listed};

/// Most of anything, in its base unit: sums of thousands of it still fit an `i64`.
pub(super) const LARGEST_AMOUNT: i64 = 1_000_000_000_000;

pub(super) fn judge(bought: &BoughtItem<'_>, findings: &mut Findings) {
    let BoughtItem { service, item, path, .. } = *bought;
    let offerings = &service.purchase.predefined;
    let offering = item.predefined_offering.as_deref();
    if let Some(id) = offering.filter(|id| !is_offered(service, id)) {
        let known = offerings.iter().map(|offering| offering.id.as_str());
        findings.unknown(path, "predefined_offering", &format!("predefined offering of `{}`", service.id), id, known);
    }
    if service.purchase.quantity == QuantityRule::PredefinedOnly {
        return judge_predefined_only(bought, findings);
    }
    let clause = bought.enforced(Rule::HoursOrPredefined);
    match (item.quantity, offering) {
        (Some(quantity), Some(id)) if is_offered(service, id) => {
            let description =
                format!("stands beside the offering `{id}`, which carries no free number; give one of the two");
            findings.clause_or(clause, reason::FIELD_CONFLICT, path, "quantity", description);
            judge_amount(service, quantity, path, findings);
        }
        (Some(quantity), _) => {
            if let Some(amount) = judge_amount(service, quantity, path, findings) {
                judge_engagement(bought, amount, findings);
            }
        }
        // An offering that is only misspelt stands for the quantity.
        (None, offering) => {
            let is_missing = offering.is_none() || offerings.is_empty();
            if is_missing && service.purchase.quantity == QuantityRule::Required {
                let description = format!("is required: {}", wanted(service));
                findings.clause_or(clause, reason::FIELD_REQUIRED, path, "quantity", description);
            }
        }
    }
}

fn judge_predefined_only(bought: &BoughtItem<'_>, findings: &mut Findings) {
    let BoughtItem { service, item, path, .. } = *bought;
    let clause = bought.enforced(Rule::HoursOrPredefined);
    if item.predefined_offering.is_none() {
        let ids = listed(service.purchase.predefined.iter().map(|offering| offering.id.as_str()));
        let description = format!("is required: `{}` is bought as {ids}", service.id);
        findings.clause_or(clause, reason::FIELD_REQUIRED, path, "predefined_offering", description);
    }
    if item.quantity.is_some() {
        let description = format!("`{}` is bought as a predefined offering without a number; leave it out", service.id);
        findings.clause_or(clause, reason::FIELD_CONFLICT, path, "quantity", description);
    }
}

/// The amount in the base unit, if nothing is wrong with it.
fn judge_amount(service: &Service, quantity: Quantity, path: &str, findings: &mut Findings) -> Option<i64> {
    let Some(unit) = counted_unit(service) else {
        let description = format!("`{}` is not counted; leave the quantity out", service.id);
        findings.add(path, "quantity", reason::UNIT_MISMATCH, description);
        return None;
    };
    if !service.is_sold_in(quantity.unit) {
        let units = units(service, unit);
        let description = format!("`{}` is counted in {units}, not in `{}`", service.id, quantity.unit.as_str());
        findings.add(path, "quantity.unit", reason::UNIT_MISMATCH, description);
    }
    let amount = quantity.in_base_unit();
    if quantity.amount <= 0 {
        findings.out_of_range(path, "quantity.amount", format!("`{}` must be greater than 0", quantity.amount));
    } else if amount.is_none_or(|amount| amount > LARGEST_AMOUNT) {
        let base = quantity.unit.base().as_str();
        let description =
            format!("`{}` is too large; at most {LARGEST_AMOUNT} `{base}` can be bought", quantity.amount);
        findings.out_of_range(path, "quantity.amount", description);
    }
    amount_bought(service, quantity)
}

/// Shortest engagement and steps of it, in minutes.
fn judge_engagement(bought: &BoughtItem<'_>, amount: i64, findings: &mut Findings) {
    let PurchaseRule { minimum_minutes, step_minutes, exact_minutes, .. } = bought.service.purchase;
    let service_id = &bought.service.id;
    let too_short = match (exact_minutes, minimum_minutes) {
        (Some(exact), _) if amount != exact => Some(("exactly", "exact_minutes", exact)),
        (None, Some(minimum)) if amount < minimum => Some(("at least", "least_minutes", minimum)),
        _ => None,
    };
    if let Some((how, fact, minutes)) = too_short {
        if let Some(clause) = bought.enforced(Rule::MinimumEngagement) {
            let description = format!("`{service_id}` is {how} {}", hours(minutes));
            findings.clause(clause, bought.path, "quantity.amount", description).fact(fact, minutes);
        }
        return;
    }
    let extension = amount.saturating_sub(minimum_minutes.unwrap_or_default());
    if let (None, Some(step)) = (exact_minutes, step_minutes)
        && let Some(clause) = bought.enforced(Rule::ExtensionSteps)
        && extension.checked_rem(step).is_some_and(|rest| rest != 0)
    {
        let minimum =
            minimum_minutes.map_or_else(String::new, |minimum| format!(" beyond the first {}", hours(minimum)));
        let description = format!("`{service_id}` is bought in steps of {}{minimum}", hours(step));
        let found = findings.clause(clause, bought.path, "quantity.amount", description).fact("step_minutes", step);
        if let Some(minimum) = minimum_minutes {
            found.fact("least_minutes", minimum);
        }
    }
}

/// What an item brings, in the base unit; none where it names no valid amount.
pub(super) fn amount_of(service: &Service, item: &Item) -> Option<i64> {
    item.quantity.map_or(Some(1), |quantity| amount_bought(service, quantity))
}

fn amount_bought(service: &Service, quantity: Quantity) -> Option<i64> {
    let amount = quantity.in_base_unit().filter(|amount| (1..=LARGEST_AMOUNT).contains(amount));
    amount.filter(|_| counted_unit(service).is_some() && service.is_sold_in(quantity.unit))
}

fn counted_unit(service: &Service) -> Option<Unit> {
    service.unit.filter(|_| service.purchase.quantity != QuantityRule::None)
}

fn is_offered(service: &Service, offering_id: &str) -> bool {
    service.purchase.predefined.iter().any(|offering| offering.id == offering_id)
}

fn wanted(service: &Service) -> String {
    let unit =
        service.unit.map_or_else(|| "a number".to_owned(), |unit| format!("a number of {}", units(service, unit)));
    let offerings = &service.purchase.predefined;
    if offerings.is_empty() {
        return unit;
    }
    format!("{unit}, or the predefined offering {}", listed(offerings.iter().map(|offering| offering.id.as_str())))
}

fn units(service: &Service, unit: Unit) -> String {
    if !unit.is_time() {
        return format!("`{}`", unit.as_str());
    }
    let days = service.days.then_some(Unit::Days);
    listed([Unit::Hours, Unit::Minutes].into_iter().chain(days).map(Unit::as_str))
}

fn hours(minutes: i64) -> String {
    match (minutes.checked_div(MINUTES_PER_HOUR), minutes.checked_rem(MINUTES_PER_HOUR)) {
        (Some(hours), Some(0)) => format!("{hours} hours"),
        _ => format!("{minutes} minutes"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{amount, check_items, hours};
    use super::*;

    #[test]
    fn a_quantity_is_counted_in_the_units_of_its_service() {
        check_items(
            "assistance",
            &[
                ("minutes", |i| i.quantity = amount(30, Unit::Minutes), &[]),
                ("days", |i| i.quantity = amount(1, Unit::Days), &["quantity.unit UNIT_MISMATCH"]),
                ("credits", |i| i.quantity = amount(1, Unit::Credits), &["quantity.unit UNIT_MISMATCH"]),
                ("none", |i| i.quantity = hours(0), &["quantity.amount FIELD_OUT_OF_RANGE"]),
                ("less", |i| i.quantity = hours(i64::MIN), &["quantity.amount FIELD_OUT_OF_RANGE"]),
                ("the most", |i| i.quantity = amount(LARGEST_AMOUNT, Unit::Minutes), &[]),
                (
                    "more",
                    |i| i.quantity = amount(LARGEST_AMOUNT + 1, Unit::Minutes),
                    &["quantity.amount FIELD_OUT_OF_RANGE"],
                ),
                ("more than a number holds", |i| i.quantity = hours(i64::MAX), &["quantity.amount FIELD_OUT_OF_RANGE"]),
                (
                    "everything wrong",
                    |i| i.quantity = amount(-1, Unit::Visits),
                    &["quantity.unit UNIT_MISMATCH", "quantity.amount FIELD_OUT_OF_RANGE"],
                ),
            ],
        );
        check_items("response", &[("a subscription", |i| i.quantity = hours(1), &["quantity UNIT_MISMATCH"])]);
        check_items("advisor", &[("one, said so", |i| i.quantity = amount(1, Unit::Engagements), &[])]);
    }

    #[test]
    fn a_quantity_or_an_offering_is_given() {
        let starter = |i: &mut Item| i.predefined_offering = Some("starter".into());
        let only_starter = |i: &mut Item| (i.quantity, i.predefined_offering) = (None, Some("starter".into()));
        check_items(
            "engineering",
            &[
                ("neither", |i| i.quantity = None, &["quantity !HOURS_OR_PREDEFINED"]),
                ("an offering", only_starter, &[]),
                ("both", starter, &["quantity !HOURS_OR_PREDEFINED"]),
                (
                    "a misspelt offering",
                    |i| (i.quantity, i.predefined_offering) = (None, Some("started".into())),
                    &["predefined_offering REFERENCE_UNKNOWN"],
                ),
            ],
        );
        check_items(
            "assistance",
            &[
                ("neither", |i| i.quantity = None, &["quantity !HOURS_OR_PREDEFINED"]),
                ("an offering nobody makes", starter, &["predefined_offering REFERENCE_UNKNOWN"]),
                (
                    "no more than that",
                    only_starter,
                    &["predefined_offering REFERENCE_UNKNOWN", "quantity !HOURS_OR_PREDEFINED"],
                ),
            ],
        );
        check_items(
            "workshops",
            &[
                ("neither", |i| i.quantity = None, &["quantity FIELD_REQUIRED"]),
                ("an offering", |i| (i.quantity, i.predefined_offering) = (None, Some("closed".into())), &[]),
                ("both", |i| i.predefined_offering = Some("closed".into()), &["quantity FIELD_CONFLICT"]),
            ],
        );
    }

    #[test]
    fn some_services_are_an_offering_without_a_number() {
        check_items(
            "exercise",
            &[
                ("nothing", |i| i.predefined_offering = None, &["predefined_offering !HOURS_OR_PREDEFINED"]),
                ("a number", |i| i.quantity = hours(24), &["quantity !HOURS_OR_PREDEFINED"]),
                (
                    "a number alone",
                    |i| (i.quantity, i.predefined_offering) = (hours(24), None),
                    &["predefined_offering !HOURS_OR_PREDEFINED", "quantity !HOURS_OR_PREDEFINED"],
                ),
                (
                    "another offering",
                    |i| i.predefined_offering = Some("two-day".into()),
                    &["predefined_offering REFERENCE_UNKNOWN"],
                ),
            ],
        );
    }

    #[test]
    fn engagements_have_a_least_length_and_steps() {
        check_items(
            "incident",
            &[
                ("the least, in days", |i| i.quantity = amount(5, Unit::Days), &[]),
                (
                    "less",
                    |i| i.quantity = amount(39 * 60 + 59, Unit::Minutes),
                    &["quantity.amount !MINIMUM_ENGAGEMENT"],
                ),
                ("one step more", |i| i.quantity = hours(80), &[]),
                ("half a step more", |i| i.quantity = hours(60), &["quantity.amount !EXTENSION_IN_FIVE_DAY_STEPS"]),
                (
                    "a minute more",
                    |i| i.quantity = amount(2401, Unit::Minutes),
                    &["quantity.amount !EXTENSION_IN_FIVE_DAY_STEPS"],
                ),
            ],
        );
        check_items(
            "one-day",
            &[
                ("in minutes", |i| i.quantity = amount(1920, Unit::Minutes), &[]),
                ("less", |i| i.quantity = hours(31), &["quantity.amount !MINIMUM_ENGAGEMENT"]),
                ("more", |i| i.quantity = hours(72), &["quantity.amount !MINIMUM_ENGAGEMENT"]),
                ("a day", |i| i.quantity = amount(4, Unit::Days), &["quantity.unit UNIT_MISMATCH"]),
            ],
        );
    }
}
