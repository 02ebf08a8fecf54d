//! Each command on both sides of its boundaries, and random life cycles against a dumb model.

mod commands;
mod life;
mod planned;
mod planned_end;
mod renewals;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{ContractCommand, OrderChange, Plan, Refusal, Timeline, plan};
use crate::model::{Contract, Waiver, WorkOrder, WorkOrderState};

/// In the middle of the term of every order here.
const NOW: &str = "2026-06-01T10:00:00Z";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Hosted in London, for the whole of 2026.
fn order(work_order_id: &str) -> WorkOrder {
    serde_json::from_value(json!({
        "work_order_id": work_order_id, "customer_id": "acme", "edition_id": "first",
        "start_date": "2026-01-01", "end_date": "2026-12-31", "host_location_id": "gb-london",
        "covered_products": ["*"], "currency": "GBP", "flex_allowance": 100,
        "items": [{
            "item_id": "hours", "service_id": "engineering", "location_ids": ["gb-london"],
            "quantity": {"amount": 10, "unit": "HOURS"}, "unit_price": 31_000
        }]
    }))
    .unwrap()
}

fn contract(orders: Vec<WorkOrder>) -> Contract {
    let customer = json!({
        "customer_id": "acme", "display_name": "Acme", "locations": [
            {"location_id": "gb-london", "display_name": "London", "country": "GB", "time_zone": "Europe/London"},
            {"location_id": "jp-tokyo", "display_name": "Tokyo", "country": "JP", "time_zone": "Asia/Tokyo"}
        ]
    });
    Contract { customer: serde_json::from_value(customer).unwrap(), work_orders: orders }
}

/// One order in this state.
fn standing(state: WorkOrderState) -> Timeline {
    let terminate_time = (state == WorkOrderState::Terminated).then(|| at("2026-05-01T00:00:00Z"));
    Timeline::of(contract(vec![WorkOrder { state, terminate_time, ..order("wo-1") }]))
}

fn change(effective_time: Option<&str>) -> OrderChange {
    OrderChange {
        customer_id: "acme".to_owned(),
        work_order_id: "wo-1".to_owned(),
        effective_time: effective_time.map(at),
        etag: String::new(),
    }
}

fn waiver(reference: &str) -> Waiver {
    let waiver = json!({"code": "ONSITE_NOT_INCLUDED", "reference": reference});
    serde_json::from_value(waiver).unwrap()
}

fn amend(work_order: WorkOrder, effective_time: Option<&str>) -> ContractCommand {
    ContractCommand::AmendWorkOrder { work_order, change: change(effective_time), force_reason: String::new() }
}

fn planned(command: &ContractCommand, timeline: &Timeline) -> Plan {
    plan(command, Some(timeline), at(NOW)).unwrap().unwrap()
}

/// What a command is refused for, as `field REASON` or `NOUN id`; empty: it is not.
fn refused(command: &ContractCommand, timeline: &Timeline) -> Vec<String> {
    let plan = planned(command, timeline);
    match plan.refusal {
        None => Vec::new(),
        Some(refusal) => told(refusal),
    }
}

fn told(refusal: Refusal) -> Vec<String> {
    match refusal {
        Refusal::Violations(violations) => {
            let one = |violation: crate::violation::Violation| {
                assert!(!violation.description.is_empty() && !violation.description.ends_with('.'));
                format!("{} {}{}", violation.field, if violation.clause { "!" } else { "" }, violation.reason)
            };
            violations.into_iter().map(one).collect()
        }
        Refusal::NotFound { noun, id, nearest } => vec![format!("no {noun} {id}, nearest {nearest:?}")],
        Refusal::Taken { noun, id, fields } => {
            let fields: Vec<_> = fields.iter().map(|difference| difference.field.as_str()).collect();
            vec![format!("{noun} {id} taken in {}", fields.join(", "))]
        }
    }
}

/// The versions to be recorded, as `from: state`.
fn versions(plan: &Plan) -> Vec<String> {
    let one = |version: &super::NewVersion| {
        let from = version.effective_time.map_or("ever".to_owned(), crate::model::rfc3339);
        match &version.document {
            super::Document::Customer(customer) => format!("{from}: {}", customer.display_name),
            super::Document::WorkOrder(order) => format!("{from}: {} {}", order.work_order_id, order.state.as_str()),
        }
    };
    plan.versions.iter().map(one).collect()
}
