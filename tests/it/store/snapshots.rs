//! Reads that must agree see the database as of one instant.

use entitled::store::{AsOf, Changed, ledger_blocks_in_txn, load_contract_in_txn};

use super::samples::*;
use super::{Fixture, on_both};

on_both!(what_is_written_meanwhile_is_not_seen);

async fn what_is_written_meanwhile_is_not_seen(fixture: Fixture) {
    let (store, writer) = (&fixture.store, fixture.another_store().await);
    put_customer(store, &customer("contoso", "One"), &info(1)).await.unwrap();
    let now = AsOf::now(instant("2026-06-01T00:00:00Z"));
    let seen = store
        .in_snapshot(async |txn| {
            let before = load_contract_in_txn(&txn, "contoso", now).await?.unwrap().revision;
            writer.in_transaction(async |txn| bump_in_txn(&txn, "contoso", Changed::Balances).await).await?;
            let blocks = ledger_blocks_in_txn(&txn, "contoso").await?.unwrap().revision;
            Ok((before, load_contract_in_txn(&txn, "contoso", now).await?.unwrap().revision, blocks))
        })
        .await
        .unwrap();
    assert_eq!(seen, (seen.0, seen.0, seen.0));
    assert_eq!(store.load_contract("contoso", now).await.unwrap().unwrap().revision, seen.0 + 1);
    // The connection is as good as before.
    assert_eq!(store.ledger_blocks("contoso").await.unwrap().unwrap().revision, seen.0 + 1);
    writer.close().await.unwrap();
}
