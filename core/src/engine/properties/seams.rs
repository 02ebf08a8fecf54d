//! Renewals without a gap: a delivery over the seam is entitled, and no remedy tells to wait for what comes too late.

use chrono::{DateTime, Days, TimeDelta, Utc};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::contracts::{LOCATIONS, a_contract, an_instant, day, services_of};
use super::questions::{details, question};
use super::{edition, prepared};
use crate::catalog::RemedyKind;
use crate::engine::clauses::{location, term};
use crate::engine::evaluation::evaluate;
use crate::engine::pool::Pool;
use crate::engine::resolve::ResolvedQuery;
use crate::engine::{AS_BOUGHT, Delivery, Outcome, Query, decide};
use crate::model::{Contract, WorkOrder, WorkOrderState, start_of_day, zone};

/// Base orders one after the other, each of so many days.
fn chain(template: Contract, lengths: &[u64]) -> Contract {
    let mut contract = template;
    let base = WorkOrder {
        host_location_id: "gb-london".to_owned(),
        downstream_location_ids: Vec::new(),
        base_work_order_id: None,
        renews_work_order_id: None,
        state: WorkOrderState::Active,
        terminate_time: None,
        covered_products: vec!["*".into()],
        ..contract.work_orders[0].clone()
    };
    let mut first = day(0);
    contract.work_orders.clear();
    for (row, length) in lengths.iter().enumerate() {
        let mut order = WorkOrder {
            work_order_id: format!("wo-{row}"),
            start_date: first,
            end_date: first + Days::new(length - 1),
            ..base.clone()
        };
        order.items.retain(|item| item.service_id == edition().base_package);
        for item in &mut order.items {
            (item.all_locations, item.location_ids) = (true, Vec::new());
            item.waivers.clear();
        }
        first = first + Days::new(*length);
        contract.work_orders.push(order);
    }
    contract
}

proptest! {
    #[test]
    fn a_delivery_over_seams_is_entitled(
        template in a_contract(), lengths in vec(1..8u64, 1..6), at in any::<Index>(), window in any::<(Index, Index)>(),
    ) {
        prop_assume!(template.work_orders.iter().any(|order| order.items.iter().any(|it| it.service_id == edition().base_package)));
        let mut template = template;
        template.work_orders.retain(|order| order.items.iter().any(|it| it.service_id == edition().base_package));
        let contract = chain(template, &lengths);
        let start = start_of_day(zone("Europe/London"), day(0));
        let hours = usize::try_from(lengths.iter().sum::<u64>() * 24).unwrap();
        let instant = |index: Index, room: usize| start + TimeDelta::hours(i64::try_from(index.index(room)).unwrap());
        let (one, other) = (instant(window.0, hours), instant(window.1, hours));
        let delivery = Delivery {
            start_time: Some(one.min(other)),
            end_time: Some(one.max(other) + TimeDelta::minutes(30)),
            ..Delivery::default()
        };
        let query = Query {
            location_id: "gb-london",
            service_id: "problem-resolution-support",
            product: Some(crate::model::ProductId::new("azure")),
            check_time: Some(instant(at, hours)),
            delivery,
            ..Query::default()
        };
        let prepared = prepared(&contract);
        let decision = decide(&prepared, &AS_BOUGHT, &query, DateTime::<Utc>::UNIX_EPOCH).unwrap();
        prop_assert_eq!(decision.outcome, Outcome::Entitled, "{:?}\n{:?}", query, decision.reasons);
    }

    /// What would still begin too late answers only where nothing else could.
    #[test]
    fn nobody_is_told_to_wait_for_what_comes_too_late(
        contract in a_contract(), details in details(), at in an_instant(), length in 1..200i64, before in 0..100i64,
        picks in any::<(Index, Index)>(),
    ) {
        let prepared = prepared(&contract);
        let services: Vec<_> = services_of(&contract).into_iter().collect();
        let (location_id, ..) = LOCATIONS[picks.0.index(LOCATIONS.len())];
        let mut query = question(location_id, services[picks.1.index(services.len())], &details, at);
        let start = at - TimeDelta::hours(before);
        query.delivery.start_time = Some(start);
        query.delivery.end_time = Some(start + TimeDelta::hours(length));
        let decision = decide(&prepared, &AS_BOUGHT, &query, at).unwrap();
        let Some(coverage) = &decision.coverage else { return Ok(()) };
        let waits = |reason: &&crate::engine::Reason<'_>| reason.clause.code == "WORK_ORDER_NOT_STARTED" && reason.remedy.kind == RemedyKind::WaitUntil;
        let Some(reason) = decision.reasons.iter().find(waits) else { return Ok(()) };
        let until: DateTime<Utc> = reason.remedy.value.parse().unwrap();
        if start >= until {
            return Ok(());
        }
        let resolved = ResolvedQuery::new(&prepared, &AS_BOUGHT, &query).unwrap();
        let answering = (&coverage.order.work_order_id, &coverage.item.item_id);
        let mut own = resolved.contexts(at).find(|it| (&it.order.work_order_id, &it.item.item_id) == answering).unwrap();
        evaluate(&mut own, &Pool::new(&resolved, at));
        let is_for_it = location::is_designated(&own);
        for mut other in resolved.contexts(at) {
            let evaluation = evaluate(&mut other, &Pool::new(&resolved, at));
            let is_better = location::is_designated(&other) >= is_for_it && term::begins_in_time(&other);
            prop_assert!(evaluation.outcome() == Outcome::NotEntitled && !is_better || term::begins_in_time(&own), "{:?}", query);
        }
    }
}
