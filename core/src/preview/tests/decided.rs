//! Decisions, and the orders that lean on a base.

use std::collections::BTreeSet;

use super::*;
use crate::contract::Renewal;
use crate::engine::{AS_BOUGHT, ListQuery, Outcome, Prepared, decide, rows};
use crate::model::{Balances, ProductId, ProductPattern};
use crate::preview::{DecisionChange, Decisions, Dependent, DependentEffect, Questions, dependents};

const HOURS: &str = "enhanced-designated-engineering";

fn turned(old: &Timeline, command: &ContractCommand) -> (Vec<DecisionChange>, Vec<String>) {
    let plan = planned(old, command);
    let decisions = Decisions::new(&CATALOG, &change(old, &plan), &Balances::default());
    let turned = decisions.asked().iter().filter_map(|asked| decisions.turn(asked).unwrap()).collect();
    assert_eq!(decisions.products.omitted, 0);
    (turned, decisions.products.rows.clone())
}

/// Of every location and service, the outcome and first reason at an instant.
fn answers(timeline: &Timeline, product: Option<&str>, instant: &str) -> BTreeSet<(String, String, Outcome, String)> {
    let prepared = Prepared::new(Arc::clone(&CATALOG), timeline.at(Some(at(instant))).clone());
    let query = ListQuery { product: product.map(ProductId::new), ..ListQuery::default() };
    let answer = |row: crate::engine::ListRow<'_>| {
        let query = row.question(&query);
        let decision = decide(&prepared, &AS_BOUGHT, &query, at(instant)).unwrap();
        let reason = decision.reasons.first().or(decision.open_conditions.first());
        let code = reason.map(|reason| reason.clause.code.to_string()).unwrap_or_default();
        (row.location_id.to_owned(), row.service_id.to_owned(), decision.outcome, code)
    };
    rows(&prepared, &query).into_iter().map(answer).collect()
}

/// Those that are told to turn at the instant are those that differ then.
fn assert_told(old: &Timeline, command: &ContractCommand, product: Option<&str>, instant: &str) -> usize {
    let plan = planned(old, command);
    let [before, after] = [old, &plan.timeline].map(|timeline| answers(timeline, product, instant));
    let differing: BTreeSet<_> = after.difference(&before).cloned().collect();
    let (turned, _) = turned(old, command);
    let of_product = turned.into_iter().filter(|row| row.product_id == product.unwrap_or_default());
    let told: BTreeSet<_> = of_product
        .filter(|row| row.change_time == at(instant))
        .map(|row| {
            let new = row.new.unwrap();
            (row.location_id, row.service_id, new.outcome, new.reason_code)
        })
        .collect();
    assert_eq!(told, differing);
    told.len()
}

fn suspend(work_order_id: &str, effective_time: Option<&str>) -> ContractCommand {
    ContractCommand::SuspendWorkOrder { change: of_order(work_order_id, effective_time), reason: String::new() }
}

#[test]
fn a_suspension_turns_what_the_order_brought_from_its_instant_on() {
    assert!(assert_told(&stored(), &suspend("wo-hours", None), None, NOW) >= 3);
    let later = "2026-07-01T00:00:00Z";
    assert!(assert_told(&stored(), &suspend("wo-hours", Some(later)), None, later) >= 3);
    let earlier = "2026-05-01T00:00:00Z";
    assert!(assert_told(&stored(), &suspend("wo-base", Some(earlier)), None, earlier) > 20);
}

/// Also where something else changes before.
#[test]
fn a_renewal_turns_what_it_goes_on_with_from_its_first_instant_on() {
    let renewal = Renewal {
        work_order_id: "wo-next".to_owned(),
        start_date: None,
        end_date: None,
        signed_date: None,
        base_work_order_id: None,
    };
    let renewed = ContractCommand::RenewWorkOrder { change: of_order("wo-base", None), renewal };
    let priced = amended(|order| order.items[0].unit_price = Some(1), Some("2026-09-01T00:00:00Z"));
    for old in [stored(), planned(&stored(), &priced).timeline] {
        assert!(assert_told(&old, &renewed, None, END) > 20);
    }
}

