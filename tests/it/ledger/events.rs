//! One event covers one solution: each further one takes as many events again.

use chrono::Duration;
use entitled::model::block_id;
use entitled::proto::v1;
use prost_types::Timestamp;
use serde_json::json;
use tonic_types::StatusExt as _;

use super::on_both;
use super::samples::*;

on_both!(
    each_further_solution_takes_as_many_events_again,
    a_hold_is_judged_and_its_commit_is_not,
    other_services_do_not_count_solutions,
    six_dates_take_two_events,
    solutions_that_cannot_be,
    solutions_are_part_of_what_was_asked,
);

const AEM: &str = "azure-event-management";
const RETAIL: &str = "azure-event-management-retail";

/// Ten events, and one of the retail form.
async fn put_events(house: &House) {
    let mut document = contract("fabrikam", &[100]);
    let events = |service_id: &str, amount: i64| {
        json!({
            "item_id": service_id, "service_id": service_id, "location_ids": [LONDON],
            "quantity": { "amount": amount, "unit": "EVENTS" },
        })
    };
    let items = document["work_orders"][0]["items"].as_array_mut().unwrap();
    items.extend([events(AEM, 10), events(RETAIL, 1)]);
    house.apply(&document).await;
}

async fn stop(house: House) {
    house.verify("fabrikam").await;
    house.stop().await;
}

fn named(solutions: &[&str]) -> Vec<String> {
    solutions.iter().map(|id| (*id).to_owned()).collect()
}

/// So many events for these solutions, on so many dates; none: now.
fn consume_events(amount: i64, solutions: &[&str], dates: i64) -> v1::ConsumeUnitsRequest {
    let begin = (now() - Duration::days(30)).date_naive().and_hms_opt(8, 0, 0).unwrap().and_utc().timestamp();
    let time = |day: i64| Some(Timestamp { seconds: begin + day * 86_400, nanos: 0 });
    v1::ConsumeUnitsRequest {
        service_id: AEM.into(),
        quantity: quantity(amount, v1::Unit::Events),
        // An hour more lies on the same date.
        performed: (dates > 0).then(|| v1::Performed { start_time: time(0), end_time: time(dates - 1).map(later) }),
        solution_ids: named(solutions),
        ..consume_any("fabrikam", 1)
    }
}

fn later(time: Timestamp) -> Timestamp {
    Timestamp { seconds: time.seconds + 3_600, ..time }
}

async fn each_further_solution_takes_as_many_events_again(house: House) {
    put_events(&house).await;
    let mut ledger = house.server.ledger();
    let too_few = forbidden("AEM_ONE_SOLUTION");
    for (amount, solutions, dates) in [(1, &["shop", "depot"][..], 0), (3, &["shop", "depot"], 6)] {
        let outcome = ledger.consume_units(consume_events(amount, solutions, dates)).await;
        assert_eq!(refused(outcome), too_few, "{amount} for {solutions:?} on {dates} dates");
    }
    let status = ledger.consume_units(consume_events(3, &["shop", "depot"], 6)).await.unwrap_err();
    let info = status.get_details_error_info().unwrap().metadata;
    let facts = ["field", "events_needed", "requested", "solutions", "unit"].map(|name| info[name].as_str());
    assert_eq!(facts, ["quantity", "4", "3", "2", "EVENTS"]);
    // By its block it is the same.
    let id = block_id("fabrikam", "wo-1", AEM, AEM).to_string();
    let by_id = v1::ConsumeUnitsRequest {
        customer_id: "fabrikam".into(),
        block_id: id,
        quantity: quantity(1, v1::Unit::Events),
        solution_ids: named(&["shop", "depot"]),
        ..consume(1)
    };
    assert_eq!(refused(ledger.consume_units(by_id).await), too_few);
    assert_eq!(house.count("SELECT COUNT(*) FROM entry WHERE kind <> 'GRANT'").await, 0);
    // More may be taken than is needed, but never more than there is.
    let exhausted = forbidden("QUANTITY_EXHAUSTED");
    assert_eq!(refused(ledger.consume_units(consume_events(11, &["shop", "depot"], 6)).await), exhausted);
    for (amount, solutions, dates) in [(4, &["shop", "depot"][..], 6), (2, &["shop", "depot"], 5), (2, &["shop"], 6)] {
        ledger.consume_units(consume_events(amount, solutions, dates)).await.unwrap();
    }
    stop(house).await;
}

async fn a_hold_is_judged_and_its_commit_is_not(house: House) {
    put_events(&house).await;
    let mut ledger = house.server.ledger();
    let hold = |amount| v1::ReserveUnitsRequest {
        customer_id: "fabrikam".into(),
        block_id: String::new(),
        location_id: LONDON.into(),
        product_id: "azure".into(),
        service_id: AEM.into(),
        quantity: quantity(amount, v1::Unit::Events),
        solution_ids: named(&["shop", "depot"]),
        ..reserve(1)
    };
    assert_eq!(refused(ledger.reserve_units(hold(1)).await), forbidden("AEM_ONE_SOLUTION"));
    let held = ledger.reserve_units(hold(2)).await.unwrap().into_inner().reservation.unwrap();
    // One of the two did not take place.
    let less = v1::CommitReservationRequest {
        customer_id: "fabrikam".into(),
        quantity: quantity(1, v1::Unit::Events),
        ..commit(&held.reservation_id, None)
    };
    let done = ledger.commit_reservation(less).await.unwrap().into_inner();
    assert_eq!((done.balances[0].used, done.balances[0].reserved), (1, 0));
    stop(house).await;
}

