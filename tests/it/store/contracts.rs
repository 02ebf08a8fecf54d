//! What is read is what was written.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use entitled::store::AsOf;

use super::samples::*;
use super::{Fixture, on_both};

on_both!(
    a_contract_comes_back_as_it_was_put,
    a_contract_is_loaded_by_one_statement,
    every_version_is_kept,
    ids_are_compared_by_their_bytes,
    changes_are_seen_since,
    customers_are_listed_in_pages,
);

async fn a_contract_comes_back_as_it_was_put(fixture: Fixture) {
    let store = &fixture.store;
    assert_eq!(store.load_contract("contoso", AsOf::now(now())).await.unwrap(), None);
    let customer = customer("contoso", "Contoso");
    assert_eq!(put_customer(store, &customer, &info(1)).await.unwrap(), 1);
    put_customer(store, &super::samples::customer("fabrikam", "Fabrikam"), &info(1)).await.unwrap();
    let orders = ["wo-2", "wo-10", "wo_1"].map(|id| order("contoso", id, "IDR"));
    for order in &orders {
        put_order(store, order, &info(1)).await.unwrap();
    }
    put_order(store, &order("fabrikam", "wo-2", "USD"), &info(1)).await.unwrap();

    let stored = store.load_contract("contoso", AsOf::now(now())).await.unwrap().unwrap();
    assert_eq!(stored.contract.customer, customer);
    assert_eq!(stored.revision, 4);
    assert_eq!(stored.contract_version, 4);
    assert_eq!(stored.customer_info, info(1));
    let [two, ten, one] = orders;
    assert_eq!(stored.contract.work_orders, [ten, two, one]);
    assert_eq!(
        stored.order_infos.into_iter().collect::<Vec<_>>(),
        ["wo-10", "wo-2", "wo_1"].map(|id| (id.to_owned(), info(1)))
    );
}