#[test]
fn a_product_that_is_removed_turns_what_was_covered_by_it() {
    let removed = amended(|order| order.covered_products.retain(|it| it.family() != Some("windows-server")), None);
    let (_, products) = turned(&stored(), &removed);
    assert_eq!(products, ["windows-server"]);
    assert!(assert_told(&stored(), &removed, Some("windows-server"), NOW) >= 1);
    assert_eq!(assert_told(&stored(), &removed, None, NOW), 0);
    let all = amended(|order| order.covered_products = vec![ProductPattern::All], None);
    let plan = planned(&stored(), &all);
    let old = stored();
    let decisions = Decisions::new(&CATALOG, &change(&old, &plan), &Balances::default());
    assert_eq!(decisions.products.rows.len(), 16, "the families of the edition");
    assert!(decisions.products.omitted > 0);
}

#[test]
fn the_work_is_bounded_and_what_is_left_out_is_counted() {
    let old = stored();
    let plan = planned(&old, &suspend("wo-hours", None));
    let mut decisions = Decisions::new(&CATALOG, &change(&old, &plan), &Balances::default());
    let rows = decisions.asked().len();
    assert_eq!(decisions.questions, Questions { asked: rows, omitted: 0 });
    // Three items on each side, in two locations.
    let all = rows * 5 + 12;
    let products = || vec!["azure".to_owned(), "windows-server".to_owned()];
    for (most_work, told, expected) in [
        (all * 3, 2, Questions { asked: rows * 3, omitted: 0 }),
        (all * 3 - 1, 1, Questions { asked: rows * 2, omitted: 0 }),
        (all * 2 - 1, 0, Questions { asked: rows, omitted: 0 }),
        (all - 1, 0, Questions { asked: rows - 1, omitted: 1 }),
        (0, 0, Questions { asked: 0, omitted: rows }),
    ] {
        decisions.bound(products(), most_work);
        assert_eq!((decisions.products.rows.len(), decisions.products.omitted), (told, 2 - told), "{most_work}");
        assert_eq!((decisions.questions, decisions.asked().len()), (expected, expected.asked), "{most_work}");
    }
}

#[test]
fn what_turns_by_time_alone_is_told_when_it_does() {
    let renew = ContractCommand::RenewWorkOrder {
        change: of_order("wo-base", None),
        renewal: Renewal {
            work_order_id: "wo-next".to_owned(),
            start_date: None,
            end_date: None,
            signed_date: None,
            base_work_order_id: None,
        },
    };
    assert_eq!(assert_told(&stored(), &renew, None, NOW), 0);
    assert!(assert_told(&stored(), &renew, None, END) > 20);
    // What ends sooner differs from then on.
    let end = "2026-09-01T00:00:00Z";
    let terminate =
        ContractCommand::TerminateWorkOrder { change: of_order("wo-hours", Some(end)), reason: String::new() };
    assert_eq!(assert_told(&stored(), &terminate, None, NOW), 0);
    assert!(assert_told(&stored(), &terminate, None, end) >= 3);
}

#[test]
fn what_is_planned_already_does_not_turn_again() {
    let suspended = planned(&stored(), &suspend("wo-hours", Some("2026-07-01T00:00:00Z"))).timeline;
    let hours_of = |instant: &str| -> Vec<DecisionChange> {
        let (turned, _) = turned(&suspended, &suspend("wo-hours", Some(instant)));
        turned.into_iter().filter(|row| row.service_id == HOURS && row.location_id == "gb-london").collect()
    };
    // From July on it is suspended with and without the second change.
    let [hours] = <[DecisionChange; 1]>::try_from(hours_of("2026-06-20T00:00:00Z")).unwrap();
    assert_eq!(hours.change_time, at("2026-06-20T00:00:00Z"));
    let [old, new] = [&hours.old, &hours.new].map(|answer| answer.clone().unwrap());
    assert_eq!((old.outcome, old.reason_code.as_str()), (Outcome::Entitled, ""));
    assert_eq!((new.outcome, new.reason_code.as_str()), (Outcome::NotEntitled, "WORK_ORDER_SUSPENDED"));
    // The plan is found where it takes effect after what is asked for.
    let resumed = planned(&suspended, &suspend("wo-base", Some("2026-06-20T00:00:00Z"))).timeline;
    assert_eq!(resumed.periods().count(), 3);
}

