//! The ledger's promises, kept alike on SQLite and on PostgreSQL, through a real server.

mod answers;
mod at_once;
mod audit;
mod audit_lists;
mod bad_input;
mod batches;
mod cancels;
mod checks;
mod clocks;
mod corrections;
mod deadlines;
mod disk;
mod events;
mod expiry;
mod failover;
mod faults;
mod grace;
mod holds;
mod idempotency;
mod kills;
mod neighbours;
mod offerings;
mod outages;
mod pages;
mod races;
mod record;
pub(crate) mod samples;
mod tampered;
mod verify;

/// Makes two tests of each function that takes a house: one on either database.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::ledger::samples::House::start(crate::server::Backend::Sqlite).await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::ledger::samples::House::start(crate::server::Backend::Postgres).await).await;
            })+
        }
    };
}
pub(crate) use on_both;
