//! A longer term never takes anything away.

use chrono::{DateTime, Days, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::sample::Index;

use super::contracts::{LOCATIONS, a_contract, an_instant, services_of};
use super::laws::{carries_base, end_of, ended_cover, picked, places};
use super::questions::{details, question};
use super::{answer, prepared, service};
use crate::catalog::Rule;
use crate::model::{Contract, Funding};

proptest! {
    /// An order or item that ends later never makes an answer worse, with one exception: a base
    /// counts for an item from the item's start on, and what ended then is not revived. A base
    /// that was over before the item began did not matter; one that runs into it, and has ended
    /// by the time of the check, keeps later bases from covering.
    #[test]
    fn a_later_end_takes_nothing_away(
        contract in a_contract(), pick in any::<Index>(), whole in any::<bool>(), days in 1..30u64,
        details in details(), at in an_instant(),
    ) {
        let places = places(&contract, |item| whole || item.end_date.is_some());
        let Some((row, item)) = picked(&places, pick) else { return Ok(()) };
        let mut wider = contract.clone();
        let order = &mut wider.work_orders[row];
        if whole {
            order.end_date = order.end_date + Days::new(days);
            order.terminate_time = order.terminate_time.map(|time| time + TimeDelta::days(days.cast_signed()));
        } else {
            let item = &mut order.items[item];
            item.end_date = item.end_date.map(|end| end + Days::new(days));
        }
        let runs_out_in_between = whole && ended_cover(&wider, &wider.work_orders[row], at);
        never_worse(&contract, &wider, &details, at, |service_id| is_beside_base(service_id) && runs_out_in_between)?;
    }

    /// An order or item that starts earlier never makes an answer worse, with two exceptions:
    ///
    /// 1. An item that leans on no base by name meets more bases, and what ended is not revived.
    /// 2. What the flex allowance paid ends with its contract year, and years are counted from
    ///    the start.
    #[test]
    fn an_earlier_start_takes_nothing_away(
        contract in a_contract(), pick in any::<Index>(), whole in any::<bool>(), days in 1..30u64,
        details in details(), at in an_instant(),
    ) {
        let places = places(&contract, |item| whole || item.start_date.is_some());
        let Some((row, item)) = picked(&places, pick) else { return Ok(()) };
        let mut wider = contract.clone();
        let order = &mut wider.work_orders[row];
        if whole {
            order.start_date = order.start_date - Days::new(days);
        } else {
            let item = &mut order.items[item];
            item.start_date = item.start_date.map(|start| start - Days::new(days));
        }
        let order = &contract.work_orders[row];
        let has_ended = contract.work_orders.iter().any(|other| carries_base(other) && ended_cover(&contract, other, at));
        let leans_on_any = !carries_base(order) && order.base_work_order_id.is_none();
        // A base terminated before it began has never been one, until it begins earlier.
        let becomes_a_base = whole && end_of(&contract, order) <= at;
        let is_paid_by_year = order.items.iter().any(|item| item.funding == Funding::FlexAllowance);
        never_worse(&contract, &wider, &details, at, |service_id| {
            is_beside_base(service_id) && (leans_on_any && has_ended || becomes_a_base || is_paid_by_year)
        })?;
    }
}

fn is_beside_base(service_id: &str) -> bool {
    service(service_id).clauses.iter().any(|clause| clause.rule == Rule::BaseAgreement)
}

fn never_worse(
    contract: &Contract,
    wider: &Contract,
    details: &crate::engine::Query<'static>,
    at: DateTime<Utc>,
    is_excepted: impl Fn(&str) -> bool,
) -> Result<(), TestCaseError> {
    let (before, after) = (prepared(contract), prepared(wider));
    // An excluded country is served while it is the only one in force (2.4): an order elsewhere that lasts longer may end that.
    let becomes_multi_country = before.multi_country_turns() != after.multi_country_turns();
    for service_id in services_of(contract).into_iter().filter(|service_id| !is_excepted(service_id)) {
        for (location, ..) in *LOCATIONS {
            let asked = question(location, service_id, details, at);
            let ((had, _), (has, _)) = (answer(&before, &asked), answer(&after, &asked));
            if becomes_multi_country && has.codes.iter().any(|code| code == "EXCLUDED_COUNTRY") {
                continue;
            }
            prop_assert!(has.outcome >= had.outcome, "{service_id} at {location}\n{had:#?}\n{has:#?}");
        }
    }
    Ok(())
}
