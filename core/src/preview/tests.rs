//! Each effect on both sides of its boundaries.

mod counted;
mod decided;
mod written;

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use serde_json::json;

use super::Change;
use crate::catalog::Catalog;
use crate::contract::{ContractCommand, OrderChange, Plan, Timeline, plan};
use crate::model::{Contract, WorkOrder};

static CATALOG: LazyLock<Arc<Catalog>> = LazyLock::new(|| Arc::new(Catalog::embedded().unwrap()));

/// In the middle of the term of every order here.
const NOW: &str = "2026-06-01T10:00:00Z";
/// When every order ends.
const END: &str = "2027-01-01T00:00:00Z";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Hosted in London, for the whole of 2026.
fn order(work_order_id: &str, items: &serde_json::Value) -> WorkOrder {
    serde_json::from_value(json!({
        "work_order_id": work_order_id, "customer_id": "acme", "edition_id": "unified-enterprise-2023",
        "start_date": "2026-01-01", "end_date": "2026-12-31", "host_location_id": "gb-london",
        "downstream_location_ids": ["gb-leeds"], "covered_products": ["azure/*", "windows-server/*"],
        "currency": "GBP", "items": items,
    }))
    .unwrap()
}

/// The order with the base package.
fn base() -> WorkOrder {
    order("wo-base", &json!([{"item_id": "base", "service_id": "unified-enterprise-base", "all_locations": true}]))
}

/// 10 hours in London and 2 days anywhere, on an order that leans on any base.
fn add_on() -> WorkOrder {
    order(
        "wo-hours",
        &json!([
            {"item_id": "hours", "service_id": "enhanced-designated-engineering", "location_ids": ["gb-london"],
             "quantity": {"amount": 10, "unit": "HOURS"}, "product_ids": ["azure/*"], "unit_price": 31_000},
            {"item_id": "development", "service_id": "development-support-assistance", "all_locations": true,
             "quantity": {"amount": 20, "unit": "HOURS"}},
        ]),
    )
}

fn contract(work_orders: Vec<WorkOrder>) -> Contract {
    let customer = json!({
        "customer_id": "acme", "display_name": "Acme", "locations": [
            {"location_id": "gb-london", "display_name": "London", "country": "GB", "time_zone": "Europe/London"},
            {"location_id": "gb-leeds", "display_name": "Leeds", "country": "GB", "time_zone": "Europe/London"},
        ]
    });
    Contract { customer: serde_json::from_value(customer).unwrap(), work_orders }
}

fn stored() -> Timeline {
    Timeline::of(contract(vec![base(), add_on()]))
}

fn of_order(work_order_id: &str, effective_time: Option<&str>) -> OrderChange {
    OrderChange {
        customer_id: "acme".to_owned(),
        work_order_id: work_order_id.to_owned(),
        effective_time: effective_time.map(at),
        etag: String::new(),
    }
}

fn amend(work_order: WorkOrder, effective_time: Option<&str>) -> ContractCommand {
    let change = of_order(&work_order.work_order_id, effective_time);
    ContractCommand::AmendWorkOrder { work_order, change, force_reason: String::new() }
}

/// The add-on with something else in it.
fn amended(change: impl FnOnce(&mut WorkOrder), effective_time: Option<&str>) -> ContractCommand {
    let mut order = add_on();
    change(&mut order);
    amend(order, effective_time)
}

/// Works a command out on what is stored.
fn planned(old: &Timeline, command: &ContractCommand) -> Plan {
    let plan = plan(command, Some(old), at(NOW)).unwrap().unwrap();
    assert!(plan.refusal.is_none(), "{:?}", plan.refusal);
    plan
}

fn change<'a>(old: &'a Timeline, plan: &'a Plan) -> Change<'a> {
    Change { old, new: &plan.timeline, effective_time: plan.as_of, now: at(NOW), recorded: None }
}

/// What `tell` finds of a command on what is stored.
fn effect<T>(command: &ContractCommand, tell: impl FnOnce(&Change<'_>) -> T) -> T {
    let old = stored();
    let plan = planned(&old, command);
    tell(&change(&old, &plan))
}
