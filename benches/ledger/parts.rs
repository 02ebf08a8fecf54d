//! The parts: each a server, a load, and what the load is measured against.

use std::time::Duration;

use super::load::{LoadResult, closed, open};
use super::pgbench::PgCluster;
use super::report::{Rounds, latencies, ratio, step};
use super::testbed::{TestBed, minute};
use super::{CALLERS, CUSTOMERS, one_by_one};

const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(5);
/// Long enough that one stall of the disk is not all there is to see.
const OPEN_ROUND: Duration = Duration::from_secs(15);
/// Not counted: connections open, caches fill.
const WARM_UP: Duration = Duration::from_secs(2);
/// Of the rate that callers who wait can reach, so much comes when calls do not wait.
const OPEN_SHARE: f64 = 0.5;

/// Inserts one entry and updates the one row, as simply as it can be done.
const HOT_SCRIPT: &str = "BEGIN;
INSERT INTO hot_entry (amount) VALUES (1);
UPDATE hot_block SET used = used + 1 WHERE id = 1;
END;
";

pub(crate) async fn many_customers() {
    println!("PostgreSQL (fsync, synchronous_commit on), {CUSTOMERS} customers, {CALLERS} callers");
    let cluster = PgCluster::start().await;
    step("customers are made");
    let bed = TestBed::start(&cluster.database("many").await, CUSTOMERS).await;
    cluster.prepare_pgbench();
    let request = |row: usize| minute(row % CUSTOMERS);
    closed(&bed.address, CALLERS, WARM_UP, request).await;
    let (mut floor, mut seen) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        step(&format!("round {round} of {ROUNDS}"));
        floor.push(cluster.simple_update(CALLERS, ROUND));
        seen.push(closed(&bed.address, CALLERS, ROUND, request).await);
    }
    compare("pgbench simple-update", floor, &seen);
    step("calls that do not wait");
    let rate = print_open(&bed, &seen, request).await;
    // Where the disk stands still, it does so for both.
    let seen = cluster.simple_update_at(rate, CALLERS, OPEN_ROUND);
    latencies(&format!("pgbench, {rate} transactions a second"), &seen);
}

pub(crate) async fn one_block() {
    println!("PostgreSQL, one block of one customer, {CALLERS} callers");
    let cluster = PgCluster::start().await;
    let bed = TestBed::start(&cluster.database("hot").await, 1).await;
    cluster.run("CREATE TABLE hot_block (id INT PRIMARY KEY, used BIGINT NOT NULL)").await;
    cluster.run("CREATE TABLE hot_entry (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, amount BIGINT)").await;
    cluster.run("INSERT INTO hot_block (id, used) VALUES (1, 0)").await;
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("hot.sql");
    std::fs::write(&script, HOT_SCRIPT).unwrap();
    let request = |_| minute(0);
    closed(&bed.address, CALLERS, WARM_UP, request).await;
    let (mut floor, mut seen) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        step(&format!("round {round} of {ROUNDS}"));
        floor.push(cluster.script(&script, CALLERS, ROUND));
        seen.push(closed(&bed.address, CALLERS, ROUND, request).await);
    }
    compare("pgbench, insert one and update the row", floor, &seen);
    print_open(&bed, &seen, request).await;
}

pub(crate) async fn sqlite() {
    println!("SQLite (synchronous=FULL), {CUSTOMERS} customers, {CALLERS} callers");
    let directory = tempfile::tempdir().unwrap();
    step("customers are made");
    let bed = TestBed::start(&format!("sqlite:{}", directory.path().join("bench.db").display()), CUSTOMERS).await;
    let request = |row: usize| minute(row % CUSTOMERS);
    closed(&bed.address, CALLERS, WARM_UP, request).await;
    let (mut floor, mut seen, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        step(&format!("round {round} of {ROUNDS}"));
        let round = tempfile::tempdir().unwrap();
        floor.push(one_by_one::rate(round.path(), ROUND).await);
        alone.push(closed(&bed.address, 1, ROUND, request).await);
        seen.push(closed(&bed.address, CALLERS, ROUND, request).await);
    }
    compare("one caller, so one transaction a write", alone.iter().map(|it| it.rate).collect(), &seen);
    compare("SQLite alone, one transaction a write", floor, &seen);
    print_open(&bed, &seen, request).await;
}

/// Whether an entry costs more where there are many already.
pub(crate) async fn size() {
    println!("SQLite, one block, {CALLERS} callers: cost of an entry by the size of the ledger");
    let directory = tempfile::tempdir().unwrap();
    let bed = TestBed::start(&format!("sqlite:{}", directory.path().join("bench.db").display()), 1).await;
    let mut entries = 0;
    let mut first = None;
    for goal in [1_000, 10_000, 100_000, 1_000_000] {
        while entries < goal {
            step(&format!("{entries} entries of {goal}"));
            entries += closed(&bed.address, CALLERS, Duration::from_secs(1), |_| minute(0)).await.count();
        }
        let seen = closed(&bed.address, CALLERS, ROUND, |_| minute(0)).await;
        entries += seen.count();
        latencies(&format!("{:.0} a second after {goal} entries", seen.rate), &seen);
        ratio(seen.rate, *first.get_or_insert(seen.rate));
    }
}

fn compare(name: &str, floor: Vec<f64>, seen: &[LoadResult]) {
    let (floor, rates) = (Rounds::new(floor), Rounds::new(seen.iter().map(|it| it.rate).collect()));
    floor.print(name);
    rates.print("ConsumeUnits");
    ratio(rates.median(), floor.median());
    for seen in seen {
        latencies("  waiting callers", seen);
    }
}

async fn print_open(
    bed: &TestBed,
    seen: &[LoadResult],
    request: impl Fn(usize) -> entitled::proto::v1::ConsumeUnitsRequest + Send + 'static,
) -> u32 {
    let closed = Rounds::new(seen.iter().map(|it| it.rate).collect()).median();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "calls a second, far below the limit")]
    let rate = (closed * OPEN_SHARE) as u32;
    let seen = open(&bed.address, rate, OPEN_ROUND, request).await;
    latencies(&format!("{rate} calls a second that do not wait"), &seen);
    rate
}
