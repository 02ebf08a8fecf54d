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
const NEVER: i64 = i64::MAX;

fn hour(number: usize) -> DateTime<Utc> {
    at("2026-03-01T00:00:00Z") + TimeDelta::hours(number as i64)
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
        1 => at().prop_map(|at| Step::Terminate { at }),
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

/// From the hour on, up to where the field changes anyway. An order that has ended is suspended no more.
fn set(hours: &mut [Fields], at: usize, field: &str, value: i64) {
    let before = hours[at][field];
    for hour in &mut hours[at..] {
        if hour[field] != before || (field == "suspended" && hour["end"] != NEVER) {
            break;
        }
        hour.insert(field.to_owned(), value);
    }
}

/// Whether the step is allowed; the hours as they are then.
fn model(hours: &mut [Fields], step: &Step) -> bool {
    let (Step::Amend { at, .. }
    | Step::Suspend { at }
    | Step::Resume { at }
    | Step::Record { at, .. }
    | Step::Revoke { at, .. }
    | Step::Terminate { at }) = step;
    let now = hours[*at].clone();
    if now["end"] != NEVER {
        // To amend it to what it is changes nothing.
        let is = |field: &str, value: &Option<i64>| value.is_none_or(|value| now[field] == value);
        return matches!(step, Step::Amend { allowance, price, .. } if is("allowance", allowance) && is("price", price));
    }
    match step {
        Step::Terminate { at } => {
            for fields in &mut hours[*at..] {
                fields.insert("end".to_owned(), hour(*at).timestamp());
                fields.insert("suspended".to_owned(), 0);
            }
            true
        }
        Step::Amend { at, allowance, price } => {
            for (field, value) in [("allowance", allowance), ("price", price)] {
                value.iter().for_each(|value| set(hours, *at, field, *value));
            }
            true
        }
        Step::Suspend { at } | Step::Resume { at } => {
            let to = i64::from(matches!(step, Step::Suspend { .. }));
            let is_allowed = hours[*at]["suspended"] != to;
            if is_allowed {
                set(hours, *at, "suspended", to);
            }
            // What serves again is known to end.
            let end = hours[*at..].iter().map(|hour| hour["end"]).find(|end| *end != NEVER);
            if let (true, 0, Some(end)) = (is_allowed, to, end) {
                let serves = |hour: &&mut Fields| hour["end"] == NEVER && hour["suspended"] == 0;
                for hour in hours[*at..].iter_mut().filter(serves) {
                    hour.insert("end".to_owned(), end);
                }
            }
            is_allowed
        }
        Step::Record { at, reference } => {
            set(hours, *at, &reference.to_string(), 1);
            true
        }
        Step::Revoke { at, reference } => {
            let is_allowed = hours[*at][&reference.to_string()] == 1;
            if is_allowed {
                set(hours, *at, &reference.to_string(), 0);
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
            for (number, expected) in hours.iter().enumerate() {
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