async fn a_contract_is_loaded_by_one_statement(fixture: Fixture) {
    let mut store = fixture.store.clone();
    put_customer(&store, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
    for id in ["a", "b", "c"] {
        put_order(&store, &order("contoso", id, "IDR"), &info(1)).await.unwrap();
    }
    let statements = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&statements);
    store.observe(move |statement| {
        assert!(!statement.has_failed);
        counter.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(store.load_contract("contoso", AsOf::now(now())).await.unwrap().unwrap().contract.work_orders.len(), 3);
    assert_eq!(statements.load(Ordering::Relaxed), 1);
    bump(&store, "contoso").await.unwrap();
    assert_eq!(statements.load(Ordering::Relaxed), 3, "one for the lock, one for the revision");
}

async fn every_version_is_kept(fixture: Fixture) {
    let store = &fixture.store;
    put_customer(store, &customer("contoso", "One"), &info(1)).await.unwrap();
    put_order(store, &order("contoso", "wo", "IDR"), &info(2)).await.unwrap();
    put_customer(store, &customer("contoso", "Two"), &info(3)).await.unwrap();
    put_order(store, &order("contoso", "wo", "USD"), &info(4)).await.unwrap();
    put_order(store, &order("contoso", "late", "USD"), &info(5)).await.unwrap();

    let newest = store.load_contract("contoso", AsOf::now(now())).await.unwrap().unwrap();
    assert_eq!(newest.customer_info, info(3));
    assert_eq!(newest.order_infos["wo"], info(4));
    let just_before = chrono::Duration::microseconds(1);
    for (known_time, name, currencies) in [
        (info(1).record_time, "One", vec![]),
        (info(2).record_time - just_before, "One", vec![]),
        (info(2).record_time, "One", vec!["IDR"]),
        (info(3).record_time, "Two", vec!["IDR"]),
        (info(4).record_time, "Two", vec!["USD"]),
        (info(9).record_time, "Two", vec!["USD", "USD"]),
    ] {
        let stored = store.load_contract("contoso", AsOf::now(now()).known(known_time)).await.unwrap().unwrap();
        let known = stored.contract;
        assert_eq!(known.customer.display_name, name, "{known_time}");
        assert_eq!(known.work_orders.iter().map(|order| order.currency.as_str()).collect::<Vec<_>>(), currencies);
        assert_eq!(stored.revision, 5, "history is read at the newest revision");
    }
    assert_eq!(
        store.load_contract("contoso", AsOf::now(now()).known(info(1).record_time - just_before)).await.unwrap(),
        None
    );
}

async fn ids_are_compared_by_their_bytes(fixture: Fixture) {
    let store = &fixture.store;
    // In a language's order `_` comes first and the case of letters last.
    let in_order = ["B", "_", "a", "a-b", "a.a", "aa", "b"];
    for id in in_order.iter().rev() {
        put_customer(store, &customer(id, id), &info(1)).await.unwrap();
        put_order(store, &order(id, "wo", "IDR"), &info(1)).await.unwrap();
    }
    let listed = store.list_customers("", 10, now()).await.unwrap();
    assert_eq!(listed.iter().map(|(customer, _)| customer.customer_id.as_str()).collect::<Vec<_>>(), in_order);
    assert_eq!(store.load_contract("b", AsOf::now(now())).await.unwrap().unwrap().contract.customer.display_name, "b");
    assert_eq!(store.load_contract("A", AsOf::now(now())).await.unwrap(), None);
}

async fn changes_are_seen_since(fixture: Fixture) {
    let store = &fixture.store;
    let (changes, begin) = store.changed_since(0).await.unwrap();
    assert_eq!(changes, []);
    put_customer(store, &customer("contoso", "Contoso"), &info(1)).await.unwrap();
    put_customer(store, &customer("fabrikam", "Fabrikam"), &info(1)).await.unwrap();
    assert_eq!(bump(store, "contoso").await.unwrap(), 2);
    assert_eq!(store.revision("contoso").await.unwrap(), Some(2));
    assert_eq!(store.revision("unknown").await.unwrap(), None);
    let loaded = store.load_contract("contoso", AsOf::now(now())).await.unwrap().unwrap();
    assert_eq!((loaded.revision, loaded.contract_version), (2, 1), "balances alone changed");

    let overlap = i64::try_from(store.change_overlap().as_micros()).unwrap();
    let (mut changes, end) = store.changed_since(begin - overlap).await.unwrap();
    changes.sort();
    assert_eq!(changes, [("contoso".to_owned(), 2), ("fabrikam".to_owned(), 1)]);
    let machine = chrono::DateTime::from_timestamp_micros(end).unwrap() - instant("2020-01-01T00:00:00Z");
    assert!(begin <= end && machine.num_days() > 0, "microseconds of our time: {begin} {end}");
    assert_eq!(store.changed_since(end + overlap).await.unwrap().0, []);
}

async fn customers_are_listed_in_pages(fixture: Fixture) {
    let store = &fixture.store;
    for id in ["a", "b", "c"] {
        put_customer(store, &customer(id, "old"), &info(1)).await.unwrap();
        put_customer(store, &customer(id, "new"), &info(2)).await.unwrap();
    }
    let page = async |after| {
        let page = store.list_customers(after, 2, now()).await.unwrap();
        page.into_iter().map(|(it, info)| (it.customer_id, it.display_name, info.version)).collect::<Vec<_>>()
    };
    let row = |id: &str| (id.to_owned(), "new".to_owned(), 2);
    assert_eq!(page("").await, [row("a"), row("b")]);
    assert_eq!(page("b").await, [row("c")]);
    assert_eq!(page("c").await, []);
    let among = async |ids: &[&str], after| {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        let page = store.list_customers_among(&ids, after, 2, now()).await.unwrap();
        page.into_iter().map(|(it, _)| it.customer_id).collect::<Vec<_>>()
    };
    assert_eq!(among(&["c", "x", "a"], "").await, ["a", "c"]);
    assert_eq!(among(&["c", "x", "a"], "a").await, ["c"]);
    assert_eq!(among(&["a", "b", "c"], "").await, ["a", "b"]);
    assert_eq!(among(&["x"], "").await, [""; 0]);
    assert_eq!(among(&[], "").await, [""; 0]);
}
