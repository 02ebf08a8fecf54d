//! What the audit finds, page by page.

use std::collections::BTreeSet;

use entitled::proto::v1;
use tonic::Code;

use super::audit::{all_of_contoso, records};
use super::on_both;
use super::samples::*;
use crate::sample;

on_both!(records_are_found_by_what_is_asked_for, records_are_paged_completely, what_is_asked_for_is_judged);

async fn records_are_found_by_what_is_asked_for(house: House) {
    let mut ledger = house.server.ledger();
    house.put_customer("fabrikam", &[10]).await;
    ledger.consume_units(consume(1)).await.unwrap();
    ledger.adjust_block(adjust(5)).await.unwrap();
    let actions = async |request: v1::ListAuditRecordsRequest| {
        let found = records(&house, request).await;
        assert!(found.is_sorted_by_key(|record| {
            let time = record.record_time.unwrap();
            std::cmp::Reverse((time.seconds, time.nanos))
        }));
        found.into_iter().map(|record| record.action).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(actions(all_of_contoso()).await, "AdjustBlock ApplyContract ConsumeUnits");
    for (action, found) in [("AdjustBlock", "AdjustBlock"), ("ReserveUnits", "")] {
        assert_eq!(actions(v1::ListAuditRecordsRequest { action: action.into(), ..all_of_contoso() }).await, found);
    }
    for (actor, is_found) in [("anonymous", true), ("anonymou", false), ("ada", false)] {
        let found = actions(v1::ListAuditRecordsRequest { actor: actor.into(), ..all_of_contoso() }).await;
        assert_eq!(!found.is_empty(), is_found, "{actor}");
    }
    for (order, is_found) in [("wo-1", true), ("wo", false), ("wo-11", false)] {
        let found = actions(v1::ListAuditRecordsRequest { work_order_id: order.into(), ..all_of_contoso() }).await;
        assert_eq!(!found.is_empty(), is_found, "{order}");
    }
    for (start_time, end_time, is_found) in [
        (in_seconds(-3_600), in_seconds(3_600), true),
        (in_seconds(3_600), None, false),
        (None, in_seconds(-3_600), false),
    ] {
        let found = actions(v1::ListAuditRecordsRequest { start_time, end_time, ..all_of_contoso() }).await;
        assert_eq!(!found.is_empty(), is_found, "{start_time:?} {end_time:?}");
    }
    // Of all customers.
    let all = records(&house, v1::ListAuditRecordsRequest::default()).await;
    let of = |customer_id: &str| all.iter().filter(|record| record.customer_id == customer_id).count();
    assert_eq!((of("contoso"), of("fabrikam")), (3, 1));
    house.stop().await;
}

async fn records_are_paged_completely(house: House) {
    for _ in 0..8 {
        house.server.ledger().consume_units(consume(1)).await.unwrap();
    }
    let whole = records(&house, all_of_contoso()).await;
    for (page_size, action) in [(1, ""), (4, ""), (9, ""), (3, "ConsumeUnits")] {
        let mut request = v1::ListAuditRecordsRequest { page_size, action: action.into(), ..all_of_contoso() };
        let mut found = Vec::new();
        loop {
            let page = house.server.contracts().list_audit_records(request.clone()).await.unwrap().into_inner();
            assert!(page.audit_records.len() <= usize::try_from(page_size).unwrap());
            found.extend(page.audit_records);
            // A write in between is newer, and moves no page.
            house.server.ledger().consume_units(consume(1)).await.unwrap();
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                break;
            }
        }
        let newest = found.first().unwrap().clone();
        let all = records(&house, all_of_contoso()).await;
        let expected = all.into_iter().skip_while(|record| *record != newest);
        let expected: Vec<_> = expected.filter(|record| action.is_empty() || record.action == action).collect();
        assert_eq!(found, expected, "{page_size} {action}");
    }
    assert_eq!(whole.len(), 9);
    house.stop().await;
}

async fn what_is_asked_for_is_judged(house: House) {
    house.put_customer("fabrikam", &[10]).await;
    house.server.ledger().consume_units(consume(1)).await.unwrap();
    let ask = async |request| house.server.contracts().list_audit_records(request).await;
    let first = v1::ListAuditRecordsRequest { page_size: 1, ..all_of_contoso() };
    let page_token = ask(first.clone()).await.unwrap().into_inner().next_page_token;
    let second = v1::ListAuditRecordsRequest { page_token, ..first };
    assert!(ask(second.clone()).await.is_ok());
    let others: [fn(&mut v1::ListAuditRecordsRequest); 6] = [
        |it| it.customer_id = "fabrikam".into(),
        |it| it.work_order_id = "wo-1".into(),
        |it| it.actor = "anonymous".into(),
        |it| it.action = "ConsumeUnits".into(),
        |it| it.start_time = in_seconds(-60),
        |it| it.end_time = in_seconds(60),
    ];
    for change in others {
        let mut other = second.clone();
        change(&mut other);
        assert_eq!(refused(ask(other).await), invalid("PAGE_TOKEN_INVALID"));
    }
    let wrong = v1::ListAuditRecordsRequest {
        customer_id: "?".into(),
        work_order_id: "?".into(),
        actor: "x".repeat(201),
        action: "ConsumeUnit".into(),
        start_time: in_seconds(60),
        end_time: in_seconds(-60),
        page_size: -1,
        page_token: String::new(),
    };
    let refusal = sample::refused(ask(wrong).await);
    assert_eq!(
        refusal.violations,
        [
            "customer_id FIELD_INVALID",
            "work_order_id FIELD_INVALID",
            "actor FIELD_OUT_OF_RANGE",
            "action REFERENCE_UNKNOWN",
            "page_size FIELD_OUT_OF_RANGE",
            "end_time FIELD_OUT_OF_RANGE",
        ]
    );
    let misspelt = v1::ListAuditRecordsRequest { action: "ConsumeUnit".into(), ..all_of_contoso() };
    let refusal = sample::refused(ask(misspelt).await);
    assert!(refusal.message.contains("did you mean `ConsumeUnits`?"), "{refusal:?}");
    let of_any = v1::ListAuditRecordsRequest { work_order_id: "wo-1".into(), ..Default::default() };
    assert_eq!(sample::mistake(ask(of_any).await), "customer_id FIELD_REQUIRED");
    // A call that only reads leaves no record.
    let reads = v1::ListAuditRecordsRequest { action: "CheckEntitlement".into(), ..all_of_contoso() };
    assert_eq!(sample::mistake(ask(reads).await), "action REFERENCE_UNKNOWN");
    let unknown = v1::ListAuditRecordsRequest { customer_id: "nobody".into(), ..Default::default() };
    assert_eq!(refused(ask(unknown).await), (Code::NotFound, "CUSTOMER_NOT_FOUND".to_owned()));
    house.stop().await;
}
