//! What is bought anew under the id of an item whose block is over is lost at once, and that is warned of.

use entitled::proto::v1;

use super::changes::*;
use crate::sample::refused;
use crate::server::{TestServer, on_both_servers};

on_both_servers!(a_block_that_stays_over_is_warned_of);

fn anew(item_id: &str, start_days: i64) -> v1::WorkOrder {
    let mut order = hours_order();
    order.items[0].item_id = item_id.to_owned();
    order.items[0].start_date = Some(in_days(start_days).date_naive().to_string());
    order
}

async fn a_block_that_stays_over_is_warned_of(server: &TestServer) {
    stored(server).await;
    let mut without = hours_order();
    without.items.remove(0);
    amend(server, without, Some(in_days(-10))).await.unwrap();
    let mut contracts = server.contracts();
    // From now on, and as it is planned.
    for (from, start_days) in [(None, -5), (Some(in_days(5)), 6)] {
        let strict = v1::AmendWorkOrderRequest { strict: true, ..amendment(anew("ede", start_days), from) };
        for validate_only in [true, false] {
            let request = v1::AmendWorkOrderRequest { validate_only, ..strict.clone() };
            assert_eq!(refused(contracts.amend_work_order(request).await).reason, "WARNINGS_NOT_ALLOWED");
            // Of another id it is its own.
            let other = v1::AmendWorkOrderRequest {
                validate_only: true,
                strict: true,
                ..amendment(anew("ede-2", start_days), from)
            };
            contracts.amend_work_order(other).await.unwrap();
        }
        for validate_only in [true, false] {
            let request = v1::AmendWorkOrderRequest { validate_only, ..amendment(anew("ede", start_days), from) };
            let answer = contracts.amend_work_order(request).await.unwrap().into_inner();
            let told: Vec<_> = answer.warnings.iter().map(|it| (it.code.as_str(), it.field.as_str())).collect();
            assert_eq!(told, [("ITEM_UNUSABLE", "work_order.items[0].item_id")], "{from:?} {validate_only}");
            assert!(answer.warnings[0].message.contains("a new id"), "{:?}", answer.warnings);
        }
        let mut without = hours_order();
        without.items.remove(0);
        amend(server, without, from).await.unwrap();
    }
    // It can be stopped all the same.
    amend(server, anew("ede", -5), None).await.unwrap();
    let stop = v1::SuspendWorkOrderRequest { strict: true, ..suspension("wo-2", None) };
    contracts.suspend_work_order(stop).await.unwrap();
}
