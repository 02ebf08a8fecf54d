//! Many items of one service, which begin, end, run out and are waived at different times.

use std::collections::HashMap;

use chrono::TimeDelta;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::contracts::{SPECIAL, a_contract_of, an_instant, an_item, fitting};
use super::edition;
use crate::model::{Balance, Balances, Contract, Item, Release, block_id};

/// A contract, what is left of its blocks, and the service most of it is about.
pub(super) type Crowd = (Contract, Balances, &'static str);

pub(super) fn a_crowd() -> impl Strategy<Value = Crowd> {
    let others =
        ["services-insights-for-developers", "reactive-support-management-add-on", "problem-resolution-support"];
    a_crowd_of(select(SPECIAL.into_iter().chain(others).collect::<Vec<_>>()))
}

pub(super) fn a_crowd_of(services: impl Strategy<Value = &'static str>) -> impl Strategy<Value = Crowd> {
    (services, a_contract_of(vec(an_item(), 0..12)), vec(a_balance(), 1..20)).prop_map(
        |(service_id, mut contract, balances)| {
            let items = contract.work_orders.iter_mut().flat_map(|order| &mut order.items);
            // Every seventh stays what it is; nobody buys what comes with the base package.
            let alike = items.filter(|item| item.service_id != edition().base_package).enumerate();
            let is_sold = service_id != "problem-resolution-support";
            alike.filter(|(row, _)| is_sold && row % 7 != 6).for_each(|(_, item)| make(item, service_id));
            let balances = balances_of(&contract, &balances);
            (contract, balances, service_id)
        },
    )
}

fn make(item: &mut Item, service_id: &str) {
    item.service_id = service_id.to_owned();
    item.quantity = item.quantity.map(|quantity| fitting(service_id, quantity));
}

/// Used, reserved and when how much of that is given back, in parts of what is granted.
type DrawnBalance = (Option<u8>, u8, Option<(chrono::DateTime<chrono::Utc>, u8)>);

fn a_balance() -> impl Strategy<Value = DrawnBalance> {
    let release = proptest::option::of((an_instant(), 0..8u8));
    (proptest::option::of(0..8u8), 0..8u8, release)
}

/// Some blocks keep to what was bought of them.
fn balances_of(contract: &Contract, parts: &[DrawnBalance]) -> Balances {
    let mut balances = HashMap::new();
    let items = contract.work_orders.iter().flat_map(|order| order.items.iter().map(move |item| (order, item)));
    for ((order, item), (used, reserved, release)) in items.zip(parts.iter().cycle()) {
        let granted = item.quantity.and_then(crate::model::Quantity::in_base_unit).unwrap_or(1);
        let part = |eighths: u8| granted / 8 * i64::from(eighths);
        let Some(used) = used else { continue };
        let release = release.map(|(at, eighths)| Release { at: at + TimeDelta::hours(7), amount: part(eighths) });
        let id = block_id("acme", &order.work_order_id, &item.item_id, &item.service_id);
        balances.insert(
            id,
            Balance { granted, used: part(*used), reserved: part(*reserved), release, ..Balance::default() },
        );
    }
    balances
}

/// The service most of it is about, or another one that is there.
pub(super) fn asked<'a>(service_id: &'a str, services: &[&'a str], pick: Index) -> &'a str {
    if pick.index(4) > 0 || services.is_empty() { service_id } else { services[pick.index(services.len())] }
}
