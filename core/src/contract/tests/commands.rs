use super::super::ChangeKind;
use super::*;
use WorkOrderState::{Active, Draft, Suspended, Terminated};

const GONE: &str = "work_order_id !WORK_ORDER_ALREADY_TERMINATED";

#[test]
fn only_an_active_order_is_suspended() {
    let suspend = |time| ContractCommand::SuspendWorkOrder { change: change(time), reason: String::new() };
    let plan = planned(&suspend(None), &standing(Active));
    assert_eq!(versions(&plan), ["2026-06-01T10:00:00Z: wo-1 SUSPENDED"]);
    assert_eq!((plan.as_of, plan.changes[0].kind), (at(NOW), ChangeKind::Updated));
    assert_eq!(plan.changes[0].fields, ["work_order.state"]);
    // What was true before stays true.
    assert_eq!(plan.timeline.at(Some(at("2026-06-01T09:59:59Z"))).work_orders[0].state, Active);
    assert_eq!(plan.timeline.at(Some(at(NOW))).work_orders[0].state, Suspended);
    for (state, refusal) in [
        (Draft, "work_order_id !WORK_ORDER_NOT_ACTIVE"),
        (Suspended, "work_order_id !WORK_ORDER_NOT_ACTIVE"),
        (Terminated, GONE),
    ] {
        assert_eq!(refused(&suspend(None), &standing(state)), [refusal]);
    }
}

#[test]
fn only_a_suspended_order_is_resumed() {
    let resume = ContractCommand::ResumeWorkOrder { change: change(None) };
    assert_eq!(versions(&planned(&resume, &standing(Suspended))), ["2026-06-01T10:00:00Z: wo-1 ACTIVE"]);
    for (state, refusal) in [
        (Draft, "work_order_id !WORK_ORDER_NOT_SUSPENDED"),
        (Active, "work_order_id !WORK_ORDER_NOT_SUSPENDED"),
        (Terminated, GONE),
    ] {
        assert_eq!(refused(&resume, &standing(state)), [refusal]);
    }
}

#[test]
fn an_effective_time_lies_in_the_term() {
    let outside = ["effective_time EFFECTIVE_TIME_OUTSIDE_TERM"];
    // London is at UTC in winter; the last day counts in full.
    for (time, is_inside) in [
        ("2025-12-31T23:59:59.999999Z", false),
        ("2026-01-01T00:00:00Z", true),
        ("2026-12-31T23:59:59.999999Z", true),
        ("2027-01-01T00:00:00Z", false),
    ] {
        let expected: &[&str] = if is_inside { &[] } else { &outside };
        let commands = [
            ContractCommand::SuspendWorkOrder { change: change(Some(time)), reason: String::new() },
            ContractCommand::TerminateWorkOrder { change: change(Some(time)), reason: String::new() },
            amend(WorkOrder { signed_date: Some("2026-01-01".parse().unwrap()), ..order("wo-1") }, Some(time)),
            ContractCommand::RecordWaiver {
                change: change(Some(time)),
                item_id: "hours".to_owned(),
                waiver: waiver("mail"),
            },
        ];
        for command in commands {
            assert_eq!(refused(&command, &standing(Active)), expected, "{time} {command:?}");
        }
    }
    // An amendment may begin in what it adds to the term.
    let longer = WorkOrder { end_date: "2027-01-01".parse().unwrap(), ..order("wo-1") };
    assert_eq!(refused(&amend(longer.clone(), Some("2027-01-01T23:59:59Z")), &standing(Active)), [""; 0]);
    assert_eq!(refused(&amend(longer, Some("2027-01-02T00:00:00Z")), &standing(Active)), outside);
    // Both mistakes at once.
    let suspend =
        ContractCommand::SuspendWorkOrder { change: change(Some("2027-01-01T00:00:00Z")), reason: String::new() };
    assert_eq!(refused(&suspend, &standing(Draft)), [outside[0], "work_order_id !WORK_ORDER_NOT_ACTIVE"]);
}

