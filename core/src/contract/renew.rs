//! Goes on with an order by a new one.

use chrono::{Days, NaiveDate};

use super::command::Renewal;
use super::refusal::Refusal;
use super::standing::{dates, wrong_state, zone};
use crate::model::{Contract, Item, WorkOrder, WorkOrderState, anniversary, contract_year, contract_years_begun};
use crate::terms::{Span, last_day};
use crate::violation::reason::WORK_ORDER_NOT_ACTIVE;

/// What was bought, once more: neither what is left of it nor what was agreed for the old term.
pub(super) fn renew(contract: &Contract, order: &WorkOrder, renewal: &Renewal) -> Result<WorkOrder, Refusal> {
    if order.state == WorkOrderState::Draft {
        let advice = "change its dates, or amend it to the state `ACTIVE` first";
        return Err(wrong_state(order, WORK_ORDER_NOT_ACTIVE, advice).into());
    }
    let start_date = renewal.start_date.unwrap_or_else(|| day_after(contract, order));
    let end_date = renewal.end_date.unwrap_or_else(|| renewed_end((order.start_date, order.end_date), start_date));
    let term = (start_date, end_date);
    Ok(WorkOrder {
        work_order_id: renewal.work_order_id.clone(),
        start_date,
        end_date,
        signed_date: renewal.signed_date,
        state: WorkOrderState::Active,
        terminate_time: None,
        base_work_order_id: renewal.base_work_order_id.clone().or_else(|| base_of(contract, order, term)),
        renews_work_order_id: Some(order.work_order_id.clone()),
        items: order.items.iter().map(|item| renewed(item, order)).collect(),
        ..order.clone()
    })
}

/// The day after the last one on which the order runs.
fn day_after(contract: &Contract, order: &WorkOrder) -> NaiveDate {
    let zone = zone(&contract.customer, order);
    let term = dates(&contract.customer, order);
    let end = order.terminate_time.map_or(term.end, |end| end.min(term.end));
    let last = if end < term.end { last_day(zone, Span { end, ..term }) } else { order.end_date };
    last.succ_opt().unwrap_or(NaiveDate::MAX)
}

/// The last day of a term from `start_date` that is as many years long as the one before, or as many days.
pub fn renewed_end((first, last): (NaiveDate, NaiveDate), start_date: NaiveDate) -> NaiveDate {
    let after = last.succ_opt().unwrap_or(NaiveDate::MAX);
    let (_, next_year) = contract_year(first, last);
    let next = if next_year == after {
        let years = contract_years_begun(first, last);
        anniversary(start_date, i32::try_from(years).unwrap_or(i32::MAX))
    } else {
        let days = after.signed_duration_since(first).num_days();
        let days = Days::new(u64::try_from(days).unwrap_or_default());
        start_date.checked_add_days(days).unwrap_or(NaiveDate::MAX)
    };
    next.pred_opt().unwrap_or(NaiveDate::MIN)
}

/// The renewal of the base that was named, if exactly one covers the new term; else the same base.
fn base_of(contract: &Contract, order: &WorkOrder, (start, end): (NaiveDate, NaiveDate)) -> Option<String> {
    let base = order.base_work_order_id.as_deref()?;
    let mut renewals = contract.work_orders.iter().filter(|other| {
        other.renews_work_order_id.as_deref() == Some(base) && other.start_date <= start && end <= other.end_date
    });
    match (renewals.next(), renewals.next()) {
        (Some(only), None) => Some(only.work_order_id.clone()),
        _ => Some(base.to_owned()),
    }
}

fn renewed(item: &Item, order: &WorkOrder) -> Item {
    let is_old = |date: &NaiveDate| (order.start_date..=order.end_date).contains(date);
    Item {
        start_date: item.start_date.filter(|date| !is_old(date)),
        end_date: item.end_date.filter(|date| !is_old(date)),
        events: Vec::new(),
        waivers: Vec::new(),
        ..item.clone()
    }
}