#[test]
fn a_location_that_comes_or_goes_turns_what_it_is_entitled_to() {
    let with = |locations: &[&str]| {
        let mut customer = stored().last().customer.clone();
        let known = customer.locations.clone();
        let location = |id: &&str| crate::model::Location { location_id: (*id).to_owned(), ..known[0].clone() };
        customer.locations = locations.iter().map(location).collect();
        ContractCommand::UpdateCustomer { customer, etag: String::new(), effective_time: None }
    };
    let (gone, _) = turned(&stored(), &with(&["gb-london"]));
    let leeds = || gone.iter().filter(|row| row.location_id == "gb-leeds");
    assert!(leeds().count() >= 10 && leeds().all(|row| row.new.is_none()), "{gone:?}");
    assert!(leeds().all(|row| row.old.as_ref().unwrap().outcome != Outcome::NotEntitled));
    let (come, _) = turned(&planned(&stored(), &with(&["gb-london"])).timeline, &with(&["gb-london", "gb-leeds"]));
    assert_eq!(come.iter().filter(|row| row.location_id == "gb-leeds" && row.old.is_none()).count(), leeds().count());
    // One that nothing is for is entitled to nothing: it comes unseen.
    assert_eq!(turned(&stored(), &with(&["gb-london", "gb-leeds", "gb-york"])).0, []);
}

fn leaning(old: &Timeline, command: &ContractCommand) -> Vec<Dependent> {
    let plan = planned(old, command);
    let decisions = Decisions::new(&CATALOG, &change(old, &plan), &Balances::default());
    let [old, new] = decisions.prepared().unwrap();
    dependents(old, new).rows
}

#[test]
fn orders_that_lean_on_a_base_are_told() {
    let of = |command: &ContractCommand| -> Vec<(String, DependentEffect, usize, Option<DateTime<Utc>>)> {
        let told = leaning(&stored(), command);
        told.into_iter().map(|it| (it.work_order_id, it.effect, it.location_ids.len(), it.new_end)).collect()
    };
    let told = |effect, new_end: Option<&str>| [("wo-hours".to_owned(), effect, 2, new_end.map(at))];
    assert_eq!(of(&suspend("wo-base", None)), told(DependentEffect::Uncovered, None));
    assert_eq!(of(&suspend("wo-hours", None)), [], "no base changes");
    let dated = |start: &str, end: &str| {
        let (start_date, end_date) = (start.parse().unwrap(), end.parse().unwrap());
        amend(WorkOrder { start_date, end_date, ..base() }, None)
    };
    let sooner = told(DependentEffect::EndsSooner, Some("2026-12-31T00:00:00Z"));
    assert_eq!(of(&dated("2026-01-01", "2026-12-30")), sooner);
    assert_eq!(of(&dated("2026-01-01", "2027-12-31")), [], "the add-on ends first");
    assert_eq!(of(&dated("2025-01-01", "2026-12-31")), [], "the add-on begins later");
    assert_eq!(of(&dated("2026-01-02", "2026-12-31")), told(DependentEffect::BeginsOtherwise, Some(END)));
    let short = Timeline::of(contract(vec![WorkOrder { end_date: "2026-11-30".parse().unwrap(), ..base() }, add_on()]));
    let longer: Vec<_> = leaning(&short, &amend(base(), None)).into_iter().map(|it| it.effect).collect();
    assert_eq!(longer, [DependentEffect::EndsLater]);
    let none = Timeline::of(contract(vec![add_on()]));
    let covered = leaning(&none, &ContractCommand::CreateWorkOrder { work_order: base() });
    assert_eq!(covered[0].effect, DependentEffect::Covered);
    assert_eq!((covered[0].old_end, covered[0].new_end), (None, Some(at(END))));
    // The worst of what happens at its locations is told, and where.
    let mut elsewhere = base();
    elsewhere.downstream_location_ids.clear();
    let [worst] = <[Dependent; 1]>::try_from(leaning(&stored(), &amend(elsewhere, None))).unwrap();
    assert_eq!(
        (worst.effect, worst.location_ids.into_iter().collect::<Vec<_>>()),
        (DependentEffect::Uncovered, vec!["gb-leeds".to_owned()])
    );
}
