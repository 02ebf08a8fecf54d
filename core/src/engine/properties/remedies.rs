//! A remedy does what it says: applied, it removes its reason.

mod apply;

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;

use self::apply::apply;
use super::contracts::{LOCATIONS, a_contract, an_instant, services_of};
use super::questions::{details, question};
use super::{edition, prepared, service};
use crate::catalog::{Locale, RemedyKind};
use crate::engine::clauses::reason;
use crate::engine::evaluation::evaluate;
use crate::engine::pool::Pool;
use crate::engine::resolve::ResolvedQuery;
use crate::engine::{AS_BOUGHT, Prepared, Query, Reason, decide};
use crate::model::{Contract, WorkOrder};

/// Base services with rules of their own.
const BASE_SERVICES: [&str; 3] =
    ["advisory-support", "reactive-support-management", "customer-organization-activation"];

/// Reasons nothing may remove, and why: the customer has no location where the service exists.
const UNREMOVABLE: [&str; 1] = ["EXCLUDED_COUNTRY"];

/// The base stands on one order and may reach the location through a second: where both have
/// ended, both are to be renewed, and a terminated one may have to be extended as well.
const IN_STEPS: [&str; 2] = ["BASE_AGREEMENT_EXPIRED", "LOCATION_NOT_DESIGNATED"];
const MOST_STEPS: usize = 4;

proptest! {
    #[test]
    fn every_remedy_removes_its_reason(
        contract in a_contract(), details in details(), at in an_instant(), pick in any::<Index>(), licensed in any::<bool>(),
    ) {
        let (mut contract, mut details) = (contract, details);
        // The request is refused otherwise.
        if let Some((start, end)) = details.delivery.window() {
            details.delivery.end_time = Some(end.max(start));
        }
        if !licensed {
            contract.customer.licenses.clear();
        }
        let (location, ..) = LOCATIONS[pick.index(LOCATIONS.len())];
        for service_id in services_of(&contract).into_iter().chain(BASE_SERVICES) {
            let query = question(location, service_id, &details, at);
            let prepared = prepared(&contract);
            let decision = decide(&prepared, &AS_BOUGHT, &query, at).unwrap();
            let place = decision.coverage.as_ref().map(|it| (it.order.work_order_id.clone(), it.item.item_id.clone()));
            for told in decision.reasons.iter().map(|reason| Told::of(reason, false)) {
                is_well_formed(&told)?;
                removes_reason(&contract, &query, place.as_ref(), &told)?;
            }
            for told in decision.open_conditions.iter().map(|reason| Told::of(reason, true)) {
                is_well_formed(&told)?;
                prop_assert_eq!(told.kind, RemedyKind::ChangeRequest, "{:?}", told);
                removes_reason(&contract, &query, place.as_ref(), &told)?;
            }
        }
    }
}

type Place = (String, String);

/// A reason and its remedy, without the contract they came from.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    code: String,
    is_open: bool,
    /// A window is judged once the term has begun, under the same code.
    scope: String,
    unit: String,
    kind: RemedyKind,
    work_order_id: String,
    item_id: String,
    field: &'static str,
    value: String,
    messages: [String; 2],
}

impl Told {
    fn of(reason: &Reason<'_>, is_open: bool) -> Self {
        let remedy = &reason.remedy;
        let fact = |name| reason.fact(name).unwrap_or_default().to_owned();
        let text = &edition().remedies[&remedy.kind];
        let message = |locale| {
            text.render(locale, |name| {
                edition().word(locale, name, &|name| remedy.fact(name).or_else(|| reason.fact(name)))
            })
        };
        Self {
            code: reason.clause.code.clone(),
            is_open,
            scope: fact("scope"),
            unit: fact("unit"),
            kind: remedy.kind,
            work_order_id: remedy.work_order_id.clone(),
            item_id: remedy.item_id.clone(),
            field: remedy.field,
            value: remedy.value.clone(),
            messages: [Locale::English, Locale::Indonesian].map(message),
        }
    }

    /// The first of the values that would do.
    fn first(&self) -> &'static str {
        let first = self.value.split(", ").next().unwrap_or_default();
        Box::leak(first.to_owned().into_boxed_str())
    }
}

