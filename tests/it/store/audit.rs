//! The record of every write: only added to, and read newest first.

use chrono::{DateTime, TimeDelta, Utc};
use entitled::store::{AuditFilter, NewRequest, StatementBatch, StoredRequest, WriteAudit, put_requests};
use entitled_migrations::{Migrator, MigratorTrait as _};
use sea_orm::ConnectionTrait as _;

use super::samples::*;
use super::{Fixture, on_both};

on_both!(
    what_was_recorded_can_neither_be_changed_nor_removed,
    records_are_read_newest_first_by_what_is_asked_for,
    a_rare_record_is_not_searched_for_in_a_long_history_by_one_call,
    records_of_the_version_before_are_read_and_it_can_still_write,
);

async fn what_was_recorded_can_neither_be_changed_nor_removed(fixture: Fixture) {
    put_customer(&fixture.store, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
    put_order(&fixture.store, &order("contoso", "wo-1", "EUR"), &info(1)).await.unwrap();
    put(&fixture, "contoso", "r1", instant("2026-03-01T08:00:00Z"), WriteAudit::default()).await;
    let connection = fixture.connection().await;
    for (table, column) in [("request", "outcome"), ("customer_version", "actor"), ("work_order_version", "actor")] {
        for change in [format!("UPDATE {table} SET {column} = 'x'"), format!("DELETE FROM {table}")] {
            let refused = connection.execute_unprepared(&change).await.expect_err(&change);
            assert!(refused.to_string().contains(&format!("{table} is only added to")), "{change}: {refused}");
        }
    }
    assert_eq!(fixture.store.audit_records(&AuditFilter::default(), 10).await.unwrap().0.len(), 1);
}

async fn put(fixture: &Fixture, customer_id: &str, request_id: &str, time: DateTime<Utc>, audit: WriteAudit) {
    put_as(fixture, "ConsumeUnits", customer_id, request_id, time, audit).await;
}

async fn put_as(
    fixture: &Fixture,
    method: &str,
    customer_id: &str,
    request_id: &str,
    time: DateTime<Utc>,
    audit: WriteAudit,
) {
    let request = StoredRequest { method: method.to_owned(), content_hash: String::new(), outcome: "{}".to_owned() };
    let new = NewRequest { key: (customer_id.to_owned(), request_id.to_owned()), request, audit };
    let write = async |txn| {
        let mut statements = StatementBatch::of(&txn);
        put_requests(&mut statements, std::slice::from_ref(&new), time)?;
        statements.run_in_txn(&txn).await
    };
    fixture.store.in_transaction(write).await.unwrap();
}

fn by(actor: &str, work_order_ids: &str) -> WriteAudit {
    WriteAudit {
        actor: actor.to_owned(),
        peer_address: "192.0.2.1:4711".to_owned(),
        user_agent: String::new(),
        work_order_ids: work_order_ids.to_owned(),
        content: "{}".to_owned(),
    }
}

async fn records_are_read_newest_first_by_what_is_asked_for(fixture: Fixture) {
    for customer_id in ["contoso", "fabrikam"] {
        put_customer(&fixture.store, &customer(customer_id, "Contoso"), &info(1)).await.unwrap();
    }
    let at = |second: i64| instant("2026-03-01T08:00:00Z") + TimeDelta::seconds(second);
    put(&fixture, "contoso", "a", at(1), by("ada", r#"["wo-1","wo-2"]"#)).await;
    put(&fixture, "fabrikam", "b", at(2), by("portal for ada", "[]")).await;
    put_as(&fixture, "AdjustBlock", "contoso", "c", at(2), by("portal", r#"["wo-12"]"#)).await;
    put(&fixture, "contoso", "d", at(3), by("portals", "[]")).await;

    let ids = async |filter: AuditFilter, limit: u64| {
        let (found, looked_up_to) = fixture.store.audit_records(&filter, limit).await.unwrap();
        assert_eq!(looked_up_to, None);
        found.iter().map(|it| it.request_id.as_str()).collect::<String>()
    };
    let all = AuditFilter::default;
    let (contoso, text) = (|| AuditFilter { customer_id: Some("contoso".to_owned()), ..all() }, str::to_owned);
    assert_eq!((ids(all(), 10).await.as_str(), ids(all(), 2).await.as_str()), ("dbca", "db"));
    assert_eq!(ids(contoso(), 10).await, "dca");
    for (id, expected) in [("wo-1", "a"), ("wo-2", "a"), ("wo-12", "c"), ("wo", ""), ("wo_1", "")] {
        assert_eq!(ids(AuditFilter { work_order_id: Some(text(id)), ..contoso() }, 10).await, expected, "{id}");
    }
    for (actor, expected) in [("portal", "bc"), ("ada", "a"), ("portals", "d"), ("port", "")] {
        let actor = Some((text(actor), format!("{actor} for ")));
        assert_eq!(ids(AuditFilter { actor, ..all() }, 10).await, expected);
    }
    assert_eq!(ids(AuditFilter { method: Some(text("AdjustBlock")), ..all() }, 10).await, "c");
    let nano = TimeDelta::nanoseconds(1);
    for (start, end, expected) in [
        (Some(at(2)), None, "dbc"),
        (Some(at(2) + nano), None, "d"),
        (None, Some(at(2)), "a"),
        (None, Some(at(2) + nano), "bca"),
        (Some(at(2)), Some(at(3)), "bc"),
    ] {
        assert_eq!(ids(AuditFilter { start, end, ..all() }, 10).await, expected, "{start:?} {end:?}");
    }
    // Behind each record come those after it, also where two have the same time.
    let (found, _) = fixture.store.audit_records(&all(), 10).await.unwrap();
    for (place, expected) in found.iter().zip(["bca", "ca", "a", ""]) {
        assert_eq!(ids(AuditFilter { after: Some(place.place()), ..all() }, 10).await, expected);
    }
    let first = found.last().unwrap();
    assert_eq!((first.actor.as_deref(), first.peer_address.as_deref()), (Some("ada"), Some("192.0.2.1:4711")));
    assert_eq!((first.user_agent.as_deref(), first.content.as_deref()), (None, Some("{}")));
}

/// 5,000 records are looked at: the last of them is where the next call begins.
async fn a_rare_record_is_not_searched_for_in_a_long_history_by_one_call(fixture: Fixture) {
    put_customer(&fixture.store, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
    let many =
        "WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 7000)
        INSERT INTO request (customer_id, request_id, method, content_hash, outcome, record_time, actor)
        SELECT 'contoso', 'r' || (10000 + number), CASE number WHEN 1 THEN 'Rare' ELSE 'M' END, '', '{}', number, 'ada'
        FROM numbers";
    fixture.connection().await.execute_unprepared(many).await.unwrap();
    let mut filter = AuditFilter { method: Some("Rare".to_owned()), ..AuditFilter::default() };
    let (found, looked_up_to) = fixture.store.audit_records(&filter, 10).await.unwrap();
    assert_eq!((found.len(), looked_up_to.as_ref().map(|it| it.record_time)), (0, Some(2_001)));
    filter.after = looked_up_to;
    let (found, looked_up_to) = fixture.store.audit_records(&filter, 10).await.unwrap();
    assert_eq!((found.len(), found[0].request_id.as_str(), looked_up_to), (1, "r10001", None));
    // Without a filter each one counts.
    let (found, looked_up_to) = fixture.store.audit_records(&AuditFilter::default(), 6_000).await.unwrap();
    assert_eq!((found.len(), looked_up_to), (6_000, None));
}

async fn records_of_the_version_before_are_read_and_it_can_still_write(fixture: Fixture) {
    fixture.remove_all_tables().await;
    let connection = fixture.connection().await;
    Migrator::up(&connection, Some(7)).await.unwrap();
    let write = async |request_id: &str, method: &str, outcome: &str| {
        let insert = format!(
            "INSERT INTO request (customer_id, request_id, method, content_hash, outcome, record_time)
             VALUES ('contoso', '{request_id}', '{method}', 'h', '{outcome}', 1)"
        );
        connection.execute_unprepared(&insert).await.unwrap();
    };
    connection
        .execute_unprepared(
            "INSERT INTO customer (customer_id, revision, contract_version, changed_at) VALUES ('contoso', 1, 1, 0)",
        )
        .await
        .unwrap();
    write("a", "ConsumeUnits", r#"{"balances":[{"id":"b","work_order_id":"wo-1","item_id":"wo-3"}]}"#).await;
    assert!(fixture.store.migrate().await.unwrap().contains(&"m0008_audit".to_owned()));
    // During a rollout the version before writes on.
    write("b", "ApplyContract", r#"{"changes":[{"kind":"added","resource":"work_order","id":"wo-2","fields":[]}]}"#)
        .await;
    let (found, _) = fixture.store.audit_records(&AuditFilter::default(), 10).await.unwrap();
    let told: Vec<_> = found.iter().map(|it| (it.request_id.as_str(), it.actor.as_deref(), &it.content)).collect();
    assert_eq!(told, [("b", None, &None), ("a", None, &None)]);
    for (id, expected) in [("wo-1", Some("a")), ("wo-2", Some("b")), ("wo-3", None), ("wo", None)] {
        let filter = AuditFilter { work_order_id: Some(id.to_owned()), ..AuditFilter::default() };
        let (found, _) = fixture.store.audit_records(&filter, 10).await.unwrap();
        assert_eq!(found.first().map(|it| it.request_id.as_str()), expected, "{id}");
    }
}