#[test]
fn an_order_ends_early_once() {
    let end = |time| ContractCommand::TerminateWorkOrder { change: change(time), reason: String::new() };
    // What ends later is known from now on, and what ended before from then on.
    for (time, from) in
        [(None, NOW), (Some("2026-09-01T00:00:00Z"), NOW), (Some("2026-03-01T00:00:00Z"), "2026-03-01T00:00:00Z")]
    {
        for state in [Active, Suspended] {
            let plan = planned(&end(time), &standing(state));
            // What is held stays held until it ends.
            let from = if state == Suspended { time.unwrap_or(from) } else { from };
            assert_eq!(versions(&plan), [format!("{from}: wo-1 TERMINATED")]);
            let ended = &plan.contract().work_orders[0];
            assert_eq!(ended.terminate_time, Some(at(time.unwrap_or(NOW))));
        }
    }
    assert_eq!(refused(&end(None), &standing(Draft)), ["work_order_id !WORK_ORDER_NOT_ACTIVE"]);
    assert_eq!(refused(&end(None), &standing(Terminated)), [GONE]);
    // Now may lie outside of the term.
    let command = end(None);
    for now in ["2025-12-31T00:00:00Z", "2027-01-01T00:00:00Z"] {
        let plan = plan(&command, Some(&standing(Active)), at(now)).unwrap().unwrap();
        assert_eq!(told(plan.refusal.unwrap()), ["effective_time EFFECTIVE_TIME_OUTSIDE_TERM"]);
    }
}

#[test]
fn an_order_that_is_to_end_is_held_where_it_is_held() {
    let end = |time| ContractCommand::TerminateWorkOrder { change: change(time), reason: String::new() };
    let hold = |time| ContractCommand::SuspendWorkOrder { change: change(Some(time)), reason: String::new() };
    let resume = |time| ContractCommand::ResumeWorkOrder { change: change(Some(time)) };
    let (held, resumed, ended) = ("2026-08-01T00:00:00Z", "2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z");
    // A planned hold stays, and what serves again after it is known to end.
    let mut timeline = standing(Active);
    timeline = planned(&hold(held), &timeline).timeline;
    timeline = planned(&resume(resumed), &timeline).timeline;
    let plan = planned(&end(Some(ended)), &timeline);
    let expected = [(NOW, "TERMINATED"), (held, "SUSPENDED"), (resumed, "TERMINATED")];
    assert_eq!(versions(&plan), expected.map(|(from, state)| format!("{from}: wo-1 {state}")));
    let state = |instant| plan.timeline.at(Some(at(instant))).work_orders[0].state;
    assert_eq!([NOW, held, resumed, ended].map(state), [Terminated, Suspended, Terminated, Terminated]);
    // So does what is resumed after its end was planned.
    let timeline = planned(&end(Some(ended)), &standing(Suspended)).timeline;
    let plan = planned(&resume(held), &timeline);
    let order = &plan.timeline.at(Some(at(held))).work_orders[0];
    assert_eq!((order.state, order.terminate_time), (Terminated, Some(at(ended))));
    assert_eq!(plan.timeline.at(Some(at(NOW))).work_orders[0].state, Suspended);
}

