//! What may be written into a contract and yet looks wrong.

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::contract_index::{ContractIndex, Order};
use super::covered::Covered;
use super::findings::{below, shown};
use crate::catalog::{Catalog, ClauseUse, Rule, RuleFamily, Service};
use crate::model::{Contract, Item, ProductPattern, WorkOrder, Zone, anniversary, rfc3339};

/// More years than an order usually runs.
const LONG_YEARS: i32 = 10;
/// Enough to see what is meant.
const MOST_WARNINGS: usize = 100;

/// Something that is allowed and yet looks wrong.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Warning {
    pub code: String,
    pub field: String,
    pub message: String,
}

/// The warnings of the submitted work orders, at most 100. `submitted` is as for [`validate`](super::validate); `before`:
/// the contract without the change.
pub fn warnings(
    catalog: &Catalog,
    contract: &Contract,
    before: Option<&Contract>,
    submitted: &[(String, &str)],
    now: DateTime<Utc>,
) -> Vec<Warning> {
    let index = ContractIndex::new(catalog, contract);
    let mut told = Told(Vec::new());
    for (path, id) in submitted {
        let Some(order) = contract.work_order(id) else { continue };
        let before = before.and_then(|before| before.work_order(id));
        let order = Order::new(&index, order, path);
        judge_term(&order, &mut told);
        judge_currency(&order, before, &mut told);
        let covered = Covered::of(order.order);
        for (row, item) in order.order.items.iter().enumerate() {
            let path = order.item_path(row);
            let service = order.edition.and_then(|edition| edition.service(&item.service_id));
            if item.unit_price == Some(0) {
                told.add("PRICE_ZERO", &path, "unit_price", "is 0; leave it out where it is not known".to_owned());
            }
            judge_waivers(&order, item, &path, &mut told);
            if let Some(service) = service {
                judge_events(&order, item, service, now, &path, &mut told);
                judge_use(&order, &covered, item, service, &path, &mut told);
            }
        }
    }
    told.0
}

struct Told(Vec<Warning>);

impl Told {
    fn add(&mut self, code: &str, path: &str, field: &str, message: String) {
        if self.0.len() < MOST_WARNINGS {
            self.0.push(Warning { code: code.to_owned(), field: below(path, field), message });
        }
    }
}

fn judge_term(order: &Order<'_>, told: &mut Told) {
    let (start, end) = (order.order.start_date, order.order.end_date);
    if end >= anniversary(start, LONG_YEARS) {
        let message =
            format!("the term from `{start}` to `{end}` is longer than {LONG_YEARS} years; is the year right?");
        told.add("TERM_LONG", order.path, "end_date", message);
    }
}

/// Amounts are in minor units: what is 310.00 in one currency may be 31,000 in another.
fn judge_currency(order: &Order<'_>, before: Option<&WorkOrder>, told: &mut Told) {
    let Some(before) = before.filter(|before| before.currency != order.order.currency) else { return };
    let is_same = |old: Option<i64>, new: Option<i64>| new.is_some_and(|price| price != 0 && old == Some(price));
    let old_price = |item: &Item| before.item(&item.item_id).and_then(|old| old.unit_price);
    let items = order.order.items.iter().enumerate();
    let kept = items.filter(|(_, item)| is_same(old_price(item), item.unit_price));
    let mut kept: Vec<String> = kept.map(|(row, _)| format!("items[{row}].unit_price")).collect();
    if is_same(before.flex_allowance, order.order.flex_allowance) {
        kept.push("flex_allowance".to_owned());
    }
    let Some(first) = kept.first() else { return };
    let rest = match kept.len().saturating_sub(1) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!(
        "it was `{}` and becomes `{}`, and amounts keep their numbers of minor units, whatever these are worth now: \
         `{first}`{rest}; set each anew",
        before.currency, order.order.currency
    );
    told.add("CURRENCY_CHANGED", order.path, "currency", message);
}

fn judge_waivers(order: &Order<'_>, item: &Item, path: &str, told: &mut Told) {
    let (first, last): (NaiveDate, NaiveDate) = (
        item.start_date.unwrap_or(order.order.start_date).max(order.order.start_date),
        item.end_date.unwrap_or(order.order.end_date).min(order.order.end_date),
    );
    for (row, waiver) in item.waivers.iter().enumerate() {
        let is_late = waiver.start_date.is_some_and(|start| start > last);
        let is_early = waiver.end_date.is_some_and(|end| end < first);
        if is_late || is_early {
            let field = if is_late { "start_date" } else { "end_date" };
            let message = format!("the waiver never counts: the item runs from `{first}` to `{last}`");
            told.add("WAIVER_OUTSIDE_TERM", &format!("{path}.waivers[{row}]"), field, message);
        }
    }
}