fn is_well_formed(told: &Told) -> Result<(), TestCaseError> {
    let concerns_request = matches!(told.kind, RemedyKind::ChangeRequest | RemedyKind::WaitUntil);
    let concerns_contract = !concerns_request && told.kind != RemedyKind::None;
    prop_assert_eq!(told.field.is_empty(), told.kind == RemedyKind::None, "{:?}", told);
    let is_of_contract = told.field.starts_with("work_order.") || told.field.starts_with("customer.");
    prop_assert_eq!(is_of_contract, concerns_contract, "{:?}", told);
    let needs_order = told.field.starts_with("work_order.") && told.kind != RemedyKind::Buy;
    prop_assert!(!needs_order || !told.work_order_id.is_empty(), "{:?}", told);
    prop_assert!(concerns_contract || told.work_order_id.is_empty() && told.item_id.is_empty(), "{:?}", told);
    let may_be_any = matches!(told.kind, RemedyKind::ChangeRequest | RemedyKind::Renew | RemedyKind::None);
    prop_assert!(may_be_any || !told.value.is_empty(), "{:?}", told);
    for message in &told.messages {
        let is_whole = !message.contains(['{', '[', ']'])
            && !message.contains("  ")
            && !message.contains(" .")
            && !message.is_empty();
        // What is to be bought is told by its name, an amount as people say it, and of a request nothing as it is written
        // there.
        let in_words = matches!(told.kind, RemedyKind::Renew | RemedyKind::Buy | RemedyKind::AddQuantity);
        let is_written = |part: &str| part.contains(['T', '.', '_']) && message.contains(part);
        let says_value = match concerns_request {
            true => !is_written(&told.value) && !is_written(told.field),
            false => in_words || message.contains(&told.value),
        };
        prop_assert!(is_whole && says_value, "{}", message);
    }
    Ok(())
}

/// Applies the remedy and looks at the same item again, or at the one that was bought.
fn removes_reason(
    contract: &Contract,
    query: &Query<'static>,
    place: Option<&Place>,
    told: &Told,
) -> Result<(), TestCaseError> {
    let (mut changed, mut asked, mut next) = (contract.clone(), query.clone(), told.clone());
    for _ in 0..MOST_STEPS {
        if next.kind == RemedyKind::None && is_sold_out(&changed, place, &next) {
            return Ok(());
        }
        if next.kind == RemedyKind::None {
            prop_assert!(UNREMOVABLE.contains(&next.code.as_str()), "{:?}", next);
            prop_assert!(is_excluded_everywhere(contract), "{:?}", next);
            return Ok(());
        }
        // What is bought for other hours is worked by the zone that is agreed with it, which no remedy chooses.
        if next.kind == RemedyKind::Buy && service(query.service_id).extended_by.as_ref() == Some(&next.value) {
            return Ok(());
        }
        let bought = apply(&mut changed, &mut asked, place, &next);
        let delivery = &asked.delivery;
        prop_assert!(delivery.window().is_none_or(|(start, end)| start <= end), "{:?} {:?}", next, delivery);
        let prepared = prepared(&changed);
        let places = [bought.as_ref(), place.filter(|_| next.kind != RemedyKind::Buy || bought.is_none())];
        let found: Vec<_> = places.into_iter().flatten().map(|place| reasons_of(&prepared, &asked, place)).collect();
        prop_assert!(!found.is_empty(), "{:?}", next);
        // A fact that was filled in may not suit; an event asked for in the place of a planned one
        // is yet to be confirmed.
        let is_other_way = |other: &Told| told.is_open != other.is_open && (told.is_open || told.code == "AEM_NOTICE");
        let is_same = |other: &&Told| other.code == told.code && other.scope == told.scope && !is_other_way(other);
        let left: Vec<_> = found.iter().map(|told| told.iter().find(is_same).cloned()).collect();
        if left.iter().any(Option::is_none) {
            return Ok(());
        }
        let left = left.into_iter().flatten().next_back().unwrap();
        prop_assert!(IN_STEPS.contains(&told.code.as_str()), "{next:?}\nleaves {left:?}\n{asked:?}");
        prop_assert_ne!(&left, &next, "nothing has changed");
        next = left;
    }
    prop_assert!(false, "{:?} goes on and on", told);
    Ok(())
}

fn reasons_of(prepared: &Prepared, query: &Query<'static>, (order, item): &Place) -> Vec<Told> {
    let resolved = ResolvedQuery::new(prepared, &AS_BOUGHT, query).unwrap();
    let at = query.check_time.unwrap();
    let mut contexts = resolved.contexts(at);
    let mut context = contexts.find(|it| (&it.order.work_order_id, &it.item.item_id) == (order, item)).unwrap();
    let evaluation = evaluate(&mut context, &Pool::new(&resolved, at));
    let told = context.service.clauses.iter().filter_map(|used| {
        let is_open = evaluation.open & used.bit() != 0;
        let clause = &context.edition.clauses[usize::from(used.row)];
        (is_open || evaluation.failed & used.bit() != 0)
            .then(|| Told::of(&reason(&context, used, clause, is_open), is_open))
    });
    told.collect()
}

/// Whether the order carries as much of the service as it may, or nearly.
fn is_sold_out(contract: &Contract, place: Option<&Place>, told: &Told) -> bool {
    let (order_id, item_id) = place.unwrap();
    let order = contract.work_orders.iter().find(|order| order.work_order_id == *order_id).unwrap();
    let item = order.items.iter().find(|item| item.item_id == *item_id).unwrap();
    told.code == "QUANTITY_EXHAUSTED" && service(&item.service_id).purchase.most_on(order).is_some()
}

fn is_excluded_everywhere(contract: &Contract) -> bool {
    let designated = contract.work_orders.iter().flat_map(WorkOrder::designated_locations);
    designated.collect::<BTreeSet<_>>().into_iter().all(|id| ["jp-tokyo", "kr-seoul"].contains(&id))
}