#[test]
fn an_amendment_replaces_the_order_and_leaves_its_state_to_others() {
    let wider = |state| WorkOrder { state, covered_products: vec!["azure/*".into()], ..order("wo-1") };
    let plan = planned(&amend(wider(Active), Some("2026-03-01T00:00:00Z")), &standing(Active));
    assert_eq!(versions(&plan), ["2026-03-01T00:00:00Z: wo-1 ACTIVE"]);
    assert_eq!(plan.changes[0].fields, ["work_order.covered_products[0]"]);
    assert!(planned(&amend(order("wo-1"), None), &standing(Active)).is_empty());
    assert!(planned(&amend(order("wo-1"), None), &standing(Active)).versions.is_empty());

    for (from, to, is_allowed) in [
        (Draft, Active, true),
        (Active, Draft, true),
        (Suspended, Suspended, true),
        (Draft, Suspended, false),
        (Active, Suspended, false),
        (Active, Terminated, false),
        (Suspended, Active, false),
        (Suspended, Draft, false),
        (Suspended, Terminated, false),
        (Draft, Terminated, false),
    ] {
        let expected: &[&str] = if is_allowed { &[] } else { &["work_order.state FIELD_CONFLICT"] };
        assert_eq!(refused(&amend(wider(to), None), &standing(from)), expected, "{from:?} to {to:?}");
    }
    let gone = ["work_order.work_order_id !WORK_ORDER_ALREADY_TERMINATED"];
    assert_eq!(refused(&amend(wider(Active), None), &standing(Terminated)), gone);
    let unknown = ContractCommand::AmendWorkOrder {
        work_order: order("wo-2"),
        change: OrderChange { work_order_id: "wo-2".to_owned(), ..change(None) },
        force_reason: String::new(),
    };
    assert_eq!(refused(&unknown, &standing(Active)), ["no work order wo-2, nearest Some(\"wo-1\")"]);
}

/// In London, the last day of a term that ends in winter counts until midnight.
#[test]
fn an_order_that_has_ended_becomes_no_draft() {
    let outside: &[&str] = &["effective_time EFFECTIVE_TIME_OUTSIDE_TERM"];
    let end_date = |day: &str| day.parse().unwrap();
    let ended = |state| WorkOrder { state, end_date: end_date("2026-03-10"), ..order("wo-1") };
    let timeline = Timeline::of(contract(vec![ended(Active)]));
    for (to, time, expected) in [
        (Draft, None, outside),
        (Draft, Some("2026-03-11T00:00:00Z"), outside),
        (Draft, Some("2026-03-10T23:59:59.999999Z"), &[]),
        (Active, None, &[]),
    ] {
        let order = WorkOrder { signed_date: Some(end_date("2026-01-01")), ..ended(to) };
        assert_eq!(refused(&amend(order, time), &timeline), expected, "{to:?} {time:?}");
    }
    // Not by a longer term of the draft either; a draft stays one.
    let longer = WorkOrder { end_date: end_date("2026-12-31"), ..ended(Draft) };
    assert_eq!(refused(&amend(longer.clone(), Some("2026-05-01T00:00:00Z")), &timeline), outside);
    let draft = Timeline::of(contract(vec![ended(Draft)]));
    assert_eq!(refused(&amend(longer, None), &draft), [""; 0]);
}

#[test]
fn a_waiver_is_recorded_once_and_revoked() {
    let record = |time, item_id: &str, waiver| ContractCommand::RecordWaiver {
        change: change(time),
        item_id: item_id.to_owned(),
        waiver,
    };
    let recorded = planned(&record(None, "hours", waiver("mail 1")), &standing(Active));
    assert_eq!(versions(&recorded), ["ever: wo-1 ACTIVE"]);
    assert_eq!(recorded.changes[0].fields, ["work_order.items[0].waivers"]);
    let with = recorded.timeline;
    for time in [None, Some(NOW)] {
        let again = planned(&record(time, "hours", waiver("mail 1")), &with);
        assert!(again.is_empty() && again.versions.is_empty() && again.refusal.is_none());
        let other = Waiver { granted_by: "ada".to_owned(), ..waiver("mail 1") };
        assert_eq!(
            refused(&record(time, "hours", other), &with),
            ["waiver ONSITE_NOT_INCLUDED mail 1 taken in waiver.granted_by"]
        );
        assert_eq!(refused(&record(time, "hour", waiver("mail 2")), &with), ["no item hour, nearest Some(\"hours\")"]);
        assert_eq!(refused(&record(time, "hours", waiver("mail 2")), &with), [""; 0]);
        assert_eq!(refused(&record(time, "hours", waiver("mail 2")), &standing(Terminated)), [GONE]);
    }

    let revoke = |reference: &str, time| ContractCommand::RevokeWaiver {
        change: change(time),
        item_id: "hours".to_owned(),
        code: "ONSITE_NOT_INCLUDED".to_owned(),
        reference: reference.to_owned(),
    };
    let plan = planned(&revoke("mail 1", None), &with);
    assert_eq!(versions(&plan), ["2026-06-01T10:00:00Z: wo-1 ACTIVE"]);
    let waivers = |time: &str| plan.timeline.at(Some(at(time))).work_orders[0].items[0].waivers.len();
    assert_eq!((waivers("2026-06-01T09:59:59Z"), waivers(NOW)), (1, 0));
    assert_eq!(
        refused(&revoke("mail 2", None), &with),
        ["no waiver ONSITE_NOT_INCLUDED mail 2, nearest Some(\"ONSITE_NOT_INCLUDED mail 1\")"]
    );
    // What was revoked can be recorded anew, also with other content, from then on.
    let other = Waiver { granted_by: "ada".to_owned(), ..waiver("mail 1") };
    let anew = planned(&record(None, "hours", other), &plan.timeline);
    assert_eq!(versions(&anew), ["2026-06-01T10:00:00Z: wo-1 ACTIVE"]);
}

