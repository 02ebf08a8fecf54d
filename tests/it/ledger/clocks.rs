//! R14: time is the database's, whatever a process thinks.

use chrono::Duration;
use entitled::error::Error;
use entitled::ledger::{Command, ReservationState};
use entitled::service::ledger::{WriteOutcome, WriteRequest};
use entitled::service::{Clock, Ledger};
use entitled::store::StoreConfig;
use uuid::Uuid;

use super::expiry::end_holds_at;
use super::faults::{CALLER, ledger_with, minutes};
use super::samples::*;
use crate::server::{Backend, request_id};

/// A replica whose clock is an hour slow, and one whose clock is an hour fast.
async fn replicas(house: &House) -> [Ledger; 2] {
    let config = StoreConfig { url: house.server.database(), ..StoreConfig::default() };
    let slow = Clock::Fixed(now() - Duration::hours(1));
    let fast = Clock::Fixed(now() + Duration::hours(1));
    [ledger_with(config.clone(), slow).await, ledger_with(config, fast).await]
}

async fn run(ledger: &Ledger, command: Command) -> Result<WriteOutcome, Error> {
    ledger.write(&CALLER, WriteRequest { command, ..minutes(1, &request_id()) }).await
}

/// A hold for half an hour: over for a process that is fast, barely begun for one that is slow.
async fn hold(ledger: &Ledger) -> WriteOutcome {
    let Command::Consume(take) = minutes(1, "").command else { panic!("it is a consume") };
    let expire_time = Some(now() + Duration::minutes(30));
    run(ledger, Command::Reserve { take, expire_time }).await.unwrap()
}

fn commit_of(reservation_id: Uuid) -> Command {
    let note = String::new();
    Command::Commit { reservation_id, block_id: None, quantity: None, allow_more: false, performed: None, note }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_is_made_and_committed_by_any_clock() {
    let house = House::start(Backend::Postgres).await;
    for replica in replicas(&house).await {
        let held = hold(&replica).await;
        assert!((held.record_time - now()).num_minutes().abs() < 5);
        run(&replica, commit_of(held.applied.reservation.unwrap().id)).await.unwrap();
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_runs_out_at_one_instant_for_all() {
    let house = House::start(Backend::Postgres).await;
    let connection = house.connection().await;
    let [slow, fast] = replicas(&house).await;
    for replicas in [[&slow, &fast], [&fast, &slow]] {
        let held = hold(&slow).await.applied.reservation.unwrap().id;
        for replica in replicas {
            // Whatever touches the customer would end what is due.
            run(replica, minutes(1, "").command).await.unwrap();
            assert_eq!(replica.reservation(&CALLER, "contoso", held).await.unwrap().0.state, ReservationState::Open);
        }
        // Now it is over, but for a process that is slow.
        end_holds_at(&connection, now() - Duration::minutes(30)).await;
        for replica in replicas {
            let Err(Error::Violations(violations)) = run(replica, commit_of(held)).await else { panic!("it is over") };
            assert_eq!(violations[0].reason, "RESERVATION_EXPIRED");
            assert_eq!(replica.reservation(&CALLER, "contoso", held).await.unwrap().0.state, ReservationState::Expired);
        }
    }
    assert_eq!(house.block(&ede("contoso", 0)).await, left(4, 0));
    connection.close().await.unwrap();
    house.stop().await;
}
