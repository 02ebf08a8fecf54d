//! An answer is good until `valid_until`, and not a moment longer.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, Months, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::sample::Index;

use super::contracts::{LOCATIONS, a_contract, an_instant, services_of};
use super::questions::{details, question};
use super::{answer, prepared};
use crate::model::{Contract, LATEST, start_of_day};

proptest! {
    /// Hops from one `valid_until` to the next: each is another answer, nothing changes in
    /// between, and after the last hop nothing ever changes again.
    #[test]
    fn an_answer_is_good_until_it_says(
        mut contract in a_contract(), details in details(), from in an_instant(), picks in any::<(Index, Index)>(),
        is_old in any::<[bool; 5]>(),
    ) {
        // Contract years end in the days in question.
        for (order, _) in contract.work_orders.iter_mut().zip(is_old).filter(|(_, is_old)| *is_old) {
            order.start_date = order.start_date - Days::new(350);
        }
        let prepared = prepared(&contract);
        let moments = moments(&contract);
        let services: Vec<_> = services_of(&contract).into_iter().collect();
        let (location, ..) = LOCATIONS[picks.0.index(LOCATIONS.len())];
        let service = services[picks.1.index(services.len())];
        let ask = |at| answer(&prepared, &question(location, service, &details, at));
        let mut at = from;
        loop {
            let (now, until) = ask(at);
            let end = until.unwrap_or(LATEST);
            let between = moments.range(at..end).copied().chain([end - TimeDelta::microseconds(1), at + (end - at) / 2]);
            for moment in between {
                prop_assert_eq!(&ask(moment).0, &now, "{} at {}: {} is like {}", service, location, moment, at);
                prop_assert_eq!(ask(moment).1, until, "{} at {}: {} like {}", service, location, moment, at);
            }
            let Some(end) = until else { break };
            prop_assert_ne!(ask(end).0, now, "{} at {}: {} is unlike {}", service, location, end, at);
            at = end;
        }
    }
}

/// Whatever instant the contract names, in every zone, and instants far away.
fn moments(contract: &Contract) -> BTreeSet<DateTime<Utc>> {
    let mut dates: BTreeSet<NaiveDate> = BTreeSet::new();
    let mut moments = BTreeSet::new();
    for order in &contract.work_orders {
        dates.extend([order.start_date, order.start_date + Months::new(12), order.end_date]);
        moments.extend(order.terminate_time);
        for item in &order.items {
            dates.extend(item.start_date.into_iter().chain(item.end_date));
            dates.extend(item.waivers.iter().flat_map(|waiver| waiver.start_date.into_iter().chain(waiver.end_date)));
            moments.extend(item.events.iter().flat_map(|event| [event.start_time, event.end_time]));
        }
    }
    for date in dates {
        for (.., zone) in *LOCATIONS {
            moments.extend([date, date + Days::new(1)].map(|date| start_of_day(zone, date)));
        }
    }
    moments.extend((1..40).map(|years| LATEST - TimeDelta::days(years * 73_000)));
    moments
}
