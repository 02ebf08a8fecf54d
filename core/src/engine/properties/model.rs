//! The rules of term, state, base and location once more: straight from their wording, slowly,
//! by looking at one moment after the other.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, Utc};
use proptest::prelude::*;
use proptest::sample::Index;

use super::contracts::{LOCATIONS, a_contract, an_instant, day};
use super::laws::carries_base;
use super::{answer, edition, prepared, service};
use crate::catalog::{LocationRule, Rule};
use crate::engine::Query;
use crate::model::{Contract, Item, Location, WorkOrder, WorkOrderState, day_of, start_of_day};

/// The codes the model has an opinion on.
const CODES: [&str; 11] = [
    "BASE_AGREEMENT_REQUIRED",
    "WORK_ORDER_NOT_STARTED",
    "WORK_ORDER_EXPIRED",
    "WORK_ORDER_TERMINATED",
    "WORK_ORDER_DRAFT",
    "WORK_ORDER_SUSPENDED",
    "BASE_AGREEMENT_EXPIRED",
    "BASE_AGREEMENT_TERMINATED",
    "LOCATION_NOT_DESIGNATED",
    "SINGLE_LOCATION_ONLY",
    "EXCLUDED_COUNTRY",
];

proptest! {
    #[test]
    fn a_naive_reading_comes_to_the_same_codes(contract in a_contract(), at in an_instant(), pick in any::<Index>()) {
        let moments = moments(&contract);
        for order in &contract.work_orders {
            for item in &order.items {
                let alone = with_only(&contract, order, item);
                let prepared = prepared(&alone);
                let base_service = ["webcasts", "advisory-support"][pick.index(2)];
                let asked = if is_base(item) { base_service } else { service(&item.service_id).id.as_str() };
                for (location, ..) in *LOCATIONS {
                    let query = Query { location_id: location, service_id: asked, check_time: Some(at), ..Query::default() };
                    let (told, _) = answer(&prepared, &query);
                    let told: BTreeSet<_> = told.codes.iter().map(String::as_str).filter(|code| CODES.contains(code)).collect();
                    let is_extended = service(asked).location_rule == LocationRule::HostServesAll;
                    let place = place(&alone, location);
                    let model = ContractModel { contract: &alone, moments: &moments, order, item, location: place, is_extended };
                    prop_assert_eq!(told, model.codes(service(asked), at), "{} for {} at {}", item.item_id, asked, location);
                }
            }
        }
    }
}

/// The contract without what else could answer in the item's place.
fn with_only(contract: &Contract, order: &WorkOrder, item: &Item) -> Contract {
    let mut alone = contract.clone();
    for other in &mut alone.work_orders {
        let is_its_order = other.work_order_id == order.work_order_id;
        other
            .items
            .retain(|other| other.service_id != item.service_id || is_its_order && other.item_id == item.item_id);
    }
    alone
}

fn is_base(item: &Item) -> bool {
    item.service_id == edition().base_package
}

/// Every instant at which anything begins or ends: days begin in all zones.
fn moments(contract: &Contract) -> BTreeSet<DateTime<Utc>> {
    let days = (0..75).map(|number| day(number).checked_sub_days(Days::new(5)).unwrap());
    let starts = days.flat_map(|date| LOCATIONS.map(|(.., zone)| start_of_day(zone, date)));
    starts.chain(contract.work_orders.iter().filter_map(|order| order.terminate_time)).collect()
}

fn place<'a>(contract: &'a Contract, location_id: &str) -> &'a Location {
    contract.customer.location(location_id).unwrap()
}

struct ContractModel<'a> {
    contract: &'a Contract,
    moments: &'a BTreeSet<DateTime<Utc>>,
    order: &'a WorkOrder,
    item: &'a Item,
    location: &'a Location,
    /// Whether orders that extend a base extend it for the service.
    is_extended: bool,
}

