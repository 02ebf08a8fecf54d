//! An order that is known to end serves and changes until then.

use super::*;
use crate::contract::Winner;

const END: &str = "2026-09-01T00:00:00Z";
const BEFORE: Option<&str> = Some("2026-08-31T23:59:59.999999Z");
const LATER: &str = "2026-10-01T00:00:00Z";
const GONE: &str = "WORK_ORDER_ALREADY_TERMINATED";

fn end(time: &str) -> ContractCommand {
    ContractCommand::TerminateWorkOrder { change: change(Some(time)), reason: String::new() }
}

fn suspend(time: Option<&str>) -> ContractCommand {
    ContractCommand::SuspendWorkOrder { change: change(time), reason: String::new() }
}

/// One that is known since now to end.
fn ending() -> Timeline {
    planned(&end(END), &standing(WorkOrderState::Active)).timeline
}

fn order_at<'a>(timeline: &'a Timeline, time: &str) -> &'a WorkOrder {
    timeline.at(Some(at(time))).work_order("wo-1").unwrap()
}

fn stands(timeline: &Timeline, times: &[&str]) -> Vec<String> {
    let one = |time: &&str| {
        let order = order_at(timeline, time);
        format!("{} {}", order.state.as_str(), order.terminate_time.map(crate::model::rfc3339).unwrap_or_default())
    };
    times.iter().map(one).collect()
}

#[test]
fn every_change_can_be_made_until_the_end_and_none_from_then_on() {
    let other = |time: &str| WorkOrder { flex_allowance: Some(7), ..order_at(&ending(), time).clone() };
    let commands = |time: Option<&str>| {
        let item_id = || "hours".to_owned();
        [
            amend(other(END), time),
            suspend(time),
            ContractCommand::RecordWaiver { change: change(time), item_id: item_id(), waiver: waiver("mail") },
            end(time.unwrap()),
        ]
    };
    for (before, at_end) in commands(BEFORE).into_iter().zip(commands(Some(END))) {
        assert_eq!(refused(&before, &ending()), [""; 0], "{before:?}");
        let refused = match &at_end {
            // As long as it is not over, another end can be planned.
            ContractCommand::TerminateWorkOrder { .. } => {
                plan(&at_end, Some(&ending()), at(END)).unwrap().unwrap().refusal.map(told).unwrap_or_default()
            }
            _ => refused(&at_end, &ending()),
        };
        assert!(refused.len() == 1 && refused[0].ends_with(GONE), "{at_end:?}: {refused:?}");
    }
    // The end stays as it was planned.
    let plan = planned(&amend(other(NOW), BEFORE), &ending());
    let ended = format!("TERMINATED {END}");
    assert_eq!(stands(&plan.timeline, &[NOW, BEFORE.unwrap(), LATER]), [ended.as_str(); 3]);
    assert_eq!(order_at(&plan.timeline, LATER).flex_allowance, Some(7));
}

#[test]
fn an_end_is_moved_to_any_instant_of_the_term() {
    for time in ["2026-07-01T00:00:00Z", LATER] {
        let plan = planned(&end(time), &ending());
        let ended = format!("TERMINATED {time}");
        assert_eq!(stands(&plan.timeline, &[NOW, END, LATER]), [ended.as_str(); 3]);
        assert_eq!(plan.changes[0].fields, ["work_order.terminate_time"]);
        assert_eq!(versions(&plan), [format!("{NOW}: wo-1 TERMINATED")]);
    }
    let again = planned(&end(END), &ending());
    assert!(again.is_empty() && again.versions.is_empty());
    assert_eq!(refused(&end("2027-01-01T00:00:00Z"), &ending()), ["effective_time EFFECTIVE_TIME_OUTSIDE_TERM"]);
    // An amendment does not move it.
    let moved = WorkOrder { terminate_time: Some(at(LATER)), ..order_at(&ending(), NOW).clone() };
    assert_eq!(refused(&amend(moved, None), &ending()), ["work_order.terminate_time FIELD_CONFLICT"]);
}

