//! The customers of a round: what they bought, and how they ask for it.

use chrono::TimeDelta;
use entitled::cli::document;
use entitled::error::BoxError;
use entitled::model::block_id;
use entitled::proto::v1;
use entitled::service::Clock;
use prost_types::Timestamp;
use serde_json::json;

const EDE: &str = "enhanced-designated-engineering";
const LONDON: &str = "gb-london";
/// The last two have too little, so that refusals are frequent.
pub(crate) const CUSTOMERS: [(&str, u32); 8] = [
    ("contoso", 100_000),
    ("fabrikam", 100_000),
    ("northwind", 100_000),
    ("tailspin", 100_000),
    ("adatum", 100_000),
    ("wingtip", 100_000),
    ("litware", 2),
    ("proseware", 5),
];

/// A block of so many hours in London.
pub(crate) fn apply(customer_id: &str, hours: u32) -> Result<v1::ApplyContractRequest, BoxError> {
    let text = json!({
        "customer": {
            "customer_id": customer_id,
            "display_name": customer_id,
            "locations": [{
                "location_id": LONDON, "display_name": "London", "country": "GB", "time_zone": "Europe/London"
            }],
            "contacts": [{
                "contact_id": "ada", "display_name": "Ada", "email": "ada@example.org", "location_ids": [LONDON],
                "roles": ["SUPPORT_ADMINISTRATOR", "REACTIVE_CONTACT"]
            }]
        },
        "work_orders": [{
            "work_order_id": "wo-1", "edition_id": "unified-enterprise-2023", "start_date": day(-200),
            "end_date": day(400), "host_location_id": LONDON, "covered_products": ["*"],
            "currency": "GBP",
            "items": [
                { "item_id": "base", "service_id": "unified-enterprise-base", "all_locations": true },
                {
                    "item_id": "ede", "service_id": EDE, "quantity": { "amount": hours, "unit": "HOURS" },
                    "location_ids": [LONDON], "product_ids": ["azure/*"]
                }
            ]
        }]
    });
    let document = document::read(&text.to_string()).map_err(|mistakes| format!("{mistakes:?}"))?;
    Ok(v1::ApplyContractRequest { request_id: request_id(), ..document.request })
}

pub(crate) fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn minutes(amount: i64) -> Option<v1::Quantity> {
    Some(v1::Quantity { amount, unit: v1::Unit::Minutes.into() })
}

fn block(customer_id: &str) -> String {
    block_id(customer_id, "wo-1", "ede", EDE).to_string()
}

pub(crate) fn consume(customer_id: &str, amount: i64) -> v1::ConsumeUnitsRequest {
    v1::ConsumeUnitsRequest {
        customer_id: customer_id.to_owned(),
        block_id: block(customer_id),
        quantity: minutes(amount),
        request_id: request_id(),
        ..Default::default()
    }
}

/// A hold for so many seconds.
pub(crate) fn reserve(customer_id: &str, amount: i64, seconds: i64) -> v1::ReserveUnitsRequest {
    v1::ReserveUnitsRequest {
        customer_id: customer_id.to_owned(),
        block_id: block(customer_id),
        quantity: minutes(amount),
        expire_time: Some(Timestamp { seconds: now().saturating_add(seconds), nanos: 0 }),
        request_id: request_id(),
        ..Default::default()
    }
}

/// All that is held, or less.
pub(crate) fn commit(customer_id: &str, reservation_id: &str, amount: Option<i64>) -> v1::CommitReservationRequest {
    v1::CommitReservationRequest {
        customer_id: customer_id.to_owned(),
        reservation_id: reservation_id.to_owned(),
        quantity: amount.and_then(minutes),
        request_id: request_id(),
        ..Default::default()
    }
}

pub(crate) fn release(customer_id: &str, reservation_id: &str) -> v1::ReleaseReservationRequest {
    v1::ReleaseReservationRequest {
        customer_id: customer_id.to_owned(),
        reservation_id: reservation_id.to_owned(),
        request_id: request_id(),
        ..Default::default()
    }
}

pub(crate) fn check(customer_id: &str) -> v1::CheckEntitlementRequest {
    v1::CheckEntitlementRequest {
        customer_id: customer_id.to_owned(),
        location_id: LONDON.to_owned(),
        product_id: "azure".to_owned(),
        service_id: EDE.to_owned(),
        quantity: minutes(1),
        ..Default::default()
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    Clock::System.now().timestamp()
}

fn day(days: i64) -> String {
    let day = Clock::System.now().checked_add_signed(TimeDelta::days(days));
    day.map(|day| day.date_naive().to_string()).unwrap_or_default()
}