#[test]
fn a_document_amends_what_is_stored_only_with_an_etag() {
    let other = WorkOrder { flex_allowance: Some(7), ..order("wo-1") };
    let apply = |etag: &str, time: Option<&str>| ContractCommand::Apply {
        customer: contract(Vec::new()).customer,
        work_orders: vec![other.clone(), order("wo-2")],
        etag: etag.to_owned(),
        effective_time: time.map(at),
    };
    let taken = ["work order wo-1 taken in work_orders[0].flex_allowance"];
    assert_eq!(refused(&apply("", None), &standing(Active)), taken);
    let plan = planned(&apply("e", None), &standing(Active));
    assert!(plan.refusal.is_none());
    // What is new is there as long as the contract.
    assert_eq!(versions(&plan), ["2026-06-01T10:00:00Z: wo-1 ACTIVE", "ever: wo-2 ACTIVE"]);
    let kinds: Vec<_> = plan.changes.iter().map(|change| change.kind).collect();
    assert_eq!(kinds, [ChangeKind::Unchanged, ChangeKind::Updated, ChangeKind::Added]);
    assert_eq!(
        refused(&apply("e", Some("2027-01-01T00:00:00Z")), &standing(Active)),
        ["effective_time EFFECTIVE_TIME_OUTSIDE_TERM"]
    );
    let gone = ["work_orders[0].work_order_id !WORK_ORDER_ALREADY_TERMINATED"];
    assert_eq!(refused(&apply("e", None), &standing(Terminated)), gone);
}

#[test]
fn a_customer_changes_from_an_instant_on() {
    let mut customer = contract(Vec::new()).customer;
    customer.display_name = "Acme plc".to_owned();
    let update = |time: Option<&str>| ContractCommand::UpdateCustomer {
        customer: customer.clone(),
        etag: String::new(),
        effective_time: time.map(at),
    };
    assert_eq!(versions(&planned(&update(None), &standing(Active))), ["2026-06-01T10:00:00Z: Acme plc"]);
    let earlier = Some("2020-01-01T00:00:00Z");
    assert_eq!(versions(&planned(&update(earlier), &standing(Active))), ["2020-01-01T00:00:00Z: Acme plc"]);
    let create = ContractCommand::CreateCustomer { customer: customer.clone() };
    assert_eq!(refused(&create, &standing(Active)), ["customer acme taken in customer.display_name"]);
    assert!(plan(&update(None), None, at(NOW)).unwrap().is_none());
    let created = plan(&create, None, at(NOW)).unwrap().unwrap();
    assert_eq!(versions(&created), ["ever: Acme plc"]);
}
