//! Random life cycles. The model keeps the value of each field at each hour, and knows nothing of documents, periods and
//! versions.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::super::{ContractCommand, Document, NewVersion, Period};
use super::*;

const HOURS: usize = 12;
/// The hour that is now.
const PRESENT: usize = 6;
const NEVER: i64 = i64::MAX;

fn hour(number: usize) -> DateTime<Utc> {
    at(NOW) + TimeDelta::hours(number as i64 - PRESENT as i64)
}

#[derive(Debug, Clone)]
enum Step {
    /// Sets these of the fields.
    Amend {
        at: usize,
        allowance: Option<i64>,
        price: Option<i64>,
    },
    Suspend {
        at: usize,
    },
    Resume {
        at: usize,
    },
    Record {
        at: usize,
        reference: usize,
    },
    Revoke {
        at: usize,
        reference: usize,
    },
    Terminate {
        at: usize,
    },
    /// Amends it to have no planned end.
    Withdraw {
        at: usize,
    },
}

fn a_step() -> impl Strategy<Value = Step> {
    let at = || 0..HOURS;
    prop_oneof![
        3 => (at(), option::of(0..4i64), option::of(0..4i64))
            .prop_map(|(at, allowance, price)| Step::Amend { at, allowance, price }),
        2 => at().prop_map(|at| Step::Suspend { at }),
        2 => at().prop_map(|at| Step::Resume { at }),
        2 => (at(), 0..2usize).prop_map(|(at, reference)| Step::Record { at, reference }),
        2 => (at(), 0..2usize).prop_map(|(at, reference)| Step::Revoke { at, reference }),
        2 => at().prop_map(|at| Step::Terminate { at }),
        1 => at().prop_map(|at| Step::Withdraw { at }),
    ]
}

/// The fields of the order, by name; a waiver is there or not.
type Fields = BTreeMap<String, i64>;

fn fields(order: &WorkOrder) -> Fields {
    let item = &order.items[0];
    let has = |reference: usize| item.waivers.iter().any(|waiver| waiver.reference == reference.to_string());
    BTreeMap::from([
        ("allowance".to_owned(), order.flex_allowance.unwrap_or_default()),
        ("price".to_owned(), item.unit_price.unwrap_or_default()),
        ("suspended".to_owned(), i64::from(order.state == WorkOrderState::Suspended)),
        ("end".to_owned(), order.terminate_time.map_or(NEVER, |end| end.timestamp())),
        ("0".to_owned(), i64::from(has(0))),
        ("1".to_owned(), i64::from(has(1))),
    ])
}

/// From the hour on, up to where the field changes anyway.
fn set(hours: &mut [Fields], at: usize, field: &str, value: i64) {
    let before = hours[at][field];
    for hour in hours[at..].iter_mut().take_while(|hour| hour[field] == before) {
        hour.insert(field.to_owned(), value);
    }
}

fn has_ended(hours: &[Fields], at: usize) -> bool {
    hours[at]["end"] <= hour(at).timestamp()
}

/// The hour as a document tells it: what is held says nothing of its end, and what has ended is not held.
fn seen(hours: &[Fields], at: usize) -> Fields {
    let mut seen = hours[at].clone();
    let hides = if has_ended(hours, at) || seen["suspended"] == 0 { ("suspended", 0) } else { ("end", NEVER) };
    seen.insert(hides.0.to_owned(), hides.1);
    seen
}

/// What documents do not tell follows from those around: what is held ends as what comes next, and what has ended was held
/// if it was before.
fn forget(hours: &mut [Fields]) {
    for at in (0..HOURS).rev() {
        if !has_ended(hours, at) && hours[at]["suspended"] == 1 {
            let end = hours.get(at + 1).map_or(NEVER, |next| next["end"]);
            hours[at].insert("end".to_owned(), end);
        }
    }
    for at in 0..HOURS {
        if has_ended(hours, at) {
            let held = at.checked_sub(1).map_or(0, |before| hours[before]["suspended"]);
            hours[at].insert("suspended".to_owned(), held);
        }
    }
}

