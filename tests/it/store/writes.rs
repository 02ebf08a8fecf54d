//! Writes: all or nothing, one after the other, again when they met.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use entitled::error::Error;
use entitled::store::*;
use serde_json::json;

use super::samples::*;
use super::{Fixture, on_both};

on_both!(
    a_request_is_kept_with_what_it_did_or_not_at_all,
    a_write_that_met_others_runs_again,
    a_write_that_always_meets_others_ends_in_conflict,
    a_taken_key_is_a_conflict,
    work_cannot_go_on_after_a_failed_statement,
    two_creators_of_one_customer_end_with_one,
    writers_of_one_customer_lose_nothing,
    constraints_stand_behind_the_code,
    a_write_can_be_spawned,
);

fn request() -> StoredRequest {
    // Keys in no order of their own: what comes back is the same value.
    let outcome = json!({ "revision": 2, "changes": [{ "b": 1, "a": null }], "a": "\u{1f3e2}" });
    StoredRequest {
        method: "UpdateCustomer".to_owned(),
        content_hash: "5e884898".to_owned(),
        outcome: outcome.to_string(),
    }
}

async fn a_request_is_kept_with_what_it_did_or_not_at_all(fixture: Fixture) {
    let store = &fixture.store;
    for id in ["contoso", "fabrikam"] {
        put_customer(store, &customer(id, id), &info(1)).await.unwrap();
    }
    let write = async |fail: bool| {
        store
            .in_transaction(async |txn| {
                lock_customer_in_txn(&txn, "contoso").await?;
                put_request_in_txn(&txn, "r1", &request()).await?;
                put_work_order_version_in_txn(&txn, &order("contoso", "wo", "IDR"), &info(1)).await?;
                bump_in_txn(&txn, "contoso", Changed::Contract).await?;
                let seen = load_contract_in_txn(&txn, "contoso", AsOf::now(now())).await?.unwrap();
                assert_eq!(
                    (seen.revision, seen.contract.work_orders.len()),
                    (2, 1),
                    "a transaction sees its own writes"
                );
                let key = ("contoso".to_owned(), "r1".to_owned());
                let found = find_requests_in_txn(&txn, &BTreeSet::from([key.clone()])).await?;
                assert_eq!(found.get(&key), Some(&request()));
                if fail { Err(Error::internal("on purpose")) } else { Ok(()) }
            })
            .await
    };
    assert!(matches!(write(true).await, Err(Error::Internal(_))));
    assert_eq!(store.find_request("contoso", "r1").await.unwrap(), None);
    assert_eq!(store.load_contract("contoso", AsOf::now(now())).await.unwrap().unwrap().revision, 1);

    write(false).await.unwrap();
    assert_eq!(store.find_request("contoso", "r1").await.unwrap(), Some(request()));
    assert_eq!(store.find_request("fabrikam", "r1").await.unwrap(), None, "a request id belongs to its customer");
    assert_eq!(store.load_contract("contoso", AsOf::now(now())).await.unwrap().unwrap().contract.work_orders.len(), 1);
}

