//! R16: writes that are carried out together.

use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use entitled::service::Clock;
use sea_orm::ConnectionTrait as _;

use super::faults::{ledger_over, until_so_many_wait, write};
use super::neighbours::minute_of;
use super::samples::*;
use crate::server::Backend;

/// One thread: all writes of a replica are there before a lane takes them, as one batch.
#[tokio::test]
async fn replicas_that_meet_at_many_customers_never_deadlock() {
    let house = House::start(Backend::Postgres).await;
    let customers: Vec<String> = (0..10).map(|number| format!("customer-{number}")).collect();
    for customer_id in &customers {
        house.put_customer(customer_id, &[100]).await;
    }
    let failures = Arc::new(AtomicUsize::new(0));
    let replica = async || {
        let (mut store, failures) = (house.store().await, Arc::clone(&failures));
        store.observe(move |_, failed| {
            failures.fetch_add(usize::from(failed), Ordering::Relaxed);
        });
        ledger_over(store, Clock::System)
    };
    let (there, back) = (replica().await, replica().await);
    let blocker = house.connection().await;
    for _ in 0..5 {
        // Both have locked some when they come to this one.
        blocker.execute_unprepared("BEGIN").await.unwrap();
        let lock = "SELECT 1 FROM customer WHERE customer_id = 'customer-5' FOR UPDATE";
        blocker.execute_unprepared(lock).await.unwrap();
        let five = |customer_id| iter::repeat_n(customer_id, 5).map(|customer_id: &String| minute_of(customer_id));
        let mut writes: Vec<_> = customers.iter().flat_map(five).map(|request| write(&there, request)).collect();
        writes.extend(customers.iter().rev().flat_map(five).map(|request| write(&back, request)));
        until_so_many_wait(&blocker, 2).await;
        blocker.execute_unprepared("COMMIT").await.unwrap();
        for written in writes {
            written.await.unwrap().unwrap();
        }
    }
    assert_eq!(failures.load(Ordering::Relaxed), 0, "none was broken off and tried again");
    for customer_id in &customers {
        let used = format!("SELECT used FROM block WHERE customer_id = '{customer_id}'");
        assert_eq!(house.count(&used).await, 50);
        house.verify(customer_id).await;
    }
    blocker.close().await.unwrap();
    house.stop().await;
}