fn judge_events(order: &Order<'_>, item: &Item, service: &Service, now: DateTime<Utc>, path: &str, told: &mut Told) {
    let Some(rule) = service.event else { return };
    let host = order.index.locations.get(order.order.host_location_id.as_str());
    let zone = host.map_or(Zone::UTC, |location| location.time_zone);
    for (row, event) in item.events.iter().enumerate() {
        let Some(confirmed) = event.confirmed_time else { continue };
        let path = &format!("{path}.events[{row}]");
        if confirmed > now {
            let message = format!("`{}` is after now; is the year right?", rfc3339(confirmed));
            told.add("EVENT_CONFIRMED_IN_FUTURE", path, "confirmed_time", message);
        }
        let notice = Days::new(u64::from(rule.notice_days));
        let latest = zone.local(event.start_time).checked_sub_days(notice).map(|local| zone.first_instant(local));
        if let Some(latest) = latest.filter(|latest| confirmed > *latest) {
            let message = format!(
                "the event was to be confirmed {} days before it begins, by `{}`; record a waiver if that was agreed",
                rule.notice_days,
                rfc3339(latest)
            );
            told.add("EVENT_CONFIRMED_LATE", path, "confirmed_time", message);
        }
    }
}

/// Whether any question can be answered by the item.
fn judge_use(order: &Order<'_>, covered: &Covered<'_>, item: &Item, service: &Service, path: &str, told: &mut Told) {
    let is_there = |id: &String| order.order.designates(id);
    if !item.all_locations && !item.location_ids.is_empty() && !item.location_ids.iter().any(is_there) {
        let message = format!(
            "the order designates none of these locations, so that nobody can use {}; add one to \
             `downstream_location_ids`",
            shown(&item.item_id)
        );
        told.add("ITEM_UNUSABLE", path, "location_ids", message);
    }
    if !is_of_use(order, covered, item, service) {
        let name = shown(&item.item_id);
        let (field, message) = match item.product_ids.is_empty() {
            true => {
                ("service_id", format!("the order covers no product of this service, so that nobody can use {name}"))
            }
            false => ("product_ids", format!("the order covers none of these products, so that nobody can use {name}")),
        };
        let advice = "add one to `covered_products`, or leave less out by `covered_products_except`";
        told.add("ITEM_UNUSABLE", path, field, format!("{message}; {advice}"));
    }
}

