use chrono::TimeDelta;
use serde_json::json;

use super::*;
use crate::ledger::Block;
use crate::model::block_id;

const EDE: &str = "enhanced-designated-engineering";

fn day(day: i64) -> DateTime<Utc> {
    let first: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
    first.checked_add_signed(TimeDelta::days(day)).unwrap()
}

fn last_day_before(end: i64) -> String {
    day(end).date_naive().pred_opt().unwrap().to_string()
}

fn info(effective: Option<i64>, recorded: i64) -> VersionInfo {
    VersionInfo { version: 1, record_time: day(recorded), effective_time: effective.map(day), actor: String::new() }
}

/// A base from day 0 to `base_end`, and hours on an order of their own that ends with `end`: that stands so since day 10,
/// and the base since day 15.
fn documents(base_end: i64, end: i64) -> Documents {
    let order = |id: &str, end: i64, item: serde_json::Value| {
        json!({
            "work_order_id": id, "customer_id": "acme", "edition_id": "unified-enterprise-2023",
            "start_date": "2026-01-01", "end_date": last_day_before(end), "host_location_id": "gb-london",
            "covered_products": ["*"], "currency": "GBP", "items": [item]
        })
    };
    let contract = json!({
        "customer": {"customer_id": "acme", "display_name": "Acme", "locations": [
            {"location_id": "gb-london", "display_name": "London", "country": "GB", "time_zone": "Europe/London"}
        ]},
        "work_orders": [
            order("base", base_end, json!({
                "item_id": "base", "service_id": "unified-enterprise-base", "all_locations": true
            })),
            order("hours", end, json!({
                "item_id": "ede", "service_id": EDE, "location_ids": ["gb-london"],
                "quantity": {"amount": 10, "unit": "HOURS"}
            }))
        ]
    });
    let infos = [("base", info(Some(15), 14)), ("hours", info(Some(10), 3))];
    let stored = StoredContract {
        contract: serde_json::from_value(contract).unwrap(),
        revision: 1,
        contract_version: 1,
        customer_info: info(None, 1),
        order_infos: infos.map(|(id, info)| (id.to_owned(), info)).into(),
        balances: Balances::default(),
        period: EffectivePeriod { from: Some(day(15)), until: None },
        planned_from: None,
        bytes: 0,
        planned: Vec::new(),
    };
    Documents::new(&Arc::new(Catalog::embedded().unwrap()), stored)
}

/// When the block ends that was written down to last until day 60.
fn end(documents: &Documents) -> DateTime<Utc> {
    let id = block_id("acme", "hours", "ede", EDE);
    let spec = documents.blocks.iter().find(|spec| spec.id == id).unwrap();
    let written = Block { sequence: 1, end: day(60), ..Block::new(spec) };
    let mut book = Book::new("acme");
    book.add_block(Block { start: day(0), ..written });
    let blocks = documents.blocks_to_grant(&book).expect("there is something to write");
    blocks.into_iter().find(|spec| spec.id == id).unwrap().end
}

#[test]
fn an_end_that_was_never_written_is_as_old_as_what_brought_it() {
    // The order itself ends before it does so: as it came to.
    assert_eq!(end(&documents(60, 8)), day(10));
    assert_eq!(end(&documents(60, 12)), day(12));
    // With its base: as the newest change of any of them.
    assert_eq!(end(&documents(8, 60)), day(15));
    assert_eq!(end(&documents(20, 60)), day(20));
}

#[test]
fn what_is_noticed_late_was_recorded_before() {
    let documents = documents(60, 8);
    assert_eq!(documents.recorded_by(day(40)), day(14));
    assert_eq!(documents.recorded_by(day(13)), day(13), "by a clock that is behind");
}