#[test]
fn an_amendment_withdraws_an_end() {
    let plan = planned(&amend(order("wo-1"), BEFORE), &ending());
    assert_eq!(plan.changes[0].fields, ["work_order.state", "work_order.terminate_time"]);
    let ended = format!("TERMINATED {END}");
    assert_eq!(stands(&plan.timeline, &[NOW, BEFORE.unwrap(), END, LATER]), [&ended, "ACTIVE ", "ACTIVE ", "ACTIVE "]);
    // An end that was planned anew afterwards stays, and that is told.
    let moved = planned(&end(LATER), &ending()).timeline;
    let earlier = "2026-05-01T00:00:00Z";
    let first = planned(&end(END), &standing(WorkOrderState::Active)).timeline;
    assert_eq!(stands(&first, &[earlier, NOW]), ["ACTIVE ", ended.as_str()]);
    let both = Timeline::new(vec![
        super::super::Period { from: None, contract: ending().last().clone() },
        super::super::Period { from: Some(at(NOW)), contract: moved.last().clone() },
    ]);
    let plan = planned(&amend(order("wo-1"), Some(earlier)), &both.unwrap());
    let later = format!("TERMINATED {LATER}");
    assert_eq!(stands(&plan.timeline, &[earlier, NOW, END]), ["ACTIVE ", later.as_str(), later.as_str()]);
    let overruled = &plan.overruled[0].overruled;
    assert_eq!((overruled.from, overruled.winner), (at(NOW), Winner::Plan));
    assert_eq!(overruled.fields, ["terminate_time"]);
}

#[test]
fn what_is_to_end_can_be_held_and_ends_all_the_same() {
    let held = "2026-07-01T00:00:00Z";
    let plan = planned(&suspend(Some(held)), &ending());
    let ended = format!("TERMINATED {END}");
    assert_eq!(versions(&plan), [format!("{held}: wo-1 SUSPENDED"), format!("{END}: wo-1 TERMINATED")]);
    assert_eq!(stands(&plan.timeline, &[NOW, held, END]), [&ended, "SUSPENDED ", &ended]);
    // Its end can be moved while it is held.
    let moved = planned(&end(LATER), &plan.timeline);
    let later = format!("TERMINATED {LATER}");
    assert_eq!(stands(&moved.timeline, &[NOW, held, END, LATER]), [&later, "SUSPENDED ", "SUSPENDED ", &later]);
    // And it is known once it serves again.
    let resume = ContractCommand::ResumeWorkOrder { change: change(Some("2026-08-01T00:00:00Z")) };
    let resumed = planned(&resume, &plan.timeline);
    assert_eq!(versions(&resumed), ["2026-08-01T00:00:00Z: wo-1 TERMINATED"]);
    assert_eq!(stands(&resumed.timeline, &[held, "2026-08-01T00:00:00Z", END]), ["SUSPENDED ", &ended, &ended]);
    // A waiver without an effective time does not mind the end of what is held.
    let record =
        ContractCommand::RecordWaiver { change: change(None), item_id: "hours".to_owned(), waiver: waiver("mail") };
    assert_eq!(refused(&record, &plan.timeline), [""; 0]);
}

#[test]
fn what_is_taken_away_does_not_come_back_by_a_plan_that_changes_it() {
    let mut dearer = order("wo-1");
    dearer.items.push(crate::model::Item { item_id: "more".to_owned(), ..dearer.items[0].clone() });
    let two = Timeline::of(contract(vec![dearer.clone()]));
    dearer.items[0].unit_price = Some(40_000);
    dearer.items.push(crate::model::Item { item_id: "new".to_owned(), ..dearer.items[0].clone() });
    let with_plan = planned(&amend(dearer.clone(), Some(END)), &two).timeline;
    let mut fewer = order_at(&with_plan, NOW).clone();
    fewer.items.remove(0);
    let plan = planned(&amend(fewer, None), &with_plan);
    let items = |time| order_at(&plan.timeline, time).items.iter().map(|it| it.item_id.as_str()).collect::<Vec<_>>();
    assert_eq!((items(NOW), items(END)), (vec!["more"], vec!["more", "new"]));
    let overruled = &plan.overruled[0].overruled;
    assert_eq!((overruled.from, overruled.winner), (at(END), Winner::Change));
    assert_eq!(overruled.fields, ["items[hours].unit_price"]);
    assert_eq!(plan.overruled.len(), 1);
}