/// Whether there is a product of the item that the order covers and the service is for, or products do not matter.
fn is_of_use(order: &Order<'_>, covered: &Covered<'_>, item: &Item, service: &Service) -> bool {
    let edition = order.edition.map(|edition| edition.clauses.as_slice()).unwrap_or_default();
    let is_of_products = |clause: &&ClauseUse| clause.rule.family() == Some(RuleFamily::Product);
    let clauses = || service.clauses.iter().filter(is_of_products);
    let codes = clauses().filter_map(|clause| edition.get(usize::from(clause.row)).map(|clause| clause.code.as_str()));
    let mut waived = codes.filter(|code| item.waivers.iter().any(|waiver| waiver.code == **code));
    if !clauses().any(|clause| clause.rule == Rule::ProductCovered) || waived.next().is_some() {
        return true;
    }
    let all = [ProductPattern::All];
    let wanted = if item.product_ids.is_empty() { &all[..] } else { &item.product_ids };
    let only = &service.products_only;
    let open = if only.is_empty() { &[][..] } else { &service.products_open };
    let served = || if only.is_empty() { &all[..] } else { only }.iter().chain(open);
    let common = wanted.iter().flat_map(|wanted| served().filter_map(|served| wanted.common(served)));
    common.into_iter().any(|pattern| covered.leaves(pattern, &service.products_except))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{catalog, changed_order, contract, date, event, instant, item, waiver};
    use super::*;

    /// What a changed order with one item of the service is warned of, as `field CODE`.
    fn told(service_id: &str, change: impl Fn(&mut WorkOrder)) -> Vec<String> {
        let mut before = contract(vec![item(service_id)]);
        changed_order(&mut before).items[0].unit_price = Some(31_000);
        changed_order(&mut before).flex_allowance = Some(5_000_000);
        let mut contract = before.clone();
        change(changed_order(&mut contract));
        let submitted = [(String::new(), super::super::fixture::ORDER)];
        let found = warnings(&catalog(), &contract, Some(&before), &submitted, instant("2026-06-01T00:00:00Z"));
        assert!(found.iter().all(|warning| !warning.message.is_empty() && !warning.message.ends_with('.')));
        found.into_iter().map(|warning| format!("{} {}", warning.field, warning.code)).collect()
    }

    #[test]
    fn both_sides_of_each_boundary() {
        let none = [""; 0];
        assert_eq!(told("advisor", |_| {}), none);
        assert_eq!(told("advisor", |o| o.end_date = date("2036-01-31")), none);
        assert_eq!(told("advisor", |o| o.end_date = date("2036-02-01")), ["end_date TERM_LONG"]);
        assert_eq!(told("advisor", |o| o.items[0].unit_price = Some(1)), none);
        assert_eq!(told("advisor", |o| o.items[0].unit_price = Some(0)), ["items[0].unit_price PRICE_ZERO"]);

        let waived = |start: Option<&str>, end: Option<&str>| {
            told("reactive", |o| {
                let mut waiver = waiver("PRODUCT_NOT_COVERED");
                (waiver.start_date, waiver.end_date) = (start.map(date), end.map(date));
                o.items[0].waivers.push(waiver);
            })
        };
        assert_eq!(waived(Some("2027-01-31"), None), none);
        assert_eq!(waived(Some("2027-02-01"), None), ["items[0].waivers[0].start_date WAIVER_OUTSIDE_TERM"]);
        assert_eq!(waived(None, Some("2026-02-01")), none);
        assert_eq!(waived(None, Some("2026-01-31")), ["items[0].waivers[0].end_date WAIVER_OUTSIDE_TERM"]);
    }

    #[test]
    fn a_price_keeps_its_meaning_with_its_currency() {
        assert_eq!(told("advisor", |o| o.currency = "JPY".to_owned()), ["currency CURRENCY_CHANGED"]);
        let priced = |price: Option<i64>, flex: Option<i64>| {
            told("advisor", |o| {
                o.currency = "JPY".to_owned();
                (o.items[0].unit_price, o.flex_allowance) = (price, flex);
            })
        };
        assert_eq!(priced(Some(310), Some(50_000)), [""; 0], "each was set anew");
        assert_eq!(priced(None, None), [""; 0]);
        assert_eq!(priced(Some(310), Some(5_000_000)), ["currency CURRENCY_CHANGED"]);
        assert_eq!(priced(Some(31_000), None), ["currency CURRENCY_CHANGED"]);
    }

    #[test]
    fn an_event_is_confirmed_in_time_and_not_after_now() {
        let confirmed = |time: &str| {
            told("events", |o| {
                let mut event = event("sale", "shop", "2026-09-01T09:00:00Z", "2026-09-02T09:00:00Z");
                event.confirmed_time = Some(instant(time));
                o.items[0].events.push(event);
            })
        };
        assert_eq!(confirmed("2026-06-01T00:00:00Z"), [""; 0]);
        assert_eq!(confirmed("2026-06-01T00:00:01Z"), ["items[0].events[0].confirmed_time EVENT_CONFIRMED_IN_FUTURE"]);
        // 56 days before.
        assert_eq!(confirmed("2026-07-07T09:00:00Z").len(), 1);
        assert_eq!(
            confirmed("2026-07-07T09:00:01Z"),
            [
                "items[0].events[0].confirmed_time EVENT_CONFIRMED_IN_FUTURE",
                "items[0].events[0].confirmed_time EVENT_CONFIRMED_LATE",
            ]
        );
    }

    #[test]
    fn somebody_can_use_an_item() {
        let at = |ids: &[&str]| {
            told("reactive", |o| o.items[0].location_ids = ids.iter().map(|id| (*id).to_owned()).collect())
        };
        assert_eq!(at(&["ie-dublin", "gb-leeds"]), [""; 0]);
        assert_eq!(at(&["ie-dublin"]), ["items[0].location_ids ITEM_UNUSABLE"]);
        let of = |covered: &str, waived: bool| {
            told("reactive", |o| {
                o.covered_products = vec![covered.into()];
                o.items[0].product_ids = vec!["azure/app-service".into()];
                o.items[0].waivers = waived.then(|| waiver("PRODUCT_NOT_COVERED")).into_iter().collect();
            })
        };
        assert_eq!(of("azure/*", false), [""; 0]);
        assert_eq!(of("microsoft-365/*", false), ["items[0].product_ids ITEM_UNUSABLE"]);
        assert_eq!(of("microsoft-365/*", true), [""; 0]);
        let except = |except: &str, own: &[&str]| {
            told("reactive", |o| {
                o.covered_products = vec!["azure/*".into()];
                o.covered_products_except = vec![except.into()];
                o.items[0].product_ids = own.iter().map(|own| (*own).into()).collect();
            })
        };
        assert_eq!(except("azure/app-service", &["azure/*"]), [""; 0]);
        assert_eq!(except("azure/app-service", &["azure/app-service", "azure/vm"]), [""; 0]);
        assert_eq!(except("azure/app-service", &["azure/app-service"]), ["items[0].product_ids ITEM_UNUSABLE"]);
        assert_eq!(except("azure/*", &["azure/app-service"]), ["items[0].product_ids ITEM_UNUSABLE"]);
        assert_eq!(except("azure/*", &[]), ["items[0].service_id ITEM_UNUSABLE"]);
    }
}
