//! A predefined offering that is one delivery is used up once; hours that come with Unified Enhanced Response are
//! worked at night.

use chrono::Duration;
use entitled::model::block_id;
use entitled::proto::v1;
use prost_types::Timestamp;
use serde_json::json;

use super::on_both;
use super::samples::*;

on_both!(a_closed_delivery_is_one_engagement, included_reactive_hours_are_worked_at_night,);

/// A closed workshop and seats in others, and Unified Enhanced Response with hours.
async fn put_offerings(house: &House) {
    let mut document = contract("fabrikam", &[100]);
    let items = document["work_orders"][0]["items"].as_array_mut().unwrap();
    items.extend([
        json!({"item_id": "closed", "service_id": "workshops", "location_ids": [LONDON], "predefined_offering": "closed-delivery"}),
        json!({"item_id": "seats", "service_id": "workshops", "location_ids": [LONDON],
               "quantity": {"amount": 5, "unit": "ATTENDEES"}}),
        json!({"item_id": "uer", "service_id": "unified-enhanced-response", "location_ids": [LONDON],
               "included_hours": {"reactive_support_management": 10, "service_delivery_management": 10}}),
    ]);
    house.apply(&document).await;
}

async fn stop(house: House) {
    house.verify("fabrikam").await;
    house.stop().await;
}

fn workshops(amount: i64, unit: v1::Unit) -> v1::ConsumeUnitsRequest {
    v1::ConsumeUnitsRequest {
        service_id: "workshops".into(),
        quantity: quantity(amount, unit),
        ..consume_any("fabrikam", 1)
    }
}

async fn a_closed_delivery_is_one_engagement(house: House) {
    put_offerings(&house).await;
    let mut ledger = house.server.ledger();
    let exhausted = forbidden("QUANTITY_EXHAUSTED");
    assert_eq!(refused(ledger.consume_units(workshops(2, v1::Unit::Engagements)).await), exhausted);
    let taken = ledger.consume_units(workshops(1, v1::Unit::Engagements)).await.unwrap().into_inner();
    assert_eq!(taken.balances.len(), 1);
    assert_eq!((taken.balances[0].item_id.as_str(), taken.balances[0].available), ("closed", 0));
    // Seats are no deliveries, and a delivery is no seat.
    assert_eq!(refused(ledger.consume_units(workshops(1, v1::Unit::Engagements)).await), exhausted);
    assert_eq!(refused(ledger.consume_units(workshops(6, v1::Unit::Attendees)).await), exhausted);
    ledger.consume_units(workshops(5, v1::Unit::Attendees)).await.unwrap();
    stop(house).await;
}

async fn included_reactive_hours_are_worked_at_night(house: House) {
    put_offerings(&house).await;
    let mut ledger = house.server.ledger();
    let begin = (now() - Duration::days(30)).date_naive().and_hms_opt(2, 0, 0).unwrap().and_utc().timestamp();
    let time = |seconds: i64| Some(Timestamp { seconds: begin + seconds, nanos: 0 });
    let by_id = |service_id: &str| v1::ConsumeUnitsRequest {
        customer_id: "fabrikam".into(),
        block_id: block_id("fabrikam", "wo-1", "uer", service_id).to_string(),
        quantity: quantity(1, v1::Unit::Hours),
        performed: Some(v1::Performed { start_time: time(0), end_time: time(3_600) }),
        ..consume(1)
    };
    ledger.consume_units(by_id("reactive-support-management-add-on")).await.unwrap();
    assert_eq!(refused(ledger.consume_units(by_id("sdm-add-on")).await), forbidden("SDM_HOST_HOURS"));
    stop(house).await;
}
