use chrono::NaiveDate;

use super::super::{ContractCommand, Renewal};
use super::*;
use crate::model::Item;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn renewal() -> Renewal {
    Renewal {
        work_order_id: "wo-2".to_owned(),
        start_date: None,
        end_date: None,
        signed_date: None,
        base_work_order_id: None,
    }
}

fn renew(renewal: Renewal) -> ContractCommand {
    ContractCommand::RenewWorkOrder { change: change(None), renewal }
}

fn renewed(contract: Contract, renewal: Renewal) -> WorkOrder {
    let plan = planned(&renew(renewal), &Timeline::of(contract));
    assert!(plan.refusal.is_none(), "{:?}", plan.refusal);
    assert_eq!(versions(&plan), ["ever: wo-2 ACTIVE"]);
    plan.contract().work_order("wo-2").unwrap().clone()
}

#[test]
fn a_renewal_is_as_long_as_what_it_renews() {
    for (start, end, next, last) in [
        ("2026-01-01", "2026-12-31", "2027-01-01", "2027-12-31"),
        ("2026-02-01", "2029-01-31", "2029-02-01", "2032-01-31"),
        // Whole years, through a 29 February and from one.
        ("2027-03-01", "2028-02-29", "2028-03-01", "2029-02-28"),
        ("2028-02-29", "2029-02-28", "2029-03-01", "2030-02-28"),
        // One day more or less is so many days.
        ("2026-01-01", "2026-12-30", "2026-12-31", "2027-12-29"),
        ("2026-01-01", "2027-01-01", "2027-01-02", "2028-01-02"),
        ("2026-01-01", "2026-01-01", "2026-01-02", "2026-01-02"),
    ] {
        let old = WorkOrder { start_date: date(start), end_date: date(end), ..order("wo-1") };
        let new = renewed(contract(vec![old]), renewal());
        assert_eq!((new.start_date, new.end_date), (date(next), date(last)), "{start} to {end}");
    }
    let own = Renewal { start_date: Some(date("2027-02-01")), end_date: Some(date("2027-06-30")), ..renewal() };
    let new = renewed(contract(vec![order("wo-1")]), own);
    assert_eq!((new.start_date, new.end_date), (date("2027-02-01"), date("2027-06-30")));
}

#[test]
fn a_terminated_order_is_renewed_from_the_day_after_its_end() {
    // London shows 00:00 at 23:00Z in May.
    for (end, next) in [
        ("2026-05-10T22:59:59Z", "2026-05-11"),
        ("2026-05-10T23:00:00Z", "2026-05-11"),
        ("2026-05-10T23:00:01Z", "2026-05-12"),
    ] {
        let state = WorkOrderState::Terminated;
        let old = WorkOrder { state, terminate_time: Some(at(end)), ..order("wo-1") };
        let new = renewed(contract(vec![old]), renewal());
        assert_eq!(new.start_date, date(next), "{end}");
        assert_eq!((new.state, new.terminate_time), (WorkOrderState::Active, None));
    }
}

#[test]
fn what_was_bought_goes_on_and_what_was_agreed_for_the_old_term_does_not() {
    let mut old = order("wo-1");
    old.signed_date = Some(date("2025-12-01"));
    let item = &mut old.items[0];
    item.waivers.push(waiver("mail"));
    (item.start_date, item.end_date) = (Some(date("2026-01-01")), Some(date("2026-12-31")));
    let event = serde_json::json!({"event_id": "e", "solution_id": "s", "start_time": NOW, "end_time": NOW});
    item.events.push(serde_json::from_value(event).unwrap());
    let bought = order("wo-1").items;
    let new = renewed(contract(vec![old.clone()]), renewal());
    assert_eq!(new.items, bought);
    assert_eq!((new.signed_date, new.flex_allowance), (None, Some(100)));
    assert_eq!(new.renews_work_order_id.as_deref(), Some("wo-1"));
    // Dates that were never in the old term are kept.
    old.items[0].end_date = Some(date("2027-01-01"));
    let new = renewed(contract(vec![old]), Renewal { signed_date: Some(date("2026-12-01")), ..renewal() });
    assert_eq!(new.items, [Item { end_date: Some(date("2027-01-01")), ..bought[0].clone() }]);
    assert_eq!(new.signed_date, Some(date("2026-12-01")));
}

#[test]
fn it_leans_on_the_one_renewal_of_its_base_that_covers_it() {
    let leaning = WorkOrder { base_work_order_id: Some("base".to_owned()), ..order("wo-1") };
    let next = |id: &str, start: &str, end: &str| WorkOrder {
        renews_work_order_id: Some("base".to_owned()),
        start_date: date(start),
        end_date: date(end),
        ..order(id)
    };
    let base_of = |others: Vec<WorkOrder>, own: Option<&str>| {
        let orders = [order("base"), leaning.clone()].into_iter().chain(others).collect();
        let own = Renewal { base_work_order_id: own.map(str::to_owned), ..renewal() };
        renewed(contract(orders), own).base_work_order_id.unwrap()
    };
    let covering = next("base-2", "2027-01-01", "2027-12-31");
    assert_eq!(base_of(Vec::new(), None), "base");
    assert_eq!(base_of(vec![covering.clone()], None), "base-2");
    assert_eq!(base_of(vec![covering.clone()], Some("base")), "base");
    assert_eq!(base_of(vec![next("base-2", "2027-01-01", "2027-12-30")], None), "base");
    assert_eq!(base_of(vec![next("base-2", "2027-01-02", "2027-12-31")], None), "base");
    let another = next("base-3", "2027-01-01", "2028-12-31");
    assert_eq!(base_of(vec![covering, another], None), "base");
    assert_eq!(renewed(contract(vec![order("wo-1")]), renewal()).base_work_order_id, None);
}

#[test]
fn a_draft_is_not_renewed_and_an_id_not_taken() {
    let draft = standing(WorkOrderState::Draft);
    assert_eq!(refused(&renew(renewal()), &draft), ["work_order_id !WORK_ORDER_NOT_ACTIVE"]);
    let taken = Timeline::of(contract(vec![order("wo-1"), order("wo-2")]));
    assert_eq!(
        refused(&renew(renewal()), &taken),
        ["work order wo-2 taken in end_date, renews_work_order_id, start_date"]
    );
    let first = planned(&renew(renewal()), &standing(WorkOrderState::Active));
    assert!(planned(&renew(renewal()), &first.timeline).is_empty());
}
