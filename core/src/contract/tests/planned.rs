use super::super::{ContractCommand, Document};
use super::*;
use crate::model::{Item, Quantity, Unit};

const SOONER: Option<&str> = Some("2026-07-01T00:00:00Z");
const LATER: Option<&str> = Some("2026-09-01T00:00:00Z");

fn hours(order: &mut WorkOrder) -> &mut Item {
    &mut order.items[0]
}

/// The order once `LATER` gives it other hours.
fn with_plan() -> Timeline {
    let mut more = order("wo-1");
    hours(&mut more).quantity = Some(Quantity { amount: 20, unit: Unit::Hours });
    planned(&amend(more, LATER), &standing(WorkOrderState::Active)).timeline
}

fn order_at<'a>(timeline: &'a Timeline, time: Option<&str>) -> &'a WorkOrder {
    timeline.at(time.map(at)).work_order("wo-1").unwrap()
}

#[test]
fn a_change_is_carried_into_what_is_planned_for_later() {
    let mut dearer = order("wo-1");
    hours(&mut dearer).unit_price = Some(40_000);
    let plan = planned(&amend(dearer, SOONER), &with_plan());
    assert_eq!(versions(&plan), ["2026-07-01T00:00:00Z: wo-1 ACTIVE", "2026-09-01T00:00:00Z: wo-1 ACTIVE"]);
    let told = |time| {
        let item = &order_at(&plan.timeline, time).items[0];
        (item.quantity.unwrap().amount, item.unit_price.unwrap())
    };
    assert_eq!([None, SOONER, LATER].map(told), [(10, 31_000), (10, 40_000), (20, 40_000)]);
}

#[test]
fn what_the_plan_sets_itself_stays_as_planned() {
    let mut fewer = order("wo-1");
    hours(&mut fewer).quantity = Some(Quantity { amount: 5, unit: Unit::Hours });
    let plan = planned(&amend(fewer, SOONER), &with_plan());
    let amount = |time| order_at(&plan.timeline, time).items[0].quantity.unwrap().amount;
    assert_eq!([None, SOONER, LATER].map(amount), [10, 5, 20]);
    // A change to what is planned anyway needs one version.
    let same = order_at(&with_plan(), LATER).clone();
    assert_eq!(versions(&planned(&amend(same, SOONER), &with_plan())), ["2026-07-01T00:00:00Z: wo-1 ACTIVE"]);
}

#[test]
fn a_change_at_the_time_of_a_plan_takes_its_place() {
    let plan = planned(&amend(order("wo-1"), LATER), &with_plan());
    assert_eq!(versions(&plan), ["2026-09-01T00:00:00Z: wo-1 ACTIVE"]);
    assert_eq!(order_at(&plan.timeline, LATER), &order("wo-1"));
    // A moment before it the plan stays, and after it there is a third period.
    let just_after = Some("2026-09-01T00:00:00.000001Z");
    let plan = planned(&amend(order("wo-1"), just_after), &with_plan());
    let amount = |time| order_at(&plan.timeline, time).items[0].quantity.unwrap().amount;
    assert_eq!([SOONER, LATER, just_after].map(amount), [10, 20, 10]);
}

#[test]
fn a_suspension_between_two_instants() {
    let suspend = ContractCommand::SuspendWorkOrder { change: change(SOONER), reason: String::new() };
    let suspended = planned(&suspend, &with_plan());
    let states = |timeline: &Timeline| [None, SOONER, LATER].map(|time| order_at(timeline, time).state.as_str());
    assert_eq!(states(&suspended.timeline), ["ACTIVE", "SUSPENDED", "SUSPENDED"]);
    let resume = ContractCommand::ResumeWorkOrder { change: change(LATER) };
    let resumed = planned(&resume, &suspended.timeline);
    assert_eq!(states(&resumed.timeline), ["ACTIVE", "SUSPENDED", "ACTIVE"]);
    assert_eq!(order_at(&resumed.timeline, LATER).items[0].quantity.unwrap().amount, 20);
    // It stays resumed then, if it is suspended sooner still.
    let sooner = ContractCommand::SuspendWorkOrder { change: change(None), reason: String::new() };
    assert_eq!(states(&planned(&sooner, &resumed.timeline).timeline), ["ACTIVE", "SUSPENDED", "ACTIVE"]);
}

#[test]
fn a_waiver_is_there_as_long_as_its_item_is() {
    let mut with_item = order("wo-1");
    with_item.items.push(Item { item_id: "more".to_owned(), ..order("wo-1").items[0].clone() });
    let timeline = planned(&amend(with_item, LATER), &standing(WorkOrderState::Active)).timeline;
    let record = |item_id: &str| ContractCommand::RecordWaiver {
        change: change(None),
        item_id: item_id.to_owned(),
        waiver: waiver("mail"),
    };
    assert_eq!(versions(&planned(&record("more"), &timeline)), ["2026-09-01T00:00:00Z: wo-1 ACTIVE"]);
    let plan = planned(&record("hours"), &timeline);
    assert_eq!(versions(&plan), ["ever: wo-1 ACTIVE", "2026-09-01T00:00:00Z: wo-1 ACTIVE"]);
    assert!(plan.versions.iter().all(|version| match &version.document {
        Document::WorkOrder(order) => order.items[0].waivers.len() == 1,
        Document::Customer(_) => false,
    }));
}

#[test]
fn an_order_is_amended_as_it_was_before_it_was_terminated() {
    let end = ContractCommand::TerminateWorkOrder { change: change(SOONER), reason: String::new() };
    let ended = planned(&end, &standing(WorkOrderState::Active)).timeline;
    let other = WorkOrder { flex_allowance: Some(7), ..order("wo-1") };
    let gone = ["work_order.work_order_id !WORK_ORDER_ALREADY_TERMINATED"];
    assert_eq!(refused(&amend(other.clone(), SOONER), &ended), gone);
    let plan = planned(&amend(other, Some("2026-03-01T00:00:00Z")), &ended);
    assert!(plan.refusal.is_none());
    let last = order_at(&plan.timeline, Some(NOW));
    assert_eq!((last.state, last.flex_allowance), (WorkOrderState::Terminated, Some(7)));
}

#[test]
fn what_has_ended_is_not_revived_by_what_was_planned() {
    let suspend = ContractCommand::SuspendWorkOrder { change: change(LATER), reason: String::new() };
    let suspended = planned(&suspend, &with_plan()).timeline;
    let end =
        ContractCommand::TerminateWorkOrder { change: change(Some("2026-03-01T00:00:00Z")), reason: String::new() };
    let ended = planned(&end, &suspended).timeline;
    for time in [Some("2026-03-01T00:00:00Z"), LATER] {
        let order = order_at(&ended, time);
        let end = Some(at("2026-03-01T00:00:00Z"));
        assert_eq!((order.state, order.terminate_time), (WorkOrderState::Terminated, end), "{time:?}");
    }
    // The rest of the plan stays.
    assert_eq!(order_at(&ended, LATER).items[0].quantity.unwrap().amount, 20);
}
