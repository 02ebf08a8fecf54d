//! Ends a server whose database was restored meanwhile: its tokens, and what it has in its cache, are of a database that
//! is no more.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::store::{Epoch, Store};

const PERIOD: Duration = Duration::from_secs(1);

/// Ends when the database is in another epoch than `begun_in`; tells why the server must end.
pub(super) async fn ended(store: Store, begun_in: Epoch) -> String {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // One that cannot be read says nothing; health sees that.
        if store.epoch().await.is_ok_and(|epoch| epoch != begun_in) {
            return "the database is in another epoch: a backup was restored, or it was said to be; start the server again"
                .to_owned();
        }
    }
}
