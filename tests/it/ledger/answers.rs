//! Which item answers for a refusal, of what it tells all, and where in the request it lies.

use chrono::{DateTime, Duration, Utc, Weekday};
use entitled::cli::document;
use entitled::proto::v1;
use serde_json::{Value, json};
use tonic_types::StatusExt as _;

use super::bad_input::{last, window};
use super::on_both;
use super::samples::*;
use crate::sample::Refusal;
use crate::server::request_id;

on_both!(
    an_item_without_a_number_answers_for_its_location,
    the_item_for_the_location_answers,
    what_is_lacking_stands_beside_the_clauses,
    a_refusal_names_the_field_that_says_it,
    what_nobody_bought_says_of_what,
    a_block_without_a_time_has_one_reason,
    an_expiry_is_told_by_what_lasts_until_then,
    a_refusal_speaks_the_language_asked_for,
);

const DUBLIN: &str = "ie-dublin";
const SDM: &str = "sdm-add-on";

/// A customer with these items on a second order, which says this besides.
async fn put(house: &House, items: Vec<Value>, order: Value) {
    let mut contract = contract("fabrikam", &[]);
    let dublin =
        json!({ "location_id": DUBLIN, "display_name": "Dublin", "country": "IE", "time_zone": "Europe/Dublin" });
    contract["customer"]["locations"].as_array_mut().unwrap().push(dublin);
    let first = contract["work_orders"][0].as_object_mut().unwrap();
    first.insert("downstream_location_ids".to_owned(), json!([DUBLIN]));
    let mut second = first.clone();
    second.insert("work_order_id".to_owned(), json!("wo-2"));
    second.insert("items".to_owned(), Value::Array(items));
    second.extend(order.as_object().unwrap().clone());
    contract["work_orders"].as_array_mut().unwrap().push(Value::Object(second));
    let document = document::read(&contract.to_string()).unwrap();
    let request = v1::ApplyContractRequest { request_id: request_id(), ..document.request };
    house.server.contracts().apply_contract(request).await.unwrap_or_else(|status| panic!("{status:?}"));
}

fn item(item_id: &str, service_id: &str, location_id: &str, more: Value) -> Value {
    let mut item = json!({ "item_id": item_id, "service_id": service_id, "location_ids": [location_id] });
    item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    item
}

fn some_hours(amount: i64, product: &str) -> Value {
    json!({ "quantity": { "amount": amount, "unit": "HOURS" }, "product_ids": [product] })
}

fn at(location_id: &str, service_id: &str, amount: i64) -> v1::ConsumeUnitsRequest {
    v1::ConsumeUnitsRequest {
        location_id: location_id.into(),
        service_id: service_id.into(),
        ..consume_any("fabrikam", amount)
    }
}

async fn refusal(house: &House, request: v1::ConsumeUnitsRequest) -> Refusal {
    Refusal::of(&house.server.ledger().consume_units(request).await.expect_err("it is refused"))
}

async fn an_item_without_a_number_answers_for_its_location(house: House) {
    let three = json!({ "quantity": { "amount": 3, "unit": "HOURS" } });
    let items = vec![
        json!({ "item_id": "sdm", "service_id": SDM, "all_locations": true }),
        item("sdmq", SDM, DUBLIN, three),
        item("fixed", EDE, LONDON, json!({ "predefined_offering": "predefined", "product_ids": ["azure/*"] })),
    ];
    put(&house, items, json!({ "downstream_location_ids": [DUBLIN] })).await;
    for (service_id, item_id) in [(SDM, "sdm"), (EDE, "fixed")] {
        let told = refusal(&house, at(LONDON, service_id, 1)).await;
        assert_eq!(told.violations, ["quantity HOURS_EXHAUSTED"], "{service_id}");
        let fact = |name: &str| told.metadata.get(name).map(String::as_str).unwrap_or_default();
        assert_eq!([fact("item_id"), fact("available"), fact("requested")], [item_id, "0", "60"]);
        for unit in [v1::Unit::Credits, v1::Unit::Days] {
            let request = v1::ConsumeUnitsRequest { quantity: quantity(1, unit), ..at(LONDON, service_id, 1) };
            assert_eq!(refusal(&house, request).await.violations, ["quantity.unit UNIT_MISMATCH"]);
        }
    }
    house.server.ledger().consume_units(at(DUBLIN, SDM, 1)).await.unwrap();
    house.stop().await;
}

async fn the_item_for_the_location_answers(house: House) {
    let items =
        vec![item("a", EDE, DUBLIN, some_hours(9, "azure/*")), item("b", EDE, LONDON, some_hours(9, "windows-server"))];
    put(&house, items, json!({})).await;
    let told = refusal(&house, at(LONDON, EDE, 1)).await;
    assert_eq!(told.violations, ["product_id PRODUCT_NOT_ON_ITEM"]);
    assert_eq!(told.metadata["item_id"], "b");
    house.stop().await;
}

async fn what_is_lacking_stands_beside_the_clauses(house: House) {
    let saturday = window(last(Weekday::Sat, 10), 60);
    let too_much = v1::ConsumeUnitsRequest { performed: saturday, ..consume(1_000) };
    let told = refusal(&house, too_much).await;
    assert_eq!(told.reason, "HOURS_EXHAUSTED");
    assert_eq!(told.violations, ["quantity HOURS_EXHAUSTED", "performed OUTSIDE_SERVICE_HOURS"]);
    put(&house, vec![item("a", EDE, DUBLIN, some_hours(39, "azure/*"))], json!({})).await;
    let told = refusal(&house, at(LONDON, EDE, 50)).await;
    assert_eq!(told.violations, ["location_id LOCATION_NOT_DESIGNATED", "quantity HOURS_EXHAUSTED"]);
    assert_eq!(told.clauses.len(), 2);
    house.stop().await;
}