/// Whether the step is allowed; the hours as they are then.
fn model(hours: &mut [Fields], step: &Step) -> bool {
    forget(hours);
    let at = match step {
        // An end is known from now on, or from then on.
        Step::Terminate { at } => (*at).min(PRESENT),
        Step::Amend { at, .. }
        | Step::Suspend { at }
        | Step::Resume { at }
        | Step::Record { at, .. }
        | Step::Revoke { at, .. }
        | Step::Withdraw { at } => *at,
    };
    if has_ended(hours, at) {
        // To amend it to what it is changes nothing.
        let is = |field: &str, value: &Option<i64>| value.is_none_or(|value| hours[at][field] == value);
        return matches!(step, Step::Amend { allowance, price, .. } if is("allowance", allowance) && is("price", price));
    }
    let is_held = hours[at]["suspended"] == 1;
    match step {
        Step::Terminate { at: end } => {
            for fields in &mut hours[at..] {
                fields.insert("end".to_owned(), hour(*end).timestamp());
            }
            true
        }
        Step::Withdraw { .. } => {
            if !is_held {
                set(hours, at, "end", NEVER);
            }
            !is_held
        }
        Step::Amend { allowance, price, .. } => {
            for (field, value) in [("allowance", allowance), ("price", price)] {
                value.iter().for_each(|value| set(hours, at, field, *value));
            }
            true
        }
        Step::Suspend { .. } | Step::Resume { .. } => {
            let is_allowed = is_held == matches!(step, Step::Resume { .. });
            if is_allowed {
                set(hours, at, "suspended", i64::from(!is_held));
            }
            is_allowed
        }
        Step::Record { reference, .. } => {
            set(hours, at, &reference.to_string(), 1);
            true
        }
        Step::Revoke { reference, .. } => {
            let is_allowed = hours[at][&reference.to_string()] == 1;
            if is_allowed {
                set(hours, at, &reference.to_string(), 0);
            }
            is_allowed
        }
    }
}

fn command(timeline: &Timeline, step: &Step) -> ContractCommand {
    let change = |at: usize| OrderChange { effective_time: Some(hour(at)), ..change(None) };
    let item_id = || "hours".to_owned();
    match step {
        Step::Amend { at, allowance, price } => {
            let mut work_order = timeline.at(Some(hour(*at))).work_orders[0].clone();
            work_order.flex_allowance = allowance.or(work_order.flex_allowance);
            work_order.items[0].unit_price = price.or(work_order.items[0].unit_price);
            ContractCommand::AmendWorkOrder { work_order, change: change(*at), force_reason: String::new() }
        }
        Step::Withdraw { at } => {
            let stored = timeline.at(Some(hour(*at))).work_orders[0].clone();
            let work_order = WorkOrder { state: WorkOrderState::Active, terminate_time: None, ..stored };
            ContractCommand::AmendWorkOrder { work_order, change: change(*at), force_reason: String::new() }
        }
        Step::Suspend { at } => ContractCommand::SuspendWorkOrder { change: change(*at), reason: String::new() },
        Step::Resume { at } => ContractCommand::ResumeWorkOrder { change: change(*at) },
        Step::Terminate { at } => ContractCommand::TerminateWorkOrder { change: change(*at), reason: String::new() },
        Step::Record { at, reference } => ContractCommand::RecordWaiver {
            change: change(*at),
            item_id: item_id(),
            waiver: waiver(&reference.to_string()),
        },
        Step::Revoke { at, reference } => ContractCommand::RevokeWaiver {
            change: change(*at),
            item_id: item_id(),
            code: "ONSITE_NOT_INCLUDED".to_owned(),
            reference: reference.to_string(),
        },
    }
}

/// The contract that recorded versions make: at each instant the newest one in effect.
fn of_versions(recorded: &[NewVersion]) -> Timeline {
    let mut begins: Vec<_> = recorded.iter().map(|version| version.effective_time).collect();
    begins.sort();
    begins.dedup();
    let newest = |from| recorded.iter().rev().find(|version| version.effective_time <= from);
    let periods = begins.into_iter().map(|from| match &newest(from).unwrap().document {
        Document::WorkOrder(order) => Period { from, contract: contract(vec![order.clone()]) },
        Document::Customer(customer) => panic!("no step changes {}", customer.customer_id),
    });
    Timeline::new(periods.collect()).unwrap()
}

proptest! {
    #[test]
    fn a_life_is_what_its_versions_say(steps in vec(a_step(), 1..12)) {
        let first = order("wo-1");
        let mut hours = vec![fields(&first); HOURS];
        let mut recorded = vec![NewVersion { effective_time: None, document: Document::WorkOrder(first) }];
        for step in &steps {
            let timeline = of_versions(&recorded);
            let plan = planned(&command(&timeline, step), &timeline);
            let is_allowed = model(&mut hours, step);
            prop_assert_eq!(plan.refusal.is_none(), is_allowed, "{:?}: {:?}", step, plan.refusal);
            if is_allowed {
                prop_assert_eq!(plan.is_empty(), plan.versions.is_empty(), "{:?}", step);
                recorded.extend(plan.versions.clone());
            }
            let timeline = of_versions(&recorded);
            for number in 0..HOURS {
                let expected = &seen(&hours, number);
                let found = fields(&timeline.at(Some(hour(number))).work_orders[0]);
                prop_assert_eq!(&found, expected, "at {} after {:?}", number, step);
                // The plan says the same of the time from its change on.
                if is_allowed && hour(number) >= plan.as_of {
                    prop_assert_eq!(&fields(&plan.timeline.at(Some(hour(number))).work_orders[0]), expected);
                }
            }
        }
    }
}