impl ContractModel<'_> {
    fn codes(&self, service: &crate::catalog::Service, at: DateTime<Utc>) -> BTreeSet<&'static str> {
        let state = match self.order.state {
            WorkOrderState::Draft => Some("WORK_ORDER_DRAFT"),
            WorkOrderState::Suspended => Some("WORK_ORDER_SUSPENDED"),
            WorkOrderState::Active | WorkOrderState::Terminated => None,
        };
        let mut codes: BTreeSet<_> = self.term(at).into_iter().chain(state).collect();
        if !service.is_base() && !carries_base(self.order) {
            codes.extend(self.base(at));
        }
        if !self.designates(service.location_rule, at) {
            codes.insert("LOCATION_NOT_DESIGNATED");
        }
        let is_subject = |rule| service.clauses.iter().any(|clause| clause.rule == rule);
        if is_subject(Rule::SingleLocation) && (self.item.all_locations || self.item.location_ids.len() != 1) {
            codes.insert("SINGLE_LOCATION_ONLY");
        }
        if is_subject(Rule::ExcludedCountry) && is_excluded(self.location) && self.is_multi_country(at) {
            codes.insert("EXCLUDED_COUNTRY");
        }
        codes
    }

    fn date(&self, order: &WorkOrder, at: DateTime<Utc>) -> NaiveDate {
        day_of(place(self.contract, &order.host_location_id).time_zone, at)
    }

    /// Whichever ended first names it, the order before the item; expiry before termination.
    fn term(&self, at: DateTime<Utc>) -> Option<&'static str> {
        let moments = self.moments.range(..=at).copied().chain([at]);
        for moment in moments {
            let date = self.date(self.order, moment);
            if date > self.order.end_date {
                return Some("WORK_ORDER_EXPIRED");
            }
            if self.order.terminate_time.is_some_and(|time| moment >= time) {
                return Some("WORK_ORDER_TERMINATED");
            }
            if self.item.end_date.is_some_and(|end| date > end) {
                return Some("WORK_ORDER_EXPIRED");
            }
        }
        let has_started = |start| self.date(self.order, at) >= start;
        let is_early =
            !has_started(self.order.start_date) || self.item.start_date.is_some_and(|start| !has_started(start));
        is_early.then_some("WORK_ORDER_NOT_STARTED")
    }

    /// Walks from the item's start to the first cover, and on to where it breaks.
    fn base(&self, at: DateTime<Utc>) -> Option<&'static str> {
        let start = self.start();
        let at = at.max(start);
        let mut last_cover: Option<DateTime<Utc>> = None;
        for moment in self.moments.range(start..=at).copied().chain([at]) {
            match (self.bases(moment).is_empty(), last_cover) {
                (false, _) => last_cover = Some(moment),
                (true, Some(covered)) => return Some(self.end_of_cover(covered, moment)),
                (true, None) => {}
            }
        }
        if last_cover.is_some() {
            return None;
        }
        let before = self.moments.range(..start).rev().find(|moment| !self.bases(**moment).is_empty());
        Some(before.map_or("BASE_AGREEMENT_REQUIRED", |covered| {
            let end = self.moments.range(..=start).find(|moment| *moment > covered).unwrap();
            self.end_of_cover(*covered, *end)
        }))
    }

    /// The first moment of the item.
    fn start(&self) -> DateTime<Utc> {
        let first_day = self.order.start_date.max(self.item.start_date.unwrap_or(NaiveDate::MIN));
        *self.moments.iter().find(|moment| self.date(self.order, **moment) >= first_day).unwrap()
    }

    fn end_of_cover(&self, covered: DateTime<Utc>, end: DateTime<Utc>) -> &'static str {
        let has_expired = |order: &WorkOrder| self.date(order, end) > order.end_date;
        let mut bases = self.bases(covered).into_iter();
        let is_expiry = bases.any(|base| {
            // Either the base itself is over, or every order that extended it to here.
            if self.is_in_force(base, end) {
                let extending = |order: &&WorkOrder| self.extends(order, base, covered);
                self.contract.work_orders.iter().filter(extending).any(has_expired)
            } else {
                has_expired(base)
            }
        });
        if is_expiry { "BASE_AGREEMENT_EXPIRED" } else { "BASE_AGREEMENT_TERMINATED" }
    }

    /// The bases the item can lean on at that moment.
    fn bases(&self, moment: DateTime<Utc>) -> Vec<&WorkOrder> {
        let named = self.order.base_work_order_id.as_ref();
        let mut bases: Vec<_> = self.contract.work_orders.iter().filter(|base| carries_base(base)).collect();
        bases.retain(|base| self.is_in_force(base, moment));
        bases.retain(|base| match named {
            Some(named) => *named == base.work_order_id,
            None => {
                base.items.iter().any(|item| is_base(item) && self.base_serves(base, item, moment, self.is_extended))
            }
        });
        bases
    }

    fn is_in_force(&self, order: &WorkOrder, at: DateTime<Utc>) -> bool {
        let date = self.date(order, at);
        matches!(order.state, WorkOrderState::Active | WorkOrderState::Terminated)
            && order.start_date <= date
            && date <= order.end_date
            && order.terminate_time.is_none_or(|time| at < time)
    }

    /// An order in an excluded country that names the base brings its locations along.
    fn extends(&self, order: &WorkOrder, base: &WorkOrder, at: DateTime<Utc>) -> bool {
        order.base_work_order_id.as_ref() == Some(&base.work_order_id)
            && is_excluded(place(self.contract, &order.host_location_id))
            && order.designates(&self.location.location_id)
            && self.is_in_force(order, at)
    }

    fn base_serves(&self, order: &WorkOrder, item: &Item, at: DateTime<Utc>, is_extended: bool) -> bool {
        let here = &self.location.location_id;
        if !item.all_locations {
            return item.location_ids.contains(here) && order.designates(here);
        }
        let extends = |other| self.extends(other, order, at);
        order.designates(here) || is_extended && self.contract.work_orders.iter().any(extends)
    }

    fn designates(&self, rule: LocationRule, at: DateTime<Utc>) -> bool {
        let (order, item, here) = (self.order, self.item, &self.location.location_id);
        if is_base(item) {
            // Both contacts stand at the host of the base.
            let is_contacts = rule == LocationRule::ListedOrContact && *here == order.host_location_id;
            return is_contacts || self.base_serves(order, item, at, true);
        }
        let serves =
            |place: &String| (item.all_locations || item.location_ids.contains(place)) && order.designates(place);
        let is_at_host = |base: &WorkOrder| serves(&base.host_location_id);
        if serves(here) || rule != LocationRule::HostServesAll {
            return serves(here);
        }
        let named = || {
            self.contract.work_orders.iter().find(|base| Some(&base.work_order_id) == order.base_work_order_id.as_ref())
        };
        let its = if carries_base(order) { Some(order) } else { named() };
        if carries_base(order) || order.base_work_order_id.is_some() {
            return its.filter(|base| carries_base(base) && is_at_host(base)).is_some_and(|base| {
                let extends = |other| self.extends(other, base, at);
                order.designates(here) || base.designates(here) || self.contract.work_orders.iter().any(extends)
            });
        }
        match self.bases(at.max(self.start())).as_slice() {
            [] => self.moments.iter().flat_map(|moment| self.bases(*moment)).any(is_at_host),
            covering => covering.iter().any(|base| is_at_host(base)),
        }
    }

    fn is_multi_country(&self, at: DateTime<Utc>) -> bool {
        let in_force = self.contract.work_orders.iter().filter(|order| self.is_in_force(order, at));
        let designated = in_force.flat_map(WorkOrder::designated_locations);
        designated.map(|id| &place(self.contract, id).country).collect::<BTreeSet<_>>().len() > 1
    }
}

fn is_excluded(location: &Location) -> bool {
    ["JP", "KR"].contains(&location.country.as_str())
}