async fn other_services_do_not_count_solutions(house: House) {
    put_events(&house).await;
    let mut ledger = house.server.ledger();
    let of_retail = v1::ConsumeUnitsRequest {
        product_id: "azure/cognitive-search".into(),
        service_id: RETAIL.into(),
        ..consume_events(1, &["shop", "depot"], 5)
    };
    ledger.consume_units(of_retail).await.unwrap();
    let of_engineering = v1::ConsumeUnitsRequest { solution_ids: named(&["shop", "depot"]), ..consume(1) };
    ledger.consume_units(of_engineering).await.unwrap();
    stop(house).await;
}

/// One event covers five dates, in both forms, whether it is consumed or held.
async fn six_dates_take_two_events(house: House) {
    put_events(&house).await;
    let mut ledger = house.server.ledger();
    let too_short = forbidden("AEM_DURATION");
    let status = ledger.consume_units(consume_events(1, &["shop"], 6)).await.unwrap_err();
    assert_eq!(told(&status), too_short);
    let info = status.get_details_error_info().unwrap().metadata;
    assert_eq!(["events_needed", "requested", "event_days"].map(|name| info[name].as_str()), ["2", "1", "5"]);
    let retail = |dates| v1::ConsumeUnitsRequest {
        product_id: "azure/cognitive-search".into(),
        service_id: RETAIL.into(),
        ..consume_events(1, &[], dates)
    };
    assert_eq!(refused(ledger.consume_units(retail(6)).await), too_short);
    let hold = |amount, dates| {
        let asked = consume_events(amount, &[], dates);
        v1::ReserveUnitsRequest {
            customer_id: asked.customer_id,
            block_id: String::new(),
            location_id: asked.location_id,
            product_id: asked.product_id,
            service_id: asked.service_id,
            quantity: asked.quantity,
            performed: asked.performed,
            ..reserve(1)
        }
    };
    assert_eq!(refused(ledger.reserve_units(hold(1, 6)).await), too_short);
    assert_eq!(house.count("SELECT COUNT(*) FROM entry WHERE kind <> 'GRANT'").await, 0);
    ledger.reserve_units(hold(2, 6)).await.unwrap();
    ledger.reserve_units(hold(1, 5)).await.unwrap();
    ledger.consume_units(retail(5)).await.unwrap();
    stop(house).await;
}

async fn solutions_that_cannot_be(house: House) {
    put_events(&house).await;
    let mut ledger = house.server.ledger();
    let many: Vec<String> = (0..101).map(|number| format!("s-{number}")).collect();
    for (solution_ids, expected, field) in [
        (named(&["shop", "The Depot"]), invalid("FIELD_INVALID"), "solution_ids[1]"),
        (named(&["shop", ""]), invalid("FIELD_REQUIRED"), "solution_ids[1]"),
        (many, invalid("FIELD_OUT_OF_RANGE"), "solution_ids"),
    ] {
        let consume = v1::ConsumeUnitsRequest { solution_ids: solution_ids.clone(), ..consume_events(2, &[], 0) };
        let status = ledger.consume_units(consume).await.unwrap_err();
        assert_eq!(
            (told(&status), status.get_details_bad_request().unwrap().field_violations[0].field.as_str()),
            (expected.clone(), field)
        );
        let hold = v1::ReserveUnitsRequest { solution_ids, ..reserve(1) };
        assert_eq!(refused(ledger.reserve_units(hold).await), expected);
    }
    // Each counts once.
    ledger.consume_units(consume_events(1, &["shop", "shop"], 0)).await.unwrap();
    stop(house).await;
}

async fn solutions_are_part_of_what_was_asked(house: House) {
    put_events(&house).await;
    let mut ledger = house.server.ledger();
    let first = consume_events(2, &["shop", "depot"], 0);
    ledger.consume_units(first.clone()).await.unwrap();
    let again = |solutions: &[&str]| v1::ConsumeUnitsRequest { solution_ids: named(solutions), ..first.clone() };
    for same in [&["shop", "depot"][..], &["depot", "shop"], &["depot", "shop", "depot"]] {
        assert!(ledger.consume_units(again(same)).await.unwrap().into_inner().replayed, "{same:?}");
    }
    for other in [&[][..], &["shop"], &["shop", "bank"]] {
        let outcome = ledger.consume_units(again(other)).await;
        assert_eq!(refused(outcome), invalid("REQUEST_ID_REUSED"), "{other:?}");
    }
    stop(house).await;
}
