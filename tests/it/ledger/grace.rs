//! Work delivered before a block's end can be recorded for some time after it, and then no more.

use chrono::{DateTime, Datelike as _, Duration, Utc, Weekday};
use entitled::model::block_id;
use entitled::proto::v1;
use prost_types::Timestamp;

use super::on_both;
use super::samples::*;
use crate::server::TestServer;

on_both!(work_is_recorded_within_the_usual_grace, without_a_grace_the_end_is_the_end);

/// A block that ended as the day so many days ago began.
async fn put_ended(house: &House, customer_id: &str, days: i64) {
    let mut document = contract(customer_id, &[100]);
    document["work_orders"][0]["end_date"] = (now() - Duration::days(days + 1)).date_naive().to_string().into();
    house.apply(&document).await;
}

/// Two hours on the last Tuesday that lies so many days back at least.
fn consume_late(customer_id: &str, days: i64) -> v1::ConsumeUnitsRequest {
    let tuesdays = (days..days + 7).map(|days| (now() - Duration::days(days)).date_naive());
    let tuesday = tuesdays.into_iter().find(|day| day.weekday() == Weekday::Tue).unwrap();
    let time = |hour: u32| {
        let at: DateTime<Utc> = tuesday.and_hms_opt(hour, 0, 0).unwrap().and_utc();
        Some(Timestamp { seconds: at.timestamp(), nanos: 0 })
    };
    v1::ConsumeUnitsRequest {
        customer_id: customer_id.into(),
        block_id: block_id(customer_id, "wo-1", "ede-0", EDE).to_string(),
        performed: Some(v1::Performed { start_time: time(10), end_time: time(12) }),
        ..consume(2)
    }
}

async fn work_is_recorded_within_the_usual_grace(house: House) {
    put_ended(&house, "fabrikam", 28).await;
    put_ended(&house, "northwind", 31).await;
    let mut ledger = house.server.ledger();
    ledger.consume_units(consume_late("fabrikam", 30)).await.unwrap();
    assert_eq!(refused(ledger.consume_units(consume_late("northwind", 33)).await), forbidden("FORFEITED"));
    house.verify("fabrikam").await;
    house.stop().await;
}

async fn without_a_grace_the_end_is_the_end(house: House) {
    let strict = TestServer::start_with(house.backend, |config| config.ledger.grace = Duration::zero()).await;
    let strict = House { server: strict, backend: house.backend };
    house.stop().await;
    put_ended(&strict, "contoso", 1).await;
    let mut ledger = strict.server.ledger();
    assert_eq!(refused(ledger.consume_units(consume_late("contoso", 3)).await), forbidden("FORFEITED"));
    // Before the end it is recorded as ever.
    strict.put_customer("fabrikam", &[100]).await;
    ledger.consume_units(consume_late("fabrikam", 3)).await.unwrap();
    strict.stop().await;
}
