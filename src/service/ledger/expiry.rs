//! Ends holds by the database's clock, even if no caller asks about them.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::Ledger;
use crate::error::Error;

/// How long after its end a hold may stand unnoticed.
const PERIOD: Duration = Duration::from_secs(1);
/// Customers in one go,
const CUSTOMERS: u64 = 256;
/// and of them no more than have so many holds to end.
const HOLDS: i64 = 1_000;

/// Looks for holds whose time has run out, once a second; runs until it is dropped.
///
/// Every replica does so. What a replica finds becomes a write like any other: it is checked again behind the customer's
/// lock, and the second replica finds nothing to do. The holds of a replica that dies are ended by the others.
pub async fn expire(ledger: Ledger) {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = expire_due(&ledger).await {
            // The next tick tries again. `health` logs that the store does not answer.
            tracing::debug!(error = ?error, "holds whose time has run out could not be ended");
        }
    }
}

async fn expire_due(ledger: &Ledger) -> Result<(), Error> {
    // A damaged database that is only read keeps its holds as they are.
    if ledger.context.store.is_read_only() {
        return Ok(());
    }
    let mut holds: i64 = 0;
    let due = ledger.context.store.customers_with_due_reservations(CUSTOMERS).await?;
    let due = due.into_iter().take_while(|(_, count)| {
        let is_room = holds < HOLDS;
        holds = holds.saturating_add(*count);
        is_room
    });
    let expiries = due.map(|(customer_id, _)| ledger.expire_customer(customer_id));
    // Together, so that they share a transaction.
    let outcomes = futures_util::future::join_all(expiries).await;
    outcomes.into_iter().collect()
}
