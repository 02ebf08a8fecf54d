//! R21: the server is killed under load, again and again; what was acknowledged is there, and
//! nothing is there twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use entitled::proto::v1;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::samples::*;
use crate::process::Process;
use crate::server::{BOTH, Backend};

const CALLERS: usize = 16;
/// Answers after which the server is killed.
const ANSWERS: usize = 25;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_and_doubles_nothing() {
    for backend in BOTH {
        kill(backend, 2).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a while: make test-faults"]
async fn a_server_killed_twenty_times_loses_and_doubles_nothing() {
    for backend in BOTH {
        kill(backend, 20).await;
    }
}

async fn kill(backend: Backend, rounds: usize) {
    // The house's own server makes the customer, and reads at the end.
    let house = House::start(backend).await;
    let database = house.server.database().clone();
    let killing = async {
        let (mut asked, mut acknowledged) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let server = Process::start(&database);
            let (requests, answered) = load(&server).await;
            asked.extend(requests);
            acknowledged.extend(answered);
        }
        (asked, acknowledged)
    };
    let House { server, backend } = house;
    let (server, (asked, acknowledged)) = server.give_way(killing).await;
    let house = House { server, backend };
    assert!(acknowledged.len() >= rounds * ANSWERS);
    let mut ledger = house.server.ledger();
    for request in &asked {
        let again = ledger.consume_units(request.clone()).await.unwrap().into_inner();
        assert!(again.replayed || !acknowledged.contains(&request.request_id), "an acknowledged entry is lost");
    }
    let used = i64::try_from(asked.len()).unwrap();
    assert_eq!(house.block(&ede("contoso", 0)).await, left(used, 0), "each once");
    house.stop().await;
}

/// Uses minutes until the server has answered often enough: what was asked, and the ids of what
/// was answered well.
async fn load(server: &Process) -> (Vec<v1::ConsumeUnitsRequest>, Vec<String>) {
    let answers = Arc::new(AtomicUsize::new(0));
    let enough = Arc::new(Notify::new());
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (answers, enough) = (Arc::clone(&answers), Arc::clone(&enough));
        let mut ledger = server.ledger().await;
        callers.spawn(async move {
            let (mut asked, mut answered) = (Vec::new(), Vec::new());
            loop {
                let request = v1::ConsumeUnitsRequest { quantity: quantity(1, v1::Unit::Minutes), ..consume(1) };
                asked.push(request.clone());
                match ledger.consume_units(request.clone()).await {
                    Ok(_) => answered.push(request.request_id),
                    // The server is gone.
                    Err(_) => return (asked, answered),
                }
                if answers.fetch_add(1, Ordering::Relaxed) >= ANSWERS {
                    enough.notify_one();
                }
            }
        });
    }
    enough.notified().await;
    server.signal();
    let results = callers.join_all().await;
    let (asked, answered): (Vec<_>, Vec<_>) = results.into_iter().unzip();
    (asked.into_iter().flatten().collect(), answered.into_iter().flatten().collect())
}