async fn a_refusal_names_the_field_that_says_it(house: House) {
    let on_site = v1::ConsumeUnitsRequest { delivery_mode: v1::DeliveryMode::OnSite.into(), ..consume(1) };
    assert_eq!(refusal(&house, on_site).await.violations, ["delivery_mode ONSITE_NOT_INCLUDED"]);
    let early = v1::ConsumeUnitsRequest { performed: window(now() - Duration::days(300), 60), ..consume(1) };
    assert_eq!(refusal(&house, early).await.violations[0], "performed.start_time WORK_ORDER_NOT_STARTED");
    put(&house, vec![item("a", EDE, DUBLIN, some_hours(9, "azure/*"))], json!({ "start_date": day(20) })).await;
    let told = refusal(&house, at(DUBLIN, EDE, 1)).await;
    assert_eq!(told.violations, ["service_id WORK_ORDER_NOT_STARTED"]);
    let advice = v1::ConsumeUnitsRequest { quantity: hours(7), ..at(LONDON, "advisory-support", 7) };
    let told = refusal(&house, advice).await;
    assert_eq!(told.violations, ["quantity ADVISORY_LIMIT"]);
    assert_eq!((told.metadata["limit_minutes"].as_str(), told.metadata["requested_minutes"].as_str()), ("360", "420"));
    house.stop().await;
}

async fn what_nobody_bought_says_of_what(house: House) {
    put(&house, vec![item("a", EDE, LONDON, some_hours(9, "azure/*"))], json!({})).await;
    let told = refusal(&house, at(LONDON, SDM, 1)).await;
    assert_eq!(told.violations, ["service_id NOT_PURCHASED"]);
    assert_eq!((told.metadata["service_id"].as_str(), told.metadata["location_id"].as_str()), (SDM, LONDON));
    house.stop().await;
}

fn day(days: i64) -> String {
    (now() + Duration::days(days)).date_naive().to_string()
}

async fn a_block_without_a_time_has_one_reason(house: House) {
    let terminated: DateTime<Utc> = now() - Duration::days(1);
    let order = json!({ "start_date": day(20), "state": "TERMINATED", "terminate_time": terminated.to_rfc3339() });
    put(&house, vec![item("a", EDE, LONDON, some_hours(9, "azure/*"))], order).await;
    let block_id = entitled::model::block_id("fabrikam", "wo-2", "a", EDE).to_string();
    let held = v1::ReserveUnitsRequest { customer_id: "fabrikam".into(), block_id, ..reserve(1) };
    let told = Refusal::of(&house.server.ledger().reserve_units(held).await.unwrap_err());
    assert_eq!(told.violations, ["block_id FORFEITED"]);
    house.stop().await;
}

async fn an_expiry_is_told_by_what_lasts_until_then(house: House) {
    let items = vec![
        item(
            "soon",
            EDE,
            LONDON,
            json!({ "quantity": { "amount": 210, "unit": "MINUTES" }, "product_ids": ["azure/*"], "end_date": day(2) }),
        ),
        item("late", EDE, LONDON, some_hours(1, "azure/*")),
    ];
    put(&house, items, json!({})).await;
    let hold = |amount| v1::ReserveUnitsRequest {
        customer_id: "fabrikam".into(),
        block_id: String::new(),
        location_id: LONDON.into(),
        product_id: "azure".into(),
        service_id: EDE.into(),
        expire_time: in_seconds(30 * 86_400),
        ..reserve(amount)
    };
    let told = Refusal::of(&house.server.ledger().reserve_units(hold(10)).await.unwrap_err());
    assert_eq!(
        (told.violations.as_slice(), told.metadata["available"].as_str()),
        (["quantity HOURS_EXHAUSTED".to_owned()].as_slice(), "270")
    );
    let told = Refusal::of(&house.server.ledger().reserve_units(hold(4)).await.unwrap_err());
    assert_eq!(told.violations, ["expire_time EXPIRY_BEYOND_BLOCK"]);
    assert!(told.message.contains("of 4 h asked for, 1 h can be held until then"), "{}", told.message);
    house.stop().await;
}

/// Amounts and days as people say them, the section, and what to do instead.
async fn a_refusal_speaks_the_language_asked_for(house: House) {
    let early = window(now() - Duration::days(300), 60);
    let first = (now() - Duration::days(200)).date_naive();
    for (language, exhausted, not_started) in [
        (
            "en",
            "100 h available, 1000 h needed. Buy more time, or take at most what is available. (section 2.2, 2.3)",
            format!("takes effect on {first}, not before. Deliver from that day on"),
        ),
        (
            "id",
            "tersedia 100 jam, diperlukan 1000 jam. Beli waktu tambahan, atau gunakan paling banyak yang tersedia. (bagian 2.2, 2.3)",
            format!("baru berlaku mulai {first}. Laksanakan mulai hari itu"),
        ),
    ] {
        for (request, words) in [
            (consume(1_000), exhausted),
            (v1::ConsumeUnitsRequest { performed: early, ..consume(1) }, not_started.as_str()),
        ] {
            let mut request = tonic::Request::new(request);
            request.metadata_mut().insert("accept-language", language.parse().unwrap());
            let status = house.server.ledger().consume_units(request).await.unwrap_err();
            let details = status.get_error_details();
            let told = &details.precondition_failure().unwrap().violations[0].description;
            assert!(told.contains(words), "{told}");
            assert!(language == "id" || crate::refused::untold(&status).is_empty(), "{status:?}");
            assert_eq!(details.error_info().unwrap().metadata["edition_id"], "unified-enterprise-2023");
        }
    }
    house.stop().await;
}