async fn a_write_that_met_others_runs_again(fixture: Fixture) {
    let store = &fixture.store;
    put_customer(store, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
    let tries = AtomicU32::new(0);
    let revision = store
        .in_transaction(async |txn| {
            let revision = bump_in_txn(&txn, "contoso", Changed::Contract).await?;
            if tries.fetch_add(1, Ordering::Relaxed) < 4 { Err(Error::Conflict) } else { Ok(revision) }
        })
        .await;
    assert_eq!(revision.unwrap(), 2, "what the first tries did was undone");
    assert_eq!(tries.into_inner(), 5);
}

async fn a_write_that_always_meets_others_ends_in_conflict(fixture: Fixture) {
    let tries = AtomicU32::new(0);
    let outcome = fixture
        .store
        .in_transaction(async |_txn| {
            tries.fetch_add(1, Ordering::Relaxed);
            Err::<(), _>(Error::Conflict)
        })
        .await;
    assert!(matches!(outcome, Err(Error::Conflict)), "{outcome:?}");
    assert_eq!(tries.into_inner(), 5);
}

async fn a_taken_key_is_a_conflict(fixture: Fixture) {
    let store = &fixture.store;
    put_customer(store, &customer("contoso", "One"), &info(1)).await.unwrap();
    let outcome = put_customer(store, &customer("contoso", "Two"), &info(1)).await;
    assert!(matches!(outcome, Err(Error::Conflict)), "{outcome:?}");
    assert_eq!(
        store.load_contract("contoso", AsOf::now(now())).await.unwrap().unwrap().contract.customer.display_name,
        "One"
    );
}

async fn work_cannot_go_on_after_a_failed_statement(fixture: Fixture) {
    let store = &fixture.store;
    put_customer(store, &customer("contoso", "One"), &info(1)).await.unwrap();
    let outcome = store
        .in_transaction(async |txn| {
            bump_in_txn(&txn, "contoso", Changed::Contract).await?;
            put_customer_version_in_txn(&txn, &customer("contoso", "Two"), &info(1)).await.unwrap_err();
            Ok(())
        })
        .await;
    assert!(matches!(outcome, Err(Error::Internal(_))), "{outcome:?}");
    assert_eq!(store.revision("contoso").await.unwrap(), Some(1));
}

async fn two_creators_of_one_customer_end_with_one(fixture: Fixture) {
    let other = fixture.another_store().await;
    for round in 0..20 {
        let id = format!("customer-{round}");
        let create = async |store: &Store, name: &'static str| {
            store
                .in_transaction(async |txn| {
                    let created = insert_customer_in_txn(&txn, &id).await?;
                    let locked = lock_customer_in_txn(&txn, &id).await?.unwrap();
                    if created {
                        put_customer_version_in_txn(&txn, &customer(&id, name), &info(1)).await?;
                    }
                    let stored = load_contract_in_txn(&txn, &id, AsOf::now(now())).await?.unwrap();
                    assert_eq!((locked.revision, stored.revision), (1, 1));
                    Ok((created, stored.contract.customer.display_name))
                })
                .await
                .unwrap()
        };
        let (one, two) = tokio::join!(create(&fixture.store, "one"), create(&other, "two"));
        assert_eq!(u8::from(one.0) + u8::from(two.0), 1, "one of them created it: {one:?} {two:?}");
        assert_eq!(one.1, two.1, "and both see the same");
    }
}

async fn writers_of_one_customer_lose_nothing(fixture: Fixture) {
    let other = fixture.another_store().await;
    put_customer(&fixture.store, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
    // Each reads what is newest and adds a version to it: without the lock two of them would add the same.
    let tries = Arc::new(AtomicU32::new(0));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..20 {
        let tries = Arc::clone(&tries);
        let store = if writer % 2 == 0 { fixture.store.clone() } else { other.clone() };
        writers.spawn(async move {
            store
                .in_transaction(async |txn| {
                    tries.fetch_add(1, Ordering::Relaxed);
                    lock_customer_in_txn(&txn, "contoso").await?.unwrap();
                    let newest =
                        load_contract_in_txn(&txn, "contoso", AsOf::now(now())).await?.unwrap().customer_info.version;
                    put_customer_version_in_txn(&txn, &customer("contoso", "Again"), &info(newest + 1)).await?;
                    bump_in_txn(&txn, "contoso", Changed::Contract).await
                })
                .await
                .unwrap()
        });
    }
    let mut revisions = writers.join_all().await;
    revisions.sort_unstable();
    assert_eq!(revisions, (2..=21).collect::<Vec<_>>());
    assert_eq!(tries.load(Ordering::Relaxed), 20, "they waited for each other and never had to try again");
    assert_eq!(
        fixture.store.load_contract("contoso", AsOf::now(now())).await.unwrap().unwrap().customer_info.version,
        21
    );
}

async fn constraints_stand_behind_the_code(fixture: Fixture) {
    let store = &fixture.store;
    put_customer(store, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
    let put = async |customer_id: &'static str, version: i64| {
        store
            .in_transaction(async |txn| {
                put_work_order_version_in_txn(&txn, &order(customer_id, "wo", "IDR"), &info(version)).await
            })
            .await
    };
    assert!(matches!(put("contoso", 0).await, Err(Error::Internal(_))));
    assert!(matches!(put("unknown", 1).await, Err(Error::Internal(_))));
    put("contoso", 1).await.unwrap();
}

async fn a_write_can_be_spawned(fixture: Fixture) {
    let store = fixture.store.clone();
    let contoso = customer("contoso", "Contoso");
    let write = tokio::spawn(async move {
        let info = info(1);
        put_customer(&store, &contoso, &info).await?;
        let name = contoso.customer_id.as_str();
        store
            .in_transaction(async |txn| {
                lock_customer_in_txn(&txn, name).await?;
                bump_in_txn(&txn, &contoso.customer_id, Changed::Contract).await
            })
            .await
    });
    assert_eq!(write.await.unwrap().unwrap(), 2);
}
