//! What any answer is, whatever the contract: total, the same each time, and never better for
//! having bought less.

use proptest::prelude::*;
use proptest::sample::Index;

use super::contracts::{LOCATIONS, a_contract, an_instant, services_of};
use super::questions::{details, question};
use super::{answer, edition, prepared, service};
use crate::catalog::{LocationRule, Rule, ZoneRule};
use crate::engine::{ListQuery, rows};
use crate::model::{Contract, Item, WorkOrder, start_of_day};

proptest! {
    #[test]
    fn every_question_has_an_answer(contract in a_contract(), details in details(), at in an_instant()) {
        let prepared = prepared(&contract);
        for (location, ..) in *LOCATIONS {
            for service in &edition().services {
                answer(&prepared, &question(location, &service.id, &details, at));
            }
        }
    }

    #[test]
    fn a_list_has_a_row_for_every_check(contract in a_contract(), details in details(), at in an_instant()) {
        let prepared = prepared(&contract);
        let query = ListQuery { product: details.product, check_time: Some(at), ..ListQuery::default() };
        let mut rows = rows(&prepared, &query).into_iter();
        for (location, ..) in *LOCATIONS {
            for service in &edition().services {
                let row = rows.next().unwrap();
                prop_assert_eq!((row.location_id, row.service_id), (location, service.id.as_str()));
                let bare = crate::engine::Query { product: details.product, ..Default::default() };
                let checked = answer(&prepared, &question(location, &service.id, &bare, at));
                prop_assert_eq!(answer(&prepared, &row.question(&query)), checked);
            }
        }
        prop_assert_eq!(rows.next(), None);
    }

    #[test]
    fn the_order_of_the_document_does_not_matter(
        contract in a_contract(), turn in any::<Index>(), details in details(), at in an_instant(),
    ) {
        let mut other = contract.clone();
        for order in &mut other.work_orders {
            let places = order.items.len().max(1);
            order.items.rotate_left(turn.index(places));
            order.downstream_location_ids.reverse();
        }
        other.work_orders.reverse();
        other.customer.locations.rotate_left(turn.index(LOCATIONS.len()));
        let (one, again, other) = (prepared(&contract), prepared(&contract), prepared(&other));
        for (location, ..) in *LOCATIONS {
            for service in services_of(&contract) {
                let asked = question(location, service, &details, at);
                let answer_one = answer(&one, &asked);
                prop_assert_eq!(&answer_one, &answer(&again, &asked));
                prop_assert_eq!(&answer_one, &answer(&other, &asked), "{} at {}", service, location);
            }
        }
    }

    /// Taking away an item, or an order no other one names, never makes an answer better. The
    /// rules make three exceptions, and there are no others:
    ///
    /// 1. *What ended is not revived*, so a base that has ended keeps every later one from
    ///    covering. Without it the later base is the first: see [`ended_cover`].
    /// 2. A technology advisor is refused for the customer's having locations in several
    ///    countries: taking the other countries' order away lifts that.
    /// 3. Unified Enhanced Response serves from the host of *its* base, and service delivery management keeps
    ///    the hours of that host. Without that base both lean on another one.
    #[test]
    fn buying_less_never_entitles_to_more(
        contract in a_contract(), pick in any::<Index>(), whole in any::<bool>(), details in details(), at in an_instant(),
    ) {
        let places = places(&contract, |_| true);
        let Some((row, item)) = picked(&places, pick) else { return Ok(()) };
        let mut less = contract.clone();
        let order = &contract.work_orders[row];
        let is_named = contract.work_orders.iter().any(|other| other.base_work_order_id.as_ref() == Some(&order.work_order_id));
        let takes_order = whole && !is_named;
        if takes_order {
            less.work_orders.remove(row);
        } else {
            less.work_orders[row].items.remove(item);
        }
        let takes_cover = takes_order || order.items[item].service_id == edition().base_package;
        let loses_base = carries_base(order) && !less.work_orders.get(row).is_some_and(|left| !takes_order && carries_base(left));
        let (before, after) = (prepared(&contract), prepared(&less));
        for service_id in services_of(&contract) {
            let is_subject = |rule| service(service_id).clauses.iter().any(|clause| clause.rule == rule);
            let is_revived = takes_cover && is_subject(Rule::BaseAgreement) && ended_cover(&contract, order, at);
            let one_country_left = is_subject(Rule::ExcludedCountry) && takes_order;
            let hours = service(service_id).service_hours.as_ref();
            let leans_on_host = service(service_id).location_rule == LocationRule::HostServesAll
                || hours.is_some_and(|hours| hours.zone == ZoneRule::Host);
            let reaches_more = (loses_base || takes_cover) && leans_on_host;
            if is_revived || one_country_left || reaches_more {
                continue;
            }
            for (location, ..) in *LOCATIONS {
                let asked = question(location, service_id, &details, at);
                let ((had, _), (has, _)) = (answer(&before, &asked), answer(&after, &asked));
                prop_assert!(has.outcome <= had.outcome, "{service_id} at {location}\n{had:#?}\n{has:#?}");
            }
        }
    }
}

/// Rows of an order and of one of its items.
pub(super) fn places(contract: &Contract, is_wanted: impl Fn(&Item) -> bool) -> Vec<(usize, usize)> {
    let orders = contract.work_orders.iter().enumerate();
    let places = orders.flat_map(|(row, order)| order.items.iter().enumerate().map(move |(item, it)| (row, item, it)));
    places.filter(|(.., item)| is_wanted(item)).map(|(row, item, _)| (row, item)).collect()
}

pub(super) fn picked(places: &[(usize, usize)], pick: Index) -> Option<(usize, usize)> {
    (!places.is_empty()).then(|| *pick.get(places))
}

pub(super) fn carries_base(order: &WorkOrder) -> bool {
    order.items.iter().any(|item| item.service_id == edition().base_package)
}

/// Whether the order is a base or extends one, and some of that cover has ended by then.
pub(super) fn ended_cover(contract: &Contract, order: &WorkOrder, at: chrono::DateTime<chrono::Utc>) -> bool {
    let is_or_names = |one: &WorkOrder, other: &WorkOrder| {
        one.work_order_id == other.work_order_id || one.base_work_order_id.as_ref() == Some(&other.work_order_id)
    };
    let mut linked = contract.work_orders.iter().filter(|other| is_or_names(order, other) || is_or_names(other, order));
    linked.any(|other| end_of(contract, other) <= at)
}

/// The end of the order, by its last day or by termination.
pub(super) fn end_of(contract: &Contract, order: &WorkOrder) -> chrono::DateTime<chrono::Utc> {
    let host = contract.customer.location(&order.host_location_id).unwrap();
    let end = start_of_day(host.time_zone, order.end_date.succ_opt().unwrap());
    order.terminate_time.map_or(end, |time| time.min(end))
}
